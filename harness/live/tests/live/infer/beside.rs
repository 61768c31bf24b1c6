//! One text by candle and by the engine: what the head makes of each of its tokens.

use std::path::Path;

use candle_core::{Device, Tensor};
use tightfit_engine::counters::Counters;
use tightfit_engine::evict::{Kind, Policy, Room, Sizes};
use tightfit_engine::plan::ReadRules;
use tightfit_engine::resident::Placement;
use tightfit_engine::session::Stepper;
use tightfit_engine::{Engine, Overlap, Setup, Store};
use tightfit_host::{HostPlatform, Reads, Spec, weights};
use tightfit_live::active::Selector;
use tightfit_live::infer::{self, Bundles, Contents, Decoder, Request};
use tightfit_live::model::Model;
use tightfit_live::observe::{Observer, Seen};
use tightfit_live::source::Source;
use tightfit_live::{Definition, LiveError, Weights};

/// How the engine is set up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) policy: Kind,
    /// Share of all bundles that fit.
    pub(crate) budget: f64,
    pub(crate) placement: Placement,
    pub(crate) overlap: Overlap,
    pub(crate) active: Option<Definition>,
}

impl Default for Case {
    fn default() -> Self {
        let (placement, overlap) = (Placement::InPlace, Overlap::None);
        Self { policy: Kind::Lru, budget: 1.0, placement, overlap, active: None }
    }
}

/// What a run gave.
pub(crate) struct Ran {
    /// After each token.
    pub(crate) logits: Vec<Vec<f32>>,
    pub(crate) counters: Counters,
    pub(crate) peak_bytes: u64,
    pub(crate) whole_bytes: u64,
    pub(crate) nats: f64,
}

/// Silences the neurons that a selector would not take by their gates.
struct Silencer(Option<Selector>);

impl Observer for Silencer {
    fn feed_forward(&mut self, seen: Seen<'_>) -> Result<Option<Tensor>, LiveError> {
        let Some(selector) = &self.0 else { return Ok(None) };
        let (gates, given) = (seen.gate.to_vec2::<f32>()?, seen.activation.to_vec2::<f32>()?);
        let shape = seen.activation.dims2()?;
        let mut kept = vec![0.0; shape.0 * shape.1];
        for ((gates, given), kept) in gates.iter().zip(&given).zip(kept.chunks_exact_mut(shape.1)) {
            for neuron in selector.choose(seen.layer, gates, gates) {
                kept[neuron as usize] = given[neuron as usize];
            }
        }
        Ok(Some(Tensor::from_vec(kept, shape, &Device::Cpu)?))
    }
}

fn selector(active: Option<Definition>) -> Option<Selector> {
    active.map(|definition| Selector::new(definition, Vec::new()))
}

/// Candle's dense run, neurons that are not active silenced.
pub(crate) fn by_candle(path: &Path, weights: Weights, active: Option<Definition>, tokens: &[u32]) -> Vec<Vec<f32>> {
    let mut source = Source::open(path).expect("opened");
    let model = Model::load(&mut source, weights).expect("loaded");
    let mut session = model.session(tokens.len()).expect("a session");
    let stream = model.forward(&mut session, tokens, &mut Silencer(selector(active))).expect("runs");
    model.all_logits(&stream).expect("a head").to_vec2().expect("rows")
}

/// The engine's run: a prompt of `prompt` tokens at once, then token by token. Logits are those after the prompt and after
/// each token.
pub(crate) fn by_engine(path: &Path, case: Case, tokens: &[u32], prompt: usize) -> Ran {
    with_engine(path, case, tokens.len(), |request| {
        let mut logits = Vec::new();
        let (first, rest) = tokens.split_at(prompt);
        request.prompt(first).expect("runs");
        logits.push(request.logits().to_vec());
        for &token in rest {
            request.token(token).expect("runs");
            logits.push(request.logits().to_vec());
        }
        (logits, 0.0)
    })
}

/// The engine told a text.
pub(crate) fn told(path: &Path, case: Case, tokens: &[u32]) -> Ran {
    with_engine(path, case, tokens.len(), |request| (Vec::new(), request.tell(tokens, |_| ()).expect("runs")))
}

fn with_engine(
    path: &Path,
    case: Case,
    capacity: usize,
    run: impl FnOnce(&mut Request<'_, '_, Policy>) -> (Vec<Vec<f32>>, f64),
) -> Ran {
    let folder = tempfile::tempdir().expect("a folder");
    let mut source = Source::open(path).expect("opened");
    let bundles = Bundles::of(&mut source, case.active.is_none()).expect("bundles");
    let store = bundles.store();
    let contents = &mut Contents::new(&mut source, &bundles).expect("contents");
    let file = weights::build(&folder.path().join("weights.store"), &store, 0, "test", contents).expect("written");
    let setup = infer::Setup { selector: selector(case.active), capacity, scored: false };
    let decoder = Decoder::load(&mut source, &bundles, setup).expect("loaded");
    let whole_bytes = store.geometry().total_bytes();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a size")]
    let budget_bytes = (whole_bytes as f64 * case.budget) as u64;
    let platform = HostPlatform::with_kernels(
        Spec {
            store: store.clone().into(),
            file,
            storage: None,
            reads: Reads::Buffered,
            lanes: 2,
            prefetch_lanes: 2,
            placement: Some(case.placement),
            budget_bytes,
            row_bundles_max: bundles.per_layer(),
            verify: true,
        },
        decoder,
    );
    let mut engine = engine(&store, case, budget_bytes, bundles.per_layer(), platform.expect("a platform"));
    let mut request = Request::new(&mut engine).expect("begins");
    let (logits, nats) = run(&mut request);
    assert!(request.end().len() > 1);
    Ran { logits, nats, counters: engine.counters(), peak_bytes: engine.resident_peak_bytes(), whole_bytes }
}

fn engine(
    store: &Store,
    case: Case,
    budget_bytes: u64,
    row_bundles_max: usize,
    platform: HostPlatform<Decoder>,
) -> Engine<'_, HostPlatform<Decoder>, Policy> {
    let regions = store.geometry().regions();
    let bytes = |bundle| u32::try_from(store.bundle_bytes(bundle)).expect("small");
    let room = Room {
        bundles: store.geometry().bundles(),
        sizes: Sizes::Each((0..store.geometry().bundles()).map(bytes).collect()),
        capacity_bytes: budget_bytes,
        layer_firsts: regions.iter().map(|region| region.first).collect(),
        row_bundles_max,
        reload_ns: None,
        oracle: None,
    };
    let reads = ReadRules { coalesce_gap_bytes: 4096, read_bytes_max: 1 << 16 };
    let setup = Setup {
        placement: case.placement,
        overlap: case.overlap,
        predictor: case.active.is_some(),
        ..Setup::plain(budget_bytes, reads, row_bundles_max)
    };
    Engine::new(store, setup, case.policy.build(&room), platform)
}

/// The largest difference, as a share of the largest number of `right`.
pub(crate) fn apart(left: &[f32], right: &[f32]) -> f32 {
    assert_eq!(left.len(), right.len());
    let largest = right.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    assert!(largest > 0.1, "nothing was computed");
    left.iter().zip(right).fold(0.0_f32, |most, (left, right)| most.max((left - right).abs())) / largest
}
