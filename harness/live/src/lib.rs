//! Real models through candle: the trace recorder.
//!
//! [`record()`] runs a GGUF model over a prompt, generates greedily, and writes a trace of which feed-forward neurons
//! each (token, layer) needed. It is a crate of its own because candle takes minutes to build; nothing here knows the
//! simulator, and nothing here prints.
//!
//! | module | idea |
//! |---|---|
//! | [`gguf`], [`config`], [`weights`] | read the file, its metadata and its matrices |
//! | [`tokenizer`], [`chat`] | text to token numbers and back |
//! | [`model`] | the forward pass, with an [`observe::Observer`] inside every feed-forward block |
//! | [`generate`] | prompt in batches, then one token at a time |
//! | [`active`] | what "active" means |
//! | [`mod@record`] | all of it together, into a trace file |
//! | [`mod@train`] | the project's own small models |
//!
//! Another family needs a forward pass beside [`model`] that shows its feed-forward blocks to an observer, and its name
//! in [`SUPPORTED_ARCHITECTURES`]; another meaning of "active" a variant of [`active::Definition`].

pub mod active;
mod attention;
pub mod chat;
pub mod config;
mod digest;
mod error;
mod feed_forward;
pub mod generate;
pub mod gguf;
pub mod model;
mod norm;
pub mod observe;
pub mod record;
mod rope;
mod rows;
mod threads;
pub mod tokenizer;
pub mod train;
pub mod weights;

pub use error::{LiveError, SUPPORTED_ARCHITECTURES};
pub use record::{RecordOptions, RecordSummary, record};
pub use train::{TrainOptions, TrainSummary, train};
pub use weights::Weights;
