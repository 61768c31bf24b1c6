//! The best points of a sweep, device by device, for a terminal.

use std::collections::BTreeMap;

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};

use super::Row;
use crate::compare::{is_killed, is_oracle};
use crate::schema::RunResult;
use crate::units::{data, duration, energy, percent, significant};

/// Most rows that are shown of one device.
pub const BEST_MAX: usize = 10;

/// Headings of the numbers.
const NUMBERS: [&str; 6] = ["tok/s", "TPOT", "hits", "flash/tok", "peak", "energy/tok"];

/// The fastest rows of each device that the system would not kill, oracles left out, with what each swept key was.
#[must_use]
pub fn best(keys: &[String], rows: &[Row]) -> String {
    let mut devices: Vec<&str> = Vec::new();
    let mut alive: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        if !alive.contains_key(row.result.device.as_str()) {
            devices.push(&row.result.device);
        }
        let of_device = alive.entry(&row.result.device).or_default();
        if !is_killed(&row.result) && !is_oracle(&row.result) {
            of_device.push(row);
        }
    }
    let parts = devices.into_iter().map(|device| {
        let mut of_device = alive.remove(device).unwrap_or_default();
        let speed = |row: &Row| row.result.throughput.decode_tokens_per_s;
        // Stable: of equals the first point stands first.
        of_device.sort_by(|a, b| speed(b).total_cmp(&speed(a)));
        let count = of_device.len();
        of_device.truncate(BEST_MAX);
        if of_device.is_empty() {
            return format!("{device}: nothing that could be chosen fits\n");
        }
        let heading = format!("{device}: the fastest {} of {count} that are not killed", of_device.len());
        format!("{heading}\n{}\n", table(keys, &of_device))
    });
    parts.collect::<Vec<_>>().join("\n")
}

fn table(keys: &[String], rows: &[&Row]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    let names = ["strategy"].into_iter().chain(keys.iter().map(String::as_str)).chain(["memory"]).chain(NUMBERS);
    table.set_header(names.map(Cell::new));
    for row in rows {
        let values = row.values.iter().map(|value| value.as_ref().map_or("–".to_owned(), ToString::to_string));
        let cells = std::iter::once(row.result.strategy.clone()).chain(values);
        table.add_row(cells.chain([row.result.memory.outcome.clone()]).chain(numbers(&row.result)));
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((2, 0));
        let is_text = index == 0 || index == keys.len() + 1;
        column.set_cell_alignment(if is_text { CellAlignment::Left } else { CellAlignment::Right });
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

fn numbers(r: &RunResult) -> [String; 6] {
    [
        significant(r.throughput.decode_tokens_per_s),
        duration(r.latency.tpot_ns as f64),
        percent(r.cache.decode_hit_rate),
        data(r.flash.bytes_per_token as f64),
        data(r.memory.peak_bytes as f64),
        energy(r.energy.joules_per_token),
    ]
}
