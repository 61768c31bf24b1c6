//! The slab alone: slots and bundles are a bijection, compact regions stay contiguous, moves report the row that moved.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tightfit_engine::{
    Geometry, Store,
    resident::{Placement, Resident},
    store::Layout,
};

/// Two regions of one size, one of another.
fn store() -> Store {
    let mut geometry = Geometry::new();
    geometry.push(0, 5, 8, 1);
    geometry.push(1, 6, 8, 1);
    geometry.push(2, 4, 12, 1);
    Store::new(geometry, Layout::Bundled, 1)
}

/// First slot and bundle of each region, and its bundles.
const REGIONS: [(u32, u32); 3] = [(0, 5), (5, 6), (11, 4)];

proptest! {
    #[test]
    fn slots_and_bundles_are_a_bijection(toggles in prop::collection::vec(0_u32..15, 0..200), compact in any::<bool>()) {
        let store = store();
        let placement = if compact { Placement::Compact } else { Placement::InPlace };
        let mut resident = Resident::new(&store, placement);
        // What lies in each slot, followed by the reported slots and moves alone.
        let mut rows: BTreeMap<u32, u32> = BTreeMap::new();
        let mut peak_bytes = 0;
        for bundle in toggles {
            if let Some(slot) = resident.slot(bundle) {
                prop_assert_eq!(rows.remove(&slot), Some(bundle));
                if let Some(moved) = resident.remove(bundle) {
                    prop_assert!(compact, "nothing moves in place");
                    prop_assert_eq!(moved.to, slot, "a move fills the hole");
                    let row = rows.remove(&moved.from).expect("a row moves");
                    prop_assert_eq!(moved.bytes, store.bundle_bytes(row));
                    rows.insert(moved.to, row);
                }
                prop_assert!(!resident.contains(bundle));
            } else {
                let slot = resident.insert(bundle);
                prop_assert_eq!(rows.insert(slot, bundle), None, "slot {} was free", slot);
            }
            prop_assert!(rows.iter().all(|(&slot, &row)| resident.slot(row) == Some(slot)), "{:?}", rows);
            prop_assert!(resident.bundles().eq(rows.values().copied()));
            let bytes = rows.values().map(|&row| store.bundle_bytes(row)).sum();
            prop_assert_eq!(resident.bytes(), bytes);
            peak_bytes = peak_bytes.max(bytes);
            prop_assert_eq!(resident.peak_bytes(), peak_bytes);
            for (first, count) in REGIONS.iter().filter(|_| compact) {
                let slots: Vec<u32> = rows.range(first..&(first + count)).map(|(&slot, _)| slot).collect();
                prop_assert!(slots.iter().copied().eq((*first..).take(slots.len())), "a hole in {:?}", slots);
            }
        }
    }
}

#[test]
fn deleting_moves_the_last_row_into_the_hole() {
    let store = store();
    let mut resident = Resident::new(&store, Placement::Compact);
    for bundle in [7, 5, 9] {
        resident.insert(bundle);
    }
    assert_eq!([7, 5, 9].map(|bundle| resident.slot(bundle)), [Some(5), Some(6), Some(7)]);
    let moved = resident.remove(7).expect("the last row moves");
    assert_eq!((moved.from, moved.to, moved.bytes), (7, 5, 8));
    assert_eq!(resident.slot(9), Some(5));
    assert_eq!(resident.remove(5), None, "the last row itself leaves no hole");
    assert_eq!(resident.bundles().collect::<Vec<_>>(), [9]);
}

#[test]
fn in_place_slots_serve_any_region_of_one_size() {
    let store = store();
    let mut resident = Resident::new(&store, Placement::InPlace);
    let slot = resident.insert(2);
    assert_eq!(resident.remove(2), None);
    assert_eq!(resident.insert(8), slot, "the freed slot is taken by the other layer");
    assert_ne!(resident.insert(12), slot, "another size has slots of its own");
}
