//! Every key of a scenario moves something in the result.

use std::collections::BTreeSet;

use tightfit::{run::Curve, scenarios::Settings};

use crate::{ask::Ask, tiny::Tiny};

/// A key with a changed value, and a text of the result that must change with it.
type Row = (&'static str, &'static str, fn(&Ask<'_>, &[&str]) -> String);

const DENSE: Ask<'static> = Ask { scenario: "llm-in-a-flash", device: None, strategy: Some("naive"), set: &[] };
/// Room for every quantization and runtime that is tried.
const SPARSE: Ask<'static> =
    Ask { scenario: "quickstart", device: Some("iphone-15-pro"), strategy: Some("lru"), set: &["memory.limit-mb=130"] };

fn time(ask: &Ask<'_>, set: &[&str]) -> String {
    ask.result_with(set).latency.e2e_ns.to_string()
}

fn sparse() -> Vec<Row> {
    vec![
        ("name", "other", |ask, set| ask.result_with(set).scenario),
        // They stand in the report's head: a test of the command line looks there.
        ("title", "other", |ask, set| ask.inputs_with(set).map(|inputs| inputs.scenario.title).unwrap_or_default()),
        ("question", "what?", |ask, set| {
            ask.inputs_with(set).map(|inputs| inputs.scenario.question).unwrap_or_default()
        }),
        ("quantization", "q8-0", time),
        ("trace", "smollm2-135m-code", time),
        ("runtime", "mnn", |ask, set| ask.result_with(set).memory.runtime_bytes.to_string()),
        ("processor", "gpu", time),
        ("request.output-tokens", "20", time),
        ("request.context-tokens", "50", |ask, set| ask.result_with(set).memory.kv_bytes.to_string()),
        ("request.prefill", "sequential", time),
        ("memory.limit-mb", "80", time),
        ("memory.limit-source", "{ kind = \"measured\", from = \"here\" }", |ask, set| {
            let sources = ask.result_with(set).provenance.sources;
            let limit = sources.into_iter().find(|source| source.key == "scenario.memory.limit-mb");
            limit.map(|source| source.from).unwrap_or_default()
        }),
        ("memory.curve-mb", "[70]", |ask, set| {
            ask.results_with(set, Curve::Run).map(|results| results.len().to_string()).unwrap_or_default()
        }),
        ("memory.budget-mib", "30", time),
        ("request.batch", "2", |ask, set| ask.result_with(set).memory.kv_bytes.to_string()),
        ("thermal.start", "serious", |ask, set| ask.result_with(set).thermal.peak_fill.to_string()),
        ("seed", "7", |ask, set| ask.result_with(set).seed.to_string()),
    ]
}

fn dense() -> Vec<Row> {
    vec![("request.prompt-tokens", "1000", time), ("model", "llama-2-7b", |ask, set| ask.result_with(set).model)]
}

/// Keys whose change needs other keys beside it, or that say what is run at all.
/// `expect` has tests of its own.
const ELSEWHERE: [&str; 8] =
    ["schema", "devices", "strategies", "strategy", "expect", "sweep", "memory.entitled", "request.trace-request"];

#[test]
fn every_key_moves_the_result() {
    for (rows, ask) in [(sparse(), SPARSE), (dense(), DENSE)] {
        for (key, value, look) in rows {
            let before = look(&ask, &[]);
            let after = look(&ask, &[&format!("{key}={value}")]);
            assert_ne!(before, after, "{key}");
            assert!(!before.is_empty() && !after.is_empty(), "{key}: {before} then {after}");
        }
    }
}

#[test]
fn devices_and_strategies_say_what_is_run() {
    let ask = Ask { scenario: "llm-in-a-flash", ..Ask::default() };
    let set = ["devices=[\"macbook-pro-m1-max\", \"iphone-17-pro\"]", "strategies=[\"naive\"]"];
    let results = ask.results_with(&set, Curve::Skip).unwrap_or_else(|error| panic!("{error}"));
    let ran: Vec<(&str, &str)> =
        results.iter().map(|result| (result.device.as_str(), result.strategy.as_str())).collect();
    assert_eq!(ran, [("macbook-pro-m1-max", "naive"), ("iphone-17-pro", "naive")]);
    let varied = [
        "strategies=[]",
        "strategy=[{ from = \"hybrid\", name = \"a-third\", resident-set = { pinned-share = 0.33 } }]",
    ];
    let results = ask.results_with(&varied, Curve::Skip).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(results[0].strategy, "a-third");
    assert_eq!(results[0].parameters["strategy.resident-set.pinned-share"], "0.33");
}

#[test]
fn an_entitlement_gives_more_memory() {
    let entitled = "schema = 1\nname = \"roomy\"\ntitle = \"roomy\"\ndevices = [\"iphone-15-pro\"]\n\
                    model = \"smollm2-135m\"\nruntime = \"llama.cpp\"\nprocessor = \"cpu\"\nstrategies = [\"naive\"]\n\
                    request = { prompt-tokens = 8, output-tokens = 4 }\n";
    let ask = Ask { scenario: entitled, ..Ask::default() };
    let limit = |set: &[&str]| ask.result_with(set).memory.limit_bytes;
    assert_eq!((limit(&[]), limit(&["memory.entitled=true"])), (3_341_000_000, 6_442_000_000));
}

#[test]
fn a_trace_may_hold_several_requests() {
    let tiny = Tiny::new();
    let ask = tiny.ask();
    let [first, second] =
        ["request.trace-request=0", "request.trace-request=1"].map(|set| ask.result_with(&[set]).cache.lookups);
    assert!(first > 0 && second > 0 && first != second, "{first} and {second} lookups");
}

#[test]
fn another_schema_is_refused() {
    let refused = SPARSE.inputs_with(&["schema=2"]).expect_err("schema 2");
    assert!(refused.to_string().contains("schema 1, not 2"), "{refused}");
}

#[test]
fn a_limit_set_from_outside_loses_the_source_of_the_file() {
    let source = |set: &[&str]| {
        let sources = Ask { set: &[], ..SPARSE }.result_with(set).provenance.sources;
        let limit = sources.into_iter().find(|source| source.key == "scenario.memory.limit-mb").expect("a limit");
        (limit.value, limit.kind, limit.from)
    };
    assert_eq!(source(&[]).1, "published");
    let set_by_user = ("80".to_owned(), "assumed".to_owned(), "set by the user".to_owned());
    assert_eq!(source(&["memory.limit-mb=80"]), set_by_user);
}

/// The keys are those that the error about an unknown one lists.
#[test]
fn every_key_is_tried_here() {
    let mut found = BTreeSet::new();
    for section in ["", "request.", "memory.", "thermal."] {
        let unknown = format!("{section}zzz=1");
        let refused = SPARSE.inputs_with(&[&unknown]).expect_err("an unknown key").to_string();
        let (_, listed) = refused.split_once("expected ").unwrap_or_else(|| panic!("{refused}"));
        let listed = listed.lines().next().unwrap_or_default();
        found.extend(listed.split('`').skip(1).step_by(2).map(|key| format!("{section}{key}")));
    }
    found.retain(|key| !["request", "memory", "thermal"].contains(&key.as_str()));
    let tried = sparse().into_iter().chain(dense()).map(|(key, ..)| key).chain(ELSEWHERE);
    assert_eq!(found, tried.map(str::to_owned).collect(), "left: keys of a scenario; right: keys tried here");
    assert!(Settings::parse(&["zzz=1"]).is_ok(), "as a setting it is well formed");
}
