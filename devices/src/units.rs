//! Units as types: integers that can't be mixed up, so that a figure in MB never passes for one in GB.

use std::fmt;

macro_rules! unit {
    ($(#[$doc:meta])* $name:ident, $suffix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u64);

        impl $name {
            /// A value counted in the type's own unit.
            #[must_use]
            pub const fn new(value: u64) -> Self {
                Self(value)
            }

            /// The plain integer, in the type's own unit.
            #[must_use]
            pub const fn get(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, concat!("{} ", $suffix), self.0)
            }
        }
    };
}

unit!(
    /// A size in bytes.
    Bytes,
    "B"
);
unit!(
    /// A rate in bytes per second.
    BytesPerSecond,
    "B/s"
);
unit!(
    /// A duration in nanoseconds.
    Nanoseconds,
    "ns"
);
unit!(
    /// A power in milliwatts; times nanoseconds it is exactly picojoules.
    Milliwatts,
    "mW"
);
unit!(
    /// An energy in picojoules.
    Picojoules,
    "pJ"
);
unit!(
    /// A compute rate in operations per second (a multiply-add counts as two).
    FlopsPerSecond,
    "FLOP/s"
);
unit!(
    /// A number of operations, in thousandths.
    MilliOperations,
    "/1000"
);
unit!(
    /// An energy per byte moved, in femtojoules (thousandths of a picojoule, because 106.4 pJ a byte is no integer).
    FemtojoulesPerByte,
    "fJ/B"
);

impl FemtojoulesPerByte {
    /// Energy of moving `bytes`, rounded to the nearest picojoule: 1000 bytes at 106.4 pJ are 106,400 pJ.
    #[must_use]
    pub fn energy(self, bytes: Bytes) -> Picojoules {
        let femtojoules = u128::from(self.0) * u128::from(bytes.get());
        Picojoules(u64::try_from((femtojoules + 500) / 1000).unwrap_or(u64::MAX))
    }
}

impl Milliwatts {
    /// Energy of this power held for `time`: mW x ns = pJ, exactly.
    #[must_use]
    pub fn energy(self, time: Nanoseconds) -> Picojoules {
        Picojoules(self.0.saturating_mul(time.get()))
    }
}

/// A share in (0, 1], held in parts per million, so that a share of an integer is an integer on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Share(u32);

impl Share {
    /// The whole.
    pub const ONE: Self = Self(1_000_000);

    /// A share in parts per million, or nothing if it is zero or above the whole.
    #[must_use]
    pub const fn from_parts_per_million(parts: u32) -> Option<Self> {
        if parts == 0 || parts > 1_000_000 { None } else { Some(Self(parts)) }
    }

    /// The plain parts per million.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// This share of an integer, rounded down: 0.85 of 100 is 85.
    #[must_use]
    pub fn of(self, whole: u64) -> u64 {
        let parts = u128::from(whole) * u128::from(self.0) / 1_000_000;
        u64::try_from(parts).unwrap_or(whole)
    }

    /// This share of a rate.
    #[must_use]
    pub fn of_rate(self, whole: BytesPerSecond) -> BytesPerSecond {
        BytesPerSecond(self.of(whole.get()))
    }

    /// This share of a compute rate.
    #[must_use]
    pub fn of_flops(self, whole: FlopsPerSecond) -> FlopsPerSecond {
        FlopsPerSecond(self.of(whole.get()))
    }

    /// This share of a size.
    #[must_use]
    pub fn of_bytes(self, whole: Bytes) -> Bytes {
        Bytes(self.of(whole.get()))
    }
}

impl fmt::Display for Share {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", f64::from(self.0) / 1e6)
    }
}

/// A factor above zero, held in parts per million.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Factor(u64);

impl Default for Factor {
    fn default() -> Self {
        Self(1_000_000)
    }
}

impl Factor {
    /// A factor in parts per million; nothing is below one of them.
    #[must_use]
    pub const fn from_parts_per_million(parts: u64) -> Self {
        Self(if parts == 0 { 1 } else { parts })
    }

    /// The plain parts per million.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// This many times an integer, rounded down.
    #[must_use]
    pub fn times(self, whole: u64) -> u64 {
        u64::try_from(u128::from(whole) * u128::from(self.0) / 1_000_000).unwrap_or(u64::MAX)
    }
}
