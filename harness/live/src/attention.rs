//! Causal attention with grouped queries and a key-value cache.

use candle_core::{Device, Tensor};
use candle_nn::kv_cache::KvCache;

use crate::LiveError;
use crate::config::Config;
use crate::family::Family;
use crate::norm::Norm;
use crate::rope::Tables;
use crate::source::Source;
use crate::weights::{Linear, Weights};

/// One block's attention.
#[derive(Debug)]
pub(crate) struct Attention {
    projection: Projection,
    /// On queries and keys, before they turn.
    norms: Option<(Norm, Norm)>,
    output: Linear,
    heads: usize,
    key_value_heads: usize,
    head_width: usize,
}

/// What makes queries, keys and values.
#[derive(Debug)]
enum Projection {
    Apart { query: Linear, key: Linear, value: Linear },
    Together(Linear),
}

impl Attention {
    pub(crate) fn load(
        source: &mut Source,
        layer: usize,
        config: &Config,
        weights: Weights,
    ) -> Result<Self, LiveError> {
        let Config { width, heads, key_value_heads, head_width, .. } = *config;
        let name = |name: &str| format!("blk.{layer}.{name}");
        let [query, key_value] = [heads * head_width, key_value_heads * head_width];
        let projection = if source.has(&name("attn_qkv.weight")) {
            let rows = query + 2 * key_value;
            Projection::Together(Linear::load(source, &name("attn_qkv"), [rows, width], weights)?)
        } else {
            Projection::Apart {
                query: Linear::load(source, &name("attn_q"), [query, width], weights)?,
                key: Linear::load(source, &name("attn_k"), [key_value, width], weights)?,
                value: Linear::load(source, &name("attn_v"), [key_value, width], weights)?,
            }
        };
        let norms = if source.has(&name("attn_q_norm.weight")) {
            // OLMoE's goes over all heads at once, the others' over each.
            let whole = config.family == Family::Olmoe;
            let [query, key] = if whole { [query, key_value] } else { [head_width; 2] };
            Some((
                Norm::load(source, &name("attn_q_norm"), query, config)?,
                Norm::load(source, &name("attn_k_norm"), key, config)?,
            ))
        } else {
            None
        };
        let output = Linear::load(source, &name("attn_output"), [width, query], weights)?;
        Ok(Self { projection, norms, output, heads, key_value_heads, head_width })
    }

    /// (tokens, width) to (tokens, width); `position` is the first token's, and there are no tables where positions are
    /// learned vectors.
    pub(crate) fn forward(
        &self,
        rows: &Tensor,
        position: usize,
        tables: Option<&Tables>,
        cache: &mut KvCache,
    ) -> candle_core::Result<Tensor> {
        let tokens = rows.dim(0)?;
        let turn = |heads: Tensor| tables.map_or(Ok(heads.clone()), |tables| tables.turn(&heads, position));
        let [query, key, value] = self.project(rows)?;
        let [query_norm, key_norm] =
            [0, 1].map(|place| self.norms.as_ref().map(|(query, key)| if place == 0 { query } else { key }));
        let query = turn(self.split(&query, self.heads, query_norm)?)?;
        let key = turn(self.split(&key, self.key_value_heads, key_norm)?)?;
        let value = self.split(&value, self.key_value_heads, None)?;
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

    /// Queries, keys and values: (tokens, heads * width) each.
    fn project(&self, rows: &Tensor) -> candle_core::Result<[Tensor; 3]> {
        match &self.projection {
            Projection::Apart { query, key, value } => {
                Ok([query.forward(rows)?, key.forward(rows)?, value.forward(rows)?])
            }
            Projection::Together(all) => {
                let all = all.forward(rows)?;
                let [query, key_value] = [self.heads, self.key_value_heads].map(|heads| heads * self.head_width);
                Ok([
                    all.narrow(1, 0, query)?,
                    all.narrow(1, query, key_value)?,
                    all.narrow(1, query + key_value, key_value)?,
                ])
            }
        }
    }

    /// (tokens, heads * width) to (heads, tokens, width), normalised whole or head by head as the norm is wide.
    fn split(&self, rows: &Tensor, heads: usize, norm: Option<&Norm>) -> candle_core::Result<Tensor> {
        let apart = |rows: &Tensor| rows.reshape((rows.dim(0)?, heads, self.head_width));
        let rows = match norm {
            None => apart(rows)?,
            Some(norm) if norm.width() == self.head_width => norm.forward(&apart(rows)?)?,
            Some(norm) => apart(&norm.forward(rows)?)?,
        };
        rows.transpose(0, 1)?.contiguous()
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
