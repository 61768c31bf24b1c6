//! Who owned the time: the six parts that sum to the wall.

use crate::schema::{RunResult, Time, TokenRow};

/// Names of the owners as charts and tables print them, in the order of [`wall_owners_ns`].
pub const OWNERS: [&str; 6] = [
    "compute",
    "DRAM contention",
    "waiting for flash",
    "moving rows in DRAM",
    "dispatch overhead",
    "throttled by heat",
];

/// The request's time by owner, nanoseconds: the parts sum to `wall_ns`.
#[must_use]
pub fn wall_owners_ns(time: &Time) -> [u64; 6] {
    [
        time.compute_ns,
        time.contention_ns,
        time.flash_stall_ns,
        time.memory_management_ns,
        time.overhead_ns,
        time.throttling_ns,
    ]
}

fn token_owners_ns(row: &TokenRow) -> [u64; 6] {
    [
        row.compute_ns,
        row.contention_ns,
        row.flash_stall_ns,
        row.memory_management_ns,
        row.overhead_ns,
        row.throttling_ns,
    ]
}

/// Mean time of a decoded token by owner, nanoseconds, from the token rows after the first. Results read back from
/// JSON have no rows: then TPOT is shared out as the whole request's time was.
#[must_use]
pub fn decode_owners_ns(result: &RunResult) -> [f64; 6] {
    let decode = result.tokens.get(1..).unwrap_or_default();
    if decode.is_empty() {
        let scale = result.latency.tpot_ns as f64 / (result.time.wall_ns as f64).max(1.0);
        return wall_owners_ns(&result.time).map(|part| part as f64 * scale);
    }
    let mut sums = [0_u64; 6];
    for row in decode {
        for (sum, part) in sums.iter_mut().zip(token_owners_ns(row)) {
            *sum += part;
        }
    }
    sums.map(|sum| sum as f64 / decode.len() as f64)
}
