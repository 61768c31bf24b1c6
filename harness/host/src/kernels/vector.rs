//! A vector that rows are multiplied with: its floats, and the same in blocks of 8-bit numbers for rows that are stored in
//! integers.

use super::format::Format;

/// Numbers of a block.
pub(super) const BLOCK: usize = 32;

/// A vector.
#[derive(Clone, Debug)]
pub struct Vector {
    pub(super) values: Vec<f32>,
    pub(super) numbers: Vec<i8>,
    /// Scale of each block.
    pub(super) scales: Vec<f32>,
    /// Scale times the sum of each block's numbers.
    pub(super) sums: Vec<f32>,
}

impl Vector {
    /// A vector of these values; what does not fill a block is padded with zeroes in the integer form.
    #[must_use]
    pub fn new(values: Vec<f32>) -> Self {
        let blocks = values.len().div_ceil(BLOCK);
        let mut vector =
            Self { values, numbers: vec![0; blocks * BLOCK], scales: vec![0.0; blocks], sums: vec![0.0; blocks] };
        vector.quantize();
        vector
    }

    /// Number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The values.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Takes other values, as many as before.
    ///
    /// # Panics
    /// If they are not as many.
    pub fn set(&mut self, values: &[f32]) {
        self.values.copy_from_slice(values);
        self.quantize();
    }

    fn quantize(&mut self) {
        let blocks = self.values.chunks(BLOCK).zip(self.numbers.chunks_exact_mut(BLOCK));
        for ((values, numbers), (scale, sum)) in blocks.zip(self.scales.iter_mut().zip(&mut self.sums)) {
            let total;
            (*scale, total) = quantize(values, numbers);
            *sum = *scale * total as f32;
        }
    }

    /// Blocks of a row in `format` that this vector covers.
    pub(super) fn blocks(&self, format: Format, row: &[u8]) -> usize {
        (row.len() / format.block_bytes()).min(self.values.len() / format.block_weights())
    }
}

/// Rounds up to a block of values to whole numbers of at most 127. Returns what one is worth, and the sum of all.
#[expect(clippy::cast_possible_truncation, reason = "at most 127 by the choice of the scale")]
pub(super) fn quantize(values: &[f32], numbers: &mut [i8]) -> (f32, i32) {
    let largest = values.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    let inverse = if largest == 0.0 { 0.0 } else { 127.0 / largest };
    let mut total = 0_i32;
    for (number, value) in numbers.iter_mut().zip(values) {
        // Halves go to the even number, as the processor rounds.
        let whole = (value * inverse).round_ties_even() as i32;
        total += whole;
        *number = whole as i8;
    }
    (largest / 127.0, total)
}
