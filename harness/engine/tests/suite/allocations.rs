//! After construction a step allocates nothing: counted, for every policy, every overlap and the page cache.
//!
//! `allocation_counter` counts the calls of this thread to the global allocator.

use allocation_counter::{AllocationInfo, measure};
use tightfit_engine::{
    Engine, Overlap, Platform, Store,
    engine::Gather,
    evict::Kind,
    live,
    paged::{PageSetup, PagedEngine},
    platform::{Kernel, Piece, Read, Surcharge, Ticket, Touched},
    prefetch::Prefetch,
    script::Positions,
    session::{self, Request, Stepper},
    store::Layout,
};

use crate::{case::Case, laws::Choice, policy::Policy, residency::plain};

/// Tickets remembered: more than are ever outstanding.
const RING: usize = 1024;

/// A clock that allocates nothing itself: a read lands 500 ns after it was submitted.
pub(crate) struct StillWorld {
    now_ns: u64,
    tickets: u64,
    submitted_ns: [u64; RING],
}

fn place(ticket: Ticket) -> usize {
    usize::try_from(ticket).expect("few tickets") % RING
}

impl StillWorld {
    pub(crate) fn new() -> Self {
        Self { now_ns: 0, tickets: 0, submitted_ns: [0; RING] }
    }
}

impl Platform for StillWorld {
    fn reserve(&mut self, reads_outstanding_max: usize) {
        assert!(reads_outstanding_max <= RING, "{reads_outstanding_max} reads");
    }

    fn now_ns(&mut self) -> u64 {
        self.now_ns
    }

    fn submit(&mut self, _read: &Read, _pieces: &[Piece]) -> Ticket {
        self.submitted_ns[place(self.tickets)] = self.now_ns;
        self.tickets += 1;
        self.tickets - 1
    }

    fn landed(&mut self, ticket: Ticket) -> bool {
        self.submitted_ns[place(ticket)] + 500 <= self.now_ns
    }

    fn wait(&mut self, ticket: Ticket) {
        let submitted_ns = self.submitted_ns[place(ticket)];
        self.now_ns = self.now_ns.max(submitted_ns + 500);
    }

    fn cancel(&mut self, ticket: Ticket) -> bool {
        ticket.is_multiple_of(2)
    }

    fn admit(&mut self, _bytes: u64) {}

    fn move_row(&mut self, _from: u32, _to: u32, bytes: u64) {
        self.now_ns += bytes;
    }

    fn run(&mut self, _kernel: &Kernel, _touched: Touched<'_>) -> Surcharge {
        self.now_ns += 200;
        Surcharge::default()
    }
}

fn case() -> Case {
    let masks = (0..12_u16).map(|pass| (0..3).map(|layer| (pass * 37 + layer * 101) % 512).collect()).collect();
    Case { layers: vec![(9, 24), (9, 36), (8, 24)], prefill: 2, masks, decode_passes: 40, budget_share: 30 }
}

/// Calls of the allocator in a whole session, which is long past construction.
fn session_allocations(stepper: &mut impl Stepper, case: &Case) -> AllocationInfo {
    let script = case.script();
    let request = Request {
        script: &script,
        model_layers: script.layers(),
        decode_passes: case.decode_passes,
        context_max: 64,
        rows_fixed: None,
        prefetch: Prefetch::None,
        draft_tokens: 0,
    };
    let info = measure(|| session::run(stepper, &request, |_, _| ()));
    assert!(stepper.counters().misses > 10 && stepper.counters().lookups > 100, "the session did something");
    info
}

fn engine_allocations(choice: &Choice, case: &Case) -> u64 {
    let store = choice.store(case);
    let setup = choice.setup(case, &store);
    let evict = choice.policy.build(&case.script(), store.geometry(), setup.budget_bytes, case.decode_passes);
    let mut engine = Engine::new(&store, setup, evict, StillWorld::new());
    let info = session_allocations(&mut engine, case);
    let counters = engine.counters();
    assert!(choice.policy.kind == Kind::RetainNone || counters.hits > 0 && counters.evictions > 0, "{counters:?}");
    assert!(!choice.compact || choice.policy.kind == Kind::RetainNone || counters.moves > 0, "{counters:?}");
    info.count_total
}

#[test]
fn no_policy_allocates_in_a_step() {
    let case = case();
    let policies = Policy::all();
    let mut runs = 0;
    let setups = [(true, false, false), (true, true, false), (false, true, true)];
    // Whether all rows in DRAM are computed: contiguous ones, of which nothing is read ahead.
    let computed = setups.into_iter().flat_map(|setup| [(setup, false), (setup, true)]);
    for ((compact, whole_layer, reads_ahead), computes_resident) in
        computed.filter(|&((compact, whole_layer, _), all)| !all || compact && !whole_layer)
    {
        for ((layout, shuffle), policy) in [(Layout::Separate, 0), (Layout::Bundled, 0), (Layout::Bundled, 7)]
            .into_iter()
            .flat_map(|layout| policies.iter().map(move |&policy| (layout, policy)))
        {
            let choice = Choice {
                policy,
                layout,
                shuffle,
                compact,
                computes_resident,
                overlap: Overlap::ResidentFirst,
                whole_layer,
                reads_ahead,
                unit_bytes: 4,
                coalesce_gap_bytes: 4,
                read_units_max: 3,
                pin_every: 6,
                read_ns: 500,
            };
            let calls = engine_allocations(&choice, &case);
            assert_eq!(calls, 0, "calls of the allocator under {choice:?}");
            runs += 1;
        }
    }
    assert_eq!(runs, 4 * 3 * policies.len());
}

#[test]
fn the_page_cache_allocates_nothing_in_a_step() {
    let case = case();
    let store = Store::new(case.geometry(3), Layout::Separate, 4);
    for gather in [Gather::FeedForward, Gather::WholeLayer] {
        let setup = PageSetup { budget_bytes: 256, page_bytes: 16, read_around_bytes: 64, gather, dense_bytes: 100 };
        let mut cache = PagedEngine::new(&store, setup, StillWorld::new());
        assert_eq!(session_allocations(&mut cache, &case).count_total, 0);
        assert!(cache.counters().evictions > 0);
    }
}

#[test]
fn a_request_that_is_named_as_it_goes_allocates_nothing_in_a_pass() {
    let case = case();
    let (script, store) = (case.script(), Store::new(case.geometry(3), Layout::Bundled, 4));
    let setup = plain(&script, case.budget_bytes(), Vec::new());
    let evict = Policy::LRU.build(&script, store.geometry(), setup.budget_bytes, 0);
    let mut engine = Engine::new(&store, setup, evict, StillWorld::new());
    let mut request = live::Request::new(&mut engine, script.layers());
    let info = measure(|| {
        for pass in 0..12 {
            request.pass(&mut engine, Positions::of(1), 1, |_, layer, named| {
                named.active.extend(script.row(pass, layer).active);
                named.mass.extend(named.active.iter().map(|_| 1));
            });
        }
    });
    assert!(engine.counters().misses > 10 && engine.counters().lookups > 100, "something was done");
    assert_eq!(info.count_total, 0);
}

#[test]
fn the_counter_counts() {
    let info = measure(|| drop(std::hint::black_box(Box::new(7_u64))));
    assert_eq!((info.count_total, info.count_current), (1, 0));
}
