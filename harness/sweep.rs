//! Sweeps: which cells a scenario with a `[sweep]` has, all of them checked before any runs, and run on all cores.
//!
//! A row is one (point, device, strategy); its number is its place in that order, whichever thread runs it and whenever.
//! A strategy that has no such key as a swept `strategy.…` is the same at all values of it: it is run at the first one
//! only, and its rows have no value there. All else that is swept is taken to matter to every strategy.

pub mod journal;
mod merge;
mod plan;
mod shard;

use rayon::prelude::*;
use tightfit_reports::sweep::{Row, Value};

pub use merge::merge;
pub use plan::{Asked, Place, Plan};
pub use shard::Shard;

use crate::{
    RunError,
    cell::{self, Cell},
};

impl Plan {
    /// Runs the rows of `shard` that are not among `finished`; `done` is handed each, in any order, and may fail. Gives
    /// back all rows of the shard, in order.
    pub fn run(
        &self,
        shard: Shard,
        finished: Vec<Row>,
        done: impl Fn(&Row) -> Result<(), RunError> + Sync,
    ) -> Result<Vec<Row>, RunError> {
        let mut is_finished = vec![false; self.places.len()];
        for row in &finished {
            is_finished[index(row.row)] = true;
        }
        let missing = |number: &usize| shard.has(self.places[*number].point) && !is_finished[*number];
        let numbers: Vec<usize> = (0..self.places.len()).filter(missing).collect();
        // The rows of one point lie together: its scenario is read once for them all.
        let points: Vec<&[usize]> =
            numbers.chunk_by(|&one, &other| self.places[one].point == self.places[other].point).collect();
        let ran: Vec<Result<Row, RunError>> =
            points.into_par_iter().flat_map_iter(|numbers| self.run_point(numbers, &done)).collect();
        // In order, so that of several errors the first row's is told, whichever thread was first.
        let mut rows = finished;
        for row in ran {
            rows.push(row?);
        }
        rows.sort_by_key(|row| row.row);
        Ok(rows)
    }

    /// Runs these rows of one point.
    fn run_point(
        &self,
        numbers: &[usize],
        done: impl Fn(&Row) -> Result<(), RunError> + Sync,
    ) -> Vec<Result<Row, RunError>> {
        let point = self.places[numbers[0]].point;
        let inputs = match self.inputs(point) {
            Ok(inputs) => inputs,
            Err(error) => return vec![Err(error)],
        };
        let run = |&number: &usize| {
            let place = self.places[number];
            let device = &inputs.devices[place.device as usize];
            let strategy = &inputs.scenario.strategies[place.strategy as usize];
            let mut result = cell::run(&inputs, Cell { device, strategy, limit: None })
                .map_err(|error| self.at_point(point, error))?;
            // A row of a table: tokens and sources would be most of its bytes, and are a plain run's to give.
            result.tokens = Vec::new();
            result.provenance.sources = Vec::new();
            let row = Row { row: number as u64, point, values: self.values(point, strategy), result };
            done(&row)?;
            Ok(row)
        };
        numbers.par_iter().map(run).collect()
    }
}

/// A value of the scenario's language as a value of a table.
fn value_of(value: &toml::Value) -> Value {
    match value {
        toml::Value::Boolean(value) => Value::Truth(*value),
        toml::Value::Integer(value) => Value::Integer(*value),
        toml::Value::Float(value) => Value::Real(*value),
        toml::Value::String(text) => Value::Text(text.clone()),
        other => Value::Text(other.to_string()),
    }
}

/// Rows are counted in memory.
fn index(row: u64) -> usize {
    usize::try_from(row).expect("the number of a row in memory")
}
