//! The laws of a trace's rows, checked one row at a time: the one place that writer, readers and text form share.
//!
//! Requests count from 0, tokens within a request from 0, layers of a token run 0..L; a token has one phase and the
//! prompt comes first; ids are ascending, without repeats and below the geometry; scores are finite, one an id.

use super::row_problem::Expected;
use super::{Geometry, Phase, Row, RowProblem};

/// Follows a trace row by row and refuses the first that breaks a law.
#[derive(Clone, Debug)]
pub(super) struct Order {
    geometry: Geometry,
    scores: bool,
    rows: u64,
    last: Option<(u32, u32, u32, Phase)>,
}

impl Order {
    pub(super) fn new(geometry: Geometry, scores: bool) -> Self {
        Self { geometry, scores, rows: 0, last: None }
    }

    /// Rows accepted so far.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Accepts the next row; a refused one leaves the state as it was.
    pub(super) fn accept(&mut self, row: &Row<'_>) -> Result<(), RowProblem> {
        self.place(row)?;
        Self::ids(self.geometry.bundles_per_layer, row.active)?;
        self.score(row)?;
        self.last = Some((row.request, row.token, row.layer, row.phase));
        self.rows += 1;
        Ok(())
    }

    /// Says what is missing when rows end here.
    pub(super) fn unfinished(&self) -> Option<String> {
        match self.last {
            None => Some("holds no rows; record at least one token".to_owned()),
            Some((request, token, layer, _)) if layer + 1 < self.geometry.layers => Some(format!(
                "ends after layer {layer} of request {request}, token {token}, but the geometry has {} layers; \
                 the trace was cut short: record it again, or drop the incomplete token",
                self.geometry.layers
            )),
            Some(_) => None,
        }
    }

    fn expected(&self) -> Expected {
        let (request, token, layer, may_start_request) = match self.last {
            None => (0, 0, 0, false),
            Some((request, token, layer, _)) if layer + 1 < self.geometry.layers => (request, token, layer + 1, false),
            Some((request, token, ..)) => (request, token.saturating_add(1), 0, true),
        };
        Expected { request, token, layer, may_start_request }
    }

    fn place(&self, row: &Row<'_>) -> Result<(), RowProblem> {
        let &Row { request, token, layer, phase, .. } = row;
        let expected = self.expected();
        let follows = (request, token, layer) == (expected.request, expected.token, expected.layer);
        let starts =
            expected.may_start_request && (Some(request), token, layer) == (expected.request.checked_add(1), 0, 0);
        if !(follows || starts) {
            return Err(RowProblem::OutOfOrder { request, token, layer, expected });
        }
        match self.last {
            Some((.., last)) if layer > 0 && last != phase => Err(RowProblem::MixedPhase { request, token }),
            Some((.., Phase::Decode)) if follows && phase == Phase::Prefill => {
                Err(RowProblem::PrefillAfterDecode { request, token })
            }
            _ => Ok(()),
        }
    }

    /// What a predictor named obeys the same law as what is active.
    pub(super) fn check_predicted(geometry: Geometry, predicted: &[u32]) -> Result<(), RowProblem> {
        let bundles_per_layer = geometry.bundles_per_layer;
        Self::ids(bundles_per_layer, predicted).map_err(|problem| match problem {
            RowProblem::OutOfRange { position, id, .. } | RowProblem::Unsorted { position, id, .. } => {
                RowProblem::Predicted { position, id, bundles_per_layer }
            }
            other => other,
        })
    }

    fn ids(bundles_per_layer: u32, active: &[u32]) -> Result<(), RowProblem> {
        // One pass without early exit vectorises; the slow look happens only once something is wrong.
        let broken = active.windows(2).fold(0, |broken, pair| broken | u32::from(pair[0] >= pair[1]));
        if broken == 0 && active.last().is_none_or(|&id| id < bundles_per_layer) {
            return Ok(());
        }
        let mut previous = None;
        for (position, &id) in active.iter().enumerate() {
            if let Some(previous) = previous.filter(|&previous| previous >= id) {
                return Err(RowProblem::Unsorted { position, id, previous });
            }
            if id >= bundles_per_layer {
                return Err(RowProblem::OutOfRange { position, id, bundles_per_layer });
            }
            previous = Some(id);
        }
        Ok(())
    }

    fn score(&self, row: &Row<'_>) -> Result<(), RowProblem> {
        let Some(score) = row.score else {
            return if self.scores { Err(RowProblem::ScoreMissing) } else { Ok(()) };
        };
        if !self.scores {
            return Err(RowProblem::ScoreUnexpected);
        }
        if score.len() != row.active.len() {
            return Err(RowProblem::ScoreLength { scores: score.len(), active: row.active.len() });
        }
        match score.iter().position(|value| !value.is_finite()) {
            Some(position) => Err(RowProblem::ScoreNotFinite { position }),
            None => Ok(()),
        }
    }
}
