//! Every number of a device profile moves a result the right way; a number that nothing reads does not exist.

use std::collections::BTreeSet;

use tightfit::{devices::Device, reports::schema::RunResult};

use crate::{
    ask::Ask,
    sensitivity::{Case, Way, assert_moves, key_of},
};

/// A scenario whose memory is what the device gives an app.
const ROOMY: &str = r#"
schema = 1
name = "roomy"
title = "as much memory as the device gives an app"
devices = ["iphone-15-pro"]
model = "smollm2-135m"
trace = "smollm2-135m-chat"
runtime = "llama.cpp"
processor = "cpu"
strategies = ["lru"]
"#;

const PHONE: Ask<'static> =
    Ask { scenario: "quickstart", device: Some("iphone-15-pro"), strategy: Some("lru"), set: &[] };
const GRID: Ask<'static> =
    Ask { scenario: "llm-in-a-flash", device: None, strategy: Some("naive"), set: &["strategy.reads.lanes=1"] };
const MIB_GRID: Ask<'static> = Ask { device: Some("oneplus-15r"), ..PHONE };

/// Any model of the catalog, read whole from flash for every token: its kernels cost what they cost in DRAM.
const ANY: &str = r#"
schema = 1
name = "any"
title = "any model"
devices = ["iphone-17-pro"]
model = "qwen3.5-0.8b"
quantization = "q4-k-m"
runtime = "llama.cpp"
processor = "gpu"
strategies = ["naive"]
request = { prompt-tokens = 16, output-tokens = 3 }
memory = { limit-mb = 8000, limit-source = { kind = "assumed", from = "a test" } }
"#;

const WHOLE: Ask<'static> = Ask { scenario: ANY, device: None, strategy: None, set: &[] };
const PERCEIVED: Ask<'static> = Ask { set: &["model=qwen3-30b-a3b", "memory.limit-mb=12000"], ..WHOLE };
const EMBEDDED: Ask<'static> = Ask { set: &["model=gemma-4-e2b"], ..WHOLE };
/// What a GPU lacks there goes to the CPU.
const ADRENO: Ask<'static> =
    Ask { device: Some("oneplus-12"), set: &["quantization=q2-k", "model=llama-3.2-1b"], ..WHOLE };

/// A row of the table.
fn case(changed: &'static str, ask: Ask<'static>, metric: fn(&RunResult) -> f64, way: Way) -> Case<'static> {
    Case { changed, ask, metric, way }
}

fn memory() -> Vec<Case<'static>> {
    let roomy = Ask { scenario: ROOMY, device: None, ..PHONE };
    let small = Ask { set: &["device.memory.app-limit-mb=110"], ..roomy };
    let entitled = Ask {
        set: &["memory.entitled=true", "device.memory.app-limit-mb=60", "device.memory.app-limit-entitled-mb=90"],
        ..roomy
    };
    // 100 MB of an app's 110 are in the zone of pressure, which begins at 79; 200 are too many.
    let pressed = Ask { set: &["device.memory.app-limit-mb=110", "memory.budget-mib=30"], ..roomy };
    let killed = Ask { set: &["device.memory.app-limit-mb=85", "memory.budget-mib=100"], ..roomy };
    let paged = Ask { strategy: Some("page-cache"), set: &["strategy.page-cache.read-around-kib=16"], ..PHONE };
    let moving = Ask { strategy: Some("window"), ..PHONE };
    vec![
        case("device.memory.bandwidth-mb-per-s=100000", PHONE, |r| r.time.compute_ns as f64, Way::Down),
        case("device.memory.copy-mb-per-s=5000", moving, |r| r.time.memory_management_ns as f64, Way::Up),
        case("device.memory.page-kib=64", paged, |r| r.flash.reads as f64, Way::Down),
        case("device.memory.page-in-mb-per-s=100", paged, |r| r.time.flash_stall_ns as f64, Way::Up),
        case("device.memory.app-limit-mb=85", roomy, |r| r.throughput.decode_tokens_per_s, Way::Down),
        case("device.memory.app-limit-entitled-mb=120", entitled, |r| r.throughput.decode_tokens_per_s, Way::Up),
        case("device.memory.reclaim-mb-per-s=10", pressed, |r| r.time.flash_stall_ns as f64, Way::Up),
        case("device.memory.kill-grace-s=20", killed, |r| r.memory.killed_after_ns as f64, Way::Up),
        case("device.memory.pressure-share=1.0", small, |r| r.throughput.decode_tokens_per_s, Way::Up),
    ]
}

