//! Holds results to what their scenario expects of them.

use tightfit_reports::{
    entry::{Entry, Value},
    gate::{Tolerance, Unmet},
    matching::matched,
    units::digits,
};
use tightfit_scenarios::{
    Expect, Scenario,
    expect::{Limit, Metric, Outcome},
};

use crate::RunError;

/// Whether all of a scenario's devices and strategies were run, or some of them alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// All: an expectation that is about none of the results is wrong.
    All,
    /// Some: it may be about the others.
    Some,
}

/// The expectations of `scenario` that its results do not meet. What a platform can't measure is not held to anything.
pub fn unmet(scenario: &Scenario, entries: &[Entry], asked: Asked) -> Result<Vec<Unmet>, RunError> {
    let own: Vec<Entry> = entries.iter().filter(|entry| entry.scenario == scenario.name).cloned().collect();
    let named = matched(&own, &[]).only_before;
    let mut unmet = Vec::new();
    for expect in &scenario.expect {
        let mut about =
            named.iter().filter(|named| expect.is_about(&named.entry.device, &named.entry.strategy)).peekable();
        if about.peek().is_none() && asked == Asked::All {
            return Err(about_nothing(scenario, expect));
        }
        for named in about {
            let say = |text| Unmet { label: named.label.clone(), scenario: scenario.name.clone(), text };
            unmet.extend(expect.outcome.and_then(|worst| outcome(worst, named.entry)).map(say));
            let limits = expect.limits.iter().filter_map(|(metric, limit)| bound(*metric, limit, named.entry));
            unmet.extend(limits.map(say));
        }
    }
    Ok(unmet)
}

/// The tolerances that `scenario` states for the gate.
#[must_use]
pub fn tolerances(scenario: &Scenario) -> Vec<Tolerance> {
    let of_expect = |expect: &Expect| -> Vec<Tolerance> {
        let stated = expect.limits.iter().filter(|(_, limit)| limit.relative.is_some() || limit.absolute.is_some());
        let tolerance = |(metric, limit): &(Metric, Limit)| Tolerance {
            scenario: scenario.name.clone(),
            devices: expect.devices.clone(),
            strategies: expect.strategies.clone(),
            metric: metric.result,
            relative: limit.relative,
            absolute: limit.absolute.map(|amount| amount * metric.factor),
        };
        stated.map(tolerance).collect()
    };
    scenario.expect.iter().flat_map(of_expect).collect()
}

fn about_nothing(scenario: &Scenario, expect: &Expect) -> RunError {
    let names = [&expect.devices[..], &expect.strategies].concat().join(", ");
    RunError::Together {
        scenario: scenario.name.clone(),
        problem: format!("[expect] is about {names}, and no result is: name devices and strategies of the scenario"),
    }
}

/// What is wrong with the memory's outcome.
fn outcome(worst: Outcome, entry: &Entry) -> Option<String> {
    let Some(Value::Text(found)) = entry.metrics.get("memory.outcome") else { return None };
    let all = [Outcome::Fits, Outcome::UnderPressure, Outcome::Killed];
    let is_met = all.iter().any(|outcome| outcome.as_str() == found && *outcome <= worst);
    (!is_met).then(|| format!("outcome is {found}, expected {}", worst.as_str()))
}

/// What is wrong with a metric. A run that is killed has no speed: only its memory can be held to a limit.
fn bound(metric: Metric, limit: &Limit, entry: &Entry) -> Option<String> {
    let Limit { at_least, at_most, .. } = *limit;
    at_least.or(at_most)?;
    let number = entry.number(metric.result)? / metric.factor;
    let expected = [at_least.map(|low| format!("at least {low}")), at_most.map(|high| format!("at most {high}"))];
    let expected: Vec<String> = expected.into_iter().flatten().collect();
    let (key, expected) = (metric.key, expected.join(" and "));
    let is_killed = entry.metrics.get("memory.outcome") == Some(&Value::Text("killed".to_owned()));
    if is_killed && metric.result != "memory.peak_bytes" {
        return Some(format!("{key}: the app is killed, expected {expected}"));
    }
    let is_met = at_least.is_none_or(|low| number >= low) && at_most.is_none_or(|high| number <= high);
    (!is_met).then(|| format!("{key} is {}, expected {expected}", digits(number, 6)))
}
