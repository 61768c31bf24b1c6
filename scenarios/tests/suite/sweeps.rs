//! Sweeps: what `[sweep]` may say, and the order of its points.

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

[sweep]
"#;

fn parse(sweep: &str, set: &[&str]) -> Result<Scenario, ScenarioError> {
    let source = Text { origin: "mine.toml".to_owned(), text: format!("{RIGHT}{sweep}") };
    Scenario::parse(source, &[], &Settings::parse(set)?)
}

fn points(sweep: &str, set: &[&str]) -> Vec<String> {
    let sweep = parse(sweep, set).unwrap_or_else(|error| panic!("{error}")).sweep;
    (0..sweep.points()).map(|number| sweep.point(number).to_string()).collect()
}

fn problem(sweep: &str, set: &[&str]) -> String {
    parse(sweep, set).expect_err(sweep).to_string().trim_end().to_owned()
}

#[test]
fn points_are_the_product_in_the_order_of_the_file() {
    let sweep =
        "\"strategy.reads.lanes\" = [1, 8]\n\"memory.budget-mib\" = [64, 32]\ndevice.power.idle-mw = [0.5, 2]\n";
    assert_snapshot!(points(sweep, &[]).join("\n"), @"
    strategy.reads.lanes = 1, memory.budget-mib = 64, device.power.idle-mw = 0.5
    strategy.reads.lanes = 1, memory.budget-mib = 64, device.power.idle-mw = 2
    strategy.reads.lanes = 1, memory.budget-mib = 32, device.power.idle-mw = 0.5
    strategy.reads.lanes = 1, memory.budget-mib = 32, device.power.idle-mw = 2
    strategy.reads.lanes = 8, memory.budget-mib = 64, device.power.idle-mw = 0.5
    strategy.reads.lanes = 8, memory.budget-mib = 64, device.power.idle-mw = 2
    strategy.reads.lanes = 8, memory.budget-mib = 32, device.power.idle-mw = 0.5
    strategy.reads.lanes = 8, memory.budget-mib = 32, device.power.idle-mw = 2
    ");
}

#[test]
fn sections_and_quotes_say_the_same() {
    let quoted = points("\"memory.budget-mib\" = [1, 2]\n\"memory.limit-mb\" = [3]\n", &[]);
    assert_eq!(points("[sweep.memory]\nbudget-mib = [1, 2]\nlimit-mb = [3]\n", &[]), quoted);
    assert_eq!(points("memory = { budget-mib = [1, 2], limit-mb = [3] }\n", &[]), quoted);
    assert_eq!(quoted.len(), 2);
}

#[test]
fn ranges_add_or_multiply() {
    let values = |range: &str| {
        let sweep = parse(&format!("\"memory.budget-mib\" = {range}\n"), &[]).unwrap_or_else(|error| panic!("{error}"));
        toml::Value::Array(sweep.sweep.axes[0].values.clone()).to_string()
    };
    assert_eq!(values("{ from = 1, to = 32, factor = 2 }"), "[1, 2, 4, 8, 16, 32]");
    assert_eq!(values("{ from = 1, to = 33, factor = 3 }"), "[1, 3, 9, 27]");
    assert_eq!(values("{ from = 64, to = 128, step = 32 }"), "[64, 96, 128]");
    assert_eq!(values("{ from = 0.1, to = 0.5, step = 0.2 }"), "[0.1, 0.30000000000000004, 0.5]");
    assert_eq!(values("{ from = 5, to = 5, step = 1 }"), "[5]");
    assert_eq!(values("{ from = 9223372036854775806, to = 9223372036854775807, step = 1 }").matches(',').count(), 1);
}

#[test]
fn the_command_line_changes_what_is_swept() {
    let file = "\"memory.budget-mib\" = [64, 96]\n";
    assert_eq!(points(file, &["sweep.memory.budget-mib=[8]"]), ["memory.budget-mib = 8"]);
    assert_eq!(points(file, &["sweep.strategy.reads.lanes=[2]"]).len(), 2, "the file's two, at two lanes");
    assert!(parse(file, &["sweep={}"]).unwrap_or_else(|error| panic!("{error}")).sweep.is_empty());
    assert_snapshot!(problem(file, &["memory.budget-mib=8"]), @"--set memory.budget-mib=8: the scenario sweeps this key: set sweep.memory.budget-mib=[8]");
    let evict = "\"strategy.resident-set.evict\" = [{ policy = \"lru\" }]\n";
    assert_snapshot!(problem(evict, &["strategy.resident-set.evict.tokens=8"]), @"--set strategy.resident-set.evict.tokens=8: the scenario sweeps this key: set sweep.strategy.resident-set.evict=[8]");
}

#[test]
fn what_can_not_be_swept_is_refused() {
    assert_snapshot!(problem("name = [\"a\"]", &[]), @"scenario mine.toml: `sweep.name`: no result depends on this key: sweep another");
    assert_snapshot!(problem("\"memory.budget-mib\" = 64", &[]), @"scenario mine.toml: `sweep.memory.budget-mib`: 64 is one value: give an array of them, as in [64]");
    assert_snapshot!(problem("\"memory.budget-mib\" = []", &[]), @"scenario mine.toml: `sweep.memory.budget-mib`: no values: give at least one");
    assert_snapshot!(problem("\"memory.budget-mib\" = [1, 2, 1]", &[]), @"scenario mine.toml: `sweep.memory.budget-mib`: 1 stands there twice: each value once");
    assert_snapshot!(problem("\"memory..budget-mib\" = [1]", &[]), @r#"scenario mine.toml: `sweep.memory..budget-mib`: an empty key: write it as --set takes it, such as "memory.budget-mib""#);
    let twice = "\"memory.budget-mib\" = [1]\n[sweep.memory]\nbudget-mib = [2]";
    assert_snapshot!(problem(twice, &[]), @"scenario mine.toml: `sweep.memory.budget-mib`: it sets `memory.budget-mib` anew, which is swept before it: write it first");
    let inside =
        "\"strategy.resident-set.evict.tokens\" = [1]\n\"strategy.resident-set.evict\" = [{ policy = \"lru\" }]";
    assert_snapshot!(problem(inside, &[]), @"scenario mine.toml: `sweep.strategy.resident-set.evict`: it sets `strategy.resident-set.evict.tokens` anew, which is swept before it: write it first");
    let many = "\"request.prompt-tokens\" = { from = 1, to = 10000, step = 1 }\n\"memory.budget-mib\" = { from = 1, to = 1001, step = 1 }";
    assert_snapshot!(problem(many, &[]), @"scenario mine.toml: `sweep.*`: more than 10000000 points: fewer values");
    let range = |range: &str| problem(&format!("\"memory.budget-mib\" = {range}"), &[]);
    assert_snapshot!(range("{ from = 1 }"), @"scenario mine.toml: `sweep.memory.budget-mib`: either a step or a factor: a range is { from = 1, to = 32, factor = 2 } or { from = 64, to = 128, step = 16 }");
    assert_snapshot!(range("{ from = 1, step = 1 }"), @"scenario mine.toml: `sweep.memory.budget-mib`: from where to where? a range is { from = 1, to = 32, factor = 2 } or { from = 64, to = 128, step = 16 }");
    assert_snapshot!(range("{ from = 1, to = 2, by = 1 }"), @"scenario mine.toml: `sweep.memory.budget-mib`: a range has no `by`: a range is { from = 1, to = 32, factor = 2 } or { from = 64, to = 128, step = 16 }");
    assert_snapshot!(range("{ from = 1, to = 2, factor = 1 }"), @"scenario mine.toml: `sweep.memory.budget-mib`: a factor above 1, from a number above 0");
    assert_snapshot!(range("{ from = 1, to = 2, step = 0.0 }"), @"scenario mine.toml: `sweep.memory.budget-mib`: a step above 0");
    assert_snapshot!(range("{ from = 3, to = 2, step = 1 }"), @"scenario mine.toml: `sweep.memory.budget-mib`: `from` is above `to`: a range goes up");
    assert_snapshot!(range("{ from = \"a\", to = 2, step = 1 }"), @"scenario mine.toml: `sweep.memory.budget-mib`: a range is of numbers: a range is { from = 1, to = 32, factor = 2 } or { from = 64, to = 128, step = 16 }");
    assert_snapshot!(range("{ from = 0, to = 9000000, step = 1 }"), @"scenario mine.toml: `sweep.memory.budget-mib`: more than 1000000 values: a longer step");
}

/// At a point a key of strategies may pass them all by: those of another point may have it.
#[test]
fn a_point_is_a_scenario_with_its_values_set() {
    let sweep = "\"strategy.reads.lanes\" = [1, 3]\n\"strategy.page-cache.read-around-kib\" = [4]\n\"memory.budget-mib\" = [9]\n";
    let whole = parse(sweep, &[]).unwrap_or_else(|error| panic!("{error}"));
    let settings = whole.sweep.point(1).settings(&Settings::default());
    let point = Scenario::parse(whole.source.clone(), &[], &settings).unwrap_or_else(|error| panic!("{error}"));
    assert!(point.sweep.is_empty());
    assert_eq!(point.memory.budget.map(tightfit_devices::Bytes::get), Some(9 << 20));
    assert_eq!(point.strategies[1].settings["reads.lanes"], "3");
    assert!(!point.strategies.iter().any(|strategy| strategy.has("page-cache")));
}
