//! One layer's predictor: `sigmoid(x down up + bias)`, a bundle being named where that is above a half.
//!
//! The loss counts active bundles for as much, all together, as the others: few are active, and one that is missed costs
//! more than one that is named in vain (*LLM in a flash* §3.1 calls it balanced). One row in five is kept from the fit and
//! says when to stop it.

use candle_core::{Device, Tensor, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW};

use crate::LiveError;
use crate::train::random;

/// One row in so many is held back.
const HELD_BACK: usize = 5;
/// Steps at most; each looks at all rows that are not held back.
const STEPS_MAX: usize = 400;
/// Steps between looks at the rows that are held back.
const LOOK_EVERY: usize = 10;
/// Looks without anything better that end the fit.
const PATIENCE: usize = 4;
const LEARNING_RATE: f64 = 0.01;
const WEIGHT_DECAY: f64 = 0.01;

/// A fitted predictor.
pub(super) struct LowRank {
    /// What makes inputs of size 1.
    scale: f64,
    /// (width, rank), (rank, bundles) and (bundles).
    weights: [Tensor; 3],
}

impl LowRank {
    /// Fits to inputs (tokens, width) and activity (tokens, bundles). First weights depend on the layer alone.
    pub(super) fn fit(inputs: &Tensor, active: &Tensor, rank: usize, layer: u32) -> Result<Self, LiveError> {
        let (tokens, width) = inputs.dims2()?;
        let bundles = active.dim(1)?;
        if !(1..=width.min(bundles)).contains(&rank) {
            return Err(LiveError::Rank { rank, most: width.min(bundles) });
        }
        if tokens < 2 * HELD_BACK {
            return Err(LiveError::Text { problem: format!("has {tokens} tokens, too few to fit a predictor on") });
        }
        let size = f64::from(inputs.sqr()?.mean_all()?.to_scalar::<f32>()?).sqrt();
        let scale = if size > 0.0 { 1.0 / size } else { 1.0 };
        let inputs = (inputs * scale)?;
        let held_back = |held: bool| {
            let rows = (0..tokens).filter(|row| (row % HELD_BACK == HELD_BACK - 1) == held);
            rows.map(|row| u32::try_from(row).expect("tokens of a trace in memory")).collect::<Vec<_>>()
        };
        let part = |held: bool| -> Result<Rows, LiveError> {
            let rows = Tensor::new(held_back(held), &Device::Cpu)?;
            Ok(Rows { inputs: inputs.index_select(&rows, 0)?, active: active.index_select(&rows, 0)? })
        };
        let (learned, held) = (part(false)?, part(true)?);
        let share = f64::from(learned.active.mean_all()?.to_scalar::<f32>()?);
        // Of nothing, or of all, any weight will do.
        let weight = if share > 0.0 && share < 1.0 { (1.0 - share) / share } else { 1.0 };
        let weights = search(&learned, &held, weight, &first(&learned, weight, rank, layer)?)?;
        Ok(Self { scale, weights })
    }

    /// What is named for inputs (tokens, width): ascending, a list a token.
    pub(super) fn names(&self, inputs: &Tensor) -> Result<Vec<Vec<u32>>, LiveError> {
        let logits = logits(&(inputs * self.scale)?, &self.weights)?.to_vec2::<f32>()?;
        let list = |row: &Vec<f32>| (0..).zip(row).filter(|(_, logit)| **logit > 0.0).map(|(id, _)| id).collect();
        Ok(logits.iter().map(list).collect())
    }
}

/// Inputs and activity of some tokens.
struct Rows {
    inputs: Tensor,
    active: Tensor,
}

/// Nothing is known of the inputs at first, and of each bundle how often it is active.
fn first(rows: &Rows, weight: f64, rank: usize, layer: u32) -> Result<[Var; 3], LiveError> {
    let (width, (count, bundles)) = (rows.inputs.dim(1)?, rows.active.dims2()?);
    let down = random::stream(0, "predictor", layer).normal(width * rank, 1.0 / (width as f64).sqrt());
    let often = rows.active.sum(0)?;
    // One of each kind more than was seen: log-odds of what never happened are finite, too.
    let odds = ((&often + 1.0)? / ((often.neg()? + count as f64)? + 1.0)?)?;
    Ok([
        Var::from_vec(down, (width, rank), &Device::Cpu)?,
        Var::zeros((rank, bundles), candle_core::DType::F32, &Device::Cpu)?,
        Var::from_tensor(&(odds.log()? + weight.ln())?)?,
    ])
}

