//! Values under the pointer: invisible areas with a text each, which an SVG carries as titles and a page shows at once.

use super::panel::Panel;
use super::scene::Scene;

/// A named line in the data's own numbers, ascending in x.
pub(super) struct Trail {
    pub(super) name: String,
    pub(super) points: Vec<(f64, f64)>,
}

impl Trail {
    /// The value at `x`: that of the last point before it, while the line goes on.
    fn at(&self, x: f64) -> Option<f64> {
        let after = self.points.partition_point(|point| point.0 <= x);
        let goes_on = after < self.points.len() || self.points.last().is_some_and(|last| last.0 >= x);
        (after > 0 && goes_on).then(|| self.points[after - 1].1)
    }
}

/// `count` upright strips over a panel, each telling where it is and what every line is there.
pub(super) fn strips(
    scene: &mut Scene,
    panel: &Panel,
    count: usize,
    trails: &[Trail],
    place: impl Fn(f64) -> String,
    value: impl Fn(f64) -> String,
) {
    let wide = (panel.right - panel.left) / count as f64;
    for index in 0..count {
        let left = panel.left + wide * index as f64;
        let x = panel.x.value((index as f64 + 0.5) / count as f64);
        let lines: Vec<String> =
            trails.iter().filter_map(|one| Some(format!("{}: {}", one.name, value(one.at(x)?)))).collect();
        if !lines.is_empty() {
            let text = format!("{}\n{}", place(x), lines.join("\n"));
            scene.tip((left, panel.top), (left + wide, panel.bottom), text);
        }
    }
}
