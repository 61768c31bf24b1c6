//! On the simulated platform a step allocates nothing either, whatever the policy, and neither does the page cache.

use std::sync::Arc;

use allocation_counter::measure;
use tightfit_engine::{
    Engine, Geometry, Overlap, Rows, Script, Setup, Store,
    engine::Gather,
    evict::{Evict, belady::Belady, lru::Lru, retain_none::RetainNone, window::Window},
    oracle::Oracle,
    paged::{PageSetup, PagedEngine},
    plan::ReadRules,
    prefetch::Prefetch,
    resident::Placement,
    session::{self, Request, Stepper},
    store::Layout,
};
use tightfit_sim::SimPlatform;

use crate::profile::{LAW, cool, platform};

const ROWS: u32 = 60;
const DECODE_PASSES: u64 = 50;

fn store() -> Store {
    let mut geometry = Geometry::new();
    for layer in 0..2 {
        geometry.push(layer, ROWS, 3 * 2048, 3);
    }
    Store::new(geometry, Layout::Separate, 4096)
}

/// Twelve recorded passes of about twenty rows a layer, some of them steady.
fn script() -> Script {
    let mut script = Script::new(2);
    for pass in 0..12_u32 {
        script.push_pass(pass == 0, 1);
        for layer in 0..2 {
            let active = |row: &u32| row.is_multiple_of(7) || (row * 5 + pass * 3 + layer) % 11 < 3;
            script.push_row((0..ROWS).filter(active).map(|row| layer * ROWS + row), 20);
        }
    }
    script
}

/// Calls of the allocator during a session, warm-up included.
fn calls(stepper: &mut impl Stepper<Platform = SimPlatform>, script: &Script, prefetch: Prefetch<'_>) -> u64 {
    let request = Request {
        script,
        model_layers: 2,
        decode_passes: DECODE_PASSES,
        context_max: 64,
        rows_fixed: None,
        prefetch,
        draft_tokens: 0,
    };
    let info = measure(|| session::run(stepper, &request, |_, _| ()));
    let counters = stepper.counters();
    assert!(
        counters.lookups > 1000 && counters.misses > 10 && counters.evictions > 0,
        "the session did something: {counters:?}"
    );
    assert!(stepper.platform().submitted_bytes() == counters.read_bytes_total());
    info.count_total
}

fn engine_calls<E: Evict>(gather: Gather, policy: E) -> u64 {
    let (store, script) = (store(), script());
    let ahead = gather == Gather::WholeLayer;
    let setup = Setup {
        budget_bytes: 50 * 3 * 2048,
        placement: if ahead { Placement::InPlace } else { Placement::Compact },
        rows: Rows::Needed,
        reads: ReadRules { coalesce_gap_bytes: 4096, read_bytes_max: 16_384 },
        overlap: if ahead { Overlap::None } else { Overlap::ResidentFirst },
        gather,
        predictor: false,
        bend: None,
        ahead_bundles_max: if ahead { 2 * ROWS as usize } else { 0 },
        pinned: vec![3, 70],
        dense_bytes: 1_000_000,
        row_bundles_max: script.row_bundles_max(),
    };
    let mut engine = Engine::new(&store, setup, policy, platform(&cool(LAW, 32), 8));
    let prefetch = if ahead { Prefetch::NextLayer } else { Prefetch::None };
    calls(&mut engine, &script, prefetch)
}

#[test]
fn no_policy_allocates_in_a_session() {
    let (store, script) = (store(), script());
    let bundles = store.geometry().bundles();
    for gather in [Gather::FeedForward, Gather::WholeLayer] {
        assert_eq!(engine_calls(gather, RetainNone::new(script.row_bundles_max())), 0, "retain-none, {gather:?}");
        assert_eq!(engine_calls(gather, Lru::new(bundles)), 0, "lru, {gather:?}");
        assert_eq!(engine_calls(gather, Window::new(bundles, 2, 2)), 0, "window, {gather:?}");
        let oracle = Oracle::new(&script, bundles, DECODE_PASSES);
        assert_eq!(engine_calls(gather, Belady::new(bundles, 0, Arc::new(oracle))), 0, "belady, {gather:?}");
    }
}

#[test]
fn the_page_cache_allocates_nothing_in_a_session() {
    let (store, script) = (store(), script());
    let setup = PageSetup {
        budget_bytes: 16 * 16_384,
        page_bytes: 16_384,
        read_around_bytes: 4 * 16_384,
        gather: Gather::FeedForward,
        dense_bytes: 1_000_000,
    };
    let mut cache = PagedEngine::new(&store, setup, platform(&cool(LAW, 32), 1));
    assert_eq!(calls(&mut cache, &script, Prefetch::None), 0);
}
