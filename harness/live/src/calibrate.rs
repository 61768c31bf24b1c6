//! Thresholds that a layer's neurons must reach, found on a text so that a share of them does not.

use candle_core::Tensor;

use crate::LiveError;
use crate::active::{Definition, Selector};
use crate::generate::PREFILL_BATCH;
use crate::model::Model;
use crate::observe::{Observer, Seen};

/// Values of a layer that are kept; beyond, every second one is dropped, and then every second of those.
const KEPT_MAX: usize = 1 << 20;

/// Makes a definition ready to be applied: looks at a text of the model's context where it needs thresholds.
pub fn calibrate(model: &Model, definition: Definition, tokens: &[u32]) -> Result<Selector, LiveError> {
    let (Definition::Cats(share) | Definition::Teal(share)) = definition else {
        return Ok(Selector::new(definition, Vec::new()));
    };
    if tokens.is_empty() {
        return Err(LiveError::Calibration { definition });
    }
    let gates = matches!(definition, Definition::Cats(_));
    let mut sizes = Sizes { gates, layers: vec![Sample::default(); model.config().layers] };
    let tokens = &tokens[..tokens.len().min(model.config().context)];
    let mut session = model.session(tokens.len())?;
    for batch in tokens.chunks(PREFILL_BATCH) {
        model.forward(&mut session, batch, &mut sizes)?;
    }
    let thresholds = sizes.layers.into_iter().map(|sample| sample.quantile(share)).collect();
    Ok(Selector::new(definition, thresholds))
}

/// Gathers absolute values by layer.
struct Sizes {
    gates: bool,
    layers: Vec<Sample>,
}

impl Observer for Sizes {
    fn feed_forward(&mut self, seen: Seen<'_>) -> Result<Option<Tensor>, LiveError> {
        let judged = if self.gates { seen.gate } else { seen.activation };
        self.layers[seen.layer].add(&judged.flatten_all()?.to_vec1::<f32>()?);
        Ok(None)
    }
}

/// A bounded sample of a stream of values: every n-th, n doubling when it is full.
#[derive(Clone, Debug, Default)]
struct Sample {
    values: Vec<f32>,
    passed: usize,
    halvings: u32,
}

impl Sample {
    fn add(&mut self, values: &[f32]) {
        for value in values {
            if self.passed.is_multiple_of(1 << self.halvings) {
                self.values.push(value.abs());
            }
            self.passed += 1;
        }
        while self.values.len() > KEPT_MAX {
            let mut place = 0;
            self.values.retain(|_| {
                place += 1;
                place % 2 == 1
            });
            self.halvings += 1;
        }
    }

    /// The value that this share of the others lies below; 0 of none.
    fn quantile(mut self, share: f64) -> f32 {
        self.values.sort_unstable_by(f32::total_cmp);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a count")]
        let place = (share * self.values.len() as f64).ceil() as usize;
        self.values.get(place.min(self.values.len().saturating_sub(1))).copied().unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_leaves_its_share_below() {
        let mut sample = Sample::default();
        let values: Vec<f32> = (0..1000_u16).map(|value| -f32::from(value)).collect();
        sample.add(&values);
        let threshold = sample.quantile(0.7);
        assert_eq!(values.iter().filter(|value| value.abs() < threshold).count(), 700);
    }

    #[test]
    fn a_sample_stays_bounded_and_fair() {
        let mut sample = Sample::default();
        let ascending: Vec<f32> = (0..100_000_u32).map(|value| value as f32).collect();
        for _ in 0..25 {
            sample.add(&ascending);
        }
        assert!(sample.values.len() <= KEPT_MAX && sample.values.len() > KEPT_MAX / 4, "{}", sample.values.len());
        assert_eq!(sample.passed, 2_500_000);
        assert!((sample.quantile(0.25) - 25_000.0).abs() < 100.0);
    }
}
