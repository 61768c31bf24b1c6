//! Header values on one line: control characters and spaces at the edges written with a backslash.

const PAIRS: [(char, char); 6] = [('\\', '\\'), ('\n', 'n'), ('\r', 'r'), ('\t', 't'), (' ', 's'), ('=', 'e')];

/// Escapes a value; `is_key` also escapes spaces and equals signs within.
pub(super) fn escape(text: &str, is_key: bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    let last = text.chars().count().saturating_sub(1);
    for (index, letter) in text.chars().enumerate() {
        let is_plain = match letter {
            ' ' => !is_key && index > 0 && index < last,
            '=' => !is_key,
            _ => false,
        };
        match PAIRS.iter().find(|(plain, _)| *plain == letter) {
            Some((_, code)) if !is_plain => escaped.extend(['\\', *code]),
            _ => escaped.push(letter),
        }
    }
    escaped
}

/// Undoes [`escape`]; `None` where a backslash precedes something else.
pub(super) fn unescape(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter == '\\' {
            let code = letters.next()?;
            plain.push(PAIRS.iter().find(|(_, known)| *known == code)?.0);
        } else {
            plain.push(letter);
        }
    }
    Some(plain)
}
