//! Nanoseconds per lookup of every eviction policy alone: a stream of single lookups through [`Replay`].
//!
//! 10^7 lookups, Zipf(0.9) over 10^6 objects of one size whose ranks are scattered over the ids, a cache of a tenth. The
//! hits are printed before each measurement, so that faster can't mean different. With `--test` the stream is short.
//!
//! `--stream FILE` reads such a stream from an oracleGeneral file instead, as `benches/policies.py` does to set it beside
//! a cache simulator: the file is read anew, from the page cache, in each of `--runs` runs, and Belady takes the next uses
//! from it. One line of JSON a policy.

use std::{
    fs::File,
    hint::black_box,
    io::Read,
    sync::Arc,
    time::{Duration, Instant},
};

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};
use tightfit_engine::{
    NONE,
    evict::{Evict, Kind, Room, Sizes, Visit},
    oracle::Oracle,
    replay::Replay,
};

/// A cache of a tenth of the objects; a window as long as a lookup stays in an LRU of that size would be no window.
const WINDOW_SHARE: u32 = 4;

/// The policies, each with the parameters that it has for so many objects.
fn kinds(objects: u32) -> impl Iterator<Item = Kind> {
    Kind::ALL.into_iter().map(move |kind| match kind {
        Kind::Window { .. } => Kind::Window { tokens: objects / WINDOW_SHARE },
        kind => kind,
    })
}

fn room(objects: u32, oracle: Option<Arc<Oracle>>) -> Room {
    Room {
        bundles: objects,
        sizes: Sizes::Equal(1),
        capacity_bytes: u64::from(objects / 10),
        layer_firsts: vec![0],
        row_bundles_max: 1,
        reload_ns: Some(vec![1; objects as usize]),
        oracle,
    }
}

/// A replay of what `feed` looks up, compiled for each policy; gives lookups and hits.
struct Replayed<'a, F> {
    room: &'a Room,
    feed: F,
}

/// What hands every lookup to a function, some at a time.
trait Feed {
    fn each(self, look_up: impl FnMut(&[u32]));
}

impl<F: Feed> Visit for Replayed<'_, F> {
    type Output = (u64, u64);

    fn visit<E: Evict>(self, policy: E) -> (u64, u64) {
        let room = self.room;
        let mut replay = Replay::new(policy, room.sizes.clone(), room.bundles, room.capacity_bytes);
        let mut number = 0;
        self.feed.each(|objects| {
            replay.look_up_all(objects, number);
            number += objects.len();
        });
        (replay.tally().lookups, replay.tally().hits)
    }
}

impl Feed for &[u32] {
    fn each(self, mut look_up: impl FnMut(&[u32])) {
        look_up(self);
    }
}

impl Feed for &Oracle {
    fn each(self, mut look_up: impl FnMut(&[u32])) {
        look_up(self.bundles());
    }
}

/// A file of such a stream: the objects of a block are taken out of it first, then looked up.
impl Feed for &str {
    fn each(self, mut look_up: impl FnMut(&[u32])) {
        let mut objects = [0; BLOCK_RECORDS];
        read_stream(self, |records| {
            let objects = &mut objects[..records.len()];
            take_objects(records, objects);
            look_up(objects);
        });
    }
}

/// Draws of ranks whose odds fall as rank^-0.9, their ids scattered by a multiplier prime to their number.
fn zipf(objects: u32, lookups: usize) -> Vec<u32> {
    let mut total = 0.0;
    let sums: Vec<f64> = (1..=objects)
        .map(|rank| {
            total += f64::from(rank).powf(-0.9);
            total
        })
        .collect();
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    let mut draw = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random >> 11) as f64 / (1_u64 << 53) as f64 * total
    };
    let scattered = |rank: usize| u32::try_from(rank as u64 * 611_953 % u64::from(objects)).expect("below a u32");
    let mut rank = || {
        let drawn = draw();
        sums.partition_point(|&sum| sum <= drawn).min(sums.len() - 1)
    };
    (0..lookups).map(|_| scattered(rank())).collect()
}

