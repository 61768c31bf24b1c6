//! Number formats that have kernels, their blocks, and how floats are stored in them.

use half::f16;

/// A number format of stored weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// 32-bit floating point.
    F32,
    /// 16-bit floating point.
    F16,
    /// Blocks of 32: an `f16` scale and 8-bit numbers.
    Q8_0,
    /// Blocks of 32: an `f16` scale and 4-bit numbers less 8.
    Q4_0,
    /// Blocks of 32: an `f16` scale, an `f16` minimum and 4-bit numbers.
    Q4_1,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::F32, Self::F16, Self::Q8_0, Self::Q4_0, Self::Q4_1];

    /// The format's own name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::F32 => "F32",
            Self::F16 => "F16",
            Self::Q8_0 => "Q8_0",
            Self::Q4_0 => "Q4_0",
            Self::Q4_1 => "Q4_1",
        }
    }

    /// Weights of a block.
    #[must_use]
    pub const fn block_weights(self) -> usize {
        match self {
            Self::F32 | Self::F16 => 1,
            Self::Q8_0 | Self::Q4_0 | Self::Q4_1 => 32,
        }
    }

    /// Bytes of a block.
    #[must_use]
    pub const fn block_bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 => 2,
            Self::Q8_0 => 34,
            Self::Q4_0 => 18,
            Self::Q4_1 => 20,
        }
    }

    /// Bytes of so many weights, in whole blocks.
    #[must_use]
    pub const fn bytes(self, weights: usize) -> usize {
        weights.div_ceil(self.block_weights()) * self.block_bytes()
    }

    /// Stores `values`, a whole number of blocks.
    ///
    /// # Panics
    /// If `into` is not as long as they need.
    pub fn store(self, values: &[f32], into: &mut [u8]) {
        assert_eq!(into.len(), self.bytes(values.len()), "{} weights of {}", values.len(), self.as_str());
        for (block, values) in into.chunks_exact_mut(self.block_bytes()).zip(values.chunks_exact(self.block_weights()))
        {
            match self {
                Self::F32 => block.copy_from_slice(&values[0].to_le_bytes()),
                Self::F16 => put(block, 0, values[0]),
                Self::Q8_0 => store_q8_0(block, values),
                Self::Q4_0 => store_q4_0(block, values),
                Self::Q4_1 => store_q4_1(block, values),
            }
        }
    }

    /// Makes weights of noise: numbers as they are, scales that keep values near those of a trained model, no infinity.
    pub fn tame(self, noise: &mut [u8]) {
        for block in noise.chunks_exact_mut(self.block_bytes()) {
            match self {
                // Sign and fraction are noise, the magnitude is from 1/16 to 1/8.
                Self::F32 => block.copy_from_slice(&{
                    let bits = u32::from_le_bytes([block[0], block[1], block[2], block[3]]);
                    (bits & 0x807F_FFFF | 0x3D80_0000).to_le_bytes()
                }),
                Self::F16 => block.copy_from_slice(&{
                    let bits = u16::from_le_bytes([block[0], block[1]]);
                    (bits & 0x83FF | 0x2C00).to_le_bytes()
                }),
                Self::Q8_0 => put(block, 0, 1.0 / 1024.0),
                Self::Q4_0 => put(block, 0, 1.0 / 64.0),
                Self::Q4_1 => {
                    put(block, 0, 1.0 / 64.0);
                    put(block, 2, -7.5 / 64.0);
                }
            }
        }
    }

    /// The values of a row, as far as `into` reaches.
    pub fn load(self, row: &[u8], into: &mut [f32]) {
        for (block, values) in row.chunks_exact(self.block_bytes()).zip(into.chunks_exact_mut(self.block_weights())) {
            match self {
                Self::F32 => values[0] = f32::from_le_bytes([block[0], block[1], block[2], block[3]]),
                Self::F16 => values[0] = half_at(block, 0),
                Self::Q8_0 => {
                    let scale = half_at(block, 0);
                    for (value, &number) in values.iter_mut().zip(&block[2..]) {
                        *value = scale * f32::from(number.cast_signed());
                    }
                }
                Self::Q4_0 | Self::Q4_1 => {
                    let (scale, minimum, numbers) = self.nibbles(block);
                    for (place, &pair) in numbers.iter().enumerate() {
                        values[place] = scale * f32::from(pair & 15) + minimum;
                        values[place + 16] = scale * f32::from(pair >> 4) + minimum;
                    }
                }
            }
        }
    }

    /// Scale, minimum and pairs of a 4-bit block.
    pub(super) fn nibbles(self, block: &[u8]) -> (f32, f32, &[u8]) {
        let scale = half_at(block, 0);
        if self == Self::Q4_0 { (scale, -8.0 * scale, &block[2..]) } else { (scale, half_at(block, 2), &block[4..]) }
    }
}

/// The `f16` at a byte of a block.
pub(super) fn half_at(block: &[u8], at: usize) -> f32 {
    f16::from_le_bytes([block[at], block[at + 1]]).to_f32()
}

fn put(block: &mut [u8], at: usize, value: f32) {
    block[at..at + 2].copy_from_slice(&f16::from_f32(value).to_le_bytes());
}

fn store_q8_0(block: &mut [u8], values: &[f32]) {
    let largest = values.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    let scale = largest / 127.0;
    put(block, 0, scale);
    for (byte, value) in block[2..].iter_mut().zip(values) {
        *byte = whole(value * inverse(scale), -127.0, 127.0).to_le_bytes()[0];
    }
}

fn store_q4_0(block: &mut [u8], values: &[f32]) {
    // The number of largest magnitude becomes -8, which is the end of the range that has one more.
    let largest = values
        .iter()
        .copied()
        .fold(0.0_f32, |largest, value| if value.abs() > largest.abs() { value } else { largest });
    let scale = largest / -8.0;
    put(block, 0, scale);
    let number = |value: f32| whole(value * inverse(scale) + 8.0, 0.0, 15.0).to_le_bytes()[0];
    for (place, byte) in block[2..].iter_mut().enumerate() {
        *byte = number(values[place]) | number(values[place + 16]) << 4;
    }
}

fn store_q4_1(block: &mut [u8], values: &[f32]) {
    let low = values.iter().copied().fold(f32::INFINITY, f32::min);
    let high = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let scale = (high - low) / 15.0;
    put(block, 0, scale);
    put(block, 2, low);
    let number = |value: f32| whole((value - low) * inverse(scale), 0.0, 15.0).to_le_bytes()[0];
    for (place, byte) in block[4..].iter_mut().enumerate() {
        *byte = number(values[place]) | number(values[place + 16]) << 4;
    }
}

fn inverse(scale: f32) -> f32 {
    if scale == 0.0 { 0.0 } else { 1.0 / scale }
}

/// The nearest whole number within bounds.
#[expect(clippy::cast_possible_truncation, reason = "within bounds that an i8 or a nibble has")]
fn whole(value: f32, low: f32, high: f32) -> i32 {
    value.round().clamp(low, high) as i32
}
