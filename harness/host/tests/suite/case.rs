//! A small model on a real file: what the tests run on.

use std::sync::Arc;

use tempfile::TempDir;
use tightfit_engine::{
    BundleId, Engine, Geometry, Overlap, Rows, Script, Setup, Store,
    counters::{Counters, Owners},
    engine::Gather,
    evict::{Kind, Policy, Room, Sizes},
    plan::ReadRules,
    prefetch::Prefetch,
    resident::Placement,
    script::Positions,
    session::{self, Request, Stepper},
    store::Layout,
};
use tightfit_host::{
    DenseParts, HostError, HostPlatform, Reads, Shape, Spec, WeightFile,
    kernels::{Attention, Format},
    shape::Matrix,
    storage::Storage,
    weights::{self, Contents},
};
use tightfit_sim::random::Random;

pub(crate) const LAYERS: u32 = 3;
pub(crate) const ROWS: u32 = 96;
pub(crate) const HIDDEN: usize = 64;
/// Three rows of 64 weights in `Q4_1`: 40 bytes each.
pub(crate) const BUNDLE_BYTES: u64 = 120;
const LAYER_BYTES: usize = 40 * 50;
const HEAD_BYTES: usize = 68 * 70;
pub(crate) const DENSE_BYTES: u64 = (LAYERS as usize * LAYER_BYTES + HEAD_BYTES) as u64;

/// Noise that is weights, the same in every layout.
pub(crate) struct Noise;

impl Contents for Noise {
    fn bundle(&mut self, bundle: BundleId, into: &mut [u8]) -> Result<(), HostError> {
        Random::at(7, "bundle", u64::from(bundle), 0).fill(into);
        Format::Q4_1.tame(into);
        Ok(())
    }

    fn dense(&mut self, offset: u64, into: &mut [u8]) -> Result<(), HostError> {
        assert_eq!(offset, 0, "so few dense weights come at once");
        let (layers, head) = into.split_at_mut(LAYERS as usize * LAYER_BYTES);
        Random::at(7, "dense", 0, 0).fill(layers);
        Format::Q4_1.tame(layers);
        Random::at(7, "dense", 1, 0).fill(head);
        Format::Q8_0.tame(head);
        Ok(())
    }
}

/// The bundles.
pub(crate) fn geometry() -> Geometry {
    let mut geometry = Geometry::new();
    for layer in 0..LAYERS {
        geometry.push(layer, ROWS, BUNDLE_BYTES, 3);
    }
    geometry
}

/// A layout that is not in order of ids.
pub(crate) fn shuffled() -> Store {
    let ranks: Vec<u32> = (0..LAYERS).flat_map(|_| (0..ROWS).map(|row| row * 35 % ROWS)).collect();
    Store::ordered(geometry(), Layout::Bundled, 4096, &ranks)
}

/// What the kernels compute over.
pub(crate) fn shape() -> Shape {
    let matrix = |bytes, format| Matrix { bytes, format };
    let head_at = LAYERS as usize * LAYER_BYTES;
    let end = usize::try_from(DENSE_BYTES).expect("small");
    Shape {
        hidden: HIDDEN,
        layers: LAYERS as usize,
        layer: vec![matrix(LAYER_BYTES, Format::Q4_1)],
        bundle: vec![matrix(40, Format::Q4_1); 3],
        neurons: 1,
        head: matrix(HEAD_BYTES, Format::Q8_0),
        predictor: matrix(0, Format::Q8_0),
        draft: matrix(0, Format::Q8_0),
        attention: Attention { heads: 2, kv_heads: 1, head_dim: 32 },
        dense: Some(DenseParts { layers: 0, head: head_at, predictors: end, draft: end, bytes: end }),
        tokens_max: 4,
        sequences: 1,
        context_max: 64,
    }
}

/// A prompt of 4 positions, then 12 tokens; each layer needs about half of its rows, and half of those again at the next
/// token.
pub(crate) fn script() -> Script {
    let mut script = Script::new(LAYERS);
    for pass in 0..13_u64 {
        let positions = if pass == 0 { Positions { tokens: 4, sequences: 1, outputs: 1 } } else { Positions::of(1) };
        script.push_positions(pass == 0, positions);
        for layer in 0..LAYERS {
            let active = |row: &u32| {
                let mut draw = Random::at(11, "active", pass / 2, layer * 1000 + *row);
                draw.happens(0.35) || Random::at(13, "active", pass, layer * 1000 + *row).happens(0.2)
            };
            let rows: Vec<u32> = (0..ROWS).filter(active).map(|row| layer * ROWS + row).collect();
            let uses = rows.len() as u64 * u64::from(positions.tokens);
            script.push_row(rows, uses);
        }
    }
    script
}

