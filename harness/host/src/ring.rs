//! Reads through an `io_uring`: the engine's thread hands the kernel what may start and picks up what has landed, so that
//! no read passes from thread to thread.
//!
//! While a kernel runs, the platform polls: what has landed is copied to its slots and the next reads start.

use std::{collections::VecDeque, os::fd::AsRawFd, sync::Arc, time::Instant};

use io_uring::{IoUring, Probe, opcode, types::Fd};

use crate::{
    jobs::{Busy, Places, Reader, Staging, World, elapsed_ns},
    slots::to_usize,
    storage::DIRECT_UNIT_BYTES,
};

/// What the kernel takes as an `iovec`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct Part {
    start: *mut u8,
    bytes: usize,
}

/// One read in flight.
#[derive(Debug, Default)]
struct Lane {
    place: u32,
    is_prefetch: bool,
    in_place: bool,
    staging: Staging,
    parts: Vec<Part>,
}

/// The ring.
pub(crate) struct Ring {
    kernel: IoUring,
    file: Fd,
    world: Arc<World>,
    places: Places,
    lanes: Vec<Lane>,
    free: Vec<usize>,
    prefetch_lanes: usize,
    prefetch_in_flight: usize,
    demand: VecDeque<u32>,
    prefetch: VecDeque<u32>,
    busy: Busy,
}

/// Whether the kernel lets this program have a ring that reads.
pub(crate) fn is_there() -> Result<(), String> {
    let ring = IoUring::new(2).map_err(|error| error.to_string())?;
    let mut probe = Probe::new();
    ring.submitter().register_probe(&mut probe).map_err(|error| error.to_string())?;
    if probe.is_supported(opcode::Readv::CODE) { Ok(()) } else { Err("this kernel's has no reads".to_owned()) }
}

impl Ring {
    /// A ring with `lanes` reads in flight, of which prefetches may be `prefetch_lanes`.
    pub(crate) fn new(world: Arc<World>, places: Places, lanes: u32, prefetch_lanes: u32) -> std::io::Result<Self> {
        assert!(lanes > 0 && prefetch_lanes > 0, "a reader without lanes");
        let no_file = || std::io::Error::other("an io_uring reads from a file");
        let file = Fd(world.storage.file().ok_or_else(no_file)?.as_raw_fd());
        Ok(Self {
            kernel: IoUring::new(lanes.next_power_of_two())?,
            file,
            lanes: (0..lanes).map(|_| Lane::default()).collect(),
            free: (0..lanes as usize).rev().collect(),
            prefetch_lanes: prefetch_lanes.min(lanes) as usize,
            prefetch_in_flight: 0,
            demand: VecDeque::with_capacity(places.len()),
            prefetch: VecDeque::with_capacity(places.len()),
            busy: Busy::default(),
            world,
            places,
        })
    }

    fn in_flight(&self) -> usize {
        self.lanes.len() - self.free.len()
    }

    fn note_busy(&mut self) {
        let in_flight = u32::try_from(self.in_flight()).expect("no more than lanes");
        self.busy.now_in_flight(in_flight);
    }

    /// Puts what may start into the ring's queue. Whether anything did.
    fn fill(&mut self) -> bool {
        let mut any = false;
        while let Some(&lane) = self.free.last() {
            let demanded = self.demand.pop_front();
            let is_prefetch = demanded.is_none();
            let ahead = || if self.prefetch_in_flight < self.prefetch_lanes { self.prefetch.pop_front() } else { None };
            let Some(place) = demanded.or_else(ahead) else { break };
            if self.world.latch.is_set() {
                self.places[place as usize].set_landed(true);
                continue;
            }
            self.free.pop();
            self.prefetch_in_flight += usize::from(is_prefetch);
            self.start(lane, place, is_prefetch);
            any = true;
        }
        if any {
            self.note_busy();
        }
        any
    }

