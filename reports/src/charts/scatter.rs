//! Predicted against published, a point a case: log-log, the diagonal, markers by class of device.

use std::collections::BTreeMap;

use super::axis::Scale;
use super::labels::foot;
use super::palette::{AXIS, QUIET};
use super::panel::Panel;
use super::scene::{Colour, Marker, Scene};
use super::{Chart, Draft, record};
use crate::validation::{Validation, ValidationCase, quantile};

const WIDE: f64 = 430.0;
const TALL: f64 = 380.0;
const COLUMNS: usize = 2;

/// Colour and marker of each class; an unknown class is drawn as the last.
const CLASSES: [(&str, Colour, Marker); 5] = [
    ("phone", Colour(0, 114, 178), Marker::Dot),
    ("tablet", Colour(0, 158, 115), Marker::Diamond),
    ("laptop", Colour(213, 94, 0), Marker::Square),
    ("desktop", Colour(204, 121, 167), Marker::Triangle),
    ("board", Colour(60, 60, 60), Marker::Cross),
];

/// The chart `predicted-against-published`: a panel a metric of out-of-sample cases; nothing if there are none.
#[must_use]
pub fn chart(validation: &Validation) -> Option<Chart> {
    let mut panels: BTreeMap<&str, Vec<&ValidationCase>> = BTreeMap::new();
    for case in validation.cases.iter().filter(|case| case.split != "fitted" && case.predicted > 0.0) {
        panels.entry(&case.metric).or_default().push(case);
    }
    if panels.is_empty() {
        return None;
    }
    let columns = panels.len().min(COLUMNS);
    let mut scene = Scene::new(16.0 + WIDE * columns as f64);
    let title = "Predicted against published".to_owned();
    let subtitle =
        "published across, predicted up; rows of the model, or of the device, left out of the fit; the band is 20 %";
    let top = scene.heading(&title, subtitle) + 36.0;
    let mut bottom = top;
    for (place, (metric, cases)) in panels.iter().enumerate() {
        let (column, row) = (place % columns, place / columns);
        let left = 16.0 + WIDE * column as f64;
        let upper = top + (TALL + 90.0) * row as f64;
        one(&mut scene, metric, cases, (left, upper));
        bottom = upper + TALL + 48.0;
    }
    let legend: Vec<String> = vec![format!(
        "Blue dot: phone. Green diamond: tablet. Orange square: laptop. Pink triangle: desktop. Grey cross: board. {} cases.",
        panels.values().map(Vec::len).sum::<usize>()
    )];
    scene.height = foot(&mut scene, bottom, &legend) + 8.0;
    let caption =
        "Each point is a published figure (across) and what is predicted for it (up) by a fit that has not seen \
                   its model, or its device."
            .to_owned();
    let draft = Draft { name: "predicted-against-published", title, caption, scene, csv: rows(validation) };
    Some(draft.finish())
}

fn one(scene: &mut Scene, metric: &str, cases: &[&ValidationCase], at: (f64, f64)) {
    let values = || cases.iter().flat_map(|case| [case.published, case.predicted]);
    let (least, most) = (values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max));
    let scale = Scale::log_exact(least / 1.25, most * 1.25);
    let panel =
        Panel { left: at.0 + 44.0, right: at.0 + WIDE - 24.0, top: at.1, bottom: at.1 + TALL, x: scale, y: scale };
    let mut sizes: Vec<f64> = cases.iter().map(|case| case.error.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let note = format!(
        "{}: {} cases, median error {:.1} %, 90th percentile {:.1} %",
        metric,
        cases.len(),
        quantile(&sizes, 0.5) * 100.0,
        quantile(&sizes, 0.9) * 100.0
    );
    scene.text((panel.left, panel.top - 20.0), &note);
    panel.columns(scene, &panel.x.ticks(5), true);
    panel.rows(scene, 5, true);
    panel.x_title(scene, "published");
    let (low, high) = (least / 1.25, most * 1.25);
    scene.line(panel.at(low, low), panel.at(high, high), AXIS, 1.2);
    for factor in [0.8, 1.2] {
        scene.line(panel.at(low, low * factor), panel.at(high, high * factor), QUIET, 0.6);
    }
    for case in cases {
        let known = CLASSES.iter().find(|(class, ..)| *class == case.class).unwrap_or(&CLASSES[CLASSES.len() - 1]);
        scene.marker(panel.at(case.published, case.predicted), known.2, 2.6, known.1);
    }
}

fn rows(validation: &Validation) -> Vec<Vec<String>> {
    let mut rows = vec![record(["id", "regime", "split", "metric", "class", "published", "predicted", "low", "high"])];
    rows.extend(validation.cases.iter().map(|case| {
        record([
            &case.id,
            &case.regime,
            &case.split,
            &case.metric,
            &case.class,
            &case.published.to_string(),
            &case.predicted.to_string(),
            &case.low.to_string(),
            &case.high.to_string(),
        ])
    }));
    rows
}
