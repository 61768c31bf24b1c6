//! `[expect]`: limits that make a scenario a test, refused where they can't be meant.

use insta::assert_snapshot;
use tightfit::{
    reports::{metrics::numbers, schema::RunResult},
    scenarios::expect::METRICS,
};

use crate::{
    bad_input::refused_in,
    program::{run, text},
    tiny,
};

/// The tiny scenario with an `[expect]` in a folder of its own.
fn with(expect: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    tiny::write(folder.path());
    let scenario = format!("{}\n{expect}\n", tiny::SCENARIO.replace("DIR/", ""));
    std::fs::write(folder.path().join("tiny.toml"), scenario).expect("a file");
    folder
}

/// The exit code and what was said.
fn ran(expect: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let folder = with(expect);
    let output = run(folder.path(), &[&["run", "tiny.toml", "--format", "csv"], arguments].concat());
    assert_eq!(text(&output.stdout).lines().count(), 2, "the results are printed all the same");
    (output.status.code(), text(&output.stderr))
}

#[test]
fn what_holds_is_not_spoken_of() {
    let expect = "[expect]\noutcome = \"fits\"\ndecode-tokens-per-s = { at-least = 1 }\npeak-mb = { at-most = 0.1 }";
    assert_eq!(ran(expect, &[]), (Some(0), String::new()));
    let tolerance = "[expect]\nttft-ms = { relative = 0.0 }";
    assert_eq!(ran(tolerance, &[]), (Some(0), String::new()), "a tolerance is the gate's");
}

#[test]
fn what_does_not_hold_is_exit_code_1() {
    let expect = "[[expect]]\nstrategies = [\"lru\"]\ndecode-tokens-per-s = { at-least = 1e6, at-most = 1e7 }\n\
                  [[expect]]\ndevices = [\"toy\"]\ndecode-hit-rate = { at-least = 0.99 }\npeak-mb = { at-most = 0.0001 }";
    let (code, said) = ran(expect, &[]);
    assert_eq!(code, Some(1), "{said}");
    assert_snapshot!(said, @r#"
    error: toy · lru: decode-tokens-per-s is 2637.43, expected at least 1000000 and at most 10000000
    error: toy · lru: peak-mb is 0.0210320, expected at most 0.0001
    error: toy · lru: decode-hit-rate is 0.588235, expected at least 0.99
    "#);
}

#[test]
fn a_killed_app_has_no_speed() {
    let (code, said) = ran(
        "[expect]\ndecode-tokens-per-s = { at-least = 0.1 }\noutcome = \"under-pressure\"",
        &["--set", "device.memory.app-limit-mb=0.011", "--set", "memory.budget-mib=0.05"],
    );
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("outcome is killed, expected under-pressure"), "{said}");
    assert!(said.contains("the app is killed, expected at least 0.1"), "{said}");
}

/// Where only some strategies are run, an expectation may be about the others.
#[test]
fn a_narrowed_run_is_not_held_to_the_rest() {
    let folder = with("[expect]\nstrategies = [\"lru\"]\ndecode-tokens-per-s = { at-least = 1e6 }");
    let output = run(folder.path(), &["run", "tiny.toml", "--strategy", "window", "--format", "csv"]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
}

#[test]
fn rows_of_a_sweep_are_held_too() {
    let expect = "[expect]\nttft-ms = { at-most = 0.001 }\n\n[sweep]\n\"strategy.reads.lanes\" = [1, 2]";
    let folder = with(expect);
    let output = run(folder.path(), &["run", "tiny.toml", "--format", "csv"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stderr).matches("ttft-ms is").count(), 2, "{}", text(&output.stderr));
}

#[test]
fn wrong_expectations_are_refused() {
    let refused = |expect: &str| {
        let folder = with(expect);
        refused_in(folder.path(), &["run", "tiny.toml"])
    };
    assert_snapshot!(refused("[expect]\ndecode-token-per-s = { at-least = 1 }"), @r#"
    error: scenario tiny.toml: TOML parse error at line 12, column 1
       |
    12 | [expect]
       | ^^^^^^^^
    unknown metric `decode-token-per-s` (did you mean decode-tokens-per-s?), expected one of devices, strategies, outcome, decode-tokens-per-s, prefill-tokens-per-s, ttft-ms, tpot-ms, itl-p95-ms, itl-p99-ms, e2e-ms, peak-mb, flash-mb-per-token, decode-hit-rate, joules-per-token, battery-percent-per-1000-tokens, lost-mass-share
    "#);
    for (expect, problem) in [
        ("[expect]\n", "expects nothing: give outcome, or a metric: decode-tokens-per-s"),
        ("[expect]\nttft-ms = {}", "`ttft-ms`: give at-least, at-most, relative or absolute"),
        ("[expect]\nttft-ms = { at-least = 3, at-most = 2 }", "nothing is at least 3 and at most 2"),
        ("[expect]\nttft-ms = { at-least = nan }", "a limit is a finite number, 0 or more"),
        ("[expect]\nttft-ms = { min = 3 }", "unknown field `min`, expected one of `at-least`"),
        ("[expect]\noutcome = \"lives\"", "unknown variant `lives`, expected one of `fits`"),
        ("[expect]\nstrategies = [\"windows\"]\noutcome = \"fits\"", "[expect] is about windows, and no result is"),
    ] {
        let error = refused(expect);
        assert!(error.contains(problem), "{expect}: {error}");
    }
}

/// What a scenario can expect something of is there in a result.
#[test]
fn every_metric_is_one_of_a_result() {
    let known: Vec<&str> = numbers(&RunResult::default()).iter().map(|(name, _)| *name).collect();
    for metric in METRICS {
        assert!(known.contains(&metric.result), "{}", metric.key);
        let is_ms = metric.key.ends_with("-ms") && metric.result.ends_with("_ns");
        assert_eq!((metric.factor - 1e6).abs() < 0.5, is_ms || metric.key.contains("-mb"), "{}", metric.key);
    }
}
