//! One body for both platforms: what the seam promises, asked of virtual time and of this machine alike.

use tightfit_devices::{Device, ProcessorKind, Stored, WeightFormat};
use tightfit_engine::{
    Platform, Store,
    platform::{Cause, Kernel, KernelKind, Piece, Read, Touched},
    resident::Placement,
    session::{self, Stepper},
    store::{Extent, Layout},
};
use tightfit_host::Reads;
use tightfit_sim::{Costs, LayerCosts, SimPlatform};

use super::case::{self, BUNDLE_BYTES, Case, Disk, LAYERS, geometry};

/// The simulated arm: a phone.
fn simulated(lanes: u32, prefetch_lanes: u32) -> SimPlatform {
    let device = Device::load("iphone-15-pro").unwrap_or_else(|error| panic!("{error}"));
    let runtime = device.runtime("llama.cpp", ProcessorKind::Cpu).expect("it has one");
    let stored = |parameters| Stored::one(WeightFormat::Float16, parameters, 2 * parameters);
    let layer = LayerCosts { dense: stored(1000), row: stored(60), ..LayerCosts::default() };
    let costs = Costs { layers: vec![layer; LAYERS as usize], head: stored(2000), ..Costs::default() };
    SimPlatform::new(tightfit_sim::Spec { device: &device, runtime, costs, lanes, prefetch_lanes })
}

/// Asks `body` of every arm, at one lane and at four.
fn on_both(body: impl Fn(&mut dyn Platform, &str)) {
    let disk = Disk::bundled();
    let mut arms = vec![(Reads::Direct, "direct"), (Reads::Buffered, "buffered")];
    if tightfit_host::ring_is_there().is_ok() {
        arms.push((Reads::Ring, "ring"));
    }
    for lanes in [1, 4] {
        body(&mut simulated(lanes, lanes), &format!("sim x{lanes}"));
        for &(reads, name) in &arms {
            let mut platform = disk.platform(Case { reads, lanes, ..Case::default() }, None);
            body(&mut platform, &format!("{name} x{lanes}"));
            platform.outcome().unwrap_or_else(|error| panic!("{name} x{lanes}: {error}"));
        }
    }
}

/// One unit of the store's `number`-th, with one bundle that lies in it whole, into `slot`.
fn read(number: u64, slot: u32, cause: Cause) -> (Read, [Piece; 1]) {
    let extent = Extent { offset: number * 4096, bytes: 4096 };
    let store = Store::new(geometry(), Layout::Bundled, 4096);
    let inside = |bundle: &u32| {
        let own = store.extent(*bundle, 0);
        own.offset >= extent.offset && own.end() <= extent.end()
    };
    let bundle = (0..store.geometry().bundles()).find(inside).expect("bundles are small");
    let read_offset = store.extent(bundle, 0).offset - extent.offset;
    (Read { extent, cause }, [Piece { bundle, slot, slot_offset: 0, read_offset, bytes: BUNDLE_BYTES }])
}

fn dense(layer: u32) -> Kernel {
    Kernel { kind: KernelKind::Dense, layer, tokens: 1, sequences: 1, context: 1, rows: 0, cold_rows: 0, row_uses: 0 }
}

#[test]
fn tickets_count_from_0_and_every_read_lands_once_waited_for() {
    on_both(|platform, arm| {
        platform.reserve(8);
        for number in 0..8_u32 {
            let (read, pieces) = read(u64::from(number % 6), number, Cause::Demand);
            assert_eq!(platform.submit(&read, &pieces), u64::from(number), "{arm}");
        }
        for ticket in [5, 0, 7, 3, 1, 2, 4, 6] {
            platform.wait(ticket);
            assert!(platform.landed(ticket), "{arm}: {ticket}");
        }
    });
}

#[test]
fn places_are_free_again_when_their_reads_have_been_seen_landed() {
    on_both(|platform, arm| {
        platform.reserve(2);
        for round in 0..50_u64 {
            let tickets = [0, 1].map(|slot| {
                let (read, pieces) = read(round % 6, slot, Cause::Demand);
                platform.submit(&read, &pieces)
            });
            assert_eq!(tickets, [2 * round, 2 * round + 1], "{arm}");
            for ticket in tickets {
                platform.wait(ticket);
            }
        }
    });
}

#[test]
fn time_never_goes_back_and_waiting_takes_some() {
    on_both(|platform, arm| {
        platform.reserve(1);
        let mut last_ns = platform.now_ns();
        for round in 0..20 {
            let (read, pieces) = read(round % 6, 0, Cause::Demand);
            let ticket = platform.submit(&read, &pieces);
            platform.wait(ticket);
            let now_ns = platform.now_ns();
            assert!(now_ns > last_ns, "{arm}: {now_ns} after {last_ns}");
            last_ns = now_ns;
        }
    });
}

