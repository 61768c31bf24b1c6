//! Random scripts with everything that a row may have besides its active set: bundles that a predictor missed, lost
//! mass, scores and copies of lower precision for a bend; and hints for reading ahead that are right, partly wrong,
//! entirely wrong, or of other sizes.

use proptest::prelude::*;
use tightfit_engine::{
    Geometry, Overlap, Rows, Script, Setup, Store,
    bend::{Bend, Keep},
    engine::Gather,
    evict::Kind,
    geometry::BundleId,
    oracle::Foresight,
    plan::ReadRules,
    prefetch::Prefetch,
    resident::Placement,
    script::{MASS_WHOLE, Positions},
    session::Step,
    store::Layout,
};

use crate::{case::ROW_BITS, policy::Policy};

/// Parts of every bundle.
pub(crate) const PARTS: u32 = 3;

/// What a row's bits say of its layer's bundles.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowBits {
    pub(crate) active: u16,
    /// Of the active ones: missed by the predictor.
    pub(crate) missed: u16,
    /// Which are hinted at, where the hints choose.
    pub(crate) hint: u16,
    /// Where the scores come from.
    pub(crate) seed: u32,
}

/// What rows have besides their active sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extra {
    None,
    Missed,
    Bent(Bend),
}

/// What is named for reading ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ahead {
    Nothing,
    /// The bundles that the step needs, some of them and some others, only others, any, or all of the layer.
    Right,
    Partly,
    Wrong,
    Any,
    All,
    RepeatToken,
    Oracle,
}

impl Ahead {
    /// Every kind.
    pub(crate) const ALL: [Self; 8] =
        [Self::Nothing, Self::Right, Self::Partly, Self::Wrong, Self::Any, Self::All, Self::RepeatToken, Self::Oracle];
}

/// A script, what is named ahead, and a setup.
#[derive(Clone, Debug)]
pub(crate) struct RichCase {
    /// Bundles of each layer.
    pub(crate) bundles: u32,
    /// Bytes of a part of a bundle, by layer.
    pub(crate) part_bytes: Vec<u64>,
    pub(crate) prefill: usize,
    pub(crate) rows: Vec<Vec<RowBits>>,
    pub(crate) decode_passes: u64,
    /// In 64ths of all bundles.
    pub(crate) budget_share: u64,
    pub(crate) extra: Extra,
    pub(crate) ahead: Ahead,
    pub(crate) policy: Policy,
    pub(crate) layout: Layout,
    pub(crate) overlap: Overlap,
    pub(crate) unit_bytes: u64,
    pub(crate) read_units_max: u64,
    pub(crate) coalesce_gap_bytes: u64,
    pub(crate) pin_every: usize,
    pub(crate) read_ns: u64,
}

fn any_bend() -> impl Strategy<Value = Bend> {
    let keep = prop_oneof![(0_u32..10).prop_map(Keep::Count), (0..=MASS_WHOLE).prop_map(Keep::Share)];
    let mass = prop_oneof![Just(0), 0..MASS_WHOLE / 3];
    (keep, 0_u32..4, 0..=MASS_WHOLE, mass.clone(), mass).prop_map(
        |(keep, guaranteed, margin, drop_below, cold_below)| Bend {
            keep,
            guaranteed,
            margin,
            drop_below,
            cold_below,
            cold_offset: 0,
        },
    )
}

