//! Numbers as people read them: three significant digits, a unit that fits, `–` for what does not exist.

/// Stands where a number has no meaning, for instance the speed of a killed run.
pub const NONE: &str = "–";

/// A unit of display: its name, and how many base units (nanoseconds, bytes, joules) one of it holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unit {
    /// As printed, for instance `ms`.
    pub name: &'static str,
    /// Base units in one.
    pub size: f64,
}

/// Units of time over nanoseconds, smallest first.
pub const TIME: [Unit; 4] = [unit("ns", 1.0), unit("µs", 1e3), unit("ms", 1e6), unit("s", 1e9)];

/// Units of data over bytes (decimal, as flash is sold), smallest first.
pub const DATA: [Unit; 4] = [unit("B", 1.0), unit("kB", 1e3), unit("MB", 1e6), unit("GB", 1e9)];

/// Units of energy over joules, smallest first.
pub const ENERGY: [Unit; 3] = [unit("µJ", 1e-6), unit("mJ", 1e-3), unit("J", 1.0)];

const fn unit(name: &'static str, size: f64) -> Unit {
    Unit { name, size }
}

impl Unit {
    /// The value, given in base units, as three digits of this unit, without its name.
    #[must_use]
    pub fn number(self, value: f64) -> String {
        significant(value / self.size)
    }
}

/// The largest unit of the ladder in which the value is at least 1.
#[must_use]
pub fn fitting(ladder: &[Unit], value: f64) -> Unit {
    *ladder.iter().rev().find(|unit| value >= unit.size).unwrap_or(&ladder[0])
}

/// One unit for a whole column: the one that fits its median. An empty column takes the third, `ms` or `MB`.
#[must_use]
pub fn common(ladder: &[Unit], values: impl IntoIterator<Item = f64>) -> Unit {
    let mut values: Vec<f64> = values.into_iter().filter(|value| *value > 0.0).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).map_or(ladder[2], |median| fitting(ladder, *median))
}

/// Nanoseconds with the unit that fits: `812 ms`.
#[must_use]
pub fn duration(value_ns: f64) -> String {
    with_unit(&TIME, value_ns)
}

/// Bytes with the unit that fits: `61.2 MB`.
#[must_use]
pub fn data(value_bytes: f64) -> String {
    with_unit(&DATA, value_bytes)
}

/// Joules with the unit that fits: `84.1 mJ`.
#[must_use]
pub fn energy(value_joules: f64) -> String {
    with_unit(&ENERGY, value_joules)
}

/// A share as a percentage without decimals: 0.623 is `62 %`.
#[must_use]
pub fn percent(share: f64) -> String {
    if share.is_finite() { format!("{:.0} %", share * 100.0) } else { NONE.to_owned() }
}

/// Three significant digits, plain notation where it stays short: `0.0123`, `4.10`, `41.2`, `1230`.
#[must_use]
pub fn significant(value: f64) -> String {
    digits(value, 3)
}

/// The same with another number of digits, 1 at least.
#[must_use]
pub fn digits(value: f64, count: usize) -> String {
    if !value.is_finite() {
        return NONE.to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{value:.*e}", count - 1);
    let exponent: i32 = scientific.split('e').nth(1).and_then(|text| text.parse().ok()).unwrap_or_default();
    if !(-4..=8).contains(&exponent) {
        return scientific;
    }
    let rounded: f64 = scientific.parse().unwrap_or(value);
    let decimals = (count - 1).saturating_add_signed(-(exponent as isize));
    format!("{rounded:.decimals$}")
}

/// A parameter as read aloud: `memory.limit-mb` = `64` is `limit 64 MB`.
#[must_use]
pub fn parameter(key: &str, value: &str) -> String {
    let last = key.rsplit('.').next().unwrap_or(key);
    let (name, unit) = match last.rsplit_once('-') {
        Some((name, suffix)) => spelled(suffix).map_or((last, ""), |unit| (name, unit)),
        None => (last, ""),
    };
    let name = name.replace('-', " ");
    if unit.is_empty() { format!("{name} {value}") } else { format!("{name} {value} {unit}") }
}

/// A unit at the end of a key, as printed.
fn spelled(suffix: &str) -> Option<&'static str> {
    Some(match suffix {
        "ns" => "ns",
        "us" => "µs",
        "ms" => "ms",
        "s" => "s",
        "bytes" => "B",
        "kb" => "kB",
        "mb" => "MB",
        "gb" => "GB",
        "kib" => "KiB",
        "mib" => "MiB",
        "gib" => "GiB",
        "mw" => "mW",
        "percent" => "%",
        "tokens" => "tokens",
        _ => return None,
    })
}

fn with_unit(ladder: &[Unit], value: f64) -> String {
    with_unit_digits(ladder, value, 3)
}

/// So many digits with the unit of the ladder that fits.
pub(crate) fn with_unit_digits(ladder: &[Unit], value: f64, count: usize) -> String {
    if !value.is_finite() {
        return NONE.to_owned();
    }
    // 999.7 kB rounds to 1000 kB: look for the unit after rounding.
    let rounded: f64 = format!("{value:.*e}", count - 1).parse().unwrap_or(value);
    let unit = fitting(ladder, rounded);
    format!("{} {}", digits(value / unit.size, count), unit.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_survive_every_magnitude() {
        let shown = [0.0, 0.012_345, 0.5, 4.1, 9.996, 41.24, 999.6, 1234.0, 98_765.0].map(significant);
        assert_eq!(shown, ["0", "0.0123", "0.500", "4.10", "10.0", "41.2", "1000", "1230", "98800"]);
        assert_eq!(significant(f64::NAN), NONE);
        assert_eq!(significant(1.5e-7), "1.50e-7");
    }

    #[test]
    fn units_fit_after_rounding() {
        assert_eq!(duration(812e6), "812 ms");
        assert_eq!(data(999_700.0), "1.00 MB");
        assert_eq!(data(0.0), "0 B");
        assert_eq!(energy(0.0841), "84.1 mJ");
    }

    #[test]
    fn parameters_read_aloud() {
        assert_eq!(parameter("memory.limit-mb", "64"), "limit 64 MB");
        assert_eq!(parameter("strategy.window-tokens", "5"), "window 5 tokens");
        assert_eq!(parameter("flash.lanes", "4"), "lanes 4");
        assert_eq!(parameter("model.top-k", "4"), "top k 4");
    }
}
