//! `tightfit trace`.

use std::fmt::Write;

use serde::Serialize;
use tightfit::{
    RunError,
    scenarios::{
        trace::{self, Info, Summary},
        traces,
    },
};

use super::{
    args::{self, InfoFormat, Trace},
    curve, files, live, output, synth,
};

/// Runs a trace command.
pub(crate) fn trace(command: &Trace) -> Result<(), RunError> {
    match command {
        Trace::Info(options) => info(options),
        Trace::Import(options) => files::import(options),
        Trace::Export(options) => files::export(options),
        Trace::Record(options) => live::record(options),
        Trace::Predict(options) => live::predict(options),
        Trace::Fit(options) => synth::fit(options),
        Trace::Synth(options) => synth::synth(options),
    }
}

/// A summary, and the curve where one was asked for.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    info: &'a Info,
    #[serde(flatten)]
    curve: Option<curve::Curve>,
}

fn info(options: &args::Info) -> Result<(), RunError> {
    let (info, curve) = if options.curve.is_empty() {
        (summed_up(&options.trace)?, None)
    } else if let Some(reader) = traces::reader(&options.trace).filter(|_| !curve::needs_all(options)) {
        let info = summed_up(&options.trace)?;
        let curve = curve::streamed(reader?, &info, options)?;
        (info, Some(curve))
    } else {
        let trace = traces::load(&options.trace)?;
        let info = trace::info(&trace);
        let curve = curve::curve(&trace, &info, options)?;
        (info, Some(curve))
    };
    match options.format {
        InfoFormat::Text => output::print(
            &(described(&info)
                + &curve.map_or_else(String::new, |curve| curve::table(&curve.points, curve.counted_by))),
        ),
        InfoFormat::Json => {
            let report = Report { info: &info, curve };
            let json = serde_json::to_string_pretty(&report).expect("a summary of finite numbers is JSON");
            output::print(&(json + "\n"))
        }
    }
}

/// The summary of a trace, row by row where it is a file: its length takes time, and no memory.
fn summed_up(name: &str) -> Result<Info, RunError> {
    let Some(reader) = traces::reader(name) else {
        return Ok(trace::info(&traces::load(name)?));
    };
    let mut reader = reader?;
    let mut summary = Summary::new(reader.header(), reader.has_scores());
    while let Some(row) = reader.next_row()? {
        summary.row(&row);
    }
    Ok(summary.info())
}

/// A summary for people.
pub(crate) fn described(info: &Info) -> String {
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    let maybe = |share: Option<f64>| share.map_or_else(|| "none".to_owned(), percent);
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:31}{value}");
    };
    line("model", info.model.clone());
    line("active means", info.definition.clone());
    line("geometry", format!("{} layers of {} {}s", info.layers, info.bundles_per_layer, info.unit));
    line("requests", info.requests.to_string());
    line("tokens", format!("{} of prompt, {} generated", info.prefill_tokens, info.decode_tokens));
    line("lookups", info.lookups.to_string());
    let share = info.active_share;
    line(
        "active share",
        format!("{} (prompt {}, generated {})", percent(share.all), maybe(share.prefill), maybe(share.decode)),
    );
    let by_layer = &info.active_share_by_layer;
    let (low, high) =
        by_layer.iter().fold((f64::MAX, 0.0_f64), |(low, high), &share| (low.min(share), high.max(share)));
    line("active share by layer", format!("{} to {}", percent(low), percent(high)));
    line(
        "repeats from the token before",
        format!(
            "{} (chance {}, popularity alone {})",
            maybe(info.repeat.observed),
            maybe(info.repeat.by_chance),
            percent(info.repeat.by_popularity)
        ),
    );
    if info.repeat.windows_gain_little() {
        let share = maybe(info.repeat.persistence);
        line(
            "windows of recent tokens",
            format!("gain little: {share} of what is not popular anyway repeats; keep what is popular instead"),
        );
    }
    let unions: Vec<String> = info.union_share.iter().map(|&share| percent(share)).collect();
    line("union of 1, 2, … tokens", unions.join(", "));
    let cycle = info.token_cycle_bundles;
    line("token cycle", format!("{:.0} {}s on average, {} at most", cycle.mean, info.unit, cycle.max));
    line("score mass kept", maybe(info.score_mass));
    text
}
