//! How fast a trace is read, written and summed up, in ids a second, on the trace of the quickstart.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tightfit::scenarios::{
    trace::{self, Trace, Writer},
    traces,
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

criterion_group!(benches, bench);
criterion_main!(benches);
