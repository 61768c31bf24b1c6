//! LHD: drops what has the least hit density, the hits that its bytes can still hope for in the time that they take
//! (Beckmann, Chen and Cidon, *LHD: improving cache hit rate by maximizing hit density*, NSDI 2018).
//!
//! Bundles are told apart by the sum of their last two ages at a hit, in 12 classes of powers of two. For each class
//! and age, hits and evictions are counted; every 16 turns of the cache the counts fade to nine tenths and the
//! densities of all ages are reckoned anew. A share of 1 % goes to explorers, every 32nd bundle used, which stay until
//! they are used or outlive the counts: they find hits that lie beyond what the rest lives to see.
//!
//! Where the paper samples 32 random candidates, this takes the ends of 12 recency lists, the oldest and the newest of
//! every class: no chance, and the same choice as over all bundles wherever a class's density has no dip inside. All
//! of it is in integers. Ages are lookups in units of a 32nd of the cache or twice that, up to 32 turns of it or more.
//! So libCacheSim's counts cannot hold, and none is claimed: of 10^7 lookups of 10^6 objects (Zipf 0.9, room for a
//! tenth) this finds 66.5 % where libCacheSim's LHD finds 67.7 % and LRU 63.5 %; of a trace of experts with room for
//! 10 %, 36.2 % to 33.1 and 36.6 %. Held bundles count in their class and come back when they are touched. 21 bytes a
//! bundle, 4 more where sizes differ, 8 for each held, and 0.15 MB of counts.

use alloc::{vec, vec::Vec};

use crate::{
    evict::{At, Evict, Sizes, queues::Queues},
    geometry::BundleId,
};

const CLASSES: usize = 12;
const EXPLORERS: u8 = 12;
/// The age of what has not been hit yet, older than any.
const NO_AGE: u16 = 1024;
/// Ages of a class; the last is whatever is older.
const AGES: usize = NO_AGE as usize;
const OLDEST_AGE: u16 = NO_AGE - 1;
/// Ages that a cache of bundles turns over in.
const AGES_A_TURN: u64 = 32;
/// One event, with room to fade.
const EVENT: u32 = 64;
const EXPLORE_EVERY: u64 = 32;
const EXPLORER_SHARE: u64 = 100;
/// Updates between two reckonings: 16 turns, within these.
const PERIOD: [u64; 2] = [1 << 14, 1 << 20];
/// Fraction bits of a density.
const DENSITY_BITS: u32 = 30;

/// What happened to the bundles of a class at an age, and what that promises.
#[derive(Clone, Copy, Debug, Default)]
struct Past {
    hits: u32,
    evictions: u32,
    density: u32,
}

#[derive(Clone, Copy, Debug)]
struct Tag {
    used: u64,
    age: u16,
    age_before: u16,
}

/// Drops the least hit density among the oldest and newest of every class.
#[derive(Clone, Debug)]
pub struct Lhd {
    queues: Queues<{ CLASSES + 1 }>,
    tags: Vec<Tag>,
    past: Vec<Past>,
    updates: u64,
    updates_to_reckoning: u64,
    period: u64,
    age_shift: u32,
    explorer_bytes: u64,
}

impl Lhd {
    /// An empty policy for ids below `bundles` in a cache of `capacity_bytes`.
    #[must_use]
    pub fn new(bundles: u32, capacity_bytes: u64, sizes: &Sizes) -> Self {
        let turn = (capacity_bytes / sizes.mean()).clamp(1, u64::from(bundles).max(1));
        let period = (16 * turn).clamp(PERIOD[0], PERIOD[1]);
        let mut past = vec![Past::default(); CLASSES * AGES];
        // At first close to recency, with favour for the classes of short ages.
        for (class, ages) in (1..).zip(past.chunks_mut(AGES)) {
            for (age, past) in (1..).zip(ages) {
                past.density = (class << (DENSITY_BITS - 4)) / age;
            }
        }
        Self {
            queues: Queues::new(bundles, sizes),
            tags: vec![Tag { used: 0, age: 0, age_before: 0 }; bundles as usize],
            past,
            updates: 0,
            updates_to_reckoning: period,
            period,
            age_shift: (turn / AGES_A_TURN).max(1).next_power_of_two().trailing_zeros(),
            explorer_bytes: capacity_bytes / EXPLORER_SHARE,
        }
    }

    fn age(&self, tag: Tag) -> u16 {
        let age = (self.updates - tag.used) >> self.age_shift;
        u16::try_from(age).unwrap_or(OLDEST_AGE).min(OLDEST_AGE)
    }

