//! Bencher Metric Format: `{benchmark: {measure: {value, lower_value, upper_value}}}`.
//!
//! The format is that of <https://bencher.dev/docs/reference/bencher-metric-format>: names of measures are slugs of at
//! most 64 characters, bounds are optional. Only headline metrics leave, in base units; what can't be measured stays out.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Judgement, Side, statistics::median_interval};
use crate::direction::HEADLINES;
use crate::entry::Value;

#[derive(Serialize)]
struct Metric {
    value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    lower_value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upper_value: Option<f64>,
}

/// The results as they are now. Runs of a machine are their median with its 95 % bootstrap interval.
#[must_use]
pub fn bencher(judgement: &Judgement) -> String {
    let mut file: BTreeMap<String, BTreeMap<String, Metric>> = BTreeMap::new();
    for case in judgement.results.iter().filter(|case| case.side != Side::Missing) {
        let measures = HEADLINES.iter().filter_map(|name| Some((slug(name), metric(case.entry.metrics.get(*name)?)?)));
        file.insert(name(case), measures.collect());
    }
    serde_json::to_string_pretty(&file).expect("texts and numbers") + "\n"
}

/// `quickstart/iphone-15-pro/window`: the same whatever else is gated with it.
pub(super) fn name(case: &super::Case) -> String {
    let label = case.label.replace(" · ", "/");
    let prefix = format!("{}/", case.entry.scenario);
    if label.starts_with(&prefix) { label } else { prefix + &label }
}

fn metric(value: &Value) -> Option<Metric> {
    let number = value.number().filter(|number| number.is_finite())?;
    let interval = matches!(value, Value::Runs(_)).then(|| median_interval(&value.runs()));
    let [lower_value, upper_value] = [0, 1].map(|end| interval.map(|interval| interval[end]));
    Some(Metric { value: number, lower_value, upper_value })
}

/// `latency.tpot_ns` as `tpot-ns`.
pub(super) fn slug(metric: &str) -> String {
    metric.rsplit('.').next().unwrap_or(metric).replace('_', "-")
}
