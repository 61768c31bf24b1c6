//! How sure a prediction is: what nine of ten other predictions of its kind were off by.
//!
//! The interval of a case comes from the errors of the other models' and devices' cases of its regime, split and runtime
//! (of its regime and split, where there are few): none of the case's own figures is used. It is as wide downwards as
//! upwards in the logarithm.

use std::collections::BTreeMap;

use tightfit_reports::validation::{ValidationCase, quantile};

/// Fewer cases than this say too little.
const CASES_MIN: usize = 10;
/// Where nothing like it was ever measured: a factor of two.
const UNKNOWN: f64 = std::f64::consts::LN_2;

/// Fills in `low` and `high`.
pub(super) fn fill(cases: &mut [ValidationCase]) {
    type Errors = Vec<(String, f64)>;
    let mut near: BTreeMap<(String, String, String), Errors> = BTreeMap::new();
    let mut wide: BTreeMap<(String, String), Errors> = BTreeMap::new();
    for case in cases.iter() {
        let (whole, part) = keys(case);
        let error = ((case.predicted / case.published).ln().abs(), left_out(case));
        near.entry(part).or_default().push((error.1.clone(), error.0));
        wide.entry(whole).or_default().push((error.1, error.0));
    }
    for case in cases {
        let (whole, part) = keys(case);
        let own = left_out(case);
        let others = |errors: &Errors| -> Option<f64> {
            let mut sizes: Vec<f64> =
                errors.iter().filter(|(of, size)| *of != own && size.is_finite()).map(|(_, size)| *size).collect();
            sizes.sort_by(f64::total_cmp);
            (sizes.len() >= CASES_MIN).then(|| quantile(&sizes, 0.9))
        };
        let size = others(&near[&part]).or_else(|| others(&wide[&whole])).unwrap_or(UNKNOWN);
        case.low = case.predicted / size.exp();
        case.high = case.predicted * size.exp();
    }
}

/// Regime and split; the same with the runtime, which is the second part of an id.
fn keys(case: &ValidationCase) -> ((String, String), (String, String, String)) {
    let runtime = case.id.split('/').nth(1).unwrap_or_default().to_owned();
    let whole = (case.regime.clone(), case.split.clone());
    (whole.clone(), (whole.0, whole.1, runtime))
}

/// What a case may not learn from: its own model, or its own device.
fn left_out(case: &ValidationCase) -> String {
    if case.split == "unseen-device" { case.device.clone() } else { case.model.clone() }
}
