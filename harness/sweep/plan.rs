//! What a sweep will run: every point loaded and checked, and the cells of each listed, before anything runs.

use std::{collections::BTreeMap, fmt::Write, sync::Arc};

use rayon::prelude::*;
use sha2::{Digest, Sha256};
use tightfit_reports::sweep::Value;
use tightfit_scenarios::{Scenario, Settings, Strategy, sweep::Axis};

use super::value_of;
use crate::{
    Inputs, RunError,
    cell::{self, Cell},
    inputs::hexadecimal,
    shelf::Shelf,
};

/// A scenario as it is asked for on the command line.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The scenario with its sweep.
    pub scenario: Scenario,
    /// Devices in place of the scenario's.
    pub devices: Vec<String>,
    /// Strategies in place of the scenario's.
    pub strategies: Vec<String>,
    /// What is set on the command line.
    pub settings: Settings,
}

/// One cell of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Number of the point.
    pub point: u64,
    /// Index among the devices of the point.
    pub device: u32,
    /// Index among the strategies of the point.
    pub strategy: u32,
}

/// A sweep that can run.
#[derive(Debug)]
pub struct Plan {
    asked: Asked,
    shelf: Arc<Shelf>,
    /// The cells, in order.
    pub(super) places: Vec<Place>,
    inputs_digest: String,
    titles: BTreeMap<String, String>,
}

/// What a check of one point found.
struct Checked {
    places: Vec<Place>,
    digest: [u8; 32],
    /// For each swept key, whether a strategy took it.
    taken: Vec<bool>,
    titles: BTreeMap<String, String>,
}

impl Plan {
    /// Loads and checks every point. The first that is wrong, in order, is the error.
    pub fn new(asked: Asked) -> Result<Self, RunError> {
        let points = asked.scenario.sweep.points();
        let (shelf, inputs_digest) = (Arc::default(), String::new());
        let mut plan = Self { asked, shelf, places: Vec::new(), inputs_digest, titles: BTreeMap::new() };
        let checked: Vec<Result<Checked, RunError>> =
            (0..points).into_par_iter().map(|point| plan.check(point)).collect();
        let mut taken = vec![false; plan.asked.scenario.sweep.axes.len()];
        let mut digests = Sha256::new();
        for of_point in checked {
            let of_point = of_point?;
            plan.places.extend(of_point.places);
            plan.titles.extend(of_point.titles);
            digests.update(of_point.digest);
            taken.iter_mut().zip(of_point.taken).for_each(|(taken, here)| *taken |= here);
        }
        plan.inputs_digest = hexadecimal(&digests.finalize());
        plan.all_taken(&taken)?;
        Ok(plan)
    }

    /// The scenario's name.
    #[must_use]
    pub fn scenario(&self) -> &Scenario {
        &self.asked.scenario
    }

    /// The swept keys.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.asked.scenario.sweep.axes.iter().map(|axis| axis.key.clone()).collect()
    }

    /// Number of points.
    #[must_use]
    pub fn points(&self) -> u64 {
        self.asked.scenario.sweep.points()
    }

    /// The cells, in the order of the rows.
    #[must_use]
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// SHA-256 over all points: settings, devices, models, traces and strategies.
    #[must_use]
    pub fn inputs_digest(&self) -> &str {
        &self.inputs_digest
    }

    /// What people call the devices and the models of all points, by their names.
    #[must_use]
    pub fn titles(&self) -> &BTreeMap<String, String> {
        &self.titles
    }

    /// The inputs of a point.
    pub(super) fn inputs(&self, point: u64) -> Result<Inputs, RunError> {
        self.load(&self.settings(point)).map_err(|error| self.at_point(point, error))
    }

    /// The values of a point's row: none where the strategy lacks the key.
    pub(super) fn values(&self, point: u64, strategy: &Strategy) -> Vec<Option<Value>> {
        let point = self.asked.scenario.sweep.point(point);
        let value = |(axis, index): &(&Axis, usize)| has(strategy, &axis.key).then(|| value_of(&axis.values[*index]));
        point.values.iter().map(value).collect()
    }

    /// An error with the point that it is about.
    pub(super) fn at_point(&self, point: u64, error: RunError) -> RunError {
        let words = self.asked.scenario.sweep.point(point).to_string();
        RunError::Point { point: words, error: Box::new(error) }
    }

    fn settings(&self, point: u64) -> Settings {
        self.asked.scenario.sweep.point(point).settings(&self.asked.settings)
    }

    fn load(&self, settings: &Settings) -> Result<Inputs, RunError> {
        let source = self.asked.scenario.source.clone();
        let mut scenario = Scenario::parse(source, &self.asked.strategies, settings)?;
        if !self.asked.devices.is_empty() {
            scenario.devices.clone_from(&self.asked.devices);
        }
        Inputs::load_from(&self.shelf, scenario, settings)
    }

    fn check(&self, number: u64) -> Result<Checked, RunError> {
        let inputs = self.inputs(number)?;
        let point = self.asked.scenario.sweep.point(number);
        let mut places = Vec::new();
        let mut text = format!("{point}\n{:?}\n{:?}\n", self.asked.settings, inputs.digests);
        for (device, index) in inputs.devices.iter().zip(0..) {
            for (strategy, which) in inputs.scenario.strategies.iter().zip(0..) {
                let passed_by = |(axis, index): &(&Axis, usize)| *index > 0 && !has(strategy, &axis.key);
                if point.values.iter().any(passed_by) {
                    continue;
                }
                let cell = Cell { device, strategy, limit: None };
                cell::plan(&inputs, cell).map_err(|error| self.at_point(number, error))?;
                places.push(Place { point: number, device: index, strategy: which });
                let _ = writeln!(text, "{} {strategy:?}", device.name);
            }
        }
        let strategies = &inputs.scenario.strategies;
        let taken = |(axis, _): &(&Axis, usize)| strategies.iter().any(|strategy| has(strategy, &axis.key));
        let taken = point.values.iter().map(taken).collect();
        Ok(Checked { places, digest: Sha256::digest(text.as_bytes()).into(), taken, titles: inputs.titles() })
    }

    /// That every swept key of strategies was taken at one point at least: the error is that of setting it.
    fn all_taken(&self, taken: &[bool]) -> Result<(), RunError> {
        let Some(axis) = taken.iter().position(|taken| !taken) else { return Ok(()) };
        let mut settings = self.settings(0);
        let key = &self.asked.scenario.sweep.axes[axis].key;
        settings.may_pass.retain(|swept| swept != key);
        self.load(&settings).map(drop).map_err(|error| self.at_point(0, error))
    }
}

/// Whether a swept key means something to the strategy: all do that are not of strategies.
fn has(strategy: &Strategy, key: &str) -> bool {
    key.strip_prefix("strategy.").is_none_or(|key| strategy.has(key))
}
