//! A stream of single lookups of bundles of one size, judged by the numbers of their last uses alone.
//!
//! What `T1` drops becomes the newest of `B1`, all of which it dropped before: the two are one stretch of running numbers,
//! ghosts up to a mark and what is in DRAM from there on. So are `T2` and `B2`. A bundle's place is its stretch and its
//! number in it, and says where it is; to drop one is to move a mark past one number that counts. Which bundle that is
//! nobody needs to know. The queues are written when the stream is over.

use super::{Arc, B1, T1, T2};
use crate::{
    bitset::Bitset,
    evict::Slots,
    geometry::{BundleId, NONE},
};

/// Lookups whose places are fetched at once.
const CHUNK: usize = LOOKUPS as usize;
const LOOKUPS: u32 = 64;
/// The bits of a place that are its number's; the one above says which stretch.
const NUMBER: u32 = u32::MAX >> 1;
/// After so many rings, places of what is gone are renewed, before numbers wrap and they look like new ones.
const RENEWED_RINGS: u32 = 16;
const RENEWED_MAX: u32 = 1 << 29;

/// What is known of a list and its ghosts beside their numbers, which are those of the list's log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    /// Numbers before it are ghosts'.
    mark: u32,
    /// The number up to which places of what is gone were renewed.
    renewed: u32,
}

type Stretches = [Stretch; 2];

/// What a place says.
struct Found {
    list: u8,
    /// In the list or among its ghosts.
    known: bool,
    /// In the list.
    held: bool,
}

fn ghosts_of(list: u8) -> u8 {
    list + B1
}

fn place_of(list: u8, number: u32) -> u32 {
    u32::from(list) << 31 | number & NUMBER
}

fn list_of(place: u32) -> u8 {
    (place >> 31) as u8
}

impl Arc {
    /// Looks up `bundles`, if it has done so since there were neither bundles nor ghosts: how many missed.
    #[inline]
    pub(super) fn judge_stream(&mut self, bundles: &[BundleId], slots: &mut Slots<'_>) -> Option<usize> {
        let mut stretches = self.stretches.or_else(|| self.begin(slots))?;
        let bytes = bundles.first().map_or(1, |&bundle| self.queues.size(bundle));
        let mut misses = 0;
        for chunk in bundles.chunks(CHUNK) {
            for list in [T1, T2] {
                self.renumber(list, bytes, &mut stretches[list as usize]);
            }
            self.queues.fetch(chunk);
            for &bundle in chunk {
                misses += usize::from(self.judge_one(bundle, bytes, &mut stretches, slots));
            }
        }
        self.stretches = Some(stretches);
        Some(misses)
    }

    /// Ends the stream: the queues are what they would be, and what they hold is `resident`.
    pub(super) fn write_stream(&mut self, resident: &mut Bitset) {
        let Some(stretches) = self.stretches.take() else { return };
        for list in [T1, T2] {
            self.queues.logs[ghosts_of(list) as usize].open();
        }
        for (bundle, index) in (0..).zip(0..self.queues.at.len()) {
            let place = self.queues.at[index];
            let Found { list, known, held } = self.find(place, &stretches);
            if held {
                resident.insert(bundle);
            }
            if known && !held {
                let numbers = &mut self.queues.logs[list as usize].numbers;
                let number = numbers.index(place);
                numbers.live.remove(number);
                self.queues.logs[ghosts_of(list) as usize].numbers.live.insert(number);
            }
            let queue = if held { list } else { ghosts_of(list) };
            self.queues.at[index] = if known { self.queues.write(queue, place, bundle) } else { NONE };
        }
        for list in [T1, T2] {
            let mark = stretches[list as usize].mark;
            let first = core::mem::replace(&mut self.queues.logs[list as usize].numbers.tail, mark);
            let ghosts = &mut self.queues.logs[ghosts_of(list) as usize].numbers;
            (ghosts.tail, ghosts.head) = (first, mark);
        }
    }

    /// Begins where nothing is known.
    fn begin(&mut self, slots: &Slots<'_>) -> Option<Stretches> {
        if slots.free != slots.capacity || self.queues.bytes != [0; 4] {
            return None;
        }
        let stretches = [T1, T2].map(|list| {
            let log = &mut self.queues.logs[list as usize];
            log.open();
            Stretch { mark: log.numbers.head, renewed: log.numbers.head }
        });
        self.queues.at.fill(place_of(T1, stretches[T1 as usize].mark.wrapping_sub(1)));
        Some(stretches)
    }

    #[inline]
    fn find(&self, place: u32, stretches: &Stretches) -> Found {
        let list = list_of(place);
        let numbers = &self.queues.logs[list as usize].numbers;
        let distance = place.wrapping_sub(numbers.tail) & NUMBER;
        let known = distance < numbers.span();
        let held = known && distance >= stretches[list as usize].mark.wrapping_sub(numbers.tail);
        Found { list, known, held }
    }

