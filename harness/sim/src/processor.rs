//! A processor as a runtime uses it: how long work takes when nothing else goes on.
//!
//! time = bytes / bandwidth + arithmetic / rate + fixed costs: a sum and not the larger of the first two, because a kernel
//! that dequantises and multiplies hides little of one under the other (on the published measurements the sum fits
//! better). A weight used once costs its format's operations at the peak rate; many positions are multiplied as matrices,
//! at the share of the peak that the runtime attains, and a few of them either way, whichever is faster. What the
//! runtime lacks is left to the CPU, at a price for each matrix.

use tightfit_devices::{
    ByFormat, Device, LargeHead, MilliOperations, Nanoseconds, Processor as Hardware, Runtime, Share, WeightFormat,
};

use crate::{
    compute::at_rate_ns,
    work::{Positions, Work},
};

/// A multiplication and an addition.
const FLOPS_PER_WEIGHT: u64 = 2;

/// A processor as a runtime uses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Processor {
    rates: Rates,
    /// Formats that it lacks, with what they cost on the CPU; nothing if it lacks none.
    lacking: Option<Lacking>,
    kernel_ns: u64,
    layer_ns: u64,
    linear_layer_ns: u64,
    expert_layer_ns: u64,
    expert_kernel_ns: u64,
    embedding_layer_ns: u64,
    token_ns: u64,
    thousand_words_ns: u64,
    prompt_ns: u64,
}

/// Rates at which it works.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rates {
    bytes_per_s: u64,
    cache_bytes_per_s: u64,
    peak_flops_per_s: u64,
    attention_flops_per_s: u64,
    extra_milli_positions: u64,
    large_head: Option<LargeHead>,
    /// Thousandths of an operation at the peak rate, by format.
    weight_milli_operations: Option<[u64; WeightFormat::COUNT]>,
    /// The same for each further position of a small batch.
    position_milli_operations: Option<[u64; WeightFormat::COUNT]>,
    /// By format.
    matrix_flops_per_s: [u64; WeightFormat::COUNT],
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Lacking {
    formats: [bool; WeightFormat::COUNT],
    cpu: Rates,
    switch_ns: u64,
    switch_position_ns: u64,
}

/// The parts of a kernel's time when nothing else goes on; they add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KernelTime {
    /// Arithmetic.
    pub arithmetic_ns: u64,
    /// Bytes through DRAM.
    pub bytes_ns: u64,
    /// Fixed costs.
    pub overhead_ns: u64,
}

impl KernelTime {
    /// The whole.
    #[must_use]
    pub const fn total_ns(&self) -> u64 {
        self.arithmetic_ns + self.bytes_ns + self.overhead_ns
    }
}

impl Processor {
    /// The processor of `device` that `runtime` runs on.
    ///
    /// # Panics
    /// If the profile lacks it, or its number format: a checked profile has both.
    #[must_use]
    pub fn new(device: &Device, runtime: &Runtime) -> Self {
        let lacking = (!runtime.lacks.is_empty()).then(|| {
            let mut formats = [false; WeightFormat::COUNT];
            for format in &runtime.lacks {
                formats[format.index()] = true;
            }
            let cpu = device.fallback(runtime).expect("a checked profile has what its runtimes fall back to");
            let switch_ns = |cost: Nanoseconds| runtime.scale.switch.times(cost.get());
            Lacking {
                formats,
                cpu: Rates::new(device, cpu),
                switch_ns: switch_ns(runtime.switch_overhead),
                switch_position_ns: switch_ns(runtime.switch_position),
            }
        });
        let hardware = device.processor(runtime.processor).expect("a checked profile has its runtimes' processors");
        let fixed_ns = |cost: Nanoseconds| runtime.scale.overhead.times(cost.get());
        Self {
            rates: Rates::new(device, runtime),
            lacking,
            kernel_ns: hardware.dispatch.get(),
            layer_ns: fixed_ns(runtime.layer_overhead),
            linear_layer_ns: fixed_ns(runtime.linear_layer_overhead),
            expert_layer_ns: fixed_ns(runtime.expert_layer_overhead),
            expert_kernel_ns: fixed_ns(runtime.expert_kernel_overhead),
            embedding_layer_ns: fixed_ns(runtime.embedding_layer_overhead),
            token_ns: fixed_ns(runtime.token_overhead),
            thousand_words_ns: fixed_ns(runtime.vocabulary_overhead),
            prompt_ns: runtime.prompt_overhead.get(),
        }
    }

    /// How long `work` takes.
    #[must_use]
    pub fn time(&self, work: &Work) -> KernelTime {
        let mut time = KernelTime { overhead_ns: self.fixed_ns(work), ..KernelTime::default() };
        match &self.lacking {
            None => self.rates.weigh(work, |_| true, &mut time),
            Some(lacking) => {
                self.rates.weigh(work, |place| !lacking.formats[place], &mut time);
                lacking.cpu.weigh(work, |place| lacking.formats[place], &mut time);
                let each_ns = lacking.switch_ns + work.positions.times(lacking.switch_position_ns);
                time.overhead_ns += lacking.switches(work) * each_ns;
            }
        }
        time.bytes_ns += at_rate_ns(work.cache_bytes, self.rates.cache_bytes_per_s);
        time.arithmetic_ns += at_rate_ns(work.attention_flops, self.rates.attention_flops_per_s);
        time
    }

