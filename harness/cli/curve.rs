//! The part of `tightfit trace info` that asks policies: a table of hit rates, and the files of whole curves.

use std::{fmt::Write as _, path::Path};

use serde::Serialize;
use tightfit::{
    RunError,
    curve::{self, Asked, Budget, Counting, Point, Stream, Weighed},
    engine::evict::Kind,
    reports::{charts::hit_rate as chart, write},
    scenarios::trace::{self, Reader, Staged, Trace},
};

use super::{
    args::{Count, Info},
    files::prefill,
    output,
};

/// Hit rates, and how they were counted.
#[derive(Serialize)]
pub(crate) struct Curve {
    pub(crate) counted_by: Counting,
    #[serde(rename = "curve")]
    pub(crate) points: Vec<Point>,
}

/// Whether the curve needs the whole trace in memory: the future, every size at once, or a trace that is no file of rows.
pub(crate) fn needs_all(options: &Info) -> bool {
    let looks_ahead =
        |name: &String| curve::parse(name, Counting::Lookups).is_ok_and(|asked| asked.kind == Kind::Belady);
    options.all_sizes.is_some() || options.curve.iter().any(|name| name == "all" || looks_ahead(name))
}

/// What the policies hit in the budgets asked for, or in a ladder of them; writes the whole curves, where asked for.
///
/// Nothing where only whole curves are asked for.
pub(crate) fn curve(trace: &Trace, info: &trace::Info, options: &Info) -> Result<Curve, RunError> {
    let stream = Stream::new(trace, prefill(options.prefill));
    let Question { policies, budgets, counting, in_units } = Question::of(&stream.weighed, info, options)?;
    if let Some(path) = &options.all_sizes {
        let text = match options.sample {
            Some(share) => curve::sampled(&stream, &policies, in_units, counting, share)?,
            None => curve::all_sizes(&stream, &policies, in_units, counting)?,
        };
        let failed = |problem| RunError::File { path: path.display().to_string(), problem };
        let mut file = Staged::create(path).map_err(failed)?;
        std::io::Write::write_all(&mut file, text.as_bytes()).map_err(failed)?;
        file.publish().map_err(failed)?;
        output::note(&format!("wrote {}: {} sizes", path.display(), text.lines().count() - 1));
    }
    let points = curve::points(&stream, &policies, &budgets, counting);
    if let Some(folder) = &options.out {
        draw(folder, options, &stream.weighed, info, &points)?;
    }
    Ok(Curve { counted_by: counting, points })
}

/// The same, of a trace that is read row by row: one of any length.
pub(crate) fn streamed(mut reader: Reader, info: &trace::Info, options: &Info) -> Result<Curve, RunError> {
    let weighed = Weighed::of(reader.header());
    let Question { policies, budgets, counting, .. } = Question::of(&weighed, info, options)?;
    let points = curve::streamed(&mut reader, &policies, &budgets, counting, prefill(options.prefill))?;
    if let Some(folder) = &options.out {
        draw(folder, options, &weighed, info, &points)?;
    }
    Ok(Curve { counted_by: counting, points })
}

/// What is asked, whole.
struct Question {
    policies: Vec<Asked>,
    budgets: Vec<Budget>,
    counting: Counting,
    in_units: bool,
}

impl Question {
    fn of(weighed: &Weighed, info: &trace::Info, options: &Info) -> Result<Self, RunError> {
        let given = options.budget_mib.iter().map(|&mib| Budget::Mib(mib.into()));
        let given = given.chain(options.budget_units.iter().map(|&units| Budget::Units(units.into())));
        let mut budgets: Vec<Budget> = given.collect();
        if let Some(&budget) = budgets.first() {
            weighed.check(budget)?;
        } else if options.all_sizes.is_none() {
            budgets = Budget::ladder(info, weighed.mean());
        }
        let in_units = match budgets.first() {
            Some(budget) => matches!(budget, Budget::Units(_)),
            None => weighed.mean().is_none(),
        };
        let counting = match options.count {
            Some(Count::Lookups) => Counting::Lookups,
            None if in_units => Counting::Lookups,
            Some(Count::Steps) | None => Counting::Steps,
        };
        Ok(Self { policies: policies(&options.curve, counting)?, budgets, counting, in_units })
    }
}

/// The policies of these names; `all` is every one that keeps anything, each once.
fn policies(names: &[String], counting: Counting) -> Result<Vec<Asked>, RunError> {
    let another_s_name = |name: &str| counting == Counting::Steps && name == "lfu-perfect";
    let kept = |name: &&str| *name != "retain-none" && !another_s_name(name);
    let every = || curve::NAMES.into_iter().filter(kept).map(str::to_owned).collect();
    let names: Vec<String> = if names == ["all"] { every() } else { names.to_vec() };
    names.iter().map(|name| curve::parse(name, counting)).collect()
}

/// Writes the chart of hit rates over budgets.
fn draw(
    folder: &Path,
    options: &Info,
    weighed: &Weighed,
    info: &trace::Info,
    points: &[Point],
) -> Result<(), RunError> {
    let rates = curve::rates(&options.trace, weighed, info, points);
    let Some(chart) = chart::chart(&rates) else {
        return Err(RunError::Usage("--out draws a line over budgets: give two at least".to_owned()));
    };
    let written = write::charts(folder, &[chart])?;
    output::note(&format!("wrote {} files to {}", written.len(), folder.display()));
    Ok(())
}

/// A row a budget, a pair of columns a policy.
pub(crate) fn table(points: &[Point], counted_by: Counting) -> String {
    let Some(first) = points.first() else { return String::new() };
    let unit = if matches!(first.budget, Budget::Mib(_)) { "MiB" } else { "bundles" };
    let policies: Vec<&[Point]> = points.chunk_by(|a, b| a.policy == b.policy).collect();
    let mut text = format!(
        "\nhits in %, all and generated; lookups judged {}\n",
        match counted_by {
            Counting::Steps => "together by step, as the engine does",
            Counting::Lookups => "one at a time, as cache simulators do",
        }
    );
    let _ = write!(text, "{unit:>10}");
    for policy in &policies {
        let _ = write!(text, "  {:>15}", policy[0].policy);
    }
    text.push('\n');
    for (row, point) in policies[0].iter().enumerate() {
        let _ = write!(text, "{:>10}", point.budget.number());
        for policy in &policies {
            let point = &policy[row];
            let share = |hits: u64, lookups: u64| match lookups {
                0 => "none".to_owned(),
                _ => format!("{:.1}", hits as f64 * 100.0 / lookups as f64),
            };
            let (all, decode) = (share(point.hits, point.lookups), share(point.decode_hits, point.decode_lookups));
            let _ = write!(text, "  {all:>7} {decode:>7}");
        }
        text.push('\n');
    }
    text
}
