//! Reads of rows whose copies to their slots take time of whoever waits, beside blocks that land where they belong.

use tightfit_devices::BytesPerSecond;
use tightfit_engine::platform::{Cause, Piece, Platform};
use tightfit_sim::SimPlatform;

use crate::profile::{ALONE, cool, platform, read};

/// 200 us for a read of 100 KB, and 100 us for its copies.
fn copying(lanes: u32) -> SimPlatform {
    let mut device = cool(ALONE, 32);
    device.runtimes[0].scatter = Some(BytesPerSecond::new(1_000_000_000));
    platform(&device, lanes)
}

/// 100 KB in parts, the second of which begins at `offset`.
fn parts(offset: u64) -> [Piece; 2] {
    let piece = |slot, read_offset, bytes| Piece { bundle: slot, slot, slot_offset: 0, read_offset, bytes };
    [piece(0, 0, offset), piece(1, offset, 100_000 - offset)]
}

#[test]
fn each_read_of_rows_is_copied_once_by_whoever_waits() {
    let mut platform = copying(2);
    let tickets = [0, 1].map(|_| platform.submit(&read(100_000, Cause::Demand), &parts(50_000)));
    let mut waited_ns = |ticket| {
        platform.wait(ticket);
        platform.now_ns()
    };
    assert_eq!(tickets.map(&mut waited_ns), [300_000, 400_000], "both land after 200 us");
    assert_eq!(tickets.map(&mut waited_ns), [400_000, 400_000], "nothing is copied twice");
}

#[test]
fn a_read_that_was_found_landed_is_copied_too() {
    let mut platform = copying(2);
    let [first, second] = [0, 1].map(|_| platform.submit(&read(100_000, Cause::Demand), &parts(50_000)));
    platform.wait(first);
    assert!(platform.landed(second));
    assert_eq!(platform.now_ns(), 400_000);
}

#[test]
fn blocks_land_where_they_belong() {
    let mut platform = copying(1);
    let ticket = platform.submit(&read(100_000, Cause::Demand), &parts(8192));
    platform.wait(ticket);
    assert_eq!(platform.now_ns(), 200_000);
}

#[test]
fn what_is_taken_back_is_not_copied() {
    let mut platform = copying(1);
    let [first, second] = [0, 1].map(|_| platform.submit(&read(100_000, Cause::Prefetch), &parts(50_000)));
    assert!(platform.cancel(second), "it had not begun");
    platform.wait(first);
    assert_eq!(platform.now_ns(), 300_000);
}
