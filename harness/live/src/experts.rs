//! A block of experts: a router, the few that it chooses for each token, and one that every token uses, in some models.

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};

use crate::LiveError;
use crate::config::{Activation, Config, Experts};
use crate::observe::Choice;
use crate::source::Source;
use crate::weights::{Linear, Weights};

/// One block's router and experts.
#[derive(Debug)]
pub(crate) struct Mixture {
    router: Linear,
    experts: Vec<Expert>,
    /// The expert that every token uses, and what it is weighted by.
    shared: Option<(Expert, Linear)>,
    counts: Experts,
}

/// `down(f(gate(x)) * up(x))`.
#[derive(Debug)]
struct Expert {
    gate: Linear,
    up: Linear,
    down: Linear,
    activation: Activation,
}

impl Mixture {
    pub(crate) fn load(
        source: &mut Source,
        layer: usize,
        config: &Config,
        counts: &Experts,
        weights: Weights,
    ) -> Result<Self, LiveError> {
        let Config { width, neurons, activation, .. } = *config;
        let router = Linear::load(source, &format!("blk.{layer}.ffn_gate_inp"), [counts.count, width], weights)?;
        let mut all = |matrix: &str, shape| {
            let tensors = source.experts(layer, matrix, counts.count, shape)?;
            tensors.into_iter().map(|tensor| Linear::hold(tensor, weights)).collect::<Result<Vec<_>, _>>()
        };
        let gates = all("gate", [neurons, width])?;
        let (ups, downs) = (all("up", [neurons, width])?, all("down", [width, neurons])?);
        let experts = gates.into_iter().zip(ups).zip(downs);
        let experts = experts.map(|((gate, up), down)| Expert { gate, up, down, activation }).collect();
        let shared =
            counts.shared_neurons.map(|neurons| shared(source, layer, config, neurons, weights)).transpose()?;
        Ok(Self { router, experts, shared, counts: counts.clone() })
    }

    /// What the router chooses for each row of (tokens, width).
    pub(crate) fn choose(&self, input: &Tensor) -> Result<Vec<Choice>, LiveError> {
        let shares = candle_nn::ops::softmax_last_dim(&self.router.forward(input)?)?.to_vec2::<f32>()?;
        let Experts { chosen, renormalised, .. } = self.counts;
        let choice = |shares: &Vec<f32>| {
            let mut experts: Vec<u32> = (0..).take(shares.len()).collect();
            // Of equals the lower number.
            experts.sort_by(|&a, &b| shares[b as usize].total_cmp(&shares[a as usize]));
            experts.truncate(chosen);
            experts.sort_unstable();
            let weights: Vec<f32> = experts.iter().map(|&expert| shares[expert as usize]).collect();
            let sum: f32 = if renormalised { weights.iter().sum() } else { 1.0 };
            Choice { experts, weights: weights.into_iter().map(|weight| weight / sum).collect() }
        };
        Ok(shares.iter().map(choice).collect())
    }

    /// (tokens, width) to (tokens, width), each token by the experts that were chosen for it.
    pub(crate) fn forward(&self, input: &Tensor, chosen: &[Choice]) -> Result<Tensor, LiveError> {
        let mut output = input.zeros_like()?;
        for (number, expert) in (0..).zip(&self.experts) {
            let (mut rows, mut weights) = (Vec::<u32>::new(), Vec::<f32>::new());
            for (row, choice) in (0..).zip(chosen) {
                if let Ok(place) = choice.experts.binary_search(&number) {
                    rows.push(row);
                    weights.push(choice.weights[place]);
                }
            }
            if rows.is_empty() {
                continue;
            }
            let count = rows.len();
            let rows = Tensor::from_vec(rows, count, &Device::Cpu)?;
            let weights = Tensor::from_vec(weights, (count, 1), &Device::Cpu)?;
            let given = expert.forward(&input.index_select(&rows, 0)?)?.broadcast_mul(&weights)?;
            output = output.index_add(&rows, &given, 0)?;
        }
        if let Some((expert, gate)) = &self.shared {
            let share = candle_nn::ops::sigmoid(&gate.forward(input)?)?;
            output = (output + expert.forward(input)?.broadcast_mul(&share)?)?;
        }
        Ok(output)
    }
}

impl Expert {
    fn forward(&self, rows: &Tensor) -> candle_core::Result<Tensor> {
        let gate = self.activation.apply(&self.gate.forward(rows)?)?;
        self.down.forward(&(gate * self.up.forward(rows)?)?)
    }
}

fn shared(
    source: &mut Source,
    layer: usize,
    config: &Config,
    neurons: usize,
    weights: Weights,
) -> Result<(Expert, Linear), LiveError> {
    let Config { width, activation, .. } = *config;
    let mut load = |name: &str, shape| Linear::load(source, &format!("blk.{layer}.{name}"), shape, weights);
    let expert = Expert {
        gate: load("ffn_gate_shexp", [neurons, width])?,
        up: load("ffn_up_shexp", [neurons, width])?,
        down: load("ffn_down_shexp", [width, neurons])?,
        activation,
    };
    // One row, which GGUF files keep as a vector.
    let name = format!("blk.{layer}.ffn_gate_inp_shexp.weight");
    let row = source.tensor(&name, &[1, width]).or_else(|_| source.tensor(&name, &[width]))?;
    let row = row.dequantize(&Device::Cpu)?.reshape((1, width))?;
    let row = QTensor::quantize(&row, GgmlDType::F32)?;
    Ok((expert, Linear::hold(row.into(), Weights::F32)?))
}
