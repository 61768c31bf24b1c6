//! A stream of single lookups judged 64 at a time, by the numbers of the last uses alone.
//!
//! Each use has a running number of its own here: a bundle is held if its last use is not before the tail, so that a lookup
//! is one number read and replaced and one bit cleared, with no branch, and an eviction moves the tail past one bit more.
//! Which bundle it is that leaves nobody needs to know. The ids are written to the log when the stream is over, or its
//! ring full.
//!
//! What leaves for a chunk leaves after it. That is the same unless the chunk looks up a bundle that may be among them: then
//! it is judged one by one.

use super::Trail;
use crate::{
    bitset::Bitset,
    evict::{Slots, log::Entry, numbers::Numbers},
    geometry::BundleId,
};

/// Lookups judged together.
const CHUNK: usize = LOOKUPS as usize;
const LOOKUPS: u32 = 64;
/// In a cache of fewer bundles, or lookups, too many are of what may leave.
const TOGETHER_MIN: u64 = 16 * LOOKUPS as u64;
/// After so many rings, places of what is not held are renewed, before numbers wrap and they look like new ones.
const RENEWED_RINGS: u32 = 16;
const RENEWED_MAX: u32 = 1 << 30;

impl<T: Entry> Trail<T> {
    /// Looks up `bundles`, if it has done so since the cache was empty: how many missed. What was last used `age_max`
    /// lookups ago is forgotten.
    #[inline]
    pub(crate) fn judge(&mut self, bundles: &[BundleId], slots: &mut Slots<'_>, age_max: Option<u32>) -> Option<usize> {
        if !self.is_judging() && !self.begin(slots, age_max) {
            return None;
        }
        let together =
            slots.capacity >= TOGETHER_MIN && age_max.is_none_or(|age_max| u64::from(age_max) >= TOGETHER_MIN);
        let mut misses = 0;
        for chunk in bundles.chunks(CHUNK) {
            self.renumber();
            let judged = if together { self.judge_chunk(chunk, slots, age_max) } else { None };
            misses += judged
                .unwrap_or_else(|| chunk.iter().map(|&bundle| u32::from(self.judge_one(bundle, slots, age_max))).sum())
                as usize;
        }
        Some(misses)
    }

    /// Whether lookups were judged that are not written down.
    #[inline]
    pub(crate) fn is_judging(&self) -> bool {
        self.judging.is_some()
    }

    /// Writes down what is held; `entry` makes an entry of a bundle and of how many lookups ago it was last used, from 1.
    pub(crate) fn settle(&mut self, resident: &mut Bitset, entry: impl Fn(BundleId, u32) -> T) {
        if self.judging.take().is_some() {
            self.write(entry, |bundle, place, index| {
                resident.insert(bundle);
                *place = index;
            });
        }
    }

    /// Begins with an empty cache, where the ring is as large as ages may be.
    fn begin(&mut self, slots: &Slots<'_>, age_max: Option<u32>) -> bool {
        let long_enough = age_max.is_none_or(|age_max| age_max < self.log.ring_max() - LOOKUPS);
        if slots.free == slots.capacity && long_enough {
            self.log.open();
            let numbers = &self.log.numbers;
            self.place.fill(numbers.tail.wrapping_sub(1));
            self.judging = Some(numbers.head);
        }
        self.is_judging()
    }

    /// Judges lookups whose victims leave after them; none, if one may be of such a victim. Many more are held than come
    /// in a chunk, so that none comes and leaves in it.
    #[inline]
    fn judge_chunk(&mut self, chunk: &[BundleId], slots: &mut Slots<'_>, age_max: Option<u32>) -> Option<u32> {
        let numbers = &mut self.log.numbers;
        let lookups = u32::try_from(chunk.len()).unwrap_or(LOOKUPS);
        let (tail, span) = (numbers.tail, numbers.span() + lookups);
        let leaving = lookups - slots.free_for(lookups);
        let doomed = numbers.reach(leaving)?.max(age_max.map_or(0, |age_max| span.saturating_sub(age_max)));
        let mut before = [0; CHUNK];
        let before = &mut before[..chunk.len()];
        let mut number = numbers.head;
        for (before, &bundle) in before.iter_mut().zip(chunk) {
            *before = core::mem::replace(&mut self.place[bundle as usize], number);
            number = number.wrapping_add(1);
        }
        let (mut misses, mut apart) = (0, true);
        for number in before.iter() {
            let distance = number.wrapping_sub(tail);
            misses += u32::from(distance >= span);
            apart &= distance >= doomed;
        }
        if !apart {
            for (number, &bundle) in before.iter().zip(chunk).rev() {
                self.place[bundle as usize] = *number;
            }
            return None;
        }
        numbers.extend(lookups);
        for &number in before.iter() {
            numbers.live.remove_if(numbers.index(number), number.wrapping_sub(tail) < span);
        }
        leave(numbers, misses, slots, age_max);
        Some(misses)
    }

    /// Judges one lookup: whether it missed.
    #[inline]
    fn judge_one(&mut self, bundle: BundleId, slots: &mut Slots<'_>, age_max: Option<u32>) -> bool {
        let numbers = &mut self.log.numbers;
        let before = core::mem::replace(&mut self.place[bundle as usize], numbers.head);
        let missed = before.wrapping_sub(numbers.tail) >= numbers.span();
        numbers.live.remove_if(numbers.index(before), !missed);
        numbers.extend(1);
        leave(numbers, u32::from(missed), slots, age_max);
        missed
    }

    /// Sees to it that there are numbers for a chunk, and that old places don't look like new ones.
    #[inline]
    fn renumber(&mut self) {
        let numbers = &self.log.numbers;
        if numbers.ring - numbers.span() < LOOKUPS {
            self.write(|bundle, _| T::of(bundle), |_, _, _| ());
            let place = self.place.as_mut_slice();
            self.log.close_gaps(|entry, number| place[entry.bundle() as usize] = number);
        }
        let numbers = &self.log.numbers;
        let since = numbers.head.wrapping_sub(self.judging.unwrap_or(numbers.head));
        if since > numbers.ring.saturating_mul(RENEWED_RINGS).min(RENEWED_MAX) {
            let (tail, span) = (numbers.tail, numbers.span());
            for place in self.place.iter_mut().filter(|place| place.wrapping_sub(tail) >= span) {
                *place = tail.wrapping_sub(1);
            }
            self.judging = Some(numbers.head);
        }
    }

    /// Writes the entries of what is held.
    #[cold]
    fn write(&mut self, entry: impl Fn(BundleId, u32) -> T, mut written: impl FnMut(BundleId, &mut u32, u32)) {
        let (tail, head, span) = (self.log.numbers.tail, self.log.numbers.head, self.log.numbers.span());
        for (bundle, place) in (0..).zip(&mut self.place) {
            let number = *place;
            if number.wrapping_sub(tail) < span {
                let index = self.log.write(number, entry(bundle, head.wrapping_sub(number)));
                written(bundle, place, index);
            }
        }
    }
}

/// After so many misses, drops what is too old, and then the oldest of what there is no room for.
#[inline]
fn leave(numbers: &mut Numbers, misses: u32, slots: &mut Slots<'_>, age_max: Option<u32>) {
    if let Some(age_max) = age_max
        && numbers.span() > age_max
    {
        slots.free += u64::from(numbers.drop_before(numbers.head.wrapping_sub(age_max)));
    }
    let fit = slots.free_for(misses);
    slots.free -= u64::from(fit);
    numbers.drop_oldest(misses - fit);
}

#[cfg(test)]
mod tests;
