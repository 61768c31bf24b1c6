//! A weight matrix as the host's kernels take it, applied to vectors.

use candle_core::Device;
use candle_core::quantized::{GgmlDType, QTensor};
use tightfit_host::kernels::{Format, Level, Vector};

use crate::LiveError;
use crate::source::Source;

/// Rows of weights, one after the other.
#[derive(Debug)]
pub(crate) struct Matrix {
    pub(crate) format: Format,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) bytes: Vec<u8>,
}

impl Matrix {
    /// Reads a matrix: as it is stored, or in `F16` where there is no kernel for its format.
    pub(crate) fn load(source: &mut Source, name: &str, [rows, columns]: [usize; 2]) -> Result<Self, LiveError> {
        let tensor = source.tensor(&format!("{name}.weight"), &[rows, columns])?;
        let known = known(tensor.dtype()).filter(|format| columns.is_multiple_of(format.block_weights()));
        let (format, bytes) = match known {
            Some(format) => (format, tensor.data()?.into_owned()),
            None => (Format::F16, in_f16(&tensor)?),
        };
        Ok(Self { format, rows, columns, bytes })
    }

    /// Bytes of one row.
    pub(crate) fn row_bytes(&self) -> usize {
        self.format.bytes(self.columns)
    }

    /// A row.
    pub(crate) fn row(&self, row: usize) -> &[u8] {
        &self.bytes[row * self.row_bytes()..][..self.row_bytes()]
    }

    /// Multiplies with each vector: what comes out of the first, then of the next.
    pub(crate) fn multiply(&self, level: Level, inputs: &[Vector], out: &mut [f32]) {
        for (row, bytes) in self.bytes.chunks_exact(self.row_bytes()).enumerate() {
            for (token, input) in inputs.iter().enumerate() {
                out[token * self.rows + row] = level.dot(self.format, bytes, input);
            }
        }
    }
}

/// The host's name for a format that it has kernels for.
fn known(kind: GgmlDType) -> Option<Format> {
    match kind {
        GgmlDType::F32 => Some(Format::F32),
        GgmlDType::F16 => Some(Format::F16),
        GgmlDType::Q8_0 => Some(Format::Q8_0),
        GgmlDType::Q4_0 => Some(Format::Q4_0),
        GgmlDType::Q4_1 => Some(Format::Q4_1),
        _ => None,
    }
}

fn in_f16(tensor: &QTensor) -> Result<Vec<u8>, LiveError> {
    let values = tensor.dequantize(&Device::Cpu)?.flatten_all()?.to_vec1::<f32>()?;
    let mut bytes = vec![0; Format::F16.bytes(values.len())];
    Format::F16.store(&values, &mut bytes);
    Ok(bytes)
}

/// A matrix with or without a bias.
#[derive(Debug)]
pub(crate) struct Linear {
    pub(crate) matrix: Matrix,
    bias: Option<Vec<f32>>,
}

impl Linear {
    pub(crate) fn load(source: &mut Source, name: &str, shape: [usize; 2]) -> Result<Self, LiveError> {
        let bias = source.has(&format!("{name}.bias")).then(|| vector(source, &format!("{name}.bias"), shape[0]));
        Ok(Self { matrix: Matrix::load(source, name, shape)?, bias: bias.transpose()? })
    }

    pub(crate) fn multiply(&self, level: Level, inputs: &[Vector], out: &mut [f32]) {
        self.matrix.multiply(level, inputs, out);
        let Some(bias) = &self.bias else { return };
        for out in out.chunks_exact_mut(self.matrix.rows) {
            out.iter_mut().zip(bias).for_each(|(out, bias)| *out += bias);
        }
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.matrix.bytes.len() + self.bias.as_ref().map_or(0, |bias| 4 * bias.len())
    }
}

/// Reads a vector of floats.
pub(crate) fn vector(source: &mut Source, name: &str, width: usize) -> Result<Vec<f32>, LiveError> {
    Ok(source.tensor(name, &[width])?.dequantize(&Device::Cpu)?.to_vec1()?)
}
