//! The slow, obvious twin of LHD.

use std::collections::{BTreeMap, BTreeSet};

use tightfit_engine::{
    evict::{At, Evict},
    geometry::BundleId,
};

use super::{Queue, bytes};

/// What LHD keeps of a bundle.
#[derive(Clone, Copy)]
struct Life {
    used: u64,
    /// Number of the move that put it at the new end of its class.
    moved: u64,
    /// The last two ages at a hit, newest first.
    ages: [u64; 2],
    explores: bool,
}

impl Life {
    fn class(self) -> usize {
        11 - usize::try_from((self.ages[0] + self.ages[1] + 1).next_power_of_two().ilog2()).expect("few bits")
    }
}

pub(crate) struct Lhd {
    capacity_bytes: u64,
    turn: u64,
    sizes: Vec<u64>,
    lives: BTreeMap<BundleId, Life>,
    held: BTreeSet<BundleId>,
    /// By class and age: hits and evictions, 64 each, fading.
    past: Vec<[[u64; 2]; 1024]>,
    densities: Vec<[u64; 1024]>,
    updates: u64,
    moves: u64,
}

impl Lhd {
    pub(crate) fn new(capacity_bytes: u64, sizes: Vec<u64>) -> Self {
        let mean = sizes.iter().sum::<u64>() / sizes.len() as u64;
        let turn = (capacity_bytes / mean).clamp(1, sizes.len() as u64);
        let first = |class: u64| std::array::from_fn(|age| (class + 1) * (1 << 26) / (age as u64 + 1));
        let (densities, past) = ((0..12).map(first).collect(), vec![[[0; 2]; 1024]; 12]);
        let (lives, held) = Default::default();
        Self { capacity_bytes, turn, sizes, lives, held, past, densities, updates: 0, moves: 0 }
    }

    fn age(&self, life: Life) -> u64 {
        let unit = (self.turn / 32).max(1).next_power_of_two();
        ((self.updates - life.used) / unit).min(1023)
    }

    fn event(&mut self, life: Life, kind: usize) {
        let age = usize::try_from(self.age(life)).expect("small");
        self.past[life.class()][age][kind] += 64;
    }

    fn update(&mut self, bundle: BundleId, ages: [u64; 2]) {
        let exploring: Queue = self.lives.iter().filter(|(_, life)| life.explores).map(|(&id, _)| id).collect();
        let room = bytes(&self.sizes, &exploring) + self.sizes[bundle as usize] <= self.capacity_bytes / 100;
        let explores = room && (self.updates + 1).is_multiple_of(32);
        self.moves += 1;
        self.lives.insert(bundle, Life { used: self.updates, moved: self.moves, ages, explores });
        self.updates += 1;
        if self.updates.is_multiple_of((16 * self.turn).clamp(1 << 14, 1 << 20)) {
            self.reckon();
        }
    }

    fn reckon(&mut self) {
        for (past, densities) in self.past.iter_mut().zip(&mut self.densities) {
            past.iter_mut().flatten().for_each(|events| *events = *events * 9 / 10);
            for age in 0..1024 {
                let hits: u64 = past[age..].iter().map(|[hits, _]| hits).sum();
                let time: u64 =
                    (1..).zip(&past[age..]).map(|(ages, [hits, evictions])| ages * (hits + evictions)).sum();
                densities[age] = (hits << 30).checked_div(time).unwrap_or(0);
            }
        }
    }

    fn density(&self, life: Life) -> u64 {
        match usize::try_from(self.age(life)).expect("small") {
            1023 => 0,
            _ if life.explores => 1 << 30,
            age => self.densities[life.class()][age],
        }
    }

    /// The oldest and the newest of every class, and the oldest explorer.
    fn candidates(&self) -> Vec<(BundleId, Life)> {
        let free = self.lives.iter().filter(|(bundle, _)| !self.held.contains(bundle));
        let mut free: Vec<(BundleId, Life)> = free.map(|(&bundle, &life)| (bundle, life)).collect();
        free.sort_by_key(|(_, life)| life.moved);
        let classes = (0..12).flat_map(|class| {
            let of_class = |(_, life): &&(BundleId, Life)| !life.explores && life.class() == class;
            [free.iter().find(of_class), free.iter().rfind(of_class)]
        });
        classes.chain([free.iter().find(|(_, life)| life.explores)]).flatten().copied().collect()
    }
}

impl Evict for Lhd {
    fn hold(&mut self, bundle: BundleId) {
        self.held.insert(bundle);
    }

    fn touch(&mut self, bundle: BundleId, _at: At) {
        self.held.remove(&bundle);
        let life = self.lives.remove(&bundle).expect("in care");
        let age = self.age(life);
        self.event(life, 0);
        self.update(bundle, [age, life.ages[0]]);
    }

    fn release(&mut self, bundle: BundleId) {
        self.held.remove(&bundle);
        self.moves += 1;
        self.lives.get_mut(&bundle).expect("in care").moved = self.moves;
    }

    fn admit(&mut self, bundle: BundleId, _at: At) {
        self.update(bundle, [0, 1024]);
    }

    fn victim(&mut self) -> Option<BundleId> {
        let mut candidates = self.candidates();
        candidates.sort_by(|&(one, of_one), &(other, of_other)| {
            let [one_bytes, other_bytes] = [one, other].map(|bundle| self.sizes[bundle as usize]);
            let by_density = (self.density(of_one) * other_bytes).cmp(&(self.density(of_other) * one_bytes));
            by_density.then(of_one.used.cmp(&of_other.used))
        });
        let &(victim, life) = candidates.first()?;
        self.event(life, 1);
        self.lives.remove(&victim);
        Some(victim)
    }
}
