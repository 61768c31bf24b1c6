//! What a kernel asks of a processor, before it is known which.

use tightfit_devices::{Counts, Stored, WeightFormat};

/// Work of one kernel, or of several of the same number of positions together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Weights that are read, each once, by number format.
    pub weights: Stored,
    /// Those of them that are the head's, by number format: one matrix, the largest of most models.
    pub head_weights: [u64; WeightFormat::COUNT],
    /// Matrices that they are of, by number format.
    pub matrices: Counts,
    /// Positions that each weight is multiplied with, as a fraction: an expert of a prompt sees some of its positions.
    pub positions: Positions,
    /// Bytes of cached keys, values and states that are read or written.
    pub cache_bytes: u64,
    /// Operations of attention and of states.
    pub attention_flops: u64,
    /// Kernels.
    pub kernels: u32,
    /// Layers that begin with it.
    pub layers: u32,
    /// Those of linear attention.
    pub linear_layers: u32,
    /// Those of experts.
    pub expert_layers: u32,
    /// Kernels over experts.
    pub expert_kernels: u32,
    /// Those with an embedding of their own.
    pub embedding_layers: u32,
    /// Tokens that end with it.
    pub tokens: u32,
    /// Words that logits are made of, over all tokens.
    pub words: u64,
    /// Passes over several positions that end with it.
    pub prompts: u32,
}

/// Positions over weights: `uses` multiplications of `of` equal parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Positions {
    /// Parts times positions.
    pub uses: u64,
    /// Parts.
    pub of: u64,
}

impl Default for Positions {
    fn default() -> Self {
        Self::each(1)
    }
}

impl Positions {
    /// So many positions for every weight.
    #[must_use]
    pub const fn each(positions: u64) -> Self {
        Self { uses: positions, of: 1 }
    }

    /// `amount` times the positions.
    #[must_use]
    pub fn times(self, amount: u64) -> u64 {
        let product = u128::from(amount) * u128::from(self.uses) / u128::from(self.of.max(1));
        u64::try_from(product).unwrap_or(u64::MAX)
    }

    /// Whether there is no more than one position for each weight.
    #[must_use]
    pub const fn is_single(self) -> bool {
        self.uses <= self.of
    }
}

impl Work {
    /// Adds what has the same number of positions.
    ///
    /// # Panics
    /// If it has another number: then the two cost other things apart than together.
    pub fn join(&mut self, other: &Self) {
        assert_eq!(self.positions, other.positions, "works of different positions do not add up");
        self.weights += &other.weights;
        for (weights, more) in self.head_weights.iter_mut().zip(other.head_weights) {
            *weights += more;
        }
        self.matrices += &other.matrices;
        self.cache_bytes += other.cache_bytes;
        self.attention_flops += other.attention_flops;
        self.kernels += other.kernels;
        self.layers += other.layers;
        self.linear_layers += other.linear_layers;
        self.expert_layers += other.expert_layers;
        self.expert_kernels += other.expert_kernels;
        self.embedding_layers += other.embedding_layers;
        self.tokens += other.tokens;
        self.words += other.words;
        self.prompts += other.prompts;
    }
}
