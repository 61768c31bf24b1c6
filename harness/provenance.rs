//! What a result leans on: every number of the inputs that it read, with its source.

use tightfit_devices::{SourceKind, Sourced};
use tightfit_reports::schema::{Provenance, Source};
use tightfit_scenarios::model::Recipe;

use crate::{Inputs, cell::Cell, compose::streams::named::PREDICTOR_WEIGHT_BYTES};

/// The sources of a cell, on a simulated device or on this machine, which looks at no speed of a device.
#[must_use]
pub fn provenance(inputs: &Inputs, cell: Cell<'_>, is_simulated: bool) -> Provenance {
    let mut sources = Vec::new();
    let mut weakest = SourceKind::Measured;
    let mut add = |key: String, value: &str, kind: SourceKind, from: &str| {
        weakest = weakest.max(kind);
        sources.push(Source { key, value: value.to_owned(), kind: kind.to_string(), from: from.to_owned() });
    };
    for Sourced { key, value, kind, from, .. } in cell.device.sourced() {
        if device_key_is_read(inputs, cell, key) && (is_simulated || is_read_on_host(key)) {
            add(format!("device.{key}"), value, *kind, from);
        }
    }
    for Sourced { key, value, kind, from, .. } in inputs.model.sourced() {
        let of_other = key.strip_prefix("quantization.").is_some_and(|rest| !of_section(rest, &inputs.quantization));
        if !of_other {
            add(format!("model.{key}"), value, *kind, from);
        }
    }
    if !inputs.model.quantizations.contains_key(&inputs.quantization)
        && let Some(recipe) = Recipe::named(&inputs.quantization)
    {
        let (kind, from) = recipe.source();
        add("model.quantization".to_owned(), &inputs.quantization, kind, from);
    }
    let memory = &inputs.scenario.memory;
    if let Some(limit) = cell.limit {
        let value = (limit.get() as f64 / 1e6).to_string();
        add(
            "scenario.memory.limit-mb".to_owned(),
            &value,
            SourceKind::Assumed,
            "a point of the curve over memory limits",
        );
    } else if let Some(limit) = memory.limit {
        let value = (limit.get() as f64 / 1e6).to_string();
        let (kind, from) = memory
            .limit_source
            .as_ref()
            .map_or((SourceKind::Assumed, "set by the user"), |source| (source.kind, source.from.as_str()));
        add("scenario.memory.limit-mb".to_owned(), &value, kind, from);
    }
    if let (Some(name), Some(trace)) = (&inputs.scenario.trace, &inputs.trace) {
        let header = trace.header();
        let from = format!(
            "recorded by {} {} on {}; active: {}",
            header.recorder, header.recorder_version, header.model, header.definition
        );
        if header.is_synthetic() {
            let source = header.notes.get("source").map_or("", String::as_str);
            let from = format!("generated, not recorded; active: {}; its recipe is {source}", header.definition);
            add("trace.synthetic".to_owned(), name, SourceKind::Assumed, &from);
        } else {
            add("trace".to_owned(), name, SourceKind::Measured, &from);
        }
    }
    for (key, value) in cell.strategy.settings.iter().filter(|(key, _)| is_guess(key)) {
        let from = format!("strategy {}: how good a predictor or a draft is depends on the model", cell.strategy.name);
        add(format!("strategy.{key}"), value, SourceKind::Assumed, &from);
    }
    if cell.strategy.predictor.is_some_and(|predictor| predictor.rank > 0) {
        let from = "a predictor's weights: nobody publishes their precision";
        let bits = (8 * PREDICTOR_WEIGHT_BYTES).to_string();
        add("strategy.predictor.weight-bits".to_owned(), &bits, SourceKind::Assumed, from);
    }
    let is_assumed = |source: &&Source| source.kind == SourceKind::Assumed.as_str();
    let mut assumed: Vec<String> = sources.iter().filter(is_assumed).map(|source| source.key.clone()).collect();
    assumed.sort();
    Provenance { weakest: weakest.to_string(), assumed, sources }
}

/// Whether the run read this number of the device profile: not those of other processors, formats and runtimes.
pub(crate) fn device_key_is_read(inputs: &Inputs, cell: Cell<'_>, key: &str) -> bool {
    let runtime = inputs.runtime(cell.device);
    let number = cell.device.runtimes.iter().position(|other| other == runtime).unwrap_or(0).to_string();
    let (section, rest) = key.split_once('.').unwrap_or((key, ""));
    match section {
        "runtime" => of_section(rest, &number),
        "cpu" | "gpu" | "npu" => {
            section == runtime.processor.as_str()
                && rest.strip_prefix("gflops.").is_none_or(|format| format == runtime.compute_format.as_str())
        }
        "memory" => match rest {
            "app-limit-mb" => !inputs.scenario.memory.entitled,
            "app-limit-entitled-mb" => inputs.scenario.memory.entitled,
            _ => true,
        },
        _ => true,
    }
}

/// Adds what the machine said of itself when a run on it began.
pub(crate) fn add_machine(provenance: &mut Provenance, facts: Vec<(&'static str, String)>) {
    let from = "the system's own account when the run began";
    let source = |(key, value)| Source {
        key: format!("host.{key}"),
        value,
        kind: SourceKind::Measured.to_string(),
        from: from.to_owned(),
    };
    provenance.sources.extend(facts.into_iter().map(source));
}

/// Whether a run on this machine reads this number of the device profile: what there is of memory, the units of flash, and
/// for policies that weigh reads its speed.
fn is_read_on_host(key: &str) -> bool {
    let (section, rest) = key.split_once('.').unwrap_or((key, ""));
    match section {
        "memory" => !rest.ends_with("-per-s"),
        "runtime" => rest.ends_with(".memory-mb"),
        section => section == "flash",
    }
}

/// Whether a strategy's setting says how the world is, and not what the strategy does.
fn is_guess(key: &str) -> bool {
    const GUESSES: [&str; 8] = [
        "predictor.names.factor",
        "predictor.names.false-negatives",
        "predictor.names.false-positives",
        "resident-set.prefetch.agreement",
        "resident-set.prefetch.precision",
        "resident-set.prefetch.recall",
        "speculative.acceptance",
        "speculative.draft-mb",
    ];
    GUESSES.contains(&key)
}

/// Whether a dotted key lies in the section of this name.
fn of_section(key: &str, section: &str) -> bool {
    key.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'))
}
