//! What is believed of a runtime before any row is seen, by class of processor: the middle, and how far off it may be.
//!
//! The beliefs are wide (a factor of e for fixed costs) where rows usually decide, and narrow where few do. They also
//! stand for every number that no row speaks of, and then the profile calls it assumed.

use tightfit_devices::WeightFormat;

use super::least_squares::Belief;

/// Beliefs about one class of processors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Beliefs {
    /// Share of the attainable bandwidth.
    bandwidth: f64,
    /// The cache's share of it.
    cache: f64,
    /// Operations of a 4-bit weight at the peak rate; other formats in proportion.
    operations: f64,
    /// How sure the last is: decoding is bound by it on phones, and hardly seen elsewhere.
    operations_spread: f64,
    /// Share of the peak for matrices.
    compute: f64,
    /// Whether prompts are faster in the formats that are repacked into tiles.
    repacks: bool,
    /// Share of the peak for attention over many positions.
    attention: f64,
    layer_us: f64,
    linear_layer_us: f64,
    token_us: f64,
    prompt_us: f64,
}

const CPU: Beliefs = Beliefs {
    bandwidth: 0.8,
    cache: 0.4,
    operations: 8.0,
    operations_spread: 0.5,
    compute: 0.25,
    repacks: true,
    attention: 0.1,
    layer_us: 60.0,
    linear_layer_us: 60.0,
    token_us: 450.0,
    prompt_us: 8000.0,
};
const METAL: Beliefs = Beliefs {
    bandwidth: 0.85,
    cache: 0.75,
    operations: 3.0,
    operations_spread: 1.0,
    compute: 0.4,
    repacks: false,
    attention: 0.25,
    layer_us: 40.0,
    linear_layer_us: 60.0,
    token_us: 400.0,
    prompt_us: 5000.0,
};
const CUDA: Beliefs = Beliefs { bandwidth: 0.9, ..METAL };
const NEURAL_ENGINE: Beliefs = Beliefs {
    bandwidth: 0.9,
    cache: 0.4,
    operations: 20.0,
    compute: 0.2,
    attention: 0.1,
    layer_us: 30.0,
    token_us: 1000.0,
    prompt_us: 20_000.0,
    ..METAL
};
const OPENCL: Beliefs = Beliefs {
    bandwidth: 0.7,
    operations: 20.0,
    operations_spread: 0.5,
    compute: 0.3,
    attention: 0.1,
    layer_us: 200.0,
    linear_layer_us: 500.0,
    prompt_us: 12_000.0,
    ..METAL
};
const HEXAGON: Beliefs = Beliefs {
    bandwidth: 0.7,
    cache: 0.6,
    operations: 20.0,
    operations_spread: 1.0,
    compute: 0.05,
    repacks: false,
    attention: 0.03,
    layer_us: 200.0,
    linear_layer_us: 2000.0,
    token_us: 1000.0,
    prompt_us: 50_000.0,
};

/// The classes that something is believed about.
const CLASSES: [(&str, Beliefs); 6] =
    [("ane", NEURAL_ENGINE), ("cpu", CPU), ("cuda", CUDA), ("hexagon", HEXAGON), ("metal", METAL), ("opencl", OPENCL)];

/// Spread of one device's numbers about its class; a device far off is rare and yet possible (`Belief::robust`).
pub(crate) const DEVICE_BANDWIDTH_SPREAD: f64 = 0.15;
pub(crate) const DEVICE_ARITHMETIC_SPREAD: f64 = 0.3;
pub(crate) const DEVICE_COMPUTE_SPREAD: f64 = 0.25;
pub(crate) const DEVICE_OVERHEAD_SPREAD: f64 = 0.35;
pub(crate) const DEVICE_SWITCH_SPREAD: f64 = 1.0;

impl Beliefs {
    /// About a class by its name; nothing if it is not known.
    pub(crate) fn about(class: &str) -> Option<Self> {
        CLASSES.iter().find(|(name, _)| *name == class).map(|(_, beliefs)| *beliefs)
    }

