//! The head: what its words cost, and what it costs where it is too large for the fast kernels.

use tightfit_devices::{ByFormat, Factor, LargeHead, MilliOperations, Nanoseconds, ProcessorKind, Runtime};
use tightfit_engine::platform::{Kernel, KernelKind};
use tightfit_sim::{Costs, Processor};

use crate::profile::{LAW, cool, costs, kernel};

/// A runtime of four operations a weight, and what it is changed into.
fn processor(change: impl Fn(Runtime) -> Runtime) -> Processor {
    let device = cool(LAW, 32);
    let bare = device.runtime("bare", ProcessorKind::Cpu).expect("the test's runtime").clone();
    let four = ByFormat { default: MilliOperations::new(4000), formats: std::collections::BTreeMap::new() };
    Processor::new(&device, &change(Runtime { operations_per_weight: Some(four), ..bare }))
}

#[test]
fn each_thousand_words_cost_a_token_so_much_and_other_kernels_nothing() {
    let costs = Costs { vocabulary: 151_936, ..costs() };
    let plain = processor(|runtime| runtime);
    let sampling = processor(|runtime| Runtime { vocabulary_overhead: Nanoseconds::new(5000), ..runtime });
    let head = costs.work(&kernel(KernelKind::Head, 2, 0));
    assert_eq!(head.words, 151_936);
    let more_ns = sampling.time(&head).overhead_ns - plain.time(&head).overhead_ns;
    assert_eq!(more_ns, 759_680, "5 us for each of 151.936 thousand");
    let drafted = Kernel { tokens: 4, ..kernel(KernelKind::Head, 2, 0) };
    assert_eq!(costs.work(&drafted).words, 4 * 151_936, "logits of each token that is verified");
    let dense = costs.work(&kernel(KernelKind::Dense, 0, 0));
    assert_eq!(sampling.time(&dense), plain.time(&dense));
}

#[test]
fn a_head_from_the_limit_on_costs_its_operations_several_times() {
    let large = |weights| {
        let large_head = Some(LargeHead { weights, operations: Factor::from_parts_per_million(3_000_000) });
        processor(move |runtime| Runtime { large_head, ..runtime })
    };
    let plain = processor(|runtime| runtime);
    let head = costs().work(&kernel(KernelKind::Head, 2, 0));
    // A million weights of four operations at 200 GFLOPS.
    assert_eq!(plain.time(&head).arithmetic_ns, 20_000);
    assert_eq!(large(1_000_000).time(&head).arithmetic_ns, 60_000);
    assert_eq!(large(1_000_000).time(&head).bytes_ns, plain.time(&head).bytes_ns);
    assert_eq!(large(1_000_001).time(&head), plain.time(&head));
    // Layers are other matrices, however large, and stay so when joined with the head.
    let mut token = costs().work(&kernel(KernelKind::Dense, 0, 0));
    assert_eq!(large(1).time(&token), plain.time(&token));
    token.join(&head);
    let more_ns = large(1_000_000).time(&token).arithmetic_ns - plain.time(&token).arithmetic_ns;
    assert_eq!(more_ns, 40_000);
}
