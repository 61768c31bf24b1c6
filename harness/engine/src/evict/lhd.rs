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
//! 10 %, 36.2 % to 33.1 and 36.6 %. Held bundles count in their class and come back when they are touched. 13 bytes a
//! bundle, 4 more where sizes differ, 12 to 97 for each held, and 0.15 MB of counts.

use alloc::{vec, vec::Vec};

use crate::{
    evict::{
        At, Evict, Sizes,
        queues::{Queues, Spot},
    },
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

/// The update at which a bundle was last used (42 bits), its age then and its age at the use before (11 bits each).
#[derive(Clone, Copy, Debug)]
struct Tag(u64);

const AGE_BITS: u32 = 11;
const AGE_MASK: u64 = (1 << AGE_BITS) - 1;
const UPDATES_MAX: u64 = 1 << (64 - 2 * AGE_BITS);

impl Tag {
    fn new(used: u64, age: u16, age_before: u16) -> Self {
        Self(used << (2 * AGE_BITS) | u64::from(age) << AGE_BITS | u64::from(age_before))
    }

    fn used(self) -> u64 {
        self.0 >> (2 * AGE_BITS)
    }

    fn age(self) -> u16 {
        (self.0 >> AGE_BITS & AGE_MASK) as u16
    }

    fn class(self) -> u8 {
        class(self.age(), (self.0 & AGE_MASK) as u16)
    }
}

/// The oldest or the newest bundle of a queue, and what was reckoned of it.
#[derive(Clone, Copy, Debug)]
struct End {
    bundle: BundleId,
    /// [`NO_DENSITY`] where the queue has no such end.
    density: u32,
    bytes: u64,
    used: u64,
    /// The update from which the density is another.
    until: u64,
}

const NO_DENSITY: u32 = u32::MAX;
const NO_END: End = End { bundle: 0, density: NO_DENSITY, bytes: 1, used: 0, until: u64::MAX };
/// The oldest of every queue and the newest, but for the explorers' newest, which stay.
const ENDS: usize = 2 * CLASSES + 1;

/// Drops the least hit density among the oldest and newest of every class.
#[derive(Clone, Debug)]
pub struct Lhd {
    /// Bundles and the updates at which they were last used.
    queues: Queues<{ CLASSES + 1 }, (BundleId, u32, u32)>,
    tags: Vec<Tag>,
    /// By queue the oldest, and after it the newest.
    ends: [End; ENDS],
    /// A bit for each end that may be another bundle by now.
    changed: u32,
    /// The update from which the density of an end is another.
    due: u64,
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
            tags: vec![Tag(0); bundles as usize],
            ends: [NO_END; ENDS],
            changed: 0,
            due: u64::MAX,
            past,
            updates: 0,
            updates_to_reckoning: period,
            period,
            age_shift: (turn / AGES_A_TURN).max(1).next_power_of_two().trailing_zeros(),
            explorer_bytes: capacity_bytes / EXPLORER_SHARE,
        }
    }

    fn age(&self, used: u64) -> u16 {
        let age = (self.updates - used) >> self.age_shift;
        u16::try_from(age).unwrap_or(OLDEST_AGE).min(OLDEST_AGE)
    }

    /// The bundle is used: its tag is renewed and it goes to the new end of its class.
    fn update(&mut self, bundle: BundleId, age: u16, age_before: u16) {
        assert!(self.updates < UPDATES_MAX, "more than {UPDATES_MAX} uses");
        self.tags[bundle as usize] = Tag::new(self.updates, age, age_before);
        self.updates += 1;
        let explores = self.updates.is_multiple_of(EXPLORE_EVERY)
            && self.queues.bytes(EXPLORERS) + self.queues.size(bundle) <= self.explorer_bytes;
        let queue = if explores { EXPLORERS } else { class(age, age_before) };
        self.queues.push(queue, entry(bundle, self.updates - 1));
        let empty = self.ends[2 * usize::from(queue)].density == NO_DENSITY;
        self.changed |= (0b10 | u32::from(empty)) << (2 * queue);
        self.updates_to_reckoning -= 1;
        if self.updates_to_reckoning == 0 {
            self.updates_to_reckoning = self.period;
            self.past.chunks_mut(AGES).for_each(reckon);
            self.changed = u32::MAX;
        }
    }

    fn pull(&mut self, spot: Spot) {
        self.queues.pull(spot);
        self.left(spot);
    }

    /// A bundle left its place, which may have been an end.
    fn left(&mut self, spot: Spot) {
        let first = 2 * usize::from(spot.queue);
        for (end, bit) in self.ends[first..].iter().zip([0b01, 0b10]) {
            self.changed |= if end.bundle == spot.bundle { bit << first } else { 0 };
        }
    }

    fn past(&mut self, class: u8, age: u16) -> &mut Past {
        &mut self.past[usize::from(class) * AGES + usize::from(age)]
    }

    /// What the bytes of a bundle of `queue` promise that was last used at `used`; nothing once it is older than what is
    /// counted. And the update from which that may be different.
    fn density(&self, queue: u8, used: u64) -> (u32, u64) {
        let age = self.age(used);
        let until = used + (u64::from(age + 1) << self.age_shift);
        match queue {
            _ if age == OLDEST_AGE => (0, u64::MAX),
            EXPLORERS => (1 << DENSITY_BITS, until),
            class => (self.past[usize::from(class) * AGES + usize::from(age)].density, until),
        }
    }

    /// Brings the ends up to date.
    fn look_at_ends(&mut self) {
        let mut changed = core::mem::take(&mut self.changed) & ((1 << ENDS) - 1);
        if self.updates >= self.due {
            for (number, end) in self.ends.iter().enumerate() {
                changed |= u32::from(self.updates >= end.until) << number;
            }
        }
        if changed == 0 {
            return;
        }
        while changed != 0 {
            let number = changed.trailing_zeros() as usize;
            changed &= changed - 1;
            self.ends[number] = self.end(number);
        }
        self.due = self.ends.iter().fold(u64::MAX, |due, end| due.min(end.until));
    }

    #[expect(clippy::cast_possible_truncation, reason = "there are few ends")]
    fn spot(&mut self, number: usize) -> Option<Spot> {
        let queue = (number / 2) as u8;
        if number.is_multiple_of(2) { self.queues.oldest(queue) } else { self.queues.newest(queue) }
    }

    fn end(&mut self, number: usize) -> End {
        let Some(spot) = self.spot(number) else { return NO_END };
        // Not from the tag: that is somewhere in memory.
        let (bundle, low, high) = self.queues.entry(spot);
        let used = u64::from(high) << 32 | u64::from(low);
        let (density, until) = self.density(spot.queue, used);
        End { bundle, density, bytes: self.queues.size(bundle), used, until }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "both halves")]
