//! Never wrong weights, with reads ahead of every kind, missed bundles, bent rows, and bundles computed as they land.

use proptest::prelude::*;
use tightfit_engine::{Engine, Overlap, Store, geometry::BundleId, session::Stepper, store::Layout};

use crate::{
    ahead::busy_case,
    bytes_world::BytesWorld,
    case::ranks,
    policy::Policy,
    rich_case::{Ahead, Extra, RichCase},
};

/// Runs `case` in a world that holds bytes; rows computed and reads taken back.
fn run(case: &RichCase) -> (u64, u64) {
    let geometry = case.geometry();
    let store = Store::new(geometry.clone(), case.layout, case.unit_bytes);
    let (script, hints) = (case.script(), case.hints());
    let prefetch = case.prefetch(&script, &hints);
    let setup = case.setup(&store, &script, &prefetch);
    let policy = case.policy.build(&script, &geometry, setup.budget_bytes, case.decode_passes);
    let in_order = ranks(&geometry, 0);
    let world = BytesWorld::new(&geometry, case.layout, &in_order, case.unit_bytes, case.read_ns);
    let mut engine = Engine::new(&store, setup, policy, world);
    engine.warm_up();
    for step in case.steps(&script, &prefetch) {
        let needed = step.row.active.iter().chain(step.row.missed).copied();
        let copies = needed.clone().map(|bundle| bundle + case.cold_offset());
        let allowed: Vec<BundleId> = needed.chain(copies).collect();
        let lookups = engine.counters().lookups;
        engine.platform_mut().expect(&allowed);
        engine.step(&step);
        let rows = engine.counters().lookups - lookups;
        assert_eq!(engine.platform().rows_run() as u64, rows, "all rows of step {}", step.number);
        let world = engine.platform();
        let mut slots = std::collections::BTreeSet::new();
        for bundle in engine.resident().bundles() {
            let slot = engine.resident().slot(bundle).expect("a bundle in a slot has that slot");
            assert!(slots.insert(slot), "two bundles in slot {slot}");
            assert!(world.in_flight(slot) || world.holds(slot, bundle), "bundle {bundle} in slot {slot}");
        }
    }
    (engine.platform().rows_checked, engine.platform().cancelled)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2500))]

    #[test]
    fn kernels_see_the_right_bytes_whatever_was_read_ahead(case in RichCase::any()) {
        run(&case);
    }
}

#[test]
fn reads_are_taken_back_and_bundles_are_computed_as_they_land() {
    let (mut rows, mut cancelled) = (0, 0);
    for layout in [Layout::Separate, Layout::Bundled] {
        for policy in Policy::all() {
            for (extra, ahead) in [(Extra::None, Ahead::Partly), (Extra::Missed, Ahead::Wrong)] {
                for (overlap, read_ns) in [(Overlap::AsLanded, 5), (Overlap::AsLanded, 900), (Overlap::None, 900)] {
                    let case = RichCase { extra, ahead, policy, layout, overlap, read_ns, ..busy_case() };
                    let did = run(&case);
                    (rows, cancelled) = (rows + did.0, cancelled + did.1);
                }
            }
        }
    }
    assert!(rows > 1000 && cancelled > 10, "{rows} rows, {cancelled} reads taken back");
}
