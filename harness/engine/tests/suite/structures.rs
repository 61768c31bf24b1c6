//! List, heap and bitset beside the plainest thing that does the same.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use proptest::prelude::*;
use tightfit_engine::{
    bitset::Bitset,
    heap::Heap,
    list::{Links, List},
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
    fn a_heap_has_its_largest_entry_on_top(
        calls in prop::collection::vec((0_u32..40, prop::option::weighted(0.7, 0_u64..15)), 0..400),
    ) {
        let mut heap = Heap::new(40);
        let mut keys: BTreeMap<u32, u64> = BTreeMap::new();
        for (id, key) in calls {
            match key {
                Some(key) => {
                    heap.set(id, key);
                    keys.insert(id, key);
                }
                None if keys.remove(&id).is_some() => heap.remove(id),
                None => {}
            }
            prop_assert_eq!(heap.top(), keys.iter().map(|(&id, &key)| (key, id)).max());
        }
        let mut sorted: Vec<(u64, u32)> = keys.iter().map(|(&id, &key)| (key, id)).collect();
        sorted.sort_unstable();
        while let Some((key, id)) = heap.top() {
            prop_assert_eq!(Some((key, id)), sorted.pop());
            heap.remove(id);
        }
        prop_assert!(sorted.is_empty());
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
                bits.remove(id);
                set.remove(&id);
            }
            prop_assert_eq!(bits.count(), set.len() as u64);
        }
        prop_assert!((0..130).all(|id| bits.contains(id) == set.contains(&id)));
    }
}
