//! What a policy is trusted with: it gives each bundle back once, and none that a step holds.

use std::collections::BTreeSet;

use proptest::prelude::*;
use tightfit_engine::{
    evict::{At, Evict, Kind, Moment},
    geometry::BundleId,
};

use crate::{
    case::{Case, steps},
    policy::Policy,
};

/// Everything that may be asked of a policy, checked against the set of what it has in care. Returns the victims given.
fn trust(case: &Case, policy: Policy, asked: &[usize]) -> Result<usize, TestCaseError> {
    let script = case.script();
    let mut evict = policy.build(&script, &case.geometry(1), case.budget_bytes(), case.decode_passes);
    let mut care: BTreeSet<BundleId> = BTreeSet::new();
    let mut given = 0;
    for (step, &asks) in steps(&script, case.decode_passes, false).iter().zip(asked.iter().cycle()) {
        let active: BTreeSet<BundleId> = step.row.active.iter().copied().collect();
        let hits: BTreeSet<BundleId> = active.intersection(&care).copied().collect();
        for bundle in &active {
            if hits.contains(bundle) {
                evict.hold(*bundle);
            } else {
                evict.lack(*bundle);
            }
        }
        while let Some(bundle) = evict.expire(Moment::BeforePlacing, step.number) {
            prop_assert!(!active.contains(&bundle) && care.remove(&bundle), "{} under {:?}", bundle, policy);
        }
        for _ in 0..asks {
            let candidates = care.difference(&active).count();
            match evict.victim() {
                Some(bundle) => {
                    prop_assert!(!active.contains(&bundle), "{} is held, under {:?}", bundle, policy);
                    prop_assert!(care.remove(&bundle), "{} is not in care, under {:?}", bundle, policy);
                    given += 1;
                }
                None => prop_assert!(candidates == 0 || policy.kind == Kind::RetainNone, "{:?}", policy),
            }
        }
        for (index, bundle) in step.row.active.iter().enumerate() {
            let at = At { step: step.number, id: step.row.first_id + index };
            if hits.contains(bundle) {
                evict.touch(*bundle, at);
            } else {
                evict.admit(*bundle, at);
            }
            care.insert(*bundle);
        }
        while let Some(bundle) = evict.expire(Moment::AfterStep, step.number) {
            prop_assert!(care.remove(&bundle), "{} is not in care, under {:?}", bundle, policy);
        }
    }
    while let Some(bundle) = evict.victim() {
        prop_assert!(care.remove(&bundle), "{} is not in care, under {:?}", bundle, policy);
        given += 1;
    }
    prop_assert!(care.is_empty(), "{:?} keeps {:?}", policy, care);
    Ok(given)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn what_is_held_stays_and_what_is_in_care_leaves_once(
        case in Case::any(false, 1, 12),
        policy in prop::sample::select(Policy::all()),
        wanted in prop::collection::vec(0_usize..12, 1..9),
    ) {
        trust(&case, policy, &wanted)?;
    }
}

#[test]
fn every_policy_gives_victims() {
    let masks = (0..6_u16).map(|pass| vec![0b111 << pass, 0b101 << pass]).collect();
    let case = Case { layers: vec![(9, 8), (9, 4)], prefill: 1, masks, decode_passes: 30, budget_share: 30 };
    for policy in Policy::all() {
        let given = trust(&case, policy, &[2, 0, 9]).expect("a policy to be trusted");
        assert_eq!(given > 40, policy.kind != Kind::RetainNone, "{policy:?} gave {given}");
    }
}
