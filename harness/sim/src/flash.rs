//! Flash in virtual time: lanes that read at once, a queue behind them, demand before prefetch.
//!
//! A read among n in flight progresses at the rate that would finish it in the table's time for n. When n changes, the
//! remaining time of each is rescaled. So an unloaded read takes the table's time exactly, and full lanes give the
//! profile's throughput.

use std::collections::VecDeque;

use tightfit_engine::platform::{Cause, Ticket};

use crate::service::{ServiceTable, scale};

/// What slows all reads down, beside each other: heat and a system that must make room for what they bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slowness {
    /// Time of a read in parts per million of the table's: a million and more.
    pub stretch_ppm: u64,
    /// Time for which a byte holds up all reads in flight while room is made for it, picoseconds.
    pub reclaim_ps_per_byte: u64,
}

impl Slowness {
    /// None at all.
    pub const NONE: Self = Self { stretch_ppm: 1_000_000, reclaim_ps_per_byte: 0 };

    /// Time of a read that takes `table_ns` otherwise. Room is made for one read after the other.
    fn slowed_ns(self, table_ns: u64, bytes: u64, lanes: usize) -> u64 {
        if self == Self::NONE {
            return table_ns;
        }
        let reclaimed_bytes = bytes.saturating_mul(lanes as u64);
        scale(table_ns, self.stretch_ppm, 1_000_000) + scale(reclaimed_bytes, self.reclaim_ps_per_byte, 1000)
    }
}

/// A read on its lane.
#[derive(Clone, Copy, Debug)]
struct InFlight {
    finish_ns: u64,
    bytes: u64,
    ticket: Ticket,
    is_prefetch: bool,
}

/// The flash of a simulated device.
#[derive(Clone, Debug)]
pub struct Flash {
    table: ServiceTable,
    slowness: Slowness,
    lanes: usize,
    /// Lanes that prefetches may take.
    prefetch_lanes: usize,
    prefetch_in_flight: usize,
    now_ns: u64,
    in_flight: Vec<InFlight>,
    /// How many reads the remaining times were scaled for.
    scaled_for: usize,
    demand: VecDeque<(Ticket, u64)>,
    prefetch: VecDeque<(Ticket, u64)>,
    /// Most reads that may be outstanding.
    outstanding_max: usize,
    next_ticket: Ticket,
    landed_bytes: u64,
    busy_ns: u64,
}

impl Flash {
    /// An idle flash with `lanes` lanes, of which prefetches may take `prefetch_lanes`.
    ///
    /// # Panics
    /// If there is no lane.
    #[must_use]
    pub fn new(table: ServiceTable, lanes: usize, prefetch_lanes: usize) -> Self {
        assert!(lanes > 0 && prefetch_lanes > 0, "flash without lanes");
        Self {
            table,
            slowness: Slowness::NONE,
            lanes,
            prefetch_lanes,
            prefetch_in_flight: 0,
            now_ns: 0,
            in_flight: Vec::with_capacity(lanes),
            scaled_for: 0,
            demand: VecDeque::new(),
            prefetch: VecDeque::new(),
            outstanding_max: 0,
            next_ticket: 0,
            landed_bytes: 0,
            busy_ns: 0,
        }
    }

    /// Makes room for `reads` outstanding reads.
    pub fn reserve(&mut self, reads: usize) {
        self.demand.reserve(reads);
        self.prefetch.reserve(reads);
        self.outstanding_max = reads;
    }

    /// Queues a read at the flash's present time.
    ///
    /// # Panics
    /// If more reads are outstanding than [`Flash::reserve`] was told.
    pub fn submit(&mut self, bytes: u64, cause: Cause) -> Ticket {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        let outstanding = self.in_flight.len() + self.demand.len() + self.prefetch.len();
        assert!(
            outstanding < self.outstanding_max,
            "more reads outstanding than the {} reserved",
            self.outstanding_max
        );
        match cause {
            Cause::Demand | Cause::WarmUp => self.demand.push_back((ticket, bytes)),
            Cause::Prefetch => self.prefetch.push_back((ticket, bytes)),
        }
        ticket
    }

    /// Takes a prefetch that is still queued back. Returns its bytes; none where it has begun.
    pub fn cancel(&mut self, ticket: Ticket) -> Option<u64> {
        let index = queued_at(&self.prefetch, ticket)?;
        self.prefetch.remove(index).map(|(_, bytes)| bytes)
    }

    /// Whether a read has landed by the flash's present time: it is on no lane and in no queue. (A prefetch may starve
    /// behind any number of demand reads, so that no window over the tickets would do.)
    #[must_use]
    pub fn landed(&self, ticket: Ticket) -> bool {
        self.in_flight.iter().all(|read| read.ticket != ticket)
            && queued_at(&self.demand, ticket).is_none()
            && queued_at(&self.prefetch, ticket).is_none()
    }

