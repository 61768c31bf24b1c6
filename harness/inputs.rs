//! Everything that a scenario names, loaded and checked against each other before anything runs.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use tightfit_devices::{Device, Runtime};
use tightfit_scenarios::{
    Model, Scenario, Settings,
    model::{FeedForward, Weights},
    strategy::Stream,
    trace::{self, Trace, Unit},
    traces,
};

use crate::RunError;

/// A scenario's inputs.
#[derive(Debug)]
pub struct Inputs {
    /// The scenario.
    pub scenario: Scenario,
    /// Its devices, in order.
    pub devices: Vec<Device>,
    /// Its model.
    pub model: Model,
    /// The model in the scenario's quantization.
    pub weights: Weights,
    /// The quantization's name.
    pub quantization: String,
    /// Its trace, where it has one.
    pub trace: Option<Trace>,
    /// SHA-256 of the texts and files, by what they are.
    pub digests: BTreeMap<String, String>,
}

impl Inputs {
    /// Loads what `scenario` names.
    pub fn load(scenario: Scenario, settings: &Settings) -> Result<Self, RunError> {
        let mut digests = BTreeMap::new();
        digests.insert("scenario".to_owned(), hexadecimal(scenario.source.text.as_bytes()));
        let mut devices = Vec::new();
        for name in &scenario.devices {
            let device = Device::load_with(name, &settings.device)?;
            digests.insert(format!("device.{}", device.name), text_digest(name, Device::embedded(name)));
            devices.push(device);
        }
        let model = Model::load(&scenario.model)?;
        digests.insert("model".to_owned(), text_digest(&scenario.model, Model::embedded(&scenario.model)));
        let quantization = scenario.quantization.clone().unwrap_or_else(|| model.default_quantization.clone());
        let weights = model.weights(&quantization)?;
        let trace = match &scenario.trace {
            None => None,
            Some(name) => {
                let bytes = traces::bytes(name)?;
                digests.insert("trace".to_owned(), hexadecimal(&bytes));
                Some(trace::read_bytes(name, bytes)?)
            }
        };
        let inputs = Self { scenario, devices, model, weights, quantization, trace, digests };
        inputs.check()?;
        Ok(inputs)
    }

    /// The runtime of `device` that the scenario asks for.
    ///
    /// # Panics
    /// If the device lacks it, which loading rules out.
    #[must_use]
    pub fn runtime<'d>(&self, device: &'d Device) -> &'d Runtime {
        device.runtime(&self.scenario.runtime, self.scenario.processor).expect("loading checked the runtime")
    }

    /// An error about inputs that don't go together.
    pub(crate) fn wrong(&self, problem: String) -> RunError {
        RunError::Together { scenario: self.scenario.name.clone(), problem }
    }

    fn check(&self) -> Result<(), RunError> {
        let scenario = &self.scenario;
        for device in &self.devices {
            if device.runtime(&scenario.runtime, scenario.processor).is_none() {
                let known: Vec<String> = device
                    .runtimes
                    .iter()
                    .map(|runtime| format!("{} on {}", runtime.name, runtime.processor))
                    .collect();
                return Err(self.wrong(format!(
                    "device {} has no runtime {} on {}: it has {}",
                    device.name,
                    scenario.runtime,
                    scenario.processor,
                    known.join(", ")
                )));
            }
            if scenario.memory.entitled && scenario.memory.limit.is_none() && device.memory.app_limit_entitled.is_none()
            {
                return Err(self.wrong(format!(
                    "device {} has no app-limit-entitled-mb: leave memory.entitled out, or give memory.limit-mb",
                    device.name
                )));
            }
        }
        let sparse = scenario.strategies.iter().find(|strategy| strategy.stream == Stream::FeedForward);
        if let (Some(strategy), None) = (sparse, &self.trace) {
            return Err(self.wrong(format!(
                "strategy {} streams the rows that a trace says are active: give trace = \"...\", or leave it out",
                strategy.name
            )));
        }
        self.trace.as_ref().map_or(Ok(()), |trace| self.check_trace(trace))
    }

    /// That the trace was recorded on a model of this shape.
    fn check_trace(&self, trace: &Trace) -> Result<(), RunError> {
        let of_trace = trace.geometry();
        let unit = match self.model.feed_forward {
            FeedForward::Neurons { .. } => Unit::Neuron,
            FeedForward::Experts { .. } => Unit::Expert,
        };
        let of_model = (unit, self.weights.layers, self.weights.bundles_per_layer);
        if (of_trace.unit, of_trace.layers, of_trace.bundles_per_layer) != of_model {
            return Err(self.wrong(format!(
                "the trace was recorded on {} ({} layers of {} {}s), the model {} has {} layers of {} {}s: take the trace's \
                 model or a trace of this one",
                trace.header().model,
                of_trace.layers,
                of_trace.bundles_per_layer,
                of_trace.unit.as_str(),
                self.model.name,
                of_model.1,
                of_model.2,
                unit.as_str(),
            )));
        }
        let requests = trace.requests().len();
        if self.scenario.request.trace_request as usize >= requests {
            return Err(self.wrong(format!(
                "request.trace-request = {}: the trace has {requests} request(s), counted from 0",
                self.scenario.request.trace_request
            )));
        }
        Ok(())
    }
}

/// SHA-256, hexadecimal.
#[must_use]
pub fn hexadecimal(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Digest of an embedded text, or of the file at a path that has just been read.
fn text_digest(name: &str, embedded: Option<&str>) -> String {
    match embedded {
        Some(text) => hexadecimal(text.as_bytes()),
        None => std::fs::read(name).map_or_else(|_| String::new(), |bytes| hexadecimal(&bytes)),
    }
}
