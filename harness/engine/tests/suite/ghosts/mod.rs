//! The policies with ghosts or counts, S3-FIFO, ARC, 2Q, W-TinyLFU and LHD: beside slow twins, in the engine and alone.

mod laws;
mod sketch;
mod twins;

use proptest::prelude::*;
use tightfit_engine::{
    Engine, Geometry, Script, Store,
    evict::{At, Evict, Moment, Sizes, arc::Arc, lhd::Lhd, s3_fifo::S3Fifo, two_q::TwoQ, w_tinylfu::WTinyLfu},
    geometry::BundleId,
    session::Stepper,
    store::Layout,
};

use crate::{
    case::{Case, steps},
    clock_world::ClockWorld,
    policy::Policy,
    residency,
};

/// Which policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ghost {
    S3Fifo,
    Arc,
    TwoQ,
    WTinyLfu,
    Lhd,
}

/// A policy of any kind, every call passed on.
pub(crate) struct Boxed(Box<dyn Evict>);

impl Ghost {
    pub(crate) const ALL: [Self; 5] = [Self::S3Fifo, Self::Arc, Self::TwoQ, Self::WTinyLfu, Self::Lhd];

    /// The engine's own.
    pub(crate) fn build(self, bundles: u32, capacity_bytes: u64, sizes: &Sizes) -> Boxed {
        Boxed(match self {
            Self::S3Fifo => Box::new(S3Fifo::new(bundles, capacity_bytes, sizes)),
            Self::Arc => Box::new(Arc::new(bundles, capacity_bytes, sizes)),
            Self::TwoQ => Box::new(TwoQ::new(bundles, capacity_bytes, sizes)),
            Self::WTinyLfu => Box::new(WTinyLfu::new(bundles, capacity_bytes, sizes)),
            Self::Lhd => Box::new(Lhd::new(bundles, capacity_bytes, sizes)),
        })
    }

    pub(crate) fn twin(self, bundles: u32, capacity_bytes: u64, sizes: &Sizes) -> Boxed {
        let sizes: Vec<u64> = (0..bundles).map(|bundle| sizes.of(bundle)).collect();
        Boxed(match self {
            Self::S3Fifo => Box::new(twins::S3Fifo::new(capacity_bytes, sizes)),
            Self::Arc => Box::new(twins::Arc::new(capacity_bytes, sizes)),
            Self::TwoQ => Box::new(twins::TwoQ::new(capacity_bytes, sizes)),
            Self::WTinyLfu => Box::new(twins::WTinyLfu::new(capacity_bytes, sizes)),
            Self::Lhd => Box::new(twins::Lhd::new(capacity_bytes, sizes)),
        })
    }
}

impl Evict for Boxed {
    fn hold(&mut self, bundle: BundleId) {
        self.0.hold(bundle);
    }

    fn touch(&mut self, bundle: BundleId, at: At) {
        self.0.touch(bundle, at);
    }

    fn release(&mut self, bundle: BundleId) {
        self.0.release(bundle);
    }

    fn reuse(&mut self, bundle: BundleId, at: At) {
        self.0.reuse(bundle, at);
    }

    fn lack(&mut self, bundle: BundleId) {
        self.0.lack(bundle);
    }

    fn admit(&mut self, bundle: BundleId, at: At) {
        self.0.admit(bundle, at);
    }

    fn victim(&mut self) -> Option<BundleId> {
        self.0.victim()
    }

    fn expire(&mut self, moment: Moment, step: u64) -> Option<BundleId> {
        self.0.expire(moment, step)
    }
}

