//! Knowledge of the future: a type of its own, handed to nothing but upper bounds.
//!
//! A use is named by its position among the ids of the recorded script. A run that is longer than the recording repeats
//! its decode part, so that the next use of a bundle may lie at a lower position: in the next repeat. 8 bytes an id.

use alloc::{vec, vec::Vec};

use crate::{
    evict::At,
    geometry::{BundleId, NONE},
    script::Script,
};

/// When each bundle of a script will be used next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oracle {
    ids: Vec<BundleId>,
    /// Position of the next use of each position's bundle; [`NONE`] for never.
    next: Vec<u32>,
    /// First step of the last repeat that the run begins, and of the one before it.
    last_repeat_step: u64,
    repeat_before_step: u64,
    /// The run ends before this position of its last repeat.
    end: usize,
}

impl Oracle {
    /// Reads the future of a run of `script` that makes `decode_passes` decode passes.
    #[must_use]
    pub fn new(script: &Script, bundles: u32, decode_passes: u64) -> Self {
        let ids = script.ids().to_vec();
        let first_id = |pass: usize| {
            let recorded = script.prefill_passes() + script.decode_passes();
            if pass < recorded { script.row(pass, 0).first_id } else { script.ids().len() }
        };
        let mut next_at = vec![NONE; bundles as usize];
        // What comes after the recording is its decode part once more.
        let _ = next_uses(&ids[first_id(script.prefill_passes())..], &mut next_at);
        for next in next_at.iter_mut().filter(|next| **next != NONE) {
            *next += position(first_id(script.prefill_passes()));
        }
        let next = next_uses(&ids, &mut next_at);
        let cycle = script.decode_passes() as u64;
        let repeats = decode_passes.saturating_sub(1).checked_div(cycle).unwrap_or(0);
        let step = |repeat: u64| match repeat {
            0 => 0,
            repeat => (script.prefill_passes() as u64 + repeat * cycle) * u64::from(script.layers()),
        };
        let last_passes = usize::try_from(decode_passes - repeats * cycle).expect("no more than were recorded");
        Self {
            ids,
            next,
            last_repeat_step: step(repeats),
            repeat_before_step: step(repeats.saturating_sub(1)),
            end: first_id(script.prefill_passes() + last_passes),
        }
    }

    /// Reads the future of a stream of single lookups, each a step of its own.
    #[must_use]
    pub fn of_stream(stream: Vec<BundleId>, bundles: u32) -> Self {
        let next = next_uses(&stream, &mut vec![NONE; bundles as usize]);
        Self::of_known(stream, next)
    }

    /// The future of a stream of single lookups whose next uses are known: positions, [`NONE`] for never.
    ///
    /// # Panics
    /// If there are not as many next uses as lookups.
    #[must_use]
    pub fn of_known(stream: Vec<BundleId>, next: Vec<u32>) -> Self {
        assert_eq!(stream.len(), next.len(), "a next use for each lookup");
        let end = stream.len();
        Self { ids: stream, next, last_repeat_step: 0, repeat_before_step: 0, end }
    }

    /// Number of positions.
    #[must_use]
    pub fn positions(&self) -> usize {
        self.ids.len()
    }

    /// The bundles that are used, by position.
    #[must_use]
    pub fn bundles(&self) -> &[BundleId] {
        &self.ids
    }

    /// The bundle that is used at `position`.
    #[inline]
    #[must_use]
    pub fn bundle(&self, position: usize) -> BundleId {
        self.ids[position]
    }

    /// The position of the next use of the bundle that is used `at`; none if it is never used again. A position up to
    /// that of `at` is in the next repeat.
    #[inline]
    #[must_use]
    pub fn next_use(&self, at: At) -> Option<usize> {
        let next = self.next[at.id] as usize;
        if next == NONE as usize {
            return None;
        }
        let repeats = next <= at.id;
        let beyond = if at.step >= self.last_repeat_step {
            repeats || next >= self.end
        } else {
            repeats && at.step >= self.repeat_before_step && next >= self.end
        };
        (!beyond).then_some(next)
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

/// For each position the one of its bundle's next use, where `next_at` is what comes after all; leaves there what comes
/// first.
fn next_uses(ids: &[BundleId], next_at: &mut [u32]) -> Vec<u32> {
    let mut next = vec![NONE; ids.len()];
    for (at, (&bundle, next)) in ids.iter().zip(&mut next).enumerate().rev() {
        *next = core::mem::replace(&mut next_at[bundle as usize], position(at));
    }
    next
}

fn position(at: usize) -> u32 {
    u32::try_from(at).ok().filter(|&at| at != NONE).expect("fewer than 2^32 - 1 ids")
}
