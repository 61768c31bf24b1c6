//! Which way a metric should move, and which metrics are what a user asks for.

/// What is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Less of it: time, bytes, energy.
    Lower,
    /// More of it: tokens a second, hits.
    Higher,
    /// Neither: it says what happened.
    Neither,
}

/// Metrics that a user feels, in the order in which they are shown: what measured results are judged by, and what leaves
/// for other programs.
pub const HEADLINES: [&str; 8] = [
    "throughput.decode_tokens_per_s",
    "latency.tpot_ns",
    "latency.ttft_ns",
    "latency.itl_p95_ns",
    "latency.e2e_ns",
    "memory.peak_bytes",
    "energy.joules_per_token",
    "quality.lost_mass_share",
];

/// The direction of a metric, by its dotted name; one that this does not know by its unit or name has none.
#[must_use]
pub fn direction(metric: &str) -> Direction {
    let (group, name) = metric.split_once('.').unwrap_or(("", metric));
    match (group, name) {
        ("flash", "hidden_ns" | "prefetch_bytes") => Direction::Neither,
        ("throughput", _) | ("flash", "mean_run_bundles") | ("cache", "hits" | "hit_rate" | "decode_hit_rate") => {
            Direction::Higher
        }
        ("flash" | "latency" | "time" | "energy" | "thermal", _)
        | ("cache", "misses" | "re_reads")
        | ("prefetch", "wasted")
        | ("quality", "open_loop" | "lost_mass_share" | "degraded_mass_share")
        | ("memory", "peak_bytes" | "outcome") => Direction::Lower,
        _ => Direction::Neither,
    }
}

/// How bad an outcome is: what `memory.outcome` is ordered by.
#[must_use]
pub fn severity(outcome: &str) -> u8 {
    match outcome {
        "fits" | "ran" => 0,
        "under-pressure" => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{metrics::numbers, schema::RunResult};

    #[test]
    fn headlines_are_metrics_with_a_direction() {
        let known: Vec<&str> = numbers(&RunResult::default()).iter().map(|(name, _)| *name).collect();
        for headline in HEADLINES {
            assert!(known.contains(&headline), "{headline}");
            assert_ne!(direction(headline), Direction::Neither, "{headline}");
        }
    }

    #[test]
    fn counts_of_what_happened_have_no_direction() {
        for metric in ["cache.lookups", "cache.late", "memory.budget_bytes", "prefetch.useful", "flash.hidden_ns"] {
            assert_eq!(direction(metric), Direction::Neither, "{metric}");
        }
        assert_eq!(direction("cache.hits"), Direction::Higher);
        assert_eq!(direction("flash.reads"), Direction::Lower);
    }
}
