//! Trains the project's own small models: byte-pair vocabulary, decoder, checkpoint, all from one recipe.
//!
//! The point is not a good model but a *trained* one: the zeros of a `ReLU` and the choices of a router are learned, and
//! no registry package ships a model of either kind. A recipe, a seed and a text give the same weights on the same
//! machine; [`train`] goes on where it was stopped.
//!
//! | module | idea |
//! |---|---|
//! | [`recipe`] | what to train, and on what, as TOML |
//! | [`corpus`] | the text: what is learned from, what is held out |
//! | [`vocabulary`] | byte pairs learned from the text |
//! | [`decoder`], [`operations`] | the forward pass that gradients flow back through |
//! | [`optimiser`] | `AdamW` on a cosine |
//! | [`checkpoint`], [`curve`] | a training under way, on disk |
//! | [`package`] | the finished model as others read it: configuration, weights, tokenizer |

mod checkpoint;
pub mod corpus;
mod curve;
pub mod decoder;
mod operations;
mod optimiser;
mod package;
pub(crate) mod random;
pub mod recipe;
pub mod vocabulary;

use std::f64::consts::LN_2;
use std::path::{Path, PathBuf};

use candle_core::Tensor;

use crate::{LiveError, threads};
use checkpoint::Checkpoint;
use corpus::Corpus;
use curve::{Curve, Point};
use decoder::{Decoder, Outcome};
use optimiser::{AdamW, cosine};
use recipe::Recipe;
use vocabulary::Vocabulary;

/// Windows of held-out text that are looked at while training; the last word is spoken over all of it.
const GLANCE_WINDOWS: usize = 24;

/// Where the inputs are and where the outputs go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrainOptions {
    /// The recipe, a TOML file.
    pub recipe: PathBuf,
    /// The folder of the text that the recipe names.
    pub text: PathBuf,
    /// The folder for vocabulary, checkpoint, loss curve and finished model.
    pub out: PathBuf,
    /// Threads to run on.
    pub threads: usize,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainSummary {
    /// Numbers that were learned.
    pub parameters: usize,
    /// Steps, those of earlier runs included.
    pub steps: u32,
    /// Bits that the model needs for a byte of the held-out text, all of it.
    pub held_out_bits_per_byte: f64,
    /// Share of zeros among what the neurons give, by layer (`ReLU`), or of tokens that each layer's busiest expert
    /// gets (mixture of experts).
    pub by_layer: Vec<f64>,
}

/// Trains, or goes on training, until the recipe's last step, and writes the finished model.
///
/// `progress` is called with steps done, steps to do, and a line to show where there is news.
pub fn train(
    options: &TrainOptions,
    progress: &mut (dyn FnMut(u32, u32, Option<&str>) + Send),
) -> Result<TrainSummary, LiveError> {
    let recipe = Recipe::load(&options.recipe)?;
    threads::run(options.threads, || run(&recipe, options, progress))
}

fn run(
    recipe: &Recipe,
    options: &TrainOptions,
    progress: &mut dyn FnMut(u32, u32, Option<&str>),
) -> Result<TrainSummary, LiveError> {
    let failed = |source| LiveError::Write { path: options.out.clone(), source };
    std::fs::create_dir_all(&options.out).map_err(failed)?;
    let corpus = Corpus::load(&options.text, &recipe.text)?;
    let vocabulary = Vocabulary::learn(&corpus.learned, recipe.model.vocabulary, &options.out.join("tokenizer.json"))?;
    let learned = vocabulary.encode(&corpus.learned)?;
    let held_out = vocabulary.encode(&corpus.held_out)?;

    let decoder = Decoder::new(&recipe.model, recipe.training.seed)?;
    let mut optimiser = AdamW::new(decoder.parameters());
    let checkpoint = Checkpoint::at(&options.out, recipe);
    let mut curve = Curve::at(&options.out.join("loss.csv"));
    let done = checkpoint.resume(&decoder, &mut optimiser)?;
    curve.resume(done)?;

    let training = &recipe.training;
    let mut recent = Recent::default();
    for step in done..training.steps {
        let batch = batch(&learned, recipe, step)?;
        let outcome = decoder.learn(&batch.inputs, &batch.targets, training)?;
        recent.add(&outcome, batch.targets.iter().map(|&token| vocabulary.bytes(token)).sum());
        let rate = cosine(step, training);
        optimiser.step(decoder.parameters(), &outcome.loss.backward()?, rate, training.weight_decay)?;
        let steps = step + 1;
        if steps.is_multiple_of(training.evaluate_every) || steps == training.steps {
            let held_out = bits_per_byte(&decoder, &held_out, &vocabulary, recipe, GLANCE_WINDOWS)?;
            let point = recent.point(steps, rate, held_out);
            curve.add(&point)?;
            checkpoint.save(steps, &decoder, &optimiser)?;
            progress(steps, training.steps, Some(&point.to_string()));
        } else {
            progress(steps, training.steps, None);
        }
    }
    let held_out_bits_per_byte = bits_per_byte(&decoder, &held_out, &vocabulary, recipe, usize::MAX)?;
    package::write(&options.out, recipe, &decoder)?;
    Ok(TrainSummary {
        parameters: decoder.parameters().count(),
        steps: training.steps,
        held_out_bits_per_byte,
        by_layer: glance(&decoder, &held_out, recipe)?.by_layer,
    })
}

