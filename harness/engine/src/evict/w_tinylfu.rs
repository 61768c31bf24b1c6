//! W-TinyLFU: a small window in front of a segmented LRU that only lets in what was used more often than what would
//! leave for it (Einziger, Friedman and Manes, *`TinyLFU`: a highly efficient cache admission policy*, 2017).
//!
//! The window has 1 % of the capacity, at least the largest bundle; the rest is a probation segment of a fifth and a
//! protected one of four fifths. Uses are counted in a sketch, halved after 32 hits in the main part per bundle that
//! fits it.
//!
//! With steps of one bundle this is libCacheSim's `WTinyLFU` of 0.3.5 to the digit, its habits too: uses in the window
//! are not counted, what leaves the window is counted once more, and a promotion that overfills probation by rounding
//! drops a bundle. (The October 2024 source goes on evicting after a bundle of the window won; 0.3.5 does not.) Two
//! differences: libCacheSim refuses every bundle where 1 % of the capacity is less than one; and it sizes the sketch by
//! bytes, here by bundles of the mean size. Held bundles count where they were and come back when they are touched. 5
//! bytes a bundle, 4 more where sizes differ, and 34 to 64 for each that fits the cache, 29 of them the sketch.

use alloc::{vec, vec::Vec};

use crate::{
    bitset::Bitset,
    evict::{
        At, Evict, Moment, Sizes, Slots,
        queues::{OUT, Queues, Spot},
        sketch::{Places, Sketch},
    },
    geometry::{BundleId, NONE},
};

const WINDOW: u8 = 0;
const PROBATION: u8 = 1;
const PROTECTED: u8 = 2;

/// Hits in the main part, per bundle that fits it, after which counts are halved.
const HITS_A_HALVING: u64 = 32;

/// Lookups of a stream for which is fetched at once.
const CHUNK: usize = 64;

/// The main part's oldest when it was last compared, often the next one's rival too.
#[derive(Clone, Debug)]
struct Rival {
    bundle: BundleId,
    /// Where it is counted.
    places: Places,
    /// It was used no less often: counts fall by halving alone.
    uses_min: u16,
}

/// Drops the window's oldest, unless it was used more often than the main part's oldest.
#[derive(Clone, Debug)]
pub struct WTinyLfu {
    queues: Queues<3>,
    sketch: Sketch,
    main_bytes: u64,
    probation_bytes: u64,
    protected_bytes: u64,
    hits_to_halving: u64,
    halving_hits: u64,
    rival: Rival,
    /// Where bundles of the window are counted, by the low bits of their entries' indices: not of all.
    noted: Vec<(BundleId, Places)>,
    /// A promotion may have overfilled probation.
    overfilled: bool,
}

impl WTinyLfu {
    /// An empty policy for ids below `bundles` in a cache of `capacity_bytes`.
    #[must_use]
    pub fn new(bundles: u32, capacity_bytes: u64, sizes: &Sizes) -> Self {
        let window_bytes = (capacity_bytes / 100).max(sizes.largest());
        let main_bytes = capacity_bytes.saturating_sub(window_bytes);
        let entries = (main_bytes / sizes.mean()).min(u64::from(bundles));
        let halving_hits = HITS_A_HALVING * entries.max(1);
        let noted = 2 * (capacity_bytes.min(window_bytes) / sizes.mean()).min(u64::from(bundles)).max(1);
        let noted = usize::try_from(noted).expect("bundles fit memory").next_power_of_two();
        let sketch = Sketch::new(entries);
        Self {
            queues: Queues::new(bundles, sizes),
            rival: Rival { bundle: 0, places: sketch.places(0), uses_min: 0 },
            noted: vec![(NONE, Places::default()); noted],
            sketch,
            main_bytes,
            probation_bytes: main_bytes / 5,
            protected_bytes: main_bytes * 4 / 5,
            hits_to_halving: halving_hits,
            halving_hits,
            overfilled: false,
        }
    }

    fn main_used_bytes(&self) -> u64 {
        self.queues.bytes(PROBATION) + self.queues.bytes(PROTECTED)
    }

    fn main_oldest(&mut self) -> Option<Spot> {
        let oldest = self.queues.oldest(PROBATION);
        oldest.or_else(|| self.queues.oldest(PROTECTED))
    }

    /// From the window into the main part: the lowest segment that has room, probation if none.
    fn let_in(&mut self, newcomer: Spot) {
        let bytes = self.queues.size(newcomer.bundle);
        let fits = |queue, capacity_bytes| self.queues.bytes(queue) + bytes <= capacity_bytes;
        let high = !fits(PROBATION, self.probation_bytes) && fits(PROTECTED, self.protected_bytes);
        self.queues.renew(if high { PROTECTED } else { PROBATION }, newcomer);
    }

    /// Whether what is counted at `newcomer` was used more often than `rival`.
    fn outdoes(&mut self, newcomer: &Places, rival: BundleId) -> bool {
        if self.rival.bundle != rival {
            self.rival = Rival { bundle: rival, places: self.sketch.places(rival), uses_min: 0 };
        }
        let uses = self.sketch.estimate(newcomer);
        if uses > self.rival.uses_min {
            self.rival.uses_min = self.sketch.estimate(&self.rival.places);
        }
        uses > self.rival.uses_min
    }

    /// A bundle in its care is used.
    #[inline]
    fn use_again(&mut self, spot: Spot) {
        if spot.queue == WINDOW {
            self.queues.renew(WINDOW, spot);
        } else {
            self.queues.renew(PROTECTED, spot);
            self.cool();
            self.count_hit(spot.bundle);
        }
    }

