//! `tightfit trace import` and `tightfit trace export`.

use tightfit::{
    RunError,
    scenarios::{
        scenario::Prefill,
        trace::{self, ExportFormat, ImportFormat, Lookups, RowFormat, Trace},
        traces,
    },
};

use super::{
    args::{Export, ExportTo, Import, ImportFrom, Prompt},
    output,
};

/// Makes a trace of a file, and says what it holds.
pub(crate) fn import(options: &Import) -> Result<(), RunError> {
    let format = options.from.map(|format| match format {
        ImportFrom::RouteCsv => ImportFormat::RouteCsv,
        ImportFrom::Jsonl => ImportFormat::JsonLines,
        ImportFrom::OracleGeneral => ImportFormat::OracleGeneral,
        ImportFrom::Csv => ImportFormat::Csv,
        ImportFrom::Arrow => ImportFormat::Arrow,
    });
    let done = trace::import(&options.file, &options.out, format)?;
    let (geometry, model) = (done.header.geometry, &done.header.model);
    output::note(&format!(
        "wrote {}: {} tokens, {} lookups, {} layers of {} {}s of {model}, from {}",
        options.out.display(),
        done.tokens,
        done.lookups,
        geometry.layers,
        geometry.bundles_per_layer,
        geometry.unit.as_str(),
        done.format
    ));
    if let Some(left_out) = done.left_out {
        output::note(&format!("left out: {left_out}"));
    }
    Ok(())
}

/// Writes a trace's lookups.
pub(crate) fn export(options: &Export) -> Result<(), RunError> {
    let trace = traces::load(&options.trace)?;
    let format = match options.to {
        ExportTo::OracleGeneral => ExportFormat::OracleGeneral,
        ExportTo::Csv => ExportFormat::Csv,
        ExportTo::RouteCsv => return rows(&trace, RowFormat::RouteCsv, options),
        ExportTo::Jsonl => return rows(&trace, RowFormat::JsonLines, options),
        ExportTo::Arrow => return rows(&trace, RowFormat::Arrow, options),
    };
    let lookups = Lookups::of(&trace, prefill(options.prefill));
    trace::export(&lookups, &trace.header().bundle_bytes, format, &options.out)?;
    output::note(&format!("wrote {}: {} lookups", options.out.display(), lookups.ids().len()));
    Ok(())
}

/// Writes a trace's rows.
fn rows(trace: &Trace, format: RowFormat, options: &Export) -> Result<(), RunError> {
    trace::export_rows(trace, format, &options.out)?;
    output::note(&format!("wrote {}: {} lookups", options.out.display(), trace.lookups()));
    Ok(())
}

/// The option as scenarios say it.
pub(crate) fn prefill(prompt: Prompt) -> Prefill {
    match prompt {
        Prompt::Batched => Prefill::Batched,
        Prompt::Sequential => Prefill::Sequential,
    }
}