fn entry(bundle: BundleId, used: u64) -> (BundleId, u32, u32) {
    (bundle, used as u32, (used >> 32) as u32)
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
        self.left(self.queues.spot(bundle));
        self.queues.lift(bundle);
    }

    fn touch(&mut self, bundle: BundleId, at: At) {
        self.reuse(bundle, at);
    }

    fn release(&mut self, bundle: BundleId) {
        let spot = self.queues.spot(bundle);
        self.queues.pull(spot);
        self.queues.push(spot.queue, entry(bundle, self.tags[bundle as usize].used()));
        self.changed |= 0b11 << (2 * spot.queue);
    }

    fn reuse(&mut self, bundle: BundleId, _at: At) {
        let tag = self.tags[bundle as usize];
        let age = self.age(tag.used());
        self.past(tag.class(), age).hits += EVENT;
        self.pull(self.queues.spot(bundle));
        self.update(bundle, age, tag.age());
    }

    fn admit(&mut self, bundle: BundleId, _at: At) {
        self.update(bundle, 0, NO_AGE);
    }

    #[inline]
    fn fetch(&self, bundles: &[BundleId]) {
        self.queues.fetch(bundles);
        core::hint::black_box(bundles.iter().fold(0, |all, &bundle| all ^ self.tags[bundle as usize].0));
    }

    fn victim(&mut self) -> Option<BundleId> {
        self.look_at_ends();
        let mut least = (&NO_END, 0);
        for (number, end) in self.ends.iter().enumerate() {
            // Densities a byte, compared without dividing; of equals the one used longer ago leaves.
            let (this, than_it) = (u64::from(end.density) * least.0.bytes, u64::from(least.0.density) * end.bytes);
            if this < than_it || this == than_it && end.used < least.0.used {
                least = (end, number);
            }
        }
        let (&End { used, density, .. }, number) = least;
        if density == NO_DENSITY {
            return None;
        }
        let victim = self.spot(number)?;
        let class = if victim.queue == EXPLORERS { self.tags[victim.bundle as usize].class() } else { victim.queue };
        let age = self.age(used);
        self.past(class, age).evictions += EVENT;
        self.pull(victim);
        Some(victim.bundle)
    }
}
