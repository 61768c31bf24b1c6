//! What a kernel costs: operations and bytes through DRAM, and how fast a processor does them.
//!
//! The time of a kernel is a roofline: the longer of its operations at the attained rate and its bytes at the
//! attained bandwidth, plus the fixed cost of a dispatch. The runtimes' shares in the profiles are fitted with the same
//! count of dispatches: two a layer and one for the head.

use tightfit_devices::Stored;
use tightfit_engine::platform::{Kernel, KernelKind};

/// What one layer costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LayerCosts {
    /// Weights that every token reads: attention, norms, router, shared experts.
    pub dense: Stored,
    /// Operations on them for one position.
    pub dense_flops: u64,
    /// KV-cache bytes of one position: written once, read by every later one.
    pub kv_bytes: u64,
    /// Whether those are an earlier layer's: read, and not written.
    pub kv_is_shared: bool,
    /// Positions that attention looks back at, where not at all of them.
    pub window: Option<u32>,
    /// Operations of attention for one position over one position of context.
    pub attention_flops: u64,
    /// A state that does not grow with the context: read and written once a pass, by each sequence.
    pub state_bytes: u64,
    /// Operations of one position on that state.
    pub state_flops: u64,
    /// Weights of one row or expert.
    pub row: Stored,
    /// Weights of the copy of lower precision of one expert, where there are such copies.
    pub cold_row: Stored,
    /// Weights of the predictor that names the rows.
    pub predictor: Stored,
}

/// What a model's kernels cost; a weight that is multiplied by costs two operations for each position.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Costs {
    /// By layer.
    pub layers: Vec<LayerCosts>,
    /// Weights that the head reads.
    pub head: Stored,
    /// Weights of the small model that drafts tokens.
    pub draft: Stored,
    /// Its operations for one position.
    pub draft_flops: u64,
}

/// Work of one kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Operations.
    pub flops: u64,
    /// Bytes through DRAM: weights, cache and state.
    pub bytes: u64,
    /// Of those, bytes of the KV cache.
    pub kv_bytes: u64,
    /// Of those, bytes of states; above zero only where the layer is recurrent.
    pub state_bytes: u64,
    /// Of the operations, those of attention over its context.
    pub attention_flops: u64,
    /// Of the operations, those on states.
    pub state_flops: u64,
    /// The weights that are read, each once, by format.
    pub weights: Stored,
    /// Whether the runtime's fixed cost of a token falls due.
    pub ends_token: bool,
}

impl Costs {
    /// The work of `kernel`.
    #[must_use]
    pub fn work(&self, kernel: &Kernel) -> Work {
        let tokens = u64::from(kernel.tokens);
        match kernel.kind {
            KernelKind::Draft => Work::reading(self.draft, tokens * self.draft_flops),
            KernelKind::Dense => self.layers[kernel.layer as usize].dense(kernel),
            KernelKind::Predictor => {
                let predictor = self.layers[kernel.layer as usize].predictor;
                Work::reading(predictor, tokens * 2 * predictor.parameters_total())
            }
            KernelKind::FeedForward => {
                let layer = &self.layers[kernel.layer as usize];
                let mut weights = layer.row.times(u64::from(kernel.rows - kernel.cold_rows));
                weights += &layer.cold_row.times(u64::from(kernel.cold_rows));
                Work::reading(weights, kernel.row_uses * 2 * layer.row.parameters_total())
            }
            KernelKind::Head => {
                let work = Work::reading(self.head, tokens * 2 * self.head.parameters_total());
                Work { ends_token: true, ..work }
            }
        }
    }
}

impl Work {
    /// Work that reads weights and nothing else.
    fn reading(weights: Stored, flops: u64) -> Self {
        Self { flops, bytes: weights.bytes_total(), weights, ..Self::default() }
    }
}

impl LayerCosts {
    /// Attention and all that every token reads; each sequence reads its own cache and state.
    fn dense(&self, kernel: &Kernel) -> Work {
        let (tokens, sequences) = (u64::from(kernel.tokens), u64::from(kernel.sequences));
        let (each, context) = (tokens / sequences, u64::from(kernel.context));
        let window = self.window.map_or(u64::MAX, u64::from);
        let attention_flops = sequences * looked_at(each, context, window) * self.attention_flops;
        let read = context.min(window.saturating_add(each - 1));
        let written = if self.kv_is_shared { 0 } else { each };
        let kv_bytes = sequences * (read + written) * self.kv_bytes;
        let state_bytes = sequences * 2 * self.state_bytes;
        let state_flops = tokens * self.state_flops;
        let weights = self.dense;
        Work {
            flops: tokens * self.dense_flops + attention_flops + state_flops,
            bytes: weights.bytes_total() + kv_bytes + state_bytes,
            kv_bytes,
            state_bytes,
            attention_flops,
            state_flops,
            weights,
            ends_token: false,
        }
    }
}

/// Positions that the last `each` of `context` positions look at, together: each at all up to itself, or at the last
/// `window` of them.
fn looked_at(each: u64, context: u64, window: u64) -> u64 {
    let before = context - each;
    // Positions of the batch that still see everything before them.
    let whole = window.saturating_sub(before).min(each);
    whole * before + whole * (whole + 1) / 2 + (each - whole) * if each > whole { window } else { 0 }
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
