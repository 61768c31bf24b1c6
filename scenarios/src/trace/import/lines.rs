//! The lines of a text file, one at a time, none longer than a limit.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
};

use super::open;
use crate::trace::TraceError;

/// No line of a few numbers is longer: what has one is another kind of file.
pub(super) const LINE_BYTES_MAX: u64 = 4096;

/// Lines of a file, with their number.
pub(super) struct Lines {
    name: String,
    file: BufReader<File>,
    line: Vec<u8>,
    number: usize,
    line_bytes_max: u64,
}

impl Lines {
    pub(super) fn open(name: &str, path: &Path, line_bytes_max: u64) -> Result<Self, TraceError> {
        let file = BufReader::with_capacity(1 << 16, open(name, path)?);
        Ok(Self { name: name.to_owned(), file, line: Vec::new(), number: 0, line_bytes_max })
    }

    /// Reads the next line, without its end; `false` after the last.
    pub(super) fn advance(&mut self) -> Result<bool, TraceError> {
        self.line.clear();
        self.number += 1;
        let limit = self.line_bytes_max;
        let mut limited = self.file.by_ref().take(limit);
        let read = limited.read_until(b'\n', &mut self.line);
        let read = read.map_err(|source| TraceError::io(&self.name, "read", source))? as u64;
        if read == limit && self.line.last() != Some(&b'\n') {
            return Err(self.fail(format!("a line of more than {limit} bytes; no trace has one")));
        }
        Ok(read > 0)
    }

    /// The line just read, without spaces around it.
    pub(super) fn line(&self) -> Result<&str, TraceError> {
        let text = std::str::from_utf8(&self.line);
        text.map(str::trim).map_err(|_| self.fail("bytes that are no text; give the format with --from".to_owned()))
    }

    /// Number of the line just read, from 1.
    pub(super) fn number(&self) -> usize {
        self.number
    }

    /// An error about the line just read.
    pub(super) fn fail(&self, problem: String) -> TraceError {
        self.fail_at(self.number, problem)
    }

    /// An error about an earlier line.
    pub(super) fn fail_at(&self, line: usize, problem: String) -> TraceError {
        TraceError::Text { name: self.name.clone(), line, problem }
    }
}
