//! LRU's curve from a sample of the bundles, for streams too large to look at every one, with its spread.
//!
//! Bundles are drawn by a fixed hash of their id (SHARDS: Waldspurger and others, *Efficient MRC Construction with
//! SHARDS*, FAST 2015): of `groups` groups, the first [`CLASSES`] are looked at, each by itself, so that each is an
//! estimate of its own and how far they lie apart says how far the mean may be off. Misses are scaled, not hits: how
//! many lookups there are is known, and the few bundles that are used most nearly always hit, wherever they fall.

use alloc::{vec, vec::Vec};

use super::{Curve, Depths, Gain, recency::Recency};
use crate::{
    evict::Sizes,
    geometry::{BundleId, NONE},
};

/// Disjoint samples.
pub const CLASSES: usize = 8;

/// The samples, being looked at.
#[derive(Clone, Debug)]
pub struct Sampler {
    sizes: Sizes,
    groups: u32,
    /// Number of a sampled bundle within its class; [`NONE`] for the others.
    member_of: Vec<u32>,
    classes: Vec<Class>,
}

#[derive(Clone, Debug)]
struct Class {
    recency: Recency,
    depths: Depths,
    lookups: Lookups,
}

/// How often bundles were looked up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Lookups {
    all: u64,
    decode: u64,
}

/// Estimated misses of one class: what the whole stream would miss if all groups were like it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Misses {
    /// All lookups.
    pub all: u64,
    /// Those of decode passes.
    pub decode: u64,
}

/// The curves of the classes.
#[derive(Clone, Debug)]
pub struct SampledCurve {
    groups: u32,
    classes: Vec<(Curve, Lookups)>,
}

impl Sampler {
    /// Samples [`CLASSES`] of `groups` groups of the ids below `bundles`: the share of `groups` = 800 is 1 %.
    ///
    /// # Panics
    /// If there are fewer groups than classes.
    #[must_use]
    pub fn new(bundles: u32, sizes: Sizes, groups: u32) -> Self {
        assert!(groups as usize >= CLASSES, "{groups} groups for {CLASSES} classes");
        let mut member_of = vec![NONE; bundles as usize];
        let mut members: [Vec<BundleId>; CLASSES] = Default::default();
        for bundle in 0..bundles {
            if let Some(members) = members.get_mut(group(bundle, groups)) {
                member_of[bundle as usize] = u32::try_from(members.len()).expect("no more members than bundles");
                members.push(bundle);
            }
        }
        let classes = members.iter().map(|members| Class::new(members, &sizes)).collect();
        Self { sizes, groups, member_of, classes }
    }

    /// Looks all of `row`, unique bundles, up in one step.
    pub fn step(&mut self, row: &[BundleId], decode: bool) {
        for &bundle in row {
            let Some((class, member)) = self.find(bundle) else { continue };
            let bytes = self.sizes.of(bundle);
            let class = &mut self.classes[class];
            class.lookups.all += 1;
            class.lookups.decode += u64::from(decode);
            if let Some(depth_bytes) = class.recency.depth_bytes(member) {
                // The bundle itself is there for certain; what lies above it is a sample.
                let depth_bytes = (depth_bytes - bytes) * u64::from(self.groups) + bytes;
                class.depths.push(depth_bytes, Gain::one(decode, bytes));
            }
        }
        for &bundle in row {
            if let Some((class, member)) = self.find(bundle) {
                self.classes[class].recency.touch(member);
            }
        }
    }

    /// The curves of what was looked up.
    #[must_use]
    pub fn curve(self) -> SampledCurve {
        let classes = self.classes.into_iter().map(|class| (class.depths.curve(), class.lookups)).collect();
        SampledCurve { groups: self.groups, classes }
    }

    fn find(&self, bundle: BundleId) -> Option<(usize, u32)> {
        let member = self.member_of[bundle as usize];
        (member != NONE).then(|| (group(bundle, self.groups), member))
    }
}

impl Class {
    fn new(members: &[BundleId], sizes: &Sizes) -> Self {
        let bundles = u32::try_from(members.len()).expect("no more members than bundles");
        let sizes = match sizes {
            Sizes::Equal(bytes) => Sizes::Equal(*bytes),
            Sizes::Each(bytes) => Sizes::Each(members.iter().map(|&bundle| bytes[bundle as usize]).collect()),
        };
        Self { recency: Recency::new(bundles, sizes), depths: Depths::default(), lookups: Lookups::default() }
    }
}

impl SampledCurve {
    /// The sizes in bytes at which any class changes, ascending.
    #[must_use]
    pub fn sizes_bytes(&self) -> Vec<u64> {
        let points = self.classes.iter().flat_map(|(curve, _)| curve.points());
        let mut sizes_bytes: Vec<u64> = points.map(|&(depth_bytes, _)| depth_bytes).collect();
        sizes_bytes.sort_unstable();
        sizes_bytes.dedup();
        sizes_bytes
    }

    /// What each class says that a cache of `capacity_bytes` misses.
    #[must_use]
    pub fn misses(&self, capacity_bytes: u64) -> [Misses; CLASSES] {
        let groups = u64::from(self.groups);
        core::array::from_fn(|class| {
            let (curve, lookups) = &self.classes[class];
            let gain = curve.at(capacity_bytes);
            Misses { all: (lookups.all - gain.hits) * groups, decode: (lookups.decode - gain.decode_hits) * groups }
        })
    }
}

/// The group of a bundle: the finisher of splitmix64 (Steele and others, OOPSLA 2014) scaled down to `groups`.
fn group(bundle: BundleId, groups: u32) -> usize {
    let mut hash = (u64::from(bundle) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash = (hash ^ hash >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ hash >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^= hash >> 31;
    (((hash >> 32) * u64::from(groups)) >> 32) as usize
}
