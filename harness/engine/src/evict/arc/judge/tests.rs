//! A stream that is judged beside the same looked up one by one, where numbers run out and places are renewed.

use alloc::vec::Vec;

use super::{CHUNK, LOOKUPS, RENEWED_RINGS};
use crate::{
    bitset::Bitset,
    evict::{At, Evict, Sizes, Slots, arc::Arc},
    geometry::BundleId,
};

const BUNDLES: u32 = 300;
const BYTES: u64 = 3;

/// A cache of so many bundles whose lookups are made one by one.
struct Twin {
    policy: Arc,
    resident: Bitset,
    free: u64,
}

impl Twin {
    fn misses(&mut self, bundle: BundleId) -> bool {
        let at = At { step: 0, id: 0 };
        if self.resident.contains(bundle) {
            self.policy.reuse(bundle, at);
            return false;
        }
        self.policy.lack(bundle);
        if self.free == 0 {
            self.resident.remove(self.policy.victim().expect("a full cache"));
        } else {
            self.free -= 1;
        }
        self.resident.insert(bundle);
        self.policy.admit(bundle, at);
        true
    }
}

/// How often the numbers of a list ran out, and how often its places were renewed before they did.
#[derive(Debug, Default)]
struct Seen {
    full: u32,
    old: u32,
}

/// Lookups of `hot` bundles, and in `cold` of 16 cases of any; both alike in the end.
fn compare(capacity: u64, hot: u32, cold: u64, lookups: usize) -> [Seen; 2] {
    // Some bytes of the capacity are too few for a bundle.
    let new = || Arc::new(BUNDLES, capacity * BYTES + 1, &Sizes::Equal(BYTES));
    let mut seen = [Seen::default(), Seen::default()];
    let (mut judged, mut resident) = (new(), Bitset::new(BUNDLES as usize));
    let mut twin = Twin { policy: new(), resident: resident.clone(), free: capacity };
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let stream: Vec<BundleId> = (0..lookups)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let below = if state % 16 < cold { BUNDLES } else { hot };
            u32::try_from(state >> 33).expect("31 bits") % below
        })
        .collect();
    let mut slots = Slots { resident: &mut resident, capacity, free: capacity };
    for chunk in stream.chunks(CHUNK) {
        for (list, seen) in seen.iter_mut().enumerate() {
            let Some(stretches) = &judged.stretches else { continue };
            let numbers = &judged.queues.logs[list].numbers;
            seen.full += u32::from(numbers.ring - numbers.span() < LOOKUPS);
            seen.old += u32::from(numbers.head.wrapping_sub(stretches[list].renewed) > numbers.ring * RENEWED_RINGS);
        }
        let misses = judged.judge_stream(chunk, &mut slots).expect("begun with an empty cache");
        let expected = chunk.iter().filter(|&&bundle| twin.misses(bundle)).count();
        assert_eq!(misses, expected, "{capacity} of {BUNDLES}, {hot} hot, after {seen:?}");
    }
    assert_eq!(slots.free, twin.free);
    judged.write_stream(&mut resident);
    assert!((0..BUNDLES).all(|bundle| resident.contains(bundle) == twin.resident.contains(bundle)));
    assert_eq!((judged.share, judged.queues.bytes), (twin.policy.share, twin.policy.queues.bytes));
    for list in 0..4 {
        while let Some(expected) = twin.policy.queues.oldest(list) {
            let oldest = judged.queues.oldest(list).expect("as many");
            assert_eq!(oldest.bundle, expected.bundle, "list {list}");
            assert_eq!(judged.queues.place(oldest.bundle), list);
            judged.queues.pull(oldest);
            twin.policy.queues.pull(expected);
        }
        assert!(judged.queues.oldest(list).is_none());
    }
    assert!((0..BUNDLES).all(|bundle| judged.queues.place(bundle) == twin.policy.queues.place(bundle)));
    seen
}

#[test]
fn what_is_hot_fills_the_numbers_of_what_was_used_again() {
    let [_, again] = compare(60, 40, 1, 60_000);
    assert!(again.full > 10, "{again:?}");
}

#[test]
fn what_is_cold_outlives_many_rings() {
    let [once, _] = compare(20, 40, 16, 60_000);
    assert!(once.old > 0, "{once:?}");
}

#[test]
fn caches_of_every_size_count_alike() {
    let lookups = 4000;
    for capacity in [1, 2, 3, 7, 30, 100, 200, 299, 300, 400] {
        for (hot, cold) in [(20, 4), (90, 4), (200, 12)] {
            compare(capacity, hot, cold, lookups);
        }
    }
}
