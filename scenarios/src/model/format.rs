//! Number formats of stored weights, with their real bits per weight, group scales included.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, IntoDeserializer, SeqAccess, Visitor},
};

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
    /// GGUF: 32 8-bit weights and a 16-bit scale, 8.5 bits.
    Q8_0,
    /// GGUF: 32 4-bit weights and a 16-bit scale, 4.5 bits.
    Q4_0,
    /// GGUF: 32 4-bit weights, a 16-bit scale and a 16-bit minimum, 5 bits.
    Q4_1,
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
    /// GGUF: 32 non-linear 4-bit weights and a 16-bit scale, 4.5 bits.
    IQ4_NL,
    /// 32 4-bit floats and an 8-bit exponent, 4.25 bits.
    MXFP4,
    /// MLX: 64 4-bit weights, a 16-bit scale and a 16-bit bias, 4.5 bits.
    MLX4,
    /// MLX: the same with 6-bit weights, 6.5 bits.
    MLX6,
    /// MLX: the same with 8-bit weights, 8.5 bits.
    MLX8,
    /// 8-bit integers; the scale of a row of thousands is not counted.
    I8,
    /// `ExecuTorch` 8da4w: 32 4-bit weights and a 32-bit scale, 5 bits.
    Q4G32,
}

impl Format {
    /// Sixty-fourths of a bit per weight, which hold every format and every half-and-half mix exactly.
    #[must_use]
    pub const fn bits_64ths(self) -> u64 {
        match self {
            Self::F32 => 32 * 64,
            Self::F16 | Self::BF16 => 16 * 64,
            Self::Q8_0 | Self::MLX8 => 544,
            Self::I8 => 8 * 64,
            Self::Q6_K => 420,
            Self::MLX6 => 416,
            Self::Q5_K => 352,
            Self::Q4_1 | Self::Q4G32 => 5 * 64,
            Self::Q4_0 | Self::Q4_K | Self::IQ4_NL | Self::MLX4 => 288,
            Self::MXFP4 => 272,
            Self::Q3_K => 220,
            Self::Q2_K => 168,
        }
    }
}

/// The format of a component: one for all layers, or two, each for half of them, as in GGUF's `Q4_K_M`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mix {
    /// One format everywhere.
    One(Format),
    /// Half of the layers in one, half in the other.
    Half([Format; 2]),
}

impl Mix {
    /// Sixty-fourths of a bit per weight, in the mean over layers.
    #[must_use]
    pub const fn bits_64ths(self) -> u64 {
        match self {
            Self::One(format) => format.bits_64ths(),
            Self::Half([one, other]) => u64::midpoint(one.bits_64ths(), other.bits_64ths()),
        }
    }

    /// Bytes of so many weights, rounded up to a whole byte: 576 weights of 5 bits are 360 bytes.
    #[must_use]
    pub const fn bytes(self, weights: u64) -> u64 {
        (weights * self.bits_64ths()).div_ceil(512)
    }
}

impl<'de> Deserialize<'de> for Mix {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(MixVisitor)
    }
}

/// Reads `"Q4_K"` or `["Q4_K", "Q6_K"]`; serde's untagged enums would not say which word is wrong.
struct MixVisitor;

impl<'de> Visitor<'de> for MixVisitor {
    type Value = Mix;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a number format, or a list of two for half of the layers each")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Mix, E> {
        Format::deserialize(word.into_deserializer()).map(Mix::One)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut formats: A) -> Result<Mix, A::Error> {
        let mut next = |place| formats.next_element()?.ok_or_else(|| A::Error::invalid_length(place, &self));
        let pair = [next(0)?, next(1)?];
        match formats.next_element::<Format>()? {
            None => Ok(Mix::Half(pair)),
            Some(_) => Err(A::Error::invalid_length(3, &self)),
        }
    }
}
