//! What holds for every model in every quantization.

use proptest::prelude::*;
use tightfit_devices::Stored;

use super::*;

#[test]
fn parts_sum_to_the_whole() {
    let mut weighed = 0;
    for model in Model::names().iter().map(|name| model(name)) {
        let own: Vec<String> = model.quantizations.keys().cloned().collect();
        let recipes = ["q4-k-m", "q3-k-l", "iq2-xs", "mlx-4bit", "spinquant", "coreml-int4", "w4a16", "qlora"];
        for name in own.iter().map(String::as_str).chain(recipes) {
            let weights = model.weights(name).expect("a known quantization");
            let mut whole: Stored =
                weights.layers.iter().map(LayerWeights::total).fold(Stored::default(), |mut sum, layer| {
                    sum += &layer;
                    sum
                });
            for layer in weights.layers.iter().filter(|layer| layer.bundles > 0) {
                assert_eq!(layer.bundle_part_bytes.iter().sum::<u64>(), layer.bundle.bytes_total(), "{}", model.name);
                assert_eq!(layer.feed_forward, layer.bundle.times(u64::from(layer.bundles)));
            }
            for table in [&weights.embedding, &weights.per_layer_embedding, &weights.rest] {
                whole += table;
            }
            if !weights.head_is_tied {
                whole += &weights.head;
            }
            assert_eq!(whole, weights.total, "{} {name}", model.name);
            let adapters: u64 = weights.layers.iter().map(|layer| layer.adapters.parameters_total()).sum();
            let untied =
                if model.tied_embeddings && !weights.head_is_tied { weights.head.parameters_total() } else { 0 };
            assert_eq!(whole.parameters_total() - adapters - untied, model.parameters(), "{} {name}", model.name);
            weighed += 1;
        }
    }
    assert!(weighed >= 45 * 8, "{weighed}");
}

#[test]
fn every_recipe_weighs_every_model() {
    for model in Model::names().iter().map(|name| model(name)) {
        let most = model.weights("f32").expect("a recipe").total_bytes();
        for recipe in Recipe::names() {
            let bytes = model.weights(recipe).expect("a recipe").total_bytes();
            assert!(bytes > 0 && bytes * 4 > most / 8 && bytes <= 2 * most, "{} {recipe}: {bytes}", model.name);
        }
    }
}

#[test]
fn a_token_costs_two_operations_a_parameter() {
    let weights = weights("llama-2-7b", "f16");
    let norms = 65 * 4096;
    let read_once = 6_738_415_616 - weights.head.parameters_total() - norms;
    assert_eq!(weights.flops_per_token(11_008, 0), 2 * read_once);
    let more = weights.flops_per_token(11_008, 100) - weights.flops_per_token(11_008, 0);
    assert_eq!(more, 32 * 100 * 4 * 4096);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parsing_and_weighing_never_panic(
        place in any::<prop::sample::Index>(),
        removed in 0_usize..5,
        piece in prop::sample::select(vec!["", "0", "-1", "99999999999", "999999999", "\"", "[", "}", "nan", "1e308", "\n", "[experts]", "window = 3"]),
        recipe in prop::sample::select(Recipe::names().collect::<Vec<_>>()),
    ) {
        for name in Model::names() {
            let mut letters: Vec<char> = Model::embedded(name).expect("an embedded model").chars().collect();
            let start = place.index(letters.len());
            letters.splice(start..(start + removed).min(letters.len()), piece.chars());
            let text: String = letters.into_iter().collect();
            if let Ok(model) = Model::parse("mutated", &text) {
                let weights = model.weights(recipe).expect("a recipe");
                prop_assert!(weights.bytes_per_token(u32::MAX) <= weights.total_bytes());
                prop_assert!(weights.cache_bytes(1000) <= weights.cache_bytes(1001));
            }
        }
    }

    #[test]
    fn a_longer_context_never_keeps_less(context in 0_u32..200_000, more in 0_u32..10_000) {
        for name in ["gemma-4-e2b", "qwen3.5-2b", "deepseek-v2-lite", "gpt-oss-20b"] {
            let weights = weights(name, "q4-k-m");
            prop_assert!(weights.cache_bytes(context) <= weights.cache_bytes(context + more));
            prop_assert!(weights.flops_per_token(1, context) <= weights.flops_per_token(1, context + more));
        }
    }
}
