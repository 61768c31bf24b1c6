//! Traces by name: the recorded ones that are built into the program (how they were made is in `scenarios/traces/README.md`),
//! files, and synthetic ones, which are generated where they are asked for.

use std::path::Path;

use tightfit_devices::near;

use crate::{
    catalog::Text,
    trace::{
        self, Reader, Trace, TraceError,
        synth::{self, Recipe},
    },
};

macro_rules! traces {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_bytes!(concat!("../traces/", $name, ".parquet")))),*]
    };
}

/// Name and Parquet file, sorted by name; a test holds it to the folder.
const TRACES: &[(&str, &[u8])] =
    traces!["smollm2-135m-chat", "smollm2-135m-code", "tightfit-moe-4m-macbeth", "tightfit-relu-4m-macbeth"];

/// Names of the built-in recorded traces, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    TRACES.iter().map(|&(name, _)| name)
}

/// The text of the recipe that a name stands for: `synthetic/opt-6.7b`, or a path that ends in `.toml`; `None` for what is
/// recorded.
pub fn recipe(name_or_path: &str) -> Option<Result<Text, TraceError>> {
    let is_file = Path::new(name_or_path).extension().is_some_and(|extension| extension == "toml");
    let name = name_or_path.strip_prefix(synth::PREFIX).filter(|_| !is_file);
    let name = name.or(is_file.then_some(name_or_path))?;
    Some(synth::CATALOG.find(name).map_err(TraceError::from))
}

/// The bytes of a trace by built-in name or path; of a synthetic trace its recipe's.
pub fn bytes(name_or_path: &str) -> Result<Vec<u8>, TraceError> {
    if let Some(recipe) = recipe(name_or_path) {
        return Ok(recipe?.text.into_bytes());
    }
    if let Some((_, bytes)) = TRACES.iter().find(|&&(name, _)| name == name_or_path) {
        return Ok(bytes.to_vec());
    }
    std::fs::read(Path::new(name_or_path)).map_err(|problem| {
        if Path::new(name_or_path).extension().is_some() {
            return TraceError::Io { name: name_or_path.to_owned(), action: "open", source: problem };
        }
        let synthetic: Vec<String> = synth::CATALOG.names().map(|name| format!("{}{name}", synth::PREFIX)).collect();
        let mut known: Vec<&str> = names().collect();
        known.extend(synthetic.iter().map(String::as_str));
        let near = near::nearest(name_or_path, &known);
        let near = if near.is_empty() {
            format!("built in are {}", known.join(", "))
        } else {
            format!("did you mean {}?", near.join(", "))
        };
        TraceError::Missing { name: name_or_path.to_owned(), near }
    })
}

/// A trace by built-in name, recipe or path.
pub fn load(name_or_path: &str) -> Result<Trace, TraceError> {
    from_bytes(name_or_path, bytes(name_or_path)?)
}

/// A recorded trace by built-in name or path, to be read row by row; `None` for a synthetic one.
#[must_use]
pub fn reader(name_or_path: &str) -> Option<Result<Reader, TraceError>> {
    if recipe(name_or_path).is_some() {
        return None;
    }
    let path = Path::new(name_or_path);
    let is_file = names().all(|name| name != name_or_path) && path.exists();
    Some(if is_file {
        Reader::open(path)
    } else {
        bytes(name_or_path).and_then(|bytes| Reader::from_bytes(name_or_path, bytes))
    })
}

/// Longest file whose trace is held in memory where it is replayed, in bytes: some 100 MB of rows.
const HELD_FILE_BYTES_MAX: u64 = 4 << 20;

/// The file of a recorded trace that is too long to be held in memory; none of a short, a built-in or a synthetic one.
#[must_use]
pub fn long_file(name_or_path: &str) -> Option<&Path> {
    let path = Path::new(name_or_path);
    let recorded = recipe(name_or_path).is_none() && names().all(|name| name != name_or_path);
    let is_long = || path.metadata().is_ok_and(|file| file.is_file() && file.len() > HELD_FILE_BYTES_MAX);
    (recorded && is_long()).then_some(path)
}

/// The trace that `bytes` of that name make.
pub fn from_bytes(name_or_path: &str, bytes: Vec<u8>) -> Result<Trace, TraceError> {
    if recipe(name_or_path).is_none() {
        return trace::read_bytes(name_or_path, bytes);
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    synth::trace(&Recipe::parse(&Text { origin: name_or_path.to_owned(), text })?)
}
