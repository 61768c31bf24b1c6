//! The model: what it holds besides its bundles, and the kernels of a step.

use tightfit_engine::live::Named;
use tightfit_engine::platform::{Kernel, KernelKind};
use tightfit_host::kernels::{Level, Vector};
use tightfit_host::{Bundles, Fault, Kernels, Pause};

use super::attention::{Attention, Scratch, normalise};
use super::matrix::{Matrix, vector};
use super::neurons::{Gated, Neurons};
use super::store;
use crate::LiveError;
use crate::active::{Definition, Selector};
use crate::config::{Activation, Config};
use crate::family::Family;
use crate::rope::Frequencies;
use crate::source::Source;

/// How a model is held.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Which neurons a token uses, by their gates, which are then held; without it all are used, and gates come with the
    /// bundles.
    pub selector: Option<Selector>,
    /// Positions that the key-value cache has room for.
    pub capacity: usize,
    /// Whether named neurons are scored, for routing that is bent.
    pub scored: bool,
}

/// A model without its bundles.
#[derive(Debug)]
pub struct Decoder {
    config: Config,
    level: Level,
    setup: Setup,
    embedding: Matrix,
    /// `None` where the embedding is the head, too.
    head: Option<Matrix>,
    norm: Vec<f32>,
    frequencies: Frequencies,
    layers: Vec<Layer>,
    /// Positions in the cache.
    position: usize,
    /// Tokens of the pass that runs.
    tokens: usize,
    /// (tokens, width): the residual stream.
    stream: Vec<f32>,
    /// What goes into the next matrices, normalised, by token.
    inputs: Vec<Vector>,
    /// What comes out of attention.
    given: Vec<f32>,
    row: Vec<f32>,
    scratch: Scratch,
    gated: Gated,
    logits: Vec<f32>,
}

#[derive(Debug)]
struct Layer {
    attention_norm: Vec<f32>,
    attention: Attention,
    norm: Vec<f32>,
    neurons: Neurons,
}

impl Decoder {
    /// Reads all that is held. `bundles` says what is not.
    pub fn load(source: &mut Source, bundles: &store::Bundles, setup: Setup) -> Result<Self, LiveError> {
        let config = source.config()?;
        check(source, &config, setup.selector.as_ref())?;
        source.read()?;
        let Config { width, vocabulary, .. } = config;
        let embedding = Matrix::load(source, "token_embd", [vocabulary, width])?;
        let apart = source.has("output.weight");
        let head = apart.then(|| Matrix::load(source, "output", [vocabulary, width])).transpose()?;
        let rotary = config.rotary.as_ref().expect("checked above");
        let frequencies = Frequencies::load(source, rotary)?;
        let layer = |layer| Layer::load(source, layer, &config, bundles, setup.capacity);
        let layers = (0..config.layers).map(layer).collect::<Result<_, _>>()?;
        Ok(Self {
            norm: norm(source, "output_norm", &config)?,
            level: Level::detect(),
            embedding,
            head,
            frequencies,
            layers,
            position: 0,
            tokens: 0,
            stream: Vec::new(),
            inputs: Vec::new(),
            given: Vec::new(),
            row: vec![0.0; width],
            scratch: Scratch::default(),
            gated: Gated::default(),
            logits: vec![0.0; vocabulary],
            config,
            setup,
        })
    }

    /// The model's widths and counts.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Bytes of the weights that it holds, and of its key-value cache.
    #[must_use]
    pub fn held_bytes(&self) -> [u64; 2] {
        let whole = [&self.embedding].into_iter().chain(&self.head).map(|matrix| matrix.bytes.len()).sum::<usize>();
        let mut bytes = [whole + 4 * self.norm.len(), 0];
        for layer in &self.layers {
            let [weights, cache] = layer.attention.bytes();
            bytes[0] += weights + layer.neurons.bytes() + 4 * (layer.attention_norm.len() + layer.norm.len());
            bytes[1] += cache;
        }
        bytes.map(|bytes| bytes as u64)
    }

    /// Whether gates are held, so that they run before the bundles are known.
    #[must_use]
    pub fn holds_gates(&self) -> bool {
        self.setup.selector.is_some()
    }

    /// Positions in the key-value cache.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }

    /// What the head made of the last token: one number a token of the vocabulary.
    #[must_use]
    pub fn logits(&self) -> &[f32] {
        &self.logits
    }

    /// Takes the tokens of the next pass.
    ///
    /// # Panics
    /// If the cache has no room for them, or one is not of the vocabulary.
    pub fn take(&mut self, tokens: &[u32]) {
        let (position, count, capacity) = (self.position, tokens.len(), self.setup.capacity);
        assert!(position + count <= capacity, "{count} tokens at {position} exceed a cache of {capacity}");
        let width = self.config.width;
        self.tokens = count;
        self.stream.resize(count * width, 0.0);
        self.given.resize(count * width, 0.0);
        while self.inputs.len() < count {
            self.inputs.push(Vector::new(vec![0.0; width]));
        }
        for (&token, row) in tokens.iter().zip(self.stream.chunks_exact_mut(width)) {
            self.embedding.format.load(self.embedding.row(token as usize), row);
            if let Some(scale) = self.config.embedding_scale {
                #[expect(clippy::cast_possible_truncation, reason = "the root of a width")]
                let scale = scale as f32;
                for value in row {
                    *value *= scale;
                }
            }
        }
    }

