//! Reads on their way: what to read, where its parts belong in memory, and how one is carried out.

use std::{
    io::IoSliceMut,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use tightfit_engine::store::Extent;

use crate::{
    Buffer, Fault,
    latch::Latch,
    slots::to_usize,
    storage::{DIRECT_UNIT_BYTES, Storage, read_whole},
};

/// A system call takes no more parts than this (`IOV_MAX`).
const PARTS_MAX: usize = 1024;

/// A read of so many bytes lands in a huge page: in many small ones it would be a request of many parts, and slower.
const LONG_READ_BYTES: usize = 256 << 10;

/// Where a part of a read belongs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    /// First byte within the read.
    pub(crate) read_offset: usize,
    /// First byte within the buffer.
    pub(crate) offset: usize,
    /// Bytes.
    pub(crate) bytes: usize,
    /// Bytes from `offset` on that may be written: padding behind the end of a slot's bundle is nobody's.
    pub(crate) room_bytes: usize,
    /// The slot, or none for dense weights.
    pub(crate) slot: Option<u32>,
}

/// One read.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) extent: Extent,
    pub(crate) targets: Vec<Target>,
}

impl Default for Job {
    fn default() -> Self {
        Self { extent: Extent { offset: 0, bytes: 0 }, targets: Vec::new() }
    }
}

impl Job {
    /// Whether the read can land where it belongs without a copy: its targets follow each other without a gap, and every
    /// address and length is whole direct units.
    pub(crate) fn lands_in_place(&self) -> bool {
        let mut end = 0;
        let all = self.targets.iter().all(|target| {
            let whole = target.bytes.next_multiple_of(DIRECT_UNIT_BYTES);
            let fits = target.read_offset == end
                && target.offset.is_multiple_of(DIRECT_UNIT_BYTES)
                && whole <= target.room_bytes;
            end += whole;
            fits
        });
        all && end == to_usize(self.extent.bytes) && self.targets.len() <= PARTS_MAX
    }
}

/// A place for a job, used again and again.
#[derive(Debug, Default)]
pub(crate) struct Place {
    job: Mutex<Job>,
    landed: AtomicBool,
}

impl Place {
    /// The job. Nobody holds it for long but the lane that carries it out.
    pub(crate) fn job(&self) -> MutexGuard<'_, Job> {
        self.job.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the job is done.
    pub(crate) fn landed(&self) -> bool {
        self.landed.load(Ordering::Acquire)
    }

    /// Says whether the job is done.
    pub(crate) fn set_landed(&self, landed: bool) {
        self.landed.store(landed, Ordering::Release);
    }
}

/// The places, shared with the lanes.
pub(crate) type Places = Arc<[Place]>;

/// What a lane needs to carry jobs out.
pub(crate) struct World {
    pub(crate) storage: Box<dyn Storage>,
    /// Bytes of the file before the first bundle.
    pub(crate) before: u64,
    pub(crate) buffer: Buffer,
    pub(crate) latch: Latch,
}

impl World {
    /// Carries a job out; a fault, or a panic of whatever is read from, is kept in the latch. After the first fault nothing is
    /// read any more.
    pub(crate) fn carry_out(&self, job: &Job, staging: &mut Staging) {
        if self.latch.is_set() {
            return;
        }
        let done = catch_unwind(AssertUnwindSafe(|| self.read(job, staging)));
        let fault = match done {
            Ok(Ok(())) => return,
            Ok(Err(fault)) => fault,
            Err(panic) => {
                let words = panic.downcast_ref::<&str>().map(|words| (*words).to_owned());
                let words = words.or_else(|| panic.downcast_ref::<String>().cloned());
                Fault::Lane { extent: job.extent, problem: words.unwrap_or_else(|| "without a word".to_owned()) }
            }
        };
        self.latch.set(fault);
    }

