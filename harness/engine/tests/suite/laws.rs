//! The laws between the counts, and between the counts and what the platform was asked.

use proptest::prelude::*;
use tightfit_engine::{
    Engine, Overlap, Rows, Setup, Store,
    engine::Gather,
    plan::ReadRules,
    platform::{Cause, KernelKind},
    resident::Placement,
    session::Stepper,
    store::Layout,
};

use crate::{
    case::{Case, ranks, steps},
    clock_world::{ClockWorld, SURCHARGE},
    policy::Policy,
};

/// Everything about a setup that a case leaves open.
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub(crate) policy: Policy,
    pub(crate) layout: Layout,
    /// How the bundles of each region are shuffled; 0 for not at all.
    pub(crate) shuffle: u64,
    pub(crate) compact: bool,
    pub(crate) computes_resident: bool,
    pub(crate) overlap: Overlap,
    pub(crate) whole_layer: bool,
    pub(crate) reads_ahead: bool,
    pub(crate) unit_bytes: u64,
    pub(crate) coalesce_gap_bytes: u64,
    pub(crate) read_units_max: u64,
    pub(crate) pin_every: usize,
    pub(crate) read_ns: u64,
}

impl Choice {
    /// Any choice.
    pub(crate) fn any() -> impl Strategy<Value = Self> {
        let policy = prop::sample::select(Policy::all());
        let layout = prop::sample::select(vec![Layout::Separate, Layout::Bundled]);
        let overlap = prop::sample::select(vec![Overlap::None, Overlap::ResidentFirst]);
        let layout = (layout, prop_oneof![Just(0), 1_u64..1000]);
        let reads = (0_u32..5, 0_u64..40, 1_u64..6, 0_u64..400);
        let rest = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), 1_usize..5);
        (policy, layout, overlap, reads, rest).prop_map(|(policy, (layout, shuffle), overlap, reads, rest)| {
            let (unit_bits, coalesce_gap_bytes, read_units_max, read_ns) = reads;
            let (compact, computes_resident, whole_layer, reads_ahead, pin_every) = rest;
            // Rows in flight can't move, and only whole layers are known ahead.
            let reads_ahead = reads_ahead && whole_layer && !compact;
            Self {
                policy,
                layout,
                shuffle,
                compact,
                computes_resident: computes_resident && compact && !whole_layer,
                overlap,
                whole_layer,
                reads_ahead,
                unit_bytes: 1 << unit_bits,
                coalesce_gap_bytes,
                read_units_max,
                pin_every,
                read_ns,
            }
        })
    }

    /// The store of `case`.
    pub(crate) fn store(&self, case: &Case) -> Store {
        let geometry = case.geometry(3);
        let ranks = ranks(&geometry, self.shuffle);
        Store::ordered(geometry, self.layout, self.unit_bytes, &ranks)
    }

    /// The setup for a run of `case`.
    pub(crate) fn setup(&self, case: &Case, store: &Store) -> Setup {
        let bundles = store.geometry().bundles();
        let pinned: Vec<u32> =
            if self.pin_every == 1 { Vec::new() } else { (0..bundles).step_by(self.pin_every).collect() };
        let pinned_bytes: u64 = pinned.iter().map(|&bundle| store.bundle_bytes(bundle)).sum();
        Setup {
            budget_bytes: case.budget_bytes().max(pinned_bytes),
            placement: if self.compact { Placement::Compact } else { Placement::InPlace },
            rows: if self.computes_resident { Rows::Resident } else { Rows::Needed },
            reads: ReadRules {
                coalesce_gap_bytes: self.coalesce_gap_bytes,
                read_bytes_max: self.read_units_max * self.unit_bytes,
            },
            // A layer that is gathered whole is computed at once, and so is all that is resident of one.
            overlap: if self.whole_layer || self.computes_resident { Overlap::None } else { self.overlap },
            gather: if self.whole_layer { Gather::WholeLayer } else { Gather::FeedForward },
            predictor: false,
            bend: None,
            ahead_bundles_max: if self.reads_ahead { case.script().row_bundles_max() } else { 0 },
            pinned,
            dense_bytes: 100,
            row_bundles_max: case.script().row_bundles_max(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn counts_agree_with_each_other_and_with_the_platform(case in Case::any(false, 6, 8), choice in Choice::any()) {
        let store = choice.store(&case);
        let setup = choice.setup(&case, &store);
        let script = case.script();
        let policy = choice.policy.build(&script, store.geometry(), choice.setup(&case, &store).budget_bytes, case.decode_passes);
        let mut engine = Engine::new(&store, setup.clone(), policy, ClockWorld::new(choice.read_ns));
        engine.warm_up();
        let read_before = engine.platform().asked_bytes[Cause::WarmUp as usize];
        let pinned_bytes: u64 = setup.pinned.iter().map(|&bundle| store.bundle_bytes(bundle)).sum();
        prop_assert!(read_before >= pinned_bytes + setup.dense_bytes);
        prop_assert_eq!(engine.resident().bytes(), pinned_bytes);
        let mut lookups = 0;
        for step in steps(&script, case.decode_passes, choice.reads_ahead) {
            let before = engine.counters();
            engine.step(&step);
            let counters = engine.counters();
            counters.assert_laws();
            let since = counters.since(&before);
            lookups += step.row.active.len() as u64;
            prop_assert_eq!(since.lookups, step.row.active.len() as u64);
            prop_assert_eq!(since.hits + since.late + since.misses, since.lookups);
            prop_assert!(engine.resident().bytes() <= setup.budget_bytes, "{:?}", engine.resident().bytes());
        }
        let counters = engine.counters();
        let world = engine.platform();
        prop_assert_eq!(counters.lookups, lookups);
        prop_assert_eq!(counters.read_bytes, world.asked_bytes);
        prop_assert_eq!(counters.reads, world.asked_reads);
        prop_assert_eq!(counters.pieces, world.asked_pieces);
        prop_assert_eq!(counters.read_bytes_total(), world.lengths.iter().sum::<u64>());
        prop_assert!(world.lengths.iter().all(|&bytes| bytes % choice.unit_bytes == 0 && bytes <= setup.reads.read_bytes_max));
        prop_assert_eq!(counters.moved_bytes, world.moved_bytes);
        let needed = [Cause::Demand, Cause::Prefetch].map(|cause| counters.needed_bytes[cause as usize]);
        prop_assert!(world.admitted_bytes >= needed.iter().sum::<u64>(), "room is made for all that comes to slots");
        prop_assert_eq!(counters.read_bytes[Cause::WarmUp as usize], read_before, "warm-up is before the first step");
        prop_assert!(counters.late == 0 || choice.reads_ahead);
        prop_assert!(counters.moves == 0 || choice.compact);
    }

    #[test]
    fn every_nanosecond_has_an_owner(case in Case::any(false, 6, 8), choice in Choice::any()) {
        let store = choice.store(&case);
        let script = case.script();
        let policy = choice.policy.build(&script, store.geometry(), choice.setup(&case, &store).budget_bytes, case.decode_passes);
        let mut engine = Engine::new(&store, choice.setup(&case, &store), policy, ClockWorld::new(choice.read_ns));
        let start_ns = tightfit_engine::Platform::now_ns(engine.platform_mut());
        engine.warm_up();
        for step in steps(&script, case.decode_passes, choice.reads_ahead) {
            engine.step(&step);
        }
        let wall_ns = tightfit_engine::Platform::now_ns(engine.platform_mut()) - start_ns;
        let owners = engine.owners();
        prop_assert_eq!(owners.total_ns(), wall_ns);
        let world = engine.platform();
        let kernels = world.kernels.len() as u64;
        prop_assert_eq!(owners.contention_ns, kernels * SURCHARGE.contention_ns);
        prop_assert_eq!(owners.overhead_ns, kernels * SURCHARGE.overhead_ns);
        prop_assert_eq!(owners.throttling_ns, kernels * SURCHARGE.throttling_ns);
        let surcharged_ns = owners.contention_ns + owners.overhead_ns + owners.throttling_ns;
        prop_assert_eq!(owners.compute_ns + surcharged_ns, world.kernel_ns);
        prop_assert_eq!(owners.memory_management_ns, world.moved_bytes, "a moved byte costs a nanosecond here");
        prop_assert!(wall_ns > 0 || kernels == 0, "kernels take time");
    }

    /// Whatever runs first, the rows of a step's feed-forward kernels are its active set.
    #[test]
    fn kernels_compute_every_active_row_once(case in Case::any(false, 6, 8), choice in Choice::any()) {
        let store = choice.store(&case);
        let script = case.script();
        let policy = choice.policy.build(&script, store.geometry(), choice.setup(&case, &store).budget_bytes, case.decode_passes);
        let mut engine = Engine::new(&store, choice.setup(&case, &store), policy, ClockWorld::new(choice.read_ns));
        let mut split = 0;
        for step in steps(&script, case.decode_passes, choice.reads_ahead) {
            let before = engine.platform().kernels.len();
            let hits_before = engine.counters().hits;
            engine.step(&step);
            let ran = &engine.platform().kernels[before..];
            let of = |kind| ran.iter().filter(move |kernel| kernel.kind == kind);
            prop_assert_eq!(of(KernelKind::Dense).count(), 1);
            let rows = of(KernelKind::FeedForward).map(|kernel| kernel.rows as usize).sum::<usize>();
            let uses = of(KernelKind::FeedForward).map(|kernel| kernel.row_uses).sum::<u64>();
            if choice.computes_resident {
                prop_assert!(rows >= step.row.active.len());
                prop_assert_eq!(uses, rows as u64 * u64::from(step.positions.tokens));
            } else {
                prop_assert_eq!((rows, uses), (step.row.active.len(), step.row.uses));
            }
            if of(KernelKind::FeedForward).count() == 2 {
                split += 1;
                let first = of(KernelKind::FeedForward).next().expect("two of them");
                prop_assert_eq!(u64::from(first.rows), engine.counters().hits - hits_before);
            }
        }
        prop_assert!(split == 0 || choice.overlap == Overlap::ResidentFirst && !choice.whole_layer);
    }
}
