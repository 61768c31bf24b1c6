//! The lines of the chart: points by budget, the style of each, their order, and what they say about each other.

use super::HitRates;
use crate::charts::palette::{BOUND, LineStyle, line_style};
use crate::compare::named_oracle;

/// Lines of more points carry markers at some only.
const MARKERS: usize = 12;

/// One policy at one budget, as drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct At {
    pub(super) budget: f64,
    pub(super) percent: f64,
    pub(super) decode_percent: Option<f64>,
}

/// One policy.
#[derive(Clone, Debug)]
pub(super) struct Series {
    /// With the mark of an oracle.
    pub(super) name: String,
    pub(super) is_bound: bool,
    pub(super) style: LineStyle,
    /// By budget.
    pub(super) points: Vec<At>,
    /// Place among the policies as given: what staggers the markers.
    place: usize,
}

impl At {
    pub(super) fn most_percent(&self) -> f64 {
        self.percent.max(self.decode_percent.unwrap_or_default())
    }
}

impl Series {
    /// Every how many points a marker stands.
    pub(super) fn marker_step(&self) -> usize {
        if self.points.len() <= MARKERS { 1 } else { self.points.len() / 8 }
    }

    /// The first point with a marker: another one for each line, so that lines which run together stay countable.
    pub(super) fn first_marker(&self) -> usize {
        self.place * 3 % self.marker_step()
    }

    fn mean_percent(&self) -> f64 {
        self.points.iter().map(|at| at.decode_percent.unwrap_or(at.percent)).sum::<f64>() / self.points.len() as f64
    }
}

/// The policies: bounds first, then by their mean, the highest first, as the eye meets the lines.
pub(super) fn of(rates: &HitRates) -> Vec<Series> {
    let mut series: Vec<Series> = Vec::new();
    let (mut bounds, mut others) = (0, 0);
    for row in &rates.rows {
        let is_bound = named_oracle(&row.policy);
        let name = if is_bound { format!("{} †", row.policy) } else { row.policy.clone() };
        let at = At {
            budget: rates.budget.shown(row.budget),
            percent: row.hit_rate * 100.0,
            decode_percent: row.decode_hit_rate.map(|rate| rate * 100.0),
        };
        if let Some(one) = series.iter_mut().find(|one| one.name == name) {
            one.points.push(at);
            continue;
        }
        let count = if is_bound { &mut bounds } else { &mut others };
        let style = if is_bound { BOUND[*count % BOUND.len()] } else { line_style(*count) };
        *count += 1;
        series.push(Series { name, is_bound, style, points: vec![at], place: series.len() });
    }
    for one in &mut series {
        one.points.sort_by(|a, b| a.budget.total_cmp(&b.budget));
    }
    series.sort_by(|a, b| b.is_bound.cmp(&a.is_bound).then(b.mean_percent().total_cmp(&a.mean_percent())));
    series
}

/// A policy that lies above the first bound at some budget of both; then that is no bound for it. Also where there is no
/// bound at all, nothing lies above it.
pub(super) fn above_bound(series: &[Series]) -> Option<&str> {
    let bound = series.iter().find(|one| one.is_bound)?;
    let is_above = |at: &At| {
        let same = bound.points.iter().find(|of| of.budget.to_bits() == at.budget.to_bits());
        same.is_some_and(|of| at.percent > of.percent + 1e-9 || at.decode_percent > of.decode_percent.map(|p| p + 1e-9))
    };
    let above = series.iter().find(|one| !one.is_bound && one.points.iter().any(is_above));
    above.map(|one| one.name.as_str())
}

/// Policies that give the same everywhere, of which a reader sees one line only.
pub(super) fn coinciding(series: &[Series]) -> Vec<String> {
    let mut sets: Vec<(&[At], Vec<&str>)> = Vec::new();
    for one in series {
        match sets.iter_mut().find(|(points, _)| *points == one.points) {
            Some((_, names)) => names.push(&one.name),
            None => sets.push((&one.points, vec![&one.name])),
        }
    }
    let same: Vec<String> =
        sets.into_iter().filter(|(_, names)| names.len() > 1).map(|(_, names)| names.join(" = ")).collect();
    if same.is_empty() {
        Vec::new()
    } else {
        vec![format!("the same at every budget, one line over the other: {}", same.join("; "))]
    }
}
