//! A bent row beside an obvious one: sort, cut, filter, add.

extern crate std;

use std::{collections::BTreeSet, vec::Vec};

use proptest::prelude::*;

use super::{Bend, Bent, Keep};
use crate::{
    Geometry, Store,
    geometry::BundleId,
    resident::{Placement, Resident},
    script::{MASS_WHOLE, Row},
    store::Layout,
};

const BUNDLES: u32 = 12;

/// What should be computed: bundles, lost and degraded mass, cold rows.
fn obvious(bend: &Bend, row: &[(BundleId, u32)], here: &BTreeSet<BundleId>) -> (Vec<BundleId>, u64, u64, u32) {
    let keep = match bend.keep {
        Keep::Count(count) => count as usize,
        Keep::Share(share) => {
            let enough = |&count: &u64| count * 1_000_000_000 >= row.len() as u64 * u64::from(share);
            usize::try_from((0..=row.len() as u64).find(enough).expect("at most all")).expect("a short row")
        }
    };
    let mut by_score = row.to_vec();
    by_score.sort_by_key(|&(bundle, mass)| (-i64::from(mass), bundle));
    let sure: Vec<_> = by_score.iter().copied().take(keep.min(bend.guaranteed as usize)).collect();
    let mut others: Vec<_> = by_score.iter().copied().skip(sure.len()).collect();
    // Scores as they compete, in parts of a billion billions.
    let competing = |&(bundle, mass): &(BundleId, u32)| {
        let share = if here.contains(&bundle) { 1_000_000_000 } else { 1_000_000_000 - i128::from(bend.margin) };
        i128::from(mass) * share
    };
    others.sort_by_key(|entry| (-competing(entry), entry.0));
    others.truncate(keep.saturating_sub(sure.len()));
    let (mut whole, mut copies) = (sure.clone(), Vec::new());
    for (bundle, mass) in others {
        if here.contains(&bundle) || (mass >= bend.drop_below && mass >= bend.cold_below) {
            whole.push((bundle, mass));
        } else if mass >= bend.drop_below {
            copies.push((bundle, mass));
        }
    }
    let sum = |entries: &[(BundleId, u32)]| entries.iter().map(|&(_, mass)| u64::from(mass)).sum::<u64>();
    let mut computed: Vec<BundleId> = whole.iter().map(|&(bundle, _)| bundle).collect();
    computed.extend(copies.iter().map(|&(bundle, _)| bundle + bend.cold_offset));
    computed.sort_unstable();
    (computed, sum(row) - sum(&whole) - sum(&copies), sum(&copies), u32::try_from(copies.len()).expect("a short row"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn a_row_is_bent_as_it_obviously_should_be(
        // Few different scores, so that many are equal.
        scores in prop::collection::btree_map(0..BUNDLES, 0_u32..6, 0..BUNDLES as usize),
        here in prop::collection::btree_set(0..BUNDLES, 0..BUNDLES as usize),
        keep in prop_oneof![
            (0_u32..14).prop_map(Keep::Count),
            // Shares that give whole numbers, and shares that do not.
            prop::sample::select(std::vec![0, 1, 250_000_000, 333_333_333, 500_000_000, 999_999_999, MASS_WHOLE])
                .prop_map(Keep::Share),
        ],
        guaranteed in 0_u32..5,
        margin in prop::sample::select(std::vec![0, 200_000_000, 500_000_000, MASS_WHOLE]),
        drop_below in prop::sample::select(std::vec![0, 100_000_000, 300_000_000]),
        cold_below in prop::sample::select(std::vec![0, 200_000_000, 400_000_000]),
    ) {
        let mut geometry = Geometry::new();
        geometry.push(0, BUNDLES, 8, 1);
        geometry.push(0, BUNDLES, 4, 1);
        let store = Store::new(geometry, Layout::Bundled, 1);
        let mut resident = Resident::new(&store, Placement::InPlace);
        for &bundle in &here {
            resident.insert(bundle);
        }
        let row: Vec<(BundleId, u32)> = scores.iter().map(|(&bundle, &score)| (bundle, score * 80_000_000)).collect();
        let active: Vec<BundleId> = row.iter().map(|&(bundle, _)| bundle).collect();
        let mass: Vec<u32> = row.iter().map(|&(_, mass)| mass).collect();
        let bend = Bend { keep, guaranteed, margin, drop_below, cold_below, cold_offset: BUNDLES };
        let mut bent = Bent::new(row.len());
        // Twice: what was left of a row before changes nothing.
        for _ in 0..2 {
            let view = Row { active: &active, uses: 0, missed: &[], first_id: 0, mass: &mass, lost_mass: 0 };
            bent.bend(&bend, &view, &resident);
            let computed: Vec<BundleId> = bent.chosen.iter().map(|&(_, bundle)| bundle).collect();
            let found = (computed, bent.lost_mass, bent.degraded_mass, bent.cold_rows);
            prop_assert_eq!(found, obvious(&bend, &row, &here));
            for &(place, bundle) in &bent.chosen {
                prop_assert_eq!(active[place as usize] % BUNDLES, bundle % BUNDLES, "the place of {}", bundle);
            }
        }
    }
}
