//! What comes from flash: the bundles, and which of them each step needs.

pub(crate) mod as_read;
mod everything;
mod hints;
mod maker;
mod mass;
pub(crate) mod named;
mod passes;
pub(crate) mod rows;
#[cfg(test)]
mod sample;
mod steps;
mod union;

use tightfit_engine::{Geometry, geometry::BundleId};

use tightfit_scenarios::{
    Strategy,
    model::Weights,
    scenario::Prefill,
    strategy::{Mechanism, Prefetch, Speculative, Stream},
    trace::{Filed, Request, Trace, TraceError},
};

pub use steps::Steps;

use super::profile::Profile;

/// What is streamed for one strategy.
#[derive(Clone, Debug)]
pub struct Streams {
    /// The bundles.
    pub geometry: Geometry,
    /// What each step needs; shared by runs of any length.
    pub steps: Steps,
    /// Distance from a bundle to its copy of lower precision; 0 where there are none.
    pub cold_offset: u32,
    /// Weights that are always in DRAM.
    pub dense_bytes: u64,
    /// Layers of the model; the script's steps after them bring the head.
    pub model_layers: u32,
    /// Rows that every feed-forward kernel computes, where it computes all.
    pub rows_fixed: Option<u32>,
    /// Prompt length of all sequences together.
    pub prompt_tokens: u32,
    /// Longest prompt with its output.
    pub context_tokens: u64,
    /// Sequences.
    pub sequences: u32,
    /// Output tokens of each sequence after the first.
    pub outputs: u64,
    /// Passes in which they come out.
    pub decode_passes: u64,
}

/// What is asked, from the scenario and its trace.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// The trace, and the requests that are decoded at once, in order; they may repeat.
    pub trace: Option<(Replayed<'a>, Vec<Request>)>,
    /// Sequences.
    pub sequences: u32,
    /// Prompt length where there is no trace.
    pub prompt_tokens: u32,
    /// Output length, where it is not the trace's.
    pub output_tokens: Option<u32>,
    /// How the prompt is processed.
    pub prefill: Prefill,
    /// Seed of the random streams.
    pub seed: u64,
    /// What the strategy learnt from the head of the trace, where it does.
    pub profile: Option<&'a Profile>,
}

/// A trace, and where its rows are.
#[derive(Clone, Copy, Debug)]
pub enum Replayed<'a> {
    /// In memory.
    Held(&'a Trace),
    /// In its file: they are read as they are replayed.
    Filed(&'a Filed),
}

impl<'a> Replayed<'a> {
    /// The requests, in order.
    #[must_use]
    pub fn requests(&self) -> &'a [Request] {
        match self {
            Self::Held(trace) => trace.requests(),
            Self::Filed(file) => file.requests(),
        }
    }
}

impl Asked<'_> {
    /// Output tokens of each sequence after the first.
    #[must_use]
    pub fn outputs(&self) -> u64 {
        let recorded = || {
            let shortest =
                self.trace.iter().flat_map(|(_, requests)| requests).map(|request| request.decode_tokens).min();
            u64::from(shortest.unwrap_or(0))
        };
        self.output_tokens.map_or_else(recorded, |tokens| u64::from(tokens) - 1)
    }
}

impl Streams {
    /// What `strategy` streams for a model of these weights.
    ///
    /// # Panics
    /// If feed-forward rows are to be streamed and there is no trace, which loading rules out.
    pub fn new(strategy: &Strategy, weights: &Weights, asked: &Asked<'_>) -> Result<Self, TraceError> {
        let streams = match strategy.stream {
            Stream::Everything => everything::streams(strategy.speculative.as_ref(), weights, asked),
            Stream::FeedForward => rows::streams(strategy, weights, asked)?,
        };
        if let Steps::Held { script, .. } = &streams.steps {
            script.assert_fits(&streams.geometry);
        }
        Ok(streams)
    }

    /// The same for another number of output tokens.
    #[must_use]
    pub fn with_outputs(&self, outputs: u64) -> Self {
        let context_tokens = self.context_tokens - self.outputs + outputs;
        Self { context_tokens, outputs, decode_passes: self.steps.decode_passes_for(outputs), ..self.clone() }
    }

    /// Whether `bundle` is a copy of lower precision.
    #[must_use]
    pub fn is_copy(&self, bundle: BundleId) -> bool {
        self.cold_offset > 0 && bundle % (2 * self.cold_offset) >= self.cold_offset
    }

    /// Bytes of the model that drafts.
    fn draft_bytes(speculative: Option<&Speculative>) -> u64 {
        speculative.map_or(0, |speculative| u64::from(speculative.draft_mb) * 1_000_000)
    }
}

/// What the strategy reads ahead.
pub(crate) fn prefetch(strategy: &Strategy) -> Prefetch {
    match &strategy.mechanism {
        Mechanism::ResidentSet { set, .. } => set.prefetch,
        Mechanism::PageCache(_) => Prefetch::None,
    }
}
