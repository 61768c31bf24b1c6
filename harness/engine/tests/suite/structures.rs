//! List, heap and bitset beside the plainest thing that does the same.

use std::collections::{BTreeSet, VecDeque};

use proptest::prelude::*;
use tightfit_engine::{
    bitset::Bitset,
    list::{Links, List},
    marks::Marks,
};

proptest! {
    #[test]
    fn lists_are_queues_that_share_an_arena(moves in prop::collection::vec((0_u32..20, 0_usize..3), 0..300)) {
        let mut links = Links::new(20);
        let mut lists = [List::default(); 3];
        let mut queues: [VecDeque<u32>; 3] = Default::default();
        for (id, to) in moves {
            if let Some(from) = queues.iter().position(|queue| queue.contains(&id)) {
                lists[from].unlink(&mut links, id);
                queues[from].retain(|&queued| queued != id);
            }
            lists[to].push_head(&mut links, id);
            queues[to].push_front(id);
            for (list, queue) in lists.iter().zip(&queues) {
                prop_assert_eq!(list.tail(), queue.back().copied());
            }
        }
        // Emptied from the tail, each list gives its ids in the queue's order.
        for (list, queue) in lists.iter_mut().zip(&mut queues) {
            while let Some(id) = list.tail() {
                prop_assert_eq!(Some(id), queue.pop_back());
                list.unlink(&mut links, id);
            }
            prop_assert!(queue.is_empty());
        }
    }

    #[test]
    fn marks_are_a_set_that_finds_the_last_below(
        bound in prop::sample::select(vec![1_usize, 64, 65, 4096, 4097, 300_000]),
        calls in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>(), any::<prop::sample::Index>()), 0..200),
    ) {
        let mut marks = Marks::new(bound);
        let mut set = BTreeSet::new();
        for (position, insert, below) in calls {
            let position = position.index(bound);
            if insert {
                marks.insert(position);
                set.insert(position);
            } else {
                marks.remove(position);
                set.remove(&position);
            }
            for below in [below.index(bound + 2), position, position + 1, usize::MAX] {
                prop_assert_eq!(marks.last_below(below), set.range(..below).next_back().copied(), "below {}", below);
            }
        }
    }

    #[test]
    fn runs_of_a_bitset_are_ranges_of_a_set(calls in prop::collection::vec((0_u32..130, 0_u32..65, 0_usize..5), 0..300)) {
        let mut bits = Bitset::new(130);
        let mut set = BTreeSet::new();
        for (id, count, call) in calls {
            // All of it in one word.
            let end = (id / 64 + 1) * 64;
            let run = id..(id + count).min(end);
            let there: Vec<u32> = set.range(id..end).copied().collect();
            prop_assert_eq!(bits.count_from(id) as usize, there.len());
            let mut take = |taken: &[u32]| taken.iter().for_each(|id| _ = set.remove(id));
            match call {
                0 => {
                    bits.insert_run(id, run.end - id);
                    set.extend(run);
                }
                1 => {
                    let within: Vec<u32> = there.iter().copied().filter(|id| run.contains(id)).collect();
                    prop_assert_eq!(bits.take_run(id, run.end - id) as usize, within.len());
                    take(&within);
                }
                2 => {
                    let first = &there[..there.len().min(count as usize)];
                    prop_assert_eq!(bits.take_first(id, count) as usize, first.len());
                    take(first);
                }
                3 => prop_assert_eq!(bits.put(id), !set.insert(id)),
                _ => {
                    bits.remove_if(id, count % 2 == 0);
                    if count % 2 == 0 {
                        set.remove(&id);
                    }
                }
            }
            prop_assert_eq!(bits.count(), set.len() as u64);
        }
        bits.clear();
        prop_assert_eq!(bits.count(), 0);
    }

    #[test]
    fn a_bitset_is_a_set(calls in prop::collection::vec((0_u32..130, any::<bool>()), 0..300)) {
        let mut bits = Bitset::new(130);
        let mut set = BTreeSet::new();
        for (id, insert) in calls {
            if insert {
                bits.insert(id);
                set.insert(id);
            } else {
                prop_assert_eq!(bits.take(id), set.remove(&id));
            }
            prop_assert_eq!(bits.count(), set.len() as u64);
        }
        prop_assert!((0..130).all(|id| bits.contains(id) == set.contains(&id)));
    }
}
