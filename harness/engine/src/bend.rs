//! Bends a step's active set towards what is in DRAM: fewer bundles than the model chose, resident ones before others,
//! cold ones dropped or taken at a lower precision.
//!
//! This changes what the model computes. A replayed trace can't tell what the model would have chosen afterwards, so
//! such a run is *open-loop*; the mass (share of the row's scores) that is lost or degraded is counted beside it.

#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use crate::{geometry::BundleId, resident::Resident, script::MASS_WHOLE, script::Row};

/// How many of a row's bundles are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// So many, for experts.
    Count(u32),
    /// So many parts of [`MASS_WHOLE`] of the row's number, rounded up, for neurons.
    Share(u32),
}

/// How a row is bent. Masses are parts of [`MASS_WHOLE`], as in [`Row::mass`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bend {
    /// How many bundles are kept.
    pub keep: Keep,
    /// The best so many are kept wherever they are, and in full precision.
    pub guaranteed: u32,
    /// A bundle outside DRAM competes with its score less this share of it: 0 is plain top-k. (A factor on a router's
    /// probability is a bonus on its logit, as in Cache-Prior; a factor on a magnitude is DIP-CA's.)
    pub margin: u32,
    /// A bundle outside DRAM with less mass is dropped.
    pub drop_below: u32,
    /// A bundle outside DRAM with less mass is taken at a lower precision.
    pub cold_below: u32,
    /// Distance from a bundle to its copy of lower precision; 0 where there are none.
    pub cold_offset: u32,
}

/// What a bent step computes, and what it lost.
#[derive(Clone, Debug)]
pub(crate) struct Bent {
    /// Position in the row and the bundle that is computed in its place, by bundle.
    pub(crate) chosen: Vec<(u32, BundleId)>,
    /// Key of every candidate: [`rank`].
    ranked: Vec<(u64, u32)>,
    pub(crate) lost_mass: u64,
    pub(crate) degraded_mass: u64,
    pub(crate) cold_rows: u32,
}

impl Bent {
    /// Room for rows of up to `row_bundles_max` bundles.
    pub(crate) fn new(row_bundles_max: usize) -> Self {
        let (chosen, ranked) = (Vec::with_capacity(row_bundles_max), Vec::with_capacity(row_bundles_max));
        Self { chosen, ranked, lost_mass: 0, degraded_mass: 0, cold_rows: 0 }
    }

    /// Bends `row`, whose bundles have scores.
    pub(crate) fn bend(&mut self, bend: &Bend, row: &Row<'_>, resident: &Resident) {
        self.chosen.clear();
        (self.lost_mass, self.degraded_mass, self.cold_rows) = (0, 0, 0);
        self.rank(bend, row, resident);
        for &(_, index) in &self.ranked {
            let (bundle, mass) = (row.active[index as usize], row.mass[index as usize]);
            let guaranteed = self.chosen.len() < bend.guaranteed as usize;
            if guaranteed || resident.contains(bundle) || mass >= bend.drop_below.max(bend.cold_below) {
                self.chosen.push((index, bundle));
            } else if mass >= bend.drop_below {
                self.chosen.push((index, bundle + bend.cold_offset));
                self.degraded_mass += u64::from(mass);
                self.cold_rows += 1;
            }
        }
        let kept: u64 = self.chosen.iter().map(|&(index, _)| u64::from(row.mass[index as usize])).sum();
        let whole: u64 = row.mass.iter().map(|&mass| u64::from(mass)).sum();
        self.lost_mass = whole - kept;
        self.chosen.sort_unstable_by_key(|&(_, bundle)| bundle);
    }

    /// Ranks the candidates that are kept, best first: the guaranteed ones by score, the others by their bent score; among
    /// equals the lower bundle.
    fn rank(&mut self, bend: &Bend, row: &Row<'_>, resident: &Resident) {
        let kept = bend.keep.of(row.active.len());
        let best_first = |&(key, index): &(u64, u32)| (core::cmp::Reverse(key), index);
        self.ranked.clear();
        self.ranked.extend((0..).zip(row.mass).map(|(index, &mass)| (u64::from(mass), index)));
        self.ranked.sort_unstable_by_key(best_first);
        let guaranteed = (bend.guaranteed as usize).min(kept);
        let contested = &mut self.ranked[guaranteed..];
        for (key, index) in contested.iter_mut() {
            let here = resident.contains(row.active[*index as usize]);
            *key *= u64::from(if here { MASS_WHOLE } else { MASS_WHOLE - bend.margin });
        }
        contested.sort_unstable_by_key(best_first);
        self.ranked.truncate(kept);
    }
}

impl Keep {
    fn of(self, candidates: usize) -> usize {
        match self {
            Self::Count(count) => candidates.min(count as usize),
            Self::Share(share) => {
                let kept = (candidates as u64 * u64::from(share)).div_ceil(u64::from(MASS_WHOLE));
                usize::try_from(kept).expect("no more than there are")
            }
        }
    }
}
