//! What a run gives back: the result schema, tables, charts and pages. Sees plain numbers, never engine types.
//!
//! Everything here is a pure function from `&[RunResult]` to text or bytes: the same results give the same bytes on
//! every machine. Only [`mod@write`] and [`tokens::parquet`] touch the disk, and both rename whole files into place.
//!
//! | module | gives |
//! |---|---|
//! | [`schema`] | the contract: what `results.json` holds |
//! | [`metrics`] | a result's numbers as a flat list of dotted names |
//! | [`compare`] | who is compared with whom: devices, sweep points, the best strategy, the answer in words |
//! | [`table`], [`csv`], [`json`], [`tokens`] | the formats |
//! | [`sweep`] | the rows of a sweep, as one Parquet table and as the best of them in words |
//! | [`entry`], [`matching`], [`direction`], [`shown`] | what is compared, with what, which way is better, in which words |
//! | [`mod@diff`] | two sets of results side by side: what moved, by how much, and why |
//! | [`gate`] | results held against a baseline, and the formats that CI systems read |
//! | [`charts`], [`html`] | the pictures and the page that holds them |
//! | [`mod@write`] | all of it into a folder |
#![allow(
    clippy::format_push_string,
    reason = "a page is built once; `write!` into a String would add an unwrap to every line"
)]

pub mod charts;
pub mod compare;
pub mod csv;
pub mod diff;
pub mod direction;
pub mod entry;
pub mod error;
mod flat;
pub mod gate;
pub mod html;
pub mod ink;
pub mod json;
pub mod matching;
pub mod metrics;
pub mod schema;
pub mod shown;
pub mod sweep;
pub mod table;
pub mod tokens;
pub mod units;
pub mod validation;
pub mod write;

pub use error::ReportError;
