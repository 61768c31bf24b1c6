//! Building the keys of a model.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::Problem;
use crate::model::{Format, Role};

/// A section of keys.
pub(super) fn section<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Table(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// A count, if it is one that a model can have.
pub(super) fn count(what: &str, number: u64) -> Result<Value, Problem> {
    match i64::try_from(number) {
        Ok(number) if (1..=1_000_000_000).contains(&number) => Ok(Value::Integer(number)),
        _ => Err(format!("{what} of {number}: no model has that")),
    }
}

/// A word or a truth.
pub(super) fn word(word: &str) -> Value {
    Value::String(word.to_owned())
}

/// The formats that a file's tensors have, by role and layer.
#[derive(Default)]
pub(super) struct Formats {
    layers: BTreeMap<Role, BTreeMap<u32, Format>>,
    tables: BTreeMap<Role, Format>,
    /// Tensors of one role and layer whose formats differ, which a table can't say.
    pub(super) mixed: u32,
}

impl Formats {
    /// Notes a tensor's format.
    pub(super) fn add(&mut self, role: Role, layer: Option<u32>, format: Format) {
        let before = match layer {
            Some(layer) => self.layers.entry(role).or_default().insert(layer, format),
            None => self.tables.insert(role, format),
        };
        self.mixed += u32::from(before.is_some_and(|before| before != format));
    }

    /// The `[quantization.…]` section that says so.
    pub(super) fn table(&self, norm: Format) -> Table {
        let mut table = Table::new();
        let mut tensors = Table::new();
        for (&role, layers) in &self.layers {
            tensors.insert(role_word(role), by_layer(layers));
        }
        for (&role, &format) in &self.tables {
            let key = match role {
                Role::Embedding => "embedding",
                Role::PerLayerEmbedding => "per-layer-embedding",
                Role::Head => "head",
                _ => continue,
            };
            table.insert(key.to_owned(), name(format));
        }
        let most = |role: Role| self.layers.get(&role).and_then(most_common);
        let attention = most(Role::Query).or_else(|| most(Role::QueryKeyValue)).or_else(|| most(Role::AttentionOutput));
        table.insert("attention".to_owned(), name(attention.unwrap_or(norm)));
        table.insert("feed-forward".to_owned(), name(most(Role::Up).unwrap_or(norm)));
        table.insert("norm".to_owned(), name(norm));
        table.insert("kv".to_owned(), name(Format::F16));
        table.insert("tensors".to_owned(), Value::Table(tensors));
        table
    }
}

fn most_common(layers: &BTreeMap<u32, Format>) -> Option<Format> {
    let mut counts: BTreeMap<Format, usize> = BTreeMap::new();
    for &format in layers.values() {
        *counts.entry(format).or_default() += 1;
    }
    counts.into_iter().max_by_key(|&(_, count)| count).map(|(format, _)| format)
}

/// One format, or the commonest and the layers of the others.
fn by_layer(layers: &BTreeMap<u32, Format>) -> Value {
    let default = most_common(layers).unwrap_or(Format::F32);
    let mut others: BTreeMap<Format, Vec<Value>> = BTreeMap::new();
    for (&layer, &format) in layers.iter().filter(|&(_, &format)| format != default) {
        others.entry(format).or_default().push(Value::Integer(layer.into()));
    }
    if others.is_empty() {
        return name(default);
    }
    let mut table: Table =
        others.into_iter().map(|(format, layers)| (format!("{format:?}"), Value::Array(layers))).collect();
    table.insert("default".to_owned(), name(default));
    Value::Table(table)
}

/// A format's name is what it is called in the program.
fn name(format: Format) -> Value {
    Value::String(format!("{format:?}"))
}

/// A role in kebab case, as files have it.
fn role_word(role: Role) -> String {
    let mut word = String::new();
    for letter in format!("{role:?}").chars() {
        if letter.is_ascii_uppercase() && !word.is_empty() {
            word.push('-');
        }
        word.push(letter.to_ascii_lowercase());
    }
    word
}