    #[expect(unsafe_code, reason = "hands the kernel addresses to write to")]
    fn start(&mut self, number: usize, place: u32, is_prefetch: bool) {
        let lane = &mut self.lanes[number];
        let job = self.places[place as usize].job();
        (lane.place, lane.is_prefetch, lane.in_place) = (place, is_prefetch, job.lands_in_place());
        lane.parts.clear();
        if lane.in_place {
            lane.parts.extend(job.targets.iter().map(|target| {
                let bytes = target.bytes.next_multiple_of(DIRECT_UNIT_BYTES);
                Part { start: self.world.buffer.address(target.offset, bytes), bytes }
            }));
        } else {
            let bytes = to_usize(job.extent.bytes);
            lane.parts.push(Part { start: lane.staging.of(bytes).address(0, bytes), bytes });
        }
        let count = u32::try_from(lane.parts.len()).expect("no more parts than a call takes");
        let read = opcode::Readv::new(self.file, lane.parts.as_ptr().cast(), count)
            .offset(self.world.before + job.extent.offset)
            .build()
            .user_data(number as u64);
        // SAFETY: the parts and what they point to live until the read is over: a lane's parts and staging buffer change only
        // when it is free, the buffer of the slots is the world's, and `drop` waits for what is in flight. Nobody else uses
        // the targets meanwhile (see `World::parts_in_place`). The ring has an entry for every lane.
        unsafe { self.kernel.submission().push(&read).expect("an entry for every lane") };
    }

    /// Picks up what has landed.
    fn reap(&mut self) {
        let mut any = false;
        while let Some(entry) = { self.kernel.completion().next() } {
            let number = usize::try_from(entry.user_data()).expect("the number of a lane");
            self.land(number, entry.result());
            any = true;
        }
        if any {
            self.note_busy();
        }
    }

    fn land(&mut self, number: usize, result: i32) {
        let lane = &mut self.lanes[number];
        let place = &self.places[lane.place as usize];
        {
            let job = place.job();
            if u64::try_from(result).is_ok_and(|bytes| bytes == job.extent.bytes) {
                if !lane.in_place {
                    self.world.scatter(&job, lane.staging.of(to_usize(job.extent.bytes)));
                }
            } else {
                // Failed or short: it is tried again the plain way, which retries and reports.
                self.world.carry_out(&job, &mut lane.staging);
            }
        }
        place.set_landed(true);
        self.prefetch_in_flight -= usize::from(lane.is_prefetch);
        self.free.push(number);
    }

    /// Tells the kernel what was put into the queue, and waits for `wanted` completions.
    fn enter(&mut self, wanted: usize) {
        loop {
            match self.kernel.submit_and_wait(wanted) {
                Ok(_) => return,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                // No room for more completions: those that are there are picked up first.
                Err(error) if error.kind() == std::io::ErrorKind::ResourceBusy => return,
                Err(error) => panic!("io_uring_enter: {error}: read with threads instead (--reads direct)"),
            }
        }
    }
}

impl Reader for Ring {
    fn submit(&mut self, place: u32, is_prefetch: bool) {
        if is_prefetch { &mut self.prefetch } else { &mut self.demand }.push_back(place);
    }

    fn kick(&mut self) {
        self.reap();
        if self.fill() {
            self.enter(0);
        }
    }

    fn poll(&mut self) -> u64 {
        if { self.kernel.completion() }.is_empty() {
            return 0;
        }
        let since = Instant::now();
        self.kick();
        elapsed_ns(since)
    }

    fn wait(&mut self, place: u32) {
        loop {
            self.reap();
            self.fill();
            if self.places[place as usize].landed() {
                // What was filled in starts now, not at the next wait.
                self.enter(0);
                return;
            }
            self.enter(1);
        }
    }

    fn cancel(&mut self, place: u32) -> bool {
        let Some(at) = self.prefetch.iter().position(|&queued| queued == place) else { return false };
        self.prefetch.remove(at);
        true
    }

    fn busy_ns(&self) -> u64 {
        self.busy.ns()
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // The kernel writes to memory of ours until its reads are over.
        self.demand.clear();
        self.prefetch.clear();
        while self.in_flight() > 0 {
            self.enter(1);
            self.reap();
        }
    }
}
