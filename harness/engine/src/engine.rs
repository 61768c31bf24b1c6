//! The engine's step for one (pass, layer): look up, evict, place, read, overlap, wait, compute, prefetch.

use alloc::{vec, vec::Vec};

use crate::{
    counters::{Counters, Owners},
    evict::{At, Evict, Moment},
    geometry::BundleId,
    plan::{Plan, ReadRules},
    platform::{Cause, Kernel, KernelKind, Platform, Read, Ticket, Touched},
    prefetch::{Flights, Prefetch},
    resident::{Placement, Resident},
    session::{Step, Stepper},
    stopwatch::Stopwatch,
    store::Store,
    warm_up,
};

/// What may run under the reads that a step waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// Nothing: read, wait, compute, as in *LLM in a flash*.
    None,
    /// The rows that are in DRAM already are computed while the others are read.
    ResidentFirst,
}

/// When a step's weights are gathered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gather {
    /// Before the layer begins: everything is streamed, attention too.
    WholeLayer,
    /// After attention, whose output tells which rows or experts are needed.
    FeedForward,
}

/// How the engine is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    /// Bytes that the resident set may use; a step's own bundles may exceed it until the step is over.
    pub budget_bytes: u64,
    /// How slots are given out.
    pub placement: Placement,
    /// How reads are formed.
    pub reads: ReadRules,
    /// What runs under demand reads.
    pub overlap: Overlap,
    /// When weights are gathered.
    pub gather: Gather,
    /// What is read ahead.
    pub prefetch: Prefetch,
    /// Bundles that stay in DRAM for ever, read at warm-up.
    pub pinned: Vec<BundleId>,
    /// Bytes of the weights that are always in DRAM, read at warm-up; they are outside the budget.
    pub dense_bytes: u64,
    /// Most bundles that one step needs.
    pub row_bundles_max: usize,
}

/// Held in DRAM at some time before.
const SEEN: u8 = 1;
/// In DRAM for ever.
const PINNED: u8 = 2;
/// Placed by a prefetch and not used yet: in no policy's care.
const AHEAD: u8 = 4;
/// Of this step or, read ahead of, of the next one: held by the policy, or not admitted to it yet.
const HELD: u8 = 8;

/// The engine over one store, on one platform, with one eviction policy.
#[derive(Debug)]
pub struct Engine<'s, P, E> {
    store: &'s Store,
    setup: Setup,
    platform: P,
    policy: E,
    resident: Resident,
    plan: Plan,
    ahead: Plan,
    flights: Flights,
    state: Vec<u8>,
    batch: Vec<(BundleId, u32)>,
    fresh: Vec<bool>,
    /// The step's hits, then the others, where the two are computed apart.
    present: Vec<BundleId>,
    absent: Vec<BundleId>,
    tickets: Vec<Ticket>,
    counters: Counters,
    watch: Stopwatch,
}

impl<'s, P: Platform, E: Evict> Engine<'s, P, E> {
    /// An engine with an empty resident set. All memory that a step needs is reserved here.
    ///
    /// # Panics
    /// If the pinned bundles do not ascend or exceed the budget, if reads ahead meet a slab whose rows move, or if the
    /// setup asks for an overlap or a prefetch that its way of gathering has no place for.
    #[must_use]
    pub fn new(store: &'s Store, setup: Setup, policy: E, mut platform: P) -> Self {
        let pinned_bytes: u64 = setup.pinned.iter().map(|&bundle| store.bundle_bytes(bundle)).sum();
        assert!(pinned_bytes <= setup.budget_bytes, "{pinned_bytes} B pinned in {} B", setup.budget_bytes);
        assert!(setup.pinned.is_sorted_by(|a, b| a < b), "pinned bundles ascend");
        let reads_ahead = setup.prefetch != Prefetch::None;
        match setup.gather {
            Gather::WholeLayer => assert_eq!(setup.overlap, Overlap::None, "a whole layer is computed at once"),
            Gather::FeedForward => assert!(!reads_ahead, "the next layer's rows are not known ahead"),
        }
        assert!(!reads_ahead || setup.placement == Placement::InPlace, "a row in flight can't move");
        let bundles = store.geometry().bundles();
        // Warm-up reads even where no step ever does.
        let row_bundles_max = setup.row_bundles_max.max(1);
        let plan = Plan::new(store, setup.reads, row_bundles_max);
        let ahead = Plan::new(store, setup.reads, if reads_ahead { row_bundles_max } else { 0 });
        let flights_max = 2 * ahead.reads_max();
        platform.reserve(plan.reads_max() + flights_max);
        let mut state = vec![0; bundles as usize];
        for &bundle in &setup.pinned {
            state[bundle as usize] = PINNED;
        }
        Self {
            resident: Resident::new(store, setup.placement),
            flights: Flights::new(bundles, flights_max),
            state,
            batch: Vec::with_capacity(row_bundles_max),
            fresh: vec![false; row_bundles_max],
            present: Vec::with_capacity(row_bundles_max),
            absent: Vec::with_capacity(row_bundles_max),
            tickets: Vec::with_capacity(plan.reads_max()),
            counters: Counters::default(),
            watch: Stopwatch::start(&mut platform),
            store,
            setup,
            platform,
            policy,
            plan,
            ahead,
        }
    }

