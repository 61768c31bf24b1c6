//! Hit rate against DRAM: a line per policy, Belady on top, all lookups and decode beside each other.
//!
//! Drawn from plain numbers, not from results: what is compared are policies on a stream of lookups, without a device.

mod legend;
mod rates;
mod series;

pub use rates::{Budget, HitRate, HitRates};

use super::axis::Scale;
use super::labels::foot;
use super::palette::{BEYOND, QUIET};
use super::panel::Panel;
use super::scene::{Anchor, Point, Scene};
use super::{Chart, Draft, font, record};
use series::{At, Series};

const WIDTH: f64 = 960.0;
const TALL: f64 = 330.0;
/// From this ratio of largest to smallest budget on, equal steps are equal factors.
const LOGARITHMIC_FROM: f64 = 16.0;

/// The chart `hit-rate-against-dram`; nothing where no policy has two budgets.
#[must_use]
pub fn chart(rates: &HitRates) -> Option<Chart> {
    let series = series::of(rates);
    if series.iter().all(|one| one.points.len() < 2) {
        return None;
    }
    let title = format!("Hit rate against DRAM: {}", rates.trace);
    let mut scene = Scene::new(WIDTH);
    let y =
        scene.heading(&title, "share of lookups found in DRAM, a line per policy; the list is in order of the mean");
    let beaten = series::above_bound(&series);
    let has_decode = series.iter().flat_map(|one| &one.points).any(|at| at.decode_percent.is_some());
    let views: &[View] = if has_decode { &[BOTH, DECODE] } else { &[WHOLE] };
    let right = WIDTH - legend::width(&series) - 16.0;
    let wide = (right - 16.0) / views.len() as f64;
    let most = series.iter().flat_map(|one| &one.points).map(At::most_percent).fold(0.0, f64::max);
    let (x, logarithmic) = budget_scale(rates, &series);
    let top = y + 36.0;
    for (place, view) in views.iter().enumerate() {
        let left = 16.0 + wide * place as f64;
        let panel = Panel {
            left: left + 34.0,
            right: left + wide - 20.0,
            top,
            bottom: top + TALL,
            x,
            y: Scale::from_zero(most, 5),
        };
        if beaten.is_none() {
            beyond(&mut scene, &panel, &series, view.of);
        }
        frame(&mut scene, &panel, view.title, rates, logarithmic);
        lines(&mut scene, &panel, &series, view.of);
        cycle(&mut scene, &panel, rates);
    }
    let below = legend::draw(&mut scene, (right, top), &series, beaten.is_none());
    let bottom = below.max(top + TALL + 48.0);
    scene.height = foot(&mut scene, bottom, &notes(&series, beaten)) + 8.0;
    let draft =
        Draft { name: "hit-rate-against-dram", title, caption: caption(rates, beaten), scene, csv: rows(rates) };
    Some(draft.finish(None))
}

/// One panel: what it counts.
struct View {
    title: &'static str,
    of: fn(&At) -> Option<f64>,
}

const WHOLE: View = View { title: "lookups found in DRAM, %", of: |at| Some(at.percent) };
const BOTH: View = View { title: "lookups of prompt and decode found in DRAM, %", ..WHOLE };
const DECODE: View = View { title: "lookups of decode alone found in DRAM, %", of: |at| at.decode_percent };

fn frame(scene: &mut Scene, panel: &Panel, title: &str, rates: &HitRates, logarithmic: bool) {
    scene.text((panel.left, panel.top - 26.0), title);
    panel.columns(scene, &panel.x.ticks(5), true);
    panel.rows(scene, 5, true);
    let scale = if logarithmic { " (logarithmic)" } else { "" };
    panel.x_title(scene, &format!("{}{scale}", rates.budget.axis()));
}

