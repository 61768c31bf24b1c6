//! A trace that stays in its file, beside the same trace in memory.

use proptest::prelude::*;

use super::sample::{any_trace, scattered};
use crate::trace::{Filed, Stretch, Trace};

/// The trace in a file.
fn filed(trace: &Trace) -> (tempfile::TempDir, Filed) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    trace.write(&path).unwrap();
    let file = Filed::open(&path).unwrap();
    (folder, file)
}

/// Asserts that `rows` hold `token` as the trace does.
fn assert_alike(rows: &Stretch, trace: &Trace, token: usize) {
    for layer in 0..trace.geometry().layers {
        assert_eq!(rows.active(token, layer), trace.active(token, layer), "token {token}, layer {layer}");
        assert_eq!(rows.score(token, layer), trace.score(token, layer));
        assert_eq!(rows.predicted(token, layer), trace.predicted(token, layer));
    }
}

/// The same trace, with a predictor that names what is active two rows later.
fn predicted(trace: Trace) -> Trace {
    let rows: Vec<Vec<u32>> = trace.iter().map(|row| row.active.to_vec()).collect();
    let lists: Vec<Vec<u32>> = (0..rows.len()).map(|row| rows[(row + 2) % rows.len()].clone()).collect();
    trace.with_predictions(lists, []).unwrap()
}

proptest! {
    #[test]
    fn any_way_through_a_file_comes_to_the_same_rows(
        trace in any_trace(),
        has_predictions in any::<bool>(),
        visits in prop::collection::vec(any::<prop::sample::Index>(), 1..20),
    ) {
        let trace = if has_predictions { predicted(trace) } else { trace };
        let (_folder, file) = filed(&trace);
        prop_assert_eq!(file.header(), trace.header());
        prop_assert_eq!(file.requests(), trace.requests());
        prop_assert_eq!(file.has_scores(), trace.has_scores());
        prop_assert_eq!(file.has_predictions(), has_predictions);
        prop_assert_eq!(&file.read().unwrap(), &trace);
        let mut cursor = file.cursor().unwrap();
        for visit in &visits {
            let token = visit.index(trace.tokens());
            let rows = cursor.at(token).unwrap();
            assert_alike(rows, &trace, token);
            if token > 0 {
                assert_alike(rows, &trace, token - 1);
            }
            prop_assert!(rows.tokens() <= 2, "{} tokens held", rows.tokens());
        }
        let (from, to) = (visits[0].index(trace.tokens()), visits[visits.len() - 1].index(trace.tokens()));
        let tokens = from.min(to)..from.max(to) + 1;
        let stretch = file.stretch(tokens.clone()).unwrap();
        prop_assert_eq!((stretch.first_token(), stretch.tokens()), (tokens.start, tokens.len()));
        tokens.for_each(|token| assert_alike(&stretch, &trace, token));
    }
}

#[test]
fn a_file_that_shrinks_while_it_is_replayed_is_named() {
    let (folder, file) = filed(&scattered(8, 2, 16, true));
    let mut cursor = file.cursor().unwrap();
    assert_eq!(cursor.at(7).unwrap().tokens(), 2);
    scattered(4, 2, 16, true).write(&folder.path().join("t.parquet")).unwrap();
    // Going back opens the file anew.
    assert_alike(cursor.at(3).unwrap(), &scattered(8, 2, 16, true), 3);
    let problem = cursor.at(4).map(Stretch::tokens).unwrap_err().to_string();
    assert!(problem.ends_with("has fewer rows than when it was first read: leave the file alone while it is replayed"));
    assert!(problem.contains("t.parquet"), "{problem}");
}
