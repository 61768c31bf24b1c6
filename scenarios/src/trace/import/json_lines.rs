//! JSON lines, one a (token, layer): the ids that a router chose, as the loggers that people patch into vLLM write them.
//!
//! `{"req_id": "r1", "token_idx": 0, "layer": 8, "topk_ids": [6, 3], "topk_weights": [0.6, 0.4]}`, in any order, after a line
//! `{"type": "meta", "model_id": …, "num_experts": …}` where the logger knows so much. Other keys are left alone.

mod line;
mod rows;
mod warm_up;

use std::{collections::BTreeMap, path::Path};

use self::{
    line::{Line, Meta},
    rows::Rows,
};
use super::{ImportFormat, Imported, lines::Lines};
use crate::trace::{Geometry, Header, Row, TraceError, Unit, Writer};

pub(super) use line::is_line;

/// No line is longer: a layer of 16,384 neurons, all active and each with its score, takes half of it.
const LINE_BYTES_MAX: u64 = 1 << 20;

/// Reads the log `from` and writes the trace `to`.
pub(super) fn import(name: &str, from: &Path, to: &Path) -> Result<Imported, TraceError> {
    let mut lines = Lines::open(name, from, LINE_BYTES_MAX)?;
    let (mut meta, mut rows) = (Meta::default(), Rows::default());
    while lines.advance()? {
        let (text, number) = (lines.line()?, lines.number());
        if text.is_empty() {
            continue;
        }
        match Line::parse(text).map_err(|problem| lines.fail(problem))? {
            Line::Meta(line) => meta.add(line).map_err(|problem| lines.fail(problem))?,
            Line::Route(route) => rows.push(route, number).map_err(|problem| lines.fail(problem))?,
        }
    }
    if rows.is_empty() {
        let problem =
            "holds no routes; write a line {\"token_idx\": …, \"layer\": …, \"topk_ids\": […]} a token and layer";
        return Err(TraceError::NotImported { name: name.to_owned(), problem: problem.to_owned() });
    }
    let layers = rows.sort().map_err(|(line, problem)| lines.fail_at(line, problem))?;
    let experts = meta.experts.unwrap_or_else(|| rows.id_max().saturating_add(1));
    rows.check(experts, &layers).map_err(|(line, problem)| lines.fail_at(line, problem))?;
    let warm_up = warm_up::tokens(&rows, layers.len());
    let header = header(&meta, &layers, experts, warm_up);
    let mut writer = Writer::create(to, &header, rows.have_weights())?;
    let (tokens, lookups) = write(&mut writer, &rows, layers.len(), warm_up)?;
    writer.finish()?;
    let left_out = (warm_up > 0).then(|| warm_up::described(warm_up));
    Ok(Imported { format: ImportFormat::JsonLines, header, tokens, lookups, left_out })
}

fn header(meta: &Meta, layers: &[u32], experts: u32, warm_up: usize) -> Header {
    let mut notes = BTreeMap::new();
    if layers.iter().zip(0..).any(|(&layer, number)| layer != number) {
        let layers: Vec<String> = layers.iter().map(u32::to_string).collect();
        notes.insert("layers".to_owned(), format!("{} of the model", layers.join(", ")));
    }
    if warm_up > 0 {
        notes.insert("left-out".to_owned(), warm_up::described(warm_up));
    }
    let count = u32::try_from(layers.len()).unwrap_or(u32::MAX);
    Header {
        geometry: Geometry { unit: Unit::Expert, layers: count, bundles_per_layer: experts },
        bundle_bytes: Vec::new(),
        model: meta.model.clone().unwrap_or_default(),
        model_digest: String::new(),
        prompt_digest: String::new(),
        recorder: "json-lines".to_owned(),
        recorder_version: meta.version.clone().unwrap_or_default(),
        definition: "experts that the router chose".to_owned(),
        notes,
    }
}

/// Writes all tokens but the first `skipped`; tokens and lookups written.
fn write(writer: &mut Writer, rows: &Rows, layers: usize, skipped: usize) -> Result<(u64, u64), TraceError> {
    let (mut tokens, mut lookups) = (0, 0);
    let (mut request, mut token, mut last) = (0, 0, None);
    for set in rows.tokens(layers).skip(skipped) {
        let first = &set[0];
        match last {
            Some(last) if last == first.request => token += 1,
            Some(_) => (request, token) = (request + 1, 0),
            None => {}
        }
        last = Some(first.request);
        for (layer, row) in (0..).zip(set) {
            let (active, score) = rows.sorted(row);
            lookups += active.len() as u64;
            writer.row(&Row { request, token, phase: first.phase, layer, active: &active, score: score.as_deref() })?;
        }
        tokens += 1;
    }
    Ok((tokens, lookups))
}
