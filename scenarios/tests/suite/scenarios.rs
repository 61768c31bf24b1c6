//! Scenarios as texts: what must hold between their keys, and which strategies they end up with.

use std::fs;

use insta::assert_snapshot;
use tightfit_scenarios::{Scenario, ScenarioError, Settings, catalog::Text};

const RIGHT: &str = r#"schema = 1
name = "mine"
title = "Mine"
devices = ["iphone-15-pro"]
model = "smollm2-135m"
runtime = "llama.cpp"
processor = "cpu"
strategies = ["naive", "lru"]

[request]
prompt-tokens = 8
output-tokens = 4

[[strategy]]
from = "window"
name = "window-9"
resident-set = { evict = { policy = "window", tokens = 9 } }
"#;

fn parse(text: &str, only: &[&str], set: &[&str]) -> Result<Scenario, ScenarioError> {
    let source = Text { origin: "mine.toml".to_owned(), text: text.to_owned() };
    let only: Vec<String> = only.iter().map(|&name| name.to_owned()).collect();
    Scenario::parse(source, &only, &Settings::parse(set)?)
}

/// The error about the right text with one part of it replaced.
fn problem(from: &str, to: &str) -> String {
    assert!(RIGHT.contains(from), "{from}");
    parse(&RIGHT.replacen(from, to, 1), &[], &[]).expect_err(to).to_string().trim_end().to_owned()
}

fn names(scenario: &Scenario) -> Vec<&str> {
    scenario.strategies.iter().map(|strategy| strategy.name.as_str()).collect()
}

#[test]
fn strategies_are_its_own_and_variations() {
    let scenario = parse(RIGHT, &[], &[]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(names(&scenario), ["naive", "lru", "window-9"]);
    assert_eq!(scenario.strategies[2].settings["resident-set.evict.tokens"], "9");
}

#[test]
fn others_may_be_run_in_their_place() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("own.toml");
    let own = include_str!("../../strategies/lru.toml").replace("name = \"lru\"", "name = \"own\"");
    fs::write(&path, own).expect("a file");
    let path = path.display().to_string();
    let only = |names: &[&str]| parse(RIGHT, names, &[]);
    let chosen = only(&["window-9", "belady", &path]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(names(&chosen), ["window-9", "belady", "own"], "its own, the catalog's, a path's");
    let with_path = RIGHT.replace("\"lru\"", &format!("\"{path}\""));
    let by_name = parse(&with_path, &["own"], &[]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(names(&by_name), ["own"], "by the name that the file gives itself");
    assert_snapshot!(only(&["window9"]).expect_err("unknown"), @"no strategy named `window9`: did you mean window-9? (a path must end in .toml)");
    assert_snapshot!(only(&["lru", "lru"]).expect_err("twice"), @"scenario mine.toml: `strategy.name`: two are called `lru`: leave one out, or give it another name");
}

#[test]
fn keys_that_exclude_each_other_are_refused() {
    assert_snapshot!(problem("schema = 1", "schema = 7"), @"scenario mine.toml: `schema`: this program reads schema 1, not 7");
    assert_snapshot!(problem("[\"iphone-15-pro\"]", "[]"), @"scenario mine.toml: `devices`: no device: name at least one (`tightfit list devices`)");
    assert_snapshot!(problem("name = \"mine\"", "name = \"../mine\""), @"scenario mine.toml: `name`: a name is one word of letters, digits, `-`, `_` and `.`, such as my-phone");
    assert_snapshot!(problem("output-tokens = 4", "output-tokens = 0"), @"scenario mine.toml: `request.output-tokens`: no output: at least 1");
    assert_snapshot!(problem("prompt-tokens = 8", "prompt-tokens = 0"), @"scenario mine.toml: `request.prompt-tokens`: an empty prompt: at least 1");
    assert_snapshot!(problem("output-tokens = 4", ""), @"scenario mine.toml: `request`: without a trace, give prompt-tokens and output-tokens");
    assert_snapshot!(problem("runtime =", "trace = \"smollm2-135m-chat\"\nruntime ="), @"scenario mine.toml: `request.prompt-tokens`: the trace has its own prompt: leave this out, or the trace");
    assert_snapshot!(problem("[request]", "[memory]\nlimit-mb = 64\n[request]"), @r#"scenario mine.toml: `memory.limit-source`: a limit-mb and its limit-source = { kind = "assumed", from = "…" } go together"#);
    assert_snapshot!(problem("[request]", "[memory]\ncurve-mb = [64, 0]\n[request]"), @"scenario mine.toml: `memory.curve-mb`: a limit of nothing: each at least 1");
    assert_snapshot!(problem("from = \"window\"\n", ""), @r#"scenario mine.toml: `strategy.from`: name the strategy that this entry varies, as in from = "window""#);
    assert_snapshot!(problem("from = \"window\"", "from = \"windw\""), @"no strategy named `windw`: did you mean window? (a path must end in .toml)");
    assert_snapshot!(problem("name = \"window-9\"", "name = \"lru\""), @"scenario mine.toml: `strategy.name`: two are called `lru`: leave one out, or give it another name");
    assert_snapshot!(problem("tokens = 9", "token = 9"), @"
    strategy window in mine.toml: unknown field `token`, expected `policy` or `tokens`
    in `resident-set.evict`
    ");
    assert_snapshot!(problem("processor = \"cpu\"", "processor = \"tpu\""), @r#"
    scenario mine.toml: TOML parse error at line 7, column 13
      |
    7 | processor = "tpu"
      |             ^^^^^
    unknown variant `tpu`, expected one of `cpu`, `gpu`, `npu`
    "#);
}

#[test]
fn a_setting_goes_over_the_file() {
    let scenario = parse(RIGHT, &[], &["request.output-tokens=7", "memory.limit-mb=80", "title=Other"])
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((scenario.request.output_tokens, scenario.title.as_str()), (Some(7), "Other"));
    assert!(scenario.memory.limit.is_some() && scenario.memory.limit_source.is_none(), "set by the user");
    let wrong = parse(RIGHT, &[], &["request.output-token=7"]).expect_err("an unknown key").to_string();
    assert_snapshot!(wrong, @r#"
    scenario mine.toml with --set: unknown field `output-token`, expected one of `prompt-tokens`, `output-tokens`, `context-tokens`, `prefill`, `trace-request`, `batch`
    in `request`
    "#);
    let broken = parse(&RIGHT.replace("schema = 1", "schema ="), &[], &["request.output-tokens=7"]);
    assert!(broken.expect_err("wrong TOML").to_string().contains("line 1"), "the file must be right by itself");
}
