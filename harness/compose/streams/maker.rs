//! Makes passes of a script out of the rows of their tokens, token by token: nothing of a token is kept once it is in.

use tightfit_engine::{
    Script,
    geometry::BundleId,
    script::{MASS_WHOLE, Positions},
};
use tightfit_scenarios::{
    Strategy,
    trace::{Cursor, Geometry, Stretch, TraceError},
};

use super::{Asked, hints::Hinter, mass, named::Namer, passes::Pass, prefetch, union::Union};

/// Rows by token.
pub(super) trait Tokens {
    /// Rows that hold those of `token` and, where its request has one before it, of that.
    fn at(&mut self, token: usize) -> Result<&Stretch, TraceError>;
}

/// All rows are at hand.
impl Tokens for &Stretch {
    fn at(&mut self, _token: usize) -> Result<&Stretch, TraceError> {
        Ok(self)
    }
}

impl Tokens for Cursor {
    fn at(&mut self, token: usize) -> Result<&Stretch, TraceError> {
        self.at(token)
    }
}

/// What is made: the script, and what is named for reading ahead where that is made before the run.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) script: Script,
    pub(super) hints: Option<Script>,
}

impl Made {
    /// Passes so far.
    pub(super) fn passes(&self) -> usize {
        self.script.prefill_passes() + self.script.decode_passes()
    }

    /// Lets go of the first `passes`.
    pub(super) fn forget(&mut self, passes: usize) {
        self.script.forget(passes);
        self.hints.iter_mut().for_each(|hints| hints.forget(passes));
    }
}

/// How one strategy's passes are made.
#[derive(Clone, Debug)]
pub(super) struct Maker {
    geometry: Geometry,
    /// From a layer's first bundle to the next layer's, as the store numbers them.
    stride: u32,
    namer: Option<Namer>,
    hinter: Option<Hinter>,
    /// Whether scores are asked for.
    bends: bool,
    /// First tokens of the requests that are replayed.
    firsts: Vec<usize>,
    gathered: Vec<Gathered>,
}

/// What the tokens of a pass need of one layer.
#[derive(Clone, Debug)]
struct Gathered {
    active: Union,
    missed: Union,
    hinted: Union,
    lost_mass: u64,
}

impl Maker {
    /// How `strategy`'s are made, whose layers are `stride` bundles apart, for requests that begin with these tokens.
    pub(super) fn new(
        strategy: &Strategy,
        geometry: Geometry,
        stride: u32,
        firsts: Vec<usize>,
        asked: &Asked<'_>,
    ) -> Self {
        let hinter = Hinter::new(prefetch(strategy), asked);
        let union = |used: bool| Union::new(if used { geometry.bundles_per_layer } else { 0 });
        let gathered = Gathered {
            active: union(true),
            missed: union(strategy.predictor.is_some()),
            hinted: union(hinter.is_some()),
            lost_mass: 0,
        };
        Self {
            geometry,
            stride,
            namer: strategy.predictor.map(|predictor| Namer { predictor, seed: asked.seed }),
            hinter,
            bends: strategy.routing.is_some(),
            firsts,
            gathered: vec![gathered; geometry.layers as usize],
        }
    }

    /// Nothing yet.
    pub(super) fn empty(&self) -> Made {
        let script = Script::new(self.geometry.layers);
        Made { hints: self.hinter.is_some().then(|| script.clone()), script }
    }

    /// Appends `pass`.
    pub(super) fn push(&mut self, made: &mut Made, pass: &Pass, tokens: &mut impl Tokens) -> Result<(), TraceError> {
        made.script.push_positions(pass.prefill, pass.positions);
        // One token's row is as the trace has it; of several the union is.
        let alone = pass.tokens.len() == 1 && self.namer.is_none();
        for &token in &pass.tokens {
            let rows = tokens.at(token)?;
            for layer in 0..self.geometry.layers {
                if alone {
                    self.put_row(&mut made.script, rows, token, layer);
                } else {
                    self.gather(rows, token, layer);
                }
                if let Some(hinter) = &self.hinter {
                    self.gathered[layer as usize].hinted.add(&hinter.name(rows, token, layer));
                }
            }
        }
        if !alone {
            (0..self.geometry.layers).for_each(|layer| self.put_gathered(&mut made.script, layer, pass.tokens.len()));
        }
        if let Some(hints) = &mut made.hints {
            self.put_hints(hints, pass.prefill, pass.positions);
        }
        Ok(())
    }

    /// The store's numbers of bundles that are numbered within `layer`.
    fn global<'b>(&self, layer: u32, bundles: &'b [u32]) -> impl Iterator<Item = BundleId> + use<'b> {
        let first = layer * self.stride;
        bundles.iter().map(move |&bundle| first + bundle)
    }

    /// What is active, with its scores where routing is bent.
    fn put_row(&self, script: &mut Script, rows: &Stretch, token: usize, layer: u32) {
        let active = rows.active(token, layer);
        script.push_row(self.global(layer, active), active.len() as u64);
        if self.bends {
            script.push_mass(mass::masses(rows, token, layer));
        }
        script.push_missed([], mass::inactive_mass(rows, token, layer));
    }

    fn gather(&mut self, rows: &Stretch, token: usize, layer: u32) {
        let gathered = &mut self.gathered[layer as usize];
        let Some(namer) = &self.namer else {
            gathered.active.add(rows.active(token, layer));
            gathered.lost_mass += u64::from(mass::inactive_mass(rows, token, layer));
            return;
        };
        let before = (!self.firsts.contains(&token)).then(|| token - 1);
        let choice = namer.name(rows, token, before, layer);
        gathered.active.add(&choice.bundles);
        gathered.missed.add(&choice.missed);
        gathered.lost_mass += u64::from(choice.lost_mass);
    }

    fn put_gathered(&mut self, script: &mut Script, layer: u32, tokens: usize) {
        let Gathered { active, missed, lost_mass, .. } = &mut self.gathered[layer as usize];
        // What one token's predictor missed another's may have named.
        let (mut missed, _) = missed.take();
        missed.retain(|&bundle| !active.contains(bundle));
        let (bundles, uses) = active.take();
        let lost_mass = mean(std::mem::take(lost_mass), tokens);
        script.push_row(self.global(layer, &bundles), uses);
        if self.bends && self.namer.is_none() {
            // The union of many tokens is not bent: its scores are not looked at.
            script.push_mass(std::iter::repeat_n(0, bundles.len()));
        }
        script.push_missed(self.global(layer, &missed), lost_mass);
    }

    fn put_hints(&mut self, hints: &mut Script, prefill: bool, positions: Positions) {
        hints.push_positions(prefill, positions);
        for layer in 0..self.geometry.layers {
            let (bundles, uses) = self.gathered[layer as usize].hinted.take();
            hints.push_row(self.global(layer, &bundles), uses);
        }
    }
}

/// The mean of parts of a whole.
fn mean(sum: u64, count: usize) -> u32 {
    u32::try_from(sum / count as u64).expect("no more than the whole").min(MASS_WHOLE)
}