    fn fixed_ns(&self, work: &Work) -> u64 {
        u64::from(work.kernels) * self.kernel_ns
            + u64::from(work.layers) * self.layer_ns
            + u64::from(work.linear_layers) * self.linear_layer_ns
            + u64::from(work.expert_layers) * self.expert_layer_ns
            + u64::from(work.expert_kernels) * self.expert_kernel_ns
            + u64::from(work.embedding_layers) * self.embedding_layer_ns
            + u64::from(work.tokens) * self.token_ns
            + work.words * self.thousand_words_ns / 1000
            + u64::from(work.prompts) * self.prompt_ns
    }
}

impl Lacking {
    /// Matrices that are left to the CPU.
    fn switches(&self, work: &Work) -> u64 {
        self.formats
            .iter()
            .zip(work.matrices.0)
            .filter(|(lacks, _)| **lacks)
            .map(|(_, matrices)| u64::from(matrices))
            .sum()
    }
}

impl Rates {
    fn new(device: &Device, runtime: &Runtime) -> Self {
        let hardware: &Hardware =
            device.processor(runtime.processor).expect("a checked profile has its runtimes' processors");
        let peak = hardware.flops_per_s(runtime.compute_format).expect("a checked profile has its runtimes' formats");
        let bandwidth = hardware.bandwidth_share.of_rate(device.memory.bandwidth).get();
        let scale = runtime.scale;
        // No factor takes a processor beyond what it can attain.
        let read_at = |share: Share| scale.bandwidth.times(share.of(bandwidth)).clamp(1, bandwidth.max(1));
        let computed_at = |share: Share| scale.compute.times(share.of(peak.get())).max(1);
        Self {
            bytes_per_s: read_at(runtime.bandwidth_share),
            cache_bytes_per_s: read_at(runtime.cache_bandwidth_share.unwrap_or(runtime.bandwidth_share)),
            peak_flops_per_s: scale.arithmetic.times(peak.get()).max(1),
            attention_flops_per_s: computed_at(
                runtime.attention_compute_share.unwrap_or(runtime.compute_share.default),
            ),
            extra_milli_positions: runtime.extra_positions.get(),
            large_head: runtime.large_head,
            weight_milli_operations: runtime.operations_per_weight.as_ref().map(by_format),
            position_milli_operations: runtime.operations_per_position.as_ref().map(by_format),
            matrix_flops_per_s: WeightFormat::ALL.map(|format| computed_at(runtime.compute_share.of(format))),
        }
    }

    /// Adds the time of the weights of some formats.
    fn weigh(&self, work: &Work, takes: impl Fn(usize) -> bool, time: &mut KernelTime) {
        let stored = |place: &usize| takes(*place) && work.weights.parameters[*place] > 0;
        let (mut bytes, mut matrix_ns) = (0, 0);
        let mut milli_operations = Some(0_u64);
        for place in (0..WeightFormat::COUNT).filter(stored) {
            let weights = work.weights.parameters[place];
            bytes += work.weights.bytes[place];
            matrix_ns += self.matrix_ns(place, weights, work.positions);
            let weighed = weights + self.more_for_large_head(place, work);
            let more = self.milli_operations(place, weighed, work.positions);
            milli_operations = milli_operations.zip(more).map(|(sum, more)| sum.saturating_add(more));
        }
        time.bytes_ns += at_rate_ns(bytes, self.bytes_per_s);
        let one_by_one_ns = milli_operations.map(|sum| at_rate_ns(sum, self.peak_flops_per_s.saturating_mul(1000)));
        time.arithmetic_ns += match one_by_one_ns {
            Some(ns) if work.positions.is_single() => ns,
            Some(ns) => ns.min(matrix_ns),
            None => matrix_ns,
        };
    }

    /// Operations of weights that are multiplied position by position; nothing where the runtime has no such kernel.
    fn milli_operations(&self, place: usize, weights: u64, positions: Positions) -> Option<u64> {
        let first = weights.saturating_mul(self.weight_milli_operations?[place]);
        if positions.is_single() {
            return Some(first);
        }
        let more = positions.times(weights).saturating_sub(weights);
        Some(first.saturating_add(more.saturating_mul(self.position_milli_operations?[place])))
    }

    /// Weights of a format that would cost what a large head costs beyond its weights.
    fn more_for_large_head(&self, place: usize, work: &Work) -> u64 {
        let Some(large) = self.large_head else { return 0 };
        let head: u64 = work.head_weights.iter().sum();
        let own = work.head_weights[place];
        if head < large.weights { 0 } else { large.operations.times(own).saturating_sub(own) }
    }

    /// Time of weights that are multiplied as a matrix.
    fn matrix_ns(&self, place: usize, weights: u64, positions: Positions) -> u64 {
        let extra = Positions { uses: self.extra_milli_positions, of: 1000 }.times(weights);
        let extra = if positions.is_single() { 0 } else { extra };
        let flops = (positions.times(weights) + extra).saturating_mul(FLOPS_PER_WEIGHT);
        at_rate_ns(flops, self.matrix_flops_per_s[place])
    }
}

fn by_format(values: &ByFormat<MilliOperations>) -> [u64; WeightFormat::COUNT] {
    WeightFormat::ALL.map(|format| values.of(format).get())
}
