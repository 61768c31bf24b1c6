//! What stands in the table, before it takes a shape: columns with their units, and lines of cells.
//!
//! Each column has one unit, chosen by its median, so that numbers compare down the column.

mod occasional;

use crate::compare::{Comparison, Mark, groups, is_killed, is_open_loop, marked, marks_in, stall_share};
use crate::schema::{Interval, RunResult};
use crate::units::{DATA, ENERGY, NONE, TIME, Unit, common, significant};

/// A column: two lines of title, what it means, and how dear it is when space runs out.
#[derive(Clone, Debug)]
pub struct Column {
    /// First line of the title.
    pub title: &'static str,
    /// Second line: the unit, or empty.
    pub unit: String,
    /// For the legend.
    pub meaning: &'static str,
    /// Columns of a high number go first when the table must become narrower; 0 never goes.
    pub expendable: u8,
    /// Text stands left, numbers right.
    pub is_text: bool,
    pub(super) value: Value,
    /// The number of the result whose interval stands behind the value, where there is one.
    interval: Option<&'static str>,
}

/// A cell: its text and the number behind it, by which a page sorts.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// As printed.
    pub text: String,
    /// The number behind it; text and absent numbers have none.
    pub sort: Option<f64>,
}

/// One result's line.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    /// The result.
    pub result: &'a RunResult,
    /// Title of its group: the device.
    pub group: String,
    /// Strategy label with its marks, for instance `†` of an oracle.
    pub name: String,
    /// Sweep point, empty where there is one only.
    pub point: String,
    /// Fastest of its group of those that are neither killed nor oracles nor open-loop.
    pub is_best: bool,
    /// One cell per column.
    pub cells: Vec<Cell>,
}

/// The whole table.
#[derive(Clone, Debug)]
pub struct Grid<'a> {
    /// Columns after device, strategy and point.
    pub columns: Vec<Column>,
    /// Lines, groups together.
    pub lines: Vec<Line<'a>>,
    /// Whether results hold several sweep points.
    pub has_points: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Value {
    /// A number in base units, absent for killed runs.
    Speed(fn(&RunResult) -> f64, f64),
    /// The same of a group that some platforms do not measure.
    Measured(&'static str, fn(&RunResult) -> f64, f64),
    /// A number that a killed run has too.
    Always(fn(&RunResult) -> f64, f64),
    Text(fn(&RunResult) -> &str),
}

/// Lays the results out.
#[must_use]
pub fn grid(results: &[RunResult]) -> Grid<'_> {
    let comparison = Comparison::of(results);
    let columns = columns(results);
    let mut lines = Vec::new();
    for group in groups(results) {
        let best = group.best().map(std::ptr::from_ref);
        for result in group.results {
            lines.push(Line {
                result,
                group: group.title.clone(),
                name: marked(result),
                point: comparison.point(result),
                is_best: best == Some(std::ptr::from_ref(result)),
                cells: columns.iter().map(|column| column.cell(result)).collect(),
            });
        }
    }
    Grid { columns, lines, has_points: comparison.has_points() }
}

impl Grid<'_> {
    /// The marks that some line carries, for the legend.
    #[must_use]
    pub fn marks(&self) -> Vec<Mark> {
        marks_in(&self.lines.iter().map(|line| line.result).collect::<Vec<_>>())
    }

    /// What stands in brackets, for the legend: empty where nothing does.
    #[must_use]
    pub fn interval_meaning(&self) -> String {
        match self.lines.iter().map(|line| line.result.samples).max() {
            None | Some(0) => String::new(),
            Some(samples) => format!(
                "[low-high]: nine of ten of {samples} samples, in which each input is off as far as its kind of source may be"
            ),
        }
    }

    /// What makes a line the best of its device, for the legend.
    #[must_use]
    pub fn best_meaning(&self) -> &'static str {
        if self.lines.iter().any(|line| is_open_loop(line.result)) {
            "fastest on its device of those that are neither killed nor open-loop"
        } else {
            "fastest on its device of those that are not killed"
        }
    }
}

impl Column {
    fn cell(&self, result: &RunResult) -> Cell {
        let interval = |size: f64| {
            let Interval { low, high } = result.intervals.get(self.interval?)?;
            Some(format!(" [{}-{}]", significant(low / size), significant(high / size)))
        };
        let number = |value: f64, size: f64| Cell {
            text: significant(value) + &interval(size).unwrap_or_default(),
            sort: value.is_finite().then_some(value),
        };
        match self.value {
            Value::Speed(..) | Value::Measured(..) if is_killed(result) => Cell { text: NONE.to_owned(), sort: None },
            Value::Measured(group, ..) if result.lacks(group) => Cell { text: NONE.to_owned(), sort: None },
            Value::Measured(_, of, size) | Value::Speed(of, size) | Value::Always(of, size) => {
                number(of(result) / size, size)
            }
            Value::Text(of) => Cell { text: of(result).to_owned(), sort: None },
        }
    }

