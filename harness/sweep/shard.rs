//! A part of a sweep: every n-th point.

use std::{fmt, str::FromStr};

/// Shard `number` of `count`, from 1: the points whose number leaves `number` - 1 when divided by `count`. Every n-th
/// point, so that all shards have cheap points and dear ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    number: u32,
    count: u32,
}

impl Shard {
    /// All points.
    pub const WHOLE: Self = Self { number: 1, count: 1 };

    /// Whether the point is of this shard.
    #[must_use]
    pub fn has(self, point: u64) -> bool {
        point % u64::from(self.count) == u64::from(self.number - 1)
    }

    /// Whether it is the whole sweep.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self.count == 1
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.number, self.count)
    }
}

impl FromStr for Shard {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('/').and_then(|(number, count)| Some((number.parse().ok()?, count.parse().ok()?)));
        match parts {
            Some((number, count)) if (1..=count).contains(&number) => Ok(Self { number, count }),
            _ => Err("write it as 2/5: the second of five shards"),
        }
    }
}
