//! Turns the bundles that a step lacks into reads: sorted, neighbours coalesced, rounded out to read units, long ones
//! split so that they can spread over lanes.

use alloc::vec::Vec;

use crate::{
    geometry::BundleId,
    platform::Piece,
    store::{Extent, Store},
};

/// How reads are formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadRules {
    /// Runs no further apart than this are read as one, gap included.
    pub coalesce_gap_bytes: u64,
    /// Longest read; a multiple of the store's read unit.
    pub read_bytes_max: u64,
}

/// One planned read and its range of [`Plan::pieces`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Planned {
    extent: Extent,
    first_piece: u32,
    pieces: u32,
}

/// A part of a bundle that has to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    extent: Extent,
    bundle: BundleId,
    slot: u32,
    slot_offset: u64,
}

/// The reads for one batch of bundles; its memory is reused from batch to batch.
#[derive(Clone, Debug)]
pub struct Plan {
    rules: ReadRules,
    runs: Vec<Run>,
    reads: Vec<Planned>,
    pieces: Vec<Piece>,
}

impl Plan {
    /// A plan with room for any batch of up to `bundles_max` bundles of `store`.
    ///
    /// # Panics
    /// If the longest read is not a positive multiple of the read unit.
    #[must_use]
    pub fn new(store: &Store, rules: ReadRules, bundles_max: usize) -> Self {
        let unit_bytes = store.read_unit_bytes();
        assert!(
            rules.read_bytes_max > 0 && rules.read_bytes_max.is_multiple_of(unit_bytes),
            "longest read {} B, read unit {unit_bytes} B",
            rules.read_bytes_max
        );
        let parts_max = store.geometry().regions().iter().map(|region| region.parts).max().unwrap_or(1) as usize;
        let runs = bundles_max * parts_max;
        let bundle_bytes_max = store.geometry().regions().iter().map(|region| region.bundle_bytes).max().unwrap_or(0);
        let splits = usize::try_from(bundle_bytes_max / rules.read_bytes_max).unwrap_or(usize::MAX) + 2;
        Self {
            rules,
            runs: Vec::with_capacity(runs),
            reads: Vec::with_capacity(runs * splits),
            pieces: Vec::with_capacity(runs * splits),
        }
    }

    /// Most reads that one batch can give.
    #[must_use]
    pub fn reads_max(&self) -> usize {
        self.reads.capacity()
    }

    /// Plans the reads of `batch`, pairs of bundle and slot in order of the bundles. Returns the bytes that the bundles
    /// themselves have.
    pub fn build(&mut self, store: &Store, batch: &[(BundleId, u32)]) -> u64 {
        self.runs.clear();
        self.reads.clear();
        self.pieces.clear();
        debug_assert!(batch.is_sorted(), "a batch in order of its bundles");
        let mut needed_bytes = 0;
        if store.in_id_order() {
            for &(bundle, slot) in batch {
                let extent = store.extent(bundle, 0);
                needed_bytes += extent.bytes;
                self.place(Run { extent, bundle, slot, slot_offset: 0 }, store);
            }
            return needed_bytes;
        }
        for &(bundle, slot) in batch {
            let mut slot_offset = 0;
            for part in 0..store.parts(bundle) {
                let extent = store.extent(bundle, part);
                self.runs.push(Run { extent, bundle, slot, slot_offset });
                slot_offset += extent.bytes;
            }
            needed_bytes += slot_offset;
        }
        // No two runs start at one place.
        self.runs.sort_unstable_by_key(|run| run.extent.offset);
        for index in 0..self.runs.len() {
            self.place(self.runs[index], store);
        }
        needed_bytes
    }

    /// The planned reads with their pieces, in order of offset.
    pub fn reads(&self) -> impl Iterator<Item = (Extent, &[Piece])> {
        self.reads.iter().map(|read| {
            let first = read.first_piece as usize;
            (read.extent, &self.pieces[first..first + read.pieces as usize])
        })
    }

    /// Adds `run` to the last read where it may be coalesced, else to reads of its own.
    fn place(&mut self, run: Run, store: &Store) {
        let whole = store.rounded_out(run.extent);
        let (mut at, end) = (whole.offset, whole.end());
        if let Some(last) = self.reads.last_mut() {
            let near = at <= last.extent.end() + self.rules.coalesce_gap_bytes;
            if near && end - last.extent.offset <= self.rules.read_bytes_max {
                last.extent.bytes = (end - last.extent.offset).max(last.extent.bytes);
                last.pieces += 1;
                let read_offset = run.extent.offset - last.extent.offset;
                self.pieces.push(run.piece(read_offset, 0, run.extent.bytes));
                return;
            }
            if at < last.extent.end() {
                // The last read is full and has the run's first unit already: the run goes on behind it.
                at = last.extent.end();
                last.pieces += 1;
                let read_offset = run.extent.offset - last.extent.offset;
                self.pieces.push(run.piece(read_offset, 0, at - run.extent.offset));
            }
        }
        while at < end {
            let until = (at + self.rules.read_bytes_max).min(end);
            let from = at.max(run.extent.offset);
            let to = until.min(run.extent.end());
            let first_piece = u32::try_from(self.pieces.len()).expect("fewer than 2^32 pieces");
            self.pieces.push(run.piece(from - at, from - run.extent.offset, to - from));
            self.reads.push(Planned { extent: Extent { offset: at, bytes: until - at }, first_piece, pieces: 1 });
            at = until;
        }
    }
}

impl Run {
    /// The piece of this run that starts `skip` bytes into it and lies at `read_offset` of its read.
    fn piece(&self, read_offset: u64, skip: u64, bytes: u64) -> Piece {
        Piece { bundle: self.bundle, slot: self.slot, slot_offset: self.slot_offset + skip, read_offset, bytes }
    }
}
