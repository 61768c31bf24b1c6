//! Runs a scenario: every device with every strategy, on all cores, in the scenario's order.

use rayon::prelude::*;
use tightfit_devices::Bytes;
use tightfit_reports::schema::RunResult;

use crate::{
    Inputs, RunError,
    cell::{self, Cell},
};

/// Whether the points of the speed-against-memory curve are run too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// Only the scenario's own memory limit.
    Skip,
    /// The limits of `memory.curve-mb` besides.
    Run,
}

/// The cells of a scenario, device by device, strategy by strategy; the curve's points last.
#[must_use]
pub fn cells(inputs: &Inputs, curve: Curve) -> Vec<Cell<'_>> {
    let own = std::iter::once(None);
    let limits =
        inputs.scenario.memory.curve_mb.iter().map(|&limit_mb| Some(Bytes::new(u64::from(limit_mb) * 1_000_000)));
    let limits = own.chain(limits.filter(|_| curve == Curve::Run));
    let mut cells = Vec::new();
    for limit in limits {
        for device in &inputs.devices {
            for strategy in &inputs.scenario.strategies {
                cells.push(Cell { device, strategy, limit });
            }
        }
    }
    cells
}

/// Runs the scenario on this machine, one cell after the other.
pub fn run_on_host(
    inputs: &Inputs,
    curve: Curve,
    host: &cell::host::Host,
    done: impl Fn(),
) -> Result<Vec<RunResult>, RunError> {
    let cells = cells(inputs, curve);
    for &cell in &cells {
        cell::plan(inputs, cell)?;
    }
    let run = |&cell: &Cell<'_>| {
        let result = cell::host::run(inputs, cell, host);
        done();
        result
    };
    cells.iter().map(run).collect()
}

/// Runs the scenario. `done` is told of every cell that has finished, in any order; the results are in the cells'.
pub fn run(inputs: &Inputs, curve: Curve, done: impl Fn() + Sync) -> Result<Vec<RunResult>, RunError> {
    let cells = cells(inputs, curve);
    // Wrong input first, before anything has run for long.
    for &cell in &cells {
        cell::plan(inputs, cell)?;
    }
    let run = |&cell: &Cell<'_>| {
        let result = cell::run(inputs, cell);
        done();
        result
    };
    let results: Vec<Result<RunResult, RunError>> = cells.par_iter().map(run).collect();
    // In order, so that of several errors the first cell's is told, whichever thread was first.
    results.into_iter().collect()
}
