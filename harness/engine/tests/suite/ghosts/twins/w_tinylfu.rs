//! The slow, obvious twin of W-TinyLFU, on the sketch itself.

use std::collections::BTreeSet;

use tightfit_engine::{
    evict::{At, Evict, Moment, sketch::Sketch},
    geometry::BundleId,
};

use super::{Queue, bytes, first_free, take};

pub(crate) struct WTinyLfu {
    sizes: Vec<u64>,
    main_bytes: u64,
    window: Queue,
    probation: Queue,
    protected: Queue,
    held: BTreeSet<BundleId>,
    sketch: Sketch,
    main_hits: u64,
    halving_hits: u64,
    overfilled: bool,
}

impl WTinyLfu {
    pub(crate) fn new(capacity_bytes: u64, sizes: Vec<u64>) -> Self {
        let largest = sizes.iter().copied().max().expect("a bundle");
        let mean = sizes.iter().sum::<u64>() / sizes.len() as u64;
        let main_bytes = capacity_bytes.saturating_sub(largest.max(capacity_bytes / 100));
        let entries = (main_bytes / mean).min(sizes.len() as u64);
        let (window, probation, protected, held) = Default::default();
        let (sketch, halving_hits) = (Sketch::new(entries), 32 * entries.max(1));
        let (main_hits, overfilled) = (0, false);
        Self { sizes, main_bytes, window, probation, protected, held, sketch, main_hits, halving_hits, overfilled }
    }

    fn estimate(&self, bundle: BundleId) -> u16 {
        self.sketch.estimate(&self.sketch.places(bundle))
    }

    fn let_in(&mut self, bundle: BundleId) {
        take(&mut self.window, bundle);
        let size = self.sizes[bundle as usize];
        let low = bytes(&self.sizes, &self.probation) + size <= self.main_bytes / 5;
        let high = bytes(&self.sizes, &self.protected) + size <= self.main_bytes * 4 / 5;
        if low || !high { self.probation.push(bundle) } else { self.protected.push(bundle) }
    }
}

impl Evict for WTinyLfu {
    fn hold(&mut self, bundle: BundleId) {
        self.held.insert(bundle);
    }

    fn touch(&mut self, bundle: BundleId, _at: At) {
        self.held.remove(&bundle);
        if take(&mut self.window, bundle) {
            self.window.push(bundle);
            return;
        }
        take(&mut self.probation, bundle);
        take(&mut self.protected, bundle);
        self.protected.push(bundle);
        while bytes(&self.sizes, &self.protected) > self.main_bytes * 4 / 5 {
            let Some(cooled) = first_free(&self.protected, &self.held) else { break };
            take(&mut self.protected, cooled);
            self.probation.push(cooled);
            self.overfilled = true;
        }
        self.sketch.add(&self.sketch.places(bundle));
        self.main_hits += 1;
        if self.main_hits.is_multiple_of(self.halving_hits) {
            self.sketch.halve();
        }
    }

    fn release(&mut self, bundle: BundleId) {
        self.held.remove(&bundle);
        for queue in [&mut self.window, &mut self.probation, &mut self.protected] {
            if take(queue, bundle) {
                queue.push(bundle);
            }
        }
    }

    fn admit(&mut self, bundle: BundleId, _at: At) {
        self.window.push(bundle);
        self.sketch.add(&self.sketch.places(bundle));
    }

    fn victim(&mut self) -> Option<BundleId> {
        while let Some(newcomer) = first_free(&self.window, &self.held) {
            let main_used = bytes(&self.sizes, &self.probation) + bytes(&self.sizes, &self.protected);
            let size = self.sizes[newcomer as usize];
            let of_main = first_free(&self.probation, &self.held).or(first_free(&self.protected, &self.held));
            let wins = of_main.is_some_and(|rival| self.estimate(newcomer) > self.estimate(rival));
            self.sketch.add(&self.sketch.places(newcomer));
            if main_used + size <= self.main_bytes {
                self.let_in(newcomer);
                continue;
            }
            let Some(rival) = of_main.filter(|_| wins) else {
                take(&mut self.window, newcomer);
                return Some(newcomer);
            };
            take(&mut self.probation, rival);
            take(&mut self.protected, rival);
            if main_used - self.sizes[rival as usize] + size <= self.main_bytes {
                self.let_in(newcomer);
            }
            return Some(rival);
        }
        let victim = first_free(&self.probation, &self.held).or(first_free(&self.protected, &self.held))?;
        take(&mut self.probation, victim);
        take(&mut self.protected, victim);
        Some(victim)
    }

    fn expire(&mut self, _moment: Moment, _step: u64) -> Option<BundleId> {
        let over = self.overfilled && bytes(&self.sizes, &self.probation) > self.main_bytes / 5;
        let dropped = first_free(&self.probation, &self.held).filter(|_| over);
        self.overfilled = dropped.is_some();
        take(&mut self.probation, dropped?);
        dropped
    }
}
