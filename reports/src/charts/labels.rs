//! Legends: a flowing row of swatches, labels at the ends of lines that keep out of each other's way, notes at the foot.

use super::font;
use super::palette::{QUIET, Style};
use super::scene::{Colour, Point, Scene};

/// Rows of swatch and name, from `top` down; gives the height below.
pub(super) fn legend(scene: &mut Scene, entries: &[(String, Style)], top: f64) -> f64 {
    let (mut x, mut y) = (16.0, top + 8.0);
    for (name, style) in entries {
        let wide = 28.0 + font::width(name, 11.0, false) + 18.0;
        if x + wide > scene.width - 8.0 && x > 16.0 {
            (x, y) = (16.0, y + 18.0);
        }
        swatch(scene, (x, y), *style);
        scene.text((x + 27.0, y), name);
        x += wide;
    }
    y + 16.0
}

/// Notes under a drawing, wrapped; gives the height below, which is `top` where there are none.
pub(super) fn foot(scene: &mut Scene, top: f64, notes: &[String]) -> f64 {
    let (mut y, wide) = (top + 8.0, scene.width - 32.0);
    for text in notes.iter().flat_map(|note| font::wrap(note, 11.0, false, wide)) {
        scene.text((16.0, y), &text).colour(QUIET);
        y += 15.0;
    }
    if notes.is_empty() { top } else { y }
}

fn swatch(scene: &mut Scene, at: Point, style: Style) {
    let (x, y) = at;
    match style.dash {
        None => scene.bar((x, y - 5.0), (x + 20.0, y + 5.0), style.colour),
        Some(dash) => scene.path(&[(x, y), (x + 20.0, y)], style.colour, 2.5, Some(dash)),
    }
}

/// Names at the right of `x`, each as near to its own height as the others allow, joined to it by a line of its
/// colour (pale colours make poor letters).
pub(super) fn at_ends(scene: &mut Scene, x: f64, ends: &[(String, Colour, f64)], top: f64, bottom: f64) {
    const APART: f64 = 14.0;
    let mut order: Vec<usize> = (0..ends.len()).collect();
    order.sort_by(|a, b| ends[*a].2.total_cmp(&ends[*b].2));
    let mut heights: Vec<f64> = order.iter().map(|index| ends[*index].2).collect();
    for _ in 0..200 {
        for index in 1..heights.len() {
            let overlap = APART - (heights[index] - heights[index - 1]);
            if overlap > 0.0 {
                heights[index - 1] -= overlap / 2.0;
                heights[index] += overlap / 2.0;
            }
        }
        if let Some(first) = heights.first_mut() {
            *first = first.max(top);
        }
        if let Some(last) = heights.last_mut() {
            *last = last.min(bottom);
        }
    }
    for (place, index) in order.into_iter().enumerate() {
        let (name, colour, end) = &ends[index];
        scene.line((x + 3.0, *end), (x + 14.0, heights[place]), *colour, 1.8);
        scene.text((x + 18.0, heights[place]), name);
    }
}
