//! The page cache: closed forms, and page for page beside its slow twin.

use proptest::prelude::*;
use tightfit_engine::{
    Geometry, Script, Store,
    engine::Gather,
    paged::{PageSetup, PagedEngine},
    platform::Cause,
    session::Stepper,
    store::Layout,
};

use crate::{
    case::steps,
    clock_world::ClockWorld,
    paged_twin::{PagedTwin, Traffic},
};

const PAGE_BYTES: u64 = 16;

/// A store of `count` bundles of `bundle_bytes`.
fn store(count: u32, bundle_bytes: u64) -> Store {
    let mut geometry = Geometry::new();
    geometry.push(0, count, bundle_bytes, 1);
    Store::new(geometry, Layout::Bundled, 4)
}

fn cache(store: &Store, pages_max: u64, read_around: u64) -> PagedEngine<'_, ClockWorld> {
    let setup = PageSetup {
        budget_bytes: pages_max.saturating_mul(PAGE_BYTES),
        page_bytes: PAGE_BYTES,
        read_around_bytes: read_around * PAGE_BYTES,
        gather: Gather::FeedForward,
        dense_bytes: 0,
    };
    PagedEngine::new(store, setup, ClockWorld::new(1000))
}

/// A script of one bundle a step.
fn one_by_one(bundles: impl IntoIterator<Item = u32>) -> Script {
    let mut script = Script::new(1);
    for bundle in bundles {
        script.push_pass(false, 1);
        script.push_row([bundle], 1);
    }
    script
}

/// Runs bundles one a step, and returns reads, bytes read and hits.
fn touch(cache: &mut PagedEngine<'_, ClockWorld>, bundles: impl IntoIterator<Item = u32>) -> (u64, u64, u64) {
    let script = one_by_one(bundles);
    let before = cache.counters();
    for step in steps(&script, script.decode_passes() as u64, false) {
        cache.step(&step);
    }
    let counters = cache.counters();
    counters.assert_laws();
    let since = counters.since(&before);
    (since.reads[Cause::Demand as usize], since.read_bytes_total(), since.hits)
}

#[test]
fn a_scan_of_n_pages_with_a_read_around_of_r_faults_n_over_r_times() {
    for (pages, around) in [(64_u32, 1_u32), (64, 4), (64, 16), (64, 64), (60, 8)] {
        let store = store(pages, PAGE_BYTES);
        let mut cache = cache(&store, 64, around.into());
        let faults = u64::from(pages.div_ceil(around));
        assert_eq!(
            touch(&mut cache, 0..pages),
            (faults, u64::from(pages) * PAGE_BYTES, u64::from(pages) - faults),
            "{pages} pages, {around} around"
        );
        assert_eq!(cache.counters().evictions, 0);
    }
}

#[test]
fn everything_hits_where_everything_fits() {
    let store = store(32, PAGE_BYTES);
    let mut cache = cache(&store, 32, 4);
    touch(&mut cache, (0..32).rev());
    assert_eq!(touch(&mut cache, 0..32), (0, 0, 32));
    assert_eq!(cache.resident_peak_bytes(), 32 * PAGE_BYTES);
}

#[test]
fn a_cycle_larger_than_memory_floods_the_cache() {
    // Each page of the scan was touched once when its turn to be dropped comes.
    let store = store(12, PAGE_BYTES);
    let mut cache = cache(&store, 8, 1);
    touch(&mut cache, 0..12);
    let (faults, _, hits) = touch(&mut cache, (0..12).cycle().take(12 * 10));
    assert_eq!(faults + hits, 120);
    assert_eq!(hits, 0, "of {faults} faults");
}

#[test]
fn a_page_in_use_survives_a_scan_that_is_used_once() {
    // One hot page between the pages of a scan four times the cache. When the cache first fills up, every page was
    // touched and the hot one is the oldest: it goes once, as in any clock. From then on it is touched again and again.
    let store = store(33, PAGE_BYTES);
    let mut cache = cache(&store, 8, 1);
    let (faults, _, hits) = touch(&mut cache, (0..32).flat_map(|page| [32, page]));
    assert_eq!((faults, hits), (34, 30));
}

