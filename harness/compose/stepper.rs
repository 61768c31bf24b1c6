//! Builds the engine (or the page cache) that a strategy asks for and runs a request on it.

use std::sync::Arc;

use tightfit_engine::{
    Engine, Overlap, Setup, Store,
    engine::Gather,
    evict::{Evict as Policy, belady::Belady, lru::Lru, retain_none::RetainNone, window::Window},
    oracle::Oracle,
    paged::{PageSetup, PagedEngine},
    plan::ReadRules,
    prefetch::Prefetch,
    resident::Placement,
    session::{self, Request, Stepper},
    store::Layout,
};
use tightfit_scenarios::{
    Strategy,
    strategy::{self, Evict, Mechanism, PageCache, Reads, ResidentSet, Stream},
};
use tightfit_sim::SimPlatform;

use super::{room, streams::Streams};
use crate::cell::Recorder;

const KIB: u64 = 1024;

/// What a run is made of besides its strategy.
pub(crate) struct Parts<'a> {
    pub(crate) streams: &'a Streams,
    pub(crate) platform: SimPlatform,
    pub(crate) budget_bytes: u64,
    pub(crate) read_unit_bytes: u64,
    pub(crate) page_bytes: u64,
    pub(crate) context_max: u32,
}

/// Runs the request under `strategy` and lets `recorder` see each output token.
pub(crate) fn run(strategy: &Strategy, parts: Parts<'_>, recorder: &mut Recorder) {
    let layout = match strategy.layout {
        strategy::Layout::Separate => Layout::Separate,
        strategy::Layout::Bundled => Layout::Bundled,
    };
    let gather = match strategy.stream {
        Stream::Everything => Gather::WholeLayer,
        Stream::FeedForward => Gather::FeedForward,
    };
    let store = Store::new(parts.streams.geometry.clone(), layout, parts.read_unit_bytes);
    match &strategy.mechanism {
        Mechanism::PageCache(cache) => page_cache(*cache, gather, &store, parts, recorder),
        Mechanism::ResidentSet { set, reads } => resident_set(set, *reads, gather, &store, parts, recorder),
    }
}

fn page_cache(cache: PageCache, gather: Gather, store: &Store, parts: Parts<'_>, recorder: &mut Recorder) {
    let page_bytes = parts.page_bytes.next_multiple_of(parts.read_unit_bytes);
    let setup = PageSetup {
        budget_bytes: parts.budget_bytes.max(page_bytes),
        page_bytes,
        read_around_bytes: (u64::from(cache.read_around_kib) * KIB).next_multiple_of(page_bytes),
        gather,
        dense_bytes: parts.streams.dense_bytes,
    };
    let request = request(parts.streams, parts.context_max);
    drive(PagedEngine::new(store, setup, parts.platform), &request, recorder);
}

fn resident_set(
    set: &ResidentSet,
    reads: Reads,
    gather: Gather,
    store: &Store,
    parts: Parts<'_>,
    recorder: &mut Recorder,
) {
    let Parts { streams, platform, budget_bytes, read_unit_bytes, context_max, .. } = parts;
    let pinned = room::pinned(store, set.pinned_share, set.prefetch, budget_bytes);
    let pinned_bytes: u64 = pinned.iter().map(|&bundle| store.bundle_bytes(bundle)).sum();
    let read_bytes_max = u64::from(reads.read_max_kib) * KIB / read_unit_bytes * read_unit_bytes;
    let setup = Setup {
        // A share that is pinned whatever the budget may take more than the budget: the outcome then says so.
        budget_bytes: budget_bytes.max(pinned_bytes),
        placement: match set.placement {
            strategy::Placement::Compact => Placement::Compact,
            strategy::Placement::InPlace => Placement::InPlace,
        },
        reads: ReadRules {
            coalesce_gap_bytes: u64::from(reads.coalesce_gap_kib) * KIB,
            read_bytes_max: read_bytes_max.max(read_unit_bytes),
        },
        overlap: match set.overlap {
            strategy::Overlap::None => Overlap::None,
            strategy::Overlap::ResidentFirst => Overlap::ResidentFirst,
        },
        gather,
        prefetch: match set.prefetch {
            strategy::Prefetch::None => Prefetch::None,
            strategy::Prefetch::NextLayer => Prefetch::NextLayer,
        },
        pinned,
        dense_bytes: streams.dense_bytes,
        row_bundles_max: streams.script.row_bundles_max(),
    };
    let request = request(streams, context_max);
    let bundles = store.geometry().bundles();
    let script = &streams.script;
    match set.evict {
        Evict::RetainNone => {
            engine(store, setup, RetainNone::new(script.row_bundles_max()), platform, &request, recorder);
        }
        Evict::Lru => engine(store, setup, Lru::new(bundles), platform, &request, recorder),
        Evict::Window { tokens } => {
            engine(store, setup, Window::new(bundles, tokens, script.layers()), platform, &request, recorder);
        }
        Evict::Belady => {
            let oracle = Oracle::new(script, bundles, streams.decode_passes);
            engine(store, setup, Belady::new(bundles, 0, Arc::new(oracle)), platform, &request, recorder);
        }
    }
}

fn request(streams: &Streams, context_max: u32) -> Request<'_> {
    Request {
        script: &streams.script,
        model_layers: streams.model_layers,
        decode_passes: streams.decode_passes,
        context_max,
        rows_fixed: streams.rows_fixed,
    }
}

fn engine<P: Policy>(
    store: &Store,
    setup: Setup,
    policy: P,
    platform: SimPlatform,
    request: &Request<'_>,
    recorder: &mut Recorder,
) {
    drive(Engine::new(store, setup, policy, platform), request, recorder);
}

fn drive<S: Stepper<Platform = SimPlatform>>(mut stepper: S, request: &Request<'_>, recorder: &mut Recorder) {
    session::run(&mut stepper, request, |stepper| recorder.see(stepper));
}
