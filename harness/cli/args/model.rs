//! Options of `model`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Commands about models.
#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// Make a model of a GGUF file, a config.json, or a safetensors file or index beside one. Only headers are read.
    Import(ImportModel),
}

/// Options of `model import`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tightfit model import model.gguf --out my-model.toml\n  \
    tightfit model import folder/config.json")]
pub(crate) struct ImportModel {
    /// The file to read.
    pub(crate) file: PathBuf,
    /// The model to write; without it, the model is printed.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}
