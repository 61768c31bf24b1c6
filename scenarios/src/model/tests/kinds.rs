//! Layers of each kind: what they weigh, keep and cost.

use super::*;

/// Bytes that a position adds to the cache far beyond every window.
fn kv_bytes_per_token(weights: &Weights) -> u64 {
    weights.cache_bytes(1_000_001) - weights.cache_bytes(1_000_000)
}

#[test]
fn caches_grow_as_the_models_logs_say() {
    // App logs of Qwen3.5-4B: 32,768 bytes a token at 16 bits, over 8 full layers of 4 heads of 256.
    assert_eq!(kv_bytes_per_token(&weights("qwen3.5-4b", "mlx-4bit")), 32_768);
    assert_eq!(kv_bytes_per_token(&weights("llama-3-8b", "q4-k-m")), 131_072);
    assert_eq!(kv_bytes_per_token(&weights("qwen3-30b-a3b", "q4-k-m")), 98_304);
    // DeepSeek-V2 (arXiv 2405.04434): the compressed vector and the rotated key, 576 numbers a layer.
    assert_eq!(kv_bytes_per_token(&weights("deepseek-v2-lite", "q4-k-m")), 27 * 576 * 2);
    // Meta's ExecuTorch recipes keep 32 bits.
    assert_eq!(kv_bytes_per_token(&weights("llama-3.2-1b", "spinquant")), 16 * 2 * 8 * 64 * 4);
}

#[test]
fn windows_bound_the_cache() {
    let weights = weights("gemma-3-1b", "q4-k-m");
    let (local, global) = (22, 4);
    let position = 2 * 256 * 2;
    assert_eq!(weights.cache_bytes(512), 26 * 512 * position);
    assert_eq!(weights.cache_bytes(10_000), (local * 512 + global * 10_000) * position);
    let looks_at = |context| weights.flops_per_token(6912, context) - weights.flops_per_token(6912, 0);
    assert_eq!(looks_at(10_000), (local * 512 + global * 10_000) * 4 * 4 * 256);
}

#[test]
fn shared_keys_are_kept_once() {
    let weights = weights("gemma-4-e2b", "q4-k-m");
    let own = weights.layers.iter().filter(|layer| !layer.cache.is_shared).count();
    assert_eq!(own, 15);
    // 12 local layers of a head of 256 and 3 global ones of 512.
    assert_eq!(weights.cache_bytes(2000), 2 * 2 * (12 * 512 * 256 + 3 * 2000 * 512));
    assert!(weights.layers[34].cache.bytes_per_position > 0, "it still reads an earlier layer's");
}

#[test]
fn states_do_not_grow() {
    let weights = weights("qwen3.5-4b", "q4-k-m");
    let linear: Vec<&LayerWeights> = weights.layers.iter().filter(|layer| layer.state_bytes > 0).collect();
    assert_eq!(linear.len(), 24);
    assert_eq!(linear[0].state_bytes, 4 * (32 * 128 * 128 + 3 * (2 * 16 * 128 + 32 * 128)));
    assert_eq!(linear[0].cache.bytes(100_000), 0);
    assert!(linear[0].attention.bytes_total() == 0 && linear[0].linear_attention.bytes_total() > 0);
    assert!(weights.layers[3].attention.bytes_total() > 0 && weights.layers[3].state_bytes == 0);
    let short = super::weights("lfm2.5-1.2b", "q8-0");
    assert_eq!(short.layers[0].state_bytes, 4 * 2 * 2048);
    assert_eq!(short.layers[2].state_bytes, 0);
}

#[test]
fn facts_of_qwen3_5_are_met() {
    // Weights that a token reads, in thousands of millions.
    for (name, published) in
        [("qwen3.5-0.8b", 0.752), ("qwen3.5-2b", 1.881), ("qwen3.5-4b", 4.205), ("qwen3.5-9b", 7.936)]
    {
        let read = weights(name, "f16").flops_per_token(u32::MAX, 0);
        let states: u64 = weights(name, "f16").layers.iter().map(|layer| layer.state_flops).sum();
        let found = (read - states) as f64 / 2e9;
        assert!((found / published - 1.0).abs() < 0.002, "{name}: {found} for {published}");
    }
    let expert = weights("qwen3.5-397b-a17b", "mlx-4bit").layers[0].bundle.bytes_total();
    assert_eq!(expert, 7_077_888, "flash-moe's expert at 4 bits");
}

