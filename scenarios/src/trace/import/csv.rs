//! libCacheSim's text: `time,obj_id,size,next_access_vtime`, one lookup a line.

use std::path::Path;

use super::{
    lines::{LINE_BYTES_MAX, Lines},
    stream::Lookup,
};
use crate::trace::TraceError;

const FORM: &str = "write a lookup as `time,obj_id,size,next_access_vtime`, as in `0,17,4096,-1`";
const OBJECT: [&str; 5] = ["obj_id", "object", "object_id", "obj", "id"];
const SIZE: [&str; 4] = ["size", "obj_size", "object_size", "bytes"];

/// Lookups of a file.
pub(super) struct Rows {
    lines: Lines,
    object_column: usize,
    size_column: Option<usize>,
}

impl Rows {
    pub(super) fn open(name: &str, path: &Path) -> Result<Self, TraceError> {
        Ok(Self { lines: Lines::open(name, path, LINE_BYTES_MAX)?, object_column: 1, size_column: Some(2) })
    }

    /// The next lookup.
    pub(super) fn next(&mut self) -> Result<Option<Lookup>, TraceError> {
        while self.lines.advance()? {
            let line = self.lines.line()?;
            let is_header = self.lines.number() == 1 && !line.starts_with(|first: char| first.is_ascii_digit());
            if line.is_empty() {
                continue;
            }
            if !is_header {
                return self.lookup(line).map(Some).map_err(|problem| self.lines.fail(problem));
            }
            let column = |names: &[&str]| fields(line.trim_start_matches('#')).position(|field| names.contains(&field));
            let Some(object_column) = column(&OBJECT) else {
                return Err(self.lines.fail(format!("no column is named obj_id; {FORM}")));
            };
            (self.object_column, self.size_column) = (object_column, column(&SIZE));
        }
        Ok(None)
    }

    fn lookup(&self, line: &str) -> Result<Lookup, String> {
        let number = |column: usize, what: &str| {
            let field = fields(line).nth(column).ok_or_else(|| format!("has no {what}; {FORM}"))?;
            field.parse::<u64>().map_err(|_| format!("the {what} `{field}` is no whole number; {FORM}"))
        };
        let object = number(self.object_column, "object")?;
        let bytes = self.size_column.map_or(Ok(1), |column| number(column, "size"))?;
        Ok(Lookup { object, bytes })
    }
}

fn fields(line: &str) -> impl Iterator<Item = &str> {
    line.split(',').map(str::trim)
}
