//! A block of experts: a router, the few that it chooses for each token, and the loss that keeps it from having favourites.

use candle_core::{Device, Tensor};

use super::{Fed, Parameters, shares};
use crate::LiveError;
use crate::train::recipe::Experts;

/// One block's router and experts (Mixtral's: softmax over the chosen ones, gated by `SiLU`).
pub(super) struct Routed<'a> {
    pub(super) weights: &'a Parameters,
    pub(super) layer: usize,
    pub(super) experts: Experts,
}

impl Routed<'_> {
    /// (tokens, width) to (tokens, width).
    pub(super) fn forward(&self, input: &Tensor) -> Result<Fed, LiveError> {
        let Experts { count, chosen, .. } = self.experts;
        let (tokens, width) = input.dims2()?;
        let shares = shares(&input.matmul(&self.weight("gate").t()?)?)?;
        let choices = best(&shares.to_vec2::<f32>()?, chosen);

        // A slot is one choice of one token; slots in the order of their experts.
        let mut order: Vec<usize> = (0..choices.len()).collect();
        order.sort_by_key(|&slot| choices[slot]);
        let mut outputs = Vec::with_capacity(count);
        let mut loads = vec![0_usize; count];
        for slots in order.chunk_by(|&a, &b| choices[a] == choices[b]) {
            let expert = choices[slots[0]] as usize;
            loads[expert] = slots.len();
            outputs
                .push(self.expert(expert, &input.index_select(&indices(slots.iter().map(|slot| slot / chosen))?, 0)?)?);
        }
        let mut place = vec![0; order.len()];
        for (at, &slot) in order.iter().enumerate() {
            place[slot] = at;
        }
        let by_slot = Tensor::cat(&outputs, 0)?.index_select(&indices(place.into_iter())?, 0)?;

        let weight = shares.gather(&Tensor::from_vec(choices, (tokens, chosen), &Device::Cpu)?, 1)?;
        let weight = weight.broadcast_div(&weight.sum_keepdim(1)?)?.reshape((tokens * chosen, 1))?;
        let output = by_slot.broadcast_mul(&weight)?.reshape((tokens, chosen, width))?.sum(1)?;
        let busiest = loads.iter().copied().max().unwrap_or(0) as f64 / order.len() as f64;
        Ok(Fed { output, penalty: Some(balance(&shares, &loads)?), share: busiest })
    }

    fn weight(&self, name: &str) -> &Tensor {
        self.weights.get(&format!("model.layers.{}.block_sparse_moe.{name}.weight", self.layer))
    }

    /// `w2(silu(w1(x)) * w3(x))`.
    fn expert(&self, expert: usize, rows: &Tensor) -> Result<Tensor, LiveError> {
        let weight = |name: &str| self.weight(&format!("experts.{expert}.{name}"));
        let activation = (rows.matmul(&weight("w1").t()?)?.silu()? * rows.matmul(&weight("w3").t()?)?)?;
        Ok(activation.matmul(&weight("w2").t()?)?)
    }
}

/// The experts with the largest shares, token by token, of equals the first.
fn best(shares: &[Vec<f32>], chosen: usize) -> Vec<u32> {
    let of_token = |shares: &Vec<f32>| {
        let mut experts: Vec<u32> = (0..).take(shares.len()).collect();
        experts.sort_by(|&a, &b| shares[b as usize].total_cmp(&shares[a as usize]));
        experts.truncate(chosen);
        experts
    };
    shares.iter().flat_map(of_token).collect()
}

/// `count * sum(share of choices * mean share of the router)`: 1 where all experts are used alike (Switch Transformer,
/// equations 4 to 6).
fn balance(shares: &Tensor, loads: &[usize]) -> candle_core::Result<Tensor> {
    let total: usize = loads.iter().sum();
    #[expect(clippy::cast_possible_truncation, reason = "a share")]
    let part = |&load: &usize| (load as f64 * loads.len() as f64 / total as f64) as f32;
    let parts = Tensor::from_vec(loads.iter().map(part).collect::<Vec<_>>(), loads.len(), &Device::Cpu)?;
    (shares.mean(0)? * parts)?.sum_all()
}

fn indices(places: impl Iterator<Item = usize>) -> candle_core::Result<Tensor> {
    let places: Vec<u32> =
        places.map(|place| u32::try_from(place).expect("a batch has fewer than 2^32 slots")).collect();
    let count = places.len();
    Tensor::from_vec(places, count, &Device::Cpu)
}
