//! What predictors name: shares near what was asked, and nothing lost from sight.

use tightfit_engine::script::MASS_WHOLE;
use tightfit_scenarios::{
    strategy::{Missed, Names, Predictor, Share},
    trace::{Trace, text},
};

use super::{Named, Namer};
use crate::compose::streams::{
    mass::masses,
    sample::{self, BUNDLES, near},
};

const TOKENS: u32 = 200;

fn share(share: f64) -> Share {
    Share::new(share).expect("a share")
}

/// What is named for every token's layer, asked in order or backwards.
fn named(trace: &Trace, names: Names, missed: Missed, backwards: bool) -> Vec<(usize, u32, Named)> {
    let predictor = Namer { predictor: Predictor { names, missed, rank: 0 }, seed: 3 };
    let mut places: Vec<(usize, u32)> = (0..trace.tokens()).flat_map(|token| [(token, 0), (token, 1)]).collect();
    if backwards {
        places.reverse();
    }
    let mut found: Vec<_> = places
        .into_iter()
        .map(|(token, layer)| (token, layer, predictor.name(trace.stretch(), token, token.checked_sub(1), layer)))
        .collect();
    if backwards {
        found.reverse();
    }
    found
}

#[test]
fn a_noisy_predictor_errs_as_often_as_asked() {
    let trace = sample::trace(&[(1, TOKENS - 1)]);
    for (negatives, positives) in [(0.1, 0.02), (0.0, 0.3), (0.5, 0.0), (1.0, 0.0)] {
        let names = Names::Noisy { false_negatives: share(negatives), false_positives: share(positives) };
        let (mut active_count, mut missed_count, mut wrong_count) = (0, 0, 0);
        for (token, layer, named) in named(&trace, names, Missed::Read, false) {
            let active = trace.active(token, layer);
            assert!(named.bundles.is_sorted_by(|a, b| a < b) && named.missed.is_sorted_by(|a, b| a < b));
            assert!(named.missed.iter().all(|bundle| active.contains(bundle) && !named.bundles.contains(bundle)));
            assert!(active.iter().all(|bundle| named.bundles.contains(bundle) || named.missed.contains(bundle)));
            assert_eq!(named.lost_mass, 0, "what is read late is not lost");
            active_count += active.len();
            missed_count += named.missed.len();
            wrong_count += named.bundles.iter().filter(|bundle| !active.contains(bundle)).count();
        }
        let inactive_count = (2 * TOKENS * BUNDLES) as usize - active_count;
        assert!(active_count > 5000 && inactive_count > 15_000);
        assert!(near(missed_count, active_count, negatives), "{missed_count} of {active_count} at {negatives}");
        assert!(near(wrong_count, inactive_count, positives), "{wrong_count} of {inactive_count} at {positives}");
    }
}

#[test]
fn what_is_dropped_is_lost_by_its_scores() {
    let trace = sample::trace(&[(1, 39)]);
    let names = Names::Noisy { false_negatives: share(0.3), false_positives: share(0.1) };
    let read = named(&trace, names, Missed::Read, false);
    let dropped = named(&trace, names, Missed::Drop, false);
    let mut lost = 0;
    for ((token, layer, read), (_, _, dropped)) in read.into_iter().zip(dropped) {
        assert_eq!(read.bundles, dropped.bundles, "what becomes of the missed changes no name");
        assert!(dropped.missed.is_empty());
        let masses = masses(trace.stretch(), token, layer);
        let active = trace.active(token, layer).iter().zip(masses);
        let expected: u32 = active.filter(|(bundle, _)| read.missed.contains(bundle)).map(|(_, mass)| mass).sum();
        assert_eq!(dropped.lost_mass, expected);
        lost += u32::from(expected > 0);
    }
    assert!(lost > 60, "{lost} of 80 rows lost something");
}

/// Recorders round scores: those of a `ReLU` sum to less than one, and nothing but zeros is left out.
#[test]
fn zeros_lose_nothing() {
    let lost = |definition: &str| {
        let text = format!("geometry neuron layers=1 bundles=4\ndefinition {definition}\n0 decode 0: 0:0.5 2:0.375\n");
        let trace = text::parse("rounded", &text).expect("a trace");
        let predictor = Predictor { names: Names::Exact {}, missed: Missed::Read, rank: 0 };
        Namer { predictor, seed: 3 }.name(trace.stretch(), 0, None, 0).lost_mass
    };
    assert_eq!([lost("mass-share 0.87"), lost("non-zero")], [MASS_WHOLE / 8, 0]);
}

#[test]
fn over_predicting_names_so_many_times_as_many() {
    let trace = sample::trace(&[(1, 39)]);
    for factor in [1.0, 1.5, 2.0, 1000.0] {
        for (token, layer, named) in named(&trace, Names::OverPredicting { factor }, Missed::Read, false) {
            let active = trace.active(token, layer);
            let expected = (active.len() as f64 * factor).round().min(f64::from(BUNDLES));
            assert!((named.bundles.len() as f64 - expected).abs() <= 1.0, "{} at {factor}", named.bundles.len());
            assert!(named.missed.is_empty() && active.iter().all(|bundle| named.bundles.contains(bundle)));
        }
    }
}

#[test]
fn the_token_before_names_its_own() {
    let trace = sample::trace(&[(1, 39)]);
    for (token, layer, named) in named(&trace, Names::PreviousToken {}, Missed::Read, false) {
        let before = token.checked_sub(1).map_or(&[][..], |before| trace.active(before, layer));
        assert_eq!(named.bundles, before, "token {token}");
        let active = trace.active(token, layer).iter().copied();
        let missed: Vec<u32> = active.filter(|bundle| !before.contains(bundle)).collect();
        assert_eq!(named.missed, missed);
    }
}

#[test]
fn a_recorded_predictor_names_what_the_trace_says() {
    let trace = sample::trace(&[(1, 39)]);
    // Every third bundle, whatever is active.
    let list: Vec<u32> = (0..BUNDLES).step_by(3).collect();
    let trace = trace.clone().with_predictions(vec![list.clone(); trace.rows()], []).expect("lists in order");
    let mut missed = 0;
    for (token, layer, named) in named(&trace, Names::Recorded {}, Missed::Read, false) {
        assert_eq!(named.bundles, list);
        let active = trace.active(token, layer).iter().copied();
        assert_eq!(named.missed, active.filter(|bundle| bundle % 3 != 0).collect::<Vec<_>>());
        missed += named.missed.len();
    }
    assert!(missed > 100, "{missed}");
    let dropped = named(&trace, Names::Recorded {}, Missed::Drop, false);
    assert!(dropped.iter().all(|(.., named)| named.missed.is_empty() && named.bundles == list && named.lost_mass > 0));
}

/// What is drawn at a place depends on nothing that was drawn before: so no order, and no number of threads, matters.
#[test]
fn names_do_not_depend_on_the_order_of_asking() {
    let trace = sample::trace(&[(1, 39)]);
    let noisy = Names::Noisy { false_negatives: share(0.3), false_positives: share(0.1) };
    for names in [noisy, Names::OverPredicting { factor: 1.7 }] {
        let (forwards, backwards) =
            (named(&trace, names, Missed::Drop, false), named(&trace, names, Missed::Drop, true));
        assert_eq!(forwards, backwards);
        assert_ne!(forwards[0].2.bundles, forwards[2].2.bundles, "places differ");
    }
}
