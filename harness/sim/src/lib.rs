//! The virtual-time platform: flash, DRAM, compute, energy, heat and memory of a simulated device.
//!
//! Time is integer nanoseconds. No float takes part in a run: what is computed in floating point (service times of
//! reads) is tabulated as integers before it, so that the same inputs give the same bytes everywhere.

pub mod compute;
pub mod energy;
pub mod flash;
pub mod heat;
pub mod memory;
pub mod platform;
pub mod processor;
pub mod random;
mod scatter;
pub mod service;
pub mod work;

pub use compute::{Costs, LayerCosts};
pub use energy::Ledger;
pub use memory::{Footprint, Outcome, Pressure};
pub use platform::{SimPlatform, Spec};
pub use processor::{KernelTime, Processor};
pub use work::{Positions, Work};
