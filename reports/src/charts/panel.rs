//! A framed area with two scales: grid, ticks, axis titles with units.

use super::axis::Scale;
use super::palette::{AXIS, GRID, INK, QUIET};
use super::scene::{Anchor, Point, Scene};

/// Where data is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Panel {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
    pub(super) x: Scale,
    pub(super) y: Scale,
}

impl Panel {
    /// The place of a data point.
    pub(super) fn at(&self, x: f64, y: f64) -> Point {
        (self.across(x), self.up(y))
    }

    pub(super) fn across(&self, x: f64) -> f64 {
        self.left + (self.right - self.left) * self.x.share(x)
    }

    pub(super) fn up(&self, y: f64) -> f64 {
        self.bottom - (self.bottom - self.top) * self.y.share(y)
    }

    /// Horizontal grid lines with labels at the left, and the base line.
    pub(super) fn rows(&self, scene: &mut Scene, count: usize, labelled: bool) {
        for (value, label) in self.y.ticks(count) {
            let y = self.up(value);
            scene.line((self.left, y), (self.right, y), GRID, 1.0);
            if labelled {
                scene.text((self.left - 6.0, y), &label).anchor(Anchor::End).colour(QUIET);
            }
        }
        scene.line((self.left, self.bottom), (self.right, self.bottom), AXIS, 1.0);
    }

    /// Vertical grid lines, labelled at the bottom if asked.
    pub(super) fn columns(&self, scene: &mut Scene, ticks: &[(f64, String)], labelled: bool) {
        for (value, label) in ticks {
            let x = self.across(*value);
            scene.line((x, self.top), (x, self.bottom), GRID, 1.0);
            if labelled {
                scene.text((x, self.bottom + 13.0), label).anchor(Anchor::Middle).colour(QUIET);
            }
        }
    }

    /// Title of the vertical axis, above it.
    pub(super) fn y_title(&self, scene: &mut Scene, title: &str) {
        scene.text((self.left, self.top - 20.0), title).colour(INK);
    }

    /// Title of the horizontal axis, below its labels.
    pub(super) fn x_title(&self, scene: &mut Scene, title: &str) {
        let middle = f64::midpoint(self.left, self.right);
        scene.text((middle, self.bottom + 31.0), title).anchor(Anchor::Middle).colour(INK);
    }
}
