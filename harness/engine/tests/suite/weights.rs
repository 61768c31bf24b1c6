//! Never wrong weights: whatever is coalesced, split, moved, overlapped or read ahead, a kernel finds every active
//! bundle's own bytes in its slot.

use proptest::prelude::*;
use tightfit_engine::{
    Engine, Overlap, Store,
    evict::{self, Kind},
    platform::{Piece, Platform},
    session::Stepper,
    store::Layout,
};

use crate::{
    bytes_world::{BytesWorld, flash},
    case::{Case, ranks, steps},
    laws::Choice,
    policy::Policy,
};

/// What a run did, so that a test can see that it did it.
#[derive(Clone, Copy, Debug, Default)]
struct Did {
    rows_checked: u64,
    rows_moved: u64,
    rows_more: u64,
    unclaimed_bytes: u64,
    late: u64,
    prefetched_hits: u64,
}

/// Bundles in the engine's slots are the world's, in one slot each; compact regions have no hole.
fn slots_agree(engine: &Engine<'_, BytesWorld, evict::Policy>, case: &Case, compact: bool) {
    let world = engine.platform();
    for bundle in engine.resident().bundles() {
        let slot = engine.resident().slot(bundle).expect("a bundle in a slot has that slot");
        assert!(world.in_flight(slot) || world.holds(slot, bundle), "bundle {bundle} in slot {slot}");
    }
    let mut first = 0;
    for &(count, _) in &case.layers {
        let bundles = first..first + count;
        let mut slots: Vec<u32> = bundles.filter_map(|bundle| engine.resident().slot(bundle)).collect();
        slots.sort_unstable();
        assert!(slots.is_sorted_by(|a, b| a < b), "two bundles in one slot: {slots:?}");
        if compact {
            assert!(slots.iter().copied().eq((first..).take(slots.len())), "a hole in {slots:?} from {first}");
        }
        first += count;
    }
}

/// Runs `case` in a world that holds bytes.
fn run(case: &Case, choice: &Choice) -> Did {
    let geometry = case.geometry(3);
    let store = choice.store(case);
    let script = case.script();
    let mut world =
        BytesWorld::new(&geometry, choice.layout, &ranks(&geometry, choice.shuffle), choice.unit_bytes, choice.read_ns);
    assert_eq!(world.flash_bytes(), store.bytes(), "the store's size");
    world.all_may_run = choice.computes_resident;
    let policy = choice.policy.build(&script, &geometry, choice.setup(case, &store).budget_bytes, case.decode_passes);
    let mut engine = Engine::new(&store, choice.setup(case, &store), policy, world);
    engine.warm_up();
    slots_agree(&engine, case, choice.compact);
    for step in steps(&script, case.decode_passes, choice.reads_ahead) {
        engine.platform_mut().expect(step.row.active);
        engine.step(&step);
        assert_eq!(engine.platform().rows_run(), step.row.active.len(), "all rows of step {}", step.number);
        slots_agree(&engine, case, choice.compact);
    }
    let world = engine.platform();
    let counters = engine.counters();
    Did {
        rows_checked: world.rows_checked,
        rows_moved: world.rows_moved,
        rows_more: world.rows_more,
        unclaimed_bytes: world.unclaimed_bytes,
        late: counters.late,
        prefetched_hits: if choice.policy.kind == Kind::RetainNone { counters.hits } else { 0 },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn kernels_only_ever_see_the_right_bytes(case in Case::any(false, 3, 15), choice in Choice::any()) {
        let did = run(&case, &choice);
        let history = case.history();
        prop_assert_eq!(did.rows_checked, history.iter().map(|row| row.len() as u64).sum::<u64>());
    }
}

/// A case in which everything happens, run in every shape.
#[test]
fn moves_gaps_splits_late_and_early_reads_all_happen() {
    let case = Case {
        layers: vec![(9, 33), (7, 27), (9, 33)],
        prefill: 1,
        masks: vec![
            vec![0b1_1111_0011, 0b111_0101, 0b1_0101_0101],
            vec![0b0_0110_1101, 0b011_1100, 0b1_1010_1010],
            vec![0b1_1001_1011, 0b101_1011, 0b0_1100_0011],
        ],
        decode_passes: 12,
        budget_share: 30,
    };
    let mut all = Did::default();
    for (layout, shuffle) in [(Layout::Separate, 0), (Layout::Bundled, 0), (Layout::Separate, 3), (Layout::Bundled, 5)]
    {
        for policy in Policy::all() {
            for (compact, computes_resident, reads_ahead, read_ns) in
                [(true, false, false, 90), (true, true, false, 90), (false, false, true, 2), (false, false, true, 900)]
            {
                let choice = Choice {
                    policy,
                    layout,
                    shuffle,
                    compact,
                    computes_resident,
                    overlap: Overlap::ResidentFirst,
                    whole_layer: reads_ahead,
                    reads_ahead,
                    unit_bytes: 4,
                    coalesce_gap_bytes: 8,
                    read_units_max: 5,
                    pin_every: 5,
                    read_ns,
                };
                let in_id_order = choice.store(&case).in_id_order();
                assert_eq!(in_id_order, layout == Layout::Bundled && shuffle == 0, "{choice:?}");
                let did = run(&case, &choice);
                all.rows_checked += did.rows_checked;
                all.rows_moved += did.rows_moved;
                all.rows_more += did.rows_more;
                all.unclaimed_bytes += did.unclaimed_bytes;
                all.late += did.late;
                all.prefetched_hits += did.prefetched_hits;
            }
        }
    }
    let counts = [all.rows_checked, all.rows_moved, all.rows_more, all.unclaimed_bytes, all.late, all.prefetched_hits];
    assert!(counts.iter().all(|&count| count > 0), "{all:?}");
}

/// The world itself notices: a wrong slot offset, a piece of another bundle, a read not waited for.
#[test]
fn the_world_knows_wrong_bytes_from_right_ones() {
    let mut geometry = tightfit_engine::Geometry::new();
    geometry.push(0, 3, 12, 3);
    let in_order = [0, 1, 2];
    let stored = flash(&geometry, Layout::Separate, &in_order, 4);
    assert_ne!(stored, flash(&geometry, Layout::Bundled, &in_order, 4), "the layouts differ");
    assert_ne!(stored, flash(&geometry, Layout::Separate, &[1, 0, 2], 4), "the orders differ");
    let store = Store::new(geometry.clone(), Layout::Separate, 4);
    let pieces = |offset: u64| -> Vec<(u64, Piece)> {
        (0..3)
            .map(|part| {
                let extent = store.extent(1, part);
                let slot_offset = (u64::from(part) * 4 + offset) % 12;
                (extent.offset, Piece { bundle: 1, slot: 2, slot_offset, read_offset: 0, bytes: 4 })
            })
            .collect()
    };
    for (offset, waits, right) in [(0, true, true), (4, true, false), (0, false, false)] {
        let mut world = BytesWorld::new(&geometry, Layout::Separate, &in_order, 4, 10);
        for (at, piece) in pieces(offset) {
            let extent = tightfit_engine::store::Extent { offset: at, bytes: 4 };
            let read = tightfit_engine::platform::Read { extent, cause: tightfit_engine::platform::Cause::Demand };
            let ticket = world.submit(&read, &[piece]);
            if waits {
                world.wait(ticket);
            }
        }
        assert_eq!(world.holds(2, 1), right, "offset {offset}, waits {waits}");
        assert!(!world.holds(2, 0) && !world.holds(1, 1));
    }
}
