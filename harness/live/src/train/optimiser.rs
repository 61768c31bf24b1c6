//! `AdamW` (decoupled weight decay) with its gradient clipped, and the learning rate's way over the training.
//!
//! candle's own keeps its moments to itself: a training could not be resumed from it.

use std::collections::BTreeMap;
use std::f64::consts::PI;

use candle_core::Tensor;
use candle_core::backprop::GradStore;

use super::decoder::Parameters;
use super::recipe::Training;
use crate::LiveError;

const FIRST_DECAY: f32 = 0.9;
const SECOND_DECAY: f32 = 0.95;
const EPSILON: f32 = 1e-8;
/// Longest gradient, over all parameters together.
const NORM_MAX: f64 = 1.0;

/// Means of gradients and of their squares.
#[derive(Debug)]
pub(super) struct AdamW {
    pub(super) moments: BTreeMap<String, Moments>,
    pub(super) steps: u32,
}

/// The two means of one parameter.
#[derive(Clone, Debug)]
pub(super) struct Moments {
    pub(super) first: Vec<f32>,
    pub(super) second: Vec<f32>,
}

impl AdamW {
    pub(super) fn new(parameters: &Parameters) -> Self {
        let zero = |count| Moments { first: vec![0.0; count], second: vec![0.0; count] };
        let moments = parameters.iter().map(|(name, variable)| (name.to_owned(), zero(variable.elem_count())));
        Self { moments: moments.collect(), steps: 0 }
    }

    /// Moves every parameter that has a gradient; matrices shrink a little, norms do not.
    #[expect(clippy::cast_possible_truncation, reason = "steps are taken in 32-bit floats")]
    pub(super) fn step(
        &mut self,
        parameters: &Parameters,
        gradients: &GradStore,
        rate: f64,
        weight_decay: f64,
    ) -> Result<(), LiveError> {
        let mut all = Vec::new();
        for (name, variable) in parameters.iter() {
            // An expert that no token of the batch chose has none.
            let Some(gradient) = gradients.get(variable) else { continue };
            all.push((name, variable, gradient.flatten_all()?.to_vec1::<f32>()?));
        }
        let square: f64 = all.iter().flat_map(|(_, _, gradient)| gradient).map(|&each| f64::from(each).powi(2)).sum();
        if !square.is_finite() {
            return Err(LiveError::NotFinite { place: format!("gradient of step {}", self.steps) });
        }
        let clip = (NORM_MAX / square.sqrt()).min(1.0) as f32;

        self.steps += 1;
        let exponent = i32::try_from(self.steps).unwrap_or(i32::MAX);
        let correct = |decay: f32| 1.0 / (1.0 - decay.powi(exponent));
        let (first_scale, second_scale) = (correct(FIRST_DECAY), correct(SECOND_DECAY));
        let rate = rate as f32;
        for (name, variable, gradient) in all {
            let moments = self.moments.get_mut(name).expect("moments for every parameter");
            let kept = if variable.rank() > 1 { 1.0 - rate * weight_decay as f32 } else { 1.0 };
            let mut values = variable.flatten_all()?.to_vec1::<f32>()?;
            let each = values.iter_mut().zip(&gradient).zip(&mut moments.first).zip(&mut moments.second);
            for (((value, gradient), first), second) in each {
                let gradient = gradient * clip;
                *first += (1.0 - FIRST_DECAY) * (gradient - *first);
                *second += (1.0 - SECOND_DECAY) * (gradient * gradient - *second);
                let step = *first * first_scale / ((*second * second_scale).sqrt() + EPSILON);
                *value = kept * *value - rate * step;
            }
            variable.set(&Tensor::from_vec(values, variable.shape(), variable.device())?)?;
        }
        Ok(())
    }
}

/// Learning rate of a step, counted from 0: up in a line, then down a cosine to a tenth.
pub(super) fn cosine(step: u32, training: &Training) -> f64 {
    let Training { steps, warm_up_steps, learning_rate, .. } = *training;
    if step < warm_up_steps {
        return learning_rate * f64::from(step + 1) / f64::from(warm_up_steps);
    }
    let done = f64::from(step - warm_up_steps) / f64::from((steps - warm_up_steps).max(1));
    learning_rate * (0.1 + 0.45 * (1.0 + (PI * done).cos()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_and_falls() {
        let training = Training {
            seed: 0,
            steps: 110,
            batch: 1,
            learning_rate: 1.0,
            warm_up_steps: 10,
            weight_decay: 0.0,
            activation_penalty: 0.0,
            evaluate_every: 1,
        };
        let rates = [0, 9, 10, 60, 109].map(|step| format!("{:.3}", cosine(step, &training)));
        assert_eq!(rates, ["0.100", "1.000", "1.000", "0.550", "0.100"]);
    }
}
