//! Doubly linked lists over dense ids, kept inside two flat arrays: no node is ever allocated.
//!
//! Several lists share one arena of links; an id is in at most one list at a time. The newest id is at the head.

use alloc::{vec, vec::Vec};

use crate::geometry::NONE;

/// Links of every id: `[newer, older]`, side by side so that one cache line serves both.
#[derive(Clone, Debug)]
pub struct Links {
    links: Vec<[u32; 2]>,
}

/// Ends of one list.
#[derive(Clone, Copy, Debug)]
pub struct List {
    head: u32,
    tail: u32,
}

impl Default for List {
    fn default() -> Self {
        Self { head: NONE, tail: NONE }
    }
}

impl Links {
    /// Links for ids below `bound`.
    #[must_use]
    pub fn new(bound: usize) -> Self {
        Self { links: vec![[NONE; 2]; bound] }
    }
}

impl List {
    /// The oldest id.
    #[must_use]
    pub fn tail(&self) -> Option<u32> {
        (self.tail != NONE).then_some(self.tail)
    }

    /// Puts `id`, which must be in no list, at the head.
    pub fn push_head(&mut self, links: &mut Links, id: u32) {
        links.links[id as usize] = [NONE, self.head];
        if self.head == NONE {
            self.tail = id;
        } else {
            links.links[self.head as usize][0] = id;
        }
        self.head = id;
    }

    /// Takes `id`, which must be in this list, out.
    pub fn unlink(&mut self, links: &mut Links, id: u32) {
        let [newer, older] = links.links[id as usize];
        if newer == NONE {
            self.head = older;
        } else {
            links.links[newer as usize][1] = older;
        }
        if older == NONE {
            self.tail = newer;
        } else {
            links.links[older as usize][0] = newer;
        }
    }
}
