//! Closed forms of the flash: an unloaded read, full lanes, the rate of commands, the queue, demand before prefetch.

use tightfit_engine::platform::{Cause, Platform, Ticket};
use tightfit_sim::{SimPlatform, flash::Flash, service::ServiceTable};

use crate::profile::{ALONE, GRID, LAW, cool, platform, read};

/// Keeps `lanes` reads of `bytes` outstanding until `count` have landed; nanoseconds that took.
fn closed_loop(platform: &mut SimPlatform, lanes: usize, bytes: u64, count: usize) -> u64 {
    let start_ns = platform.now_ns();
    let mut outstanding: std::collections::VecDeque<Ticket> =
        (0..lanes).map(|_| platform.submit(&read(bytes, Cause::Demand), &[])).collect();
    for _ in 0..count {
        let ticket = outstanding.pop_front().expect("lanes");
        platform.wait(ticket);
        outstanding.push_back(platform.submit(&read(bytes, Cause::Demand), &[]));
    }
    let span_ns = platform.now_ns() - start_ns;
    for ticket in outstanding {
        platform.wait(ticket);
    }
    span_ns
}

/// Bytes a second of such a loop.
fn rate(lanes: usize, bytes: u64, device: &str, queue_depth: u32) -> f64 {
    let count = lanes * 200;
    let mut platform = platform(&cool(device, queue_depth), u32::try_from(lanes).expect("a few lanes"));
    let span_ns = closed_loop(&mut platform, lanes, bytes, count);
    (count as u64 * bytes) as f64 * 1e9 / span_ns as f64
}

#[test]
fn an_unloaded_read_takes_latency_and_size_over_bandwidth() {
    // 100 us and 1 ns a byte: 4 KiB = 104,096 ns.
    for bytes in
        [1, 512, 4096, 4608, 5000, 16_384, 99_999, 131_072, 1_000_000, 1 << 20, 12_345_678, 134_217_728, 1 << 29]
    {
        for lanes in [1, 8] {
            let mut platform = platform(&cool(ALONE, 32), lanes);
            let ticket = platform.submit(&read(bytes, Cause::Demand), &[]);
            assert!(!platform.landed(ticket));
            platform.wait(ticket);
            assert!(platform.landed(ticket));
            // The ceiling, 40 times as high, costs up to 1 / 40^4 / 4 of the time.
            let most_ns = 100_001 + bytes + bytes / 1_000_000;
            assert!((100_000 + bytes..=most_ns).contains(&platform.now_ns()), "{bytes} B with {lanes} lanes");
            assert_eq!(platform.flash_busy_ns(), platform.now_ns());
        }
    }
}

#[test]
fn full_lanes_come_near_the_ceiling() {
    // Alone a read of 1 MiB would take 1.15 ms, eight at the ceiling take 2.10, 32 take 8.39.
    for (lanes, bytes, share) in [(8, 1 << 20, 0.978), (16, 1 << 20, 0.998), (32, 1 << 20, 0.999)] {
        let rate = rate(lanes, bytes, LAW, 32);
        assert!((rate / 4e9 / share - 1.0).abs() < 2e-3, "{lanes} lanes of {bytes} B: {rate} B/s");
    }
}

#[test]
fn one_lane_stays_at_its_own_rate() {
    let bytes = 4_000_000;
    let rate = rate(1, bytes, ALONE, 32);
    assert!((rate / (bytes as f64 * 1e9 / 4_100_000.0) - 1.0).abs() < 1e-6, "{rate} B/s");
}

#[test]
fn short_reads_reach_the_rate_of_commands() {
    // 32 lanes of 4 KiB would be 307,000 reads a second by latency, 976,000 by the ceiling: commands decide.
    let reads_per_s = rate(32, 4096, LAW, 32) / 4096.0;
    assert!((reads_per_s / 50_000.0 - 1.0).abs() < 1e-3, "{reads_per_s} reads/s");
}

#[test]
fn the_queue_depth_limits_the_lanes() {
    // A queue of 2 behind 16 lanes: two reads at a time, each 100 us + 65,536 ns.
    let mut platform = platform(&cool(ALONE, 2), 16);
    let tickets: Vec<Ticket> = (0..16).map(|_| platform.submit(&read(65_536, Cause::Demand), &[])).collect();
    for (index, &ticket) in tickets.iter().enumerate() {
        platform.wait(ticket);
        assert_eq!(platform.now_ns(), (index as u64 / 2 + 1) * 165_536, "read {index}");
    }
    let mut alone = self::platform(&cool(ALONE, 2), 1);
    let tickets: Vec<Ticket> = (0..4).map(|_| alone.submit(&read(65_536, Cause::Demand), &[])).collect();
    for ticket in tickets {
        alone.wait(ticket);
    }
    assert_eq!(alone.now_ns(), 4 * 165_536, "one lane reads one after another");
}

#[test]
fn grid_points_are_reproduced() {
    let points = [
        (4 << 10, 1, 30e6),
        (4 << 10, 4, 110e6),
        (4 << 10, 16, 400e6),
        (64 << 10, 1, 400e6),
        (64 << 10, 4, 1300e6),
        (64 << 10, 16, 2000e6),
        (1 << 20, 1, 1500e6),
        (1 << 20, 4, 2400e6),
        (1 << 20, 16, 2500e6),
    ];
    for (bytes, lanes, expected) in points {
        let rate = rate(lanes, bytes, GRID, 32);
        assert!((rate / expected - 1.0).abs() < 0.01, "{lanes} lanes of {bytes} B: {rate} B/s, measured {expected}");
    }
}

