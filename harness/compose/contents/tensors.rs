//! A model file's tensors as the matrices of a store.

use std::path::Path;

use tightfit_host::{
    HostError, Shape,
    gguf::{Gguf, Tensor},
    kernels::Format,
};
use tightfit_scenarios::model;

use super::{Origin, Place, Role};
use crate::{Inputs, compose::shape::dense_tensors};

/// The matrices of a layer's neurons, each as rows of a neuron's weights.
#[derive(Debug)]
struct Neurons {
    layer: u64,
    up: Tensor,
    /// Columns of the down matrix, one after the other.
    down: Tensor,
    gate: Tensor,
}

/// A GGUF file.
#[derive(Debug)]
pub(crate) struct Tensors {
    file: Gguf,
    name: String,
    rows: u64,
    formats: [Format; 3],
    /// What each of a layer's dense matrices is made of.
    dense: Vec<&'static [&'static str]>,
    /// Those of the layer that was asked for last.
    neurons: Option<Neurons>,
}

impl Tensors {
    /// Opens a file for a model whose bundles are gated neurons.
    pub(crate) fn open(path: &Path, inputs: &Inputs, shape: &Shape) -> Result<Self, HostError> {
        let [up, down, gate] = shape.bundle[..] else {
            return Err(unsupported("neurons of two matrices"));
        };
        if shape.neurons > 1 {
            return Err(unsupported("experts"));
        }
        let formats = [up.format, down.format, gate.format];
        let rows = u64::from(inputs.weights.bundles_per_layer);
        let dense = dense_tensors(&inputs.model, 0).map(|tensor| names(tensor.role)).collect::<Result<_, _>>()?;
        Ok(Self { file: Gguf::open(path)?, name: path.display().to_string(), rows, formats, dense, neurons: None })
    }

    /// Those of a layer, read where they are not the last ones.
    fn neurons(&mut self, layer: u64) -> Result<&Neurons, HostError> {
        if self.neurons.as_ref().is_none_or(|neurons| neurons.layer != layer) {
            let mut tensor = |role: &str| self.file.tensor(&format!("blk.{layer}.ffn_{role}.weight"));
            let (up, down, gate) = (tensor("up")?, tensor("down")?, tensor("gate")?);
            let [up_format, down_format, gate_format] = self.formats;
            self.neurons = Some(Neurons {
                layer,
                up: up.in_format(up_format),
                down: transposed(&down, down_format),
                gate: gate.in_format(gate_format),
            });
        }
        Ok(self.neurons.as_ref().expect("read above"))
    }

    /// Tensors one after the other, in `format`.
    fn joined(&mut self, names: &[String], format: Format) -> Result<Vec<u8>, HostError> {
        let mut bytes = Vec::new();
        for name in names {
            bytes.extend(self.file.tensor(name)?.in_format(format).bytes);
        }
        Ok(bytes)
    }
}

impl Origin for Tensors {
    fn matrix(&mut self, place: &Place) -> Result<Vec<u8>, HostError> {
        let (number, format) = (place.number, place.matrix.format);
        let bytes = match (place.role, place.part) {
            (Role::Layer, part) => {
                let names = self.dense[part as usize].iter().map(|role| format!("blk.{number}.{role}.weight"));
                self.joined(&names.collect::<Vec<_>>(), format)?
            }
            (Role::Head, _) => self.joined(&["token_embd.weight".to_owned()], format)?,
            (Role::Rest, _) => self.joined(&["output_norm.weight".to_owned()], Format::F32)?,
            (Role::Bundle, part) => {
                let row = usize::try_from(number % self.rows).expect("a row of a layer");
                let neurons = self.neurons(number / self.rows)?;
                let tensor = [&neurons.up, &neurons.down, &neurons.gate][part as usize];
                let bytes = tensor.bytes.get(row * place.matrix.bytes..(row + 1) * place.matrix.bytes);
                bytes.unwrap_or_default().to_vec()
            }
            (Role::Copy | Role::Predictor | Role::Draft, _) => {
                return Err(unsupported("copies of lower precision, predictors or drafts"));
            }
        };
        if bytes.len() == place.matrix.bytes {
            return Ok(bytes);
        }
        Err(HostError::Unsupported(format!(
            "{}: {} B of {:?} {number} where the model has {}: name the scenario's model and quantization as the file has \
             them",
            self.name,
            bytes.len(),
            place.role,
            place.matrix.bytes,
        )))
    }
}

/// The file's tensors that one of the model's is made of.
fn names(role: model::Role) -> Result<&'static [&'static str], HostError> {
    match role {
        model::Role::Query => Ok(&["attn_q"]),
        model::Role::Key => Ok(&["attn_k"]),
        model::Role::Value => Ok(&["attn_v"]),
        model::Role::AttentionOutput => Ok(&["attn_output"]),
        model::Role::Vector => Ok(&["attn_norm", "ffn_norm"]),
        other => Err(unsupported(&format!("{other:?} beside them"))),
    }
}

/// The columns of a matrix as rows.
fn transposed(tensor: &Tensor, format: Format) -> Tensor {
    let floats = tensor.floats();
    let column = |column: usize| floats[column..].iter().step_by(tensor.columns).copied();
    let columns: Vec<f32> = (0..tensor.columns).flat_map(column).collect();
    let mut bytes = vec![0; format.bytes(columns.len())];
    format.store(&columns, &mut bytes);
    Tensor { columns: tensor.rows, rows: tensor.columns, format, bytes }
}

fn unsupported(what: &str) -> HostError {
    HostError::Unsupported(format!("a store from a GGUF file holds gated neurons, not {what}: leave --gguf out"))
}
