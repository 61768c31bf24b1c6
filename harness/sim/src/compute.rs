//! What a model's kernels cost: weights by number format, cached bytes, operations, layers. How long that takes is the
//! processor's business.

use tightfit_devices::{Counts, Stored};
use tightfit_engine::platform::{Kernel, KernelKind};

use crate::work::{Positions, Work};

/// What one layer costs.
#[expect(clippy::struct_excessive_bools, reason = "independent properties of a layer, each with its own cost")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LayerCosts {
    /// Weights that every token reads: attention, norms, router, shared experts.
    pub dense: Stored,
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
    /// Matrices among the weights that every token multiplies by.
    pub dense_matrices: Counts,
    /// Whether it has linear attention.
    pub is_linear: bool,
    /// Whether it chooses experts.
    pub has_experts: bool,
    /// Whether it has an embedding of its own.
    pub has_embedding: bool,
    /// Weights of one row or expert.
    pub row: Stored,
    /// Matrices that rows are of.
    pub row_matrices: Counts,
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
    /// Words that the head makes logits of.
    pub vocabulary: u32,
    /// Weights of the small model that drafts tokens.
    pub draft: Stored,
    /// Positions that attention runs over however few are filled, where the runtime compiles its window in.
    pub whole_context: Option<u32>,
}

impl Costs {
    /// The work of `kernel`.
    #[must_use]
    pub fn work(&self, kernel: &Kernel) -> Work {
        Work { kernels: 1, ..self.of_kind(kernel) }
    }

    fn of_kind(&self, kernel: &Kernel) -> Work {
        let positions = Positions::each(u64::from(kernel.tokens).max(1));
        let of_layer = || &self.layers[kernel.layer as usize];
        match kernel.kind {
            KernelKind::Draft => {
                Work { matrices: Counts::of_one(&self.draft), weights: self.draft, positions, ..Work::default() }
            }
            KernelKind::Dense => of_layer().dense(kernel, self.whole_context),
            KernelKind::Predictor => Work {
                matrices: Counts::of_one(&of_layer().predictor),
                weights: of_layer().predictor,
                positions,
                ..Work::default()
            },
            KernelKind::FeedForward => of_layer().rows(kernel),
            KernelKind::Head => Work {
                matrices: Counts::of_one(&self.head),
                weights: self.head,
                head_weights: self.head.parameters,
                positions,
                tokens: 1,
                words: u64::from(self.vocabulary) * u64::from(kernel.tokens),
                ..Work::default()
            },
        }
    }
}

impl LayerCosts {
    /// Attention and all that every token reads; each sequence reads its own cache and state.
    fn dense(&self, kernel: &Kernel, whole_context: Option<u32>) -> Work {
        let (tokens, sequences) = (u64::from(kernel.tokens), u64::from(kernel.sequences));
        let context = u64::from(kernel.context.max(whole_context.unwrap_or(0)));
        let each = tokens / sequences;
        let window = self.window.map_or(u64::MAX, u64::from);
        let read = context.min(window.saturating_add(each - 1));
        let written = if self.kv_is_shared { 0 } else { each };
        Work {
            weights: self.dense,
            matrices: self.dense_matrices,
            positions: Positions::each(tokens),
            cache_bytes: sequences * ((read + written) * self.kv_bytes + 2 * self.state_bytes),
            attention_flops: sequences * looked_at(each, context, window) * self.attention_flops
                + tokens * self.state_flops,
            layers: 1,
            linear_layers: u32::from(self.is_linear),
            expert_layers: u32::from(self.has_experts),
            embedding_layers: u32::from(self.has_embedding),
            // A prompt begins with nothing before it; a draft that is verified does not.
            prompts: u32::from(kernel.layer == 0 && each > 1 && u64::from(kernel.context) == each),
            ..Work::default()
        }
    }

    /// Rows or experts, each used by some of the positions.
    fn rows(&self, kernel: &Kernel) -> Work {
        let mut weights = self.row.times(u64::from(kernel.rows - kernel.cold_rows));
        weights += &self.cold_row.times(u64::from(kernel.cold_rows));
        let positions = Positions { uses: kernel.row_uses, of: u64::from(kernel.rows).max(1) };
        let expert_kernels = u32::from(self.has_experts);
        Work { weights, matrices: self.row_matrices, positions, expert_kernels, ..Work::default() }
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

/// Time of `amount` at `per_s` a second, rounded up.
pub(crate) fn at_rate_ns(amount: u64, per_s: u64) -> u64 {
    const NS_PER_S: u64 = 1_000_000_000;
    match amount.checked_mul(NS_PER_S) {
        Some(product) => product.div_ceil(per_s),
        None => crate::service::scale(amount, NS_PER_S, per_s),
    }
}
