//! A GGUF file: metadata by key, tensors by name, every failure naming the file.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use candle_core::Device;
use candle_core::quantized::QTensor;
use candle_core::quantized::gguf_file::{Content, Value};

use crate::LiveError;
use crate::family::Family;

/// An open model file.
#[derive(Debug)]
pub struct Gguf {
    path: PathBuf,
    content: Content,
    file: BufReader<File>,
}

impl Gguf {
    /// Opens the file and reads its metadata; weights are read by [`Gguf::tensor`], one at a time.
    pub fn open(path: &Path) -> Result<Self, LiveError> {
        let failed = |source| LiveError::Read { path: path.to_path_buf(), source };
        let not_gguf = |reason: String| LiveError::NotGguf { path: path.to_path_buf(), reason };
        let mut file = BufReader::new(File::open(path).map_err(failed)?);
        let mut magic = Vec::with_capacity(4);
        file.by_ref().take(4).read_to_end(&mut magic).map_err(failed)?;
        if magic != b"GGUF" {
            return Err(not_gguf("it does not begin with `GGUF`".to_owned()));
        }
        file.rewind().map_err(failed)?;
        let content = Content::read(&mut file).map_err(|error| not_gguf(first_line(&error)))?;
        Ok(Self { path: path.to_path_buf(), content, file })
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name of the model's family, one that is known here.
    pub fn architecture(&self) -> Result<&str, LiveError> {
        self.family()?;
        self.text("general.architecture")
    }

    /// The model's family.
    pub fn family(&self) -> Result<Family, LiveError> {
        let found = self.text("general.architecture")?;
        let unknown = || LiveError::Architecture { path: self.path.clone(), found: found.to_owned() };
        Family::of_gguf(found).ok_or_else(unknown)
    }

    /// A text that must be there.
    pub fn text(&self, key: &str) -> Result<&str, LiveError> {
        self.optional_text(key)?.ok_or_else(|| self.missing(key))
    }

    /// A text that may be absent.
    pub fn optional_text(&self, key: &str) -> Result<Option<&str>, LiveError> {
        match self.content.metadata.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.problem(key, "is not a text")),
        }
    }

    /// A whole number that must be there.
    pub fn integer(&self, key: &str) -> Result<usize, LiveError> {
        self.optional_integer(key)?.ok_or_else(|| self.missing(key))
    }

    /// A whole number that may be absent.
    pub fn optional_integer(&self, key: &str) -> Result<Option<usize>, LiveError> {
        let Some(value) = self.content.metadata.get(key) else {
            return Ok(None);
        };
        match whole(value) {
            Some(number) => Ok(Some(number)),
            None => Err(self.problem(key, "is not one whole number")),
        }
    }

    /// A number with a fraction that may be absent.
    pub fn optional_number(&self, key: &str) -> Result<Option<f64>, LiveError> {
        match self.content.metadata.get(key) {
            None => Ok(None),
            Some(Value::F32(number)) => Ok(Some(f64::from(*number))),
            Some(Value::F64(number)) => Ok(Some(*number)),
            Some(_) => Err(self.problem(key, "is not a number with a fraction")),
        }
    }

    /// Yes or no, `absent` where the key is not there.
    pub fn flag(&self, key: &str, absent: bool) -> Result<bool, LiveError> {
        match self.content.metadata.get(key) {
            None => Ok(absent),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(self.problem(key, "is not true or false")),
        }
    }

    /// A list of texts that must be there.
    pub fn texts(&self, key: &str) -> Result<Vec<String>, LiveError> {
        let text = |value: &Value| value.to_string().ok().cloned();
        self.list(key, text).ok_or_else(|| self.problem(key, "is missing or no list of texts"))
    }

    /// A list of whole numbers that must be there.
    pub fn integers(&self, key: &str) -> Result<Vec<usize>, LiveError> {
        self.list(key, whole).ok_or_else(|| self.problem(key, "is missing or no list of whole numbers"))
    }

    /// Whether the file has a tensor of this name.
    #[must_use]
    pub fn has_tensor(&self, name: &str) -> bool {
        self.content.tensor_infos.contains_key(name)
    }

    /// Reads one tensor, which must have this shape (rows first, as candle counts; GGUF lists them reversed).
    pub fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<QTensor, LiveError> {
        let problem = |problem: String| LiveError::Tensor { path: self.path.clone(), name: name.to_owned(), problem };
        let Some(info) = self.content.tensor_infos.get(name) else {
            return Err(problem("is missing".to_owned()));
        };
        if info.shape.dims() != shape {
            return Err(problem(format!("has shape {:?} where {shape:?} is due", info.shape.dims())));
        }
        info.read(&mut self.file, self.content.tensor_data_offset, &Device::Cpu)
            .map_err(|error| problem(format!("cannot be read ({})", first_line(&error))))
    }

    /// The error for something that this file asks for and that is not supported.
    #[must_use]
    pub fn unsupported(&self, feature: impl Into<String>, way_out: impl Into<String>) -> LiveError {
        LiveError::Unsupported { path: self.path.clone(), feature: feature.into(), way_out: way_out.into() }
    }

    /// The error for a metadata key that holds something impossible.
    #[must_use]
    pub fn problem(&self, key: &str, problem: &str) -> LiveError {
        LiveError::Metadata { path: self.path.clone(), key: key.to_owned(), problem: problem.to_owned() }
    }

    fn missing(&self, key: &str) -> LiveError {
        self.problem(key, "is missing")
    }

    fn list<T>(&self, key: &str, item: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
        match self.content.metadata.get(key)? {
            Value::Array(values) => values.iter().map(item).collect(),
            _ => None,
        }
    }
}

fn whole(value: &Value) -> Option<usize> {
    match *value {
        Value::U8(number) => Some(usize::from(number)),
        Value::U16(number) => Some(usize::from(number)),
        Value::U32(number) => usize::try_from(number).ok(),
        Value::U64(number) => usize::try_from(number).ok(),
        Value::I8(number) => usize::try_from(number).ok(),
        Value::I16(number) => usize::try_from(number).ok(),
        Value::I32(number) => usize::try_from(number).ok(),
        Value::I64(number) => usize::try_from(number).ok(),
        _ => None,
    }
}

/// candle appends a backtrace to its errors where one is asked for: the first line says it all.
pub(crate) fn first_line(error: &candle_core::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}
