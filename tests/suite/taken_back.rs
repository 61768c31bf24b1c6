//! A token under which more is taken back than it reads: its bytes are none, and later tokens bear the rest.

use crate::{
    ask::Ask,
    laws::assert_laws,
    tiny::{SCENARIO, write, write_trace},
};

/// The second token's neurons of layer 0 are never used again and lie apart; the third needs nothing.
const TRACE: &str = "\
geometry neuron layers=2 bundles=16
model tiny
definition written by hand

0 prefill 0: 1 3 6 8
0 prefill 1: 0 2 4 6
1 decode 0: 0 5 10 15
1 decode 1: 9 11 13 15
2 decode 0:
2 decode 1:
3 decode 0: 1 3 6 8
3 decode 1: 0 2 4 6 9 11 13 15
";

#[test]
fn reads_taken_back_make_no_token_negative() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(folder.path());
    write_trace(&folder.path().join("trace.parquet"), TRACE);
    let scenario = SCENARIO.replace("DIR", &folder.path().display().to_string());
    // Twelve neurons of 192 B, one lane, each neuron a read of its own: all but the first wait in the queue.
    let set = [
        "memory.budget-mib=0.002197265625",
        "strategy.resident-set.evict.policy=belady",
        "strategy.resident-set.prefetch=repeat-token",
        "strategy.reads.lanes=1",
        "strategy.reads.coalesce-gap-kib=0",
        "strategy.reads.read-max-kib=1",
    ];
    let result = Ask { scenario: &scenario, set: &set, ..Ask::default() }.result_with(&[]);
    assert_laws(&result);
    assert!(result.prefetch.cancelled > 0, "{:?}", result.prefetch);
    let bytes: Vec<u64> = result.tokens.iter().map(|row| row.flash_bytes).collect();
    assert_eq!(bytes[2], 0, "{bytes:?}");
}
