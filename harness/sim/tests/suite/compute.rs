//! Kernels: bytes, operations and fixed costs, and the DRAM bandwidth that incoming reads take from them.

use tightfit_devices::{Stored, WeightFormat};
use tightfit_engine::platform::{Cause, Kernel, KernelKind, Platform, Surcharge, Touched};
use tightfit_sim::{Costs, Positions};

use crate::profile::{ALONE, LAW, cool, costs, kernel, platform, read};

/// Dispatch of the test's processor.
const DISPATCH_NS: u64 = 7000;

/// Runs one kernel on an idle platform; its time and surcharge.
fn run(kernel: &Kernel) -> (u64, Surcharge) {
    let mut platform = platform(&cool(LAW, 32), 4);
    let surcharge = platform.run(kernel, Touched::default());
    (platform.now_ns(), surcharge)
}

#[test]
fn a_kernel_takes_its_operations_its_bytes_and_a_dispatch() {
    // Attained: 200 GFLOPS x 0.25 = 50 GFLOPS; 50 GB/s x 0.8 x 0.5 = 20 GB/s.
    let cases = [
        // 5 MFLOP at 50 GFLOPS = 100 us, and 1,000 B.
        (kernel(KernelKind::Dense, 0, 0), 100_050),
        // 2 MB at 20 GB/s, one position's KV cache written and read (256 B, 12.8 ns), 1,000 operations (20 ns) and 64 of
        // attention (1.28 ns); each is rounded up.
        (kernel(KernelKind::Dense, 1, 0), 100_000 + 13 + 20 + 2),
        // 20 rows of 50,000 operations and 10 B.
        (kernel(KernelKind::FeedForward, 0, 20), 20_010),
        // 20 rows of 20,000 B and 10 operations.
        (kernel(KernelKind::FeedForward, 1, 20), 20_004),
        // Rows that no position uses cost their bytes, rows used twice their operations twice.
        (Kernel { row_uses: 40, ..kernel(KernelKind::FeedForward, 0, 20) }, 40_010),
        (Kernel { row_uses: 40, ..kernel(KernelKind::FeedForward, 1, 20) }, 20_008),
        (kernel(KernelKind::FeedForward, 1, 0), 0),
    ];
    for (kernel, ns) in cases {
        let (found_ns, surcharge) = run(&kernel);
        assert_eq!(found_ns, ns + DISPATCH_NS, "{kernel:?}");
        assert_eq!(surcharge, Surcharge { overhead_ns: DISPATCH_NS, ..Surcharge::default() });
    }
    // The head: 4 MB at 20 GB/s, 2 MFLOP, and the token's fixed 300 us.
    let (found_ns, surcharge) = run(&kernel(KernelKind::Head, 2, 0));
    assert_eq!(found_ns, 240_000 + DISPATCH_NS + 300_000);
    assert_eq!(surcharge.overhead_ns, DISPATCH_NS + 300_000);
}

#[test]
fn attention_looks_at_every_position_before_it() {
    // Four positions after six: they look at 7 + 8 + 9 + 10 = 34 positions, and read 10 and write 4 of the KV cache.
    let kernel = Kernel { tokens: 4, context: 10, ..kernel(KernelKind::Dense, 1, 0) };
    let work = costs().work(&kernel);
    assert_eq!((work.attention_flops, work.cache_bytes), (34 * 64, 14 * 128));
    assert_eq!((work.weights.bytes_total(), work.positions), (2_000_000, Positions::each(4)));
    // Batched or one by one, the operations are the same.
    let alone = |context| costs().work(&Kernel { context, tokens: 1, ..kernel }).attention_flops;
    assert_eq!(work.attention_flops, (7..=10).map(alone).sum::<u64>());
}

