//! The slow twin of the page cache: two plain queues and a set of touched pages, written from the module's words.

use std::collections::{BTreeSet, VecDeque};

/// What touches cost so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Traffic {
    pub(crate) faults: u64,
    pub(crate) pages_read: u64,
    pub(crate) dropped: u64,
}

/// The page cache, slowly.
pub(crate) struct PagedTwin {
    pages_max: usize,
    block: u32,
    store_pages: u32,
    /// Newest first.
    active: VecDeque<u32>,
    inactive: VecDeque<u32>,
    touched: BTreeSet<u32>,
    pub(crate) counts: Traffic,
}

impl PagedTwin {
    /// An empty cache of `pages_max` pages that reads aligned blocks of `block` pages of a store of `store_pages`.
    pub(crate) fn new(pages_max: usize, block: u32, store_pages: u32) -> Self {
        Self {
            pages_max: pages_max.min(store_pages as usize),
            block,
            store_pages,
            active: VecDeque::new(),
            inactive: VecDeque::new(),
            touched: BTreeSet::new(),
            counts: Traffic::default(),
        }
    }

    fn present(&self, page: u32) -> bool {
        self.active.contains(&page) || self.inactive.contains(&page)
    }

    /// Uses a page; whether it was there.
    pub(crate) fn touch(&mut self, page: u32) -> bool {
        let present = self.present(page);
        if !present {
            self.fault(page);
        }
        assert!(self.present(page), "page {page} was dropped by its own fault");
        self.touched.insert(page);
        present
    }

    /// Reads the missing run of pages around `page` inside its aligned block, as many as the cache holds at all.
    fn fault(&mut self, page: u32) {
        let block = page / self.block * self.block..((page / self.block + 1) * self.block).min(self.store_pages);
        let missing_from = block.clone().take_while(|&at| at < page).filter(|&at| self.present(at)).last();
        let first = missing_from.map_or(block.start, |present| present + 1);
        let end = (page + 1..block.end).find(|&at| self.present(at)).unwrap_or(block.end);
        let room = u32::try_from(self.pages_max).expect("a small cache");
        let end = end.min(page + room);
        let first = first.max(end.saturating_sub(room));
        self.counts.faults += 1;
        self.counts.pages_read += u64::from(end - first);
        // The page that was asked for comes in last, so that its neighbours can't push it out.
        for taken in (first..end).filter(|&at| at != page).chain([page]) {
            if self.active.len() + self.inactive.len() == self.pages_max {
                self.drop_one();
            }
            self.inactive.push_front(taken);
        }
    }

    fn drop_one(&mut self) {
        loop {
            let all = self.active.len() + self.inactive.len();
            while self.active.len() * 2 > all || (self.inactive.is_empty() && !self.active.is_empty()) {
                let page = self.active.pop_back().expect("more than half are active");
                if self.touched.remove(&page) { self.active.push_front(page) } else { self.inactive.push_front(page) }
            }
            let page = self.inactive.pop_back().expect("a full cache has a page to drop");
            if !self.touched.remove(&page) {
                self.counts.dropped += 1;
                return;
            }
            self.active.push_front(page);
        }
    }
}
