//! Hit rates on zeros that a `ReLU` truly makes, and on routing that was truly learned: the project's own small models.

use tightfit_reports::charts::lines::{self, Axis, Line, LinePanel, Lines};
use tightfit_scenarios::{scenario::Prefill, traces};

use super::Drawn;
use crate::{
    RunError,
    curve::{self, Asked, Budget, Counting, Stream},
};

/// A panel each: a trace, and what its axis measures.
const TRACES: [(&str, &str); 2] = [
    ("tightfit-relu-4m-macbeth", "neurons in DRAM, % of all"),
    ("tightfit-moe-4m-macbeth", "experts in DRAM, % of all"),
];
const POLICIES: [&str; 5] = ["lru", "lfu", "w-tinylfu", "least-stale", "belady"];
const SHARES_PERCENT: [u64; 13] = [2, 5, 8, 10, 13, 15, 20, 25, 30, 40, 50, 60, 80];
const BLIND: &str = "any bundles, never changed";

pub(super) fn draw() -> Result<Drawn, RunError> {
    let panels: Result<Vec<LinePanel>, RunError> = TRACES.iter().map(|&(trace, x)| panel(trace, x)).collect();
    Ok(lines::chart(&Lines {
        name: "small-models",
        title: "What caches hit where zeros and routes are real".to_owned(),
        subtitle: "the project's own small models on the opening of Macbeth, 64 tokens decoded after a prompt: left 4,608 neurons, 4.7 % \
            of them active at a token; right 80 experts, two of 16 chosen in each layer"
            .to_owned(),
        caption: "Zeros come back: with a fifth of the neurons in DRAM an LRU finds half of what a token needs. Routes hardly \
            do: until half of the experts are there, no policy is far above chance."
            .to_owned(),
        panels: panels?,
        notes: vec![
            "Traces tightfit-relu-4m-macbeth and tightfit-moe-4m-macbeth, recorded from models that tightfit train \
             made (harness/live/models); hits of decoded tokens alone, policies on their own, without a device."
                .to_owned(),
        ],
    })
    .into())
}

/// The hit rates of one trace over shares of its bundles.
fn panel(name: &str, x: &'static str) -> Result<LinePanel, RunError> {
    let trace = traces::load(name)?;
    let geometry = trace.geometry();
    let bundles = u64::from(geometry.layers) * u64::from(geometry.bundles_per_layer);
    let units = SHARES_PERCENT.map(|percent| (bundles * percent).div_ceil(100));
    let policies: Vec<Asked> =
        POLICIES.iter().map(|name| curve::parse(name, Counting::Steps)).collect::<Result<_, _>>()?;
    let stream = Stream::new(&trace, Prefill::Batched);
    let points = curve::points(&stream, &policies, &units.map(Budget::Units), Counting::Steps);
    let percent = |units: u64| units as f64 * 100.0 / bundles as f64;
    let of_policy = |of_policy: &[curve::Point]| Line {
        name: of_policy[0].policy.clone(),
        points: of_policy
            .iter()
            .map(|point| {
                (percent(point.budget.number()), point.decode_hits as f64 * 100.0 / point.decode_lookups as f64)
            })
            .collect(),
        ..Line::default()
    };
    let mut lines: Vec<Line> = points.chunks(units.len()).map(of_policy).collect();
    let blind = units.map(|units| (percent(units), percent(units))).to_vec();
    lines.push(Line { name: BLIND.to_owned(), points: blind, published: Vec::new(), is_bound: true });
    Ok(LinePanel { x: Axis::linear(x), y: Axis::linear("hits, % of lookups"), lines })
}
