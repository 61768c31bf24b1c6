//! Lookups with the hand after them beside lookups with the hand after each miss.

use alloc::vec::Vec;

use super::{CAPACITY_MIN, MISSES, NEAR, NEWCOMERS, Patrol, Spared};
use crate::{bitset::Bitset, evict::Slots, geometry::BundleId};

const BUNDLES: u32 = 5000;

/// CLOCK's hand, or SIEVE's.
fn victim(spared: Spared) -> impl FnMut(&mut Patrol) -> Option<BundleId> {
    move |patrol| {
        loop {
            let bundle = patrol.queue.under_hand().expect("nothing is held");
            let used = patrol.spare(bundle);
            match spared {
                Spared::Stays if used => patrol.queue.keep(),
                _ => patrol.queue.take(),
            }
            if used && spared == Spared::Renewed {
                patrol.queue.push(bundle);
            }
            if patrol.queue.under_hand().is_none() {
                patrol.queue.rewind();
            }
            if !used {
                return Some(bundle);
            }
        }
    }
}

/// How often lookups were judged together up to all misses, up to one near the hand, and not at all.
#[derive(Debug, Default)]
struct Seen {
    whole: u32,
    cut: u32,
    blind: u32,
}

fn judge(spared: Spared, capacity: u64, hot: u32) -> Seen {
    let (mut patrol, mut twin, mut seen) = (Patrol::new(BUNDLES), Patrol::new(BUNDLES), Seen::default());
    let (mut of_patrol, mut of_twin) = (Bitset::new(BUNDLES as usize), Bitset::new(BUNDLES as usize));
    let mut slots = Slots { resident: &mut of_patrol, capacity, free: capacity };
    let mut twin_slots = Slots { resident: &mut of_twin, capacity, free: capacity };
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let stream: Vec<BundleId> = (0..200_000)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let below = if state % 16 < u64::from(hot) { 700 } else { BUNDLES };
            u32::try_from(state >> 33).expect("31 bits") % below
        })
        .collect();
    let mut rest = stream.as_slice();
    while !rest.is_empty() {
        let near = if slots.free == 0 { patrol.look_ahead() } else { None };
        let (lookups, misses) = if let Some(near) = near {
            let (lookups, misses) = patrol.judge_some(rest, near, spared);
            if misses == MISSES {
                seen.whole += 1;
            } else {
                seen.cut += 1;
            }
            (lookups, misses)
        } else {
            seen.blind += 1;
            (0, 0)
        };
        assert!(patrol.marks.iter().all(|marks| marks & NEAR == 0), "what was near is not marked any more");
        let (judged, others) = rest.split_at(lookups);
        let expected = judged.iter().filter(|&&bundle| twin.judge_one(bundle, &mut twin_slots, &mut victim(spared)));
        assert_eq!(expected.count(), misses, "after {seen:?}");
        if let Some((&bundle, others)) = others.split_first() {
            let alone = patrol.judge_one(bundle, &mut slots, &mut victim(spared));
            assert_eq!(alone, twin.judge_one(bundle, &mut twin_slots, &mut victim(spared)), "after {seen:?}");
            rest = others;
        } else {
            rest = others;
        }
        assert_eq!(slots.free, twin_slots.free);
    }
    assert!(patrol.queue.iter().eq(twin.queue.iter()), "the same queue in the same order");
    assert_eq!(patrol.marks, twin.marks);
    patrol.settle(&mut of_patrol);
    assert_eq!(of_patrol.count(), capacity);
    assert!(twin.queue.iter().all(|bundle| of_patrol.contains(bundle)));
    seen
}

#[test]
fn the_hand_may_go_on_after_many_lookups() {
    for spared in [Spared::Stays, Spared::Renewed] {
        let seen = judge(spared, CAPACITY_MIN, 8);
        assert!(seen.whole > 300 && seen.cut > 100, "{spared:?}: {seen:?}");
    }
}

#[test]
fn where_the_hand_sees_too_little_each_miss_waits_for_it() {
    for spared in [Spared::Stays, Spared::Renewed] {
        let seen = judge(spared, u64::from(NEWCOMERS), 8);
        assert!(seen.blind > 1000, "{spared:?}: {seen:?}");
    }
}

#[test]
fn the_newest_is_not_looked_at() {
    let mut patrol = Patrol::new(BUNDLES);
    (0..NEWCOMERS).for_each(|bundle| patrol.push(bundle));
    assert_eq!(patrol.look_ahead(), None, "past the last SIEVE's hand turns");
    patrol.push(NEWCOMERS);
    assert_eq!(patrol.look_ahead(), Some(NEWCOMERS));
    assert_eq!(patrol.marks.iter().filter(|&&marks| marks & NEAR != 0).count(), MISSES);
}
