//! Bundles by a rank that only rises, lowest first: a heap that is brought up to date where it is looked at.
//!
//! A use writes the bundle's new rank and leaves the heap alone. As ranks only rise, an outdated entry lies too near to
//! the top, never too deep: whoever comes to the top with an outdated rank is put where it belongs, and who is on top
//! with its rank of today is the lowest of all. The hottest bundles hardly ever come to the top.
//!
//! Newcomers wait in a queue of their own as long as each ranks above the one before, which they do unless their worth
//! differs: most are dropped from there, and never enter the heap.
//!
//! A rank is a value and the time of the last use, so that among equal values the one used longest ago is the lowest.
//!
//! 32 bytes a bundle (16 of state, 16 of heap), three bits, and 16 to 64 bytes of queue for each newcomer.

use alloc::{vec, vec::Vec};
use core::hint::black_box;

use crate::{bitset::Bitset, evict::sweep::Sweep, geometry::BundleId};

/// Values above this count as this: 56 bits.
const VALUE_MAX: u64 = (1 << 56) - 1;
/// Uses are told apart in time up to this: 40 bits, hours of nothing but uses.
const TIME_MAX: u64 = (1 << 40) - 1;
/// No entry: above every rank.
const ABSENT: u128 = u128::MAX;

/// Four children of one node, in one cache line.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Line([u128; 4]);

/// Ranks of bundles, and the lowest of them.
#[derive(Clone, Debug)]
pub(crate) struct Ranks {
    /// By bundle, from the high bits: value, time of last use, number of uses (32 bits).
    state: Vec<u128>,
    /// The heap's entries, from the high bits: value, time, bundle (32 bits). Node n is number n + 3, so that the children
    /// of node n are line n + 1.
    lines: Vec<Line>,
    len: usize,
    /// The top was taken: whoever comes next sinks from there, which is shorter than for one to sink and one to rise.
    vacant: bool,
    /// Entries of bundles that were used once when they were put there, lowest first.
    newcomers: Sweep<u128>,
    /// Which of them are newcomers still: told without fetching their state.
    fresh: Bitset,
    /// Rank of the last of them.
    newest: u128,
    time: u64,
    held: Bitset,
    /// What waits in the queue or in the heap: all that is in care, but for what was held when it came to the top.
    queued: Bitset,
}

impl Ranks {
    /// No bundles, of ids below `bundles`.
    pub(crate) fn new(bundles: u32) -> Self {
        let none = Bitset::new(bundles as usize);
        Self {
            state: vec![0; bundles as usize],
            lines: vec![Line([ABSENT; 4]); (bundles as usize + 3).div_ceil(4)],
            len: 0,
            vacant: false,
            newcomers: Sweep::new(bundles),
            fresh: none.clone(),
            newest: 0,
            time: 0,
            held: none.clone(),
            queued: none,
        }
    }

    /// Fetches what uses of the bundles read first.
    #[inline]
    pub(crate) fn fetch(&self, bundles: &[BundleId]) {
        black_box(bundles.iter().fold(0, |all, &bundle| all ^ self.uses(bundle)));
    }

    /// Uses since the bundle came into care.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the low 32 bits are the uses")]
    pub(crate) fn uses(&self, bundle: BundleId) -> u32 {
        self.state[bundle as usize] as u32
    }

    /// Takes a bundle into care, used once.
    #[inline]
    pub(crate) fn admit(&mut self, bundle: BundleId, value: u64) {
        self.rank(bundle, value, 1);
        let rank = self.state[bundle as usize] >> 32;
        if rank < self.newest {
            self.enqueue(bundle);
        } else {
            self.queued.insert(bundle);
            self.fresh.insert(bundle);
            self.newcomers.push(rank << 32 | u128::from(bundle));
            self.newest = rank;
        }
    }

    /// Notes a use of a bundle whose value becomes `value`, which is no less than before.
    #[inline]
    pub(crate) fn rank(&mut self, bundle: BundleId, value: u64, uses: u32) {
        assert!(self.time < TIME_MAX, "more than {TIME_MAX} uses");
        self.time += 1;
        self.fresh.remove(bundle);
        let rank = u128::from(value.min(VALUE_MAX)) << 40 | u128::from(self.time);
        self.state[bundle as usize] = rank << 32 | u128::from(uses);
    }

