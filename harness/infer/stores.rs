//! Stores of a live run: one that is named, or temporary ones, removed at the end.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use tightfit_engine::Store;
use tightfit_host::{HostError, WeightFile, weights};
use tightfit_live::{
    infer::{Bundles, Contents, store},
    source::Source,
};

use super::Options;
use crate::RunError;

/// Stores by what they hold.
pub(super) struct Stores<'a> {
    options: &'a Options,
    written: BTreeMap<String, PathBuf>,
}

impl<'a> Stores<'a> {
    pub(super) fn new(options: &'a Options) -> Self {
        Self { options, written: BTreeMap::new() }
    }

    /// A store of these bundles, written where there is none.
    pub(super) fn file(
        &mut self,
        source: &mut Source,
        bundles: &Bundles,
        store: &Store,
    ) -> Result<WeightFile, RunError> {
        let label = store::label(source, bundles)?;
        if let Some(path) = &self.options.store {
            if path.exists() {
                return named(path, store, &label);
            }
            return self.write(path, source, bundles, store, &label);
        }
        if let Some(path) = self.written.get(&label) {
            return Ok(WeightFile::open(path, store, 0)?);
        }
        let number = self.written.len();
        let path = self.options.folder.join(format!("tightfit-live-{}-{number}.store", std::process::id()));
        self.written.insert(label.clone(), path.clone());
        self.write(&path, source, bundles, store, &label)
    }

    fn write(
        &self,
        path: &Path,
        source: &mut Source,
        bundles: &Bundles,
        store: &Store,
        label: &str,
    ) -> Result<WeightFile, RunError> {
        let kept = if self.options.store.is_some() { "" } else { ", removed at the end" };
        (self.options.note)(&format!("writing {} ({} MB{kept})", path.display(), store.bytes() / 1_000_000));
        Ok(weights::build(path, store, 0, label, &mut Contents::new(source, bundles)?)?)
    }
}

impl Drop for Stores<'_> {
    fn drop(&mut self) {
        for path in self.written.values() {
            // It may never have been written.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// A store that is there: of this model and of these bundles, or refused.
fn named(path: &Path, store: &Store, label: &str) -> Result<WeightFile, RunError> {
    let file = WeightFile::open(path, store, 0)?;
    let found = WeightFile::label(path)?;
    if found == label {
        return Ok(file);
    }
    let problem = format!("holds {found}, and this run needs {label}: name another file with --store, or leave it out");
    Err(HostError::Foreign { path: path.to_owned(), problem }.into())
}
