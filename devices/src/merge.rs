//! One profile laid over another: its own keys win, and each number takes its source along.
//!
//! A section is merged key by key, a `[[runtime]]` with the base's entry of the same name and processor (or, if it says
//! `like = "llama.cpp"`, with that one's on the same processor); everything else is replaced whole. A number that wins without a source of its own has its file's `default`, never the base's.

use std::borrow::Cow;

use toml::{
    Spanned,
    de::{DeArray, DeTable, DeValue},
};

/// Keys of `[flash]` of which only one group may be there: a profile that gives one of them replaces the other group.
const LAW: [&str; 4] = ["read-latency-us", "lane-mb-per-s", "reads-per-s", "ceiling-mb-per-s"];
const GRID: [&str; 1] = ["grid"];

/// A number that replaces a base's, and has no source.
#[derive(Debug)]
pub(crate) struct Unsourced {
    /// The dotted key.
    pub(crate) key: String,
    /// Where it stands.
    pub(crate) position: usize,
}

/// `own` over `base`.
pub(crate) fn over<'t>(own: DeTable<'t>, mut base: DeTable<'t>) -> Result<DeTable<'t>, Unsourced> {
    for (key, value) in own {
        let name = key.get_ref().clone();
        let span = value.span();
        let below = base.remove(&*name).map(Spanned::into_inner);
        let value = match (value.into_inner(), below) {
            (DeValue::Table(own), Some(DeValue::Table(base))) => DeValue::Table(section(&name, own, base)?),
            (DeValue::Array(own), Some(DeValue::Array(base))) if name == "runtime" => {
                DeValue::Array(runtimes(own, base)?)
            }
            (own, _) => own,
        };
        base.insert(key, Spanned::new(span, value));
    }
    Ok(base)
}

/// A section's own keys over the base's.
fn section<'t>(name: &str, mut own: DeTable<'t>, mut base: DeTable<'t>) -> Result<DeTable<'t>, Unsourced> {
    let mut own_sources = take_sources(&mut own);
    let mut sources = take_sources(&mut base);
    for (given, replaced) in [(&LAW[..], &GRID[..]), (&GRID[..], &LAW[..])] {
        if name == "flash" && given.iter().any(|key| own.contains_key(*key)) {
            for key in replaced {
                base.remove(*key);
                forget(&mut sources, key);
            }
        }
    }
    let default = own_sources.remove("default");
    for (key, value) in own {
        let local = key.get_ref().clone();
        forget(&mut sources, &local);
        base.remove(&*local);
        if !own_sources.contains_key(&*local) && !matches!(value.get_ref(), DeValue::String(_)) {
            let Some(default) = &default else {
                return Err(Unsourced { key: format!("{name}.{local}"), position: key.span().start });
            };
            sources.insert(key.clone(), default.clone());
        }
        base.insert(key, value);
    }
    for (key, source) in own_sources {
        sources.remove(&**key.get_ref());
        sources.insert(key, source);
    }
    if !base.contains_key("source") {
        base.insert(Spanned::new(0..0, Cow::Borrowed("source")), Spanned::new(0..0, DeValue::Table(sources)));
    }
    Ok(base)
}

/// Takes the sources out of a section; what is no table stays, to be refused when the whole is read.
fn take_sources<'t>(section: &mut DeTable<'t>) -> DeTable<'t> {
    if !section.get("source").is_some_and(|sources| sources.get_ref().is_table()) {
        return DeTable::new();
    }
    match section.remove("source").map(Spanned::into_inner) {
        Some(DeValue::Table(sources)) => sources,
        _ => unreachable!("it is a table"),
    }
}

/// Drops the sources of a key and of its entries.
fn forget(sources: &mut DeTable<'_>, key: &str) {
    let of_key = |source: &str| source.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    *sources = std::mem::take(sources).into_iter().filter(|(source, _)| !of_key(source.get_ref())).collect();
}

/// The base's runtimes in its order, each under the one of the same name and processor, then the new ones.
fn runtimes<'t>(own: DeArray<'t>, base: DeArray<'t>) -> Result<DeArray<'t>, Unsourced> {
    let mut merged: Vec<Spanned<DeValue<'t>>> = base.into_iter().collect();
    for entry in own {
        let name = identity(entry.get_ref());
        let place = merged.iter().position(|below| name.is_some() && identity(below.get_ref()) == name);
        let span = entry.span();
        match (entry.into_inner(), place) {
            (DeValue::Table(own), Some(place)) => {
                let below = std::mem::replace(&mut merged[place], Spanned::new(0..0, DeValue::Boolean(false)));
                let DeValue::Table(below) = below.into_inner() else { unreachable!("only tables have a name") };
                let section = section(&format!("runtime.{place}"), own, below)?;
                merged[place] = Spanned::new(span, DeValue::Table(section));
            }
            (DeValue::Table(mut own), None) => {
                let model = like(&own)
                    .and_then(|like| merged.iter().find(|entry| identity(entry.get_ref()) == Some(like.clone())));
                if let Some(DeValue::Table(model)) = model.map(|entry| entry.get_ref().clone()) {
                    own.remove("like");
                    own = section(&format!("runtime.{}", merged.len()), own, model)?;
                    own.remove("class");
                }
                merged.push(Spanned::new(span, DeValue::Table(own)));
            }
            (entry, _) => merged.push(Spanned::new(span, entry)),
        }
    }
    Ok(merged.into_iter().collect())
}

/// Name and processor of the runtime that a new one is like: it has its numbers, as far as it gives none of its own.
fn like(own: &DeTable<'_>) -> Option<(String, String)> {
    let word = |key| own.get(key).and_then(|word| word.get_ref().as_str().map(str::to_owned));
    Some((word("like")?, word("processor")?))
}

/// Name and processor of a runtime.
fn identity(runtime: &DeValue<'_>) -> Option<(String, String)> {
    let word = |key| runtime.get(key).and_then(|word| word.get_ref().as_str().map(str::to_owned));
    Some((word("name")?, word("processor")?))
}
