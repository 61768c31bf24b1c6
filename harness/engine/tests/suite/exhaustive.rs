//! The whole small space: every trace of up to 6 accesses over up to 4 bundles, every policy, every budget.

use tightfit_engine::{Geometry, Script, Store, session::Stepper, store::Layout};

use crate::{
    case::steps,
    policy::Policy,
    residency::{engine, plain},
    twin::Twin,
};

const BUNDLES: u32 = 4;
const ACCESSES_MAX: u32 = 6;
const BUNDLE_BYTES: u64 = 8;

/// Every trace of exactly `accesses` accesses, as digits of a number.
fn traces(accesses: u32) -> impl Iterator<Item = Vec<Vec<u32>>> {
    (0..BUNDLES.pow(accesses))
        .map(move |number| (0..accesses).map(|at| vec![number / BUNDLES.pow(at) % BUNDLES]).collect())
}

/// Hits of the engine, held to its twin and to the laws after every step.
fn hits(store: &Store, history: &[Vec<u32>], policy: Policy, budget: u64) -> u64 {
    let mut script = Script::new(1);
    for row in history {
        script.push_pass(false, 1);
        script.push_row(row.iter().copied(), 1);
    }
    let passes = history.len() as u64;
    let budget_bytes = budget * BUNDLE_BYTES;
    let mut engine = engine(store, &script, plain(&script, budget_bytes, Vec::new()), policy, passes);
    let sizes = [BUNDLE_BYTES; BUNDLES as usize];
    let mut twin = Twin::new(policy, budget_bytes, &[BUNDLES], &sizes, history, &[]);
    let mut expected = (0, 0, 0);
    for (number, step) in steps(&script, passes, false).iter().enumerate() {
        engine.step(step);
        let counts = twin.step(number);
        expected = (expected.0 + counts.hits, expected.1 + counts.misses, expected.2 + counts.evictions);
        let counters = engine.counters();
        let found = (counters.hits, counters.misses, counters.evictions);
        assert_eq!(found, expected, "{history:?} under {policy:?} in {budget} after step {number}");
        assert!(engine.resident().bytes() <= budget_bytes, "{history:?} under {policy:?} in {budget}");
    }
    engine.counters().assert_laws();
    engine.counters().hits
}

#[test]
fn every_small_trace_keeps_the_laws() {
    let mut geometry = Geometry::new();
    geometry.push(0, BUNDLES, BUNDLE_BYTES, 1);
    let store = Store::new(geometry, Layout::Bundled, 1);
    // One layer: partitions of it are the whole.
    let policies: Vec<Policy> = Policy::kinds().into_iter().map(Policy::whole).collect();
    let (mut runs, mut strictly_better, mut grew) = (0, 0, 0);
    for history in (1..=ACCESSES_MAX).flat_map(traces) {
        let mut lru_before = 0;
        for budget in 0..=u64::from(BUNDLES) {
            let lru = hits(&store, &history, Policy::LRU, budget);
            let belady = hits(&store, &history, Policy::BELADY, budget);
            for &policy in &policies {
                let online = hits(&store, &history, policy, budget);
                assert!(belady >= online, "{history:?} in {budget}: {policy:?} has {online}, Belady {belady} hits");
                runs += 1;
            }
            strictly_better += u32::from(belady > lru);
            assert!(
                lru >= lru_before,
                "{history:?}: LRU has {lru_before} hits in {} and {lru} in {budget}",
                budget - 1
            );
            grew += u32::from(lru > lru_before);
            lru_before = lru;
        }
    }
    assert_eq!(runs, (4 + 16 + 64 + 256 + 1024 + 4096) * 5 * policies.len());
    assert!(strictly_better > 100 && grew > 100, "Belady better {strictly_better} times, LRU grew {grew} times");
}
