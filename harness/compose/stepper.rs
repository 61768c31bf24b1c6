//! Builds the engine (or the page cache) that a strategy asks for and runs a request on it.

use std::sync::Arc;

use tightfit_engine::{
    Engine, Store,
    paged::{PageSetup, PagedEngine},
    prefetch::Prefetch,
    session::{self, Request, Stepper},
};
use tightfit_scenarios::{
    Strategy,
    strategy::{Mechanism, PageCache},
};
use tightfit_sim::service::ServiceTable;

use super::{
    policy::{self, Place},
    profile::Profile,
    setup, store,
    streams::Streams,
};
use crate::cell::{Recorder, World};

const KIB: u64 = 1024;

/// What a run is made of besides its strategy.
pub(crate) struct Parts<'a, P> {
    pub(crate) streams: &'a Streams,
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

/// Runs the request under `strategy` and lets `recorder` see each output token.
pub(crate) fn run<P: World>(strategy: &Strategy, parts: Parts<'_, P>, recorder: &mut Recorder) {
    let store = lay_out(strategy, parts.streams, parts.profile.as_deref(), parts.read_unit_bytes);
    match &strategy.mechanism {
        Mechanism::PageCache(cache) => {
            let setup = page_setup(strategy, *cache, &parts);
            let request = request(strategy, Prefetch::None, &parts);
            drive(PagedEngine::new(&store, setup, parts.platform), &request, recorder);
        }
        Mechanism::ResidentSet { set, reads } => {
            let setup = setup::setup(strategy, set, *reads, &store, &parts);
            let request = request(strategy, setup::prefetch(set.prefetch, parts.streams), &parts);
            let pinned_bytes: u64 = setup.pinned.iter().map(|&bundle| store.bundle_bytes(bundle)).sum();
            let place = Place {
                store: &store,
                streams: parts.streams,
                capacity_bytes: setup.budget_bytes - pinned_bytes,
                profile: parts.profile.as_deref(),
                service: &parts.service,
            };
            let policy = policy::policy(set.evict, set.partition, &place);
            drive(Engine::new(&store, setup, policy, parts.platform), &request, recorder);
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

fn request<'a, P>(strategy: &Strategy, prefetch: Prefetch<'a>, parts: &Parts<'a, P>) -> Request<'a> {
    let streams = parts.streams;
    Request {
        script: &streams.script,
        model_layers: streams.model_layers,
        decode_passes: streams.decode_passes,
        context_max: parts.context_max,
        rows_fixed: streams.rows_fixed,
        prefetch,
        draft_tokens: strategy.speculative.map_or(0, |speculative| speculative.draft_tokens),
    }
}

fn drive<S: Stepper<Platform: World>>(mut stepper: S, request: &Request<'_>, recorder: &mut Recorder) {
    session::run(&mut stepper, request, |stepper, outputs| recorder.see(stepper, outputs));
}
