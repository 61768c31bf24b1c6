//! Every number of a profile beside its source, for reports.

use toml::{Table, Value};

use crate::{SourceKind, Sources, Spread};

/// One number of a profile, as written, and where it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sourced {
    /// Its dotted key, such as `flash.read-latency-us` or `runtime.0.bandwidth-share`.
    pub key: String,
    /// The number as written; a list or a grid as one text.
    pub value: String,
    /// How far it can be trusted.
    pub kind: SourceKind,
    /// The place, the arithmetic, or the reason for a guess.
    pub from: String,
    /// How sure it is.
    pub spread: Spread,
}

/// Every number of a table's sections (and of its arrays of sections), with its source; `schema` is no such number.
///
/// A section without a `source` of its own leans on the one around it, and a number without any is left out.
#[must_use]
pub fn sourced_numbers(table: &Table) -> Vec<Sourced> {
    let mut numbers = Vec::new();
    section("", "", table, None, &mut numbers);
    numbers.retain(|number| number.key != "schema");
    numbers
}

/// Numbers of one table: `prefix` is its dotted key, `local` its key within the section that holds `sources`.
fn section(prefix: &str, local: &str, table: &Table, sources: Option<&Sources>, numbers: &mut Vec<Sourced>) {
    let own: Option<Sources> = table.get("source").and_then(|source| source.clone().try_into().ok());
    let local = if own.is_some() { "" } else { local };
    let sources = own.as_ref().or(sources);
    for (key, value) in table.iter().filter(|(key, _)| *key != "source") {
        leaf(&joined(prefix, key), &joined(local, key), value, sources, numbers);
    }
}

fn leaf(key: &str, local: &str, value: &Value, sources: Option<&Sources>, numbers: &mut Vec<Sourced>) {
    match value {
        Value::Table(inner) => section(key, local, inner, sources, numbers),
        Value::Array(entries) if entries.iter().any(Value::is_table) => {
            for (index, entry) in entries.iter().enumerate() {
                leaf(&joined(key, &index.to_string()), &joined(local, &index.to_string()), entry, sources, numbers);
            }
        }
        value if is_number(value) => {
            let Some(source) = sources.map(|sources| sources.of(local)) else {
                return;
            };
            let (from, spread) = (source.from.clone(), source.spread());
            numbers.push(Sourced { key: key.to_owned(), value: value.to_string(), kind: source.kind, from, spread });
        }
        _ => {}
    }
}

fn joined(prefix: &str, key: &str) -> String {
    if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") }
}

fn is_number(value: &Value) -> bool {
    match value {
        Value::Integer(_) | Value::Float(_) => true,
        Value::Array(entries) => entries.iter().any(is_number),
        _ => false,
    }
}
