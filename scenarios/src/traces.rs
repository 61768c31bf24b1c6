//! The recorded traces that are built into the program; how they were made is in `scenarios/traces/README.md`.

use std::path::Path;

use tightfit_devices::near;

use crate::trace::{self, Trace, TraceError};

macro_rules! traces {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_bytes!(concat!("../traces/", $name, ".parquet")))),*]
    };
}

/// Name and Parquet file, sorted by name; a test holds it to the folder.
const TRACES: &[(&str, &[u8])] = traces!["smollm2-135m-chat", "smollm2-135m-code", "tightfit-moe-4m-macbeth"];

/// Names of the built-in traces, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    TRACES.iter().map(|&(name, _)| name)
}

/// The bytes of a trace by built-in name or path.
pub fn bytes(name_or_path: &str) -> Result<Vec<u8>, TraceError> {
    if let Some((_, bytes)) = TRACES.iter().find(|&&(name, _)| name == name_or_path) {
        return Ok(bytes.to_vec());
    }
    std::fs::read(Path::new(name_or_path)).map_err(|problem| {
        if Path::new(name_or_path).extension().is_some() {
            return TraceError::Io { name: name_or_path.to_owned(), action: "open", source: problem };
        }
        let known: Vec<&str> = names().collect();
        let near = near::nearest(name_or_path, &known);
        let near = if near.is_empty() {
            format!("built in are {}", known.join(", "))
        } else {
            format!("did you mean {}?", near.join(", "))
        };
        TraceError::Missing { name: name_or_path.to_owned(), near }
    })
}

/// A trace by built-in name or path.
pub fn load(name_or_path: &str) -> Result<Trace, TraceError> {
    trace::read_bytes(name_or_path, bytes(name_or_path)?)
}
