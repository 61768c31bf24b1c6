//! `tightfit run` of a scenario with a `[sweep]`, and `tightfit merge`.

use std::path::Path;

use tightfit::{
    RunError,
    reports::{
        charts, csv,
        html::{self, Meta},
        json,
        schema::RunResult,
        sweep::{self as report, Row, TABLE},
        table, write,
    },
    sweep::{
        self, Asked, Plan, Shard,
        journal::{Header, Journal},
    },
};

use super::{
    args::{Format, Merge},
    output, progress,
    run::{command_line, width},
};

/// Runs a sweep: into a folder where it is resumed, or to standard output alone. Gives back its results.
pub(crate) fn run(asked: Asked, shard: Shard, out: Option<&Path>, format: Format) -> Result<Vec<RunResult>, RunError> {
    let (title, question) = (asked.scenario.title.clone(), asked.scenario.question.clone());
    let plan = Plan::new(asked)?;
    let header = Header::new(&plan, shard);
    let opened = out.map(|folder| Journal::open(folder, &header)).transpose()?;
    let (journal, finished) = opened.map_or((None, Vec::new()), |(journal, rows)| (Some(journal), rows));
    let of_shard = plan.places().iter().filter(|place| shard.has(place.point)).count() as u64;
    if !finished.is_empty() {
        output::note(&format!("{} of {of_shard} results were there already", finished.len()));
    }
    let bar = progress::bar(of_shard, "results");
    bar.set_position(finished.len() as u64);
    let done = |row: &Row| {
        bar.inc(1);
        journal.as_ref().map_or(Ok(()), |journal| journal.row(row))
    };
    let rows = plan.run(shard, finished, done);
    bar.finish_and_clear();
    let rows = rows?;
    let results = || rows.iter().map(|row| row.result.clone()).collect();
    let Some(folder) = out else {
        output::print(&printed(format, &header, &rows, table_of_all))?;
        return Ok(results());
    };
    if shard.is_whole() {
        write_table(folder, &header, &rows)?;
        page(folder, &header, &rows, title, question)?;
    } else {
        output::note(&format!(
            "ran shard {shard} into {}: put all shards together with `tightfit merge`",
            folder.display()
        ));
    }
    output::print(&printed(format, &header, &rows, best_of))?;
    Ok(results())
}

/// Puts the shards of a sweep together.
pub(crate) fn merge(options: &Merge) -> Result<(), RunError> {
    let (header, rows) = sweep::merge(&options.folders)?;
    std::fs::create_dir_all(&options.out)
        .map_err(|problem| RunError::File { path: options.out.display().to_string(), problem })?;
    write_table(&options.out, &header, &rows)?;
    output::print(&printed(options.format, &header, &rows, best_of))
}

fn write_table(folder: &Path, header: &Header, rows: &[Row]) -> Result<(), RunError> {
    let path = folder.join(TABLE);
    report::write(&path, &header.keys, rows)?;
    output::note(&format!("wrote {} rows to {}", rows.len(), path.display()));
    Ok(())
}

/// Most results of a sweep that also get a page: more than these nobody compares by eye.
const PAGE_ROWS_MAX: usize = 48;

/// The page of a small sweep: each result goes by its strategy and the values of its point.
fn page(folder: &Path, header: &Header, rows: &[Row], title: String, question: String) -> Result<(), RunError> {
    if rows.len() > PAGE_ROWS_MAX {
        return Ok(());
    }
    let results: Vec<RunResult> = rows.iter().map(named_by_point).collect();
    let swept = format!("Behind each strategy stand the values of {}.", header.keys.join(", "));
    let meta = Meta {
        title,
        command: command_line(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        notes: vec![question, swept],
    };
    let charts = charts::all(&results, &[]);
    let path = folder.join("report.html");
    write::file(&path, html::report(&results, &charts, &meta).as_bytes())?;
    output::note(&format!("wrote the page {}", path.display()));
    Ok(())
}

fn named_by_point(row: &Row) -> RunResult {
    let values: Vec<String> = row.values.iter().flatten().map(ToString::to_string).collect();
    let mut result = row.result.clone();
    result.strategy = format!("{} ({})", result.strategy, values.join(", "));
    result
}

fn printed(format: Format, header: &Header, rows: &[Row], text: fn(&Header, &[Row]) -> String) -> String {
    let results = || rows.iter().map(|row| row.result.clone()).collect::<Vec<RunResult>>();
    match format {
        Format::Json => json::results(&results()),
        Format::Csv => csv::results(&results()),
        Format::Md => table::markdown(&results()),
        Format::Text => text(header, rows),
    }
}

fn table_of_all(_: &Header, rows: &[Row]) -> String {
    let results: Vec<RunResult> = rows.iter().map(|row| row.result.clone()).collect();
    table::text(&results, width())
}

fn best_of(header: &Header, rows: &[Row]) -> String {
    let Header { scenario, points, shard, .. } = header;
    let of_shard = if shard == "1/1" { String::new() } else { format!(" · shard {shard}") };
    let heading = format!("sweep {scenario} · {points} points{of_shard} · {} results", rows.len());
    format!("{heading}\n\n{}", report::best(&header.keys, rows))
}
