//! A request whose active sets nobody knows beforehand: whoever computes names each layer's when its attention has run.
//!
//! It is what a [`crate::session`] is to a script, over the same step of the same engine: a script is replayed, here the
//! model goes on with what the engine computed.

use alloc::vec::Vec;

use crate::{
    engine::{Engine, Gather},
    evict::Evict,
    geometry::BundleId,
    platform::{Kernel, KernelKind, Platform},
    script::{MASS_WHOLE, Positions, Row},
    session::{Step, Stepper},
};

/// What a layer needs, named by the model.
#[derive(Clone, Debug, Default)]
pub struct Named {
    /// The bundles, ascending: the union over the positions of the pass.
    pub active: Vec<BundleId>,
    /// Uses summed over the positions.
    pub uses: u64,
    /// Score of each bundle, parts of [`MASS_WHOLE`]; left empty where there are none.
    pub mass: Vec<u32>,
    /// Mass that is not computed whatever the engine does.
    pub lost_mass: u32,
}

impl Named {
    fn clear(&mut self) {
        self.active.clear();
        self.mass.clear();
        (self.uses, self.lost_mass) = (0, 0);
    }
}

/// A request that a model goes on with as it is computed.
#[derive(Debug)]
pub struct Request {
    layers: u32,
    named: Named,
    row_bundles_max: usize,
    /// Steps so far.
    steps: u64,
    /// Bundles asked for so far.
    ids: usize,
    start_ns: u64,
}

impl Request {
    /// Reads what has to be in DRAM, and begins. All memory that a pass needs is reserved here.
    ///
    /// # Panics
    /// If the engine gathers whole layers: their active set is everything, which a script says.
    #[must_use]
    pub fn new<P: Platform, E: Evict>(engine: &mut Engine<'_, P, E>, layers: u32) -> Self {
        assert_eq!(engine.setup().gather, Gather::FeedForward, "layers that are gathered whole have no active set");
        assert_eq!(engine.setup().ahead_bundles_max, 0, "nobody knows what a later step will need");
        let row_bundles_max = engine.setup().row_bundles_max;
        let start_ns = engine.owned_until_ns() - engine.owners().total_ns();
        engine.warm_up();
        let mut named = Named::default();
        named.active.reserve_exact(row_bundles_max);
        named.mass.reserve_exact(row_bundles_max);
        Self { layers, named, row_bundles_max, steps: 0, ids: 0, start_ns }
    }

    /// Runs `positions` through all layers. `name` is asked for each layer's active set when its attention has run.
    ///
    /// # Panics
    /// If what is named does not ascend, is more than was reserved for, or weighs more than everything.
    pub fn pass<P: Platform, E: Evict>(
        &mut self,
        engine: &mut Engine<'_, P, E>,
        positions: Positions,
        context: u32,
        mut name: impl FnMut(&mut P, u32, &mut Named),
    ) {
        for layer in 0..self.layers {
            let mut row = Row { active: &[], uses: 0, missed: &[], first_id: self.ids, mass: &[], lost_mass: 0 };
            let (number, model_layers) = (self.steps, self.layers);
            let step =
                |row| Step { number, layer, model_layers, positions, context, row, rows_fixed: None, next: None };
            engine.begin(&step(row));
            self.named.clear();
            name(engine.platform_mut(), layer, &mut self.named);
            self.assert_sound(layer);
            let Named { active, uses, mass, lost_mass } = &self.named;
            (row.active, row.uses, row.mass, row.lost_mass) = (active, *uses, mass, *lost_mass);
            engine.step_begun(&step(row));
            self.ids += active.len();
            self.steps += 1;
        }
    }

    /// Runs the head over the last `tokens` positions of a pass.
    pub fn head<P: Platform, E: Evict>(&self, engine: &mut Engine<'_, P, E>, tokens: u32, context: u32) {
        let (kind, layer) = (KernelKind::Head, self.layers);
        engine.run(&Kernel { kind, layer, tokens, sequences: 1, context, rows: 0, cold_rows: 0, row_uses: 0 });
    }

    /// Holds the request to the laws.
    ///
    /// # Panics
    /// If a law between the counts or between time and its owners is broken.
    pub fn assert_laws<P: Platform, E: Evict>(&self, engine: &Engine<'_, P, E>) {
        engine.counters().assert_laws();
        let wall_ns = engine.owned_until_ns() - self.start_ns;
        let owned_ns = engine.owners().total_ns();
        assert_eq!(owned_ns, wall_ns, "owners have {owned_ns} of {wall_ns} ns");
    }

    fn assert_sound(&self, layer: u32) {
        let Named { active, mass, lost_mass, .. } = &self.named;
        assert!(active.is_sorted_by(|a, b| a < b), "the bundles named for layer {layer} ascend");
        let (named, most) = (active.len(), self.row_bundles_max);
        assert!(named <= most, "{named} bundles named for layer {layer} where {most} were reserved for");
        assert!(mass.is_empty() || mass.len() == named, "{} scores for {named} bundles", mass.len());
        let whole = mass.iter().map(|&mass| u64::from(mass)).sum::<u64>() + u64::from(*lost_mass);
        assert!(whole <= u64::from(MASS_WHOLE), "bundles of layer {layer} weigh {whole} parts of {MASS_WHOLE}");
    }
}
