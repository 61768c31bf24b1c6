//! Nanoseconds per lookup of a replay by strategy, through the whole engine and the simulated platform.
//!
//! Two scripts: a synthetic one whose rows are drawn by rank with falling odds, as activations are, and a recorded trace.
//! Before each measurement the counts of the run are printed as a hash, so that faster can't mean different.
//! With `--test` the runs are short and made once.

use std::{hint::black_box, sync::Arc, time::Duration};

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};
use tightfit_devices::{Device, ProcessorKind, Stored, WeightFormat};
use tightfit_engine::{
    Engine, Geometry, Script, Setup, Store,
    engine::Gather,
    evict::{Evict, belady::Belady, lru::Lru, retain_none::RetainNone, window::Window},
    oracle::Oracle,
    paged::{PageSetup, PagedEngine},
    plan::ReadRules,
    prefetch::Prefetch,
    session::{self, Request, Stepper},
    store::Layout,
};
use tightfit_scenarios::traces;
use tightfit_sim::{Costs, LayerCosts, SimPlatform, Spec};

const UNIT_BYTES: u64 = 4096;
/// A row of SmolLM2-135M at 4.5 bits: three parts of 576 weights.
const ROW_BYTES: u64 = 3 * 360;
const STRATEGIES: [&str; 5] = ["retain-none", "lru", "window", "belady", "page-cache"];

/// A script and the store it is replayed over.
struct Workload {
    name: &'static str,
    script: Script,
    store: Store,
    decode_passes: u64,
}

impl Workload {
    fn new(name: &'static str, layers: u32, rows: u32, script: Script, decode_passes: u64) -> Self {
        let mut geometry = Geometry::new();
        for layer in 0..layers {
            geometry.push(layer, rows, ROW_BYTES, 3);
        }
        let store = Store::new(geometry, Layout::Bundled, UNIT_BYTES);
        Self { name, script, store, decode_passes }
    }

    /// Rows by rank: the odds of rank r fall as 1 / (1 + r / 150), which makes about a third of 1,536 rows active.
    fn zipf(decode_passes: u64) -> Self {
        const LAYERS: u32 = 30;
        const ROWS: u32 = 1536;
        let mut script = Script::new(LAYERS);
        let mut random = 0x9E37_79B9_7F4A_7C15_u64;
        for _ in 0..32 {
            script.push_pass(false, 1);
            for layer in 0..LAYERS {
                // Odd steps through all rows: each layer has ranks of its own.
                let rank = |row: u32| (row * (2 * layer + 5)) % ROWS;
                let mut draw = || {
                    random ^= random << 13;
                    random ^= random >> 7;
                    random ^= random << 17;
                    random >> 40
                };
                let active: Vec<u32> =
                    (0..ROWS).filter(|&row| draw() * u64::from(150 + rank(row)) < 150 << 24).collect();
                let uses = active.len() as u64;
                script.push_row(active.into_iter().map(|row| layer * ROWS + row), uses);
            }
        }
        Self::new("zipf", LAYERS, ROWS, script, decode_passes)
    }

    /// The tokens of the recorded trace, prompt and output alike, one a pass.
    fn recorded(decode_passes: u64) -> Option<Self> {
        let name = "smollm2-135m-chat";
        let trace = traces::load(name).ok()?;
        let geometry = trace.geometry();
        let mut script = Script::new(geometry.layers);
        for token in 0..trace.tokens() {
            script.push_pass(false, 1);
            for layer in 0..geometry.layers {
                let active = trace.active(token, layer);
                let first = layer * geometry.bundles_per_layer;
                script.push_row(active.iter().map(|&bundle| first + bundle), active.len() as u64);
            }
        }
        Some(Self::new(name, geometry.layers, geometry.bundles_per_layer, script, decode_passes))
    }

    fn lookups(&self) -> u64 {
        let passes = usize::try_from(self.decode_passes).expect("passes fit the address space");
        let rows = (0..passes).flat_map(|pass| (0..self.script.layers()).map(move |layer| (pass, layer)));
        rows.map(|(pass, layer)| self.script.row(self.script.recorded(pass), layer).active.len() as u64).sum()
    }

    fn setup(&self) -> Setup {
        // More than a window of two tokens, so that window and LRU differ.
        let budget_bytes = self.store.geometry().total_bytes() / 4 * 3;
        let reads = ReadRules { coalesce_gap_bytes: 4096, read_bytes_max: 1 << 20 };
        Setup::plain(budget_bytes, reads, self.script.row_bundles_max())
    }

