//! The forward pass of a decoder: embedding, blocks, norm, head. What differs between families is in its [`Config`].

use std::sync::Arc;

use candle_core::quantized::QTensor;
use candle_core::{Device, Tensor};
use candle_nn::kv_cache::KvCache;

use crate::LiveError;
use crate::attention::Attention;
use crate::config::Config;
use crate::experts::Mixture;
use crate::family::Family;
use crate::feed_forward::FeedForward;
use crate::norm::Norm;
use crate::observe::{Choice, Observer, Routed};
use crate::rope::{Frequencies, Tables};
use crate::source::Source;
use crate::weights::{Linear, Weights};

/// OPT's table of positions begins with two rows that stand for none.
const POSITIONS_BEFORE: usize = 2;

/// A loaded model. It holds no state of a run: that is a [`Session`]'s.
#[derive(Debug)]
pub struct Model {
    config: Config,
    frequencies: Option<Frequencies>,
    embedding: Arc<QTensor>,
    /// (positions, width), where positions are learned.
    positions: Option<Tensor>,
    blocks: Vec<Block>,
    norm: Norm,
    head: Linear,
}

#[derive(Debug)]
struct Block {
    attention_norm: Norm,
    attention: Attention,
    /// `None` where attention and feed-forward read the same rows.
    feed_forward_norm: Option<Norm>,
    feed_forward: Network,
}

/// What follows attention in a block.
#[derive(Debug)]
enum Network {
    Neurons(FeedForward),
    Experts(Mixture),
}

/// One sequence under way: its key-value caches and how far it has come.
#[derive(Debug)]
pub struct Session {
    caches: Vec<KvCache>,
    tables: Option<Tables>,
    position: usize,
    capacity: usize,
}

impl Model {
    /// Reads every weight.
    pub fn load(source: &mut Source, weights: Weights) -> Result<Self, LiveError> {
        let config = source.config()?;
        source.read()?;
        let Config { width, vocabulary, .. } = config;
        let embedding = Arc::new(source.tensor("token_embd.weight", &[vocabulary, width])?);
        let head = if source.has("output.weight") {
            Linear::load(source, "output", [vocabulary, width], weights)?
        } else {
            Linear::hold(Arc::clone(&embedding), weights)?
        };
        let positions = if config.rotary.is_none() {
            let rows = config.context + POSITIONS_BEFORE;
            Some(source.tensor("position_embd.weight", &[rows, width])?.dequantize(&Device::Cpu)?)
        } else {
            None
        };
        let blocks = (0..config.layers).map(|layer| Block::load(source, layer, &config, weights));
        let blocks = blocks.collect::<Result<_, _>>()?;
        let norm = Norm::load(source, "output_norm", width, &config)?;
        let frequencies = config.rotary.as_ref().map(|rotary| Frequencies::load(source, rotary)).transpose()?;
        Ok(Self { config, frequencies, embedding, positions, blocks, norm, head })
    }

    /// The model's widths and counts.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Begins a sequence of at most `capacity` tokens.
    pub fn session(&self, capacity: usize) -> Result<Session, LiveError> {
        let caches = (0..self.config.layers).map(|_| KvCache::new(1, capacity)).collect();
        let tables = self.frequencies.as_ref().map(|frequencies| frequencies.tables(capacity)).transpose()?;
        Ok(Session { caches, tables, position: 0, capacity })
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
        let mut stream = self.embed(tokens, position)?;
        for (layer, (block, cache)) in self.blocks.iter().zip(&mut session.caches).enumerate() {
            let input = block.attention_norm.forward(&stream)?;
            let attention = block.attention.forward(&input, position, session.tables.as_ref(), cache)?;
            let before = stream;
            stream = (&before + attention)?;
            let input = block.feed_forward_norm.as_ref().map_or(Ok(input), |norm| norm.forward(&stream))?;
            let given = match &block.feed_forward {
                Network::Neurons(network) => network.forward(&input, layer, position, observer)?,
                Network::Experts(mixture) => {
                    let chosen = mixture.choose(&input)?;
                    let next = self.blocks.get(layer + 1).map(|next| next.choose(&stream)).transpose()?.flatten();
                    let next = next.as_deref();
                    observer.routed(Routed { layer, position, input: &input, chosen: &chosen, next })?;
                    mixture.forward(&input, &chosen)?
                }
            };
            stream = (stream + given)?;
        }
        session.position += count;
        observer.batch_passed(position, count)?;
        Ok(stream)
    }

    /// What the head makes of every row of [`Model::forward`]'s result: (tokens, vocabulary).
    pub fn all_logits(&self, stream: &Tensor) -> Result<Tensor, LiveError> {
        Ok(self.head.forward(&self.norm.forward(stream)?)?)
    }

    /// The same of its last row: one number a token of the vocabulary.
    pub fn logits(&self, stream: &Tensor) -> Result<Vec<f32>, LiveError> {
        let last = stream.narrow(0, stream.dim(0)? - 1, 1)?;
        Ok(self.all_logits(&last)?.squeeze(0)?.to_vec1()?)
    }

    fn embed(&self, tokens: &[u32], position: usize) -> Result<Tensor, LiveError> {
        let rows = self.embedding.embedding(&Tensor::new(tokens, &Device::Cpu)?)?;
        let rows = if let Some(scale) = self.config.embedding_scale { (rows * scale)? } else { rows };
        let Some(positions) = &self.positions else { return Ok(rows) };
        Ok((rows + positions.narrow(0, position + POSITIONS_BEFORE, tokens.len())?)?)
    }
}

impl Block {
    fn load(source: &mut Source, layer: usize, config: &Config, weights: Weights) -> Result<Self, LiveError> {
        let name = |name: &str| format!("blk.{layer}.{name}");
        let side_by_side = config.family == Family::Phi;
        Ok(Self {
            attention_norm: Norm::load(source, &name("attn_norm"), config.width, config)?,
            attention: Attention::load(source, layer, config, weights)?,
            feed_forward_norm: (!side_by_side)
                .then(|| Norm::load(source, &name("ffn_norm"), config.width, config))
                .transpose()?,
            feed_forward: match &config.experts {
                None => Network::Neurons(FeedForward::load(source, layer, config, weights)?),
                Some(experts) => Network::Experts(Mixture::load(source, layer, config, experts, weights)?),
            },
        })
    }

    /// What this block's router would choose for rows of the residual stream.
    fn choose(&self, stream: &Tensor) -> Result<Option<Vec<Choice>>, LiveError> {
        let Network::Experts(mixture) = &self.feed_forward else { return Ok(None) };
        let input = self.feed_forward_norm.as_ref().map_or(Ok(stream.clone()), |norm| norm.forward(stream))?;
        mixture.choose(&input).map(Some)
    }
}
