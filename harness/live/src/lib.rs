//! Real models through candle: the trace recorder.
//!
//! [`record()`] runs a model over prompts, generates greedily, and writes a trace of which feed-forward neurons or experts
//! each (token, layer) needed; [`perplexity()`] says what it costs to compute no others; [`train()`] makes the project's
//! own small models. It is a crate of its own because candle takes minutes to build; nothing here knows the simulator,
//! and nothing here prints.
//!
//! | module | idea |
//! |---|---|
//! | [`source`], [`gguf`], [`folder`] | a model on disk: a GGUF file or a Hugging Face checkpoint |
//! | [`family`], [`config`], [`weights`] | what weights are called, what shapes them, how they are held |
//! | [`tokenizer`], [`chat`] | text to token numbers and back |
//! | [`model`] | the forward pass, with an [`observe::Observer`] inside every feed-forward block |
//! | [`generate`] | prompt in batches, then one token at a time |
//! | [`active`], [`calibrate`] | what "active" means, and the thresholds that some definitions have |
//! | [`mod@perplexity`] | a model that computes active neurons only, beside the dense one |
//! | [`infer`] | a model that goes on while the engine decides which of its neurons are in memory |
//! | [`inputs`], [`mod@predict`] | what went into the blocks, and the low-rank predictor that is fitted on it |
//! | [`mod@record`] | all of it together, into a trace file |
//! | [`mod@train`] | the project's own small models |
//!
//! Another family needs its name and its weights' names in [`family`], and what is peculiar to it in [`config`]; another
//! meaning of "active" a variant of [`active::Definition`].

pub mod active;
mod attention;
pub mod calibrate;
pub mod chat;
pub mod config;
mod digest;
mod error;
mod experts;
pub mod family;
mod feed_forward;
pub mod folder;
pub mod generate;
pub mod gguf;
pub mod infer;
pub mod inputs;
pub mod model;
mod norm;
pub mod observe;
pub mod perplexity;
pub mod predict;
pub mod record;
mod rope;
mod rows;
pub mod source;
mod threads;
pub mod tokenizer;
pub mod train;
pub mod weights;

pub use active::Definition;
pub use error::LiveError;
pub use perplexity::{PerplexityOptions, PerplexityTable, perplexity};
pub use predict::{PredictOptions, PredictSummary, Told, predict};
pub use record::{RecordOptions, RecordSummary, record};
pub use train::{TrainOptions, TrainSummary, train};
pub use weights::Weights;
