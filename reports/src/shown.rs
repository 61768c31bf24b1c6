//! Metrics and their changes as people read them: a unit, and three digits, or as many as tell two values apart.

use crate::entry::Value;
use crate::units::{DATA, ENERGY, NONE, TIME, digits, significant, with_unit_digits};

/// Digits of a number that stands by itself.
const DIGITS: usize = 3;

/// Most digits of a number: a float has no more.
const DIGITS_MAX: usize = 15;

/// A value with its unit: `41.2 tok/s`, `812 ms`, `62.0 %`; several runs are their median.
#[must_use]
pub fn value(metric: &str, value: &Value) -> String {
    with_digits(metric, value, DIGITS)
}

/// Two values of a metric, with digits enough to see what changed: `41.2 tok/s → 39.8 tok/s`.
#[must_use]
pub fn step(metric: &str, before: &Value, after: &Value) -> String {
    let count = before.number().zip(after.number()).map_or(DIGITS, |(before, after)| enough(before, after));
    format!("{} → {}", with_digits(metric, before, count), with_digits(metric, after, count))
}

/// Digits that show a change with two digits of its own: a change of 0.034 % of 23.84 is seen in its fifth.
fn enough(before: f64, after: f64) -> usize {
    let share = ((after - before) / before).abs();
    if !share.is_finite() || share == 0.0 {
        return DIGITS;
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count, never negative")]
    let count = (1.0 - share.log10()).ceil().max(0.0) as usize;
    count.clamp(DIGITS, DIGITS_MAX)
}

fn with_digits(metric: &str, value: &Value, count: usize) -> String {
    match value {
        Value::Text(text) if text.is_empty() => NONE.to_owned(),
        Value::Text(text) => text.clone(),
        Value::Truth(truth) => truth.to_string(),
        Value::NotMeasurable => "not measurable".to_owned(),
        number => quantity(metric, number.number().unwrap_or(f64::NAN), count),
    }
}

/// A change with its sign and unit: `+26.0 ms`, `-3,204`.
#[must_use]
pub fn delta(metric: &str, difference: f64) -> String {
    let sign = if difference < 0.0 { "-" } else { "+" };
    format!("{sign}{}", quantity(metric, difference.abs(), DIGITS))
}

/// A relative change, `+3.41 %`; nothing where there was nothing before.
#[must_use]
pub fn relative(before: f64, after: f64) -> Option<String> {
    let share = (after - before) / before.abs();
    if !share.is_finite() {
        return None;
    }
    Some(format!("{}{} %", if share < 0.0 { "-" } else { "+" }, significant(share.abs() * 100.0)))
}

/// What a metric is called in a sentence: `decode tok/s`, `flash bytes per token`.
#[must_use]
pub fn name(metric: &str) -> String {
    let known = match metric {
        "throughput.decode_tokens_per_s" => "decode",
        "throughput.prefill_tokens_per_s" => "prefill",
        "latency.ttft_ns" => "TTFT",
        "latency.tpot_ns" => "TPOT",
        "latency.itl_p50_ns" => "ITL p50",
        "latency.itl_p95_ns" => "ITL p95",
        "latency.itl_p99_ns" => "ITL p99",
        "latency.e2e_ns" => "whole request",
        "latency.load_ns" => "load",
        "memory.peak_bytes" => "peak memory",
        "memory.outcome" => "outcome",
        "energy.joules_per_token" => "energy a token",
        "quality.lost_mass_share" => "lost mass",
        "flash.bytes" => "flash bytes",
        "flash.reads" => "flash reads",
        "flash.bytes_per_token" => "flash bytes a token",
        "flash.hidden_ns" => "flash time hidden",
        _ => "",
    };
    if !known.is_empty() {
        return known.to_owned();
    }
    let last = metric.rsplit('.').next().unwrap_or(metric);
    let units = ["_ns", "_bytes", "_pj", "_mw"];
    units.iter().find_map(|unit| last.strip_suffix(unit)).unwrap_or(last).replace('_', " ")
}

fn quantity(metric: &str, number: f64, count: usize) -> String {
    let is = |suffix: &str| metric.ends_with(suffix);
    if is("_ns") {
        with_unit_digits(&TIME, number, count)
    } else if is("_bytes") || is("bytes_per_token") || metric == "flash.bytes" {
        with_unit_digits(&DATA, number, count)
    } else if is("_pj") {
        with_unit_digits(&ENERGY, number / 1e12, count)
    } else if is("joules_per_token") {
        with_unit_digits(&ENERGY, number, count)
    } else if is("tokens_per_s") {
        format!("{} tok/s", digits(number, count))
    } else if is("_mw") {
        format!("{} mW", digits(number, count))
    } else if is("_rate") || is("_share") {
        format!("{} %", digits(number * 100.0, count))
    } else if number.fract() == 0.0 && number < 1e15 {
        grouped(&format!("{number:.0}"))
    } else {
        digits(number, count)
    }
}

/// Digits in groups of three: `12,304`.
fn grouped(digits: &str) -> String {
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_change_is_shown_with_more_digits() {
        let step = |before, after| step("latency.e2e_ns", &Value::Integer(before), &Value::Integer(after));
        assert_eq!(step(820_000_000, 845_000_000), "820 ms → 845 ms");
        assert_eq!(step(820_462_788, 820_512_788), "820.463 ms → 820.513 ms");
        assert_eq!(step(820_462_788, 820_462_789), "820.4627880 ms → 820.4627890 ms");
        let real =
            |before, after| super::step("throughput.decode_tokens_per_s", &Value::Real(before), &Value::Real(after));
        assert_eq!(real(107.497, 107.491), "107.497 tok/s → 107.491 tok/s");
        assert_eq!(real(0.0, 5.0), "0 tok/s → 5.00 tok/s");
    }

    #[test]
    fn units_follow_the_name() {
        let shown = |metric, number| value(metric, &Value::Real(number));
        assert_eq!(shown("cache.hit_rate", 0.623), "62.3 %");
        assert_eq!(shown("energy.joules_per_token", 0.0545), "54.5 mJ");
        assert_eq!(value("cache.hits", &Value::Integer(1_204_000)), "1,204,000");
        assert_eq!(delta("energy.total_pj", -2e12), "-2.00 J");
        assert_eq!(relative(0.0, 1.0), None);
        assert_eq!(relative(200.0, 190.0).as_deref(), Some("-5.00 %"));
        assert_eq!(name("cache.re_reads"), "re reads");
    }
}
