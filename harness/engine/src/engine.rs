//! The engine's step for one (pass, layer): look up, evict, place, read, overlap, wait, compute, prefetch.
//!
//! This file holds the setup and the order of a step; `gather` brings bundles into DRAM, `compute` runs the kernels
//! over them, `ahead` reads for the next step and accounts for what came of it.

mod ahead;
mod compute;
mod gather;

use alloc::{vec, vec::Vec};

use crate::{
    bend::{Bend, Bent},
    counters::{Counters, Owners},
    evict::{At, Evict, Moment},
    flights::Flights,
    geometry::BundleId,
    list::{Links, List},
    plan::{Plan, ReadRules},
    platform::{Cause, Kernel, KernelKind, Platform, Ticket, Touched},
    resident::{Placement, Resident},
    script::MASS_WHOLE,
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
    /// So are they, and then each bundle as soon as it has landed: a kernel each, which pays for experts.
    AsLanded,
}

/// Which rows a step's feed-forward kernel runs over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// Those that it needs.
    Needed,
    /// All of its layer that are in DRAM, contiguous as they are: rows that are not needed add nothing (*LLM in a flash*
    /// §3.3), and one dense kernel does for all.
    Resident,
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
    /// What is computed of a layer.
    pub rows: Rows,
    /// How reads are formed.
    pub reads: ReadRules,
    /// What runs under demand reads.
    pub overlap: Overlap,
    /// When weights are gathered.
    pub gather: Gather,
    /// Whether a predictor runs in each layer; what it names is in the script.
    pub predictor: bool,
    /// How a step's active set is bent towards what is in DRAM.
    pub bend: Option<Bend>,
    /// Most bundles that are named for reading ahead at once; 0 where nothing is read ahead.
    pub ahead_bundles_max: usize,
    /// Bundles that stay in DRAM for ever, read at warm-up.
    pub pinned: Vec<BundleId>,
    /// Bytes of the weights that are always in DRAM, read at warm-up; they are outside the budget.
    pub dense_bytes: u64,
    /// Most bundles that one step needs.
    pub row_bundles_max: usize,
}

impl Setup {
    /// Nothing pinned, predicted, bent or read ahead, and nothing computed under reads: what a setup varies from.
    #[must_use]
    pub const fn plain(budget_bytes: u64, reads: ReadRules, row_bundles_max: usize) -> Self {
        Self {
            budget_bytes,
            placement: Placement::InPlace,
            rows: Rows::Needed,
            reads,
            overlap: Overlap::None,
            gather: Gather::FeedForward,
            predictor: false,
            bend: None,
            ahead_bundles_max: 0,
            pinned: Vec::new(),
            dense_bytes: 0,
            row_bundles_max,
        }
    }
}

/// Held in DRAM at some time before.
const SEEN: u8 = 1;
/// In DRAM for ever.
const PINNED: u8 = 2;
/// Placed by a prefetch and not used yet: in no policy's care.
const AHEAD: u8 = 4;
/// Of this step or, read ahead of, of the next one: held by the policy, or not admitted to it yet.
const HELD: u8 = 8;
/// Read ahead for a step that is over and did not use it: the first to leave, once it has landed.
const IDLE: u8 = 16;
/// Found in flight by the step that runs.
const LATE: u8 = 32;

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
    /// What was named for the step that runs, and for the next.
    expected: [Vec<BundleId>; 2],
    /// Landed bundles that no step used, the oldest at the tail.
    idle: List,
    idle_links: Links,
    state: Vec<u8>,
    batch: Vec<(BundleId, u32)>,
    bent: Bent,
    /// The bent active set.
    chosen: Vec<BundleId>,
    /// The step's hits, then the others, where the two are computed apart.
    present: Vec<BundleId>,
    absent: Vec<BundleId>,
    tickets: Vec<Ticket>,
    /// Read of the batch that brings the last of a bundle, where bundles are computed as they land.
    landing: Vec<(u32, BundleId)>,
    /// The rows of the step's layer that are in DRAM, where all of them are computed.
    held: Vec<BundleId>,
    /// Whether each bundle of the step comes into the policy's care anew.
    fresh: Vec<bool>,
    counters: Counters,
    watch: Stopwatch,
}

