//! Streaming under memory pressure beside what was published (`MLXLayerStream`, github.com/AtomGradient/MLXLayerStream):
//! Qwen3.5-9B at 6 bits on an iPhone 15 Pro Max, some layers resident and the others read one after the other.
//!
//! The model is a stand-in: 32 layers of 168 MB, and the 1.60 GB that the app holds besides as memory of the runtime. Here
//! each layer is resident in part, there some are in full, so the latency of a read, which a layer's file has once, is
//! left out.

use std::{fmt::Write, fs};

use tightfit::reports::schema::RunResult;

use crate::ask::Ask;

const MODEL: &str = r#"
schema = 1
name = "nine"
title = "32 layers of 168 MB"
layers = 32
hidden = 4096
vocabulary = 256
tied-embeddings = true
context = 64
default-quantization = "q6"
attention = { heads = 32, kv-heads = 8, head-dim = 128 }
feed-forward = { kind = "gated", activation = "silu", width = 13248 }
quantization.q6 = { embedding = "Q6_K", attention = "Q6_K", feed-forward = "Q6_K", norm = "F16", kv = "F16" }
source.default = { kind = "assumed", from = "a stand-in" }
"#;

const SCENARIO: &str = r#"
schema = 1
name = "layers"
title = "Some layers resident"
devices = ["iphone-15-pro-max"]
model = "MODEL"
runtime = "mlx"
processor = "gpu"
strategies = ["hybrid"]
request = { prompt-tokens = 1, output-tokens = 4 }
memory = { entitled = true }
"#;

fn with_layers_resident(layers: u32) -> RunResult {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let model = folder.path().join("nine.toml");
    fs::write(&model, MODEL).expect("a file");
    let scenario = SCENARIO.replace("MODEL", &model.display().to_string());
    let budget = format!("memory.budget-mib={}", (layers + 1) * 161);
    let share = format!("strategy.resident-set.pinned-share={}", f64::from(layers) / 32.0);
    let set = [
        budget.as_str(),
        share.as_str(),
        "strategy.reads.lanes=1",
        "device.flash.read-latency-us=0.1",
        "device.runtime.mlx@gpu.memory-mb=1600",
    ];
    Ask { scenario: &scenario, ..Ask::default() }.result_with(&set)
}

#[test]
fn published_rows_and_the_collapse() {
    let mut text = String::new();
    let mut rates = Vec::new();
    for (layers, footprint_gb, published) in
        [(0, 1.78, 0.27), (2, 2.12, 0.29), (8, 3.12, 0.34), (11, 3.63, 0.39), (14, 4.13, 0.45), (20, 5.13, 0.21)]
    {
        let result = with_layers_resident(layers);
        let rate = result.throughput.decode_tokens_per_s;
        let peak_gb = result.memory.peak_bytes as f64 / 1e9;
        assert!((peak_gb / footprint_gb - 1.0).abs() < 0.03, "{layers} layers: {peak_gb} GB of {footprint_gb}");
        assert!((rate / published - 1.0).abs() < 0.2, "{layers} layers: {rate} tok/s of {published}");
        let error = (rate / published - 1.0) * 100.0;
        let outcome = &result.memory.outcome;
        writeln!(text, "{layers:2}/32 {peak_gb:.2} GB {rate:.3} tok/s {error:+.0} % {outcome}").expect("a string");
        rates.push(rate);
    }
    assert!(rates[..5].is_sorted() && rates[5] < rates[0], "slower than streaming everything");
    insta::assert_snapshot!(text, @r#"
     0/32 1.77 GB 0.257 tok/s -5 % fits
     2/32 2.09 GB 0.274 tok/s -6 % fits
     8/32 3.07 GB 0.340 tok/s -0 % fits
    11/32 3.56 GB 0.386 tok/s -1 % fits
    14/32 4.05 GB 0.447 tok/s -1 % fits
    20/32 5.02 GB 0.237 tok/s +13 % under-pressure
    "#);
}

#[test]
fn the_whole_model_is_killed() {
    let result = with_layers_resident(32);
    assert_eq!(result.memory.outcome, "killed");
    // Published: after 24.7 s. Loading at full speed to the limit, and 2.9 s of grace, is sooner: a load is not slowed.
    let seconds = result.memory.killed_after_ns as f64 / 1e9;
    assert!((5.0..24.7).contains(&seconds), "{seconds} s");
    assert_eq!(with_layers_resident(0).memory.killed_after_ns, 0);
}