/// Steps down until the rows that are held back have nothing more from it; gives the best weights on the way.
fn search(learned: &Rows, held: &Rows, weight: f64, weights: &[Var; 3]) -> Result<[Tensor; 3], LiveError> {
    let parameters = ParamsAdamW { lr: LEARNING_RATE, weight_decay: WEIGHT_DECAY, ..ParamsAdamW::default() };
    let mut optimiser = AdamW::new(weights.to_vec(), parameters)?;
    let tensors = weights.each_ref().map(|weights| weights.as_tensor().clone());
    let look = || -> Result<(f32, [Tensor; 3]), LiveError> {
        let kept = copy(&tensors)?;
        Ok((loss(held, &kept, weight)?.to_scalar()?, kept))
    };
    let (mut best, mut waited) = (look()?, 0);
    for step in 1..=STEPS_MAX {
        optimiser.backward_step(&loss(learned, &tensors, weight)?)?;
        if step % LOOK_EVERY == 0 {
            let now = look()?;
            waited = if now.0 < best.0 { 0 } else { waited + 1 };
            if waited == 0 {
                best = now;
            } else if waited == PATIENCE {
                break;
            }
        }
    }
    Ok(best.1)
}

/// What later steps do not change.
fn copy([down, up, bias]: &[Tensor; 3]) -> Result<[Tensor; 3], LiveError> {
    Ok([down.copy()?.detach(), up.copy()?.detach(), bias.copy()?.detach()])
}

fn logits(inputs: &Tensor, [down, up, bias]: &[Tensor; 3]) -> candle_core::Result<Tensor> {
    inputs.matmul(down)?.matmul(up)?.broadcast_add(bias)
}

/// Mean of `log(1 + exp(z)) - y z`, `weight` times where y is 1; written so that nothing overflows.
fn loss(rows: &Rows, weights: &[Tensor; 3], weight: f64) -> candle_core::Result<Tensor> {
    let logits = logits(&rows.inputs, weights)?;
    let softplus = (logits.relu()? + (logits.abs()?.neg()?.exp()? + 1.0)?.log()?)?;
    let each = (softplus - (&logits * &rows.active)?)?;
    (each * ((&rows.active * (weight - 1.0))? + 1.0)?)?.mean_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Inputs that look random, and bundles that are active where a sum over two of them is above a bound.
    fn rows(tokens: usize, seed: u32) -> (Tensor, Tensor) {
        const WIDTH: usize = 8;
        let inputs = random::stream(1, "inputs", seed).normal(tokens * WIDTH, 3.0);
        let flag = |row: &[f32], bundle: usize| f32::from(u8::from(row[bundle % 3] - row[bundle % 5 + 3] > 3.0));
        let rows = inputs.chunks_exact(WIDTH);
        let flags: Vec<f32> = rows.flat_map(|row| (0..12).map(move |bundle| flag(row, bundle))).collect();
        let tensor = |values, columns| Tensor::from_vec(values, (tokens, columns), &Device::Cpu).expect("a tensor");
        (tensor(inputs, WIDTH), tensor(flags, 12))
    }

    /// Recall and precision of a fit on other rows.
    fn told(rank: usize) -> [f64; 2] {
        let ((inputs, active), (others, truth)) = (rows(600, 0), rows(200, 1));
        let named = LowRank::fit(&inputs, &active, rank, 0).expect("fitted").names(&others).expect("named");
        let truth = truth.to_vec2::<f32>().expect("rows");
        let (mut right, mut all, mut true_ones) = (0, 0, 0);
        for (named, truth) in named.iter().zip(&truth) {
            assert!(named.is_sorted_by(|a, b| a < b));
            right += named.iter().filter(|&&bundle| truth[bundle as usize] > 0.5).count();
            (all, true_ones) = (all + named.len(), true_ones + truth.iter().filter(|&&flag| flag > 0.5).count());
        }
        [true_ones, all].map(|count| right as f64 / count as f64)
    }

    #[test]
    fn a_rank_that_is_enough_finds_the_rule_and_a_lower_one_finds_less() {
        let [recall, precision] = told(8);
        assert!(recall > 0.95 && precision > 0.7, "{recall}, {precision}");
        let [recall_of_one, precision_of_one] = told(1);
        assert!(recall_of_one + precision_of_one < recall + precision - 0.2, "{recall_of_one}, {precision_of_one}");
    }

    #[test]
    fn what_is_always_or_never_active_needs_no_inputs() {
        let (inputs, _) = rows(100, 0);
        let flags: Vec<f32> = (0..200).map(|place| f32::from(u8::from(place % 2 == 0))).collect();
        let active = Tensor::from_vec(flags, (100, 2), &Device::Cpu).expect("a tensor");
        let named = LowRank::fit(&inputs, &active, 2, 0).expect("fitted").names(&rows(50, 1).0).expect("named");
        assert!(named.iter().all(|list| *list == [0]), "{named:?}");
    }

    #[test]
    fn impossible_ranks_are_refused() {
        let (inputs, active) = rows(100, 0);
        for rank in [0, 9] {
            let error = LowRank::fit(&inputs, &active, rank, 0).err().expect("refused").to_string();
            assert!(error.contains(&format!("rank {rank} is outside 1 to 8")), "{error}");
        }
    }
}