fn flash() -> Vec<Case<'static>> {
    let one_by_one = Ask { strategy: Some("page-cache"), ..PHONE };
    let streaming = Ask { strategy: Some("naive"), ..PHONE };
    let two_lanes = Ask { set: &["strategy.reads.lanes=2", "strategy.reads.read-max-kib=64"], ..GRID };
    let hot = Ask { set: &["thermal.start=1.2"], ..PHONE };
    let stall = |r: &RunResult| r.time.flash_stall_ns as f64;
    let slow_mib_grid = concat!(
        "device.flash.grid.mib-per-s=[[9,9,9,9,9],[9,9,9,9,9],[9,9,9,9,9],[9,9,9,9,9],[9,9,9,9,9],",
        "[9,9,9,9,9],[9,9,9,9,9],[9,9,9,9,9],[9,9,9,9,9],[9,9,9,9,9]]"
    );
    let crawling = concat!(
        "device.flash.grid.mb-per-s=[[9,9,9,9,9,9],[9,9,9,9,9,9],[9,9,9,9,9,9],[9,9,9,9,9,9],[9,9,9,9,9,9],",
        "[9,9,9,9,9,9],[9,9,9,9,9,9],[9,9,9,9,9,9],[9,9,9,9,9,9],[9,9,9,9,9,9],[9,9,9,9,9,9]]"
    );
    vec![
        case("device.flash.read-latency-us=400", one_by_one, stall, Way::Up),
        case("device.flash.lane-mb-per-s=300", one_by_one, stall, Way::Up),
        case("device.flash.reads-per-s=5000", PHONE, stall, Way::Up),
        case("device.flash.ceiling-mb-per-s=2900", streaming, stall, Way::Down),
        case("device.flash.queue-depth=1", PHONE, stall, Way::Up),
        case("device.flash.hot-share=0.1", hot, stall, Way::Up),
        case("device.flash.read-unit-kib=64", PHONE, |r| r.flash.bytes as f64, Way::Up),
        case("device.flash.grid.sizes-kib=[8,16,32,64,128,256,512,1024,2048,8192,32768]", GRID, stall, Way::Up),
        case("device.flash.grid.lanes=[2,4,8,16,32,64]", two_lanes, stall, Way::Up),
        case(crawling, GRID, stall, Way::Up),
        case(slow_mib_grid, MIB_GRID, stall, Way::Up),
    ]
}

/// What a runtime makes of a processor.
fn runtimes() -> Vec<Case<'static>> {
    let compute = |r: &RunResult| r.time.compute_ns as f64;
    let overhead = |r: &RunResult| r.time.overhead_ns as f64;
    let budget = |r: &RunResult| r.memory.runtime_bytes as f64;
    let drafted = Ask { strategy: Some("speculative"), ..WHOLE };
    let managed = |r: &RunResult| r.time.memory_management_ns as f64;
    vec![
        case("device.runtime.llama.cpp@gpu.bandwidth-share=0.05", WHOLE, compute, Way::Up),
        case("device.runtime.llama.cpp@gpu.cache-bandwidth-share=0.001", WHOLE, compute, Way::Up),
        case("device.runtime.llama.cpp@gpu.operations-per-weight={ default = 500 }", WHOLE, compute, Way::Up),
        case("device.runtime.llama.cpp@gpu.operations-per-position={ default = 0.1 }", drafted, compute, Way::Down),
        case("device.runtime.llama.cpp@gpu.compute-share=0.001", WHOLE, |r| r.latency.ttft_ns as f64, Way::Up),
        case("device.runtime.llama.cpp@gpu.attention-compute-share=0.0001", WHOLE, compute, Way::Up),
        case("device.runtime.llama.cpp@gpu.extra-positions=5000", WHOLE, |r| r.latency.ttft_ns as f64, Way::Up),
        case("device.runtime.llama.cpp@gpu.layer-overhead-us=5000", WHOLE, overhead, Way::Up),
        case("device.runtime.llama.cpp@gpu.linear-layer-overhead-us=5000", WHOLE, overhead, Way::Up),
        case("device.runtime.llama.cpp@gpu.expert-layer-overhead-us=5000", PERCEIVED, overhead, Way::Up),
        case("device.runtime.llama.cpp@gpu.expert-kernel-overhead-us=5000", PERCEIVED, overhead, Way::Up),
        case("device.runtime.llama.cpp@gpu.embedding-layer-overhead-us=5000", EMBEDDED, overhead, Way::Up),
        case("device.runtime.llama.cpp@gpu.token-overhead-us=50000", WHOLE, overhead, Way::Up),
        case("device.runtime.llama.cpp@gpu.vocabulary-overhead-us=5000", WHOLE, overhead, Way::Up),
        case("device.runtime.llama.cpp@gpu.large-head={ weights = 1000, operations = 500 }", WHOLE, compute, Way::Up),
        case("device.runtime.llama.cpp@gpu.prompt-overhead-us=500000", WHOLE, overhead, Way::Up),
        case("device.runtime.llama.cpp@gpu.switch-overhead-us=5000", ADRENO, overhead, Way::Up),
        case("device.runtime.llama.cpp@gpu.switch-position-us=500", ADRENO, overhead, Way::Up),
        case("device.runtime.llama.cpp@gpu.memory-mb=4000", WHOLE, budget, Way::Up),
        case("device.runtime.llama.cpp@gpu.bytes-per-prompt-logit=100", WHOLE, budget, Way::Up),
        case("device.runtime.llama.cpp@cpu.admit-mb-per-s=100", PHONE, managed, Way::Up),
        case("device.runtime.llama.cpp@gpu.scale={ bandwidth = 0.1 }", WHOLE, compute, Way::Up),
        case("device.runtime.llama.cpp@gpu.scale={ arithmetic = 0.01 }", WHOLE, compute, Way::Up),
        case("device.runtime.llama.cpp@gpu.scale={ compute = 0.01 }", WHOLE, |r| r.latency.ttft_ns as f64, Way::Up),
        case("device.runtime.llama.cpp@gpu.scale={ overhead = 50 }", WHOLE, overhead, Way::Up),
        case("device.runtime.llama.cpp@gpu.scale={ switch = 500 }", ADRENO, overhead, Way::Up),
    ]
}

