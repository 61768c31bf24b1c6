//! A result as what is compared: its names, its inputs, and every metric by its dotted name.
//!
//! Comparisons and baselines hold entries rather than results, so that a baseline outlives a metric that is added to the
//! contract or leaves it, and so that several runs of one thing on a real machine are one entry with several values.

mod fold;
mod read;
mod value;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use fold::entries;
pub use read::read;
pub use value::Value;
pub(crate) use value::median;

use crate::metrics::numbers;
use crate::schema::RunResult;

/// The platform whose numbers are exact.
pub const SIMULATED: &str = "sim";

/// One (scenario, device, model, strategy, point, platform).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Scenario name.
    pub scenario: String,
    /// Device name.
    pub device: String,
    /// Model name.
    pub model: String,
    /// Strategy label.
    pub strategy: String,
    /// `sim` or `host`.
    pub platform: String,
    /// Seed of every random stream.
    pub seed: u64,
    /// The point and the set-up, by dotted key.
    pub parameters: BTreeMap<String, String>,
    /// SHA-256 of each input.
    pub digests: BTreeMap<String, String>,
    /// Every metric by its dotted name, for instance `latency.ttft_ns`.
    pub metrics: BTreeMap<String, Value>,
    /// Every sourced input with its value, where the entry is of a result file; a baseline does not hold them.
    #[serde(skip)]
    pub sources: BTreeMap<String, String>,
}

impl Entry {
    /// The entry of one result.
    #[must_use]
    pub fn of(result: &RunResult) -> Self {
        let mut metrics: BTreeMap<String, Value> = numbers(result)
            .into_iter()
            .map(|(name, number)| {
                (name.to_owned(), if is_measurable(result, name) { number.into() } else { Value::NotMeasurable })
            })
            .collect();
        // A real machine that ran to its end says nothing about the limit that a device would have held it to.
        let outcome = match result.memory.outcome.as_str() {
            "ran" => Value::NotMeasurable,
            judged => Value::Text(judged.to_owned()),
        };
        metrics.insert("memory.outcome".to_owned(), outcome);
        metrics.insert("quality.mass_from".to_owned(), Value::Text(result.quality.mass_from.clone()));
        let sources = result.provenance.sources.iter().map(|source| (source.key.clone(), source.value.clone()));
        Self {
            scenario: result.scenario.clone(),
            device: result.device.clone(),
            model: result.model.clone(),
            strategy: result.strategy.clone(),
            platform: result.platform.clone(),
            seed: result.seed,
            parameters: result.parameters.clone(),
            digests: result.digests.clone(),
            metrics,
            sources: sources.collect(),
        }
    }

    /// What it is of: what is never compared with another of these.
    #[must_use]
    pub fn names(&self) -> [&str; 4] {
        [&self.scenario, &self.device, &self.model, &self.strategy]
    }

    /// Whether its numbers are exact, and so compared exactly.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        self.platform == SIMULATED
    }

    /// A metric as a number, where it is there and is one.
    #[must_use]
    pub fn number(&self, metric: &str) -> Option<f64> {
        self.metrics.get(metric).and_then(Value::number)
    }

    /// Every input by dotted key, as a text: platform, seed, parameters, digests and sourced numbers.
    #[must_use]
    pub fn inputs(&self) -> BTreeMap<String, String> {
        let mut inputs = self.parameters.clone();
        inputs.insert("platform".to_owned(), self.platform.clone());
        inputs.insert("seed".to_owned(), self.seed.to_string());
        inputs.extend(self.digests.iter().map(|(key, digest)| (format!("digest of the {key}"), digest.clone())));
        inputs.extend(self.sources.iter().map(|(key, value)| (key.clone(), value.clone())));
        inputs
    }
}

/// Zeros of a group that the platform could not measure are none: a machine without a power meter has no energy.
fn is_measurable(result: &RunResult, metric: &str) -> bool {
    !metric.split('.').next().is_some_and(|group| result.lacks(group))
}
