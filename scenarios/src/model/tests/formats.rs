//! Formats: blocks and bits, and formats that differ by layer.

use tightfit_devices::WeightFormat;

use super::*;

#[test]
fn bits_are_those_of_the_formats_descriptions() {
    let bits = |format: Format| {
        let (weights, bytes) = format.block();
        8.0 * bytes as f64 / weights as f64
    };
    for (format, expected) in [
        (Format::Q8_0, 8.5),
        (Format::Q4_0, 4.5),
        (Format::Q4_1, 5.0),
        (Format::Q5_0, 5.5),
        (Format::Q5_1, 6.0),
        (Format::Q2_K, 2.625),
        (Format::Q3_K, 3.4375),
        (Format::Q4_K, 4.5),
        (Format::Q5_K, 5.5),
        (Format::Q6_K, 6.5625),
        (Format::IQ1_S, 1.5625),
        (Format::IQ1_M, 1.75),
        (Format::IQ2_XXS, 2.0625),
        (Format::IQ2_XS, 2.3125),
        (Format::IQ2_S, 2.5625),
        (Format::IQ3_XXS, 3.0625),
        (Format::IQ3_S, 3.4375),
        (Format::IQ4_XS, 4.25),
        (Format::IQ4_NL, 4.5),
        (Format::TQ1_0, 1.6875),
        (Format::TQ2_0, 2.0625),
        (Format::MXFP4, 4.25),
        (Format::Q4G32, 5.0),
        (Format::I4G128, 4.125),
    ] {
        assert!((bits(format) - expected).abs() < 1e-12, "{format:?}: {} for {expected}", bits(format));
    }
    // MLX: n bits and two 16-bit numbers a group.
    for (format, n, group) in [
        (Format::MLX2, 2.0, 64.0),
        (Format::MLX3, 3.0, 64.0),
        (Format::MLX4, 4.0, 64.0),
        (Format::MLX5, 5.0, 64.0),
        (Format::MLX6, 6.0, 64.0),
        (Format::MLX8, 8.0, 64.0),
        (Format::MLX3G32, 3.0, 32.0),
        (Format::MLX4G32, 4.0, 32.0),
        (Format::MLX5G32, 5.0, 32.0),
        (Format::MLX6G32, 6.0, 32.0),
        (Format::MLX8G32, 8.0, 32.0),
        (Format::MLX3G128, 3.0, 128.0),
        (Format::MLX4G128, 4.0, 128.0),
        (Format::MLX6G128, 6.0, 128.0),
        (Format::MLX8G128, 8.0, 128.0),
    ] {
        assert!((bits(format) - (n + 32.0 / group)).abs() < 1e-12, "{format:?}");
    }
}

#[test]
fn bytes_are_rounded_up_to_whole_ones() {
    assert_eq!(Format::Q4_1.bytes(576), 360);
    assert_eq!(Format::Q4_K.bytes(256), 144);
    assert_eq!(Format::Q4_K.bytes(1), 1);
    assert_eq!(Format::I4.bytes(3), 2);
    assert_eq!(Format::F32.bytes(0), 0);
    assert_eq!(Format::Q6_K.family(), WeightFormat::Super6);
}

#[test]
fn layers_may_differ() {
    let text = "default = \"Q4_K\"\nQ6_K = [0, 3]\nF16 = [1]\n";
    let formats: LayerFormats = toml::from_str(text).expect("formats by layer");
    let found: Vec<Format> = (0..5).map(|layer| formats.of(layer)).collect();
    assert_eq!(found, [Format::Q6_K, Format::F16, Format::Q4_K, Format::Q6_K, Format::Q4_K]);
    let twice = toml::from_str::<LayerFormats>("default = \"Q4_K\"\nQ6_K = [3]\nF16 = [3]\n");
    assert!(twice.expect_err("two formats").to_string().contains("layer 3 has two formats: keep one"));
}

#[test]
fn a_table_wins_over_a_recipe_of_the_same_name() {
    let text = Model::embedded("llama-3.2-1b").expect("an embedded model").replace(
        "[source]",
        "[quantization.q4-0]\nembedding = \"Q8_0\"\nattention = \"Q4_0\"\n\
         feed-forward = { default = \"Q4_0\", Q8_0 = [15] }\ntensors = { value = \"Q8_0\" }\nnorm = \"F32\"\nkv = \"F16\"\n\n[source]",
    );
    let own = Model::parse("own.toml", &text).expect("a model").weights("q4-0").expect("its table");
    let recipe = weights("llama-3.2-1b", "q4-0");
    assert_eq!(own.embedding.bytes_total(), Format::Q8_0.bytes(128_256 * 2048));
    assert_eq!(recipe.embedding.bytes_total(), Format::Q6_K.bytes(128_256 * 2048));
    assert_eq!(own.layers[14].feed_forward, recipe.layers[14].feed_forward);
    assert_eq!(own.layers[15].feed_forward.bytes_total(), Format::Q8_0.bytes(3 * 2048 * 8192));
    let values = own.layers[0].attention.bytes[WeightFormat::Int8.index()];
    assert_eq!(values, Format::Q8_0.bytes(2048 * 512));
}
