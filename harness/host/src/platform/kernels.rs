//! What computes, and what it is given: the bundles that a step brought, and a place to look up what has landed meanwhile.

use tightfit_engine::{
    BundleId,
    platform::{Kernel, Touched},
    store::Extent,
};

use super::HostPlatform;
use crate::{Fault, jobs::Reader, slots::to_usize, view::View};

/// Rows between two looks at what has landed.
const ROWS_BETWEEN_POLLS: usize = 16;

/// What computes on this machine.
pub trait Kernels {
    /// Runs a kernel over the bundles that it touches, all of which are in memory.
    fn run(&mut self, kernel: &Kernel, bundles: Bundles<'_>, pause: &mut Pause<'_>) -> Result<(), Fault>;
}

/// The bundles that a kernel touches.
#[derive(Clone, Copy)]
pub struct Bundles<'a> {
    pub(crate) view: View<'a>,
}

impl<'a> Bundles<'a> {
    /// Which they are: ascending, but for those that are computed as they land.
    #[must_use]
    pub fn touched(&self) -> &'a [BundleId] {
        self.view.touched.bundles
    }

    /// The bytes of one that lies in one run.
    ///
    /// # Panics
    /// If it is not in memory.
    #[must_use]
    pub fn bytes(&self, bundle: BundleId) -> &'a [u8] {
        self.view.run(bundle, 0)
    }
}

/// Lets the reader see what has landed while a kernel runs, and counts the time that this takes.
pub struct Pause<'r> {
    reader: Option<&'r mut dyn Reader>,
    rows: usize,
    ns: u64,
}

impl Pause<'_> {
    /// To be called after each row, or what takes as long.
    pub fn after_row(&mut self) {
        self.rows += 1;
        if !self.rows.is_multiple_of(ROWS_BETWEEN_POLLS) {
            return;
        }
        if let Some(reader) = &mut self.reader {
            self.ns += reader.poll();
        }
    }
}

impl<K: Kernels> HostPlatform<K> {
    /// Runs a kernel. Returns the nanoseconds that incoming reads took of it.
    pub(super) fn compute(&mut self, kernel: &Kernel, touched: Touched<'_>) -> Result<u64, Fault> {
        if let Some(mapping) = &self.mapping {
            mapping.assert_whole(Extent { offset: 0, bytes: self.store.bytes() })?;
        }
        if self.verify {
            self.check_dense()?;
        }
        let view = View {
            store: &self.store,
            slots: &self.slots,
            buffer: &self.world.buffer,
            mapping: self.mapping.as_ref(),
            pending: &self.pending,
            touched,
        };
        if self.verify {
            for &bundle in touched.bundles {
                self.file.check_bundle(&self.store, bundle, |part| view.run(bundle, part))?;
            }
        }
        let reader = self.reader.as_mut().map(|reader| &mut **reader as &mut dyn Reader);
        let mut pause = Pause { reader, rows: 0, ns: 0 };
        self.kernels.run(kernel, Bundles { view }, &mut pause)?;
        Ok(pause.ns)
    }

    /// Holds the dense weights to their checksums, once.
    fn check_dense(&mut self) -> Result<(), Fault> {
        if !self.dense_is_checked {
            // SAFETY: dense weights are read at warm-up, whose reads the engine waits for before any kernel.
            #[expect(unsafe_code, reason = "reads the dense weights")]
            let dense =
                unsafe { self.world.buffer.range(self.slots.dense_offset(), to_usize(self.file.dense_bytes())) };
            self.file.check_dense(dense)?;
            self.dense_is_checked = true;
        }
        Ok(())
    }
}
