//! Results beside what pencil and paper give, and beside what was published.

use tightfit::devices::{Device, Factor, Nanoseconds, ProcessorKind, Share, WeightFormat};

use crate::ask::Ask;

fn flash(strategy: &'static str) -> Ask<'static> {
    Ask { scenario: "llm-in-a-flash", device: None, strategy: Some(strategy), set: &[] }
}

/// Per token, as the paper's Table 2 counts: every output token reads all (or half) of the weights once.
fn stall_ms_per_token(strategy: &'static str) -> f64 {
    let result = flash(strategy).result_with(&[]);
    let tokens = result.tokens.len();
    assert_eq!(tokens, 32, "the scenario's output tokens");
    // Decode alone: the prompt's pass reads as much, once.
    let stall_ns: u64 = result.tokens.iter().skip(1).map(|row| row.flash_stall_ns).sum();
    stall_ns as f64 / 1e6 / (tokens - 1) as f64
}

fn assert_within(found: f64, published: f64, share: f64) {
    assert!((found / published - 1.0).abs() <= share, "{found} for a published {published}");
}

#[test]
fn naive_reads_all_of_opt_for_a_token() {
    // LLM in a flash (arXiv 2312.11514), Table 2: 13.4 GB from flash at 6.1 GB/s, 2196 ms.
    let result = flash("naive").result_with(&[]);
    assert_within(result.flash.bytes_per_token as f64, 13.4e9, 0.01);
    assert_within(stall_ms_per_token("naive"), 2196.0, 0.01);
    assert_eq!((result.cache.hits, result.flash.load_bytes), (0, 0), "nothing stays");
}

#[test]
fn hybrid_reads_half_of_opt_for_a_token() {
    // The same table, second row: 6.7 GB, 1090 ms.
    let result = flash("hybrid").result_with(&[]);
    assert_within(result.flash.bytes_per_token as f64, 6.7e9, 0.01);
    assert_within(stall_ms_per_token("hybrid"), 1090.0, 0.02);
    assert!(result.flash.load_bytes > 0, "the pinned half is read once");
}

/// A token without flash: every weight once at the attained bandwidth, its operations at the peak rate, the KV cache, and the
/// runtime's fixed costs.
#[test]
fn resident_decodes_at_the_attained_rates() {
    let result = flash("resident").result_with(&[]);
    let device = Device::load("macbook-pro-m1-max").expect("an embedded profile");
    let runtime = device.runtime("llama.cpp", ProcessorKind::Gpu).expect("a runtime of the profile");
    let gpu = device.gpu.as_ref().expect("a GPU");
    let share = |share: Share| f64::from(share.get()) / 1e6;
    let factor = |factor: Factor| factor.get() as f64 / 1e6;
    let attainable = device.memory.bandwidth.get() as f64 * share(gpu.bandwidth_share);
    let read_at = |rate: Share| (attainable * share(rate) * factor(runtime.scale.bandwidth)).min(attainable);
    let peak = gpu.flops_per_s(runtime.compute_format).expect("its rate").get() as f64;
    let layers = 32.0;
    let (hidden, width, vocabulary) = (4096.0, 16384.0, 50272.0);
    // Matrices with their biases, and the two norms of a layer, at 2 bytes.
    let layer = 4.0 * (hidden * hidden + hidden) + 2.0 * hidden * width + width + hidden + 4.0 * hidden;
    let weights = layers * layer + vocabulary * hidden;
    let operations = runtime.operations_per_weight.as_ref().expect("a class has them").of(WeightFormat::Float16);
    let arithmetic_s = weights * operations.get() as f64 / 1e3 / (peak * factor(runtime.scale.arithmetic));
    let fixed_ns = |cost: Nanoseconds| cost.get() as f64 * factor(runtime.scale.overhead);
    let words_ns = vocabulary / 1000.0 * fixed_ns(runtime.vocabulary_overhead);
    let overheads_ns = layers * fixed_ns(runtime.layer_overhead) + fixed_ns(runtime.token_overhead) + words_ns;
    let row = &result.tokens[1];
    let context = 129.0;
    // Every position is read, the new one written too; a position has 16 KiB in a layer.
    let kv_bytes = layers * (context + 1.0) * 16384.0;
    let kv_s = kv_bytes / read_at(runtime.cache_bandwidth_share.expect("a class has it"));
    // Scores and sums over the context: 4 operations for each of the 4,096 numbers of a position.
    let attention = 4.0 * hidden * context * layers;
    let attention_at = peak * share(runtime.attention_compute_share.expect("a class has it"));
    let attention_s = attention / (attention_at * factor(runtime.scale.compute));
    let seconds = 2.0 * weights / read_at(runtime.bandwidth_share) + arithmetic_s + kv_s + attention_s;
    let expected_ns = seconds * 1e9 + overheads_ns;
    assert!((row.gap_ns as f64 / expected_ns - 1.0).abs() < 1e-3, "{} ns for {expected_ns} ns", row.gap_ns);
    assert!((row.overhead_ns as f64 - overheads_ns).abs() < 100.0, "{} ns for {overheads_ns} ns", row.overhead_ns);
    assert_eq!((row.flash_stall_ns, row.flash_bytes), (0, 0));
    assert_eq!(result.cache.hits, result.cache.lookups);
}
