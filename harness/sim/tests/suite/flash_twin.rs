//! The slow twin of the flash queue: a fluid in floating point. Each read in flight drains at one over its service time
//! for the number in flight, which is asked of the law itself; who starts next is scanned for.

use proptest::prelude::*;
use tightfit_devices::{FlashLaw, law_ns};
use tightfit_engine::platform::{Cause, Ticket};
use tightfit_sim::{flash::Flash, service::ServiceTable};

use crate::profile::{ALONE, LAW, cool};

/// A read of the fluid.
#[derive(Clone, Copy, Debug)]
struct Drop {
    submitted_ns: u64,
    bytes: u64,
    cause: Cause,
    /// What is left, from 1 to 0; none before it starts.
    left: Option<f64>,
    landed_ns: Option<f64>,
}

/// Service time by the law, nanoseconds.
fn service_ns(law: &FlashLaw, bytes: u64, lanes: usize) -> f64 {
    let FlashLaw::Parameters { read_latency, lane, reads_per_s, ceiling } = law else { panic!("a law of four") };
    let [lane, reads, ceiling] = [lane.get(), *reads_per_s, ceiling.get()].map(|rate| rate as f64);
    law_ns([read_latency.get() as f64, lane, reads, ceiling], bytes as f64, lanes as f64)
}

/// Lets the fluid run until everything has landed.
fn drain(law: &FlashLaw, lanes: usize, prefetch_lanes: usize, drops: &mut [Drop]) {
    let mut now_ns = 0.0;
    while drops.iter().any(|drop| drop.landed_ns.is_none()) {
        let going = |drop: &Drop| drop.left.is_some() && drop.landed_ns.is_none();
        while drops.iter().filter(|drop| going(drop)).count() < lanes {
            let ahead = drops.iter().filter(|drop| going(drop) && drop.cause == Cause::Prefetch).count();
            let may_start = |drop: &Drop| drop.cause != Cause::Prefetch || ahead < prefetch_lanes;
            let waits = |drop: &&mut Drop| drop.left.is_none() && drop.submitted_ns as f64 <= now_ns && may_start(drop);
            // Demand before prefetch, then as submitted.
            let next = drops.iter_mut().filter(waits).min_by_key(|drop| drop.cause == Cause::Prefetch);
            let Some(next) = next else { break };
            next.left = Some(1.0);
        }
        let count = drops.iter().filter(|drop| going(drop)).count();
        let rates: Vec<f64> = drops.iter().map(|drop| 1.0 / service_ns(law, drop.bytes, count.max(1))).collect();
        let finish = drops.iter().zip(&rates).filter(|(drop, _)| going(drop));
        let finish_ns = finish.map(|(drop, rate)| now_ns + drop.left.expect("going") / rate);
        let arrivals = drops.iter().map(|drop| drop.submitted_ns as f64).filter(|&at_ns| at_ns > now_ns);
        let next_ns = finish_ns.chain(arrivals).fold(f64::INFINITY, f64::min);
        for (drop, rate) in drops.iter_mut().zip(&rates).filter(|(drop, _)| going(drop)) {
            let left = drop.left.expect("going") - (next_ns - now_ns) * rate;
            drop.left = Some(left);
            if left < 1e-12 {
                drop.landed_ns = Some(next_ns);
            }
        }
        now_ns = next_ns;
    }
}

