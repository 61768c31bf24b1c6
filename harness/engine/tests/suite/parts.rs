//! A run whose script comes in parts, of three passes at most, beside the same run of the whole script.

use proptest::prelude::*;
use tightfit_engine::{
    Engine, Script, Store,
    evict::Kind,
    oracle::Foresight,
    parts::{Part, Source, Whole},
    prefetch::Prefetch,
    session::{self, Request, Run, Stepper},
};

use crate::{
    clock_world::ClockWorld,
    rich_case::{Ahead, Extra, RichCase},
};

/// Copies passes out of whole scripts as they are asked for, and forgets what is gone.
struct Copier<'a> {
    case: &'a RichCase,
    whole: [&'a Script; 2],
    held: [Script; 2],
    first_pass: u64,
    passes: u64,
    /// Passes after which it gives up.
    passes_max: u64,
    held_passes_max: usize,
}

impl<'a> Copier<'a> {
    fn new(case: &'a RichCase, whole: [&'a Script; 2], passes_max: u64) -> Self {
        Self {
            case,
            whole,
            held: whole.map(|script| Script::new(script.layers())),
            first_pass: 0,
            passes: case.prefill as u64 + case.decode_passes,
            passes_max,
            held_passes_max: 0,
        }
    }

    fn held_passes(&self) -> usize {
        self.held[0].prefill_passes() + self.held[0].decode_passes()
    }

    fn copy(&mut self, pass: u64) {
        let extras = [self.case.extra, Extra::None];
        for ((whole, held), extra) in self.whole.iter().zip(&mut self.held).zip(extras) {
            let recorded = whole.recorded(usize::try_from(pass).expect("a few passes"));
            held.push_positions(pass < self.case.prefill as u64, whole.positions(recorded));
            for layer in 0..whole.layers() {
                let row = whole.row(recorded, layer);
                held.push_row(row.active.iter().copied(), row.uses);
                match extra {
                    Extra::Missed => held.push_missed(row.missed.iter().copied(), row.lost_mass),
                    Extra::Bent(_) => held.push_mass(row.mass.iter().copied()),
                    Extra::None => {}
                }
            }
        }
    }
}

impl Source for Copier<'_> {
    fn part(&mut self, pass: u64) -> Option<Part<'_>> {
        if pass >= self.passes_max {
            return None;
        }
        let gone = pass.saturating_sub(1) - self.first_pass;
        self.held.iter_mut().for_each(|script| script.forget(usize::try_from(gone).expect("a few passes")));
        self.first_pass += gone;
        while self.first_pass + (self.held_passes() as u64) < (pass + 2).min(self.passes) {
            self.copy(self.first_pass + self.held_passes() as u64);
        }
        self.held_passes_max = self.held_passes_max.max(self.held_passes());
        let [script, hints] = &self.held;
        let prefetch = match self.case.ahead {
            Ahead::Oracle => Prefetch::Oracle(Foresight::new(script, self.passes - self.first_pass)),
            _ => self.case.prefetch(script, hints),
        };
        Some(Part { script, prefetch, first_pass: self.first_pass })
    }
}

/// All that a run leaves: what was asked of the platform, what was counted, and the tokens that were seen.
fn left(case: &RichCase, scripts: [&Script; 2], run: &Run, source: &mut impl Source) -> String {
    let store = Store::new(case.geometry(), case.layout, case.unit_bytes);
    let setup = case.setup(&store, scripts[0], &case.prefetch(scripts[0], scripts[1]));
    let policy = case.policy.build(scripts[0], store.geometry(), setup.budget_bytes, case.decode_passes);
    let mut engine = Engine::new(&store, setup, policy, ClockWorld::new(case.read_ns));
    let mut seen = Vec::new();
    session::run_parts(&mut engine, run, source, |engine, outputs| seen.push((outputs, engine.counters())));
    let resident: Vec<u32> = engine.resident().bundles().collect();
    format!("{seen:?} {:?} {resident:?} {:?}", engine.owners(), engine.platform())
}

fn request<'a>(case: &RichCase, script: &'a Script, hints: &'a Script) -> Request<'a> {
    Request {
        script,
        model_layers: script.layers(),
        decode_passes: case.decode_passes,
        context_max: 100,
        rows_fixed: None,
        prefetch: case.prefetch(script, hints),
        draft_tokens: 0,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_run_in_parts_is_the_run_of_the_whole(case in RichCase::any()) {
        // Belady's knowledge is of the whole script.
        prop_assume!(case.policy.kind != Kind::Belady);
        let (script, hints) = (case.script(), case.hints());
        let scripts = [&script, &hints];
        let request = request(&case, &script, &hints);
        let mut copier = Copier::new(&case, scripts, u64::MAX);
        let in_parts = left(&case, scripts, &request.run(), &mut copier);
        prop_assert!(copier.held_passes_max <= 3, "{} passes held", copier.held_passes_max);
        prop_assert_eq!(in_parts, left(&case, scripts, &request.run(), &mut Whole::of(&request)));
    }

    #[test]
    fn a_source_that_gives_up_ends_the_run_with_its_laws_kept(case in RichCase::any(), passes_max in 0_u64..6) {
        prop_assume!(case.policy.kind != Kind::Belady);
        let shorter = RichCase { prefill: 0, decode_passes: passes_max, ahead: Ahead::Nothing, ..case };
        let longer = RichCase { decode_passes: passes_max + 1, ..shorter.clone() };
        let (script, hints) = (longer.script(), longer.hints());
        let scripts = [&script, &hints];
        let request = request(&longer, &script, &hints);
        let given_up = left(&longer, scripts, &request.run(), &mut Copier::new(&longer, scripts, passes_max));
        let run = Run { decode_passes: passes_max, ..request.run() };
        prop_assert_eq!(given_up, left(&shorter, scripts, &run, &mut Whole::of(&request)));
    }
}
