//! The read plan: closed forms, and that pieces tile what is needed and nothing else.

use proptest::prelude::*;
use tightfit_engine::{
    Geometry, Store,
    plan::{Plan, ReadRules},
    platform::Piece,
    store::{Extent, Layout},
};

use crate::case::ranks;

/// Eight bundles of 12 B in 3 parts, in a store of read units of `unit_bytes`.
fn store(layout: Layout, unit_bytes: u64) -> Store {
    let mut geometry = Geometry::new();
    geometry.push(0, 8, 12, 3);
    Store::new(geometry, layout, unit_bytes)
}

/// Plans the reads of `bundles`, each in the slot of its own number; offset and length of each read.
fn reads(store: &Store, rules: ReadRules, bundles: &[u32]) -> Vec<(u64, u64)> {
    let mut plan = Plan::new(store, rules, bundles.len());
    let batch: Vec<_> = bundles.iter().map(|&bundle| (bundle, bundle)).collect();
    let needed_bytes = plan.build(store, &batch);
    assert_eq!(needed_bytes, 12 * bundles.len() as u64);
    plan.reads().map(|(extent, _)| (extent.offset, extent.bytes)).collect()
}

#[test]
fn adjacent_bundles_are_one_read() {
    let rules = ReadRules { coalesce_gap_bytes: 0, read_bytes_max: 96 };
    assert_eq!(reads(&store(Layout::Bundled, 1), rules, &[2, 3, 4]), [(24, 36)]);
    assert_eq!(reads(&store(Layout::Bundled, 1), rules, &[2, 4]), [(24, 12), (48, 12)]);
}

#[test]
fn a_gap_is_read_where_it_is_short_enough() {
    let with_gap = |gap| ReadRules { coalesce_gap_bytes: gap, read_bytes_max: 96 };
    assert_eq!(reads(&store(Layout::Bundled, 1), with_gap(12), &[2, 4]), [(24, 36)]);
    assert_eq!(reads(&store(Layout::Bundled, 1), with_gap(11), &[2, 4]), [(24, 12), (48, 12)]);
}

#[test]
fn separate_parts_are_reads_of_their_own() {
    // Part p of bundle b lies at 32 p + 4 b.
    let rules = ReadRules { coalesce_gap_bytes: 0, read_bytes_max: 96 };
    assert_eq!(reads(&store(Layout::Separate, 1), rules, &[2]), [(8, 4), (40, 4), (72, 4)]);
    assert_eq!(reads(&store(Layout::Separate, 1), rules, &[2, 3]), [(8, 8), (40, 8), (72, 8)]);
    let all: Vec<u32> = (0..8).collect();
    assert_eq!(reads(&store(Layout::Separate, 1), rules, &all), [(0, 96)], "all of a region is one run");
}

#[test]
fn a_read_is_never_longer_than_the_longest() {
    let rules = ReadRules { coalesce_gap_bytes: 0, read_bytes_max: 24 };
    let all: Vec<u32> = (0..8).collect();
    assert_eq!(reads(&store(Layout::Bundled, 1), rules, &all), [(0, 24), (24, 24), (48, 24), (72, 24)]);
    let short = ReadRules { coalesce_gap_bytes: 0, read_bytes_max: 5 };
    assert_eq!(reads(&store(Layout::Bundled, 1), short, &[1]), [(12, 5), (17, 5), (22, 2)], "long runs are split");
}

#[test]
fn reads_are_rounded_out_to_read_units() {
    // Bundle 1 is bytes 12 to 24: units 1 and 2 of 8 B. Bundle 2 is bytes 24 to 36, so they touch at 24.
    let rules = ReadRules { coalesce_gap_bytes: 0, read_bytes_max: 96 };
    assert_eq!(reads(&store(Layout::Bundled, 8), rules, &[1]), [(8, 16)]);
    assert_eq!(reads(&store(Layout::Bundled, 8), rules, &[1, 2]), [(8, 32)]);
    // Bundles 0 and 1 share unit 1: one read, and the unit is read once.
    assert_eq!(reads(&store(Layout::Bundled, 8), rules, &[0, 1]), [(0, 24)]);
}

#[test]
fn ranks_say_what_is_adjacent() {
    let mut geometry = Geometry::new();
    geometry.push(0, 4, 12, 3);
    geometry.push(1, 4, 12, 3);
    // By place: 2, 0, 3, 1 and then 4, 5, 7, 6.
    let ranks = [1, 3, 0, 2, 0, 1, 3, 2];
    let store = Store::ordered(geometry.clone(), Layout::Bundled, 1, &ranks);
    assert!(!store.in_id_order());
    let rules = ReadRules { coalesce_gap_bytes: 0, read_bytes_max: 96 };
    assert_eq!(reads(&store, rules, &[0, 2]), [(0, 24)], "neighbours, against their ids");
    assert_eq!(reads(&store, rules, &[0, 1]), [(12, 12), (36, 12)]);
    assert_eq!(reads(&store, rules, &[1, 4]), [(36, 24)], "across regions");
    let in_order: Vec<u32> = (0..4).chain(0..4).collect();
    assert!(
        Store::ordered(geometry, Layout::Bundled, 1, &in_order).in_id_order(),
        "the identity is no order of its own"
    );
}

