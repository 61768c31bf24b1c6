//! Options of `infer`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};

use super::host::ReadBy;

/// Options of `infer`.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("given").required(true),
    after_help = "Examples:\n  \
        tightfit infer --model M.gguf --strategy lru --budget-mib 24 --prompt 'Why is the sky blue?'\n  \
        tightfit infer --model M.gguf --strategy lru --strategy window --budget-mib 24 --active cats=0.5 \\\n      \
        --calibration-file a.txt --perplexity b.txt --tokens 256"
)]
pub(crate) struct Infer {
    /// The model: a GGUF file, or a folder with config.json, safetensors and tokenizer.json.
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) model: PathBuf,
    /// How the feed-forward weights are kept in memory (`tightfit list strategies`; those that stream them and need no
    /// recorded trace). May be repeated: a line each.
    #[arg(long = "strategy", value_name = "STRATEGY", default_value = "lru")]
    pub(crate) strategies: Vec<String>,
    /// Set a key of the strategies (`strategy.…`). May be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) settings: Vec<String>,
    /// What the resident set may use; without it, all feed-forward weights fit.
    #[arg(long, value_name = "N")]
    pub(crate) budget_mib: Option<u32>,
    /// Compute these neurons only, and read no others: non-zero (exact where gates are a relu), cats=S (those whose gate
    /// reaches a threshold that share S stays below), top-share=S or mass-share=S (of the gates). The gates then stay in
    /// memory, since they tell. Without it, all are computed. May be repeated: a line each.
    #[arg(long, value_name = "DEFINITION")]
    pub(crate) active: Vec<String>,
    /// A text file on which the thresholds of cats are found.
    #[arg(long, value_name = "FILE")]
    pub(crate) calibration_file: Option<PathBuf>,
    /// Answer this.
    #[arg(long, value_name = "TEXT", group = "given")]
    pub(crate) prompt: Option<String>,
    /// Answer what is in this file.
    #[arg(long, value_name = "FILE", group = "given")]
    pub(crate) prompt_file: Option<PathBuf>,
    /// Tell the tokens of this text one after the other instead, and report the perplexity beside the speed.
    #[arg(long, value_name = "FILE", group = "given")]
    pub(crate) perplexity: Option<PathBuf>,
    /// Tokens to answer at most, or tokens of the text to tell.
    #[arg(long, value_name = "N", default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) tokens: u32,
    /// Give the prompt to the model as it is, without the chat template.
    #[arg(long)]
    pub(crate) raw: bool,
    /// The weight store to read; it is written where it is not there. Without it, one is written and removed at the end.
    #[arg(long, value_name = "FILE")]
    pub(crate) store: Option<PathBuf>,
    /// The folder for stores that are removed, on the disk that is to be read.
    #[arg(long, value_name = "DIR", default_value_os_t = std::env::temp_dir())]
    pub(crate) store_folder: PathBuf,
    /// How reads are made.
    #[arg(long, value_enum, default_value_t = ReadBy::Direct)]
    pub(crate) reads: ReadBy,
    /// What to print: the answer, with the figures on standard error (text), or all in one file (json).
    #[arg(long, value_enum, default_value_t = InferFormat::Text)]
    pub(crate) format: InferFormat,
}

/// What `infer` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum InferFormat {
    /// The answer, and a table.
    Text,
    /// A result file.
    Json,
}
