//! What a kernel costs: operations and bytes through DRAM, and how fast a processor does them.
//!
//! The time of a kernel is a roofline: the longer of its operations at the attained rate and its bytes at the
//! attained bandwidth, plus the fixed cost of a dispatch. The runtimes' shares in the profiles are fitted with the same
//! count of dispatches: two a layer and one for the head.

use tightfit_engine::platform::{Kernel, KernelKind};

/// What one layer costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LayerCosts {
    /// Weights that every token reads: attention, norms, router, shared experts.
    pub dense_bytes: u64,
    /// Operations on them for one position.
    pub dense_flops: u64,
    /// KV-cache bytes of one position: written once, read by every later one.
    pub kv_bytes: u64,
    /// Operations of attention for one position over one position of context.
    pub attention_flops: u64,
    /// Weights of one row or expert.
    pub row_bytes: u64,
    /// Operations on it for one position.
    pub row_flops: u64,
    /// Weights of the copy of lower precision of one expert, where there are such copies.
    pub cold_row_bytes: u64,
    /// Weights of the predictor that names the rows.
    pub predictor_bytes: u64,
    /// Operations of the predictor for one position.
    pub predictor_flops: u64,
}

/// What a model's kernels cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Costs {
    /// By layer.
    pub layers: Vec<LayerCosts>,
    /// Weights that the head reads.
    pub head_bytes: u64,
    /// Operations of the head for one position.
    pub head_flops: u64,
    /// Weights of the small model that drafts tokens.
    pub draft_bytes: u64,
    /// Its operations for one position.
    pub draft_flops: u64,
}

/// Work of one kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Operations.
    pub flops: u64,
    /// Bytes through DRAM.
    pub bytes: u64,
    /// Whether the runtime's fixed cost of a token falls due.
    pub ends_token: bool,
}

impl Costs {
    /// The work of `kernel`.
    #[must_use]
    pub fn work(&self, kernel: &Kernel) -> Work {
        let tokens = u64::from(kernel.tokens);
        match kernel.kind {
            KernelKind::Draft => Work { flops: tokens * self.draft_flops, bytes: self.draft_bytes, ends_token: false },
            KernelKind::Dense => self.layers[kernel.layer as usize].dense(kernel),
            KernelKind::Predictor => {
                let layer = &self.layers[kernel.layer as usize];
                Work { flops: tokens * layer.predictor_flops, bytes: layer.predictor_bytes, ends_token: false }
            }
            KernelKind::FeedForward => {
                let layer = &self.layers[kernel.layer as usize];
                let cold = u64::from(kernel.cold_rows);
                Work {
                    flops: kernel.row_uses * layer.row_flops,
                    bytes: (u64::from(kernel.rows) - cold) * layer.row_bytes + cold * layer.cold_row_bytes,
                    ends_token: false,
                }
            }
            KernelKind::Head => Work { flops: tokens * self.head_flops, bytes: self.head_bytes, ends_token: true },
        }
    }
}

impl LayerCosts {
    /// Attention and all that every token reads; each sequence reads its own KV cache.
    fn dense(&self, kernel: &Kernel) -> Work {
        let (tokens, sequences) = (u64::from(kernel.tokens), u64::from(kernel.sequences));
        let (each, context) = (tokens / sequences, u64::from(kernel.context));
        // Position i of a sequence's batch looks at context - each + i positions: their sum.
        let looked_at = each * (context - each) + each * (each + 1) / 2;
        Work {
            flops: tokens * self.dense_flops + sequences * looked_at * self.attention_flops,
            bytes: self.dense_bytes + sequences * (context + each) * self.kv_bytes,
            ends_token: false,
        }
    }
}

/// A processor as a runtime uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Processor {
    /// Attained operations a second in the runtime's number format.
    pub flops_per_s: u64,
    /// Attained bytes a second from DRAM.
    pub bytes_per_s: u64,
    /// Cost of one dispatch.
    pub dispatch_ns: u64,
    /// Fixed cost of a token: sampling, graph building, synchronisation.
    pub token_overhead_ns: u64,
}

/// The parts of a kernel's time when nothing else goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KernelTime {
    /// Operations at the attained rate.
    pub flops_ns: u64,
    /// Bytes at the attained bandwidth.
    pub bytes_ns: u64,
    /// Dispatches and fixed costs.
    pub overhead_ns: u64,
}

impl Processor {
    /// How long `work` takes.
    #[must_use]
    pub fn time(&self, work: &Work) -> KernelTime {
        let fixed_ns = if work.ends_token { self.token_overhead_ns } else { 0 };
        KernelTime {
            flops_ns: at_rate_ns(work.flops, self.flops_per_s),
            bytes_ns: at_rate_ns(work.bytes, self.bytes_per_s),
            overhead_ns: self.dispatch_ns + fixed_ns,
        }
    }
}

/// Time of `amount` at `per_s` a second, rounded up.
pub(crate) fn at_rate_ns(amount: u64, per_s: u64) -> u64 {
    const NS_PER_S: u64 = 1_000_000_000;
    match amount.checked_mul(NS_PER_S) {
        Some(product) => product.div_ceil(per_s),
        None => crate::service::scale(amount, NS_PER_S, per_s),
    }
}
