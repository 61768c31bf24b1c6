//! The JSON Schemas: every built-in file and a run's results are as they say, a slip of the pen is not, and what they name
//! as a choice the program takes.

use jsonschema::Validator;
use serde_json::Value;
use tightfit::{
    Study,
    devices::Device,
    scenarios::{Scenario, Settings, Strategy, scenario, strategy},
    schemas,
};

fn schema(name: &str) -> Value {
    serde_json::from_str(schemas::text(name).expect("a schema")).expect("JSON")
}

fn validator(name: &str) -> Validator {
    jsonschema::draft202012::new(&schema(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn json(toml: &str) -> Value {
    serde_json::to_value(toml.parse::<toml::Table>().expect("TOML")).expect("JSON")
}

fn holds(validator: &Validator, name: &str, file: &Value) {
    let errors: Vec<String> =
        validator.iter_errors(file).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{name}: {}", errors.join("\n"));
}

/// Built-in files of a kind, as JSON.
fn files(kind: &str) -> Vec<(String, Value)> {
    let named = |name: &str, text: &str| (name.to_owned(), json(text));
    match kind {
        "device" => {
            let written = |name: &&str| named(name, Device::embedded(name).expect("built in"));
            let whole = |name: &&str| named(name, &Device::whole_text(name).expect("built in"));
            Device::names().iter().map(written).chain(Device::names().iter().map(whole)).collect()
        }
        "scenario" => scenario::CATALOG.entries.iter().map(|(name, text)| named(name, text)).collect(),
        _ => strategy::CATALOG.entries.iter().map(|(name, text)| named(name, text)).collect(),
    }
}

const KINDS: [&str; 3] = ["device", "scenario", "strategy"];

#[test]
fn every_file_that_is_built_in_holds_to_its_schema() {
    for kind in KINDS {
        let validator = validator(kind);
        let files = files(kind);
        assert!(files.len() >= 10, "{kind}: {}", files.len());
        for (name, file) in files {
            holds(&validator, &name, &file);
        }
    }
}

#[test]
fn results_hold_to_theirs() {
    let study = Study::of("quickstart").devices(["iphone-15-pro"]).set("request.output-tokens=4");
    let file: Value = serde_json::from_str(&study.run().expect("a run").json()).expect("JSON");
    assert!(file["results"].as_array().is_some_and(|results| results.len() >= 9));
    holds(&validator("result"), "results.json", &file);
}

/// Puts a key that nothing has into one table after the other, and hands each such file over.
fn with_slips(file: &Value, place: &str, slips: &mut Vec<(String, Value)>) {
    fn tables(value: &Value, place: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(entries) => {
                found.push(place.to_owned());
                for (key, value) in entries {
                    tables(value, &format!("{place}/{}", key.replace('~', "~0").replace('/', "~1")), found);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    tables(item, &format!("{place}/{index}"), found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    tables(file, "", &mut found);
    // What sources and swept keys are called is free.
    for table in found.iter().filter(|table| !table.ends_with("/source") && !table.ends_with("/sweep")) {
        let mut slipped = file.clone();
        let entries = slipped.pointer_mut(table).and_then(Value::as_object_mut).expect("a table");
        entries.insert("slip-of-the-pen".to_owned(), Value::from(1));
        slips.push((format!("{place}{table}"), slipped));
    }
}

#[test]
fn a_key_that_nothing_has_is_refused_wherever_it_stands() {
    for kind in KINDS {
        let validator = validator(kind);
        let mut slips = Vec::new();
        for (name, file) in files(kind).iter().take(6) {
            with_slips(file, name, &mut slips);
        }
        assert!(slips.len() >= 20, "{kind}: {}", slips.len());
        for (place, slipped) in slips {
            assert!(!validator.is_valid(&slipped), "{kind}: {place}");
        }
    }
}

#[test]
fn what_a_schema_offers_the_program_takes() {
    let schema = schema("strategy");
    let offered = |pointer: &str| -> Vec<String> {
        let words = schema.pointer(pointer).and_then(Value::as_array).unwrap_or_else(|| panic!("{pointer}"));
        words.iter().map(|word| word.as_str().expect("a word").to_owned()).collect()
    };
    let set = "/properties/resident-set/properties";
    let policies = offered(&format!("{set}/evict/properties/policy/enum"));
    assert_eq!(policies.len(), 17);
    for policy in &policies {
        let tokens = if policy == "window" { ", tokens = 3" } else { "" };
        let value: toml::Table = format!("v = {{ policy = \"{policy}\"{tokens} }}").parse().expect("TOML");
        let set = [("resident-set.evict".to_owned(), value["v"].clone())];
        // Retaining nothing goes with nothing else of this strategy, and is taken by itself elsewhere.
        let taken = Strategy::load("lru", &set);
        assert!(taken.is_ok() || policy == "retain-none", "{policy}: {}", taken.expect_err("refused"));
    }
    for layout in offered("/properties/layout/enum") {
        let set = [("layout".to_owned(), toml::Value::from(layout.as_str())), ("profile-tokens".to_owned(), 8.into())];
        let learns = ["popularity", "co-activation"].contains(&layout.as_str());
        let taken = Strategy::load("lru", if learns { &set } else { &set[..1] });
        assert!(taken.is_ok(), "{layout}: {}", taken.expect_err("refused"));
    }
}

#[test]
fn metrics_of_expectations_are_the_programs() {
    let schema = schema("scenario");
    let offered = schema.pointer("/$defs/expect/properties").and_then(Value::as_object).expect("metrics");
    for metric in offered.keys().filter(|key| !["devices", "strategies", "outcome"].contains(&key.as_str())) {
        let mut text = scenario::CATALOG.find("quickstart").expect("built in");
        text.text.extend(["\n[[expect]]\n", metric.as_str(), " = { at-least = 0 }\n"]);
        let taken = Scenario::parse(text, &[], &Settings::default());
        assert!(taken.is_ok(), "{metric}: {}", taken.expect_err("refused"));
    }
}
