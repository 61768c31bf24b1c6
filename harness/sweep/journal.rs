//! The journal of a sweep: a line for each row that has finished, appended as it finishes, so that a run that was killed
//! goes on where it was.
//!
//! The first line says what sweep it is; another one is refused, never mixed in. A kill can tear the last line only: it
//! ends without a newline, is cut off, and its row is run again.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use tightfit_reports::sweep::Row;

use super::{Plan, Shard};
use crate::{RunError, inputs::hexadecimal};

/// Name of the journal in a sweep's folder.
pub const FILE: &str = "points.jsonl";

/// What sweep it is: the first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Version of the program.
    pub version: String,
    /// Name of the scenario.
    pub scenario: String,
    /// SHA-256 of the scenario's text.
    pub text: String,
    /// SHA-256 of everything else that a result depends on, point by point.
    pub inputs: String,
    /// The swept keys.
    pub keys: Vec<String>,
    /// Number of points.
    pub points: u64,
    /// Number of rows.
    pub rows: u64,
    /// Which of them are run here, as `1/3`.
    pub shard: String,
}

impl Header {
    /// That of a plan.
    #[must_use]
    pub fn new(plan: &Plan, shard: Shard) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: plan.scenario().name.clone(),
            text: hexadecimal(plan.scenario().source.text.as_bytes()),
            inputs: plan.inputs_digest().to_owned(),
            keys: plan.keys(),
            points: plan.points(),
            rows: plan.places().len() as u64,
            shard: shard.to_string(),
        }
    }

    /// What makes `other` a header of another sweep, shards apart; nothing where it is of the same.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<String> {
        let Self { version, scenario, text, .. } = self;
        if *version != other.version {
            return Some(format!("by tightfit {version}, not {}", other.version));
        }
        if *scenario != other.scenario {
            return Some(format!("of the scenario {scenario}, not {}", other.scenario));
        }
        if *text != other.text {
            return Some(format!("of another text of the scenario {scenario}"));
        }
        let same = (&self.inputs, &self.keys, self.points, self.rows)
            == (&other.inputs, &other.keys, other.points, other.rows);
        (!same).then(|| {
            "with other settings, devices, strategies, model or trace (--set, --device, --strategy, or a changed file)"
                .to_owned()
        })
    }
}

/// A journal that rows are appended to. No other process has it open.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: Mutex<File>,
}

impl Journal {
    /// Opens the journal in `folder`, which is made if need be, and gives back the rows that it holds.
    pub fn open(folder: &Path, header: &Header) -> Result<(Self, Vec<Row>), RunError> {
        let path = folder.join(FILE);
        let failed = |problem| RunError::File { path: path.display().to_string(), problem };
        fs::create_dir_all(folder).map_err(|problem| RunError::File { path: folder.display().to_string(), problem })?;
        let mut options = OpenOptions::new();
        let mut file = options.read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(wrong(&path, "another tightfit is running this sweep: wait for it".to_owned()));
            }
            Err(TryLockError::Error(problem)) => return Err(failed(problem)),
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(failed)?;
        let whole = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        let rows = match parse(&path, &text[..whole])? {
            None => Vec::new(),
            Some((found, rows)) => {
                let shard = || (found.shard != header.shard).then(|| format!("of shard {}", found.shard));
                if let Some(difference) = found.difference(header).or_else(shard) {
                    return Err(wrong(
                        &path,
                        format!("holds a sweep {difference}: give another --out, or remove this file to start afresh"),
                    ));
                }
                rows
            }
        };
        file.set_len(whole as u64).and_then(|()| file.seek(SeekFrom::End(0))).map_err(failed)?;
        let journal = Self { path, file: Mutex::new(file) };
        if whole == 0 {
            journal.append(&(serde_json::to_string(header).expect("texts and numbers") + "\n"))?;
        }
        Ok((journal, rows))
    }

    /// Appends a row.
    pub fn row(&self, row: &Row) -> Result<(), RunError> {
        self.append(&row.line())
    }

    fn append(&self, line: &str) -> Result<(), RunError> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = |problem: io::Error| RunError::File { path: self.path.display().to_string(), problem };
        file.write_all(line.as_bytes()).map_err(failed)
    }
}

impl Drop for Journal {
    /// Said aloud, because a process that is being started holds what this one has open for a moment.
    fn drop(&mut self) {
        let _ = self.file.get_mut().unwrap_or_else(PoisonError::into_inner).unlock();
    }
}

/// The header and the whole rows of the journal in `folder`.
pub fn read(folder: &Path) -> Result<(Header, Vec<Row>), RunError> {
    let path = folder.join(FILE);
    let text = fs::read(&path).map_err(|problem| RunError::File { path: path.display().to_string(), problem })?;
    let whole = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    parse(&path, &text[..whole])?.ok_or_else(|| wrong(&path, "holds nothing: run the sweep first".to_owned()))
}

/// The header and rows of whole lines; nothing if there is no line.
fn parse(path: &Path, lines: &[u8]) -> Result<Option<(Header, Vec<Row>)>, RunError> {
    let damaged = |line: usize, problem: &dyn std::fmt::Display| {
        wrong(path, format!("line {line} is damaged ({problem}): remove the file to start afresh"))
    };
    let text = str::from_utf8(lines).map_err(|problem| {
        let line = lines[..problem.valid_up_to()].split(|&byte| byte == b'\n').count();
        damaged(line, &problem)
    })?;
    let Some(first) = text.lines().next() else { return Ok(None) };
    let header: Header = serde_json::from_str(first).map_err(|problem| damaged(1, &problem))?;
    let mut rows = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for (line, number) in text.lines().zip(1..).skip(1) {
        let row = Row::parse(line).map_err(|problem| damaged(number, &problem))?;
        if row.row >= header.rows || row.values.len() != header.keys.len() {
            return Err(damaged(number, &"a row that the sweep does not have"));
        }
        if !seen.insert(row.row) {
            return Err(damaged(number, &format!("row {} a second time", row.row)));
        }
        rows.push(row);
    }
    Ok(Some((header, rows)))
}

fn wrong(path: &Path, problem: String) -> RunError {
    RunError::Journal { path: path.display().to_string(), problem }
}
