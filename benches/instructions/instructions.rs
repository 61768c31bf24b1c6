//! Instructions of 100,000 lookups by policy, and of a decode of 20 tokens through the engine, counted under valgrind.
//!
//! They do not depend on what else the machine does, so that a change of a few percent can fail: each is held to the
//! limit beside it, three percent above what was counted with the pinned toolchain. Whoever makes it slower on purpose
//! raises the limit in the same commit, and says why; whoever makes it faster lowers it.
//!
//! `cargo bench -p instructions` needs valgrind and `cargo install gungraun-runner --version 0.20.0`.

#![expect(missing_docs, reason = "the macros write functions of their own")]

use std::hint::black_box;

use gungraun::{Callgrind, EventKind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main};
use instructions::{Decode, Lookups, decode, look_up, lookups, run};

/// At most so many thousand instructions.
fn limit(thousands: u64) -> LibraryBenchmarkConfig {
    let mut counted = Callgrind::with_args(["--cache-sim=no"]);
    counted.hard_limits([(EventKind::Ir, thousands * 1000)]);
    let mut config = LibraryBenchmarkConfig::default();
    config.tool(counted);
    config
}

#[library_benchmark]
#[bench::fifo(args = (lookups("fifo")), config = limit(5021))]
#[bench::lru(args = (lookups("lru")), config = limit(8715))]
#[bench::clock(args = (lookups("clock")), config = limit(9524))]
#[bench::sieve(args = (lookups("sieve")), config = limit(9363))]
#[bench::window(args = (lookups("window")), config = limit(9052))]
#[bench::lfu(args = (lookups("lfu")), config = limit(26702))]
#[bench::s3_fifo(args = (lookups("s3-fifo")), config = limit(39311))]
#[bench::arc(args = (lookups("arc")), config = limit(15958))]
#[bench::w_tinylfu(args = (lookups("w-tinylfu")), config = limit(61151))]
#[bench::belady(args = (lookups("belady")), config = limit(25417))]
fn policies(lookups: Lookups) -> u64 {
    look_up(black_box(lookups))
}

#[library_benchmark]
#[bench::lru(args = (decode("lru")), config = limit(9150))]
#[bench::sieve(args = (decode("sieve")), config = limit(7929))]
fn engine(decode: Decode) -> u64 {
    run(black_box(&decode))
}

library_benchmark_group!(name = counted; benchmarks = policies, engine);
main!(library_benchmark_groups = counted);
