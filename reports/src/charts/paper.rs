//! How wide a drawing is: a page or a screen, or a phone held upright. Side by side on the one is below each other on the
//! other.

/// The two widths that a chart is drawn in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paper {
    /// 960 points: screens, print, files.
    Wide,
    /// 358 points: what a phone of 390 leaves between its margins.
    Narrow,
}

impl Paper {
    /// Width in points.
    pub(super) fn width(self) -> f64 {
        match self {
            Self::Wide => 960.0,
            Self::Narrow => 358.0,
        }
    }

    pub(super) fn is_narrow(self) -> bool {
        self == Self::Narrow
    }

    /// One of two numbers: the layout's on wide paper, and on narrow.
    pub(super) fn pick<T>(self, wide: T, narrow: T) -> T {
        if self.is_narrow() { narrow } else { wide }
    }
}

/// Panels of equal size, as many side by side as the paper bears.
#[derive(Clone, Copy, Debug)]
pub(super) struct Columns {
    pub(super) per_row: usize,
    left: f64,
    pitch: f64,
    gap: f64,
}

impl Columns {
    /// Columns for `count` panels.
    pub(super) fn of(paper: Paper, count: usize) -> Self {
        let per_row = count.clamp(1, paper.pick(3, 1));
        let left = paper.pick(56.0, 44.0);
        let pitch = (paper.width() - left - paper.pick(16.0, 0.0)) / per_row as f64;
        Self { per_row, left, pitch, gap: paper.pick(24.0, 14.0) }
    }

    /// Left and right of the panel at `place` of its row.
    pub(super) fn span(&self, place: usize) -> (f64, f64) {
        let left = self.left + self.pitch * place as f64;
        (left, left + self.pitch - self.gap)
    }
}
