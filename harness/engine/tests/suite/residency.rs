//! The engine beside its slow twin: the same bundles in DRAM and the same counts after every step.

use std::collections::BTreeSet;

use proptest::prelude::*;
use tightfit_engine::{
    Engine, Rows, Script, Setup, Store,
    evict::{self, Kind},
    geometry::BundleId,
    plan::ReadRules,
    platform::KernelKind,
    prefetch::Prefetch,
    resident::Placement,
    session::{self, Request, Stepper},
    store::Layout,
};

use crate::{
    case::{Case, steps},
    clock_world::ClockWorld,
    policy::Policy,
    twin::{Counts, Twin},
};

/// A plain setup without overlap and reads ahead.
pub(crate) fn plain(script: &Script, budget_bytes: u64, pinned: Vec<BundleId>) -> Setup {
    let reads = ReadRules { coalesce_gap_bytes: 0, read_bytes_max: 64 };
    Setup { placement: Placement::Compact, pinned, ..Setup::plain(budget_bytes, reads, script.row_bundles_max()) }
}

/// An engine over a clock world.
pub(crate) fn engine<'s>(
    store: &'s Store,
    script: &Script,
    setup: Setup,
    policy: Policy,
    decode_passes: u64,
) -> Engine<'s, ClockWorld, evict::Policy> {
    let policy = policy.build(script, store.geometry(), setup.budget_bytes, decode_passes);
    Engine::new(store, setup, policy, ClockWorld::new(1000))
}

/// Counts of the engine since `earlier`.
fn counts(engine: &Engine<'_, ClockWorld, evict::Policy>, earlier: Counts) -> (Counts, Counts) {
    let counters = engine.counters();
    let now = Counts {
        hits: counters.hits,
        misses: counters.misses,
        re_reads: counters.re_reads,
        evictions: counters.evictions,
    };
    let since = Counts {
        hits: now.hits - earlier.hits,
        misses: now.misses - earlier.misses,
        re_reads: now.re_reads - earlier.re_reads,
        evictions: now.evictions - earlier.evictions,
    };
    (now, since)
}

fn any_policy() -> impl Strategy<Value = Policy> {
    prop::sample::select(Policy::twinned())
}

/// Runs engine and twin side by side and returns how many steps were compared.
fn side_by_side(case: &Case, policy: Policy, pin_every: usize) -> Result<usize, TestCaseError> {
    let store = Store::new(case.geometry(1), Layout::Bundled, 1);
    let script = case.script();
    let sizes = case.sizes();
    let pinned: Vec<BundleId> = (0..store.geometry().bundles()).step_by(pin_every).collect();
    let pinned: Vec<BundleId> = if pin_every == 1 { Vec::new() } else { pinned };
    let pinned_bytes = pinned.iter().map(|&bundle| sizes[bundle as usize]).sum();
    let budget_bytes = case.budget_bytes().max(pinned_bytes);
    let history = case.history();
    let setup = plain(&script, budget_bytes, pinned.clone());
    let mut engine = engine(&store, &script, setup, policy, case.decode_passes);
    engine.warm_up();
    let layers: Vec<u32> = case.layers.iter().map(|&(count, _)| count).collect();
    let mut twin = Twin::new(policy, budget_bytes, &layers, &sizes, &history, &pinned);
    let mut earlier = Counts::default();
    let all = steps(&script, case.decode_passes, false);
    prop_assert_eq!(all.len(), history.len());
    for (number, step) in all.iter().enumerate() {
        prop_assert_eq!(step.row.active, &history[number][..], "the script of step {}", number);
        engine.step(step);
        let (now, since) = counts(&engine, earlier);
        earlier = now;
        prop_assert_eq!(since, twin.step(number), "step {} under {:?}", number, policy);
        let resident: BTreeSet<BundleId> = engine.resident().bundles().collect();
        prop_assert_eq!(&resident, twin.resident(), "in DRAM after step {} under {:?}", number, policy);
    }
    Ok(all.len())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_engine_keeps_what_its_twin_keeps(case in Case::any(false, 1, 12), policy in any_policy()) {
        side_by_side(&case, policy, 1)?;
    }

    #[test]
    fn pinned_bundles_stay_and_count_as_hits(case in Case::any(false, 1, 12), policy in any_policy()) {
        side_by_side(&case, policy, 3)?;
    }

    #[test]
    fn a_session_makes_the_steps_that_these_tests_make(case in Case::any(false, 1, 12), policy in any_policy()) {
        let store = Store::new(case.geometry(1), Layout::Bundled, 1);
        let script = case.script();
        let setup = plain(&script, case.budget_bytes(), Vec::new());
        let mut stepped = engine(&store, &script, setup.clone(), policy, case.decode_passes);
        for step in steps(&script, case.decode_passes, false) {
            stepped.step(&step);
        }
        let mut driven = engine(&store, &script, setup, policy, case.decode_passes);
        let request = Request {
            script: &script,
            model_layers: script.layers(),
            decode_passes: case.decode_passes,
            context_max: 1000,
            rows_fixed: None,
            prefetch: Prefetch::None,
            draft_tokens: 0,
        };
        let mut seen = 0;
        session::run(&mut driven, &request, |_, _| seen += 1);
        // Once after warm-up, then once an output token: the last prefill pass gives the first.
        prop_assert_eq!(seen, 1 + case.decode_passes + u64::from(case.prefill > 0));
        prop_assert_eq!(driven.counters(), stepped.counters());
        prop_assert_eq!(driven.owners().flash_stall_ns, stepped.owners().flash_stall_ns);
    }
}