    /// The bundles in DRAM.
    #[must_use]
    pub fn resident(&self) -> &Resident {
        &self.resident
    }

    /// Looks the active set up: holds the hits, collects the misses. Returns the number of bundles in DRAM by now.
    fn look_up(&mut self, active: &[BundleId]) -> u32 {
        self.flights.poll(&mut self.platform);
        self.batch.clear();
        self.present.clear();
        self.absent.clear();
        let apart = self.setup.overlap == Overlap::ResidentFirst;
        let mut present = 0;
        for (index, &bundle) in active.iter().enumerate() {
            let state = &mut self.state[bundle as usize];
            let found = self.resident.contains(bundle);
            self.fresh[index] = !found || *state & AHEAD != 0;
            if !found {
                self.counters.re_reads += u64::from(*state & SEEN);
                *state |= SEEN | HELD;
                self.policy.lack(bundle);
                self.batch.push((bundle, 0));
            } else if self.flights.holds(bundle) {
                self.counters.late += 1;
            } else {
                present += 1;
                if *state & (PINNED | AHEAD | HELD) == 0 {
                    *state |= HELD;
                    self.policy.hold(bundle);
                }
                if apart {
                    self.present.push(bundle);
                }
                continue;
            }
            if apart {
                self.absent.push(bundle);
            }
        }
        self.counters.lookups += active.len() as u64;
        self.counters.hits += u64::from(present);
        self.counters.misses += self.batch.len() as u64;
        present
    }

    /// Drops what the policy wants to drop anyway, then what has to go for `needed_bytes` more.
    fn make_room(&mut self, needed_bytes: u64) -> bool {
        while self.resident.bytes() + needed_bytes > self.setup.budget_bytes {
            let Some(victim) = self.policy.victim() else { return false };
            self.evict(victim);
        }
        true
    }

    fn expire(&mut self, moment: Moment, step: u64) {
        while let Some(bundle) = self.policy.expire(moment, step) {
            self.evict(bundle);
        }
    }

    fn evict(&mut self, bundle: BundleId) {
        self.counters.evictions += 1;
        if let Some(moved) = self.resident.remove(bundle) {
            self.counters.moves += 1;
            self.counters.moved_bytes += moved.bytes;
            self.platform.move_row(moved.from, moved.to, moved.bytes);
        }
    }

    /// Places the batch and submits its reads.
    fn demand(&mut self, cause: Cause) {
        self.tickets.clear();
        if self.batch.is_empty() {
            return;
        }
        for (bundle, slot) in &mut self.batch {
            *slot = self.resident.insert(*bundle);
        }
        self.counters.needed_bytes[cause as usize] += self.plan.build(self.store, &self.batch);
        for (extent, pieces) in self.plan.reads() {
            self.counters.reads[cause as usize] += 1;
            self.counters.pieces[cause as usize] += pieces.len() as u64;
            self.counters.read_bytes[cause as usize] += extent.bytes;
            self.tickets.push(self.platform.submit(&Read { extent, cause }, pieces));
        }
    }

    /// Waits for the demand reads and for the late ones.
    fn wait(&mut self, active: &[BundleId]) {
        for &ticket in &self.tickets {
            self.watch.wait(&mut self.platform, ticket);
        }
        if self.flights.oldest().is_none() {
            return;
        }
        for &bundle in active {
            while self.flights.holds(bundle) {
                let ticket = self.flights.oldest().expect("a bundle in flight has a read");
                self.watch.wait(&mut self.platform, ticket);
                self.flights.retire();
            }
        }
    }

    /// Reads ahead what is not in DRAM, as far as room and the policy's candidates allow.
    fn read_ahead(&mut self, next: &[BundleId]) {
        self.batch.clear();
        for &bundle in next {
            let state = &mut self.state[bundle as usize];
            if self.resident.contains(bundle) && *state & (PINNED | AHEAD | HELD) == 0 {
                *state |= HELD;
                self.policy.hold(bundle);
            }
        }
        for &bundle in next {
            if self.resident.contains(bundle) {
                continue;
            }
            if !self.make_room(self.store.bundle_bytes(bundle)) {
                break;
            }
            let slot = self.resident.insert(bundle);
            self.state[bundle as usize] |= SEEN | AHEAD;
            self.batch.push((bundle, slot));
        }
        if self.batch.is_empty() {
            return;
        }
        let cause = Cause::Prefetch;
        self.counters.needed_bytes[cause as usize] += self.ahead.build(self.store, &self.batch);
        for (extent, pieces) in self.ahead.reads() {
            assert!(self.flights.fits(1, pieces.len()), "more reads ahead than were reserved");
            self.counters.reads[cause as usize] += 1;
            self.counters.pieces[cause as usize] += pieces.len() as u64;
            self.counters.read_bytes[cause as usize] += extent.bytes;
            self.flights.push(self.platform.submit(&Read { extent, cause }, pieces), pieces);
        }
    }