    /// The bundle is used: its tag is renewed and it goes to the new end of its class.
    fn update(&mut self, bundle: BundleId, age: u16, age_before: u16) {
        self.tags[bundle as usize] = Tag { used: self.updates, age, age_before };
        self.updates += 1;
        let explores = self.updates.is_multiple_of(EXPLORE_EVERY)
            && self.queues.bytes(EXPLORERS) + self.queues.size(bundle) <= self.explorer_bytes;
        let queue = if explores { EXPLORERS } else { class(age, age_before) };
        self.queues.push(queue, bundle);
        self.updates_to_reckoning -= 1;
        if self.updates_to_reckoning == 0 {
            self.updates_to_reckoning = self.period;
            self.past.chunks_mut(AGES).for_each(reckon);
        }
    }

    fn past(&mut self, bundle: BundleId) -> &mut Past {
        let tag = self.tags[bundle as usize];
        let age = self.age(tag);
        &mut self.past[usize::from(class(tag.age, tag.age_before)) * AGES + usize::from(age)]
    }

    /// What a bundle's bytes promise; nothing once it is older than what is counted.
    fn density(&self, bundle: BundleId, queue: u8) -> u64 {
        let age = self.age(self.tags[bundle as usize]);
        match queue {
            _ if age == OLDEST_AGE => 0,
            EXPLORERS => 1 << DENSITY_BITS,
            class => u64::from(self.past[usize::from(class) * AGES + usize::from(age)].density),
        }
    }
}

/// The class of a bundle: 11 for ages of nothing, one less for each doubling; 0 for what has not been hit yet.
fn class(age: u16, age_before: u16) -> u8 {
    // The sum of two ages has at most eleven bits of the sixteen.
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11][(age + age_before).leading_zeros() as usize - 5]
}

/// Fades the counts of a class and reckons its densities, from the oldest age to the youngest: hits still to come over
/// the time that those lives still take.
#[expect(clippy::cast_possible_truncation, reason = "a hit lives for at least one age: the quotient is at most one")]
fn reckon(ages: &mut [Past]) {
    let (mut hits, mut events, mut lifetime) = (0_u64, 0, 0_u64);
    for past in ages.iter_mut().rev() {
        past.hits -= past.hits.div_ceil(10);
        past.evictions -= past.evictions.div_ceil(10);
        hits += u64::from(past.hits);
        events += u64::from(past.hits) + u64::from(past.evictions);
        lifetime += events;
        past.density = (hits << DENSITY_BITS).checked_div(lifetime).unwrap_or(0) as u32;
    }
}

impl Evict for Lhd {
    fn hold(&mut self, bundle: BundleId) {
        self.queues.lift(bundle);
    }

    fn touch(&mut self, bundle: BundleId, at: At) {
        self.reuse(bundle, at);
    }

    fn release(&mut self, bundle: BundleId) {
        self.queues.renew(self.queues.place(bundle), bundle);
    }

    fn reuse(&mut self, bundle: BundleId, _at: At) {
        let tag = self.tags[bundle as usize];
        let age = self.age(tag);
        self.past(bundle).hits += EVENT;
        self.queues.pull(bundle);
        self.update(bundle, age, tag.age);
    }

    fn admit(&mut self, bundle: BundleId, _at: At) {
        self.update(bundle, 0, NO_AGE);
    }

    fn victim(&mut self) -> Option<BundleId> {
        let mut least: Option<(BundleId, u64, u64)> = None;
        for queue in 0..=EXPLORERS {
            let Some(oldest) = self.queues.oldest(queue) else { continue };
            let newest = self.queues.newest(queue).filter(|_| queue != EXPLORERS);
            for bundle in [Some(oldest), newest].into_iter().flatten() {
                let (density, bytes) = (self.density(bundle, queue), self.queues.size(bundle));
                // Densities a byte, compared without dividing; of equals the one used longer ago leaves.
                let less = least.is_none_or(|(than, than_density, than_bytes)| {
                    let (this, than_it) = (density * than_bytes, than_density * bytes);
                    this < than_it || this == than_it && self.tags[bundle as usize].used < self.tags[than as usize].used
                });
                if less {
                    least = Some((bundle, density, bytes));
                }
            }
        }
        let (victim, ..) = least?;
        self.past(victim).evictions += EVENT;
        self.queues.pull(victim);
        Some(victim)
    }
}
