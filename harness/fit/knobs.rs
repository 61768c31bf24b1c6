//! The few numbers of a runtime that are fitted, and how a vector of them becomes runtimes of devices.

use tightfit_devices::{ByFormat, Factor, LargeHead, MilliOperations, Nanoseconds, Runtime, Share, WeightFormat};

use super::{
    belief::{self, Beliefs},
    least_squares::{Belief, Found},
};

/// One number that is fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Knob {
    Bandwidth,
    Cache,
    Operations(WeightFormat),
    Compute,
    ComputeOf(WeightFormat),
    Attention,
    Extra,
    Layer,
    LinearLayer,
    ExpertLayer,
    EmbeddingLayer,
    Token,
    Vocabulary,
    LargeHead,
    Prompt,
    Switch,
    SwitchPosition,
    /// A factor of one device, by its place among the family's.
    Device(usize, DeviceKnob),
}

/// A number whose spread is still this part of its belief's is called assumed.
const BELIEVED: f64 = 0.7;

impl Knob {
    /// Its key in a profile; a device's factors have none of the class's.
    fn key(self) -> Option<String> {
        Some(match self {
            Self::Bandwidth => "bandwidth-share".to_owned(),
            Self::Cache => "cache-bandwidth-share".to_owned(),
            Self::Operations(format) => format!("operations-per-weight.{format}"),
            Self::Compute => "compute-share".to_owned(),
            Self::ComputeOf(format) => format!("compute-share.{format}"),
            Self::Attention => "attention-compute-share".to_owned(),
            Self::Extra => "extra-positions".to_owned(),
            Self::Layer => "layer-overhead-us".to_owned(),
            Self::LinearLayer => "linear-layer-overhead-us".to_owned(),
            Self::ExpertLayer => "expert-layer-overhead-us".to_owned(),
            Self::EmbeddingLayer => "embedding-layer-overhead-us".to_owned(),
            Self::Token => "token-overhead-us".to_owned(),
            Self::Vocabulary => "vocabulary-overhead-us".to_owned(),
            Self::LargeHead => "large-head.operations".to_owned(),
            Self::Prompt => "prompt-overhead-us".to_owned(),
            Self::Switch => "switch-overhead-us".to_owned(),
            Self::SwitchPosition => "switch-position-us".to_owned(),
            Self::Device(..) => return None,
        })
    }
}

/// A factor of one device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeviceKnob {
    Bandwidth,
    Arithmetic,
    Compute,
    Overhead,
    Switch,
}

impl DeviceKnob {
    pub(crate) const ALL: [Self; 5] = [Self::Bandwidth, Self::Arithmetic, Self::Compute, Self::Overhead, Self::Switch];

    const fn spread(self) -> f64 {
        match self {
            Self::Bandwidth => belief::DEVICE_BANDWIDTH_SPREAD,
            Self::Arithmetic => belief::DEVICE_ARITHMETIC_SPREAD,
            Self::Compute => belief::DEVICE_COMPUTE_SPREAD,
            Self::Overhead => belief::DEVICE_OVERHEAD_SPREAD,
            Self::Switch => belief::DEVICE_SWITCH_SPREAD,
        }
    }
}

/// Which number each place of a vector is, and what is believed of it.
#[derive(Clone, Debug)]
pub(crate) struct Knobs {
    knobs: Vec<Knob>,
    beliefs: Vec<Belief>,
}

