//! What "active" means, and with what score.

use crate::LiveError;

/// Bits of a score that count: 1 leading and 2 behind it, so 4 values per power of two and an error of at most 1/8.
/// Few different values keep the dictionary of the Parquet column small.
pub const SCORE_BITS: u32 = 3;

/// A rule that says which neurons of a (token, layer) are active.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Definition {
    /// The smallest set whose sum of absolute values reaches this share of the layer's.
    MassShare(f64),
}

impl Definition {
    /// The share must be above 0 and at most 1.
    pub fn mass_share(share: f64) -> Result<Self, LiveError> {
        if share > 0.0 && share <= 1.0 { Ok(Self::MassShare(share)) } else { Err(LiveError::MassShare { share }) }
    }

    /// As a trace's header states it, for instance `mass-share 0.90`.
    #[must_use]
    pub fn label(self) -> String {
        let Self::MassShare(share) = self;
        let (short, exact) = (format!("{share:.2}"), format!("{share}"));
        format!("mass-share {}", if exact.len() > short.len() { exact } else { short })
    }

    /// Applies the rule to what each neuron of one (token, layer) gives.
    ///
    /// Of equal values the lower index is taken first. A layer that gives nothing at all has no active neuron.
    #[must_use]
    pub fn select(self, activation: &[f32]) -> ActiveSet {
        let Self::MassShare(share) = self;
        let magnitude = |index: u32| f64::from(activation[index as usize].abs());
        let count = u32::try_from(activation.len()).expect("a layer has fewer than 2^32 neurons");
        let mut order: Vec<u32> = (0..count).collect();
        order.sort_unstable_by(|&a, &b| magnitude(b).total_cmp(&magnitude(a)).then(a.cmp(&b)));

        // Summed from the largest down here and below, so that a share of 1 is reached exactly.
        let mass: f64 = order.iter().map(|&index| magnitude(index)).sum();
        let mut reached = 0.0;
        let needed = order.iter().take_while(|&&index| {
            let taken = reached < share * mass;
            reached += magnitude(index);
            taken
        });
        let needed = needed.count();
        order.truncate(needed);
        order.sort_unstable();
        let scores = order.iter().map(|&index| rounded(magnitude(index) / mass)).collect();
        ActiveSet { ids: order, scores }
    }
}

/// The active neurons of one (token, layer).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ActiveSet {
    /// Ascending, without repeats.
    pub ids: Vec<u32>,
    /// Share of the layer's whole mass, of each; rounded to [`SCORE_BITS`].
    pub scores: Vec<f32>,
}

/// To the nearest number of [`SCORE_BITS`] significant bits, halves up: 0.1 becomes 0.09375 (3/32).
#[expect(clippy::cast_possible_truncation, reason = "rounded to 3 bits next")]
fn rounded(share: f64) -> f32 {
    let dropped = f32::MANTISSA_DIGITS - SCORE_BITS;
    let bits = (share as f32).to_bits();
    f32::from_bits((bits + (1 << (dropped - 1))) >> dropped << dropped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn select(share: f64, activation: &[f32]) -> ActiveSet {
        Definition::mass_share(share).expect("a share").select(activation)
    }

    #[test]
    fn a_worked_example() {
        // Mass 10: 4 + 3 reach 0.7, and the score of each is its tenth.
        let active = select(0.7, &[1.0, -4.0, 0.0, 3.0, -2.0]);
        assert_eq!(active.ids, [1, 3]);
        assert_eq!(active.scores, [0.375, 0.3125], "0.4 and 0.3 to 3 bits: 3/8 and 5/16");
    }

    #[test]
    fn ties_go_to_the_lower_index_and_zeros_are_never_active() {
        assert_eq!(select(0.5, &[2.0, -2.0, 2.0, 2.0]).ids, [0, 1]);
        assert_eq!(select(1.0, &[0.0, 1.0, 0.0]).ids, [1]);
        assert_eq!(select(1.0, &[0.0, 0.0]), ActiveSet::default());
    }

    #[test]
    fn labels_have_two_digits_or_all() {
        let label = |share| Definition::mass_share(share).expect("a share").label();
        assert_eq!([label(0.9), label(1.0), label(0.995)], ["mass-share 0.90", "mass-share 1.00", "mass-share 0.995"]);
    }

    #[test]
    fn shares_outside_are_refused() {
        for share in [0.0, -0.1, 1.1, f64::NAN] {
            assert!(matches!(Definition::mass_share(share), Err(LiveError::MassShare { .. })), "{share}");
        }
    }

    proptest! {
        #[test]
        fn the_set_is_the_smallest_that_reaches_the_share(
            activation in prop::collection::vec(-8_i8..=8, 1..200),
            share in 0.01_f64..=1.0,
        ) {
            let activation: Vec<f32> = activation.into_iter().map(f32::from).collect();
            let active = select(share, &activation);
            let size = |index: u32| f64::from(activation[index as usize].abs());
            let mass: f64 = activation.iter().map(|value| f64::from(value.abs())).sum();
            let reached: f64 = active.ids.iter().map(|&index| size(index)).sum();
            prop_assert!(reached >= share * mass);
            // Smallest: without its least neuron it misses the share, and every neuron left out is smaller than that
            // one, or as large and later than all of its size.
            let rank = |index: u32| (activation[index as usize].abs(), std::cmp::Reverse(index));
            let least = active.ids.iter().copied().map(rank).min_by(|a, b| a.partial_cmp(b).expect("numbers"));
            if let Some(least) = least {
                prop_assert!(reached - f64::from(least.0) < share * mass);
                let count = u32::try_from(activation.len()).expect("few");
                for index in (0..count).filter(|index| !active.ids.contains(index)) {
                    prop_assert!(rank(index) < least, "{} of {:?}", index, activation);
                }
            }
        }

        #[test]
        fn ids_ascend_and_scores_are_rounded_shares(
            activation in prop::collection::vec(-1e3_f32..1e3, 1..200),
            share in 0.01_f64..=1.0,
        ) {
            let active = select(share, &activation);
            prop_assert!(active.ids.is_sorted_by(|a, b| a < b));
            prop_assert_eq!(active.ids.len(), active.scores.len());
            let mass: f64 = activation.iter().map(|value| f64::from(value.abs())).sum();
            for (&id, &score) in active.ids.iter().zip(&active.scores) {
                let exact = f64::from(activation[id as usize].abs()) / mass;
                prop_assert!((f64::from(score) - exact).abs() <= exact / 8.0 * 1.000_001);
                prop_assert_eq!(score.to_bits() & ((1 << 21) - 1), 0, "more than 3 bits");
            }
        }
    }
}
