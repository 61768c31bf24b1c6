//! `trace fit` and `trace synth` as the command line has them: what is written, what is said of it, what is refused.

use std::{fs, path::Path};

use insta::assert_snapshot;
use serde_json::Value;

use crate::{
    bad_input::refused_in,
    program::{printed, run, text},
};

const RECIPE: &str = r#"
schema = 1
name = "small"
title = "a small model"
model = "toy"
definition = "experts that the router chose"
unit = "expert"
layers = 3
bundles-per-layer = 24
seed = 7

[length]
requests = 1
prompt-tokens = 8
decode-tokens = 160

[tokens]
near-share = 0.3
near-tokens = 2.0
memory-tokens = 64
spread = 0.5
prompt-factor = 1.0

[layer]
active-bundles = 4
active-spread = 0
skew = 4
shape = 0.8
likeness = 0.4
recency = 0.3

[source]
default = { kind = "assumed", from = "a test" }
"#;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("small.toml"), RECIPE).expect("written");
    folder
}

/// Writes a trace; what was said of it.
fn synthesised(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, &[&["trace", "synth"], arguments].concat());
    let said = text(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    said
}

fn info(folder: &Path, trace: &str) -> Value {
    serde_json::from_str(&printed(folder, &["trace", "info", trace, "--format", "json"])).expect("JSON")
}

#[test]
fn a_recipe_becomes_a_trace_of_any_length() {
    let folder = folder();
    let folder = folder.path();
    let said = synthesised(folder, &["small.toml", "--out", "a.parquet"]);
    assert!(said.starts_with("wrote a.parquet: 168 synthetic tokens, "), "{said}");
    let longer = ["--requests", "2", "--prompt-tokens", "3", "--tokens", "5", "--seed", "8", "--out", "b.parquet"];
    synthesised(folder, &[&["small.toml"], &longer[..]].concat());
    let info = info(folder, "b.parquet");
    let counts = ["requests", "prefill_tokens", "decode_tokens", "layers", "bundles_per_layer", "lookups"];
    assert_eq!(counts.map(|key| info[key].as_u64().expect("a count")), [2, 6, 10, 3, 24, 2 * 8 * 3 * 4]);
    // The same bytes again; others from another seed.
    synthesised(folder, &["small.toml", "--out", "c.parquet"]);
    synthesised(folder, &["small.toml", "--seed", "9", "--out", "d.parquet"]);
    let [a, c, d] = ["a", "c", "d"].map(|name| fs::read(folder.join(format!("{name}.parquet"))).expect("a trace"));
    assert!(a == c && a != d);
    // What it is from is in the file, and the built-in ones are made by their names.
    synthesised(folder, &["synthetic/mixtral-8x7b", "--tokens", "4", "--out", "e.parquet"]);
    assert_eq!(info_of_mixtral(folder), ["mixtral-8x7b", "experts that the router chose"]);
}

fn info_of_mixtral(folder: &Path) -> [String; 2] {
    let info = info(folder, "e.parquet");
    ["model", "definition"].map(|key| info[key].as_str().expect("a text").to_owned())
}

#[test]
fn a_fit_writes_a_recipe_and_says_what_matches() {
    let folder = folder();
    let folder = folder.path();
    synthesised(folder, &["small.toml", "--out", "a.parquet"]);
    let report = printed(folder, &["trace", "fit", "a.parquet", "--out", "fitted.toml"]);
    assert!(report.starts_with("fitted: synthetic beside its original\n"), "{report}");
    let titles = [
        "hits of generated tokens, %",
        "shares, mean over layers",
        "mean length of runs",
        "lru hits of",
        "belady hits of",
    ];
    assert!(titles.iter().all(|title| report.contains(title)), "{report}");
    // The recipe is one: it generates, and compares as the fit has said.
    let again = run(
        folder,
        &["trace", "synth", "fitted.toml", "--out", "f.parquet", "--against", "a.parquet", "--format", "json"],
    );
    assert!(again.status.success(), "{}", text(&again.stderr));
    let compared: Value = serde_json::from_str(&text(&again.stdout)).expect("JSON");
    let hits = compared["hit_rates_percent"].as_array().expect("hit rates");
    assert!(hits.len() >= 8, "{hits:?}");
    let worst = hits.iter().map(|hit| hit["difference"].as_f64().expect("both").abs()).fold(0.0, f64::max);
    assert!(worst < 6.0, "{worst} points apart: {report}");
    let json = printed(folder, &["trace", "fit", "a.parquet", "--out", "fitted.toml", "--format", "json"]);
    let fitted: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(fitted["hit_rates_percent"], compared["hit_rates_percent"], "the fit's own report is of that trace");
}

#[test]
fn published_figures_are_fitted_too() {
    let folder = folder();
    let folder = folder.path();
    let published = "\n[[published]]\nstatistic = { lru-hits = { bundles = 6 } }\nvalue = 0.6\n\
                     source = { kind = \"published\", from = \"a test\" }\n";
    fs::write(folder.join("known.toml"), RECIPE.replace("\n[source]", &format!("{published}\n[source]")))
        .expect("written");
    let json = printed(folder, &["trace", "fit", "known.toml", "--out", "fitted.toml", "--format", "json"]);
    let report: Value = serde_json::from_str(&json).expect("JSON");
    let figure = &report["published"][0];
    assert_eq!(figure["original"], 0.6);
    assert!(figure["difference"].as_f64().expect("both").abs() < 0.06, "{figure}");
    assert!(fs::read_to_string(folder.join("fitted.toml")).expect("a recipe").contains("recency = "));
}

#[test]
fn what_can_not_be_generated_is_refused_and_nothing_written() {
    let folder = folder();
    let folder = folder.path();
    let refused = |arguments: &[&str]| {
        let error = refused_in(folder, arguments);
        assert!(!folder.join("x").exists(), "{error}");
        error
    };
    assert_snapshot!(refused(&["trace", "synth", "smollm2-135m-chat", "--out", "x"]), @"error: smollm2-135m-chat is no recipe: give synthetic/NAME, or a path that ends in .toml");
    assert_snapshot!(refused(&["trace", "synth", "small.toml", "--tokens", "0", "--prompt-tokens", "0", "--out", "x"]), @"error: recipe small: `length`: 1 requests of 0 tokens: at least 1 of each, and at most 2^31 tokens");
    assert_snapshot!(refused(&["trace", "fit", "small.toml", "--out", "x"]), @"error: small.toml has no [[published]] figures to be fitted to: give it some");
    assert_snapshot!(refused(&["trace", "synth", "synthetic/opt", "--out", "x"]), @"error: no recipe named `opt`: did you mean opt-6.7b? (a path must end in .toml)");
}
