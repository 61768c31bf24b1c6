//! A range of values: `{ from = 1, to = 32, factor = 2 }` or `{ from = 64, to = 128, step = 16 }`.

use toml::{Table, Value};

/// Most values of one range.
const VALUES_MAX: usize = 1_000_000;

/// Whether a table of `[sweep]` is a range and not a section of keys.
pub(super) fn is_range(table: &Table) -> bool {
    table.contains_key("from") || table.contains_key("to")
}

/// The values of a range: integers where all its numbers are, `to` included where it is met.
pub(super) fn values(table: &Table) -> Result<Vec<Value>, String> {
    const SHAPE: &str = "a range is { from = 1, to = 32, factor = 2 } or { from = 64, to = 128, step = 16 }";
    if let Some(unknown) = table.keys().find(|key| !["from", "to", "step", "factor"].contains(&key.as_str())) {
        return Err(format!("a range has no `{unknown}`: {SHAPE}"));
    }
    let [from, to, step, factor] = ["from", "to", "step", "factor"].map(|key| table.get(key));
    let (stride, multiplies) = match (step, factor) {
        (Some(step), None) => (step, false),
        (None, Some(factor)) => (factor, true),
        _ => return Err(format!("either a step or a factor: {SHAPE}")),
    };
    let (Some(from), Some(to)) = (from, to) else { return Err(format!("from where to where? {SHAPE}")) };
    if let (Value::Integer(from), Value::Integer(to), Value::Integer(stride)) = (from, to, stride) {
        let values = integers(*from, *to, *stride, multiplies)?;
        return Ok(values.into_iter().map(Value::Integer).collect());
    }
    let [Some(from), Some(to), Some(stride)] = [from, to, stride].map(number) else {
        return Err(format!("a range is of numbers: {SHAPE}"));
    };
    let values = reals(from, to, stride, multiplies)?;
    Ok(values.into_iter().map(Value::Float).collect())
}

fn number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|integer| integer as f64)).filter(|number| number.is_finite())
}

/// That the range goes up and ends.
fn check<N: PartialOrd>(from: &N, to: &N, stride: &N, [zero, one]: [&N; 2], multiplies: bool) -> Result<(), String> {
    if from > to {
        return Err("`from` is above `to`: a range goes up".to_owned());
    }
    if multiplies && (stride <= one || from <= zero) {
        return Err("a factor above 1, from a number above 0".to_owned());
    }
    if !multiplies && stride <= zero {
        return Err("a step above 0".to_owned());
    }
    Ok(())
}

fn integers(from: i64, to: i64, stride: i64, multiplies: bool) -> Result<Vec<i64>, String> {
    check(&from, &to, &stride, [&0, &1], multiplies)?;
    let next = |value: &i64| if multiplies { value.checked_mul(stride) } else { value.checked_add(stride) };
    bounded(std::iter::successors(Some(from), next).take_while(|value| *value <= to))
}

/// Each value from `from` itself, so that errors of rounding do not add up; `to` is met if it is missed by rounding alone.
fn reals(from: f64, to: f64, stride: f64, multiplies: bool) -> Result<Vec<f64>, String> {
    check(&from, &to, &stride, [&0.0, &1.0], multiplies)?;
    let value = |number: u32| {
        if multiplies { from * stride.powf(f64::from(number)) } else { from + stride * f64::from(number) }
    };
    let reached = to + to.abs().max(stride) * 1e-12;
    bounded((0..).map(value).take_while(|value| *value <= reached).map(|value| value.min(to)))
}

fn bounded<N>(values: impl Iterator<Item = N>) -> Result<Vec<N>, String> {
    let values: Vec<N> = values.take(VALUES_MAX + 1).collect();
    if values.len() > VALUES_MAX { Err(format!("more than {VALUES_MAX} values: a longer step")) } else { Ok(values) }
}
