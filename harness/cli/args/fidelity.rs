//! Options of `validate` and `device`.
#![allow(clippy::doc_markdown, reason = "help texts name columns as they are written")]

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::ProbeOptions;

/// Options of `validate`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                        tightfit validate\n  \
                        tightfit validate --fit-split --out fidelity\n  \
                        tightfit validate --measurements my-runs.csv --profile my-phone.toml\n  \
                        tightfit validate --measurements my-runs.csv --fit-split --format json")]
pub(crate) struct Validate {
    /// Refit with rows left out, by model and by device, and report the errors on those.
    #[arg(long)]
    pub(crate) fit_split: bool,
    /// Predict the rows of this table instead of the built-in cases: columns device, soc, model, quant, runtime, backend,
    /// prompt_tok, gen_tok, prefill_tok_s, decode_tok_s, peak_mem_mb, note, source. With --fit-split its rows are fitted too.
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) measurements: Option<PathBuf>,
    /// A device of the table that is not built in, or not as it is built in. May be repeated.
    #[arg(long = "profile", value_name = "FILE.toml", requires = "measurements")]
    pub(crate) profiles: Vec<PathBuf>,
    /// Only cases whose file's name holds this. May be repeated.
    #[arg(long, value_name = "TEXT", conflicts_with = "measurements")]
    pub(crate) only: Vec<String>,
    /// Write the cases, their summary and the picture to this folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Write the table's rows as cases, a file a device and runtime, to this folder.
    #[arg(long, value_name = "DIR", requires = "measurements")]
    pub(crate) write_cases: Option<PathBuf>,
    /// What to print.
    #[arg(long, value_enum, default_value_t = ValidateFormat::Text)]
    pub(crate) format: ValidateFormat,
}

/// What `validate` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ValidateFormat {
    /// The summary, and the largest misses.
    Text,
    /// The summary as Markdown.
    Md,
    /// Every case, and the summary.
    Json,
}

/// What to do with devices.
#[derive(Debug, Subcommand)]
pub(crate) enum Device {
    /// Measure this machine into a profile: flash by read size and lanes, DRAM, kernels. Takes under a minute.
    Probe(ProbeOptions),
    /// Fit the few numbers of runtimes to a table of measurements.
    Fit(Fit),
    /// Check a profile, and list which of its numbers are from where.
    Check(Check),
}

/// Options of `device fit`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                        tightfit device fit my-runs.csv --profile my-phone.toml\n  \
                        tightfit device fit my-runs.csv\n\n\
                        A row is of a profile if its device is the profile's name, title or one of its aliases. With --profile \
                        the classes of runtimes stay as they are, unless --classes writes them anew.")]
pub(crate) struct Fit {
    /// The table, as for `validate --measurements`.
    #[arg(value_name = "FILE.csv")]
    pub(crate) measurements: PathBuf,
    /// Write what this device's rows say into this profile, below what is written by hand. May be repeated.
    #[arg(long = "profile", value_name = "FILE.toml")]
    pub(crate) profiles: Vec<PathBuf>,
    /// Write the classes of processors (runtimes-cpu.toml, …) to this folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) classes: Option<PathBuf>,
}

/// Options of `device check`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                        tightfit device check my-phone.toml\n  \
                        tightfit device check iphone-15-pro --all")]
pub(crate) struct Check {
    /// Profiles by name or path; all that are built in without one.
    #[arg(value_name = "DEVICE")]
    pub(crate) devices: Vec<String>,
    /// List every number, not only those that are assumed.
    #[arg(long)]
    pub(crate) all: bool,
}
