//! Everything a run leaves behind, into one folder: nothing is half-written, even when a later file fails.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::charts::Chart;
use crate::error::ReportError;
use crate::html::Meta;
use crate::schema::RunResult;
use crate::{charts, csv, html, json, tokens};

/// Writes `results.json`, `results.csv`, `tokens.parquet`, `tokens.csv`, `charts/*.svg|png|csv` and `report.html`
/// under `folder`, which is made if need be. All files are written under temporary names first and renamed together
/// at the end; on an error none of them appears. Gives back the paths in the order written. The points of `curve`, the
/// same cells at other memory limits, are in the data and in the chart of speed against memory, not in the page's table.
pub fn all(
    folder: &Path,
    results: &[RunResult],
    curve: &[RunResult],
    meta: &Meta,
) -> Result<Vec<PathBuf>, ReportError> {
    let charts = charts::all(results, curve);
    let everything = [results, curve].concat();
    let mut staged = Staged::default();
    staged.folder(folder)?;
    staged.write(&folder.join("results.json"), json::results(&everything).as_bytes())?;
    staged.write(&folder.join("results.csv"), csv::results(&everything).as_bytes())?;
    let parquet = folder.join("tokens.parquet");
    tokens::encode(staged.create(&parquet)?, &parquet, results)?;
    staged.write(&folder.join("tokens.csv"), tokens::csv(results).as_bytes())?;
    let gallery = folder.join("charts");
    staged.folder(&gallery)?;
    staged.charts(&gallery, &charts)?;
    staged.write(&folder.join("report.html"), html::report(results, &charts, meta).as_bytes())?;
    let paths = staged.targets();
    staged.publish()?;
    Ok(paths)
}

/// Writes charts alone as `<name>.svg`, `.png` and `.csv` into `folder`, which is made if need be: all or none. Gives back
/// the paths in the order written.
pub fn charts(folder: &Path, charts: &[Chart]) -> Result<Vec<PathBuf>, ReportError> {
    let mut staged = Staged::default();
    staged.folder(folder)?;
    staged.charts(folder, charts)?;
    let paths = staged.targets();
    staged.publish()?;
    Ok(paths)
}

/// Writes one file whole or not at all.
pub fn file(path: &Path, bytes: &[u8]) -> Result<(), ReportError> {
    let mut staged = Staged::default();
    staged.write(path, bytes)?;
    staged.publish()
}

/// Writes files into folders that are there: all or none.
pub fn files(files: &[(PathBuf, Vec<u8>)]) -> Result<(), ReportError> {
    let mut staged = Staged::default();
    for (path, bytes) in files {
        staged.write(path, bytes)?;
    }
    staged.publish()
}

/// Files under temporary names, and folders made for them: renamed together by [`Staged::publish`], removed on drop.
#[derive(Default)]
pub(crate) struct Staged {
    files: Vec<(PathBuf, PathBuf)>,
    folders: Vec<PathBuf>,
}

impl Staged {
    /// Makes the folder and its parents, remembering which of them are new.
    fn folder(&mut self, path: &Path) -> Result<(), ReportError> {
        let new: Vec<&Path> =
            path.ancestors().take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists()).collect();
        self.folders.extend(new.into_iter().rev().map(Path::to_owned));
        fs::create_dir_all(path).map_err(|source| failed(path, "create the folder", source))
    }

    /// Opens the temporary file beside `path`.
    pub(crate) fn create(&mut self, path: &Path) -> Result<File, ReportError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let temporary = path.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
        let file = File::create(&temporary).map_err(|source| failed(path, "write", source))?;
        self.files.push((temporary, path.to_owned()));
        Ok(file)
    }

    fn write(&mut self, path: &Path, bytes: &[u8]) -> Result<(), ReportError> {
        let mut file = self.create(path)?;
        file.write_all(bytes).and_then(|()| file.flush()).map_err(|source| failed(path, "write", source))
    }

    fn charts(&mut self, folder: &Path, charts: &[Chart]) -> Result<(), ReportError> {
        for chart in charts {
            self.write(&folder.join(format!("{}.svg", chart.name)), chart.svg.as_bytes())?;
            self.write(&folder.join(format!("{}.png", chart.name)), &chart.png)?;
            self.write(&folder.join(format!("{}.csv", chart.name)), chart.csv.as_bytes())?;
        }
        Ok(())
    }

    fn targets(&self) -> Vec<PathBuf> {
        self.files.iter().map(|(_, target)| target.clone()).collect()
    }

    /// Renames every file to its own name.
    pub(crate) fn publish(mut self) -> Result<(), ReportError> {
        for (_, target) in &self.files {
            if target.is_dir() {
                let source = std::io::Error::from(std::io::ErrorKind::IsADirectory);
                return Err(failed(target, "replace", source));
            }
        }
        self.folders.clear();
        while let Some((temporary, target)) = self.files.first() {
            fs::rename(temporary, target).map_err(|source| failed(target, "rename a finished file to", source))?;
            self.files.remove(0);
        }
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        for (temporary, _) in &self.files {
            let _ = fs::remove_file(temporary);
        }
        for folder in self.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

fn failed(path: &Path, action: &'static str, source: std::io::Error) -> ReportError {
    ReportError::Io { path: path.to_owned(), action, source }
}