/// Tokens of one step: each sequence's targets are its inputs, one place on.
struct Batch {
    inputs: Vec<u32>,
    targets: Vec<u32>,
}

/// Sequences from places that depend on the seed and the step alone, so that a resumed training sees the same ones.
fn batch(tokens: &[u32], recipe: &Recipe, step: u32) -> Result<Batch, LiveError> {
    let (context, training) = (recipe.model.context, &recipe.training);
    let Some(places) = tokens.len().checked_sub(context).filter(|&places| places > 0) else {
        return Err(LiveError::Text {
            problem: format!("has {} tokens, fewer than a context of {context}", tokens.len()),
        });
    };
    let mut random = random::stream(training.seed, "batch", step);
    let starts: Vec<usize> = (0..training.batch).map(|_| random.below(places)).collect();
    let cut = |shift: usize| {
        starts.iter().flat_map(|start| &tokens[start + shift..start + shift + context]).copied().collect()
    };
    Ok(Batch { inputs: cut(0), targets: cut(1) })
}

/// Mean over the windows of the text, each read from nothing: every token but the first is told once.
fn bits_per_byte(
    decoder: &Decoder,
    tokens: &[u32],
    vocabulary: &Vocabulary,
    recipe: &Recipe,
    windows: usize,
) -> Result<f64, LiveError> {
    let context = recipe.model.context;
    let (mut nats, mut bytes) = (0.0, 0);
    let starts = (0..tokens.len().saturating_sub(context)).step_by(context);
    // Spread over the whole text, so that a glance is not at one act of one play.
    let stride = starts.len().div_ceil(windows).max(1);
    for start in starts.step_by(stride) {
        let (inputs, targets) = (&tokens[start..start + context], &tokens[start + 1..=start + context]);
        nats += decoder.nats(inputs, targets)?;
        bytes += targets.iter().map(|&token| vocabulary.bytes(token)).sum::<usize>();
    }
    if bytes == 0 {
        return Err(LiveError::Text { problem: format!("holds out fewer tokens than a context of {context}") });
    }
    Ok(nats / LN_2 / bytes as f64)
}

/// Activity on the first held-out window.
fn glance(decoder: &Decoder, held_out: &[u32], recipe: &Recipe) -> Result<Outcome, LiveError> {
    let context = recipe.model.context;
    decoder.learn(&held_out[..context], &held_out[1..=context], &recipe.training)
}

/// What is summed up between two points of the curve.
#[derive(Default)]
struct Recent {
    nats: f64,
    bytes: usize,
    by_layer: Vec<f64>,
    steps: u32,
}

impl Recent {
    fn add(&mut self, outcome: &Outcome, bytes: usize) {
        self.nats += outcome.nats;
        self.bytes += bytes;
        self.by_layer.resize(outcome.by_layer.len(), 0.0);
        for (sum, share) in self.by_layer.iter_mut().zip(&outcome.by_layer) {
            *sum += share;
        }
        self.steps += 1;
    }

    fn point(&mut self, steps: u32, learning_rate: f64, held_out_bits_per_byte: f64) -> Point {
        let Self { nats, bytes, by_layer, steps: count } = std::mem::take(self);
        Point {
            steps,
            learning_rate,
            training_bits_per_byte: nats / LN_2 / bytes as f64,
            held_out_bits_per_byte,
            by_layer: by_layer.into_iter().map(|sum| sum / f64::from(count)).collect(),
        }
    }
}

/// Reads a text file whole.
fn read(path: &Path) -> Result<String, LiveError> {
    std::fs::read_to_string(path).map_err(|source| LiveError::Read { path: path.to_path_buf(), source })
}

/// (rows, columns) of numbers as a tensor.
fn matrix(values: Vec<f32>, shape: (usize, usize)) -> candle_core::Result<Tensor> {
    Tensor::from_vec(values, shape, &candle_core::Device::Cpu)
}
