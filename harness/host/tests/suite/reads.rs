//! Whole runs over a real file: readers, lanes, layouts and placements agree about every count and every number computed.

use tightfit_engine::{Overlap, Store, evict::Kind, resident::Placement, store::Layout};
use tightfit_host::Reads;

use super::case::{Case, Disk, geometry, shuffled};

/// Readers that this machine has.
fn readers() -> Vec<Reads> {
    let mut readers = vec![Reads::Direct, Reads::Buffered];
    if let Err(problem) = tightfit_host::ring_is_there() {
        // The reason stands in the test's output.
        println!("SKIPPED io_uring: {problem}");
    } else {
        readers.push(Reads::Ring);
    }
    readers
}

#[test]
fn every_reader_and_number_of_lanes_computes_the_same() {
    let disk = Disk::bundled();
    let reference = disk.run(Case::default(), None);
    reference.outcome.as_ref().unwrap_or_else(|error| panic!("{error}"));
    assert!(reference.counters.misses > 100 && reference.counters.hits > 100 && reference.counters.moves > 10);
    for reads in readers() {
        for lanes in [1, 2, 8] {
            let ran = disk.run(Case { reads, lanes, ..Case::default() }, None);
            ran.outcome.unwrap_or_else(|error| panic!("{reads:?} x{lanes}: {error}"));
            assert_eq!(ran.counters, reference.counters, "{reads:?} x{lanes}");
            assert_eq!(ran.computed, reference.computed, "{reads:?} x{lanes}");
            assert!(ran.owners.flash_stall_ns > 0 && ran.owners.compute_ns > 0, "{:?}", ran.owners);
        }
    }
}

#[test]
fn every_layout_and_placement_computes_the_same() {
    let reference = Disk::bundled().run(Case::default(), None);
    let layouts =
        [Store::new(geometry(), Layout::Bundled, 4096), Store::new(geometry(), Layout::Separate, 4096), shuffled()];
    for store in layouts {
        let disk = Disk::new(store);
        for placement in [Placement::Compact, Placement::InPlace] {
            let ran = disk.run(Case { placement, ..Case::default() }, None);
            ran.outcome.unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(ran.computed, reference.computed, "{placement:?}");
            assert_eq!(ran.counters.hits, reference.counters.hits, "{placement:?}");
        }
    }
}

#[test]
fn overlap_and_reads_ahead_bring_the_right_bytes() {
    let disk = Disk::bundled();
    for reads in readers() {
        for overlap in [Overlap::None, Overlap::ResidentFirst, Overlap::AsLanded] {
            let case = Case { reads, overlap, ahead: true, placement: Placement::InPlace, ..Case::default() };
            // Every bundle is held to its checksum whenever it is computed over.
            let ran = disk.run(case, None);
            ran.outcome.unwrap_or_else(|error| panic!("{reads:?} {overlap:?}: {error}"));
            let counters = ran.counters;
            assert!(counters.prefetch_useful + counters.late > 0, "{reads:?} {overlap:?}: nothing was read ahead");
        }
    }
}

#[test]
fn a_store_that_is_kept_whole_is_read_once() {
    let disk = Disk::bundled();
    let case = Case { budget_rows: 300, evict: Kind::Fifo, ..Case::default() };
    let ran = disk.run(case, None);
    ran.outcome.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(ran.counters.re_reads, 0);
    assert_eq!(ran.counters.evictions, 0);
}