#[expect(clippy::print_stdout, reason = "the hits are what the bench says of its result")]
fn bench(criterion: &mut Criterion, objects: u32, stream: &[u32]) {
    let mut group = criterion.benchmark_group("policies");
    group.throughput(Throughput::Elements(stream.len() as u64));
    let room = room(objects, Some(Arc::new(Oracle::of_stream(stream.to_vec(), objects))));
    for kind in kinds(objects) {
        let (_, hits) = kind.build(&room).hand_to(Replayed { room: &room, feed: stream });
        println!("policies/{}: {} lookups, {hits} hits", kind.name(), stream.len());
        group.bench_function(BenchmarkId::from_parameter(kind.name()), |bencher| {
            bencher.iter_batched(
                || kind.build(&room),
                |policy| {
                    let (_, again) = black_box(policy.hand_to(Replayed { room: &room, feed: stream }));
                    assert_eq!(again, hits, "the same stream has the same hits");
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

/// Time, object (8 bytes), size, next use (8 bytes), little endian.
const RECORD_BYTES: usize = 24;

type Record = [u8; RECORD_BYTES];

/// So few records a block that it stays in the nearer caches beside what the policy needs there.
const BLOCK_RECORDS: usize = 2048;

fn word(record: &Record, at: usize) -> u64 {
    u64::from_le_bytes(record[at..at + 8].try_into().expect("eight bytes"))
}

fn object(record: &Record) -> u32 {
    u32::try_from(word(record, 4)).expect("dense objects")
}

/// Looks once at what is above all of them: a look at each would cost a tenth of its lookup.
#[expect(clippy::cast_possible_truncation, reason = "looked at for all")]
fn take_objects(records: &[Record], objects: &mut [u32]) {
    let mut all = 0;
    for (taken, record) in objects.iter_mut().zip(records) {
        let id = word(record, 4);
        all |= id;
        *taken = id as u32;
    }
    assert!(u32::try_from(all).is_ok(), "dense objects");
}

fn next_use(record: &Record) -> u32 {
    u32::try_from(word(record, 16)).unwrap_or(NONE)
}

/// Hands the file's records to `each`, block by block.
fn read_stream(path: &str, mut each: impl FnMut(&[Record])) {
    let mut file = File::open(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut block = vec![0; RECORD_BYTES * BLOCK_RECORDS];
    loop {
        let mut filled = 0;
        while filled < block.len() {
            match file.read(&mut block[filled..]).unwrap_or_else(|error| panic!("{path}: {error}")) {
                0 => break,
                bytes => filled += bytes,
            }
        }
        each(block[..filled].as_chunks().0);
        if filled < block.len() {
            return;
        }
    }
}

/// One timed run over the file: nanoseconds, lookups and hits.
fn run_stream(path: &str, objects: u32, kind: Kind) -> (Duration, u64, u64) {
    let start = Instant::now();
    let (lookups, hits) = if kind == Kind::Belady {
        let (mut stream, mut next) = (Vec::new(), Vec::new());
        read_stream(path, |records| {
            stream.extend(records.iter().map(object));
            next.extend(records.iter().map(next_use));
        });
        let oracle = Arc::new(Oracle::of_known(stream, next));
        let room = room(objects, Some(Arc::clone(&oracle)));
        kind.build(&room).hand_to(Replayed { room: &room, feed: &*oracle })
    } else {
        let room = room(objects, None);
        kind.build(&room).hand_to(Replayed { room: &room, feed: path })
    };
    (start.elapsed(), lookups, hits)
}

#[expect(clippy::print_stdout, reason = "the measurements are what was asked for")]
fn measure(path: &str, objects: u32, runs: usize, only: Option<&str>) {
    for kind in kinds(objects).filter(|kind| only.is_none_or(|only| only == kind.name())) {
        let mut times: Vec<(Duration, u64, u64)> = (0..runs).map(|_| run_stream(path, objects, kind)).collect();
        times.sort_unstable();
        let (median, lookups, hits) = times[runs / 2];
        let ns = median.as_nanos() as f64 / lookups as f64;
        let name = kind.name();
        println!(r#"{{"policy": "{name}", "lookups": {lookups}, "hits": {hits}, "ns_per_lookup": {ns:.2}}}"#);
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).map(String::as_str)
    };
    let number = |name: &str, default: u32| value(name).map_or(default, |text| text.parse().expect("a number"));
    if let Some(path) = value("--stream") {
        return measure(path, number("--objects", 1_000_000), number("--runs", 5) as usize, value("--policy"));
    }
    let short = arguments.iter().any(|argument| argument == "--test");
    let (objects, lookups) = if short { (10_000, 100_000) } else { (1_000_000, 10_000_000) };
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    bench(&mut criterion, objects, &zipf(objects, lookups));
    criterion.final_summary();
}
