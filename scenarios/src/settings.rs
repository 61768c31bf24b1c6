//! Single keys set from outside: `memory.limit-mb=64`, `device.flash.read-latency-us=50`, `strategy.reads.lanes=16`.

use toml::{Table, Value};

use crate::ScenarioError;

/// Keys and values by what they are set on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// Keys of the scenario.
    pub scenario: Vec<(String, Value)>,
    /// Keys of every device, without the leading `device.`.
    pub device: Vec<(String, Value)>,
    /// Keys of every strategy that has the key, without the leading `strategy.`; one that no strategy has is an error.
    pub strategy: Vec<(String, Value)>,
    /// Values of swept keys, without the leading `sweep.`.
    pub sweep: Vec<(String, Value)>,
    /// Whether these are the settings of one point of a sweep, whose own `[sweep]` then says nothing more.
    pub at_point: bool,
    /// Keys of strategies, in full, that may pass all strategies by: at another point of the sweep one may have them.
    pub may_pass: Vec<String>,
}

impl Settings {
    /// Reads `key=value` texts. A value is TOML; what is no TOML value is taken as a text.
    pub fn parse<S: AsRef<str>>(texts: &[S]) -> Result<Self, ScenarioError> {
        let mut settings = Self::default();
        for text in texts {
            let text = text.as_ref();
            let wrong =
                |problem: &str| ScenarioError::Setting { setting: text.to_owned(), problem: problem.to_owned() };
            let (key, value) =
                text.split_once('=').ok_or_else(|| wrong("no `=`: write key=value, as in memory.limit-mb=64"))?;
            let (key, value) = (key.trim(), value.trim());
            if key.is_empty() || key.split('.').any(str::is_empty) {
                return Err(wrong("an empty key: write key=value, as in memory.limit-mb=64"));
            }
            let value = value.parse::<Value>().unwrap_or_else(|_| Value::String(value.to_owned()));
            match key.split_once('.') {
                Some(("sweep", key)) => settings.sweep.push((key.to_owned(), value)),
                _ => settings.push(key, value),
            }
        }
        Ok(settings)
    }

    /// Sets a full key to a value, after all others.
    pub(crate) fn push(&mut self, key: &str, value: Value) {
        match key.split_once('.') {
            Some(("device", key)) => self.device.push((key.to_owned(), value)),
            Some(("strategy", key)) => self.strategy.push((key.to_owned(), value)),
            _ => self.scenario.push((key.to_owned(), value)),
        }
    }

    /// Every key that is set, in full, with its value.
    pub(crate) fn all(&self) -> impl Iterator<Item = (String, &Value)> {
        let sections = [("", &self.scenario), ("device.", &self.device), ("strategy.", &self.strategy)];
        sections
            .into_iter()
            .flat_map(|(prefix, pairs)| pairs.iter().map(move |(key, value)| (format!("{prefix}{key}"), value)))
    }
}

/// Sets a dotted key and creates the sections on the way. Whether it could be set: a value on the way is no section.
pub(crate) fn set(table: &mut Table, key: &str, value: Value) -> bool {
    let Some((section, rest)) = key.split_once('.') else {
        table.insert(key.to_owned(), value);
        return true;
    };
    match table.entry(section).or_insert_with(|| Value::Table(Table::new())) {
        Value::Table(inner) => set(inner, rest, value),
        _ => false,
    }
}

/// Sets a dotted key that is there already. Whether it was.
pub(crate) fn replace(table: &mut Table, key: &str, value: Value) -> bool {
    let (section, rest) = key.split_once('.').unzip();
    match (table.get_mut(section.unwrap_or(key)), rest) {
        (Some(Value::Table(inner)), Some(rest)) => replace(inner, rest, value),
        (Some(found), None) => {
            *found = value;
            true
        }
        _ => false,
    }
}