impl Knobs {
    /// For rows of so many devices with weights in these formats, as far as the runtime has them.
    pub(crate) fn new(class: &Runtime, beliefs: &Beliefs, formats: &[WeightFormat], devices: usize) -> Self {
        let mut all = Self { knobs: Vec::new(), beliefs: Vec::new() };
        all.push(Knob::Bandwidth, beliefs.bandwidth());
        all.push(Knob::Cache, beliefs.cache());
        all.push(Knob::Compute, beliefs.compute());
        all.push(Knob::Attention, beliefs.attention());
        all.push(Knob::Extra, Beliefs::extra_positions());
        all.push(Knob::Layer, beliefs.layer_us());
        all.push(Knob::LinearLayer, beliefs.linear_layer_us());
        all.push(Knob::ExpertLayer, Beliefs::expert_layer_us());
        all.push(Knob::EmbeddingLayer, Beliefs::embedding_layer_us());
        all.push(Knob::Token, beliefs.token_us());
        all.push(Knob::Vocabulary, Beliefs::vocabulary_us());
        all.push(Knob::Prompt, beliefs.prompt_us());
        if class.large_head.is_some() {
            all.push(Knob::LargeHead, Beliefs::large_head());
        }
        for format in formats.iter().filter(|format| !class.lacks.contains(format)) {
            all.push(Knob::Operations(*format), beliefs.operations(*format));
            all.push(Knob::ComputeOf(*format), beliefs.compute_of_format(*format));
        }
        if !class.lacks.is_empty() {
            all.push(Knob::Switch, Beliefs::switch_us());
            all.push(Knob::SwitchPosition, Beliefs::switch_position_us());
        }
        let of_devices = Self::of_devices(class, devices);
        all.knobs.extend(of_devices.knobs);
        all.beliefs.extend(of_devices.beliefs);
        all
    }

    /// For the factors of so many devices alone.
    pub(crate) fn of_devices(class: &Runtime, devices: usize) -> Self {
        let mut all = Self { knobs: Vec::new(), beliefs: Vec::new() };
        for device in 0..devices {
            for knob in DeviceKnob::ALL {
                if knob != DeviceKnob::Switch || !class.lacks.is_empty() {
                    all.push(Knob::Device(device, knob), Belief::about(1.0, knob.spread()).robust());
                }
            }
        }
        all
    }

    fn push(&mut self, knob: Knob, belief: Belief) {
        self.knobs.push(knob);
        self.beliefs.push(belief);
    }

    /// Keys of the class that the rows have hardly moved: their spread is still most of what was believed.
    pub(crate) fn believed(&self, found: &Found) -> Vec<String> {
        let vague = |((_, belief), spread): &((&Knob, &Belief), &f64)| **spread > BELIEVED * belief.spread;
        let knobs = self.knobs.iter().zip(&self.beliefs).zip(&found.spreads);
        knobs.filter(vague).filter_map(|((knob, _), _)| knob.key()).collect()
    }

    pub(crate) fn beliefs(&self) -> &[Belief] {
        &self.beliefs
    }

    /// The class's runtime with the numbers of `vector`, if any is of the class.
    pub(crate) fn class(&self, class: &Runtime, beliefs: &Beliefs, vector: &[f64]) -> Runtime {
        if self.knobs.iter().all(|knob| matches!(knob, Knob::Device(..))) {
            return class.clone();
        }
        let mut runtime = class.clone();
        let mut compute = 1.0;
        let mut compute_of = Vec::new();
        let mut operations = Vec::new();
        for (knob, log) in self.knobs.iter().zip(vector) {
            let value = log.exp();
            match *knob {
                Knob::Bandwidth => runtime.bandwidth_share = share(value),
                Knob::Cache => runtime.cache_bandwidth_share = Some(share(value)),
                Knob::Operations(format) => operations.push((format, value)),
                Knob::Compute => compute = value,
                Knob::ComputeOf(format) => compute_of.push((format, value)),
                Knob::Attention => runtime.attention_compute_share = Some(share(value)),
                Knob::Extra => runtime.extra_positions = milli(value),
                Knob::Layer => runtime.layer_overhead = microseconds(value),
                Knob::LinearLayer => runtime.linear_layer_overhead = microseconds(value),
                Knob::ExpertLayer => runtime.expert_layer_overhead = microseconds(value),
                Knob::EmbeddingLayer => runtime.embedding_layer_overhead = microseconds(value),
                Knob::Token => runtime.token_overhead = microseconds(value),
                Knob::Vocabulary => runtime.vocabulary_overhead = microseconds(value),
                Knob::LargeHead => {
                    let operations = Factor::from_parts_per_million(whole(value * 1e6));
                    runtime.large_head = runtime.large_head.map(|large| LargeHead { operations, ..large });
                }
                Knob::Prompt => runtime.prompt_overhead = microseconds(value),
                Knob::Switch => runtime.switch_overhead = microseconds(value),
                Knob::SwitchPosition => runtime.switch_position = microseconds(value),
                Knob::Device(..) => {}
            }
        }
        runtime.operations_per_weight = Some(all_formats(&operations, beliefs));
        runtime.compute_share = all_shares(&compute_of, compute, beliefs);
        runtime
    }