/// Runs a case under the policy and under its twin: the same bundles in DRAM after every step. Returns hits, evictions.
fn side_by_side(case: &Case, policy: Ghost) -> Result<(u64, u64), TestCaseError> {
    let store = Store::new(case.geometry(1), Layout::Bundled, 1);
    let script = case.script();
    let sizes = case.sizes().iter().map(|&bytes| u32::try_from(bytes).expect("small bundles")).collect();
    let (bundles, sizes) = (store.geometry().bundles(), Sizes::Each(sizes));
    let mut engines = [Ghost::build, Ghost::twin].map(|make| {
        let setup = residency::plain(&script, case.budget_bytes(), Vec::new());
        Engine::new(&store, setup, make(policy, bundles, case.budget_bytes(), &sizes), ClockWorld::new(1000))
    });
    for step in steps(&script, case.decode_passes, false) {
        for engine in &mut engines {
            engine.step(&step);
        }
        let [fast, slow] = &engines;
        let [fast_held, slow_held] = [fast, slow].map(|engine| engine.resident().bundles().collect::<Vec<_>>());
        prop_assert_eq!(fast_held, slow_held, "in DRAM after step {} under {:?}", step.number, policy);
    }
    let counters = engines[0].counters();
    prop_assert_eq!(counters, engines[1].counters());
    Ok((counters.hits, counters.evictions))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_engine_keeps_what_a_twin_keeps(
        case in Case::any(false, 1, 12),
        policy in prop::sample::select(Ghost::ALL.to_vec()),
    ) {
        side_by_side(&case, policy)?;
    }

    /// Streams of single lookups, long enough for ghosts to come back.
    #[test]
    fn a_stream_hits_where_a_twin_hits(
        stream in prop::collection::vec((0_u32..20, 0_u32..60), 1..400),
        capacity in 1_u64..24,
        policy in prop::sample::select(Ghost::ALL.to_vec()),
    ) {
        // Low ids are more popular than high ones.
        let stream: Vec<u32> = stream.iter().map(|&(narrow, wide)| narrow.min(wide)).collect();
        let [fast, slow] = [Ghost::build, Ghost::twin].map(|make| {
            laws::replayed(make(policy, 20, capacity, &Sizes::Equal(1)), &stream, 20, capacity)
        });
        prop_assert_eq!(fast, slow, "{:?} with room for {}", policy, capacity);
    }
}

#[test]
fn the_comparison_meets_hits_and_evictions_of_every_policy() {
    let masks = (0..9_u16).map(|pass| vec![0b11 << (pass * 5 % 7) & 0x1FF, 0b1001 << (pass % 4)]).collect();
    let case = Case { layers: vec![(9, 8), (8, 8)], prefill: 1, masks, decode_passes: 60, budget_share: 24 };
    for policy in Ghost::ALL {
        let (hits, evictions) = side_by_side(&case, policy).expect("engine and twin agree");
        assert!(hits > 20 && evictions > 20, "{policy:?}: {hits} hits, {evictions} evictions");
    }
}

/// Long enough for logs to be compacted, sketches to be halved and densities to be reckoned, twice at least.
#[test]
fn a_long_stream_hits_where_a_twin_hits() {
    let stream = laws::long_stream();
    for (policy, capacity) in Ghost::ALL.into_iter().flat_map(|policy| [7, 20, 130].map(|capacity| (policy, capacity)))
    {
        let bundles = laws::LONG_STREAM_BUNDLES;
        let [fast, slow] = [Ghost::build, Ghost::twin]
            .map(|make| laws::replayed(make(policy, bundles, capacity, &Sizes::Equal(1)), &stream, bundles, capacity));
        let first_parted = fast.iter().zip(&slow).position(|(fast, slow)| fast != slow);
        assert_eq!(first_parted, None, "{policy:?} with room for {capacity}");
    }
}

/// Every trace of six accesses over four bundles, every budget: the twin's hits, never more than Belady's.
#[test]
fn every_small_trace_goes_as_its_twin_goes() {
    let mut geometry = Geometry::new();
    geometry.push(0, 4, 8, 1);
    let store = Store::new(geometry, Layout::Bundled, 1);
    let sizes = Sizes::Equal(8);
    let mut better = [0; 5];
    for number in 0..4_u32.pow(6) {
        let stream: Vec<u32> = (0..6).map(|at| number / 4_u32.pow(at) % 4).collect();
        let mut script = Script::new(1);
        for &bundle in &stream {
            script.push_pass(false, 1);
            script.push_row([bundle], 1);
        }
        for capacity_bytes in [8, 16, 24, 32] {
            let setup = residency::plain(&script, capacity_bytes, Vec::new());
            let mut belady = residency::engine(&store, &script, setup, Policy::BELADY, 6);
            for step in steps(&script, 6, false) {
                belady.step(&step);
            }
            for (policy, better) in Ghost::ALL.into_iter().zip(&mut better) {
                let [fast, slow] = [Ghost::build, Ghost::twin].map(|make| {
                    let found = laws::replayed(make(policy, 4, capacity_bytes, &sizes), &stream, 4, capacity_bytes / 8);
                    found.iter().filter(|&&found| found).count() as u64
                });
                assert_eq!(fast, slow, "{stream:?} under {policy:?} in {capacity_bytes} B");
                assert!(fast <= belady.counters().hits, "{stream:?} under {policy:?} in {capacity_bytes} B");
                *better += u32::from(fast < belady.counters().hits);
            }
        }
    }
    assert!(better.iter().all(|&times| times > 100), "Belady is better {better:?} times");
}
