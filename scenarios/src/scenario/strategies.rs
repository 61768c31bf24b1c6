//! Which strategies a scenario compares: those that it names, its variations of them, or others in their place.

use tightfit_devices::near;
use toml::{Table, Value};

use super::CATALOG;
use crate::{ScenarioError, Settings, Strategy, strategy};

/// What the file says: names, and `[[strategy]]` entries.
pub(super) struct Written {
    pub(super) names: Vec<String>,
    pub(super) entries: Vec<Table>,
}

impl Written {
    /// The path of the scenario's own whose file calls itself `name`; else the name as it is.
    fn path_of<'n>(&'n self, name: &'n str) -> &'n str {
        let is_meant = |path: &&String| Strategy::load(path, &[]).is_ok_and(|strategy| strategy.name == name);
        self.names.iter().find(is_meant).map_or(name, String::as_str)
    }

    /// The error about an unknown name, with the scenario's variations among what may have been meant.
    fn also_near(&self, error: ScenarioError) -> ScenarioError {
        match error {
            ScenarioError::Unknown { kind, name, .. } => {
                let own: Vec<&str> = self.entries.iter().filter_map(name_of).collect();
                let of_catalog: Vec<&str> = strategy::CATALOG.names().collect();
                let near = near::suggestion(&name, &[own, of_catalog].concat());
                ScenarioError::Unknown { kind, name, near }
            }
            other => other,
        }
    }
}

/// What a `[[strategy]]` entry is called.
fn name_of(entry: &Table) -> Option<&str> {
    entry.get("name").or(entry.get("from")).and_then(Value::as_str)
}

/// The strategies of a scenario, or those that `only` names: its own first, then the catalog's or a path's. Settings are
/// applied to what is chosen alone, so that one strategy's setting is no other's error.
pub(super) fn chosen(
    origin: &str,
    written: &Written,
    only: &[String],
    settings: &Settings,
) -> Result<Vec<Strategy>, ScenarioError> {
    let mut strategies = Vec::new();
    if only.is_empty() {
        for name in &written.names {
            strategies.push(Strategy::load(name, &settings.strategy)?);
        }
        for entry in &written.entries {
            strategies.push(variation(origin, entry, settings)?);
        }
    }
    for name in only {
        let own = written.entries.iter().find(|entry| name_of(entry) == Some(name));
        strategies.push(match own {
            Some(entry) => variation(origin, entry, settings)?,
            None => {
                Strategy::load(written.path_of(name), &settings.strategy).map_err(|error| written.also_near(error))?
            }
        });
    }
    if strategies.is_empty() {
        let problem = "nothing to compare: name at least one (`tightfit list strategies`)";
        return Err(CATALOG.impossible(origin, "strategies", problem));
    }
    names_unique(origin, &strategies)?;
    settings_taken(&strategies, settings)?;
    Ok(strategies)
}

/// A `[[strategy]]` entry: `from` names a built-in strategy or a path, the other keys are laid over it.
fn variation(origin: &str, entry: &Table, settings: &Settings) -> Result<Strategy, ScenarioError> {
    let mut changes = entry.clone();
    let Some(Value::String(from)) = changes.remove("from") else {
        let problem = "name the strategy that this entry varies, as in from = \"window\"";
        return Err(CATALOG.impossible(origin, "strategy.from", problem));
    };
    let base = strategy::CATALOG.find(&from)?;
    let origin = format!("{} in {origin}", base.origin);
    Strategy::parse(&origin, &base.text, &changes, &settings.strategy)
}

/// That no two strategies have one name.
fn names_unique(origin: &str, strategies: &[Strategy]) -> Result<(), ScenarioError> {
    for (index, strategy) in strategies.iter().enumerate() {
        if strategies[..index].iter().any(|earlier| earlier.name == strategy.name) {
            let problem = format!("two are called `{}`: leave one out, or give it another name", strategy.name);
            return Err(CATALOG.impossible(origin, "strategy.name", &problem));
        }
    }
    Ok(())
}

/// That each setting of strategies was taken by one of them at least. At a point of a sweep a swept key may pass all by.
fn settings_taken(strategies: &[Strategy], settings: &Settings) -> Result<(), ScenarioError> {
    for (key, value) in &settings.strategy {
        let may_pass = settings.may_pass.iter().any(|swept| swept.strip_prefix("strategy.") == Some(key));
        if may_pass || strategies.iter().any(|strategy| strategy.has(key)) {
            continue;
        }
        let mut known: Vec<&str> =
            strategies.iter().flat_map(|strategy| strategy.settings.keys()).map(String::as_str).collect();
        known.sort_unstable();
        known.dedup();
        let near = near::nearest(key, &known);
        let way_out = match near.first() {
            Some(near) => format!("did you mean strategy.{near}?"),
            None => format!("they have {}", known.join(", ")),
        };
        let setting = format!("strategy.{key}={value}");
        let problem = format!("no strategy of the scenario has this key: {way_out}");
        return Err(ScenarioError::Setting { setting, problem });
    }
    Ok(())
}
