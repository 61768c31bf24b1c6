//! Hints: recall and precision near what was asked; a router that errs where it matters least.

use tightfit_scenarios::strategy::Share;

use super::{by_predictor, by_router};
use crate::compose::streams::sample::{self, near};

fn share(share: f64) -> Share {
    Share::new(share).expect("a share")
}

#[test]
fn a_predictor_has_the_recall_and_the_precision_asked_for() {
    let trace = sample::trace(&[(1, 199)]);
    for (recall, precision) in [(0.9, 0.8), (0.5, 0.5), (1.0, 1.0), (0.0, 0.5), (1.0, 0.4)] {
        let (mut active_count, mut right, mut named_count) = (0, 0, 0);
        for token in 0..trace.tokens() {
            let active = trace.active(token, 1);
            let named = by_predictor(trace.stretch(), token, 1, share(recall), share(precision), 5);
            right += named.iter().filter(|bundle| active.contains(bundle)).count();
            active_count += active.len();
            named_count += named.len();
            let mut unique = named.clone();
            unique.sort_unstable();
            unique.dedup();
            assert_eq!(unique.len(), named.len(), "each once");
        }
        assert!(active_count > 2500);
        assert!(near(right, active_count, recall), "{right} of {active_count} at {recall}");
        if right == 0 {
            assert_eq!(named_count, 0, "nothing is named beside nothing");
        } else {
            let found = right as f64 / named_count as f64;
            assert!((found - precision).abs() < 0.01, "precision {found}, not {precision}");
        }
    }
}

#[test]
fn an_early_router_names_as_many_and_keeps_the_best() {
    let trace = sample::trace(&[(1, 99)]);
    let mut wrong = 0;
    for agreement in [0.0, 0.5, 0.9, 1.0] {
        for token in 0..trace.tokens() {
            let (active, scores) = (trace.active(token, 1), trace.score(token, 1).expect("scores"));
            let named = by_router(trace.stretch(), token, 1, share(agreement), 5);
            assert_eq!(named.len(), active.len());
            let (kept, lost): (Vec<_>, Vec<_>) =
                active.iter().zip(scores).partition(|(bundle, _)| named.contains(bundle));
            assert!(
                (kept.len() as f64 - active.len() as f64 * agreement).abs() <= 0.5,
                "{} of {}",
                kept.len(),
                active.len()
            );
            let least_kept = kept.iter().map(|(_, score)| **score).fold(f32::INFINITY, f32::min);
            assert!(lost.iter().all(|(_, score)| **score <= least_kept), "the errors fall on the lowest scores");
            wrong += lost.len();
        }
    }
    assert!(wrong > 1000, "{wrong} errors");
}

/// What is drawn at a place depends on nothing that was drawn before: so no order, and no number of threads, matters.
#[test]
fn hints_do_not_depend_on_the_order_of_asking() {
    let trace = sample::trace(&[(1, 39)]);
    let name = |token| {
        let by_predictor = by_predictor(trace.stretch(), token, 1, share(0.6), share(0.7), 5);
        (by_predictor, by_router(trace.stretch(), token, 1, share(0.6), 5))
    };
    let forwards: Vec<_> = (0..trace.tokens()).map(name).collect();
    let mut backwards: Vec<_> = (0..trace.tokens()).rev().map(name).collect();
    backwards.reverse();
    assert_eq!(forwards, backwards);
}