#[test]
fn landing_reads_delay_a_kernel_that_is_short_of_bandwidth() {
    // 100 rows of layer 1: 2 MB = 100 us, long enough for a read of 1,000 B (101 us with the dispatch) to land.
    let rows = kernel(KernelKind::FeedForward, 1, 100);
    let mut platform = platform(&cool(ALONE, 32), 4);
    let tickets: Vec<_> = (0..4).map(|_| platform.submit(&read(1000, Cause::Prefetch), &[])).collect();
    let surcharge = platform.run(&rows, Touched::default());
    assert!(tickets.iter().all(|&ticket| platform.landed(ticket)));
    // 4,000 B at the DRAM's 50 GB/s.
    assert_eq!(surcharge.contention_ns, 80);
    assert_eq!(platform.now_ns(), DISPATCH_NS + 100_020 + 80);
}

#[test]
fn landing_reads_delay_a_kernel_of_operations_too() {
    let mut platform = platform(&cool(LAW, 32), 4);
    let ticket = platform.submit(&read(1000, Cause::Prefetch), &[]);
    let surcharge = platform.run(&kernel(KernelKind::Dense, 0, 0), Touched::default());
    assert!(platform.landed(ticket), "it landed under the kernel");
    // Its 1,000 B are written at 50 GB/s meanwhile.
    assert_eq!(surcharge.contention_ns, 20);
    assert_eq!(platform.now_ns(), DISPATCH_NS + 100_050 + 20);
}

#[test]
fn what_lands_before_or_after_a_kernel_does_not_delay_it() {
    let rows = kernel(KernelKind::FeedForward, 1, 100);
    let mut platform = platform(&cool(LAW, 32), 4);
    let early = platform.submit(&read(1000, Cause::Demand), &[]);
    platform.wait(early);
    let late = platform.submit(&read(1_000_000, Cause::Prefetch), &[]);
    assert_eq!(platform.run(&rows, Touched::default()).contention_ns, 0);
    assert!(!platform.landed(late));
    // Nor does what lands during its dispatch, before it touches DRAM: the head's fixed costs are 307 us.
    let mut platform = self::platform(&cool(LAW, 32), 4);
    let during = platform.submit(&read(100_000, Cause::Prefetch), &[]);
    assert_eq!(platform.run(&kernel(KernelKind::Head, 2, 0), Touched::default()).contention_ns, 0);
    assert!(platform.landed(during));
}

#[test]
fn moves_take_their_bytes_at_the_copy_rate() {
    let mut platform = platform(&cool(LAW, 32), 4);
    platform.move_row(3, 1, 20_000);
    assert_eq!(platform.now_ns(), 1000, "20 kB at 20 GB/s");
    platform.move_row(3, 1, 1);
    assert_eq!(platform.now_ns(), 1001, "rounded up");
}

#[test]
fn a_draft_and_a_predictor_cost_their_weights_and_their_operations() {
    let draft = Stored::one(WeightFormat::Int8, 3, 900);
    let costs = Costs { draft, ..costs() };
    let three = |kind| Kernel { tokens: 3, sequences: 3, ..kernel(kind, 1, 20) };
    // Weights are read once, whatever the number of positions.
    let draft = costs.work(&Kernel { layer: 2, ..three(KernelKind::Draft) });
    assert_eq!((draft.weights.bytes_total(), draft.positions, draft.tokens), (900, Positions::each(3), 0));
    let predictor = costs.work(&three(KernelKind::Predictor));
    assert_eq!((predictor.weights.bytes_total(), predictor.positions), (400_000, Positions::each(3)));
    let none = costs.work(&Kernel { layer: 0, ..three(KernelKind::Predictor) });
    assert_eq!(none.weights, Stored::default());
    // 400 kB at 20 GB/s, and 2 x 50,000 x 3 operations.
    let (found_ns, surcharge) = run(&three(KernelKind::Predictor));
    assert_eq!((found_ns, surcharge.overhead_ns), (26_000 + DISPATCH_NS, DISPATCH_NS));
}

#[test]
fn cold_rows_cost_the_bytes_of_their_copies() {
    let rows = kernel(KernelKind::FeedForward, 1, 20);
    for cold_rows in [0, 1, 8, 20] {
        let work = costs().work(&Kernel { cold_rows, ..rows });
        let bytes = u64::from(20 - cold_rows) * 20_000 + u64::from(cold_rows) * 5_000;
        assert_eq!(work.weights.bytes_total(), bytes, "{cold_rows} cold");
        assert_eq!(work.weights.parameters_total(), 100, "a copy has as many weights");
    }
}

