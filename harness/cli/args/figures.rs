//! Options of `figures`.

use std::path::PathBuf;

use clap::Args;

/// Options of `figures`.
#[derive(Debug, Args)]
#[command(
    after_help = "Each figure is an SVG, a PNG and the CSV behind it, the same bytes on every run.\n\nExamples:\n  \
    tightfit figures\n  \
    tightfit figures io-latency-ladder energy-a-token --out paper/figures"
)]
pub(crate) struct Figures {
    /// Names of figures (default: all).
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// Write the files to this folder.
    #[arg(long, value_name = "DIR", default_value = "reports/figures")]
    pub(crate) out: PathBuf,
}
