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
        let (last, last_ppm) = same_span[same_span.len() - 1];
        points.push(ThermalPoint {
            t_s: last.at_ns as f64 / 1e9,
            tokens_per_s: same_span.len() as f64 * 1e9 / took_ns.max(1) as f64,
            fill: last_ppm as f64 / 1e6,
            power_mw: energy_pj.checked_div(took_ns).unwrap_or(0),
        });
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tokens of a gap each, of 3 W.
    fn rows(gaps_ms: &[u64]) -> (Vec<TokenRow>, Vec<u64>, u64) {
        let mut at_ns = 0;
        let row = |&gap_ms: &u64| {
            let gap_ns = gap_ms * 1_000_000;
            at_ns += gap_ns;
            TokenRow { at_ns, gap_ns, energy_pj: 3000 * gap_ns, ..TokenRow::default() }
        };
        let tokens: Vec<TokenRow> = gaps_ms.iter().map(row).collect();
        let fills_ppm = (1..=tokens.len() as u64).map(|number| number * 10).collect();
        (tokens, fills_ppm, at_ns)
    }

    #[test]
    fn a_long_request_is_told_in_spans() {
        // Twenty minutes: spans of ten seconds; the first half at 10 tokens a second, then one that takes 30 s, then at 5.
        let gaps_ms = [vec![100; 6000], vec![30_000], vec![200; 2850]].concat();
        let (tokens, fills_ppm, wall_ns) = rows(&gaps_ms);
        let points = curve(&tokens, &fills_ppm, wall_ns);
        assert_eq!(points.len(), 60 + 1 + 57, "two spans without a token are left out");
        assert!(points.iter().all(|point| point.power_mw == 3000));
        let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-6, "{found} of {expected}");
        close(points[0].tokens_per_s, 10.0);
        close(points[60].tokens_per_s, 1.0 / 30.0);
        close(points[61].tokens_per_s, 5.0);
        close(points[117].t_s, 1200.0);
        close(points[117].fill, 88_510.0 / 1e6);
    }

    #[test]
    fn a_short_request_has_no_curve() {
        let (tokens, fills_ppm, wall_ns) = rows(&[100; 599]);
        assert!(curve(&tokens, &fills_ppm, wall_ns).is_empty());
    }
}
