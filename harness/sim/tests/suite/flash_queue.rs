//! Who goes when, to the nanosecond: a flash whose reads do not slow each other, beside a list of reads that is scanned.

use proptest::prelude::*;
use tightfit_engine::platform::{Cause, Ticket};
use tightfit_sim::{flash::Flash, service::ServiceTable};

use crate::profile::cool;

/// 100 us and 10 ns a byte, with so many commands and such a ceiling that lanes do not meet.
const ALONE: &str = "read-latency-us = 100\nlane-mb-per-s = 100\nreads-per-s = 1000000000\nceiling-mb-per-s = 40000\n";

/// A read of the list.
#[derive(Clone, Copy, Debug)]
struct Listed {
    bytes: u64,
    ahead: bool,
    started_ns: Option<u64>,
    taken_back: bool,
}

impl Listed {
    fn finish_ns(&self) -> Option<u64> {
        self.started_ns.map(|started_ns| started_ns + 100_000 + 10 * self.bytes)
    }

    fn landed(&self, now_ns: u64) -> bool {
        self.finish_ns().is_some_and(|finish_ns| finish_ns <= now_ns)
    }

    fn waits(&self) -> bool {
        self.started_ns.is_none() && !self.taken_back
    }
}

/// All reads ever submitted, in order.
struct List {
    reads: Vec<Listed>,
    now_ns: u64,
    lanes: usize,
    prefetch_lanes: usize,
}

impl List {
    fn going(&self, ahead_only: bool) -> usize {
        let going = |read: &&Listed| read.started_ns.is_some() && !read.landed(self.now_ns);
        self.reads.iter().filter(going).filter(|read| read.ahead || !ahead_only).count()
    }

    /// Starts whatever may start now.
    fn start(&mut self) {
        while self.going(false) < self.lanes {
            let ahead_may = self.going(true) < self.prefetch_lanes;
            let demand = self.reads.iter().position(|read| read.waits() && !read.ahead);
            let ahead = self.reads.iter().position(|read| read.waits() && read.ahead && ahead_may);
            let Some(next) = demand.or(ahead) else { break };
            self.reads[next].started_ns = Some(self.now_ns);
        }
    }

    fn advance(&mut self, until_ns: u64) {
        loop {
            self.start();
            let next = self.reads.iter().filter_map(Listed::finish_ns).filter(|&at_ns| at_ns > self.now_ns).min();
            let Some(next_ns) = next.filter(|&at_ns| at_ns <= until_ns) else { break };
            self.now_ns = next_ns;
        }
        self.now_ns = until_ns;
    }
}

#[derive(Clone, Copy, Debug)]
enum Call {
    Submit(u64, bool),
    Cancel(usize),
}

fn any_call() -> impl Strategy<Value = (u64, Call)> {
    let call = prop_oneof![
        3 => (1_u64..400_000, any::<bool>()).prop_map(|(bytes, ahead)| Call::Submit(bytes, ahead)),
        1 => any::<usize>().prop_map(Call::Cancel),
    ];
    (prop_oneof![Just(0), 0_u64..2_000_000], call)
}

/// Makes the calls on both; how many reads were taken back, and how many were not because they had begun.
fn side_by_side(calls: &[(u64, Call)], lanes: usize, prefetch_lanes: usize) -> (u64, u64) {
    let table = ServiceTable::new(&cool(ALONE, 32).flash.law, u32::try_from(lanes).expect("a few lanes"));
    let mut flash = Flash::new(table, lanes, prefetch_lanes);
    flash.reserve(calls.len());
    let mut list = List { reads: Vec::new(), now_ns: 0, lanes, prefetch_lanes };
    let mut tickets: Vec<Ticket> = Vec::new();
    let (mut taken_back, mut had_begun) = (0, 0);
    for &(gap_ns, call) in calls {
        let now_ns = list.now_ns + gap_ns;
        list.advance(now_ns);
        flash.advance(now_ns);
        for (read, &ticket) in list.reads.iter().zip(&tickets) {
            assert_eq!(flash.landed(ticket), read.landed(now_ns) || read.taken_back, "{read:?} at {now_ns}");
        }
        match call {
            Call::Submit(bytes, ahead) => {
                tickets.push(flash.submit(bytes, if ahead { Cause::Prefetch } else { Cause::Demand }));
                list.reads.push(Listed { bytes, ahead, started_ns: None, taken_back: false });
            }
            Call::Cancel(index) if !tickets.is_empty() => {
                let index = index % tickets.len();
                let read = &mut list.reads[index];
                let may = read.ahead && read.waits();
                had_begun += u64::from(read.ahead && read.started_ns.is_some());
                read.taken_back |= may;
                taken_back += u64::from(may);
                assert_eq!(flash.cancel(tickets[index]), may.then_some(read.bytes), "{read:?} at {now_ns}");
            }
            Call::Cancel(_) => {}
        }
    }
    let last_ns = list.now_ns;
    list.advance(last_ns + 1_000_000_000);
    let mut bytes = 0;
    for (read, &ticket) in list.reads.iter().zip(&tickets).filter(|(read, _)| !read.taken_back) {
        let finish_ns = read.finish_ns().expect("a second is long");
        let found_ns = flash.clone().advance_until_landed(ticket);
        assert_eq!(found_ns, finish_ns.max(last_ns), "{read:?}");
        bytes += read.bytes;
    }
    flash.advance(list.now_ns);
    assert_eq!(flash.landed_bytes(), bytes, "what was taken back never lands");
    (taken_back, had_begun)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn reads_start_and_land_as_listed(
        calls in prop::collection::vec(any_call(), 1..40),
        (lanes, prefetch_lanes) in (1_usize..5).prop_flat_map(|lanes| (Just(lanes), 1..=lanes)),
    ) {
        side_by_side(&calls, lanes, prefetch_lanes);
    }
}

#[test]
fn reads_are_taken_back_and_begin() {
    let calls: Vec<(u64, Call)> = (0..40)
        .map(|number| {
            let call = if number % 3 == 2 { Call::Cancel(number) } else { Call::Submit(50_000, number % 4 > 0) };
            (80_000, call)
        })
        .collect();
    let (taken_back, had_begun) = side_by_side(&calls, 2, 1);
    assert!(taken_back > 2 && had_begun > 2, "{taken_back} taken back, {had_begun} had begun");
}
