//! Cells on this machine: the same plan, the same engine, a real file, one cell after the other.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use tightfit_engine::{Store, resident::Placement};
use tightfit_host::{HostError, HostPlatform, Reads, Shape, Spec, WeightFile, machine, weights};
use tightfit_reports::schema::RunResult;
use tightfit_scenarios::strategy::{self, Mechanism};

use super::{Cell, Plan, lanes, plan_held, run_on};
use crate::{
    Inputs, RunError,
    compose::{
        contents::{Filling, Noise, Origin, Tensors},
        shape::shape,
        stepper::{self, Parts},
    },
    provenance,
};

/// How cells are run on this machine.
#[derive(Debug)]
pub struct Host {
    /// The store to read from; without it, one is generated for each layout and removed at the end.
    pub store: Option<PathBuf>,
    /// Where generated stores lie.
    pub folder: PathBuf,
    /// How reads are made.
    pub reads: Reads,
    /// Whether every bundle is held to its checksum each time that it is computed over.
    pub verify: bool,
    /// Told of every store that is generated.
    pub note: fn(&str),
    generated: RefCell<BTreeMap<String, PathBuf>>,
}

impl Host {
    /// Stores generated in `folder`, direct reads, no checks, nothing said.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        let generated = RefCell::default();
        Self { store: None, folder, reads: Reads::Direct, verify: false, note: |_| {}, generated }
    }

    /// The store's file: the one that is named, or one that was or is now generated.
    fn file(&self, inputs: &Inputs, laid: &Laid<'_>) -> Result<WeightFile, HostError> {
        if let Some(path) = &self.store {
            return WeightFile::open(path, laid.store, laid.dense_bytes);
        }
        let label = label(inputs, laid);
        if let Some(path) = self.generated.borrow().get(&label) {
            return WeightFile::open(path, laid.store, laid.dense_bytes);
        }
        let number = self.generated.borrow().len();
        let path = self.folder.join(format!("tightfit-{}-{number}.store", std::process::id()));
        let megabytes = (laid.store.bytes() + laid.dense_bytes) / 1_000_000;
        (self.note)(&format!("generating {label}: {megabytes} MB in {}, removed at the end", self.folder.display()));
        self.generated.borrow_mut().insert(label.clone(), path.clone());
        fill(inputs, laid, &path, &label, Noise(inputs.scenario.seed))
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        for path in self.generated.borrow().values() {
            // It may never have been written.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// A strategy's weights, laid out.
pub(crate) struct Laid<'a> {
    pub(crate) store: &'a Store,
    pub(crate) shape: &'a Shape,
    pub(crate) strategy: &'a tightfit_scenarios::Strategy,
    pub(crate) cold_offset: u32,
    pub(crate) dense_bytes: u64,
}

/// What a generated store holds, in one line; stores of one label are alike.
fn label(inputs: &Inputs, laid: &Laid<'_>) -> String {
    let strategy = laid.strategy;
    let profiled = strategy.profile_tokens.filter(|_| strategy.layout.is_ordered());
    let head =
        profiled.map_or_else(String::new, |tokens| format!(" by {tokens} tokens of {:?}", inputs.scenario.trace));
    format!(
        "{} {} {:?} {:?}{head} seed {} ({} bundles, {} B of dense weights, units of {} B)",
        inputs.model.name,
        inputs.quantization,
        strategy.stream,
        strategy.layout,
        inputs.scenario.seed,
        laid.store.geometry().bundles(),
        laid.dense_bytes,
        laid.store.read_unit_bytes(),
    )
}

/// Writes a store.
fn fill(
    inputs: &Inputs,
    laid: &Laid<'_>,
    path: &Path,
    label: &str,
    origin: impl Origin,
) -> Result<WeightFile, HostError> {
    let Laid { store, shape, cold_offset, dense_bytes, .. } = *laid;
    let rows = inputs.weights.bundles_per_layer;
    let mut contents = Filling::new(origin, shape.clone(), store.geometry().clone(), rows, cold_offset, dense_bytes);
    weights::build(path, store, dense_bytes, label, &mut contents)
}

/// Writes the store that a cell reads: of a model file's tensors, or of generated weights. Returns what it holds.
pub fn build(inputs: &Inputs, cell: Cell<'_>, gguf: Option<&Path>, path: &Path) -> Result<String, RunError> {
    let plan = plan_held(inputs, cell)?;
    with_layout(inputs, cell, &plan, |laid| {
        let generated = label(inputs, laid);
        let Some(gguf) = gguf else {
            fill(inputs, laid, path, &generated, Noise(inputs.scenario.seed))?;
            return Ok(generated);
        };
        let label = format!("{generated} from {}", gguf.display());
        fill(inputs, laid, path, &label, Tensors::open(gguf, inputs, laid.shape)?)?;
        Ok(label)
    })
}

/// Lays a cell's weights out and hands them to `use_them`.
pub(crate) fn with_layout<T>(
    inputs: &Inputs,
    cell: Cell<'_>,
    plan: &Plan,
    use_them: impl FnOnce(&Laid<'_>) -> Result<T, RunError>,
) -> Result<T, RunError> {
    let Plan { streams, context_max, .. } = plan;
    let strategy = cell.strategy;
    let shape = shape(&inputs.model, &inputs.quantization, &inputs.weights, strategy, streams, *context_max)?;
    let read_unit_bytes = cell.device.flash.read_unit.get();
    let store = stepper::lay_out(strategy, streams, inputs.profile(strategy)?.as_deref(), read_unit_bytes);
    let (cold_offset, dense_bytes) = (streams.cold_offset, streams.dense_bytes);
    use_them(&Laid { store: &store, shape: &shape, strategy, cold_offset, dense_bytes })
}

/// Runs a cell on this machine. Its device gives the memory limits and the sizes of pages and read units; its speeds are
/// looked at by cost-aware policies alone.
pub fn run(inputs: &Inputs, cell: Cell<'_>, host: &Host) -> Result<RunResult, RunError> {
    let plan = plan_held(inputs, cell)?;
    let (lanes, prefetch_lanes) = lanes(cell);
    let read_unit_bytes = cell.device.flash.read_unit.get();
    if !read_unit_bytes.is_multiple_of(tightfit_host::storage::DIRECT_UNIT_BYTES as u64) {
        return Err(inputs.wrong(format!(
            "device {} reads in units of {read_unit_bytes} B, direct reads are of 4 KiB and multiples: set \
             device.flash.read-unit-kib=4",
            cell.device.name
        )));
    }
    let placement = match &cell.strategy.mechanism {
        Mechanism::PageCache(_) => None,
        Mechanism::ResidentSet { set, .. } => Some(match set.placement {
            strategy::Placement::Compact => Placement::Compact,
            strategy::Placement::InPlace => Placement::InPlace,
        }),
    };
    let platform = with_layout(inputs, cell, &plan, |laid| {
        let spec = Spec {
            store: Arc::new(laid.store.clone()),
            file: host.file(inputs, laid)?,
            storage: None,
            reads: host.reads,
            lanes,
            prefetch_lanes,
            placement,
            budget_bytes: plan.room.budget_bytes,
            row_bundles_max: plan.streams.steps.row_bundles_max(),
            verify: host.verify,
        };
        Ok(HostPlatform::new(spec, laid.shape.clone())?)
    })?;
    let on = host.store.as_deref().unwrap_or(&host.folder);
    let mut facts = machine::facts(on);
    facts.push(("reads", format!("{:?}", host.reads).to_lowercase()));
    let parts = Parts::new(inputs, cell, &plan, platform)?;
    let mut result = run_on(inputs, cell, &plan, parts)?;
    provenance::add_machine(&mut result.provenance, facts);
    Ok(result)
}
