//! Runs a step's feed-forward kernel, in parts where some of its rows may go before others.

use super::{Engine, LATE, Overlap};
use crate::{
    evict::Evict,
    geometry::BundleId,
    platform::{Kernel, Platform, Touched},
    session::Step,
};

impl<P: Platform, E: Evict> Engine<'_, P, E> {
    /// Computes `kernel` over `bundles`, all of which are in DRAM or on their way.
    pub(super) fn compute(&mut self, kernel: &Kernel, bundles: &[BundleId]) {
        let apart = self.setup.overlap != Overlap::None && !self.absent.is_empty();
        if !apart {
            self.wait();
            self.run_over(kernel, bundles);
            return;
        }
        let (present, absent) = (core::mem::take(&mut self.present), core::mem::take(&mut self.absent));
        let mut left =
            Left { kernel: *kernel, rows: kernel.rows, row_uses: kernel.row_uses, cold_rows: kernel.cold_rows };
        if !present.is_empty() {
            self.run_over(&left.part(present.len()), &present);
        }
        if self.setup.overlap == Overlap::AsLanded {
            self.as_landed(&mut left, &absent);
        } else {
            self.wait();
            self.run_over(&left.part(absent.len()), &absent);
        }
        (self.present, self.absent) = (present, absent);
    }

    /// Computes all rows of the step's layer that are in DRAM or on their way.
    pub(super) fn compute_held(&mut self, step: &Step<'_>) {
        self.wait();
        let mut held = core::mem::take(&mut self.held);
        held.clear();
        for (index, region) in self.store.geometry().regions().iter().enumerate() {
            if region.layer == step.layer {
                held.extend_from_slice(self.resident.contiguous(index));
            }
        }
        let uses = held.len() as u64 * u64::from(step.positions.tokens);
        self.run_over(&step.rows_kernel(&held, uses, 0), &held);
        self.held = held;
    }

    /// Computes those of `missed`, the step's from number `first` on, that were not in DRAM: the others are computed already.
    pub(super) fn compute_fresh(&mut self, step: &Step<'_>, missed: &[BundleId], first: usize) {
        self.wait();
        let mut held = core::mem::take(&mut self.held);
        held.clear();
        let fresh = missed.iter().zip(&self.fresh[first..]).filter(|&(_, &fresh)| fresh);
        held.extend(fresh.map(|(&bundle, _)| bundle));
        if !held.is_empty() {
            self.run_over(&step.rows_kernel(&held, held.len() as u64, 0), &held);
        }
        self.held = held;
    }

    /// Computes the late bundles of `absent`, then each missing one when the last of it has landed.
    fn as_landed(&mut self, left: &mut Left, absent: &[BundleId]) {
        self.landing.clear();
        if !self.tickets.is_empty() {
            for (read, (_, pieces)) in (0..).zip(self.plan.reads()) {
                self.landing.extend(pieces.iter().map(|piece| (read, piece.bundle)));
            }
            // Reads are waited for in order, so that of those that bring a bundle the last one counts.
            self.landing.sort_unstable_by_key(|&(read, bundle)| (bundle, core::cmp::Reverse(read)));
            self.landing.dedup_by_key(|&mut (_, bundle)| bundle);
            self.landing.sort_unstable();
        }
        self.wait_for_late();
        for &bundle in absent {
            if self.state[bundle as usize] & LATE != 0 {
                self.run_over(&left.part(1), &[bundle]);
            }
        }
        let mut waited = 0;
        for index in 0..self.landing.len() {
            let (read, bundle) = self.landing[index];
            // A later read may land before an earlier one.
            while waited <= read as usize {
                self.watch.wait(&mut self.platform, self.tickets[waited]);
                waited += 1;
            }
            self.run_over(&left.part(1), &[bundle]);
        }
    }

    fn run_over(&mut self, kernel: &Kernel, bundles: &[BundleId]) {
        let touched = Touched { bundles, slot_of: self.resident.slots() };
        self.watch.run(&mut self.platform, kernel, touched);
    }
}

/// What of a kernel is still to be computed.
struct Left {
    kernel: Kernel,
    rows: u32,
    row_uses: u64,
    cold_rows: u32,
}

impl Left {
    /// A part of so many rows, with its share of the uses; the last part takes what is left.
    fn part(&mut self, rows: usize) -> Kernel {
        let rows = u32::try_from(rows).expect("ids are u32");
        let share = |whole: u64| whole * u64::from(rows) / u64::from(self.rows.max(1));
        let row_uses = share(self.row_uses);
        let cold_rows = u32::try_from(share(u64::from(self.cold_rows))).expect("no more than there were");
        self.rows -= rows;
        self.row_uses -= row_uses;
        self.cold_rows -= cold_rows;
        Kernel { rows, cold_rows, row_uses, ..self.kernel }
    }
}
