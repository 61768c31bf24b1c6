//! Energy by component in picojoules: milliwatts times nanoseconds are exactly picojoules, so nothing is rounded but
//! the energy of bytes, once, when the ledger is read.

use tightfit_devices::{Bytes, FemtojoulesPerByte, Milliwatts, Nanoseconds};

/// What draws power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    /// The device awake, doing nothing.
    pub idle: Milliwatts,
    /// The processor while it computes, above idle.
    pub active: Milliwatts,
    /// A byte through DRAM.
    pub dram: FemtojoulesPerByte,
    /// A byte out of flash.
    pub flash: FemtojoulesPerByte,
}

/// Running totals of what draws power.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Time awake.
    pub awake_ns: u64,
    /// Processor time at full power.
    pub active_ns: u64,
    /// Bytes through DRAM: read by kernels, written by flash reads, read and written by moves.
    pub dram_bytes: u64,
    /// Bytes out of flash.
    pub flash_bytes: u64,
}

/// Energy by component, picojoules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Energy {
    /// Idle power over the time awake.
    pub idle_pj: u64,
    /// Processor.
    pub compute_pj: u64,
    /// DRAM traffic.
    pub dram_pj: u64,
    /// Flash traffic.
    pub flash_pj: u64,
}

impl Energy {
    /// All components; `u64::MAX` (5 kWh) stands for that and more.
    #[must_use]
    pub fn total_pj(&self) -> u64 {
        let parts = [self.idle_pj, self.compute_pj, self.dram_pj, self.flash_pj];
        parts.into_iter().fold(0, u64::saturating_add)
    }
}

impl Ledger {
    /// What was used since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            awake_ns: self.awake_ns - earlier.awake_ns,
            active_ns: self.active_ns - earlier.active_ns,
            dram_bytes: self.dram_bytes - earlier.dram_bytes,
            flash_bytes: self.flash_bytes - earlier.flash_bytes,
        }
    }

    /// The energy of these totals.
    #[must_use]
    pub fn energy(&self, draw: &Draw) -> Energy {
        Energy {
            idle_pj: draw.idle.energy(Nanoseconds::new(self.awake_ns)).get(),
            compute_pj: draw.active.energy(Nanoseconds::new(self.active_ns)).get(),
            dram_pj: draw.dram.energy(Bytes::new(self.dram_bytes)).get(),
            flash_pj: draw.flash.energy(Bytes::new(self.flash_bytes)).get(),
        }
    }
}
