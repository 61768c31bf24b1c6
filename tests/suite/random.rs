//! Random strategies in random small memories: no panic, and every law holds.

use std::{
    fs,
    sync::atomic::{AtomicU32, Ordering},
};

use proptest::{prelude::*, sample::select, strategy::Strategy as Generator};
use tightfit::{
    Inputs,
    run::{self, Curve},
    scenarios::{Scenario, Settings, catalog::Text},
};

use crate::{laws::assert_laws, tiny::Tiny};

/// The dimensions of a strategy.
#[derive(Clone, Debug)]
struct Dimensions {
    stream: &'static str,
    layout: &'static str,
    evict: &'static str,
    placement: &'static str,
    overlap: &'static str,
    prefetch: &'static str,
    pinned: &'static str,
    lanes: u32,
    gap_kib: u32,
    read_max_kib: u32,
    page_cache: Option<u32>,
}

impl Dimensions {
    /// As a strategy file, where a dimension that excludes another one gives way.
    fn toml(&self) -> String {
        let Self { stream, layout, evict, pinned, lanes, gap_kib, read_max_kib, .. } = self;
        let head = format!(
            "schema = 1\nname = \"random\"\ntitle = \"random\"\nstream = \"{stream}\"\nlayout = \"{layout}\"\n"
        );
        if let Some(read_around_kib) = self.page_cache {
            return format!("{head}[page-cache]\nread-around-kib = {read_around_kib}\n");
        }
        let everything = *stream == "everything";
        let prefetch = if everything && !evict.contains("retain-none") { self.prefetch } else { "none" };
        let placement = if prefetch == "none" { self.placement } else { "in-place" };
        let overlap = if everything { "none" } else { self.overlap };
        format!(
            "{head}[resident-set]\nevict = {evict}\npinned-share = {pinned}\nplacement = \"{placement}\"\n\
             overlap = \"{overlap}\"\nprefetch = \"{prefetch}\"\n\
             [reads]\nlanes = {lanes}\ncoalesce-gap-kib = {gap_kib}\nread-max-kib = {read_max_kib}\n"
        )
    }
}

const POLICIES: [&str; 6] = [
    "{ policy = \"retain-none\" }",
    "{ policy = \"lru\" }",
    "{ policy = \"belady\" }",
    "{ policy = \"window\", tokens = 1 }",
    "{ policy = \"window\", tokens = 3 }",
    "{ policy = \"window\", tokens = 4000000000 }",
];

fn dimensions() -> impl Generator<Value = Dimensions> {
    let of_store = (select(&["everything", "feed-forward"]), select(&["separate", "bundled"]));
    let of_set = (select(&POLICIES), select(&["compact", "in-place"]), select(&["0.0", "0.37", "1.0", "\"fit\""]));
    let of_time = (select(&["none", "resident-first"]), select(&["none", "next-layer"]));
    let reads = (1_u32..9, 0_u32..3, 1_u32..4);
    let page_cache = prop::option::weighted(0.2, 1_u32..5);
    (of_store, of_set, of_time, reads, page_cache).prop_map(|(of_store, of_set, of_time, reads, page_cache)| {
        let ((stream, layout), (evict, placement, pinned), (overlap, prefetch)) = (of_store, of_set, of_time);
        let (lanes, gap_kib, read_max_kib) = reads;
        Dimensions {
            stream,
            layout,
            evict,
            placement,
            overlap,
            prefetch,
            pinned,
            lanes,
            gap_kib,
            read_max_kib,
            page_cache,
        }
    })
}

/// Settings of the device, the memory and the request.
fn settings() -> impl Generator<Value = Vec<String>> {
    let device =
        (select(&["0.25", "0.5", "1", "2"]), select(&["0.5", "1", "4"]), 1_u32..6, select(&["101", "150", "400"]));
    let request = (1_u32..30, prop::option::of(1_u32..30), any::<bool>(), 0_u32..2);
    // From nothing that fits to everything (23 KB).
    (device, 1_u32..40_000, request).prop_map(|(device, budget, (output, context, batched, number))| {
        let (unit_kib, page_kib, depth, sustained_mw) = device;
        let mut texts = vec![
            format!("device.flash.read-unit-kib={unit_kib}"),
            format!("device.memory.page-kib={page_kib}"),
            format!("device.flash.queue-depth={depth}"),
            format!("device.heat.sustained-mw={sustained_mw}"),
            "device.heat.time-constant-s=0.001".to_owned(),
            format!("memory.budget-mib={}", f64::from(budget) / 1_048_576.0),
            format!("request.output-tokens={output}"),
            format!("request.prefill={}", if batched { "batched" } else { "sequential" }),
            format!("request.trace-request={number}"),
        ];
        texts.extend(context.map(|tokens| format!("request.context-tokens={tokens}")));
        texts
    })
}

static EVICTED: AtomicU32 = AtomicU32::new(0);
static HIT: AtomicU32 = AtomicU32::new(0);
static AHEAD: AtomicU32 = AtomicU32::new(0);

#[test]
fn any_strategy_in_any_memory_keeps_the_laws() {
    let tiny = Tiny::new();
    let path = tiny.folder().join("random.toml");
    let scenario = tiny.ask().scenario.to_owned();
    let config = ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(dimensions in dimensions(), texts in settings())| {
        let settings = Settings::parse(&texts).expect("well-formed settings");
        let text = dimensions.toml();
        fs::write(&path, &text).expect("a file");
        let source = Text { origin: "tiny".to_owned(), text: scenario.clone() };
        let only = [path.display().to_string()];
        let scenario =
            Scenario::parse(source, &only, &settings).unwrap_or_else(|error| panic!("{text}\n{texts:?}: {error}"));
        let inputs = Inputs::load(scenario, &settings).unwrap_or_else(|error| panic!("{texts:?}: {error}"));
        let results = run::run(&inputs, Curve::Skip, || ()).unwrap_or_else(|error| panic!("{texts:?}: {error}"));
        prop_assert_eq!(results.len(), 1);
        assert_laws(&results[0]);
        EVICTED.fetch_add(u32::from(results[0].cache.evictions > 0), Ordering::Relaxed);
        HIT.fetch_add(u32::from(results[0].cache.hits > 0), Ordering::Relaxed);
        AHEAD.fetch_add(u32::from(results[0].flash.prefetch_bytes > 0), Ordering::Relaxed);
    });
    let happened = [&EVICTED, &HIT, &AHEAD].map(|count| count.load(Ordering::Relaxed));
    assert!(happened.iter().all(|&cases| cases > 5), "cases with evictions, hits, prefetch: {happened:?}");
}
