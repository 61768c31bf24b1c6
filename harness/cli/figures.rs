//! `tightfit figures`.

use tightfit::{
    RunError,
    figures::{self, Drawn},
    reports::{charts::Chart, write},
};

use super::{args::Figures, output, progress};

/// Draws the figures, one after the other, and writes those that there are.
pub(crate) fn figures(options: &Figures) -> Result<(), RunError> {
    let figures = figures::named(&options.names)?;
    let bar = progress::bar(figures.len() as u64, "figures");
    let mut charts: Vec<Chart> = Vec::new();
    let mut passed_by = Vec::new();
    for figure in &figures {
        match figure.draw()? {
            Drawn::Chart(chart) => charts.push(*chart),
            Drawn::PassedBy(reason) => passed_by.push(format!("passed by {}: {reason}", figure.name)),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    for text in &passed_by {
        output::note(text);
    }
    let written = write::charts(&options.out, &charts)?;
    output::note(&format!("wrote {} files to {}", written.len(), options.out.display()));
    Ok(())
}
