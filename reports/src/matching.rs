//! Which entry of one side is which of the other.
//!
//! Entries of equal names (scenario, device, model, strategy) belong together. Where a side has several of them, the
//! inputs that differ *within* a side tell its points apart; an input that is one value throughout both sides is no
//! part of a point, so that a strategy set up differently is still matched with itself, and the set-up is the reason.

use std::collections::{BTreeMap, BTreeSet};

use crate::compare::LIMIT;
use crate::entry::Entry;
use crate::units::parameter;

/// Two sides put together, in the order of the first, then of the second.
#[derive(Clone, Debug, Default)]
pub struct Matching<'e> {
    /// Entries that both have.
    pub pairs: Vec<Pair<'e>>,
    /// Entries that only the first has.
    pub only_before: Vec<Named<'e>>,
    /// Entries that only the second has.
    pub only_after: Vec<Named<'e>>,
}

/// An entry of both sides.
#[derive(Clone, Debug)]
pub struct Pair<'e> {
    /// What to call it.
    pub label: String,
    /// The first side's.
    pub before: &'e Entry,
    /// The second side's.
    pub after: &'e Entry,
}

/// An entry with what to call it.
#[derive(Clone, Debug)]
pub struct Named<'e> {
    /// What to call it.
    pub label: String,
    /// The entry.
    pub entry: &'e Entry,
}

/// The point of an entry: its values of the keys that tell points apart.
type Point = Vec<Option<String>>;

/// Puts `before` and `after` together.
#[must_use]
pub fn matched<'e>(before: &'e [Entry], after: &'e [Entry]) -> Matching<'e> {
    let several = Several::of(&before.iter().chain(after).collect::<Vec<_>>());
    let keys = telling_keys(before, after);
    let keys_of = |entry: &'e Entry| keys.get(&entry.names()).map_or(&[][..], Vec::as_slice);
    let label = |entry: &'e Entry| several.label(entry, keys_of(entry));
    let mut waiting: BTreeMap<([&str; 4], Point), Vec<&Entry>> = BTreeMap::new();
    for entry in after {
        waiting.entry((entry.names(), point(entry, keys_of(entry)))).or_default().push(entry);
    }
    let mut matching = Matching::default();
    for entry in before {
        let same = waiting.get_mut(&(entry.names(), point(entry, keys_of(entry)))).filter(|same| !same.is_empty());
        match same {
            // The first that is left: equal points are matched in their order.
            Some(same) => {
                matching.pairs.push(Pair { label: label(entry), before: entry, after: same.remove(0) });
            }
            None => matching.only_before.push(Named { label: label(entry), entry }),
        }
    }
    let left: BTreeSet<*const Entry> = waiting.into_values().flatten().map(std::ptr::from_ref).collect();
    let is_left = |entry: &&Entry| left.contains(&std::ptr::from_ref(*entry));
    matching.only_after = after.iter().filter(is_left).map(|entry| Named { label: label(entry), entry }).collect();
    matching
}

/// For each name, the fewest inputs that tell the entries of a side apart, the memory limit first.
fn telling_keys<'e>(before: &'e [Entry], after: &'e [Entry]) -> BTreeMap<[&'e str; 4], Vec<String>> {
    let mut groups: BTreeMap<[&str; 4], [Vec<&Entry>; 2]> = BTreeMap::new();
    for (side, entries) in [before, after].into_iter().enumerate() {
        for entry in entries {
            groups.entry(entry.names()).or_default()[side].push(entry);
        }
    }
    groups.into_iter().map(|(names, sides)| (names, telling(&sides))).collect()
}

fn telling(sides: &[Vec<&Entry>; 2]) -> Vec<String> {
    let all = sides.iter().flatten().flat_map(|entry| entry.parameters.keys());
    let mut keys: Vec<String> = all.cloned().collect::<BTreeSet<_>>().into_iter().collect();
    keys.extend(["platform", "seed"].map(str::to_owned));
    keys.sort_by_key(|key| key != LIMIT);
    let mut chosen: Vec<String> = Vec::new();
    for key in keys {
        let mut wider = chosen.clone();
        wider.push(key);
        if sides.iter().any(|side| distinct(side, &wider) > distinct(side, &chosen)) {
            chosen = wider;
        }
    }
    chosen
}

fn distinct(side: &[&Entry], keys: &[String]) -> usize {
    side.iter().map(|entry| point(entry, keys)).collect::<BTreeSet<_>>().len()
}

fn point(entry: &Entry, keys: &[String]) -> Point {
    keys.iter().map(|key| input(entry, key)).collect()
}

fn input(entry: &Entry, key: &str) -> Option<String> {
    match key {
        "platform" => Some(entry.platform.clone()),
        "seed" => Some(entry.seed.to_string()),
        parameter => entry.parameters.get(parameter).cloned(),
    }
}

/// Of which names there are several, and which a label must therefore give.
struct Several {
    scenarios: bool,
    models: bool,
}

impl Several {
    fn of(entries: &[&Entry]) -> Self {
        let several = |of: fn(&Entry) -> &str| entries.iter().copied().map(of).collect::<BTreeSet<_>>().len() > 1;
        Self { scenarios: several(|entry| &entry.scenario), models: several(|entry| &entry.model) }
    }

    /// `iphone-15-pro · window · limit 64 MB`, with scenario and model where there are several.
    fn label(&self, entry: &Entry, keys: &[String]) -> String {
        let mut parts = Vec::new();
        parts.extend(self.scenarios.then(|| entry.scenario.clone()));
        parts.push(entry.device.clone());
        parts.extend(self.models.then(|| entry.model.clone()));
        parts.push(entry.strategy.clone());
        let values: Vec<String> =
            keys.iter().filter_map(|key| input(entry, key).map(|value| parameter(key, &value))).collect();
        parts.extend((!values.is_empty()).then(|| values.join(", ")));
        parts.join(" · ")
    }
}
