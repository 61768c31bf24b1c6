//! The feed-forward network of one layer over the bundles that are in memory.

use tightfit_engine::BundleId;
use tightfit_engine::live::Named;
use tightfit_engine::script::MASS_WHOLE;
use tightfit_host::kernels::{Column, Columns, Format, Level, Vector};
use tightfit_host::{Bundles, Pause};

use super::matrix::Matrix;
use crate::active::Selector;
use crate::config::Activation;

/// Columns of a group.
const GROUP: usize = 32;
/// As many bundles are multiplied while memory brings the next.
const AHEAD: usize = 4;

/// One layer's network, but for its bundles.
#[derive(Debug)]
pub(super) struct Neurons {
    /// Its first bundle.
    pub(super) first: BundleId,
    pub(super) count: usize,
    /// Format of the rows that make a neuron's input, and their bytes.
    pub(super) up: (Format, usize),
    /// Held where gates say which neurons are active; elsewhere they come with the bundles, in this format.
    pub(super) gate: Result<Matrix, Format>,
    /// What the columns of the down projection share.
    pub(super) columns: Columns,
    pub(super) activation: Activation,
}

/// What a layer's gates gave, and which neurons each token uses.
#[derive(Debug, Default)]
pub(super) struct Gated {
    /// The gates, their function applied, token after token; empty where they come with the bundles.
    gates: Vec<f32>,
    /// Whether each token uses each neuron; empty where all use all.
    chosen: Vec<bool>,
    /// What the neurons of a pass add to the stream, rows padded.
    sums: Vec<f32>,
}

impl Neurons {
    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        self.gate.as_ref().map_or(0, |gate| gate.bytes.len()) + self.columns.shared_bytes()
    }

    /// Runs the gates.
    pub(super) fn run_gates(&self, level: Level, inputs: &[Vector], gated: &mut Gated) {
        let Ok(gate) = &self.gate else { return };
        gated.gates.resize(inputs.len() * self.count, 0.0);
        gate.multiply(level, inputs, &mut gated.gates);
        gated.gates.iter_mut().for_each(|gate| *gate = self.apply(*gate));
    }

    /// Names what the tokens use: all neurons, or those that `selector` takes by their gates.
    pub(super) fn name(
        &self,
        layer: usize,
        tokens: usize,
        selector: Option<&Selector>,
        scored: bool,
        gated: &mut Gated,
        named: &mut Named,
    ) {
        let all = self.first..self.first + narrow(self.count);
        let Some(selector) = selector else {
            named.active.extend(all);
            named.uses = (tokens * self.count) as u64;
            return;
        };
        gated.chosen.clear();
        gated.chosen.resize(tokens * self.count, false);
        let rows = gated.gates.chunks_exact(self.count).zip(gated.chosen.chunks_exact_mut(self.count));
        for (gates, chosen) in rows {
            for neuron in selector.choose(layer, gates, gates) {
                chosen[neuron as usize] = true;
                named.uses += 1;
            }
        }
        let used = |neuron: usize| gated.chosen.iter().skip(neuron).step_by(self.count).any(|&chosen| chosen);
        named.active.extend(all.filter(|bundle| used((bundle - self.first) as usize)));
        if scored && tokens == 1 {
            self.weigh(&gated.gates, named);
        }
    }

    /// Gives each named bundle its gate's share of all gates, by size.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of MASS_WHOLE")]
    fn weigh(&self, gates: &[f32], named: &mut Named) {
        let whole: f64 = gates.iter().map(|gate| f64::from(gate.abs())).sum();
        let share = |gate: f32| (f64::from(gate.abs()) / whole.max(f64::MIN_POSITIVE) * f64::from(MASS_WHOLE)) as u32;
        let Named { active, mass, lost_mass, .. } = named;
        mass.extend(active.iter().map(|bundle| share(gates[(bundle - self.first) as usize])));
        // Each share is rounded down, so that they never come to more than all.
        *lost_mass = MASS_WHOLE - mass.iter().sum::<u32>();
    }

    /// Adds what the neurons of `bundles` give to the stream of each token.
    pub(super) fn run(
        &self,
        level: Level,
        inputs: &[Vector],
        bundles: Bundles<'_>,
        pause: &mut Pause<'_>,
        gated: &mut Gated,
        stream: &mut [f32],
    ) {
        let Gated { gates, chosen, sums } = gated;
        let rows = self.columns.rows();
        sums.clear();
        sums.resize(inputs.len() * rows, 0.0);
        let group = |bundle: BundleId| (bundle - self.first) as usize / GROUP;
        let mut ahead = bundles.touched().iter().skip(AHEAD);
        for members in bundles.touched().chunk_by(|&a, &b| group(a) == group(b)) {
            for (token, (input, sums)) in inputs.iter().zip(sums.chunks_exact_mut(rows)).enumerate() {
                let mut columns = [Column { bytes: &[], by: 0.0 }; GROUP];
                let mut count = 0;
                for &bundle in members {
                    if token == 0
                        && let Some(&bundle) = ahead.next()
                    {
                        level.fetch(bundles.bytes(bundle));
                    }
                    let place = token * self.count + (bundle - self.first) as usize;
                    if !chosen.is_empty() && !chosen[place] {
                        continue;
                    }
                    let (up, rest) = bundles.bytes(bundle).split_at(self.up.1);
                    let (down, gate) = rest.split_at(self.columns.column_bytes());
                    let gate = match self.gate {
                        Ok(_) => gates[place],
                        Err(format) => self.apply(level.dot(format, gate, input)),
                    };
                    columns[count] = Column { bytes: down, by: gate * level.dot(self.up.0, up, input) };
                    count += 1;
                }
                self.columns.add(level, group(members[0]), &columns[..count], sums);
            }
            for _ in members {
                pause.after_row();
            }
        }
        let width = stream.len() / inputs.len();
        for (stream, sums) in stream.chunks_exact_mut(width).zip(sums.chunks_exact(rows)) {
            stream.iter_mut().zip(sums).for_each(|(value, sum)| *value += sum);
        }
    }

    fn apply(&self, gate: f32) -> f32 {
        self.activation.of(gate).expect("checked when the model was loaded")
    }
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).expect("plausible numbers are below 2^28")
}