#[test]
fn read_around_stops_at_pages_that_are_there() {
    let store = store(8, PAGE_BYTES);
    let mut cache = cache(&store, 8, 1);
    touch(&mut cache, [2]);
    let mut wider = self::cache(&store, 8, 8);
    touch(&mut wider, [0]);
    assert_eq!(wider.platform().lengths, [8 * PAGE_BYTES], "an empty cache reads the whole block");
    assert_eq!(cache.platform().lengths, [PAGE_BYTES]);
    // A block of 8 in a cache of 3 reads 3.
    let mut narrow = self::cache(&store, 3, 8);
    touch(&mut narrow, [6, 6, 0]);
    assert_eq!(narrow.platform().lengths, [3 * PAGE_BYTES, 3 * PAGE_BYTES]);
    assert_eq!(narrow.counters().hits, 1);
}

#[test]
fn a_budget_beyond_all_memory_is_a_cache_that_holds_everything() {
    let store = store(8, PAGE_BYTES);
    let mut cache = cache(&store, u64::MAX, 8);
    assert_eq!(touch(&mut cache, (0..8).rev()), (1, 8 * PAGE_BYTES, 7));
}

#[test]
fn every_page_of_a_bundle_must_be_there() {
    // Bundles of 24 B over pages of 16 B: bundle 0 is in pages 0 and 1, bundle 1 in pages 1 and 2.
    let store = store(8, 24);
    let mut cache = cache(&store, 16, 1);
    assert_eq!(touch(&mut cache, [0]), (2, 2 * PAGE_BYTES, 0));
    assert_eq!(touch(&mut cache, [1]), (1, PAGE_BYTES, 0), "page 1 is there, page 2 is not");
    assert_eq!(touch(&mut cache, [0, 1]), (0, 0, 2));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn page_for_page_as_its_twin(
        (bundles, bundle_bytes) in (1_u32..24, 1_u64..40),
        (pages_max, around) in (1_u64..30, 1_u64..9),
        accesses in prop::collection::vec((0_u32..24, 1_usize..4), 1..120),
    ) {
        let store = store(bundles, bundle_bytes);
        let mut cache = cache(&store, pages_max, around);
        let store_pages = u32::try_from(store.bytes().div_ceil(PAGE_BYTES)).expect("a small store");
        let around = u32::try_from(around).expect("a small block");
        let mut twin = PagedTwin::new(usize::try_from(pages_max).expect("a small cache"), around, store_pages);
        let accesses: Vec<u32> =
            accesses.into_iter().flat_map(|(bundle, times)| std::iter::repeat_n(bundle % bundles, times)).collect();
        let script = one_by_one(accesses);
        let mut last = None;
        for step in steps(&script, script.decode_passes() as u64, false) {
            let bundle = step.row.active[0];
            let extent = store.extent(bundle, 0);
            let pages = extent.offset / PAGE_BYTES..=(extent.end() - 1) / PAGE_BYTES;
            let touched: Vec<bool> =
                pages.clone().map(|page| twin.touch(u32::try_from(page).expect("a small store"))).collect();
            let before = cache.counters();
            cache.step(&step);
            let counters = cache.counters();
            let found = Traffic {
                faults: counters.reads[Cause::Demand as usize],
                pages_read: counters.read_bytes_total().div_ceil(PAGE_BYTES),
                dropped: counters.evictions,
            };
            let hit = counters.hits - before.hits == 1;
            prop_assert_eq!(hit, touched.iter().all(|&present| present), "bundle {} of step {}", bundle, step.number);
            prop_assert_eq!(found.faults, twin.counts.faults, "step {}", step.number);
            prop_assert_eq!(found.dropped, twin.counts.dropped, "step {}", step.number);
            // What was touched last, one page of it, is there when it is touched again at once.
            let again = last == Some(bundle) && touched.len() == 1;
            prop_assert!(hit || !again, "bundle {} of step {} is gone at once", bundle, step.number);
            last = Some(bundle);
        }
        let counters = cache.counters();
        counters.assert_laws();
        prop_assert_eq!(counters.read_bytes, cache.platform().asked_bytes);
        prop_assert!(cache.resident_peak_bytes() <= pages_max * PAGE_BYTES);
        // Only the store's last page may be short.
        let full = twin.counts.pages_read * PAGE_BYTES;
        prop_assert!(counters.read_bytes_total() <= full && counters.misses > 0);
    }
}
