//! Tables that others publish: what their words mean here, row by row.

use std::{collections::BTreeMap, fs, path::Path};

use tempfile::TempDir;

use crate::program::{run, text};

const COLUMNS: &str = "device,model,quant,runtime,backend,prompt_tok,gen_tok,prefill_tok_s,decode_tok_s,note,source";
const AIR: &str = "MacBook Air Apple M5 10-core GPU";
const BENCH: &str = "https://github.com/enescingoz/mac-llm-bench/results";

/// The cases that rows become: text by name of their file.
fn cases(rows: &[String]) -> BTreeMap<String, String> {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("runs.csv"), format!("{COLUMNS}\n{}\n", rows.join("\n"))).expect("a file");
    let output = run(folder.path(), &["validate", "--measurements", "runs.csv", "--write-cases", "cases"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    let files = fs::read_dir(folder.path().join("cases")).expect("the folder of cases");
    let paths = files.map(|file| file.expect("a file").path());
    paths.map(|path| (name(&path), fs::read_to_string(&path).expect("a case"))).collect()
}

#[test]
fn weights_of_four_bits_are_multiplied_as_floats_or_as_whole_numbers() {
    let row = |quant: &str| {
        format!("Snapdragon 8 Elite QRD,Llama-v3.2-3B-Instruct,{quant},genie,Hexagon NPU,4096,,1451.3,13.83,,somewhere")
    };
    let cases = cases(&[row("w4"), row("w4a16")]);
    assert_eq!(cases.len(), 2, "{cases:?}");
    assert!(cases["snapdragon-8-elite-qrd-genie-float16-npu.toml"].contains(r#"quantization = "w4","#));
    assert!(cases["snapdragon-8-elite-qrd-genie-npu.toml"].contains(r#"quantization = "w4a16","#));
}

#[test]
fn what_ran_for_minutes_without_a_fan_is_hot() {
    let row = |device: &str, model: &str, decode: f64, source: &str| {
        format!("{device},{model},4bit,mlx-lm,GPU,512,128,600,{decode},,{source}")
    };
    let hot = cases(&[row(AIR, "Qwen3-8B-4bit", 24.0, BENCH)]);
    assert!(hot["macbook-air-m5-mlx-gpu-hot.toml"].contains(r#"condition = "hot""#), "{hot:?}");
    // Soon over, with a fan, and elsewhere.
    let cool = [
        row(AIR, "Llama-3.2-1B-Instruct-4bit", 156.7, BENCH),
        row("MacBook Pro Apple M2 Max 30-core GPU", "Qwen3-8B-4bit", 24.0, BENCH),
        row(AIR, "Qwen3-8B-4bit", 24.0, "somewhere"),
    ];
    let cool = cases(&cool);
    assert!(cool.len() >= 2 && cool.values().all(|case| !case.contains("condition")), "{cool:?}");
}
