//! The header as key-value metadata of the Parquet file: flat text, so that any framework can write it.
//!
//! `tightfit.version`, `tightfit.unit`, `tightfit.layers`, `tightfit.bundles-per-layer` are required; the other keys
//! of the header default to empty, `tightfit.bundle-bytes` among them (numbers by layer, with commas); `tightfit.note.<name>` are the notes. Keys without the prefix are left alone.

use std::collections::BTreeMap;

use parquet::file::metadata::KeyValue;

use super::{Geometry, Header, TraceError, Unit};

/// Version of the format that this build writes, and the only one that it reads.
pub const FORMAT_VERSION: u32 = 1;

const PREFIX: &str = "tightfit.";
const NOTE: &str = "tightfit.note.";

/// Header to key-values, in a fixed order.
pub(super) fn to_key_values(header: &Header) -> Vec<KeyValue> {
    let Geometry { unit, layers, bundles_per_layer } = header.geometry;
    let mut pairs: Vec<(String, String)> = vec![
        (key("version"), FORMAT_VERSION.to_string()),
        (key("unit"), unit.as_str().to_owned()),
        (key("layers"), layers.to_string()),
        (key("bundles-per-layer"), bundles_per_layer.to_string()),
        (key("model"), header.model.clone()),
        (key("model-digest"), header.model_digest.clone()),
        (key("prompt-digest"), header.prompt_digest.clone()),
        (key("recorder"), header.recorder.clone()),
        (key("recorder-version"), header.recorder_version.clone()),
        (key("definition"), header.definition.clone()),
    ];
    if !header.bundle_bytes.is_empty() {
        pairs.push((key("bundle-bytes"), join(&header.bundle_bytes)));
    }
    pairs.extend(header.notes.iter().map(|(name, value)| (format!("{NOTE}{name}"), value.clone())));
    pairs.into_iter().map(|(key, value)| KeyValue::new(key, value)).collect()
}

/// Key-values to header; `name` is the file's, for errors.
pub(super) fn from_key_values(name: &str, pairs: &[KeyValue]) -> Result<Header, TraceError> {
    let map: BTreeMap<&str, &str> = pairs
        .iter()
        .filter(|pair| pair.key.starts_with(PREFIX))
        .map(|pair| (pair.key.as_str(), pair.value.as_deref().unwrap_or_default()))
        .collect();
    let version = number(name, &map, "version")?;
    if version != FORMAT_VERSION {
        return Err(fail(name, "version", &format!("is {version}; this build reads version {FORMAT_VERSION}")));
    }
    let unit = required(name, &map, "unit")?;
    let unit =
        unit.parse::<Unit>().map_err(|()| fail(name, "unit", &format!("is `{unit}`; write `neuron` or `expert`")))?;
    let geometry = Geometry {
        unit,
        layers: number(name, &map, "layers")?,
        bundles_per_layer: number(name, &map, "bundles-per-layer")?,
    };
    let text = |field: &str| map.get(key(field).as_str()).copied().unwrap_or_default().to_owned();
    let bundle_bytes = split(&text("bundle-bytes")).map_err(|problem| fail(name, "bundle-bytes", &problem))?;
    Ok(Header {
        geometry,
        bundle_bytes,
        model: text("model"),
        model_digest: text("model-digest"),
        prompt_digest: text("prompt-digest"),
        recorder: text("recorder"),
        recorder_version: text("recorder-version"),
        definition: text("definition"),
        notes: map
            .iter()
            .filter_map(|(key, value)| Some((key.strip_prefix(NOTE)?.to_owned(), (*value).to_owned())))
            .collect(),
    })
}

/// Numbers with commas between them.
pub(super) fn join(numbers: &[u64]) -> String {
    numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(",")
}

/// Undoes [`join`]; nothing is no numbers.
pub(super) fn split(text: &str) -> Result<Vec<u64>, String> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let number = |part: &str| {
        part.trim()
            .parse()
            .map_err(|_| format!("has `{part}` in it; write one whole number a layer, with commas between"))
    };
    text.split(',').map(number).collect()
}

fn key(field: &str) -> String {
    format!("{PREFIX}{field}")
}

fn fail(name: &str, field: &str, problem: &str) -> TraceError {
    TraceError::Metadata { name: name.to_owned(), key: key(field), problem: problem.to_owned() }
}

fn required<'a>(name: &str, map: &BTreeMap<&str, &'a str>, field: &str) -> Result<&'a str, TraceError> {
    map.get(key(field).as_str()).copied().ok_or_else(|| {
        fail(name, field, "is missing; a trace's recorder writes version, unit, layers and bundles-per-layer there")
    })
}

fn number(name: &str, map: &BTreeMap<&str, &str>, field: &str) -> Result<u32, TraceError> {
    let text = required(name, map, field)?;
    text.trim().parse().map_err(|_| fail(name, field, &format!("is `{text}`; write a whole number")))
}
