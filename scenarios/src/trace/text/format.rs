//! Writes the text form.

use std::fmt::Write;

use super::escape::escape;
use crate::trace::{Header, Row, Trace, metadata};

/// Formats a whole trace; [`super::parse`] gives the same trace back.
#[must_use]
pub fn format(trace: &Trace) -> String {
    let mut text = header(trace.header());
    if trace.has_scores() {
        text.push_str("scores\n");
    }
    for line in trace.iter() {
        if line.token == 0 && line.layer == 0 {
            line_to(&mut text, format_args!("\nrequest {}", line.request));
        }
        row(&mut text, &line);
    }
    text
}

fn header(header: &Header) -> String {
    let geometry = header.geometry;
    let mut text = format!(
        "geometry {} layers={} bundles={}\n",
        geometry.unit.as_str(),
        geometry.layers,
        geometry.bundles_per_layer
    );
    if !header.bundle_bytes.is_empty() {
        line_to(&mut text, format_args!("bundle-bytes {}", metadata::join(&header.bundle_bytes)));
    }
    let fields = [
        ("model", &header.model),
        ("model-digest", &header.model_digest),
        ("prompt-digest", &header.prompt_digest),
        ("recorder", &header.recorder),
        ("recorder-version", &header.recorder_version),
        ("definition", &header.definition),
    ];
    for (key, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
        line_to(&mut text, format_args!("{key} {}", escape(value, false)));
    }
    for (key, value) in &header.notes {
        line_to(&mut text, format_args!("note {} = {}", escape(key, true), escape(value, false)));
    }
    text
}

fn row(text: &mut String, row: &Row<'_>) {
    let mut line = format!("{} {} {}:", row.token, row.phase.as_str(), row.layer);
    for (index, id) in row.active.iter().enumerate() {
        match row.score {
            Some(score) => append(&mut line, format_args!(" {id}:{}", score[index])),
            None => append(&mut line, format_args!(" {id}")),
        }
    }
    line_to(text, format_args!("{line}"));
}

fn line_to(text: &mut String, line: std::fmt::Arguments<'_>) {
    append(text, line);
    text.push('\n');
}

fn append(text: &mut String, part: std::fmt::Arguments<'_>) {
    // Writing to a string can not fail.
    let _ = text.write_fmt(part);
}
