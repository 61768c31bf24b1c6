//! Streams judged many lookups at a time beside the same looked up one by one: the same counts after every slice, for every
//! policy, whatever else is asked in between. What is inside, the danger lines and full rings, is tested where it is.

use std::{cell::Cell, rc::Rc};

use proptest::prelude::*;
use tightfit_engine::{
    bitset::Bitset,
    evict::{At, Evict, Kind, Moment, Room, Sizes, Slots},
    geometry::BundleId,
    oracle::Oracle,
    replay::Replay,
};

use crate::policy::Policy;

const BUNDLES: u32 = 4000;
const BUNDLE_BYTES: u64 = 8;

/// A policy of which is known how many lookups it judged, and how often it settled.
struct Noted<E> {
    policy: E,
    judged: Rc<Cell<usize>>,
    settled: Rc<Cell<usize>>,
}

impl<E: Evict> Evict for Noted<E> {
    fn hold(&mut self, bundle: BundleId) {
        self.policy.hold(bundle);
    }

    fn touch(&mut self, bundle: BundleId, at: At) {
        self.policy.touch(bundle, at);
    }

    fn release(&mut self, bundle: BundleId) {
        self.policy.release(bundle);
    }

    fn judge(&mut self, bundles: &[BundleId], number: usize, slots: &mut Slots<'_>) -> Option<usize> {
        let misses = self.policy.judge(bundles, number, slots)?;
        self.judged.set(self.judged.get() + bundles.len());
        Some(misses)
    }

    fn settle(&mut self, resident: &mut Bitset) {
        self.settled.set(self.settled.get() + 1);
        self.policy.settle(resident);
    }

    fn lack(&mut self, bundle: BundleId) {
        self.policy.lack(bundle);
    }

    fn admit(&mut self, bundle: BundleId, at: At) {
        self.policy.admit(bundle, at);
    }

    fn victim(&mut self) -> Option<BundleId> {
        self.policy.victim()
    }

    fn expire(&mut self, moment: Moment, step: u64) -> Option<BundleId> {
        self.policy.expire(moment, step)
    }
}

/// Lookups of a few hot bundles, of what was looked up some time ago, of what never was, and again at once.
fn stream(mut random: u64, lookups: usize, back: usize) -> Vec<u32> {
    let mut draw = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % below as u64).expect("below a usize")
    };
    let mut stream: Vec<u32> = Vec::with_capacity(lookups);
    for number in 0..lookups {
        let bundle = match draw(8) {
            0..3 => draw(50),
            3 if number > back => stream[number - back + draw(back / 8)] as usize,
            4 if number > 8 => stream[number - 1 - draw(8)] as usize,
            _ => draw(BUNDLES as usize),
        };
        stream.push(u32::try_from(bundle).expect("a bundle"));
    }
    stream
}

/// Every policy, with windows that never bind, bind, and are too short to be judged together.
fn kinds() -> Vec<Kind> {
    let windows = [3, 700, 1500, 5000, 100_000].map(|tokens| Kind::Window { tokens });
    Policy::kinds().into_iter().filter(|kind| !matches!(kind, Kind::Window { .. })).chain(windows).collect()
}

fn has_a_way_of_its_own(kind: Kind) -> bool {
    let recency = matches!(kind, Kind::Lru | Kind::LeastStale | Kind::Window { tokens: ..=5000 });
    recency || matches!(kind, Kind::Fifo | Kind::Clock | Kind::Sieve | Kind::Arc | Kind::WTinyLfu)
}

fn room(stream: &[u32], capacity: u64) -> Room {
    Room {
        bundles: BUNDLES,
        sizes: Sizes::Equal(BUNDLE_BYTES),
        capacity_bytes: capacity * BUNDLE_BYTES,
        layer_firsts: vec![0],
        row_bundles_max: 4,
        reload_ns: Some((0..BUNDLES).map(crate::policy::reload_ns).collect()),
        oracle: Some(Oracle::of_stream(stream.to_vec(), BUNDLES).into()),
    }
}

