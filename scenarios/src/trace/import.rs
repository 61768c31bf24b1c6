//! Traces from the files of others: routes of a mixture of experts, and the streams of cache simulators.
//!
//! A route becomes a trace of its model. A stream has neither tokens nor layers: it becomes one request of one layer
//! in which every lookup is a generated token.

mod arrow;
mod csv;
mod json_lines;
mod lines;
mod oracle_general;
mod packed;
mod route;
mod stream;

use std::{
    fmt,
    fs::File,
    io::{self, Read},
    path::Path,
};

use super::{Header, Trace, TraceError};

/// A format that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportFormat {
    /// A line for each expert that a router chose, under a preamble: `BigMoeOnEdge`'s `route.csv`.
    RouteCsv,
    /// A JSON object for each (token, layer), with the ids that a router chose: what loggers in vLLM write.
    JsonLines,
    /// libCacheSim's binary: 24 bytes a lookup, little endian: u32 time, u64 object, u32 size, i64 next access. It may be
    /// packed by zstd.
    OracleGeneral,
    /// libCacheSim's text: `time,obj_id,size,next_access_vtime`, with or without a line that names the columns.
    Csv,
    /// An Arrow file (Feather version 2) with a trace's columns and metadata.
    Arrow,
}

/// What an import made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The format that was read.
    pub format: ImportFormat,
    /// The header written.
    pub header: Header,
    /// Tokens written.
    pub tokens: u64,
    /// Lookups written.
    pub lookups: u64,
    /// What of the file the trace does not hold, in words.
    pub left_out: Option<String>,
}

impl fmt::Display for ImportFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::RouteCsv => "route-csv",
            Self::JsonLines => "jsonl",
            Self::OracleGeneral => "oracle-general",
            Self::Csv => "csv",
            Self::Arrow => "arrow",
        })
    }
}

/// Reads `from`, in `format` or what its beginning looks like, and writes the trace `to`. Nothing is written on error.
pub fn import(from: &Path, to: &Path, format: Option<ImportFormat>) -> Result<Imported, TraceError> {
    let name = from.display().to_string();
    let format = match format {
        Some(format) => format,
        None => sniff(&name, from)?,
    };
    match format {
        ImportFormat::RouteCsv => route::import(&name, from, to),
        ImportFormat::JsonLines => json_lines::import(&name, from, to),
        ImportFormat::Arrow => arrow::import(&name, from, to),
        ImportFormat::OracleGeneral | ImportFormat::Csv => stream::import(&name, from, to, format),
    }
}

/// Reads a route ([`ImportFormat::RouteCsv`]) without writing it anywhere.
pub fn read_route(from: &Path) -> Result<Trace, TraceError> {
    route::read(&from.display().to_string(), from)
}

/// Bytes of a file that are looked at to tell its format.
const SNIFFED: u64 = 64 * 1024;

fn sniff(name: &str, path: &Path) -> Result<ImportFormat, TraceError> {
    let mut start = Vec::new();
    open(name, path)?.take(SNIFFED).read_to_end(&mut start).map_err(|source| TraceError::io(name, "read", source))?;
    if start.starts_with(b"PAR1") {
        let problem = "is a trace already: give its path wherever a trace is asked for".to_owned();
        return Err(TraceError::NotImported { name: name.to_owned(), problem });
    }
    if arrow::is_start(&start) {
        return Ok(ImportFormat::Arrow);
    }
    if arrow::is_stream(&start) {
        let problem = "begins as an Arrow stream; write it as a file, as in pyarrow's feather.write_feather";
        return Err(TraceError::NotImported { name: name.to_owned(), problem: problem.to_owned() });
    }
    // A cut-off character at the end is no sign of a binary file.
    let is_text = match std::str::from_utf8(&start) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    if !is_text || start.contains(&0) {
        return Ok(ImportFormat::OracleGeneral);
    }
    let text = String::from_utf8_lossy(&start);
    if json_lines::is_line(&text) {
        return Ok(ImportFormat::JsonLines);
    }
    let is_route = |line: &str| line.starts_with("# route_trace") || route::names_columns(line);
    Ok(if text.lines().any(is_route) { ImportFormat::RouteCsv } else { ImportFormat::Csv })
}

fn open(name: &str, path: &Path) -> Result<File, TraceError> {
    let file = File::open(path).map_err(|source| TraceError::io(name, "open", source))?;
    let kind = file.metadata().map_err(|source| TraceError::io(name, "open", source))?;
    if kind.is_dir() {
        return Err(TraceError::io(name, "open", io::ErrorKind::IsADirectory.into()));
    }
    Ok(file)
}
