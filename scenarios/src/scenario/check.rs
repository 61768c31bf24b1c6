//! What must hold between the keys of a scenario.

use super::{CATALOG, Scenario, ScenarioFile, variation};
use crate::{ScenarioError, Settings, Strategy, catalog::Text};

/// The scenario of a file whose single keys are right.
pub(super) fn scenario(source: Text, file: ScenarioFile, settings: &Settings) -> Result<Scenario, ScenarioError> {
    let wrong = |key: &str, problem: &str| ScenarioError::Impossible {
        kind: CATALOG.kind,
        origin: source.origin.clone(),
        key: key.to_owned(),
        problem: problem.to_owned(),
    };
    if file.schema != 1 {
        return Err(wrong("schema", &format!("this program reads schema 1, not {}", file.schema)));
    }
    if file.devices.is_empty() {
        return Err(wrong("devices", "no device: name at least one (`tightfit list devices`)"));
    }
    if file.request.output_tokens == Some(0) {
        return Err(wrong("request.output-tokens", "no output: at least 1"));
    }
    if file.request.prompt_tokens == Some(0) {
        return Err(wrong("request.prompt-tokens", "an empty prompt: at least 1"));
    }
    if file.trace.is_some() && file.request.prompt_tokens.is_some() {
        return Err(wrong("request.prompt-tokens", "the trace has its own prompt: leave this out, or the trace"));
    }
    if file.trace.is_none() && (file.request.prompt_tokens.is_none() || file.request.output_tokens.is_none()) {
        return Err(wrong("request", "without a trace, give prompt-tokens and output-tokens"));
    }
    if file.memory.curve_mb.contains(&0) {
        return Err(wrong("memory.curve-mb", "a limit of nothing: each at least 1"));
    }
    if file.memory.limit.is_some() != file.memory.limit_source.is_some() && settings.scenario.is_empty() {
        return Err(wrong("memory.limit-source", "a limit-mb and its limit-source = { kind, from } go together"));
    }
    let mut strategies = Vec::new();
    for name in &file.strategies {
        strategies.push(Strategy::load(name, &settings.strategy)?);
    }
    for entry in file.strategy {
        strategies.push(variation(&source.origin, entry, settings)?);
    }
    if strategies.is_empty() {
        return Err(wrong("strategies", "nothing to compare: name at least one (`tightfit list strategies`)"));
    }
    names_unique(&source.origin, &strategies)?;
    Ok(Scenario {
        name: file.name,
        title: file.title,
        question: file.question,
        devices: file.devices,
        model: file.model,
        quantization: file.quantization,
        trace: file.trace,
        runtime: file.runtime,
        processor: file.processor,
        request: file.request,
        memory: file.memory,
        strategies,
        source,
    })
}

/// That no two strategies have one name.
pub(super) fn names_unique(origin: &str, strategies: &[Strategy]) -> Result<(), ScenarioError> {
    for (index, strategy) in strategies.iter().enumerate() {
        if strategies[..index].iter().any(|earlier| earlier.name == strategy.name) {
            return Err(ScenarioError::Impossible {
                kind: CATALOG.kind,
                origin: origin.to_owned(),
                key: "strategy.name".to_owned(),
                problem: format!("two strategies are called `{}`: give one of them another name", strategy.name),
            });
        }
    }
    Ok(())
}
