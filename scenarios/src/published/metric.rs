//! What is published about a run, with its unit last.

use serde::Deserialize;

/// A figure of a run. Those of a token are means over the decoded tokens after the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Waiting for flash.
    IoMsPerToken,
    /// Making room and moving rows.
    MemoryMsPerToken,
    /// Kernels with everything that slows them, and fixed costs.
    ComputeMsPerToken,
    /// All of it.
    TotalMsPerToken,
    /// Bytes from flash, in units of 10^9.
    FlashGbPerToken,
    /// Bytes from flash, in units of 2^20.
    FlashMibPerToken,
    /// Hits over lookups of the whole request, percent.
    HitPercent,
    /// Tokens decoded a second.
    DecodeTokensPerS,
    /// The same over the last 60 seconds.
    LastMinuteTokensPerS,
    /// Peak of the app's footprint, in units of 10^9.
    PeakGb,
    /// Seconds from the start of loading until the system ends the app.
    KilledAfterS,
    /// Mean power of the whole device.
    Watts,
    /// Energy of a token, whole device.
    JoulesPerToken,
}

impl Metric {
    /// As results spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IoMsPerToken => "I/O ms/token",
            Self::MemoryMsPerToken => "memory management ms/token",
            Self::ComputeMsPerToken => "compute ms/token",
            Self::TotalMsPerToken => "total ms/token",
            Self::FlashGbPerToken => "flash GB/token",
            Self::FlashMibPerToken => "flash MiB/token",
            Self::HitPercent => "hit rate %",
            Self::DecodeTokensPerS => "decode tokens/s",
            Self::LastMinuteTokensPerS => "last minute tokens/s",
            Self::PeakGb => "peak GB",
            Self::KilledAfterS => "killed after s",
            Self::Watts => "power W",
            Self::JoulesPerToken => "J/token",
        }
    }
}
