//! The seam between the engine and the world: time, flash, DRAM and compute.
//!
//! They change together, because a virtual clock beside a real disk means nothing. A platform never refuses a call:
//! what could fail was checked before the engine was built, and a real device's error ends the run outside the engine.

use crate::{geometry::BundleId, store::Extent};

/// Why bytes are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A step needs them now.
    Demand,
    /// A later step is expected to need them.
    Prefetch,
    /// Before the request: pinned bundles.
    WarmUp,
}

impl Cause {
    /// Number of causes.
    pub const COUNT: usize = 3;
}

/// One read from the weight store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// What to read: whole read units.
    pub extent: Extent,
    /// Why.
    pub cause: Cause,
}

/// Where a part of a read belongs in DRAM. Bytes of a read that no piece claims are gaps and padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The bundle.
    pub bundle: BundleId,
    /// Its slot in the resident set.
    pub slot: u32,
    /// First byte within the slot.
    pub slot_offset: u64,
    /// First byte within the read.
    pub read_offset: u64,
    /// Number of bytes.
    pub bytes: u64,
}

/// Number of a submitted read, counted from 0 in order of submission.
pub type Ticket = u64;

/// Which computation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KernelKind {
    /// Tokens of the small model that drafts, one after the other.
    Draft,
    /// Attention, norms and router of a layer: the weights that are always resident.
    Dense,
    /// The small network that names the rows of a layer before they are computed.
    Predictor,
    /// The feed-forward network of a layer over the rows or experts that were asked for.
    FeedForward,
    /// Logits of the last position, sampling, and the runtime's fixed cost of a token.
    Head,
}

/// One computation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kernel {
    /// Which.
    pub kind: KernelKind,
    /// The layer; for the head the number of layers.
    pub layer: u32,
    /// Positions computed at once, over all sequences: the prompt in prefill, 1 in decode.
    pub tokens: u32,
    /// Sequences that they belong to, in equal parts.
    pub sequences: u32,
    /// Positions in each sequence's KV cache after this one.
    pub context: u32,
    /// Distinct rows (or experts) touched.
    pub rows: u32,
    /// Those of them that are copies of lower precision.
    pub cold_rows: u32,
    /// Rows times the positions that use them.
    pub row_uses: u64,
}

/// The rows that a kernel computes over, and where each lies in DRAM.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Touched<'a> {
    /// The bundles; none for a kernel whose weights are always in DRAM.
    pub bundles: &'a [BundleId],
    /// The slot of every bundle of the store, by bundle; empty where the system maps the store.
    pub slot_of: &'a [u32],
}

/// What a kernel's time held besides computing, nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Surcharge {
    /// DRAM bandwidth lost to reads that landed meanwhile.
    pub contention_ns: u64,
    /// Dispatches and fixed costs.
    pub overhead_ns: u64,
    /// Slowed by heat.
    pub throttling_ns: u64,
}

/// A world that the engine can run in.
pub trait Platform {
    /// Told once, before the first read: the most reads that will ever be outstanding.
    fn reserve(&mut self, reads_outstanding_max: usize);

    /// Nanoseconds since some start; never goes back.
    fn now_ns(&mut self) -> u64;

    /// Starts a read; demand reads overtake prefetches that have not been started.
    fn submit(&mut self, read: &Read, pieces: &[Piece]) -> Ticket;

    /// Whether a read has landed.
    fn landed(&mut self, ticket: Ticket) -> bool;

    /// Waits until a read has landed.
    fn wait(&mut self, ticket: Ticket);

    /// Takes a prefetch that has not been started back. Returns whether that was so; a read that goes on will land.
    fn cancel(&mut self, ticket: Ticket) -> bool;

    /// Makes room for `bytes` that are about to be read into slots: what that costs beside the reads.
    fn admit(&mut self, bytes: u64);

    /// Copies a row inside DRAM from slot `from` to slot `to`.
    fn move_row(&mut self, from: u32, to: u32, bytes: u64);

    /// Computes over the rows `touched`, all of which are in DRAM; reads in flight go on meanwhile.
    fn run(&mut self, kernel: &Kernel, touched: Touched<'_>) -> Surcharge;
}
