//! What it costs a model to compute active neurons only: the perplexity of a text under each definition of "active",
//! beside the dense model's.

use std::path::PathBuf;

use candle_core::{Device, Tensor};

use crate::active::{Definition, Selector};
use crate::calibrate::calibrate;
use crate::generate::PREFILL_BATCH;
use crate::model::Model;
use crate::observe::{Observer, Seen};
use crate::source::Source;
use crate::{LiveError, Weights, threads};

/// What to measure.
#[derive(Clone, Debug, PartialEq)]
pub struct PerplexityOptions {
    /// The model: a GGUF file, or the folder of a Hugging Face checkpoint.
    pub model: PathBuf,
    /// The text whose tokens are to be told.
    pub text: String,
    /// The text on which thresholds are found, for definitions that have them: another one.
    pub calibration: Option<String>,
    /// Tokens of a window: each is read from nothing, and all of it but its first token is told.
    pub window: usize,
    /// Tokens of the text that are looked at, a whole number of windows.
    pub tokens: usize,
    /// The definitions to try, beside the dense model.
    pub definitions: Vec<Definition>,
    /// Threads to run on.
    pub threads: usize,
    /// How the weights are held.
    pub weights: Weights,
}

/// What was measured: the dense model first.
#[derive(Clone, Debug, PartialEq)]
pub struct PerplexityTable {
    /// Tokens that were told in each line.
    pub tokens: usize,
    /// One line a definition.
    pub lines: Vec<PerplexityLine>,
}

/// One model, dense or masked.
#[derive(Clone, Debug, PartialEq)]
pub struct PerplexityLine {
    /// The definition, `None` for the dense model.
    pub definition: Option<Definition>,
    /// Share of the neurons that were not computed.
    pub sparsity: f64,
    /// Share of a token's active neurons that were active for the token before, too.
    pub repeated: f64,
    /// e to the mean number of nats a token.
    pub perplexity: f64,
}

/// Measures the dense model and each definition.
///
/// `progress` is called with tokens done and tokens to do, over all of them.
pub fn perplexity(
    options: &PerplexityOptions,
    progress: &mut (dyn FnMut(usize, usize) + Send),
) -> Result<PerplexityTable, LiveError> {
    options.definitions.iter().try_for_each(|definition| definition.check().map(drop))?;
    threads::run(options.threads, || run(options, progress))
}

fn run(options: &PerplexityOptions, progress: &mut dyn FnMut(usize, usize)) -> Result<PerplexityTable, LiveError> {
    let mut source = Source::open(&options.model)?;
    let config = source.config()?;
    if config.experts.is_some() {
        return Err(source.unsupported("a mixture of experts", "measure a model with dense feed-forward blocks"));
    }
    let tokenizer = source.tokenizer()?;
    let window = options.window;
    if !(2..=config.context).contains(&window) {
        let problem = format!("can't be told in windows of {window} tokens; the model takes 2 to {}", config.context);
        return Err(LiveError::Text { problem });
    }
    let tokens = tokenizer.encode(&options.text)?;
    let tokens = &tokens[..tokens.len().min(options.tokens) / window * window];
    if tokens.is_empty() {
        return Err(LiveError::Text { problem: format!("has fewer tokens than a window of {window}") });
    }
    let calibration = options.calibration.as_ref().map(|text| tokenizer.encode(text)).transpose()?.unwrap_or_default();
    let model = Model::load(&mut source, options.weights)?;

    let definitions: Vec<Option<Definition>> =
        std::iter::once(None).chain(options.definitions.iter().copied().map(Some)).collect();
    let total = definitions.len() * tokens.len();
    let mut lines = Vec::with_capacity(definitions.len());
    for (number, &definition) in definitions.iter().enumerate() {
        let selector = definition.map(|definition| calibrate(&model, definition, &calibration)).transpose()?;
        let mut mask = Mask::new(selector, config.layers);
        let mut nats = 0.0;
        for (at, window) in tokens.chunks_exact(window).enumerate() {
            mask.before.iter_mut().for_each(Vec::clear);
            nats += self::nats(&model, window, &mut mask)?;
            progress(number * tokens.len() + (at + 1) * window.len(), total);
        }
        let told = tokens.len() - tokens.len() / window;
        lines.push(mask.line(definition, nats / told as f64));
    }
    Ok(PerplexityTable { tokens: tokens.len() - tokens.len() / window, lines })
}

/// Nats that the tokens of a window take, all but the first.
fn nats(model: &Model, window: &[u32], mask: &mut Mask) -> Result<f64, LiveError> {
    let mut session = model.session(window.len())?;
    let mut sum = 0.0;
    for (at, batch) in window.chunks(PREFILL_BATCH).enumerate() {
        let stream = model.forward(&mut session, batch, mask)?;
        let targets = &window[at * PREFILL_BATCH + 1..window.len().min(at * PREFILL_BATCH + 1 + batch.len())];
        if targets.is_empty() {
            continue;
        }
        let logits = model.all_logits(&stream.narrow(0, 0, targets.len())?)?;
        let mean = candle_nn::loss::cross_entropy(&logits, &Tensor::new(targets, &Device::Cpu)?)?;
        sum += f64::from(mean.to_scalar::<f32>()?) * targets.len() as f64;
    }
    Ok(sum)
}

/// Silences what is not active, and counts.
struct Mask {
    selector: Option<Selector>,
    /// Active neurons of the token before, by layer.
    before: Vec<Vec<u32>>,
    neurons: u64,
    active: u64,
    /// Active neurons of tokens that had one before them, and how many of them it had, too.
    followers: u64,
    repeated: u64,
}

impl Mask {
    fn new(selector: Option<Selector>, layers: usize) -> Self {
        let before = vec![Vec::new(); layers];
        Self { selector, before, neurons: 0, active: 0, followers: 0, repeated: 0 }
    }

    fn line(&self, definition: Option<Definition>, nats: f64) -> PerplexityLine {
        let share = |part: u64, whole: u64| if whole == 0 { 1.0 } else { part as f64 / whole as f64 };
        PerplexityLine {
            definition,
            sparsity: if definition.is_none() { 0.0 } else { 1.0 - share(self.active, self.neurons) },
            repeated: share(self.repeated, self.followers),
            perplexity: nats.exp(),
        }
    }
}

impl Observer for Mask {
    fn feed_forward(&mut self, seen: Seen<'_>) -> Result<Option<Tensor>, LiveError> {
        let Some(selector) = &self.selector else { return Ok(None) };
        let (activation, gate) = (seen.activation.to_vec2::<f32>()?, seen.gate.to_vec2::<f32>()?);
        let (rows, neurons) = seen.activation.dims2()?;
        let mut kept = vec![0.0; rows * neurons];
        for ((activation, gate), kept) in activation.iter().zip(&gate).zip(kept.chunks_exact_mut(neurons)) {
            let set = selector.select(seen.layer, activation, gate).ids;
            for &neuron in &set {
                kept[neuron as usize] = activation[neuron as usize];
            }
            let before = &mut self.before[seen.layer];
            if !before.is_empty() {
                self.followers += set.len() as u64;
                self.repeated += set.iter().filter(|neuron| before.binary_search(neuron).is_ok()).count() as u64;
            }
            self.neurons += neurons as u64;
            self.active += set.len() as u64;
            *before = set;
        }
        Ok(Some(Tensor::from_vec(kept, (rows, neurons), &Device::Cpu)?))
    }
}
