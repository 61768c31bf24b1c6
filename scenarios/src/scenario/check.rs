//! What must hold between the keys of a scenario.

use super::{
    CATALOG, Scenario, ScenarioFile,
    strategies::{self, Written},
};
use crate::{ScenarioError, Settings, Sweep, catalog::Text};

/// The scenario of a file whose single keys are right.
pub(super) fn scenario(
    source: Text,
    file: ScenarioFile,
    only: &[String],
    settings: &Settings,
    sweep: Sweep,
) -> Result<Scenario, ScenarioError> {
    let wrong = |key: &str, problem: &str| CATALOG.impossible(&source.origin, key, problem);
    CATALOG.check_schema(&source.origin, file.schema)?;
    if !is_file_name(&file.name) {
        return Err(wrong("name", "a name is one word of letters, digits, `-`, `_` and `.`, such as my-phone"));
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
    if file.request.context_tokens == Some(0) {
        return Err(wrong("request.context-tokens", "a KV cache of nothing: at least 1"));
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
    let written = Written { names: file.strategies, entries: file.strategy };
    let strategies = strategies::chosen(&source.origin, &written, only, settings)?;
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
        thermal: file.thermal,
        seed: file.seed,
        strategies,
        expect: file.expect,
        sweep,
        source,
    })
}

/// That a memory limit of the file's own says where it is from.
pub(super) fn limit_has_source(origin: &str, file: &ScenarioFile) -> Result<(), ScenarioError> {
    let problem = if file.memory.limit.is_some() != file.memory.limit_source.is_some() {
        "a limit-mb and its limit-source = { kind = \"assumed\", from = \"…\" } go together"
    } else if file.memory.limit_source.as_ref().is_some_and(|source| source.spread.is_some()) {
        "a `spread`, which only a device's numbers have: leave it out, the limit is what is asked about"
    } else {
        return Ok(());
    };
    Err(CATALOG.impossible(origin, "memory.limit-source", problem))
}

/// Results of several scenarios go to folders of their names.
fn is_file_name(name: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    !name.is_empty() && !name.starts_with('.') && name.chars().all(plain)
}
