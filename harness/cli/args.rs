//! The commands and their options.

mod color;
mod compare;
mod fidelity;
mod figures;
mod host;
mod infer;
mod live;
mod model;
mod trace;

use std::{num::NonZeroU32, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use tightfit::sweep::Shard;

pub(crate) use color::Color;
pub(crate) use compare::{Diff, DiffFormat, Gate};
pub(crate) use fidelity::{Check, Device, Fit, Validate, ValidateFormat};
pub(crate) use figures::Figures;
pub(crate) use host::{Build, On, OnHost, ProbeOptions, StoreCommand};
pub(crate) use infer::Infer;
#[cfg(feature = "live")]
pub(crate) use infer::InferFormat;
#[cfg(feature = "live")]
pub(crate) use live::HeldWeights;
pub(crate) use live::{Perplexity, Predict, Record, Train};
pub(crate) use model::{ImportModel, ModelCommand};
pub(crate) use trace::{Count, Export, ExportTo, FitTrace, Import, ImportFrom, Info, Prompt, Synth};

/// How a language model too big for its device runs on it, and which strategy runs it best.
#[derive(Debug, Parser)]
#[command(
    name = "tightfit",
    version,
    after_help = "Without a command, the quickstart scenario is run.\n\nExamples:\n  \
                  tightfit run quickstart --out results\n  \
                  tightfit run quickstart --device iphone-15-pro --strategy lru --strategy window\n  \
                  tightfit run my-scenario.toml --set memory.limit-mb=80 --format csv\n  \
                  tightfit run quickstart --set 'sweep.strategy.reads.lanes=[1, 2, 4, 8]' --out lanes\n  \
                  tightfit show device iphone-15-pro > my-phone.toml"
)]
pub(crate) struct Arguments {
    /// Say nothing on standard error but errors: no progress, no notes.
    #[arg(long, short, global = true, display_order = 900)]
    pub(crate) quiet: bool,
    /// Colour the terminal: auto does so where there is one and `NO_COLOR` is not set.
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto, display_order = 901)]
    pub(crate) color: Color,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run scenarios on simulated devices and compare their strategies.
    Run(Run),
    /// Put the shards of a sweep together into one table.
    Merge(Merge),
    /// Compare two result files: what moved, by how much, and why.
    Diff(Diff),
    /// Hold results to an accepted baseline: exit code 1 where one changed.
    Gate(Gate),
    /// List what is built in.
    #[command(after_help = LIST)]
    List {
        /// What to list.
        kind: Kind,
    },
    /// Print the file behind a name, to read or to start one's own from.
    #[command(after_help = SHOW)]
    Show {
        /// What it is.
        kind: Kind,
        /// Its name, or a path.
        name: String,
    },
    /// Make models of other tools' files.
    #[command(subcommand)]
    Model(ModelCommand),
    /// Write weight stores that this machine runs on, or look at them.
    #[command(subcommand)]
    Store(StoreCommand),
    /// Look at traces, import, fit, generate or record them.
    #[command(subcommand)]
    Trace(Trace),
    /// Run a model here while the engine decides which of its weights are in memory: an answer, or a text's perplexity, and
    /// how fast (needs the `live` feature).
    Infer(Box<Infer>),
    /// Train one of the project's own small models from its recipe (needs the `live` feature).
    Train(Train),
    /// Measure what computing active neurons only costs a model (needs the `live` feature).
    Perplexity(Perplexity),
    /// Hold predictions to published measurements.
    Validate(Validate),
    /// Draw the research figures again, each from the scenario that it is of.
    Figures(Figures),
    /// Measure this machine, fit runtimes to measurements, or check a device profile.
    #[command(subcommand)]
    Device(Device),
    /// Print completions for a shell.
    #[command(after_help = COMPLETIONS)]
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual page, or write one for each command.
    #[command(after_help = MAN)]
    Man {
        /// Write the pages of all commands to this folder.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

const LIST: &str = "Examples:\n  \
    tightfit list devices\n  \
    tightfit list strategies";

const SHOW: &str = "Examples:\n  \
    tightfit show device iphone-15-pro > my-phone.toml\n  \
    tightfit show scenario quickstart > my-scenario.toml";

const COMPLETIONS: &str = "Examples:\n  \
    tightfit completions bash > ~/.local/share/bash-completion/completions/tightfit\n  \
    tightfit completions zsh > \"${fpath[1]}/_tightfit\"\n  \
    tightfit completions fish > ~/.config/fish/completions/tightfit.fish";

const MAN: &str = "Examples:\n  \
    tightfit man | man -l -\n  \
    tightfit man --out ~/.local/share/man/man1";

impl Default for Command {
    fn default() -> Self {
        Self::Run(Run {
            scenarios: Vec::new(),
            devices: Vec::new(),
            strategies: Vec::new(),
            settings: Vec::new(),
            out: None,
            timeline: None,
            shard: None,
            samples: None,
            format: Format::Text,
            host: OnHost::default(),
        })
    }
}

/// Options of `run`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tightfit run\n  \
    tightfit run quickstart --device iphone-15-pro --strategy lru --strategy window\n  \
    tightfit run my-scenario.toml --set memory.limit-mb=80 --format csv\n  \
    tightfit run quickstart --out results\n  \
    tightfit run window-against-memory --out window --shard 1/2\n\n\
    Exit codes: 0 done, 1 not as the scenario's [expect] says, 2 wrong input.")]
pub(crate) struct Run {
    /// Scenarios by name or path (`tightfit list scenarios`); without one, quickstart.
    #[arg(value_name = "SCENARIO")]
    pub(crate) scenarios: Vec<String>,
    /// Run on this device instead of the scenario's: a name or a path. May be repeated.
    #[arg(long = "device", value_name = "DEVICE")]
    pub(crate) devices: Vec<String>,
    /// Run only this strategy: a name of the scenario's or of the catalog, or a path. May be repeated.
    #[arg(long = "strategy", value_name = "STRATEGY")]
    pub(crate) strategies: Vec<String>,
    /// Set a key of the scenario, of its devices (`device.…`) or of its strategies (`strategy.…`), or values that are run
    /// one by one (`sweep.KEY=[…]`). May be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) settings: Vec<String>,
    /// Write results, per-token rows, charts and report.html to this folder, and run the scenario's curve over memory
    /// limits. A scenario with a [sweep] writes sweep.parquet, keeps each finished point, and goes on where it was killed.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Write what happened when (reads on their lanes, kernels, waits, moves, evictions, by token and layer) to this file, a
    /// process per device and strategy: open it in ui.perfetto.dev.
    #[arg(long, value_name = "FILE")]
    pub(crate) timeline: Option<PathBuf>,
    /// Of a [sweep] run only every n-th point, from the i-th on, to be merged later: 2/5 is the second of five shards.
    #[arg(long, value_name = "I/N", requires = "out")]
    pub(crate) shard: Option<Shard>,
    /// Run each result on N devices more, whose numbers are off as far as their sources leave them room, and give where
    /// each number lies nine times of ten, and which inputs that comes from. 100 are enough for a first answer.
    #[arg(long, value_name = "N")]
    pub(crate) samples: Option<NonZeroU32>,
    /// What to print.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) host: OnHost,
}

/// Options of `merge`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tightfit merge shard-1 shard-2 --out whole")]
pub(crate) struct Merge {
    /// Folders that `run --shard` wrote to.
    #[arg(value_name = "FOLDER", required = true)]
    pub(crate) folders: Vec<PathBuf>,
    /// Write sweep.parquet to this folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// What to print.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// What `run` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A table for the terminal.
    Text,
    /// The result file.
    Json,
    /// A row a result.
    Csv,
    /// A table for a pull request.
    Md,
}

/// What there are names of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Device profiles.
    #[value(name = "devices", alias = "device")]
    Devices,
    /// What profiles are built on: chips, systems, storage, classes of runtimes.
    #[value(name = "bases", alias = "base")]
    Bases,
    /// Models.
    #[value(name = "models", alias = "model")]
    Models,
    /// Scenarios.
    #[value(name = "scenarios", alias = "scenario")]
    Scenarios,
    /// Strategies.
    #[value(name = "strategies", alias = "strategy")]
    Strategies,
    /// Traces.
    #[value(name = "traces", alias = "trace")]
    Traces,
    /// JSON Schemas of files, for editors.
    #[value(name = "schemas", alias = "schema")]
    Schemas,
}

/// Commands about traces.
#[derive(Debug, Subcommand)]
pub(crate) enum Trace {
    /// Say what a trace holds: lengths, activity, repetition from token to token, and what caches of it hit.
    Info(Info),
    /// Make a trace of a file that another program wrote.
    Import(Import),
    /// Write a trace for other programs: its lookups for cache simulators, its rows for the rest.
    Export(Export),
    /// Find the numbers of a generator that makes traces like this one, and say how like.
    Fit(FitTrace),
    /// Generate a trace from a recipe.
    Synth(Synth),
    /// Record a trace by running a real model (needs the `live` feature).
    Record(Record),
    /// Fit a low-rank predictor on one recording, and add what it names to another (needs the `live` feature).
    Predict(Predict),
}

/// What `trace info` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum InfoFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}
