//! Reads the weights that are always in DRAM, which lie behind the store, before the first request.

use crate::{
    counters::Counters,
    platform::{Cause, Platform, Read},
    stopwatch::Stopwatch,
    store::{Extent, Store},
};

/// Reads `dense_bytes` in reads of up to `read_bytes`, of which `at_once` are outstanding.
pub(crate) fn read_dense(
    store: &Store,
    dense_bytes: u64,
    read_bytes: u64,
    at_once: u64,
    platform: &mut impl Platform,
    counters: &mut Counters,
    watch: &mut Stopwatch,
) {
    let cause = Cause::WarmUp;
    let end = store.bytes() + dense_bytes;
    let mut at = store.bytes();
    while at < end {
        let mut first_ticket = None;
        let mut last_ticket = 0;
        for _ in 0..at_once {
            if at >= end {
                break;
            }
            let needed_bytes = read_bytes.min(end - at);
            let bytes = needed_bytes.next_multiple_of(store.read_unit_bytes());
            counters.reads[cause as usize] += 1;
            counters.read_bytes[cause as usize] += bytes;
            counters.needed_bytes[cause as usize] += needed_bytes;
            last_ticket = platform.submit(&Read { extent: Extent { offset: at, bytes }, cause }, &[]);
            first_ticket.get_or_insert(last_ticket);
            at += needed_bytes;
        }
        for ticket in first_ticket.unwrap_or(last_ticket)..=last_ticket {
            watch.wait(platform, ticket);
        }
    }
}