    /// Lets time pass until `until_ns`.
    pub fn advance(&mut self, until_ns: u64) {
        debug_assert!(until_ns >= self.now_ns, "flash can't go back");
        loop {
            self.fill_lanes();
            let Some(finish_ns) = self.first_finish() else { break };
            if finish_ns > until_ns {
                break;
            }
            self.pass(finish_ns);
            self.land();
        }
        self.pass(until_ns);
    }

    /// Lets time pass until `ticket` has landed and returns when that is.
    pub fn advance_until_landed(&mut self, ticket: Ticket) -> u64 {
        while !self.landed(ticket) {
            self.fill_lanes();
            let finish_ns = self.first_finish().expect("an outstanding read is on a lane or queued behind one");
            self.pass(finish_ns);
            self.land();
        }
        self.now_ns
    }

    /// From now on reads are slowed like this; what remains of those in flight as well.
    pub fn slow_down(&mut self, slowness: Slowness) {
        if slowness == self.slowness {
            return;
        }
        let lanes = self.scaled_for;
        let before = std::mem::replace(&mut self.slowness, slowness);
        for read in &mut self.in_flight {
            let table_ns = self.table.read_ns(read.bytes, lanes);
            let before_ns = before.slowed_ns(table_ns, read.bytes, lanes);
            let after_ns = slowness.slowed_ns(table_ns, read.bytes, lanes);
            read.finish_ns = self.now_ns + scale(read.finish_ns - self.now_ns, after_ns, before_ns.max(1));
        }
    }

    /// How long reads take on a cool device with memory to spare.
    #[must_use]
    pub fn service(&self) -> &ServiceTable {
        &self.table
    }

    /// Bytes landed so far.
    #[must_use]
    pub fn landed_bytes(&self) -> u64 {
        self.landed_bytes
    }

    /// Time so far with at least one read in flight.
    #[must_use]
    pub fn busy_ns(&self) -> u64 {
        self.busy_ns
    }

    fn first_finish(&self) -> Option<u64> {
        self.in_flight.iter().map(|read| read.finish_ns).min()
    }

    fn pass(&mut self, until_ns: u64) {
        if !self.in_flight.is_empty() {
            self.busy_ns += until_ns - self.now_ns;
        }
        self.now_ns = until_ns;
    }

    /// Retires all reads that finish now.
    fn land(&mut self) {
        let mut index = 0;
        while index < self.in_flight.len() {
            let read = self.in_flight[index];
            if read.finish_ns > self.now_ns {
                index += 1;
                continue;
            }
            self.in_flight.swap_remove(index);
            self.prefetch_in_flight -= usize::from(read.is_prefetch);
            self.landed_bytes += read.bytes;
        }
    }

    /// Starts queued reads on free lanes, demand first, and rescales those in flight if their number changed.
    fn fill_lanes(&mut self) {
        let going = self.in_flight.len();
        while self.in_flight.len() < self.lanes {
            let demanded = self.demand.pop_front();
            let ahead = if demanded.is_none() && self.prefetch_in_flight < self.prefetch_lanes {
                self.prefetch.pop_front()
            } else {
                None
            };
            let Some((ticket, bytes)) = demanded.or(ahead) else { break };
            let is_prefetch = demanded.is_none();
            self.prefetch_in_flight += usize::from(is_prefetch);
            self.in_flight.push(InFlight { finish_ns: 0, bytes, ticket, is_prefetch });
        }
        let lanes = self.in_flight.len();
        if lanes != self.scaled_for {
            for read in &mut self.in_flight[..going] {
                let time = |lanes| self.slowness.slowed_ns(self.table.read_ns(read.bytes, lanes), read.bytes, lanes);
                let (before_ns, after_ns) = (time(self.scaled_for), time(lanes));
                read.finish_ns = self.now_ns + scale(read.finish_ns - self.now_ns, after_ns, before_ns.max(1));
            }
            self.scaled_for = lanes;
        }
        for read in &mut self.in_flight[going..] {
            let table_ns = self.table.read_ns(read.bytes, lanes);
            read.finish_ns = self.now_ns + self.slowness.slowed_ns(table_ns, read.bytes, lanes);
        }
    }
}

/// Place of a ticket in a queue, which is in order of tickets.
fn queued_at(queue: &VecDeque<(Ticket, u64)>, ticket: Ticket) -> Option<usize> {
    queue.binary_search_by_key(&ticket, |&(queued, _)| queued).ok()
}
