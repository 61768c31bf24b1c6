//! How fast a trace is read, written, summed up and replayed row by row, in ids a second: on the trace of the quickstart, and
//! on parts of the two large ones of `benches/traces.py`.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tightfit::{
    curve::{self, Budget, Counting},
    scenarios::{
        scenario::Prefill,
        trace::{self, Reader, Trace, Writer, synth::Recipe},
        traces,
    },
};

const NAME: &str = "smollm2-135m-chat";

fn written(trace: &Trace) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), trace.header(), trace.has_scores()).expect("a header");
    for row in trace.iter() {
        writer.row(&row).expect("a row of a checked trace");
    }
    writer.into_sink().expect("a vector takes every byte")
}

fn bench(criterion: &mut Criterion) {
    let bytes = traces::bytes(NAME).expect("a built-in trace");
    let trace = trace::read_bytes(NAME, bytes.clone()).expect("a right trace");
    assert_eq!(trace::read_bytes(NAME, written(&trace)).expect("what was written"), trace, "faster is not different");
    let mut group = criterion.benchmark_group("trace");
    group.throughput(Throughput::Elements(trace.lookups()));
    group.sample_size(10);
    group.bench_function("read", |bencher| {
        bencher.iter_with_setup(|| bytes.clone(), |bytes| trace::read_bytes(NAME, black_box(bytes)).expect("a trace"));
    });
    group.bench_function("write", |bencher| bencher.iter(|| written(black_box(&trace))));
    group.bench_function("info", |bencher| bencher.iter(|| trace::info(black_box(&trace))));
    group.finish();
}

/// A recipe, tokens of it, and a cache of a tenth of its bundles.
const LARGE: [(&str, u32, u64); 2] = [("qwen3-30b-a3b", 2000, 614), ("opt-6.7b", 40, 52_429)];

fn large(criterion: &mut Criterion) {
    for (name, tokens, cache) in LARGE {
        let mut recipe = Recipe::load(name).expect("built in");
        recipe.lengths.decode_tokens = tokens - recipe.lengths.prompt_tokens;
        let trace = trace::synth::trace(&recipe).expect("a right recipe");
        let bytes = written(&trace);
        let mut group = criterion.benchmark_group(format!("trace/{name}"));
        group.throughput(Throughput::Elements(trace.lookups()));
        group.sample_size(10);
        group.bench_function("generate", |bencher| bencher.iter(|| trace::synth::trace(black_box(&recipe))));
        group.bench_function("write", |bencher| bencher.iter(|| written(black_box(&trace))));
        let reader = || Reader::from_bytes(name, bytes.clone()).expect("what was written");
        group.bench_function("read", |bencher| {
            bencher.iter_with_setup(reader, |mut reader| while reader.next_row().expect("a row").is_some() {});
        });
        let lru = [curve::parse("lru", Counting::Steps).expect("a policy")];
        let replay = |mut reader: Reader| {
            curve::streamed(&mut reader, &lru, &[Budget::Units(cache)], Counting::Steps, Prefill::Batched)
        };
        let points = replay(reader()).expect("a replay");
        assert!(points[0].hits > 0 && points[0].decode_lookups < points[0].lookups, "{points:?}");
        group.bench_function("replay lru", |bencher| bencher.iter_with_setup(reader, replay));
        group.finish();
    }
}

criterion_group!(benches, bench, large);
criterion_main!(benches);
