//! Brings a step's bundles into DRAM: looks them up, makes room, places and reads what is missing, waits for it.

use super::{AHEAD, Engine, HELD, IDLE, LATE, Overlap, PINNED, SEEN};
use crate::{
    evict::{Evict, Moment},
    geometry::BundleId,
    platform::{Cause, Platform, Read},
};

impl<P: Platform, E: Evict> Engine<'_, P, E> {
    /// Looks `bundles` up, which are the step's from number `first` on, and submits reads for those that are not there.
    pub(super) fn bring(&mut self, bundles: &[BundleId], first: usize, step: u64) {
        self.poll();
        self.look_up(bundles, first);
        if first == 0 {
            self.expire(Moment::BeforePlacing, step);
        }
        let missing_bytes = self.batch.iter().map(|&(bundle, _)| self.store.bundle_bytes(bundle)).sum();
        self.make_room(missing_bytes);
        self.demand(Cause::Demand);
    }

    /// Holds the hits, collects the misses.
    fn look_up(&mut self, bundles: &[BundleId], first: usize) {
        self.batch.clear();
        self.present.clear();
        self.absent.clear();
        let apart = self.setup.overlap != Overlap::None;
        let mut hits = 0;
        for (index, &bundle) in bundles.iter().enumerate() {
            let state = &mut self.state[bundle as usize];
            let found = self.resident.contains(bundle);
            self.fresh[first + index] = !found || *state & AHEAD != 0;
            if !found {
                self.counters.re_reads += u64::from(*state & SEEN);
                *state |= SEEN | HELD;
                self.policy.lack(bundle);
                self.batch.push((bundle, 0));
            } else if *state & AHEAD != 0 && self.flights.holds(bundle) {
                self.counters.late += 1;
                *state = *state & !IDLE | LATE;
            } else {
                hits += 1;
                if *state & AHEAD != 0 {
                    self.counters.prefetch_useful += 1;
                    if *state & IDLE != 0 {
                        *state &= !IDLE;
                        self.idle.unlink(&mut self.idle_links, bundle);
                    }
                } else if *state & (PINNED | HELD) == 0 {
                    *state |= HELD;
                    self.policy.hold(bundle);
                }
                if apart {
                    self.present.push(bundle);
                }
                continue;
            }
            if apart {
                self.absent.push(bundle);
            }
        }
        self.counters.lookups += bundles.len() as u64;
        self.counters.hits += hits;
        self.counters.misses += self.batch.len() as u64;
    }

    /// Drops what has to go for `needed_bytes` more: first what was read ahead in vain, then what the policy chooses.
    pub(super) fn make_room(&mut self, needed_bytes: u64) -> bool {
        while self.resident.bytes() + needed_bytes > self.setup.budget_bytes {
            let victim = match self.idle.tail() {
                Some(idle) => {
                    self.idle.unlink(&mut self.idle_links, idle);
                    self.state[idle as usize] &= !(AHEAD | IDLE);
                    self.counters.prefetch_wasted += 1;
                    Some(idle)
                }
                None => self.policy.victim(),
            };
            let Some(victim) = victim else { return false };
            self.evict(victim);
        }
        true
    }

    /// Drops what the policy wants to drop anyway.
    pub(super) fn expire(&mut self, moment: Moment, step: u64) {
        while let Some(bundle) = self.policy.expire(moment, step) {
            self.evict(bundle);
        }
    }

    fn evict(&mut self, bundle: BundleId) {
        self.counters.evictions += 1;
        self.remove(bundle);
    }

    /// Takes `bundle` out of DRAM.
    pub(super) fn remove(&mut self, bundle: BundleId) {
        if let Some(moved) = self.resident.remove(bundle) {
            self.counters.moves += 1;
            self.counters.moved_bytes += moved.bytes;
            self.platform.move_row(moved.from, moved.to, moved.bytes);
        }
    }

    /// Places the batch and submits its reads.
    pub(super) fn demand(&mut self, cause: Cause) {
        self.tickets.clear();
        if self.batch.is_empty() {
            return;
        }
        for (bundle, slot) in &mut self.batch {
            *slot = self.resident.insert(*bundle);
        }
        let needed_bytes = self.plan.build(self.store, &self.batch);
        self.platform.admit(needed_bytes);
        self.counters.needed_bytes[cause as usize] += needed_bytes;
        for (extent, pieces) in self.plan.reads() {
            self.counters.reads[cause as usize] += 1;
            self.counters.pieces[cause as usize] += pieces.len() as u64;
            self.counters.read_bytes[cause as usize] += extent.bytes;
            self.tickets.push(self.platform.submit(&Read { extent, cause }, pieces));
        }
    }

    /// Waits for the demand reads and for the late ones.
    pub(super) fn wait(&mut self) {
        for &ticket in &self.tickets {
            self.watch.wait(&mut self.platform, ticket);
        }
        self.wait_for_late();
    }

    /// Waits for the reads ahead that bring what the step found in flight.
    pub(super) fn wait_for_late(&mut self) {
        let mut index = 0;
        while index < self.flights.len() {
            let needed = self.flights.bundles(index).any(|bundle| self.state[bundle as usize] & LATE != 0);
            if needed {
                self.watch.wait(&mut self.platform, self.flights.get(index).ticket);
                self.retire(index);
            } else {
                index += 1;
            }
        }
    }
}
