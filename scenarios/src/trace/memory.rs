//! A whole trace in memory: its rows, and the requests that they are of.

use std::path::Path;

use super::predictions::Predictions;
use super::{Geometry, Header, Phase, Reader, Row, Stretch, TraceError, Writer};

/// One request: a prompt and what was generated after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Prompt tokens.
    pub prefill_tokens: u32,
    /// Generated tokens.
    pub decode_tokens: u32,
    /// Index of the first token among all tokens of the trace.
    pub first_token: usize,
}

impl Request {
    /// Prompt and generated tokens.
    #[must_use]
    pub fn tokens(&self) -> usize {
        self.prefill_tokens as usize + self.decode_tokens as usize
    }
}

/// A trace in memory, complete and checked: tokens of all requests one after another, each with every layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    requests: Vec<Request>,
    rows: Stretch,
}

impl Trace {
    /// What the trace says of itself.
    #[must_use]
    pub fn header(&self) -> &Header {
        self.rows.header()
    }

    /// The shape of the rows.
    #[must_use]
    pub fn geometry(&self) -> Geometry {
        self.rows.geometry()
    }

    /// The requests, in order.
    #[must_use]
    pub fn requests(&self) -> &[Request] {
        &self.requests
    }

    /// All rows, without the requests that they are of.
    #[must_use]
    pub fn stretch(&self) -> &Stretch {
        &self.rows
    }

    /// Tokens of all requests.
    #[must_use]
    pub fn tokens(&self) -> usize {
        self.rows.tokens()
    }

    /// Rows: tokens x layers.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows.rows()
    }

    /// Lookups: the lengths of all rows, added.
    #[must_use]
    pub fn lookups(&self) -> u64 {
        self.rows.lookups()
    }

    /// Whether rows carry scores.
    #[must_use]
    pub fn has_scores(&self) -> bool {
        self.rows.has_scores()
    }

    /// Active bundles of one (token, layer), ascending. Both indices must be below the trace's.
    #[must_use]
    pub fn active(&self, token: usize, layer: u32) -> &[u32] {
        self.rows.active(token, layer)
    }

    /// Scores of one (token, layer), one to each active bundle.
    #[must_use]
    pub fn score(&self, token: usize, layer: u32) -> Option<&[f32]> {
        self.rows.score(token, layer)
    }

    /// Whether a predictor's lists are beside what was active.
    #[must_use]
    pub fn has_predictions(&self) -> bool {
        self.rows.has_predictions()
    }

    /// What a predictor named for one (token, layer), ascending.
    #[must_use]
    pub fn predicted(&self, token: usize, layer: u32) -> Option<&[u32]> {
        self.rows.predicted(token, layer)
    }

    /// The same trace with a predictor's lists, one a row in the order of [`Trace::iter`], and a word on what made them.
    ///
    /// # Panics
    /// Where there are more lists than rows, or fewer.
    pub fn with_predictions(
        mut self,
        lists: impl IntoIterator<Item = Vec<u32>>,
        notes: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, TraceError> {
        let predictions = Predictions::gather(self.geometry(), lists).map_err(|(row, problem)| {
            let name = self.header().model.clone();
            TraceError::Row { name, row, problem }
        })?;
        assert_eq!(predictions.rows(), self.rows(), "a list for each row");
        self.rows.header_mut().notes.extend(notes);
        Ok(Self { rows: self.rows.with_predictions(Some(predictions)), ..self })
    }

    /// Whether a token belongs to a prompt or was generated.
    #[must_use]
    pub fn phase(&self, token: usize) -> Phase {
        let request = &self.requests[self.request_of(token)];
        if token - request.first_token < request.prefill_tokens as usize { Phase::Prefill } else { Phase::Decode }
    }

    /// Number of the request that a token belongs to.
    #[must_use]
    pub fn request_of(&self, token: usize) -> usize {
        self.requests.partition_point(|request| request.first_token <= token) - 1
    }

    /// All rows in order, as [`Writer::row`] takes them.
    pub fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        let layers = self.geometry().layers;
        self.requests.iter().zip(0u32..).flat_map(move |(request, number)| {
            (0u32..).take(request.tokens()).flat_map(move |token| {
                let phase = if token < request.prefill_tokens { Phase::Prefill } else { Phase::Decode };
                let index = request.first_token + token as usize;
                (0..layers).map(move |layer| Row {
                    request: number,
                    token,
                    phase,
                    layer,
                    active: self.active(index, layer),
                    score: self.score(index, layer),
                })
            })
        })
    }

    /// Writes the trace as Parquet.
    pub fn write(&self, path: &Path) -> Result<(), TraceError> {
        let create = if self.has_predictions() { Writer::create_predicted } else { Writer::create };
        let mut writer = create(path, self.header(), self.has_scores())?;
        for (number, row) in self.iter().enumerate() {
            writer.predicted_row(&row, self.rows.predicted_row(number))?;
        }
        writer.finish()
    }
}

impl Trace {
    pub(super) fn empty(header: Header, scores: bool) -> Self {
        Self { requests: Vec::new(), rows: Stretch::empty(header, scores) }
    }

    /// Appends a row that an [`Order`](super::order::Order) has accepted.
    pub(super) fn push(&mut self, row: &Row<'_>) {
        let first_token = self.tokens();
        count(&mut self.requests, row, first_token);
        self.rows.push(row);
    }
}

/// Counts the token that `row` begins, where it does; so many came before it.
pub(super) fn count(requests: &mut Vec<Request>, row: &Row<'_>, first_token: usize) {
    if row.layer > 0 {
        return;
    }
    if row.token == 0 {
        requests.push(Request { prefill_tokens: 0, decode_tokens: 0, first_token });
    }
    if let Some(request) = requests.last_mut() {
        match row.phase {
            Phase::Prefill => request.prefill_tokens += 1,
            Phase::Decode => request.decode_tokens += 1,
        }
    }
}

/// Reads a whole trace file.
pub fn read(path: &Path) -> Result<Trace, TraceError> {
    gather(Reader::open(path)?)
}

/// Reads a whole trace from the bytes of its file; `name` stands for the file in errors.
pub fn read_bytes(name: &str, bytes: Vec<u8>) -> Result<Trace, TraceError> {
    gather(Reader::from_bytes(name, bytes)?)
}

fn gather(mut reader: Reader) -> Result<Trace, TraceError> {
    let mut trace = Trace::empty(reader.header().clone(), reader.has_scores());
    trace.rows = trace.rows.with_predictions(reader.has_predictions().then(Predictions::default));
    while let Some(row) = reader.next_row()? {
        trace.push(&row);
        trace.rows.push_predicted(reader.predicted());
    }
    Ok(trace)
}
