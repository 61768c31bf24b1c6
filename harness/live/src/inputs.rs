//! What went into every feed-forward block of a recording, beside its trace: what a predictor is fitted on.
//!
//! A safetensors file with two tensors: `inputs` of (tokens, layers, width), 32-bit floats, tokens in the order of the
//! trace's; and `trace`, the SHA-256 of the trace file that it belongs to, as the bytes of its hexadecimal text.

use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor, safetensors};
use serde_json::json;
use tightfit_scenarios::trace::Staged;

use crate::{LiveError, digest};

/// Room for the description at the file's beginning, which is known at its end; blanks fill it.
const HEADER_BYTES: usize = 504;
/// Length of a digest.
const DIGEST_BYTES: usize = 64;
/// Bytes of a number.
const NUMBER_BYTES: usize = 4;

/// Where the inputs of a trace are.
#[must_use]
pub fn beside(trace: &Path) -> PathBuf {
    trace.with_extension("inputs.safetensors")
}

/// Inputs being written, token by token.
pub(crate) struct Writer {
    path: PathBuf,
    file: BufWriter<Staged>,
    width: usize,
    tokens: usize,
    /// The batch under way: one list of numbers a layer.
    pending: Vec<Vec<f32>>,
}

impl Writer {
    /// Begins a file beside a trace.
    pub(crate) fn create(trace: &Path, layers: usize, width: usize) -> Result<Self, LiveError> {
        let path = beside(trace);
        let failed = |source| LiveError::Write { path: path.clone(), source };
        let mut file = BufWriter::new(Staged::create(&path).map_err(failed)?);
        file.write_all(&[b' '; 8 + HEADER_BYTES + DIGEST_BYTES]).map_err(failed)?;
        Ok(Self { path, file, width, tokens: 0, pending: vec![Vec::new(); layers] })
    }

    /// Takes one block's input, (tokens, width).
    pub(crate) fn keep(&mut self, layer: usize, input: &Tensor) -> Result<(), LiveError> {
        self.pending[layer] = input.flatten_all()?.to_vec1()?;
        Ok(())
    }

    /// Writes what was kept of so many tokens.
    pub(crate) fn batch_passed(&mut self, tokens: usize) -> Result<(), LiveError> {
        for token in 0..tokens {
            for layer in &self.pending {
                for number in &layer[token * self.width..(token + 1) * self.width] {
                    let failed = |source| LiveError::Write { path: self.path.clone(), source };
                    self.file.write_all(&number.to_le_bytes()).map_err(failed)?;
                }
            }
        }
        self.tokens += tokens;
        Ok(())
    }

    /// Describes what was written, names the finished trace that it belongs to, and gives the file its name.
    pub(crate) fn finish(mut self, trace: &Path) -> Result<(), LiveError> {
        let shape = [self.tokens, self.pending.len(), self.width];
        let end = DIGEST_BYTES + NUMBER_BYTES * shape.iter().product::<usize>();
        let header = json!({
            "trace": {"dtype": "U8", "shape": [DIGEST_BYTES], "data_offsets": [0, DIGEST_BYTES]},
            "inputs": {"dtype": "F32", "shape": shape, "data_offsets": [DIGEST_BYTES, end]},
        });
        let digest = digest::of_files(&[trace.to_path_buf()])?;
        let failed = |source| LiveError::Write { path: self.path.clone(), source };
        self.file.seek(SeekFrom::Start(0)).map_err(failed)?;
        self.file.write_all(&(HEADER_BYTES as u64).to_le_bytes()).map_err(failed)?;
        let header = format!("{:HEADER_BYTES$}{digest}", header.to_string());
        self.file.write_all(header.as_bytes()).map_err(failed)?;
        let staged = self.file.into_inner().map_err(|error| failed(error.into_error()))?;
        staged.publish().map_err(failed)
    }
}

/// Reads the inputs of a trace, (tokens, layers, width), and refuses those of another.
pub(crate) fn read(trace: &Path) -> Result<Tensor, LiveError> {
    let path = beside(trace);
    let fail = |problem: String| LiveError::Inputs { path: path.clone(), problem };
    let mut found = safetensors::load(&path, &Device::Cpu).map_err(|error| fail(error.to_string()))?;
    let mut take = |name: &str| found.remove(name).ok_or_else(|| fail(format!("has no tensor `{name}`")));
    let (inputs, digest) = (take("inputs")?, take("trace")?.to_vec1::<u8>()?);
    if digest != digest::of_files(&[trace.to_path_buf()])?.as_bytes() {
        return Err(fail(format!("belongs to another trace than {}", trace.display())));
    }
    Ok(inputs)
}
