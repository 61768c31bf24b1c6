//! A model of 23 KB, a device for it, and a trace of two requests, written to a folder of their own.

use std::{fs, path::Path};

use tempfile::TempDir;
use tightfit::scenarios::trace::{self, Writer};

use crate::ask::Ask;

/// 2 layers of 16 gated neurons, 192 B each.
pub(crate) const MODEL: &str = r#"
schema = 1
name = "tiny"
title = "Tiny"
layers = 2
hidden = 32
vocabulary = 64
tied-embeddings = true
context = 64
default-quantization = "f16"
attention = { heads = 2, kv-heads = 1, head-dim = 16 }
feed-forward = { kind = "gated", activation = "silu", width = 16 }
quantization.f16 = { embedding = "F16", attention = "F16", feed-forward = "F16", norm = "F16", kv = "F16" }
source.default = { kind = "assumed", from = "a test" }
"#;

/// A device as small as its model.
pub(crate) const DEVICE: &str = r#"
schema = 1
name = "toy"
title = "Toy"
soc = "none"
class = "board"
os = "linux"

[memory]
total-mb = 1
bandwidth-mb-per-s = 1000
copy-mb-per-s = 100
page-kib = 1
app-limit-mb = 0.1
pressure-share = 0.9
source.default = { kind = "assumed", from = "a test" }

[flash]
read-latency-us = 100
lane-mb-per-s = 10
reads-per-s = 20000
ceiling-mb-per-s = 30
queue-depth = 4
read-unit-kib = 0.5
source.default = { kind = "assumed", from = "a test" }

[cpu]
gflops = { f32 = 1 }
bandwidth-share = 0.5
dispatch-us = 1
active-mw = 500
source.default = { kind = "assumed", from = "a test" }

[[runtime]]
name = "toy"
processor = "cpu"
compute-format = "f32"
bandwidth-share = 0.5
compute-share = 0.5
token-overhead-us = 10
memory-mb = 0.001
source.default = { kind = "assumed", from = "a test" }

[power]
idle-mw = 100
dram-pj-per-byte = 50
flash-pj-per-byte = 100
source.default = { kind = "assumed", from = "a test" }

[heat]
sustained-mw = 400
time-constant-s = 1
source.default = { kind = "assumed", from = "a test" }
"#;

/// Two requests; a layer that needs nothing is among the rows.
pub(crate) const TRACE: &str = "\
geometry neuron layers=2 bundles=16
model tiny
definition written by hand

request 0
0 prefill 0: 0 1 2
0 prefill 1: 3 4
1 prefill 0: 1 2 9
1 prefill 1: 4 15
2 decode 0: 0 2 5 6
2 decode 1: 4 5
3 decode 0: 2 5 6 7
3 decode 1:
4 decode 0: 1 2 6
4 decode 1: 4 8 9 10

request 1
0 prefill 0: 8
0 prefill 1: 8 9
1 decode 0: 8 10
1 decode 1: 9
";

/// A scenario over them.
pub(crate) const SCENARIO: &str = r#"
schema = 1
name = "tiny"
title = "Tiny"
devices = ["DIR/device.toml"]
model = "DIR/model.toml"
trace = "DIR/trace.parquet"
runtime = "toy"
processor = "cpu"
strategies = ["lru"]
"#;

/// The files, and the scenario over them.
pub(crate) struct Tiny {
    folder: TempDir,
    scenario: String,
}

impl Tiny {
    /// Writes them.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        write(folder.path());
        let scenario = SCENARIO.replace("DIR", &folder.path().display().to_string());
        Self { folder, scenario }
    }

    /// Where they lie.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A question about them.
    pub(crate) fn ask(&self) -> Ask<'_> {
        assert!(self.folder.path().join("trace.parquet").is_file());
        Ask { scenario: &self.scenario, ..Ask::default() }
    }
}

/// Writes model, device, trace and a scenario that names them relative to the folder.
pub(crate) fn write(folder: &Path) {
    write_trace(&folder.join("trace.parquet"), TRACE);
    for (name, text) in [("model", MODEL), ("device", DEVICE), ("tiny", &SCENARIO.replace("DIR/", ""))] {
        fs::write(folder.join(format!("{name}.toml")), text).expect("a file");
    }
}

/// Writes a trace of the text form as Parquet.
pub(crate) fn write_trace(path: &Path, text: &str) {
    let trace = trace::text::parse("written here", text).unwrap_or_else(|error| panic!("{error}"));
    let mut writer = Writer::create(path, trace.header(), false).unwrap_or_else(|error| panic!("{error}"));
    for row in trace.iter() {
        writer.row(&row).unwrap_or_else(|error| panic!("{error}"));
    }
    writer.finish().unwrap_or_else(|error| panic!("{error}"));
}
