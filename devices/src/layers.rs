//! A profile and what it is built on: read, laid over each other, and each key still traced to its file and line.
//!
//! `base = "a17-pro"` names another file, or `base = ["a17-pro", "iphone-8gb"]` several, of which the first wins. A base is
//! built in (`devices/socs`, `devices/systems` or another profile) or a path that ends in `.toml`, from the folder of the
//! file that names it.

use std::{fs, ops::Range, path::Path};

use serde::de::DeserializeOwned;
use toml::{
    Spanned,
    de::{DeTable, DeValue, Deserializer},
};

use crate::{
    DeviceError, embedded, locate,
    merge::{self, Unsourced},
    near,
};

/// One file.
#[derive(Debug)]
struct Layer {
    /// File or embedded name, for errors.
    origin: String,
    text: String,
    /// Where its text begins among the positions of all files.
    start: usize,
    /// What it is built on, among the files; the first wins.
    bases: Vec<usize>,
}

/// A profile with its bases: the profile itself first.
#[derive(Debug)]
pub(crate) struct Layers(Vec<Layer>);

impl Layers {
    /// Reads the profile `text` and its bases.
    pub(crate) fn read(origin: &str, text: &str) -> Result<Self, DeviceError> {
        let mut layers = Self(Vec::new());
        layers.file(origin, text, &mut Vec::new())?;
        Ok(layers)
    }

    /// Whether the profile stands alone.
    pub(crate) fn is_one_file(&self) -> bool {
        self.0.len() == 1
    }

    /// The whole in a type of its own.
    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, DeviceError> {
        let root = self.table(0)?.span();
        let whole = Spanned::new(root, self.merged(0)?);
        T::deserialize(Deserializer::from(whole)).map_err(|problem| self.refused(problem))
    }

    /// File, and line from 1, of a dotted key or its nearest ancestor.
    pub(crate) fn place(&self, key: &str) -> (&str, Option<usize>) {
        match self.merged(0).ok().and_then(|merged| locate::position(&merged, key)) {
            Some(position) => (&self.layer(position).origin, Some(self.layer(position).line(position))),
            None => (&self.0[0].origin, None),
        }
    }

    /// Reads one file and what it is built on, and gives its place; `above` are the names that lead to it.
    fn file(&mut self, origin: &str, text: &str, above: &mut Vec<String>) -> Result<usize, DeviceError> {
        let start = self.0.last().map_or(0, |layer| layer.start + layer.text.len() + 1);
        let place = self.0.len();
        self.0.push(Layer { origin: origin.to_owned(), text: text.to_owned(), start, bases: Vec::new() });
        let (span, names) = match self.table(place)?.get_ref().get("base") {
            Some(named) => (named.span(), names(named.get_ref())),
            None => return Ok(place),
        };
        let refuse =
            |layers: &Self, problem: String| layers.impossible(span.start + layers.0[place].start, "base", problem);
        for name in names.map_err(|problem| refuse(self, problem))? {
            if above.contains(&name) {
                return Err(refuse(self, format!("`{name}` is built on itself: leave one of the two out")));
            }
            let (below, text) = found(&name, &self.0[place].origin).map_err(|problem| refuse(self, problem))?;
            above.push(name);
            let base = self.file(&below, &text, above)?;
            above.pop();
            self.0[place].bases.push(base);
        }
        Ok(place)
    }

    /// A file's own table.
    fn table(&self, place: usize) -> Result<Spanned<DeTable<'_>>, DeviceError> {
        let Layer { origin, text, .. } = &self.0[place];
        let wrong = |problem| DeviceError::Toml { origin: origin.clone(), problem: Box::new(problem) };
        DeTable::parse(text).map_err(wrong)
    }

    /// A file over its bases; spans are positions among all files.
    fn merged(&self, place: usize) -> Result<DeTable<'_>, DeviceError> {
        let mut own = shifted(self.table(place)?.into_inner(), self.0[place].start);
        own.remove("base");
        for &base in &self.0[place].bases {
            own = merge::over(own, self.merged(base)?).map_err(|Unsourced { key, position }| {
                let section = key.rsplit_once('.').map_or("", |(section, _)| section);
                let text =
                    format!("replaces a number of the base and has no source: give `{section}.source` a `default`");
                self.impossible(position, &key, text)
            })?;
        }
        Ok(own)
    }

    fn refused(&self, mut problem: toml::de::Error) -> DeviceError {
        let position = problem.span().map_or(0, |span| span.start);
        let own = &self.0[0];
        if position > own.text.len() {
            let key = self.merged(0).ok().and_then(|merged| locate::key_at(&merged, position));
            return self.impossible(position, &key.unwrap_or_default(), problem.message().to_owned());
        }
        problem.set_input(Some(&own.text));
        DeviceError::Toml { origin: own.origin.clone(), problem: Box::new(problem) }
    }

    fn impossible(&self, position: usize, key: &str, problem: String) -> DeviceError {
        let layer = self.layer(position);
        let line = Some(layer.line(position));
        DeviceError::Impossible { origin: layer.origin.clone(), line, key: key.to_owned(), problem }
    }

    fn layer(&self, position: usize) -> &Layer {
        self.0.iter().rev().find(|layer| layer.start <= position).expect("the first file starts at 0")
    }
}

impl Layer {
    fn line(&self, position: usize) -> usize {
        let before = self.text.as_bytes().iter().take(position - self.start);
        before.filter(|&&byte| byte == b'\n').count() + 1
    }
}

/// Names in a `base` key.
fn names(value: &DeValue<'_>) -> Result<Vec<String>, String> {
    let word = |value: &DeValue<'_>| value.as_str().map(str::to_owned);
    let names = match value {
        DeValue::Array(entries) => entries.iter().map(|entry| word(entry.get_ref())).collect(),
        value => word(value).map(|name| vec![name]),
    };
    names.ok_or_else(|| "is no name: give one, or a list of them, the first of which wins".to_owned())
}

/// Origin and text of a base that `origin` names.
fn found(name: &str, origin: &str) -> Result<(String, String), String> {
    if let Some(text) = embedded::base(name) {
        return Ok((name.to_owned(), text.to_owned()));
    }
    if Path::new(name).extension().is_none_or(|extension| extension != "toml") {
        return Err(format!("no profile named `{name}`: {}", near::suggestion(name, &embedded::bases())));
    }
    let path = Path::new(origin).parent().unwrap_or(Path::new("")).join(name);
    let path_text = path.display().to_string();
    fs::read_to_string(&path).map(|text| (path_text.clone(), text)).map_err(|problem| format!("{path_text}: {problem}"))
}

/// The same table with every span moved on by `by`.
fn shifted(table: DeTable<'_>, by: usize) -> DeTable<'_> {
    table.into_iter().map(|(key, value)| (moved(key, by), shifted_value(value, by))).collect()
}

fn shifted_value(value: Spanned<DeValue<'_>>, by: usize) -> Spanned<DeValue<'_>> {
    let span = value.span();
    let value = match value.into_inner() {
        DeValue::Table(table) => DeValue::Table(shifted(table, by)),
        DeValue::Array(entries) => DeValue::Array(entries.into_iter().map(|entry| shifted_value(entry, by)).collect()),
        value => value,
    };
    moved(Spanned::new(span, value), by)
}

fn moved<T>(value: Spanned<T>, by: usize) -> Spanned<T> {
    let Range { start, end } = value.span();
    Spanned::new(start + by..end + by, value.into_inner())
}
