//! The replay of a stream beside the engine with steps of one bundle: the same hits after every lookup.

use proptest::prelude::*;
use tightfit_engine::{
    Geometry, Script, Store,
    evict::{At, Evict, Sizes},
    oracle::Oracle,
    replay::Replay,
    session::Stepper,
    store::Layout,
};

use crate::{
    case::steps,
    policy::Policy,
    residency::{engine, plain},
};

const BUNDLE_BYTES: u64 = 8;

fn replayed(policy: impl Evict, stream: &[u32], bundles: u32, capacity_bytes: u64) -> Vec<bool> {
    let mut replay = Replay::new(policy, Sizes::Equal(BUNDLE_BYTES), bundles, capacity_bytes);
    let found = stream.iter().enumerate().map(|(number, &bundle)| replay.look_up(bundle, number)).collect();
    assert_eq!(replay.tally().lookups, stream.len() as u64);
    assert_eq!(replay.tally().read_bytes, (replay.tally().lookups - replay.tally().hits) * BUNDLE_BYTES);
    assert!(replay.resident_bytes() <= capacity_bytes);
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_stream_hits_where_an_engine_of_single_bundle_steps_does(
        stream in prop::collection::vec(0_u32..9, 1..120),
        slots in 1_u64..10,
    ) {
        let mut geometry = Geometry::new();
        geometry.push(0, 9, BUNDLE_BYTES, 1);
        let store = Store::new(geometry, Layout::Bundled, 1);
        let mut script = Script::new(1);
        for &bundle in &stream {
            script.push_pass(false, 1);
            script.push_row([bundle], 1);
        }
        let passes = stream.len() as u64;
        let capacity_bytes = slots * BUNDLE_BYTES;
        for policy in Policy::all() {
            let evict = policy.build(&script, store.geometry(), capacity_bytes, passes);
            let found = replayed(evict, &stream, 9, capacity_bytes);
            let evict = policy.build(&script, store.geometry(), capacity_bytes, passes);
            let mut at_once = Replay::new(evict, Sizes::Equal(BUNDLE_BYTES), 9, capacity_bytes);
            at_once.look_up_all(&stream, 0);
            prop_assert_eq!(at_once.tally().hits, found.iter().filter(|&&found| found).count() as u64);
            let mut engine = engine(&store, &script, plain(&script, capacity_bytes, Vec::new()), policy, passes);
            for (step, found) in steps(&script, passes, false).iter().zip(found) {
                let before = engine.counters().hits;
                engine.step(step);
                prop_assert_eq!(engine.counters().hits > before, found, "step {} under {:?}", step.number, policy);
            }
        }
    }
}

/// Three ways to know the same future.
#[test]
fn the_future_of_a_stream_is_that_of_a_script_of_single_lookups() {
    let stream = [3_u32, 1, 3, 0, 1, 3, 2, 0];
    let mut script = Script::new(1);
    for bundle in stream {
        script.push_pass(false, 1);
        script.push_row([bundle], 1);
    }
    let oracle = Oracle::of_stream(stream.to_vec(), 4);
    let never = tightfit_engine::NONE;
    assert_eq!(oracle, Oracle::of_known(stream.to_vec(), vec![2, 4, 5, 7, never, never, never, never]));
    let of_script = Oracle::new(&script, 4, stream.len() as u64);
    for (number, _) in stream.iter().enumerate() {
        let at = At { step: number as u64, id: number };
        assert_eq!(of_script.next_use(at), oracle.next_use(at), "lookup {number}");
    }
}
