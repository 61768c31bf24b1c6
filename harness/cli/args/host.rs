//! Options of what runs on this machine: `run --on host`, `store build`, `device probe`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use tightfit::host::Reads;

/// Where a scenario is run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum On {
    /// On the simulated device.
    #[default]
    Sim,
    /// On this machine.
    Host,
}

/// How this machine reads the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReadBy {
    /// Past the page cache, on threads.
    Direct,
    /// Past the page cache, through an `io_uring`.
    Ring,
    /// Through the page cache, on threads.
    Buffered,
}

impl From<ReadBy> for Reads {
    fn from(by: ReadBy) -> Self {
        match by {
            ReadBy::Direct => Self::Direct,
            ReadBy::Ring => Self::Ring,
            ReadBy::Buffered => Self::Buffered,
        }
    }
}

/// Options of `device probe`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tightfit device probe --out this-machine.toml\n  \
    tightfit run quickstart --device this-machine.toml --set runtime=host-q4 --on host")]
pub(crate) struct ProbeOptions {
    /// The profile to write; its file name is the device's name.
    #[arg(long, value_name = "PROFILE.toml")]
    pub(crate) out: PathBuf,
    /// A folder on the disk that is measured; 1 GiB of it is needed for a minute.
    #[arg(long, value_name = "DIR", default_value_os_t = std::env::temp_dir())]
    pub(crate) folder: PathBuf,
    /// How reads are made.
    #[arg(long, value_enum, default_value_t = ReadBy::Direct)]
    pub(crate) reads: ReadBy,
}

/// Options of `run --on host`.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct OnHost {
    /// Run on the simulated device, or on this machine: real reads of a real file, real memory, kernels that compute. The
    /// device then gives the memory limits only. Energy is not measured.
    #[arg(long, value_enum, default_value_t = On::Sim)]
    pub(crate) on: On,
    /// With `--on host`: the weight store to read (`tightfit store build`). Without it, one is generated for each layout and
    /// removed at the end.
    #[arg(long, value_name = "FILE")]
    pub(crate) store: Option<PathBuf>,
    /// With `--on host`: the folder for generated stores, on the disk that is to be read; without it, the system's for
    /// temporary files.
    #[arg(long, value_name = "DIR")]
    pub(crate) store_folder: Option<PathBuf>,
    /// With `--on host`: how reads are made; without it, direct.
    #[arg(long, value_enum)]
    pub(crate) reads: Option<ReadBy>,
    /// With `--on host`: hold every bundle to its checksum each time that it is computed over. Takes time of the kernels.
    #[arg(long)]
    pub(crate) verify: bool,
}

impl OnHost {
    /// The first option that only a run on this machine looks at.
    pub(crate) fn of_host_alone(&self) -> Option<&'static str> {
        let given = [
            ("--store", self.store.is_some()),
            ("--store-folder", self.store_folder.is_some()),
            ("--reads", self.reads.is_some()),
            ("--verify", self.verify),
        ];
        given.into_iter().find(|&(_, is_given)| is_given).map(|(name, _)| name)
    }
}

/// Commands about weight stores.
#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Write a model's weights as bundles to a file that `run --on host` reads.
    Build(Build),
    /// Say what a weight store holds.
    Info {
        /// The store.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// Options of `store build`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tightfit store build quickstart --strategy lru --out quickstart.store\n  \
    tightfit store build --model llama-3.2-1b --quantization q4-0 --strategy layer-stream --out llama.store")]
pub(crate) struct Build {
    /// The scenario whose model, trace and seed the store is for: a name or a path.
    #[arg(value_name = "SCENARIO", default_value = "quickstart")]
    pub(crate) scenario: String,
    /// A model alone, by name or path, instead of a scenario's: for layouts that need no trace.
    #[arg(long, value_name = "MODEL", conflicts_with = "scenario")]
    pub(crate) model: Option<String>,
    /// With --model: its quantization; without it, the model's own.
    #[arg(long, value_name = "QUANTIZATION", requires = "model")]
    pub(crate) quantization: Option<String>,
    /// The strategy that says what is streamed and how it lies on flash.
    #[arg(long, value_name = "STRATEGY")]
    pub(crate) strategy: String,
    /// Set a key, as in `run`. May be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) settings: Vec<String>,
    /// Take the weights of this GGUF file; without it, they are generated from the scenario's seed. Columns of a quantized
    /// down matrix are quantized anew, since a bundle holds them as rows; all else in the model's formats is kept as it is.
    #[arg(long, value_name = "FILE.gguf")]
    pub(crate) gguf: Option<PathBuf>,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}
