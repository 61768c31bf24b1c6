//! The few bundles that were most often active together with one: found by a histogram of the counts, without sorting.

use alloc::vec::Vec;
use core::cmp::Reverse;

use super::Activity;

/// Finds partners; its memory is used again for every bundle.
#[derive(Clone, Debug)]
pub struct Partners {
    max: usize,
    counts: Vec<u32>,
    /// Bundles by count.
    histogram: Vec<usize>,
    found: Vec<(u32, u32)>,
    equals: Vec<u32>,
}

impl Partners {
    /// Finds up to `max`.
    ///
    /// # Panics
    /// If `max` is 0.
    #[must_use]
    pub fn new(max: usize) -> Self {
        assert!(max > 0, "no partners");
        Self { max, counts: Vec::new(), histogram: Vec::new(), found: Vec::with_capacity(max), equals: Vec::new() }
    }

    /// The bundles of `activity` that were most often active together with `bundle` of the same, as pairs of bundle and
    /// count; of equals those that lie closest, then the lower. In no order.
    pub fn within(&mut self, activity: &Activity, bundle: u32) -> &[(u32, u32)] {
        activity.count_together(activity, bundle, &mut self.counts);
        self.counts[bundle as usize] = 0;
        let (floor, left) = self.choose();
        let above = self.equals.partition_point(|&equal| equal < bundle);
        let (mut below, mut above) =
            (self.equals[..above].iter().rev().peekable(), self.equals[above..].iter().peekable());
        for _ in 0..left {
            let is_lower = match (below.peek(), above.peek()) {
                (Some(&lower), Some(&higher)) => bundle - lower <= higher - bundle,
                (lower, _) => lower.is_some(),
            };
            let closest = if is_lower { below.next() } else { above.next() };
            self.found.extend(closest.map(|&equal| (equal, floor)));
        }
        &self.found
    }

    /// The bundles of `next` that were most often active together with `bundle` of `activity`, most often first; of
    /// equals the lower first.
    pub fn across(&mut self, activity: &Activity, bundle: u32, next: &Activity) -> &[(u32, u32)] {
        next.count_together(activity, bundle, &mut self.counts);
        let (floor, left) = self.choose();
        self.found.extend(self.equals.iter().take(left).map(|&equal| (equal, floor)));
        self.found.sort_by_key(|&(_, count)| Reverse(count));
        &self.found
    }

    /// Finds those whose count is above a floor, all of which are taken, and the equals on the floor, in order, of which
    /// so many are to be taken: the floor and their number.
    fn choose(&mut self) -> (u32, usize) {
        let top = self.counts.iter().copied().max().unwrap_or(0) as usize;
        self.histogram.clear();
        self.histogram.resize(top + 1, 0);
        for &count in &self.counts {
            self.histogram[count as usize] += 1;
        }
        // Where all are taken the floor is 1: what was never active together is no partner.
        let mut left = self.max;
        let mut floor = top.max(1);
        while floor > 1 && self.histogram[floor] < left {
            left -= self.histogram[floor];
            floor -= 1;
        }
        let floor = u32::try_from(floor).expect("it was a count");
        self.found.clear();
        self.equals.clear();
        for (id, &count) in (0..).zip(&self.counts) {
            if count > floor {
                self.found.push((id, count));
            } else if count == floor {
                self.equals.push(id);
            }
        }
        (floor, left.min(self.equals.len()))
    }
}
