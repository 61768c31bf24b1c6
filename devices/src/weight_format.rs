//! Families of number formats that weights are stored in: what a processor must do to turn stored bytes into numbers.
//!
//! On phones decoding is often bound by that arithmetic and not by bytes, so a runtime's rates are by family. The exact
//! formats, with their bits, are the models' business.

use std::{fmt, iter::Sum, ops::AddAssign};

use serde::Deserialize;

/// A family of number formats of stored weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WeightFormat {
    /// 32-bit floating point.
    Float32,
    /// 16-bit floating point of either kind.
    Float16,
    /// 8-bit integers, one scale a group or row.
    Int8,
    /// 6-bit integers, one scale a group.
    Int6,
    /// 5-bit integers, one scale a group.
    Int5,
    /// 4-bit integers, one scale a group or row.
    Int4,
    /// 3-bit integers, one scale a group.
    Int3,
    /// 2-bit integers, one scale a group.
    Int2,
    /// 6-bit integers under two levels of scales.
    Super6,
    /// 5-bit integers under two levels of scales.
    Super5,
    /// 4-bit integers under two levels of scales.
    Super4,
    /// 3-bit integers under two levels of scales.
    Super3,
    /// 2-bit integers under two levels of scales.
    Super2,
    /// Each weight an index into a small table: 4 bits or more.
    Table,
    /// Several weights together an index into a large table: below 4 bits.
    Grid,
    /// -1, 0 and 1.
    Ternary,
}

impl WeightFormat {
    /// How many families there are.
    pub const COUNT: usize = 16;

    /// All families, in the order of their indices.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Float32,
        Self::Float16,
        Self::Int8,
        Self::Int6,
        Self::Int5,
        Self::Int4,
        Self::Int3,
        Self::Int2,
        Self::Super6,
        Self::Super5,
        Self::Super4,
        Self::Super3,
        Self::Super2,
        Self::Table,
        Self::Grid,
        Self::Ternary,
    ];

    /// Its place in an array by family.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The families that are most like it in what they cost, the nearest first.
    #[must_use]
    pub const fn kin(self) -> &'static [Self] {
        match self {
            Self::Float32 => &[Self::Float16],
            Self::Float16 => &[Self::Float32],
            Self::Int8 => &[Self::Int6],
            Self::Int6 => &[Self::Super6, Self::Int8],
            Self::Int5 => &[Self::Super5, Self::Int4],
            Self::Int4 => &[Self::Super4],
            Self::Int3 => &[Self::Super3, Self::Super2],
            Self::Int2 => &[Self::Super2],
            Self::Super6 => &[Self::Int6, Self::Super5],
            Self::Super5 => &[Self::Super6, Self::Int5, Self::Super4],
            Self::Super4 => &[Self::Int4],
            Self::Super3 => &[Self::Super2, Self::Int3],
            Self::Super2 => &[Self::Super3, Self::Int2],
            Self::Table => &[Self::Super4, Self::Int4],
            Self::Grid => &[Self::Super2, Self::Super3],
            Self::Ternary => &[Self::Int2, Self::Super2],
        }
    }

    /// The word used in files and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Float32 => "float32",
            Self::Float16 => "float16",
            Self::Int8 => "int8",
            Self::Int6 => "int6",
            Self::Int5 => "int5",
            Self::Int4 => "int4",
            Self::Int3 => "int3",
            Self::Int2 => "int2",
            Self::Super6 => "super6",
            Self::Super5 => "super5",
            Self::Super4 => "super4",
            Self::Super3 => "super3",
            Self::Super2 => "super2",
            Self::Table => "table",
            Self::Grid => "grid",
            Self::Ternary => "ternary",
        }
    }
}

impl fmt::Display for WeightFormat {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

/// An amount of stored weights, by format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// Weights by [`WeightFormat::index`].
    pub parameters: [u64; WeightFormat::COUNT],
    /// Their bytes by [`WeightFormat::index`].
    pub bytes: [u64; WeightFormat::COUNT],
}

/// Numbers of matrices by format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts(pub [u32; WeightFormat::COUNT]);

impl Counts {
    /// So many matrices of one format.
    #[must_use]
    pub fn one(format: WeightFormat, matrices: u32) -> Self {
        let mut counts = Self::default();
        counts.0[format.index()] = matrices;
        counts
    }

    /// Adds matrices of a format.
    pub fn add(&mut self, format: WeightFormat, matrices: u64) {
        let sum = u64::from(self.0[format.index()]) + matrices;
        self.0[format.index()] = u32::try_from(sum).unwrap_or(u32::MAX);
    }

