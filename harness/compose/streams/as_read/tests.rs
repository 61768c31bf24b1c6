//! Runs whose trace stays in its file, beside the same runs with the trace in memory.

use std::sync::Arc;

use tightfit_scenarios::{
    Scenario, Settings,
    catalog::Text,
    scenario,
    trace::{Filed, Recorded},
    traces,
};

use crate::{
    Inputs,
    cell::{self, Cell},
    compose::streams::Steps,
    shelf::Shelf,
};

/// What is read ahead, from every source, and what predictors name.
const OTHERS: &str = r#"
[[strategy]]
from = "lru"
name = "ahead-oracle"
title = "-"
resident-set = { prefetch = "oracle" }

[[strategy]]
from = "lru"
name = "ahead-repeat"
title = "-"
resident-set = { prefetch = "repeat-token" }

[[strategy]]
from = "lru"
name = "ahead-predictor"
title = "-"
resident-set = { prefetch = { source = "predictor", recall = 0.8, precision = 0.7 } }

[[strategy]]
from = "lru"
name = "ahead-router"
title = "-"
resident-set = { prefetch = { source = "router", agreement = 0.7 } }

[[strategy]]
from = "lru"
name = "ahead-neighbours"
title = "-"
profile-tokens = 20
resident-set = { prefetch = { source = "neighbours", count = 2 } }

[[strategy]]
from = "window"
name = "names-before"
title = "-"
predictor = { names = { kind = "previous-token" }, missed = "read" }

[[strategy]]
from = "window"
name = "names-more"
title = "-"
predictor = { names = { kind = "over-predicting", factor = 1.5 }, missed = "drop" }
"#;

/// A scenario of the catalog whose trace is in a file, with every strategy that can be run on it.
struct Both {
    text: Text,
    path: std::path::PathBuf,
    settings: Settings,
    _folder: tempfile::TempDir,
}

impl Both {
    fn new(name: &str, trace: &str, set: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("t.parquet");
        traces::load(trace).and_then(|trace| trace.write(&path)).unwrap_or_else(|error| panic!("{error}"));
        let Text { origin, text } = scenario::CATALOG.find(name).expect("a scenario of the catalog");
        let text = text.replace(&format!("trace = {trace:?}"), &format!("trace = {:?}", path.display().to_string()));
        let settings = Settings::parse(set).expect("settings");
        Self { text: Text { origin, text: text + OTHERS }, path, settings, _folder: folder }
    }

    /// The inputs for one strategy; none where the scenario can't be run with it.
    fn inputs(&self, strategy: &str) -> Option<Inputs> {
        let scenario = Scenario::parse(self.text.clone(), &[strategy.to_owned()], &self.settings).ok()?;
        Inputs::load_from(&Arc::<Shelf>::default(), scenario, &self.settings).ok()
    }

    /// Whether the run of `strategy` with the trace left in its file was one that reads it as it goes on; the result is held
    /// to that with the trace in memory. None where it can't be run.
    fn compare(&self, strategy: &str) -> Option<bool> {
        let (held, mut filed) = (self.inputs(strategy)?, self.inputs(strategy)?);
        filed.trace = Some(Arc::new(Recorded::Filed(Filed::open(&self.path).expect("a trace"))));
        let [of_held, of_filed] = [&held, &filed].map(|inputs| {
            let cell = Cell { device: &inputs.devices[0], strategy: &inputs.scenario.strategies[0], limit: None };
            let plan = cell::plan(inputs, cell).unwrap_or_else(|error| panic!("{strategy}: {error}"));
            let result = cell::run(inputs, cell).unwrap_or_else(|error| panic!("{strategy}: {error}"));
            (matches!(plan.streams.steps, Steps::AsRead(_)), format!("{result:?}"))
        });
        assert!(!of_held.0, "{strategy}");
        assert_eq!(of_filed.1, of_held.1, "{strategy}, {:?}", self.settings);
        Some(of_filed.0)
    }
}

/// The strategies that read the trace as they go on.
fn as_read(scenario: &str, trace: &str, set: &[&str]) -> Vec<String> {
    let both = Both::new(scenario, trace, set);
    let own = both.text.text.lines().filter_map(|line| line.strip_prefix("name = ")).skip(1);
    let own: Vec<String> = own.map(|name| name.trim_matches('"').to_owned()).collect();
    let catalog = tightfit_scenarios::strategy::CATALOG.names().map(str::to_owned);
    let (mut as_read, mut held) = (Vec::new(), 0);
    for strategy in catalog.chain(own) {
        match both.compare(&strategy) {
            Some(true) => as_read.push(strategy),
            Some(false) => held += 1,
            None => {}
        }
    }
    assert!(held > 2, "Belady's, and those that stream everything, were run too");
    as_read
}

#[test]
fn neurons_are_replayed_from_a_file_as_from_memory() {
    let trace = "tightfit-relu-4m-macbeth";
    // More tokens than were recorded: the decode part comes again.
    let found = as_read("small-relu", trace, &["request.output-tokens=90"]);
    insta::assert_snapshot!(found.join(" "), @"cache-prior dip-ca llm-flash-bundled llm-flash-predictor llm-flash-window lru mixtral-offloading powerinfer-2 ripple trust-the-page-cache window trained-predictor trained-predictor-alone ahead-oracle ahead-repeat ahead-predictor ahead-router ahead-neighbours names-before names-more");
    let found = as_read("small-relu", trace, &["request.prefill=sequential", "seed=9"]);
    insta::assert_snapshot!(found.join(" "), @"cache-prior dip-ca llm-flash-bundled llm-flash-predictor llm-flash-window lru mixtral-offloading powerinfer-2 ripple trust-the-page-cache window trained-predictor trained-predictor-alone ahead-oracle ahead-repeat ahead-predictor ahead-router ahead-neighbours names-before names-more");
}

#[test]
fn experts_are_replayed_from_a_file_as_from_memory() {
    let found = as_read("small-routing", "tightfit-moe-4m-macbeth", &["request.output-tokens=130"]);
    insta::assert_snapshot!(found.join(" "), @"cache-prior dip-ca llm-flash-predictor lru mixtral-offloading powerinfer-2 ripple trust-the-page-cache window router-run-early ahead-oracle ahead-repeat ahead-predictor ahead-router ahead-neighbours names-before names-more");
    // A prompt and its first token; then two sequences, whose requests lie apart.
    let found = as_read("small-routing", "tightfit-moe-4m-macbeth", &["request.output-tokens=1"]);
    insta::assert_snapshot!(found.join(" "), @"cache-prior dip-ca llm-flash-predictor lru mixtral-offloading powerinfer-2 ripple trust-the-page-cache window router-run-early ahead-oracle ahead-repeat ahead-predictor ahead-router ahead-neighbours names-before names-more");
    let found = as_read("small-routing", "tightfit-moe-4m-macbeth", &["request.batch=2"]);
    assert_eq!(found, [""; 0]);
}
