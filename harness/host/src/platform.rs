//! The seam over this machine: a monotonic clock, reads into a buffer of slots, copies, and kernels that compute.
//!
//! What computes is a parameter ([`Kernels`]): a model that goes on with the results, or [`Replayed`], where a trace says what
//! is active and activations are made up.

mod kernels;
mod replayed;

use std::{collections::HashMap, path::PathBuf, sync::Arc, time::Instant};

use tightfit_engine::{
    Store,
    platform::{Cause, Kernel, Piece, Platform, Read, Surcharge, Ticket, Touched},
    resident::Placement,
    store::Extent,
};

use crate::{
    Buffer, Fault, HostError, Shape, WeightFile,
    jobs::{Place, Places, Reader, Target, World, elapsed_ns},
    lanes::Lanes,
    latch::Latch,
    mapped::Mapping,
    slots::{Reach, Slots, to_usize},
    storage::{Buffered, Direct, Storage},
};

pub use kernels::{Bundles, Kernels, Pause};
pub use replayed::Replayed;

/// How reads are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// Past the page cache, on threads.
    Direct,
    /// Past the page cache, through an `io_uring`.
    Ring,
    /// Through the page cache, on threads.
    Buffered,
}

/// What a host platform is made of.
pub struct Spec {
    /// Where bundles lie.
    pub store: Arc<Store>,
    /// The file that they lie in.
    pub file: WeightFile,
    /// What is read from; without it, the file, as `reads` says.
    pub storage: Option<Box<dyn Storage>>,
    /// How reads are made.
    pub reads: Reads,
    /// Reads in flight at once.
    pub lanes: u32,
    /// Those of them that prefetches may take.
    pub prefetch_lanes: u32,
    /// How the engine gives slots out; none where the system maps the store.
    pub placement: Option<Placement>,
    /// What the resident set may use.
    pub budget_bytes: u64,
    /// Most bundles that one step needs.
    pub row_bundles_max: usize,
    /// Whether every bundle is held to its checksum each time that it is computed over.
    pub verify: bool,
}

/// This machine, with what computes on it.
pub struct HostPlatform<K = Replayed> {
    store: Arc<Store>,
    file: WeightFile,
    reads: Reads,
    lanes: u32,
    prefetch_lanes: u32,
    start: Instant,
    world: Arc<World>,
    slots: Slots,
    mapping: Option<Mapping>,
    reader: Option<Box<dyn Reader>>,
    places: Places,
    free: Vec<u32>,
    /// Places of the reads that the engine has not seen landed.
    outstanding: HashMap<Ticket, u32>,
    /// Faults of the mapping that have not been made.
    faults: HashMap<Ticket, Extent>,
    next_ticket: Ticket,
    /// Reads in flight into each slot.
    pending: Vec<u16>,
    submitted_bytes: u64,
    mapped_busy_ns: u64,
    kernels: K,
    verify: bool,
    dense_is_checked: bool,
}

impl HostPlatform {
    /// A platform whose kernels compute over weights of this shape, with activations that are made up.
    pub fn new(spec: Spec, shape: Shape) -> Result<Self, HostError> {
        shape.check()?;
        Self::made(spec, |store, world| Replayed::new(shape, store, world))
    }

    /// A digest of all that kernels computed.
    #[must_use]
    pub fn computed(&self) -> u64 {
        self.kernels.digest()
    }
}

impl<K: Kernels> HostPlatform<K> {
    /// A platform on which `kernels` compute.
    pub fn with_kernels(spec: Spec, kernels: K) -> Result<Self, HostError> {
        Self::made(spec, |_, _| Ok(kernels))
    }