impl RichCase {
    /// Any case.
    pub(crate) fn any() -> impl Strategy<Value = Self> {
        let extra = prop_oneof![Just(Extra::None), Just(Extra::Missed), any_bend().prop_map(Extra::Bent)];
        let shape = (1..=ROW_BITS, prop::collection::vec(1_u64..7, 1..4), 0_usize..3, 1_usize..6);
        let run = (0_u64..16, 0_u64..70, extra, prop::sample::select(Ahead::ALL.to_vec()));
        let overlaps = [Overlap::None, Overlap::ResidentFirst, Overlap::AsLanded];
        let choice = (
            prop::sample::select(Policy::all()),
            prop::sample::select(vec![Layout::Separate, Layout::Bundled]),
            prop::sample::select(overlaps.to_vec()),
        );
        let reads = (0_u32..5, 1_u64..6, 0_u64..20, 1_usize..5, 0_u64..900);
        (shape, run, choice, reads).prop_flat_map(|(shape, run, choice, reads)| {
            let (bundles, part_bytes, prefill, decode) = shape;
            let bits = 0..1_u16 << ROW_BITS;
            let row = (bits.clone(), bits.clone(), bits, any::<u32>())
                .prop_map(|(active, missed, hint, seed)| RowBits { active, missed, hint, seed });
            let rows = prop::collection::vec(prop::collection::vec(row, part_bytes.len()), prefill + decode);
            rows.prop_map(move |rows| {
                let (decode_passes, budget_share, extra, ahead) = run;
                let (policy, layout, overlap) = choice;
                // What a bent step will compute depends on what is in DRAM: no oracle knows that, and Belady trusts its.
                let online = policy.kind != Kind::Belady;
                let extra = if online || !matches!(extra, Extra::Bent(_)) { extra } else { Extra::None };
                let (unit_bits, read_units_max, coalesce_gap_bytes, pin_every, read_ns) = reads;
                Self {
                    bundles,
                    part_bytes: part_bytes.clone(),
                    prefill,
                    rows,
                    decode_passes,
                    budget_share,
                    extra,
                    ahead,
                    policy,
                    layout,
                    overlap,
                    unit_bytes: 1 << unit_bits,
                    read_units_max,
                    coalesce_gap_bytes,
                    pin_every,
                    read_ns,
                }
            })
        })
    }

    /// Distance from a bundle to its copy of lower precision.
    pub(crate) fn cold_offset(&self) -> u32 {
        match self.extra {
            Extra::Bent(bend) if bend.cold_below > 0 => self.bundles,
            _ => 0,
        }
    }

    /// The bend, with its copies.
    pub(crate) fn bend(&self) -> Option<Bend> {
        match self.extra {
            Extra::Bent(bend) => Some(Bend { cold_offset: self.cold_offset(), ..bend }),
            Extra::None | Extra::Missed => None,
        }
    }

    /// The bundles, and where a bend wants them their copies of a third of the size behind each layer's.
    pub(crate) fn geometry(&self) -> Geometry {
        let mut geometry = Geometry::new();
        for (layer, &bytes) in (0..).zip(&self.part_bytes) {
            geometry.push(layer, self.bundles, bytes * u64::from(PARTS), PARTS);
            if self.cold_offset() > 0 {
                geometry.push(layer, self.bundles, bytes.div_ceil(3) * u64::from(PARTS), PARTS);
            }
        }
        geometry
    }

    fn layers(&self) -> u32 {
        u32::try_from(self.part_bytes.len()).expect("a few layers")
    }

