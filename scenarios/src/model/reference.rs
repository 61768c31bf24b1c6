//! Names of models as people, tables and Hugging Face write them: `mlx-community/Qwen3-4B-Instruct-2507-4bit`.
//!
//! A name is looked up as it is, then with less and less of what says how it is packaged; what is taken away may hint at a
//! quantization. Nothing is guessed: a name that no catalog entry has in the end is not found.

use std::{collections::BTreeMap, sync::LazyLock};

use super::{embedded, recipe::Recipe};

/// A known model, and the quantization that its name hints at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Name in the catalog.
    pub model: &'static str,
    /// A recipe's name.
    pub quantization: Option<&'static str>,
}

/// Suffixes that say how a model was tuned or packaged and not what it is made of, each with the recipe that it hints at.
const SUFFIXES: &[(&str, Option<&str>)] = &[
    ("gguf", None),
    ("mlx", None),
    ("instruct", None),
    ("it", None),
    ("chat", None),
    ("base", None),
    ("hf", None),
    ("qat", None),
    ("text", None),
    ("quantized", Some("8da4w")),
    ("spinquant", Some("spinquant")),
    ("qlora", Some("qlora")),
    ("2bit", Some("mlx-2bit")),
    ("3bit", Some("mlx-3bit")),
    ("4bit", Some("mlx-4bit")),
    ("5bit", Some("mlx-5bit")),
    ("6bit", Some("mlx-6bit")),
    ("8bit", Some("mlx-8bit")),
    ("bf16", Some("mlx-bf16")),
    ("int4", Some("litert-int4")),
    ("int8", Some("litert-int8")),
    ("litert-lm", None),
];

/// Names and aliases without the dashes that people write or not, each with the model's name.
static NAMES: LazyLock<BTreeMap<String, &'static str>> = LazyLock::new(|| {
    let mut names = BTreeMap::new();
    for &(name, text) in embedded::MODELS {
        names.insert(joined(&plain(name)), name);
        let table: toml::Table = toml::from_str(text).unwrap_or_default();
        let aliases = table.get("aliases").and_then(toml::Value::as_array).into_iter().flatten();
        for alias in aliases.filter_map(toml::Value::as_str) {
            names.entry(joined(&plain(alias))).or_insert(name);
        }
    }
    names
});

/// The catalog's model of a name, an alias, or a repository's name.
#[must_use]
pub fn known(name: &str) -> Option<Reference> {
    // publisher/model/file: the file's name alone says little, so it is a hint.
    let parts: Vec<&str> = name.split('/').collect();
    let (model, hint) = match parts[..] {
        [whole] | [_, whole] => (whole, None),
        [_, model, file] => (model, recipe_of(&plain(file))),
        _ => return None,
    };
    // A publisher's name may be repeated before the model's: `Qwen_Qwen3.5-0.8B`.
    let without_publisher = model.split_once('_').map(|(_, model)| model);
    [Some(model), without_publisher].into_iter().flatten().find_map(|model| without_suffixes(&plain(model), hint))
}

/// The model of a plain name, with as few suffixes taken away as it needs.
fn without_suffixes(name: &str, mut hint: Option<&'static str>) -> Option<Reference> {
    let mut rest = name;
    loop {
        if let Some(model) = NAMES.get(&joined(rest)) {
            return Some(Reference { model, quantization: hint });
        }
        let (shorter, of_suffix) = one_suffix(rest)?;
        (rest, hint) = (shorter, hint.or(of_suffix));
    }
}

/// A plain name without the dashes that people write or not: those that don't stand between two digits.
fn joined(plain: &str) -> String {
    let letters: Vec<char> = plain.chars().collect();
    let is_digit = |place: usize| letters.get(place).is_some_and(char::is_ascii_digit);
    let kept =
        |&(place, &letter): &(usize, &char)| letter != '-' || (place > 0 && is_digit(place - 1) && is_digit(place + 1));
    letters.iter().enumerate().filter(kept).map(|(_, &letter)| letter).collect()
}

/// Lower case, with a dash for every other separator but the point: `Llama 3.2:3b` is `llama-3.2-3b`.
fn plain(name: &str) -> String {
    let dashed = |letter: char| if matches!(letter, ' ' | '_' | ':') { '-' } else { letter.to_ascii_lowercase() };
    name.chars().map(dashed).collect()
}

/// A plain name without its last suffix, and the recipe that the suffix hints at.
fn one_suffix(name: &str) -> Option<(&str, Option<&'static str>)> {
    let known = SUFFIXES.iter().find_map(|&(suffix, hint)| {
        let shorter = name.strip_suffix(suffix)?.strip_suffix('-')?;
        Some((shorter, hint))
    });
    known.or_else(|| {
        let dashes: Vec<usize> = name.match_indices('-').map(|(place, _)| place).collect();
        dashes.into_iter().find_map(|dash| Some((&name[..dash], Some(recipe_of(&name[dash + 1..])?))))
    })
}

fn recipe_of(plain: &str) -> Option<&'static str> {
    Recipe::names().find(|&name| name == plain)
}

#[cfg(test)]
mod tests;
