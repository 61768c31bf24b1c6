//! Measures this machine into a device profile: flash by read size and lanes, DRAM, kernels by format, dispatch, what a
//! cache takes in.
//!
//! Flash is measured through the same lanes, and kernels through the same loops, that a run uses. Every figure is the median
//! of repeats; the profile's sources carry the quartiles. What can't be measured here (power, heat) is in the profile because
//! a profile needs it, and is called assumed.

mod admit;
mod blank;
mod compute;
mod dispatch;
mod flash;
mod memory;
mod profile;
mod spread;

use std::{path::Path, time::Duration};

pub use admit::Admission;
pub use compute::Rates;
pub use dispatch::Dispatch;
pub use flash::{Bench, Copying, Grid, LANES, Landing, PageIn, SIZES_KIB};
pub use memory::Bandwidth;
pub use profile::profile;
pub use spread::Spread;

use crate::{HostError, Reads};

/// How thoroughly to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Time for one repeat of one point of the grid.
    pub point: Duration,
    /// Repeats of every figure.
    pub repeats: usize,
    /// Size of the file that is read.
    pub file_bytes: u64,
}

impl Default for Effort {
    /// About 40 seconds: 54 points x 5 x 100 ms, and the rest.
    fn default() -> Self {
        Self { point: Duration::from_millis(100), repeats: 5, file_bytes: 1 << 30 }
    }
}

/// What was measured.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Flash.
    pub grid: Grid,
    /// DRAM.
    pub bandwidth: Bandwidth,
    /// Kernels.
    pub rates: Vec<Rates>,
    /// What a kernel costs that computes nothing.
    pub dispatch: Dispatch,
    /// The bookkeeping of what is taken into a cache.
    pub admission: Admission,
    /// Its copies.
    pub copying: Copying,
    /// Faults of a mapped file.
    pub page_in: PageIn,
}

/// Measures, with a file in `folder`. `done` is told what has been measured.
pub fn measure(folder: &Path, reads: Reads, effort: Effort, mut done: impl FnMut(&str)) -> Result<Measured, HostError> {
    let bandwidth = memory::bandwidth(effort)?;
    done("DRAM");
    let rates = compute::rates(effort)?;
    done("kernels");
    let dispatch = dispatch::dispatch(folder, effort)?;
    done("dispatch");
    let admission = admit::admission(folder, effort)?;
    done("admission");
    let (grid, copying, page_in) = flash::grid(folder, reads, effort)?;
    done("flash");
    Ok(Measured { grid, bandwidth, rates, dispatch, admission, copying, page_in })
}
