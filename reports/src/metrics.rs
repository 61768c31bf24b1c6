//! A result's numbers as one flat list of dotted names, in the order of [`crate::schema`].
//!
//! The list is what CSV columns, comparisons and gates walk; a test holds it to the JSON, so that no field of the
//! contract can be forgotten here.

use crate::schema::RunResult;

/// One number of a result: exact integers stay integers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// Nanoseconds, bytes, picojoules, counts.
    Integer(u64),
    /// Rates and shares.
    Real(f64),
    /// Yes or no.
    Truth(bool),
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Integer(value) => write!(f, "{value}"),
            Self::Real(value) => write!(f, "{value}"),
            Self::Truth(value) => write!(f, "{value}"),
        }
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self::Integer(value)
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<bool> for Number {
    fn from(value: bool) -> Self {
        Self::Truth(value)
    }
}

macro_rules! numbers {
    ($result:ident; $($group:ident { $($field:ident),* $(,)? })*) => {
        vec![$($((
            concat!(stringify!($group), ".", stringify!($field)),
            Number::from($result.$group.$field),
        )),*),*]
    };
}

/// Every number of the result with its dotted name, for instance `latency.ttft_ns`, in the schema's order.
#[must_use]
pub fn numbers(result: &RunResult) -> Vec<(&'static str, Number)> {
    numbers! { result;
        latency { load_ns, ttft_ns, tpot_ns, itl_p50_ns, itl_p95_ns, itl_p99_ns, e2e_ns }
        throughput { prefill_tokens_per_s, decode_tokens_per_s }
        time {
            wall_ns, compute_ns, contention_ns, flash_stall_ns, memory_management_ns, overhead_ns, throttling_ns,
        }
        flash {
            load_bytes, bytes, demand_bytes, prefetch_bytes, bytes_per_token, reads, read_amplification, mean_run_bundles,
            hidden_ns,
        }
        cache { lookups, hits, late, misses, re_reads, evictions, hit_rate, decode_hit_rate }
        prefetch { useful, late, wasted, cancelled }
        quality { open_loop, lost_mass_share, degraded_mass_share }
        memory {
            peak_bytes, dense_bytes, kv_bytes, runtime_bytes, resident_bytes, mapped_bytes, budget_bytes, limit_bytes,
            killed_after_ns,
        }
        energy {
            total_pj, idle_pj, compute_pj, dram_pj, flash_pj, joules_per_token, battery_percent_per_1000_tokens,
            battery_percent_per_hour,
        }
        thermal { mean_mw, peak_fill, throttled }
    }
}
