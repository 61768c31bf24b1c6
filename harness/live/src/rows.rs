//! The observer that turns a run into trace rows.

use candle_core::Tensor;
use tightfit_scenarios::trace::{Phase, Row, Writer};

use crate::active::{ActiveSet, Selector, rounded};
use crate::observe::{Choice, Observer, Routed, Seen};
use crate::{LiveError, inputs};

/// Collects the active sets of a batch, layer by layer, and writes them token by token when the batch has passed.
pub(crate) struct Rows<'a> {
    writer: &'a mut Writer,
    /// What is active; `None` where a router says so.
    selector: Option<&'a Selector>,
    scores: bool,
    /// Number of the request that is written.
    pub(crate) request: u32,
    /// Tokens of it before this one are the prompt's.
    pub(crate) prompt: usize,
    /// One list a layer, one set a token of the batch.
    pending: Vec<Vec<ActiveSet>>,
    /// Neurons or experts of one layer.
    bundles: usize,
    /// Active bundles by layer, over all tokens so far.
    active: Vec<u64>,
    tokens: u64,
    /// What the router of the layer that comes next chose when it was run a layer early, by token of the batch.
    named: Option<Vec<Choice>>,
    /// Experts chosen in layers whose router was run early, and how many of them it had named.
    early: (u64, u64),
    /// Where the blocks' inputs go, if they are kept.
    pub(crate) inputs: Option<inputs::Writer>,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(
        writer: &'a mut Writer,
        selector: Option<&'a Selector>,
        scores: bool,
        [layers, bundles]: [usize; 2],
    ) -> Self {
        let (pending, active) = (vec![Vec::new(); layers], vec![0; layers]);
        Self {
            writer,
            selector,
            scores,
            request: 0,
            prompt: 0,
            pending,
            bundles,
            active,
            tokens: 0,
            named: None,
            early: (0, 0),
            inputs: None,
        }
    }

    /// Mean share of a layer's bundles that were active, by layer.
    pub(crate) fn active_shares(&self) -> Vec<f64> {
        let possible = (self.tokens.max(1) * self.bundles as u64) as f64;
        self.active.iter().map(|&active| active as f64 / possible).collect()
    }

    /// Share of the chosen experts that their router, run a layer early, had named; `None` without routers.
    pub(crate) fn early_recall(&self) -> Option<f64> {
        let (chosen, named) = self.early;
        (chosen > 0).then(|| named as f64 / chosen as f64)
    }
}

impl Observer for Rows<'_> {
    fn feed_forward(&mut self, seen: Seen<'_>) -> Result<Option<Tensor>, LiveError> {
        let activation = seen.activation.flatten_all()?.to_vec1::<f32>()?;
        check(&activation, seen.position, seen.layer, self.bundles)?;
        let gate = seen.gate.flatten_all()?.to_vec1::<f32>()?;
        let selector = self.selector.expect("a model without experts is recorded by a definition");
        let rows = activation.chunks_exact(self.bundles).zip(gate.chunks_exact(self.bundles));
        let sets = rows.map(|(activation, gate)| selector.select(seen.layer, activation, gate));
        self.pending[seen.layer] = sets.collect();
        self.inputs.as_mut().map(|inputs| inputs.keep(seen.layer, seen.input)).transpose()?;
        Ok(None)
    }

    fn routed(&mut self, routed: Routed<'_>) -> Result<(), LiveError> {
        for (row, choice) in routed.chosen.iter().enumerate() {
            check(&choice.weights, routed.position + row, routed.layer, choice.weights.len())?;
        }
        for (named, choice) in self.named.take().iter().flatten().zip(routed.chosen) {
            let had = choice.experts.iter().filter(|expert| named.experts.binary_search(expert).is_ok());
            self.early.0 += choice.experts.len() as u64;
            self.early.1 += had.count() as u64;
        }
        self.named = routed.next.map(<[Choice]>::to_vec);
        let set = |choice: &Choice| ActiveSet {
            ids: choice.experts.clone(),
            scores: choice.weights.iter().map(|&weight| rounded(weight.into())).collect(),
        };
        self.pending[routed.layer] = routed.chosen.iter().map(set).collect();
        self.inputs.as_mut().map(|inputs| inputs.keep(routed.layer, routed.input)).transpose()?;
        Ok(())
    }

    fn batch_passed(&mut self, position: usize, tokens: usize) -> Result<(), LiveError> {
        for token in 0..tokens {
            for (layer, sets) in self.pending.iter().enumerate() {
                let set = &sets[token];
                self.active[layer] += set.ids.len() as u64;
                self.writer.row(&Row {
                    request: self.request,
                    token: narrow(position + token),
                    phase: if position + token < self.prompt { Phase::Prefill } else { Phase::Decode },
                    layer: narrow(layer),
                    active: &set.ids,
                    score: self.scores.then_some(set.scores.as_slice()),
                })?;
            }
        }
        self.tokens += tokens as u64;
        self.inputs.as_mut().map(|inputs| inputs.batch_passed(tokens)).transpose()?;
        Ok(())
    }
}

/// Refuses what is no number, by its place.
fn check(values: &[f32], position: usize, layer: usize, width: usize) -> Result<(), LiveError> {
    let Some(place) = values.iter().position(|value| !value.is_finite()) else { return Ok(()) };
    let token = position + place / width;
    Err(LiveError::NotFinite { place: format!("token {token}, layer {layer}") })
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).expect("contexts and layer counts are below 2^32")
}
