//! Reads `[sweep]`: keys in the order of the file, each with an array or a range, and what the command line changes.

use std::collections::BTreeMap;

use toml::{
    Spanned, Table, Value,
    de::{DeTable, DeValue},
};

use super::{Axis, POINTS_MAX, Sweep, range};
use crate::{ScenarioError, Settings, scenario};

/// Keys that name a scenario, or that no point of a sweep looks at.
const NEVER: [&str; 7] = ["schema", "name", "title", "question", "sweep", "memory.curve-mb", "memory.limit-source"];

/// The axes of a scenario's `[sweep]` section, with `--set sweep.KEY=VALUES` in place of the file's values or after them.
pub(crate) fn axes(origin: &str, text: &str, section: &Table, settings: &Settings) -> Result<Sweep, ScenarioError> {
    let wrong = |key: &str, problem: String| scenario::CATALOG.impossible(origin, format!("sweep.{key}"), problem);
    let mut written = Vec::new();
    flatten("", section, &mut written);
    let places = places(text);
    written.sort_by_key(|(key, _)| places.get(key).copied().unwrap_or(usize::MAX));
    for (key, value) in &settings.sweep {
        match written.iter_mut().find(|(known, _)| known == key) {
            Some((_, values)) => *values = value.clone(),
            None => written.push((key.clone(), value.clone())),
        }
    }
    let mut sweep = Sweep::default();
    for (key, value) in written {
        let axis = axis(&key, &value).map_err(|problem| wrong(&key, problem))?;
        if let Some(part) = sweep.axes.iter().find(|earlier| earlier.key == key || lies_in(&earlier.key, &key)) {
            return Err(wrong(&key, format!("it sets `{}` anew, which is swept before it: write it first", part.key)));
        }
        sweep.axes.push(axis);
    }
    let points = sweep.axes.iter().try_fold(1_u64, |product, axis| product.checked_mul(axis.values.len() as u64));
    if points.is_none_or(|points| points > POINTS_MAX) {
        return Err(wrong("*", format!("more than {POINTS_MAX} points: fewer values")));
    }
    not_set_twice(&sweep, settings)?;
    Ok(sweep)
}

fn axis(key: &str, value: &Value) -> Result<Axis, String> {
    if NEVER.contains(&key) || key.starts_with("memory.limit-source.") {
        return Err("no result depends on this key: sweep another".to_owned());
    }
    if key.split('.').any(str::is_empty) {
        return Err("an empty key: write it as --set takes it, such as \"memory.budget-mib\"".to_owned());
    }
    let values = match value {
        Value::Array(values) => values.clone(),
        Value::Table(table) => range::values(table)?,
        other => return Err(format!("{other} is one value: give an array of them, as in [{other}]")),
    };
    if values.is_empty() {
        return Err("no values: give at least one".to_owned());
    }
    let mut texts: Vec<String> = values.iter().map(Value::to_string).collect();
    texts.sort_unstable();
    if let Some([same, ..]) = texts.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(format!("{same} stands there twice: each value once"));
    }
    Ok(Axis { key: key.to_owned(), values })
}

/// Whether a dotted key is part of another one's value.
fn lies_in(part: &str, whole: &str) -> bool {
    part.strip_prefix(whole).is_some_and(|rest| rest.starts_with('.'))
}

/// That no key is both swept and set to one value, of which the sweep would make nothing.
fn not_set_twice(sweep: &Sweep, settings: &Settings) -> Result<(), ScenarioError> {
    for (key, value) in settings.all() {
        let swept = |axis: &&Axis| key == axis.key || lies_in(&key, &axis.key);
        if let Some(axis) = sweep.axes.iter().find(swept) {
            return Err(ScenarioError::Setting {
                setting: format!("{key}={value}"),
                problem: format!("the scenario sweeps this key: set sweep.{}=[{value}]", axis.key),
            });
        }
    }
    Ok(())
}

/// The keys of the section, dotted. Sections in it are part of the key: `[sweep.memory]` is as good as `"memory.…"`.
fn flatten(prefix: &str, table: &Table, found: &mut Vec<(String, Value)>) {
    for (key, value) in table {
        let key = format!("{prefix}{key}");
        match value {
            Value::Table(inner) if !range::is_range(inner) => flatten(&format!("{key}."), inner, found),
            value => found.push((key, value.clone())),
        }
    }
}

/// Where in the text each dotted key of `[sweep]` stands: tables are sorted when read, and the order of the file counts.
fn places(text: &str) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    if let Ok(table) = DeTable::parse(text)
        && let Some(DeValue::Table(section)) = table.get_ref().get("sweep").map(Spanned::get_ref)
    {
        locate("", section, &mut found);
    }
    found
}

fn locate(prefix: &str, table: &DeTable<'_>, found: &mut BTreeMap<String, usize>) {
    for (key, value) in table {
        let (place, key) = (key.span().start, format!("{prefix}{}", key.get_ref()));
        if let DeValue::Table(inner) = value.get_ref() {
            locate(&format!("{key}."), inner, found);
        }
        found.insert(key, place);
    }
}
