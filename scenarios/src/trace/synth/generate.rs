//! Turns a recipe into rows, one token after another, in memory that does not grow with their number.

use std::{collections::BTreeMap, path::Path};

use super::{RECORDER, Recipe, layer::Layer};
use crate::trace::{Builder, Header, Phase, Row, Trace, TraceError, Writer};

/// Hands every row of the recipe's trace to `sink`, which may stop it.
pub fn generate<E>(recipe: &Recipe, mut sink: impl FnMut(&Row<'_>) -> Result<(), E>) -> Result<(), E> {
    let geometry = recipe.geometry;
    let mut layers: Vec<Layer> = (0..geometry.layers)
        .map(|layer| {
            let memory = recipe.tokens.memory_tokens;
            Layer::new(recipe.process(layer), recipe.seed, layer, geometry.bundles_per_layer, memory)
        })
        .collect();
    let lengths = recipe.lengths;
    let mut number = 0;
    for request in 0..lengths.requests {
        layers.iter_mut().for_each(Layer::begin_request);
        for position in 0..lengths.prompt_tokens + lengths.decode_tokens {
            let phase = if position < lengths.prompt_tokens { Phase::Prefill } else { Phase::Decode };
            let token = recipe.tokens.token(recipe.seed, number, position, phase == Phase::Prefill);
            number += 1;
            for (layer, state) in (0..).zip(&mut layers) {
                sink(&Row { request, token: position, phase, layer, active: state.next(&token), score: None })?;
            }
        }
    }
    Ok(())
}

/// The whole trace in memory.
pub fn trace(recipe: &Recipe) -> Result<Trace, TraceError> {
    let mut builder = Builder::new(&recipe.name, header(recipe), false)?;
    generate(recipe, |row| builder.row(row))?;
    builder.finish()
}

/// Writes the trace to a file, row by row.
pub fn write(recipe: &Recipe, path: &Path) -> Result<(), TraceError> {
    let mut writer = Writer::create(path, &header(recipe), false)?;
    generate(recipe, |row| writer.row(row))?;
    writer.finish()
}

fn header(recipe: &Recipe) -> Header {
    let source = &recipe.source.default;
    let notes = [
        ("synthetic", format!("generated, not recorded: {}", recipe.title)),
        ("recipe", recipe.name.clone()),
        ("seed", recipe.seed.to_string()),
        ("source", format!("{}: {}", source.kind, source.from)),
    ];
    Header {
        geometry: recipe.geometry,
        bundle_bytes: recipe.bundle_bytes.clone(),
        model: recipe.model.clone(),
        model_digest: String::new(),
        prompt_digest: String::new(),
        recorder: RECORDER.to_owned(),
        recorder_version: env!("CARGO_PKG_VERSION").to_owned(),
        definition: recipe.definition.clone(),
        notes: notes.into_iter().map(|(key, note)| (key.to_owned(), note)).collect::<BTreeMap<_, _>>(),
    }
}
