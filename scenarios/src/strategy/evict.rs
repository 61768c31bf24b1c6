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
    /// Least frequently used, with ageing.
    LfuAged,
    /// A hand that spares once what was used.
    Sieve,
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
    LfuAged,
    Sieve,
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
            (Name::LfuAged, None) => Ok(Self::LfuAged),
            (Name::Sieve, None) => Ok(Self::Sieve),
            (Name::LeastStale, None) => Ok(Self::LeastStale),
            (Name::CostAware, None) => Ok(Self::CostAware),
            (Name::Belady, None) => Ok(Self::Belady),
        }
    }
}
