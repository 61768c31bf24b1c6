//! The summary against closed forms and against the obvious slow computation.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::sample;
use crate::trace::{Trace, WINDOW_MAX, info, text};

/// Mean union share of windows of `length` tokens, by building every union.
fn union_slow(trace: &Trace, length: usize) -> Option<f64> {
    let (mut bundles, mut windows) = (0, 0);
    for request in trace.requests() {
        for layer in 0..trace.geometry().layers {
            for end in length..=request.tokens() {
                let tokens = request.first_token + end - length..request.first_token + end;
                let union: BTreeSet<u32> = tokens.flat_map(|token| trace.active(token, layer).to_vec()).collect();
                bundles += union.len();
                windows += 1;
            }
        }
    }
    (windows > 0).then(|| bundles as f64 / (f64::from(windows) * f64::from(trace.geometry().bundles_per_layer)))
}

/// Share of sets that were active for the token before, by intersecting them.
fn repeat_slow(trace: &Trace) -> Option<f64> {
    let (mut both, mut all) = (0, 0);
    for request in trace.requests() {
        for token in request.first_token + 1..request.first_token + request.tokens() {
            for layer in 0..trace.geometry().layers {
                let before: BTreeSet<&u32> = trace.active(token - 1, layer).iter().collect();
                both += trace.active(token, layer).iter().filter(|id| before.contains(id)).count();
                all += trace.active(token, layer).len();
            }
        }
    }
    (all > 0).then(|| both as f64 / all as f64)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn one_pass_agrees_with_sets(trace in sample::any_trace()) {
        let info = info(&trace);
        for length in 1..=WINDOW_MAX {
            prop_assert_eq!(info.union_share.get(length - 1).copied(), union_slow(&trace, length));
        }
        prop_assert_eq!(info.repeat.observed, repeat_slow(&trace));
    }
}

#[test]
fn closed_forms_hold_on_a_small_trace() {
    let trace = text::parse(
        "t",
        "geometry neuron layers=1 bundles=4\n0 prefill 0: 0:0.5 1:0.25\n1 decode 0: 1:0.25 2:0.5\n2 decode 0: 1:1\n",
    )
    .unwrap();
    let info = info(&trace);
    assert_eq!((info.requests, info.prefill_tokens, info.decode_tokens, info.lookups), (1, 1, 2, 5));
    assert_eq!(Some(info.active_share.all), Some(5.0 / 12.0));
    assert_eq!((info.active_share.prefill, info.active_share.decode), (Some(0.5), Some(0.375)));
    assert_eq!(info.active_share_by_layer, [5.0 / 12.0]);
    // Sets after the first: {1, 2} repeats 1 of 2, {1} repeats 1 of 1; the sets before them are half the layer.
    assert_eq!((info.repeat.observed, info.repeat.by_chance), (Some(2.0 / 3.0), Some(0.5)));
    // Uses 1, 3, 1 of 3 tokens: (1 + 9 + 1) / 3 / 5.
    assert_eq!(Some(info.repeat.by_popularity), Some(11.0 / 15.0));
    // 2/3 where popularity gives 11/15.
    let persistence = info.repeat.persistence.unwrap();
    assert!((persistence + 0.25).abs() < 1e-12 && info.repeat.windows_gain_little(), "{persistence}");
    assert_eq!(info.union_share, [5.0 / 12.0, (3.0 + 2.0) / 8.0, 0.75]);
    assert_eq!((info.token_cycle_bundles.mean, info.token_cycle_bundles.max), (5.0 / 3.0, 2));
    assert_eq!(info.score_mass, Some(2.5 / 3.0));
}

#[test]
fn independent_sets_repeat_as_chance_says() {
    let info = info(&sample::scattered(200, 2, 500, false));
    let (observed, chance) = (info.repeat.observed.unwrap(), info.repeat.by_chance.unwrap());
    assert!((observed - chance).abs() < 0.01, "{observed} against {chance}");
    for (window, share) in (1..).zip(&info.union_share) {
        assert!((share - (1.0 - 0.5f64.powi(window))).abs() < 0.01, "window {window}: {share}");
    }
    assert_eq!(info.score_mass, None);
    assert!(info.repeat.windows_gain_little(), "{:?}", info.repeat);
}

#[test]
fn sets_that_stay_are_worth_a_window() {
    // Two sets that take turns for eight tokens each: nothing is popular, and nearly all repeats.
    let layers = |token: usize| vec![if (token / 8).is_multiple_of(2) { vec![0, 1] } else { vec![2, 3] }];
    let trace = sample::build(sample::header(1, 4), false, &[(1, (0..64).map(layers).collect())]);
    let repeat = info(&trace).repeat;
    assert!(repeat.persistence.unwrap() > 0.7 && !repeat.windows_gain_little(), "{repeat:?}");
}