    pub(crate) fn bandwidth(&self) -> Belief {
        Belief::about(self.bandwidth, 0.25)
    }

    pub(crate) fn cache(&self) -> Belief {
        Belief::about(self.cache, 0.7)
    }

    pub(crate) fn operations(&self, format: WeightFormat) -> Belief {
        Belief::about(self.operations * effort(format), self.operations_spread)
    }

    pub(crate) fn compute(&self) -> Belief {
        Belief::about(self.compute, 0.6)
    }

    /// A format's share beside the runtime's.
    pub(crate) fn compute_of_format(&self, format: WeightFormat) -> Belief {
        Belief::about(if self.repacks { ease(format) } else { 1.0 }, 0.5)
    }

    pub(crate) fn attention(&self) -> Belief {
        Belief::about(self.attention, 0.7)
    }

    pub(crate) fn extra_positions() -> Belief {
        Belief::about(8.0, 0.8)
    }

    pub(crate) fn layer_us(&self) -> Belief {
        Belief::about(self.layer_us, 1.0)
    }

    pub(crate) fn linear_layer_us(&self) -> Belief {
        Belief::about(self.linear_layer_us, 1.5)
    }

    pub(crate) fn expert_layer_us() -> Belief {
        Belief::about(50.0, 1.5)
    }

    pub(crate) fn embedding_layer_us() -> Belief {
        Belief::about(60.0, 1.5)
    }

    pub(crate) fn token_us(&self) -> Belief {
        Belief::about(self.token_us, 1.0)
    }

    /// A thousand words: 5 ns a word to copy, compare and weigh.
    pub(crate) fn vocabulary_us() -> Belief {
        Belief::about(5.0, 1.0)
    }

    /// A generic kernel beside a tuned one.
    pub(crate) fn large_head() -> Belief {
        Belief::about(2.0, 0.7)
    }

    pub(crate) fn prompt_us(&self) -> Belief {
        Belief::about(self.prompt_us, 1.2)
    }

    pub(crate) fn switch_us() -> Belief {
        Belief::about(200.0, 1.5)
    }

    pub(crate) fn switch_position_us() -> Belief {
        Belief::about(3.0, 1.5)
    }
}

/// Arithmetic of a weight of a format beside one of plain 4 bits: codebooks take most, whole bytes least.
const fn effort(format: WeightFormat) -> f64 {
    match format {
        WeightFormat::Float32 | WeightFormat::Float16 | WeightFormat::Super4 => 1.1,
        WeightFormat::Int8 => 0.85,
        WeightFormat::Int6 | WeightFormat::Super5 => 1.8,
        WeightFormat::Int5 | WeightFormat::Super6 => 2.0,
        WeightFormat::Int4 => 1.0,
        WeightFormat::Int3 | WeightFormat::Int2 | WeightFormat::Super2 => 2.1,
        WeightFormat::Super3 => 2.2,
        WeightFormat::Table => 1.4,
        WeightFormat::Grid => 4.0,
        WeightFormat::Ternary => 1.5,
    }
}

/// Speed of matrices of a format on a CPU beside the mean: formats of whole bytes and of four bits are repacked into tiles for
/// it, the older ones of five bits and the small ones are not (llama.cpp's kernels for ARM).
const fn ease(format: WeightFormat) -> f64 {
    match format {
        WeightFormat::Int4 | WeightFormat::Int8 => 1.8,
        WeightFormat::Super4 | WeightFormat::Table => 1.3,
        WeightFormat::Super5 | WeightFormat::Super6 | WeightFormat::Int6 => 1.0,
        WeightFormat::Float16 | WeightFormat::Float32 => 0.7,
        WeightFormat::Int5 | WeightFormat::Int3 | WeightFormat::Super3 => 0.45,
        WeightFormat::Int2 | WeightFormat::Super2 | WeightFormat::Ternary => 0.4,
        WeightFormat::Grid => 0.2,
    }
}
