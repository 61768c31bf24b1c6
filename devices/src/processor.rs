//! Processors: what each computes and how much of the DRAM bandwidth it attains.

use std::{collections::BTreeMap, fmt};

use serde::Deserialize;

use crate::{
    Sources,
    read::{self, Gflops},
    units::{FlopsPerSecond, Milliwatts, Nanoseconds, Share},
};

/// Which processor of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProcessorKind {
    /// The CPU cores together, with their matrix unit where a runtime uses it.
    Cpu,
    /// The graphics processor.
    Gpu,
    /// The neural engine.
    Npu,
}

impl ProcessorKind {
    /// The word used in files and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Gpu => "gpu",
            Self::Npu => "npu",
        }
    }
}

impl fmt::Display for ProcessorKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

/// Number format that arithmetic runs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ComputeFormat {
    /// 32-bit floating point.
    F32,
    /// 16-bit floating point.
    F16,
    /// 16-bit brain floating point.
    Bf16,
    /// 8-bit integers.
    I8,
    /// 4-bit integers.
    I4,
}

impl ComputeFormat {
    /// The word used in files and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::I8 => "i8",
            Self::I4 => "i4",
        }
    }
}

impl fmt::Display for ComputeFormat {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

/// A `[cpu]`, `[gpu]` or `[npu]` section of a profile.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Processor {
    /// Peak rate by number format (`gflops`).
    #[serde(rename = "gflops", deserialize_with = "peak")]
    pub peak: BTreeMap<ComputeFormat, FlopsPerSecond>,
    /// Share of the DRAM bandwidth that this processor attains (`bandwidth-share`).
    #[serde(rename = "bandwidth-share", deserialize_with = "read::share")]
    pub bandwidth_share: Share,
    /// Fixed cost of launching one kernel, besides what a runtime's layers cost (`dispatch-us`).
    #[serde(rename = "dispatch-us", default, deserialize_with = "read::cost_us")]
    pub dispatch: Nanoseconds,
    /// Power while it computes, above idle (`active-mw`).
    #[serde(rename = "active-mw", deserialize_with = "read::power_mw")]
    pub active: Milliwatts,
    /// Where the numbers come from.
    pub source: Sources,
}

impl Processor {
    /// Peak rate in a number format, if the processor has it.
    #[must_use]
    pub fn flops_per_s(&self, format: ComputeFormat) -> Option<FlopsPerSecond> {
        self.peak.get(&format).copied()
    }
}

fn peak<'de, D: serde::Deserializer<'de>>(from: D) -> Result<BTreeMap<ComputeFormat, FlopsPerSecond>, D::Error> {
    let rates = BTreeMap::<ComputeFormat, Gflops>::deserialize(from)?;
    if rates.is_empty() {
        return Err(serde::de::Error::custom("no rate: give at least one of f32, f16, bf16, i8, i4"));
    }
    Ok(rates.into_iter().map(|(format, rate)| (format, rate.0)).collect())
}
