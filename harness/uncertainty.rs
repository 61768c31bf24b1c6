//! How sure a result is: the run again on devices whose numbers are off, as far as their sources leave them room.
//!
//! A sample moves every number of the device that the run reads, each by a log-normal factor of its own spread; model,
//! trace, strategy and what was drawn for them stay, so whatever differs is the device's. The interval of a number of the
//! result is the 5th to the 95th percentile of its samples. What the simulator itself leaves out is in no spread.
//!
//! A draw depends on the seed, the parameter's key and the sample alone: devices are off together where they lean on the
//! same key, and more samples leave the first ones as they were.

mod exponential;
mod sensitivity;

use std::{collections::BTreeMap, num::NonZeroU32};

use rayon::prelude::*;
use tightfit_devices::{Device, Parameter, Uncertain};
use tightfit_reports::{
    metrics::{Number, numbers},
    schema::{Interval, RunResult},
    validation::quantile,
};
use tightfit_sim::random::Random;

use crate::{
    Inputs, RunError,
    cell::{self, Cell},
    provenance::device_key_is_read,
};

/// Lower and upper end of an interval.
const ENDS: [f64; 2] = [0.05, 0.95];

/// A cell whose device may be off.
struct Unsure<'a> {
    inputs: &'a Inputs,
    cell: Cell<'a>,
    device: &'a Uncertain,
    parameters: Vec<Parameter>,
}

/// Draws `samples` for each of `results`, which are those of `cells`, in order, and fills in their intervals and what they
/// are most sensitive to. `done` is told of every result that is filled in, in any order.
pub fn fill(
    inputs: &Inputs,
    cells: &[Cell<'_>],
    samples: NonZeroU32,
    results: &mut [RunResult],
    done: impl Fn() + Sync,
) -> Result<(), RunError> {
    assert_eq!(cells.len(), results.len(), "a result of each cell");
    let devices: BTreeMap<&str, Uncertain> = inputs
        .scenario
        .devices
        .iter()
        .zip(&inputs.devices)
        .map(|(name, device)| Ok((device.name.as_str(), Uncertain::load_with(name, &inputs.device_settings)?)))
        .collect::<Result<_, RunError>>()?;
    let fill = |(&cell, result): (&Cell<'_>, &mut RunResult)| {
        let device = &devices[cell.device.name.as_str()];
        let is_read = |key: &str| device_key_is_read(inputs, cell, key);
        let parameters = device.parameters(inputs.runtime(cell.device), is_read);
        let unsure = Unsure { inputs, cell, device, parameters };
        result.intervals = unsure.intervals(samples)?;
        result.sensitivity = unsure.sensitivity(result)?;
        result.samples = samples.get();
        done();
        Ok(())
    };
    let filled: Vec<Result<(), RunError>> = cells.par_iter().zip(results).map(fill).collect();
    // In order, so that of several errors the first cell's is told, whichever thread was first.
    filled.into_iter().collect()
}

impl Unsure<'_> {
    /// The interval of each number of the result.
    fn intervals(&self, samples: NonZeroU32) -> Result<BTreeMap<String, Interval>, RunError> {
        let ran: Vec<Result<Vec<(&str, f64)>, RunError>> = (0..samples.get())
            .into_par_iter()
            .map(|sample| self.run(&self.device.moved(&self.factors(sample))).map(|result| quantities(&result)))
            .collect();
        let mut values: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for sample in ran {
            for (name, value) in sample? {
                values.entry(name).or_default().push(value);
            }
        }
        let interval = |(name, mut values): (&str, Vec<f64>)| {
            values.sort_by(f64::total_cmp);
            let [low, high] = ENDS.map(|share| quantile(&values, share));
            (name.to_owned(), Interval { low, high })
        };
        Ok(values.into_iter().map(interval).collect())
    }

    /// How far a sample is off, parameter by parameter.
    fn factors(&self, sample: u32) -> Vec<(&Parameter, f64)> {
        let factor = |parameter: &Parameter| {
            let stream = format!("uncertainty {}", parameter.key);
            let normal = Random::at(self.inputs.scenario.seed, &stream, u64::from(sample), 0).normal();
            exponential::exponential(parameter.spread.get() * normal)
        };
        self.parameters.iter().map(|parameter| (parameter, factor(parameter))).collect()
    }

    fn run(&self, device: &Device) -> Result<RunResult, RunError> {
        cell::run_moved(self.inputs, Cell { device, ..self.cell })
    }
}

/// The numbers of a result that have an interval.
fn quantities(result: &RunResult) -> Vec<(&'static str, f64)> {
    let quantity = |(name, number)| match number {
        Number::Integer(value) => Some((name, value as f64)),
        Number::Real(value) => Some((name, value)),
        Number::Truth(_) => None,
    };
    numbers(result).into_iter().filter_map(quantity).collect()
}
