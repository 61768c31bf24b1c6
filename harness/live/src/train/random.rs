//! Random numbers that depend on seed, use and place alone: a resumed training draws what an unbroken one would.

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

/// A stream of its own for a use and a place.
pub(crate) fn stream(seed: u64, usage: &str, place: u32) -> Stream {
    let mut hasher = Sha256::new();
    hasher.update(seed.to_le_bytes());
    hasher.update(place.to_le_bytes());
    hasher.update(usage.as_bytes());
    Stream(ChaCha8Rng::from_seed(hasher.finalize().into()))
}

/// See [`stream`].
pub(crate) struct Stream(ChaCha8Rng);

impl Stream {
    /// A whole number below `limit`, which is far below 2^32: the bias of a remainder does not matter.
    #[expect(clippy::cast_possible_truncation, reason = "below the limit, which is a usize")]
    pub(super) fn below(&mut self, limit: usize) -> usize {
        (self.0.next_u64() % limit as u64) as usize
    }

    /// Normal numbers of mean 0 and this deviation (Box and Muller's pairs).
    #[expect(clippy::cast_possible_truncation, reason = "weights are 32-bit floats")]
    pub(crate) fn normal(&mut self, count: usize, deviation: f64) -> Vec<f32> {
        let mut values = Vec::with_capacity(count + 1);
        while values.len() < count {
            let (radius, angle) = ((-2.0 * self.share().ln()).sqrt(), std::f64::consts::TAU * self.share());
            values.push((deviation * radius * angle.cos()) as f32);
            values.push((deviation * radius * angle.sin()) as f32);
        }
        values.truncate(count);
        values
    }

    /// Above 0 and at most 1.
    fn share(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }
}
