//! Every key of a strategy moves a result; a key that no strategy has is an error.

use std::collections::BTreeSet;

use tightfit::{
    reports::schema::RunResult,
    scenarios::{Settings, Strategy, strategy},
};

use crate::{
    ask::Ask,
    sensitivity::{Case, Way, assert_moves, key_of},
};

const ON_LRU: Ask<'static> =
    Ask { scenario: "quickstart", device: Some("iphone-15-pro"), strategy: Some("lru"), set: &["memory.limit-mb=85"] };

/// Reads ahead by the next layer's router.
const AHEAD: Ask<'static> = Ask { strategy: Some("mixtral-offloading"), ..ON_LRU };

fn table() -> Vec<Case<'static>> {
    let windowed = Ask { strategy: Some("window"), set: &["memory.limit-mb=120"], ..ON_LRU };
    let linked = Ask { set: &["memory.limit-mb=85", "strategy.layout=co-activation"], ..ON_LRU };
    let on = |strategy: &'static str| Ask { strategy: Some(strategy), ..ON_LRU };
    let case = |ask, changed, metric: fn(&RunResult) -> f64, way| Case { changed, ask, metric, way };
    vec![
        case(ON_LRU, "strategy.stream=everything", |r| r.flash.bytes as f64, Way::Up),
        // A third of a neuron is 360 B: three matrices of short rows, each rounded out to blocks of 4 KiB.
        case(ON_LRU, "strategy.layout=separate", |r| r.flash.bytes as f64, Way::Up),
        // Only a little: rows of this model are active nearly independently (`runs.rs`).
        case(windowed, "strategy.layout=popularity", |r| r.flash.read_amplification, Way::Down),
        case(windowed, "strategy.layout=co-activation", |r| r.flash.read_amplification, Way::Down),
        case(linked, "strategy.profile-tokens=4", |r| r.flash.bytes as f64, Way::Up),
        case(ON_LRU, "strategy.resident-set.evict.policy=belady", |r| r.cache.hits as f64, Way::Up),
        case(windowed, "strategy.resident-set.evict.tokens=1", |r| r.cache.hits as f64, Way::Down),
        case(on("naive"), "strategy.resident-set.pinned-share=0.3", |r| r.flash.bytes as f64, Way::Down),
        case(
            on("window"),
            "strategy.resident-set.placement=in-place",
            |r| r.time.memory_management_ns as f64,
            Way::Down,
        ),
        case(
            Ask { strategy: Some("llm-flash-window"), ..windowed },
            "strategy.resident-set.rows=needed",
            |r| r.time.compute_ns as f64,
            Way::Down,
        ),
        case(ON_LRU, "strategy.resident-set.overlap=resident-first", |r| r.flash.hidden_ns as f64, Way::Up),
        case(on("layer-stream"), "strategy.resident-set.prefetch=none", |r| r.flash.prefetch_bytes as f64, Way::Down),
        case(ON_LRU, "strategy.reads.lanes=1", |r| r.time.flash_stall_ns as f64, Way::Up),
        case(ON_LRU, "strategy.reads.coalesce-gap-kib=0", |r| r.flash.reads as f64, Way::Up),
        case(on("naive"), "strategy.reads.read-max-kib=16", |r| r.flash.reads as f64, Way::Up),
        case(on("page-cache"), "strategy.page-cache.read-around-kib=16", |r| r.flash.reads as f64, Way::Up),
    ]
    .into_iter()
    .chain(dimensions())
    .collect()
}

/// Keys of predictors, prefetch, routing, partitions and drafts, on the strategies that have them.
fn dimensions() -> Vec<Case<'static>> {
    let on = |strategy: &'static str| Ask { strategy: Some(strategy), ..ON_LRU };
    let case = |ask, changed, metric: fn(&RunResult) -> f64, way| Case { changed, ask, metric, way };
    vec![
        case(ON_LRU, "strategy.resident-set.prefetch=oracle", |r| r.flash.prefetch_bytes as f64, Way::Up),
        case(AHEAD, "strategy.resident-set.prefetch.agreement=0.2", |r| r.prefetch.wasted as f64, Way::Up),
        // The same reads one after another keep the flash busy for longer.
        case(AHEAD, "strategy.reads.prefetch-lanes=1", |r| r.flash.hidden_ns as f64, Way::Up),
        // One LRU for all layers floods below a token cycle.
        case(AHEAD, "strategy.resident-set.partition=none", |r| r.cache.misses as f64, Way::Up),
        case(on("powerinfer-2"), "strategy.resident-set.pinned-by=spread", |r| r.cache.hits as f64, Way::Down),
        case(
            on("llm-flash-bundled"),
            "strategy.predictor.names={ kind = \"exact\" }",
            |r| r.quality.lost_mass_share,
            Way::Down,
        ),
        case(
            on("llm-flash-bundled"),
            "strategy.predictor.names.false-negatives=0.3",
            |r| r.quality.lost_mass_share,
            Way::Up,
        ),
        case(
            on("llm-flash-bundled"),
            "strategy.predictor.names.false-positives=0.5",
            |r| r.cache.lookups as f64,
            Way::Up,
        ),
        case(on("llm-flash-bundled"), "strategy.predictor.missed=read", |r| r.quality.lost_mass_share, Way::Down),
        case(on("llm-flash-bundled"), "strategy.predictor.rank=160", |r| r.memory.dense_bytes as f64, Way::Up),
        case(on("dip-ca"), "strategy.routing.keep-share=0.5", |r| r.quality.lost_mass_share, Way::Up),
        case(on("dip-ca"), "strategy.routing.margin=0.0", |r| r.quality.lost_mass_share, Way::Down),
        case(on("cache-prior"), "strategy.routing.top-k=200", |r| r.quality.lost_mass_share, Way::Down),
        case(on("cache-prior"), "strategy.routing.guaranteed=4", |r| r.quality.lost_mass_share, Way::Down),
        case(on("speculative"), "strategy.speculative.draft-tokens=8", |r| r.time.compute_ns as f64, Way::Up),
        case(on("speculative"), "strategy.speculative.acceptance=0.1", |r| r.throughput.decode_tokens_per_s, Way::Down),
        case(on("speculative"), "strategy.speculative.draft-mb=20", |r| r.memory.dense_bytes as f64, Way::Up),
    ]
}

