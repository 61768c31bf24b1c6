//! Prefetch reads in flight: which bundles each brings, and which bundles still wait for one.
//!
//! Reads land in any order. A bundle may come in several reads (its matrices lie apart), and a read may bring several
//! bundles; the pieces of a read are a list inside one flat pool, so that nothing is allocated.

#[cfg(test)]
mod tests;

use alloc::{vec, vec::Vec};

use crate::{
    geometry::{BundleId, NONE},
    platform::{Piece, Ticket},
};

/// One read in flight.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flight {
    pub(crate) ticket: Ticket,
    /// Bytes of the read.
    pub(crate) bytes: u64,
    /// Bytes of it that bundles need.
    pub(crate) needed_bytes: u64,
    first_node: u32,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    bundle: BundleId,
    next: u32,
}

/// Reads in flight, in no order.
#[derive(Clone, Debug)]
pub(crate) struct Flights {
    reads: Vec<Flight>,
    nodes: Vec<Node>,
    free_node: u32,
    free_nodes: usize,
    outstanding: Vec<u32>,
}

impl Flights {
    /// Room for `reads_max` reads and as many pieces over ids below `bundles`.
    pub(crate) fn new(bundles: u32, reads_max: usize) -> Self {
        let nodes_max = u32::try_from(reads_max).expect("fewer than 2^32 reads in flight");
        let link = |node: u32| Node { bundle: NONE, next: if node + 1 < nodes_max { node + 1 } else { NONE } };
        Self {
            reads: Vec::with_capacity(reads_max),
            nodes: (0..nodes_max).map(link).collect(),
            free_node: if nodes_max == 0 { NONE } else { 0 },
            free_nodes: reads_max,
            outstanding: vec![0; bundles as usize],
        }
    }

    /// Number of reads in flight.
    pub(crate) fn len(&self) -> usize {
        self.reads.len()
    }

    /// The `index`-th read in flight.
    pub(crate) fn get(&self, index: usize) -> Flight {
        self.reads[index]
    }

    /// Whether a read of `bundle` is in flight.
    pub(crate) fn holds(&self, bundle: BundleId) -> bool {
        self.outstanding[bundle as usize] > 0
    }

    /// Reads of `bundle` in flight.
    pub(crate) fn outstanding(&self, bundle: BundleId) -> u32 {
        self.outstanding[bundle as usize]
    }

    /// Whether `reads` more with `pieces` in all fit.
    pub(crate) fn fits(&self, reads: usize, pieces: usize) -> bool {
        self.reads.len() + reads <= self.reads.capacity() && pieces <= self.free_nodes
    }

    /// Takes note of a submitted read, which must fit.
    pub(crate) fn push(&mut self, ticket: Ticket, bytes: u64, pieces: &[Piece]) {
        let mut first_node = NONE;
        for piece in pieces {
            let node = self.free_node;
            self.free_node = self.nodes[node as usize].next;
            self.nodes[node as usize] = Node { bundle: piece.bundle, next: first_node };
            first_node = node;
            self.outstanding[piece.bundle as usize] += 1;
        }
        self.free_nodes -= pieces.len();
        let needed_bytes = pieces.iter().map(|piece| piece.bytes).sum();
        self.reads.push(Flight { ticket, bytes, needed_bytes, first_node });
    }

    /// The bundles of the `index`-th read.
    pub(crate) fn bundles(&self, index: usize) -> impl Iterator<Item = BundleId> {
        let mut node = self.reads[index].first_node;
        core::iter::from_fn(move || {
            let Node { bundle, next } = *self.nodes.get(node as usize)?;
            node = next;
            Some(bundle)
        })
    }

    /// Forgets the `index`-th read; `complete` is told of every bundle that waits for no other. Another read takes its
    /// index.
    pub(crate) fn remove(&mut self, index: usize, mut complete: impl FnMut(BundleId)) {
        let mut node = self.reads.swap_remove(index).first_node;
        while node != NONE {
            let Node { bundle, next } = self.nodes[node as usize];
            self.nodes[node as usize].next = self.free_node;
            self.free_node = node;
            self.free_nodes += 1;
            let outstanding = &mut self.outstanding[bundle as usize];
            *outstanding -= 1;
            if *outstanding == 0 {
                complete(bundle);
            }
            node = next;
        }
    }
}