    /// The bundles of `layer` whose bits are set.
    fn of_bits(&self, layer: u32, bits: u16) -> impl Iterator<Item = BundleId> + use<> {
        let first = layer * (self.bundles + self.cold_offset());
        (0..self.bundles).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| first + bit)
    }

    /// Scores of `count` bundles: uneven, some 0, rounded down.
    pub(crate) fn masses(seed: u32, count: usize) -> Vec<u32> {
        let weights: Vec<u64> = (1_u64..)
            .take(count)
            .map(|at| (u64::from(seed).wrapping_mul(at.wrapping_mul(0x9E37_79B9_7F4A_7C15)) >> 59) % 13)
            .collect();
        let sum = weights.iter().sum::<u64>().max(1);
        weights.iter().map(|weight| u32::try_from(weight * u64::from(MASS_WHOLE) / sum).expect("a part")).collect()
    }

    fn positions(&self, pass: usize) -> Positions {
        // A prompt of several positions is not bent.
        Positions::of(if pass < self.prefill { 3 } else { 1 })
    }

    /// The engine's script.
    pub(crate) fn script(&self) -> Script {
        let mut script = Script::new(self.layers());
        for (pass, rows) in self.rows.iter().enumerate() {
            script.push_positions(pass < self.prefill, self.positions(pass));
            for (layer, row) in (0..).zip(rows) {
                let missed = if self.extra == Extra::Missed { row.active & row.missed } else { 0 };
                let active: Vec<_> = self.of_bits(layer, row.active & !missed).collect();
                script.push_row(active.iter().copied(), active.len() as u64 + u64::from(row.seed % 3));
                match self.extra {
                    Extra::None => {}
                    Extra::Missed => script.push_missed(self.of_bits(layer, missed), row.seed % MASS_WHOLE),
                    Extra::Bent(_) => script.push_mass(Self::masses(row.seed, active.len())),
                }
            }
        }
        script
    }

    /// The hints, where they are made before the run.
    pub(crate) fn hints(&self) -> Script {
        let mut hints = Script::new(self.layers());
        for (pass, rows) in self.rows.iter().enumerate() {
            hints.push_positions(pass < self.prefill, self.positions(pass));
            for (layer, row) in (0..).zip(rows) {
                let bits = match self.ahead {
                    Ahead::Right => row.active,
                    Ahead::Partly => row.active ^ row.hint,
                    Ahead::Wrong => row.hint & !row.active,
                    Ahead::Any => row.hint,
                    Ahead::All => !0,
                    Ahead::Nothing | Ahead::RepeatToken | Ahead::Oracle => 0,
                };
                hints.push_row(self.of_bits(layer, bits), 0);
            }
        }
        hints
    }

    /// What is named ahead.
    pub(crate) fn prefetch<'a>(&self, script: &'a Script, hints: &'a Script) -> Prefetch<'a> {
        match self.ahead {
            Ahead::Nothing => Prefetch::None,
            Ahead::RepeatToken => Prefetch::RepeatToken,
            Ahead::Oracle => Prefetch::Oracle(Foresight::new(script, self.prefill as u64 + self.decode_passes)),
            Ahead::Right | Ahead::Partly | Ahead::Wrong | Ahead::Any | Ahead::All => Prefetch::Hinted(hints),
        }
    }

    /// The bundles that stay in DRAM.
    pub(crate) fn pinned(&self, store: &Store) -> Vec<BundleId> {
        let bundles = store.geometry().bundles();
        if self.pin_every == 1 { Vec::new() } else { (0..bundles).step_by(self.pin_every).collect() }
    }

    /// The setup.
    pub(crate) fn setup(&self, store: &Store, script: &Script, prefetch: &Prefetch<'_>) -> Setup {
        let pinned = self.pinned(store);
        let pinned_bytes: u64 = pinned.iter().map(|&bundle| store.bundle_bytes(bundle)).sum();
        let budget_bytes = store.geometry().total_bytes() * self.budget_share / 64;
        Setup {
            budget_bytes: budget_bytes.max(pinned_bytes),
            placement: if self.ahead == Ahead::Nothing { Placement::Compact } else { Placement::InPlace },
            rows: Rows::Needed,
            reads: ReadRules {
                coalesce_gap_bytes: self.coalesce_gap_bytes,
                read_bytes_max: self.read_units_max * self.unit_bytes,
            },
            overlap: self.overlap,
            gather: Gather::FeedForward,
            predictor: self.extra == Extra::Missed,
            bend: self.bend(),
            ahead_bundles_max: prefetch.bundles_max(script),
            pinned,
            dense_bytes: 50,
            row_bundles_max: script.row_bundles_max(),
        }
    }

    /// All steps of the run, as a session makes them.
    pub(crate) fn steps<'a>(&self, script: &'a Script, prefetch: &Prefetch<'a>) -> Vec<Step<'a>> {
        let passes = self.prefill as u64 + self.decode_passes;
        let layers = script.layers();
        let rows = (0..passes).flat_map(|pass| (0..layers).map(move |layer| (pass, layer)));
        rows.map(|(pass, layer)| {
            let recorded = script.recorded(usize::try_from(pass).expect("a few passes"));
            Step {
                number: pass * u64::from(layers) + u64::from(layer),
                layer,
                model_layers: layers,
                positions: script.positions(recorded),
                context: 100,
                row: script.row(recorded, layer),
                rows_fixed: None,
                next: prefetch.next(script, pass, layer, passes),
            }
        })
        .collect()
    }
}
