//! Setting single keys of a profile from outside, and marking them as such.

use toml::{Table, Value};

use crate::check::Problem;

/// Set a dotted key, and mark its source in the innermost section that has sources.
pub(crate) fn set(table: &mut Table, key: &str, value: Value) -> Result<(), Problem> {
    let by_number = by_number(table, key)?;
    let parts: Vec<&str> = by_number.as_deref().unwrap_or(key).split('.').collect();
    // A mark that comes back is that of a word at the root, such as `title`: only sections have sources.
    let _unmarked = place(table, &parts, key, value)?;
    Ok(())
}

/// `runtime.llama.cpp@cpu.memory-mb` as `runtime.3.memory-mb`; nothing for a key that names no runtime so.
fn by_number(table: &Table, key: &str) -> Result<Option<String>, Problem> {
    let Some((name, rest)) = key.strip_prefix("runtime.").and_then(|key| key.split_once('@')) else { return Ok(None) };
    let (processor, rest) = rest.split_once('.').unwrap_or((rest, ""));
    let runtimes = table.get("runtime").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let word = |runtime: &Value, key: &str| runtime.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let names: Vec<String> =
        runtimes.iter().map(|runtime| format!("{}@{}", word(runtime, "name"), word(runtime, "processor"))).collect();
    let wanted = format!("{name}@{processor}");
    let place = names.iter().position(|name| *name == wanted);
    let place =
        place.ok_or_else(|| Problem::new(key, format!("no runtime `{wanted}`: it has {}", names.join(", "))))?;
    Ok(Some(format!("runtime.{place}.{rest}")))
}

/// Set the key below this table; what comes back is the local key that a section further out still has to mark.
fn place(table: &mut Table, parts: &[&str], key: &str, value: Value) -> Result<Option<String>, Problem> {
    let (first, rest) = parts.split_first().ok_or_else(|| Problem::new(key, "an empty key"))?;
    let mark = match rest {
        [] => {
            table.insert((*first).to_owned(), value);
            Some((*first).to_owned())
        }
        [index, below @ ..] if table.get(*first).is_some_and(Value::is_array) => {
            let entries = table.get_mut(*first).and_then(Value::as_array_mut).ok_or_else(|| missing(key, first))?;
            let count = entries.len();
            let entry = index.parse().ok().and_then(|index: usize| entries.get_mut(index));
            let entry = entry.and_then(Value::as_table_mut).ok_or_else(|| {
                Problem::new(key, format!("`{index}` is no entry of `{first}`: give a number below {count}"))
            })?;
            place(entry, below, key, value)?.map(|mark| format!("{first}.{index}.{mark}"))
        }
        below => {
            let inner = table.get_mut(*first).and_then(Value::as_table_mut).ok_or_else(|| missing(key, first))?;
            place(inner, below, key, value)?.map(|mark| format!("{first}.{mark}"))
        }
    };
    let Some(mark) = mark else { return Ok(None) };
    let Some(source) = table.get_mut("source").and_then(Value::as_table_mut) else {
        return Ok(Some(mark));
    };
    let user = [("kind", "assumed"), ("from", "set by the user")];
    let user = user.map(|(key, text)| (key.to_owned(), Value::String(text.to_owned())));
    // Entries of what is replaced have no source any more.
    let entries = format!("{mark}.");
    source.retain(|key, _| !key.starts_with(&entries));
    source.insert(mark, Value::Table(user.into_iter().collect()));
    Ok(None)
}

fn missing(key: &str, section: &str) -> Problem {
    Problem::new(key, format!("the profile has no section `{section}`: name a key that it has"))
}
