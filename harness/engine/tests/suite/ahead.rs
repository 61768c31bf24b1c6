//! Laws of reading ahead, of what a predictor missed and of bent rows, whatever the policy and whatever is named.

use std::{cell::RefCell, collections::BTreeSet, rc::Rc};

use proptest::prelude::*;
use tightfit_engine::{
    Engine, Overlap, Store,
    geometry::BundleId,
    platform::{Cause, KernelKind},
    session::Stepper,
    store::Layout,
};

use crate::{
    clock_world::ClockWorld,
    policy::Policy,
    rich_case::{Ahead, Extra, RichCase, RowBits},
    watched::{Care, Watched},
};

/// What a run did, so that a test can see that it did it.
#[derive(Clone, Copy, Debug, Default)]
struct Did {
    useful: u64,
    late: u64,
    wasted: u64,
    cancelled: u64,
    unused: u64,
    released: u64,
    missed: u64,
    lost_mass: u64,
    degraded_mass: u64,
}

type Watch<'s> = Engine<'s, ClockWorld, Watched>;

/// Every bundle in DRAM is in exactly one care: pinned, the policy's, or read ahead and not used yet.
fn assert_one_care(engine: &Watch<'_>, care: &Care, pinned: &BTreeSet<BundleId>, step: u64) -> usize {
    let resident: BTreeSet<BundleId> = engine.resident().bundles().collect();
    let unused: BTreeSet<BundleId> = engine.platform().unused.intersection(&resident).copied().collect();
    let places = [pinned, &care.all, &unused];
    let together: BTreeSet<BundleId> = places.into_iter().flatten().copied().collect();
    assert_eq!(together, resident, "after step {step}: pinned, {care:?}, unused {unused:?}");
    let added: usize = places.iter().map(|place| place.len()).sum();
    assert_eq!(added, resident.len(), "one place each after step {step}: {care:?}, unused {unused:?}");
    unused.len()
}

/// Runs `case` and holds every step to the laws.
fn run(case: &RichCase) -> Did {
    let store = Store::new(case.geometry(), case.layout, case.unit_bytes);
    let (script, hints) = (case.script(), case.hints());
    let prefetch = case.prefetch(&script, &hints);
    let setup = case.setup(&store, &script, &prefetch);
    let pinned: BTreeSet<BundleId> = setup.pinned.iter().copied().collect();
    let budget_bytes = setup.budget_bytes;
    let policy = case.policy.build(&script, store.geometry(), setup.budget_bytes, case.decode_passes);
    let (policy, notes): (Watched, Rc<RefCell<Care>>) = Watched::new(policy);
    let mut engine = Engine::new(&store, setup, policy, ClockWorld::new(case.read_ns));
    engine.warm_up();
    let mut did = Did::default();
    let mut unused = 0;
    for step in case.steps(&script, &prefetch) {
        let before = engine.counters();
        let ran_before = engine.platform().kernels.len();
        engine.step(&step);
        let counters = engine.counters();
        counters.assert_laws();
        let since = counters.since(&before);
        let ran = &engine.platform().kernels[ran_before..];
        let rows: u64 =
            ran.iter().filter(|ran| ran.kind == KernelKind::FeedForward).map(|ran| u64::from(ran.rows)).sum();
        assert_eq!(since.lookups, rows, "every row that is looked up is computed once");
        if case.bend().is_none() {
            assert_eq!(rows, (step.row.active.len() + step.row.missed.len()) as u64);
        }
        assert!(engine.resident().bytes() <= budget_bytes, "{} B in {budget_bytes}", engine.resident().bytes());
        unused = assert_one_care(&engine, &notes.borrow(), &pinned, step.number);
        assert!(since.lost_mass + since.degraded_mass <= since.mass, "{since:?}");
        did.missed += step.row.missed.len() as u64;
    }
    let counters = engine.counters();
    let largest = (0..store.geometry().bundles()).map(|bundle| store.bundle_bytes(bundle)).max().unwrap_or(0);
    let own_bytes_max = largest * script.row_bundles_max() as u64;
    assert!(engine.resident_peak_bytes() <= budget_bytes + own_bytes_max, "only a step's own exceed the budget");
    did.useful = counters.prefetch_useful;
    did.late = counters.late;
    did.wasted = counters.prefetch_wasted;
    did.cancelled = counters.prefetch_cancelled;
    did.unused = unused as u64;
    did.released = notes.borrow().released;
    did.lost_mass = counters.lost_mass;
    did.degraded_mass = counters.degraded_mass;
    let world = engine.platform();
    let read_ahead: u64 = world.ahead_bytes.iter().map(|(&bundle, &bytes)| bytes / store.bundle_bytes(bundle)).sum();
    assert_eq!(did.useful + did.late + did.wasted + did.cancelled + did.unused, read_ahead, "{did:?}");
    assert_eq!(counters.reads, world.asked_reads);
    assert_eq!(counters.read_bytes, world.asked_bytes);
    assert_eq!((counters.cancelled_reads, counters.cancelled_bytes), (world.cancelled_reads, world.cancelled_bytes));
    assert_eq!(counters.read_bytes_total() + counters.cancelled_bytes, world.lengths.iter().sum::<u64>());
    if case.ahead == Ahead::Nothing {
        assert_eq!((read_ahead, did.released, counters.reads[Cause::Prefetch as usize]), (0, 0, 0));
    }
    did
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2500))]

    #[test]
    fn what_is_read_ahead_has_one_end_and_every_bundle_one_place(case in RichCase::any()) {
        run(&case);
    }
}

