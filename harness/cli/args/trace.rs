//! Options of `trace info`, `trace import` and `trace export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::InfoFormat;

/// Options of `trace info`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tightfit trace info smollm2-135m-chat\n  \
    tightfit trace info smollm2-135m-chat --curve lru,belady --budget-mib 16,32,64")]
pub(crate) struct Info {
    /// A built-in trace or a path.
    pub(crate) trace: String,
    /// What to print.
    #[arg(long, value_enum, default_value_t = InfoFormat::Text)]
    pub(crate) format: InfoFormat,
    /// Hit rates of these eviction policies (or of `all`) over budgets, a ladder of them unless some are given. `lfu`
    /// forgets the count of what leaves when lookups are counted one at a time, as cache simulators do, and keeps it when
    /// steps are (`lfu-perfect`), as phone runtimes do; `cost-aware` weighs a read at 100 us and 2 GB/s,
    /// which is assumed.
    #[arg(long, value_name = "POLICY,…", value_delimiter = ',')]
    pub(crate) curve: Vec<String>,
    /// Budgets in MiB: bundles weigh what the trace says, or the built-in model of its name.
    #[arg(long, value_name = "A,B,…", value_delimiter = ',', requires = "curve", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) budget_mib: Vec<u32>,
    /// Budgets in bundles, each counted as one, whatever it weighs.
    #[arg(long, value_name = "A,B,…", value_delimiter = ',', requires = "curve", conflicts_with = "budget_mib", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) budget_units: Vec<u32>,
    /// Judge the lookups of a (pass, layer) together, as the engine does (the default for MiB), or one at a time, as
    /// cache simulators count (the default for bundles).
    #[arg(long, value_enum, requires = "curve")]
    pub(crate) count: Option<Count>,
    /// How the prompt is looked up.
    #[arg(long, value_enum, default_value_t = Prompt::Batched, requires = "curve")]
    pub(crate) prefill: Prompt,
    /// Write the hits of every cache size to this CSV file, of lru and belady: in bytes where they are known and
    /// --budget-units is not given, else in bundles.
    #[arg(long, value_name = "FILE", requires = "curve")]
    pub(crate) all_sizes: Option<PathBuf>,
    /// Draw the hit rates over the budgets, as SVG, PNG and the CSV behind it, into this folder.
    #[arg(long, value_name = "DIR", requires = "curve")]
    pub(crate) out: Option<PathBuf>,
    /// Look at this share of the bundles only, and give the standard error: for traces too large for --all-sizes, of lru.
    #[arg(long, value_name = "SHARE", requires = "all_sizes", value_parser = share)]
    pub(crate) sample: Option<f64>,
}

/// Options of `trace import`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tightfit trace import route.csv --out T.parquet\n  \
    tightfit trace import lookups.bin --from oracle-general --out T.parquet")]
pub(crate) struct Import {
    /// The file to read.
    pub(crate) file: PathBuf,
    /// The trace to write.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// The file's format, where its beginning does not tell.
    #[arg(long, value_enum)]
    pub(crate) from: Option<ImportFrom>,
}

/// Options of `trace export`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tightfit trace export smollm2-135m-chat --to oracle-general --out lookups.bin")]
pub(crate) struct Export {
    /// A built-in trace or a path.
    pub(crate) trace: String,
    /// The format to write.
    #[arg(long, value_enum)]
    pub(crate) to: ExportTo,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// How the prompt is looked up, in formats of lookups.
    #[arg(long, value_enum, default_value_t = Prompt::Batched)]
    pub(crate) prefill: Prompt,
}

/// Options of `trace fit`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tightfit trace fit route.parquet --out mine.toml\n  \
    tightfit trace fit synthetic/opt-6.7b --out opt.toml")]
pub(crate) struct FitTrace {
    /// A trace to be like (built in or a path), or a recipe that is fitted to its own published figures.
    pub(crate) trace: String,
    /// The recipe to write.
    #[arg(long, value_name = "FILE.toml")]
    pub(crate) out: PathBuf,
    /// Seed of the trace that the recipe makes, instead of the one that makes the likest.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// How to print what matches.
    #[arg(long, value_enum, default_value_t = InfoFormat::Text)]
    pub(crate) format: InfoFormat,
}

/// Options of `trace synth`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tightfit trace synth synthetic/opt-6.7b --tokens 64 --out opt.parquet\n  \
    tightfit trace synth mine.toml --out longer.parquet --against route.parquet")]
pub(crate) struct Synth {
    /// A recipe: synthetic/NAME (`tightfit list traces`) or a path.
    pub(crate) recipe: String,
    /// The trace to write.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Generated tokens of a request, instead of the recipe's.
    #[arg(long, value_name = "N")]
    pub(crate) tokens: Option<u32>,
    /// Prompt tokens of a request, instead of the recipe's.
    #[arg(long, value_name = "N")]
    pub(crate) prompt_tokens: Option<u32>,
    /// Requests, instead of the recipe's.
    #[arg(long, value_name = "N")]
    pub(crate) requests: Option<u32>,
    /// Seed, instead of the recipe's.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Compare what was written with this trace.
    #[arg(long, value_name = "TRACE")]
    pub(crate) against: Option<String>,
    /// How to print the comparison.
    #[arg(long, value_enum, default_value_t = InfoFormat::Text, requires = "against")]
    pub(crate) format: InfoFormat,
}

/// What is judged at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Count {
    /// The bundles of a (pass, layer) together: none makes room for another.
    Steps,
    /// Every lookup by itself.
    Lookups,
}

/// How a prompt's tokens are looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Prompt {
    /// All at once, layer by layer: each bundle that any of them needs, once.
    Batched,
    /// One after another, as in decode.
    Sequential,
}

/// Formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ImportFrom {
    /// Experts that a router chose, one a line, under a preamble.
    RouteCsv,
    /// JSON objects, one a token and layer, with the ids that a router chose.
    Jsonl,
    /// libCacheSim's binary, 24 bytes a lookup; it may be packed by zstd.
    OracleGeneral,
    /// libCacheSim's text: time, object, size and next access.
    Csv,
    /// An Arrow file (Feather version 2) with the columns and metadata of a trace.
    Arrow,
}

/// Formats that are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportTo {
    /// Experts that a router chose, one a line, under a preamble.
    RouteCsv,
    /// JSON objects, one a token and layer.
    Jsonl,
    /// libCacheSim's binary, 24 bytes a lookup.
    OracleGeneral,
    /// libCacheSim's text: time, object, size and next access.
    Csv,
    /// An Arrow file (Feather version 2), packed by LZ4.
    Arrow,
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| *share > 0.0 && *share <= 1.0);
    share.ok_or_else(|| "give a share above 0, and 1 at most".to_owned())
}