#[test]
fn demand_overtakes_queued_prefetch() {
    let mut platform = platform(&cool(ALONE, 32), 1);
    let ahead: Vec<Ticket> = (0..3).map(|_| platform.submit(&read(1000, Cause::Prefetch), &[])).collect();
    // Time passes: the first prefetch starts and can't be recalled, the others wait.
    platform.move_row(0, 1, 20_000);
    assert_eq!(platform.now_ns(), 1000);
    let demand = platform.submit(&read(1000, Cause::Demand), &[]);
    platform.wait(demand);
    assert_eq!(platform.now_ns(), 2 * 101_000, "behind one prefetch");
    assert!(platform.landed(ahead[0]) && !platform.landed(ahead[1]) && !platform.landed(ahead[2]));
    platform.wait(ahead[2]);
    assert_eq!(platform.now_ns(), 4 * 101_000, "the others are not lost");
    assert_eq!(platform.submitted_bytes(), 4000);
}

#[test]
fn flash_is_busy_while_a_read_is_in_flight_and_no_longer() {
    let device = cool(ALONE, 32);
    let mut flash = Flash::new(ServiceTable::new(&device.flash.law, 4), 4, 4);
    flash.reserve(16);
    flash.advance(50_000);
    assert_eq!(flash.busy_ns(), 0);
    let ticket = flash.submit(1000, Cause::Demand);
    assert_eq!(flash.advance_until_landed(ticket), 50_000 + 101_000);
    flash.advance(1_000_000);
    assert_eq!((flash.busy_ns(), flash.landed_bytes()), (101_000, 1000));
}

#[test]
#[should_panic(expected = "more reads outstanding than the 16 reserved")]
fn more_reads_than_reserved_are_refused() {
    let mut flash = Flash::new(ServiceTable::new(&cool(LAW, 32).flash.law, 1), 1, 1);
    flash.reserve(16);
    for _ in 0..17 {
        flash.submit(4096, Cause::Prefetch);
    }
}

#[test]
fn a_prefetch_may_starve_behind_any_number_of_demand_reads() {
    let mut flash = Flash::new(ServiceTable::new(&cool(ALONE, 32).flash.law, 1), 1, 1);
    flash.reserve(3);
    let first = flash.submit(1000, Cause::Demand);
    flash.advance(0);
    let ahead = flash.submit(1000, Cause::Prefetch);
    let mut last = first;
    for _ in 0..500 {
        // The next demand read is there before the last has landed, so that the lane is never the prefetch's.
        let next = flash.submit(1000, Cause::Demand);
        flash.advance_until_landed(last);
        assert!(flash.landed(last) && !flash.landed(next) && !flash.landed(ahead));
        last = next;
    }
    assert_eq!(flash.advance_until_landed(ahead), 502 * 101_000);
}

#[test]
fn prefetches_keep_to_their_lanes() {
    let device = cool(ALONE, 32);
    for (prefetch_lanes, turns) in [(1, 6), (2, 3), (3, 2), (4, 2)] {
        let mut flash = Flash::new(ServiceTable::new(&device.flash.law, 4), 4, prefetch_lanes);
        flash.reserve(16);
        let tickets: Vec<Ticket> = (0..6).map(|_| flash.submit(1000, Cause::Prefetch)).collect();
        flash.advance(50_000);
        // Demand finds a lane where prefetches may not have all.
        let demand = flash.submit(1000, Cause::Demand);
        let waits_ns = if prefetch_lanes == 4 { 51_000 } else { 0 };
        assert_eq!(flash.advance_until_landed(demand), 50_000 + waits_ns + 101_000, "{prefetch_lanes} lanes");
        let last_ns = tickets.iter().map(|&ticket| flash.advance_until_landed(ticket)).max();
        assert_eq!(last_ns, Some(turns * 101_000), "{prefetch_lanes} lanes");
    }
}

#[test]
fn only_prefetches_that_have_not_begun_are_taken_back() {
    let mut platform = platform(&cool(ALONE, 32), 1);
    let ahead: Vec<Ticket> = (0..3).map(|_| platform.submit(&read(1000, Cause::Prefetch), &[])).collect();
    let demand = platform.submit(&read(1000, Cause::Demand), &[]);
    assert!(!platform.cancel(demand), "a demand read is needed");
    platform.wait(demand);
    // The first prefetch is on the lane now, the others are queued.
    platform.move_row(0, 1, 20_000);
    assert!(!platform.cancel(ahead[0]), "it has begun");
    assert!(platform.cancel(ahead[1]), "it is queued");
    assert!(!platform.cancel(ahead[1]), "it is gone");
    platform.wait(ahead[2]);
    assert_eq!(platform.now_ns(), 3 * 101_000, "the one that was taken back takes no time");
    assert!(!platform.cancel(ahead[2]), "it has landed");
    assert_eq!((platform.submitted_bytes(), platform.ledger().flash_bytes), (3000, 3000));
}
