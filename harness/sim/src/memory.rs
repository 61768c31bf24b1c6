//! What an app holds in memory, and what the system does about it.
//!
//! Compression is no way out: a page that the system has compressed counts in full against the app's limit.

/// Bytes that an app holds at its peak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    /// Weights that are always in DRAM.
    pub dense_bytes: u64,
    /// KV cache at the end of the request.
    pub kv_bytes: u64,
    /// The runtime's own buffers and activations.
    pub runtime_bytes: u64,
    /// The resident set at its peak.
    pub resident_bytes: u64,
}

impl Footprint {
    /// What the system counts against the app. Clean file-backed pages are not in it.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.dense_bytes + self.kv_bytes + self.runtime_bytes + self.resident_bytes
    }
}

/// What the system does about a footprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing.
    Fits,
    /// It compresses, drops caches and warns.
    UnderPressure,
    /// It ends the app.
    Killed,
}

impl Outcome {
    /// The outcome of a footprint of `bytes`: above `limit_bytes` the app is killed, above `pressure_bytes` the system
    /// is under pressure.
    #[must_use]
    pub fn of(bytes: u64, limit_bytes: u64, pressure_bytes: u64) -> Self {
        if bytes > limit_bytes {
            Self::Killed
        } else if bytes > pressure_bytes {
            Self::UnderPressure
        } else {
            Self::Fits
        }
    }

    /// The word used in results.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fits => "fits",
            Self::UnderPressure => "under-pressure",
            Self::Killed => "killed",
        }
    }
}

/// Memory pressure: above a footprint the system must make room for what streams in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pressure {
    /// Footprint at which it begins.
    pub from_bytes: u64,
    /// Footprint at which every byte must be reclaimed.
    pub limit_bytes: u64,
    /// What the system reclaims in a second.
    pub reclaim_bytes_per_s: u64,
}

impl Pressure {
    /// How long a byte from flash waits for room at a footprint, picoseconds: nothing up to where pressure begins, the time
    /// to reclaim a byte at the limit and above it, in between in proportion.
    #[must_use]
    pub fn reclaim_ps_per_byte(&self, footprint_bytes: u64) -> u64 {
        let zone = self.limit_bytes.saturating_sub(self.from_bytes).max(1);
        let inside = footprint_bytes.saturating_sub(self.from_bytes).min(zone);
        let ps = 1_000_000_000_000 / self.reclaim_bytes_per_s.max(1);
        crate::service::scale(ps, inside, zone)
    }
}
