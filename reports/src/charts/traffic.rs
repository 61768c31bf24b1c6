//! Hit rate and flash traffic over the tokens of one device: two panels, a line per strategy.

use super::axis::Scale;
use super::hover::{Trail, strips};
use super::labels::{at_ends, foot};
use super::palette::Palette;
use super::panel::Panel;
use super::paper::Paper;
use super::scene::{Colour, Point, Scene};
use super::{Draft, font, record};
use crate::compare::{Comparison, groups, is_killed};
use crate::schema::{RunResult, TokenRow};
use crate::units::{DATA, common, significant};

const TALL: f64 = 220.0;
/// Points of a line: more cannot be told apart, and a chart stays small for a million tokens.
const POINTS: usize = 400;

/// A strategy's line: token, hit rate in percent, flash bytes; running means.
struct Series {
    strategy: String,
    name: String,
    quality: [String; 2],
    colour: Colour,
    dash: Option<[f64; 2]>,
    points: Vec<(f64, f64, f64)>,
}

pub(super) fn draft(results: &[RunResult], paper: Paper) -> Option<Draft> {
    let comparison = Comparison::of(results);
    let drawable = |r: &RunResult| !is_killed(r) && r.tokens.len() > 2;
    let groups = groups(results);
    let group = groups.iter().find(|group| group.results.iter().any(|r| drawable(r)))?;
    let chosen: Vec<&RunResult> = group.at_best_point(&comparison).into_iter().filter(|r| drawable(r)).collect();
    let palette = Palette::of(results);
    let longest = chosen.iter().map(|r| r.tokens.len() - 1).max()?;
    let window = (longest / 16).clamp(1, 64).max(longest.div_ceil(POINTS));
    let series: Vec<Series> = chosen.iter().map(|r| line(r, results, &palette, window)).collect();

    let title = format!("Hit rate and flash traffic over tokens: {}", group.title);
    let mut scene = Scene::new(paper.width());
    let point = chosen.first().map(|r| comparison.point(r)).filter(|point| !point.is_empty());
    let at = point.map(|point| format!(" · {point}")).unwrap_or_default();
    let (scenario, model) = (&chosen[0].scenario, &chosen[0].model);
    let subtitle = format!("scenario {scenario} · model {model}{at} · running mean over {window} tokens");
    let y = scene.heading(&title, &subtitle) + 24.0;

    let names = series.iter().map(|one| font::width(&one.name, 11.0, false));
    let right = scene.width - 30.0 - names.fold(0.0, f64::max);
    let unit = common(&DATA, series.iter().flat_map(|one| one.points.iter().map(|point| point.2)));
    let hits = Panel {
        left: paper.pick(64.0, 36.0),
        right,
        top: y,
        bottom: y + TALL,
        x: Scale::exact(1.0, longest as f64),
        y: Scale::exact(0.0, 100.0),
    };
    let top = hits.bottom + 44.0;
    let bytes = Panel { top, bottom: top + TALL, y: traffic_scale(&series, unit.size), ..hits };
    panel(&mut scene, &hits, &series, "lookups found in DRAM, %", |point| point.1, None, paper);
    let log = if bytes.y.low() > 0.0 { " (logarithmic)" } else { "" };
    let of = format!("read from flash per token, {}{log}", unit.name);
    panel(&mut scene, &bytes, &series, &of, |point| point.2 / unit.size, Some("output token"), paper);
    scene.height = foot(&mut scene, bytes.bottom + 48.0, &super::bent(results));
    let means =
        ["device", "strategy", "open_loop", "lost_mass_share", "token", "hit_rate_mean", "flash_bytes_per_token_mean"];
    let mut csv = vec![record(means)];
    for one in &series {
        csv.extend(one.points.iter().map(|(token, hit_percent, flash_bytes)| {
            let numbers = [token.to_string(), (hit_percent / 100.0).to_string(), flash_bytes.to_string()];
            let [open_loop, lost] = &one.quality;
            record([&group.title, &one.strategy, open_loop, lost, &numbers[0], &numbers[1], &numbers[2]])
        }));
    }
    let caption = format!(
        "Decoded tokens only (the first, which prefill gives, is left out); running mean over {window} tokens, killed \
         runs left out. A line that climbs above shows a resident set that is still warming up."
    );
    Some(Draft { name: "hits-and-traffic", title, caption, scene, csv })
}

/// Running means at up to [`POINTS`] tokens; each looks back over `window` tokens, or as many as there are.
fn line(r: &RunResult, results: &[RunResult], palette: &Palette, window: usize) -> Series {
    let tokens = &r.tokens[1..];
    let step = tokens.len().div_ceil(POINTS);
    let points = (0..tokens.len()).rev().step_by(step).map(|last| {
        let span = &tokens[(last + 1).saturating_sub(window)..=last];
        let sum = |of: fn(&TokenRow) -> u64| span.iter().map(of).sum::<u64>() as f64;
        let hit_percent = 100.0 * sum(|t| t.hits) / sum(|t| t.lookups).max(1.0);
        (tokens[last].token as f64, hit_percent, sum(|t| t.flash_bytes) / span.len() as f64)
    });
    let mut points: Vec<_> = points.collect();
    points.reverse();
    let style = palette.style(&r.strategy);
    Series {
        strategy: r.strategy.clone(),
        name: super::speed::shown(results, &r.strategy),
        quality: super::quality(r),
        colour: style.colour,
        dash: style.dash,
        points,
    }
}

/// From zero, or logarithmic where the smallest line would lie on the axis.
fn traffic_scale(series: &[Series], size: f64) -> Scale {
    let values = || series.iter().flat_map(|one| one.points.iter().map(|point| point.2 / size));
    let most = values().fold(0.0, f64::max);
    let means = series
        .iter()
        .map(|one| one.points.iter().map(|point| point.2 / size).sum::<f64>() / one.points.len().max(1) as f64);
    let least = means.filter(|mean| *mean > 0.0).fold(f64::INFINITY, f64::min);
    if least * 25.0 < most { Scale::log(least / 2.0, most) } else { Scale::from_zero(most, 5) }
}

fn panel(
    scene: &mut Scene,
    panel: &Panel,
    series: &[Series],
    title: &str,
    of: impl Fn(&(f64, f64, f64)) -> f64,
    below: Option<&str>,
    paper: Paper,
) {
    panel.y_title(scene, title);
    panel.columns(scene, &panel.x.ticks(paper.pick(8, 4)), below.is_some());
    panel.rows(scene, 5, true);
    if let Some(below) = below {
        panel.x_title(scene, below);
    }
    let mut ends = Vec::new();
    for one in series {
        let points: Vec<Point> = one.points.iter().map(|point| panel.at(point.0, of(point))).collect();
        scene.path(&points, one.colour, 1.8, one.dash);
        if let Some(last) = points.last() {
            ends.push((one.name.clone(), one.colour, last.1));
        }
    }
    at_ends(scene, panel.right, &ends, panel.top, panel.bottom);
    let trails: Vec<Trail> = series
        .iter()
        .map(|one| Trail { name: one.name.clone(), points: one.points.iter().map(|at| (at.0, of(at))).collect() })
        .collect();
    let (place, value) = (|token| format!("token {token:.0}: {title}"), significant);
    strips(scene, panel, paper.pick(24, 12), &trails, place, value);
}
