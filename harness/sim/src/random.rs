//! Random streams by name: one seed, one stream for each use, so that a new use changes no other's numbers.
//!
//! A stream is also told its place (a token, a layer), so that what is drawn there does not depend on what was drawn
//! before: grouping tokens differently, or asking twice, gives the same numbers. Chances are compared as integers.

use rand::{Rng, SeedableRng, rngs::ChaCha8Rng};

/// The random numbers of one use at one place.
#[derive(Debug)]
pub struct Random {
    generator: ChaCha8Rng,
}

impl Random {
    /// The stream `name` of `seed` at (`token`, `layer`).
    #[must_use]
    pub fn at(seed: u64, name: &str, token: u64, layer: u32) -> Self {
        let mut key = [0; 32];
        // FNV-1a: names differ, that is all that is asked.
        let hash = name
            .bytes()
            .fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3));
        for (place, number) in key.chunks_exact_mut(8).zip([seed, hash, token, u64::from(layer)]) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        Self { generator: ChaCha8Rng::from_seed(key) }
    }

    /// True with a chance of `share`, from 0 to 1.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 2^32, and not negative")]
    pub fn happens(&mut self, share: f64) -> bool {
        let threshold = (share * 4_294_967_296.0).round() as u64;
        u64::from(self.generator.next_u32()) < threshold
    }

    /// Fills `bytes` with noise.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        self.generator.fill_bytes(bytes);
    }

    /// A number below `bound`, each equally likely to within 1 in 2^64 / `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.generator.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// True with a chance of `wanted` in `left`.
    pub fn one_of(&mut self, wanted: usize, left: usize) -> bool {
        let scaled = (u128::from(self.generator.next_u64()) * left as u128) >> 64;
        scaled < wanted as u128
    }

    /// Adds `count` numbers below `bound` that are not in `taken` (ascending), each equally likely; all, where there are
    /// no more.
    pub fn add_others(&mut self, count: usize, bound: u32, taken: &[u32], into: &mut Vec<u32>) {
        let mut left = bound as usize - taken.len();
        let mut wanted = count.min(left);
        let mut taken = taken.iter().peekable();
        for number in 0..bound {
            if taken.next_if(|&&first| first == number).is_some() {
                continue;
            }
            if wanted == 0 {
                return;
            }
            if self.one_of(wanted, left) {
                into.push(number);
                wanted -= 1;
            }
            left -= 1;
        }
    }
}
