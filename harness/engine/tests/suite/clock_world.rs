//! A platform with a fake clock that counts: what was asked of it, and that it was asked rightly.

use std::collections::{BTreeMap, BTreeSet};

use tightfit_engine::{
    geometry::BundleId,
    platform::{Cause, Kernel, KernelKind, Piece, Platform, Read, Surcharge, Ticket, Touched},
};

/// Every kernel's surcharge.
pub(crate) const SURCHARGE: Surcharge = Surcharge { contention_ns: 3, overhead_ns: 10, throttling_ns: 5 };

/// Time, and counts of what was asked.
#[derive(Debug)]
pub(crate) struct ClockWorld {
    now_ns: u64,
    read_ns: u64,
    outstanding_max: usize,
    /// When each outstanding read lands.
    finish_ns: BTreeMap<Ticket, u64>,
    next_ticket: Ticket,
    /// Bytes asked for, by cause.
    pub(crate) asked_bytes: [u64; Cause::COUNT],
    /// Reads asked for, by cause.
    pub(crate) asked_reads: [u64; Cause::COUNT],
    /// Bytes of each bundle that were asked for ahead, taken back or not.
    pub(crate) ahead_bytes: BTreeMap<BundleId, u64>,
    /// Bundles that no kernel has computed since they were last read ahead.
    pub(crate) unused: BTreeSet<BundleId>,
    /// Reads taken back, and their bytes.
    pub(crate) cancelled_reads: u64,
    pub(crate) cancelled_bytes: u64,
    /// Pieces that the reads were asked to bring, by cause.
    pub(crate) asked_pieces: [u64; Cause::COUNT],
    /// Every read's length, in order.
    pub(crate) lengths: Vec<u64>,
    /// Bytes that room was made for.
    pub(crate) admitted_bytes: u64,
    /// Bytes moved.
    pub(crate) moved_bytes: u64,
    /// Time spent in kernels.
    pub(crate) kernel_ns: u64,
    /// Kernels run.
    pub(crate) kernels: Vec<Kernel>,
}

impl ClockWorld {
    /// A world in which a read takes `read_ns`, and four times as long ahead of need.
    pub(crate) fn new(read_ns: u64) -> Self {
        Self {
            now_ns: 7,
            read_ns,
            outstanding_max: 0,
            finish_ns: BTreeMap::new(),
            next_ticket: 0,
            asked_bytes: [0; Cause::COUNT],
            asked_reads: [0; Cause::COUNT],
            ahead_bytes: BTreeMap::new(),
            unused: BTreeSet::new(),
            cancelled_reads: 0,
            cancelled_bytes: 0,
            asked_pieces: [0; Cause::COUNT],
            lengths: Vec::new(),
            admitted_bytes: 0,
            moved_bytes: 0,
            kernel_ns: 0,
            kernels: Vec::new(),
        }
    }
}

impl Platform for ClockWorld {
    fn reserve(&mut self, reads_outstanding_max: usize) {
        self.outstanding_max = reads_outstanding_max;
    }

    fn now_ns(&mut self) -> u64 {
        self.now_ns
    }

    fn submit(&mut self, read: &Read, pieces: &[Piece]) -> Ticket {
        let now_ns = self.now_ns;
        self.finish_ns.retain(|_, finish_ns| *finish_ns > now_ns);
        self.asked_bytes[read.cause as usize] += read.extent.bytes;
        self.asked_reads[read.cause as usize] += 1;
        self.asked_pieces[read.cause as usize] += pieces.len() as u64;
        self.lengths.push(read.extent.bytes);
        for piece in pieces.iter().filter(|_| read.cause == Cause::Prefetch) {
            *self.ahead_bytes.entry(piece.bundle).or_default() += piece.bytes;
            self.unused.insert(piece.bundle);
        }
        // Reads ahead wait behind others, so that some are still on their way when their step is over.
        let turns = if read.cause == Cause::Prefetch { 4 } else { 1 };
        self.finish_ns.insert(self.next_ticket, now_ns + turns * self.read_ns);
        assert!(
            self.finish_ns.len() <= self.outstanding_max,
            "{} reads outstanding, {} reserved",
            self.finish_ns.len(),
            self.outstanding_max
        );
        self.next_ticket += 1;
        self.next_ticket - 1
    }

    fn landed(&mut self, ticket: Ticket) -> bool {
        assert!(ticket < self.next_ticket, "ticket {ticket} was never given out");
        self.finish_ns.get(&ticket).is_none_or(|&finish_ns| finish_ns <= self.now_ns)
    }

    fn wait(&mut self, ticket: Ticket) {
        assert!(ticket < self.next_ticket, "ticket {ticket} was never given out");
        let finish_ns = self.finish_ns.remove(&ticket).unwrap_or(0);
        self.now_ns = self.now_ns.max(finish_ns);
    }

    fn cancel(&mut self, ticket: Ticket) -> bool {
        assert!(ticket < self.next_ticket, "ticket {ticket} was never given out");
        // Every other read has begun.
        let queued = ticket.is_multiple_of(2) && self.finish_ns.get(&ticket).is_some_and(|&ns| ns > self.now_ns);
        if queued {
            self.finish_ns.remove(&ticket);
            self.cancelled_reads += 1;
            self.cancelled_bytes += self.lengths[usize::try_from(ticket).expect("few tickets")];
        }
        queued
    }

    fn admit(&mut self, bytes: u64) {
        self.admitted_bytes += bytes;
    }

    fn move_row(&mut self, from: u32, to: u32, bytes: u64) {
        assert_ne!(from, to, "a row moved onto itself");
        self.moved_bytes += bytes;
        self.now_ns += bytes;
    }

    fn run(&mut self, kernel: &Kernel, touched: Touched<'_>) -> Surcharge {
        assert!(touched.bundles.is_empty() || kernel.kind != KernelKind::Predictor, "a predictor touches no rows");
        for bundle in touched.bundles {
            self.unused.remove(bundle);
        }
        let ns = 100 + u64::from(kernel.rows);
        self.now_ns += ns;
        self.kernel_ns += ns;
        self.kernels.push(*kernel);
        SURCHARGE
    }
}
