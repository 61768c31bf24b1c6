//! Ten minutes of decoding on an iPhone 17 Pro beside what was published (apple-silicon-llm-bench results/raw).
//!
//! The cold rate and the bytes of a token are given, so that heat and energy alone are tried: from the rate of the first
//! seconds follow that of the last minute, the mean power and the energy of a token.

use std::fmt::Write;

use tightfit_devices::{Device, ProcessorKind, Stored, WeightFormat};
use tightfit_engine::platform::{KernelKind, Platform, Touched};
use tightfit_sim::{Costs, LayerCosts, SimPlatform, Spec};

use crate::profile::kernel;

const NOMINAL: u32 = 0;
const FAIR: u32 = 500_000;
const SERIOUS: u32 = 1_000_000;

/// A published run.
struct Row {
    name: &'static str,
    runtime: (&'static str, ProcessorKind),
    /// Cold rate: of the first seconds, or where the run started hot, of the same model and runtime elsewhere in
    /// the same results.
    cold_tokens_per_s: f64,
    /// Weights that a token reads, from the files' sizes less embeddings.
    token_mb: u64,
    start_ppm: u32,
    last_tokens_per_s: f64,
    watts: f64,
    joules_per_token: f64,
}

const MLX: (&str, ProcessorKind) = ("mlx", ProcessorKind::Gpu);
const CORE_GPU: (&str, ProcessorKind) = ("core-ai", ProcessorKind::Gpu);
const CORE_NPU: (&str, ProcessorKind) = ("core-ai", ProcessorKind::Npu);

#[rustfmt::skip]
const ROWS: [Row; 9] = [
    Row { name: "Gemma4-E2B MLX", runtime: MLX, cold_tokens_per_s: 42.6, token_mb: 1070, start_ppm: NOMINAL, last_tokens_per_s: 17.7, watts: 4.92, joules_per_token: 0.232 },
    Row { name: "Gemma4-E2B Core ML", runtime: CORE_NPU, cold_tokens_per_s: 29.1, token_mb: 1070, start_ppm: NOMINAL, last_tokens_per_s: 20.3, watts: 4.91, joules_per_token: 0.207 },
    Row { name: "Qwen3-0.6B Core ML", runtime: CORE_NPU, cold_tokens_per_s: 30.6, token_mb: 600, start_ppm: FAIR, last_tokens_per_s: 23.1, watts: 6.18, joules_per_token: 0.252 },
    Row { name: "Llama-3.2-3B Core AI ANE", runtime: CORE_NPU, cold_tokens_per_s: 37.0, token_mb: 1810, start_ppm: FAIR, last_tokens_per_s: 18.8, watts: 4.62, joules_per_token: 0.225 },
    Row { name: "Qwen3-4B Core AI ANE", runtime: CORE_NPU, cold_tokens_per_s: 30.4, token_mb: 2260, start_ppm: NOMINAL, last_tokens_per_s: 16.4, watts: 4.20, joules_per_token: 0.242 },
    Row { name: "Qwen3-4B Core AI GPU", runtime: CORE_GPU, cold_tokens_per_s: 28.4, token_mb: 2260, start_ppm: FAIR, last_tokens_per_s: 15.9, watts: 4.79, joules_per_token: 0.290 },
    Row { name: "Llama-3.2-3B MLX", runtime: MLX, cold_tokens_per_s: 34.0, token_mb: 1810, start_ppm: SERIOUS, last_tokens_per_s: 19.5, watts: 4.70, joules_per_token: 0.245 },
    Row { name: "Qwen3-4B MLX", runtime: MLX, cold_tokens_per_s: 27.5, token_mb: 2260, start_ppm: SERIOUS, last_tokens_per_s: 17.8, watts: 4.37, joules_per_token: 0.242 },
    Row { name: "DeepSeek-1.5B MLX", runtime: MLX, cold_tokens_per_s: 73.0, token_mb: 869, start_ppm: SERIOUS, last_tokens_per_s: 46.0, watts: 4.67, joules_per_token: 0.105 },
];

/// What ten minutes gave: rate of the last minute, mean power, energy of a token.
struct Found {
    cold_tokens_per_s: f64,
    last_tokens_per_s: f64,
    watts: f64,
    joules_per_token: f64,
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share")]
fn run(row: &Row) -> Found {
    let mut device = Device::load("iphone-17-pro").expect("an embedded profile");
    // Overheads apart, a token is one kernel that takes as long as the cold rate says.
    for processor in [&mut device.gpu, &mut device.npu].into_iter().flatten() {
        processor.dispatch = tightfit_devices::Nanoseconds::new(0);
    }
    let runtime = device.runtime(row.runtime.0, row.runtime.1).expect("a runtime of the profile").clone();
    let attained =
        device.processor(row.runtime.1).expect("its processor").bandwidth_share.of(device.memory.bandwidth.get());
    let overhead_s = runtime.token_overhead.get() as f64 / 1e9;
    let kernel_s = 1.0 / row.cold_tokens_per_s - overhead_s;
    let bytes = row.token_mb * 1_000_000;
    // The share of the bandwidth that gives this time.
    let rate = bytes as f64 / kernel_s / attained as f64;
    let mut runtime = runtime;
    runtime.bandwidth_share =
        tightfit_devices::Share::from_parts_per_million((rate.min(1.0) * 1e6) as u32).expect("a share");
    runtime.scale = tightfit_devices::Scale::default();
    runtime.operations_per_weight = None;
    let head = Stored::one(WeightFormat::Int8, 1, bytes);
    let costs = Costs { layers: vec![LayerCosts::default()], head, ..Costs::default() };
    let mut platform =
        SimPlatform::new(Spec { device: &device, runtime: &runtime, costs, lanes: 1, prefetch_lanes: 1 })
            .with_heat(row.start_ppm);
    let mut ends_s = Vec::new();
    while platform.now_ns() < 600_000_000_000 {
        platform.run(&kernel(KernelKind::Head, 1, 0), Touched::default());
        ends_s.push(platform.now_ns() as f64 / 1e9);
    }
    let joules = platform.energy(&platform.ledger()).total_pj() as f64 / 1e12;
    let within = |from: f64, until: f64| ends_s.iter().filter(|&&end| end > from && end <= until).count() as f64;
    Found {
        cold_tokens_per_s: within(0.0, 5.0) / 5.0,
        last_tokens_per_s: within(540.0, 600.0) / 60.0,
        watts: joules / 600.0,
        joules_per_token: joules / ends_s.len() as f64,
    }
}

#[test]
fn published_ten_minute_runs() {
    let mut text = String::new();
    let percent = |found: f64, published: f64| format!("{:+.0} %", (found / published - 1.0) * 100.0);
    for row in &ROWS {
        let found = run(row);
        if row.start_ppm == NOMINAL {
            let cold = found.cold_tokens_per_s / row.cold_tokens_per_s - 1.0;
            assert!(cold.abs() < 0.02, "{}: {} tok/s cold", row.name, found.cold_tokens_per_s);
        }
        writeln!(
            text,
            "{:25} last {:4.1} {:>6}   power {:4.2} W {:>6}   {:5.3} J {:>6}",
            row.name,
            found.last_tokens_per_s,
            percent(found.last_tokens_per_s, row.last_tokens_per_s),
            found.watts,
            percent(found.watts, row.watts),
            found.joules_per_token,
            percent(found.joules_per_token, row.joules_per_token),
        )
        .expect("a string takes all");
    }
    insta::assert_snapshot!(text, @r#"
    Gemma4-E2B MLX            last 27.2  +54 %   power 4.73 W   -4 %   0.165 J  -29 %
    Gemma4-E2B Core ML        last 19.6   -3 %   power 4.69 W   -4 %   0.227 J  +10 %
    Qwen3-0.6B Core ML        last 22.7   -2 %   power 4.52 W  -27 %   0.194 J  -23 %
    Llama-3.2-3B Core AI ANE  last 19.9   +6 %   power 4.74 W   +3 %   0.229 J   +2 %
    Qwen3-4B Core AI ANE      last 16.1   -2 %   power 4.87 W  +16 %   0.284 J  +17 %
    Qwen3-4B Core AI GPU      last 16.0   +1 %   power 4.71 W   -2 %   0.283 J   -3 %
    Llama-3.2-3B MLX          last 19.5   +0 %   power 4.54 W   -3 %   0.231 J   -6 %
    Qwen3-4B MLX              last 15.7  -12 %   power 4.54 W   +4 %   0.287 J  +19 %
    DeepSeek-1.5B MLX         last 41.6  -10 %   power 4.54 W   -3 %   0.109 J   +3 %
    "#);
}
