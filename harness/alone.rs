//! A model alone, as inputs: where only the shape of its weights counts, and nobody has recorded a trace of it.
//!
//! What lies where in a weight store depends on model, strategy and read unit. A device is named because inputs have one; its
//! speeds are not looked at. Where rows are streamed, a trace of one active bundle a layer stands for any other.

use std::{collections::BTreeMap, sync::Arc};

use tightfit_scenarios::{
    Model, Scenario, Settings,
    catalog::Text,
    model::FeedForward,
    strategy::Stream,
    trace::{Builder, Geometry, Header, Phase, Row, Trace, TraceError, Unit},
};

use crate::{Inputs, RunError, shelf::Shelf};

/// The trace's name on the shelf: no path ends so.
const TRACE: &str = "a model alone";

/// Inputs of `model`, by name or path, for one strategy.
pub fn inputs(
    model: &str,
    quantization: Option<&str>,
    strategy: &str,
    settings: &Settings,
) -> Result<Inputs, RunError> {
    let shelf = Arc::<Shelf>::default();
    let (loaded, _) = shelf.model(model)?;
    let quantization = quantization.map_or_else(String::new, |name| format!("quantization = {name:?}\n"));
    let text = format!(
        "schema = 1\nname = \"store\"\ntitle = \"a store of {}\"\ndevices = [\"generic-laptop\"]\nmodel = {model:?}\n\
         {quantization}runtime = \"llama.cpp\"\nprocessor = \"cpu\"\n[request]\nprompt-tokens = 1\noutput-tokens = 1\n",
        loaded.name
    );
    let source = Text { origin: format!("model {model}"), text };
    let mut scenario = Scenario::parse(source, &[strategy.to_owned()], settings)?;
    let chosen = &scenario.strategies[0];
    if chosen.layout.is_ordered() {
        let problem = format!(
            "strategy {strategy} lays rows out by what a trace shows of them: name a scenario that has a trace \
             (tightfit store build SCENARIO --strategy {strategy})"
        );
        return Err(RunError::Together { scenario: scenario.name, problem });
    }
    if chosen.stream == Stream::FeedForward {
        let quantization = scenario.quantization.as_deref().unwrap_or(&loaded.default_quantization);
        let bundles_per_layer = loaded.weights(quantization)?.bundles_per_layer;
        shelf.shelve_trace(TRACE, || Ok((least(&loaded, bundles_per_layer)?, TRACE.to_owned())))?;
        scenario.trace = Some(TRACE.to_owned());
        (scenario.request.prompt_tokens, scenario.request.output_tokens) = (None, None);
    }
    Inputs::load_from(&shelf, scenario, settings)
}

/// A prompt of one token and one that follows, with the first bundle of each layer active.
fn least(model: &Model, bundles_per_layer: u32) -> Result<Trace, TraceError> {
    let unit = match model.feed_forward {
        FeedForward::Neurons { .. } => Unit::Neuron,
        FeedForward::Experts { .. } => Unit::Expert,
    };
    let header = Header {
        geometry: Geometry { unit, layers: model.layers, bundles_per_layer },
        bundle_bytes: Vec::new(),
        model: model.name.clone(),
        model_digest: String::new(),
        prompt_digest: String::new(),
        recorder: "none".to_owned(),
        recorder_version: env!("CARGO_PKG_VERSION").to_owned(),
        definition: "the first bundle of each layer: stands for any trace".to_owned(),
        notes: BTreeMap::new(),
    };
    let mut builder = Builder::new(&model.name, header, true)?;
    for (token, phase) in [(0, Phase::Prefill), (1, Phase::Decode)] {
        for layer in 0..model.layers {
            builder.row(&Row { request: 0, token, phase, layer, active: &[0], score: Some(&[1.0]) })?;
        }
    }
    builder.finish()
}