/// Grey over the first bound, under everything else.
fn beyond(scene: &mut Scene, panel: &Panel, series: &[Series], of: fn(&At) -> Option<f64>) {
    let Some(bound) = series.iter().find(|one| one.is_bound) else { return };
    let mut area = placed(panel, bound, of);
    if let (Some(first), Some(last)) = (area.first().copied(), area.last().copied()) {
        area.extend([(last.0, panel.top), (first.0, panel.top)]);
        scene.area(&area, BEYOND);
    }
}

/// The best last, the bounds over all: what is drawn later lies on top.
fn lines(scene: &mut Scene, panel: &Panel, series: &[Series], of: fn(&At) -> Option<f64>) {
    for one in series.iter().rev() {
        let points = placed(panel, one, of);
        scene.path(&points, one.style.colour, one.style.width, one.style.dash);
        let Some(marker) = one.style.marker else { continue };
        for at in points.iter().skip(one.first_marker()).step_by(one.marker_step()) {
            scene.marker(*at, marker, 3.2, one.style.colour);
        }
    }
}

fn placed(panel: &Panel, one: &Series, of: fn(&At) -> Option<f64>) -> Vec<Point> {
    one.points.iter().filter_map(|at| Some(panel.at(at.budget, of(at)?))).collect()
}

/// The budgets' scale, the token cycle inside it, and whether it is logarithmic.
fn budget_scale(rates: &HitRates, series: &[Series]) -> (Scale, bool) {
    let budgets = || series.iter().flat_map(|one| &one.points).map(|at| at.budget).chain(rates.cycle());
    let (least, most) = (budgets().fold(f64::INFINITY, f64::min), budgets().fold(0.0, f64::max));
    if least > 0.0 && most / least >= LOGARITHMIC_FROM {
        // A little room, so that the first and the last markers stand free.
        (Scale::log_exact(least / 1.1, most * 1.1), true)
    } else {
        (Scale::from_zero(most, 8), false)
    }
}

/// A vertical line at the token cycle, named above the panel.
fn cycle(scene: &mut Scene, panel: &Panel, rates: &HitRates) {
    let Some(at) = rates.cycle() else { return };
    let x = panel.across(at);
    scene.path(&[(x, panel.top - 2.0), (x, panel.bottom)], QUIET, 1.4, Some([4.0, 3.0]));
    let text = format!("one token: {}", rates.budget.spelled(at));
    let half = font::width(&text, 10.0, false) / 2.0;
    let middle = x.clamp(panel.left + half, (panel.right - half).max(panel.left + half));
    scene.text((middle, panel.top - 8.0), &text).em(10.0).anchor(Anchor::Middle).colour(QUIET);
}

/// What the drawing leaves unsaid, in the picture itself, which may travel without its caption.
fn notes(series: &[Series], beaten: Option<&str>) -> Vec<String> {
    let bound = series.iter().any(|one| one.is_bound).then(|| match beaten {
        Some(policy) => format!("† knows the future; no bound here, since {policy} lies above it"),
        None => "† knows the future: a bound, not a choice".to_owned(),
    });
    bound.into_iter().chain(series::coinciding(series)).collect()
}

fn caption(rates: &HitRates, beaten: Option<&str>) -> String {
    let mut text = "Hits over lookups; higher is better.".to_owned();
    if let Some(policy) = beaten {
        text.push_str(&format!(
            " {policy} lies above the one that knows the future: that takes bundles of unequal sizes, lookups judged in \
             groups, or not keeping all that is read."
        ));
    }
    if rates.cycle().is_some() {
        text.push_str(
            " The vertical line is the token cycle, what one token touches over all layers: with less DRAM than that, \
             LRU over all layers has dropped everything before it comes round again.",
        );
    }
    text
}

fn rows(rates: &HitRates) -> Vec<Vec<String>> {
    let mut csv = vec![record(["policy", rates.budget.column(), "hit_rate", "decode_hit_rate"])];
    csv.extend(rates.rows.iter().map(|row| {
        let decode = row.decode_hit_rate.map(|rate| rate.to_string()).unwrap_or_default();
        record([&row.policy, &row.budget.to_string(), &row.hit_rate.to_string(), &decode])
    }));
    csv
}
