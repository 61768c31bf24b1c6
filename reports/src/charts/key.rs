//! The key of a figure: lines by name, then what was published, which is drawn as rings.

use super::font;
use super::palette::{INK, LineStyle, PAPER};
use super::scene::{Point, Scene};

/// Radius of a ring.
pub(super) const RING: f64 = 4.6;

/// Rows of sign and name from `top` down; gives the height below.
pub(super) fn key(scene: &mut Scene, lines: &[(&str, LineStyle)], has_published: bool, top: f64) -> f64 {
    let (mut x, mut y) = (16.0, top + 8.0);
    let signs = lines.iter().map(|(name, style)| (*name, Some(*style)));
    for (name, style) in signs.chain(has_published.then_some(("published", None))) {
        let wide = 34.0 + font::width(name, 11.0, false) + 16.0;
        if x + wide > scene.width - 8.0 && x > 16.0 {
            (x, y) = (16.0, y + 18.0);
        }
        match style {
            Some(style) => {
                scene.path(&[(x, y), (x + 26.0, y)], style.colour, style.width, style.dash);
                if let Some(marker) = style.marker {
                    scene.marker((x + 13.0, y), marker, 3.2, style.colour);
                }
            }
            None => ring(scene, (x + 13.0, y), LineStyle { colour: INK, dash: None, width: 1.8, marker: None }),
        }
        scene.text((x + 33.0, y), name);
        x += wide;
    }
    y + 16.0
}

/// A published point of a line.
pub(super) fn ring(scene: &mut Scene, at: Point, style: LineStyle) {
    scene.dot(at, RING, style.colour);
    scene.dot(at, RING - 1.9, PAPER);
}
