//! Charts: pure drawings of results, painted to SVG and PNG by the same code, each with the data behind it.
//!
//! A chart is laid out as a `scene` (plain shapes in points), which `paint` hands to plotters' backends. Colours
//! are safe for colour-blind readers and stay with a strategy through a report.

mod axis;
pub mod bars;
mod bounds;
mod energy;
mod font;
pub mod heat_map;
pub mod hit_rate;
mod hover;
mod key;
mod labels;
mod limits;
pub mod lines;
mod memory;
mod over_time;
mod pace;
mod paint;
mod palette;
mod panel;
mod paper;
pub mod scatter;
mod scene;
mod shares;
mod speed;
mod stack;
mod traffic;

use crate::compare::{is_open_loop, marks_in, strategies};
use crate::schema::RunResult;
use crate::units::significant;
pub(crate) use font::{BOLD, REGULAR};
pub(crate) use palette::style_sheet;
use paper::Paper;
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
    /// An SVG document, 960 points wide.
    pub svg: String,
    /// The same for a phone held upright, where there is one.
    pub narrow_svg: Option<String>,
    /// A PNG file, two pixels to the point.
    pub png: Vec<u8>,
    /// The data behind it, as CSV.
    pub csv: String,
}

/// Every chart that the results can fill: decode speed, shares of time, speed against the memory limit (over `curve` too;
/// needs at least two limits), speed and heat over time, energy by component, memory over time, hits and traffic over tokens
/// (what is over time or tokens needs token rows).
#[must_use]
pub fn all(results: &[RunResult], curve: &[RunResult]) -> Vec<Chart> {
    let with_curve = [results, curve].concat();
    let drafts = |paper| {
        [
            speed::draft(results, paper),
            shares::draft(results, paper),
            limits::draft(&with_curve, paper),
            pace::draft(results, paper),
            energy::draft(results, paper),
            memory::draft(results, paper),
            traffic::draft(results, paper),
        ]
    };
    let pairs = drafts(Paper::Wide).into_iter().zip(drafts(Paper::Narrow));
    pairs.filter_map(|(wide, narrow)| Some(wide?.finish(narrow.as_ref()))).collect()
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
    /// Paints the draft, and its twin for narrow paper.
    fn finish(self, narrow: Option<&Self>) -> Chart {
        Chart {
            name: self.name.to_owned(),
            svg: paint::svg(&self.scene, &self.title, &self.caption),
            narrow_svg: narrow.map(|narrow| paint::svg(&narrow.scene, &narrow.title, &narrow.caption)),
            png: paint::png(&self.scene),
            csv: crate::csv::text(self.csv),
            title: self.title,
            caption: self.caption,
        }
    }
}

/// What `‡` means with what each open-loop strategy lost: stands in the picture, which may travel without its caption.
#[must_use]
pub fn bent(results: &[RunResult]) -> Vec<String> {
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
