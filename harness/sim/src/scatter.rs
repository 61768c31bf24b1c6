//! Reads of rows, on a platform that copies them to their slots: each takes time of whoever waits for it.
//!
//! A read whose pieces all begin at whole units of the flash, as those of blocks do, lands where they belong.

use std::collections::VecDeque;

use tightfit_engine::platform::{Piece, Ticket};

use crate::compute::at_rate_ns;

/// Reads in flight whose rows are still to be copied.
#[derive(Clone, Debug)]
pub(crate) struct Scatter {
    bytes_per_s: u64,
    unit_bytes: u64,
    /// In the order of their submission, which is mostly that of their landing.
    reads: VecDeque<(Ticket, u64)>,
}

impl Scatter {
    /// No reads, a rate of copies, and the unit of reads that need none.
    pub(crate) fn new(bytes_per_s: u64, unit_bytes: u64) -> Self {
        Self { bytes_per_s, unit_bytes, reads: VecDeque::new() }
    }

    /// Makes room for so many reads at once.
    pub(crate) fn reserve(&mut self, reads_outstanding_max: usize) {
        self.reads.reserve(reads_outstanding_max);
    }

    /// A read was submitted that brings `pieces`.
    pub(crate) fn submitted(&mut self, ticket: Ticket, pieces: &[Piece]) {
        if pieces.iter().any(|piece| !piece.read_offset.is_multiple_of(self.unit_bytes)) {
            self.reads.push_back((ticket, pieces.iter().map(|piece| piece.bytes).sum()));
        }
    }

    /// How long the copies of a read take, for whoever asks first; it is forgotten.
    pub(crate) fn taken_ns(&mut self, ticket: Ticket) -> u64 {
        let found = self.reads.iter().position(|&(other, _)| other == ticket);
        found.and_then(|index| self.reads.remove(index)).map_or(0, |(_, bytes)| at_rate_ns(bytes, self.bytes_per_s))
    }
}
