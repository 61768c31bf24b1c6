//! Where a model is from: a GGUF file, or the folder of a Hugging Face checkpoint. The rest of the crate asks here.

use std::path::Path;
use std::sync::Arc;

use candle_core::Device;
use candle_core::quantized::QTensor;
use candle_core::quantized::ggml_file::qtensor_from_ggml;
use serde_json::Value;

use crate::chat::ChatTemplate;
use crate::config::Config;
use crate::folder::Folder;
use crate::gguf::Gguf;
use crate::tokenizer::Tokenizer;
use crate::{LiveError, digest};

/// An open model.
#[derive(Debug)]
pub enum Source {
    /// One file with everything.
    Gguf(Gguf),
    /// A folder with a file for each.
    Folder(Folder),
}

impl Source {
    /// Opens a file or a folder.
    pub fn open(path: &Path) -> Result<Self, LiveError> {
        if path.is_dir() { Folder::open(path).map(Self::Folder) } else { Gguf::open(path).map(Self::Gguf) }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Gguf(gguf) => gguf.path(),
            Self::Folder(folder) => folder.path(),
        }
    }

    /// The numbers that shape the model.
    pub fn config(&self) -> Result<Config, LiveError> {
        match self {
            Self::Gguf(gguf) => Config::of_gguf(gguf),
            Self::Folder(folder) => Config::of_hugging_face(folder),
        }
    }

    /// Its tokenizer.
    pub fn tokenizer(&self) -> Result<Tokenizer, LiveError> {
        match self {
            Self::Gguf(gguf) => Tokenizer::load(gguf),
            Self::Folder(folder) => Tokenizer::of_folder(folder),
        }
    }

    /// Its chat template.
    pub fn chat_template(&self) -> Result<ChatTemplate, LiveError> {
        match self {
            Self::Gguf(gguf) => ChatTemplate::load(gguf),
            Self::Folder(folder) => ChatTemplate::of_folder(folder),
        }
    }

    /// SHA-256 of the file, or of the files with the weights one after another.
    pub fn digest(&self) -> Result<String, LiveError> {
        match self {
            Self::Gguf(gguf) => digest::of_files(&[gguf.path().to_path_buf()]),
            Self::Folder(folder) => digest::of_files(&folder.files()?),
        }
    }

    /// The model's name: base and size as the file states them, else the file's or folder's own.
    pub fn name(&self) -> Result<String, LiveError> {
        let name = match self {
            Self::Gguf(gguf) => {
                match (gguf.optional_text("general.basename")?, gguf.optional_text("general.size_label")?) {
                    (Some(base), Some(size)) => format!("{base}-{size}"),
                    _ => gguf.path().file_stem().unwrap_or_default().to_string_lossy().into_owned(),
                }
            }
            Self::Folder(folder) => {
                let stated =
                    folder.config().get("_name_or_path").and_then(Value::as_str).filter(|name| !name.is_empty());
                let own = || {
                    let path = folder.path().canonicalize().unwrap_or_else(|_| folder.path().to_path_buf());
                    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
                };
                stated.and_then(|name| name.rsplit('/').next()).map_or_else(own, str::to_owned)
            }
        };
        Ok(name.to_lowercase().replace(' ', "-"))
    }

    /// The error for something that this model asks for and that is not supported.
    #[must_use]
    pub fn unsupported(&self, feature: impl Into<String>, way_out: impl Into<String>) -> LiveError {
        match self {
            Self::Gguf(gguf) => gguf.unsupported(feature, way_out),
            Self::Folder(folder) => folder.unsupported(feature, way_out),
        }
    }

    /// Makes weights readable.
    pub(crate) fn read(&mut self) -> Result<(), LiveError> {
        match self {
            Self::Gguf(_) => Ok(()),
            Self::Folder(folder) => folder.read(),
        }
    }

    /// Whether there is a weight of this GGUF name.
    pub(crate) fn has(&self, name: &str) -> bool {
        match self {
            Self::Gguf(gguf) => gguf.has_tensor(name),
            Self::Folder(folder) => folder.family().hugging_face(name).is_some_and(|name| folder.has(&name)),
        }
    }

    /// The weight of this GGUF name and shape.
    pub(crate) fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<QTensor, LiveError> {
        match self {
            Self::Gguf(gguf) => gguf.tensor(name, shape),
            Self::Folder(folder) => {
                let theirs = folder.family().hugging_face(name);
                folder.tensor(theirs.as_deref().unwrap_or(name), shape)
            }
        }
    }

    /// The same matrix (`gate`, `up` or `down`) of every expert of a block.
    pub(crate) fn experts(
        &mut self,
        layer: usize,
        matrix: &str,
        count: usize,
        shape: [usize; 2],
    ) -> Result<Vec<Arc<QTensor>>, LiveError> {
        let each = 0..count;
        match self {
            Self::Folder(folder) => {
                let name = |expert| folder.family().hugging_face_expert(layer, expert, matrix);
                each.map(|expert| folder.tensor(&name(expert), &shape).map(Arc::new)).collect()
            }
            // As converters wrote them at first.
            Self::Gguf(gguf) if gguf.has_tensor(&format!("blk.{layer}.ffn_{matrix}.0.weight")) => each
                .map(|expert| gguf.tensor(&format!("blk.{layer}.ffn_{matrix}.{expert}.weight"), &shape).map(Arc::new))
                .collect(),
            Self::Gguf(gguf) => {
                let all =
                    gguf.tensor(&format!("blk.{layer}.ffn_{matrix}_exps.weight"), &[count, shape[0], shape[1]])?;
                let bytes = all.data()?;
                let one = bytes.len() / count;
                let cut = |expert: usize| {
                    let bytes = &bytes[expert * one..(expert + 1) * one];
                    Ok(Arc::new(qtensor_from_ggml(all.dtype(), bytes, shape.to_vec(), &Device::Cpu)?))
                };
                each.map(cut).collect()
            }
        }
    }
}
