//! Which tokens of a trace go through the layers together: the prompts, one token, a token of each sequence, or a draft.

#[cfg(test)]
mod tests;

use tightfit_engine::script::Positions;
use tightfit_scenarios::{scenario::Prefill, strategy::Speculative, trace::Request};
use tightfit_sim::random::Random;

use super::Asked;

/// One pass and the tokens of the trace whose rows it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pass {
    pub(super) prefill: bool,
    pub(super) positions: Positions,
    pub(super) tokens: Vec<usize>,
}

/// The passes of a run over the requests of a trace.
pub(super) fn passes(requests: &[Request], speculative: Option<&Speculative>, asked: &Asked<'_>) -> Vec<Pass> {
    let mut passes = prefill(requests, asked.prefill);
    // A sequence that repeats an earlier one starts elsewhere in it, or the batch would need no more than one does.
    let decode = requests.iter().map(|request| request.decode_tokens).min().unwrap_or(0) as usize;
    let token = |sequence: usize, number: usize| {
        let request = &requests[sequence];
        let earlier = requests[..sequence].iter().filter(|other| other.first_token == request.first_token).count();
        let alike = requests.iter().filter(|other| other.first_token == request.first_token).count();
        let recorded = request.decode_tokens as usize;
        let number = (number + earlier * recorded / alike) % recorded;
        request.first_token + request.prefill_tokens as usize + number
    };
    if decode == 0 {
        return passes;
    }
    match speculative {
        None => {
            let sequences = u32::try_from(requests.len()).expect("a batch is u32");
            let positions = Positions { tokens: sequences, sequences, outputs: 1 };
            passes.extend((0..decode).map(|number| Pass {
                prefill: false,
                positions,
                tokens: (0..requests.len()).map(|sequence| token(sequence, number)).collect(),
            }));
        }
        Some(speculative) => {
            let mut number = 0;
            for positions in drafts(speculative, decode as u64, asked.seed) {
                // What a rejected draft would have needed is not recorded: the tokens that came instead stand for it.
                let tokens = (number..number + positions.tokens as usize).map(|number| token(0, number)).collect();
                passes.push(Pass { prefill: false, positions, tokens });
                number += positions.outputs as usize;
            }
        }
    }
    passes
}

fn prefill(requests: &[Request], prefill: Prefill) -> Vec<Pass> {
    let of_prompt = |request: &Request| request.first_token..request.first_token + request.prefill_tokens as usize;
    let tokens: Vec<usize> = requests.iter().flat_map(of_prompt).collect();
    if tokens.is_empty() {
        return Vec::new();
    }
    let lengths: Vec<u32> = requests.iter().map(|request| request.prefill_tokens).collect();
    match prefill {
        Prefill::Batched => vec![Pass { prefill: true, positions: prompt(&lengths), tokens }],
        Prefill::Sequential => tokens
            .into_iter()
            .map(|token| Pass { prefill: true, positions: Positions::of(1), tokens: vec![token] })
            .collect(),
    }
}

/// Positions of prompts that are processed at once: the shorter ones are padded, as runtimes do.
pub(super) fn prompt(lengths: &[u32]) -> Positions {
    let sequences = u32::try_from(lengths.len()).expect("a batch is u32");
    let longest = lengths.iter().copied().max().unwrap_or(1);
    Positions { tokens: longest * sequences, sequences, outputs: 1 }
}

/// The passes of speculative decoding until `outputs` tokens have come out: each verifies a draft and gives the tokens
/// that were accepted and one more.
pub(super) fn drafts(speculative: &Speculative, outputs: u64, seed: u64) -> impl Iterator<Item = Positions> {
    let Speculative { draft_tokens, acceptance, .. } = *speculative;
    let mut left = outputs;
    let mut number = 0;
    std::iter::from_fn(move || {
        if left == 0 {
            return None;
        }
        let mut random = Random::at(seed, "speculative", number, 0);
        let accepted = (0..draft_tokens).take_while(|_| random.happens(acceptance.get())).count();
        let given = (accepted as u64 + 1).min(left);
        number += 1;
        left -= given;
        let given = u32::try_from(given).expect("no more than were drafted");
        Some(Positions { tokens: draft_tokens + 1, sequences: 1, outputs: given })
    })
}
