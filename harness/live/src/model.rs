//! The forward pass of the Llama family (Llama, Mistral, `SmolLM`): embedding, blocks, norm, head.

use std::sync::Arc;

use candle_core::quantized::QTensor;
use candle_core::{Device, Tensor};
use candle_nn::kv_cache::KvCache;

use crate::LiveError;
use crate::attention::Attention;
use crate::config::Config;
use crate::feed_forward::FeedForward;
use crate::gguf::Gguf;
use crate::norm::Norm;
use crate::observe::Observer;
use crate::rope::{Frequencies, Tables};
use crate::weights::{Linear, Weights};

/// A loaded model. It holds no state of a run: that is a [`Session`]'s.
#[derive(Debug)]
pub struct Llama {
    config: Config,
    frequencies: Frequencies,
    embedding: Arc<QTensor>,
    blocks: Vec<Block>,
    norm: Norm,
    head: Linear,
}

#[derive(Debug)]
struct Block {
    attention_norm: Norm,
    attention: Attention,
    feed_forward_norm: Norm,
    feed_forward: FeedForward,
}

/// One sequence under way: its key-value caches and how far it has come.
#[derive(Debug)]
pub struct Session {
    caches: Vec<KvCache>,
    tables: Tables,
    position: usize,
    capacity: usize,
}

impl Llama {
    /// Reads every weight.
    pub fn load(gguf: &mut Gguf, weights: Weights) -> Result<Self, LiveError> {
        let config = Config::read(gguf)?;
        let Config { width, vocabulary, norm_epsilon, .. } = config;
        let embedding = Arc::new(gguf.tensor("token_embd.weight", &[vocabulary, width])?);
        let head = if gguf.has_tensor("output.weight") {
            Linear::load(gguf, "output.weight", [vocabulary, width], weights)?
        } else {
            Linear::hold(Arc::clone(&embedding), weights)?
        };
        let blocks = (0..config.layers).map(|layer| Block::load(gguf, layer, &config, weights));
        let blocks = blocks.collect::<Result<_, _>>()?;
        let norm = Norm::load(gguf, "output_norm.weight", width, norm_epsilon)?;
        let frequencies = Frequencies::load(gguf, &config)?;
        Ok(Self { config, frequencies, embedding, blocks, norm, head })
    }

    /// The model's widths and counts.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Begins a sequence of at most `capacity` tokens.
    pub fn session(&self, capacity: usize) -> Result<Session, LiveError> {
        let caches = (0..self.config.layers).map(|_| KvCache::new(1, capacity)).collect();
        Ok(Session { caches, tables: self.frequencies.tables(capacity)?, position: 0, capacity })
    }

    /// Runs the next tokens of a sequence and returns the residual stream behind the last block: (tokens, width).
    ///
    /// # Panics
    /// Where the tokens exceed the session's capacity.
    pub fn forward(
        &self,
        session: &mut Session,
        tokens: &[u32],
        observer: &mut dyn Observer,
    ) -> Result<Tensor, LiveError> {
        let position = session.position;
        let (count, capacity) = (tokens.len(), session.capacity);
        assert!(position + count <= capacity, "{count} tokens at {position} exceed the session's {capacity}");
        let mut stream = self.embedding.embedding(&Tensor::new(tokens, &Device::Cpu)?)?;
        for (layer, (block, cache)) in self.blocks.iter().zip(&mut session.caches).enumerate() {
            let input = block.attention_norm.forward(&stream)?;
            stream = (stream + block.attention.forward(&input, position, &session.tables, cache)?)?;
            let input = block.feed_forward_norm.forward(&stream)?;
            stream = (stream + block.feed_forward.forward(&input, layer, position, observer)?)?;
        }
        session.position += count;
        observer.batch_passed(position, count)?;
        Ok(stream)
    }

    /// What the head makes of the last row of [`Llama::forward`]'s result: one number a token of the vocabulary.
    pub fn logits(&self, stream: &Tensor) -> Result<Vec<f32>, LiveError> {
        let last = stream.narrow(0, stream.dim(0)? - 1, 1)?;
        let logits = self.head.forward(&self.norm.forward(&last)?)?;
        Ok(logits.squeeze(0)?.to_vec1()?)
    }
}

impl Block {
    fn load(gguf: &mut Gguf, layer: usize, config: &Config, weights: Weights) -> Result<Self, LiveError> {
        let Config { width, norm_epsilon, .. } = *config;
        Ok(Self {
            attention_norm: Norm::load(gguf, &format!("blk.{layer}.attn_norm.weight"), width, norm_epsilon)?,
            attention: Attention::load(gguf, layer, config, weights)?,
            feed_forward_norm: Norm::load(gguf, &format!("blk.{layer}.ffn_norm.weight"), width, norm_epsilon)?,
            feed_forward: FeedForward::load(gguf, layer, config, weights)?,
        })
    }
}