#[test]
fn experts_beside_dense_layers_and_shared_ones() {
    let weights = weights("deepseek-v2-lite", "f16");
    assert_eq!(weights.layers[0].bundles, 0);
    assert_eq!(weights.layers[0].feed_forward.parameters_total(), 3 * 2048 * 10_944);
    assert!(!weights.has_bundles_everywhere());
    let layer = &weights.layers[1];
    assert_eq!((layer.bundles, layer.bundle.parameters_total()), (64, 3 * 2048 * 1408));
    assert_eq!(layer.shared_experts.parameters_total(), 2 * 3 * 2048 * 1408);
    let dense = weights.layers[0].dense_matrices().parameters_total();
    assert_eq!(dense, layer.attention.parameters_total() + 3 * 2048 * 10_944, "the dense layer has no router");
}

#[test]
fn wider_layers_have_wider_bundles() {
    let weights = weights("gemma-4-e2b", "f16");
    assert_eq!(weights.bundles_per_layer, 6144);
    assert_eq!(weights.layers[0].bundle.parameters_total(), 3 * 1536);
    assert_eq!(weights.layers[34].bundle.parameters_total(), 2 * 3 * 1536);
}

#[test]
fn a_neuron_of_smollm2_is_1080_bytes() {
    let weights = weights("smollm2-135m", "q4-1");
    let layer = &weights.layers[7];
    assert_eq!(layer.bundle.bytes_total(), 1080, "3 rows x 576 weights x 5 bits");
    assert_eq!((weights.bundle_parts, layer.bundle_part_bytes), (3, [360, 360, 360]));
    assert_eq!((weights.layers.len(), weights.bundles_per_layer), (30, 1536));
    assert_eq!(weights.embedding.bytes_total(), 49_152 * 576 * 17 / 16, "8.5 bits: 576 is no multiple of 256");
    assert!(weights.head_is_tied);
    assert_eq!(weights.head, weights.embedding);
    let matrices = layer.feed_forward.bytes_total() * 30 + 30 * 2 * 576 * (576 + 192) * 5 / 8;
    assert_eq!(matrices, 66_355_200, "the 210 Q4_1 tensors of the file");
    assert_eq!(layer.cache.bytes_per_position, 2 * 3 * 64 * 2);
}

#[test]
fn a_neuron_of_opt_is_16_kib() {
    let layer = weights("opt-6.7b", "f16").layers[0];
    assert_eq!(layer.bundle.bytes_total(), 16_384, "LLM in a flash, 3.2: up row and down column of 4096 x 2 bytes");
    assert_eq!(layer.bundle_part_bytes, [8192, 8192, 0]);
    assert_eq!(layer.cache.bytes_per_position, 2 * 4096 * 2);
}

#[test]
fn layers_of_qwen3_moe_are_the_recorded_ones() {
    let weights = weights("qwen3-30b-a3b", "q4-k-m");
    let bytes: Vec<u64> = weights.layers.iter().map(|layer| layer.bundle.bytes_total()).collect();
    let large = bytes.iter().filter(|&&bytes| bytes == 3_059_712).count();
    assert_eq!((large, bytes.iter().filter(|&&bytes| bytes == 2_654_208).count()), (24, 24));
    assert_eq!(bytes[..10], [vec![3_059_712; 6], vec![2_654_208; 2], vec![3_059_712], vec![2_654_208]].concat());
    let dense: BTreeSet<u64> = weights.layers.iter().map(|layer| layer.dense().bytes_total()).collect();
    assert_eq!(dense, [11_682_816, 11_953_152].into());
    assert_eq!((weights.bundles_per_layer, weights.active_bundles_per_layer), (128, 8));
    let cycle_mib = bytes.iter().sum::<u64>() * 6 / 1024 / 1024;
    assert_eq!(cycle_mib, 784, "the token cycle at top-6 is 785 MiB in the recorded trace");
    assert_eq!(bytes.iter().sum::<u64>() * 8 / 1024 / 1024, 1046, "published: 1051 MiB a token");
}

#[test]
fn adapters_are_what_the_two_files_differ_by() {
    let (spin, lora) = (weights("llama-3.2-1b", "spinquant"), weights("llama-3.2-1b", "qlora"));
    assert_eq!(lora.total_bytes() - spin.total_bytes(), 16 * 704_512 * 4, "rank 16 over seven matrices of 16 layers");
    assert!(!spin.head_is_tied, "the file holds the classifier apart");
    let read = spin.bytes_per_token(8192);
    assert_eq!(read, spin.total_bytes() - spin.embedding.bytes_total() - spin.rest.bytes_total());
}
