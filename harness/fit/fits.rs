//! All families fitted to all samples, and what they predict.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use rayon::prelude::*;
use tightfit_devices::{Device, ProcessorKind, Runtime};
use tightfit_scenarios::{Condition, Model, Strategy, model::Weights};
use tightfit_sim::Processor;

use super::{
    family::{self, Fitted, Free, Phase, Row},
    work::Passes,
};
use crate::{RunError, shelf::Shelf};

/// Prompt and output where a source does not say: the middle of those that do.
pub(crate) const PROMPT_TOKENS: u32 = 128;
pub(crate) const OUTPUT_TOKENS: u32 = 128;

/// One measured rate of a case.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The rate's row.
    pub row: Row,
    /// The runtime.
    pub runtime: String,
    /// The processor.
    pub processor: ProcessorKind,
    /// The class of processors that the device belongs to.
    pub class: String,
    /// The state of the device.
    pub condition: Condition,
    /// Operator kinds of its model.
    pub operators: BTreeSet<Operator>,
}

/// An operator that is not in every model, and that runtimes do with very different skill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operator {
    /// Gated `DeltaNet`.
    LinearAttention,
    /// Choosing experts.
    Experts,
    /// An embedding of its own for every layer.
    LayerEmbedding,
}

/// What a family is known by.
pub type FamilyKey = (String, ProcessorKind, String);

/// Families by their keys, and the devices with what was fitted.
#[derive(Clone, Debug, Default)]
pub struct Fits {
    families: BTreeMap<FamilyKey, Fitted>,
    devices: BTreeMap<String, Device>,
}

impl Sample {
    /// Whether it belongs into a fit: rates of hot devices are the heat's, not the runtime's.
    #[must_use]
    pub fn is_fitted(&self) -> bool {
        self.condition != Condition::Hot
    }

    /// The family that it belongs to.
    #[must_use]
    pub fn family(&self) -> FamilyKey {
        (self.runtime.clone(), self.processor, self.class.clone())
    }
}

impl Fits {
    /// Fits all families of the samples, as far as they are free; those on the CPU first, because others fall back to them.
    #[must_use]
    pub fn new(samples: &[&Sample], devices: &BTreeMap<String, Device>, free: Free) -> Self {
        let mut fits = Self { families: BTreeMap::new(), devices: devices.clone() };
        let keys: BTreeSet<FamilyKey> = samples.iter().map(|sample| sample.family()).collect();
        let (on_cpu, others): (Vec<_>, Vec<_>) = keys.into_iter().partition(|key| key.1 == ProcessorKind::Cpu);
        for stage in [on_cpu, others] {
            let fitted: Vec<(FamilyKey, Fitted)> =
                stage.into_par_iter().map(|key| (key.clone(), fits.family(&key, samples, free))).collect();
            for (key, fitted) in fitted {
                fits.take(key, fitted);
            }
        }
        fits
    }

    fn family(&self, key: &FamilyKey, samples: &[&Sample], free: Free) -> Fitted {
        let rows: Vec<&Row> =
            samples.iter().filter(|sample| sample.family() == *key).map(|sample| &sample.row).collect();
        let any = &self.devices[&rows[0].device];
        let class = class_of(any.runtime(&key.0, key.1).expect("a sample's device has its runtime"));
        family::fit(&class, &rows, &self.devices, free)
    }

    /// Gives every device of the family its runtime.
    fn take(&mut self, key: FamilyKey, fitted: Fitted) {
        for (name, device) in &mut self.devices {
            let of_family =
                device.runtime(&key.0, key.1).is_some_and(|own| own.class.as_deref().unwrap_or_default() == key.2);
            if of_family {
                *device = device.clone().with_runtime(fitted.of(name).clone());
            }
        }
        self.families.insert(key, fitted);
    }

    /// The families.
    #[must_use]
    pub fn families(&self) -> &BTreeMap<FamilyKey, Fitted> {
        &self.families
    }

    /// Seconds that a sample should take; nothing if no row of its family was fitted.
    #[must_use]
    pub fn seconds(&self, sample: &Sample) -> Option<f64> {
        self.families.get(&sample.family())?;
        let device = &self.devices[&sample.row.device];
        let runtime = device.runtime(&sample.runtime, sample.processor)?;
        Some(sample.row.seconds_on(&Processor::new(device, runtime)))
    }
}

/// A runtime's class without what one device's rows said.
pub(crate) fn class_of(runtime: &Runtime) -> Runtime {
    Runtime { scale: tightfit_devices::Scale::default(), fit: None, ..runtime.clone() }
}

/// Turns cases into samples; what they name is loaded once.
#[derive(Debug, Default)]
pub struct Sampler {
    shelf: Arc<Shelf>,
    weights: BTreeMap<(String, String), (Arc<Model>, Weights)>,
}

/// What a sample is made of.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The device.
    pub device: &'a Device,
    /// The runtime.
    pub runtime: &'a str,
    /// The processor.
    pub processor: ProcessorKind,
    /// The state of the device.
    pub condition: Condition,
    /// The model.
    pub model: &'a str,
    /// Its quantization.
    pub quantization: &'a str,
    /// Length of the prompt.
    pub prompt_tokens: Option<u32>,
    /// Tokens generated.
    pub output_tokens: Option<u32>,
}

impl Sampler {
    /// A sample of one rate, in tokens a second.
    pub fn sample(&mut self, asked: &Asked<'_>, phase: Phase, tokens_per_s: f64) -> Result<Sample, RunError> {
        let key = (asked.model.to_owned(), asked.quantization.to_owned());
        if !self.weights.contains_key(&key) {
            let (model, _) = self.shelf.model(asked.model)?;
            let weights = model.weights(asked.quantization)?;
            self.weights.insert(key.clone(), (model, weights));
        }
        let (model, weights) = &self.weights[&key];
        let runtime = asked.device.runtime(asked.runtime, asked.processor).ok_or_else(|| RunError::Together {
            scenario: asked.device.name.clone(),
            problem: format!("the device has no runtime {} on the {}", asked.runtime, asked.processor),
        })?;
        let prompt = asked.prompt_tokens.unwrap_or(PROMPT_TOKENS);
        let output = asked.output_tokens.unwrap_or(OUTPUT_TOKENS);
        let window = (prompt + output).min(model.context);
        let resident = Strategy::load("resident", &[])?;
        let passes = Passes::new(weights, &resident, runtime.whole_context.then_some(window));
        let (work, seconds) = match phase {
            Phase::Decode => (passes.decode(prompt + output / 2), 1.0 / tokens_per_s),
            Phase::Prompt => (passes.prompt(prompt), f64::from(prompt) / tokens_per_s),
        };
        Ok(Sample {
            row: Row { device: asked.device.name.clone(), model: model.name.clone(), phase, seconds, work },
            runtime: asked.runtime.to_owned(),
            processor: asked.processor,
            class: runtime.class.clone().unwrap_or_default(),
            condition: asked.condition,
            operators: operators(weights),
        })
    }
}

fn operators(weights: &Weights) -> BTreeSet<Operator> {
    let has = |of: fn(&tightfit_scenarios::model::LayerWeights) -> bool| weights.layers.iter().any(of);
    let mut operators = BTreeSet::new();
    if has(|layer| layer.is_linear) {
        operators.insert(Operator::LinearAttention);
    }
    if has(|layer| layer.has_experts) {
        operators.insert(Operator::Experts);
    }
    if has(|layer| layer.has_embedding) {
        operators.insert(Operator::LayerEmbedding);
    }
    operators
}
