//! What a scenario expects of its results: limits that make it a test, and tolerances for the gate.
//!
//! `[expect]`, or several `[[expect]]`: a metric is at least or at most something, or may move from its baseline by a share
//! (`relative`) or an amount (`absolute`). Which metrics there are is a closed list; the unit stands in the key.

mod read;

use serde::Deserialize;

pub(crate) use read::one_or_many;

/// Expectations of some of a scenario's results.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expect {
    /// Devices that it is about, by name; all where there are none.
    pub devices: Vec<String>,
    /// Strategies that it is about; all where there are none.
    pub strategies: Vec<String>,
    /// The worst outcome of memory that is accepted.
    pub outcome: Option<Outcome>,
    /// Limits of metrics, in the order of [`METRICS`].
    pub limits: Vec<(Metric, Limit)>,
}

/// What the system does about an app's memory, from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Nothing.
    Fits,
    /// The system is under pressure.
    UnderPressure,
    /// The app is killed: every outcome is accepted.
    Killed,
}

/// What one metric may be. Bounds hold in every run; `relative` and `absolute` are about the gate's baseline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Limit {
    /// No less than this.
    pub at_least: Option<f64>,
    /// No more than this.
    pub at_most: Option<f64>,
    /// May move from its baseline by this share, either way.
    pub relative: Option<f64>,
    /// May move from its baseline by this much, either way.
    pub absolute: Option<f64>,
}

/// A metric that can be expected something of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metric {
    /// As files spell it, with its unit.
    pub key: &'static str,
    /// Its dotted name in a result.
    pub result: &'static str,
    /// How many of the result's units one of the key's is: a millisecond is 10^6 ns.
    pub factor: f64,
}

const fn metric(key: &'static str, result: &'static str, factor: f64) -> Metric {
    Metric { key, result, factor }
}

/// All of them.
pub const METRICS: [Metric; 13] = [
    metric("decode-tokens-per-s", "throughput.decode_tokens_per_s", 1.0),
    metric("prefill-tokens-per-s", "throughput.prefill_tokens_per_s", 1.0),
    metric("ttft-ms", "latency.ttft_ns", 1e6),
    metric("tpot-ms", "latency.tpot_ns", 1e6),
    metric("itl-p95-ms", "latency.itl_p95_ns", 1e6),
    metric("itl-p99-ms", "latency.itl_p99_ns", 1e6),
    metric("e2e-ms", "latency.e2e_ns", 1e6),
    metric("peak-mb", "memory.peak_bytes", 1e6),
    metric("flash-mb-per-token", "flash.bytes_per_token", 1e6),
    metric("decode-hit-rate", "cache.decode_hit_rate", 1.0),
    metric("joules-per-token", "energy.joules_per_token", 1.0),
    metric("battery-percent-per-1000-tokens", "energy.battery_percent_per_1000_tokens", 1.0),
    metric("lost-mass-share", "quality.lost_mass_share", 1.0),
];

impl Outcome {
    /// As results spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fits => "fits",
            Self::UnderPressure => "under-pressure",
            Self::Killed => "killed",
        }
    }
}

impl Limit {
    /// What is wrong with it, if anything.
    fn problem(&self) -> Option<String> {
        let Self { at_least, at_most, relative, absolute } = *self;
        let given = [at_least, at_most, relative, absolute];
        if given.iter().all(Option::is_none) {
            return Some("give at-least, at-most, relative or absolute, as in { at-least = 10 }".to_owned());
        }
        if given.iter().flatten().any(|number| !number.is_finite() || *number < 0.0) {
            return Some("a limit is a finite number, 0 or more".to_owned());
        }
        if let Some((low, high)) = at_least.zip(at_most).filter(|(low, high)| low > high) {
            return Some(format!("nothing is at least {low} and at most {high}"));
        }
        None
    }
}

impl Expect {
    /// Whether it is about results of this device and strategy.
    #[must_use]
    pub fn is_about(&self, device: &str, strategy: &str) -> bool {
        let of = |list: &[String], name: &str| list.is_empty() || list.iter().any(|other| other == name);
        of(&self.devices, device) && of(&self.strategies, strategy)
    }
}
