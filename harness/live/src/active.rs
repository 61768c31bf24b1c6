//! What "active" means, and with what score.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::LiveError;

/// Bits of a score that count: 1 leading and 2 behind it, so 4 values per power of two and an error of at most 1/8.
/// Few different values keep the dictionary of the Parquet column small.
pub const SCORE_BITS: u32 = 3;

/// A rule that says which neurons of a (token, layer) are active.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Definition {
    /// Those that give anything: exact for `ReLU` (*LLM in a flash* §3.1, *Deja Vu* §2), all of them for smooth functions.
    NonZero,
    /// The smallest set whose sum of absolute values reaches this share of the layer's (*PowerInfer-2* calls it
    /// contribution).
    MassShare(f64),
    /// This share of a layer's neurons, those with the largest absolute values (top-k; *Q-Sparse* §2.1).
    TopShare(f64),
    /// Those whose gate is at least a layer's threshold, found on another text so that this share falls below it
    /// (CATS, Lee and others 2024, §3).
    Cats(f64),
    /// The same of what the neuron gives, gate times up (TEAL, Liu and others 2024, §4, applied to the down projection).
    Teal(f64),
}

impl Definition {
    /// Refuses shares that no set, or every set, would have.
    pub fn check(self) -> Result<Self, LiveError> {
        let (share, whole_too) = match self {
            Self::NonZero => return Ok(self),
            Self::MassShare(share) | Self::TopShare(share) => (share, true),
            Self::Cats(share) | Self::Teal(share) => (share, false),
        };
        let below = if whole_too { share <= 1.0 } else { share < 1.0 };
        if share > 0.0 && below { Ok(self) } else { Err(LiveError::Share { definition: self.name(), share }) }
    }

    /// Whether thresholds have to be found on another text first.
    #[must_use]
    pub fn is_calibrated(self) -> bool {
        matches!(self, Self::Cats(_) | Self::Teal(_))
    }

    fn name(self) -> &'static str {
        match self {
            Self::NonZero => "non-zero",
            Self::MassShare(_) => "mass-share",
            Self::TopShare(_) => "top-share",
            Self::Cats(_) => "cats",
            Self::Teal(_) => "teal",
        }
    }

    fn share(self) -> Option<f64> {
        match self {
            Self::NonZero => None,
            Self::MassShare(share) | Self::TopShare(share) | Self::Cats(share) | Self::Teal(share) => Some(share),
        }
    }
}

/// As a trace's header states it, for instance `mass-share 0.90`.
impl fmt::Display for Definition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(share) = self.share() else { return formatter.write_str(self.name()) };
        let (short, exact) = (format!("{share:.2}"), format!("{share}"));
        write!(formatter, "{} {}", self.name(), if exact.len() > short.len() { exact } else { short })
    }
}

/// As the command line has it, for instance `mass-share=0.9`.
impl FromStr for Definition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = || {
            format!(
                "`{text}` is no definition; known: non-zero, mass-share=S, top-share=S, cats=S, teal=S, S being a share"
            )
        };
        let (name, share) = text.split_once('=').map_or((text, None), |(name, share)| (name, Some(share)));
        let Some(share) = share else {
            return if name == "non-zero" { Ok(Self::NonZero) } else { Err(unknown()) };
        };
        let share: f64 = share.parse().map_err(|_| unknown())?;
        let definition = match name {
            "mass-share" => Self::MassShare(share),
            "top-share" => Self::TopShare(share),
            "cats" => Self::Cats(share),
            "teal" => Self::Teal(share),
            _ => return Err(unknown()),
        };
        definition.check().map_err(|error| error.to_string())
    }
}

/// A definition at work: with thresholds, where it needs them.
#[derive(Clone, Debug, PartialEq)]
pub struct Selector {
    definition: Definition,
    /// By layer; empty where the definition has none.
    thresholds: Vec<f32>,
}

impl Selector {
    /// A definition without thresholds, or with those that calibration found, one a layer.
    ///
    /// # Panics
    /// Where thresholds are missing or in excess.
    #[must_use]
    pub fn new(definition: Definition, thresholds: Vec<f32>) -> Self {
        assert_eq!(definition.is_calibrated(), !thresholds.is_empty(), "{definition}: thresholds {thresholds:?}");
        Self { definition, thresholds }
    }

    /// The rule.
    #[must_use]
    pub fn definition(&self) -> Definition {
        self.definition
    }

    /// Applies the rule to what each neuron of one (token, layer) gives, and to its gate.
    ///
    /// Of equal values the lower index is taken first. A layer that gives nothing at all has no active neuron.
    #[must_use]
    pub fn select(&self, layer: usize, activation: &[f32], gate: &[f32]) -> ActiveSet {
        ActiveSet::scored(self.choose(layer, activation, gate), activation)
    }

    /// The same without scores: the active neurons, ascending.
    #[must_use]
    pub fn choose(&self, layer: usize, activation: &[f32], gate: &[f32]) -> Vec<u32> {
        let above = |values: &[f32]| {
            let threshold = self.thresholds[layer];
            numbers(values).filter(|&index| values[index as usize].abs() >= threshold).collect()
        };
        match self.definition {
            Definition::NonZero => numbers(activation).filter(|&index| activation[index as usize] != 0.0).collect(),
            Definition::MassShare(share) => by_mass(share, activation),
            Definition::TopShare(share) => largest(share, activation),
            Definition::Cats(_) => above(gate),
            Definition::Teal(_) => above(activation),
        }
    }
}