impl<'s, P: Platform, E: Evict> Engine<'s, P, E> {
    /// An engine with an empty resident set. All memory that a step needs is reserved here.
    ///
    /// # Panics
    /// If the pinned bundles do not ascend or exceed the budget, if reads ahead meet a slab whose rows move, or if the
    /// setup asks for something that its way of gathering has no place for.
    #[must_use]
    pub fn new(store: &'s Store, setup: Setup, policy: E, mut platform: P) -> Self {
        setup.assert_sound(store);
        let bundles = store.geometry().bundles();
        // Warm-up reads even where no step ever does.
        let row_bundles_max = setup.row_bundles_max.max(1);
        let ahead_bundles_max = setup.ahead_bundles_max;
        let plan = Plan::new(store, setup.reads, row_bundles_max);
        let ahead = Plan::new(store, setup.reads, ahead_bundles_max);
        let flights_max = 2 * ahead.reads_max();
        platform.reserve(plan.reads_max() + flights_max);
        let mut state = vec![0; bundles as usize];
        for &bundle in &setup.pinned {
            state[bundle as usize] = PINNED;
        }
        let if_ahead = |count: usize| if ahead_bundles_max > 0 { count } else { 0 };
        let held_max = if setup.rows == Rows::Resident { store.geometry().layer_bundles_max() } else { 0 };
        let apart_max = if setup.overlap == Overlap::None { 0 } else { row_bundles_max };
        Self {
            resident: Resident::new(store, setup.placement),
            flights: Flights::new(bundles, flights_max),
            expected: core::array::from_fn(|_| Vec::with_capacity(ahead_bundles_max)),
            idle: List::default(),
            idle_links: Links::new(if_ahead(bundles as usize)),
            state,
            batch: Vec::with_capacity(row_bundles_max.max(ahead_bundles_max)),
            bent: Bent::new(if setup.bend.is_some() { row_bundles_max } else { 0 }),
            chosen: Vec::with_capacity(if setup.bend.is_some() { row_bundles_max } else { 0 }),
            present: Vec::with_capacity(apart_max),
            absent: Vec::with_capacity(apart_max),
            tickets: Vec::with_capacity(plan.reads_max()),
            landing: Vec::with_capacity(if setup.overlap == Overlap::AsLanded { plan.reads_max() } else { 0 }),
            held: Vec::with_capacity(held_max),
            fresh: vec![false; row_bundles_max],
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

    /// How it is set up.
    #[must_use]
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// The bundles in DRAM.
    #[must_use]
    pub fn resident(&self) -> &Resident {
        &self.resident
    }

    /// The active set as it is computed. Counts the mass that is lost on the way.
    fn bend(&mut self, step: &Step<'_>) -> bool {
        let row = &step.row;
        self.counters.mass += u64::from(MASS_WHOLE);
        self.counters.lost_mass += u64::from(row.lost_mass);
        // The union of many positions has no order of preference: it is read whole.
        let bend = self.setup.bend.as_ref().filter(|_| step.positions.tokens == 1 && !row.mass.is_empty());
        let Some(bend) = bend else { return false };
        self.bent.bend(bend, row, &self.resident);
        self.counters.lost_mass += self.bent.lost_mass;
        self.counters.degraded_mass += self.bent.degraded_mass;
        self.chosen.clear();
        self.chosen.extend(self.bent.chosen.iter().map(|&(_, bundle)| bundle));
        true
    }

    /// A step of the feed-forward network: attention first, then what it asks for, then what its predictor missed.
    fn step_feed_forward(&mut self, step: &Step<'_>) {
        self.begin(step);
        self.finish(step);
    }

    /// The first half of a step of the feed-forward network, which needs no active set yet: attention, and the predictor.
    pub(crate) fn begin(&mut self, step: &Step<'_>) {
        self.watch.run(&mut self.platform, &step.kernel(KernelKind::Dense), Touched::default());
        if self.setup.predictor {
            self.watch.run(&mut self.platform, &step.kernel(KernelKind::Predictor), Touched::default());
        }
    }

    /// The second half, which needs it.
    fn finish(&mut self, step: &Step<'_>) {
        let bent = self.bend(step);
        let chosen = core::mem::take(&mut self.chosen);
        let active = if bent { &chosen } else { step.row.active };
        let uses = if bent { active.len() as u64 } else { step.row.uses };
        let cold_rows = if bent { self.bent.cold_rows } else { 0 };
        let kernel = step.rows_kernel(active, uses, cold_rows);
        self.bring(active, 0, step.number);
        if let Some(next) = step.next {
            self.read_ahead(next);
        }
        self.watch.manage(&mut self.platform);
        match self.setup.rows {
            Rows::Needed => self.compute(&kernel, active),
            Rows::Resident => self.compute_held(step),
        }
        let missed = step.row.missed;
        if !missed.is_empty() {
            self.bring(missed, active.len(), step.number);
            self.watch.manage(&mut self.platform);
            match self.setup.rows {
                Rows::Needed => self.compute(&step.rows_kernel(missed, missed.len() as u64, 0), missed),
                Rows::Resident => self.compute_fresh(step, missed, active.len()),
            }
        }
        let first_id = step.row.first_id;
        if bent {
            for index in 0..active.len() {
                let (place, bundle) = self.bent.chosen[index];
                self.used(bundle, self.fresh[index], At { step: step.number, id: first_id + place as usize });
            }
        } else {
            self.used_all(active, 0, step.number, first_id);
        }
        self.used_all(missed, active.len(), step.number, first_id + step.row.active.len());
        self.chosen = chosen;
    }

    /// A step that gathers a whole layer and then computes it.
    fn step_whole_layer(&mut self, step: &Step<'_>) {
        let active = step.row.active;
        self.bring(active, 0, step.number);
        self.watch.manage(&mut self.platform);
        self.wait();
        if let Some(next) = step.next {
            self.read_ahead(next);
            self.watch.manage(&mut self.platform);
        }
        let touched = Touched { bundles: active, slot_of: self.resident.slots() };
        for kernel in step.whole_layer() {
            self.watch.run(&mut self.platform, &kernel, touched);
        }
        self.used_all(active, 0, step.number, step.row.first_id);
    }

    /// A step whose first half was made already, by [`Engine::begin`].
    pub(crate) fn step_begun(&mut self, step: &Step<'_>) {
        self.finish(step);
        self.end(step.number);
    }

    /// Hands the step's bundles to the policy, in order.
    fn used_all(&mut self, bundles: &[BundleId], first: usize, step: u64, first_id: usize) {
        for (index, &bundle) in bundles.iter().enumerate() {
            self.used(bundle, self.fresh[first + index], At { step, id: first_id + index });
        }
    }

    fn used(&mut self, bundle: BundleId, fresh: bool, at: At) {
        let state = &mut self.state[bundle as usize];
        if *state & PINNED != 0 {
            return;
        }
        *state &= !(AHEAD | HELD | LATE);
        if fresh { self.policy.admit(bundle, at) } else { self.policy.touch(bundle, at) }
    }

    /// Lets go of what was kept for the step in vain, and of what no longer fits.
    fn end(&mut self, step: u64) {
        self.settle_ahead();
        self.trim(step);
        self.watch.manage(&mut self.platform);
    }

    /// Drops what has to go after a step.
    fn trim(&mut self, step: u64) {
        self.expire(Moment::AfterStep, step);
        assert!(
            self.make_room(0),
            "{} B resident in a budget of {} B after step {step}",
            self.resident.bytes(),
            self.setup.budget_bytes,
        );
    }
}

impl Setup {
    fn assert_sound(&self, store: &Store) {
        let pinned_bytes: u64 = self.pinned.iter().map(|&bundle| store.bundle_bytes(bundle)).sum();
        assert!(pinned_bytes <= self.budget_bytes, "{pinned_bytes} B pinned in {} B", self.budget_bytes);
        assert!(self.pinned.is_sorted_by(|a, b| a < b), "pinned bundles ascend");
        if self.gather == Gather::WholeLayer {
            assert_eq!(self.overlap, Overlap::None, "a whole layer is computed at once");
            assert!(!self.predictor && self.bend.is_none(), "a whole layer is computed whole");
        }
        if self.rows == Rows::Resident {
            assert_eq!(self.placement, Placement::Compact, "rows that are computed as they lie are contiguous");
            assert_eq!(self.overlap, Overlap::None, "what is computed at once waits for all of it");
            assert!(self.bend.is_none(), "a row that routing left out would be computed");
            assert_eq!(self.gather, Gather::FeedForward, "a whole layer is computed whole anyway");
        }
        assert!(self.ahead_bundles_max == 0 || self.placement == Placement::InPlace, "a row in flight can't move");
        if let Some(bend) = &self.bend {
            assert!(bend.margin <= MASS_WHOLE, "a margin of {} parts of {MASS_WHOLE}", bend.margin);
            assert!(bend.cold_below == 0 || bend.cold_offset > 0, "cold bundles have copies");
        }
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
            self.wait();
        }
        self.setup.pinned = pinned;
    }

    fn step(&mut self, step: &Step<'_>) {
        match self.setup.gather {
            Gather::WholeLayer => self.step_whole_layer(step),
            Gather::FeedForward => self.step_feed_forward(step),
        }
        self.end(step.number);
    }

    fn run(&mut self, kernel: &Kernel) {
        self.watch.run(&mut self.platform, kernel, Touched::default());
    }

    fn counters(&self) -> Counters {
        self.counters
    }

    fn owners(&self) -> Owners {
        self.watch.owners
    }

    fn owned_until_ns(&self) -> u64 {
        self.watch.last_ns
    }

    fn resident_bytes(&self) -> u64 {
        self.resident.bytes()
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
