//! What mixes positions in a layer: attention over all of them or over a window, latent attention, a recurrent state, or
//! a short convolution.

use serde::Deserialize;
use tightfit_devices::read;

/// How a layer looks at the positions before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mixer {
    /// Attention with a cache of keys and values, over a window where it has one.
    Attention(Attention),
    /// Attention whose keys and values are one compressed vector a position (`DeepSeek`'s MLA).
    Latent(LatentAttention),
    /// A matrix a head instead of a cache (Gated `DeltaNet`).
    Linear(LinearAttention),
    /// A gated convolution over the last few positions (LFM2).
    Convolution(Convolution),
}

/// The `[attention]` or `[window-attention]` section of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(clippy::struct_excessive_bools, reason = "keys that have nothing to do with each other")]
pub struct Attention {
    /// Query heads.
    #[serde(deserialize_with = "read::small_count")]
    pub heads: u32,
    /// Key and value heads.
    #[serde(deserialize_with = "read::small_count")]
    pub kv_heads: u32,
    /// Width of a head.
    #[serde(deserialize_with = "read::small_count")]
    pub head_dim: u32,
    /// Positions that are looked at, where not all are (`[window-attention]` alone).
    #[serde(default, deserialize_with = "some_count")]
    pub window: Option<u32>,
    /// What queries and keys are normed by.
    #[serde(default)]
    pub head_norms: HeadNorms,
    /// Whether a gate as wide as the queries comes out of the query matrix, as in Qwen3.5.
    #[serde(default)]
    pub output_gate: bool,
    /// Whether keys are values too, so that there is no value matrix, as in Gemma 4's global layers.
    #[serde(default)]
    pub values_are_keys: bool,
    /// Whether each head has a learned sink, as in gpt-oss.
    #[serde(default)]
    pub sinks: bool,
    /// Whether queries, keys and values come out of one matrix, which tools quantize as one.
    #[serde(default)]
    pub fused: bool,
}

/// Norms of queries and keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeadNorms {
    /// None.
    #[default]
    None,
    /// One of a head's width for all heads, as in Qwen3.
    Shared,
    /// As wide as all heads together, as in `OLMo` 2.
    Whole,
}

/// The `[latent-attention]` section of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LatentAttention {
    /// Heads.
    #[serde(deserialize_with = "read::small_count")]
    pub heads: u32,
    /// Width of the compressed keys and values.
    #[serde(deserialize_with = "read::small_count")]
    pub kv_rank: u32,
    /// Width of the compressed queries, where they are compressed.
    #[serde(default, deserialize_with = "some_count")]
    pub query_rank: Option<u32>,
    /// Width of a head's part without positions.
    #[serde(deserialize_with = "read::small_count")]
    pub plain_dim: u32,
    /// Width of a head's part with positions rotated in; the key's is one for all heads.
    #[serde(deserialize_with = "read::small_count")]
    pub rotated_dim: u32,
    /// Width of a head's value.
    #[serde(deserialize_with = "read::small_count")]
    pub value_dim: u32,
}

/// The `[linear-attention]` section of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LinearAttention {
    /// Heads of queries and of keys.
    #[serde(deserialize_with = "read::small_count")]
    pub key_heads: u32,
    /// Heads of values, each with a state.
    #[serde(deserialize_with = "read::small_count")]
    pub value_heads: u32,
    /// Width of a key.
    #[serde(deserialize_with = "read::small_count")]
    pub key_dim: u32,
    /// Width of a value.
    #[serde(deserialize_with = "read::small_count")]
    pub value_dim: u32,
    /// Positions that the convolution before it sees.
    #[serde(deserialize_with = "read::small_count")]
    pub kernel: u32,
}

/// The `[convolution]` section of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Convolution {
    /// Positions that it sees.
    #[serde(deserialize_with = "read::small_count")]
    pub kernel: u32,
}

impl Attention {
    /// Width of all queries.
    pub(super) fn query_width(&self) -> u64 {
        u64::from(self.heads) * u64::from(self.head_dim)
    }

    /// Width of all keys, and of all values.
    pub(super) fn key_width(&self) -> u64 {
        u64::from(self.kv_heads) * u64::from(self.head_dim)
    }
}

impl LinearAttention {
    /// Width of all queries, and of all keys.
    pub(super) fn key_width(&self) -> u64 {
        u64::from(self.key_heads) * u64::from(self.key_dim)
    }

    /// Width of all values.
    pub(super) fn value_width(&self) -> u64 {
        u64::from(self.value_heads) * u64::from(self.value_dim)
    }

    /// Width of what the convolution sees: queries, keys and values.
    pub(super) fn convolved_width(&self) -> u64 {
        2 * self.key_width() + self.value_width()
    }
}

impl Mixer {
    /// Numbers that the cache keeps for each position: keys and values, or the compressed vector.
    #[must_use]
    pub fn cached_per_position(&self) -> u64 {
        match self {
            Self::Attention(attention) => 2 * attention.key_width(),
            Self::Latent(latent) => u64::from(latent.kv_rank) + u64::from(latent.rotated_dim),
            Self::Linear(_) | Self::Convolution(_) => 0,
        }
    }

    /// Positions that are looked at, where not all are.
    #[must_use]
    pub const fn window(&self) -> Option<u32> {
        match self {
            Self::Attention(attention) => attention.window,
            _ => None,
        }
    }

    /// Numbers of a state that does not grow with the context: a matrix a head, and the positions a convolution sees.
    #[must_use]
    pub fn state(&self, hidden: u32) -> u64 {
        match self {
            Self::Attention(_) | Self::Latent(_) => 0,
            Self::Linear(linear) => {
                let matrices = linear.value_width() * u64::from(linear.key_dim);
                matrices + u64::from(linear.kernel - 1) * linear.convolved_width()
            }
            Self::Convolution(convolution) => u64::from(convolution.kernel - 1) * u64::from(hidden),
        }
    }

    /// Operations of one position over one position of context: scores and sums.
    #[must_use]
    pub fn flops_per_context_position(&self) -> u64 {
        match self {
            Self::Attention(attention) => 4 * attention.query_width(),
            // Decoding looks at the compressed vectors themselves: scores over rank + rotated part, sums over rank.
            Self::Latent(latent) => {
                let [heads, rank, rotated] = [latent.heads, latent.kv_rank, latent.rotated_dim].map(u64::from);
                2 * heads * (2 * rank + rotated)
            }
            Self::Linear(_) | Self::Convolution(_) => 0,
        }
    }

    /// Operations of one position on a state.
    #[must_use]
    pub fn state_flops(&self, hidden: u32) -> u64 {
        match self {
            Self::Attention(_) | Self::Latent(_) => 0,
            // A matrix is decayed (1), asked by a key (2), changed by an outer product (2) and asked by a query (2).
            Self::Linear(linear) => {
                7 * linear.value_width() * u64::from(linear.key_dim)
                    + 2 * u64::from(linear.kernel) * linear.convolved_width()
            }
            Self::Convolution(convolution) => 2 * u64::from(convolution.kernel) * u64::from(hidden),
        }
    }
}

/// A count that may be left out.
pub(super) fn some_count<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    read::small_count(from).map(Some)
}
