//! A trace as one stream of lookups: what an engine asks for, step by step, with all layers in one numbering.

use super::{Geometry, Trace};
use crate::scenario::Prefill;

/// Lookups in order: requests, their passes, the layers of a pass, the bundles of a step ascending.
///
/// Bundle b of layer l has the number l x bundles of a layer + b.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookups {
    geometry: Geometry,
    ids: Vec<u32>,
    /// Step s is `ids[ends[s - 1]..ends[s]]`.
    ends: Vec<usize>,
    /// By pass: whether it generates a token.
    decode: Vec<bool>,
}

/// One (pass, layer).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step<'a> {
    /// Whether its pass generates a token.
    pub decode: bool,
    /// Bundles over all layers, ascending.
    pub ids: &'a [u32],
    /// Place of the first id in the stream.
    pub first: usize,
}

impl Lookups {
    /// The lookups of `trace`. A batched prompt is one pass, whose layers need the union of its tokens' sets.
    #[must_use]
    pub fn of(trace: &Trace, prefill: Prefill) -> Self {
        let geometry = trace.geometry();
        let mut lookups = Self { geometry, ids: Vec::new(), ends: Vec::new(), decode: Vec::new() };
        let mut union = Vec::new();
        for request in trace.requests() {
            let prompt_tokens = request.prefill_tokens as usize;
            let batched = if prefill == Prefill::Batched { prompt_tokens } else { 0 };
            if batched > 0 {
                lookups.pass(false, |layer, row| {
                    union.clear();
                    for token in request.first_token..request.first_token + prompt_tokens {
                        union.extend_from_slice(trace.active(token, layer));
                    }
                    union.sort_unstable();
                    union.dedup();
                    row(&union);
                });
            }
            for token in request.first_token + batched..request.first_token + request.tokens() {
                let decode = token - request.first_token >= prompt_tokens;
                lookups.pass(decode, |layer, row| row(trace.active(token, layer)));
            }
        }
        lookups
    }

    /// Bundles over all layers: every id is below it.
    #[must_use]
    pub fn bundles(&self) -> u32 {
        self.geometry.layers * self.geometry.bundles_per_layer
    }

    /// The shape of the trace.
    #[must_use]
    pub fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// All ids, in order.
    #[must_use]
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// All steps, in order; every pass has one for each layer.
    pub fn steps(&self) -> impl Iterator<Item = Step<'_>> {
        let layers = self.geometry.layers as usize;
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).enumerate().map(move |(step, (first, &end))| Step {
            decode: self.decode[step / layers],
            ids: &self.ids[first..end],
            first,
        })
    }

    /// Appends a pass; `active` hands the set of each layer on.
    fn pass(&mut self, decode: bool, mut active: impl FnMut(u32, &mut dyn FnMut(&[u32]))) {
        for layer in 0..self.geometry.layers {
            let first = layer * self.geometry.bundles_per_layer;
            active(layer, &mut |row| self.ids.extend(row.iter().map(|bundle| first + bundle)));
            self.ends.push(self.ids.len());
        }
        self.decode.push(decode);
    }
}
