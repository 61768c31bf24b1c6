//! What no model can be, and the words that say so.

use super::*;

#[test]
fn the_largest_widths_are_refused_and_not_overflowed() {
    let text = Model::embedded("qwen3-30b-a3b").expect("an embedded model");
    let mut table: toml::Table = toml::from_str(text).expect("TOML");
    for key in ["hidden", "vocabulary", "context"] {
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

/// Our own text, with one piece of it replaced.
fn problem(from: &str, to: &str) -> String {
    let table = "[quantization.own]\nembedding = \"Q4_K\"\nattention = \"Q4_K\"\nfeed-forward = \"Q4_K\"\nhead = \"Q6_K\"\n\
                 norm = \"F32\"\nkv = \"F16\"\n\n[source]";
    let text = Model::embedded("qwen3-30b-a3b").expect("an embedded model").replacen("[source]", table, 1);
    let text = text.replacen("default-quantization = \"q4-k-m\"", "default-quantization = \"own\"", 1);
    assert!(Model::parse("test.toml", &text).is_ok() && text.contains(from), "no `{from}`");
    Model::parse("test.toml", &text.replacen(from, to, 1)).expect_err("an impossible model").to_string()
}

#[test]
fn what_is_refused() {
    insta::assert_snapshot!(problem("layers = 48", "layers = 0"), @r#"
    model test.toml: TOML parse error at line 5, column 10
      |
    5 | layers = 0
      |          ^
    0 is impossible as a count: give 1 or more
    "#);
    insta::assert_snapshot!(problem("layers = 48", "layer = 48"), @r#"
    model test.toml: TOML parse error at line 5, column 1
      |
    5 | layer = 48
      | ^^^^^
    unknown field `layer`, expected one of `schema`, `name`, `title`, `aliases`, `layers`, `hidden`, `vocabulary`, `embedding-width`, `tied-embeddings`, `context`, `position-parameters`, `biases`, `norms-per-layer`, `last-norm`, `layer-extra-parameters`, `extra-parameters`, `kv-shared-layers`, `pattern`, `attention`, `window-attention`, `latent-attention`, `linear-attention`, `convolution`, `feed-forward`, `experts`, `per-layer-embedding`, `quantization`, `default-quantization`, `source`
    "#);
    insta::assert_snapshot!(problem("layers = 48", "layers = 100000"), @"model test.toml, line 5: `layers`: 100000 come to more than any model has (at most 4096)");
    insta::assert_snapshot!(problem("schema = 1", "schema = 3"), @"model test.toml, line 1: `schema`: 3 is not known here: this version reads 1");
    insta::assert_snapshot!(problem("kv-heads = 4", "kv-heads = 5"), @"model test.toml, line 14: `attention.kv-heads`: 5 don't divide the 32 `heads`");
    insta::assert_snapshot!(problem("active = 8", "active = 129"), @"model test.toml, line 20: `experts.active`: 129 of 128 experts: give at most `count`");
    insta::assert_snapshot!(problem("head = \"Q6_K\"\n", ""), @"model test.toml, line 23: `quantization.own.head`: missing, and the embeddings are not tied: give the head's format");
    insta::assert_snapshot!(problem("norm = \"F32\"", "norm = \"F33\""), @r#"
    model test.toml: TOML parse error at line 28, column 8
       |
    28 | norm = "F33"
       |        ^^^^^
    unknown variant `F33`, expected one of `F32`, `F16`, `BF16`, `Q8_0`, `Q4_0`, `Q4_1`, `Q5_0`, `Q5_1`, `Q2_K`, `Q3_K`, `Q4_K`, `Q5_K`, `Q6_K`, `IQ1_S`, `IQ1_M`, `IQ2_XXS`, `IQ2_XS`, `IQ2_S`, `IQ3_XXS`, `IQ3_S`, `IQ4_XS`, `IQ4_NL`, `TQ1_0`, `TQ2_0`, `MXFP4`, `MLX2`, `MLX3`, `MLX4`, `MLX5`, `MLX6`, `MLX8`, `MLX3G32`, `MLX4G32`, `MLX5G32`, `MLX6G32`, `MLX8G32`, `MLX3G128`, `MLX4G128`, `MLX6G128`, `MLX8G128`, `I8`, `I4`, `I2`, `Q4G32`, `I4G32`, `I4G128`, `I4G256`, `LUT4`, `LUT6`, `LUT8`
    "#);
    insta::assert_snapshot!(problem("attention = \"Q4_K\"", "attention = { Q6_K = [1] }"), @r#"
    model test.toml: TOML parse error at line 25, column 13
       |
    25 | attention = { Q6_K = [1] }
       |             ^^^^^^^^^^^^^^
    missing field `default`
    "#);
    insta::assert_snapshot!(problem("attention = \"Q4_K\"", "attention = 4"), @r#"
    model test.toml: TOML parse error at line 25, column 13
       |
    25 | attention = 4
       |             ^
    invalid type: integer `4`, expected a number format, or { default = "Q4_K", Q6_K = [layers, from 0] }
    "#);
    insta::assert_snapshot!(problem("attention = \"Q4_K\"", "attention = { default = \"Q4_K\", Q6_K = [48] }"), @"model test.toml, line 23: `quantization.own`: a format for layer 48: the 48 `layers` are numbered from 0");
    insta::assert_snapshot!(problem("hidden = 2048", "hidden = 999999999"), @"model test.toml, line 6: `hidden`: the widths and counts together come to more than any model has: is one of them wrong?");
    insta::assert_snapshot!(problem("default-quantization = \"own\"", "default-quantization = \"q4-k\""), @"model test.toml, line 10: `default-quantization`: no quantization `q4-k`: did you mean q4-k-m, q4-k-s?");
    insta::assert_snapshot!(problem("[experts]", "[feed-forward]\nkind = \"gated\"\nactivation = \"silu\"\nwidth = 8\n\n[experts]"), @"model test.toml, line 23: `experts`: both `[feed-forward]` and `[experts]`: keep one, or say which first layers are `dense-layers`");
    insta::assert_snapshot!(problem("[experts]\ncount = 128\nactive = 8\nwidth = 768\n", ""), @"model test.toml, line 1: `feed-forward`: missing: give `[feed-forward]` or `[experts]`");
    insta::assert_snapshot!(problem("width = 768", "width = 768\ndense-layers = 1"), @"model test.toml, line 22: `experts.dense-layers`: these layers need a `[feed-forward]` of their own");
    insta::assert_snapshot!(problem("width = 768", "width = 768\nshared-width = 8"), @"model test.toml, line 22: `experts.shared-width`: a width of no experts: say how many are `shared`");
    insta::assert_snapshot!(problem("head-dim = 128", "head-dim = 128\nwindow = 512"), @"model test.toml, line 16: `attention.window`: a window: put it and its heads into `[window-attention]`");
    insta::assert_snapshot!(problem("[experts]", "[convolution]\nkernel = 3\n\n[experts]"), @"model test.toml, line 1: `pattern`: missing: say in which order layers are attention, convolution");
    insta::assert_snapshot!(problem("hidden = 2048", "hidden = 2048\npattern = [\"attention\", \"linear\"]"), @"model test.toml, line 7: `pattern`: names attention, linear, and the sections are of attention: each needs the other");
    insta::assert_snapshot!(problem("hidden = 2048", "hidden = 2048\npattern = []"), @"model test.toml, line 7: `pattern`: 0 kinds for 48 `layers`: give the kinds that repeat");
    insta::assert_snapshot!(problem("[attention]", "[window-attention]"), @"model test.toml, line 12: `window-attention.window`: missing: say how many positions a layer looks at");
    insta::assert_snapshot!(problem("hidden = 2048", "hidden = 2048\nkv-shared-layers = 48"), @"model test.toml, line 7: `kv-shared-layers`: 48 of 48 `layers`: an earlier layer must have keys");
    insta::assert_snapshot!(problem("context = { kind", "contexts = { kind"), @"model test.toml, line 33: `source.contexts`: a source of `contexts`, which the file lacks: name one of its keys, or `default`");
}

#[test]
fn what_is_not_known() {
    insta::assert_snapshot!(model("qwen3-30b-a3b").weights("q4-km").expect_err("no such quantization"), @"model qwen3-30b-a3b: no quantization `q4-km`: did you mean q4-k-m?");
    insta::assert_snapshot!(Model::load("qwen3-30b-a4b").expect_err("no such model"), @"no model named `qwen3-30b-a4b`: did you mean qwen3-30b-a3b, qwen3.5-35b-a3b? (a path must end in .toml)");
    insta::assert_snapshot!(Model::load("nowhere.toml").expect_err("no such file"), @"model nowhere.toml: No such file or directory (os error 2)");
    let nothing = model("qwen3-30b-a3b").weights("zzzz").expect_err("no such quantization").to_string();
    assert!(nothing.starts_with("model qwen3-30b-a3b: no quantization `zzzz`: give one of 8da4w, bf16, "), "{nothing}");
}
