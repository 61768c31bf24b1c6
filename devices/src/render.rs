//! A profile and its bases as one TOML text, which reads as the same device.

use std::fmt::Write;

use toml::{Table, Value};

/// Words at the head of a profile, and its sections, in the order in which profiles are written.
const WORDS: [&str; 7] = ["schema", "name", "title", "aliases", "soc", "class", "os"];
const SECTIONS: [&str; 9] = ["memory", "flash", "cpu", "gpu", "npu", "runtime", "power", "battery", "heat"];

/// The text of a whole profile that was read and found right.
pub(crate) fn text(table: &Table) -> String {
    let mut text = String::new();
    for (word, value) in WORDS.iter().filter_map(|word| Some((word, table.get(*word)?))) {
        line(&mut text, word, value);
    }
    for name in SECTIONS {
        match table.get(name) {
            Some(Value::Array(entries)) => {
                for entry in entries {
                    section(&mut text, &format!("[[{name}]]"), name, entry);
                }
            }
            Some(value) => section(&mut text, &format!("[{name}]"), name, value),
            None => {}
        }
    }
    text
}

fn section(text: &mut String, header: &str, name: &str, value: &Value) {
    let Value::Table(table) = value else { unreachable!("a section is a table") };
    write!(text, "\n{header}\n").expect("a string takes all");
    let is_section = |key: &str| key == "source" || key == "grid";
    for (key, value) in table.iter().filter(|(key, _)| !is_section(key)) {
        line(text, key, value);
    }
    for (key, value) in table.iter().filter(|(key, _)| is_section(key)) {
        write!(text, "\n[{name}.{key}]\n").expect("a string takes all");
        for (key, value) in value.as_table().into_iter().flatten() {
            line(text, key, value);
        }
    }
}

/// `key = value`, the key in quotes where it must be.
fn line(text: &mut String, key: &str, value: &Value) {
    let is_bare = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    let key = if is_bare { key.to_owned() } else { Value::from(key).to_string() };
    writeln!(text, "{key} = {value}").expect("a string takes all");
}
