//! Random scripts over random geometries, small enough that a shrunk failure can be followed by hand.

use proptest::prelude::*;
use tightfit_engine::{Geometry, Script, geometry::BundleId, script::Positions, session::Step};

/// Bundles of each layer at most: a row is a mask of so many bits.
pub(crate) const ROW_BITS: u32 = 9;

/// A geometry and a script over it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// By layer: number of bundles and bytes of each.
    pub(crate) layers: Vec<(u32, u64)>,
    /// Prefill passes among the recorded ones.
    pub(crate) prefill: usize,
    /// By recorded pass, by layer: which of the layer's bundles are active.
    pub(crate) masks: Vec<Vec<u16>>,
    /// Decode passes of the run: more than were recorded repeat them.
    pub(crate) decode_passes: u64,
    /// Budget as a share of all bundles, in 64ths.
    pub(crate) budget_share: u64,
}

impl Case {
    /// Any case whose bundles have `parts` x 1 to `part_bytes_max` bytes; all the same if `equal`.
    pub(crate) fn any(equal: bool, parts: u64, part_bytes_max: u64) -> impl Strategy<Value = Self> {
        let layers = prop::collection::vec((1..=ROW_BITS, 1..=part_bytes_max), 1..4);
        let shape = (layers, 0_usize..3, 1_usize..7);
        shape.prop_flat_map(move |(mut layers, prefill, decode)| {
            for layer in 0..layers.len() {
                layers[layer].1 = if equal && layer > 0 { layers[0].1 } else { layers[layer].1 * parts };
            }
            let row = 0..1_u16 << ROW_BITS;
            let masks = prop::collection::vec(prop::collection::vec(row, layers.len()), prefill + decode);
            (Just(layers), Just(prefill), masks, 0_u64..20, 0_u64..70).prop_map(
                |(layers, prefill, masks, decode_passes, budget_share)| Self {
                    layers,
                    prefill,
                    masks,
                    decode_passes,
                    budget_share,
                },
            )
        })
    }

    /// The geometry, each bundle of `parts` equal parts.
    pub(crate) fn geometry(&self, parts: u32) -> Geometry {
        let mut geometry = Geometry::new();
        for (layer, &(count, bytes)) in (0..).zip(&self.layers) {
            geometry.push(layer, count, bytes, parts);
        }
        geometry
    }

    /// The budget.
    pub(crate) fn budget_bytes(&self) -> u64 {
        self.geometry(1).total_bytes() * self.budget_share / 64
    }

    /// Bytes of every bundle.
    pub(crate) fn sizes(&self) -> Vec<u64> {
        self.layers.iter().flat_map(|&(count, bytes)| std::iter::repeat_n(bytes, count as usize)).collect()
    }

    /// Active bundles of a recorded pass.
    fn rows(&self, pass: usize) -> impl Iterator<Item = Vec<BundleId>> {
        let mut first = 0;
        self.layers.iter().zip(&self.masks[pass]).map(move |(&(count, _), &mask)| {
            let row = (0..count).filter(|bit| mask >> bit & 1 == 1).map(|bit| first + bit).collect();
            first += count;
            row
        })
    }

    /// The engine's script.
    pub(crate) fn script(&self) -> Script {
        let mut script = Script::new(u32::try_from(self.layers.len()).expect("a few layers"));
        for pass in 0..self.masks.len() {
            script.push_pass(pass < self.prefill, 1);
            for row in self.rows(pass) {
                let uses = row.len() as u64;
                script.push_row(row, uses);
            }
        }
        script
    }

    /// The active sets of all steps of the run, repeats written out.
    pub(crate) fn history(&self) -> Vec<Vec<BundleId>> {
        let decode: Vec<usize> = (self.prefill..self.masks.len()).collect();
        let repeated = decode.iter().cycle().take(usize::try_from(self.decode_passes).expect("a few passes"));
        (0..self.prefill).chain(repeated.copied()).flat_map(|pass| self.rows(pass)).collect()
    }
}

/// Ranks of a store of `geometry`, shuffled within each region; in order for 0.
pub(crate) fn ranks(geometry: &Geometry, shuffle: u64) -> Vec<u32> {
    let mut ranks = Vec::new();
    for region in geometry.regions() {
        let mixed =
            |bundle: &u32| (u64::from(*bundle) + 1).wrapping_mul(shuffle).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
        let mut order: Vec<BundleId> = region.bundles().collect();
        order.sort_by_key(mixed);
        ranks.extend(region.bundles().map(|id| {
            let place = order.iter().position(|&other| other == id).expect("every bundle has a place");
            u32::try_from(place).expect("a small region")
        }));
    }
    ranks
}

/// All steps of a run of `script`, as a session makes them.
pub(crate) fn steps(script: &Script, decode_passes: u64, reads_ahead: bool) -> Vec<Step<'_>> {
    let passes = script.prefill_passes() + usize::try_from(decode_passes).expect("a few passes");
    let rows = (0..passes).flat_map(|pass| (0..script.layers()).map(move |layer| (pass, layer)));
    let rows: Vec<_> = rows.map(|(pass, layer)| (pass, layer, script.row(script.recorded(pass), layer))).collect();
    let mut steps: Vec<Step<'_>> = (0..)
        .zip(&rows)
        .map(|(number, &(pass, layer, row))| Step {
            number,
            layer,
            model_layers: script.layers(),
            positions: Positions::of(1),
            context: u32::try_from(pass).expect("a few passes") + 1,
            row,
            rows_fixed: None,
            next: None,
        })
        .collect();
    for (step, &(_, _, next)) in steps.iter_mut().zip(rows.iter().skip(1)) {
        step.next = reads_ahead.then_some(next.active);
    }
    steps
}
