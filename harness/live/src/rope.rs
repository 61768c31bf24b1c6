//! Rotary positions: pairs of a head's values turn by `position * base^(-2i / width)`.
//!
//! GGUF files of the Llama family have their query and key rows permuted by the converter so that pairs are
//! neighbours (2i, 2i + 1); everywhere else i is paired with i + width / 2.

use std::f64::consts::TAU;

use candle_core::{Device, Tensor};

use crate::LiveError;
use crate::config::{Rotary, Slowing};
use crate::source::Source;

/// Turns per position for each pair of a head.
#[derive(Debug)]
pub(crate) struct Frequencies {
    turns: Vec<f64>,
    neighbours: bool,
}

impl Frequencies {
    /// Works them out, with the factors that Llama 3 stores beside the weights, where a GGUF file has them.
    pub(crate) fn load(source: &mut Source, rotary: &Rotary) -> Result<Self, LiveError> {
        let pairs = rotary.width / 2;
        let factors = if source.has("rope_freqs.weight") {
            source.tensor("rope_freqs.weight", &[pairs])?.dequantize(&Device::Cpu)?.to_vec1::<f32>()?
        } else {
            vec![1.0; pairs]
        };
        let frequency = |(pair, factor): (usize, &f32)| {
            let turn = rotary.base.powf(-2.0 * pair as f64 / rotary.width as f64);
            rotary.slowing.map_or(turn, |slowing| slowed(turn, slowing)) / (f64::from(*factor) * rotary.divisor)
        };
        Ok(Self { turns: factors.iter().enumerate().map(frequency).collect(), neighbours: rotary.neighbours })
    }

    /// Turns the heads of one token, each `width` wide, at `position`.
    #[expect(clippy::cast_possible_truncation, reason = "sine and cosine, rounded once to f32")]
    pub(crate) fn turn(&self, heads: &mut [f32], width: usize, position: usize) {
        let pairs = self.turns.len();
        for (pair, turn) in self.turns.iter().enumerate() {
            let (sine, cosine) = (position as f64 * turn).sin_cos();
            let (sine, cosine) = (sine as f32, cosine as f32);
            let (first, second) = if self.neighbours { (2 * pair, 2 * pair + 1) } else { (pair, pair + pairs) };
            for head in heads.chunks_exact_mut(width) {
                let (even, odd) = (head[first], head[second]);
                head[first] = even * cosine - odd * sine;
                head[second] = even * sine + odd * cosine;
            }
        }
    }

    /// Tables for positions 0 to `positions - 1`.
    pub(crate) fn tables(&self, positions: usize) -> Result<Tables, LiveError> {
        #[expect(clippy::cast_possible_truncation, reason = "sine and cosine, rounded once to f32")]
        let table = |function: fn(f64) -> f64| {
            let angles = (0..positions).flat_map(|position| self.turns.iter().map(move |turn| position as f64 * turn));
            let values: Vec<f32> = angles.map(|angle| function(angle) as f32).collect();
            Tensor::from_vec(values, (positions, self.turns.len()), &Device::Cpu)
        };
        Ok(Tables { cosine: table(f64::cos)?, sine: table(f64::sin)?, neighbours: self.neighbours })
    }
}

/// Between the two bounds the slowing fades in.
fn slowed(turn: f64, Slowing { factor, low, high, context }: Slowing) -> f64 {
    let turns_in_context = turn * context / TAU;
    let kept = ((turns_in_context - low) / (high - low)).clamp(0.0, 1.0);
    turn * (kept + (1.0 - kept) / factor)
}

/// Cosines and sines by position.
#[derive(Debug)]
pub(crate) struct Tables {
    cosine: Tensor,
    sine: Tensor,
    neighbours: bool,
}

impl Tables {
    /// Turns the first values of (heads, tokens, width), the first token being at `position`.
    pub(crate) fn turn(&self, heads: &Tensor, position: usize) -> candle_core::Result<Tensor> {
        let (_, tokens, width) = heads.dims3()?;
        let turned = 2 * self.cosine.dim(1)?;
        let cosine = self.cosine.narrow(0, position, tokens)?;
        let sine = self.sine.narrow(0, position, tokens)?;
        let turn = if self.neighbours { candle_nn::rotary_emb::rope_i } else { candle_nn::rotary_emb::rope };
        let moved = turn(&heads.narrow(2, 0, turned)?.unsqueeze(0)?.contiguous()?, &cosine, &sine)?.squeeze(0)?;
        if turned == width {
            return Ok(moved);
        }
        // A concatenation along the last dimension comes out transposed, which no cache takes.
        Tensor::cat(&[&moved, &heads.narrow(2, turned, width - turned)?], 2)?.contiguous()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fast_turns_stay_and_slow_ones_are_slowed() {
        let slowing = Slowing { factor: 8.0, low: 1.0, high: 4.0, context: 8192.0 };
        let turns = |count: f64| count * TAU / 8192.0;
        let slowed = |count| slowed(turns(count), slowing) / turns(count);
        assert!((slowed(100.0) - 1.0).abs() < 1e-12, "many turns in the context");
        assert!((slowed(0.5) - 1.0 / 8.0).abs() < 1e-12, "half a turn");
        assert!((slowed(2.5) - (0.5 + 0.5 / 8.0)).abs() < 1e-12, "in the middle");
    }
}
