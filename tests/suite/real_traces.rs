//! The two traces of models that the project trained itself: zeros of rectified neurons, the word of a trained predictor, and routing.

use tightfit::{
    reports::schema::RunResult,
    scenarios::{Model, trace, traces},
};

use crate::ask::Ask;

const RELU: Ask<'static> = Ask { scenario: "small-relu", device: None, strategy: None, set: &[] };
const ROUTING: Ask<'static> = Ask { scenario: "small-routing", device: None, strategy: None, set: &[] };

fn result(ask: Ask<'_>, strategy: &str) -> RunResult {
    Ask { strategy: Some(strategy), ..ask }.result_with(&[])
}

#[test]
fn zeros_are_real_and_were_counted() {
    let trace = traces::load("tightfit-relu-4m-macbeth").unwrap_or_else(|error| panic!("{error}"));
    let info = trace::info(&trace);
    assert_eq!((info.unit, info.layers, info.bundles_per_layer), ("neuron", 6, 768));
    assert!(info.definition.contains("non-zero"), "{}", info.definition);
    // 88 to 99 % of the neurons were zero where the model was trained.
    for (layer, share) in info.active_share_by_layer.iter().enumerate() {
        assert!((0.003..0.15).contains(share), "layer {layer}: {share} active");
    }
    assert!(!trace.header().is_synthetic());
}

#[test]
fn a_predictor_s_word_is_as_good_as_the_trace_says() {
    let trace = traces::load("tightfit-relu-4m-macbeth").unwrap_or_else(|error| panic!("{error}"));
    let notes = &trace.header().notes;
    for layer in 0..trace.geometry().layers {
        let (mut active, mut named, mut right) = (0_u32, 0_u32, 0_u32);
        for token in 0..trace.tokens() {
            let predicted = trace.predicted(token, layer).expect("predictions");
            let truth = trace.active(token, layer);
            active += u32::try_from(truth.len()).expect("a layer");
            named += u32::try_from(predicted.len()).expect("a layer");
            right += u32::try_from(predicted.iter().filter(|id| truth.contains(id)).count()).expect("a layer");
        }
        let said = |note: &str| notes[note].split(' ').nth(layer as usize).expect("a number a layer").to_owned();
        let recall = f64::from(right) / f64::from(active);
        assert_eq!(said("predictor-recall"), format!("{recall:.3}"), "layer {layer}");
        assert_eq!(said("predictor-precision"), format!("{:.3}", f64::from(right) / f64::from(named)), "layer {layer}");
        assert!(recall > 0.5 && named < 6 * active, "layer {layer}: {recall}, {named} named for {active}");
    }
}

#[test]
fn real_zeros_are_worth_a_window_and_a_predictor_costs_what_it_misses() {
    let [naive, window, lru, belady] = ["naive", "window", "lru", "belady"].map(|name| result(RELU, name));
    assert!(window.flash.bytes_per_token * 4 < naive.flash.bytes_per_token, "a twentieth is active");
    assert!(!window.quality.open_loop && window.quality.lost_mass_share < 1e-12, "what is left out is zero");
    assert!(belady.cache.hits >= lru.cache.hits && lru.cache.hits > 0);
    let [trained, alone] = ["trained-predictor", "trained-predictor-alone"].map(|name| result(RELU, name));
    assert!(trained.flash.reads > window.flash.reads, "what is named in vain is read, and what is missed is read late");
    assert!(!trained.quality.open_loop && alone.quality.open_loop);
    assert!(alone.quality.lost_mass_share > 0.0, "what is missed is lost");
}

#[test]
fn real_routing_is_replayed() {
    let [naive, lru, belady, early] = ["naive", "lru", "belady", "router-run-early"].map(|name| result(ROUTING, name));
    assert!(lru.cache.hits > 0 && belady.cache.hits > lru.cache.hits);
    assert!(lru.flash.bytes_per_token < naive.flash.bytes_per_token);
    assert!(early.prefetch.useful > 0, "the router names experts a layer early");
    let model = Model::load("tightfit-moe-4m").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(model.parameters(), 3_900_480);
}