    /// Makes the bundle no candidate.
    pub(crate) fn hold(&mut self, bundle: BundleId) {
        self.held.insert(bundle);
    }

    /// Makes the bundle a candidate again.
    pub(crate) fn release(&mut self, bundle: BundleId) {
        self.held.remove(bundle);
        if !self.queued.contains(bundle) {
            self.enqueue(bundle);
        }
    }

    /// Takes the lowest candidate out: its value, and the bundle.
    #[expect(clippy::cast_possible_truncation, reason = "the high 56 bits of a rank are the value")]
    pub(crate) fn pop(&mut self) -> Option<(u64, BundleId)> {
        let newcomer = self.first_newcomer();
        let (rank, bundle) = match (newcomer, self.top()) {
            (Some(first), top) if top.is_none_or(|top| first < top) => {
                self.newcomers.take();
                first
            }
            (_, top) => {
                let top = top?;
                self.vacant = true;
                top
            }
        };
        self.queued.remove(bundle);
        Some(((rank >> 40) as u64, bundle))
    }

    /// The first of the newcomers that is one still, and its rank.
    #[expect(clippy::cast_possible_truncation, reason = "the low 32 bits are the bundle")]
    fn first_newcomer(&mut self) -> Option<(u128, BundleId)> {
        while let Some(entry) = self.newcomers.under_hand() {
            let bundle = entry as u32;
            let held = self.held.contains(bundle);
            if !held && self.fresh.contains(bundle) {
                return Some((entry >> 32, bundle));
            }
            self.newcomers.take();
            if held {
                self.queued.remove(bundle);
            } else {
                self.enqueue(bundle);
            }
        }
        None
    }

    /// The top of the heap, up to date, and its rank.
    #[expect(clippy::cast_possible_truncation, reason = "the low 32 bits are the bundle")]
    fn top(&mut self) -> Option<(u128, BundleId)> {
        self.fill_top();
        while self.len > 0 {
            let top = self.lines[0].0[3];
            let bundle = top as u32;
            let rank = self.state[bundle as usize] >> 32;
            if self.held.contains(bundle) {
                self.queued.remove(bundle);
                self.vacant = true;
                self.fill_top();
            } else if rank == top >> 32 {
                return Some((rank, bundle));
            } else {
                self.sink(rank << 32 | u128::from(bundle));
            }
        }
        None
    }

    fn enqueue(&mut self, bundle: BundleId) {
        self.queued.insert(bundle);
        let entry = self.state[bundle as usize] >> 32 << 32 | u128::from(bundle);
        if core::mem::take(&mut self.vacant) {
            self.sink(entry);
        } else {
            self.rise(self.len, entry);
            self.len += 1;
        }
    }

    /// Puts the last entry where the top was taken.
    fn fill_top(&mut self) {
        if !core::mem::take(&mut self.vacant) {
            return;
        }
        self.len -= 1;
        let last = self.len + 3;
        let entry = core::mem::replace(&mut self.lines[last / 4].0[last % 4], ABSENT);
        if self.len > 0 {
            self.sink(entry);
        }
    }

    /// Puts `entry` into the free `node` or above.
    fn rise(&mut self, mut node: usize, entry: u128) {
        while node > 0 {
            let parent = (node - 1) / 4;
            let number = parent + 3;
            let above = self.lines[number / 4].0[number % 4];
            if above <= entry {
                break;
            }
            self.put(node, above);
            node = parent;
        }
        self.put(node, entry);
    }

    /// Puts `entry` in place of the top or below.
    fn sink(&mut self, entry: u128) {
        let mut node = 0;
        while let Some(&Line([a, b, c, d])) = self.lines.get(node + 1) {
            let (left, left_at) = if b < a { (b, 1) } else { (a, 0) };
            let (right, right_at) = if d < c { (d, 3) } else { (c, 2) };
            let (lowest, at) = if right < left { (right, right_at) } else { (left, left_at) };
            if entry <= lowest {
                break;
            }
            self.put(node, lowest);
            node = node * 4 + 1 + at;
        }
        self.put(node, entry);
    }

    #[inline]
    fn put(&mut self, node: usize, entry: u128) {
        let number = node + 3;
        self.lines[number / 4].0[number % 4] = entry;
    }
}