    /// Says which bundles the layer that runs needs.
    pub fn name(&mut self, layer: u32, named: &mut Named) {
        let (layer, selector) = (layer as usize, self.setup.selector.as_ref());
        let (scored, gated) = (self.setup.scored, &mut self.gated);
        self.layers[layer].neurons.name(layer, self.tokens, selector, scored, gated, named);
    }

    /// Counts the tokens of the pass as seen.
    pub fn pass_over(&mut self) {
        self.position += self.tokens;
    }

    /// Normalises rows of the stream, from the `first`-th on, into the inputs.
    fn normalise(&mut self, first: usize, scale: impl Fn(&Self) -> &[f32]) {
        for token in first..self.tokens {
            let (mut row, width) = (std::mem::take(&mut self.row), self.config.width);
            row.copy_from_slice(&self.stream[token * width..][..width]);
            normalise(&mut row, scale(self), self.config.norm_epsilon);
            self.inputs[token].set(&row);
            self.row = row;
        }
    }

    fn attend(&mut self, layer: usize) {
        self.normalise(0, |own| &own.layers[layer].attention_norm);
        let Self { level, layers, inputs, tokens, position, frequencies, scratch, given, stream, .. } = self;
        layers[layer].attention.run(*level, &inputs[..*tokens], *position, frequencies, scratch, given);
        stream.iter_mut().zip(given).for_each(|(value, given)| *value += *given);
        self.normalise(0, |own| &own.layers[layer].norm);
    }

    fn run_head(&mut self) {
        let last = self.tokens - 1;
        self.normalise(last, |own| &own.norm);
        let head = self.head.as_ref().unwrap_or(&self.embedding);
        head.multiply(self.level, &self.inputs[last..self.tokens], &mut self.logits);
    }
}

impl Kernels for Decoder {
    fn run(&mut self, kernel: &Kernel, bundles: Bundles<'_>, pause: &mut Pause<'_>) -> Result<(), Fault> {
        let layer = kernel.layer as usize;
        match kernel.kind {
            KernelKind::Dense => self.attend(layer),
            KernelKind::Predictor => {
                let inputs = &self.inputs[..self.tokens];
                self.layers[layer].neurons.run_gates(self.level, inputs, &mut self.gated);
            }
            KernelKind::FeedForward => {
                let inputs = &self.inputs[..self.tokens];
                let neurons = &self.layers[layer].neurons;
                neurons.run(self.level, inputs, bundles, pause, &mut self.gated, &mut self.stream);
            }
            KernelKind::Head => self.run_head(),
            KernelKind::Draft => {}
        }
        Ok(())
    }
}

impl Layer {
    fn load(
        source: &mut Source,
        layer: usize,
        config: &Config,
        bundles: &store::Bundles,
        capacity: usize,
    ) -> Result<Self, LiveError> {
        let name = |name: &str| format!("blk.{layer}.{name}");
        Ok(Self {
            attention_norm: norm(source, &name("attn_norm"), config)?,
            attention: Attention::load(source, layer, config, capacity)?,
            norm: norm(source, &name("ffn_norm"), config)?,
            neurons: bundles.neurons(source, layer, config)?,
        })
    }
}

fn norm(source: &mut Source, name: &str, config: &Config) -> Result<Vec<f32>, LiveError> {
    let mut scale = vector(source, &format!("{name}.weight"), config.width)?;
    #[expect(clippy::cast_possible_truncation, reason = "0 or 1")]
    let offset = config.norm_offset as f32;
    for scale in &mut scale {
        *scale += offset;
    }
    Ok(scale)
}

/// That there are kernels for a model of this kind, and that what is active can be told from its gates.
pub(crate) fn check(source: &Source, config: &Config, selector: Option<&Selector>) -> Result<(), LiveError> {
    let known = matches!(config.family, Family::Llama | Family::Qwen2 | Family::Qwen3 | Family::Gemma);
    let plain = config.gated && config.experts.is_none() && config.rotary.is_some();
    if !known || !plain || config.activation == Activation::Gelu {
        let feature = format!("inference of the family {:?} through the engine", config.family);
        let way_out = "take one of the families Llama, Qwen2, Qwen3 and Gemma without experts, or replay a trace of it \
                       (tightfit trace record, tightfit run --on host)";
        return Err(source.unsupported(feature, way_out));
    }
    if let Some(Definition::Teal(_)) = selector.map(Selector::definition) {
        let way_out = "what gate and up give together is not known before the neuron is in memory: take cats=S";
        return Err(source.unsupported("`teal` through the engine", way_out));
    }
    Ok(())
}
