//! The list of policies at the right, in the order of the lines: beside the panels it can't run into them.

use super::series::Series;
use crate::charts::font;
use crate::charts::palette::{BEYOND, QUIET};
use crate::charts::scene::{Point, Scene};

const ROW: f64 = 18.0;
const SAMPLE: f64 = 34.0;
const GREY: &str = "beyond any policy";

/// How wide the list is.
pub(super) fn width(series: &[Series]) -> f64 {
    let names = series.iter().map(|one| font::width(&one.name, 11.0, false));
    SAMPLE + 8.0 + names.fold(font::width(GREY, 11.0, false), f64::max)
}

/// Samples and names from `at` down; gives the height below.
pub(super) fn draw(scene: &mut Scene, at: Point, series: &[Series], is_bounded: bool) -> f64 {
    let (x, mut y) = at;
    if is_bounded && series.iter().any(|one| one.is_bound) {
        scene.bar((x, y - 6.0), (x + SAMPLE, y + 6.0), BEYOND);
        scene.text((x + SAMPLE + 8.0, y), GREY).colour(QUIET);
        y += ROW;
    }
    for one in series {
        scene.path(&[(x, y), (x + SAMPLE, y)], one.style.colour, one.style.width, one.style.dash);
        if let Some(marker) = one.style.marker {
            scene.marker((x + SAMPLE / 2.0, y), marker, 3.2, one.style.colour);
        }
        scene.text((x + SAMPLE + 8.0, y), &one.name);
        y += ROW;
    }
    y
}
