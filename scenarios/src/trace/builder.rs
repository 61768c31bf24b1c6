//! Gathers rows into a trace in memory, under the same laws as a file.

use super::order::Order;
use super::{Header, Row, Trace, TraceError};

/// Gathers rows into a [`Trace`], under the same laws as [`Writer`](super::Writer).
#[derive(Clone, Debug)]
pub struct Builder {
    name: String,
    order: Order,
    trace: Trace,
}

impl Builder {
    /// Starts an empty trace; `name` stands for it in errors, `scores` says whether rows will carry scores.
    pub fn new(name: &str, header: Header, scores: bool) -> Result<Self, TraceError> {
        header.check(name)?;
        let order = Order::new(header.geometry, scores);
        let trace = Trace::empty(header, scores);
        Ok(Self { name: name.to_owned(), order, trace })
    }

    /// Appends one (token, layer). A refused row changes nothing.
    pub fn row(&mut self, row: &Row<'_>) -> Result<(), TraceError> {
        self.order.accept(row).map_err(|problem| TraceError::Row {
            name: self.name.clone(),
            row: self.order.rows(),
            problem,
        })?;
        self.trace.push(row);
        Ok(())
    }

    /// The finished trace. Refuses one that ends within a token.
    pub fn finish(self) -> Result<Trace, TraceError> {
        match self.order.unfinished() {
            Some(problem) => Err(TraceError::Unfinished { name: self.name, problem }),
            None => Ok(self.trace),
        }
    }
}
