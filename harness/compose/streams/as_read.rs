//! A run's script made while the run goes on, from a trace that stays in its file: three passes are held at once.
//!
//! One request, decoded without drafts, whose passes follow the tokens of the file. What has to know the whole of it
//! (Belady's future, a batch whose requests lie apart in the file, a run on this machine, whose time must not have reading
//! a trace in it) is made of a trace that is held.

#[cfg(test)]
mod tests;

use tightfit_engine::{
    parts::{Part, Source},
    script::Positions,
};
use tightfit_scenarios::{
    Strategy,
    scenario::Prefill,
    strategy::{self, Evict, Mechanism, Stream},
    trace::{Cursor, Filed, Request, TraceError},
};

use super::{
    maker::{Made, Maker},
    passes::Pass,
};
use crate::compose::setup;

/// The script of a run, as it is made from a file.
#[derive(Clone, Debug)]
pub struct AsRead {
    file: Filed,
    request: Request,
    prefill: Prefill,
    maker: Maker,
    row_bundles_max: usize,
    hint_bundles_max: usize,
}

/// Whether `strategy` runs without knowing more of a request than the passes about the one that it has come to.
pub(crate) fn suffices(strategy: &Strategy) -> bool {
    let online = match &strategy.mechanism {
        Mechanism::ResidentSet { set, .. } => set.evict != Evict::Belady,
        Mechanism::PageCache(_) => true,
    };
    strategy.stream == Stream::Everything || online && strategy.speculative.is_none()
}

impl AsRead {
    /// Reads the request through once, for the largest rows.
    pub(super) fn new(file: &Filed, request: Request, prefill: Prefill, maker: Maker) -> Result<Self, TraceError> {
        let file = file.clone();
        let mut script = Self { file, request, prefill, maker, row_bundles_max: 0, hint_bundles_max: 0 };
        let recorded = script.prefill_passes() + u64::from(request.decode_tokens);
        let (mut maker, mut tokens) = (script.maker.clone(), script.file.cursor()?);
        let mut made = maker.empty();
        for pass in 0..recorded {
            maker.push(&mut made, &script.pass(pass), &mut tokens)?;
            made.forget(1);
        }
        script.row_bundles_max = made.script.row_bundles_max();
        script.hint_bundles_max = made.hints.map_or(0, |hints| hints.row_bundles_max());
        Ok(script)
    }

    pub(super) fn row_bundles_max(&self) -> usize {
        self.row_bundles_max
    }

    pub(super) fn hint_bundles_max(&self) -> usize {
        self.hint_bundles_max
    }

    pub(super) fn prefill_passes(&self) -> u64 {
        match (self.prefill, self.request.prefill_tokens) {
            (_, 0) => 0,
            (Prefill::Batched, _) => 1,
            (Prefill::Sequential, tokens) => u64::from(tokens),
        }
    }

    /// The pass of that number in a run: decode passes repeat.
    fn pass(&self, number: u64) -> Pass {
        let Request { prefill_tokens, decode_tokens, first_token } = self.request;
        let index = |number: u64| usize::try_from(number).expect("tokens of a trace that was read");
        let decode_first = first_token + prefill_tokens as usize;
        let (prefill, tokens) = match number.checked_sub(self.prefill_passes()) {
            Some(decode) => (false, vec![decode_first + index(decode % u64::from(decode_tokens))]),
            None if self.prefill == Prefill::Batched => (true, (first_token..decode_first).collect()),
            None => (true, vec![first_token + index(number)]),
        };
        let positions = Positions::of(u32::try_from(tokens.len()).expect("a prompt is u32"));
        Pass { prefill, positions, tokens }
    }

    /// Begins to read for a run of so many decode passes that reads ahead as `ahead` says.
    pub(crate) fn read(&self, ahead: strategy::Prefetch, decode_passes: u64) -> Result<Reading<'_>, TraceError> {
        Ok(Reading {
            script: self,
            ahead,
            passes: self.prefill_passes() + decode_passes,
            maker: self.maker.clone(),
            tokens: self.file.cursor()?,
            made: self.maker.empty(),
            first_pass: 0,
            problem: None,
        })
    }
}

/// A script being read: the pass that the run has come to, the one before and the one after.
pub(crate) struct Reading<'a> {
    script: &'a AsRead,
    ahead: strategy::Prefetch,
    passes: u64,
    maker: Maker,
    tokens: Cursor,
    made: Made,
    first_pass: u64,
    problem: Option<TraceError>,
}

impl Reading<'_> {
    /// Why it ended before the run did, if it did.
    pub(crate) fn finish(self) -> Result<(), TraceError> {
        self.problem.map_or(Ok(()), Err)
    }

    fn end_pass(&self) -> u64 {
        self.first_pass + self.made.passes() as u64
    }
}

impl Source for Reading<'_> {
    fn part(&mut self, pass: u64) -> Option<Part<'_>> {
        let gone = pass.saturating_sub(1) - self.first_pass;
        self.made.forget(usize::try_from(gone).expect("one pass after the other"));
        self.first_pass += gone;
        while self.end_pass() < (pass + 2).min(self.passes) {
            let next = self.script.pass(self.end_pass());
            if let Err(problem) = self.maker.push(&mut self.made, &next, &mut self.tokens) {
                self.problem = Some(problem);
                return None;
            }
        }
        let Made { script, hints } = &self.made;
        let prefetch = setup::prefetch(self.ahead, script, hints.as_ref(), self.passes - self.first_pass);
        Some(Part { script, prefetch, first_pass: self.first_pass })
    }
}
