//! Which tokens go together, and how many come out.

use tightfit_engine::script::Positions;
use tightfit_scenarios::{
    scenario::Prefill,
    strategy::{Share, Speculative},
    trace::Request,
};

use super::{Pass, drafts, passes, prompt};
use crate::compose::streams::{Asked, sample};

fn asked(prefill: Prefill) -> Asked<'static> {
    Asked { trace: None, sequences: 1, prompt_tokens: 0, output_tokens: None, prefill, seed: 7, profile: None }
}

fn speculative(draft_tokens: u32, acceptance: f64) -> Speculative {
    Speculative { draft_tokens, acceptance: Share::new(acceptance).expect("a share"), draft_mb: 1 }
}

fn decode(passes: &[Pass]) -> Vec<&[usize]> {
    passes.iter().filter(|pass| !pass.prefill).map(|pass| &pass.tokens[..]).collect()
}

/// Three tokens of prompt and eight generated; two and five.
fn requests() -> [Request; 2] {
    let trace = sample::trace(&[(3, 8), (2, 5)]);
    [trace.requests()[0], trace.requests()[1]]
}

#[test]
fn sequences_that_repeat_a_request_start_elsewhere_in_it() {
    let [long, short] = requests();
    let found = passes(&[long, long, short], None, &asked(Prefill::Batched));
    // The second begins half-way and goes round; the third is another request. The shortest ends it.
    let expected: [&[usize]; 5] = [&[3, 7, 13], &[4, 8, 14], &[5, 9, 15], &[6, 10, 16], &[7, 3, 17]];
    assert_eq!(decode(&found), expected);
    assert_eq!(found.len(), 6);
    assert!(found[1..].iter().all(|pass| pass.positions == Positions { tokens: 3, sequences: 3, outputs: 1 }));
    // The prompts go together, the shorter one padded.
    assert_eq!(found[0].positions, Positions { tokens: 9, sequences: 3, outputs: 1 });
    assert_eq!(found[0].tokens, [0, 1, 2, 0, 1, 2, 11, 12]);
    assert_eq!(prompt(&[4, 1]), Positions { tokens: 8, sequences: 2, outputs: 1 });
}

#[test]
fn a_sequential_prompt_is_a_pass_a_token() {
    let [_, short] = requests();
    let found = passes(&[short], None, &asked(Prefill::Sequential));
    let tokens: Vec<(bool, &[usize])> = found.iter().map(|pass| (pass.prefill, &pass.tokens[..])).collect();
    let expected: [(bool, &[usize]); 7] =
        [(true, &[11]), (true, &[12]), (false, &[13]), (false, &[14]), (false, &[15]), (false, &[16]), (false, &[17])];
    assert_eq!(tokens, expected);
}

#[test]
fn a_draft_needs_the_tokens_from_where_the_last_one_ended() {
    let [long, _] = requests();
    let found = passes(&[long], Some(&speculative(2, 0.6)), &asked(Prefill::Batched));
    let mut next = 0;
    let mut given = Vec::new();
    for pass in found.iter().filter(|pass| !pass.prefill) {
        // Beyond the recorded end the request's first generated tokens stand in.
        let expected: Vec<usize> = (next..next + 3).map(|number| 3 + number % 8).collect();
        assert_eq!(pass.tokens, expected);
        assert_eq!((pass.positions.tokens, pass.positions.sequences), (3, 1));
        given.push(pass.positions.outputs);
        next += pass.positions.outputs as usize;
    }
    assert_eq!(next, 8, "{given:?}");
    assert!(given.iter().any(|&outputs| outputs > 1), "some draft was accepted: {given:?}");
}

#[test]
fn accepted_drafts_follow_the_geometric_law() {
    for (draft_tokens, acceptance) in [(1, 0.5), (4, 0.8), (7, 0.3), (3, 0.0), (5, 1.0)] {
        let outputs = 60_000;
        let all: Vec<u32> =
            drafts(&speculative(draft_tokens, acceptance), outputs, 7).map(|positions| positions.outputs).collect();
        assert_eq!(all.iter().map(|&given| u64::from(given)).sum::<u64>(), outputs);
        assert!(all.iter().all(|&given| given >= 1 && given <= draft_tokens + 1));
        // 1 + a + a^2 + ... + a^n, which is (1 - a^(n+1)) / (1 - a).
        let expected: f64 = (0..=draft_tokens).map(|power| acceptance.powi(power.cast_signed())).sum();
        let mean = outputs as f64 / all.len() as f64;
        assert!((mean / expected - 1.0).abs() < 0.02, "{draft_tokens} at {acceptance}: {mean}, not {expected}");
    }
    let of_seed = |seed| drafts(&speculative(4, 0.8), 100, seed).collect::<Vec<_>>();
    assert_eq!(of_seed(7), of_seed(7));
    assert_ne!(of_seed(7), of_seed(8));
}
