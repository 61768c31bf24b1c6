//! What a moved number may be: by itself, and beside the others of its profile.

use toml::{Table, Value};

/// Nothing below is told from zero.
const SHARE_MIN: f64 = 1e-6;
const MIB: f64 = 1_048_576.0;

/// Takes a number, or each of a grid, times `factor`, to the nearest that its key may have.
pub(super) fn multiply(value: &mut Value, key: &str, factor: f64) {
    let number = match value {
        Value::Integer(number) => *number as f64 * factor,
        Value::Float(number) => *number * factor,
        Value::Array(entries) => return entries.iter_mut().for_each(|entry| multiply(entry, key, factor)),
        _ => return,
    };
    *value = if key.split('.').any(|part| part.ends_with("share")) {
        Value::Float(number.clamp(SHARE_MIN, 1.0))
    } else if key == "heat.clock-exponent" {
        Value::Float(((number * 2.0).round() / 2.0).clamp(1.0, 3.0))
    } else if key == "flash.reads-per-s" {
        Value::Integer(count(number))
    } else {
        Value::Float(number)
    };
}

/// Takes numbers that can't stand together to the nearest that can: the same laws as in `check.rs`.
pub(super) fn reconcile(table: &mut Table) {
    let get = |table: &Table, section: &str, key: &str| number(table.get(section)?.get(key)?);
    if let (Some(total), Some(limit)) = (get(table, "memory", "total-mb"), get(table, "memory", "app-limit-mb")) {
        let limit = limit.min(total);
        set(table, "memory", "app-limit-mb", limit);
        if let Some(entitled) = get(table, "memory", "app-limit-entitled-mb") {
            set(table, "memory", "app-limit-entitled-mb", entitled.clamp(limit, total));
        }
    }
    if let Some(bandwidth) = get(table, "memory", "bandwidth-mb-per-s") {
        for (section, key, most) in [
            // Whole megabytes, so that no rounding takes twice of it above the bandwidth.
            ("memory", "copy-mb-per-s", (bandwidth / 2.0).floor()),
            ("flash", "ceiling-mb-per-s", bandwidth),
        ] {
            if let Some(rate) = get(table, section, key) {
                set(table, section, key, rate.min(most));
            }
        }
        let grid = table.get_mut("flash").and_then(|flash| flash.get_mut("grid"));
        if let Some(grid) = grid.and_then(Value::as_table_mut) {
            for (key, most) in [("mb-per-s", bandwidth), ("mib-per-s", (bandwidth * 1e6 / MIB).floor())] {
                if let Some(rates) = grid.get_mut(key) {
                    at_most(rates, most);
                }
            }
        }
    }
    if let (Some(idle), Some(sustained)) = (get(table, "power", "idle-mw"), get(table, "heat", "sustained-mw")) {
        set(table, "heat", "sustained-mw", sustained.max(idle.round() + 1.0));
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|number| number as f64))
}

/// Sets a number that is there.
fn set(table: &mut Table, section: &str, key: &str, number: f64) {
    if let Some(value) = table.get_mut(section).and_then(|section| section.get_mut(key)) {
        *value = Value::Float(number);
    }
}

fn at_most(value: &mut Value, most: f64) {
    if let Value::Array(entries) = value {
        for entry in entries {
            at_most(entry, most);
        }
    } else if let Some(number) = number(value) {
        *value = Value::Float(number.min(most));
    }
}

/// A count of at least one.
#[expect(clippy::cast_possible_truncation, reason = "a count that is read is at most 10^9")]
fn count(number: f64) -> i64 {
    number.round().clamp(1.0, 1e9) as i64
}
