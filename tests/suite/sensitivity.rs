//! A key is worth its place if changing it moves a result the way physics says.

use tightfit::reports::schema::RunResult;

use crate::ask::Ask;

/// Which way a metric goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// It grows.
    Up,
    /// It shrinks.
    Down,
}

/// One key, changed, and what must move.
pub(crate) struct Case<'a> {
    /// The setting as on the command line, `key=value`.
    pub(crate) changed: &'a str,
    /// What it is tried on.
    pub(crate) ask: Ask<'a>,
    /// What is looked at.
    pub(crate) metric: fn(&RunResult) -> f64,
    /// Where it goes.
    pub(crate) way: Way,
}

/// Panics unless the metric of every case moves the right way.
pub(crate) fn assert_moves(cases: &[Case<'_>]) {
    let mut wrong = Vec::new();
    for case in cases {
        let before = (case.metric)(&case.ask.result_with(&[]));
        let after = (case.metric)(&case.ask.result_with(&[case.changed]));
        let moved = if case.way == Way::Up { after > before } else { after < before };
        if !moved {
            wrong.push(format!("{} should go {:?}: {before} before, {after} after", case.changed, case.way));
        }
    }
    assert!(!cases.is_empty() && wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The changed key, without its value.
pub(crate) fn key_of<'a>(case: &Case<'a>) -> &'a str {
    case.changed.split_once('=').expect("a setting is key=value").0
}
