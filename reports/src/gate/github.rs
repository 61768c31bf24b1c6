//! What github-action-benchmark reads: `[{name, unit, value, range, extra}]`, for `customSmallerIsBetter` and for
//! `customBiggerIsBetter`; a metric goes into the file of its direction.

use serde::Serialize;

use super::{Case, Judged, Judgement, Side, bencher, statistics::median_interval};
use crate::direction::{Direction, HEADLINES, direction};
use crate::entry::Value;
use crate::shown;
use crate::units::significant;

#[derive(Serialize)]
struct Bench {
    name: String,
    unit: &'static str,
    value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<String>,
    extra: String,
}

/// The headline metrics of one direction, as they are now.
#[must_use]
pub fn benchmarks(judgement: &Judgement, wanted: Direction) -> String {
    let mut benches = Vec::new();
    for case in judgement.results.iter().filter(|case| case.side != Side::Missing) {
        let of_direction = HEADLINES.iter().filter(|metric| direction(metric) == wanted);
        benches.extend(of_direction.filter_map(|metric| bench(case, metric)));
    }
    serde_json::to_string_pretty(&benches).expect("texts and numbers") + "\n"
}

fn bench(case: &Case, metric: &str) -> Option<Bench> {
    let value = case.entry.metrics.get(metric)?;
    let number = value.number().filter(|number| number.is_finite())?;
    let range = matches!(value, Value::Runs(_)).then(|| {
        let [low, high] = median_interval(&value.runs());
        format!("± {}", significant((high - low) / 2.0))
    });
    let judged = case.metrics.iter().find(|judged| judged.metric == metric);
    let extra = judged.map_or_else(|| "not in the baseline".to_owned(), extra);
    let name = format!("{} {}", bencher::name(case), bencher::slug(metric));
    Some(Bench { name, unit: unit(metric), value: number, range, extra })
}

fn extra(judged: &Judged) -> String {
    let before = judged.before.as_ref().map_or_else(|| "none".to_owned(), |value| shown::value(&judged.metric, value));
    format!("baseline {before}: {}", judged.verdict.as_str())
}

fn unit(metric: &str) -> &'static str {
    match metric.rsplit('.').next().unwrap_or(metric) {
        name if name.ends_with("_ns") => "ns",
        name if name.ends_with("_bytes") => "bytes",
        name if name.ends_with("tokens_per_s") => "tokens/s",
        "joules_per_token" => "J/token",
        _ => "share",
    }
}
