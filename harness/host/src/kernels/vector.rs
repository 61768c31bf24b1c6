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
    /// What a number of each block is worth, and what all of them are together.
    pub(super) worths: Vec<[f32; 2]>,
}

impl Vector {
    /// A vector of these values; what does not fill a block is padded with zeroes in the integer form.
    #[must_use]
    pub fn new(values: Vec<f32>) -> Self {
        let blocks = values.len().div_ceil(BLOCK);
        let mut vector = Self { values, numbers: vec![0; blocks * BLOCK], worths: vec![[0.0; 2]; blocks] };
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
        for ((values, numbers), worth) in blocks.zip(&mut self.worths) {
            let (scale, total) = quantize(values, numbers);
            *worth = [scale, scale * total as f32];
        }
    }

    /// Blocks of a row in `format` that this vector covers.
    #[inline]
    pub(super) fn blocks(&self, format: Format, row: &[u8]) -> usize {
        (row.len() / format.block_bytes()).min(self.values.len() / format.block_weights())
    }
}

/// Adding it rounds a float of at most 2^22 to a whole number, which are then its lower bits: 1.5 x 2^23.
const ROUNDING: f32 = 12_582_912.0;

/// Rounds up to a block of values to whole numbers of at most 127, halves to the even one. Returns what one is worth, and
/// the sum of all.
pub(super) fn quantize(values: &[f32], numbers: &mut [i8]) -> (f32, i32) {
    // Magnitudes are in the order of their bits, which several at once are compared by.
    let magnitude = |value: &f32| (value.to_bits() & !(1 << 31)).cast_signed();
    let largest = f32::from_bits(values.iter().map(magnitude).fold(0, i32::max).cast_unsigned());
    let inverse = if largest == 0.0 { 0.0 } else { 127.0 / largest };
    let mut total = 0_i32;
    for (number, value) in numbers.iter_mut().zip(values) {
        let [whole, ..] = (value * inverse + ROUNDING).to_le_bytes();
        *number = whole.cast_signed();
        total += i32::from(*number);
    }
    (largest / 127.0, total)
}
