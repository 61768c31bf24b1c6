//! Traces to test with: a header, a fixed small one, and random ones.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::trace::{Builder, Geometry, Header, Phase, Row, Trace, Unit, Writer};

pub(super) fn header(layers: u32, bundles_per_layer: u32) -> Header {
    Header {
        geometry: Geometry { unit: Unit::Neuron, layers, bundles_per_layer },
        bundle_bytes: Vec::new(),
        model: "toy".to_owned(),
        model_digest: "00ff".to_owned(),
        prompt_digest: "11ee".to_owned(),
        recorder: "tests".to_owned(),
        recorder_version: "0.1.0".to_owned(),
        definition: "mass-share 0.90".to_owned(),
        notes: BTreeMap::from([("sampling".to_owned(), "greedy".to_owned())]),
    }
}

/// The bytes of a trace's Parquet file.
pub(super) fn bytes(trace: &Trace) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), trace.header(), trace.has_scores()).unwrap();
    trace.iter().try_for_each(|row| writer.row(&row)).unwrap();
    writer.into_sink().unwrap()
}

/// Builds a trace from `requests[r] = (prompt tokens, sets[token][layer])`; a score is a function of its place.
pub(super) fn build(header: Header, scores: bool, requests: &[(usize, Vec<Vec<Vec<u32>>>)]) -> Trace {
    let mut builder = Builder::new("sample", header, scores).unwrap();
    for (number, (prompt, tokens)) in (0u32..).zip(requests) {
        for (token, layers) in (0u32..).zip(tokens) {
            let phase = if (token as usize) < *prompt { Phase::Prefill } else { Phase::Decode };
            for (layer, active) in (0u32..).zip(layers) {
                let score: Vec<f32> = active.iter().map(|id| 1.0 / (1 + id + token) as f32).collect();
                let score = scores.then_some(score.as_slice());
                builder.row(&Row { request: number, token, phase, layer, active, score }).unwrap();
            }
        }
    }
    builder.finish().unwrap()
}

/// A trace of a fixed shape with sets that look random: `tokens` tokens, half of them prompt.
pub(super) fn scattered(tokens: usize, layers: u32, bundles: u32, scores: bool) -> Trace {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let sets = (0..tokens)
        .map(|_| (0..layers).map(|_| (0..bundles).filter(|_| next() % 2 == 0).collect()).collect())
        .collect();
    build(header(layers, bundles), scores, &[(tokens / 2, sets)])
}

/// Any small trace.
pub(super) fn any_trace() -> impl Strategy<Value = Trace> {
    (1u32..4, prop_oneof![1u32..20, 250u32..300], proptest::bool::ANY).prop_flat_map(|(layers, bundles, scores)| {
        let set = proptest::collection::btree_set(0..bundles, 0..bundles.min(40) as usize);
        let set = set.prop_map(|set: BTreeSet<u32>| set.into_iter().collect::<Vec<u32>>());
        let token = proptest::collection::vec(set, layers as usize);
        let tokens = proptest::collection::vec(token, 1..6);
        let request = (0usize..7, tokens);
        let note = proptest::collection::btree_map("[ a=\\\\\n\t]{0,4}", "[ b=#\\\\\n\r\t]{0,4}", 0..3);
        let model = "[ c\\\\\n\u{e9}]{0,4}";
        let sizes = prop_oneof![Just(0), Just(layers as usize)]
            .prop_flat_map(|layers| proptest::collection::vec(1..1_u64 << 32, layers));
        (proptest::collection::vec(request, 1..4), note, model, sizes).prop_map(
            move |(requests, notes, model, bundle_bytes)| {
                build(Header { bundle_bytes, model, notes, ..header(layers, bundles) }, scores, &requests)
            },
        )
    })
}
