//! Where in a TOML text a dotted key stands.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Line, from 1, of a dotted key such as `flash.queue-depth` or `runtime.0.processor`, or of its nearest ancestor.
#[must_use]
pub fn line(text: &str, key: &str) -> Option<usize> {
    let table = DeTable::parse(text).ok()?;
    let mut offset = None;
    let mut value: Option<&Spanned<DeValue<'_>>> = None;
    for part in key.split('.') {
        let next = match value.map(Spanned::get_ref) {
            None => table.get_ref().get_key_value(part),
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
    let before = text.get(..offset?)?;
    Some(before.bytes().filter(|&byte| byte == b'\n').count() + 1)
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn keys_are_found_where_they_stand() {
        let text = "a = 1\n\n[b]\nc = 2\n[[r]]\nx = 1\n[[r]]\nx = 2\n";
        assert_eq!(line(text, "a"), Some(1));
        assert_eq!(line(text, "b.c"), Some(4));
        assert_eq!(line(text, "r.1.x"), Some(8));
        assert_eq!(line(text, "b.missing"), Some(3), "the nearest ancestor");
        assert_eq!(line(text, "missing"), None);
    }
}
