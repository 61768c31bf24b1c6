//! The energy ledger, to the picojoule.

use tightfit_engine::platform::{Cause, KernelKind, Platform, Touched};
use tightfit_sim::{Ledger, energy::Energy};

use crate::profile::{ALONE, LAW, cool, kernel, platform, read};

#[test]
fn every_component_is_exact() {
    let mut platform = platform(&cool(ALONE, 32), 4);
    let ticket = platform.submit(&read(10_001, Cause::Demand), &[]);
    platform.wait(ticket);
    platform.move_row(0, 1, 20_000);
    platform.run(&kernel(KernelKind::FeedForward, 1, 100), Touched::default());
    let ledger = platform.ledger();
    // Awake: 100 us + 10,001 B at 1 GB/s, 1 us of move, 7 us of dispatch, 100 us of bytes and 20 ns of operations.
    let awake_ns = 110_001 + 1000 + 7000 + 100_020;
    // DRAM: the read is written, the move read and written, the kernel's rows read.
    let dram_bytes = 10_001 + 2 * 20_000 + 2_000_000;
    assert_eq!(ledger, Ledger { awake_ns, active_ns: 100_020, dram_bytes, flash_bytes: 10_001 });
    let energy = platform.energy(&ledger);
    let expected = Energy {
        idle_pj: 500 * awake_ns,
        compute_pj: 3000 * 100_020,
        dram_pj: 50 * dram_bytes,
        // 100.5 pJ a byte: 1,005,100.5, rounded to the nearest, halves up.
        flash_pj: 1_005_101,
    };
    assert_eq!(energy, expected);
    assert_eq!(energy.total_pj(), energy.idle_pj + energy.compute_pj + energy.dram_pj + energy.flash_pj);
}

#[test]
fn a_span_of_the_ledger_is_a_difference() {
    let mut platform = platform(&cool(LAW, 32), 4);
    platform.run(&kernel(KernelKind::Dense, 0, 0), Touched::default());
    let before = platform.ledger();
    platform.run(&kernel(KernelKind::Dense, 1, 0), Touched::default());
    let span = platform.ledger().since(&before);
    assert_eq!(span, Ledger { awake_ns: 107_035, active_ns: 100_035, dram_bytes: 2_000_256, flash_bytes: 0 });
    assert_eq!(platform.energy(&span).compute_pj, 3000 * 100_035);
}

#[test]
fn bytes_out_of_flash_count_when_they_have_landed() {
    let mut platform = platform(&cool(LAW, 32), 4);
    let ticket = platform.submit(&read(4096, Cause::Prefetch), &[]);
    platform.run(&kernel(KernelKind::FeedForward, 0, 0), Touched::default());
    assert_eq!((platform.ledger().flash_bytes, platform.submitted_bytes()), (0, 4096));
    platform.wait(ticket);
    assert_eq!(platform.ledger().flash_bytes, 4096);
}

#[test]
fn a_read_that_was_taken_back_cost_nothing_at_any_time() {
    let device = cool(LAW, 32);
    let (mut with, mut without) = (platform(&device, 1), platform(&device, 1));
    let head = kernel(KernelKind::Head, 2, 0);
    let rows = kernel(KernelKind::FeedForward, 1, 1);
    for platform in [&mut with, &mut without] {
        // The lane is taken for long.
        platform.submit(&read(100_000_000, Cause::Demand), &[]);
        platform.run(&rows, Touched::default());
    }
    let ahead = with.submit(&read(50_000_000, Cause::Prefetch), &[]);
    // A token ends, and with it a span of heat, while the read is queued.
    for platform in [&mut with, &mut without] {
        platform.run(&head, Touched::default());
    }
    assert_eq!(with.ledger(), without.ledger(), "a queued read");
    assert!(with.cancel(ahead));
    for platform in [&mut with, &mut without] {
        // Far fewer bytes than were taken back.
        platform.run(&head, Touched::default());
    }
    assert_eq!(with.ledger(), without.ledger(), "a read that was taken back");
    assert!(with.ledger().dram_bytes < 50_000_000);
}