/// Rates are made the bottleneck, so that time turns on them.
fn processors() -> Vec<Case<'static>> {
    let in_format = |set: &'static [&'static str]| Ask { set, ..WHOLE };
    let cpu = |set| Ask { set, ..WHOLE };
    let compute = |r: &RunResult| r.time.compute_ns as f64;
    let active = |r: &RunResult| r.energy.compute_pj as f64;
    let on_cpu = cpu(&["processor=cpu"]);
    let neural = Ask { set: &["runtime=core-ai", "processor=npu", "quantization=coreml-int4"], ..WHOLE };
    vec![
        case("device.cpu.gflops.i8=10", on_cpu, compute, Way::Up),
        case(
            "device.cpu.gflops.f16=10",
            cpu(&["processor=cpu", "device.runtime.llama.cpp@cpu.compute-format=f16"]),
            compute,
            Way::Up,
        ),
        case(
            "device.cpu.gflops.f32=10",
            cpu(&["processor=cpu", "device.runtime.llama.cpp@cpu.compute-format=f32"]),
            compute,
            Way::Up,
        ),
        case("device.cpu.bandwidth-share=0.1", on_cpu, compute, Way::Up),
        case("device.cpu.active-mw=8000", on_cpu, active, Way::Up),
        case("device.gpu.gflops.f16=10", WHOLE, compute, Way::Up),
        case(
            "device.gpu.gflops.f32=10",
            in_format(&["device.runtime.llama.cpp@gpu.compute-format=f32"]),
            compute,
            Way::Up,
        ),
        case(
            "device.gpu.gflops.i8=10",
            in_format(&["device.gpu.gflops.i8=1000", "device.runtime.llama.cpp@gpu.compute-format=i8"]),
            compute,
            Way::Up,
        ),
        case("device.gpu.bandwidth-share=0.1", WHOLE, compute, Way::Up),
        case("device.gpu.active-mw=9000", WHOLE, active, Way::Up),
        case("device.npu.gflops.f16=10", neural, compute, Way::Up),
        case(
            "device.npu.gflops.i8=10",
            Ask {
                set: &[
                    "runtime=core-ai",
                    "processor=npu",
                    "quantization=coreml-int4",
                    "device.npu.gflops.i8=1000",
                    "device.runtime.core-ai@npu.compute-format=i8",
                ],
                ..WHOLE
            },
            compute,
            Way::Up,
        ),
        case("device.npu.bandwidth-share=0.1", neural, compute, Way::Up),
        case("device.npu.active-mw=9000", neural, active, Way::Up),
    ]
}

