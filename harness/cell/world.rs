//! What a run asks of its platform besides the seam.

use tightfit_engine::Platform;
use tightfit_sim::{SimPlatform, energy::Energy};

use tightfit_host::HostPlatform;

use crate::RunError;

/// A platform that a cell can be run on.
pub(crate) trait World: Platform {
    /// As results spell it.
    const NAME: &'static str;

    /// Whether time passes only when something is waited for or computed.
    const IS_VIRTUAL: bool;

    /// Groups of a result whose numbers this platform has none of.
    const NOT_MEASURED: &'static [&'static str];

    /// Energy so far; none where it is not measured.
    fn energy(&self) -> Energy;

    /// Bytes asked of the flash so far.
    fn submitted_bytes(&self) -> u64;

    /// Time so far with a read in flight.
    fn flash_busy_ns(&self) -> u64;

    /// Highest fill of the heat store so far.
    fn peak_heat_fill(&self) -> f64;

    /// Fill of the heat store now, parts per million.
    fn heat_fill_ppm(&self) -> u64;

    /// Bytes that kernels have moved through DRAM so far, where the engine has moved rows of `moved_bytes`; 0 where it is not
    /// measured.
    fn kernel_bytes(&self, moved_bytes: u64) -> u64;

    /// Told what the app holds from now on.
    fn hold(&mut self, footprint_bytes: u64);

    /// Memory that this process holds and that no file is behind; none where it stands for no app.
    fn process_bytes(&self) -> Option<u64> {
        None
    }

    /// Told after warm-up with 0, then after every pass that gives output with the number of tokens.
    fn passed(&mut self, _outputs: u32) {}

    /// What ended the run before its end, if anything did.
    fn outcome(&self) -> Result<(), RunError>;
}

impl World for SimPlatform {
    const NAME: &'static str = "sim";
    const IS_VIRTUAL: bool = true;
    const NOT_MEASURED: &'static [&'static str] = &[];

    fn energy(&self) -> Energy {
        self.energy(&self.ledger())
    }

    fn submitted_bytes(&self) -> u64 {
        self.submitted_bytes()
    }

    fn flash_busy_ns(&self) -> u64 {
        self.flash_busy_ns()
    }

    fn peak_heat_fill(&self) -> f64 {
        self.peak_heat_fill()
    }

    fn heat_fill_ppm(&self) -> u64 {
        self.heat_fill_ppm()
    }

    /// What lands from flash and what moves inside DRAM passes through it too.
    fn kernel_bytes(&self, moved_bytes: u64) -> u64 {
        let ledger = self.ledger();
        ledger.dram_bytes - ledger.flash_bytes - 2 * moved_bytes
    }

    fn hold(&mut self, footprint_bytes: u64) {
        self.hold(footprint_bytes);
    }

    fn outcome(&self) -> Result<(), RunError> {
        Ok(())
    }
}

impl World for HostPlatform {
    const NAME: &'static str = "host";
    const IS_VIRTUAL: bool = false;
    const NOT_MEASURED: &'static [&'static str] = &["bounds", "energy", "thermal"];

    fn energy(&self) -> Energy {
        Energy::default()
    }

    fn submitted_bytes(&self) -> u64 {
        self.submitted_bytes()
    }

    fn flash_busy_ns(&self) -> u64 {
        self.flash_busy_ns()
    }

    fn peak_heat_fill(&self) -> f64 {
        0.0
    }

    fn heat_fill_ppm(&self) -> u64 {
        0
    }

    fn kernel_bytes(&self, _moved_bytes: u64) -> u64 {
        0
    }

    fn process_bytes(&self) -> Option<u64> {
        tightfit_host::machine::process_bytes()
    }

    /// Real memory comes under pressure by itself.
    fn hold(&mut self, _footprint_bytes: u64) {}

    fn outcome(&self) -> Result<(), RunError> {
        Ok(self.outcome()?)
    }
}
