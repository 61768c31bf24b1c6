//! Per-token rows of every result, as CSV and as one Parquet file. Both have the same columns in the same order.

mod parquet;

use std::path::Path;

use crate::compare::Comparison;
use crate::error::ReportError;
use crate::schema::{RunResult, TokenRow};

/// Names of the text columns; `point` is empty unless the results hold several sweep points.
pub(crate) const LABELS: [&str; 4] = ["scenario", "device", "strategy", "point"];

/// What the run behind the rows is worth: whether it is open-loop, and the share of the active mass that it lost as a whole
/// (see [`crate::schema::Quality`]).
pub(crate) const QUALITY: [&str; 2] = ["open_loop", "run_lost_mass_share"];

/// Names of the number columns: the fields of [`TokenRow`], in its order.
pub(crate) const NUMBERS: [&str; 15] = [
    "token",
    "at_ns",
    "gap_ns",
    "compute_ns",
    "contention_ns",
    "flash_stall_ns",
    "memory_management_ns",
    "overhead_ns",
    "throttling_ns",
    "lookups",
    "hits",
    "flash_bytes",
    "energy_pj",
    "memory_bytes",
    "heat_ppm",
];

/// Every token row of every result, as CSV.
#[must_use]
pub fn csv(results: &[RunResult]) -> String {
    let comparison = Comparison::of(results);
    let header = LABELS.iter().chain(&QUALITY).chain(&NUMBERS).map(|name| (*name).to_owned()).collect();
    let rows = results.iter().flat_map(|result| {
        let quality = &result.quality;
        let labels = labels(result, &comparison)
            .into_iter()
            .chain([quality.open_loop.to_string(), quality.lost_mass_share.to_string()])
            .collect::<Vec<_>>();
        result.tokens.iter().map(move |token| {
            labels.iter().cloned().chain(numbers(token).iter().map(u64::to_string)).collect::<Vec<String>>()
        })
    });
    crate::csv::text(std::iter::once(header).chain(rows))
}

/// Every token row of every result, as one Parquet file at `path`: one row group per result, Snappy, no index.
/// The file appears whole or not at all.
pub fn parquet(path: &Path, results: &[RunResult]) -> Result<(), ReportError> {
    let mut staged = crate::write::Staged::default();
    parquet::encode(staged.create(path)?, path, results)?;
    staged.publish()
}

/// Encodes into an open file, for [`crate::write::all`]; `path` stands in errors.
pub(crate) fn encode(file: std::fs::File, path: &Path, results: &[RunResult]) -> Result<(), ReportError> {
    parquet::encode(file, path, results)
}

pub(crate) fn labels(result: &RunResult, comparison: &Comparison) -> [String; 4] {
    [result.scenario.clone(), result.device.clone(), result.strategy.clone(), comparison.point(result)]
}

pub(crate) fn numbers(row: &TokenRow) -> [u64; 15] {
    [
        row.token,
        row.at_ns,
        row.gap_ns,
        row.compute_ns,
        row.contention_ns,
        row.flash_stall_ns,
        row.memory_management_ns,
        row.overhead_ns,
        row.throttling_ns,
        row.lookups,
        row.hits,
        row.flash_bytes,
        row.energy_pj,
        row.memory_bytes,
        row.heat_ppm,
    ]
}
