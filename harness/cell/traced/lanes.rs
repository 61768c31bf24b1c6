//! The lanes of the flash: which read was on which, from when to when, as far as the engine's calls show it.

use std::collections::VecDeque;

use tightfit_engine::{
    geometry::BundleId,
    platform::{Cause, Piece, Read, Ticket},
};
use tightfit_reports::timeline::Process;

use super::{LANE, named};

/// Tracks that a process has room for.
const LANES_MAX: u32 = 120;

/// A read that has not landed.
#[derive(Clone, Debug)]
struct Outstanding {
    ticket: Ticket,
    cause: Cause,
    bytes: u64,
    pieces: u64,
    submitted_ns: u64,
    /// What a prefetch brings, which alone may be taken back.
    bundles: Vec<BundleId>,
}

/// The lanes and what waits for one.
#[derive(Debug)]
pub(super) struct Lanes {
    /// When each lane was last free.
    free_ns: Vec<u64>,
    /// In order of submission, demand and prefetch apart: each queue is served in order.
    queues: [VecDeque<Outstanding>; 2],
}

impl Lanes {
    pub(super) fn new(lanes: u32) -> Self {
        Self { free_ns: vec![0; lanes.clamp(1, LANES_MAX) as usize], queues: <[VecDeque<_>; 2]>::default() }
    }

    pub(super) fn submitted(&mut self, ticket: Ticket, read: &Read, pieces: &[Piece], now_ns: u64) {
        let is_prefetch = read.cause == Cause::Prefetch;
        let bundles = if is_prefetch { pieces.iter().map(|piece| piece.bundle).collect() } else { Vec::new() };
        self.queues[usize::from(is_prefetch)].push_back(Outstanding {
            ticket,
            cause: read.cause,
            bytes: read.extent.bytes,
            pieces: pieces.len() as u64,
            submitted_ns: now_ns,
            bundles,
        });
    }

    /// Forgets a read that never began; gives the bundles that it would have brought.
    pub(super) fn taken_back(&mut self, ticket: Ticket) -> Vec<BundleId> {
        let queue = &mut self.queues[1];
        let place = queue.iter().position(|read| read.ticket == ticket);
        place.and_then(|place| queue.remove(place)).map(|read| read.bundles).unwrap_or_default()
    }

    /// Draws the reads that have landed by now. Only as many as there are lanes can be in flight: those behind are not
    /// asked for.
    pub(super) fn look(&mut self, now_ns: u64, mut landed: impl FnMut(Ticket) -> bool, process: &mut Process) {
        let lanes = self.free_ns.len();
        for queue in 0..self.queues.len() {
            let (mut place, mut going) = (0, 0);
            while going < lanes && place < self.queues[queue].len() {
                if landed(self.queues[queue][place].ticket) {
                    let read = self.queues[queue].remove(place).expect("it is there");
                    self.draw(&read, now_ns, process);
                } else {
                    (place, going) = (place + 1, going + 1);
                }
            }
        }
    }

    /// A read begins when the first lane is free.
    fn draw(&mut self, read: &Outstanding, to_ns: u64, process: &mut Process) {
        let lane = (0..self.free_ns.len()).min_by_key(|lane| self.free_ns[*lane]).unwrap_or_default();
        let from_ns = self.free_ns[lane].max(read.submitted_ns);
        self.free_ns[lane] = to_ns;
        if process.is_open() {
            let track = LANE + u32::try_from(lane).expect("few lanes");
            process.track(track, &format!("flash lane {lane}"));
            let (waited_ns, name) = (from_ns - read.submitted_ns, named(read.cause));
            let arguments = [("bytes", read.bytes), ("pieces", read.pieces), ("queued_ns", waited_ns)];
            process.span(track, name, from_ns, to_ns, &arguments);
        }
    }
}
