//! Charts: pure drawings of results, painted to SVG and PNG by the same code, each with the data behind it.
//!
//! A chart is laid out as a `scene` (plain shapes in points), which `paint` hands to plotters' backends. Colours
//! are safe for colour-blind readers and stay with a strategy through a report.

mod axis;
mod font;
pub mod hit_rate;
mod labels;
mod limits;
mod paint;
mod palette;
mod panel;
pub mod scatter;
mod scene;
mod shares;
mod speed;
mod traffic;

use crate::compare::{is_open_loop, marks_in, strategies};
use crate::schema::RunResult;
use crate::units::significant;
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

/// What `‡` means with what each open-loop strategy lost: stands in the picture, which may travel without its caption.
fn bent(results: &[RunResult]) -> Vec<String> {
    let open_loop: Vec<&RunResult> = results.iter().filter(|r| is_open_loop(r)).collect();
    let Some(mark) = marks_in(&open_loop).into_iter().find(|mark| mark.sign == '‡') else { return Vec::new() };
    let each: Vec<String> = strategies(results)
        .into_iter()
        .filter_map(|name| Some(format!("{name} {}", lost_by(name, &open_loop)?)))
        .collect();
    vec![format!("{} {}. Lost of what the model would have computed: {}.", mark.sign, mark.meaning, each.join(", "))]
}

/// What a strategy's results lost, percent: `8.10 %`, `2.00 to 8.10 %`, `1.25 % (30.0 % at lower precision)`.
fn lost_by(name: &str, open_loop: &[&RunResult]) -> Option<String> {
    let range = |of: fn(&RunResult) -> f64| {
        let shares = || open_loop.iter().filter(|r| r.strategy == name).map(|r| of(r) * 100.0);
        let (least, most) = (shares().reduce(f64::min)?, shares().reduce(f64::max)?);
        let (from, to) = (significant(least), significant(most));
        (most > 0.0).then(|| if from == to { format!("{to} %") } else { format!("{from} to {to} %") })
    };
    let is_here = open_loop.iter().any(|r| r.strategy == name);
    let lost = range(|r| r.quality.lost_mass_share).unwrap_or_else(|| "0 %".to_owned());
    let degraded = range(|r| r.quality.degraded_mass_share).map(|share| format!(" ({share} at lower precision)"));
    is_here.then(|| lost + &degraded.unwrap_or_default())
}

/// The columns `open_loop` and `lost_mass_share` of a chart's data.
fn quality(r: &RunResult) -> [String; 2] {
    [r.quality.open_loop.to_string(), r.quality.lost_mass_share.to_string()]
}

/// A CSV record from texts.
fn record<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}
