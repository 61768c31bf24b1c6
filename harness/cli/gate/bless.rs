//! Accepting results: into the baseline, and into a change log where one is named.

use std::{path::Path, process::Command};

use chrono::{NaiveDate, Utc};
use tightfit::{
    RunError,
    reports::{
        entry::Entry,
        gate::{self as report, Baseline, Blessing, Judgement, changelog},
        ink::Ink,
    },
};

use super::{counts, gather::Gathered, outputs};
use crate::cli::{Done, args::Gate, output};

/// Today, UTC.
pub(super) fn today() -> NaiveDate {
    Utc::now().date_naive()
}

/// Accepts the gathered results, unless an expectation does not hold.
pub(super) fn bless(
    options: &Gate,
    mut baseline: Baseline,
    gathered: &Gathered,
    judgement: &Judgement,
    ink: Ink,
) -> Result<Done, RunError> {
    if !judgement.unmet.is_empty() {
        let broken = Judgement { results: Vec::new(), unmet: judgement.unmet.clone() };
        output::print(&report::text(&broken, &[], ink))?;
        output::note("nothing blessed: change the results or the scenario's [expect]");
        return Ok(Done::Failed);
    }
    let names: Vec<String> = gathered.scenarios.keys().cloned().collect();
    let accepted = baseline.of(&names);
    let blessing = Blessing {
        date: today(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: commit(&options.baseline),
        reason: options.reason.clone().unwrap_or_default(),
        scenarios: names.clone(),
    };
    baseline.bless(&gathered.entries, &gathered.scenarios, blessing.clone());
    if baseline.of(&names) == accepted {
        output::print(&format!("nothing to bless: {} results are as accepted\n", accepted.len()))?;
        return Ok(Done::Well);
    }
    let mut files = vec![(options.baseline.clone(), baseline.text().into_bytes())];
    if let Some(path) = &options.changelog {
        files.push((path.clone(), with_blessing(path, &blessing)?.into_bytes()));
    }
    outputs::write(options, judgement, &[blessing.words(today())], files)?;
    let results = baseline.of(&names).iter().map(Entry::names).count();
    let path = options.baseline.display();
    output::print(&format!("blessed {results} results of {} in {path}: {}\n", names.join(", "), counts(judgement)))?;
    Ok(Done::Well)
}

fn with_blessing(path: &Path, blessing: &Blessing) -> Result<String, RunError> {
    let text = std::fs::read_to_string(path)
        .map_err(|problem| RunError::File { path: path.display().to_string(), problem })?;
    changelog::with_blessing(&text, blessing).ok_or_else(|| {
        RunError::Usage(format!("--changelog {}: no section: a change log has `## …` headings", path.display()))
    })
}

/// The commit that the work is on, of the repository that the baseline lies in; `unknown` where there is none.
fn commit(baseline: &Path) -> String {
    let folder = baseline.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"]) else { return "unknown".to_owned() };
    let is_clean = git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|changes| changes.is_empty());
    if is_clean { commit } else { format!("{commit} with changes") }
}