/// When each read lands on the simulated flash.
fn simulate(law: &FlashLaw, lanes: usize, prefetch_lanes: usize, drops: &[Drop]) -> Vec<u64> {
    let table = ServiceTable::new(law, u32::try_from(lanes).expect("a few lanes"));
    let mut flash = Flash::new(table, lanes, prefetch_lanes);
    flash.reserve(drops.len());
    let mut landed_ns: Vec<Option<u64>> = vec![None; drops.len()];
    let mut tickets: Vec<Ticket> = Vec::new();
    let mut waiting = drops.iter().peekable();
    let mut now_ns = 0;
    // From submission to submission: what lands before the next one is seen by a copy that runs ahead.
    while landed_ns.iter().any(Option::is_none) {
        while let Some(drop) = waiting.next_if(|drop| drop.submitted_ns <= now_ns) {
            tickets.push(flash.submit(drop.bytes, drop.cause));
        }
        let until_ns = waiting.peek().map(|drop| drop.submitted_ns);
        let mut probe = flash.clone();
        let mut earliest_ns = u64::MAX;
        for (landed_ns, &ticket) in landed_ns.iter_mut().zip(&tickets).filter(|(landed_ns, _)| landed_ns.is_none()) {
            let at_ns = probe.clone().advance_until_landed(ticket);
            earliest_ns = earliest_ns.min(at_ns);
            if until_ns.is_none_or(|until_ns| at_ns <= until_ns) {
                *landed_ns = Some(at_ns);
            }
        }
        probe.advance(until_ns.unwrap_or(earliest_ns));
        now_ns = until_ns.unwrap_or(earliest_ns);
        flash = probe;
    }
    landed_ns.into_iter().map(|at_ns| at_ns.expect("all landed")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn reads_land_when_the_fluid_has_drained(
        (lanes, prefetch_lanes) in (1_usize..9).prop_flat_map(|lanes| (Just(lanes), 1..=lanes)),
        reads in prop::collection::vec((0_u64..300_000, 0_u32..10, 0_u32..8, any::<bool>()), 1..25),
    ) {
        let law = cool(LAW, 32).flash.law;
        let mut at_ns = 0;
        let mut drops: Vec<Drop> = reads
            .iter()
            .map(|&(gap_ns, octave, step, ahead)| {
                at_ns += if gap_ns % 3 == 0 { 0 } else { gap_ns };
                // Sizes on the table's knots: 4 KiB, 4.5 KiB, ... 3.75 MiB.
                let bytes = u64::from((8 + step) << (9 + octave));
                let cause = if ahead { Cause::Prefetch } else { Cause::Demand };
                Drop { submitted_ns: at_ns, bytes, cause, left: None, landed_ns: None }
            })
            .collect();
        let simulated = simulate(&law, lanes, prefetch_lanes, &drops);
        drain(&law, lanes, prefetch_lanes, &mut drops);
        for (index, (drop, &landed_ns)) in drops.iter().zip(&simulated).enumerate() {
            let expected = drop.landed_ns.expect("drained") - drop.submitted_ns as f64;
            let found = (landed_ns - drop.submitted_ns) as f64;
            prop_assert!((found / expected - 1.0).abs() < 0.005, "read {}: {} ns, fluid {} ns", index, found, expected);
        }
    }
}

#[test]
fn the_twin_knows_the_closed_forms() {
    let law = cool(ALONE, 32).flash.law;
    let of = |count: usize, bytes: u64| {
        let one = Drop { submitted_ns: 0, bytes, cause: Cause::Demand, left: None, landed_ns: None };
        vec![one; count]
    };
    let mut one = of(1, 1_000_000);
    drain(&law, 8, 8, &mut one);
    assert!((one[0].landed_ns.expect("drained") - 1_100_000.0).abs() < 1.0);
    // Eight of 1 MB share 4 GB/s, 2 ms, which 1.1 ms alone make somewhat longer.
    let shared_ns = (2e6_f64.powi(4) + 1.1e6_f64.powi(4) + 160_000_f64.powi(4)).powf(0.25);
    let mut eight = of(8, 1_000_000);
    drain(&cool(LAW, 32).flash.law, 8, 8, &mut eight);
    assert!(eight.iter().all(|drop| (drop.landed_ns.expect("drained") - shared_ns).abs() < 1.0), "{eight:?}");
    // Of eight prefetches on two lanes of eight, two go at a time.
    let mut ahead = of(8, 1_000_000);
    for drop in &mut ahead {
        drop.cause = Cause::Prefetch;
    }
    drain(&law, 8, 2, &mut ahead);
    assert!((ahead[7].landed_ns.expect("drained") - 4.0 * 1_100_000.0).abs() < 10.0, "{ahead:?}");
}