    /// Opens the file, makes room for slots and dense weights, and has the system give the pages that the budget can fill.
    fn made(spec: Spec, kernels: impl FnOnce(&Store, &World) -> Result<K, HostError>) -> Result<Self, HostError> {
        let Spec { store, file, storage, reads, lanes, prefetch_lanes, placement, .. } = spec;
        let failed = |problem| HostError::File { path: file.path().to_owned(), problem };
        let storage = match (storage, reads) {
            (Some(storage), _) => storage,
            (None, Reads::Buffered) => Box::new(Buffered::open(file.path()).map_err(failed)?),
            (None, Reads::Direct | Reads::Ring) => Box::new(Direct::open(file.path()).map_err(|problem| {
                HostError::Unsupported(format!(
                    "{}: no direct reads ({problem}): put the store on a disk's file system, or read through the page cache \
                     (--reads buffered)",
                    file.path().display()
                ))
            })?),
        };
        if reads == Reads::Ring {
            crate::ring_is_there().map_err(|problem| {
                HostError::Unsupported(format!("no io_uring here ({problem}): read with threads (--reads direct)"))
            })?;
        }
        let slots = Slots::new(&store, placement.unwrap_or(Placement::InPlace), file.dense_bytes());
        let mut buffer = Buffer::new(slots.bytes()).map_err(failed)?;
        if placement.is_some() {
            for Reach { offset, known, all } in slots.reachable(spec.budget_bytes, spec.row_bundles_max) {
                buffer.fine(offset + known, all - known);
                buffer.touch(offset, known);
            }
        }
        buffer.touch(slots.dense_offset(), slots.bytes() - slots.dense_offset());
        let mapping = if placement.is_some() {
            None
        } else {
            file.forget().map_err(failed)?;
            let mapped = std::fs::File::open(file.path()).map_err(failed)?;
            Some(Mapping::new(mapped, file.data_offset()).map_err(failed)?)
        };
        let world = World { storage, before: file.data_offset(), buffer, latch: Latch::default() };
        let kernels = kernels(&store, &world)?;
        Ok(Self {
            pending: vec![0; slots.count() as usize],
            world: Arc::new(world),
            start: Instant::now(),
            store,
            file,
            reads,
            lanes,
            prefetch_lanes,
            slots,
            mapping,
            reader: None,
            places: Arc::new([]),
            free: Vec::new(),
            outstanding: HashMap::new(),
            faults: HashMap::new(),
            next_ticket: 0,
            submitted_bytes: 0,
            mapped_busy_ns: 0,
            kernels,
            verify: spec.verify,
            dense_is_checked: false,
        })
    }

    /// The first fault, if there was one: the numbers of such a run mean nothing.
    pub fn outcome(&self) -> Result<(), HostError> {
        match self.world.latch.fault() {
            None => Ok(()),
            Some(fault) => Err(HostError::Run { path: PathBuf::from(self.file.path()), fault }),
        }
    }

    /// Bytes asked of the flash so far.
    #[must_use]
    pub fn submitted_bytes(&self) -> u64 {
        self.submitted_bytes
    }

    /// Time so far with a read in flight.
    #[must_use]
    pub fn flash_busy_ns(&self) -> u64 {
        self.mapped_busy_ns + self.reader.as_ref().map_or(0, |reader| reader.busy_ns())
    }

    /// What computes.
    #[must_use]
    pub fn kernels(&self) -> &K {
        &self.kernels
    }

    /// What computes, to be told what comes next.
    #[must_use]
    pub fn kernels_mut(&mut self) -> &mut K {
        &mut self.kernels
    }

    /// Bytes of memory that slots and dense weights may fill.
    #[must_use]
    pub fn buffer_bytes(&self) -> usize {
        self.slots.bytes()
    }

    /// The content of a slot, for tests that hold it to what was written.
    #[must_use]
    pub fn slot_bytes(&self, slot: u32) -> Vec<u8> {
        assert_eq!(self.pending[slot as usize], 0, "slot {slot} is being read into");
        let (bundle_bytes, _) = self.slots.room(slot);
        // SAFETY: no read into the slot is in flight, and this thread moves nothing meanwhile.
        #[expect(unsafe_code, reason = "reads a slot")]
        let bytes = unsafe { self.world.buffer.range(self.slots.offset(slot), bundle_bytes) };
        bytes.to_vec()
    }

    /// Where the parts of a read belong. Dense weights lie behind the last bundle.
    fn put_targets(&mut self, place: u32, read: &Read, pieces: &[Piece]) {
        let mut job = self.places[place as usize].job();
        job.extent = read.extent;
        job.targets.clear();
        if read.extent.offset >= self.store.bytes() {
            let offset = self.slots.dense_offset() + to_usize(read.extent.offset - self.store.bytes());
            let bytes = to_usize(read.extent.bytes);
            job.targets.push(Target { read_offset: 0, offset, bytes, room_bytes: bytes, slot: None });
            return;
        }
        for piece in pieces {
            self.pending[piece.slot as usize] += 1;
            let (bundle_bytes, stride) = self.slots.room(piece.slot);
            let (skip, bytes) = (to_usize(piece.slot_offset), to_usize(piece.bytes));
            assert!(skip + bytes <= bundle_bytes, "{bytes} B at {skip} of a slot of {bundle_bytes} B");
            // Behind the end of the bundle there is padding; behind a part of it lies the next.
            let room_bytes = if skip + bytes == bundle_bytes { stride - skip } else { bytes };
            job.targets.push(Target {
                read_offset: to_usize(piece.read_offset),
                offset: self.slots.offset(piece.slot) + skip,
                bytes,
                room_bytes,
                slot: Some(piece.slot),
            });
        }
    }

    /// Takes note that the engine has seen a read landed.
    fn seen(&mut self, ticket: Ticket) {
        let Some(place) = self.outstanding.remove(&ticket) else { return };
        let job = self.places[place as usize].job();
        for slot in job.targets.iter().filter_map(|target| target.slot) {
            self.pending[slot as usize] -= 1;
        }
        drop(job);
        self.free.push(place);
    }

