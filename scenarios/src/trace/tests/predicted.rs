//! Predictions beside what was active: written, read back, and refused where they are none.

use proptest::prelude::*;

use super::sample;
use crate::trace::{Trace, Writer, read, read_bytes};

/// Lists that look random, one a row.
fn lists(trace: &Trace, seed: u64) -> Vec<Vec<u32>> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let bundles = trace.geometry().bundles_per_layer;
    (0..trace.rows()).map(|_| (0..bundles).filter(|_| next() % 3 == 0).collect()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_predicted_comes_back(trace in sample::any_trace(), seed in any::<u64>()) {
        prop_assert!(!trace.has_predictions() && trace.predicted(0, 0).is_none());
        let lists = lists(&trace, seed);
        let note = ("predictor".to_owned(), "a coin".to_owned());
        let predicted = trace.clone().with_predictions(lists.clone(), [note.clone()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.parquet");
        predicted.write(&path).unwrap();
        let back = read(&path).unwrap();
        prop_assert_eq!(&back, &predicted);
        prop_assert_eq!(&back.header().notes[&note.0], &note.1);
        let layers = trace.geometry().layers;
        let places = (0..trace.tokens()).flat_map(|token| (0..layers).map(move |layer| (token, layer)));
        for ((token, layer), list) in places.zip(&lists) {
            prop_assert_eq!(back.predicted(token, layer), Some(list.as_slice()));
            prop_assert_eq!(back.active(token, layer), trace.active(token, layer));
        }
    }
}

#[test]
fn lists_that_break_the_law_are_refused() {
    let trace = sample::scattered(2, 2, 8, true);
    for (list, told) in
        [(vec![3, 2], "predicted[1] = 2"), (vec![1, 1], "predicted[1] = 1"), (vec![0, 8], "predicted[1] = 8")]
    {
        let lists = vec![vec![], vec![7], list.clone(), vec![]];
        let error = trace.clone().with_predictions(lists, []).unwrap_err().to_string();
        assert!(error.starts_with("toy: row 2: ") && error.contains(told), "{error}");
        // A file of another program, with the same in it.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.parquet");
        let mut writer = Writer::create_predicted(&path, trace.header(), true).unwrap();
        for (number, row) in trace.iter().enumerate() {
            let predicted = if number == 2 { list.as_slice() } else { &[] };
            writer.predicted_row(&row, Some(predicted)).unwrap();
        }
        writer.finish().unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.contains("row 2: ") && error.contains(told), "{error}");
    }
}

/// Predictions of several row groups and batches: more ids than a group holds.
#[test]
fn many_predictions_of_little_activity_are_read_back() {
    let trace = sample::scattered(40, 4, 1 << 14, false);
    let bundles = trace.geometry().bundles_per_layer;
    let all: Vec<Vec<u32>> = (0..trace.rows()).map(|_| (0..bundles).collect()).collect();
    let predicted = trace.with_predictions(all, []).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    predicted.write(&path).unwrap();
    assert_eq!(read_bytes("t", std::fs::read(&path).unwrap()).unwrap(), predicted);
}
