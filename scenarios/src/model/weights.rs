//! What a model weighs: weights by the role that they play in a run and by number format, caches, and operations.

mod weigh;

use tightfit_devices::{Counts, Stored};

pub(super) use weigh::weigh;

use super::tensor::Part;

/// Weights of a model in one quantization.
///
/// Every matrix of a bundle is rounded up to a whole byte, and so is every other tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weights {
    /// Layer by layer.
    pub layers: Vec<LayerWeights>,
    /// Bundles of each layer that has any: neurons (or, where widths differ, groups of them), or experts.
    pub bundles_per_layer: u32,
    /// Bundles of one layer that a token needs when nothing is skipped: all neurons, or the chosen experts.
    pub active_bundles_per_layer: u32,
    /// Matrices that a bundle has a part of: 2 or 3.
    pub bundle_parts: u32,
    /// The embedding table.
    pub embedding: Stored,
    /// The table of per-layer embeddings, of which a token reads a row.
    pub per_layer_embedding: Stored,
    /// Words of the vocabulary, each of which a token gets a logit of.
    pub vocabulary: u32,
    /// Weights read for the logits of one token: the head, or the embedding table if it is tied.
    pub head: Stored,
    /// Whether the head is the embedding table, and so not in the total a second time.
    pub head_is_tied: bool,
    /// Learned positions, the last norm and other weights outside the layers.
    pub rest: Stored,
    /// Everything that the file stores as weights.
    pub total: Stored,
}

/// Weights of one layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LayerWeights {
    /// Attention's matrices.
    pub attention: Stored,
    /// Linear attention's or a convolution's matrices and kernel.
    pub linear_attention: Stored,
    /// The feed-forward network or all experts: bundles together, where there are any.
    pub feed_forward: Stored,
    /// Experts that every token uses.
    pub shared_experts: Stored,
    /// What chooses experts, and other small matrices that every token multiplies by.
    pub router: Stored,
    /// Norms and biases.
    pub rest: Stored,
    /// Low-rank adapters.
    pub adapters: Stored,
    /// Matrices among the weights that every token multiplies by.
    pub dense_counts: Counts,
    /// Matrices that bundles are of.
    pub bundle_counts: Counts,
    /// Whether it has linear attention.
    pub is_linear: bool,
    /// Whether it chooses experts.
    pub has_experts: bool,
    /// Whether it has an embedding of its own.
    pub has_embedding: bool,
    /// Bundles: zero in a dense layer of a model of experts.
    pub bundles: u32,
    /// One bundle: a neuron's up row and down column (and gate row), or one expert's matrices.
    pub bundle: Stored,
    /// Bytes of each part of a bundle: up, down, and gate (zero where there is none); they sum to the bundle's.
    pub bundle_part_bytes: [u64; 3],
    /// The cache of keys and values.
    pub cache: Cache,
    /// A state that does not grow with the context.
    pub state_bytes: u64,
    /// Operations of one position on that state.
    pub state_flops: u64,
    /// Operations of one position over one position of context: scores and sums.
    pub flops_per_context_position: u64,
}

/// What a layer keeps of the positions before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cache {
    /// Keys and values of one position.
    pub bytes_per_position: u64,
    /// Positions that are looked at, where not all are.
    pub window: Option<u32>,
    /// Whether they are an earlier layer's: read here, and not written or kept again.
    pub is_shared: bool,
}

impl Cache {
    /// Bytes that are kept for a context of so many positions.
    #[must_use]
    pub fn bytes(&self, context: u32) -> u64 {
        let kept = context.min(self.window.unwrap_or(u32::MAX));
        if self.is_shared { 0 } else { u64::from(kept) * self.bytes_per_position }
    }
}

impl LayerWeights {
    /// Weights that every token reads, and multiplies by.
    #[must_use]
    pub fn dense_matrices(&self) -> Stored {
        let mut sum: Stored =
            [&self.attention, &self.linear_attention, &self.shared_experts, &self.router, &self.adapters]
                .into_iter()
                .sum();
        if self.bundles == 0 {
            sum += &self.feed_forward;
        }
        sum
    }

    /// Weights that every token reads: all but bundles.
    #[must_use]
    pub fn dense(&self) -> Stored {
        let mut sum = self.dense_matrices();
        sum += &self.rest;
        sum
    }

    /// All weights of the layer.
    #[must_use]
    pub fn total(&self) -> Stored {
        let mut sum = self.dense();
        if self.bundles > 0 {
            sum += &self.feed_forward;
        }
        sum
    }

    fn part(&mut self, part: Part) -> &mut Stored {
        match part {
            Part::Attention => &mut self.attention,
            Part::LinearAttention => &mut self.linear_attention,
            Part::FeedForward => &mut self.feed_forward,
            Part::SharedExperts => &mut self.shared_experts,
            Part::Router => &mut self.router,
            Part::Rest | Part::Embedding | Part::PerLayerEmbedding | Part::Head => &mut self.rest,
        }
    }
}

impl Weights {
    /// Everything that the file stores as weights, in bytes.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.total.bytes_total()
    }

    /// Whether each layer has bundles, so that feed-forward rows or experts of every layer can be streamed.
    #[must_use]
    pub fn has_bundles_everywhere(&self) -> bool {
        self.layers.iter().all(|layer| layer.bundles > 0)
    }

    /// The number of layers.
    #[must_use]
    pub fn layer_count(&self) -> u32 {
        u32::try_from(self.layers.len()).expect("a model's layers are counted in 32 bits")
    }

    /// Bytes of all bundles.
    #[must_use]
    pub fn bundles_bytes(&self) -> u64 {
        self.layers.iter().map(|layer| layer.bundle.bytes_total() * u64::from(layer.bundles)).sum()
    }

    /// The layer with the largest bundles.
    #[must_use]
    pub fn largest_bundle(&self) -> Stored {
        self.layers.iter().map(|layer| layer.bundle).max_by_key(Stored::bytes_total).unwrap_or_default()
    }

    /// Bytes of KV cache and of states for one sequence of so many positions.
    #[must_use]
    pub fn cache_bytes(&self, context: u32) -> u64 {
        self.layers.iter().map(|layer| layer.cache.bytes(context) + layer.state_bytes).sum()
    }

    /// Operations of one token over all layers and the head, with `active` bundles a layer and `context` tokens before it.
    #[must_use]
    pub fn flops_per_token(&self, active: u32, context: u32) -> u64 {
        let of_layer = |layer: &LayerWeights| {
            let sparse = u64::from(active.min(layer.bundles)) * layer.bundle.parameters_total();
            let looked_at = u64::from(context.min(layer.cache.window.unwrap_or(u32::MAX)));
            2 * (layer.dense_matrices().parameters_total() + sparse)
                + looked_at * layer.flops_per_context_position
                + layer.state_flops
        };
        self.layers.iter().map(of_layer).sum::<u64>() + 2 * self.head.parameters_total()
    }

    /// Bytes of weights that one token reads over all layers and the head, with `active` bundles a layer.
    #[must_use]
    pub fn bytes_per_token(&self, active: u32) -> u64 {
        let of_layer = |layer: &LayerWeights| {
            layer.dense().bytes_total() + u64::from(active.min(layer.bundles)) * layer.bundle.bytes_total()
        };
        self.layers.iter().map(of_layer).sum::<u64>() + self.head.bytes_total()
    }
}
