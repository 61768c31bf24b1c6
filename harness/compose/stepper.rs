//! Builds the engine (or the page cache) that a strategy asks for and runs a request on it.

use std::sync::Arc;

use tightfit_engine::{
    Engine, Store,
    paged::{PageSetup, PagedEngine},
    parts::Whole,
    session::{self, Run, Stepper},
};
use tightfit_scenarios::{
    Strategy,
    strategy::{Mechanism, PageCache, Prefetch},
    trace::TraceError,
};
use tightfit_sim::service::ServiceTable;

use super::{
    policy::{self, Place},
    profile::Profile,
    setup, store,
    streams::{Steps, Streams},
};
use crate::{
    OwnPolicy,
    cell::{Recorder, World},
};

const KIB: u64 = 1024;

/// What a run is made of besides its strategy.
pub(crate) struct Parts<'a, P> {
    pub(crate) streams: &'a Streams,
    /// In place of the strategy's.
    pub(crate) own_policy: Option<OwnPolicy>,
    /// Where the strategy learns from one.
    pub(crate) profile: Option<Arc<Profile>>,
    pub(crate) platform: P,
    /// How long reads take on the device, for policies that weigh them.
    pub(crate) service: ServiceTable,
    pub(crate) budget_bytes: u64,
    pub(crate) read_unit_bytes: u64,
    pub(crate) page_bytes: u64,
    pub(crate) context_max: u32,
}

/// Where the bundles of `strategy` lie.
pub(crate) fn lay_out(
    strategy: &Strategy,
    streams: &Streams,
    profile: Option<&Profile>,
    read_unit_bytes: u64,
) -> Store {
    store::store(strategy.layout, streams.geometry.clone(), read_unit_bytes, profile)
}

/// Runs the request under `strategy` and lets `recorder` see each output token. What is read as it is replayed may fail.
pub(crate) fn run<P: World>(
    strategy: &Strategy,
    parts: Parts<'_, P>,
    recorder: &mut Recorder,
) -> Result<(), TraceError> {
    let store = lay_out(strategy, parts.streams, parts.profile.as_deref(), parts.read_unit_bytes);
    match &strategy.mechanism {
        Mechanism::PageCache(cache) => {
            let setup = page_setup(strategy, *cache, &parts);
            let asked = Driven::new(strategy, Prefetch::None, &parts);
            asked.drive(PagedEngine::new(&store, setup, parts.platform), recorder)
        }
        Mechanism::ResidentSet { set, reads } => {
            let setup = setup::setup(strategy, set, *reads, &store, &parts);
            let asked = Driven::new(strategy, set.prefetch, &parts);
            let pinned_bytes: u64 = setup.pinned.iter().map(|&bundle| store.bundle_bytes(bundle)).sum();
            let place = Place {
                store: &store,
                streams: parts.streams,
                capacity_bytes: setup.budget_bytes - pinned_bytes,
                profile: parts.profile.as_deref(),
                service: &parts.service,
            };
            if let Some(own) = &parts.own_policy {
                let policy = own.make(&policy::open_room(&place));
                asked.drive(Engine::new(&store, setup, policy, parts.platform), recorder)
            } else {
                let policy = policy::policy(set.evict, set.partition, &place);
                asked.drive(Engine::new(&store, setup, policy, parts.platform), recorder)
            }
        }
    }
}

fn page_setup<P>(strategy: &Strategy, cache: PageCache, parts: &Parts<'_, P>) -> PageSetup {
    let page_bytes = parts.page_bytes.next_multiple_of(parts.read_unit_bytes);
    PageSetup {
        budget_bytes: parts.budget_bytes.max(page_bytes),
        page_bytes,
        read_around_bytes: (u64::from(cache.read_around_kib) * KIB).next_multiple_of(page_bytes),
        gather: setup::gather(strategy),
        dense_bytes: parts.streams.dense_bytes,
    }
}

/// A request on its way through a stepper.
struct Driven<'a> {
    streams: &'a Streams,
    prefetch: Prefetch,
    context_max: u32,
    draft_tokens: u32,
}

impl<'a> Driven<'a> {
    fn new<P>(strategy: &Strategy, prefetch: Prefetch, parts: &Parts<'a, P>) -> Self {
        Self {
            streams: parts.streams,
            prefetch,
            context_max: parts.context_max,
            draft_tokens: strategy.speculative.map_or(0, |speculative| speculative.draft_tokens),
        }
    }

    fn drive<S: Stepper<Platform: World>>(&self, mut stepper: S, recorder: &mut Recorder) -> Result<(), TraceError> {
        let streams = self.streams;
        let (prefill_passes, decode_passes) = (streams.steps.prefill_passes(), streams.decode_passes);
        let run = Run {
            layers: streams.geometry.layers(),
            prefill_passes,
            decode_passes,
            model_layers: streams.model_layers,
            context_max: self.context_max,
            rows_fixed: streams.rows_fixed,
            draft_tokens: self.draft_tokens,
        };
        let see = |stepper: &mut S, outputs| recorder.see(stepper, outputs);
        match &streams.steps {
            Steps::Held { script, hints } => {
                let prefetch = setup::prefetch(self.prefetch, script, hints.as_deref(), prefill_passes + decode_passes);
                let mut whole = Whole::new(script, prefetch);
                session::run_parts(&mut stepper, &run, &mut whole, see);
                Ok(())
            }
            Steps::AsRead(script) => {
                let mut reading = script.read(self.prefetch, decode_passes)?;
                session::run_parts(&mut stepper, &run, &mut reading, see);
                reading.finish()
            }
        }
    }
}