/// Looks a slice up at once and one by one; the number of the lookup after it.
fn looked_up<E: Evict>(sliced: &mut Replay<E>, single: &mut Replay<E>, slice: &[BundleId], number: usize) -> usize {
    sliced.look_up_all(slice, number);
    for (&bundle, number) in slice.iter().zip(number..) {
        single.look_up(bundle, number);
    }
    number + slice.len()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn slices_count_what_single_lookups_do(
        seed in 1_u64..,
        capacity in prop_oneof![1_u64..64, 1024_u64..3000],
        back in 500_usize..4000,
        slices in prop::collection::vec(1_usize..3000, 10),
    ) {
        let stream = stream(seed, slices.iter().sum(), back);
        let room = room(&stream, capacity);
        for kind in kinds() {
            let replay = |policy| Replay::new(policy, room.sizes.clone(), BUNDLES, room.capacity_bytes);
            let (judged, settled) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
            let noted = Noted { policy: kind.build(&room), judged: Rc::clone(&judged), settled: Rc::clone(&settled) };
            let mut sliced = replay(Box::new(noted) as Box<dyn Evict>);
            let mut single = replay(Box::new(kind.build(&room)));
            let mut number = 0;
            for &lookups in &slices {
                let slice = &stream[number..number + lookups];
                number = looked_up(&mut sliced, &mut single, slice, number);
                prop_assert_eq!(sliced.tally(), single.tally(), "{:?} in {} after {}", kind, capacity, number);
                prop_assert_eq!(sliced.resident_bytes(), single.resident_bytes());
            }
            let expected = if has_a_way_of_its_own(kind) { stream.len() } else { 0 };
            prop_assert_eq!((judged.get(), settled.get()), (expected, 0), "{:?}", kind);
        }
    }

    /// Rings are as small as they get.
    #[test]
    fn so_it_is_with_few_bundles(
        seed in 1_u64..,
        bundles in 1_u32..70,
        capacity in 1_u64..70,
        slices in prop::collection::vec(1_usize..300, 4),
    ) {
        let mut stream = stream(seed, slices.iter().sum(), 100);
        for bundle in &mut stream {
            *bundle %= bundles;
        }
        let room = Room { bundles, ..room(&stream.repeat(2), capacity) };
        for kind in kinds() {
            let [mut sliced, mut single] =
                [(); 2].map(|()| Replay::new(kind.build(&room), room.sizes.clone(), bundles, room.capacity_bytes));
            let mut number = 0;
            for &lookups in &slices {
                let slice = &stream[number..number + lookups];
                number = looked_up(&mut sliced, &mut single, slice, number);
                prop_assert_eq!(sliced.tally(), single.tally(), "{:?} in {} after {}", kind, capacity, number);
            }
            // What the stream left behind is the same.
            for &bundle in &stream {
                prop_assert_eq!(sliced.look_up(bundle, number), single.look_up(bundle, number), "{:?}", kind);
                number += 1;
            }
        }
    }

    /// Single lookups and rows come between, and lookup numbers skip some.
    #[test]
    fn a_stream_may_end_and_others_follow(
        seed in 1_u64..,
        capacity in prop_oneof![4_u64..64, 1024_u64..3000],
        slices in prop::collection::vec((1_usize..3000, 0_usize..4, prop_oneof![Just(0), 1_usize..400]), 6),
    ) {
        let stream = stream(seed, slices.iter().map(|(lookups, ..)| lookups + 4).sum(), 1000);
        let room = room(&stream, capacity);
        let order_is_one = |kind| !matches!(kind, Kind::Belady | Kind::RetainNone);
        for kind in kinds().into_iter().filter(|&kind| order_is_one(kind)) {
            let [mut sliced, mut single] =
                [(); 2].map(|()| Replay::new(kind.build(&room), room.sizes.clone(), BUNDLES, room.capacity_bytes));
            let (mut at, mut number) = (0, 0);
            for &(lookups, row, skipped) in &slices {
                let slice = &stream[at..at + lookups];
                sliced.look_up_all(slice, number);
                for (&bundle, number) in slice.iter().zip(number..) {
                    single.look_up(bundle, number);
                }
                (at, number) = (at + lookups, number + lookups + skipped);
                prop_assert_eq!(sliced.tally(), single.tally(), "{:?} in {} before {}", kind, capacity, number);
                let mut row = stream[at..at + row].to_vec();
                row.sort_unstable();
                row.dedup();
                for replay in [&mut sliced, &mut single] {
                    match row[..] {
                        // The stream goes on, with a gap between its numbers where some are skipped.
                        [] => {}
                        [bundle] => _ = replay.look_up(bundle, number),
                        _ => _ = replay.look_up_together(&row, number as u64, number),
                    }
                }
                prop_assert_eq!(sliced.tally(), single.tally(), "{:?} in {} at {}", kind, capacity, number);
                prop_assert_eq!(sliced.resident_bytes(), single.resident_bytes());
                (at, number) = (at + 4, number + 1);
            }
        }
    }
}

/// Rings are filled, closed up and written down in what was reserved.
#[test]
fn a_stream_allocates_nothing() {
    let stream = stream(7, 100_000, 2000);
    let (last, before) = stream.split_last().expect("lookups");
    let room = room(&stream, 2000);
    for kind in kinds() {
        let mut replay = Replay::new(kind.build(&room), room.sizes.clone(), BUNDLES, room.capacity_bytes);
        let info = allocation_counter::measure(|| {
            replay.look_up_all(before, 0);
            replay.look_up(*last, before.len());
        });
        assert_eq!(info.count_total, 0, "{kind:?}");
        assert_eq!(replay.tally().lookups, 100_000);
    }
}
