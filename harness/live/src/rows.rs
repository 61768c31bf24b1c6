//! The observer that turns a run into trace rows.

use candle_core::Tensor;
use tightfit_scenarios::trace::{Phase, Row, Writer};

use crate::LiveError;
use crate::active::{ActiveSet, Definition};
use crate::observe::{Observer, Seen};

/// Collects the active sets of a batch, layer by layer, and writes them token by token when the batch has passed.
pub(crate) struct Rows<'a> {
    writer: &'a mut Writer,
    definition: Definition,
    scores: bool,
    /// Tokens before this one are the prompt's.
    prompt: usize,
    /// One list a layer, one set a token of the batch.
    pending: Vec<Vec<ActiveSet>>,
    /// Neurons of one layer.
    neurons: usize,
    /// Active neurons by layer, over all tokens so far.
    active: Vec<u64>,
    tokens: u64,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(
        writer: &'a mut Writer,
        definition: Definition,
        scores: bool,
        prompt: usize,
        [layers, neurons]: [usize; 2],
    ) -> Self {
        let (pending, active) = (vec![Vec::new(); layers], vec![0; layers]);
        Self { writer, definition, scores, prompt, pending, neurons, active, tokens: 0 }
    }

    /// Mean share of a layer's neurons that were active, by layer.
    pub(crate) fn active_shares(&self) -> Vec<f64> {
        let possible = (self.tokens.max(1) * self.neurons as u64) as f64;
        self.active.iter().map(|&active| active as f64 / possible).collect()
    }
}

impl Observer for Rows<'_> {
    fn feed_forward(&mut self, seen: Seen<'_>) -> Result<Option<Tensor>, LiveError> {
        let activation = seen.activation.flatten_all()?.to_vec1::<f32>()?;
        if let Some(place) = activation.iter().position(|value| !value.is_finite()) {
            let (token, layer) = (seen.position + place / self.neurons, seen.layer);
            return Err(LiveError::NotFinite { place: format!("token {token}, layer {layer}") });
        }
        let sets = activation.chunks_exact(self.neurons).map(|values| self.definition.select(values));
        self.pending[seen.layer] = sets.collect();
        Ok(None)
    }

    fn batch_passed(&mut self, position: usize, tokens: usize) -> Result<(), LiveError> {
        for token in 0..tokens {
            for (layer, sets) in self.pending.iter().enumerate() {
                let set = &sets[token];
                self.active[layer] += set.ids.len() as u64;
                self.writer.row(&Row {
                    request: 0,
                    token: narrow(position + token),
                    phase: if position + token < self.prompt { Phase::Prefill } else { Phase::Decode },
                    layer: narrow(layer),
                    active: &set.ids,
                    score: self.scores.then_some(set.scores.as_slice()),
                })?;
            }
        }
        self.tokens += tokens as u64;
        Ok(())
    }
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).expect("contexts and layer counts are below 2^32")
}
