//! The engine that a strategy asks for, for a model that says itself what each layer needs.

use tightfit_engine::{Engine, Platform, Script, Store, evict::Policy};
use tightfit_scenarios::{
    Strategy,
    strategy::{Evict, Layout, Mechanism, Prefetch, Reads, ResidentSet, Rows, Stream},
};
use tightfit_sim::service::ServiceTable;

use super::{
    policy::{self, Place},
    setup,
    stepper::Parts,
    streams::{Steps, Streams},
};

/// What a live engine is made of besides its strategy.
pub(crate) struct Live<'s, P> {
    pub(crate) store: &'s Store,
    pub(crate) platform: P,
    /// How long reads take, for policies that weigh them.
    pub(crate) service: ServiceTable,
    pub(crate) budget_bytes: u64,
    /// Whether gates run before the bundles are known.
    pub(crate) predictor: bool,
}

/// The resident set and the reads of a strategy that can be run live, or what is in the way.
pub(crate) fn resident_set(strategy: &Strategy, has_scores: bool) -> Result<(&ResidentSet, Reads), &'static str> {
    let Mechanism::ResidentSet { set, reads } = &strategy.mechanism else {
        return Err("leaves caching to the system: take one with a resident set");
    };
    let problem = if strategy.stream == Stream::Everything {
        "streams everything, and live only the feed-forward weights are: take lru, window or another that streams them"
    } else if strategy.predictor.is_some() {
        "draws what its predictor names: leave the predictor out and say --active, which the model's gates then answer"
    } else if strategy.profile_tokens.is_some() {
        "learns from a recorded trace, and live there is none: take lru, window or another that learns as it goes"
    } else if set.evict == Evict::Belady || set.prefetch != Prefetch::None {
        "looks at what comes next, which nobody knows live: take one without an oracle or reads ahead"
    } else if set.rows == Rows::Resident {
        "computes rows that the model did not name, which would change what it says: set strategy.resident-set.rows=needed"
    } else if strategy.layout != Layout::Bundled {
        "lays matrices apart, and a live store holds whole bundles: set strategy.layout=bundled"
    } else if strategy.speculative.is_some() {
        "drafts tokens, and there is no model that would: take one without"
    } else if strategy.routing.as_ref().is_some_and(|routing| routing.cold_bytes_share.is_some()) {
        "keeps copies of lower precision, which a live store has none of: take one without"
    } else if strategy.routing.is_some() && !has_scores {
        "bends what is active, and all neurons are: say which are with --active"
    } else {
        return Ok((set, *reads));
    };
    Err(problem)
}

/// The engine.
pub(crate) fn engine<'s, P: Platform>(
    strategy: &Strategy,
    set: &ResidentSet,
    reads: Reads,
    live: Live<'s, P>,
) -> Engine<'s, P, Policy> {
    let Live { store, platform, service, budget_bytes, predictor } = live;
    let streams = streams(store);
    let parts = Parts {
        streams: &streams,
        own_policy: None,
        profile: None,
        platform: (),
        service,
        budget_bytes,
        read_unit_bytes: store.read_unit_bytes(),
        page_bytes: store.read_unit_bytes(),
        context_max: u32::MAX,
    };
    let mut setup = setup::setup(strategy, set, reads, store, &parts);
    setup.predictor = predictor;
    let pinned_bytes: u64 = setup.pinned.iter().map(|&bundle| store.bundle_bytes(bundle)).sum();
    let capacity_bytes = setup.budget_bytes - pinned_bytes;
    let place = Place { store, streams: &streams, capacity_bytes, profile: None, service: &parts.service };
    Engine::new(store, setup, policy::policy(set.evict, set.partition, &place), platform)
}

/// Streams of any row: the most that a layer may need is all of it.
fn streams(store: &Store) -> Streams {
    let geometry = store.geometry();
    let mut script = Script::new(geometry.layers());
    script.push_pass(false, 1);
    for region in geometry.regions() {
        script.push_row(region.bundles(), u64::from(region.count));
    }
    Streams {
        geometry: geometry.clone(),
        steps: Steps::Held { script: script.into(), hints: None },
        cold_offset: 0,
        dense_bytes: 0,
        model_layers: geometry.layers(),
        rows_fixed: None,
        prompt_tokens: 1,
        context_tokens: 1,
        sequences: 1,
        outputs: 1,
        decode_passes: 1,
    }
}
