//! Number formats of stored weights, with the bytes of their blocks: scales and minima included.

use serde::Deserialize;
use tightfit_devices::WeightFormat;

/// A number format of stored weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[expect(non_camel_case_types, reason = "the formats' own names, as files and people write them")]
pub enum Format {
    /// 32-bit floating point.
    F32,
    /// 16-bit floating point.
    F16,
    /// 16-bit brain floating point.
    BF16,
    /// GGUF: 8.5 bits.
    Q8_0,
    /// GGUF: 4.5 bits.
    Q4_0,
    /// GGUF: 5 bits, with a minimum.
    Q4_1,
    /// GGUF: 5.5 bits.
    Q5_0,
    /// GGUF: 6 bits, with a minimum.
    Q5_1,
    /// GGUF super-block of 256: 2.625 bits.
    Q2_K,
    /// GGUF super-block of 256: 3.4375 bits.
    Q3_K,
    /// GGUF super-block of 256: 4.5 bits.
    Q4_K,
    /// GGUF super-block of 256: 5.5 bits.
    Q5_K,
    /// GGUF super-block of 256: 6.5625 bits.
    Q6_K,
    /// GGUF: 1.5625 bits.
    IQ1_S,
    /// GGUF: 1.75 bits.
    IQ1_M,
    /// GGUF: 2.0625 bits.
    IQ2_XXS,
    /// GGUF: 2.3125 bits.
    IQ2_XS,
    /// GGUF: 2.5625 bits.
    IQ2_S,
    /// GGUF: 3.0625 bits.
    IQ3_XXS,
    /// GGUF: 3.4375 bits.
    IQ3_S,
    /// GGUF super-block of 256 non-linear 4-bit weights: 4.25 bits.
    IQ4_XS,
    /// GGUF: 32 non-linear 4-bit weights and a 16-bit scale, 4.5 bits.
    IQ4_NL,
    /// GGUF ternary: 1.6875 bits.
    TQ1_0,
    /// GGUF ternary: 2.0625 bits.
    TQ2_0,
    /// 32 4-bit floats and an 8-bit exponent, 4.25 bits.
    MXFP4,
    /// MLX: 64 2-bit weights, a 16-bit scale and a 16-bit bias, 2.5 bits.
    MLX2,
    /// MLX: the same with 3-bit weights, 3.5 bits.
    MLX3,
    /// MLX: the same with 4-bit weights, 4.5 bits.
    MLX4,
    /// MLX: the same with 5-bit weights, 5.5 bits.
    MLX5,
    /// MLX: the same with 6-bit weights, 6.5 bits.
    MLX6,
    /// MLX: the same with 8-bit weights, 8.5 bits.
    MLX8,
    /// MLX in groups of 32: 3 bits + 1.
    MLX3G32,
    /// MLX in groups of 32: 4 bits + 1.
    MLX4G32,
    /// MLX in groups of 32: 5 bits + 1.
    MLX5G32,
    /// MLX in groups of 32: 6 bits + 1.
    MLX6G32,
    /// MLX in groups of 32: 8 bits + 1.
    MLX8G32,
    /// MLX in groups of 128: 3 bits + 0.25.
    MLX3G128,
    /// MLX in groups of 128: 4 bits + 0.25.
    MLX4G128,
    /// MLX in groups of 128: 6 bits + 0.25.
    MLX6G128,
    /// MLX in groups of 128: 8 bits + 0.25.
    MLX8G128,
    /// 8-bit integers; the scale of a row of thousands is not counted.
    I8,
    /// 4-bit integers; the scale of a row of thousands is not counted.
    I4,
    /// 2-bit integers; the scale of a row of thousands is not counted.
    I2,
    /// `ExecuTorch` 8da4w: 32 4-bit weights and a 32-bit scale, 5 bits.
    Q4G32,
    /// 32 4-bit weights and a 16-bit scale, 4.5 bits, as `LiteRT` has them.
    I4G32,
    /// 128 4-bit weights and a 16-bit scale, 4.125 bits.
    I4G128,
    /// 256 4-bit weights and a 16-bit scale, 4.0625 bits.
    I4G256,
    /// Core ML: 4-bit indices; a table of 16 entries for many rows is not counted.
    LUT4,
    /// Core ML: 6-bit indices; tables are not counted.
    LUT6,
    /// Core ML: 8-bit indices; tables are not counted.
    LUT8,
}

