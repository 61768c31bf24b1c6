use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn model(name: &str) -> Model {
    Model::load(name).unwrap_or_else(|error| panic!("{error}"))
}

fn weights(name: &str, quantization: &str) -> Weights {
    model(name).weights(quantization).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_list_is_the_folder() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .expect("the folder of models")
        .map(|entry| entry.expect("an entry").path().file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    assert!(Model::names().is_sorted());
    assert_eq!(files, Model::names().iter().map(|name| (*name).to_owned()).collect());
    for name in Model::names() {
        assert_eq!(model(name).name, *name);
    }
}

#[test]
fn sizes_are_within_two_percent_of_the_real_files() {
    let mut compared = 0;
    for model in Model::names().iter().map(|name| model(name)) {
        for (name, quantization) in &model.quantizations {
            let weights = model.weights(name).expect("a known quantization");
            let Some(file) = quantization.file else { continue };
            let apart = weights.total_bytes.abs_diff(file.get());
            assert!(apart * 50 <= file.get(), "{} {name}: {} for {file}", model.name, weights.total_bytes);
            compared += 1;
        }
    }
    assert!(compared >= 6, "{compared}");
}

#[test]
fn sixteen_bit_sizes_are_twice_the_published_parameter_counts() {
    assert_eq!(weights("opt-6.7b", "f16").total_bytes, 2 * 6_658_473_984);
    assert_eq!(weights("llama-2-7b", "f16").total_bytes, 2 * 6_738_415_616);
    assert_eq!(weights("llama-3.2-1b", "bf16").total_bytes, 2 * 1_235_814_400);
}

#[test]
fn a_neuron_of_smollm2_is_1080_bytes() {
    let weights = weights("smollm2-135m", "q4-1");
    assert_eq!(weights.bundle_bytes, 1080, "3 rows x 576 weights x 5 bits");
    assert_eq!((weights.bundle_parts, weights.bundle_part_bytes), (3, [360, 360, 360]));
    assert_eq!((weights.layers, weights.bundles_per_layer), (30, 1536));
    assert_eq!(weights.embedding_bytes, 49_152 * 576 * 17 / 16, "8.5 bits");
    assert!(weights.head_is_tied);
    assert_eq!(weights.head_bytes, weights.embedding_bytes);
    let matrices = weights.feed_forward_layer_bytes * 30 + 30 * 2 * 576 * (576 + 192) * 5 / 8;
    assert_eq!(matrices, 66_355_200, "the 210 Q4_1 tensors of the file");
    assert_eq!(weights.kv_bytes_per_token_layer, 2 * 3 * 64 * 2);
}

#[test]
fn a_neuron_of_opt_is_16_kib() {
    let weights = weights("opt-6.7b", "f16");
    assert_eq!(weights.bundle_bytes, 16_384, "LLM in a flash, 3.2: up row and down column of 4096 x 2 bytes");
    assert_eq!((weights.bundle_parts, weights.bundle_part_bytes), (2, [8192, 8192, 0]));
    assert_eq!(weights.kv_bytes_per_token_layer, 2 * 4096 * 2);
}

#[test]
fn qwen3_moe_has_the_mean_of_the_recorded_layers() {
    let weights = weights("qwen3-30b-a3b", "q4-k-m");
    assert_eq!(weights.bundle_bytes * 2, 3_059_712 + 2_654_208);
    assert_eq!(weights.dense_layer_bytes * 2, 11_953_152 + 11_682_816);
    assert_eq!((weights.bundles_per_layer, weights.active_bundles_per_layer), (128, 8));
    assert_eq!(weights.bundle_parameters, 3 * 2048 * 768);
    let cycle_mib = u64::from(weights.layers) * 6 * weights.bundle_bytes / 1024 / 1024;
    assert_eq!(cycle_mib, 784, "the token cycle at top-6 is 785 MiB in the recorded trace");
    assert_eq!(u64::from(weights.layers) * 8 * weights.bundle_bytes / 1024 / 1024, 1046, "published: 1051 MiB a token");
}

#[test]
fn adapters_are_what_the_two_files_differ_by() {
    let (spin, lora) = (weights("llama-3.2-1b", "spinquant"), weights("llama-3.2-1b", "qlora"));
    let apart = lora.total_bytes - spin.total_bytes;
    assert_eq!(apart, 16 * 704_512 * 4, "rank 16 over seven matrices of 16 layers, in 32 bits");
    assert!(!spin.head_is_tied, "the file holds the classifier apart");
    assert_eq!(spin.bytes_per_token(8192), spin.total_bytes - spin.embedding_bytes - spin.other_bytes);
}

#[test]
fn parts_sum_to_the_whole() {
    for model in Model::names().iter().map(|name| model(name)) {
        for name in model.quantizations.keys() {
            let weights = model.weights(name).expect("a known quantization");
            assert_eq!(weights.bundle_part_bytes.iter().sum::<u64>(), weights.bundle_bytes);
            assert_eq!(weights.feed_forward_layer_bytes, weights.bundle_bytes * u64::from(weights.bundles_per_layer));
            let layer = weights.dense_layer_bytes + weights.feed_forward_layer_bytes + weights.shared_expert_bytes;
            let head = if weights.head_is_tied { 0 } else { weights.head_bytes };
            let whole = layer * u64::from(weights.layers) + weights.embedding_bytes + head + weights.other_bytes;
            assert_eq!(whole, weights.total_bytes);
        }
    }
}

#[test]
fn a_token_costs_two_operations_a_parameter() {
    let weights = weights("llama-2-7b", "f16");
    let norms = 65 * 4096;
    let read_once = 6_738_415_616 - weights.head_parameters - norms;
    assert_eq!(weights.flops_per_token(11_008, 0), 2 * read_once);
    let more = weights.flops_per_token(11_008, 100) - weights.flops_per_token(11_008, 0);
    assert_eq!(more, 32 * 100 * 4 * 4096);
}

#[test]
fn every_number_is_sourced() {
    for model in Model::names().iter().map(|name| model(name)) {
        let keys: BTreeSet<&str> = model.sourced().iter().map(|number| number.key.as_str()).collect();
        for key in ["layers", "hidden", "vocabulary", "context", "attention.heads", "attention.head-dim"] {
            assert!(keys.contains(key), "{}: {key}", model.name);
        }
        for (name, quantization) in &model.quantizations {
            let key = format!("quantization.{name}.file-mb");
            assert_eq!(keys.contains(key.as_str()), quantization.file.is_some(), "{}: {key}", model.name);
        }
    }
}

#[test]
fn the_largest_widths_are_refused_and_not_overflowed() {
    let text = Model::embedded("qwen3-30b-a3b").expect("an embedded model");
    let mut table: toml::Table = toml::from_str(text).expect("TOML");
    for key in ["layers", "hidden", "vocabulary", "context"] {
        table.insert(key.to_owned(), 1_000_000_000.into());
    }
    table.insert("position-parameters".to_owned(), i64::MAX.into());
    for (section, key) in [
        ("attention", "heads"),
        ("attention", "kv-heads"),
        ("attention", "head-dim"),
        ("experts", "count"),
        ("experts", "width"),
    ] {
        table[section][key] = 1_000_000_000.into();
    }
    let error = Model::parse("test.toml", &table.to_string()).expect_err("too large").to_string();
    assert!(error.contains("more than any model has"), "{error}");
}

/// The error of an embedded model with one piece of its text replaced.
fn problem(from: &str, to: &str) -> String {
    let text = Model::embedded("qwen3-30b-a3b").expect("an embedded model");
    assert!(text.contains(from), "no `{from}`");
    Model::parse("test.toml", &text.replacen(from, to, 1)).expect_err("an impossible model").to_string()
}

#[test]
fn what_is_refused() {
    insta::assert_snapshot!(problem("layers = 48", "layers = 0"), @r#"
    model test.toml: TOML parse error at line 4, column 10
      |
    4 | layers = 0
      |          ^
    0 is impossible as a count: give 1 or more
    "#);
    insta::assert_snapshot!(problem("layers = 48", "layer = 48"), @r#"
    model test.toml: TOML parse error at line 4, column 1
      |
    4 | layer = 48
      | ^^^^^
    unknown field `layer`, expected one of `schema`, `name`, `title`, `layers`, `hidden`, `vocabulary`, `tied-embeddings`, `context`, `position-parameters`, `biases`, `attention`, `feed-forward`, `experts`, `quantization`, `default-quantization`, `source`
    "#);
    insta::assert_snapshot!(problem("schema = 1", "schema = 3"), @"model test.toml, line 1: `schema`: 3 is not known here: this version reads 1");
    insta::assert_snapshot!(problem("kv-heads = 4", "kv-heads = 5"), @"model test.toml, line 13: `attention.kv-heads`: 5 don't divide the 32 `heads`");
    insta::assert_snapshot!(problem("active = 8", "active = 129"), @"model test.toml, line 19: `experts.active`: 129 of 128 experts: give at most `count`");
    insta::assert_snapshot!(problem("head = \"Q6_K\"\n", ""), @"model test.toml, line 24: `quantization.q4-k-m.head`: missing, and the embeddings are not tied: give the head's format");
    insta::assert_snapshot!(problem("norm = \"F32\"", "norm = \"F33\""), @r#"
    model test.toml: TOML parse error at line 31, column 8
       |
    31 | norm = "F33"
       |        ^^^^^
    unknown variant `F33`, expected one of `F32`, `F16`, `BF16`, `Q8_0`, `Q4_0`, `Q4_1`, `Q2_K`, `Q3_K`, `Q4_K`, `Q5_K`, `Q6_K`, `IQ4_NL`, `MXFP4`, `MLX4`, `MLX6`, `MLX8`, `I8`, `Q4G32`
    "#);
    insta::assert_snapshot!(problem("attention = \"Q4_K\"", "attention = \"Q4\""), @r#"
    model test.toml: TOML parse error at line 26, column 13
       |
    26 | attention = "Q4"
       |             ^^^^
    unknown variant `Q4`, expected one of `F32`, `F16`, `BF16`, `Q8_0`, `Q4_0`, `Q4_1`, `Q2_K`, `Q3_K`, `Q4_K`, `Q5_K`, `Q6_K`, `IQ4_NL`, `MXFP4`, `MLX4`, `MLX6`, `MLX8`, `I8`, `Q4G32`
    "#);
    insta::assert_snapshot!(problem("[\"Q4_K\", \"Q6_K\"]", "[\"Q4_K\"]"), @r#"
    model test.toml: TOML parse error at line 27, column 19
       |
    27 | attention-value = ["Q4_K"]
       |                   ^^^^^^^^
    invalid length 1, expected a number format, or a list of two for half of the layers each
    "#);
    insta::assert_snapshot!(problem("attention = \"Q4_K\"", "attention = 4"), @r#"
    model test.toml: TOML parse error at line 26, column 13
       |
    26 | attention = 4
       |             ^
    invalid type: integer `4`, expected a number format, or a list of two for half of the layers each
    "#);
    insta::assert_snapshot!(problem("hidden = 2048", "hidden = 999999999"), @"model test.toml, line 5: `hidden`: about 15246079984753920 parameters come to more than any model has: is a width or count wrong?");
    insta::assert_snapshot!(problem("default-quantization = \"q4-k-m\"", "default-quantization = \"q4\""), @"model test.toml, line 9: `default-quantization`: no quantization `q4`: give one of q4-k-m");
    insta::assert_snapshot!(problem("[experts]", "[feed-forward]\nkind = \"gated\"\nactivation = \"silu\"\nwidth = 8\n\n[experts]"), @"model test.toml, line 22: `experts`: both `[feed-forward]` and `[experts]`: keep one");
    insta::assert_snapshot!(problem("[experts]\ncount = 128\nactive = 8\nwidth = 768\n", ""), @"model test.toml, line 1: `feed-forward`: missing: give `[feed-forward]` or `[experts]`");
    insta::assert_snapshot!(problem("\"quantization.q4-k-m.file-mb\" =", "\"quantization.q4-k-m.files-mb\" ="), @"model test.toml, line 35: `source.quantization.q4-k-m.files-mb`: a source of `quantization.q4-k-m.files-mb`, which the file lacks: name one of its keys, or `default`");
    insta::assert_snapshot!(model("qwen3-30b-a3b").weights("q8-0").expect_err("no such quantization"), @"model qwen3-30b-a3b has no quantization `q8-0`: it has q4-k-m");
    insta::assert_snapshot!(Model::load("qwen3").expect_err("no such model"), @"no model named `qwen3`: did you mean qwen3-30b-a3b? (a path must end in .toml)");
    insta::assert_snapshot!(Model::load("gpt").expect_err("no such model"), @"no model named `gpt`: known are llama-2-7b, llama-3.2-1b, opt-6.7b, qwen3-30b-a3b, smollm2-135m; a path must end in .toml");
    insta::assert_snapshot!(Model::load("nowhere.toml").expect_err("no such file"), @"model nowhere.toml: No such file or directory (os error 2)");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parsing_and_weighing_never_panic(
        place in any::<prop::sample::Index>(),
        removed in 0_usize..5,
        piece in prop::sample::select(vec!["", "0", "-1", "99999999999", "\"", "[", "}", "nan", "1e308", "\n", "[experts]"]),
    ) {
        for name in Model::names() {
            let mut letters: Vec<char> = Model::embedded(name).expect("an embedded model").chars().collect();
            let start = place.index(letters.len());
            letters.splice(start..(start + removed).min(letters.len()), piece.chars());
            let text: String = letters.into_iter().collect();
            if let Ok(model) = Model::parse("mutated", &text) {
                for quantization in model.quantizations.keys() {
                    let _weights = model.weights(quantization);
                }
            }
        }
    }
}
