//! Prefetch: reads for later steps that are in flight while this one computes.

use alloc::{collections::VecDeque, vec, vec::Vec};

use crate::{
    geometry::BundleId,
    platform::{Piece, Platform, Ticket},
};

/// Which bundles are read ahead of need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefetch {
    /// None.
    None,
    /// The next layer's, which a dense model needs whatever the token is.
    NextLayer,
}

/// Prefetch reads in flight, retired in the order of their submission.
#[derive(Clone, Debug)]
pub(crate) struct Flights {
    reads: VecDeque<(Ticket, u32)>,
    bundles: VecDeque<BundleId>,
    outstanding: Vec<u32>,
}

impl Flights {
    /// Room for `reads_max` reads in flight over ids below `bundles`.
    pub(crate) fn new(bundles: u32, reads_max: usize) -> Self {
        Self {
            reads: VecDeque::with_capacity(reads_max),
            bundles: VecDeque::with_capacity(reads_max),
            outstanding: vec![0; bundles as usize],
        }
    }

    /// Whether a read of `bundle` is in flight.
    pub(crate) fn holds(&self, bundle: BundleId) -> bool {
        self.outstanding[bundle as usize] > 0
    }

    /// Whether another `reads` with `pieces` fit.
    pub(crate) fn fits(&self, reads: usize, pieces: usize) -> bool {
        self.reads.len() + reads <= self.reads.capacity() && self.bundles.len() + pieces <= self.bundles.capacity()
    }

    /// Takes note of a submitted read.
    pub(crate) fn push(&mut self, ticket: Ticket, pieces: &[Piece]) {
        for piece in pieces {
            self.outstanding[piece.bundle as usize] += 1;
            self.bundles.push_back(piece.bundle);
        }
        self.reads.push_back((ticket, u32::try_from(pieces.len()).expect("fewer than 2^32 pieces")));
    }

    /// The oldest read.
    pub(crate) fn oldest(&self) -> Option<Ticket> {
        self.reads.front().map(|&(ticket, _)| ticket)
    }

    /// Retires the oldest read, which has landed.
    pub(crate) fn retire(&mut self) {
        let Some((_, pieces)) = self.reads.pop_front() else { return };
        for _ in 0..pieces {
            let bundle = self.bundles.pop_front().expect("every read in flight has its pieces");
            self.outstanding[bundle as usize] -= 1;
        }
    }

    /// Retires what has landed without waiting.
    pub(crate) fn poll(&mut self, platform: &mut impl Platform) {
        while let Some(ticket) = self.oldest() {
            if !platform.landed(ticket) {
                break;
            }
            self.retire();
        }
    }
}
