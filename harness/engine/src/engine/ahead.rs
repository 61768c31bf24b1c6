//! Reads for the next step, and accounts for what came of them.

use super::{AHEAD, Engine, HELD, IDLE, PINNED, SEEN};
use crate::{
    evict::Evict,
    geometry::BundleId,
    platform::{Cause, Platform, Read},
};

impl<P: Platform, E: Evict> Engine<'_, P, E> {
    /// Reads ahead what is not in DRAM, as far as room and the policy's candidates allow, and holds the rest of `next`.
    pub(super) fn read_ahead(&mut self, next: &[BundleId]) {
        let reads_max = self.ahead.reads_max();
        if !self.flights.fits(reads_max, reads_max) {
            // Flash is behind already.
            return;
        }
        for &bundle in next {
            self.expect(bundle);
        }
        self.batch.clear();
        for &bundle in next {
            if self.resident.contains(bundle) {
                continue;
            }
            if !self.make_room(self.store.bundle_bytes(bundle)) {
                break;
            }
            let slot = self.resident.insert(bundle);
            self.state[bundle as usize] |= AHEAD;
            self.expected[1].push(bundle);
            self.batch.push((bundle, slot));
        }
        if self.batch.is_empty() {
            return;
        }
        let cause = Cause::Prefetch;
        let needed_bytes = self.ahead.build(self.store, &self.batch);
        self.platform.admit(needed_bytes);
        self.counters.needed_bytes[cause as usize] += needed_bytes;
        for (extent, pieces) in self.ahead.reads() {
            self.counters.reads[cause as usize] += 1;
            self.counters.pieces[cause as usize] += pieces.len() as u64;
            self.counters.read_bytes[cause as usize] += extent.bytes;
            self.flights.push(self.platform.submit(&Read { extent, cause }, pieces), extent.bytes, pieces);
        }
    }

    /// Keeps a bundle that is in DRAM for the next step.
    fn expect(&mut self, bundle: BundleId) {
        let state = &mut self.state[bundle as usize];
        if !self.resident.contains(bundle) || *state & (PINNED | HELD) != 0 {
            return;
        }
        if *state & AHEAD == 0 {
            *state |= HELD;
            self.policy.hold(bundle);
        } else if *state & IDLE != 0 {
            // Read ahead for an earlier step, and wanted again.
            *state &= !IDLE;
            if !self.flights.holds(bundle) {
                self.idle.unlink(&mut self.idle_links, bundle);
            }
        } else {
            return;
        }
        self.expected[1].push(bundle);
    }

    /// After a step: lets go of what was kept for it in vain, and takes reads back that have not begun.
    pub(super) fn settle_ahead(&mut self) {
        if self.setup.ahead_bundles_max == 0 {
            return;
        }
        for index in 0..self.expected[0].len() {
            let bundle = self.expected[0][index];
            let state = &mut self.state[bundle as usize];
            if *state & HELD != 0 {
                *state &= !HELD;
                self.policy.release(bundle);
            } else if *state & (AHEAD | IDLE) == AHEAD {
                *state |= IDLE;
                if !self.flights.holds(bundle) {
                    self.idle.push_head(&mut self.idle_links, bundle);
                }
            }
        }
        self.expected[0].clear();
        self.expected.swap(0, 1);
        self.cancel_idle();
    }

    /// Takes back the reads whose every bundle came too late for its step and waits for no other read.
    fn cancel_idle(&mut self) {
        let mut index = 0;
        while index < self.flights.len() {
            let in_vain =
                |bundle: BundleId| self.state[bundle as usize] & IDLE != 0 && self.flights.outstanding(bundle) == 1;
            let flight = self.flights.get(index);
            if !self.flights.bundles(index).all(in_vain) || !self.platform.cancel(flight.ticket) {
                index += 1;
                continue;
            }
            self.counters.cancelled_reads += 1;
            self.counters.cancelled_bytes += flight.bytes;
            self.counters.cancelled_needed_bytes += flight.needed_bytes;
            let Self { flights, counters, state, resident, .. } = self;
            flights.remove(index, |bundle| {
                counters.prefetch_cancelled += 1;
                state[bundle as usize] &= !(AHEAD | IDLE);
                let moved = resident.remove(bundle);
                debug_assert!(moved.is_none(), "rows in place don't move");
            });
        }
    }

    /// Retires the reads ahead that have landed.
    pub(super) fn poll(&mut self) {
        let mut index = 0;
        while index < self.flights.len() {
            if self.platform.landed(self.flights.get(index).ticket) {
                self.retire(index);
            } else {
                index += 1;
            }
        }
    }

    /// Retires a read ahead that has landed: bundles whose step is over may leave from now on.
    pub(super) fn retire(&mut self, index: usize) {
        let Self { flights, state, idle, idle_links, .. } = self;
        flights.remove(index, |bundle| {
            // Not when the read was submitted: what is taken back was never held.
            state[bundle as usize] |= SEEN;
            if state[bundle as usize] & IDLE != 0 {
                idle.push_head(idle_links, bundle);
            }
        });
    }
}
