//! Kernels that really compute over rows of stored weights: products with a vector, and sums of scaled rows.
//!
//! Each format has a portable loop, which is the definition, and an AVX2 one, chosen when the program runs. The formats are
//! those of GGUF, block by block: an `f16` scale (and minimum), then the numbers; the low halves of 4-bit bytes are the first
//! sixteen numbers of a block.

mod attention;
#[cfg(target_arch = "x86_64")]
mod avx2;
mod columns;
mod format;
mod portable;
mod vector;

pub use attention::Attention;
pub use columns::{Column, Columns};
pub use format::Format;
pub use vector::Vector;

/// Which loops are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Plain loops, which the compiler may vectorise.
    Portable,
    /// x86 with AVX2, FMA and F16C. Only [`Level::detect`] makes it, where the processor has them.
    #[non_exhaustive]
    Avx2,
}

impl Level {
    /// The best that this processor has.
    #[must_use]
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c") {
            return Self::Avx2;
        }
        Self::Portable
    }

    /// Asks for bytes that will be read soon, so that memory brings them meanwhile.
    #[inline]
    pub fn fetch(self, bytes: &[u8]) {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => avx2::fetch(bytes),
            _ => {}
        }
    }

    /// The product of a row and a vector; of the longer one the end is left out.
    #[must_use]
    #[inline]
    pub fn dot(self, format: Format, row: &[u8], vector: &Vector) -> f32 {
        match self {
            Self::Portable => portable::dot(format, row, vector),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `detect` is the one place that makes this level (other crates can't), and it found the features.
            #[expect(unsafe_code, reason = "calls what needs processor features")]
            Self::Avx2 => unsafe { avx2::dot(format, row, vector) },
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 => portable::dot(format, row, vector),
        }
    }

    /// Adds `scale` times a row to `sums`; of the longer one the end is left out.
    pub fn add_scaled(self, format: Format, row: &[u8], scale: f32, sums: &mut [f32]) {
        match self {
            Self::Portable => portable::add_scaled(format, row, scale, sums),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            #[expect(unsafe_code, reason = "calls what needs processor features")]
            Self::Avx2 => unsafe { avx2::add_scaled(format, row, scale, sums) },
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 => portable::add_scaled(format, row, scale, sums),
        }
    }

    /// The product of a row of floats and others; of the longer one the end is left out.
    #[must_use]
    pub fn dot_floats(self, row: &[u8], values: &[f32]) -> f32 {
        let count = (row.len() / 4).min(values.len());
        let (row, values) = (&row[..4 * count], &values[..count]);
        match self {
            Self::Portable => portable::dot_floats(Format::F32, row, values),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            #[expect(unsafe_code, reason = "calls what needs processor features")]
            Self::Avx2 => unsafe { avx2::dot_floats::<4>(row, values) },
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 => portable::dot_floats(Format::F32, row, values),
        }
    }

    fn add_columns(self, format: Format, part: &columns::Part<'_>, sums: &mut [f32]) {
        match self {
            Self::Portable => portable::add_columns(format, part, sums),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            #[expect(unsafe_code, reason = "calls what needs processor features")]
            Self::Avx2 => unsafe { avx2::add_columns(format, part, sums) },
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 => portable::add_columns(format, part, sums),
        }
    }
}
