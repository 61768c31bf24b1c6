//! Builds the engine (or the page cache) that a strategy asks for and runs a request on it.

use tightfit_engine::{
    Engine, Overlap, Setup, Store,
    bend::{Bend, Keep},
    engine::Gather,
    evict::{Evict as Policy, belady::Belady, lru::Lru, retain_none::RetainNone, window::Window},
    oracle::{Foresight, Oracle},
    paged::{PageSetup, PagedEngine},
    plan::ReadRules,
    prefetch::Prefetch,
    resident::Placement,
    script::MASS_WHOLE,
    session::{self, Request, Stepper},
    store::Layout,
};
use tightfit_scenarios::{
    Strategy,
    strategy::{self, Evict, Mechanism, PageCache, Reads, ResidentSet, Routing, Stream},
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
        Mechanism::PageCache(cache) => page_cache(strategy, *cache, gather, &store, parts, recorder),
        Mechanism::ResidentSet { set, reads } => {
            resident_set(strategy, set, *reads, gather, &store, parts, recorder);
        }
    }
}

fn page_cache(
    strategy: &Strategy,
    cache: PageCache,
    gather: Gather,
    store: &Store,
    parts: Parts<'_>,
    recorder: &mut Recorder,
) {
    let page_bytes = parts.page_bytes.next_multiple_of(parts.read_unit_bytes);
    let setup = PageSetup {
        budget_bytes: parts.budget_bytes.max(page_bytes),
        page_bytes,
        read_around_bytes: (u64::from(cache.read_around_kib) * KIB).next_multiple_of(page_bytes),
        gather,
        dense_bytes: parts.streams.dense_bytes,
    };
    let request = request(strategy, Prefetch::None, &parts);
    drive(PagedEngine::new(store, setup, parts.platform), &request, recorder);
}

fn resident_set(
    strategy: &Strategy,
    set: &ResidentSet,
    reads: Reads,
    gather: Gather,
    store: &Store,
    parts: Parts<'_>,
    recorder: &mut Recorder,
) {
    let Parts { streams, budget_bytes, read_unit_bytes, .. } = parts;
    let prefetch = prefetch(set.prefetch, streams);
    let pinned = room::pinned(store, streams, set.pinned_share, set.prefetch, budget_bytes);
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
            strategy::Overlap::AsLanded => Overlap::AsLanded,
        },
        gather,
        predictor: strategy.predictor.is_some_and(|predictor| predictor.rank > 0),
        bend: strategy.routing.as_ref().map(|routing| bend(routing, streams.cold_offset)),
        ahead_bundles_max: prefetch.bundles_max(&streams.script),
        pinned,
        dense_bytes: streams.dense_bytes,
        row_bundles_max: streams.script.row_bundles_max(),
    };
    let request = request(strategy, prefetch, &parts);
    let bundles = store.geometry().bundles();
    let script = &streams.script;
    match set.evict {
        Evict::RetainNone => {
            engine(store, setup, RetainNone::new(script.row_bundles_max()), parts.platform, &request, recorder);
        }
        Evict::Lru => engine(store, setup, Lru::new(bundles), parts.platform, &request, recorder),
        Evict::Window { tokens } => {
            engine(store, setup, Window::new(bundles, tokens, script.layers()), parts.platform, &request, recorder);
        }
        Evict::Belady => {
            let oracle = Oracle::new(script, bundles, streams.decode_passes);
            engine(store, setup, Belady::new(bundles, oracle), parts.platform, &request, recorder);
        }
    }
}

fn request<'a>(strategy: &Strategy, prefetch: Prefetch<'a>, parts: &Parts<'a>) -> Request<'a> {
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

fn prefetch(source: strategy::Prefetch, streams: &Streams) -> Prefetch<'_> {
    match source {
        strategy::Prefetch::None => Prefetch::None,
        strategy::Prefetch::NextLayer => Prefetch::NextLayer,
        strategy::Prefetch::RepeatToken => Prefetch::RepeatToken,
        strategy::Prefetch::Oracle => Prefetch::Oracle(Foresight::new(&streams.script, streams.passes())),
        strategy::Prefetch::Predictor { .. }
        | strategy::Prefetch::Router { .. }
        | strategy::Prefetch::Neighbours { .. } => {
            Prefetch::Hinted(streams.hints.as_ref().expect("streams were made for this strategy"))
        }
    }
}

fn bend(routing: &Routing, cold_offset: u32) -> Bend {
    let keep = match (routing.top_k, routing.keep_share) {
        (Some(count), _) => Keep::Count(count.get()),
        (None, share) => Keep::Share(share.map_or(MASS_WHOLE, |share| share.of(MASS_WHOLE))),
    };
    Bend {
        keep,
        guaranteed: routing.guaranteed,
        margin: routing.margin.of(MASS_WHOLE),
        drop_below: routing.drop_cold_below.of(MASS_WHOLE),
        cold_below: routing.degrade_cold_below.of(MASS_WHOLE),
        cold_offset,
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
    session::run(&mut stepper, request, |stepper, outputs| recorder.see(stepper, outputs));
}
