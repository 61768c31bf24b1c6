//! The physical limits over the memory limit: what remains to be gained, whatever the strategy does better.
//!
//! Each is a time of bytes alone: a token's bytes at the DRAM's peak bandwidth; the bytes that it misses at the most that
//! the flash delivers; the same for the bytes that Belady, who knows the future, would miss.

use super::palette::{BOUNDS, Style};
use crate::compare::{Group, is_killed, is_oracle};
use crate::schema::RunResult;

/// A limit and its curve: memory limit in MB, tokens a second.
pub(super) struct Bound {
    pub(super) name: &'static str,
    pub(super) style: Style,
    pub(super) points: Vec<(f64, f64)>,
}

/// Tokens a second at one limit of memory.
type Curve = fn(&Group<'_>) -> Option<f64>;

/// The limits of a group's results, of which `at_limit` are those of one memory limit, ascending.
pub(super) fn of(at_limits: &[(f64, Group<'_>)]) -> Vec<Bound> {
    let curves: [(&'static str, Curve); 3] = [
        ("DRAM bound: the fastest's bytes at peak bandwidth", |group| {
            group.leader().filter(|r| !is_killed(r)).and_then(dram)
        }),
        ("flash bound: the fastest's misses at full rate", |group| {
            group.leader().filter(|r| !is_killed(r)).and_then(flash)
        }),
        ("Belady bound: the fewest misses of rows at full rate", |group| {
            let oracles = group.results.iter().filter(|r| is_oracle(r) && !is_killed(r));
            oracles.filter_map(|r| flash(r)).reduce(f64::max)
        }),
    ];
    curves
        .into_iter()
        .zip(BOUNDS)
        .map(|((name, curve), style)| {
            let points = at_limits.iter().filter_map(|(limit_mb, group)| Some((*limit_mb, curve(group)?))).collect();
            Bound { name, style, points }
        })
        .filter(|bound| bound.points.len() > 1)
        .collect()
}

fn dram(r: &RunResult) -> Option<f64> {
    ratio(r.bounds.dram_bytes_per_s, r.bounds.dram_bytes_per_token)
}

fn flash(r: &RunResult) -> Option<f64> {
    ratio(r.bounds.flash_bytes_per_s, r.flash.bytes_per_token)
}

/// Tokens a second; nothing where nothing bounds.
fn ratio(bytes_per_s: u64, bytes_per_token: u64) -> Option<f64> {
    (bytes_per_s > 0 && bytes_per_token > 0).then(|| bytes_per_s as f64 / bytes_per_token as f64)
}
