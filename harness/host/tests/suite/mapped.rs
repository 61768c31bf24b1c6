//! The mapped arm: the page-cache model's counts over real faults of a real mapping.

use std::sync::Arc;

use tightfit_engine::{
    engine::Gather,
    paged::{PageSetup, PagedEngine},
    prefetch::Prefetch,
    session::{self, Stepper},
};
use tightfit_host::{Fault, HostError, HostPlatform, Reads, Spec};

use super::case::{Case, DENSE_BYTES, Disk, ROWS, request, script, shape};

fn mapped(disk: &Disk) -> PagedEngine<'_, HostPlatform> {
    let spec = Spec {
        store: Arc::clone(&disk.store),
        file: disk.file.clone(),
        storage: None,
        reads: Reads::Direct,
        lanes: 1,
        prefetch_lanes: 1,
        placement: None,
        budget_bytes: 16384,
        row_bundles_max: ROWS as usize,
        verify: true,
    };
    let platform = HostPlatform::new(spec, shape()).unwrap_or_else(|error| panic!("{error}"));
    let setup = PageSetup {
        budget_bytes: 16384,
        page_bytes: 4096,
        read_around_bytes: 8192,
        gather: Gather::FeedForward,
        dense_bytes: DENSE_BYTES,
    };
    PagedEngine::new(&disk.store, setup, platform)
}

#[test]
fn mapped_rows_are_those_that_were_written_and_compute_the_same() {
    let disk = Disk::bundled();
    let reference = disk.run(Case::default(), None);
    let script = script();
    let mut engine = mapped(&disk);
    let mut computed = 0;
    session::run(&mut engine, &request(&script, Prefetch::None), |engine, _| computed = engine.platform().computed());
    engine.platform().outcome().unwrap_or_else(|error| panic!("{error}"));
    let counters = engine.counters();
    assert!(counters.evictions > 0 && counters.misses > 0, "{counters:?}");
    assert!(engine.platform().flash_busy_ns() > 0, "no fault was real");
    assert_eq!(computed, reference.computed, "a page cache computes as slots do");
}

#[test]
fn a_mapped_file_that_was_cut_ends_the_run_before_it_is_touched() {
    let disk = Disk::bundled();
    let mut engine = mapped(&disk);
    let file = std::fs::OpenOptions::new().write(true).open(disk.file.path()).expect("the file");
    file.set_len(disk.file.data_offset()).expect("cut");
    let script = script();
    session::run(&mut engine, &request(&script, Prefetch::None), |_, _| {});
    let outcome = engine.platform().outcome();
    let Err(HostError::Run { fault: Fault::Read { .. }, .. }) = outcome else { panic!("{outcome:?}") };
}