impl Format {
    /// Weights of one block, and its bytes.
    #[must_use]
    pub const fn block(self) -> (u64, u64) {
        match self {
            Self::F32 => (1, 4),
            Self::F16 | Self::BF16 => (1, 2),
            Self::I8 | Self::LUT8 => (1, 1),
            Self::LUT6 => (4, 3),
            Self::I4 | Self::LUT4 => (2, 1),
            Self::I2 => (4, 1),
            Self::Q8_0 => (32, 34),
            Self::Q4_0 | Self::IQ4_NL | Self::I4G32 => (32, 18),
            Self::Q4_1 | Self::Q4G32 | Self::MLX4G32 => (32, 20),
            Self::Q5_0 => (32, 22),
            Self::Q5_1 | Self::MLX5G32 => (32, 24),
            Self::MXFP4 => (32, 17),
            Self::Q2_K => (256, 84),
            Self::Q3_K | Self::IQ3_S => (256, 110),
            Self::Q4_K => (256, 144),
            Self::Q5_K => (256, 176),
            Self::Q6_K => (256, 210),
            Self::IQ1_S => (256, 50),
            Self::IQ1_M => (256, 56),
            Self::IQ2_XXS | Self::TQ2_0 => (256, 66),
            Self::IQ2_XS => (256, 74),
            Self::IQ2_S => (256, 82),
            Self::IQ3_XXS => (256, 98),
            Self::IQ4_XS => (256, 136),
            Self::TQ1_0 => (256, 54),
            Self::MLX2 => (64, 20),
            Self::MLX3 => (64, 28),
            Self::MLX4 => (64, 36),
            Self::MLX5 => (64, 44),
            Self::MLX6 => (64, 52),
            Self::MLX8 => (64, 68),
            Self::MLX3G32 => (32, 16),
            Self::MLX6G32 => (32, 28),
            Self::MLX8G32 => (32, 36),
            Self::MLX3G128 => (128, 52),
            Self::MLX4G128 => (128, 68),
            Self::MLX6G128 => (128, 100),
            Self::MLX8G128 => (128, 132),
            Self::I4G128 => (128, 66),
            Self::I4G256 => (256, 130),
        }
    }

    /// Bytes of so many weights, rounded up to a whole byte: 576 weights of 5 bits are 360 bytes.
    #[must_use]
    pub const fn bytes(self, weights: u64) -> u64 {
        let (block_weights, block_bytes) = self.block();
        let (blocks, rest) = (weights / block_weights, weights % block_weights);
        blocks * block_bytes + (rest * block_bytes).div_ceil(block_weights)
    }

    /// What a processor must do to turn it into numbers.
    #[must_use]
    pub const fn family(self) -> WeightFormat {
        match self {
            Self::F32 => WeightFormat::Float32,
            Self::F16 | Self::BF16 => WeightFormat::Float16,
            Self::Q8_0 | Self::MLX8 | Self::MLX8G32 | Self::MLX8G128 | Self::I8 => WeightFormat::Int8,
            Self::MLX6 | Self::MLX6G32 | Self::MLX6G128 => WeightFormat::Int6,
            Self::Q5_0 | Self::Q5_1 | Self::MLX5 | Self::MLX5G32 => WeightFormat::Int5,
            Self::Q4_0
            | Self::Q4_1
            | Self::MLX4
            | Self::MLX4G32
            | Self::MLX4G128
            | Self::Q4G32
            | Self::I4
            | Self::I4G32
            | Self::I4G128
            | Self::I4G256 => WeightFormat::Int4,
            Self::MLX3 | Self::MLX3G32 | Self::MLX3G128 => WeightFormat::Int3,
            Self::MLX2 | Self::I2 => WeightFormat::Int2,
            Self::Q6_K => WeightFormat::Super6,
            Self::Q5_K => WeightFormat::Super5,
            Self::Q4_K => WeightFormat::Super4,
            Self::Q3_K => WeightFormat::Super3,
            Self::Q2_K => WeightFormat::Super2,
            Self::IQ4_XS | Self::IQ4_NL | Self::MXFP4 | Self::LUT4 | Self::LUT6 | Self::LUT8 => WeightFormat::Table,
            Self::IQ1_S | Self::IQ1_M | Self::IQ2_XXS | Self::IQ2_XS | Self::IQ2_S | Self::IQ3_XXS | Self::IQ3_S => {
                WeightFormat::Grid
            }
            Self::TQ1_0 | Self::TQ2_0 => WeightFormat::Ternary,
        }
    }
}
