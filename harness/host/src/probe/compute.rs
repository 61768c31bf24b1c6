//! Kernels by format: over rows that stay in the cache, and over rows that come from DRAM as a token's do.

use std::{hint::black_box, time::Instant};

use super::{Effort, Spread, flash::Noise};
use crate::{
    jobs::elapsed_ns,
    kernels::{Format, Level, Vector},
};

/// Weights of a row: of the order of a small model's width.
const ROW: usize = 1024;
/// Weights that come from DRAM: far beyond any cache in every format.
const WEIGHTS: usize = 64 << 20;
/// Rows that stay in the first cache.
const CACHED_ROWS: usize = 8;

/// Operations a second, two a weight.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    /// The format.
    pub format: Format,
    /// Over rows in the cache.
    pub peak: Spread,
    /// Over rows from DRAM: half of the weights in order, as dense parts are read, half as scattered neurons.
    pub attained: Spread,
}

/// Measures all formats.
pub(super) fn rates(effort: Effort) -> Vec<Rates> {
    let level = Level::detect();
    let vector = Vector::new((0..ROW).map(|place| (place % 19) as f32 / 19.0 - 0.5).collect());
    let mut noise = Noise(3);
    let of_format = |format: Format| {
        let row_bytes = format.bytes(ROW);
        let mut bytes = vec![0_u8; row_bytes * (WEIGHTS / ROW)];
        bytes.chunks_exact_mut(8).for_each(|place| place.copy_from_slice(&noise.next().to_le_bytes()));
        bytes.chunks_exact_mut(row_bytes).for_each(|row| format.tame(row));
        let per_s = |weights: usize, start: Instant| 2.0 * weights as f64 * 1e9 / elapsed_ns(start) as f64;
        let cached = || {
            let start = Instant::now();
            for round in 0..4096 {
                let row = round % CACHED_ROWS * row_bytes;
                black_box(level.dot(format, &bytes[row..row + row_bytes], &vector));
            }
            per_s(4096 * ROW, start)
        };
        let from_dram = || pass(level, format, &bytes, &vector);
        let repeat = |once: &dyn Fn() -> f64| Spread::of((0..effort.repeats).map(|_| once()).collect());
        Rates { format, peak: repeat(&cached), attained: repeat(&from_dram) }
    };
    Format::ALL.map(of_format).to_vec()
}

/// A pass over all rows: the first half in order, the second as neurons of three rows in a scattered order.
fn pass(level: Level, format: Format, bytes: &[u8], vector: &Vector) -> f64 {
    let row_bytes = format.bytes(ROW);
    let rows = bytes.len() / row_bytes;
    let (dense, sparse) = bytes.split_at(rows / 2 * row_bytes);
    let start = Instant::now();
    let mut total = 0.0;
    for row in dense.chunks_exact(row_bytes) {
        total += level.dot(format, row, vector);
    }
    let neurons = sparse.len() / row_bytes / 3;
    let mut sums = vec![0.0; ROW];
    for number in 0..neurons {
        // A step that shares no factor with a power of two visits every place once.
        let first = number * 7919 % neurons * 3 * row_bytes;
        let [up, down, gate] = [0, 1, 2].map(|part| &sparse[first + part * row_bytes..][..row_bytes]);
        let active = level.dot(format, up, vector) * level.dot(format, gate, vector);
        level.add_scaled(format, down, active, &mut sums);
    }
    black_box((total, sums));
    2.0 * ((rows / 2 + 3 * neurons) * ROW) as f64 * 1e9 / elapsed_ns(start) as f64
}
