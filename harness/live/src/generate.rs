//! Greedy generation: the prompt in batches, then one token at a time.

use std::collections::BTreeSet;

use crate::LiveError;
use crate::model::{Model, Session};
use crate::observe::Observer;

/// Prompt tokens that pass the model together. A fixed number, so that a trace does not depend on the machine, and a
/// small one, so that memory does not grow with the prompt.
pub const PREFILL_BATCH: usize = 64;

/// Runs the prompt and up to `tokens` generated tokens, always taking the likeliest (of equals the lowest number).
///
/// Every generated token is fed back, the last one too: `tokens` tokens are `tokens` decode steps. A token of `ends`
/// stops the answer and is not fed back. Returns the tokens that were fed back. `progress` is told how many tokens,
/// the prompt's included, have passed.
pub fn greedy(
    model: &Model,
    session: &mut Session,
    prompt: &[u32],
    tokens: usize,
    ends: &BTreeSet<u32>,
    observer: &mut dyn Observer,
    progress: &mut dyn FnMut(usize),
) -> Result<Vec<u32>, LiveError> {
    let mut stream = None;
    let mut passed = 0;
    for batch in prompt.chunks(PREFILL_BATCH) {
        stream = Some(model.forward(session, batch, observer)?);
        passed += batch.len();
        progress(passed);
    }
    let mut stream = stream.ok_or(LiveError::EmptyPrompt)?;
    let mut generated = Vec::with_capacity(tokens);
    while generated.len() < tokens {
        let next = likeliest(&model.logits(&stream)?)?;
        if ends.contains(&next) {
            break;
        }
        stream = model.forward(session, &[next], observer)?;
        generated.push(next);
        progress(passed + generated.len());
    }
    Ok(generated)
}

/// The largest number's place, the first of equals.
pub(crate) fn likeliest(logits: &[f32]) -> Result<u32, LiveError> {
    let mut best = (0, f32::NEG_INFINITY);
    for (token, &logit) in (0..).zip(logits) {
        if !logit.is_finite() {
            return Err(LiveError::NotFinite { place: format!("the head's number for token {token}") });
        }
        if logit > best.1 {
            best = (token, logit);
        }
    }
    Ok(best.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equals_is_taken_and_nonsense_refused() {
        assert_eq!(likeliest(&[1.0, 3.0, -2.0, 3.0]).expect("finite"), 1);
        assert!(matches!(likeliest(&[0.0, f32::NAN]), Err(LiveError::NotFinite { .. })));
    }
}
