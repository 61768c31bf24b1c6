//! Scales: from data to points, with ticks at round numbers.

use crate::units::significant;

/// A scale of one axis.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    is_log: bool,
}

impl Scale {
    /// From 0 to a round number above `most`.
    pub(super) fn from_zero(most: f64, ticks: usize) -> Self {
        let most = if most > 0.0 && most.is_finite() { most } else { 1.0 };
        let step = round_step(most / ticks as f64);
        Self { low: 0.0, high: (most / step).ceil() * step, is_log: false }
    }

    /// Exactly from `low` to `high`.
    pub(super) fn exact(low: f64, high: f64) -> Self {
        Self { low, high: if high > low { high } else { low + 1.0 }, is_log: false }
    }

    /// Powers of ten around positive numbers.
    pub(super) fn log(least: f64, most: f64) -> Self {
        let low = 10_f64.powf(least.log10().floor());
        let high = 10_f64.powf(most.log10().ceil());
        Self { low, high: if high > low { high } else { low * 10.0 }, is_log: true }
    }

    /// The smallest value.
    pub(super) fn low(self) -> f64 {
        self.low
    }

    /// Exactly from `low` to `high`, both positive; equal steps are equal factors.
    pub(super) fn log_exact(low: f64, high: f64) -> Self {
        Self { low, high, is_log: true }
    }

    /// Where a value is, 0 at the low end and 1 at the high one; values outside stay at the ends.
    pub(super) fn share(self, value: f64) -> f64 {
        let share = if self.is_log {
            (value.max(self.low) / self.low).log10() / (self.high / self.low).log10()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        share.clamp(0.0, 1.0)
    }

    /// The value at a share of the way.
    pub(super) fn value(self, share: f64) -> f64 {
        if self.is_log {
            self.low * (self.high / self.low).powf(share)
        } else {
            self.low + (self.high - self.low) * share
        }
    }

    /// Values and labels of about `count` ticks.
    pub(super) fn ticks(self, count: usize) -> Vec<(f64, String)> {
        if self.is_log {
            return self.log_ticks();
        }
        let step = round_step((self.high - self.low) / count as f64);
        let first = (self.low / step).ceil();
        let values = (0..=count * 3).map(|index| (first + index as f64) * step);
        values.take_while(|value| *value <= self.high + step * 1e-6).map(|value| (value, tick(value, step))).collect()
    }

    fn log_ticks(self) -> Vec<(f64, String)> {
        let decades = (self.high / self.low).log10().round();
        let between: &[f64] = match decades {
            ..=2.0 => &[1.0, 2.0, 5.0],
            ..=3.0 => &[1.0, 3.0],
            _ => &[1.0],
        };
        let mut ticks = Vec::new();
        let mut decade = 10_f64.powf((self.low * 1.000_001).log10().floor());
        while decade <= self.high * 1.000_001 {
            let values = between.iter().map(|factor| decade * factor);
            ticks.extend(
                values.filter(|v| (self.low * 0.999_999..=self.high * 1.000_001).contains(v)).map(|v| (v, plain(v))),
            );
            decade *= 10.0;
        }
        ticks
    }
}

/// The next of 1, 2, 2.5 and 5 times a power of ten that is not smaller.
fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0];
    steps.iter().map(|factor| factor * power).find(|step| *step >= least * 0.999_999).unwrap_or(power * 10.0)
}

/// A tick with as many decimals as its step has.
fn tick(value: f64, step: f64) -> String {
    let decimals = (0..6).find(|decimals| {
        let shifted = step * 10_f64.powi(*decimals);
        (shifted - shifted.round()).abs() < 1e-6
    });
    let decimals = usize::try_from(decimals.unwrap_or(6)).unwrap_or_default();
    let value = if value.abs() < step * 1e-6 { 0.0 } else { value };
    format!("{value:.decimals$}")
}

/// A number without needless zeros: 0.5, 20, 1000.
fn plain(value: f64) -> String {
    let text = significant(value);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_cover_the_data() {
        let scale = Scale::from_zero(96.8, 5);
        let labels: Vec<String> = scale.ticks(5).into_iter().map(|(_, label)| label).collect();
        assert_eq!(labels, ["0", "20", "40", "60", "80", "100"]);
        let scale = Scale::from_zero(0.42, 4);
        let labels: Vec<String> = scale.ticks(4).into_iter().map(|(_, label)| label).collect();
        assert_eq!(labels, ["0.0", "0.2", "0.4", "0.6"]);
    }

    #[test]
    fn log_scales_end_at_powers_of_ten() {
        let scale = Scale::log(0.3, 42.0);
        assert!((scale.share(0.1)).abs() < 1e-9 && (scale.share(100.0) - 1.0).abs() < 1e-9);
        let labels: Vec<String> = scale.ticks(4).into_iter().map(|(_, label)| label).collect();
        assert_eq!(labels, ["0.1", "0.3", "1", "3", "10", "30", "100"]);
        let labels: Vec<String> =
            Scale::log_exact(250.0, 8_000.0).ticks(5).into_iter().map(|(_, label)| label).collect();
        assert_eq!(labels, ["500", "1000", "2000", "5000"]);
    }
}
