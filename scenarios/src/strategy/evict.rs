//! Which bundle leaves when room is needed.

use serde::Deserialize;

/// The eviction policies; each is described where it is written, in the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub enum Evict {
    /// Everything, after every step.
    RetainNone,
    /// First in, first out.
    Fifo,
    /// Least recently used.
    Lru,
    /// First in, first out, with a second chance.
    Clock,
    /// Least frequently used.
    Lfu,
    /// Least frequently used, counted for ever.
    LfuPerfect,
    /// Least frequently used, with ageing.
    LfuAged,
    /// A hand that spares once what was used.
    Sieve,
    /// A small queue on trial, a main one, and ghosts of the small one.
    S3Fifo,
    /// Recency and frequency, balanced by ghosts.
    Arc,
    /// A queue on trial, and recency for what came back.
    TwoQ,
    /// A window of recency before a main part that a sketch of frequency guards.
    WTinyLfu,
    /// Least expected hits per byte and time.
    Lhd,
    /// What the last k tokens did not use.
    Window {
        /// k.
        tokens: u32,
    },
    /// What its layer did without for the most turns.
    LeastStale,
    /// What saves the least reload time per byte.
    CostAware,
    /// Furthest next use: knows the future.
    Belady,
}

/// As written: a table, so that parameters have their place.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, expecting = "a table such as { policy = \"lru\" }")]
struct Written {
    policy: Name,
    tokens: Option<u32>,
}

/// The policies by name.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Name {
    RetainNone,
    Fifo,
    Lru,
    Clock,
    Lfu,
    LfuPerfect,
    LfuAged,
    Sieve,
    #[serde(rename = "s3-fifo")]
    S3Fifo,
    Arc,
    TwoQ,
    #[serde(rename = "w-tinylfu")]
    WTinyLfu,
    Lhd,
    Window,
    LeastStale,
    CostAware,
    Belady,
}

impl TryFrom<Written> for Evict {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        match (written.policy, written.tokens) {
            (Name::Window, Some(0)) => Err("a window of no tokens: at least 1"),
            (Name::Window, Some(tokens)) => Ok(Self::Window { tokens }),
            (Name::Window, None) => Err("a window of how many tokens? give { policy = \"window\", tokens = 5 }"),
            (_, Some(_)) => Err("only { policy = \"window\" } has `tokens`: leave them out"),
            (Name::RetainNone, None) => Ok(Self::RetainNone),
            (Name::Fifo, None) => Ok(Self::Fifo),
            (Name::Lru, None) => Ok(Self::Lru),
            (Name::Clock, None) => Ok(Self::Clock),
            (Name::Lfu, None) => Ok(Self::Lfu),
            (Name::LfuPerfect, None) => Ok(Self::LfuPerfect),
            (Name::LfuAged, None) => Ok(Self::LfuAged),
            (Name::Sieve, None) => Ok(Self::Sieve),
            (Name::S3Fifo, None) => Ok(Self::S3Fifo),
            (Name::Arc, None) => Ok(Self::Arc),
            (Name::TwoQ, None) => Ok(Self::TwoQ),
            (Name::WTinyLfu, None) => Ok(Self::WTinyLfu),
            (Name::Lhd, None) => Ok(Self::Lhd),
            (Name::LeastStale, None) => Ok(Self::LeastStale),
            (Name::CostAware, None) => Ok(Self::CostAware),
            (Name::Belady, None) => Ok(Self::Belady),
        }
    }
}
