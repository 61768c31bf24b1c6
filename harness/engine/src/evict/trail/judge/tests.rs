//! Streams through a trail beside a queue that is searched from end to end, in rings so small that they fill.

use alloc::{collections::VecDeque, vec::Vec};

use super::{CHUNK, LOOKUPS, TOGETHER_MIN, Trail};
use crate::{bitset::Bitset, evict::Slots, geometry::BundleId};

const BUNDLES: u32 = 1500;

/// Bundles and the numbers of their last uses, the oldest first.
#[derive(Default)]
struct Twin {
    queue: VecDeque<(BundleId, u32)>,
    number: u32,
}

impl Twin {
    /// Whether the bundle was missing.
    fn look_up(&mut self, bundle: BundleId, capacity: usize, age_max: Option<u32>) -> bool {
        let place = self.queue.iter().position(|&(other, _)| other == bundle);
        let found = place.and_then(|place| self.queue.remove(place));
        let now = self.number;
        self.queue.retain(|&(_, number)| age_max.is_none_or(|age_max| now - number < age_max));
        if found.is_none() && self.queue.len() == capacity {
            self.queue.pop_front();
        }
        self.queue.push_back((bundle, now));
        self.number += 1;
        found.is_none()
    }
}

fn random(state: &mut u64, below: u32) -> u32 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    u32::try_from(*state % u64::from(below)).expect("below a u32")
}

/// What happened on the way.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    together: u32,
    apart: u32,
    gaps_closed: u32,
    renewed: u32,
}

/// Judges a stream by chunks, `hot` lookups in 16 of some bundles only, and holds it to the twin after each chunk.
fn judge(capacity: u64, age_max: Option<u32>, hot: u32, chunks: usize) -> Seen {
    let mut trail = Trail::<(BundleId, u32)>::new(BUNDLES);
    let (mut twin, mut seen, mut state) = (Twin::default(), Seen::default(), 0x9E37_79B9_7F4A_7C15);
    let mut resident = Bitset::new(BUNDLES as usize);
    let mut slots = Slots { resident: &mut resident, capacity, free: capacity };
    assert!(trail.begin(&slots, age_max), "it is empty");
    let room = usize::try_from(capacity).expect("few");
    for _ in 0..chunks {
        let bundle = |_| {
            let below = if random(&mut state, 16) < hot { 40 } else { BUNDLES };
            random(&mut state, below)
        };
        let chunk: Vec<BundleId> = (0..CHUNK).map(bundle).collect();
        let (numbers, renewed) = (&trail.log.numbers, trail.judging);
        let full = numbers.ring - numbers.span() < LOOKUPS;
        trail.renumber();
        seen.gaps_closed += u32::from(full);
        seen.renewed += u32::from(trail.judging != renewed);
        let together = trail.judge_chunk(&chunk, &mut slots, age_max);
        let misses = together.unwrap_or_else(|| {
            chunk.iter().map(|&bundle| u32::from(trail.judge_one(bundle, &mut slots, age_max))).sum()
        });
        let expected = chunk.iter().filter(|&&bundle| twin.look_up(bundle, room, age_max)).count();
        assert_eq!(misses as usize, expected, "misses of a chunk, after {seen:?}");
        assert_eq!(slots.capacity - slots.free, twin.queue.len() as u64, "held after {seen:?}");
        if together.is_some() {
            seen.together += 1;
        } else {
            seen.apart += 1;
        }
    }
    trail.settle(&mut resident, |bundle, age| (bundle, age));
    assert_eq!(resident.count(), twin.queue.len() as u64);
    for (bundle, number) in twin.queue {
        assert!(resident.contains(bundle), "{bundle} is held");
        let (popped, age) = trail.oldest().expect("as many as in the twin");
        assert_eq!(popped, bundle, "in the order of last uses");
        assert!(age_max.is_none() || age == twin.number - number, "{bundle} was used {age} lookups ago");
        assert_eq!(trail.pop(), Some(bundle));
    }
    assert_eq!(trail.pop(), None);
    seen
}

#[test]
fn a_cache_that_turns_over_is_judged_together_but_for_what_may_leave() {
    let seen = judge(TOGETHER_MIN, None, 8, 3000);
    assert!(seen.together > 500 && seen.apart > 500, "{seen:?}");
    assert!(seen.renewed > 1, "old places are renewed: {seen:?}");
}

#[test]
fn a_ring_in_which_little_counts_is_closed_up() {
    // The hot ones push the oldest far away before it leaves.
    let seen = judge(1400, None, 15, 3000);
    assert!(seen.gaps_closed > 5 && seen.together > 1000, "{seen:?}");
}

#[test]
fn what_is_too_old_leaves_with_what_has_no_room() {
    for age_max in [1000, 1500, 3000] {
        let seen = judge(TOGETHER_MIN, Some(age_max), 8, 2000);
        assert!(seen.together > 100 && seen.apart > 10, "{age_max}: {seen:?}");
        assert_eq!(seen.gaps_closed, 0, "ages are kept");
    }
    let mut trail = Trail::<(BundleId, u32)>::new(BUNDLES);
    let slots = Slots { resident: &mut Bitset::new(BUNDLES as usize), capacity: 10, free: 10 };
    assert!(!trail.begin(&slots, Some(4096 - LOOKUPS)), "longer ages than the ring has numbers");
    assert!(trail.begin(&slots, Some(4095 - LOOKUPS)));
}
