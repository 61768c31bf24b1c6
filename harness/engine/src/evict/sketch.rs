//! A count-min sketch: how often a bundle was used, in far less memory than a count of every bundle ever seen would
//! take.
//!
//! Ten counters a bundle, found by double hashing; the count is their minimum, never too low and rarely too high.
//! Built as libCacheSim builds its own, so that W-TinyLFU agrees with it to the digit: 14.4 counters an entry (an
//! error of 0.1 %: ln 0.001 / ln² 2), the two hashes the lower halves of XXH64 with its seeds, and every one of the
//! ten counters rises with a use, also where it is not the least.
//!
//! A counter is a byte, so that ten of them anywhere are near the processor. Counts from 128 on go round in its upper half,
//! and a second byte somewhere else, which is rarely asked, has the rounds. They stop at 32 895, where libCacheSim's go on
//! to 2^32: that tells only between two bundles used more often than that since the last halvings.

use alloc::{vec, vec::Vec};
use core::hint::black_box;

use crate::geometry::BundleId;

/// Counters of a bundle.
const HASHES: usize = 10;
/// Counters an entry, -ln 0.001 / ln² 2 = 14.377587..., with 49 fraction bits.
const COUNTERS_AN_ENTRY: u128 = 8_093_862_250_619_341;
const FRACTION_BITS: u32 = 49;
const SEEDS: [u64; 2] = [0x1234_5678, 0x1234_4321];

/// Counts from here on go round: 128, ..., 255, 128.
const ROUND: u8 = 128;

/// The counters of one bundle.
#[derive(Clone, Copy, Debug, Default)]
pub struct Places([u32; HASHES]);

/// Counts of uses by bundle, approximately.
#[derive(Clone, Debug)]
pub struct Sketch {
    counters: Vec<u8>,
    /// How often each counter went round.
    rounds: Vec<u8>,
    /// 2^64 over the number of counters, rounded up: remainders by two multiplications (Lemire et al. 2019).
    reciprocal: u64,
}

impl Sketch {
    /// A sketch that is rarely wrong about `entries` bundles.
    ///
    /// # Panics
    /// If the number of counters does not fit 31 bits.
    #[must_use]
    pub fn new(entries: u64) -> Self {
        let exact = u128::from(entries) * COUNTERS_AN_ENTRY;
        let counters = usize::try_from(exact.div_ceil(1 << FRACTION_BITS)).expect("counters fit memory");
        assert!(counters < 1 << 31, "a sketch of {counters} counters");
        let counters = if counters < HASHES { 2 * HASHES } else { counters };
        Self { counters: vec![0; counters], rounds: vec![0; counters], reciprocal: u64::MAX / counters as u64 + 1 }
    }

    /// Where a bundle is counted.
    #[must_use]
    #[inline]
    pub fn places(&self, bundle: BundleId) -> Places {
        let mut places = Places::default();
        places.0.iter_mut().zip(Self::hashes(bundle)).for_each(|(place, hash)| *place = self.place(hash));
        places
    }

    /// Counts a use of a bundle.
    #[inline]
    pub fn count(&mut self, bundle: BundleId) {
        for hash in Self::hashes(bundle).take(HASHES) {
            self.count_at(self.place(hash));
        }
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "lower halves")]
    fn hashes(bundle: BundleId) -> impl Iterator<Item = u32> + use<> {
        let [first, second] = SEEDS.map(|seed| xxh64(u64::from(bundle), seed) as u32);
        core::iter::successors(Some(first), move |hash| Some(hash.wrapping_add(second)))
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "a remainder by a number of 31 bits")]
    fn place(&self, hash: u32) -> u32 {
        let fraction = self.reciprocal.wrapping_mul(u64::from(hash));
        ((u128::from(fraction) * self.counters.len() as u128) >> 64) as u32
    }

    #[inline]
    fn count_at(&mut self, place: u32) {
        let counter = &mut self.counters[place as usize];
        *counter = counter.wrapping_add(1);
        if *counter == 0 {
            self.go_round(place);
        }
    }

    /// Fetches the counters of a bundle from memory, all at once. Changes nothing.
    #[inline]
    pub fn fetch(&self, places: &Places) {
        black_box(places.0.iter().fold(0, |all, &place| all ^ self.counters[place as usize]));
    }

    /// How often the bundle counted at `places` was used, at most.
    #[must_use]
    #[inline]
    pub fn estimate(&self, places: &Places) -> u16 {
        let least = places.0.iter().fold(u8::MAX, |least, &place| least.min(self.counters[place as usize]));
        if least < ROUND { u16::from(least) } else { self.estimate_rounds(places) }
    }

    /// Counts a use of the bundle counted at `places`.
    #[inline]
    pub fn add(&mut self, places: &Places) {
        places.0.iter().for_each(|&place| self.count_at(place));
    }

    /// Halves every count, so that old uses fade.
    pub fn halve(&mut self) {
        for (counter, rounds) in self.counters.iter_mut().zip(&mut self.rounds) {
            let half = count_of(*counter, *rounds) / 2;
            let [low, high] = [half % u16::from(ROUND), half / u16::from(ROUND)].map(|part| part.to_le_bytes()[0]);
            *counter = if high == 0 { low } else { ROUND + low };
            *rounds = high.saturating_sub(1);
        }
    }

    #[cold]
    fn estimate_rounds(&self, places: &Places) -> u16 {
        let counts = places.0.iter().map(|&place| count_of(self.counters[place as usize], self.rounds[place as usize]));
        counts.fold(u16::MAX, u16::min)
    }

    #[cold]
    fn go_round(&mut self, place: u32) {
        let [counter, rounds] = [&mut self.counters, &mut self.rounds].map(|bytes| &mut bytes[place as usize]);
        *counter = if *rounds == u8::MAX { u8::MAX } else { ROUND };
        *rounds = rounds.saturating_add(1);
    }
}

/// What a counter says that went round so often.
fn count_of(counter: u8, rounds: u8) -> u16 {
    u16::from(counter) + u16::from(ROUND) * u16::from(rounds)
}

const PRIMES: [u64; 5] =
    [0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9, 0x85EB_CA77_C2B2_AE63, 0x27D4_EB2F_1656_67C5];

/// XXH64 of eight bytes (the specification's steps 1, 5 and 6 for an input of that length).
fn xxh64(input: u64, seed: u64) -> u64 {
    let lane = input.wrapping_mul(PRIMES[1]).rotate_left(31).wrapping_mul(PRIMES[0]);
    let mut hash = seed.wrapping_add(PRIMES[4]).wrapping_add(8) ^ lane;
    hash = hash.rotate_left(27).wrapping_mul(PRIMES[0]).wrapping_add(PRIMES[3]);
    hash = (hash ^ hash >> 33).wrapping_mul(PRIMES[1]);
    hash = (hash ^ hash >> 29).wrapping_mul(PRIMES[2]);
    hash ^ hash >> 32
}

#[cfg(test)]
mod tests {
    use super::{SEEDS, xxh64};

    #[test]
    fn the_hash_is_the_specified_one() {
        // From `xxhash.xxh64_intdigest(number.to_bytes(8, "little"), seed)` of the Python package xxhash.
        assert_eq!(xxh64(0, 0), 0x34C9_6ACD_CADB_1BBB);
        assert_eq!(xxh64(123_456_789, SEEDS[0]), 0x0F9F_F923_BC79_7B26);
        assert_eq!(xxh64(6143, SEEDS[1]), 0xD338_9213_6F0C_9512);
    }
}
