//! A step allocates nothing with reads ahead, missed bundles, bent rows and drafts either.

use allocation_counter::measure;
use tightfit_engine::{
    Engine, Overlap, Store,
    bend::{Bend, Keep},
    evict::Kind,
    session::{self, Request, Stepper},
};

use crate::{
    ahead::busy_case,
    allocations::StillWorld,
    policy::Policy,
    rich_case::{Ahead, Extra, RichCase},
};

#[test]
fn no_dimension_allocates_in_a_step() {
    let bend = Bend {
        keep: Keep::Count(5),
        guaranteed: 1,
        margin: 300_000_000,
        drop_below: 20_000_000,
        cold_below: 200_000_000,
        cold_offset: 0,
    };
    let (mut misses, mut read_ahead, mut cancelled, mut degraded_mass) = (0, 0, 0, 0);
    for policy in Policy::all() {
        for extra in [Extra::None, Extra::Missed, Extra::Bent(bend)] {
            for ahead in Ahead::ALL {
                if policy.kind == Kind::Belady && matches!(extra, Extra::Bent(_)) {
                    continue;
                }
                for overlap in [Overlap::None, Overlap::ResidentFirst, Overlap::AsLanded] {
                    let case = RichCase { extra, ahead, policy, overlap, ..busy_case() };
                    let store = Store::new(case.geometry(), case.layout, case.unit_bytes);
                    let (script, hints) = (case.script(), case.hints());
                    let prefetch = case.prefetch(&script, &hints);
                    let setup = case.setup(&store, &script, &prefetch);
                    let built = policy.build(&script, store.geometry(), setup.budget_bytes, case.decode_passes);
                    let mut engine = Engine::new(&store, setup, built, StillWorld::new());
                    let request = Request {
                        script: &script,
                        model_layers: script.layers(),
                        decode_passes: case.decode_passes,
                        context_max: 64,
                        rows_fixed: None,
                        prefetch,
                        draft_tokens: 2,
                    };
                    let info = measure(|| session::run(&mut engine, &request, |_, _| ()));
                    assert_eq!(info.count_total, 0, "calls of the allocator in {case:?}");
                    let counters = engine.counters();
                    assert!(counters.lookups > 100, "{counters:?}");
                    misses += counters.misses;
                    read_ahead += counters.prefetch_useful + counters.late + counters.prefetch_wasted;
                    cancelled += counters.prefetch_cancelled;
                    degraded_mass += counters.degraded_mass;
                }
            }
        }
    }
    let counts = [misses, read_ahead, cancelled, degraded_mass];
    assert!(counts.iter().all(|&count| count > 100), "{counts:?}");
}