fn energy_and_heat() -> Vec<Case<'static>> {
    let hot = Ask { set: &["thermal.start=1.1"], ..PHONE };
    let quick_to_heat = Ask { set: &["device.heat.time-constant-s=1"], ..PHONE };
    vec![
        case("device.power.idle-mw=1600", PHONE, |r| r.energy.idle_pj as f64, Way::Up),
        case("device.power.dram-pj-per-byte=28", PHONE, |r| r.energy.dram_pj as f64, Way::Down),
        case("device.power.flash-pj-per-byte=200", PHONE, |r| r.energy.flash_pj as f64, Way::Up),
        case("device.battery.energy-mwh=6000", PHONE, |r| r.energy.battery_percent_per_1000_tokens, Way::Up),
        case("device.heat.sustained-mw=900", quick_to_heat, |r| r.time.throttling_ns as f64, Way::Up),
        case("device.heat.time-constant-s=1", PHONE, |r| r.thermal.peak_fill, Way::Up),
        case("device.heat.clock-exponent=3", hot, |r| r.energy.compute_pj as f64, Way::Down),
    ]
}

fn table() -> Vec<Case<'static>> {
    [memory(), flash(), processors(), runtimes(), energy_and_heat()].into_iter().flatten().collect()
}

/// A key without its runtime and without a format of weights, and one key for each factor of a scale.
fn without_number(key: &str) -> String {
    let Some(rest) = key.strip_prefix("runtime.") else { return key.to_owned() };
    let rest = rest.split_once('@').map_or(rest, |(_, rest)| rest);
    let key = rest.split_once('.').map_or(rest, |(_, key)| key);
    let by_format = ["operations-per-weight", "operations-per-position", "compute-share", "large-head", "scale", "fit"];
    let plain = by_format.into_iter().find(|plain| key.starts_with(plain)).unwrap_or(key);
    format!("runtime.*.{plain}")
}

#[test]
fn memory_moves_the_result() {
    assert_moves(&memory());
}

#[test]
fn flash_moves_the_result() {
    assert_moves(&flash());
}

#[test]
fn processors_move_the_result() {
    assert_moves(&processors());
}

/// A key that a profile of one's own may have, and no built-in one has.
#[test]
fn a_dispatch_moves_the_result() {
    let overhead = |r: &RunResult| r.time.overhead_ns as f64;
    assert_moves(&[case("device.gpu.dispatch-us=50", WHOLE, overhead, Way::Up)]);
}

#[test]
fn runtimes_move_the_result() {
    assert_moves(&runtimes());
}

#[test]
fn energy_and_heat_move_the_result() {
    assert_moves(&energy_and_heat());
}

#[test]
fn every_number_of_every_profile_is_in_the_table() {
    let mut tried: BTreeSet<String> =
        table().iter().map(|case| without_number(key_of(case).trim_start_matches("device."))).collect();
    // A bound on the others, and on the scenario's limits, rather than a quantity of its own: see the test below.
    tried.insert("memory.total-mb".to_owned());
    let mut found = BTreeSet::new();
    for name in Device::names() {
        let device = Device::load(name).unwrap_or_else(|error| panic!("{error}"));
        found.extend(device.sourced().iter().map(|number| without_number(&number.key)));
    }
    assert_eq!(found, tried, "left: numbers of the profiles; right: numbers with a sensitivity test");
}

#[test]
fn no_app_has_more_memory_than_the_device() {
    let refused = PHONE.inputs_with(&["device.memory.total-mb=3000"]).expect_err("below the app's limit");
    assert!(refused.to_string().contains("memory.app-limit-mb"), "{refused}");
    let asked = ["memory.limit-mb=8000", "memory.curve-mb=[64]"];
    let roomy = Ask { strategy: Some("naive"), ..PHONE };
    assert!(roomy.inputs_with(&asked).is_ok(), "8,000 MB of 8,590");
    let less = ["memory.limit-mb=8000", "device.memory.total-mb=7000"];
    let refused = roomy.inputs_with(&less).expect_err("8,000 MB of 7,000");
    assert!(refused.to_string().contains("memory.limit-mb: 8000 MB"), "{refused}");
}

/// Words of a profile that decide which numbers are read.
#[test]
fn the_number_format_of_a_runtime_decides_its_rate() {
    assert_moves(&[case(
        "device.runtime.llama.cpp@gpu.compute-format=f32",
        Ask { set: &["device.gpu.gflops.f32=10"], ..WHOLE },
        |r| r.time.compute_ns as f64,
        Way::Up,
    )]);
}
