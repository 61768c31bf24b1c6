//! A phone that is not built in: its profile fitted to a table of its own rates, and held to them.

use std::{fs, path::Path};

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{run, text};

const PROFILE: &str = r#"
schema = 1
base = "iphone-15-pro"
name = "my-phone"
title = "My phone"
"#;

const MODELS: [&str; 4] = ["llama-3.2-1b", "llama-3.2-3b", "qwen3-1.7b", "gemma-3-1b"];

/// A table of these rates of decoding, a model each.
fn table(rates: &[f64]) -> String {
    let row = |(model, rate): (&&str, &f64)| format!("My Phone,{model},q4_0,llama.cpp,Metal,128,128,{rate}\n");
    let rows: Vec<String> = MODELS.iter().zip(rates).map(row).collect();
    format!("device,model,quant,runtime,backend,prompt_tok,gen_tok,decode_tok_s\n{}", rows.concat())
}

/// Predicted rates of the table in `folder`, in the order of the models, and their errors.
fn predicted(folder: &Path) -> Vec<(f64, f64)> {
    let arguments = ["validate", "--measurements", "runs.csv", "--profile", "phone.toml", "--format", "json"];
    let output = run(folder, &arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let validation: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let cases = validation["cases"].as_array().expect("cases");
    assert!(cases.iter().all(|case| case["device"] == "my-phone"), "{cases:?}");
    let of_model = |model: &&str| {
        let case = cases.iter().find(|case| case["model"] == *model).unwrap_or_else(|| panic!("no case of {model}"));
        let number = |key: &str| case[key].as_f64().expect("a number");
        (number("predicted"), number("error"))
    };
    MODELS.iter().map(of_model).collect()
}

#[test]
fn a_fit_brings_the_profile_near_its_own_rates() {
    let folder = TempDir::new().expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
    write("phone.toml", PROFILE);
    write("runs.csv", &table(&[10.0; 4]));
    let slower: Vec<f64> = predicted(folder.path()).iter().map(|(predicted, _)| 0.7 * predicted).collect();
    write("runs.csv", &table(&slower));
    let before = predicted(folder.path());
    assert!(before.iter().all(|(_, error)| *error > 0.4), "{before:?}");
    let fitted = run(folder.path(), &["device", "fit", "runs.csv", "--profile", "phone.toml"]);
    assert!(fitted.status.success(), "{}", text(&fitted.stderr));
    let profile = fs::read_to_string(folder.path().join("phone.toml")).expect("the profile");
    assert!(profile.starts_with(PROFILE.trim_end()) && profile.contains("scale = {"), "{profile}");
    let after = predicted(folder.path());
    assert!(after.iter().all(|(_, error)| error.abs() < 0.15), "{after:?}");
    // Again from where it was left: what stands below the mark is written anew, not added to.
    let again = run(folder.path(), &["device", "fit", "runs.csv", "--profile", "phone.toml"]);
    assert!(again.status.success(), "{}", text(&again.stderr));
    assert_eq!(fs::read_to_string(folder.path().join("phone.toml")).expect("the profile"), profile);
}