/// A case of which something is varied.
pub(crate) fn busy_case() -> RichCase {
    let row = |pass: u16, layer: u16| RowBits {
        active: (pass * 37 + layer * 101 + 5) % 512,
        missed: 0b0_1001_0010,
        hint: (pass * 59 + layer * 13 + 3) % 512,
        seed: u32::from(pass * 7 + layer) * 2_654_435 + 99,
    };
    RichCase {
        bundles: 9,
        part_bytes: vec![8, 12, 8],
        prefill: 1,
        rows: (0..12).map(|pass| (0..3).map(|layer| row(pass, layer)).collect()).collect(),
        decode_passes: 40,
        budget_share: 30,
        extra: Extra::None,
        ahead: Ahead::Partly,
        policy: Policy::LRU,
        layout: Layout::Bundled,
        overlap: Overlap::AsLanded,
        unit_bytes: 4,
        read_units_max: 9,
        coalesce_gap_bytes: 0,
        pin_every: 7,
        read_ns: 300,
    }
}

#[test]
fn every_end_of_a_read_ahead_happens() {
    let mut all = Did::default();
    let mut add = |case: &RichCase| {
        let did = run(case);
        all.useful += did.useful;
        all.late += did.late;
        all.wasted += did.wasted;
        all.cancelled += did.cancelled;
        all.unused += did.unused;
        all.released += did.released;
        all.missed += did.missed;
    };
    for policy in Policy::all() {
        for ahead in Ahead::ALL {
            for (read_ns, extra) in [(2, Extra::None), (700, Extra::Missed), (20_000, Extra::None)] {
                add(&RichCase { extra, ahead, policy, read_ns, ..busy_case() });
            }
        }
    }
    let counts = [all.useful, all.late, all.wasted, all.cancelled, all.unused, all.released, all.missed];
    assert!(counts.iter().all(|&count| count > 0), "{all:?}");
}

#[test]
fn a_read_that_was_taken_back_is_no_earlier_holding() {
    let (mut cancelled, mut misses) = (0, 0);
    for turn in 0..9 {
        // Flash that never keeps up, and room for everything: nothing is evicted, so nothing is read again.
        let mut case = RichCase { ahead: Ahead::Wrong, budget_share: 64, read_ns: 20_000, ..busy_case() };
        for row in case.rows.iter_mut().flatten() {
            row.active &= 0b1101_1010_0110_1101 >> (turn % 7) & 0b1_1111_1111;
        }
        let store = Store::new(case.geometry(), case.layout, case.unit_bytes);
        let (script, hints) = (case.script(), case.hints());
        let prefetch = case.prefetch(&script, &hints);
        let setup = case.setup(&store, &script, &prefetch);
        let policy = case.policy.build(&script, store.geometry(), setup.budget_bytes, case.decode_passes);
        let mut engine = Engine::new(&store, setup, policy, ClockWorld::new(case.read_ns));
        engine.warm_up();
        for step in case.steps(&script, &prefetch) {
            engine.step(&step);
        }
        let counters = engine.counters();
        assert_eq!((counters.evictions, counters.re_reads), (0, 0), "{counters:?}");
        cancelled += counters.prefetch_cancelled;
        misses += counters.misses;
    }
    assert!(cancelled > 10 && misses > 10, "{cancelled} taken back, {misses} misses");
}
