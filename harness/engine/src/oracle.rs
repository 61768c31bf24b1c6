//! Knowledge of the future: a type of its own, handed to nothing but upper bounds.

use alloc::{vec, vec::Vec};

use crate::{
    evict::At,
    geometry::{BundleId, NONE},
    script::Script,
};

/// When each bundle of a script will be used next.
#[derive(Clone, Debug)]
pub struct Oracle {
    /// Passes until the next use, by position in the script's ids; [`NONE`] for never.
    passes_ahead: Vec<u32>,
    layers: u64,
    passes: u64,
}

impl Oracle {
    /// Reads the future of a run of `script` that makes `decode_passes` decode passes.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "a script has fewer than 2^32 passes")]
    pub fn new(script: &Script, bundles: u32, decode_passes: u64) -> Self {
        let mut passes_ahead = vec![NONE; script.ids().len()];
        let mut next_pass = vec![NONE; bundles as usize];
        let recorded = script.prefill_passes() + script.decode_passes();
        let cycle = script.decode_passes() as u32;
        // Two sweeps backwards: the first over the repeat of the decode part, which only fills in what comes next.
        for pass in (script.prefill_passes()..recorded).rev() {
            for layer in 0..script.layers() {
                let row = script.row(pass, layer);
                for &bundle in row.active.iter().chain(row.missed) {
                    next_pass[bundle as usize] = pass as u32 + cycle;
                }
            }
        }
        for pass in (0..recorded).rev() {
            for layer in 0..script.layers() {
                let row = script.row(pass, layer);
                for (index, &bundle) in row.active.iter().chain(row.missed).enumerate() {
                    let next = core::mem::replace(&mut next_pass[bundle as usize], pass as u32);
                    if next != NONE {
                        passes_ahead[row.first_id + index] = next - pass as u32;
                    }
                }
            }
        }
        let passes = script.prefill_passes() as u64 + decode_passes;
        Self { passes_ahead, layers: u64::from(script.layers()), passes }
    }

    /// Reads the future of a stream of single lookups, each a step of its own.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "asserted: fewer than 2^32 lookups")]
    pub fn of_stream(stream: &[BundleId], bundles: u32) -> Self {
        assert!(stream.len() < NONE as usize, "a stream of fewer than 2^32 - 1 lookups");
        let mut next_at = vec![NONE; bundles as usize];
        let mut passes_ahead = vec![NONE; stream.len()];
        for (at, &bundle) in stream.iter().enumerate().rev() {
            let next = core::mem::replace(&mut next_at[bundle as usize], at as u32);
            if next != NONE {
                passes_ahead[at] = next - at as u32;
            }
        }
        Self { passes_ahead, layers: 1, passes: stream.len() as u64 }
    }

    /// The step of the next use of the bundle that is used `at`; `u64::MAX` for never again.
    #[must_use]
    pub fn next_use(&self, at: At) -> u64 {
        let ahead = self.passes_ahead[at.id];
        let pass = at.step / self.layers + u64::from(ahead);
        if ahead == NONE || pass >= self.passes { u64::MAX } else { at.step + u64::from(ahead) * self.layers }
    }
}

/// The active sets to come, for a prefetch that is an upper bound.
#[derive(Clone, Copy, Debug)]
pub struct Foresight<'a> {
    script: &'a Script,
    passes: u64,
}

impl<'a> Foresight<'a> {
    /// Sees all of a run of `script` that makes `passes` passes.
    #[must_use]
    pub fn new(script: &'a Script, passes: u64) -> Self {
        Self { script, passes }
    }

    /// What the step after (`pass`, `layer`) will need.
    pub(crate) fn next(&self, pass: u64, layer: u32) -> Option<&'a [BundleId]> {
        self.script.following(pass, layer, self.passes)
    }
}
