//! A request whose sets are named as it goes, beside the replay of a script that says the same: the same counts, the same
//! bundles in DRAM, the same kernels; and what is refused.

use proptest::prelude::*;
use tightfit_engine::{
    Engine, Store,
    evict::{self, Kind},
    live::{Named, Request},
    platform::{Kernel, KernelKind},
    script::{MASS_WHOLE, Positions},
    session::Stepper,
    store::Layout,
};

use crate::{
    case::{Case, steps},
    clock_world::ClockWorld,
    policy::Policy,
    residency::{engine, plain},
};

type Clocked<'s> = Engine<'s, ClockWorld, evict::Policy>;

/// Attention does not know yet how many rows there will be.
fn without_rows(engine: &Clocked<'_>) -> Vec<Kernel> {
    let known = |kernel: &Kernel| match kernel.kind {
        KernelKind::FeedForward => *kernel,
        _ => Kernel { rows: 0, row_uses: 0, ..*kernel },
    };
    engine.platform().kernels.iter().map(known).collect()
}

fn in_memory(engine: &Clocked<'_>, store: &Store) -> Vec<u32> {
    (0..store.geometry().bundles()).filter(|&bundle| engine.resident().contains(bundle)).collect()
}

proptest! {
    #[test]
    fn what_is_named_as_it_goes_is_done_as_what_a_script_says(
        case in Case::any(false, 1, 40), policy in prop::sample::select(Policy::all()), predictor in any::<bool>(),
    ) {
        // Nobody knows a live request's future.
        prop_assume!(policy.kind != Kind::Belady);
        let (script, store) = (case.script(), Store::new(case.geometry(1), Layout::Bundled, 1));
        let setup = || {
            let mut setup = plain(&script, case.budget_bytes(), Vec::new());
            setup.predictor = predictor;
            setup
        };
        let [mut replayed, mut live] = [0, 1].map(|_| engine(&store, &script, setup(), policy, case.decode_passes));
        let steps = steps(&script, case.decode_passes, false);
        let mut request = Request::new(&mut live, script.layers());
        for pass in steps.chunks(script.layers() as usize) {
            for step in pass {
                replayed.step(step);
            }
            let mut asked = Vec::new();
            request.pass(&mut live, Positions::of(1), pass[0].context, |_, layer, named| {
                asked.push(layer);
                named.active.extend(pass[layer as usize].row.active);
                named.uses = pass[layer as usize].row.uses;
            });
            prop_assert_eq!(asked.len(), pass.len(), "every layer is asked for");
            prop_assert_eq!(in_memory(&live, &store), in_memory(&replayed, &store));
        }
        request.assert_laws(&live);
        prop_assert_eq!(live.counters(), replayed.counters());
        prop_assert_eq!(without_rows(&live), without_rows(&replayed));
    }
}

/// A request over one layer of four bundles.
fn asked(name: impl FnMut(&mut ClockWorld, u32, &mut Named)) {
    let case = Case { layers: vec![(4, 8)], prefill: 0, masks: vec![vec![15]], decode_passes: 1, budget_share: 64 };
    let (script, store) = (case.script(), Store::new(case.geometry(1), Layout::Bundled, 1));
    let mut engine = engine(&store, &script, plain(&script, case.budget_bytes(), Vec::new()), Policy::LRU, 1);
    let mut request = Request::new(&mut engine, 1);
    request.pass(&mut engine, Positions::of(1), 1, name);
    request.head(&mut engine, 1, 1);
    request.assert_laws(&engine);
    let kinds: Vec<KernelKind> = engine.platform().kernels.iter().map(|kernel| kernel.kind).collect();
    assert_eq!(kinds, [KernelKind::Dense, KernelKind::FeedForward, KernelKind::Head]);
}

#[test]
fn a_layer_may_need_nothing() {
    asked(|_, _, _| {});
}

#[test]
#[should_panic(expected = "ascend")]
fn what_is_named_ascends() {
    asked(|_, _, named| named.active.extend([2, 1]));
}

#[test]
#[should_panic(expected = "5 bundles named for layer 0 where 4 were reserved for")]
fn no_more_is_named_than_was_reserved_for() {
    asked(|_, _, named| named.active.extend(0..5));
}

#[test]
#[should_panic(expected = "weigh 1000000001 parts")]
fn what_is_named_weighs_no_more_than_all() {
    asked(|_, _, named| {
        named.active.push(1);
        named.mass.push(MASS_WHOLE);
        named.lost_mass = 1;
    });
}
