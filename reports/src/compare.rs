//! Who is compared with whom: results grouped by device, sweep points told apart, the best of each device.
//!
//! What counts as what, in one place: a *killed* run has no speed; an *oracle* (it knows the trace's future) is a
//! bound and never the best; an *open-loop* result (it bends the model) is an estimate and best only among its like;
//! *naive* is what others are measured against.

mod answer;
mod marks;
mod owners;

pub use answer::{answer, answers};
pub use marks::{MARKS, Mark, is_open_loop, lost, marked, marked_of, marks_in, spoken};
pub use owners::{OWNERS, decode_owners_ns, wall_owners_ns};

use std::collections::{BTreeMap, BTreeSet};

use crate::schema::RunResult;
use crate::units::parameter;

/// The parameter of the app's memory limit, the x axis of speed against memory.
pub const LIMIT: &str = "memory.limit-mb";

/// What tells sweep points of one (scenario, device, model, strategy) apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// Parameters that differ between results of the same names, the memory limit first.
    pub varying: Vec<String>,
    /// Whether results of the same names come from several platforms (simulated, this machine).
    pub platforms: bool,
}

/// Results of one scenario, device and model, in their order.
#[derive(Clone, Debug)]
pub struct Group<'a> {
    /// The device, with scenario and model where the results hold several of them.
    pub title: String,
    /// Device name.
    pub device: &'a str,
    /// Its results.
    pub results: Vec<&'a RunResult>,
}

impl Comparison {
    /// Looks for parameters that differ between results of equal names. One that says nothing new is left out (a
    /// budget in bytes beside the same budget in MiB).
    #[must_use]
    pub fn of(results: &[RunResult]) -> Self {
        let mut alike: BTreeMap<[&str; 4], Vec<&RunResult>> = BTreeMap::new();
        for r in results {
            alike.entry([&r.scenario, &r.device, &r.model, &r.strategy]).or_default().push(r);
        }
        let platforms = alike.values().any(|same| distinct(same, &|r| r.platform.clone()) > 1);
        let mut comparison = Self { platforms, ..Self::default() };
        let mut keys: Vec<&String> =
            results.iter().flat_map(|r| r.parameters.keys()).collect::<BTreeSet<_>>().into_iter().collect();
        keys.sort_by_key(|key| *key != LIMIT);
        for key in keys {
            let mut wider = comparison.clone();
            wider.varying.push(key.clone());
            let tells_more = alike
                .values()
                .any(|same| distinct(same, &|r| wider.point(r)) > distinct(same, &|r| comparison.point(r)));
            if tells_more {
                comparison = wider;
            }
        }
        comparison
    }

    /// The sweep point in words, for instance `budget 16 MiB, lanes 4`; empty where there is only one.
    #[must_use]
    pub fn point(&self, result: &RunResult) -> String {
        let platform = self.platforms.then(|| format!("on {}", result.platform));
        let values =
            self.varying.iter().filter_map(|key| result.parameters.get(key).map(|value| parameter(key, value)));
        platform.into_iter().chain(values).collect::<Vec<_>>().join(", ")
    }

    /// Whether there is more than one point to tell apart.
    #[must_use]
    pub fn has_points(&self) -> bool {
        self.platforms || !self.varying.is_empty()
    }
}

/// How many different texts the results give.
fn distinct(results: &[&RunResult], text: &dyn Fn(&RunResult) -> String) -> usize {
    results.iter().map(|r| text(r)).collect::<BTreeSet<_>>().len()
}

/// Results by scenario, device and model, each group in the order of its first result.
#[must_use]
pub fn groups(results: &[RunResult]) -> Vec<Group<'_>> {
    let several = |of: fn(&RunResult) -> &str| results.iter().map(of).collect::<BTreeSet<_>>().len() > 1;
    let scenarios = several(|r| &r.scenario);
    let models = several(|r| &r.model);
    let mut groups: Vec<Group<'_>> = Vec::new();
    for r in results {
        let home = groups.iter_mut().find(|group| {
            let first = group.results[0];
            first.scenario == r.scenario && first.device == r.device && first.model == r.model
        });
        if let Some(group) = home {
            group.results.push(r);
            continue;
        }
        let mut title = r.device.clone();
        if models {
            title = format!("{title} · {}", r.model);
        }
        if scenarios {
            title = format!("{title} · {}", r.scenario);
        }
        groups.push(Group { title, device: &r.device, results: vec![r] });
    }
    groups
}

