//! A trace that stays in its file: what it says of itself, and its rows as a replay comes to them, in memory that does not
//! grow with its length.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::memory::count;
use super::predictions::Predictions;
use super::{Header, Reader, Request, Stretch, Trace, TraceError, memory};

/// A trace in a file, read through once and found lawful.
#[derive(Clone, Debug, PartialEq)]
pub struct Filed {
    path: PathBuf,
    header: Header,
    requests: Vec<Request>,
    has_scores: bool,
    has_predictions: bool,
}

impl Filed {
    /// Reads a file through, and keeps none of its rows.
    pub fn open(path: &Path) -> Result<Self, TraceError> {
        let mut reader = Reader::open(path)?;
        let layers = reader.header().geometry.layers as usize;
        let (mut requests, mut rows) = (Vec::new(), 0);
        while let Some(row) = reader.next_row()? {
            count(&mut requests, &row, rows / layers);
            rows += 1;
        }
        Ok(Self {
            path: path.to_owned(),
            header: reader.header().clone(),
            requests,
            has_scores: reader.has_scores(),
            has_predictions: reader.has_predictions(),
        })
    }

    /// What the trace says of itself.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The requests, in order.
    #[must_use]
    pub fn requests(&self) -> &[Request] {
        &self.requests
    }

    /// Whether rows carry scores.
    #[must_use]
    pub fn has_scores(&self) -> bool {
        self.has_scores
    }

    /// Whether a predictor's lists are beside what was active.
    #[must_use]
    pub fn has_predictions(&self) -> bool {
        self.has_predictions
    }

    /// All of it in memory.
    pub fn read(&self) -> Result<Trace, TraceError> {
        memory::read(&self.path)
    }

    /// Rows of some tokens in memory.
    pub fn stretch(&self, tokens: Range<usize>) -> Result<Stretch, TraceError> {
        let mut cursor = self.cursor()?;
        cursor.seek(tokens.start)?;
        while cursor.rows.tokens() < tokens.len() {
            cursor.push()?;
        }
        Ok(cursor.rows)
    }

    /// A way through the rows.
    pub fn cursor(&self) -> Result<Cursor, TraceError> {
        let reader = Reader::open(&self.path)?;
        let predictions = self.has_predictions.then(Predictions::default);
        let rows = Stretch::empty(self.header.clone(), self.has_scores).with_predictions(predictions);
        Ok(Cursor { path: self.path.clone(), reader, next_token: 0, rows })
    }
}

/// A way through the rows of a file, from token to token.
pub struct Cursor {
    path: PathBuf,
    reader: Reader,
    /// The token that the reader comes to next.
    next_token: usize,
    rows: Stretch,
}

impl Cursor {
    /// The rows of `token` and of the one before it, where there is one. Going on costs what lies between; going back means
    /// reading the file from its start.
    pub fn at(&mut self, token: usize) -> Result<&Stretch, TraceError> {
        let from = token.saturating_sub(1);
        if from < self.rows.first_token() || from > self.next_token {
            self.seek(from)?;
        }
        while self.next_token <= token {
            let past = from - self.rows.first_token();
            self.rows.forget(past.min(self.rows.tokens()));
            self.push()?;
        }
        Ok(&self.rows)
    }

    /// Goes to `token` and holds no rows.
    fn seek(&mut self, token: usize) -> Result<(), TraceError> {
        if token < self.next_token {
            self.reader = Reader::open(&self.path)?;
            self.next_token = 0;
        }
        self.rows.restart(token);
        let layers = u64::from(self.rows.geometry().layers);
        for _ in 0..(token - self.next_token) as u64 * layers {
            if self.reader.next_row()?.is_none() {
                return Err(self.shorter());
            }
        }
        self.next_token = token;
        Ok(())
    }

    /// Takes the next token's rows in.
    fn push(&mut self) -> Result<(), TraceError> {
        for _ in 0..self.rows.geometry().layers {
            let Some(row) = self.reader.next_row()? else { return Err(self.shorter()) };
            self.rows.push(&row);
            self.rows.push_predicted(self.reader.predicted());
        }
        self.next_token += 1;
        Ok(())
    }

    fn shorter(&self) -> TraceError {
        TraceError::Unfinished {
            name: self.path.display().to_string(),
            problem: "has fewer rows than when it was first read: leave the file alone while it is replayed".to_owned(),
        }
    }
}
