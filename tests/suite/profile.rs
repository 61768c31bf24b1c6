//! The profile of a trace's head: counts by hand on a small trace, and a slow count on a recorded one.

use std::{cmp::Reverse, collections::BTreeMap};

use tightfit::{
    compose::profile::Profile,
    engine::Geometry,
    scenarios::{
        trace::{self, Trace},
        traces,
    },
};

use crate::tiny::TRACE;

/// Bytes of a bundle.
const BYTES: u64 = 192;

fn tiny() -> (Trace, Geometry) {
    let trace = trace::text::parse("tiny", TRACE).unwrap_or_else(|error| panic!("{error}"));
    let mut geometry = Geometry::new();
    geometry.push(0, 16, BYTES, 3);
    geometry.push(1, 16, BYTES, 3);
    (trace, geometry)
}

/// The first three tokens: 0 1 2 | 3 4, then 1 2 9 | 4 15, then 0 2 5 6 | 4 5.
fn head() -> (Profile, Geometry) {
    let (trace, geometry) = tiny();
    (Profile::new(trace.stretch(), trace.requests()[0], 3), geometry)
}

#[test]
fn a_head_ends_where_it_is_cut_or_where_the_request_does() {
    let (trace, geometry) = tiny();
    let [first, second] = [0, 1].map(|request: usize| Profile::new(trace.stretch(), trace.requests()[request], 4));
    assert_eq!((first.tokens(), second.tokens()), (4, 2));
    assert_eq!(first.layer_demand(&geometry), [7 * BYTES, 4 * BYTES], "7 comes with the fourth token");
    assert_eq!(second.layer_demand(&geometry), [2 * BYTES, 2 * BYTES], "the second request's own tokens");
    assert_eq!(head().0.layer_demand(&geometry), [6 * BYTES, 4 * BYTES]);
}

#[test]
fn the_hot_set_is_the_most_used_that_fits() {
    let (profile, geometry) = head();
    // Bundle 4 of layer 1 is number 20: like 2 it is used by every token; of those used twice 0 is the lowest.
    assert_eq!(profile.hot_set(&geometry, 0.0), [0_u32; 0]);
    assert_eq!(profile.hot_set(&geometry, 2.0 / 32.0), [2, 20]);
    assert_eq!(profile.hot_set(&geometry, 3.9 / 32.0), [0, 2, 20]);
    assert_eq!(profile.hot_set(&geometry, 1.0), [0, 1, 2, 5, 6, 9, 19, 20, 21, 31], "never what was not used");
}

#[test]
fn neighbours_are_those_of_the_next_layer_most_often_together() {
    let neighbours = head().0.neighbours(2);
    assert_eq!(neighbours.after(0), [20, 19], "4 twice; 3 and 5 once each, of which 3 is the lower");
    assert_eq!(neighbours.after(9), [20, 31]);
    assert_eq!(neighbours.after(10), [0_u32; 0], "never used");
    assert_eq!(neighbours.after(20), [0_u32; 0], "no layer follows");
}

#[test]
fn ranks_follow_the_uses_of_each_layer() {
    let ranks = head().0.popularity_ranks();
    // Layer 0 by place: 2, 0, 1, 5, 6, 9, then what was not used.
    assert_eq!(ranks[..10], [1, 2, 0, 6, 7, 3, 4, 8, 9, 5]);
    assert_eq!((ranks[16 + 4], ranks[16 + 3], ranks[16 + 5], ranks[16 + 15]), (0, 1, 2, 3));
    let linked = head().0.co_activation_ranks().to_vec();
    assert!(
        linked[1].abs_diff(linked[2]) == 1 && linked[0].abs_diff(linked[2]) == 1,
        "0 and 1 are twice with 2: {linked:?}"
    );
}

#[test]
fn counts_on_a_recorded_trace_are_those_of_a_slow_count() {
    let trace = traces::load("smollm2-135m-chat").unwrap_or_else(|error| panic!("{error}"));
    let profile = Profile::new(trace.stretch(), trace.requests()[0], 70);
    let neighbours = profile.neighbours(12);
    let layer = 17;
    let width = trace.geometry().bundles_per_layer;
    let (mut found, mut cut) = (0, 0);
    for bundle in (0..width).step_by(97) {
        let mut together: BTreeMap<u32, u32> = BTreeMap::new();
        for token in (0..70).filter(|&token| trace.active(token, layer).contains(&bundle)) {
            for &next in trace.active(token, layer + 1) {
                *together.entry(next).or_default() += 1;
            }
        }
        let mut expected: Vec<u32> = together.keys().copied().collect();
        expected.sort_by_key(|next| (Reverse(together[next]), *next));
        cut += expected.len().saturating_sub(12);
        expected.truncate(12);
        let expected: Vec<u32> = expected.iter().map(|next| (layer + 1) * width + next).collect();
        assert_eq!(neighbours.after(layer * width + bundle), expected, "bundle {bundle}");
        found += expected.len();
    }
    assert!(found > 100 && cut > 100, "{found} neighbours, {cut} cut");
}
