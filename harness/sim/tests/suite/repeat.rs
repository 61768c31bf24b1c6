//! Time never goes back, and the same calls give the same numbers.

use proptest::prelude::*;
use tightfit_engine::platform::{Cause, KernelKind, Platform, Ticket, Touched};
use tightfit_sim::SimPlatform;

use crate::profile::{GRID, LAW, device, kernel, platform, read};

/// One call on a platform.
#[derive(Clone, Copy, Debug)]
enum Call {
    Read(u64, Cause),
    Wait(usize),
    Cancel(usize),
    Move(u64),
    Run(KernelKind, u32),
}

fn any_call() -> impl Strategy<Value = Call> {
    let cause = prop::sample::select(vec![Cause::Demand, Cause::Prefetch, Cause::WarmUp]);
    let kind = prop::sample::select(vec![KernelKind::Dense, KernelKind::FeedForward, KernelKind::Head]);
    prop_oneof![
        4 => (1_u64..3_000_000, cause).prop_map(|(bytes, cause)| Call::Read(bytes, cause)),
        2 => any::<usize>().prop_map(Call::Wait),
        1 => any::<usize>().prop_map(Call::Cancel),
        1 => (1_u64..100_000).prop_map(Call::Move),
        3 => (kind, 0_u32..2).prop_map(|(kind, layer)| Call::Run(kind, layer)),
    ]
}

/// Makes the calls; the time after each, and everything that can be asked at the end.
fn make(platform: &mut SimPlatform, calls: &[Call]) -> Result<Vec<u64>, TestCaseError> {
    let mut tickets: Vec<Ticket> = Vec::new();
    let mut lengths: Vec<u64> = Vec::new();
    let mut numbers = Vec::new();
    let mut asked_bytes = 0;
    for call in calls {
        let before_ns = platform.now_ns();
        match *call {
            Call::Read(bytes, cause) => {
                asked_bytes += bytes;
                lengths.push(bytes);
                tickets.push(platform.submit(&read(bytes, cause), &[]));
            }
            Call::Wait(index) if !tickets.is_empty() => {
                let ticket = tickets[index % tickets.len()];
                platform.wait(ticket);
                prop_assert!(platform.landed(ticket));
            }
            Call::Cancel(index) if !tickets.is_empty() => {
                let index = index % tickets.len();
                let was_there = platform.landed(tickets[index]);
                let taken_back = platform.cancel(tickets[index]);
                prop_assert!(!(was_there && taken_back), "a read that has landed is taken back");
                asked_bytes -= if taken_back { lengths[index] } else { 0 };
            }
            Call::Wait(_) | Call::Cancel(_) => {}
            Call::Move(bytes) => platform.move_row(0, 1, bytes),
            Call::Run(kind, layer) => {
                let surcharge = platform.run(&kernel(kind, layer, 30), Touched::default());
                let owned_ns = surcharge.contention_ns + surcharge.overhead_ns + surcharge.throttling_ns;
                prop_assert!(platform.now_ns() - before_ns >= owned_ns);
                numbers.extend([surcharge.contention_ns, surcharge.overhead_ns, surcharge.throttling_ns]);
            }
        }
        prop_assert!(platform.now_ns() >= before_ns, "time went back at {:?}", call);
        numbers.push(platform.now_ns());
    }
    for ticket in tickets {
        platform.wait(ticket);
    }
    let ledger = platform.ledger();
    prop_assert_eq!(ledger.flash_bytes, asked_bytes, "everything lands");
    prop_assert_eq!(platform.submitted_bytes(), asked_bytes);
    prop_assert!(platform.flash_busy_ns() <= platform.now_ns());
    numbers.extend([ledger.awake_ns, ledger.active_ns, ledger.dram_bytes, platform.flash_busy_ns()]);
    numbers.push(platform.energy(&ledger).total_pj());
    Ok(numbers)
}

proptest! {
    #[test]
    fn time_goes_on_and_repeats_exactly(
        calls in prop::collection::vec(any_call(), 1..80),
        lanes in 1_u32..12,
        grid in any::<bool>(),
    ) {
        // A hot device, so that throttling takes part.
        let device = device(if grid { GRID } else { LAW }, 8, [500, 9000, 600], 1);
        let first = make(&mut platform(&device, lanes), &calls)?;
        let second = make(&mut platform(&device, lanes), &calls)?;
        prop_assert_eq!(first, second);
    }
}
