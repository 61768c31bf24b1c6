//! `infer`: the answer on standard output, figures that keep the laws, stores that are kept or removed, and what is refused.
//! Without the `live` feature it says how to get it.

#![cfg_attr(not(feature = "live"), expect(unused_imports, reason = "most tests run a model"))]

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::program::{run, text};

/// Our own model whose gates are a `ReLU`.
fn model() -> String {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("harness/live/models/tightfit-relu-4m").display().to_string()
}

#[cfg(not(feature = "live"))]
#[test]
fn without_the_feature_it_says_how_to_build_it() {
    let output = run(Path::new("."), &["infer", "--model", &model(), "--prompt", "Who"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--features live -- infer"), "{}", text(&output.stderr));
}

#[cfg(feature = "live")]
mod live {
    use super::*;

    const ANSWER: [&str; 8] = ["--prompt", "To be or", "--raw", "--tokens", "12", "--reads", "buffered", "--quiet"];

    fn folder() -> tempfile::TempDir {
        tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder")
    }

    fn infer(folder: &Path, more: &[&str]) -> std::process::Output {
        run(folder, &[&["infer", "--model", &model(), "--store-folder", "."], more].concat())
    }

    fn results(folder: &Path, more: &[&str]) -> Vec<Value> {
        let output = infer(folder, &[more, &["--format", "json"]].concat());
        assert!(output.status.success(), "{more:?}: {}", text(&output.stderr));
        let file: Value = serde_json::from_slice(&output.stdout).expect("a result file");
        assert_eq!(file["schema"], 1);
        file["results"].as_array().expect("results").clone()
    }

    fn number(result: &Value, path: &str) -> u64 {
        result.pointer(path).and_then(Value::as_u64).unwrap_or_else(|| panic!("{path}: {result}"))
    }

    #[test]
    fn every_strategy_gives_the_same_answer_and_keeps_the_laws() {
        let folder = folder();
        let strategies = ["--strategy", "lru", "--strategy", "window", "--strategy", "dip-ca"];
        let asked = ["--active", "non-zero", "--budget-mib", "1", "--set", "strategy.reads.lanes=2"];
        let lines = results(folder.path(), &[&strategies[..], &asked, &ANSWER].concat());
        assert_eq!(lines.len(), 3);
        for line in &lines {
            let [hits, misses, lookups] =
                ["hits", "misses", "lookups"].map(|key| number(line, &format!("/cache/{key}")));
            assert_eq!(hits + misses, lookups);
            assert!(hits > 0 && misses > 0, "{line}");
            assert_eq!(number(line, "/memory/budget_bytes"), 1 << 20);
            assert!(number(line, "/memory/resident_bytes") <= 1 << 20);
            assert!(number(line, "/flash/bytes_per_token") > 0);
            let owners = ["compute", "contention", "flash_stall", "memory_management", "overhead", "throttling"];
            let owned: u64 = owners.iter().map(|owner| number(line, &format!("/time/{owner}_ns"))).sum();
            assert_eq!(owned, number(line, "/time/wall_ns"));
            assert_eq!(line["parameters"]["strategy.reads.lanes"], "2");
        }
        // Exact strategies differ in what they keep, not in what they say; one that bends the model computes less.
        assert_eq!(lines[0]["text"], lines[1]["text"]);
        assert!(lines[0]["text"].as_str().is_some_and(|text| text.len() > 8), "{}", lines[0]);
        assert!(lines[2]["computed_share"].as_f64() < lines[0]["computed_share"].as_f64());
        let left: Vec<_> = std::fs::read_dir(folder.path()).expect("the folder").collect();
        assert!(left.is_empty(), "stores were left: {left:?}");
    }

    #[test]
    fn all_neurons_and_those_that_are_not_zero_say_the_same() {
        let folder = folder();
        let all = infer(folder.path(), &ANSWER);
        let active = infer(folder.path(), &[&["--active", "non-zero"][..], &ANSWER].concat());
        assert!(all.status.success() && active.status.success(), "{}", text(&all.stderr));
        assert_eq!(text(&all.stdout), text(&active.stdout));
        assert!(all.stderr.is_empty(), "--quiet: {}", text(&all.stderr));
    }

    #[test]
    fn a_text_costs_more_the_fewer_neurons_are_computed() {
        let folder = folder();
        let text_file = folder.path().join("text.txt");
        std::fs::write(&text_file, "To be or not to be, that is the question: whether it is nobler in the mind")
            .expect("written");
        let asked = ["--active", "non-zero", "--active", "top-share=0.02", "--perplexity", "text.txt"];
        let lines = results(folder.path(), &[&asked[..], &["--reads", "buffered"]].concat());
        let cost = |line: &Value| line["told"]["perplexity"].as_f64().expect("a perplexity");
        assert!(
            cost(&lines[0]) > 1.0 && cost(&lines[1]) > cost(&lines[0]),
            "{} and {}",
            cost(&lines[0]),
            cost(&lines[1])
        );
        // A zero is never active: where less than that share is not zero, less is computed.
        let share = lines[1]["computed_share"].as_f64().expect("a share");
        assert!((0.01..=0.0201).contains(&share), "{}", lines[1]);
        let table = infer(folder.path(), &[&asked[..], &["--reads", "buffered"]].concat());
        let line = format!("| lru | top-share 0.02 | {:.1} % |", share * 100.0);
        assert!(text(&table.stdout).contains(&line), "{line}: {}", text(&table.stdout));
    }

    /// `SmolLM2-135M-Instruct` (`Q4_1`), where `TIGHTFIT_SMOLLM2` names its file: with about half of its neurons in memory it says what
    /// it says with all of them.
    #[expect(clippy::print_stderr, reason = "a skipped test says so")]
    #[test]
    fn the_real_model_says_the_same_from_flash() {
        let Some(model) = std::env::var_os("TIGHTFIT_SMOLLM2") else {
            eprintln!("skipped: TIGHTFIT_SMOLLM2 names no file of SmolLM2-135M-Instruct");
            return;
        };
        let folder = folder();
        let asked = ["--prompt", "What is a tide?", "--tokens", "6", "--reads", "buffered", "--format", "json"];
        let answer = |more: &[&str]| {
            let model = model.to_str().expect("a path in letters");
            let named = ["infer", "--model", model, "--store-folder", "."];
            let output = run(folder.path(), &[&named, &asked[..], more].concat());
            assert!(output.status.success(), "{more:?}: {}", text(&output.stderr));
            let file: Value = serde_json::from_slice(&output.stdout).expect("a result file");
            file["results"][0].clone()
        };
        let (all, some) = (answer(&["--strategy", "lru"]), answer(&["--strategy", "window", "--budget-mib", "24"]));
        assert_eq!(all["text"], some["text"]);
        assert!(all["text"].as_str().is_some_and(|text| text.contains("tide")), "{all}");
        assert!(number(&some, "/memory/resident_bytes") <= 24 << 20);
        assert!(number(&some, "/flash/bytes_per_token") > number(&all, "/flash/bytes_per_token"), "{some}");
    }

    #[test]
    fn a_store_that_is_named_is_kept_and_another_models_is_refused() {
        let folder = folder();
        let named = [&ANSWER[..], &["--store", "mine.store"]].concat();
        let first = infer(folder.path(), &named);
        assert!(first.status.success(), "{}", text(&first.stderr));
        let written = std::fs::metadata(folder.path().join("mine.store")).expect("kept").modified().expect("a time");
        let second = infer(folder.path(), &named);
        assert_eq!(text(&first.stdout), text(&second.stdout));
        let after = std::fs::metadata(folder.path().join("mine.store")).expect("kept").modified().expect("a time");
        assert_eq!(written, after, "it was written again");
        let other = infer(folder.path(), &[&named[..], &["--active", "non-zero"]].concat());
        assert_eq!(other.status.code(), Some(2), "gates are in this one");
        assert!(text(&other.stderr).contains("mine.store"), "{}", text(&other.stderr));
    }

    #[test]
    fn what_can_not_be_run_live_says_why() {
        let folder = folder();
        let cases: [(&[&str], &str); 9] = [
            (&["--strategy", "naive"], "streams everything"),
            (&["--strategy", "trust-the-page-cache"], "leaves caching to the system"),
            (&["--strategy", "llm-flash-bundled"], "leave the predictor out"),
            (&["--strategy", "ripple"], "learns from a recorded trace"),
            (&["--strategy", "belady"], "nobody knows live"),
            (&["--strategy", "dip-ca"], "say which are with --active"),
            (&["--active", "teal=0.5", "--calibration-file", "x"], "x: cannot be read"),
            (&["--active", "cats=0.5"], "give a text to find them on"),
            (&["--set", "memory.limit-mb=4"], "strategy.KEY=VALUE"),
        ];
        for (more, why) in cases {
            let output = infer(folder.path(), &[more, &ANSWER].concat());
            assert_eq!(output.status.code(), Some(2), "{more:?}");
            assert!(text(&output.stderr).contains(why), "{more:?}: {}", text(&output.stderr));
        }
    }
}
