//! Window of k tokens: keeps the union of the active sets of the last k passes (*LLM in a flash* §3.1).
//!
//! The paper counts references: a bundle stays while any of the last k tokens used it. That is the same as dropping a
//! bundle k passes after its last use, so the window is a recency trail with an age limit, and the oldest entries
//! are always at its tail.
//!
//! The paper's window is *fixed*: it holds what k tokens used, whatever that comes to. It is this policy under a
//! budget that suffices for k tokens. Under a smaller budget the window *shrinks*: it sheds the oldest first, as LRU
//! does, and so never keeps more of an old token than of a newer one.
//!
//! 4 bytes a bundle and 32 to 64 for each held, 36 a bundle at most: a trail of ids and steps. While a stream of single
//! lookups is judged, 4 and two to four bits a bundle are touched.

use crate::{
    bitset::Bitset,
    evict::{At, Evict, Moment, Slots, trail::Trail},
    geometry::BundleId,
};

/// Drops a bundle that the last k passes did not use.
#[derive(Clone, Debug)]
pub struct Window {
    /// Bundles and the low halves of their steps' numbers.
    recency: Trail<(BundleId, u32)>,
    steps: u32,
    /// The running step.
    now_low: u32,
    /// Before this step nothing can be too old, because the oldest bundle was not when it was last looked at.
    due: u64,
    /// Number of the lookup after those that were judged.
    next: u64,
}

impl Window {
    /// A window of `tokens` passes of `layers` steps each, for ids below `bundles`.
    ///
    /// # Panics
    /// If the window is of no tokens.
    #[must_use]
    pub fn new(bundles: u32, tokens: u32, layers: u32) -> Self {
        assert!(tokens > 0, "a window of no tokens");
        // A window of 2^31 steps, tens of millions of tokens, is one of all: older bundles could not be told from newer.
        let steps = tokens.saturating_mul(layers).min((1 << 31) - 1);
        Self { recency: Trail::new(bundles), steps, now_low: 0, due: 0, next: 0 }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is what is kept")]
fn low(step: u64) -> u32 {
    step as u32
}

impl Evict for Window {
    #[inline]
    fn hold(&mut self, bundle: BundleId) {
        self.recency.forget(bundle);
    }

    #[inline]
    fn touch(&mut self, bundle: BundleId, at: At) {
        self.recency.push((bundle, low(at.step)));
    }

    fn release(&mut self, bundle: BundleId) {
        // As new as the running step.
        self.recency.push((bundle, self.now_low));
    }

    #[inline]
    fn reuse(&mut self, bundle: BundleId, at: At) {
        self.recency.renew((bundle, low(at.step)));
    }

    #[inline]
    fn admit(&mut self, bundle: BundleId, at: At) {
        self.touch(bundle, at);
    }

    #[inline]
    fn judge(&mut self, bundles: &[BundleId], number: usize, slots: &mut Slots<'_>) -> Option<usize> {
        // Ages are differences of lookups' numbers, between which there must be no gap then.
        let first = number as u64;
        if self.recency.is_judging() && first != self.next {
            return None;
        }
        let misses = self.recency.judge(bundles, slots, Some(self.steps))?;
        self.next = first + bundles.len() as u64;
        Some(misses)
    }

    fn settle(&mut self, resident: &mut Bitset) {
        let next_low = low(self.next);
        self.recency.settle(resident, |bundle, age| (bundle, next_low.wrapping_sub(age)));
        self.now_low = next_low.wrapping_sub(1);
        self.due = 0;
    }

    #[inline]
    fn fetch(&self, bundles: &[BundleId]) {
        self.recency.fetch(bundles);
    }

    #[inline]
    fn victim(&mut self) -> Option<BundleId> {
        self.recency.pop()
    }

    #[inline]
    fn expire(&mut self, moment: Moment, step: u64) -> Option<BundleId> {
        self.now_low = low(step);
        if moment == Moment::AfterStep || step < self.due {
            return None;
        }
        let (_, oldest_low) = self.recency.oldest()?;
        let age = low(step).wrapping_sub(oldest_low);
        if age >= self.steps {
            return self.recency.pop();
        }
        self.due = step + u64::from(self.steps - age);
        None
    }
}
