//! A Hugging Face checkpoint: a folder with `config.json`, safetensors and `tokenizer.json`.
//!
//! All weights are held in memory from the start: mapping a file would be unsafe, which this project forbids.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{DType, Device, Tensor, safetensors};
use serde_json::Value;

use crate::LiveError;
use crate::family::Family;

/// An open checkpoint.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    config: Value,
    family: Family,
    tensors: HashMap<String, Tensor>,
}

impl Folder {
    /// Opens a folder and reads its configuration; weights come with [`Folder::read`].
    pub fn open(path: &Path) -> Result<Self, LiveError> {
        let config = json(&path.join("config.json"))?;
        let name = config.get("model_type").and_then(Value::as_str).unwrap_or_default();
        let family = Family::of_hugging_face(name)
            .ok_or_else(|| LiveError::Architecture { path: path.to_path_buf(), found: name.to_owned() })?;
        Ok(Self { path: path.to_path_buf(), config, family, tensors: HashMap::new() })
    }

    /// Reads all weights.
    pub fn read(&mut self) -> Result<(), LiveError> {
        for file in self.files()? {
            let failed = |error: candle_core::Error| LiveError::Tensor {
                path: file.clone(),
                name: "all".to_owned(),
                problem: format!("cannot be read ({})", crate::gguf::first_line(&error)),
            };
            self.tensors.extend(safetensors::load(&file, &Device::Cpu).map_err(failed)?);
        }
        Ok(())
    }

    /// Where the folder is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The model's family.
    #[must_use]
    pub fn family(&self) -> Family {
        self.family
    }

    /// `config.json`.
    #[must_use]
    pub fn config(&self) -> &Value {
        &self.config
    }

    /// A file of the folder as JSON, where it is there.
    pub(crate) fn json(&self, name: &str) -> Result<Option<Value>, LiveError> {
        let path = self.path.join(name);
        if path.exists() { json(&path).map(Some) } else { Ok(None) }
    }

    /// The files with the weights, in the order of their names.
    pub(crate) fn files(&self) -> Result<Vec<PathBuf>, LiveError> {
        let Some(index) = self.json("model.safetensors.index.json")? else {
            return Ok(vec![self.path.join("model.safetensors")]);
        };
        let names = index.get("weight_map").and_then(Value::as_object).into_iter().flat_map(|map| map.values());
        let names: BTreeSet<&str> = names.filter_map(Value::as_str).collect();
        Ok(names.into_iter().map(|name| self.path.join(name)).collect())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// One weight, which must have this shape: 16-bit floats as they are, anything else as 32-bit ones.
    pub(crate) fn tensor(&self, name: &str, shape: &[usize]) -> Result<QTensor, LiveError> {
        let problem = |problem: String| LiveError::Tensor { path: self.path.clone(), name: name.to_owned(), problem };
        let Some(tensor) = self.tensors.get(name) else {
            return Err(problem("is missing".to_owned()));
        };
        if tensor.dims() != shape {
            return Err(problem(format!("has shape {:?} where {shape:?} is due", tensor.dims())));
        }
        let kept = match tensor.dtype() {
            DType::F16 => GgmlDType::F16,
            DType::BF16 => GgmlDType::BF16,
            _ => GgmlDType::F32,
        };
        Ok(QTensor::quantize(&tensor.to_dtype(DType::F32)?, kept)?)
    }

    /// The error for a key that is missing or holds something impossible.
    #[must_use]
    pub fn problem(&self, key: &str, problem: &str) -> LiveError {
        let path = self.path.join("config.json");
        LiveError::Metadata { path, key: key.to_owned(), problem: problem.to_owned() }
    }

    /// The error for something that this checkpoint asks for and that is not supported.
    #[must_use]
    pub fn unsupported(&self, feature: impl Into<String>, way_out: impl Into<String>) -> LiveError {
        LiveError::Unsupported { path: self.path.clone(), feature: feature.into(), way_out: way_out.into() }
    }
}

fn json(path: &Path) -> Result<Value, LiveError> {
    let failed = |source| LiveError::Read { path: path.to_path_buf(), source };
    let text = std::fs::read_to_string(path).map_err(failed)?;
    serde_json::from_str(&text).map_err(|error| failed(error.into()))
}
