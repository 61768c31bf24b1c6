//! The answer in words.

use tightfit_reports::compare::answers;
use tightfit_reports::schema::RunResult;

use crate::fixture;

fn only(results: &[RunResult], names: &[&str]) -> String {
    let chosen: Vec<RunResult> = results
        .iter()
        .filter(|r| r.device == "iPhone 15 Pro" && names.contains(&r.strategy.as_str()))
        .cloned()
        .collect();
    answers(&chosen).join("\n")
}

#[test]
fn of_a_comparison() {
    let names = ["resident", "naive", "layer-stream", "window-5", "belady"];
    insta::assert_snapshot!(only(&fixture::quickstart(), &names), @r#"iPhone 15 Pro: window-5 is the fastest, under memory pressure: 61.2 tok/s at 55.7 mJ a token, 2.1x naive; waiting for flash is 48 % of its time; an oracle would reach 70.9 tok/s. The fastest without memory pressure is layer-stream, 29.9 tok/s. Killed: resident (peak 104 MB, limit 64.0 MB)."#);
}

#[test]
fn of_one_strategy() {
    insta::assert_snapshot!(only(&fixture::quickstart(), &["naive"]), @r#"iPhone 15 Pro: naive fits and runs at 28.6 tok/s at 120 mJ a token; waiting for flash is 76 % of its time."#);
}

#[test]
fn of_a_real_machine_whose_limit_is_none_of_the_devices() {
    let mut results = fixture::quickstart();
    for result in &mut results {
        "ran".clone_into(&mut result.memory.outcome);
        result.memory.killed_after_ns = 0;
    }
    insta::assert_snapshot!(only(&results, &["resident", "naive"]), @"iPhone 15 Pro: resident is the fastest: 117 tok/s at 26.0 mJ a token, 4.1x naive; compute is 87 % of its time.");
    insta::assert_snapshot!(only(&results, &["naive"]), @"iPhone 15 Pro: naive runs at 28.6 tok/s at 120 mJ a token; waiting for flash is 76 % of its time.");
}

#[test]
fn where_nothing_fits() {
    insta::assert_snapshot!(only(&fixture::quickstart(), &["resident"]), @r#"iPhone 15 Pro: nothing fits: even resident would be killed, at a peak of 104 MB with a limit of 64.0 MB."#);
}

#[test]
fn where_only_an_oracle_ran() {
    insta::assert_snapshot!(only(&fixture::quickstart(), &["belady"]), @r#"iPhone 15 Pro: only an oracle was run, a bound and not a choice: 70.9 tok/s."#);
}

#[test]
fn of_a_sweep() {
    insta::assert_snapshot!(only(&fixture::sweep(), &["resident", "naive", "lru"]), @r#"iPhone 15 Pro: lru at limit 24 MB is the fastest of those that fit: 44.4 tok/s at 77.1 mJ a token, 1.6x naive; waiting for flash is 60 % of its time. Killed: resident (peak 104 MB, limit 64.0 MB). Killed at some points: lru."#);
}