#[test]
fn ranks_are_a_permutation_of_each_region() {
    let refused = |ranks: &[u32]| {
        let mut geometry = Geometry::new();
        geometry.push(0, 2, 12, 3);
        geometry.push(1, 2, 12, 3);
        let store = std::panic::catch_unwind(|| Store::ordered(geometry, Layout::Bundled, 1, ranks));
        *store.expect_err("no permutation").downcast::<String>().expect("a text")
    };
    assert!(std::panic::catch_unwind(|| refused(&[1, 0, 1, 0])).is_err(), "a permutation is taken");
    assert_eq!(refused(&[0, 1, 1, 1]), "bundle 3 has rank 1, which another one has");
    assert_eq!(refused(&[0, 2, 0, 1]), "bundle 1 has rank 2 in a region of 2", "a place of the next region");
    assert!(refused(&[0, 1, 0]).contains("a rank for each of 4 bundles"));
}

#[test]
#[should_panic(expected = "longest read 12 B, read unit 8 B")]
fn the_longest_read_is_whole_units() {
    let _ = Plan::new(&store(Layout::Bundled, 8), ReadRules { coalesce_gap_bytes: 0, read_bytes_max: 12 }, 1);
}

/// Checks one read's pieces and counts the bytes of each bundle that they bring.
fn check_pieces(store: &Store, extent: Extent, pieces: &[Piece], brought: &mut [Vec<u8>]) -> Result<(), TestCaseError> {
    prop_assert!(!pieces.is_empty(), "a read for nothing");
    for piece in pieces {
        prop_assert_eq!(piece.slot, piece.bundle + 100, "the slot of the batch");
        prop_assert!(piece.bytes > 0 && piece.read_offset + piece.bytes <= extent.bytes, "{:?}", piece);
        for at in 0..piece.bytes {
            let slot_offset = piece.slot_offset + at;
            // The byte of the store that belongs at this place of the bundle.
            let mut skipped = 0;
            let part = (0..store.parts(piece.bundle)).map(|part| store.extent(piece.bundle, part)).find(|part| {
                let inside = slot_offset < skipped + part.bytes;
                skipped += if inside { 0 } else { part.bytes };
                inside
            });
            let Some(part) = part else { return Err(TestCaseError::fail(format!("{piece:?} is past its bundle"))) };
            prop_assert_eq!(extent.offset + piece.read_offset + at, part.offset + slot_offset - skipped);
            let index = usize::try_from(slot_offset).expect("a small bundle");
            brought[piece.bundle as usize][index] += 1;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn pieces_tile_exactly_what_is_needed(
        regions in prop::collection::vec((1_u32..10, 1_u64..30, 1_u32..4), 1..4),
        separate in any::<bool>(),
        shuffle in prop_oneof![Just(0), 1_u64..1000],
        unit_bits in 0_u32..5,
        gap in 0_u64..50,
        units_max in 1_u64..6,
        wanted in prop::collection::vec(any::<bool>(), 30),
    ) {
        let mut geometry = Geometry::new();
        for (layer, &(count, part_bytes, parts)) in (0..).zip(&regions) {
            geometry.push(layer, count, part_bytes * u64::from(parts), parts);
        }
        let unit_bytes = 1 << unit_bits;
        let layout = if separate { Layout::Separate } else { Layout::Bundled };
        let ranks = ranks(&geometry, shuffle);
        let store = Store::ordered(geometry, layout, unit_bytes, &ranks);
        let bundles = store.geometry().bundles();
        let batch: Vec<(u32, u32)> =
            (0..bundles).filter(|&bundle| wanted[bundle as usize]).map(|bundle| (bundle, bundle + 100)).collect();
        let rules = ReadRules { coalesce_gap_bytes: gap, read_bytes_max: units_max * unit_bytes };
        let mut plan = Plan::new(&store, rules, batch.len());
        let reads_max = plan.reads_max();
        let needed_bytes = plan.build(&store, &batch);
        prop_assert_eq!(needed_bytes, batch.iter().map(|&(bundle, _)| store.bundle_bytes(bundle)).sum::<u64>());
        let mut brought: Vec<Vec<u8>> = (0..bundles)
            .map(|bundle| vec![0; usize::try_from(store.bundle_bytes(bundle)).expect("a small bundle")])
            .collect();
        let mut last: Option<Extent> = None;
        for (extent, pieces) in plan.reads() {
            prop_assert!(extent.offset.is_multiple_of(unit_bytes) && extent.bytes.is_multiple_of(unit_bytes));
            prop_assert!(extent.bytes > 0 && extent.bytes <= rules.read_bytes_max && extent.end() <= store.bytes());
            prop_assert!(last.is_none_or(|last| last.offset <= extent.offset && last.end() <= extent.end()), "sorted");
            // Two reads share at most the one unit in which both their runs lie.
            prop_assert!(last.is_none_or(|last| last.end() <= extent.offset + unit_bytes), "{:?} {:?}", last, extent);
            last = Some(extent);
            check_pieces(&store, extent, pieces, &mut brought)?;
        }
        for (bundle, bytes) in brought.iter().enumerate() {
            let expected = u8::from(batch.iter().any(|&(wanted, _)| wanted as usize == bundle));
            prop_assert!(bytes.iter().all(|&count| count == expected), "bundle {}: {:?}", bundle, bytes);
        }
        prop_assert_eq!(plan.reads_max(), reads_max, "the room reserved was enough");
        prop_assert!(plan.reads().count() <= reads_max);
    }
}
