//! Bounds over whole runs of many bundles a step: nobody beats Belady, and LRU never loses by a larger budget.

use proptest::prelude::*;
use tightfit_engine::{Store, session::Stepper, store::Layout};

use crate::{
    case::{Case, steps},
    policy::Policy,
    residency::{engine, plain},
};

/// Hits by policy for every budget that holds a different number of the smallest bundles.
fn hits_by_budget(case: &Case, policy: Policy) -> Vec<u64> {
    let store = Store::new(case.geometry(1), Layout::Bundled, 1);
    let script = case.script();
    let total_bytes = store.geometry().total_bytes();
    let smallest = case.layers.iter().map(|&(_, bytes)| bytes).min().expect("a layer");
    let budgets = (0..).map(|count| count * smallest).take_while(|&budget_bytes| budget_bytes <= total_bytes);
    budgets
        .map(|budget_bytes| {
            let setup = plain(&script, budget_bytes, Vec::new());
            let mut engine = engine(&store, &script, setup, policy, case.decode_passes);
            for step in steps(&script, case.decode_passes, false) {
                engine.step(&step);
            }
            engine.counters().hits
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn belady_is_never_beaten_on_equal_sizes(case in Case::any(true, 1, 4)) {
        let belady = hits_by_budget(&case, Policy::BELADY);
        for policy in Policy::all() {
            for (budget, (online, bound)) in hits_by_budget(&case, policy).iter().zip(&belady).enumerate() {
                prop_assert!(online <= bound, "{:?} has {} hits, Belady {} in {} bundles", policy, online, bound, budget);
            }
        }
    }

    /// Also on unequal sizes: what LRU holds is always a head of its recency list.
    #[test]
    fn lru_never_loses_hits_when_the_budget_grows(case in Case::any(false, 1, 4)) {
        let hits = hits_by_budget(&case, Policy::LRU);
        prop_assert!(hits.is_sorted(), "{:?}", hits);
    }
}

#[test]
fn belady_knows_what_lru_can_not() {
    // Four bundles in a cycle through three slots: LRU floods to no hit at all, Belady keeps two of three.
    let masks = (0..4).map(|bundle| vec![1 << bundle]).collect();
    let case = Case { layers: vec![(4, 1)], prefill: 0, masks, decode_passes: 40, budget_share: 48 };
    let [lru, belady] = [Policy::LRU, Policy::BELADY].map(|policy| hits_by_budget(&case, policy)[3]);
    assert_eq!(lru, 0, "below the token cycle LRU floods");
    assert_eq!(belady, 24, "of 36 accesses after the first four, two of three hit");
}
