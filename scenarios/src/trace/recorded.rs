//! A trace to be replayed: held in memory, or left in its file.

use super::{Filed, Geometry, Header, Request, Trace};

/// A trace, held or left in its file.
#[derive(Clone, Debug, PartialEq)]
pub enum Recorded {
    /// In memory.
    Held(Trace),
    /// In its file.
    Filed(Filed),
}

impl Recorded {
    /// What the trace says of itself.
    #[must_use]
    pub fn header(&self) -> &Header {
        match self {
            Self::Held(trace) => trace.header(),
            Self::Filed(file) => file.header(),
        }
    }

    /// The shape of the rows.
    #[must_use]
    pub fn geometry(&self) -> Geometry {
        self.header().geometry
    }

    /// The requests, in order.
    #[must_use]
    pub fn requests(&self) -> &[Request] {
        match self {
            Self::Held(trace) => trace.requests(),
            Self::Filed(file) => file.requests(),
        }
    }

    /// Whether rows carry scores.
    #[must_use]
    pub fn has_scores(&self) -> bool {
        match self {
            Self::Held(trace) => trace.has_scores(),
            Self::Filed(file) => file.has_scores(),
        }
    }

    /// Whether a predictor's lists are beside what was active.
    #[must_use]
    pub fn has_predictions(&self) -> bool {
        match self {
            Self::Held(trace) => trace.has_predictions(),
            Self::Filed(file) => file.has_predictions(),
        }
    }
}
