//! Causal attention with grouped queries and a key-value cache.

use candle_core::{Device, Tensor};
use candle_nn::kv_cache::KvCache;

use crate::LiveError;
use crate::config::Config;
use crate::gguf::Gguf;
use crate::rope::Tables;
use crate::weights::{Linear, Weights};

/// One block's attention.
#[derive(Debug)]
pub(crate) struct Attention {
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    heads: usize,
    key_value_heads: usize,
    head_width: usize,
}

impl Attention {
    pub(crate) fn load(gguf: &mut Gguf, layer: usize, config: &Config, weights: Weights) -> Result<Self, LiveError> {
        let Config { width, heads, key_value_heads, head_width, .. } = *config;
        if gguf.has_tensor(&format!("blk.{layer}.attn_q.bias")) {
            return Err(gguf.unsupported("a bias in attention", "record a model of the Llama family without one"));
        }
        let mut matrix = |name: &str, shape| Linear::load(gguf, &format!("blk.{layer}.{name}.weight"), shape, weights);
        Ok(Self {
            query: matrix("attn_q", [heads * head_width, width])?,
            key: matrix("attn_k", [key_value_heads * head_width, width])?,
            value: matrix("attn_v", [key_value_heads * head_width, width])?,
            output: matrix("attn_output", [width, heads * head_width])?,
            heads,
            key_value_heads,
            head_width,
        })
    }

    /// (tokens, width) to (tokens, width); `position` is the first token's.
    pub(crate) fn forward(
        &self,
        rows: &Tensor,
        position: usize,
        tables: &Tables,
        cache: &mut KvCache,
    ) -> candle_core::Result<Tensor> {
        let tokens = rows.dim(0)?;
        let query = tables.turn(&self.split(&self.query.forward(rows)?, self.heads)?, position)?;
        let key = tables.turn(&self.split(&self.key.forward(rows)?, self.key_value_heads)?, position)?;
        let value = self.split(&self.value.forward(rows)?, self.key_value_heads)?;
        let (keys, values) = cache.append(&key, &value)?;

        // The query heads of one key-value head are neighbours: seen as more rows of it, nothing need be repeated.
        let group = self.heads / self.key_value_heads;
        let query = query.reshape((self.key_value_heads, group * tokens, self.head_width))?;
        let scores = (query.matmul(&keys.t()?)? / (self.head_width as f64).sqrt())?;
        let seen = scores.dim(2)?;
        let scores = scores.reshape((self.heads, tokens, seen))?.broadcast_add(&mask(tokens, seen)?)?;
        let attention = candle_nn::ops::softmax_last_dim(&scores)?;
        let mixed = attention.reshape((self.key_value_heads, group * tokens, seen))?.matmul(&values.contiguous()?)?;

        let mixed = mixed.reshape((self.heads, tokens, self.head_width))?.transpose(0, 1)?;
        self.output.forward(&mixed.contiguous()?.reshape((tokens, self.heads * self.head_width))?)
    }

    /// (tokens, heads * width) to (heads, tokens, width).
    fn split(&self, rows: &Tensor, heads: usize) -> candle_core::Result<Tensor> {
        rows.reshape((rows.dim(0)?, heads, self.head_width))?.transpose(0, 1)?.contiguous()
    }
}

/// 0 where the row's token may look, minus infinity at the tokens after it.
fn mask(tokens: usize, seen: usize) -> candle_core::Result<Tensor> {
    let before = seen - tokens;
    let cell = |row: usize, column: usize| {
        if column > before + row { f32::NEG_INFINITY } else { 0.0 }
    };
    let values: Vec<f32> = (0..tokens).flat_map(|row| (0..seen).map(move |column| cell(row, column))).collect();
    Tensor::from_vec(values, (tokens, seen), &Device::Cpu)
}