    /// Looks up one: whether it missed. The same as `reuse`, or `lack`, `victim` and `admit`.
    #[inline]
    fn judge_one(&mut self, bundle: BundleId, bytes: u64, stretches: &mut Stretches, slots: &mut Slots<'_>) -> bool {
        let place = self.queues.at[bundle as usize];
        let Found { list, known, held } = self.find(place, stretches);
        let numbers = &mut self.queues.logs[list as usize].numbers;
        numbers.live.remove_if(numbers.index(place), known);
        if held {
            self.queues.bytes[list as usize] -= bytes;
            self.put(T2, bundle, bytes);
            return false;
        }
        self.found = known.then_some(ghosts_of(list));
        if let Some(ghosts) = self.found {
            self.adapt(ghosts, bytes);
            self.queues.bytes[ghosts as usize] -= bytes;
        }
        if slots.free > 0 {
            slots.free -= 1;
        } else {
            self.drop_one(bytes, stretches);
        }
        self.put(if known { T2 } else { T1 }, bundle, bytes);
        self.found = None;
        true
    }

    /// Makes room for a bundle in a full cache.
    #[inline]
    fn drop_one(&mut self, bytes: u64, stretches: &mut Stretches) {
        if self.found.is_none() {
            let once = self.queues.bytes(T1) + self.queues.bytes(B1);
            if once + bytes > self.capacity_bytes {
                if !self.forget_oldest_ghost(T1, bytes) {
                    self.demote(T1, bytes, stretches);
                    self.forget_oldest_ghost(T1, bytes);
                    return;
                }
            } else if self.is_directory_full() {
                self.forget_oldest_ghost(T2, bytes);
            }
        }
        self.demote(if self.takes_once() { T1 } else { T2 }, bytes, stretches);
    }

    /// The oldest of a list becomes its newest ghost.
    #[inline]
    fn demote(&mut self, list: u8, bytes: u64, stretches: &mut Stretches) {
        let mark = &mut stretches[list as usize].mark;
        let oldest = self.queues.logs[list as usize].numbers.next(*mark);
        *mark = oldest.expect("the list that gives has a bundle").wrapping_add(1);
        self.queues.bytes[list as usize] -= bytes;
        self.queues.bytes[ghosts_of(list) as usize] += bytes;
    }

    /// The oldest ghost of a list is forgotten, if there is one.
    #[inline]
    fn forget_oldest_ghost(&mut self, list: u8, bytes: u64) -> bool {
        let ghost_bytes = &mut self.queues.bytes[ghosts_of(list) as usize];
        if *ghost_bytes == 0 {
            return false;
        }
        *ghost_bytes -= bytes;
        let numbers = &mut self.queues.logs[list as usize].numbers;
        let oldest = numbers.next(numbers.tail).expect("a list with bytes has a number");
        numbers.live.remove(numbers.index(oldest));
        numbers.tail = oldest.wrapping_add(1);
        true
    }

    /// Gives a bundle the next number of a list.
    #[inline]
    fn put(&mut self, list: u8, bundle: BundleId, bytes: u64) {
        let numbers = &mut self.queues.logs[list as usize].numbers;
        let number = numbers.head;
        numbers.live.insert(numbers.index(number));
        numbers.head = number.wrapping_add(1);
        self.queues.at[bundle as usize] = place_of(list, number);
        self.queues.bytes[list as usize] += bytes;
    }

    /// Sees to it that there are numbers for a chunk, and that old places don't look like new ones.
    #[inline]
    fn renumber(&mut self, list: u8, bytes: u64, stretch: &mut Stretch) {
        let log = &mut self.queues.logs[list as usize];
        let (tail, span, ring) = (log.numbers.tail, log.numbers.span(), log.numbers.ring);
        let since = log.numbers.head.wrapping_sub(stretch.renewed);
        if ring - span >= LOOKUPS && since <= ring.saturating_mul(RENEWED_RINGS).min(RENEWED_MAX) {
            return;
        }
        for (bundle, place) in (0..).zip(&mut self.queues.at).filter(|(_, place)| list_of(**place) == list) {
            if place.wrapping_sub(tail) & NUMBER < span {
                log.write(*place, bundle);
            } else {
                *place = place_of(list, tail.wrapping_sub(1));
            }
        }
        let at = self.queues.at.as_mut_slice();
        log.close_gaps(|bundle, number| at[bundle as usize] = place_of(list, number));
        let held = u32::try_from(self.queues.bytes[list as usize] / bytes).expect("bundles are u32");
        stretch.mark = log.numbers.head.wrapping_sub(held);
        stretch.renewed = log.numbers.head;
    }
}

#[cfg(test)]
mod tests;
