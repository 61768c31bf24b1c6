//! What must hold between the keys of a strategy.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de::Error as _};

use super::{
    CATALOG, Evict, Mechanism, Overlap, Pinned, Placement, Prefetch, Reads, ResidentSet, Strategy, StrategyFile, Stream,
};
use crate::ScenarioError;

/// A share from 0 to 1, or `"fit"`.
pub(super) fn pinned<'de, D: Deserializer<'de>>(from: D) -> Result<Pinned, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Share(f64),
        Word(String),
    }
    match Written::deserialize(from) {
        Ok(Written::Share(share)) if (0.0..=1.0).contains(&share) => Ok(Pinned::Share(share)),
        Ok(Written::Word(word)) if word == "fit" => Ok(Pinned::Fit),
        _ => Err(D::Error::custom("a pinned share is a number from 0.0 to 1.0, or \"fit\"")),
    }
}

/// An eviction policy as written.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, expecting = "a table such as { policy = \"lru\" }")]
pub(super) struct EvictFile {
    policy: Policy,
    tokens: Option<u32>,
}

/// The policies by name.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Policy {
    RetainNone,
    Lru,
    Window,
    Belady,
}

impl TryFrom<EvictFile> for Evict {
    type Error = &'static str;

    fn try_from(file: EvictFile) -> Result<Self, Self::Error> {
        match (file.policy, file.tokens) {
            (Policy::RetainNone, None) => Ok(Self::RetainNone),
            (Policy::Lru, None) => Ok(Self::Lru),
            (Policy::Belady, None) => Ok(Self::Belady),
            (Policy::Window, Some(0)) => Err("a window of no tokens: at least 1"),
            (Policy::Window, Some(tokens)) => Ok(Self::Window { tokens }),
            (Policy::Window, None) => Err("a window of how many tokens? give { policy = \"window\", tokens = 5 }"),
            (_, Some(_)) => Err("only { policy = \"window\" } has `tokens`: leave them out"),
        }
    }
}

/// The strategy of a file whose single keys are right.
pub(super) fn strategy(
    origin: &str,
    file: StrategyFile,
    settings: BTreeMap<String, String>,
) -> Result<Strategy, ScenarioError> {
    let wrong = |key: &str, problem: String| ScenarioError::Impossible {
        kind: CATALOG.kind,
        origin: origin.to_owned(),
        key: key.to_owned(),
        problem,
    };
    if file.schema != 1 {
        return Err(wrong("schema", format!("this program reads schema 1, not {}", file.schema)));
    }
    if file.name.is_empty() || file.name.contains(char::is_whitespace) {
        return Err(wrong("name", "a name is one word, such as window-5".to_owned()));
    }
    profile(&file).map_err(|(key, problem)| wrong(key, problem))?;
    let mechanism = match (file.resident_set, file.reads, file.page_cache) {
        (Some(set), Some(reads), None) => {
            resident_set(&set, reads, file.stream).map_err(|(key, problem)| wrong(key, problem))?;
            Mechanism::ResidentSet { set, reads }
        }
        (None, None, Some(cache)) => {
            if cache.read_around_kib == 0 {
                return Err(wrong("page-cache.read-around-kib", "a fault reads something: at least 1".to_owned()));
            }
            Mechanism::PageCache(cache)
        }
        _ => {
            return Err(wrong(
                "resident-set",
                "a strategy has either [resident-set] with [reads], or [page-cache]".to_owned(),
            ));
        }
    };
    Ok(Strategy {
        name: file.name,
        title: file.title,
        stream: file.stream,
        layout: file.layout,
        profile_tokens: file.profile_tokens,
        mechanism,
        settings,
    })
}

/// What is learnt from a profile, and from how much of one.
fn profile(file: &StrategyFile) -> Result<(), (&'static str, String)> {
    if file.layout.is_ordered() && file.stream == Stream::Everything {
        return Err((
            "layout",
            "a dense stream reads all, in whatever order: order the rows of stream = \"feed-forward\", or lay them out \
             \"bundled\""
                .to_owned(),
        ));
    }
    match file.profile_tokens {
        Some(0) => Err(("profile-tokens", "a profile of no tokens: at least 1".to_owned())),
        Some(_) if !file.is_profiled() => Err((
            "profile-tokens",
            "nothing of this strategy learns from a profile: leave it out, or give layout = \"popularity\" or \
             \"co-activation\""
                .to_owned(),
        )),
        _ => Ok(()),
    }
}

/// Far above any queue of a phone (32) or what one queue of an SSD is given, low enough to tabulate.
const LANES_MAX: u32 = 1024;

fn resident_set(set: &ResidentSet, reads: Reads, stream: Stream) -> Result<(), (&'static str, String)> {
    if reads.lanes == 0 {
        return Err(("reads.lanes", "no reads in flight: at least 1".to_owned()));
    }
    if reads.lanes > LANES_MAX {
        return Err(("reads.lanes", format!("more reads in flight than any device takes: at most {LANES_MAX}")));
    }
    if reads.read_max_kib == 0 {
        return Err(("reads.read-max-kib", "reads of no bytes: at least 1".to_owned()));
    }
    if set.overlap == Overlap::ResidentFirst && stream == Stream::Everything {
        return Err((
            "resident-set.overlap",
            "a layer that is streamed whole is computed at once: \"resident-first\" needs stream = \"feed-forward\""
                .to_owned(),
        ));
    }
    if set.prefetch == Prefetch::NextLayer && stream != Stream::Everything {
        return Err((
            "resident-set.prefetch",
            "the next layer's rows are not known before its turn: only stream = \"everything\" can read it ahead"
                .to_owned(),
        ));
    }
    if set.prefetch == Prefetch::NextLayer && set.placement == Placement::Compact {
        return Err(("resident-set.placement", "a row in flight can't move: read ahead with \"in-place\"".to_owned()));
    }
    if set.prefetch == Prefetch::NextLayer && set.evict == Evict::RetainNone {
        return Err((
            "resident-set.evict",
            "\"retain-none\" drops what was read ahead: use \"lru\" with a prefetch".to_owned(),
        ));
    }
    Ok(())
}
