//! Where in a TOML text a dotted key stands.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Line, from 1, of a dotted key such as `flash.queue-depth` or `runtime.0.processor`, or of its nearest ancestor.
#[must_use]
pub fn line(text: &str, key: &str) -> Option<usize> {
    let table = DeTable::parse(text).ok()?;
    let before = text.get(..position(table.get_ref(), key)?)?;
    Some(before.bytes().filter(|&byte| byte == b'\n').count() + 1)
}

/// Position of a dotted key, or of its nearest ancestor.
pub(crate) fn position(table: &DeTable<'_>, key: &str) -> Option<usize> {
    let mut offset = None;
    let mut value: Option<&Spanned<DeValue<'_>>> = None;
    for part in key.split('.') {
        let next = match value.map(Spanned::get_ref) {
            None => table.get_key_value(part),
            Some(DeValue::Table(inner)) => inner.get_key_value(part),
            Some(DeValue::Array(entries)) => {
                let Some(entry) = part.parse::<usize>().ok().and_then(|index| entries.get(index)) else {
                    break;
                };
                offset = Some(entry.span().start);
                value = Some(entry);
                continue;
            }
            Some(_) => break,
        };
        let Some((found, inner)) = next else { break };
        offset = Some(found.span().start);
        value = Some(inner);
    }
    offset
}

/// The dotted key whose name or value stands at a position, the innermost of several.
pub(crate) fn key_at(table: &DeTable<'_>, position: usize) -> Option<String> {
    table.iter().find_map(|(key, value)| {
        let name = key.get_ref();
        match key_within(value, position) {
            Some(below) => Some(joined(name, &below)),
            None => key.span().contains(&position).then(|| name.clone().into_owned()),
        }
    })
}

fn key_within(value: &Spanned<DeValue<'_>>, position: usize) -> Option<String> {
    let below = match value.get_ref() {
        DeValue::Table(table) => key_at(table, position),
        DeValue::Array(entries) => entries
            .iter()
            .enumerate()
            .find_map(|(index, entry)| key_within(entry, position).map(|below| joined(&index.to_string(), &below))),
        _ => None,
    };
    below.or_else(|| value.span().contains(&position).then(String::new))
}

fn joined(key: &str, below: &str) -> String {
    if below.is_empty() { key.to_owned() } else { format!("{key}.{below}") }
}

#[cfg(test)]
mod tests {
    use toml::de::DeTable;

    use super::{key_at, line};

    #[test]
    fn keys_are_found_where_they_stand() {
        let text = "a = 1\n\n[b]\nc = 2\n[[r]]\nx = 1\n[[r]]\nx = 2\n";
        assert_eq!(line(text, "a"), Some(1));
        assert_eq!(line(text, "b.c"), Some(4));
        assert_eq!(line(text, "r.1.x"), Some(8));
        assert_eq!(line(text, "b.missing"), Some(3), "the nearest ancestor");
        assert_eq!(line(text, "missing"), None);
    }

    #[test]
    fn positions_have_a_key() {
        let text = "a = 1\n[b]\nc = [2, 3]\n[[r]]\nx = 1\n[[r]]\nx = 7\n";
        let table = DeTable::parse(text).expect("TOML");
        let at = |letter| key_at(table.get_ref(), text.find(letter).expect("a letter"));
        assert_eq!(at('a').as_deref(), Some("a"));
        assert_eq!(at('1').as_deref(), Some("a"));
        assert_eq!(at('3').as_deref(), Some("b.c.1"));
        assert_eq!(at('7').as_deref(), Some("r.1.x"));
        assert_eq!(key_at(table.get_ref(), 1000), None);
    }
}
