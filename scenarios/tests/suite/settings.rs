//! `key=value` texts: where they go and what they become.

use insta::assert_snapshot;
use tightfit_scenarios::{ScenarioError, Settings};
use toml::Value;

fn parse(texts: &[&str]) -> Result<Settings, ScenarioError> {
    Settings::parse(texts)
}

#[test]
fn a_key_says_what_it_is_set_on() {
    let settings =
        parse(&["memory.limit-mb=64", "device.flash.queue-depth=4", "strategy.reads.lanes=2", "strategy=[]"])
            .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(settings.device, [("flash.queue-depth".to_owned(), Value::Integer(4))]);
    assert_eq!(settings.strategy, [("reads.lanes".to_owned(), Value::Integer(2))]);
    let scenario: Vec<&str> = settings.scenario.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(scenario, ["memory.limit-mb", "strategy"], "an entry of the file's own is a key of the scenario");
}

#[test]
fn a_value_is_toml_or_else_a_text() {
    let value = |text: &str| {
        let settings = parse(&[&format!("key={text}")]).unwrap_or_else(|error| panic!("{error}"));
        settings.scenario[0].1.clone()
    };
    assert_eq!(value("0.5"), Value::Float(0.5));
    assert_eq!(value(" true "), Value::Boolean(true));
    assert_eq!(value("[1, 2]"), Value::Array(vec![Value::Integer(1), Value::Integer(2)]));
    assert_eq!(value("iphone-15-pro"), Value::String("iphone-15-pro".to_owned()));
    assert_eq!(value("\"64\""), Value::String("64".to_owned()));
    assert_eq!(value("a=b"), Value::String("a=b".to_owned()));
    assert_eq!(value("1\nother = 2"), Value::String("1\nother = 2".to_owned()), "one value, not a second key");
    assert_eq!(value(""), Value::String(String::new()));
}

#[test]
fn what_is_no_setting_is_refused() {
    let problem = |text: &str| parse(&[text]).expect_err(text).to_string();
    assert_snapshot!(problem("memory.limit-mb"), @"--set memory.limit-mb: no `=`: write key=value, as in memory.limit-mb=64");
    assert_snapshot!(problem("=3"), @"--set =3: an empty key: write key=value, as in memory.limit-mb=64");
    assert_snapshot!(problem("memory..limit-mb=3"), @"--set memory..limit-mb=3: an empty key: write key=value, as in memory.limit-mb=64");
    assert_snapshot!(problem("device.=3"), @"--set device.=3: an empty key: write key=value, as in memory.limit-mb=64");
}
