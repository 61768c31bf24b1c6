//! Options of `diff` and `gate`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Options of `diff`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tightfit run --out before\n  \
    tightfit run --set strategy.reads.lanes=4 --out after\n  \
    tightfit diff before/results.json after/results.json\n  \
    tightfit diff before/results.json after/results.json --format md >> \"$GITHUB_STEP_SUMMARY\"\n\n\
    Results are matched by scenario, device, model, strategy and sweep point.")]
pub(crate) struct Diff {
    /// The result file to compare with, or a baseline.
    #[arg(value_name = "A.json")]
    pub(crate) before: PathBuf,
    /// The result file that is new, or a baseline.
    #[arg(value_name = "B.json")]
    pub(crate) after: PathBuf,
    /// What to print.
    #[arg(long, value_enum, default_value_t = DiffFormat::Text)]
    pub(crate) format: DiffFormat,
    /// Show every metric that differs, not only those that a user feels.
    #[arg(long)]
    pub(crate) all: bool,
}

/// What `diff` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    /// For the terminal.
    Text,
    /// For a pull request.
    Md,
    /// For programs: every metric that differs, exactly.
    Json,
}

/// Options of `gate`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tightfit gate quickstart --bless --reason 'first baseline'\n  \
    tightfit gate\n  \
    tightfit gate quickstart --baseline ci/phones.json --markdown summary.md --junit gate.xml\n  \
    tightfit gate --results host-1.json --results host-2.json --threshold 0.1\n\n\
    Exit codes: 0 as accepted, 1 changed or not as expected, 2 no baseline or wrong input.")]
pub(crate) struct Gate {
    /// Scenarios by name or path; without one, those of the baseline. With --results they are not run: only their
    /// [expect] is read.
    #[arg(value_name = "SCENARIO")]
    pub(crate) scenarios: Vec<String>,
    /// The accepted results.
    #[arg(long, value_name = "FILE", default_value = "tightfit-baseline.json")]
    pub(crate) baseline: PathBuf,
    /// Accept the results as they are now; what a scenario expects must hold all the same.
    #[arg(long, requires = "reason")]
    pub(crate) bless: bool,
    /// Why they are accepted: kept in the baseline.
    #[arg(long, value_name = "TEXT", requires = "bless", value_parser = reason)]
    pub(crate) reason: Option<String>,
    /// Add the reason to this change log (Markdown), under the results of its first section.
    #[arg(long, value_name = "FILE", requires = "bless")]
    pub(crate) changelog: Option<PathBuf>,
    /// Judge this result file instead of running scenarios. May be repeated: runs of one thing on a real machine are
    /// judged together, by statistics.
    #[arg(long = "results", value_name = "FILE", conflicts_with = "settings")]
    pub(crate) results: Vec<PathBuf>,
    /// Set a key, as for `run`. May be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) settings: Vec<String>,
    /// Share by which the median of a measured metric must move to count. Simulated metrics are exact.
    #[arg(long, value_name = "SHARE", default_value_t = 0.05, value_parser = threshold)]
    pub(crate) threshold: f64,
    /// Write `JUnit` XML.
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Write Markdown, for a pull request or a step summary.
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
    /// Write Bencher Metric Format.
    #[arg(long, value_name = "FILE")]
    pub(crate) bencher: Option<PathBuf>,
    /// Write what github-action-benchmark reads as customSmallerIsBetter: latencies, peak memory, energy.
    #[arg(long, value_name = "FILE")]
    pub(crate) github_benchmark: Option<PathBuf>,
    /// Write what github-action-benchmark reads as customBiggerIsBetter: tokens a second.
    #[arg(long, value_name = "FILE")]
    pub(crate) github_benchmark_bigger: Option<PathBuf>,
}

fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.contains('\n') {
        return Err("give one line that says why the numbers moved".to_owned());
    }
    Ok(text.to_owned())
}

fn threshold(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..10.0).contains(share));
    share.ok_or_else(|| "give a share, 0 or more: 0.05 is 5 %".to_owned())
}