    /// The same with the factors of one device.
    pub(crate) fn on_device(&self, class: &Runtime, device: usize, vector: &[f64]) -> Runtime {
        let mut runtime = class.clone();
        for (knob, log) in self.knobs.iter().zip(vector) {
            let Knob::Device(place, knob) = *knob else { continue };
            if place != device {
                continue;
            }
            let factor = Factor::from_parts_per_million(whole(log.exp() * 1e6));
            match knob {
                DeviceKnob::Bandwidth => runtime.scale.bandwidth = factor,
                DeviceKnob::Arithmetic => runtime.scale.arithmetic = factor,
                DeviceKnob::Compute => runtime.scale.compute = factor,
                DeviceKnob::Overhead => runtime.scale.overhead = factor,
                DeviceKnob::Switch => runtime.scale.switch = factor,
            }
        }
        runtime
    }
}

/// A number of operations for every format: fitted, as its kin's were found beside what was believed, or as believed.
fn all_formats(fitted: &[(WeightFormat, f64)], beliefs: &Beliefs) -> ByFormat<MilliOperations> {
    let believed = |format| beliefs.operations(format).log.exp();
    let found = |wanted: WeightFormat| fitted.iter().find(|(format, _)| *format == wanted).map(|(_, value)| *value);
    let of = |format: WeightFormat| {
        let by_kin =
            || format.kin().iter().find_map(|&kin| found(kin).map(|value| value * believed(format) / believed(kin)));
        milli(found(format).or_else(by_kin).unwrap_or_else(|| believed(format)))
    };
    let formats = WeightFormat::ALL.into_iter().map(|format| (format, of(format))).collect();
    ByFormat { default: of(WeightFormat::Int4), formats }
}

/// The share of the peak for matrices of every format, in the same way.
fn all_shares(fitted: &[(WeightFormat, f64)], compute: f64, beliefs: &Beliefs) -> ByFormat<Share> {
    let believed = |format| beliefs.compute_of_format(format).log.exp();
    let of = |format: WeightFormat| {
        let found = fitted.iter().find(|(known, _)| *known == format).map(|(_, factor)| *factor);
        share(compute * found.unwrap_or_else(|| believed(format)))
    };
    let formats = WeightFormat::ALL.into_iter().map(|format| (format, of(format))).collect();
    ByFormat { default: share(compute), formats }
}

fn share(value: f64) -> Share {
    let parts = u32::try_from(whole(value.clamp(1e-6, 1.0) * 1e6)).expect("at most a million");
    Share::from_parts_per_million(parts.clamp(1, 1_000_000)).expect("it is above zero and at most the whole")
}

fn milli(value: f64) -> MilliOperations {
    MilliOperations::new(whole(value * 1e3))
}

fn microseconds(value: f64) -> Nanoseconds {
    Nanoseconds::new(whole(value * 1e3))
}

/// The nearest integer of what is known to be above zero and far below the limit.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what a u64 holds exactly")]
fn whole(value: f64) -> u64 {
    value.round().clamp(0.0, 1e15) as u64
}
