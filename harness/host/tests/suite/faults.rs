//! Storage that fails: a clear error or a completed retry, no hang, no wrong bytes.

use std::{
    io::{self, IoSliceMut},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tightfit_engine::{Overlap, prefetch::Prefetch, resident::Placement, session, session::Stepper};
use tightfit_host::{
    Fault, HostError, Reads,
    storage::{ATTEMPTS, Buffered, Direct, Storage},
};

use super::case::{Case, Disk};

/// What goes wrong with a read.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    /// Half of the bytes come.
    Short,
    Error,
    Interrupted,
    Slow,
    Panic,
    /// All bytes come, one bit is wrong.
    Flip,
}

/// A file of which every `each`-th read has a trouble, or all from there on.
struct Faulty {
    file: Direct,
    trouble: Trouble,
    first: u64,
    again: bool,
    calls: AtomicU64,
    troubled: Arc<AtomicU64>,
}

impl Storage for Faulty {
    fn read_at(&self, parts: &mut [IoSliceMut<'_>], offset: u64) -> io::Result<usize> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let hit = if self.again { call >= self.first } else { call % 7 == self.first };
        if !hit {
            return self.file.read_at(parts, offset);
        }
        self.troubled.fetch_add(1, Ordering::Relaxed);
        match self.trouble {
            Trouble::Short => Ok(self.file.read_at(parts, offset)? / 2),
            Trouble::Error => Err(io::Error::other("input/output error, made up")),
            Trouble::Interrupted => Err(io::Error::from(io::ErrorKind::Interrupted)),
            Trouble::Slow => {
                std::thread::sleep(Duration::from_millis(3));
                self.file.read_at(parts, offset)
            }
            Trouble::Panic => panic!("a lane's end"),
            Trouble::Flip => {
                let bytes = self.file.read_at(parts, offset)?;
                let part = parts.iter_mut().find(|part| !part.is_empty()).expect("something was asked for");
                part[100] ^= 4;
                Ok(bytes)
            }
        }
    }
}

/// A run with one kind of trouble, and how often it came.
fn run(trouble: Trouble, first: u64, again: bool, lanes: u32) -> (Disk, super::case::Ran, u64) {
    let disk = Disk::bundled();
    let troubled = Arc::new(AtomicU64::new(0));
    let file = Direct::open(disk.file.path()).expect("a disk with direct reads");
    let calls = AtomicU64::new(0);
    let storage = Faulty { file, trouble, first, again, calls, troubled: Arc::clone(&troubled) };
    let case = Case { lanes, overlap: Overlap::ResidentFirst, placement: Placement::InPlace, ..Case::default() };
    let ran = disk.run(case, Some(Box::new(storage)));
    (disk, ran, troubled.load(Ordering::Relaxed))
}

fn reference() -> u64 {
    let case = Case { overlap: Overlap::ResidentFirst, placement: Placement::InPlace, ..Case::default() };
    Disk::bundled().run(case, None).computed
}

#[test]
fn what_passes_is_tried_again_and_computes_the_same() {
    let right = reference();
    for trouble in [Trouble::Short, Trouble::Error, Trouble::Interrupted, Trouble::Slow] {
        for lanes in [1, 4] {
            let (_, ran, troubled) = run(trouble, 3, false, lanes);
            assert!(troubled > 3, "{trouble:?} came {troubled} times");
            ran.outcome.unwrap_or_else(|error| panic!("{trouble:?}: {error}"));
            assert_eq!(ran.computed, right, "{trouble:?} x{lanes}");
        }
    }
}

#[test]
fn what_stays_ends_the_run_with_its_extent() {
    for (trouble, words) in [(Trouble::Short, "is the file cut off?"), (Trouble::Error, "made up")] {
        for lanes in [1, 4] {
            let (_, ran, troubled) = run(trouble, 40, true, lanes);
            assert!(troubled >= u64::from(ATTEMPTS), "{trouble:?} came {troubled} times");
            let Err(HostError::Run { fault: Fault::Read { extent, attempts, problem }, .. }) = ran.outcome else {
                panic!("{trouble:?}: {:?}", ran.outcome)
            };
            assert_eq!(attempts, ATTEMPTS);
            assert!(extent.bytes > 0 && extent.bytes % 4096 == 0, "{extent:?}");
            assert!(problem.contains(words), "{problem}");
        }
    }
}

#[test]
fn a_lane_that_dies_ends_the_run_and_hangs_nothing() {
    for lanes in [1, 4] {
        let (_, ran, troubled) = run(Trouble::Panic, 40, true, lanes);
        assert!(troubled > 0);
        let Err(HostError::Run { fault: Fault::Lane { problem, .. }, .. }) = ran.outcome else {
            panic!("{:?}", ran.outcome)
        };
        assert_eq!(problem, "a lane's end");
    }
}

#[test]
fn a_wrong_bit_is_found_before_it_is_computed_over() {
    let (_, ran, troubled) = run(Trouble::Flip, 60, true, 4);
    assert!(troubled > 0);
    let Err(HostError::Run { fault: Fault::Checksum { what, .. }, .. }) = ran.outcome else {
        panic!("{:?}", ran.outcome)
    };
    assert!(what.contains("bundle"), "{what}");
}

/// Cuts the file when so many reads were made.
struct Cut {
    file: Buffered,
    path: std::path::PathBuf,
    reads_left: AtomicU64,
}

impl Storage for Cut {
    fn read_at(&self, parts: &mut [IoSliceMut<'_>], offset: u64) -> io::Result<usize> {
        if self.reads_left.fetch_sub(1, Ordering::Relaxed) == 1 {
            std::fs::OpenOptions::new().write(true).open(&self.path)?.set_len(8192)?;
        }
        self.file.read_at(parts, offset)
    }

    fn file(&self) -> Option<&std::fs::File> {
        self.file.file()
    }
}

#[test]
fn a_file_that_is_cut_while_it_is_read_ends_the_run() {
    let disk = Disk::bundled();
    let file = Buffered::open(disk.file.path()).expect("the file");
    let cut = Cut { file, path: disk.file.path().to_owned(), reads_left: AtomicU64::new(60) };
    let ran = disk.run(Case { reads: Reads::Buffered, ..Case::default() }, Some(Box::new(cut)));
    let Err(HostError::Run { fault: Fault::Read { problem, .. }, .. }) = ran.outcome else {
        panic!("{:?}", ran.outcome)
    };
    assert!(problem.contains("is the file cut off?"), "{problem}");
}

#[test]
fn a_ring_on_a_file_that_was_cut_ends_the_run() {
    if let Err(problem) = tightfit_host::ring_is_there() {
        println!("SKIPPED: {problem}");
        return;
    }
    let disk = Disk::bundled();
    let case = Case { reads: Reads::Ring, ..Case::default() };
    let platform = disk.platform(case, None);
    // After all that is looked at when the file is opened.
    let file = std::fs::OpenOptions::new().write(true).open(disk.file.path()).expect("the file");
    file.set_len(disk.file.data_offset() + 4096).expect("cut");
    let mut engine = super::case::engine(&disk.store, case, platform);
    let script = super::case::script();
    let request = super::case::request(&script, Prefetch::None);
    session::run(&mut engine, &request, |_, _| {});
    let Err(HostError::Run { fault: Fault::Read { .. }, .. }) = engine.platform().outcome() else {
        panic!("{:?}", engine.platform().outcome())
    };
}
