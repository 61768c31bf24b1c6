//! A max-heap over dense ids whose keys can be changed in place: at most one entry an id, so it never outgrows them.

use alloc::{vec, vec::Vec};

use crate::geometry::NONE;

/// Indexed max-heap: the id with the largest `(key, id)` is on top.
#[derive(Clone, Debug)]
pub struct Heap {
    entries: Vec<(u64, u32)>,
    place: Vec<u32>,
}

impl Heap {
    /// An empty heap for ids below `bound`.
    #[must_use]
    pub fn new(bound: usize) -> Self {
        Self { entries: Vec::with_capacity(bound), place: vec![NONE; bound] }
    }

    /// The largest entry.
    #[must_use]
    pub fn top(&self) -> Option<(u64, u32)> {
        self.entries.first().copied()
    }

    /// The key of `id`, which must be in the heap.
    #[must_use]
    pub fn key(&self, id: u32) -> u64 {
        self.entries[self.place[id as usize] as usize].0
    }

    /// Sets the key of `id`, which is put in if it was not there.
    pub fn set(&mut self, id: u32, key: u64) {
        let at = self.place[id as usize];
        if at == NONE {
            self.entries.push((key, id));
            self.rise(self.entries.len() - 1);
            return;
        }
        let at = at as usize;
        let before = self.entries[at].0;
        self.entries[at].0 = key;
        if key > before { self.rise(at) } else { self.sink(at) }
    }

    /// Takes `id`, which must be in the heap, out.
    pub fn remove(&mut self, id: u32) {
        let at = self.place[id as usize] as usize;
        self.place[id as usize] = NONE;
        let last = self.entries.len() - 1;
        if at == last {
            self.entries.pop();
            return;
        }
        let removed = self.entries.swap_remove(at);
        if self.entries[at] > removed { self.rise(at) } else { self.sink(at) }
    }

    fn rise(&mut self, mut at: usize) {
        let entry = self.entries[at];
        while at > 0 {
            let parent = (at - 1) / 4;
            if self.entries[parent] >= entry {
                break;
            }
            self.put(at, self.entries[parent]);
            at = parent;
        }
        self.put(at, entry);
    }

    fn sink(&mut self, mut at: usize) {
        let entry = self.entries[at];
        loop {
            let first = at * 4 + 1;
            let children = first..(first + 4).min(self.entries.len());
            let Some(largest) = children.max_by_key(|&child| self.entries[child]) else { break };
            if self.entries[largest] <= entry {
                break;
            }
            self.put(at, self.entries[largest]);
            at = largest;
        }
        self.put(at, entry);
    }

    #[expect(clippy::cast_possible_truncation, reason = "there are at most as many entries as u32 ids")]
    fn put(&mut self, at: usize, entry: (u64, u32)) {
        self.entries[at] = entry;
        self.place[entry.1 as usize] = at as u32;
    }
}
