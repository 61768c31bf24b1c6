//! How fast runs are simulated: the quickstart end to end, and long decodes of its trace in simulated tokens a second.
//!
//! A decode repeats the trace, so its cost grows with the tokens and nothing else: a million tokens take a million over
//! the reported rate, and a moment to load.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tightfit::{
    Inputs,
    reports::schema::RunResult,
    run::{self, Curve},
    scenarios::{Scenario, Settings},
};

/// Tokens of one decode: 15 times the recorded ones.
const TOKENS: u32 = 1000;
/// The KV cache stays as small as in the quickstart: the extension has no memory for more.
const KEPT: &str = "request.context-tokens=161";

fn inputs(strategies: &[&str], settings: &[&str]) -> Inputs {
    let settings = Settings::parse(settings).expect("right settings");
    let strategies: Vec<String> = strategies.iter().map(|&name| name.to_owned()).collect();
    let scenario = Scenario::load_with("quickstart", &strategies, &settings).expect("a built-in scenario");
    Inputs::load(scenario, &settings).expect("right inputs")
}

fn results(inputs: &Inputs) -> Vec<RunResult> {
    run::run(inputs, Curve::Skip, || ()).expect("a scenario that can run")
}

fn quickstart(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("run");
    group.sample_size(10);
    group.bench_function("quickstart", |bencher| bencher.iter(|| results(&inputs(&[], &[]))));
    group.finish();
}

fn decode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(u64::from(TOKENS)));
    group.sample_size(10);
    for strategy in ["lru", "window"] {
        let output = format!("request.output-tokens={TOKENS}");
        let inputs = inputs(&[strategy], &[&output, KEPT, "devices=[\"iphone-15-pro\"]"]);
        assert_eq!(results(&inputs)[0].tokens.len(), TOKENS as usize, "faster is not shorter");
        group.bench_function(strategy, |bencher| bencher.iter(|| results(black_box(&inputs))));
    }
    group.finish();
}

criterion_group!(benches, quickstart, decode);
criterion_main!(benches);
