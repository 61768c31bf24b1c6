//! Charts: pure drawings of results, painted to SVG and PNG by the same code, each with the data behind it.
//!
//! A chart is laid out as a `scene` (plain shapes in points), which `paint` hands to plotters' backends. Colours
//! are safe for colour-blind readers and stay with a strategy through a report.

mod axis;
mod font;
mod labels;
mod limits;
mod paint;
mod palette;
mod panel;
mod scene;
mod shares;
mod speed;
mod traffic;

use crate::schema::RunResult;
pub(crate) use font::{BOLD, REGULAR};
use scene::Scene;

/// A finished chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// File name without its ending, for instance `decode-speed`.
    pub name: String,
    /// Title, which is also drawn into the picture.
    pub title: String,
    /// What it shows and what to see in it, in a sentence or two.
    pub caption: String,
    /// An SVG document.
    pub svg: String,
    /// A PNG file, two pixels to the point.
    pub png: Vec<u8>,
    /// The data behind it, as CSV.
    pub csv: String,
}

/// Every chart that the results can fill: decode speed, shares of time, hits and traffic over tokens (needs token
/// rows), and, over `curve` too, speed against the memory limit (needs at least two
/// limits).
#[must_use]
pub fn all(results: &[RunResult], curve: &[RunResult]) -> Vec<Chart> {
    let with_curve = [results, curve].concat();
    let drafts = [speed::draft(results), shares::draft(results), traffic::draft(results), limits::draft(&with_curve)];
    drafts.into_iter().flatten().map(Draft::finish).collect()
}

/// A chart before it is painted.
struct Draft {
    name: &'static str,
    title: String,
    caption: String,
    scene: Scene,
    csv: Vec<Vec<String>>,
}

impl Draft {
    fn finish(self) -> Chart {
        Chart {
            name: self.name.to_owned(),
            svg: paint::svg(&self.scene, &self.title, &self.caption),
            png: paint::png(&self.scene),
            csv: crate::csv::text(self.csv),
            title: self.title,
            caption: self.caption,
        }
    }
}

/// A CSV record from texts.
fn record<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}
