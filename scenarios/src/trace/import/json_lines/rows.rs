//! The routes of a log, gathered and put in order: memory is a part of what the file takes.

use std::collections::HashMap;

use super::line::Route;
use crate::trace::Phase;

/// Where one (token, layer) lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    pub(super) request: u32,
    token: u32,
    layer: u32,
    pub(super) phase: Phase,
    first: usize,
    count: usize,
    line: usize,
}

/// All routes.
#[derive(Default)]
pub(super) struct Rows {
    placed: Vec<Placed>,
    ids: Vec<u32>,
    weights: Vec<f32>,
    requests: HashMap<String, u32>,
}

impl Rows {
    pub(super) fn is_empty(&self) -> bool {
        self.placed.is_empty()
    }

    pub(super) fn have_weights(&self) -> bool {
        !self.weights.is_empty()
    }

    pub(super) fn id_max(&self) -> u32 {
        self.ids.iter().copied().max().unwrap_or(0)
    }

    /// Takes a route in; requests are numbered as they appear.
    pub(super) fn push(&mut self, route: Route, line: usize) -> Result<(), String> {
        let Route { request, token, layer, experts, weights, phase } = route;
        let (count, weights) = (experts.len(), weights.unwrap_or_default());
        let has_weights = !weights.is_empty();
        if has_weights && weights.len() != count {
            return Err(format!("{} topk_weights for {count} topk_ids; give one each", weights.len()));
        }
        if let Some(weight) = weights.iter().find(|weight| !weight.is_finite()) {
            return Err(format!("a weight is {weight}; write finite numbers, or leave topk_weights out"));
        }
        if !self.ids.is_empty() && count > 0 && has_weights != self.have_weights() {
            return Err(
                "has topk_weights where others have none, or the other way round; write them on every line".to_owned()
            );
        }
        let next = u32::try_from(self.requests.len()).unwrap_or(u32::MAX);
        let request = *self.requests.entry(request).or_insert(next);
        self.placed.push(Placed { request, token, layer, phase, first: self.ids.len(), count, line });
        self.ids.extend(experts);
        self.weights.extend(weights);
        Ok(())
    }

    /// Puts the rows in order; the layers that there are, ascending.
    pub(super) fn sort(&mut self) -> Result<Vec<u32>, (usize, String)> {
        self.placed.sort_unstable_by_key(|row| (row.request, row.token, row.layer, row.line));
        for pair in self.placed.windows(2) {
            let place = |row: &Placed| (row.request, row.token, row.layer);
            if place(&pair[0]) == place(&pair[1]) {
                return Err((
                    pair[1].line,
                    format!("token {}, layer {} is on line {} already", pair[1].token, pair[1].layer, pair[0].line),
                ));
            }
        }
        let mut layers: Vec<u32> = self.placed.iter().map(|row| row.layer).collect();
        layers.sort_unstable();
        layers.dedup();
        Ok(layers)
    }

    /// Refuses a token without one of the layers, ids that no layer has and such as are there twice.
    pub(super) fn check(&self, experts: u32, layers: &[u32]) -> Result<(), (usize, String)> {
        for (number, row) in self.placed.iter().enumerate() {
            let expected = layers[number % layers.len()];
            let leader = &self.placed[number - number % layers.len()];
            if row.layer != expected || (row.request, row.token) != (leader.request, leader.token) {
                return Err((
                    leader.line,
                    format!(
                        "token {} lacks layer {expected}, which others have; log every layer of every token",
                        leader.token
                    ),
                ));
            }
            if row.phase != leader.phase {
                return Err((row.line, format!("token {} is prefill in one layer and decode in another", row.token)));
            }
            let (ids, _) = self.sorted(row);
            if let Some(id) = ids.last().filter(|&&id| id >= experts) {
                return Err((row.line, format!("expert {id} of {experts}; correct the line, or num_experts")));
            }
            if let Some([id, _]) = ids.array_windows::<2>().find(|[id, next]| id == next) {
                return Err((row.line, format!("expert {id} twice; a set holds it once")));
            }
        }
        if !self.placed.len().is_multiple_of(layers.len()) {
            let last = &self.placed[self.placed.len() - 1];
            return Err((last.line, format!("token {} lacks its last layers; the log is cut short", last.token)));
        }
        Ok(())
    }

    /// Tokens in order, each with all its layers.
    pub(super) fn tokens(&self, layers: usize) -> impl Iterator<Item = &[Placed]> {
        self.placed.chunks(layers)
    }

    /// Ids of a row as logged.
    pub(super) fn ids(&self, row: &Placed) -> &[u32] {
        &self.ids[row.first..row.first + row.count]
    }

    /// Ids of a row, ascending, and the weights that go with them.
    pub(super) fn sorted(&self, row: &Placed) -> (Vec<u32>, Option<Vec<f32>>) {
        let ids = self.ids(row);
        let mut order: Vec<usize> = (0..ids.len()).collect();
        order.sort_unstable_by_key(|&place| ids[place]);
        let weights = self.have_weights().then(|| order.iter().map(|&place| self.weights[row.first + place]).collect());
        (order.into_iter().map(|place| ids[place]).collect(), weights)
    }
}
