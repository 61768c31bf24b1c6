//! What becomes of rows in DRAM: which came, which were evicted since the last kernel that showed them, how much they are.

use tightfit_engine::{
    geometry::{BundleId, NONE},
    platform::Piece,
};
use tightfit_reports::timeline::Process;

use super::ROWS;

/// Where a bundle is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Absent,
    /// A read of it was submitted since the last look.
    Arriving,
    Present,
}

/// The bundles that were ever read.
#[derive(Debug, Default)]
pub(super) struct Rows {
    bundles: Vec<(State, u64)>,
    present_bytes: u64,
    /// Evicted and read again since the last look.
    replaced: u64,
    replaced_bytes: u64,
}

impl Rows {
    /// Reads were submitted: what was there and is read again had been evicted.
    pub(super) fn arriving(&mut self, pieces: &[Piece]) {
        for piece in pieces {
            let index = piece.bundle as usize;
            if index >= self.bundles.len() {
                self.bundles.resize(index + 1, (State::Absent, 0));
            }
            let (state, bytes) = &mut self.bundles[index];
            match state {
                State::Arriving => *bytes += piece.bytes,
                State::Absent => (*state, *bytes) = (State::Arriving, piece.bytes),
                State::Present => {
                    self.replaced += 1;
                    self.replaced_bytes += *bytes;
                    self.present_bytes -= *bytes;
                    (*state, *bytes) = (State::Arriving, piece.bytes);
                }
            }
        }
    }

    /// Reads ahead were taken back before they began.
    pub(super) fn taken_back(&mut self, bundles: &[BundleId], now_ns: u64, process: &mut Process) {
        for bundle in bundles {
            self.bundles[*bundle as usize] = (State::Absent, 0);
        }
        if process.is_open() {
            process.track(ROWS, "rows in DRAM");
            process.instant(ROWS, "read taken back", now_ns, &[("pieces", bundles.len() as u64)]);
        }
    }

    /// A kernel shows where rows lie; nothing where the system maps the store, or where a kernel needs none.
    pub(super) fn seen(&mut self, slot_of: &[u32], now_ns: u64, process: &mut Process) {
        if slot_of.is_empty() {
            return;
        }
        let (mut evicted, mut evicted_bytes) =
            (std::mem::take(&mut self.replaced), std::mem::take(&mut self.replaced_bytes));
        for ((state, bytes), slot) in self.bundles.iter_mut().zip(slot_of) {
            match (*state, *slot == NONE) {
                (State::Arriving, false) => {
                    *state = State::Present;
                    self.present_bytes += *bytes;
                }
                (State::Present, true) => {
                    *state = State::Absent;
                    evicted += 1;
                    evicted_bytes += *bytes;
                    self.present_bytes -= *bytes;
                }
                (State::Arriving, true) => {
                    *state = State::Absent;
                    evicted += 1;
                    evicted_bytes += *bytes;
                }
                (State::Absent, _) | (State::Present, false) => {}
            }
        }
        if !process.is_open() {
            return;
        }
        if evicted > 0 {
            process.track(ROWS, "rows in DRAM");
            process.instant(ROWS, "evicted", now_ns, &[("bundles", evicted), ("bytes", evicted_bytes)]);
        }
        process.counter("resident set", now_ns, ("bytes", self.present_bytes));
    }
}