    fn read(&self, job: &Job, staging: &mut Staging) -> Result<(), Fault> {
        if job.lands_in_place() {
            return read_whole(&*self.storage, job.extent, self.before, || self.parts_in_place(job));
        }
        let bytes = to_usize(job.extent.bytes);
        let staged = staging.of(bytes);
        read_whole(&*self.storage, job.extent, self.before, || {
            // SAFETY: the staging buffer is this lane's alone, and the part lives only for the attempt.
            #[expect(unsafe_code, reason = "reads into a buffer of this lane's own")]
            let part = unsafe { staged.range_mut(0, bytes) };
            vec![IoSliceMut::new(part)]
        })?;
        self.scatter(job, staged);
        Ok(())
    }

    #[expect(unsafe_code, reason = "reads into the slots of a job")]
    fn parts_in_place(&self, job: &Job) -> Vec<IoSliceMut<'_>> {
        let part = |target: &Target| {
            let whole = target.bytes.next_multiple_of(DIRECT_UNIT_BYTES);
            // SAFETY: between submission and landing the job's targets, padding included, are written by whoever carries
            // the job out, and by nobody else: the platform asserts that no kernel, move or other read has them.
            IoSliceMut::new(unsafe { self.buffer.range_mut(target.offset, whole) })
        };
        job.targets.iter().map(part).collect()
    }

    /// Copies a read to where its parts belong.
    #[expect(unsafe_code, reason = "copies into the slots of a job")]
    pub(crate) fn scatter(&self, job: &Job, staged: &Buffer) {
        for target in &job.targets {
            // SAFETY: the read into `staged` is over and its lane is here; the target is this job's until it has landed.
            let (from, to) = unsafe {
                (staged.range(target.read_offset, target.bytes), self.buffer.range_mut(target.offset, target.bytes))
            };
            to.copy_from_slice(from);
        }
    }
}

/// A lane's own buffer, which grows with the longest read.
#[derive(Debug, Default)]
pub(crate) struct Staging(Option<Buffer>);

impl Staging {
    /// A buffer of at least so many bytes.
    pub(crate) fn of(&mut self, bytes: usize) -> &Buffer {
        if self.0.as_ref().is_none_or(|buffer| buffer.bytes() < bytes) {
            let long = bytes >= LONG_READ_BYTES;
            let buffer = if long { Buffer::new(bytes) } else { Buffer::small(bytes) };
            self.0 = Some(buffer.expect("the system gives address space for a read"));
        }
        self.0.as_ref().expect("made above")
    }
}

/// Time with at least one read in flight.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Busy {
    since: Option<Instant>,
    ns: u64,
}

impl Busy {
    /// Told of every change of the number of reads in flight.
    pub(crate) fn now_in_flight(&mut self, reads: u32) {
        match (self.since, reads) {
            (None, 1..) => self.since = Some(Instant::now()),
            (Some(since), 0) => {
                self.ns += elapsed_ns(since);
                self.since = None;
            }
            _ => {}
        }
    }

    /// So far.
    pub(crate) fn ns(&self) -> u64 {
        self.ns + self.since.map_or(0, elapsed_ns)
    }
}

/// Nanoseconds since an instant.
pub(crate) fn elapsed_ns(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_nanos()).expect("fewer than 584 years")
}

/// How reads are carried out. All calls come from the engine's thread.
pub(crate) trait Reader {
    /// Takes note of the job at a place; it may start at once, and starts at the latest at the next `kick` or `wait`.
    fn submit(&mut self, place: u32, is_prefetch: bool);

    /// Starts what may start: the engine turns to something else.
    fn kick(&mut self);

    /// Lets what has landed be seen, where nobody else does. Called while kernels run; returns the nanoseconds that it took.
    fn poll(&mut self) -> u64 {
        0
    }

    /// Waits until the job at a place is done.
    fn wait(&mut self, place: u32);

    /// Takes a prefetch that has not begun back. Whether that was so.
    fn cancel(&mut self, place: u32) -> bool;

    /// Time so far with a read in flight.
    fn busy_ns(&self) -> u64;
}
