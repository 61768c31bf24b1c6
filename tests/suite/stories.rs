//! The stories of the catalog beside what was published about them.

use std::fmt::Write;

use tightfit::{
    reports::schema::RunResult,
    scenarios::{Model, Scenario, Settings, scenario::CATALOG},
};

use crate::ask::Ask;

/// A story's text without what it sweeps, so that a test asks for one point.
fn unswept(name: &str) -> String {
    let text = CATALOG.embedded(name).expect("a story of the catalog");
    text.split("[sweep]").next().unwrap_or_default().to_owned()
}

/// One point of Meta's story: Llama 3.2 under `ExecuTorch` on a `OnePlus` 12.
fn llama(model: &str, quantization: &str) -> (f64, RunResult) {
    let (model_set, quantization_set) = (format!("model={model}"), format!("quantization={quantization}"));
    let story = unswept("story-llama-3.2-oneplus-12");
    let ask = Ask { scenario: &story, ..Ask::default() };
    let result = ask.result_with(&[&model_set, &quantization_set]);
    let weights = Model::load(model).expect("of the catalog").weights(quantization).expect("a recipe");
    // Meta's megabytes are 2^20 bytes.
    (weights.total_bytes() as f64 / 1_048_576.0, result)
}

/// Model card and `ExecuTorch` README: file MB, resident set MB, decoded and prompt tokens a second.
#[rustfmt::skip]
const PUBLISHED: [(&str, &str, [f64; 4]); 4] = [
    ("llama-3.2-1b", "executorch-bf16", [2358.0, 3185.0, 19.2, 60.3]),
    ("llama-3.2-1b", "spinquant", [1083.0, 1921.0, 50.2, 260.5]),
    ("llama-3.2-1b", "qlora", [1127.0, 2255.0, 45.8, 252.0]),
    ("llama-3.2-3b", "qlora", [2529.0, 4060.0, 18.5, 88.8]),
];

#[test]
#[expect(clippy::print_stderr, reason = "what is predicted is shown beside what was published")]
fn quantized_llama_is_smaller_lighter_and_faster() {
    let mut text = String::new();
    for (model, quantization, published) in PUBLISHED {
        let (file_mb, result) = llama(model, quantization);
        let peak_mb = result.memory.peak_bytes as f64 / 1_048_576.0;
        let (decode, prefill) = (result.throughput.decode_tokens_per_s, result.throughput.prefill_tokens_per_s);
        write!(text, "{model} {quantization:15}").expect("a string");
        for (found, published) in [file_mb, peak_mb, decode, prefill].into_iter().zip(published) {
            write!(text, " {found:7.1} ({:+3.0} %)", (found / published - 1.0) * 100.0).expect("a string");
        }
        writeln!(text).expect("a string");
        assert!((file_mb / published[0] - 1.0).abs() < 0.05, "{model} {quantization}: a file of {file_mb} MB");
    }
    for model in ["llama-3.2-1b", "llama-3.2-3b"] {
        let (base_mb, base) = llama(model, "executorch-bf16");
        for quantization in ["spinquant", "qlora"] {
            let (file_mb, result) = llama(model, quantization);
            let smaller = (1.0 - file_mb / base_mb) * 100.0;
            let lighter = (1.0 - result.memory.peak_bytes as f64 / base.memory.peak_bytes as f64) * 100.0;
            let faster = result.throughput.decode_tokens_per_s / base.throughput.decode_tokens_per_s;
            writeln!(
                text,
                "{model} {quantization:9}: {smaller:.0} % smaller, {lighter:.0} % less memory, {faster:.1}x"
            )
            .expect("a string");
            assert!((46.0..66.0).contains(&smaller), "{model} {quantization}: {smaller} % smaller, published 56");
            assert!((2.0..4.5).contains(&faster), "{model} {quantization}: {faster} times as fast, published 2 to 4");
        }
    }
    eprintln!("{text}");
}

#[test]
fn every_story_asks_about_what_it_is_named_for() {
    for name in ["story-llm-in-a-flash", "story-qwen3.5-2b-iphone-17-pro", "story-llama-3.2-oneplus-12"] {
        let scenario = Scenario::load(name, &Settings::default()).unwrap_or_else(|error| panic!("{error}"));
        assert!(!scenario.sweep.is_empty(), "{name} compares points");
    }
    let large = Scenario::load("story-397b-macbook", &Settings::default()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(large.trace.as_deref(), Some("synthetic/qwen3.5-397b-a17b"), "its routes are generated");
}

#[test]
fn a_hot_phone_is_slower_under_every_quantization() {
    let story = unswept("story-qwen3.5-2b-iphone-17-pro");
    let ask = Ask { scenario: &story, ..Ask::default() };
    for quantization in ["mlx-4bit", "mlx-8bit"] {
        let quantization = format!("quantization={quantization}");
        let rate = |start: &str| ask.result_with(&[&quantization, start]).throughput.decode_tokens_per_s;
        let (cool, hot) = (rate("thermal.start=0"), rate("thermal.start=1.08"));
        assert!((0.4..0.9).contains(&(hot / cool)), "{quantization}: {hot} of {cool} tokens a second");
    }
}
