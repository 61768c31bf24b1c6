//! Reading a number of a TOML file into its unit type, with bounds, so that the error's caret points at the number.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
};

use crate::units::{
    Bytes, BytesPerSecond, Factor, FemtojoulesPerByte, FlopsPerSecond, MilliOperations, Milliwatts, Nanoseconds,
    Picojoules, Share,
};

/// What a number may be: its smallest value (itself excluded if `above`), its largest, and the factor to the unit.
struct Bounds {
    above: bool,
    low: f64,
    high: f64,
    factor: f64,
    unit: &'static str,
}

impl Bounds {
    /// Above zero and up to `high`, in `unit`, times `factor` for the integer held.
    const fn positive(high: f64, factor: f64, unit: &'static str) -> Self {
        Self { above: true, low: 0.0, high, factor, unit }
    }

    /// The same, with zero allowed.
    const fn zero_or_more(high: f64, factor: f64, unit: &'static str) -> Self {
        Self { above: false, low: 0.0, high, factor, unit }
    }

    /// The integer that `number` stands for, rounded to nearest, or what is wrong with it.
    fn integer(&self, number: f64) -> Result<u64, String> {
        let unit = self.unit;
        if !number.is_finite() {
            return Err(format!("{number} is no quantity: give a finite number of {unit}"));
        }
        if self.above && number <= self.low {
            return Err(format!("{number} {unit} is impossible: give a number above {}", self.low));
        }
        if number < self.low {
            return Err(format!("{number} {unit} is impossible: give {} or more", self.low));
        }
        if number > self.high {
            return Err(format!("{number} {unit} is beyond what exists (at most {}): is the unit right?", self.high));
        }
        let scaled = (number * self.factor).round();
        if self.above && scaled < 1.0 {
            return Err(format!("{number} {unit} is too little to count: is the unit right?"));
        }
        Ok(to_u64(scaled))
    }

    fn read<'de, D: Deserializer<'de>>(&self, from: D) -> Result<u64, D::Error> {
        self.integer(from.deserialize_any(Number { unit: self.unit })?).map_err(D::Error::custom)
    }
}

/// Reads an integer or a float, and names the unit where something else stands.
struct Number {
    unit: &'static str,
}

impl Visitor<'_> for Number {
    type Value = f64;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "a number of {}", self.unit)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<f64, E> {
        Ok(number as f64)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<f64, E> {
        Ok(number)
    }
}

/// The integer of a float that the bounds have shown to be whole, not negative and below 2^63.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 <= rounded <= high x factor < 2^63")]
fn to_u64(rounded: f64) -> u64 {
    rounded as u64
}

