//! `tightfit diff`: two files side by side, and files that are none.

use std::fs;

use crate::{
    bad_input::refused_in,
    program::{printed, program, text},
    tiny,
};

/// A folder with results of the tiny scenario, and of one with less memory.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    tiny::write(folder.path());
    for (name, budget) in [("a.json", "0.02"), ("b.json", "0.001")] {
        let set = format!("memory.budget-mib={budget}");
        let json = printed(folder.path(), &["run", "tiny.toml", "--format", "json", "--set", &set]);
        fs::write(folder.path().join(name), json).expect("a file");
    }
    folder
}

#[test]
fn two_runs_are_compared() {
    let folder = folder();
    let text = printed(folder.path(), &["diff", "a.json", "b.json"]);
    assert!(text.starts_with("a.json → b.json: 1 result in both, 1 with other numbers\n"), "{text}");
    assert!(text.contains("waiting for flash +"), "{text}");
    assert!(text.contains("memory.budget-mib 0.02"), "{text}");
    let same = printed(folder.path(), &["diff", "a.json", "a.json"]);
    assert_eq!(same, "a.json and a.json: 1 result, identical\n");
    let markdown = printed(folder.path(), &["diff", "a.json", "b.json", "--format", "md"]);
    assert!(markdown.starts_with("### a.json → b.json") && markdown.contains("| toy · lru | decode |"), "{markdown}");
    let json = printed(folder.path(), &["diff", "a.json", "b.json", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!((&json["pairs"], &json["identical"]), (&1.into(), &false.into()));
    let all = printed(folder.path(), &["diff", "a.json", "b.json", "--all"]);
    assert!(all.contains("time.flash_stall_ns") && !text.contains("time.flash_stall_ns"), "{all}");
}

#[test]
fn colour_is_asked_for_or_is_a_terminals() {
    let folder = folder();
    let diff = |more: &[&str], no_color: &str| {
        let mut command = program(folder.path());
        command.args(["diff", "a.json", "b.json"]).args(more).env("NO_COLOR", no_color);
        text(&command.output().expect("the program starts").stdout)
    };
    assert!(!diff(&[], "").contains('\u{1b}'), "a pipe is no terminal");
    assert!(diff(&["--color", "always"], "1").contains("\u{1b}[1m"), "who asks is given");
    assert!(!diff(&["--color", "never"], "").contains('\u{1b}'));
}

#[test]
fn a_baseline_is_compared_too() {
    let folder = folder();
    printed(folder.path(), &["gate", "tiny.toml", "--bless", "--reason", "a test", "--baseline", "base.json"]);
    let text = printed(folder.path(), &["diff", "base.json", "b.json"]);
    assert!(text.contains("memory.budget-mib"), "{text}");
}

#[test]
fn other_files_are_refused() {
    let folder = folder();
    let whole = fs::read_to_string(folder.path().join("a.json")).expect("results");
    let files = [
        ("torn.json", &whole[..whole.len() / 2], "torn.json:"),
        ("foreign.json", "{\"a\": 1}", "missing field `schema`"),
        ("other.json", "{\"schema\": 9, \"results\": []}", "schema 9 is not known"),
        ("table.csv", "a,b\n1,2\n", "table.csv:1:1: expected value"),
    ];
    for (name, content, problem) in files {
        fs::write(folder.path().join(name), content).expect("a file");
        let error = refused_in(folder.path(), &["diff", "a.json", name]);
        assert!(error.contains(problem), "{name}: {error}");
    }
    assert!(refused_in(folder.path(), &["diff", "a.json", "none.json"]).contains("none.json: cannot read"));
}
