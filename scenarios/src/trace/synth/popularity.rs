//! How often a layer's bundles are drawn where no other token leads: a stretched exponential over their ranks.
//!
//! The bundle of rank r of n has the weight exp(-skew (r / n)^shape): e^skew is how much oftener the first is drawn than the
//! last; a shape below 1 gives few favourites and a long tail, 1 a steady fall. Both are needed: of Qwen3-30B-A3B's layers
//! a Zipf law or a log-normal fits the favourites and then draws a fifth too many different experts.
//!
//! exp and pow come from the `libm` crate and not from the system, so that a trace is the same on all machines.

/// Ranks with their weights, as thresholds of 32-bit numbers.
#[derive(Clone, Debug)]
pub(super) struct Popularity {
    /// A number below `ends[r]`, and not below the one before, draws rank r.
    ends: Vec<u32>,
}

impl Popularity {
    pub(super) fn new(bundles: u32, skew: f64, shape: f64) -> Self {
        let weight = |rank: u32| libm::exp(-skew * libm::pow(f64::from(rank) / f64::from(bundles), shape));
        let mut sum = 0.0;
        let sums: Vec<f64> = (0..bundles)
            .map(|rank| {
                sum += weight(rank);
                sum
            })
            .collect();
        Self { ends: sums.iter().map(|&end| super::random::threshold(end / sum)).collect() }
    }

    /// The rank that a number draws.
    pub(super) fn rank(&self, number: u32) -> usize {
        self.ends.partition_point(|&end| end <= number).min(self.ends.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::Popularity;

    #[test]
    fn ranks_are_drawn_by_their_weights() {
        // Weights 1, e^-1, e^-2: shares 0.665, 0.245, 0.090.
        let popularity = Popularity::new(3, 3.0, 1.0);
        let mut counts = [0; 3];
        for step in 0..1000_u32 {
            counts[popularity.rank(step * 4_294_967)] += 1;
        }
        assert_eq!(counts, [666, 244, 90]);
        assert_eq!(popularity.rank(u32::MAX), 2);
    }

    #[test]
    fn without_skew_all_are_equal() {
        let popularity = Popularity::new(4, 0.0, 0.5);
        let ranks = [0, 0x3fff_ff00, 0x4000_0100, 0xbfff_ff00, 0xc000_0100].map(|number| popularity.rank(number));
        assert_eq!(ranks, [0, 0, 1, 2, 3]);
    }
}
