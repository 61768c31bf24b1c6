//! Where a session finds its steps: in a script that is held whole, or in the part of one that it has come to.
//!
//! A pass looks at the one before it and the one after it (what is read ahead), no further: a source that has three passes
//! at hand serves a run of any length. What knows the whole future ([`crate::oracle::Oracle`]) is made of a whole script.

use crate::{
    prefetch::Prefetch,
    script::Script,
    session::{Request, Run},
};

/// Passes of a run, one after the other in the run's order.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// What they need.
    pub script: &'a Script,
    /// What is read ahead. Scripts that it names hold the same passes.
    pub prefetch: Prefetch<'a>,
    /// Number in the run of the part's first pass.
    pub first_pass: u64,
}

/// A run's passes, part by part.
pub trait Source {
    /// The part that holds `pass`, the one before it and the one after it, as far as the run has them. Passes are asked for
    /// in ascending order. None ends the run: the source could not go on, and its owner is to say why.
    fn part(&mut self, pass: u64) -> Option<Part<'_>>;
}

/// A script that is held whole.
#[derive(Clone, Copy, Debug)]
pub struct Whole<'a>(Part<'a>);

impl<'a> Whole<'a> {
    /// All passes of `script`, whose decode passes repeat.
    ///
    /// # Panics
    /// If the last pass lacks rows.
    #[must_use]
    pub fn new(script: &'a Script, prefetch: Prefetch<'a>) -> Self {
        script.assert_whole();
        Self(Part { script, prefetch, first_pass: 0 })
    }

    /// The script of `request`.
    ///
    /// # Panics
    /// If the last pass lacks rows.
    #[must_use]
    pub fn of(request: &Request<'a>) -> Self {
        Self::new(request.script, request.prefetch)
    }
}

impl Source for Whole<'_> {
    fn part(&mut self, _pass: u64) -> Option<Part<'_>> {
        Some(self.0)
    }
}

impl Request<'_> {
    /// The request without its script.
    ///
    /// # Panics
    /// If the script has no decode pass to repeat.
    #[must_use]
    pub fn run(&self) -> Run {
        let script = self.script;
        assert!(self.decode_passes == 0 || script.decode_passes() > 0, "no decode pass to repeat");
        Run {
            layers: script.layers(),
            prefill_passes: script.prefill_passes() as u64,
            decode_passes: self.decode_passes,
            model_layers: self.model_layers,
            context_max: self.context_max,
            rows_fixed: self.rows_fixed,
            draft_tokens: self.draft_tokens,
        }
    }
}