    /// One matrix of the format that most of `stored` is in.
    #[must_use]
    pub fn of_one(stored: &Stored) -> Self {
        let most = WeightFormat::ALL.into_iter().max_by_key(|format| stored.parameters[format.index()]);
        Self::one(most.unwrap_or(WeightFormat::Float16), 1)
    }
}

impl AddAssign<&Self> for Counts {
    fn add_assign(&mut self, other: &Self) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count = count.saturating_add(more);
        }
    }
}

impl Stored {
    /// So many weights in one format.
    #[must_use]
    pub const fn one(format: WeightFormat, parameters: u64, bytes: u64) -> Self {
        let mut stored = Self { parameters: [0; WeightFormat::COUNT], bytes: [0; WeightFormat::COUNT] };
        stored.parameters[format.index()] = parameters;
        stored.bytes[format.index()] = bytes;
        stored
    }

    /// Weights of all formats.
    #[must_use]
    pub fn parameters_total(&self) -> u64 {
        self.parameters.iter().sum()
    }

    /// Bytes of all formats.
    #[must_use]
    pub fn bytes_total(&self) -> u64 {
        self.bytes.iter().sum()
    }

    /// Each format that there is some of, with its weights and bytes.
    pub fn formats(&self) -> impl Iterator<Item = (WeightFormat, u64, u64)> + '_ {
        let all = WeightFormat::ALL.into_iter().map(|format| {
            let place = format.index();
            (format, self.parameters[place], self.bytes[place])
        });
        all.filter(|&(_, parameters, bytes)| parameters > 0 || bytes > 0)
    }

    /// So many times as much.
    #[must_use]
    pub fn times(&self, count: u64) -> Self {
        Self { parameters: self.parameters.map(|each| each * count), bytes: self.bytes.map(|each| each * count) }
    }

    /// As much of it as `bytes` hold, weights and bytes in proportion.
    #[must_use]
    pub fn shrunk_to(&self, bytes: u64) -> Self {
        let total = u128::from(self.bytes_total().max(1));
        let part = |each: u64| u64::try_from(u128::from(each) * u128::from(bytes) / total).unwrap_or(u64::MAX);
        Self { parameters: self.parameters.map(part), ..self.squeezed_to(bytes) }
    }

    /// As many weights in `bytes` altogether, spread as they are; what rounding leaves goes to the largest share.
    #[must_use]
    pub fn squeezed_to(&self, bytes: u64) -> Self {
        let total = self.bytes_total();
        if total == 0 {
            return *self;
        }
        let part = |each: u64| u128::from(each) * u128::from(bytes) / u128::from(total);
        let mut squeezed = self.bytes.map(|each| u64::try_from(part(each)).expect("a part of a u64"));
        let largest = (0..WeightFormat::COUNT).max_by_key(|&place| self.bytes[place]).unwrap_or(0);
        squeezed[largest] += bytes - squeezed.iter().sum::<u64>();
        Self { parameters: self.parameters, bytes: squeezed }
    }
}

impl AddAssign<&Self> for Stored {
    fn add_assign(&mut self, other: &Self) {
        for place in 0..WeightFormat::COUNT {
            self.parameters[place] += other.parameters[place];
            self.bytes[place] += other.bytes[place];
        }
    }
}

impl<'a> Sum<&'a Self> for Stored {
    fn sum<I: Iterator<Item = &'a Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), |mut sum, amount| {
            sum += amount;
            sum
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_and_words_are_those_of_the_list() {
        for (place, format) in WeightFormat::ALL.into_iter().enumerate() {
            assert_eq!(format.index(), place);
            let read: WeightFormat = toml::Value::String(format.to_string()).try_into().expect("its own word");
            assert_eq!(read, format);
        }
    }

    #[test]
    fn amounts_add_multiply_and_squeeze() {
        let mut both = Stored::one(WeightFormat::Super4, 256, 144);
        both += &Stored::one(WeightFormat::Super6, 256, 210);
        assert_eq!((both.parameters_total(), both.bytes_total()), (512, 354));
        assert_eq!(both.times(3).formats().map(|(_, _, bytes)| bytes).collect::<Vec<_>>(), [630, 432]);
        let squeezed = both.squeezed_to(101);
        assert_eq!((squeezed.parameters_total(), squeezed.bytes_total()), (512, 101));
        assert_eq!(squeezed.bytes[WeightFormat::Super6.index()], 60, "59.9, and what rounding left");
        assert_eq!(Stored::default().squeezed_to(7), Stored::default());
    }
}