#[test]
fn sequences_share_weights_and_have_caches_of_their_own() {
    // Three sequences of four positions after six are three times attention, once the weights.
    let one = Kernel { tokens: 4, context: 10, ..kernel(KernelKind::Dense, 1, 0) };
    let three = costs().work(&Kernel { tokens: 12, sequences: 3, ..one });
    let one = costs().work(&one);
    assert_eq!((three.attention_flops, three.cache_bytes), (3 * one.attention_flops, 3 * one.cache_bytes));
    assert_eq!((three.weights, three.cache_bytes), (one.weights, 3 * 14 * 128));
    // As many positions of one sequence look at each other instead: 4 + 5 + ... + 15 after three.
    let together = costs().work(&Kernel { tokens: 12, context: 15, ..kernel(KernelKind::Dense, 1, 0) });
    assert_eq!(together.attention_flops, (4..=15).sum::<u64>() * 64);
    // The head computes every position and reads its weights once.
    let head = costs().work(&Kernel { tokens: 3, sequences: 3, ..kernel(KernelKind::Head, 2, 0) });
    assert_eq!((head.weights.bytes_total(), head.positions, head.tokens), (4_000_000, Positions::each(3), 1));
}

#[test]
fn a_window_bounds_what_attention_looks_at() {
    let mut costs = costs();
    costs.layers[1].window = Some(8);
    let dense = |tokens, context| costs.work(&Kernel { tokens, context, ..kernel(KernelKind::Dense, 1, 0) });
    // A token reads and looks at eight positions, however many there are, and writes its own.
    for context in [8, 9, 100, 100_000] {
        assert_eq!((dense(1, context).attention_flops, dense(1, context).cache_bytes), (8 * 64, 9 * 128), "{context}");
    }
    assert_eq!(dense(1, 5).attention_flops, 5 * 64);
    // In a batch each position has a window of its own: the slow sum over positions.
    for (tokens, context) in [(1, 1), (4, 4), (4, 10), (12, 12), (12, 15), (20, 20), (20, 90)] {
        let slow: u64 = (context - tokens + 1..=context).map(|position| u64::from(position.min(8))).sum();
        assert_eq!(dense(tokens, context).attention_flops, slow * 64, "{tokens} of {context}");
        let read = u64::from(context.min(8 + tokens - 1));
        assert_eq!(dense(tokens, context).cache_bytes, (read + u64::from(tokens)) * 128, "{tokens} of {context}");
    }
}

#[test]
fn shared_keys_are_read_and_not_written() {
    let mut costs = costs();
    costs.layers[1].kv_is_shared = true;
    let work = costs.work(&Kernel { tokens: 4, context: 10, ..kernel(KernelKind::Dense, 1, 0) });
    assert_eq!(work.cache_bytes, 10 * 128);
}

#[test]
fn a_state_is_read_and_written_once_a_pass_whatever_the_context() {
    let mut costs = costs();
    costs.layers[0].state_bytes = 700;
    costs.layers[0].state_flops = 11;
    for context in [3, 3000] {
        let work = costs.work(&Kernel { tokens: 6, sequences: 2, context, ..kernel(KernelKind::Dense, 0, 0) });
        assert_eq!((work.cache_bytes, work.attention_flops), (2 * 2 * 700, 6 * 11));
    }
}

#[test]
fn weights_keep_their_formats() {
    let mut costs = costs();
    costs.layers[1].row += &Stored::one(WeightFormat::Super6, 7, 30);
    let work = costs.work(&kernel(KernelKind::FeedForward, 1, 20));
    let formats: Vec<_> = work.weights.formats().collect();
    assert_eq!(formats, [(WeightFormat::Int4, 100, 400_000), (WeightFormat::Super6, 140, 600)]);
}
