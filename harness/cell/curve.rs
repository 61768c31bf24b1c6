//! How a long request went on: rate, heat and power by time.

use tightfit_reports::schema::{ThermalPoint, TokenRow};

/// Shorter requests are over before a device is warm.
const SHORTEST_NS: u64 = 60_000_000_000;
const SPANS: u64 = 120;

/// The curve of a request of `wall_ns`; `fills_ppm` are the heat store's after each token.
pub(super) fn curve(tokens: &[TokenRow], fills_ppm: &[u64], wall_ns: u64) -> Vec<ThermalPoint> {
    if wall_ns < SHORTEST_NS {
        return Vec::new();
    }
    let span_ns = wall_ns.div_ceil(SPANS);
    // A token belongs to the span in which it was out; what came out at a boundary closes the span before.
    let span_of = |row: &TokenRow| row.at_ns.saturating_sub(1) / span_ns;
    let mut left: Vec<(&TokenRow, u64)> = tokens.iter().zip(fills_ppm.iter().copied()).collect();
    let mut points = Vec::new();
    // The first gap is the prompt's.
    left.drain(..left.len().min(1));
    for same_span in left.chunk_by(|(left, _), (right, _)| span_of(left) == span_of(right)) {
        let sum = |of: fn(&TokenRow) -> u64| same_span.iter().map(|(row, _)| of(row)).sum::<u64>();
        let (took_ns, energy_pj) = (sum(|row| row.gap_ns), sum(|row| row.energy_pj));
        let (last, fill_ppm) = same_span[same_span.len() - 1];
        points.push(ThermalPoint {
            t_s: last.at_ns as f64 / 1e9,
            tokens_per_s: same_span.len() as f64 * 1e9 / took_ns.max(1) as f64,
            fill: fill_ppm as f64 / 1e6,
            power_mw: energy_pj.checked_div(took_ns).unwrap_or(0),
        });
    }
    points
}