/// How the engine and the platform are set up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) reads: Reads,
    pub(crate) lanes: u32,
    pub(crate) placement: Placement,
    pub(crate) overlap: Overlap,
    pub(crate) ahead: bool,
    pub(crate) budget_rows: u64,
    pub(crate) evict: Kind,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            reads: Reads::Direct,
            lanes: 3,
            placement: Placement::Compact,
            overlap: Overlap::None,
            ahead: false,
            budget_rows: 120,
            evict: Kind::Lru,
        }
    }
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) counters: Counters,
    pub(crate) owners: Owners,
    pub(crate) computed: u64,
    pub(crate) outcome: Result<(), HostError>,
}

/// A store in a folder that is removed at the end. Under the target folder, which is on a disk.
pub(crate) struct Disk {
    pub(crate) folder: TempDir,
    pub(crate) store: Arc<Store>,
    pub(crate) file: WeightFile,
}

impl Disk {
    pub(crate) fn new(store: Store) -> Self {
        let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        let path = folder.path().join("weights.store");
        let file =
            weights::build(&path, &store, DENSE_BYTES, "noise", &mut Noise).unwrap_or_else(|error| panic!("{error}"));
        Self { folder, store: Arc::new(store), file }
    }

    pub(crate) fn bundled() -> Self {
        Self::new(Store::new(geometry(), Layout::Bundled, 4096))
    }

    /// A platform that checks all that it computes over.
    pub(crate) fn platform(&self, case: Case, storage: Option<Box<dyn Storage>>) -> HostPlatform {
        let spec = Spec {
            store: Arc::clone(&self.store),
            file: self.file.clone(),
            storage,
            reads: case.reads,
            lanes: case.lanes,
            prefetch_lanes: case.lanes,
            placement: Some(case.placement),
            budget_bytes: case.budget_rows * BUNDLE_BYTES,
            row_bundles_max: ROWS as usize,
            verify: true,
        };
        HostPlatform::new(spec, shape()).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Runs the script.
    pub(crate) fn run(&self, case: Case, storage: Option<Box<dyn Storage>>) -> Ran {
        let platform = self.platform(case, storage);
        let mut engine = engine(&self.store, case, platform);
        let script = script();
        let prefetch = if case.ahead { Prefetch::RepeatToken } else { Prefetch::None };
        let mut computed = 0;
        session::run(&mut engine, &request(&script, prefetch), |engine, _| computed = engine.platform().computed());
        Ran { counters: engine.counters(), owners: engine.owners(), computed, outcome: engine.platform().outcome() }
    }
}

/// The engine of a case on any platform.
pub(crate) fn engine<P: tightfit_engine::Platform>(store: &Store, case: Case, platform: P) -> Engine<'_, P, Policy> {
    let setup = Setup {
        budget_bytes: case.budget_rows * BUNDLE_BYTES,
        placement: case.placement,
        rows: Rows::Needed,
        reads: ReadRules { coalesce_gap_bytes: 0, read_bytes_max: 8192 },
        overlap: case.overlap,
        gather: Gather::FeedForward,
        predictor: false,
        bend: None,
        ahead_bundles_max: if case.ahead { ROWS as usize } else { 0 },
        pinned: vec![1, 2, ROWS + 1],
        dense_bytes: DENSE_BYTES,
        row_bundles_max: ROWS as usize,
    };
    let room = Room {
        bundles: store.geometry().bundles(),
        sizes: Sizes::Equal(BUNDLE_BYTES),
        capacity_bytes: (case.budget_rows - 3) * BUNDLE_BYTES,
        layer_firsts: (0..LAYERS).map(|layer| layer * ROWS).collect(),
        row_bundles_max: ROWS as usize,
        reload_ns: None,
        oracle: None,
    };
    Engine::new(store, setup, case.evict.build(&room), platform)
}

/// The request of a case.
pub(crate) fn request<'a>(script: &'a Script, prefetch: Prefetch<'a>) -> Request<'a> {
    Request {
        script,
        model_layers: LAYERS,
        decode_passes: 12,
        context_max: 64,
        rows_fixed: None,
        prefetch,
        draft_tokens: 0,
    }
}