    fn platform(&self, device: &Device) -> SimPlatform {
        let runtime = device.runtime("llama.cpp", ProcessorKind::Cpu).expect("a runtime of the profile");
        let row = Stored::one(WeightFormat::Int4, 3 * 576, ROW_BYTES);
        let layer = LayerCosts { row, ..LayerCosts::default() };
        let layers = vec![layer; self.script.layers() as usize];
        let head = Stored::one(WeightFormat::Int8, 28_000_000, 28_000_000);
        let costs = Costs { layers, head, ..Costs::default() };
        SimPlatform::new(Spec { device, runtime, costs, lanes: 8, prefetch_lanes: 8 })
    }
}

/// Any strategy's stepper, ready to run; the run gives the counts' hash.
fn prepare<'w>(workload: &'w Workload, device: &Device, strategy: &str) -> Box<dyn FnOnce() -> u64 + 'w> {
    let bundles = workload.store.geometry().bundles();
    let platform = workload.platform(device);
    match strategy {
        "retain-none" => engine(workload, platform, RetainNone::new(workload.script.row_bundles_max())),
        "lru" => engine(workload, platform, Lru::new(bundles)),
        "window" => engine(workload, platform, Window::new(bundles, 2, workload.script.layers())),
        "belady" => {
            let oracle = Oracle::new(&workload.script, bundles, workload.decode_passes);
            engine(workload, platform, Belady::new(bundles, 0, Arc::new(oracle)))
        }
        "page-cache" => {
            let setup = PageSetup {
                budget_bytes: workload.setup().budget_bytes,
                page_bytes: 16_384,
                read_around_bytes: 131_072,
                gather: Gather::FeedForward,
                dense_bytes: 0,
            };
            run(workload, PagedEngine::new(&workload.store, setup, platform))
        }
        unknown => unreachable!("strategy {unknown}"),
    }
}

fn engine<'w, E: Evict + 'w>(
    workload: &'w Workload,
    platform: SimPlatform,
    policy: E,
) -> Box<dyn FnOnce() -> u64 + 'w> {
    run(workload, Engine::new(&workload.store, workload.setup(), policy, platform))
}

fn run<'w>(workload: &'w Workload, mut stepper: impl Stepper + 'w) -> Box<dyn FnOnce() -> u64 + 'w> {
    Box::new(move || {
        let request = Request {
            script: &workload.script,
            model_layers: workload.script.layers(),
            decode_passes: workload.decode_passes,
            context_max: 2048,
            rows_fixed: None,
            prefetch: Prefetch::None,
            draft_tokens: 0,
        };
        session::run(&mut stepper, &request, |_, _| ());
        let counters = stepper.counters();
        let owners = stepper.owners();
        let counts = [counters.lookups, counters.hits, counters.misses, counters.re_reads, counters.evictions];
        fnv(counts.into_iter().chain(counters.reads).chain(counters.read_bytes).chain([owners.total_ns()]))
    })
}

/// FNV-1a over the numbers' bytes.
fn fnv(numbers: impl IntoIterator<Item = u64>) -> u64 {
    let bytes = numbers.into_iter().flat_map(u64::to_le_bytes);
    bytes.fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

#[expect(clippy::print_stdout, reason = "the hash is what the bench says of its result")]
fn bench(criterion: &mut Criterion, workload: &Workload, device: &Device) {
    let mut group = criterion.benchmark_group(format!("replay/{}", workload.name));
    group.throughput(Throughput::Elements(workload.lookups()));
    for strategy in STRATEGIES {
        let hash = prepare(workload, device, strategy)();
        println!("replay/{}/{strategy}: {} lookups, counts {hash:016x}", workload.name, workload.lookups());
        group.bench_function(BenchmarkId::from_parameter(strategy), |bencher| {
            bencher.iter_batched(
                || prepare(workload, device, strategy),
                |run| assert_eq!(black_box(run()), hash, "the same replay gives the same counts"),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

fn main() {
    let short = std::env::args().any(|argument| argument == "--test");
    let decode_passes = if short { 20 } else { 300 };
    let device = Device::load("iphone-15-pro").expect("an embedded profile");
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(4))
        .configure_from_args();
    bench(&mut criterion, &Workload::zipf(decode_passes), &device);
    if let Some(recorded) = Workload::recorded(decode_passes) {
        bench(&mut criterion, &recorded, &device);
    }
    criterion.final_summary();
}
