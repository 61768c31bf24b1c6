//! Models made of other tools' files: a GGUF file, a `config.json`, or a safetensors file beside one.
//!
//! Only headers are read, whatever the size of the file, and what comes out is the text of a model: it can be read and
//! mended before it is used. What a header claims is checked against the file before anything of that size is kept.

mod config;
mod gguf;
mod gguf_model;
mod numbers;
mod safetensors;
mod tables;
#[cfg(test)]
mod tests;

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use toml::{Table, Value};

use super::{Model, ModelError};

/// Longest `config.json` or index that is read.
const JSON_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The text of a model, and what should be known about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The TOML.
    pub text: String,
    /// What the file did not say, or says and a model can't.
    pub notes: Vec<String>,
}

/// Why a file is no model.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file could not be read.
    #[error("{}: {problem}", .path.display())]
    File {
        /// The path as given.
        path: PathBuf,
        /// What the system said.
        problem: std::io::Error,
    },
    /// Damaged, cut short, or of a kind that is not known here.
    #[error("{}: {problem}", .path.display())]
    Content {
        /// The path as given.
        path: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// What the file says makes no model.
    #[error("{}: what it describes is no model that can be simulated: {problem}", .path.display())]
    Model {
        /// The path as given.
        path: PathBuf,
        /// Why not.
        problem: Box<ModelError>,
    },
}

/// What a reader of one kind of file says is wrong.
pub(super) type Problem = String;

/// A model's keys, and what should be known about them.
struct Sketch {
    table: Table,
    notes: Vec<String>,
    /// What the file's tensors come to, where it lists them with their formats.
    tensor_bytes: Option<u64>,
}

/// The model that a file describes: `.gguf`, `.safetensors`, `config.json` or `model.safetensors.index.json`.
pub fn import(path: &Path) -> Result<Imported, ImportError> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let content = |problem| ImportError::Content { path: path.to_owned(), problem };
    let sketch = if has_extension(path, "gguf") {
        let mut file = File::open(path).map_err(|problem| ImportError::File { path: path.to_owned(), problem })?;
        let bytes = file.metadata().map_err(|problem| ImportError::File { path: path.to_owned(), problem })?.len();
        let header = gguf::read(&mut file, bytes).map_err(content)?;
        gguf_model::sketch(&header).map_err(content)?
    } else if has_extension(path, "safetensors") {
        let config = read_json(&path.with_file_name("config.json"))?;
        let mut file = File::open(path).map_err(|problem| ImportError::File { path: path.to_owned(), problem })?;
        let bytes = file.metadata().map_err(|problem| ImportError::File { path: path.to_owned(), problem })?.len();
        let tensors = safetensors::read(&mut file, bytes).map_err(content)?;
        safetensors::compared(config::sketch(&config).map_err(content)?, &tensors)
    } else if name.ends_with(".index.json") {
        let index = read_json(path)?;
        let config = read_json(&path.with_file_name("config.json"))?;
        safetensors::indexed(config::sketch(&config).map_err(content)?, &index).map_err(content)?
    } else if has_extension(path, "json") {
        config::sketch(&read_json(path)?).map_err(content)?
    } else {
        let problem =
            "not a kind of file that is known here: give a .gguf, a .safetensors, a config.json or an index.json";
        return Err(content(problem.to_owned()));
    };
    finish(path, sketch)
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
}

fn read_json(path: &Path) -> Result<serde_json::Value, ImportError> {
    let of_file = |problem| ImportError::File { path: path.to_owned(), problem };
    let content = |problem: String| ImportError::Content { path: path.to_owned(), problem };
    let file = File::open(path).map_err(of_file)?;
    if file.metadata().map_err(of_file)?.len() > JSON_BYTES_MAX {
        return Err(content(format!("larger than {JSON_BYTES_MAX} bytes: no description of a model is")));
    }
    let mut text = String::new();
    file.take(JSON_BYTES_MAX).read_to_string(&mut text).map_err(of_file)?;
    serde_json::from_str(&text).map_err(|problem| content(format!("no JSON: {problem}")))
}

/// Names the model after its file, checks it, and writes it down.
fn finish(path: &Path, mut sketch: Sketch) -> Result<Imported, ImportError> {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let parent = path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    // A file that is called like all its kind is named after its folder.
    let own = if matches!(stem.as_str(), "config" | "model" | "model.safetensors.index") { parent } else { None };
    let title = own.unwrap_or(stem);
    let table = &mut sketch.table;
    table.insert("schema".to_owned(), Value::Integer(1));
    table.insert("name".to_owned(), Value::String(title.to_ascii_lowercase()));
    table.entry("title").or_insert(Value::String(title));
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let default: Table = [("kind", "measured".to_owned()), ("from", format!("header of {file}"))]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), Value::String(value)))
        .collect();
    let source: Table = [("default".to_owned(), Value::Table(default))].into_iter().collect();
    table.insert("source".to_owned(), Value::Table(source));
    let text = toml::to_string(&sketch.table)
        .map_err(|problem| ImportError::Content { path: path.to_owned(), problem: problem.to_string() })?;
    let of_model = |problem| ImportError::Model { path: path.to_owned(), problem: Box::new(problem) };
    let model = Model::parse(&file, &text).map_err(of_model)?;
    if let Some(bytes) = sketch.tensor_bytes {
        let weighed = model.weights(&model.default_quantization).map_err(of_model)?.total_bytes();
        if weighed != bytes {
            sketch.notes.push(format!("the tensors of the file come to {bytes} bytes, the model to {weighed}"));
        }
    }
    Ok(Imported { text, notes: sketch.notes })
}