fn numbers(values: &[f32]) -> std::ops::Range<u32> {
    0..u32::try_from(values.len()).expect("a layer has fewer than 2^32 neurons")
}

/// From the largest absolute value down, of equals the lower index first.
fn ordered(activation: &[f32]) -> Vec<u32> {
    let mut order: Vec<u32> = numbers(activation).collect();
    order.sort_unstable_by(largest_first(activation));
    order
}

fn largest_first(activation: &[f32]) -> impl Fn(&u32, &u32) -> Ordering {
    let magnitude = |index: u32| activation[index as usize].abs();
    move |&a, &b| magnitude(b).total_cmp(&magnitude(a)).then(a.cmp(&b))
}

/// Largest first, and summed in this order everywhere, so that a share of 1 is reached exactly.
fn by_mass(share: f64, activation: &[f32]) -> Vec<u32> {
    let magnitude = |index: u32| f64::from(activation[index as usize].abs());
    let mut order = ordered(activation);
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
    order
}

fn largest(share: f64, activation: &[f32]) -> Vec<u32> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a count")]
    let count = (share * activation.len() as f64).round() as usize;
    let mut order: Vec<u32> = numbers(activation).collect();
    if count < order.len() {
        order.select_nth_unstable_by(count, largest_first(activation));
        order.truncate(count);
    }
    order.retain(|&index| activation[index as usize] != 0.0);
    order.sort_unstable();
    order
}

/// The active neurons of one (token, layer).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ActiveSet {
    /// Ascending, without repeats.
    pub ids: Vec<u32>,
    /// Share of the layer's whole mass, of each; rounded to [`SCORE_BITS`].
    pub scores: Vec<f32>,
}

impl ActiveSet {
    /// Ids with the score of each.
    fn scored(ids: Vec<u32>, activation: &[f32]) -> Self {
        let magnitude = |index: u32| f64::from(activation[index as usize].abs());
        // In the order of size, so that the sum is that of `by_mass`.
        let mass: f64 = ordered(activation).iter().map(|&index| magnitude(index)).sum();
        let scores = ids.iter().map(|&index| rounded(magnitude(index) / mass)).collect();
        Self { ids, scores }
    }
}

/// To the nearest number of [`SCORE_BITS`] significant bits, halves up: 0.1 becomes 0.09375 (3/32).
#[expect(clippy::cast_possible_truncation, reason = "rounded to 3 bits next")]
pub(crate) fn rounded(share: f64) -> f32 {
    let dropped = f32::MANTISSA_DIGITS - SCORE_BITS;
    let bits = (share as f32).to_bits();
    f32::from_bits((bits + (1 << (dropped - 1))) >> dropped << dropped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn select(share: f64, activation: &[f32]) -> ActiveSet {
        Selector::new(Definition::MassShare(share), Vec::new()).select(0, activation, activation)
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
    fn labels_have_two_digits_or_all_and_are_read_back() {
        let label = |text: &str| text.parse::<Definition>().expect("a definition").to_string();
        let cases = ["mass-share=0.9", "mass-share=1", "top-share=0.995", "cats=0.5", "teal=0.3", "non-zero"];
        let labels = ["mass-share 0.90", "mass-share 1.00", "top-share 0.995", "cats 0.50", "teal 0.30", "non-zero"];
        assert_eq!(cases.map(label), labels);
    }

    #[test]
    fn shares_outside_are_refused() {
        for text in ["mass-share=0", "mass-share=-0.1", "top-share=1.1", "mass-share=nan", "cats=1", "teal=0"] {
            assert!(text.parse::<Definition>().is_err_and(|error| error.contains("outside")), "{text}");
        }
        for text in ["mass-share", "cats", "half", "non-zero=1"] {
            assert!(text.parse::<Definition>().is_err_and(|error| error.contains("is no definition")), "{text}");
        }
    }

    #[test]
    fn each_definition_has_its_own_set() {
        let (activation, gate) = ([0.0, -6.0, 1.0, 3.0], [0.5, 0.1, -2.0, 0.0]);
        let ids = |definition, thresholds: &[f32]| {
            Selector::new(definition, thresholds.to_vec()).select(0, &activation, &gate).ids
        };
        assert_eq!(ids(Definition::NonZero, &[]), [1, 2, 3]);
        assert_eq!(ids(Definition::TopShare(0.5), &[]), [1, 3]);
        assert_eq!(ids(Definition::TopShare(1.0), &[]), [1, 2, 3], "a zero is never active");
        assert_eq!(ids(Definition::Cats(0.5), &[0.5]), [0, 2]);
        assert_eq!(ids(Definition::Teal(0.5), &[3.0]), [1, 3]);
        assert_eq!(Selector::new(Definition::Cats(0.5), vec![9.0, 0.5]).select(1, &activation, &gate).ids, [0, 2]);
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