#[test]
fn demand_reads_overtake_prefetches() {
    on_both(|platform, arm| {
        platform.reserve(4);
        let tickets = [0, 1, 2, 3].map(|slot| {
            let (read, pieces) = read(u64::from(slot), slot, if slot < 2 { Cause::Demand } else { Cause::Prefetch });
            platform.submit(&read, &pieces)
        });
        // Demand overtakes prefetches; the last prefetch is waited for first.
        platform.wait(tickets[3]);
        if arm.ends_with("x1") {
            let demanded = [0, 1].map(|number| platform.landed(tickets[number]));
            assert_eq!(demanded, [true; 2], "{arm}: a prefetch overtook a demand read");
        }
        for ticket in tickets {
            platform.wait(ticket);
        }
    });
}

#[test]
fn a_prefetch_is_taken_back_only_before_it_has_begun() {
    on_both(|platform, arm| {
        platform.reserve(12);
        let mut tickets = Vec::new();
        for slot in 0..12_u32 {
            let (read, pieces) = read(u64::from(slot % 6), slot, Cause::Prefetch);
            tickets.push(platform.submit(&read, &pieces));
        }
        let (read, pieces) = read(0, 20, Cause::Demand);
        // All places are taken: the last prefetch gives its one back.
        let last = tickets.pop().expect("twelve");
        assert!(platform.cancel(last), "{arm}: nothing has had time to begin");
        assert!(!platform.cancel(last), "{arm}: taken back twice");
        let demanded = platform.submit(&read, &pieces);
        platform.wait(demanded);
        assert!(!platform.cancel(demanded), "{arm}: a demand read was taken back");
        for ticket in tickets {
            platform.wait(ticket);
            assert!(!platform.cancel(ticket), "{arm}: taken back after it had landed");
        }
    });
}

#[test]
fn kernels_run_under_reads_and_all_time_is_accounted_for() {
    on_both(|platform, arm| {
        platform.reserve(9);
        // Dense weights, as warm-up reads them.
        let store = Store::new(geometry(), Layout::Bundled, 4096);
        let extent = Extent { offset: store.bytes(), bytes: case::DENSE_BYTES.next_multiple_of(4096) };
        let ticket = platform.submit(&Read { extent, cause: Cause::WarmUp }, &[]);
        platform.wait(ticket);
        let tickets: Vec<u64> = (0..8)
            .map(|slot| {
                let (read, pieces) = read(u64::from(slot % 6), slot, Cause::Prefetch);
                platform.submit(&read, &pieces)
            })
            .collect();
        let before_ns = platform.now_ns();
        for layer in 0..LAYERS {
            let surcharge = platform.run(&dense(layer), Touched::default());
            let all_ns = surcharge.contention_ns + surcharge.overhead_ns + surcharge.throttling_ns;
            assert!(all_ns <= platform.now_ns() - before_ns, "{arm}: more surcharge than time");
        }
        assert!(platform.now_ns() > before_ns, "{arm}: kernels take time");
        for ticket in tickets {
            platform.wait(ticket);
        }
    });
}

#[test]
fn an_engine_counts_the_same_on_both() {
    let disk = Disk::bundled();
    for (placement, budget_rows) in [(Placement::Compact, 120), (Placement::InPlace, 70), (Placement::InPlace, 250)] {
        let case = Case { placement, budget_rows, lanes: 4, ..Case::default() };
        let script = case::script();
        let request = case::request(&script, tightfit_engine::prefetch::Prefetch::None);
        let mut simulated = case::engine(&disk.store, case, simulated(4, 4));
        session::run(&mut simulated, &request, |_, _| {});
        let ran = disk.run(case, None);
        ran.outcome.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(simulated.counters(), ran.counters);
        assert!(ran.counters.evictions > 10 || budget_rows == 250, "{:?}", ran.counters);
    }
}

#[test]
fn a_moved_row_is_the_row_and_the_slot_it_left_is_free() {
    let disk = Disk::bundled();
    let mut platform = disk.platform(Case::default(), None);
    platform.reserve(1);
    let (read, pieces) = read(2, 5, Cause::Demand);
    let ticket = platform.submit(&read, &pieces);
    platform.wait(ticket);
    let before = platform.slot_bytes(5);
    assert!(before.iter().any(|&byte| byte != 0));
    platform.move_row(5, 3, BUNDLE_BYTES);
    assert_eq!(platform.slot_bytes(3), before);
}

#[test]
#[should_panic(expected = "slot 5 is moved while it is read into")]
fn a_row_on_its_way_can_not_be_moved() {
    let disk = Disk::bundled();
    let mut platform = disk.platform(Case::default(), None);
    platform.reserve(1);
    let (read, pieces) = read(2, 5, Cause::Demand);
    platform.submit(&read, &pieces);
    platform.move_row(5, 3, BUNDLE_BYTES);
}

#[test]
#[should_panic(expected = "more reads outstanding than reserved")]
fn no_more_reads_are_outstanding_than_were_reserved() {
    let disk = Disk::bundled();
    let mut platform = disk.platform(Case::default(), None);
    platform.reserve(1);
    for slot in [0, 1] {
        let (read, pieces) = read(2, slot, Cause::Demand);
        platform.submit(&read, &pieces);
    }
}
