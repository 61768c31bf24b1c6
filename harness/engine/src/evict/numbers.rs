//! Running numbers in a ring, of which only some count: a bit for each, looked at a word at a time.

use crate::bitset::Bitset;

/// Numbers of a first ring: a whole word of bits, so that what is passed over ends with the ring.
pub(crate) const FIRST_RING: u32 = 64;

/// What is further from the tail than this is not looked for: 64 words.
const REACH_MAX: u32 = 64 * 64;

/// The numbers from `tail` to `head`, which wrap; their low bits are their indices in the ring.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers {
    /// Which count, by index.
    pub(crate) live: Bitset,
    /// None before it counts.
    pub(crate) tail: u32,
    /// The next one.
    pub(crate) head: u32,
    /// Size of the ring, a power of two.
    pub(crate) ring: u32,
}

impl Numbers {
    /// No numbers, in a first ring that may grow to `ring_max`.
    pub(crate) fn new(ring_max: usize) -> Self {
        Self { live: Bitset::new(ring_max), tail: start(FIRST_RING), head: start(FIRST_RING), ring: FIRST_RING }
    }

    /// How many there are between tail and head, whether they count or not.
    #[inline]
    pub(crate) fn span(&self) -> u32 {
        self.head.wrapping_sub(self.tail)
    }

    /// The index of `number`.
    #[inline]
    pub(crate) fn index(&self, number: u32) -> u32 {
        number & (self.ring - 1)
    }

    /// The first number from `number` on that counts.
    #[inline]
    pub(crate) fn next(&self, mut number: u32) -> Option<u32> {
        while number != self.head {
            let passed = self.live.absent_from(self.index(number)).min(self.head.wrapping_sub(number));
            if passed == 0 {
                return Some(number);
            }
            number = number.wrapping_add(passed);
        }
        None
    }

    /// Begins anew in a ring of another size, with `span` numbers from index 0 on.
    pub(crate) fn restart(&mut self, ring: u32, span: u32) {
        self.ring = ring;
        self.tail = start(ring);
        self.head = self.tail.wrapping_add(span);
    }

    /// The next `count` numbers count, 64 at most.
    #[inline]
    pub(crate) fn extend(&mut self, count: u32) {
        let first = self.index(self.head);
        let of_word = count.min(64 - first % 64);
        self.live.insert_run(first, of_word);
        let second = self.index(self.head.wrapping_add(of_word));
        self.live.insert_run(second, count - of_word);
        self.head = self.head.wrapping_add(count);
    }

    /// How far from the tail a word ends before which `count` numbers count, or all that do. None where that is far, so
    /// that it costs little to ask.
    #[inline]
    pub(crate) fn reach(&self, count: u32) -> Option<u32> {
        let (mut reach, mut counted) = (0, 0);
        while counted < count && reach < self.span() {
            if reach >= REACH_MAX {
                return None;
            }
            let index = self.index(self.tail.wrapping_add(reach));
            counted += self.live.count_from(index);
            reach += 64 - index % 64;
        }
        Some(reach)
    }

    /// The oldest `count` numbers that count do so no more; there are as many.
    #[inline]
    pub(crate) fn drop_oldest(&mut self, mut count: u32) {
        while count > 0 {
            let index = self.index(self.tail);
            count -= self.live.take_first(index, count);
            self.tail = self.tail.wrapping_add(self.live.absent_from(index).min(self.span()));
        }
    }

    /// Nothing before `number`, which is between tail and head, counts any more: how many did.
    #[inline]
    pub(crate) fn drop_before(&mut self, number: u32) -> u32 {
        let mut dropped = 0;
        while self.tail != number {
            let index = self.index(self.tail);
            let of_word = number.wrapping_sub(self.tail).min(64 - index % 64);
            dropped += self.live.take_run(index, of_word);
            self.tail = self.tail.wrapping_add(of_word);
        }
        dropped
    }
}

/// The first number of a ring: of index 0, and so little before they wrap that every run of some length passes that.
fn start(ring: u32) -> u32 {
    0_u32.wrapping_sub(ring)
}