macro_rules! reader {
    ($(#[$doc:meta])* $name:ident -> $type:ident, $bounds:expr) => {
        $(#[$doc])*
        pub fn $name<'de, D: Deserializer<'de>>(from: D) -> Result<$type, D::Error> {
            $bounds.read(from).map($type::new)
        }
    };
}

reader!(
    /// A size in MB (10^6 bytes), up to 10 TB.
    size_mb -> Bytes, Bounds::positive(1e7, 1e6, "MB")
);
reader!(
    /// A size in MB that may be zero.
    size_mb_or_zero -> Bytes, Bounds::zero_or_more(1e7, 1e6, "MB")
);
reader!(
    /// A size in MiB (1,048,576 bytes), up to 10 TiB.
    size_mib -> Bytes, Bounds::positive(1e7, 1_048_576.0, "MiB")
);
reader!(
    /// A size in KiB (1024 bytes), up to 1 GiB.
    size_kib -> Bytes, Bounds::positive(1_048_576.0, 1024.0, "KiB")
);
reader!(
    /// A DRAM rate in MB per second, up to 5 TB/s.
    dram_mb_per_s -> BytesPerSecond, Bounds::positive(5e6, 1e6, "MB/s")
);
reader!(
    /// A flash rate in MB per second, up to 100 GB/s.
    flash_mb_per_s -> BytesPerSecond, Bounds::positive(1e5, 1e6, "MB/s")
);
reader!(
    /// A duration in microseconds, above zero and up to one second.
    latency_us -> Nanoseconds, Bounds::positive(1e6, 1e3, "us")
);
reader!(
    /// A cost in microseconds, zero to one second.
    cost_us -> Nanoseconds, Bounds::zero_or_more(1e6, 1e3, "us")
);
reader!(
    /// A time constant in seconds, up to a day.
    time_s -> Nanoseconds, Bounds::positive(86_400.0, 1e9, "s")
);
reader!(
    /// A power in milliwatts, up to 10 kW.
    power_mw -> Milliwatts, Bounds::positive(1e7, 1.0, "mW")
);
reader!(
    /// An energy per byte in picojoules, up to 100 nJ.
    energy_pj_per_byte -> FemtojoulesPerByte, Bounds::positive(1e5, 1e3, "pJ per byte")
);
reader!(
    /// A battery's energy in milliwatt-hours (3.6 J each), up to 1 kWh.
    energy_mwh -> Picojoules, Bounds::positive(1e6, 3.6e12, "mWh")
);

/// A number of operations as written, such as 4.5, up to a million.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(transparent)]
pub struct Operations(#[serde(deserialize_with = "operations")] MilliOperations);

impl From<Operations> for MilliOperations {
    fn from(written: Operations) -> Self {
        written.0
    }
}

reader!(
    /// A number of operations or positions, zero or more, fractions allowed.
    operations -> MilliOperations, Bounds::zero_or_more(1e6, 1e3, "times")
);

/// A factor above zero, up to a thousand.
pub fn factor<'de, D: Deserializer<'de>>(from: D) -> Result<Factor, D::Error> {
    Bounds::positive(1e3, 1e6, "as a factor").read(from).map(Factor::from_parts_per_million)
}

/// A share as written.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(transparent)]
pub struct WrittenShare(#[serde(deserialize_with = "share")] Share);

impl From<WrittenShare> for Share {
    fn from(written: WrittenShare) -> Self {
        written.0
    }
}

/// A share in (0, 1].
pub fn share<'de, D: Deserializer<'de>>(from: D) -> Result<Share, D::Error> {
    let number = f64::deserialize(from)?;
    let parts = Bounds::positive(1.0, 1e6, "as a share")
        .integer(number)
        .map_err(|_| D::Error::custom(format!("{number} is no share: give a number above 0 and at most 1")))?;
    let parts = u32::try_from(parts).map_err(D::Error::custom)?;
    Share::from_parts_per_million(parts).ok_or_else(|| D::Error::custom("a share is above 0 and at most 1"))
}

/// A share that may be left out.
pub fn optional_share<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Share>, D::Error> {
    share(from).map(Some)
}

/// A rate in MB per second that may be left out, up to 100 GB/s.
pub fn optional_flash_mb_per_s<'de, D: Deserializer<'de>>(from: D) -> Result<Option<BytesPerSecond>, D::Error> {
    flash_mb_per_s(from).map(Some)
}

/// A time in seconds that may be left out, up to a day.
pub fn optional_time_s<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Nanoseconds>, D::Error> {
    time_s(from).map(Some)
}

/// An exponent from 1 to 3 in steps of a half, as halves: 1.5 is 3.
pub fn exponent_halves<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let number = f64::deserialize(from)?;
    let halves = [2_u32, 3, 4, 5, 6].into_iter().find(|&halves| (f64::from(halves) - number * 2.0).abs() < 1e-9);
    halves.ok_or_else(|| D::Error::custom(format!("{number} is no exponent: give 1, 1.5, 2, 2.5 or 3")))
}

/// A count above zero, up to a million a second and more: commands, entries, heads.
pub fn count<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let bounds = Bounds::positive(1e9, 1.0, "as a count");
    let number = i64::deserialize(from)?;
    if number <= 0 {
        return Err(D::Error::custom(format!("{number} is impossible as a count: give 1 or more")));
    }
    bounds.integer(number as f64).map_err(D::Error::custom)
}

/// A small count above zero that fits 32 bits.
pub fn small_count<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    u32::try_from(count(from)?).map_err(D::Error::custom)
}

/// A text that says something.
pub fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    if text.trim().is_empty() {
        return Err(D::Error::custom("empty text: say something"));
    }
    Ok(text)
}

/// A compute rate in GFLOPS (10^9 operations per second), up to 10 PFLOPS.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gflops(pub(crate) FlopsPerSecond);

impl<'de> Deserialize<'de> for Gflops {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Bounds::positive(1e7, 1e9, "GFLOPS").read(from).map(|flops| Self(FlopsPerSecond::new(flops)))
    }
}

/// One rate of a flash grid in the grid's own unit, checked against 100 GB/s when the unit is known.
pub(crate) fn grid_rate(number: f64, mebi: bool) -> Result<BytesPerSecond, String> {
    let bounds =
        if mebi { Bounds::positive(95_367.0, 1_048_576.0, "MiB/s") } else { Bounds::positive(1e5, 1e6, "MB/s") };
    bounds.integer(number).map(BytesPerSecond::new)
}

/// One read size of a flash grid, from KiB.
pub(crate) fn grid_size(number: f64) -> Result<Bytes, String> {
    Bounds::positive(1_048_576.0, 1024.0, "KiB").integer(number).map(Bytes::new)
}
