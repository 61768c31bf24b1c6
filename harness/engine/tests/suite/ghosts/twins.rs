//! Slow, obvious twins of the policies with ghosts: every queue a vector, oldest first, every size a sum.

use std::collections::{BTreeMap, BTreeSet};

use tightfit_engine::{
    evict::{At, Evict, Moment, sketch::Sketch},
    geometry::BundleId,
};

type Queue = Vec<BundleId>;

fn bytes(sizes: &[u64], queue: &Queue) -> u64 {
    queue.iter().map(|&bundle| sizes[bundle as usize]).sum()
}

/// Takes the bundle out wherever it is; whether it was there.
fn take(queue: &mut Queue, bundle: BundleId) -> bool {
    let before = queue.len();
    queue.retain(|&other| other != bundle);
    queue.len() < before
}

fn first_free(queue: &Queue, held: &BTreeSet<BundleId>) -> Option<BundleId> {
    queue.iter().copied().find(|bundle| !held.contains(bundle))
}

/// A ghost at the new end, the oldest out until all fit.
fn bury(sizes: &[u64], ghosts: &mut Queue, bundle: BundleId, capacity_bytes: u64) {
    if sizes[bundle as usize] > capacity_bytes {
        return;
    }
    ghosts.push(bundle);
    while bytes(sizes, ghosts) > capacity_bytes {
        ghosts.remove(0);
    }
}

pub(super) struct S3Fifo {
    capacity_bytes: u64,
    sizes: Vec<u64>,
    small: Queue,
    main: Queue,
    ghosts: Queue,
    uses: BTreeMap<BundleId, u32>,
    held: BTreeSet<BundleId>,
    recalled: BTreeSet<BundleId>,
    evicted: bool,
}

impl S3Fifo {
    pub(super) fn new(capacity_bytes: u64, sizes: Vec<u64>) -> Self {
        let (small, main, ghosts) = Default::default();
        let (uses, held, recalled) = Default::default();
        Self { capacity_bytes, sizes, small, main, ghosts, uses, held, recalled, evicted: false }
    }

    fn of_small(&mut self) -> Option<BundleId> {
        while let Some(bundle) = first_free(&self.small, &self.held) {
            take(&mut self.small, bundle);
            if self.uses[&bundle] < 2 {
                bury(&self.sizes, &mut self.ghosts, bundle, self.capacity_bytes * 9 / 10);
                return Some(bundle);
            }
            self.uses.insert(bundle, 0);
            self.main.push(bundle);
        }
        None
    }

    fn of_main(&mut self) -> Option<BundleId> {
        while let Some(bundle) = first_free(&self.main, &self.held) {
            take(&mut self.main, bundle);
            let uses = self.uses[&bundle];
            if uses == 0 {
                return Some(bundle);
            }
            self.uses.insert(bundle, uses.min(3) - 1);
            self.main.push(bundle);
        }
        None
    }
}

impl Evict for S3Fifo {
    fn hold(&mut self, bundle: BundleId) {
        self.held.insert(bundle);
    }

    fn touch(&mut self, bundle: BundleId, _at: At) {
        self.held.remove(&bundle);
        *self.uses.get_mut(&bundle).expect("in care") += 1;
    }

    fn lack(&mut self, bundle: BundleId) {
        if take(&mut self.ghosts, bundle) {
            self.recalled.insert(bundle);
        }
    }

    fn release(&mut self, bundle: BundleId) {
        self.held.remove(&bundle);
    }

    fn admit(&mut self, bundle: BundleId, _at: At) {
        self.uses.insert(bundle, 0);
        let small_is_full = bytes(&self.sizes, &self.small) >= self.capacity_bytes / 10;
        if self.recalled.remove(&bundle) || small_is_full && !self.evicted {
            self.main.push(bundle);
        } else {
            self.small.push(bundle);
        }
    }

    fn victim(&mut self) -> Option<BundleId> {
        self.evicted = true;
        let main_capacity_bytes = self.capacity_bytes - self.capacity_bytes / 10;
        if bytes(&self.sizes, &self.main) > main_capacity_bytes {
            return self.of_main().or_else(|| self.of_small()).or_else(|| self.of_main());
        }
        self.of_small().or_else(|| self.of_main())
    }
}

pub(super) struct TwoQ {
    capacity_bytes: u64,
    sizes: Vec<u64>,
    new: Queue,
    main: Queue,
    ghosts: Queue,
    held: BTreeSet<BundleId>,
    recalled: BTreeSet<BundleId>,
}

impl TwoQ {
    pub(super) fn new(capacity_bytes: u64, sizes: Vec<u64>) -> Self {
        let (new, main, ghosts, held, recalled) = Default::default();
        Self { capacity_bytes, sizes, new, main, ghosts, held, recalled }
    }
}

impl Evict for TwoQ {
    fn hold(&mut self, bundle: BundleId) {
        self.held.insert(bundle);
    }

    fn touch(&mut self, bundle: BundleId, _at: At) {
        self.held.remove(&bundle);
        if take(&mut self.main, bundle) {
            self.main.push(bundle);
        }
    }

