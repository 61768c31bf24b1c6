//! A set of positions that finds the highest one below a bound: a bit each, and a bit for each word of bits, and so on.

use alloc::{vec, vec::Vec};

/// Set of positions below a fixed bound.
#[derive(Clone, Debug)]
pub struct Marks {
    /// Bits of the positions first; a bit of each next tier says whether a word of the one before has any.
    tiers: Vec<Vec<u64>>,
}

impl Marks {
    /// An empty set for positions below `bound`.
    #[must_use]
    pub fn new(bound: usize) -> Self {
        let mut tiers = vec![vec![0; bound.div_ceil(64).max(1)]];
        while let Some(words) = tiers.last().map(Vec::len).filter(|&words| words > 1) {
            tiers.push(vec![0; words.div_ceil(64)]);
        }
        Self { tiers }
    }

    /// Puts `position` in.
    #[inline]
    pub fn insert(&mut self, mut position: usize) {
        for tier in &mut self.tiers {
            let word = &mut tier[position / 64];
            let was_empty = *word == 0;
            *word |= 1 << (position % 64);
            if !was_empty {
                return;
            }
            position /= 64;
        }
    }

    /// Takes `position` out.
    #[inline]
    pub fn remove(&mut self, mut position: usize) {
        for tier in &mut self.tiers {
            let word = &mut tier[position / 64];
            *word &= !(1 << (position % 64));
            if *word != 0 {
                return;
            }
            position /= 64;
        }
    }

    /// The highest position below `bound`.
    #[must_use]
    pub fn last_below(&self, bound: usize) -> Option<usize> {
        let mut bound = bound;
        for (height, tier) in self.tiers.iter().enumerate() {
            let (word, bits) = match tier.get(bound / 64) {
                Some(&word) => (bound / 64, word & ((1 << (bound % 64)) - 1)),
                None => (tier.len() - 1, tier[tier.len() - 1]),
            };
            if bits != 0 {
                let mut found = word * 64 + highest(bits);
                for lower in self.tiers[..height].iter().rev() {
                    found = found * 64 + highest(lower[found]);
                }
                return Some(found);
            }
            bound = word;
        }
        None
    }
}

/// Place of the highest bit of a word that has any.
fn highest(bits: u64) -> usize {
    63 - bits.leading_zeros() as usize
}
