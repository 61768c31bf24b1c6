//! Rows of some tokens of a trace, one token after the other: all of them, or those that a reader has come to.

use super::predictions::Predictions;
use super::{Geometry, Header, Row};

/// Rows of tokens `first_token..` of a trace in memory: one flat list of bundle numbers, with an offset for each (token, layer).
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    header: Header,
    /// Number of the first token among all of the trace.
    first_token: usize,
    ids: Vec<u32>,
    /// Row r is `ids[offsets[r]..offsets[r + 1]]`; row = (token - first token) x layers + layer.
    offsets: Vec<usize>,
    scores: Option<Vec<f32>>,
    predictions: Option<Predictions>,
}

impl Stretch {
    pub(super) fn empty(header: Header, scores: bool) -> Self {
        let scores = scores.then(Vec::new);
        Self { header, first_token: 0, ids: Vec::new(), offsets: vec![0], scores, predictions: None }
    }

    /// The same for rows that a predictor's lists are beside.
    pub(super) fn with_predictions(self, predictions: Option<Predictions>) -> Self {
        Self { predictions, ..self }
    }

    /// What the trace says of itself.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    pub(super) fn header_mut(&mut self) -> &mut Header {
        &mut self.header
    }

    /// The shape of the rows.
    #[must_use]
    pub fn geometry(&self) -> Geometry {
        self.header.geometry
    }

    /// Number of the first token that is held, among all of the trace.
    #[must_use]
    pub fn first_token(&self) -> usize {
        self.first_token
    }

    /// Tokens that are held.
    #[must_use]
    pub fn tokens(&self) -> usize {
        self.rows() / self.header.geometry.layers as usize
    }

    /// Rows that are held: tokens x layers.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Lookups: the lengths of all rows, added.
    #[must_use]
    pub fn lookups(&self) -> u64 {
        self.ids.len() as u64
    }

    /// Whether rows carry scores.
    #[must_use]
    pub fn has_scores(&self) -> bool {
        self.scores.is_some()
    }

    /// Whether a predictor's lists are beside what was active.
    #[must_use]
    pub fn has_predictions(&self) -> bool {
        self.predictions.is_some()
    }

    /// Active bundles of one (token, layer), ascending. The token must be held.
    #[must_use]
    pub fn active(&self, token: usize, layer: u32) -> &[u32] {
        &self.ids[self.range(token, layer)]
    }

    /// Scores of one (token, layer), one to each active bundle.
    #[must_use]
    pub fn score(&self, token: usize, layer: u32) -> Option<&[f32]> {
        let range = self.range(token, layer);
        self.scores.as_ref().map(|scores| &scores[range])
    }

    /// What a predictor named for one (token, layer), ascending.
    #[must_use]
    pub fn predicted(&self, token: usize, layer: u32) -> Option<&[u32]> {
        let row = self.row(token, layer);
        self.predictions.as_ref().map(|predictions| predictions.row(row))
    }

    /// What a predictor named for the row of that number.
    pub(super) fn predicted_row(&self, row: usize) -> Option<&[u32]> {
        self.predictions.as_ref().map(|predictions| predictions.row(row))
    }

    /// Appends a row that an [`Order`](super::order::Order) has accepted.
    pub(super) fn push(&mut self, row: &Row<'_>) {
        self.ids.extend_from_slice(row.active);
        if let (Some(all), Some(score)) = (&mut self.scores, row.score) {
            all.extend_from_slice(score);
        }
        self.offsets.push(self.ids.len());
    }

    /// Appends what was predicted for the row that was pushed last.
    pub(super) fn push_predicted(&mut self, predicted: Option<&[u32]>) {
        if let (Some(all), Some(predicted)) = (&mut self.predictions, predicted) {
            all.push(predicted);
        }
    }

    /// Lets go of the first `tokens`.
    pub(super) fn forget(&mut self, tokens: usize) {
        let rows = tokens * self.header.geometry.layers as usize;
        let ids = self.offsets[rows];
        self.first_token += tokens;
        self.ids.drain(..ids);
        self.offsets.drain(..rows);
        self.offsets.iter_mut().for_each(|offset| *offset -= ids);
        if let Some(scores) = &mut self.scores {
            scores.drain(..ids);
        }
        if let Some(predictions) = &mut self.predictions {
            predictions.forget(rows);
        }
    }

    /// Lets go of all, to go on at `token`.
    pub(super) fn restart(&mut self, token: usize) {
        self.forget(self.tokens());
        self.first_token = token;
    }

    fn row(&self, token: usize, layer: u32) -> usize {
        let layers = self.header.geometry.layers;
        assert!(layer < layers, "layer {layer} of a trace with {layers} layers");
        assert!(token >= self.first_token, "token {token}, and {} is the first that is held", self.first_token);
        (token - self.first_token) * layers as usize + layer as usize
    }

    fn range(&self, token: usize, layer: u32) -> std::ops::Range<usize> {
        let row = self.row(token, layer);
        self.offsets[row]..self.offsets[row + 1]
    }
}
