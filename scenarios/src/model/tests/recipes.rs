//! Recipes: what llama.cpp and the others give a tensor.

use super::*;

/// The format of the first tensor of a role in a layer.
fn format(name: &str, recipe: &str, role: Role, layer: u32) -> Format {
    let model = model(name);
    let tensor = model.layer_tensors(layer).into_iter().find(|tensor| tensor.role == role).expect("such a tensor");
    Recipe::named(recipe).expect("a recipe").format(&model, &tensor, Some(layer))
}

#[test]
fn names_are_sorted_and_read_in_either_spelling() {
    let names: Vec<&str> = Recipe::names().collect();
    assert!(names.is_sorted());
    assert_eq!(Recipe::named("Q4_K_M"), Recipe::named("q4-k-m"));
    assert!(Recipe::named("Q4_K_M").is_some() && Recipe::named("q4").is_none());
}

#[test]
fn medium_mixtures_give_more_bits_to_the_ends_and_every_third() {
    let raised: Vec<u32> =
        (0..28).filter(|&layer| format("llama-3.2-3b", "q4-k-m", Role::Down, layer) == Format::Q6_K).collect();
    assert_eq!(raised, [0, 1, 2, 5, 8, 11, 14, 17, 20, 23, 24, 25, 26, 27]);
    assert_eq!(format("llama-3.2-3b", "q4-k-m", Role::Value, 5), Format::Q6_K);
    assert_eq!(format("llama-3.2-3b", "q4-k-m", Role::Value, 6), Format::Q4_K);
    assert_eq!(format("llama-3.2-3b", "q4-k-m", Role::Query, 5), Format::Q4_K);
}

#[test]
fn widths_that_are_no_whole_blocks_fall_back() {
    // Qwen2.5-0.5B is 896 wide: 3.5 blocks of 256, 28 of 32; its down matrix of 4864 columns has 19 blocks.
    assert_eq!(format("qwen2.5-0.5b", "q4-k-m", Role::Query, 0), Format::Q5_0);
    assert_eq!(format("qwen2.5-0.5b", "q4-k-m", Role::Down, 0), Format::Q6_K);
    assert_eq!(format("qwen2.5-0.5b", "q5-k-m", Role::Up, 0), Format::Q5_1);
    assert_eq!(format("qwen2.5-0.5b", "q3-k-s", Role::Up, 0), Format::Q4_0);
    assert_eq!(format("qwen2.5-0.5b", "iq2-xs", Role::Up, 0), Format::IQ4_NL);
    // BitNet's heads of 100: 3200 wide, 100 blocks of 32.
    assert_eq!(format("bitnet-3b", "q6-k", Role::Up, 0), Format::Q8_0);
}

#[test]
fn eight_experts_and_many_queries_a_key_raise_attention() {
    assert_eq!(format("mixtral-8x7b", "q4-k-m", Role::Key, 3), Format::Q8_0);
    assert_eq!(format("mixtral-8x7b", "q4-k-m", Role::AttentionOutput, 3), Format::Q5_K);
    assert_eq!(format("llama-3-8b", "q2-k", Role::Value, 3), Format::Q4_K);
    assert_eq!(format("llama-2-7b", "q2-k", Role::Value, 3), Format::Q3_K);
    assert_eq!(format("llama-3-70b", "q4-k-m", Role::Value, 11), Format::Q5_K);
    assert_eq!(format("llama-3-70b", "q4-k-m", Role::Value, 12), Format::Q6_K);
}

#[test]
fn value_matrices_are_counted_where_there_are_any() {
    // LFM2.5 has six layers of attention: the first is the first of six, whatever its place in the model.
    let six: Vec<Format> =
        [2, 5, 8, 10, 12, 14].map(|layer| format("lfm2.5-1.2b", "q4-k-s", Role::Value, layer)).into();
    assert_eq!(six, [vec![Format::Q5_K; 4], vec![Format::Q4_K; 2]].concat());
}

#[test]
fn tables_follow_the_head_where_they_are_tied() {
    let tied = |recipe: &str| weights("llama-3.2-1b", recipe).embedding.bytes_total();
    assert_eq!(tied("iq2-xs"), Format::Q5_K.bytes(128_256 * 2048));
    let apart = weights("llama-3-8b", "iq2-xs");
    assert_eq!(apart.embedding.bytes_total(), Format::Q2_K.bytes(128_256 * 4096));
    assert_eq!(apart.head.bytes_total(), Format::Q5_K.bytes(128_256 * 4096));
}

#[test]
fn routers_and_vectors_stay_wide() {
    let layer = weights("qwen3.5-35b-a3b", "mlx-4bit").layers[0];
    assert_eq!(layer.router.bytes_total(), Format::MLX8.bytes(256 * 2048));
    let layer = weights("qwen3.5-35b-a3b", "q4-k-m").layers[0];
    assert_eq!(layer.router.bytes_total(), 4 * 256 * 2048);
    assert_eq!(layer.rest.bytes_total(), 4 * layer.rest.parameters_total());
}
