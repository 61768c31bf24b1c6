//! Streams and scripts whose instructions are counted: small, and the same everywhere.
//!
//! Counting runs a program some fifty times slower, so these are no workloads to time: `benches/policies.rs` and
//! `benches/replay.rs` are.

use std::sync::Arc;

use tightfit_engine::{
    Engine, Geometry, Platform, Script, Setup, Store,
    evict::{Evict, Kind, Policy, Room, Sizes, Visit},
    oracle::Oracle,
    plan::ReadRules,
    platform::{Kernel, Piece, Read, Surcharge, Ticket, Touched},
    prefetch::Prefetch,
    replay::Replay,
    resident::Placement,
    session::{self, Request, Stepper},
    store::Layout,
};

const OBJECTS: u32 = 20_000;
const LOOKUPS: usize = 100_000;

/// A policy and the stream that it is to see.
#[derive(Debug)]
pub struct Lookups {
    policy: Policy,
    room: Room,
    stream: Vec<u32>,
}

/// Lookups whose odds fall as 1 / rank, of a cache of a tenth of the objects, under the policy of a name.
///
/// # Panics
/// If there is no such policy.
#[must_use]
pub fn lookups(name: &str) -> Lookups {
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name);
    let kind = match kind.unwrap_or_else(|| panic!("no policy is called {name}")) {
        Kind::Window { .. } => Kind::Window { tokens: OBJECTS / 4 },
        kind => kind,
    };
    let mut random = Random::default();
    // The product of two even draws leans to the low ranks.
    let mut rank = || {
        let bound = random.below(OBJECTS) + 1;
        random.below(bound)
    };
    let stream: Vec<u32> = (0..LOOKUPS).map(|_| rank() * 7919 % OBJECTS).collect();
    let room = Room {
        bundles: OBJECTS,
        sizes: Sizes::Equal(1),
        capacity_bytes: u64::from(OBJECTS / 10),
        layer_firsts: vec![0],
        row_bundles_max: 1,
        reload_ns: Some(vec![1; OBJECTS as usize]),
        oracle: Some(Arc::new(Oracle::of_stream(stream.clone(), OBJECTS))),
    };
    Lookups { policy: kind.build(&room), room, stream }
}

/// Makes the lookups and gives the hits.
#[must_use]
pub fn look_up(lookups: Lookups) -> u64 {
    struct Fed<'a>(&'a Room, &'a [u32]);
    impl Visit for Fed<'_> {
        type Output = u64;

        fn visit<E: Evict>(self, policy: E) -> u64 {
            let Self(room, stream) = self;
            let mut replay = Replay::new(policy, room.sizes.clone(), room.bundles, room.capacity_bytes);
            replay.look_up_all(stream, 0);
            replay.tally().hits
        }
    }
    lookups.policy.hand_to(Fed(&lookups.room, &lookups.stream))
}

/// A world in which everything takes a nanosecond: what is counted is the engine.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    now_ns: u64,
    tickets: Ticket,
}

impl Platform for Clock {
    fn reserve(&mut self, _reads_outstanding_max: usize) {}

    fn now_ns(&mut self) -> u64 {
        self.now_ns
    }

    fn submit(&mut self, _read: &Read, _pieces: &[Piece]) -> Ticket {
        self.tickets += 1;
        self.tickets - 1
    }

    fn landed(&mut self, _ticket: Ticket) -> bool {
        true
    }

    fn wait(&mut self, _ticket: Ticket) {
        self.now_ns += 1;
    }

    fn cancel(&mut self, _ticket: Ticket) -> bool {
        false
    }

    fn admit(&mut self, _bytes: u64) {}

    fn move_row(&mut self, _from: u32, _to: u32, _bytes: u64) {
        self.now_ns += 1;
    }

    fn run(&mut self, _kernel: &Kernel, _touched: Touched<'_>) -> Surcharge {
        self.now_ns += 1;
        Surcharge::default()
    }
}

/// A decode of a few tokens over rows that a third of is active, in three quarters of the DRAM that holds all.
#[derive(Debug)]
pub struct Decode {
    script: Script,
    store: Store,
    kind: Kind,
}

const LAYERS: u32 = 4;
const ROWS: u32 = 1000;
const TOKENS: u64 = 20;

/// A decode under the policy of a name.
///
/// # Panics
/// If there is no such policy.
#[must_use]
pub fn decode(name: &str) -> Decode {
    let mut geometry = Geometry::new();
    for layer in 0..LAYERS {
        geometry.push(layer, ROWS, 1080, 3);
    }
    let mut script = Script::new(LAYERS);
    let mut random = Random::default();
    for _ in 0..TOKENS {
        script.push_pass(false, 1);
        for layer in 0..LAYERS {
            let active: Vec<u32> = (0..ROWS).filter(|_| random.below(3) == 0).collect();
            let uses = active.len() as u64;
            script.push_row(active.into_iter().map(|row| layer * ROWS + row), uses);
        }
    }
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name);
    Decode {
        script,
        store: Store::new(geometry, Layout::Bundled, 4096),
        kind: kind.unwrap_or_else(|| panic!("no policy is called {name}")),
    }
}

/// Makes the steps and gives the misses.
#[must_use]
pub fn run(decode: &Decode) -> u64 {
    let Decode { script, store, kind } = decode;
    let budget_bytes = store.geometry().total_bytes() / 4 * 3;
    let reads = ReadRules { coalesce_gap_bytes: 4096, read_bytes_max: 1 << 20 };
    let setup = Setup { placement: Placement::Compact, ..Setup::plain(budget_bytes, reads, script.row_bundles_max()) };
    let bundles = store.geometry().bundles();
    let room = Room {
        bundles,
        sizes: Sizes::Equal(1080),
        capacity_bytes: budget_bytes,
        layer_firsts: (0..LAYERS).map(|layer| layer * ROWS).collect(),
        row_bundles_max: script.row_bundles_max(),
        reload_ns: Some(vec![1; bundles as usize]),
        oracle: Some(Arc::new(Oracle::new(script, bundles, TOKENS))),
    };
    let mut engine = Engine::new(store, setup, kind.build(&room), Clock::default());
    let request = Request {
        script,
        model_layers: LAYERS,
        decode_passes: TOKENS,
        context_max: 100,
        rows_fixed: None,
        prefetch: Prefetch::None,
        draft_tokens: 0,
    };
    session::run(&mut engine, &request, |_, _| ());
    engine.counters().misses
}

/// Xorshift, seeded alike.
struct Random(u64);

impl Default for Random {
    fn default() -> Self {
        Self(0x9E37_79B9_7F4A_7C15)
    }
}

impl Random {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from(((self.0 >> 32) * u64::from(bound)) >> 32).expect("below the bound")
    }
}