    /// Makes a fault of the page-cache model a real one.
    fn fault(&mut self, ticket: Ticket) {
        let Some(extent) = self.faults.remove(&ticket) else { return };
        let mapping = self.mapping.as_ref().expect("only a mapped store has faults");
        let since = Instant::now();
        if !self.world.latch.is_set()
            && let Err(fault) = mapping.fault(extent)
        {
            self.world.latch.set(fault);
        }
        self.mapped_busy_ns += elapsed_ns(since);
    }

    /// The reader, once the engine has said how many reads there will be.
    fn start_reader(&mut self) -> std::io::Result<Box<dyn Reader>> {
        let (world, places) = (Arc::clone(&self.world), Arc::clone(&self.places));
        match self.reads {
            #[cfg(target_os = "linux")]
            Reads::Ring => Ok(Box::new(crate::ring::Ring::new(world, places, self.lanes, self.prefetch_lanes)?)),
            _ => Ok(Box::new(Lanes::new(world, places, self.lanes, self.prefetch_lanes)?)),
        }
    }
}

impl<K: Kernels> Platform for HostPlatform<K> {
    fn reserve(&mut self, reads_outstanding_max: usize) {
        assert!(self.outstanding.is_empty(), "reads are outstanding already");
        self.places = (0..reads_outstanding_max).map(|_| Place::default()).collect();
        self.free = (0..u32::try_from(reads_outstanding_max).expect("fewer than 2^32 reads")).rev().collect();
        self.outstanding.reserve(reads_outstanding_max);
        match self.start_reader() {
            Ok(reader) => self.reader = Some(reader),
            Err(error) => {
                self.reader = None;
                let extent = Extent { offset: 0, bytes: 0 };
                self.world.latch.set(Fault::Lane { extent, problem: format!("it could not be started: {error}") });
            }
        }
    }

    fn now_ns(&mut self) -> u64 {
        elapsed_ns(self.start)
    }

    fn submit(&mut self, read: &Read, pieces: &[Piece]) -> Ticket {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.submitted_bytes += read.extent.bytes;
        if self.mapping.is_some() && read.extent.offset < self.store.bytes() {
            self.faults.insert(ticket, read.extent);
            return ticket;
        }
        let place = self.free.pop().expect("more reads outstanding than reserved");
        self.outstanding.insert(ticket, place);
        self.put_targets(place, read, pieces);
        self.places[place as usize].set_landed(false);
        match &mut self.reader {
            Some(reader) => reader.submit(place, read.cause == Cause::Prefetch),
            None => self.places[place as usize].set_landed(true),
        }
        ticket
    }

    fn landed(&mut self, ticket: Ticket) -> bool {
        self.fault(ticket);
        let Some(&place) = self.outstanding.get(&ticket) else { return true };
        if let Some(reader) = &mut self.reader {
            reader.poll();
        }
        let landed = self.places[place as usize].landed();
        if landed {
            self.seen(ticket);
        }
        landed
    }

    fn wait(&mut self, ticket: Ticket) {
        self.fault(ticket);
        let Some(&place) = self.outstanding.get(&ticket) else { return };
        if let Some(reader) = &mut self.reader {
            reader.wait(place);
        }
        self.seen(ticket);
    }

    fn cancel(&mut self, ticket: Ticket) -> bool {
        let Some(&place) = self.outstanding.get(&ticket) else { return false };
        let taken_back = self.reader.as_mut().is_some_and(|reader| reader.cancel(place));
        if taken_back {
            self.submitted_bytes -= self.places[place as usize].job().extent.bytes;
            self.seen(ticket);
        }
        taken_back
    }

    /// Room is real here: what it costs, the reads and the engine's own work have paid.
    fn admit(&mut self, _bytes: u64) {}

    fn move_row(&mut self, from: u32, to: u32, bytes: u64) {
        for slot in [from, to] {
            assert_eq!(self.pending[slot as usize], 0, "slot {slot} is moved while it is read into");
        }
        // SAFETY: no read into either slot is in flight (just asserted), and kernels run on this thread.
        #[expect(unsafe_code, reason = "copies a slot")]
        unsafe {
            self.world.buffer.copy(self.slots.offset(from), self.slots.offset(to), to_usize(bytes));
        }
    }

    fn run(&mut self, kernel: &Kernel, touched: Touched<'_>) -> Surcharge {
        if self.world.latch.is_set() {
            return Surcharge::default();
        }
        if let Some(reader) = &mut self.reader {
            reader.kick();
        }
        match self.compute(kernel, touched) {
            Ok(contention_ns) => Surcharge { contention_ns, ..Surcharge::default() },
            Err(fault) => {
                self.world.latch.set(fault);
                Surcharge::default()
            }
        }
    }
}