    /// Title and unit on one line: `TTFT, ms`.
    #[must_use]
    pub fn heading(&self) -> String {
        if self.unit.is_empty() { self.title.to_owned() } else { format!("{}, {}", self.title, self.unit) }
    }
}

fn columns(results: &[RunResult]) -> Vec<Column> {
    let alive = || results.iter().filter(|r| !is_killed(r));
    let first = common(&TIME, alive().map(|r| r.latency.ttft_ns as f64));
    let gap = common(&TIME, alive().map(|r| r.latency.tpot_ns as f64));
    let flash = common(&DATA, alive().map(|r| r.flash.bytes_per_token as f64));
    let peak = common(&DATA, results.iter().map(|r| r.memory.peak_bytes as f64));
    let energy = common(&ENERGY, alive().map(|r| r.energy.joules_per_token));
    let per_token = |unit: Unit| format!("{}/tok", unit.name);
    let decode = |r: &RunResult| r.throughput.decode_tokens_per_s;
    let memory = if results.iter().any(|r| r.memory.outcome == "ran") {
        "fits, pressure (near the limit) or killed by the system; on a real machine: ran to its end"
    } else {
        "fits, pressure (near the limit) or killed by the system"
    };
    let mut columns = vec![
        Column {
            interval: Some("throughput.decode_tokens_per_s"),
            ..speed("speed", "tok/s", "decoded tokens a second, from the second on", 0, decode)
        },
        Column {
            interval: Some("latency.ttft_ns"),
            ..timed("TTFT", first, "time to first token", 2, |r| r.latency.ttft_ns as f64)
        },
        timed("TPOT", gap, "mean time per later token", 1, |r| r.latency.tpot_ns as f64),
        timed("p50", gap, "median gap between tokens", 9, |r| r.latency.itl_p50_ns as f64),
        timed("p95", gap, "95 % of gaps are shorter", 7, |r| r.latency.itl_p95_ns as f64),
        timed("p99", gap, "99 % of gaps are shorter", 3, |r| r.latency.itl_p99_ns as f64),
        speed("stall", "%", "share of the time that waits for flash", 1, |r| stall_share(r) * 100.0),
        scaled("flash", per_token(flash), flash, "read from flash per decoded token", 4, |r| {
            r.flash.bytes_per_token as f64
        }),
        speed("hits", "%", "lookups of decode found in DRAM", 5, |r| r.cache.decode_hit_rate * 100.0),
        Column {
            value: Value::Always(|r| r.memory.peak_bytes as f64, peak.size),
            ..column("peak", peak.name.to_owned(), "highest memory footprint of the app", 1)
        },
        word("memory", memory, 0, |r| match r.memory.outcome.as_str() {
            "under-pressure" => "pressure",
            other => other,
        }),
        Column {
            value: Value::Measured("energy", |r| r.energy.joules_per_token, energy.size),
            ..column("energy", per_token(energy), "energy per decoded token, whole device", 6)
        },
        Column {
            value: Value::Measured("energy", |r| r.energy.battery_percent_per_1000_tokens, 1.0),
            ..column("batt.", "%/1k".to_owned(), "share of a full battery that 1,000 decoded tokens take", 8)
        },
        word("source", "weakest kind of source among the inputs", 10, |r| &r.provenance.weakest),
    ];
    // Beside the hits that they bought.
    let place = columns.iter().position(|column| column.title == "hits").map_or(columns.len(), |hits| hits + 1);
    columns.splice(place..place, occasional::columns(results));
    columns
}

pub(super) fn column(title: &'static str, unit: String, meaning: &'static str, expendable: u8) -> Column {
    Column { title, unit, meaning, expendable, is_text: false, value: Value::Text(|_| ""), interval: None }
}

fn speed(title: &'static str, unit: &str, meaning: &'static str, expendable: u8, of: fn(&RunResult) -> f64) -> Column {
    Column { value: Value::Speed(of, 1.0), ..column(title, unit.to_owned(), meaning, expendable) }
}

fn timed(title: &'static str, unit: Unit, meaning: &'static str, expendable: u8, of: fn(&RunResult) -> f64) -> Column {
    scaled(title, unit.name.to_owned(), unit, meaning, expendable, of)
}

fn scaled(
    title: &'static str,
    name: String,
    unit: Unit,
    meaning: &'static str,
    expendable: u8,
    of: fn(&RunResult) -> f64,
) -> Column {
    Column { value: Value::Speed(of, unit.size), ..column(title, name, meaning, expendable) }
}

fn word(title: &'static str, meaning: &'static str, expendable: u8, of: fn(&RunResult) -> &str) -> Column {
    Column { is_text: true, value: Value::Text(of), ..column(title, String::new(), meaning, expendable) }
}