    fn lack(&mut self, bundle: BundleId) {
        if take(&mut self.ghosts, bundle) {
            self.recalled.insert(bundle);
        }
    }

    fn release(&mut self, bundle: BundleId) {
        self.held.remove(&bundle);
        if take(&mut self.main, bundle) {
            self.main.push(bundle);
        }
    }

    fn admit(&mut self, bundle: BundleId, _at: At) {
        if self.recalled.remove(&bundle) { self.main.push(bundle) } else { self.new.push(bundle) }
    }

    fn victim(&mut self) -> Option<BundleId> {
        let [of_new, of_main] = [&self.new, &self.main].map(|queue| first_free(queue, &self.held));
        let new_has_much = bytes(&self.sizes, &self.new) > self.capacity_bytes / 4;
        let victim = if new_has_much { of_new.or(of_main) } else { of_main.or(of_new) }?;
        if take(&mut self.new, victim) {
            bury(&self.sizes, &mut self.ghosts, victim, self.capacity_bytes / 2);
        }
        take(&mut self.main, victim);
        Some(victim)
    }
}

pub(super) struct Arc {
    capacity_bytes: u64,
    sizes: Vec<u64>,
    /// T1, T2, B1, B2.
    lists: [Queue; 4],
    /// Bytes that T1 should have, in 2^-32.
    share: u128,
    held: BTreeSet<BundleId>,
    recalled: BTreeSet<BundleId>,
    incoming_bytes: u64,
    found: Option<usize>,
}

impl Arc {
    pub(super) fn new(capacity_bytes: u64, sizes: Vec<u64>) -> Self {
        let (lists, held, recalled) = Default::default();
        Self { capacity_bytes, sizes, lists, share: 0, held, recalled, incoming_bytes: 0, found: None }
    }

    fn bytes(&self, list: usize) -> u64 {
        bytes(&self.sizes, &self.lists[list])
    }

    fn replace(&mut self) -> Option<BundleId> {
        let once = u128::from(self.bytes(0)) << 32;
        let above = once > self.share || once == self.share && self.found == Some(3);
        let from_once = self.bytes(0) > 0 && above || self.bytes(1) == 0;
        for list in if from_once { [0, 1] } else { [1, 0] } {
            if let Some(victim) = first_free(&self.lists[list], &self.held) {
                take(&mut self.lists[list], victim);
                self.lists[list + 2].push(victim);
                return Some(victim);
            }
        }
        None
    }
}

impl Evict for Arc {
    fn hold(&mut self, bundle: BundleId) {
        self.held.insert(bundle);
    }

    fn touch(&mut self, bundle: BundleId, _at: At) {
        (self.incoming_bytes, self.found) = (0, None);
        self.held.remove(&bundle);
        self.lists.iter_mut().for_each(|list| list.retain(|&other| other != bundle));
        self.lists[1].push(bundle);
    }

    fn lack(&mut self, bundle: BundleId) {
        let size = self.sizes[bundle as usize];
        self.incoming_bytes += size;
        self.found = [2, 3].into_iter().find(|&list| self.lists[list].contains(&bundle));
        let Some(own) = self.found else { return };
        let ratio = (u128::from(self.bytes(5 - own)) << 32) / u128::from(self.bytes(own));
        let delta = ratio.max(1 << 32) * u128::from(size);
        self.share = if own == 2 {
            (self.share + delta).min(u128::from(self.capacity_bytes) << 32)
        } else {
            self.share.saturating_sub(delta)
        };
        take(&mut self.lists[own], bundle);
        self.recalled.insert(bundle);
    }

    fn release(&mut self, bundle: BundleId) {
        self.held.remove(&bundle);
        for list in &mut self.lists[..2] {
            if take(list, bundle) {
                list.push(bundle);
            }
        }
    }

    fn admit(&mut self, bundle: BundleId, _at: At) {
        (self.incoming_bytes, self.found) = (0, None);
        let list = usize::from(self.recalled.remove(&bundle));
        self.lists[list].push(bundle);
    }

    fn victim(&mut self) -> Option<BundleId> {
        if self.found.is_some() {
            return self.replace();
        }
        let once = self.bytes(0) + self.bytes(2);
        if once + self.incoming_bytes > self.capacity_bytes {
            if !self.lists[2].is_empty() {
                self.lists[2].remove(0);
            } else if let Some(victim) = first_free(&self.lists[0], &self.held) {
                take(&mut self.lists[0], victim);
                return Some(victim);
            }
        } else if once + self.bytes(1) + self.bytes(3) >= 2 * self.capacity_bytes && !self.lists[3].is_empty() {
            self.lists[3].remove(0);
        }
        self.replace()
    }
}

pub(super) struct WTinyLfu {
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
    pub(super) fn new(capacity_bytes: u64, sizes: Vec<u64>) -> Self {
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

pub(super) struct Lhd {
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
    pub(super) fn new(capacity_bytes: u64, sizes: Vec<u64>) -> Self {
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
