//! The laws of a trace's rows, as errors: each with the numbers that broke it and what to do.

/// A broken law of the row format, with the numbers that broke it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowProblem {
    /// The row is not the one that must follow.
    #[error(
        "request {request}, token {token}, layer {layer} found where {expected} must follow; \
         sort rows by request, token, layer and number each from 0 without gaps"
    )]
    OutOfOrder {
        /// Request found.
        request: u32,
        /// Token found.
        token: u32,
        /// Layer found.
        layer: u32,
        /// What was allowed.
        expected: Expected,
    },
    /// Rows of one token differ in phase.
    #[error("token {token} of request {request} changes phase between its layers; give all rows of a token one phase")]
    MixedPhase {
        /// The request.
        request: u32,
        /// The token.
        token: u32,
    },
    /// A prompt token after a generated one.
    #[error("token {token} of request {request} is prefill after a decode token; start a new request for a new prompt")]
    PrefillAfterDecode {
        /// The request.
        request: u32,
        /// The token.
        token: u32,
    },
    /// A bundle number that the geometry does not have.
    #[error(
        "active[{position}] = {id} is not below the {bundles_per_layer} bundles of a layer; number bundles from 0 within each layer, or correct the geometry"
    )]
    OutOfRange {
        /// Position in the list.
        position: usize,
        /// The number.
        id: u32,
        /// The limit.
        bundles_per_layer: u32,
    },
    /// Bundle numbers not strictly ascending.
    #[error("active[{position}] = {id} follows {previous}; list bundles in ascending order without repeats")]
    Unsorted {
        /// Position in the list.
        position: usize,
        /// The number.
        id: u32,
        /// The one before it.
        previous: u32,
    },
    /// A predicted bundle out of order, or one that the geometry does not have.
    #[error(
        "predicted[{position}] = {id} is not above the one before it, or not below the {bundles_per_layer} bundles of a \
         layer; list predicted bundles in ascending order without repeats"
    )]
    Predicted {
        /// Position in the list.
        position: usize,
        /// The number.
        id: u32,
        /// The limit.
        bundles_per_layer: u32,
    },
    /// Scores and bundles differ in number.
    #[error("{scores} scores for {active} active bundles; give one score to each, in the same order")]
    ScoreLength {
        /// Scores found.
        scores: usize,
        /// Bundles found.
        active: usize,
    },
    /// A score is infinite or not a number.
    #[error("score[{position}] is not a finite number; record scores as finite values or leave the column out")]
    ScoreNotFinite {
        /// Position in the list.
        position: usize,
    },
    /// A phase that is none of the two.
    #[error("phase is `{found}`; write `prefill` or `decode`")]
    UnknownPhase {
        /// The start of what was found.
        found: String,
    },
    /// A null where a trace has none.
    #[error("`{column}` is null or holds a null; write a value, or an empty list where nothing was active")]
    Null {
        /// The column.
        column: &'static str,
    },
    /// A row lacks scores in a trace that has them.
    #[error("has no scores in a trace with scores; give every row scores, or none")]
    ScoreMissing,
    /// A row has scores in a trace declared without.
    #[error("has scores in a trace without; declare scores when creating the trace")]
    ScoreUnexpected,
}

/// Which rows may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    pub(super) request: u32,
    pub(super) token: u32,
    pub(super) layer: u32,
    pub(super) may_start_request: bool,
}

impl std::fmt::Display for Expected {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { request, token, layer, may_start_request } = self;
        write!(formatter, "request {request}, token {token}, layer {layer}")?;
        if *may_start_request {
            write!(formatter, " (or request {}, token 0, layer 0)", request + 1)?;
        }
        Ok(())
    }
}
