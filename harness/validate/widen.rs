//! A recorded route with more choices than were recorded: what a model run at its full width would have chosen, as far as
//! the same route at another time tells.
//!
//! `BigMoeOnEdge` published speeds at 8 experts of 128, and a route of 6. The two that are added to each row are the
//! strongest ones of the token 32 later that the row lacks: real choices, with the real repetition from token to token.
//! With them an LRU replay hits as often as was published at 8 (53 % in 2000 MiB, 77 % in 4000 MiB). Which experts they
//! are means nothing.

use tightfit_scenarios::trace::{Builder, Row, Trace, TraceError};

/// Tokens later from which choices are taken: far enough to be of another passage.
const TOKENS_LATER: usize = 32;

/// The trace with `choices` in every row that has any.
pub(super) fn widened(trace: &Trace, choices: usize) -> Result<Trace, TraceError> {
    let mut header = trace.header().clone();
    header.definition = format!("{}, widened to {choices} by those of later tokens", header.definition);
    let mut builder = Builder::new("widened", header, false)?;
    let tokens = trace.tokens();
    for row in trace.iter() {
        let first = trace.requests()[row.request as usize].first_token + row.token as usize;
        let mut active = row.active.to_vec();
        let mut later = first + TOKENS_LATER;
        while !active.is_empty() && active.len() < choices && later < first + TOKENS_LATER + tokens {
            add(&mut active, choices, trace, later % tokens, row.layer);
            later += 1;
        }
        active.sort_unstable();
        builder.row(&Row { active: &active, score: None, ..row })?;
    }
    builder.finish()
}

/// Adds the strongest choices of a token that are not there yet.
fn add(active: &mut Vec<u32>, choices: usize, trace: &Trace, token: usize, layer: u32) {
    let others = trace.active(token, layer);
    let mut ranked: Vec<(f32, u32)> = match trace.score(token, layer) {
        Some(scores) => scores.iter().copied().zip(others.iter().copied()).collect(),
        None => others.iter().map(|&other| (0.0, other)).collect(),
    };
    ranked.sort_by(|one, other| other.0.total_cmp(&one.0));
    for (_, other) in ranked {
        if active.len() < choices && !active.contains(&other) {
            active.push(other);
        }
    }
}
