//! Writes made-up results with every chart and the page into folders, to be looked at:
//! `cargo run -p tightfit-reports --example gallery -- FOLDER`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use tightfit_reports::charts::hit_rate;
use tightfit_reports::html::Meta;
use tightfit_reports::{ReportError, write};

#[path = "../tests/suite/fixture.rs"]
mod fixture;

fn main() -> Result<(), ReportError> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "target/gallery".to_owned()));
    let meta = |what: &str| Meta {
        title: format!("SmolLM2-135M in a keyboard extension ({what})"),
        command: "tightfit run keyboard --out report".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        titles: BTreeMap::new(),
        notes: vec!["Made-up numbers: this page shows the layout only.".to_owned()],
    };
    write::all(&folder.join("quickstart"), &fixture::quickstart(), &[], &meta("quickstart"))?;
    write::all(&folder.join("sweep"), &fixture::sweep(), &[], &meta("sweep"))?;
    write::all(&folder.join("many"), &fixture::many(), &[], &meta("many devices"))?;
    let curves: Vec<_> = hit_rate::chart(&fixture::hit_rates()).into_iter().collect();
    write::charts(&folder.join("curves"), &curves)?;
    write::all(&folder.join("bent"), &fixture::bent(), &[], &meta("bent"))?;
    write::all(&folder.join("one"), &fixture::one(), &[], &meta("one result"))?;
    Ok(())
}
