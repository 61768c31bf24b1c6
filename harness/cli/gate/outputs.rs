//! The files that other programs read: all that were asked for, or none.

use std::path::PathBuf;

use tightfit::{
    RunError,
    reports::{
        direction::Direction,
        gate::{self as report, Judgement, bencher, github, junit},
        write,
    },
};

use crate::cli::args::Gate;

/// Writes what the options ask for, and `more`.
pub(super) fn write(
    options: &Gate,
    judgement: &Judgement,
    heads: &[String],
    more: Vec<(PathBuf, Vec<u8>)>,
) -> Result<(), RunError> {
    let mut files = more;
    let mut add = |path: &Option<PathBuf>, text: &dyn Fn() -> String| {
        files.extend(path.clone().map(|path| (path, text().into_bytes())));
    };
    add(&options.junit, &|| junit::junit(judgement));
    add(&options.markdown, &|| report::markdown(judgement, heads));
    add(&options.bencher, &|| bencher::bencher(judgement));
    add(&options.github_benchmark, &|| github::benchmarks(judgement, Direction::Lower));
    add(&options.github_benchmark_bigger, &|| github::benchmarks(judgement, Direction::Higher));
    let mut paths: Vec<&PathBuf> = files.iter().map(|(path, _)| path).collect();
    paths.sort_unstable();
    if let Some(twice) = paths.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(RunError::Usage(format!("{}: two outputs can't go to one file", twice[0].display())));
    }
    Ok(write::files(&files)?)
}