    /// A bundle comes into the window.
    #[inline]
    fn enter(&mut self, bundle: BundleId) {
        self.queues.push(WINDOW, bundle);
        let (at, places) = (self.noted_at(self.queues.spot(bundle).index), self.sketch.places(bundle));
        self.noted[at] = (bundle, places);
        self.sketch.add(&places);
    }

    #[inline]
    fn noted_at(&self, index: u32) -> usize {
        index as usize & (self.noted.len() - 1)
    }

    /// Where a bundle of the window is counted.
    #[inline]
    fn places(&self, newcomer: Spot) -> Places {
        let (bundle, places) = self.noted[self.noted_at(newcomer.index)];
        if bundle == newcomer.bundle { places } else { self.sketch.places(newcomer.bundle) }
    }

    /// Fetches the counters of what will leave the window if all goes on as it does.
    #[inline]
    fn fetch_newcomers(&self, count: usize) {
        let indices = self.queues.indices(WINDOW).take(count);
        indices.for_each(|index| self.sketch.fetch(&self.noted[self.noted_at(index)].1));
    }

    fn count_hit(&mut self, bundle: BundleId) {
        self.sketch.count(bundle);
        self.hits_to_halving -= 1;
        if self.hits_to_halving == 0 {
            self.hits_to_halving = self.halving_hits;
            self.sketch.halve();
            self.rival.uses_min /= 2;
        }
    }

    /// After a promotion that overfilled probation, its oldest.
    fn drop_overfill(&mut self) -> Option<BundleId> {
        if !self.overfilled {
            return None;
        }
        let oldest = self.queues.oldest(PROBATION);
        self.overfilled = self.queues.bytes(PROBATION) > self.probation_bytes && oldest.is_some();
        let dropped = oldest.filter(|_| self.overfilled)?;
        self.queues.pull(dropped);
        Some(dropped.bundle)
    }

    /// Looks up one: whether it missed.
    #[inline]
    fn judge_one(&mut self, bundle: BundleId, slots: &mut Slots<'_>) -> bool {
        let spot = self.queues.spot(bundle);
        if spot.queue == OUT {
            while slots.free == 0 {
                self.victim().expect("what is there is a candidate between lookups");
                slots.free += 1;
            }
            slots.free -= 1;
            self.enter(bundle);
            return true;
        }
        self.use_again(spot);
        while self.drop_overfill().is_some() {
            slots.free += 1;
        }
        false
    }

    fn cool(&mut self) {
        while self.queues.bytes(PROTECTED) > self.protected_bytes
            && let Some(oldest) = self.queues.oldest(PROTECTED)
        {
            self.queues.renew(PROBATION, oldest);
            self.overfilled = true;
        }
    }
}

impl Evict for WTinyLfu {
    fn hold(&mut self, bundle: BundleId) {
        self.queues.lift(bundle);
    }

    fn touch(&mut self, bundle: BundleId, at: At) {
        self.reuse(bundle, at);
    }

    fn release(&mut self, bundle: BundleId) {
        let spot = self.queues.spot(bundle);
        self.queues.renew(spot.queue, spot);
    }

    fn reuse(&mut self, bundle: BundleId, _at: At) {
        self.use_again(self.queues.spot(bundle));
    }

    #[inline]
    fn judge(&mut self, bundles: &[BundleId], _number: usize, slots: &mut Slots<'_>) -> Option<usize> {
        let mut misses = 0;
        for chunk in bundles.chunks(CHUNK) {
            self.queues.fetch(chunk);
            let strangers = chunk.iter().filter(|&&bundle| self.queues.place(bundle) == OUT).count();
            self.fetch_newcomers(strangers);
            for &bundle in chunk {
                misses += usize::from(self.judge_one(bundle, slots));
            }
        }
        Some(misses)
    }

    fn settle(&mut self, resident: &mut Bitset) {
        resident.clear();
        self.queues.known().for_each(|bundle| resident.insert(bundle));
    }

    fn admit(&mut self, bundle: BundleId, _at: At) {
        self.enter(bundle);
    }

    #[inline]
    fn fetch(&self, bundles: &[BundleId]) {
        self.queues.fetch(bundles);
    }

    fn victim(&mut self) -> Option<BundleId> {
        while let Some(newcomer) = self.queues.oldest(WINDOW) {
            let places = self.places(newcomer);
            let room_bytes = self.main_bytes.saturating_sub(self.main_used_bytes());
            let room = self.queues.size(newcomer.bundle) <= room_bytes;
            let rival = if room { None } else { self.main_oldest() };
            let wins = rival.is_some_and(|rival| self.outdoes(&places, rival.bundle));
            self.sketch.add(&places);
            if room {
                self.let_in(newcomer);
                continue;
            }
            let loser = if wins { rival.unwrap_or(newcomer) } else { newcomer };
            self.queues.pull(loser);
            if wins && self.queues.size(newcomer.bundle) <= room_bytes + self.queues.size(loser.bundle) {
                self.let_in(newcomer);
            }
            return Some(loser.bundle);
        }
        let oldest = self.main_oldest()?;
        self.queues.pull(oldest);
        Some(oldest.bundle)
    }

    fn expire(&mut self, _moment: Moment, _step: u64) -> Option<BundleId> {
        self.drop_overfill()
    }
}