    /// Hands the step's bundles to the policy, in order, and drops what has to go.
    fn settle(&mut self, step: &Step<'_>) {
        for (index, &bundle) in step.row.active.iter().enumerate() {
            let state = &mut self.state[bundle as usize];
            let at = At { step: step.number, id: step.row.first_id + index };
            if *state & PINNED != 0 {
                continue;
            }
            *state &= !(AHEAD | HELD);
            if self.fresh[index] { self.policy.admit(bundle, at) } else { self.policy.touch(bundle, at) }
        }
        self.expire(Moment::AfterStep, step.number);
        assert!(
            self.make_room(0),
            "{} B resident in a budget of {} B after step {}",
            self.resident.bytes(),
            self.setup.budget_bytes,
            step.number
        );
    }

    /// The feed-forward kernel, in two parts where the resident rows may go first.
    fn feed_forward(&mut self, step: &Step<'_>, present: u32) {
        let kernel = step.kernel(KernelKind::FeedForward);
        let active = step.row.active;
        let missing = u32::try_from(active.len()).expect("ids are u32") - present;
        if self.setup.overlap == Overlap::None || present == 0 || missing == 0 {
            self.wait(active);
            let touched = Touched { bundles: active, slot_of: self.resident.slots() };
            self.watch.run(&mut self.platform, &kernel, touched);
            return;
        }
        let first_uses = kernel.row_uses * u64::from(present) / u64::from(present + missing);
        let first = Kernel { rows: present, row_uses: first_uses, ..kernel };
        self.watch.run(&mut self.platform, &first, Touched { bundles: &self.present, slot_of: self.resident.slots() });
        self.wait(active);
        let rest = Kernel { rows: missing, row_uses: kernel.row_uses - first_uses, ..kernel };
        let touched = Touched { bundles: &self.absent, slot_of: self.resident.slots() };
        self.watch.run(&mut self.platform, &rest, touched);
    }
}

impl<P: Platform, E: Evict> Stepper for Engine<'_, P, E> {
    type Platform = P;

    fn warm_up(&mut self) {
        let Self { store, setup, platform, counters, watch, plan, .. } = self;
        let at_once = plan.reads_max().max(1) as u64;
        let read_bytes = setup.reads.read_bytes_max;
        warm_up::read_dense(store, setup.dense_bytes, read_bytes, at_once, platform, counters, watch);
        let pinned = core::mem::take(&mut self.setup.pinned);
        for chunk in pinned.chunks(self.setup.row_bundles_max.max(1)) {
            self.batch.clear();
            self.batch.extend(chunk.iter().map(|&bundle| (bundle, 0)));
            self.demand(Cause::WarmUp);
            self.wait(&[]);
        }
        self.setup.pinned = pinned;
    }

    fn step(&mut self, step: &Step<'_>) {
        let active = step.row.active;
        if self.setup.gather == Gather::FeedForward {
            self.watch.run(&mut self.platform, &step.kernel(KernelKind::Dense), Touched::default());
        }
        let present = self.look_up(active);
        self.expire(Moment::BeforePlacing, step.number);
        let missing_bytes = self.batch.iter().map(|&(bundle, _)| self.store.bundle_bytes(bundle)).sum();
        self.make_room(missing_bytes);
        self.demand(Cause::Demand);
        self.watch.manage(&mut self.platform);
        match self.setup.gather {
            Gather::FeedForward => self.feed_forward(step, present),
            Gather::WholeLayer => {
                self.wait(active);
                if let Some(next) = step.next {
                    self.read_ahead(next);
                    self.watch.manage(&mut self.platform);
                }
                let touched = Touched { bundles: active, slot_of: self.resident.slots() };
                for kernel in step.whole_layer() {
                    self.watch.run(&mut self.platform, &kernel, touched);
                }
            }
        }
        self.settle(step);
        self.watch.manage(&mut self.platform);
    }

    fn run(&mut self, kernel: &Kernel) {
        self.watch.run(&mut self.platform, kernel, Touched::default());
    }

    fn reads_ahead(&self) -> bool {
        self.setup.prefetch == Prefetch::NextLayer
    }

    fn counters(&self) -> Counters {
        self.counters
    }

    fn owners(&self) -> Owners {
        self.watch.owners
    }

    fn resident_peak_bytes(&self) -> u64 {
        self.resident.peak_bytes()
    }

    fn platform(&self) -> &P {
        &self.platform
    }

    fn platform_mut(&mut self) -> &mut P {
        &mut self.platform
    }
}
