//! A trained low-rank predictor (*LLM in a flash* §3.1): fitted on one recording, it names what another one will need,
//! and its word is stored with that trace, beside what was truly active.

mod low_rank;

use std::path::{Path, PathBuf};

use candle_core::Tensor;
use tightfit_scenarios::trace::{self, Trace};

use self::low_rank::LowRank;
use crate::{LiveError, inputs, threads};

/// What to fit, and what to predict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PredictOptions {
    /// The trace to learn from, recorded with its inputs.
    pub fit: PathBuf,
    /// The trace to predict, of the same model and another prompt, recorded with its inputs.
    pub trace: PathBuf,
    /// Rank of each layer's predictor.
    pub rank: usize,
    /// Threads to run on.
    pub threads: usize,
    /// Where the second trace goes with its predictions.
    pub out: PathBuf,
}

/// How well the second trace was predicted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PredictSummary {
    /// Tokens that were predicted.
    pub tokens: usize,
    /// Neurons or experts of a layer.
    pub bundles: usize,
    /// By layer.
    pub layers: Vec<Told>,
}

impl PredictSummary {
    /// All layers together.
    #[must_use]
    pub fn all(&self) -> Told {
        self.layers.iter().fold(Told::default(), |all, layer| Told {
            active: all.active + layer.active,
            named: all.named + layer.named,
            right: all.right + layer.right,
        })
    }
}

/// Bundles of a layer over all tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Those that were active.
    pub active: u64,
    /// Those that were named.
    pub named: u64,
    /// Those that were both.
    pub right: u64,
}

impl Told {
    /// Share of the active that was named; 1 of none.
    #[must_use]
    pub fn recall(self) -> f64 {
        share(self.right, self.active)
    }

    /// Share of the named that was active; 1 of none.
    #[must_use]
    pub fn precision(self) -> f64 {
        share(self.right, self.named)
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// Fits a predictor for each layer on one trace, and writes another with what they name.
///
/// `progress` is called with layers done and layers to do. The same options give the same bytes.
pub fn predict(
    options: &PredictOptions,
    progress: &mut (dyn FnMut(usize, usize) + Send),
) -> Result<PredictSummary, LiveError> {
    threads::run(options.threads, || run(options, progress))
}

fn run(options: &PredictOptions, progress: &mut dyn FnMut(usize, usize)) -> Result<PredictSummary, LiveError> {
    let (learned, asked) = (Recording::open(&options.fit)?, Recording::open(&options.trace)?);
    asked.check_against(&learned)?;
    let geometry = asked.trace.geometry();
    let (layers, bundles) = (geometry.layers, geometry.bundles_per_layer as usize);
    let mut summary = PredictSummary { tokens: asked.trace.tokens(), bundles, layers: Vec::new() };
    let mut named = Vec::with_capacity(layers as usize);
    for layer in 0..layers {
        let predictor = LowRank::fit(&learned.inputs(layer)?, &learned.active(layer)?, options.rank, layer)?;
        let lists = predictor.names(&asked.inputs(layer)?)?;
        summary.layers.push(asked.told(layer, &lists));
        named.push(lists);
        progress(layer as usize + 1, layers as usize);
    }
    let lists = (0..asked.trace.tokens())
        .flat_map(|token| named.iter_mut().map(move |lists| std::mem::take(&mut lists[token])).collect::<Vec<_>>());
    let lists: Vec<Vec<u32>> = lists.collect();
    let notes = notes(options, &learned.trace, &summary);
    asked.trace.with_predictions(lists, notes)?.write(&options.out)?;
    Ok(summary)
}

fn notes(options: &PredictOptions, learned: &Trace, summary: &PredictSummary) -> Vec<(String, String)> {
    let of_layers = |share: fn(Told) -> f64| {
        summary.layers.iter().map(|&told| format!("{:.3}", share(told))).collect::<Vec<_>>().join(" ")
    };
    let all = summary.all();
    let overall = format!("recall {:.3}, precision {:.3}", all.recall(), all.precision());
    [
        ("predictor", format!("low-rank logistic, fitted on {} other tokens: {overall}", learned.tokens())),
        ("predictor-rank", options.rank.to_string()),
        ("predictor-fitted-on", format!("prompt {}", learned.header().prompt_digest)),
        ("predictor-recall", of_layers(Told::recall)),
        ("predictor-precision", of_layers(Told::precision)),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .to_vec()
}

/// A trace and what went into its blocks.
struct Recording {
    path: PathBuf,
    trace: Trace,
    inputs: Tensor,
}

impl Recording {
    fn open(path: &Path) -> Result<Self, LiveError> {
        let (trace, inputs) = (trace::read(path)?, inputs::read(path)?);
        let expected = [trace.tokens(), trace.geometry().layers as usize];
        let shape = inputs.dims().to_vec();
        if shape.len() != 3 || shape[..2] != expected {
            let problem = format!("has inputs of {shape:?}, not of {} tokens x {} layers", expected[0], expected[1]);
            return Err(LiveError::Inputs { path: inputs::beside(path), problem });
        }
        Ok(Self { path: path.to_path_buf(), trace, inputs })
    }

    /// Refuses to predict what was learned from, and another model than was learned from.
    fn check_against(&self, learned: &Self) -> Result<(), LiveError> {
        let fail = |problem| Err(LiveError::Unfair { path: self.path.clone(), problem });
        let (ours, theirs) = (self.trace.header(), learned.trace.header());
        if (ours.geometry, &ours.model_digest, &ours.definition)
            != (theirs.geometry, &theirs.model_digest, &theirs.definition)
        {
            return fail(
                "is of another model, or of another definition of active, than the trace to fit on: record both alike",
            );
        }
        if ours.prompt_digest == theirs.prompt_digest {
            return fail("is of the prompt that is learned from: record another one");
        }
        Ok(())
    }

    /// One layer's inputs, (tokens, width).
    fn inputs(&self, layer: u32) -> Result<Tensor, LiveError> {
        Ok(self.inputs.narrow(1, layer as usize, 1)?.squeeze(1)?.contiguous()?)
    }

    /// One layer's activity, (tokens, bundles) of 0 and 1.
    fn active(&self, layer: u32) -> Result<Tensor, LiveError> {
        let bundles = self.trace.geometry().bundles_per_layer as usize;
        let mut flags = vec![0.0_f32; self.trace.tokens() * bundles];
        for (token, flags) in flags.chunks_exact_mut(bundles).enumerate() {
            self.trace.active(token, layer).iter().for_each(|&bundle| flags[bundle as usize] = 1.0);
        }
        Ok(Tensor::from_vec(flags, (self.trace.tokens(), bundles), self.inputs.device())?)
    }

    fn told(&self, layer: u32, lists: &[Vec<u32>]) -> Told {
        let mut told = Told::default();
        for (token, named) in lists.iter().enumerate() {
            let active = self.trace.active(token, layer);
            told.active += active.len() as u64;
            told.named += named.len() as u64;
            told.right += named.iter().filter(|bundle| active.binary_search(bundle).is_ok()).count() as u64;
        }
        told
    }
}
