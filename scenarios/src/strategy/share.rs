//! A share: a number from 0 to 1.

use serde::{Deserialize, Deserializer, de::Error as _};

/// A share from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Share(f64);

impl Share {
    /// A share, where the number is one.
    #[must_use]
    pub fn new(share: f64) -> Option<Self> {
        (0.0..=1.0).contains(&share).then_some(Self(share))
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }

    /// The share in parts of `whole`, to the nearest.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most `whole`, and not negative")]
    pub fn of(self, whole: u32) -> u32 {
        (self.0 * f64::from(whole)).round() as u32
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let share = f64::deserialize(from)?;
        Self::new(share).ok_or_else(|| D::Error::custom("a share is a number from 0.0 to 1.0"))
    }
}
