//! Whether a measured metric moved: several runs before, several after.
//!
//! Three questions, all of which must be answered yes. *Significant*: the Mann-Whitney U test, two-sided, below
//! [`SIGNIFICANCE`]. *Large enough*: the medians differ by more than a threshold. *Surely*: the bootstrap interval of the
//! change of the median does not hold zero. Five runs a side are the fewest that can answer the first (2 / 252 = 0.008).

use std::fmt;

use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
use statrs::stats_tests::{
    Alternative,
    mannwhitneyu::{MannWhitneyUMethod, mannwhitneyu},
};

use crate::entry::median;
use crate::units::significant;

/// Fewest runs a side.
pub const RUNS_MIN: usize = 5;

/// Largest probability of a difference of ranks as large as seen, if nothing had changed.
pub const SIGNIFICANCE: f64 = 0.01;

/// Most runs of both sides together whose p-value is counted out.
const EXACT_MAX: usize = 60;

/// Resamples of a bootstrap.
const RESAMPLES: usize = 2_000;

/// Share of resamples that an interval leaves out at each end: 95 % are inside.
const TAIL: f64 = 0.025;

/// Two sets of runs, compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Statistics {
    /// Relative change of the median.
    pub change: f64,
    /// 95 % bootstrap interval of it.
    pub interval: [f64; 2],
    /// Two-sided p-value of the Mann-Whitney U test; 1 where all runs are equal.
    pub p: f64,
    /// Runs before and after.
    pub runs: [usize; 2],
}

impl Statistics {
    /// Compares the runs of two sides.
    #[must_use]
    pub fn of(before: &[f64], after: &[f64]) -> Self {
        let change = |before: &[f64], after: &[f64]| median(after) / median(before) - 1.0;
        let mut random = ChaCha8Rng::seed_from_u64(0);
        let mut resampled: Vec<f64> =
            (0..RESAMPLES).map(|_| change(&resample(before, &mut random), &resample(after, &mut random))).collect();
        let interval = middle(&mut resampled);
        let runs = [before.len(), after.len()];
        Self { change: change(before, after), interval, p: p_value(before, after), runs }
    }

    /// Whether the change is significant, sure, and larger than `threshold`.
    #[must_use]
    pub fn counts(&self, threshold: f64) -> bool {
        let [low, high] = self.interval;
        self.p < SIGNIFICANCE && self.change.abs() > threshold && (low > 0.0 || high < 0.0)
    }
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent =
            |share: f64| format!("{}{}", if share < 0.0 { "-" } else { "+" }, significant(share.abs() * 100.0));
        let ([low, high], [before, after]) = (self.interval.map(percent), self.runs);
        write!(
            f,
            "median {} % [{low}, {high}], p = {}, {before} and {after} runs",
            percent(self.change),
            significant(self.p)
        )
    }
}

/// The 95 % bootstrap interval of the median of some runs.
#[must_use]
pub fn median_interval(runs: &[f64]) -> [f64; 2] {
    let mut random = ChaCha8Rng::seed_from_u64(0);
    let mut medians: Vec<f64> = (0..RESAMPLES).map(|_| median(&resample(runs, &mut random))).collect();
    middle(&mut medians)
}

/// As many runs, drawn with replacement.
fn resample(runs: &[f64], random: &mut ChaCha8Rng) -> Vec<f64> {
    (0..runs.len()).map(|_| runs[random.random_range(0..runs.len())]).collect()
}

/// What the middle 95 % lie between.
fn middle(values: &mut [f64]) -> [f64; 2] {
    values.sort_by(f64::total_cmp);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a small count")]
    let cut = (values.len() as f64 * TAIL) as usize;
    [values[cut], values[values.len() - 1 - cut]]
}

/// Two-sided p-value of the Mann-Whitney U test: exact, ties and all, up to [`EXACT_MAX`] runs together.
fn p_value(before: &[f64], after: &[f64]) -> f64 {
    let all = [before, after].concat();
    // What can't be ordered (a value that is no number) is no evidence.
    if all.iter().any(|value| value.is_nan()) || all.iter().all(|value| value.total_cmp(&all[0]).is_eq()) {
        return 1.0;
    }
    if all.len() <= EXACT_MAX {
        return exact_p_value(&doubled_ranks(&all), before.len());
    }
    let method = MannWhitneyUMethod::AsymptoticInclContinuityCorrection;
    mannwhitneyu(before, after, method, Alternative::TwoSided).map_or(1.0, |(_, p)| p)
}

/// Twice the rank of each value, equal ones sharing the mean of theirs: whole numbers.
fn doubled_ranks(values: &[f64]) -> Vec<usize> {
    let rank = |value: &f64| {
        let below = values.iter().filter(|other| *other < value).count();
        let equal = values.iter().filter(|other| other.total_cmp(value).is_eq()).count();
        2 * below + equal + 1
    };
    values.iter().map(rank).collect()
}

