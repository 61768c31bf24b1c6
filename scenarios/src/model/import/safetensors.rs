//! What a safetensors header or an index adds to a `config.json`: whether there is a head, and how many bytes there are.

use std::io::Read;

use serde_json::Value as Json;
use toml::Value;

use super::{JSON_BYTES_MAX, Problem, Sketch, numbers::Source};

/// Names of the tensors, and their bytes together.
pub(super) struct Tensors {
    names: Vec<String>,
    bytes: u64,
}

/// Reads the header of a file of so many bytes.
pub(super) fn read(file: &mut dyn Read, bytes: u64) -> Result<Tensors, Problem> {
    let mut source = Source::new(file, bytes);
    let length = source.u64()?;
    if length > JSON_BYTES_MAX {
        return Err(format!("a header of {length} bytes: no safetensors file, or a damaged one"));
    }
    let header = source.bytes(length)?;
    let header: Json =
        serde_json::from_slice(&header).map_err(|problem| format!("a header that is no JSON: {problem}"))?;
    let entries = header.as_object().ok_or("a header that is no list of tensors")?;
    let (mut names, mut sum) = (Vec::new(), 0_u64);
    for (name, tensor) in entries.iter().filter(|(name, _)| *name != "__metadata__") {
        let offsets = tensor.get("data_offsets").and_then(Json::as_array).map(Vec::as_slice);
        let [from, to] = offsets.and_then(|offsets| offsets.try_into().ok()).unwrap_or(&[const { Json::Null }; 2]);
        let size = from.as_u64().zip(to.as_u64()).and_then(|(from, to)| to.checked_sub(from));
        let size = size.filter(|&size| size <= bytes);
        sum = sum.saturating_add(
            size.ok_or_else(|| format!("tensor {name} lies nowhere in the file: the header is damaged"))?,
        );
        names.push(name.clone());
    }
    Ok(Tensors { names, bytes: sum })
}

/// A sketch with what the tensors say.
pub(super) fn compared(mut sketch: Sketch, tensors: &Tensors) -> Sketch {
    let of_another_part = !tensors.names.iter().any(|name| name.contains("embed_tokens"));
    if of_another_part {
        sketch.notes.push("the file is one of several: give the index.json to have all of them compared".to_owned());
        return sketch;
    }
    head(&mut sketch, tensors.names.iter().map(String::as_str));
    sketch.tensor_bytes = Some(tensors.bytes);
    sketch
}

/// A sketch with what an index says.
pub(super) fn indexed(mut sketch: Sketch, index: &Json) -> Result<Sketch, Problem> {
    let names =
        index.get("weight_map").and_then(Json::as_object).ok_or("no weight_map: not an index of safetensors")?;
    head(&mut sketch, names.keys().map(String::as_str));
    sketch.tensor_bytes = index.pointer("/metadata/total_size").and_then(Json::as_u64);
    Ok(sketch)
}

/// A head that is stored is no embedding table.
fn head<'n>(sketch: &mut Sketch, mut names: impl Iterator<Item = &'n str>) {
    let is_stored = names.any(|name| name.ends_with("lm_head.weight"));
    let tied = sketch.table.insert("tied-embeddings".to_owned(), Value::Boolean(!is_stored));
    if tied != Some(Value::Boolean(!is_stored)) {
        sketch.notes.push(format!(
            "the tensors {} a head, and config.json says otherwise",
            if is_stored { "have" } else { "lack" }
        ));
    }
}
