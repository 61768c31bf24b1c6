//! Contexts, kernels and outputs of a session over batches and drafts, beside a plain reckoning per sequence; and how
//! many passes give so many outputs, by counting.

use proptest::prelude::*;
use tightfit_engine::{
    Engine, Geometry, Script, Store,
    platform::{Kernel, KernelKind},
    prefetch::Prefetch,
    script::Positions,
    session::{self, Request, Stepper},
    store::Layout,
};

use crate::{clock_world::ClockWorld, policy::Policy, residency::plain};

/// One pass as a session should make it: what its sequences see.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    kinds: Vec<(KernelKind, u32, u32, u32)>,
    outputs: Option<u32>,
}

/// What each pass should ask for, from the list of positions that each sequence keeps.
fn reckon(prefill: &[Positions], decode: &[Positions], passes: u64, request: (u32, u32)) -> Vec<Seen> {
    let (context_max, draft_tokens) = request;
    // The KV cache of one sequence: position numbers, the oldest first.
    let mut cache: Vec<u32> = Vec::new();
    let mut next_position = 0;
    let repeats = decode.iter().cycle().take(usize::try_from(passes).expect("a few passes"));
    let all: Vec<(bool, Positions)> = prefill.iter().map(|&p| (false, p)).chain(repeats.map(|&p| (true, p))).collect();
    let mut seen = Vec::new();
    for (number, &(is_decode, positions)) in all.iter().enumerate() {
        let each = positions.tokens / positions.sequences;
        cache.extend(next_position..next_position + each);
        next_position += each;
        // The window slides over what is kept: a rejected draft pushes nothing out for good.
        let context = u32::try_from(cache.len()).expect("a short cache").min(context_max.max(each));
        let mut kinds = Vec::new();
        if is_decode {
            let one = (KernelKind::Draft, positions.sequences, positions.sequences, context);
            kinds.extend(std::iter::repeat_n(one, draft_tokens as usize));
        }
        for kind in [KernelKind::Dense, KernelKind::FeedForward] {
            kinds.push((kind, positions.tokens, positions.sequences, context));
        }
        let gives = number + 1 >= prefill.len();
        if gives {
            let tokens = if is_decode { positions.tokens } else { positions.sequences };
            kinds.push((KernelKind::Head, tokens, positions.sequences, context));
        }
        if is_decode {
            // Of a draft, only what was accepted and its one correction stay.
            let rejected = each.saturating_sub(positions.outputs);
            cache.truncate(cache.len() - rejected as usize);
            next_position -= rejected;
        }
        seen.push(Seen { kinds, outputs: gives.then_some(positions.outputs) });
    }
    seen
}

fn any_positions(drafts: bool) -> impl Strategy<Value = Positions> {
    (1_u32..5, 1_u32..6, 1_u32..6).prop_map(move |(sequences, each, outputs)| Positions {
        tokens: sequences * each,
        sequences,
        outputs: if drafts { outputs.min(each) } else { 1 },
    })
}

proptest! {
    #[test]
    fn passes_see_what_their_sequences_keep(
        prefill in prop::collection::vec(any_positions(false), 0..3),
        decode in prop::collection::vec(any_positions(true), 1..5),
        passes in 0_u64..12,
        context_max in 1_u32..40,
        draft_tokens in 0_u32..4,
    ) {
        let mut geometry = Geometry::new();
        geometry.push(0, 2, 8, 1);
        let store = Store::new(geometry, Layout::Bundled, 1);
        let mut script = Script::new(1);
        for (is_prefill, &positions) in
            prefill.iter().map(|p| (true, p)).chain(decode.iter().map(|p| (false, p)))
        {
            script.push_positions(is_prefill, positions);
            script.push_row([1], 1);
        }
        let policy = Policy::LRU.build(&script, store.geometry(), 16, passes);
        let mut engine = Engine::new(&store, plain(&script, 16, Vec::new()), policy, ClockWorld::new(10));
        let request = Request {
            script: &script,
            model_layers: 1,
            decode_passes: passes,
            context_max,
            rows_fixed: None,
            prefetch: Prefetch::None,
            draft_tokens,
        };
        let mut outputs = Vec::new();
        session::run(&mut engine, &request, |_, tokens| outputs.push(tokens));
        let expected = reckon(&prefill, &decode, passes, (context_max, draft_tokens));
        let kinds: Vec<_> = expected.iter().flat_map(|seen| seen.kinds.clone()).collect();
        let of = |kernel: &Kernel| (kernel.kind, kernel.tokens, kernel.sequences, kernel.context);
        let found: Vec<_> = engine.platform().kernels.iter().map(of).collect();
        prop_assert_eq!(found, kinds);
        let given: Vec<u32> = expected.iter().filter_map(|seen| seen.outputs).collect();
        prop_assert_eq!(outputs[0], 0, "after warm-up");
        prop_assert_eq!(&outputs[1..], &given[..]);
    }

    #[test]
    fn decode_passes_are_counted_until_all_outputs_are_out(
        given in prop::collection::vec(1_u32..6, 0..6),
        prefill in 0_usize..3,
        outputs in 0_u64..60,
    ) {
        let mut script = Script::new(1);
        for pass in 0..prefill {
            script.push_positions(true, Positions { tokens: 3, sequences: 1, outputs: 1 + u32::from(pass == 0) });
            script.push_row([], 0);
        }
        for &outputs in &given {
            script.push_positions(false, Positions { tokens: 6, sequences: 1, outputs });
            script.push_row([], 0);
        }
        let (mut out, mut passes) = (0, 0);
        for tokens in given.iter().cycle() {
            if out >= outputs {
                break;
            }
            out += u64::from(*tokens);
            passes += 1;
        }
        prop_assert_eq!(script.decode_passes_for(outputs), passes);
        prop_assert!(given.is_empty() || out >= outputs);
    }
}
