//! What can go wrong between a model file and a trace, each with the way out.

use std::io;
use std::path::PathBuf;

use crate::active::Definition;
use crate::family::Family;

/// Why a model could not be loaded, run or recorded.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// A file could not be opened or read.
    #[error("{path}: cannot be read: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file does not begin or continue as GGUF does.
    #[error("{path}: not a readable GGUF file ({reason}); give a model in GGUF format, whole and of version 1, 2 or 3")]
    NotGguf {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The model's family is not known here.
    #[error("{path}: architecture `{found}` is not supported; supported: {}", Family::names())]
    Architecture {
        /// The file.
        path: PathBuf,
        /// The value of `general.architecture`, or of `model_type`.
        found: String,
    },
    /// The family is known, but not this variant of it.
    #[error("{path}: {feature} is not supported; {way_out}")]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What the model asks for.
        feature: String,
        /// What would be accepted.
        way_out: String,
    },
    /// A metadata key is missing or holds something else than it should.
    #[error("{path}: metadata key `{key}` {problem}; convert the model again with a current converter")]
    Metadata {
        /// The file.
        path: PathBuf,
        /// The key.
        key: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A weight matrix is missing or has another shape than the metadata promise.
    #[error("{path}: tensor `{name}` {problem}; the file is incomplete or of another architecture")]
    Tensor {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Text could not be turned into tokens, or back.
    #[error("{path}: tokenizer: {reason}")]
    Tokenizer {
        /// The file that the vocabulary is from.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// There is nothing to run.
    #[error("the prompt has no tokens; give some text")]
    EmptyPrompt,
    /// Prompt and answer do not fit into the model's context.
    #[error("prompt of {prompt} tokens + {tokens} to generate exceed the model's context of {context}; shorten one")]
    TooLong {
        /// Tokens of the prompt, chat template included.
        prompt: usize,
        /// Tokens asked for.
        tokens: usize,
        /// Tokens that the model was made for.
        context: usize,
    },
    /// A share that no set, or every set, would have.
    #[error("{definition}: {share} is outside (0, 1); 0.5 to 0.9 is usual")]
    Share {
        /// The definition of "active".
        definition: &'static str,
        /// The value given.
        share: f64,
    },
    /// A definition with thresholds, and no text to find them on.
    #[error("`{definition}` has thresholds; give a text to find them on, another than what is recorded or measured")]
    Calibration {
        /// The definition of "active".
        definition: Definition,
    },
    /// The inputs that were kept beside a trace can't be used.
    #[error("{path}: {problem}; record with --keep-inputs, whatever else is as it was")]
    Inputs {
        /// The file, or the trace.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A trace that a predictor is not to be measured on.
    #[error("{path}: {problem}")]
    Unfair {
        /// The trace.
        path: PathBuf,
        /// What is wrong with it, and the way out.
        problem: &'static str,
    },
    /// A rank that a layer's predictor can't have.
    #[error("rank {rank} is outside 1 to {most}, the layer's width; a tenth of it is usual")]
    Rank {
        /// The rank given.
        rank: usize,
        /// The highest that makes sense.
        most: usize,
    },
    /// No threads were asked for, or they could not be started.
    #[error("{threads} threads: {reason}; 1 is usual")]
    Threads {
        /// The number given.
        threads: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A number came out that is none.
    #[error("{place}: not a finite number; the model file is damaged or its format is misread")]
    NotFinite {
        /// Where in the run.
        place: String,
    },
    /// A recipe that can't be followed.
    #[error("recipe {path}: {problem}")]
    Recipe {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A text that can't be learned from.
    #[error("the text {problem}")]
    Text {
        /// What is wrong with it.
        problem: String,
    },
    /// What was saved of a training does not fit.
    #[error("{path}: {problem}; remove it to begin anew, or train to another folder")]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A file could not be written.
    #[error("{path}: cannot be written: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// This machine as a platform.
    #[error(transparent)]
    Host(#[from] tightfit_host::HostError),
    /// candle could not carry out an operation.
    #[error("candle: {0}")]
    Compute(#[from] candle_core::Error),
    /// The trace could not be written.
    #[error(transparent)]
    Trace(#[from] tightfit_scenarios::trace::TraceError),
}
