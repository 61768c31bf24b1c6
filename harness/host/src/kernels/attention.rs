//! Attention over a KV cache of 16-bit floats: scores, their softmax, the weighted sum of values.

use half::f16;

use super::{Format, Level, Vector};

/// The shape of a layer's attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attention {
    /// Query heads.
    pub heads: usize,
    /// Heads of keys and values; each serves the same number of query heads.
    pub kv_heads: usize,
    /// Width of a head.
    pub head_dim: usize,
}

impl Attention {
    /// Bytes of one position's keys and values.
    #[must_use]
    pub fn position_bytes(&self) -> usize {
        2 * 2 * self.kv_heads * self.head_dim
    }

    /// One query against the positions of `cache`, each its keys, then its values; the result goes to `out`, head after head.
    ///
    /// # Panics
    /// If `scores` has no room for a score a position, or `out` none for every head.
    pub fn run(&self, level: Level, query: &Vector, cache: &[u8], scores: &mut [f32], out: &mut [f32]) {
        let positions = cache.len() / self.position_bytes();
        let scores = &mut scores[..positions];
        let head_bytes = 2 * self.head_dim;
        for head in 0..self.heads {
            let own = head * self.kv_heads / self.heads * head_bytes;
            let values_at = self.kv_heads * head_bytes + own;
            let mut highest = f32::NEG_INFINITY;
            for (score, position) in scores.iter_mut().zip(cache.chunks_exact(self.position_bytes())) {
                *score = level.dot(Format::F16, &position[own..own + head_bytes], query);
                highest = highest.max(*score);
            }
            let mut total = 0.0;
            for score in scores.iter_mut() {
                *score = (*score - highest).exp();
                total += *score;
            }
            let out = &mut out[head * self.head_dim..][..self.head_dim];
            out.fill(0.0);
            for (score, position) in scores.iter().zip(cache.chunks_exact(self.position_bytes())) {
                level.add_scaled(Format::F16, &position[values_at..values_at + head_bytes], score / total, out);
            }
        }
    }

    /// Writes keys and values of a position: these numbers, over and over.
    pub fn write(&self, values: &[f32], position: &mut [u8]) {
        for (place, value) in position[..self.position_bytes()].chunks_exact_mut(2).zip(values.iter().cycle()) {
            place.copy_from_slice(&f16::from_f32(*value).to_le_bytes());
        }
    }
}
