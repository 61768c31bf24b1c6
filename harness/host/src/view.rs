//! The weights as a kernel sees them: bundles in slots or in the mapped file, and rows of matrices that may be cut by the
//! borders of blocks.

use tightfit_engine::{BundleId, NONE, Store, platform::Touched, store::Extent};

use crate::{Buffer, mapped::Mapping, shape::Matrix, slots::Slots, slots::to_usize};

/// Where bundles are.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) store: &'a Store,
    pub(crate) slots: &'a Slots,
    pub(crate) buffer: &'a Buffer,
    pub(crate) mapping: Option<&'a Mapping>,
    /// Reads in flight into each slot.
    pub(crate) pending: &'a [u16],
    pub(crate) touched: Touched<'a>,
}

impl<'a> View<'a> {
    /// The `part`-th run of a bundle.
    pub(crate) fn run(&self, bundle: BundleId, part: u32) -> &'a [u8] {
        let extent = self.store.extent(bundle, part);
        if let Some(mapping) = self.mapping {
            return mapping.bytes(extent);
        }
        let before = (0..part).map(|part| self.store.extent(bundle, part).bytes).sum::<u64>();
        self.in_slot(bundle, Extent { offset: before, bytes: extent.bytes })
    }

    /// The matrices of a bundle as `shape` has them; those of a copy of lower precision are equal parts.
    pub(crate) fn matrices(&self, bundle: BundleId, shape: &[Matrix]) -> [&'a [u8]; 3] {
        let mut parts: [&[u8]; 3] = [&[]; 3];
        if self.store.parts(bundle) > 1 {
            for (part, number) in parts.iter_mut().zip(0..self.store.parts(bundle)) {
                *part = self.run(bundle, number);
            }
            return parts;
        }
        let mut rest = self.run(bundle, 0);
        let whole: usize = shape.iter().map(|matrix| matrix.bytes).sum();
        let each = (rest.len() != whole).then(|| rest.len() / shape.len());
        for (part, matrix) in parts.iter_mut().zip(shape) {
            (*part, rest) = rest.split_at(each.unwrap_or(matrix.bytes));
        }
        parts
    }

    /// Bytes of the dense weights.
    pub(crate) fn dense(&self, from: usize, bytes: usize) -> &'a [u8] {
        // SAFETY: dense weights are read at warm-up, whose reads the engine waits for before any kernel.
        #[expect(unsafe_code, reason = "reads the dense weights")]
        unsafe {
            self.buffer.range(self.slots.dense_offset() + from, bytes)
        }
    }

    /// The touched bundles as one run of bytes after the other.
    pub(crate) fn runs(self) -> impl Iterator<Item = &'a [u8]> {
        self.touched
            .bundles
            .iter()
            .flat_map(move |&bundle| (0..self.store.parts(bundle)).map(move |part| self.run(bundle, part)))
    }

    fn in_slot(&self, bundle: BundleId, within: Extent) -> &'a [u8] {
        let slot = self.touched.slot_of[bundle as usize];
        assert_ne!(slot, NONE, "bundle {bundle} is not in DRAM");
        assert_eq!(self.pending[slot as usize], 0, "bundle {bundle} is computed while it is read into slot {slot}");
        let offset = self.slots.offset(slot) + to_usize(within.offset);
        // SAFETY: no read into the slot is in flight (just asserted; the count changes on this thread alone), and moves happen
        // on this thread, not while a kernel runs.
        #[expect(unsafe_code, reason = "reads a slot")]
        unsafe {
            self.buffer.range(offset, to_usize(within.bytes))
        }
    }
}

/// Hands out rows of runs of bytes that follow each other; one that a border cuts is put together first.
pub(crate) struct Rows<'a, I> {
    runs: I,
    current: &'a [u8],
    joint: Vec<u8>,
}

impl<'a, I: Iterator<Item = &'a [u8]>> Rows<'a, I> {
    pub(crate) fn new(runs: I) -> Self {
        Self { runs, current: &[], joint: Vec::new() }
    }

    /// Leaves `bytes` out.
    pub(crate) fn skip(&mut self, mut bytes: usize) {
        while bytes > 0 {
            if self.current.is_empty() {
                let Some(run) = self.runs.next() else { return };
                self.current = run;
            }
            let skipped = bytes.min(self.current.len());
            self.current = &self.current[skipped..];
            bytes -= skipped;
        }
    }

    /// The next `bytes`; fewer at the end, then none.
    pub(crate) fn next(&mut self, bytes: usize) -> &[u8] {
        while self.current.is_empty() {
            let Some(run) = self.runs.next() else { return &[] };
            self.current = run;
        }
        if self.current.len() >= bytes {
            let (row, rest) = self.current.split_at(bytes);
            self.current = rest;
            return row;
        }
        self.joint.clear();
        while self.joint.len() < bytes {
            let taken = self.current.len().min(bytes - self.joint.len());
            self.joint.extend_from_slice(&self.current[..taken]);
            self.current = &self.current[taken..];
            if self.current.is_empty() {
                let Some(run) = self.runs.next() else { break };
                self.current = run;
            }
        }
        &self.joint
    }
}
