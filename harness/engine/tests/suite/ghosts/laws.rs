//! What holds for any policy: candidates, bounds, memory.

use std::collections::BTreeSet;

use allocation_counter::measure;
use proptest::prelude::*;
use tightfit_engine::{
    evict::{At, Evict, Moment, Sizes, belady::Belady},
    oracle::Oracle,
    replay::Replay,
};

use super::Ghost;

const BUNDLES: u32 = 24;

/// Ids of [`long_stream`].
pub(super) const LONG_STREAM_BUNDLES: u32 = 200;

/// Lookups of which low ids have more, from integers alone.
pub(super) fn long_stream() -> Vec<u32> {
    let mut state = 1_u32;
    let mut draw = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 16
    };
    (0..40_000).map(|_| draw() % (draw() % LONG_STREAM_BUNDLES + 1)).collect()
}

/// Which lookups of the stream hit, in a cache of `slots` bundles.
pub(super) fn replayed(policy: impl Evict, stream: &[u32], bundles: u32, slots: u64) -> Vec<bool> {
    let mut replay = Replay::new(policy, Sizes::Equal(1), bundles, slots);
    stream.iter().enumerate().map(|(number, &bundle)| replay.look_up(bundle, number)).collect()
}

/// One step: the bundles that it uses and how often it asks for a victim.
fn any_steps() -> impl Strategy<Value = Vec<(BTreeSet<u32>, usize)>> {
    prop::collection::vec((prop::collection::btree_set(0..BUNDLES, 0..9), 0_usize..12), 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Victims are the twin's; held bundles are spared, nothing leaves twice, none is left where no victim is named, and
    /// all leave at last.
    #[test]
    fn a_victim_is_a_candidate_and_every_candidate_is_a_victim_once(
        steps in any_steps(),
        sizes in prop::collection::vec(1_u32..6, BUNDLES as usize),
        capacity_bytes in 0_u64..90,
        policy in prop::sample::select(Ghost::ALL.to_vec()),
    ) {
        let sizes = Sizes::Each(sizes);
        let mut both = [Ghost::build, Ghost::twin].map(|make| make(policy, BUNDLES, capacity_bytes, &sizes));
        let mut care = BTreeSet::new();
        for (number, (active, asks)) in steps.iter().enumerate() {
            let at = At { step: number as u64, id: number };
            let hits: BTreeSet<u32> = active.intersection(&care).copied().collect();
            for bundle in active {
                let hit = hits.contains(bundle);
                for evict in &mut both {
                    if hit { evict.hold(*bundle) } else { evict.lack(*bundle) }
                }
            }
            for _ in 0..*asks {
                let [victim, twins] = both.each_mut().map(Evict::victim);
                prop_assert_eq!(victim, twins, "at step {}", number);
                let Some(victim) = victim else {
                    prop_assert_eq!(&care, &hits, "candidates were left at step {}", number);
                    break;
                };
                prop_assert!(!hits.contains(&victim), "held bundle {} left at step {}", victim, number);
                prop_assert!(care.remove(&victim), "bundle {} left twice by step {}", victim, number);
            }
            for (index, bundle) in active.iter().enumerate() {
                // Some that were held were not used after all.
                let [hit, unused] = [hits.contains(bundle), (index + number) % 5 == 0];
                for evict in &mut both {
                    match (hit, unused) {
                        (false, _) => evict.admit(*bundle, at),
                        (true, false) => evict.touch(*bundle, at),
                        (true, true) => evict.release(*bundle),
                    }
                }
            }
            care.extend(active);
            loop {
                let [expired, twins] = both.each_mut().map(|evict| evict.expire(Moment::AfterStep, at.step));
                prop_assert_eq!(expired, twins, "after step {}", number);
                let Some(expired) = expired else { break };
                prop_assert!(care.remove(&expired), "bundle {} expired twice by step {}", expired, number);
            }
        }
        while let Some(victim) = both[0].victim() {
            prop_assert!(care.remove(&victim), "bundle {} left twice", victim);
        }
        prop_assert!(care.is_empty(), "never named: {:?}", care);
    }

    /// A bundle that was read ahead comes without having been lacking, also where it is a ghost.
    #[test]
    fn what_was_read_ahead_is_admitted_from_any_place(
        stream in prop::collection::vec((0..BUNDLES, any::<bool>()), 1..200),
        policy in prop::sample::select(Ghost::ALL.to_vec()),
    ) {
        let mut evict = policy.build(BUNDLES, 8, &Sizes::Equal(1));
        let mut care = BTreeSet::new();
        for (number, &(bundle, ahead)) in stream.iter().enumerate() {
            let at = At { step: number as u64, id: number };
            if care.contains(&bundle) {
                evict.reuse(bundle, at);
                continue;
            }
            if !ahead {
                evict.lack(bundle);
            }
            while care.len() >= 8 {
                let victim = evict.victim().expect("a candidate");
                prop_assert!(care.remove(&victim));
            }
            evict.admit(bundle, at);
            care.insert(bundle);
        }
        while let Some(victim) = evict.victim() {
            prop_assert!(care.remove(&victim));
        }
        prop_assert!(care.is_empty());
    }

    #[test]
    fn belady_is_never_beaten(
        stream in prop::collection::vec(0..BUNDLES, 1..300),
        slots in 1..u64::from(BUNDLES),
        policy in prop::sample::select(Ghost::ALL.to_vec()),
    ) {
        let hits = |found: Vec<bool>| found.iter().filter(|&&found| found).count();
        let bound = Belady::new(BUNDLES, 0, Oracle::of_stream(stream.clone(), BUNDLES).into());
        let bound = hits(replayed(bound, &stream, BUNDLES, slots));
        let online = hits(replayed(policy.build(BUNDLES, slots, &Sizes::Equal(1)), &stream, BUNDLES, slots));
        prop_assert!(online <= bound, "{:?} has {} hits, Belady {} in {}", policy, online, bound, slots);
    }
}

#[test]
fn no_policy_allocates_after_construction() {
    let stream = long_stream();
    for policy in Ghost::ALL {
        let mut replay = Replay::new(policy.build(200, 20, &Sizes::Equal(1)), Sizes::Equal(1), 200, 20);
        let info = measure(|| {
            for (number, &bundle) in stream.iter().enumerate() {
                replay.look_up(bundle, number);
            }
        });
        let tally = replay.tally();
        assert!(tally.hits > 4_000 && tally.hits < 30_000, "{policy:?}: {tally:?}");
        assert_eq!(info.count_total, 0, "calls of the allocator under {policy:?} in a stream");

        let mut evict = policy.build(200, 20, &Sizes::Equal(1));
        let held = &mut [false; 200];
        let info = measure(|| {
            for (number, row) in stream.chunks_exact(4).enumerate() {
                let at = At { step: number as u64, id: number };
                let hit = row
                    .iter()
                    .map(|&bundle| held[bundle as usize])
                    .rev()
                    .fold(0, |hits, hit| hits << 1 | u8::from(hit));
                for (index, &bundle) in row.iter().enumerate().filter(|&(index, bundle)| !row[..index].contains(bundle))
                {
                    if hit >> index & 1 == 1 { evict.hold(bundle) } else { evict.lack(bundle) }
                }
                while held.iter().filter(|&&held| held).count() > 16
                    && let Some(victim) = evict.victim()
                {
                    held[victim as usize] = false;
                }
                for (index, &bundle) in row.iter().enumerate().filter(|&(index, bundle)| !row[..index].contains(bundle))
                {
                    if hit >> index & 1 == 1 {
                        evict.touch(bundle, at);
                    } else {
                        evict.admit(bundle, at);
                    }
                    held[bundle as usize] = true;
                }
                while let Some(expired) = evict.expire(Moment::AfterStep, at.step) {
                    held[expired as usize] = false;
                }
            }
        });
        assert_eq!(info.count_total, 0, "calls of the allocator under {policy:?} in steps");
        assert!(held.iter().filter(|&&held| held).count() >= 16, "the steps held something under {policy:?}");
    }
}
