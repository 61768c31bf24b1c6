//! DRAM: how fast one thread and all of them read it, and how fast one copies.

use std::{hint::black_box, thread, time::Instant};

use super::{Effort, Spread};
use crate::{
    Buffer, HostError,
    jobs::elapsed_ns,
    kernels::{Format, Level, Vector},
};

/// Far beyond any cache.
const BYTES: usize = 256 << 20;

/// Bytes a second.
#[derive(Clone, Copy, Debug)]
pub struct Bandwidth {
    /// One thread reads.
    pub stream: Spread,
    /// All threads read.
    pub peak: Spread,
    /// One thread copies: bytes copied.
    pub copy: Spread,
}

/// Measures it.
pub(super) fn bandwidth(effort: Effort) -> Result<Bandwidth, HostError> {
    let failed = |problem: std::io::Error| HostError::Unsupported(format!("no memory to measure: {problem}"));
    let mut buffer = Buffer::new(2 * BYTES).map_err(failed)?;
    buffer.touch(0, 2 * BYTES);
    // SAFETY: the buffer is this function's alone, and the halves do not overlap; nothing writes while threads read.
    #[expect(unsafe_code, reason = "reads a buffer of its own")]
    let source = unsafe { buffer.range(0, BYTES) };
    let per_s = |bytes: usize, start: Instant| bytes as f64 * 1e9 / elapsed_ns(start) as f64;
    let repeat = |once: &dyn Fn() -> f64| Spread::of((0..effort.repeats).map(|_| once()).collect());
    let (level, ones) = (Level::detect(), Vector::new(vec![1.0; 2048]));
    let stream = repeat(&|| {
        let start = Instant::now();
        black_box(sum(level, source, &ones));
        per_s(BYTES, start)
    });
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let peak = repeat(&|| {
        let start = Instant::now();
        thread::scope(|scope| {
            for part in source.chunks(BYTES.div_ceil(threads)) {
                scope.spawn(|| black_box(sum(level, part, &ones)));
            }
        });
        per_s(BYTES, start)
    });
    let copy = repeat(&|| {
        let start = Instant::now();
        // SAFETY: as above; no thread reads any more.
        #[expect(unsafe_code, reason = "copies within a buffer of its own")]
        unsafe {
            buffer.copy(0, BYTES, BYTES);
        }
        per_s(BYTES, start)
    });
    Ok(Bandwidth { stream, peak, copy })
}

/// The sum of all floats, by the loop that multiplies rows: one row after the other, times a vector that stays in the
/// cache.
fn sum(level: Level, bytes: &[u8], ones: &Vector) -> f32 {
    bytes.chunks_exact(4 * ones.len()).map(|row| level.dot(Format::F32, row, ones)).sum()
}
