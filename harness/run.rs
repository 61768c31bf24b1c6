//! Runs a scenario: every device with every strategy, on all cores, in the scenario's order.

use rayon::prelude::*;
use tightfit_devices::Bytes;
use tightfit_reports::{schema::RunResult, timeline::Process};

use crate::{
    Inputs, RunError,
    cell::{self, Cell},
};

/// Bytes of a timeline's events that trace viewers still open with ease.
const TIMELINE_BYTES: usize = 64 << 20;

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
        cell::plan_held(inputs, cell)?;
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
    all(inputs, curve, done, |_, cell| cell::run(inputs, cell))
}

/// The same, with a timeline of every cell at the scenario's own memory limit. The cells share the room of a file evenly:
/// what is longer is cut, and says so.
pub fn run_traced(
    inputs: &Inputs,
    curve: Curve,
    done: impl Fn() + Sync,
) -> Result<(Vec<RunResult>, Vec<Process>), RunError> {
    let own = cells(inputs, Curve::Skip).len();
    let both = all(inputs, curve, done, |number, cell| {
        if number >= own {
            return Ok((cell::run(inputs, cell)?, None));
        }
        let name = format!("{} \u{b7} {}", cell.device.name, cell.strategy.name);
        let process = Process::new(number + 1, name, TIMELINE_BYTES / own);
        let (result, process) = cell::run_traced(inputs, cell, process)?;
        Ok((result, Some(process)))
    })?;
    let (results, processes): (Vec<_>, Vec<_>) = both.into_iter().unzip();
    Ok((results, processes.into_iter().flatten().collect()))
}

/// Runs every cell, on all cores, each with its number.
fn all<T: Send>(
    inputs: &Inputs,
    curve: Curve,
    done: impl Fn() + Sync,
    run: impl Fn(usize, Cell<'_>) -> Result<T, RunError> + Sync,
) -> Result<Vec<T>, RunError> {
    let cells = cells(inputs, curve);
    // Wrong input first, before anything has run for long.
    for &cell in &cells {
        cell::plan(inputs, cell)?;
    }
    let run = |(number, &cell): (usize, &Cell<'_>)| {
        let result = run(number, cell);
        done();
        result
    };
    let results: Vec<Result<T, RunError>> = cells.par_iter().enumerate().map(run).collect();
    // In order, so that of several errors the first cell's is told, whichever thread was first.
    results.into_iter().collect()
}