#[test]
fn the_twin_comparison_reaches_every_kind_of_count() {
    // Three layers of two passes under a budget of four bundles: hits, misses, re-reads and evictions all happen.
    let case = Case {
        layers: vec![(4, 8), (3, 8)],
        prefill: 1,
        masks: vec![vec![0b1011, 0b110], vec![0b0011, 0b101], vec![0b1100, 0b010]],
        decode_passes: 7,
        budget_share: 37,
    };
    for policy in Policy::twinned() {
        assert_eq!(side_by_side(&case, policy, 1).expect("engine and twin agree"), 16);
    }
    let store = Store::new(case.geometry(1), Layout::Bundled, 1);
    let script = case.script();
    let mut lru = engine(&store, &script, plain(&script, case.budget_bytes(), Vec::new()), Policy::LRU, 7);
    for step in steps(&script, 7, false) {
        lru.step(&step);
    }
    let counters = lru.counters();
    let kinds = [counters.hits, counters.misses, counters.re_reads, counters.evictions, counters.moves];
    assert!(kinds.iter().all(|&count| count > 0), "{kinds:?}");
    assert_eq!(counters.lookups, case.history().iter().map(|row| row.len() as u64).sum::<u64>());
}

#[test]
fn a_window_drops_what_left_it_before_it_takes_in_what_is_new() {
    // Two disjoint pairs in turns, a window of one token, room for everything: never more than one pair in DRAM.
    let case = Case {
        layers: vec![(4, 8)],
        prefill: 0,
        masks: vec![vec![0b0011], vec![0b1100]],
        decode_passes: 6,
        budget_share: 64,
    };
    let store = Store::new(case.geometry(1), Layout::Bundled, 1);
    let script = case.script();
    let mut window = engine(
        &store,
        &script,
        plain(&script, case.budget_bytes(), Vec::new()),
        Policy::whole(Kind::Window { tokens: 1 }),
        6,
    );
    for step in steps(&script, 6, false) {
        window.step(&step);
    }
    assert_eq!((window.counters().hits, window.counters().evictions), (0, 10));
    assert_eq!(window.resident_peak_bytes(), 16);
}

#[test]
fn all_that_a_layer_has_in_dram_is_computed_where_that_is_asked_for() {
    // A window of two tokens: the pair of the token before is still there.
    let case = Case {
        layers: vec![(4, 8), (2, 8)],
        prefill: 0,
        masks: vec![vec![0b0011, 0b01], vec![0b1100, 0b10]],
        decode_passes: 4,
        budget_share: 64,
    };
    let store = Store::new(case.geometry(1), Layout::Bundled, 1);
    let script = case.script();
    let rows_computed = |rows: Rows| {
        let setup = Setup { rows, ..plain(&script, case.budget_bytes(), Vec::new()) };
        let mut window = engine(&store, &script, setup, Policy::whole(Kind::Window { tokens: 2 }), 4);
        for step in steps(&script, 4, false) {
            window.step(&step);
        }
        let kernels = &window.platform().kernels;
        let of_rows = kernels.iter().filter(|kernel| kernel.kind == KernelKind::FeedForward);
        of_rows.map(|kernel| (kernel.layer, kernel.rows, kernel.row_uses)).collect::<Vec<_>>()
    };
    let [first, later] = [[(0, 2, 2), (1, 1, 1)], [(0, 4, 4), (1, 2, 2)]];
    assert_eq!(rows_computed(Rows::Needed), [first, first, first, first].concat());
    assert_eq!(rows_computed(Rows::Resident), [first, later, later, later].concat());
}