/// Of all ways to call `first` of the ranks the first side, the share whose rank sum is at least as far out as that of the
/// first `first` ranks. Counted by a table of ways over (ranks taken, their sum).
fn exact_p_value(ranks: &[usize], first: usize) -> f64 {
    let total: usize = ranks.iter().sum();
    let mut ways = vec![vec![0.0_f64; total + 1]; first + 1];
    ways[0][0] = 1.0;
    for &rank in ranks {
        for taken in (1..=first).rev() {
            let (fewer, more) = ways.split_at_mut(taken);
            for (sum, count) in fewer[taken - 1].iter().enumerate().take(total + 1 - rank) {
                more[0][sum + rank] += count;
            }
        }
    }
    let found: usize = ranks[..first].iter().sum();
    let all: f64 = ways[first].iter().sum();
    let low: f64 = ways[first][..=found].iter().sum();
    let high: f64 = ways[first][found..].iter().sum();
    (2.0 * low.min(high) / all).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: [f64; 7] = [100.0, 101.0, 99.5, 100.4, 100.9, 99.1, 100.2];

    fn scaled(factor: f64) -> Vec<f64> {
        QUIET.iter().map(|value| value * factor + 0.01).collect()
    }

    /// By hand: of the 252 ways to choose 5 of 10 two are as far apart as these. R's `wilcox.test` gives 0.1111 for the
    /// third, an example of scipy's manual.
    #[test]
    fn p_values_are_the_exact_ones() {
        let is = |before: &[f64], after: &[f64], p: f64| {
            let found = p_value(before, after);
            assert!((found - p).abs() < 1e-9, "{found}, not {p}");
        };
        is(&[1.0, 2.0, 3.0, 4.0, 5.0], &[6.0, 7.0, 8.0, 9.0, 10.0], 2.0 / 252.0);
        is(&[1.0, 4.0, 6.0, 7.0, 9.0], &[2.0, 3.0, 5.0, 8.0, 10.0], 1.0);
        is(&[19.0, 22.0, 16.0, 29.0, 24.0], &[20.0, 11.0, 17.0, 12.0], 1.0 / 9.0);
        is(&[3.0; 5], &[4.0; 5], 2.0 / 252.0);
        is(&[3.0; 5], &[3.0; 5], 1.0);
        is(&[f64::NAN; 5], &[3.0; 5], 1.0);
    }

    /// Where the exact count ends the normal approximation takes over without a jump.
    #[test]
    fn many_runs_are_approximated() {
        let shifted = |count: usize| -> (Vec<f64>, Vec<f64>) {
            let value = |at: usize| (at * 37 % 101) as f64;
            ((0..count).map(value).collect(), (0..count).map(|at| value(at + 7) + 12.25).collect())
        };
        let (before, after) = shifted(30);
        let method = MannWhitneyUMethod::AsymptoticInclContinuityCorrection;
        let (_, approximated) = mannwhitneyu(&before, &after, method, Alternative::TwoSided).expect("ordered");
        let exact = p_value(&before, &after);
        assert!((exact - approximated).abs() < 0.01, "{exact} {approximated}");
        let (before, after) = shifted(31);
        let p = p_value(&before, &after);
        assert!((0.0..1.0).contains(&p), "{p}");
    }

    #[test]
    fn a_change_counts_when_it_is_significant_and_large() {
        assert!(Statistics::of(&QUIET, &scaled(1.10)).counts(0.05), "10 % slower");
        let small = Statistics::of(&QUIET, &scaled(1.03));
        assert!(small.p < SIGNIFICANCE && !small.counts(0.05), "significant and small: {small}");
        let noise = Statistics::of(&[100.0, 150.0, 80.0, 200.0, 90.0], &[130.0, 85.0, 190.0, 210.0, 120.0]);
        assert!(noise.change > 0.05 && !noise.counts(0.05), "large and not significant: {noise}");
        assert!(!Statistics::of(&QUIET, &QUIET).counts(0.0), "the same runs");
    }

    /// Swapped sides turn the sign of the change, and the answer stays.
    #[test]
    fn the_test_is_symmetric() {
        let (there, back) = (Statistics::of(&QUIET, &scaled(1.2)), Statistics::of(&scaled(1.2), &QUIET));
        assert!((there.p - back.p).abs() < 1e-12 && there.change > 0.0 && back.change < 0.0);
        assert!(there.counts(0.05) && back.counts(0.05));
        assert!(there.interval[0] <= there.change && there.change <= there.interval[1]);
    }

    #[test]
    fn the_bootstrap_is_seeded() {
        assert_eq!(median_interval(&QUIET).map(f64::to_bits), median_interval(&QUIET).map(f64::to_bits));
        let [low, high] = median_interval(&QUIET);
        assert!((99.1..=100.2).contains(&low) && (100.2..=101.0).contains(&high), "{low} {high}");
    }
}
