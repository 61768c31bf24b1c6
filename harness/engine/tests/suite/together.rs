//! Lookups judged together beside the engine: after every step the same hits, misses and bytes, for any policy.

use proptest::prelude::*;
use tightfit_engine::{
    Geometry, Store,
    evict::Sizes,
    replay::{Replay, Tally},
    session::Stepper,
    store::Layout,
};

use crate::{
    case::{Case, steps},
    policy::Policy,
    residency::{engine, plain},
};

fn sizes(case: &Case) -> Sizes {
    Sizes::Each(case.sizes().iter().map(|&bytes| u32::try_from(bytes).expect("a few bytes")).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn steps_hit_where_the_engine_does(case in Case::any(false, 1, 5)) {
        let (store, script) = (Store::new(case.geometry(1), Layout::Bundled, 1), case.script());
        let bundles = store.geometry().bundles();
        // A bundle larger than the budget is read and dropped by the engine, and drops others on its way.
        let budget_bytes = case.budget_bytes().max(case.sizes().into_iter().max().expect("a bundle"));
        for policy in Policy::all() {
            let mut engine = engine(&store, &script, plain(&script, budget_bytes, Vec::new()), policy, case.decode_passes);
            let mut replay =
                Replay::new(policy.build(&script, store.geometry(), budget_bytes, case.decode_passes), sizes(&case), bundles, budget_bytes);
            for step in steps(&script, case.decode_passes, false) {
                engine.step(&step);
                replay.look_up_together(step.row.active, step.number, step.row.first_id);
                let counters = engine.counters();
                let read_bytes = counters.read_bytes.iter().sum();
                let expected = Tally { lookups: counters.lookups, hits: counters.hits, read_bytes };
                prop_assert_eq!(replay.tally(), expected, "step {} under {:?}", step.number, policy);
                prop_assert_eq!(replay.resident_bytes(), engine.resident().bytes());
            }
        }
    }

    #[test]
    fn rows_of_one_bundle_are_single_lookups(
        stream in prop::collection::vec(0_u32..9, 1..120),
        capacity_bytes in 9_u64..40,
    ) {
        let sizes = Sizes::Each((1..=9).collect());
        let mut geometry = Geometry::new();
        (1..=9).for_each(|bytes| _ = geometry.push(0, 1, bytes, 1));
        for policy in Policy::all().into_iter().filter(|policy| !policy.by_layer) {
            let script = crate::curve::script(&stream.iter().map(|&bundle| vec![bundle]).collect::<Vec<_>>());
            let passes = stream.len() as u64;
            let [mut single, mut together] =
                [(); 2].map(|()| Replay::new(policy.build(&script, &geometry, capacity_bytes, passes), sizes.clone(), 9, capacity_bytes));
            for (number, &bundle) in stream.iter().enumerate() {
                let hit = single.look_up(bundle, number);
                prop_assert_eq!(together.look_up_together(&[bundle], number as u64, number), u64::from(hit));
                prop_assert_eq!(single.tally(), together.tally(), "{:?}", policy);
            }
        }
    }
}
