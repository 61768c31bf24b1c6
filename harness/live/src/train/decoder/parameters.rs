//! The numbers that are learned, by their names in a Hugging Face checkpoint.

use std::collections::BTreeMap;

use candle_core::{Tensor, Var};

use crate::LiveError;
use crate::train::recipe::Model;
use crate::train::{matrix, random};

/// Deviation of the first embeddings, which are the head too: the first guesses are then nearly even.
const EMBEDDING_DEVIATION: f64 = 0.02;

/// Matrices and norms, sorted by name.
#[derive(Debug)]
pub struct Parameters(BTreeMap<String, Var>);

impl Parameters {
    /// Draws them: norms 1, matrices with the deviation that keeps the size of what passes them, less where many of
    /// them add to the residual stream.
    pub(super) fn draw(model: &Model, seed: u64) -> Result<Self, LiveError> {
        let mut all = BTreeMap::new();
        for (name, shape) in shapes(model) {
            let mut random = random::stream(seed, &name, 0);
            let tensor = match *shape.as_slice() {
                [rows, columns] => {
                    let deviation = deviation(&name, columns, model.layers);
                    matrix(random.normal(rows * columns, deviation), (rows, columns))?
                }
                _ => Tensor::ones(shape, candle_core::DType::F32, &candle_core::Device::Cpu)?,
            };
            all.insert(name, Var::from_tensor(&tensor)?);
        }
        Ok(Self(all))
    }

    /// One of them.
    ///
    /// # Panics
    /// Where there is none of this name.
    pub(super) fn get(&self, name: &str) -> &Tensor {
        self.0.get(name).unwrap_or_else(|| panic!("no parameter `{name}`")).as_tensor()
    }

    /// All of them with their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Var)> {
        self.0.iter().map(|(name, variable)| (name.as_str(), variable))
    }

    /// Numbers altogether.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.values().map(|variable| variable.elem_count()).sum()
    }
}

fn deviation(name: &str, columns: usize, layers: usize) -> f64 {
    let kept = 1.0 / (columns as f64).sqrt();
    let adds = ["o_proj", "down_proj", "w2"].iter().any(|matrix| name.ends_with(&format!("{matrix}.weight")));
    match name {
        "model.embed_tokens.weight" => EMBEDDING_DEVIATION,
        _ if adds => kept / (2.0 * layers as f64).sqrt(),
        _ => kept,
    }
}

fn shapes(model: &Model) -> Vec<(String, Vec<usize>)> {
    let Model { layers, width, neurons, experts, vocabulary, .. } = *model;
    let mut all = vec![
        ("model.embed_tokens.weight".to_owned(), vec![vocabulary, width]),
        ("model.norm.weight".to_owned(), vec![width]),
    ];
    for layer in 0..layers {
        let mut add = |name: &str, shape: Vec<usize>| all.push((format!("model.layers.{layer}.{name}.weight"), shape));
        add("input_layernorm", vec![width]);
        add("post_attention_layernorm", vec![width]);
        for name in ["q_proj", "k_proj", "v_proj", "o_proj"] {
            add(&format!("self_attn.{name}"), vec![width, width]);
        }
        let mut network = |gate: &str, up: &str, down: &str| {
            add(gate, vec![neurons, width]);
            add(up, vec![neurons, width]);
            add(down, vec![width, neurons]);
        };
        let Some(experts) = experts else {
            network("mlp.gate_proj", "mlp.up_proj", "mlp.down_proj");
            continue;
        };
        for expert in 0..experts.count {
            let name = |matrix: &str| format!("block_sparse_moe.experts.{expert}.{matrix}");
            network(&name("w1"), &name("w3"), &name("w2"));
        }
        add("block_sparse_moe.gate", vec![experts.count, width]);
    }
    all
}
