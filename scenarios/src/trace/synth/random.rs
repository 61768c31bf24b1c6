//! Random streams by name and place, so that a layer's sets do not depend on what other layers drew.

use rand::{Rng, SeedableRng, rngs::ChaCha8Rng};

/// The random numbers of one use at one (token, layer).
#[derive(Debug)]
pub(super) struct Random(ChaCha8Rng);

impl Random {
    pub(super) fn at(seed: u64, name: [u8; 8], token: u64, layer: u32) -> Self {
        let mut key = [0; 32];
        let numbers = [seed, u64::from_le_bytes(name), token, u64::from(layer)];
        for (place, number) in key.chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// Any number.
    pub(super) fn number(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// A number below `bound`, each equally likely to 1 in 2^32.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        let scaled = u64::from(self.number()) * u64::from(bound);
        u32::try_from(scaled >> 32).expect("below a number of 32 bits")
    }

    /// True with a chance of `share`.
    pub(super) fn happens(&mut self, share: f64) -> bool {
        self.number() < threshold(share)
    }
}

/// A chance as the number of 2^32 - 1 that a draw must be below.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range of u32")]
pub(super) fn threshold(share: f64) -> u32 {
    (share.clamp(0.0, 1.0) * f64::from(u32::MAX)).round() as u32
}