impl<'a> Group<'a> {
    /// The fastest that is neither killed nor an oracle nor open-loop; the first of equals.
    #[must_use]
    pub fn best(&self) -> Option<&'a RunResult> {
        self.fastest_where(|r| !is_oracle(r) && !is_open_loop(r))
    }

    /// The fastest open-loop result that is neither killed nor an oracle.
    #[must_use]
    pub fn best_open_loop(&self) -> Option<&'a RunResult> {
        self.fastest_where(|r| !is_oracle(r) && is_open_loop(r))
    }

    /// The fastest oracle that is not killed, and computes what the model would: what bends the model bounds nothing.
    #[must_use]
    pub fn bound(&self) -> Option<&'a RunResult> {
        self.fastest_where(|r| is_oracle(r) && !is_open_loop(r))
    }

    /// The result whose sweep point stands for the group: the best, else the best open-loop one, else the first.
    #[must_use]
    pub fn leader(&self) -> Option<&'a RunResult> {
        self.best().or_else(|| self.best_open_loop()).or_else(|| self.results.first().copied())
    }

    fn fastest_where(&self, is_asked: impl Fn(&RunResult) -> bool) -> Option<&'a RunResult> {
        fastest(self.results.iter().copied().filter(|r| !is_killed(r) && is_asked(r)))
    }

    /// One result per strategy for charts without a sweep axis: those at the leader's point; a strategy that has none there shows its first.
    #[must_use]
    pub fn at_best_point(&self, comparison: &Comparison) -> Vec<&'a RunResult> {
        let Some(leader) = self.leader() else { return Vec::new() };
        let point = comparison.point(leader);
        let mut chosen: Vec<&'a RunResult> = Vec::new();
        for r in &self.results {
            match chosen.iter_mut().find(|have| have.strategy == r.strategy) {
                None => chosen.push(r),
                Some(have) if comparison.point(have) != point && comparison.point(r) == point => *have = r,
                Some(_) => {}
            }
        }
        chosen
    }
}

fn fastest<'a>(results: impl Iterator<Item = &'a RunResult>) -> Option<&'a RunResult> {
    results.fold(None, |best: Option<&RunResult>, r| match best {
        Some(best) if speed(best) >= speed(r) => Some(best),
        _ => Some(r),
    })
}

fn speed(result: &RunResult) -> f64 {
    result.throughput.decode_tokens_per_s
}

/// Whether the system would kill the app: its speeds are what it would have done, and are not shown.
#[must_use]
pub fn is_killed(result: &RunResult) -> bool {
    result.memory.outcome == "killed"
}

/// Whether the system would be short of memory, and the app slowed for it.
fn is_pressed(result: &RunResult) -> bool {
    result.memory.outcome == "under-pressure"
}

/// Whether the strategy knows the trace's future: labelled `belady…` or `oracle…`, or a parameter of it says so.
#[must_use]
pub fn is_oracle(result: &RunResult) -> bool {
    let set_up = |(key, value): (&String, &String)| key.starts_with("strategy") && named_oracle(value);
    named_oracle(&result.strategy) || result.parameters.iter().any(set_up)
}

/// Whether a policy of this name knows the future.
pub(crate) fn named_oracle(name: &str) -> bool {
    name.starts_with("belady") || name.starts_with("oracle")
}

/// Whether the strategy reads everything each token: what others are measured against.
#[must_use]
pub fn is_naive(result: &RunResult) -> bool {
    result.strategy == "naive"
}

/// The share of the request that waited for flash.
#[must_use]
pub fn stall_share(result: &RunResult) -> f64 {
    result.time.flash_stall_ns as f64 / result.time.wall_ns as f64
}

/// Strategy labels in the order of their first result: the order of colours and legends.
#[must_use]
pub fn strategies(results: &[RunResult]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for r in results {
        if !names.contains(&r.strategy.as_str()) {
            names.push(&r.strategy);
        }
    }
    names
}
