//! What to record, and what came of it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::active::Definition;
use crate::{LiveError, Weights};

/// What to record.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordOptions {
    /// The model: a GGUF file, or the folder of a Hugging Face checkpoint.
    pub model: PathBuf,
    /// The model's name in the trace; without one, the model names itself (`smollm2-135m`).
    pub model_name: Option<String>,
    /// The requests, each a prompt.
    pub prompts: Vec<Prompt>,
    /// Tokens to generate for each; fewer come where the model ends its answer.
    pub tokens: u32,
    /// What "active" means; without one, non-zero for `ReLU`, a mass share of 0.9 for smooth functions. A mixture of
    /// experts takes none: its routers say what is active.
    pub active: Option<Definition>,
    /// The text on which thresholds are found, for definitions that have them.
    pub calibration: Option<String>,
    /// Whether to keep each active bundle's score (more than doubles the file).
    pub scores: bool,
    /// Whether to keep what went into each block, too, in a file beside the trace ([`inputs::beside`](crate::inputs::beside)).
    pub inputs: bool,
    /// Threads to run on; 1 is immune to other programs on the machine.
    pub threads: usize,
    /// The trace file. It appears when it is complete, replacing what was there.
    pub out: PathBuf,
    /// Whether to wrap prompts in the model's chat template, with the system prompt that it was trained with.
    pub chat: bool,
    /// How the weights are held, which decides the arithmetic.
    pub weights: Weights,
}

/// One request's prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// A short name, kept in the trace's notes.
    pub name: String,
    /// The user's message, or without chat the bare text. Its digest goes into the trace.
    pub text: String,
}

impl RecordOptions {
    /// The usual options: 128 tokens with scores, one thread, chat, 32-bit floats.
    #[must_use]
    pub fn new(model: impl Into<PathBuf>, prompt: impl Into<String>, out: impl Into<PathBuf>) -> Self {
        Self {
            model: model.into(),
            model_name: None,
            prompts: vec![Prompt { name: String::new(), text: prompt.into() }],
            tokens: 128,
            active: None,
            calibration: None,
            scores: true,
            inputs: false,
            threads: 1,
            out: out.into(),
            chat: true,
            weights: Weights::default(),
        }
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordSummary {
    /// Name of the model, as in the trace.
    pub model: String,
    /// SHA-256 of the model's weights, hexadecimal.
    pub model_digest: String,
    /// SHA-256 of the prompts as given, hexadecimal.
    pub prompt_digest: String,
    /// The requests, in order.
    pub requests: Vec<Recorded>,
    /// Mean share of neurons or experts active, by layer.
    pub active_shares: Vec<f64>,
    /// Share of the chosen experts that their router, run a layer early, had named (Eliseev and Mazur 2023, section 3.2);
    /// `None` without routers.
    pub early_recall: Option<f64>,
    /// Time to read and convert the weights.
    pub load: Duration,
    /// Time to run prompts and generation, and to write.
    pub run: Duration,
}

/// One request of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Tokens of the prompt, chat template included: prefill rows are these times the layers.
    pub prompt_tokens: usize,
    /// Generated tokens, each one decode step.
    pub generated: Vec<u32>,
    /// Their text.
    pub text: String,
}

impl RecordSummary {
    /// Mean share of bundles active over all layers.
    #[must_use]
    pub fn active_share(&self) -> f64 {
        self.active_shares.iter().sum::<f64>() / self.active_shares.len() as f64
    }
}

/// Reads a prompt from a text file, whose name up to the first dot becomes the prompt's; the line end that editors put
/// behind the last line is not part of it.
pub fn read_prompt(path: &Path) -> Result<Prompt, LiveError> {
    let failed = |source| LiveError::Read { path: path.to_path_buf(), source };
    let text = std::fs::read_to_string(path).map_err(failed)?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text).to_owned();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(Prompt { name: name.split('.').next().unwrap_or_default().to_owned(), text })
}
