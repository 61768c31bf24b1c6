//! Hit rates of a trace that is read row by row: memory depends on its geometry and the policies, not on its length.
//!
//! The prompt is looked up as one pass where it is asked for so: the union of each layer's sets is gathered as bits.

use tightfit_engine::{
    evict::{Kind, Policy, Room},
    replay::Replay,
};
use tightfit_scenarios::{
    scenario::Prefill,
    trace::{Geometry, Header, Phase, Reader, Row},
};

use super::{Asked, Budget, Counting, Point, Weighed, policy::nominal_reload_ns};
use crate::RunError;

/// Every policy in every budget, in the order of `policies`, in one pass over the rows. A policy that knows the future needs
/// them all at once: it is refused.
pub fn streamed(
    reader: &mut Reader,
    policies: &[Asked],
    budgets: &[Budget],
    counting: Counting,
    prefill: Prefill,
) -> Result<Vec<Point>, RunError> {
    if policies.iter().any(|asked| asked.kind == Kind::Belady) {
        return Err(RunError::Usage("belady looks into the future: it needs the whole trace in memory".to_owned()));
    }
    let weighed = Weighed::of(reader.header());
    let mut caches: Vec<Cache> = policies
        .iter()
        .flat_map(|asked| budgets.iter().map(move |&budget| (asked, budget)))
        .map(|(asked, budget)| Cache::new(asked, budget, reader.header(), &weighed))
        .collect();
    let mut steps = Steps::new(reader.header(), prefill);
    let mut look_up = |step: &Passed<'_>| caches.iter_mut().for_each(|cache| cache.look_up(step, counting));
    while let Some(row) = reader.next_row()? {
        steps.row(&row, &mut look_up);
    }
    steps.end(&mut look_up);
    Ok(caches.into_iter().map(|cache| cache.point).collect())
}

/// One (pass, layer).
struct Passed<'a> {
    number: u64,
    layer: u32,
    decode: bool,
    ids: &'a [u32],
    first_id: usize,
}

/// A policy in a budget, and what it has counted.
struct Cache {
    replay: Replay<Policy>,
    bytes_by_layer: Option<Vec<u64>>,
    point: Point,
}

impl Cache {
    fn new(asked: &Asked, budget: Budget, header: &Header, weighed: &Weighed) -> Self {
        let Geometry { layers, bundles_per_layer, .. } = header.geometry;
        let bundles = layers * bundles_per_layer;
        let (sizes, capacity_bytes) = match budget {
            Budget::Mib(mib) => (weighed.sizes(false), mib << 20),
            Budget::Units(units) => (weighed.sizes(true), units),
        };
        let reload = |bundle: u32| nominal_reload_ns(weighed.of_bundle(bundle));
        let policy = asked.kind.build(&Room {
            bundles,
            sizes: sizes.clone(),
            capacity_bytes,
            layer_firsts: (0..layers).map(|layer| layer * bundles_per_layer).collect(),
            row_bundles_max: bundles_per_layer as usize,
            reload_ns: (asked.kind == Kind::CostAware).then(|| (0..bundles).map(reload).collect()),
            oracle: None,
        });
        let bytes_by_layer: Option<Vec<u64>> = (0..layers).map(|layer| weighed.of_layer(layer)).collect();
        let bytes_read = bytes_by_layer.as_ref().map(|_| 0);
        Self {
            replay: Replay::new(policy, sizes, bundles, capacity_bytes),
            bytes_by_layer,
            point: Point {
                policy: asked.name.clone(),
                budget,
                lookups: 0,
                hits: 0,
                decode_lookups: 0,
                decode_hits: 0,
                bytes_read,
            },
        }
    }

    fn look_up(&mut self, step: &Passed<'_>, counting: Counting) {
        let found = super::policy::look_up(&mut self.replay, step.ids, step.number, step.first_id, counting);
        let lookups = step.ids.len() as u64;
        let (decode_lookups, decode_hits) = if step.decode { (lookups, found) } else { (0, 0) };
        let point = &mut self.point;
        point.lookups += lookups;
        point.hits += found;
        point.decode_lookups += decode_lookups;
        point.decode_hits += decode_hits;
        let bytes = self.bytes_by_layer.as_ref().map(|bytes| bytes[step.layer as usize] * (lookups - found));
        point.bytes_read = point.bytes_read.zip(bytes).map(|(sum, bytes)| sum + bytes);
    }
}

/// Rows on their way to steps.
struct Steps {
    geometry: Geometry,
    batched: bool,
    /// By bundle of all layers: whether the prompt under way needs it.
    needed: Vec<bool>,
    in_prompt: bool,
    ids: Vec<u32>,
    number: u64,
    first_id: usize,
}

impl Steps {
    fn new(header: &Header, prefill: Prefill) -> Self {
        let geometry = header.geometry;
        let batched = prefill == Prefill::Batched;
        let all = geometry.layers as usize * geometry.bundles_per_layer as usize;
        let needed = vec![false; if batched { all } else { 0 }];
        Self { geometry, batched, needed, in_prompt: false, ids: Vec::new(), number: 0, first_id: 0 }
    }

    /// Takes the next row, and hands on the steps that are complete.
    fn row(&mut self, row: &Row<'_>, look_up: &mut impl FnMut(&Passed<'_>)) {
        // A request without an answer ends where the next one begins.
        if row.layer == 0 && (row.token == 0 || row.phase == Phase::Decode) {
            self.end(look_up);
        }
        let first = row.layer * self.geometry.bundles_per_layer;
        if self.batched && row.phase == Phase::Prefill {
            self.in_prompt = true;
            row.active.iter().for_each(|&bundle| self.needed[(first + bundle) as usize] = true);
            return;
        }
        self.ids.clear();
        self.ids.extend(row.active.iter().map(|bundle| first + bundle));
        self.pass_on(row.layer, row.phase == Phase::Decode, look_up);
    }

    /// Hands on the prompt that was gathered, if there is one.
    fn end(&mut self, look_up: &mut impl FnMut(&Passed<'_>)) {
        if !std::mem::take(&mut self.in_prompt) {
            return;
        }
        for layer in 0..self.geometry.layers {
            let first = layer * self.geometry.bundles_per_layer;
            self.ids.clear();
            for id in first..first + self.geometry.bundles_per_layer {
                if std::mem::take(&mut self.needed[id as usize]) {
                    self.ids.push(id);
                }
            }
            self.pass_on(layer, false, look_up);
        }
    }

    fn pass_on(&mut self, layer: u32, decode: bool, look_up: &mut impl FnMut(&Passed<'_>)) {
        let step = Passed { number: self.number, layer, decode, ids: &self.ids, first_id: self.first_id };
        look_up(&step);
        self.number += 1;
        self.first_id += self.ids.len();
    }
}
