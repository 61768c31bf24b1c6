//! Golden counts: hits of the policies beside those that libcachesim 0.3.5 counts, to the digit, on two streams at
//! eight sizes. `tests/golden/make.py` made them.
//!
//! The Zipf stream is made of integers alone, so that both sides make the same one. The expert routes are a published
//! trace that is not committed here: they are read where the data folder stands beside the checkout, and left out,
//! aloud, where it does not.

use std::{path::Path, sync::OnceLock};

use tightfit_engine::{
    evict::{
        Evict, Sizes, arc::Arc, belady::Belady, clock::Clock, fifo::Fifo, lfu::Lfu, lru::Lru, s3_fifo::S3Fifo,
        sieve::Sieve, two_q::TwoQ, w_tinylfu::WTinyLfu,
    },
    oracle::Oracle,
    replay::Replay,
};

const COUNTS: &str = include_str!("../golden/counts.csv");
const ONE: Sizes = Sizes::Equal(1);

/// A test by policy: its name in the counts, and how it is made for a stream, a bound of ids and a capacity.
macro_rules! golden {
    ($($test:ident: $name:literal => $make:expr;)*) => {
        $(#[test]
        fn $test() {
            compare($name, $make);
        })*
        const COMPARED: &[&str] = &[$($name),*];
    };
}

golden! {
    fifo: "FIFO" => |_, bundles, _| Fifo::new(bundles);
    lru: "LRU" => |_, bundles, _| Lru::new(bundles);
    clock: "Clock" => |_, bundles, _| Clock::new(bundles);
    sieve: "Sieve" => |_, bundles, _| Sieve::new(bundles);
    lfu: "LFU" => |_, bundles, _| Lfu::new(bundles);
    s3_fifo: "S3FIFO" => |_, bundles, capacity| S3Fifo::new(bundles, capacity, &ONE);
    arc: "ARC" => |_, bundles, capacity| Arc::new(bundles, capacity, &ONE);
    two_q: "TwoQ" => |_, bundles, capacity| TwoQ::new(bundles, capacity, &ONE);
    w_tinylfu: "WTinyLFU" => |_, bundles, capacity| WTinyLfu::new(bundles, capacity, &ONE);
    belady: "Belady" => |stream, bundles, _| {
        Belady::new(bundles, 0, Oracle::of_stream(stream.to_vec(), bundles).into())
    };
}

/// Hits of the policy beside the golden ones, on every stream that is here and at every size.
fn compare<E: Evict>(name: &str, make: impl Fn(&[u32], u32, u64) -> E) {
    let mut compared = 0;
    for (stream_name, stream, bundles) in [("zipf", zipf(), 100_000), ("routes", routes(), 48 * 128)] {
        for (capacity, golden) in counts(stream_name, name) {
            if stream.is_empty() {
                continue;
            }
            let mut replay = Replay::new(make(stream, bundles, capacity), ONE, bundles, capacity);
            replay.look_up_all(stream, 0);
            assert_eq!(replay.tally().hits, golden, "{name} on {stream_name} with room for {capacity}");
            compared += 1;
        }
    }
    assert!(compared >= 8, "{name} was compared {compared} times");
}

/// Capacities and golden hits of a policy on a stream.
fn counts(stream: &str, policy: &str) -> Vec<(u64, u64)> {
    let rows = COUNTS.lines().filter(|line| !line.starts_with('#')).skip(1).map(|line| line.split(',').collect());
    let of_this = rows.filter(|row: &Vec<&str>| row[..2] == [stream, policy]);
    of_this.map(|row| (row[2].parse().expect("a capacity"), row[3].parse().expect("hits"))).collect()
}

/// A million lookups of 100 000 objects, the object of rank r with weight 1 / r.
fn zipf() -> &'static [u32] {
    static STREAM: OnceLock<Vec<u32>> = OnceLock::new();
    STREAM.get_or_init(|| {
        let mut total = 0;
        let cumulated: Vec<u64> = (1..=100_000)
            .map(|rank| {
                total += (1 << 40) / rank;
                total
            })
            .collect();
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut draw = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let rank = cumulated.partition_point(|&upto| upto <= state % total) as u64;
            u32::try_from(rank * 60_013 % 100_000).expect("an object")
        };
        (0..1_000_000).map(|_| draw()).collect()
    })
}

/// The expert routes in the order of phase, step, layer, expert; empty where the data is not beside the checkout.
#[expect(clippy::print_stderr, reason = "what a test leaves out is said")]
fn routes() -> &'static [u32] {
    static STREAM: OnceLock<Vec<u32>> = OnceLock::new();
    STREAM.get_or_init(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/bigmoe/qwen.route.csv");
        let Ok(text) = std::fs::read_to_string(&path) else {
            eprintln!("no golden counts on expert routes: {} is not there", path.display());
            return Vec::new();
        };
        let rows = text.lines().filter(|line| !line.starts_with('#')).skip(1);
        let mut uses: Vec<[u32; 4]> = rows
            .map(|row| {
                let row: Vec<&str> = row.split(',').collect();
                [1, 2, 3, 5].map(|column| row[column].parse().expect("phase, step, layer, expert"))
            })
            .collect();
        uses.sort_unstable();
        uses.iter().map(|[_, _, layer, expert]| layer * 128 + expert).collect()
    })
}

#[test]
fn the_streams_are_those_that_were_counted() {
    let heads: Vec<&str> = COUNTS.lines().filter_map(|line| line.strip_prefix("# ")).collect();
    for (name, stream) in [("zipf", zipf()), ("routes", routes())] {
        let objects: std::collections::BTreeSet<&u32> = stream.iter().collect();
        let head = format!("{name}: {} lookups of {} objects", stream.len(), objects.len());
        assert!(stream.is_empty() || heads.contains(&head.as_str()), "{head} is not among {heads:?}");
    }
    assert!(COMPARED.iter().all(|policy| counts("zipf", policy).len() == 8), "every policy has its golden counts");
}