#[test]
fn every_key_moves_the_result() {
    assert_moves(&table());
}

#[test]
fn every_key_of_every_strategy_is_in_the_table() {
    let tried: BTreeSet<String> =
        table().iter().map(|case| key_of(case).trim_start_matches("strategy.").to_owned()).collect();
    let mut found = BTreeSet::new();
    for name in strategy::CATALOG.names() {
        let strategy = Strategy::load(name, &[]).unwrap_or_else(|error| panic!("{error}"));
        found.extend(strategy.settings.into_keys());
    }
    // A choice with parameters of its own is replaced whole.
    for (word, choice) in
        [("predictor.names.kind", "predictor.names"), ("resident-set.prefetch.source", "resident-set.prefetch")]
    {
        assert!(found.remove(word), "a built-in strategy has {word}");
        found.insert(choice.to_owned());
    }
    assert_eq!(found, tried, "left: keys of the strategies; right: keys with a sensitivity test");
}

#[test]
fn a_strategy_goes_by_its_name_in_results() {
    let result = ON_LRU.result_with(&[]);
    assert_eq!(result.strategy, "lru");
    assert_eq!(result.parameters["strategy.reads.lanes"], "8");
    assert_eq!(ON_LRU.result_with(&["strategy.reads.lanes=2"]).parameters["strategy.reads.lanes"], "2");
}

#[test]
fn an_order_is_learnt_from_a_profile_and_from_nothing_else() {
    let settings = ["strategy.layout=co-activation", "strategy.profile-tokens=8"];
    let inputs = ON_LRU.inputs_with(&settings).unwrap_or_else(|error| panic!("{error}"));
    let profile =
        inputs.profile(&inputs.scenario.strategies[0]).expect("a trace in memory").expect("an order is learnt");
    assert_eq!(profile.tokens(), 8);
    let result = ON_LRU.result_with(&settings[..1]);
    assert_eq!(result.parameters["strategy.profile-tokens"], "32", "the default is written out");
    let plain = ON_LRU.inputs_with(&[]).unwrap_or_else(|error| panic!("{error}"));
    assert!(plain.profile(&plain.scenario.strategies[0]).expect("nothing to read").is_none());
    let bundled = ON_LRU.result_with(&[]);
    assert_eq!(bundled.cache, result.cache, "an order on flash moves no hit");
    assert!(bundled.flash.mean_run_bundles > 1.0, "runs are counted");
    assert_ne!(bundled.flash.reads, result.flash.reads, "it moves reads");
    assert!(!bundled.parameters.contains_key("strategy.profile-tokens"));
}

#[test]
fn a_setting_passes_by_the_strategies_without_its_key() {
    let all = Ask { strategy: None, ..ON_LRU };
    let inputs = all.inputs_with(&["strategy.resident-set.evict.tokens=7"]).unwrap_or_else(|error| panic!("{error}"));
    let taken: Vec<&str> = inputs
        .scenario
        .strategies
        .iter()
        .filter(|strategy| strategy.settings.get("resident-set.evict.tokens").is_some_and(|tokens| tokens == "7"))
        .map(|strategy| strategy.name.as_str())
        .collect();
    assert_eq!(taken, ["window"]);
    assert!(inputs.scenario.strategies.len() > 5, "the others run as they were");
}

#[test]
fn a_setting_reaches_only_the_strategies_that_are_run() {
    // Only `layer-stream` can read ahead: on the scenario's other strategies this setting would be an error.
    let set = ["strategy.resident-set.prefetch=next-layer"];
    assert!(Ask { strategy: None, ..ON_LRU }.inputs_with(&set).is_err());
    assert!(Ask { strategy: Some("layer-stream"), ..ON_LRU }.inputs_with(&set).is_ok());
}

#[test]
fn a_key_that_no_strategy_has_is_refused() {
    for wrong in ["strategy.read.lanes=3", "strategy.reads.lane=3", "strategy.page-cache.lanes=3", "strategy.zz=3"] {
        let refused = Ask { strategy: None, ..ON_LRU }.inputs_with(&[wrong]).expect_err(wrong);
        assert!(refused.to_string().starts_with(&format!("--set {wrong}: no strategy")), "{refused}");
    }
    let on_lru = ON_LRU.inputs_with(&["strategy.page-cache.read-around-kib=64"]).expect_err("lru is no page cache");
    assert!(on_lru.to_string().contains("strategy.page-cache.read-around-kib=64"), "{on_lru}");
    assert!(Settings::parse(&["strategy.page-cache.read-around-kib=64"]).is_ok(), "as a setting it is well formed");
}
