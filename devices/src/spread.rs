//! How sure a number is: the standard deviation of its logarithm, which its kind of source gives where it has none of its
//! own.

use std::fmt;

use crate::SourceKind;

/// A standard deviation of a logarithm, 0 to 1, held in parts per million: at 0.15 two of three numbers lie within 15 %.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spread(u32);

impl Spread {
    /// No doubt at all.
    pub const NONE: Self = Self(0);

    /// A spread in parts per million, or nothing if it is above 1.
    #[must_use]
    pub const fn from_parts_per_million(parts: u32) -> Option<Self> {
        if parts > 1_000_000 { None } else { Some(Self(parts)) }
    }

    /// The plain number, 0 to 1.
    #[must_use]
    pub fn get(self) -> f64 {
        f64::from(self.0) / 1e6
    }
}

impl SourceKind {
    /// The spread of a number of this kind that has none of its own.
    ///
    /// | kind | spread | why |
    /// |---|---|---|
    /// | `measured` | 3 % | runs of one benchmark on one device scatter by so much |
    /// | `datasheet` | 5 % | what is sold as one thing differs from piece to piece |
    /// | `published` | 10 % | another's device, build and weather |
    /// | `derived` | 15 % | several published figures, multiplied |
    /// | `assumed` | 30 % | a guess within a factor of two, twice in a hundred not |
    ///
    /// The five are assumed themselves; a source with a `spread` of its own has that instead.
    #[must_use]
    pub const fn spread(self) -> Spread {
        Spread(match self {
            Self::Measured => 30_000,
            Self::Datasheet => 50_000,
            Self::Published => 100_000,
            Self::Derived => 150_000,
            Self::Assumed => 300_000,
        })
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.get())
    }
}
