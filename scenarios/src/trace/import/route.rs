//! Routes of a mixture of experts: a line for each expert that a (token, layer) was sent to.
//!
//! A preamble says the model, its layers and the bytes of their experts. `phase` is 0 for the prompt and 1 for what is
//! generated; `step` counts the tokens of a turn, or of a phase; a runtime that computes only the prompt's last token in the last layer
//! leaves the others without lines there, which are empty sets.

mod columns;
mod preamble;

use std::{collections::BTreeMap, path::Path};

use self::{columns::Columns, preamble::Preamble};
use super::{
    ImportFormat, Imported,
    lines::{LINE_BYTES_MAX, Lines},
};
use crate::trace::{Builder, Geometry, Header, MAX_LAYERS, Phase, Row, Trace, TraceError, Unit};

pub(super) use columns::names_columns;

/// Rows that a file may have beside each of its lines: as many as a log of one layer of a deep model has, one expert a token.
const ROWS_A_LINE_MAX: usize = 64;

/// One line: an expert chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Choice {
    turn: u32,
    phase: Phase,
    step: u32,
    layer: u32,
    expert: u32,
    weight: f32,
    line: usize,
}

impl Choice {
    fn token(&self) -> (u32, Phase, u32) {
        (self.turn, self.phase, self.step)
    }
}

/// Reads the route `from` and writes the trace `to`.
pub(super) fn import(name: &str, from: &Path, to: &Path) -> Result<Imported, TraceError> {
    let trace = read(name, from)?;
    trace.write(to)?;
    let (tokens, lookups) = (trace.tokens() as u64, trace.lookups());
    Ok(Imported { format: ImportFormat::RouteCsv, header: trace.header().clone(), tokens, lookups, left_out: None })
}

/// Reads the route `from`.
pub(super) fn read(name: &str, from: &Path) -> Result<Trace, TraceError> {
    let mut lines = Lines::open(name, from, LINE_BYTES_MAX)?;
    let mut preamble = Preamble::default();
    let mut columns = None;
    let mut choices = Vec::new();
    while lines.advance()? {
        let (line, number) = (lines.line()?, lines.number());
        if let Some(comment) = line.strip_prefix('#') {
            preamble.line(comment).map_err(|problem| lines.fail(problem))?;
        } else if line.is_empty() {
        } else if let Some(columns) = &columns {
            let choice = Columns::choice(columns, line, number, &mut preamble);
            choices.push(choice.map_err(|problem| lines.fail(problem))?);
        } else {
            columns = Some(Columns::parse(line).map_err(|problem| lines.fail(problem))?);
        }
    }
    let Some(columns) = columns.filter(|_| !choices.is_empty()) else {
        let problem = "holds no routes; it needs a line of column names and a line an expert".to_owned();
        return Err(TraceError::NotImported { name: name.to_owned(), problem });
    };
    choices.sort_unstable_by_key(|choice| (choice.token(), choice.layer, choice.expert, choice.line));
    let header = header(&preamble, &choices);
    let geometry = header.geometry;
    check(&choices, geometry).map_err(|(line, problem)| lines.fail_at(line, problem))?;
    let mut builder = Builder::new(name, header, columns.have_weights())?;
    let problem = |problem| TraceError::NotImported { name: name.to_owned(), problem };
    proportion(&choices, geometry.layers).map_err(problem)?;
    build(&mut builder, &choices, geometry.layers, columns.have_weights())?;
    builder.finish()
}

fn header(preamble: &Preamble, choices: &[Choice]) -> Header {
    let above = |number: fn(&Choice) -> u32| choices.iter().map(number).max().unwrap_or(0).saturating_add(1);
    let layers = preamble.layers.unwrap_or_else(|| above(|choice| choice.layer));
    Header {
        geometry: Geometry {
            unit: Unit::Expert,
            layers,
            bundles_per_layer: preamble.experts.unwrap_or_else(|| above(|choice| choice.expert)),
        },
        bundle_bytes: preamble.bundle_bytes(layers),
        model: preamble.model(),
        model_digest: String::new(),
        prompt_digest: String::new(),
        recorder: "route_trace".to_owned(),
        recorder_version: preamble.version.clone(),
        definition: "experts that the router chose".to_owned(),
        notes: preamble.source().map(|source| ("source".to_owned(), source)).into_iter().collect::<BTreeMap<_, _>>(),
    }
}

/// Refuses numbers beyond the geometry, experts chosen twice and tokens left out, in a sorted list.
fn check(choices: &[Choice], geometry: Geometry) -> Result<(), (usize, String)> {
    let mut last: Option<&Choice> = None;
    for choice in choices {
        let fail = |problem: String| Err((choice.line, problem));
        let Choice { turn, phase, step, layer, expert, .. } = *choice;
        if layer >= geometry.layers || expert >= geometry.bundles_per_layer {
            return fail(format!(
                "layer {layer}, expert {expert} of a model that has {} layers of {} experts; correct the line or the preamble",
                geometry.layers, geometry.bundles_per_layer
            ));
        }
        let of_turn = last.filter(|last| last.turn == turn);
        let place = (choice.token(), layer, expert);
        if let Some(last) = of_turn.filter(|last| (last.token(), last.layer, last.expert) == place) {
            return fail(format!(
                "expert {expert} was chosen for the same token and layer on line {} already",
                last.line
            ));
        }
        let expected = of_turn.map_or(0, |last| last.step.saturating_add(u32::from(last.token() != choice.token())));
        let begins_phase = of_turn.is_none_or(|last| last.phase != phase);
        if step != expected && !(begins_phase && step == 0) {
            return fail(format!(
                "{} step {step} of turn {turn} where step {expected} must come next; number the tokens of a turn from 0 \
                 without gaps, or those of each phase",
                phase.as_str()
            ));
        }
        last = Some(choice);
    }
    Ok(())
}

/// Refuses rows that nothing but the number of layers speaks of: they would take memory for what is merely claimed.
fn proportion(choices: &[Choice], layers: u32) -> Result<(), String> {
    let tokens = choices.chunk_by(|a, b| a.token() == b.token()).count();
    let rows_max = choices.len().saturating_mul(ROWS_A_LINE_MAX).max(MAX_LAYERS as usize);
    if tokens.saturating_mul(layers as usize) <= rows_max {
        return Ok(());
    }
    let lines = choices.len();
    Err(format!("has {lines} experts for {tokens} tokens of {layers} layers; correct n_layer, or the highest layer"))
}

/// Adds the tokens, one after another.
fn build(builder: &mut Builder, choices: &[Choice], layers: u32, weights: bool) -> Result<(), TraceError> {
    let (mut active, mut score) = (Vec::new(), Vec::new());
    for (request, turn) in (0..).zip(choices.chunk_by(|a, b| a.turn == b.turn)) {
        for (token, choices) in (0..).zip(turn.chunk_by(|a, b| a.token() == b.token())) {
            let mut rest = choices;
            for layer in 0..layers {
                let of_layer;
                (of_layer, rest) = rest.split_at(rest.partition_point(|choice| choice.layer == layer));
                active.clear();
                active.extend(of_layer.iter().map(|choice| choice.expert));
                score.clear();
                score.extend(of_layer.iter().map(|choice| choice.weight));
                let phase = choices[0].phase;
                let score = weights.then_some(&score[..]);
                builder.row(&Row { request, token, phase, layer, active: &active, score })?;
            }
        }
    }
    Ok(())
}
