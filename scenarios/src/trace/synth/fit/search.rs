//! A pattern search: no derivatives, bounded, and the same on all machines.

/// One parameter: where it starts, its first step, and what it may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) start: f64,
    pub(super) step: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// Halvings of the steps before the search ends.
const HALVINGS: u32 = 5;

/// The parameters with the least `miss` found, and that miss.
pub(super) fn least<const N: usize>(ranges: [Span; N], mut miss: impl FnMut(&[f64; N]) -> f64) -> ([f64; N], f64) {
    let mut best = ranges.map(|range| range.start);
    let mut best_miss = miss(&best);
    let mut scale = 1.0;
    let mut halvings = 0;
    while halvings < HALVINGS {
        let mut is_better = false;
        for (parameter, range) in ranges.iter().enumerate() {
            for direction in [1.0, -1.0] {
                let mut candidate = best;
                let moved = best[parameter] + direction * scale * range.step;
                candidate[parameter] = moved.clamp(range.low, range.high);
                if candidate[parameter].to_bits() == best[parameter].to_bits() {
                    continue;
                }
                let candidate_miss = miss(&candidate);
                if candidate_miss < best_miss {
                    (best, best_miss, is_better) = (candidate, candidate_miss, true);
                    break;
                }
            }
        }
        if !is_better {
            (scale, halvings) = (scale / 2.0, halvings + 1);
        }
    }
    (best, best_miss)
}

#[cfg(test)]
mod tests {
    use super::{Span, least};

    #[test]
    fn a_valley_is_found_within_its_bounds() {
        let range = |start, high| Span { start, step: 1.0, low: 0.0, high };
        let valley = |at: &[f64; 2]| (at[0] - 2.3).powi(2) + (at[1] + at[0] - 9.0).powi(2);
        let (best, miss) = least([range(5.0, 10.0), range(1.0, 10.0)], valley);
        assert!((best[0] - 2.3).abs() < 0.1 && (best[1] - 6.7).abs() < 0.1, "{best:?}");
        assert!(miss < 0.02, "{miss}");
        let (best, _) = least([range(5.0, 10.0), range(1.0, 4.0)], valley);
        assert_eq!(best[1].to_bits(), 4.0_f64.to_bits());
    }
}
