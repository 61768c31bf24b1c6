//! Traces row by row, as other tools log them: what [`import`](crate::trace::import()) reads, it reads back.

mod arrow;

use std::{
    io::{Result as IoResult, Write},
    path::Path,
};

use super::staged;
use crate::trace::{Phase, Row, Trace, TraceError};

/// A format that has tokens and layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowFormat {
    /// A line for each active bundle, under a preamble.
    RouteCsv,
    /// A JSON object for each (token, layer), after one about the model.
    JsonLines,
    /// An Arrow file (Feather version 2), packed by LZ4, with the columns and the metadata of a trace.
    Arrow,
}

/// Writes every row of `trace`.
pub fn export_rows(trace: &Trace, format: RowFormat, path: &Path) -> Result<(), TraceError> {
    staged(path, |out| match format {
        RowFormat::RouteCsv => route(trace, out),
        RowFormat::JsonLines => json(trace, out),
        RowFormat::Arrow => arrow::write(trace, out).map_err(std::io::Error::other),
    })
}

fn route(trace: &Trace, out: &mut impl Write) -> IoResult<()> {
    let (geometry, header) = (trace.geometry(), trace.header());
    // A preamble's words end at spaces.
    let model: String = header.model.chars().map(|letter| if letter.is_whitespace() { '-' } else { letter }).collect();
    writeln!(out, "# route_trace v1")?;
    writeln!(out, "# model={model} n_layer={} n_expert={}", geometry.layers, geometry.bundles_per_layer)?;
    for (layer, bytes) in header.bundle_bytes.iter().enumerate() {
        writeln!(out, "# layer={layer} expert_bytes={bytes}")?;
    }
    writeln!(out, "turn,phase,step,layer,slot,expert{}", if trace.has_scores() { ",weight" } else { "" })?;
    for Row { request, token, phase, layer, active, score } in trace.iter() {
        let phase = u8::from(phase == Phase::Decode);
        for (slot, expert) in active.iter().enumerate() {
            write!(out, "{request},{phase},{token},{layer},{slot},{expert}")?;
            if let Some(score) = score {
                write!(out, ",{}", score[slot])?;
            }
            writeln!(out)?;
        }
    }
    Ok(())
}

fn json(trace: &Trace, out: &mut impl Write) -> IoResult<()> {
    let model = serde_json::Value::String(trace.header().model.clone());
    let experts = trace.geometry().bundles_per_layer;
    writeln!(out, "{{\"type\":\"meta\",\"model_id\":{model},\"num_experts\":{experts}}}")?;
    for Row { request, token, phase, layer, active, score } in trace.iter() {
        let phase = phase.as_str();
        write!(
            out,
            "{{\"type\":\"route\",\"req_id\":{request},\"token_idx\":{token},\"phase\":\"{phase}\",\"layer\":{layer}"
        )?;
        write!(out, ",\"topk_ids\":")?;
        list(out, active)?;
        if let Some(score) = score {
            write!(out, ",\"topk_weights\":")?;
            list(out, score)?;
        }
        writeln!(out, "}}")?;
    }
    Ok(())
}

fn list<T: std::fmt::Display>(out: &mut impl Write, numbers: &[T]) -> IoResult<()> {
    for (place, number) in numbers.iter().enumerate() {
        write!(out, "{}{number}", if place == 0 { '[' } else { ',' })?;
    }
    write!(out, "{}", if numbers.is_empty() { "[]" } else { "]" })
}
