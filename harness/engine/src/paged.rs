//! What an operating system's page cache does for a memory-mapped store: pages, read-around, an approximate LRU and
//! synchronous faults.
//!
//! The model is the two-list second chance of Unix kernels: a page faults in on the inactive list; when room is short,
//! an inactive page that was touched since moves to the active list, one that was not is dropped, and the active list
//! gives its untouched tail back. Nothing knows which bundles a step needs: each missing page stops it.

use alloc::{vec, vec::Vec};

use crate::{
    bitset::Bitset,
    counters::{Counters, Owners},
    engine::Gather,
    list::{Links, List},
    platform::{Cause, Kernel, KernelKind, Platform, Read, Touched},
    session::{Step, Stepper},
    stopwatch::Stopwatch,
    store::{Extent, Store},
    warm_up,
};

/// How the page cache is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSetup {
    /// Bytes of pages that the system keeps for the store.
    pub budget_bytes: u64,
    /// Size of a page.
    pub page_bytes: u64,
    /// Pages around a fault that are read with it: the aligned block of this size, up to the next resident page.
    pub read_around_bytes: u64,
    /// When weights are touched.
    pub gather: Gather,
    /// Bytes of the weights outside the store, read at warm-up.
    pub dense_bytes: u64,
}

/// A stepper whose weights come through a page cache.
#[derive(Debug)]
pub struct PagedEngine<'s, P> {
    store: &'s Store,
    setup: PageSetup,
    platform: P,
    pages_max: u64,
    pages: u64,
    links: Links,
    active: List,
    active_pages: u64,
    inactive: List,
    present: Bitset,
    touched: Bitset,
    /// Read and not touched since: what is needed is counted at the first touch.
    unused: Bitset,
    seen: Vec<u32>,
    counters: Counters,
    peak_pages: u64,
    watch: Stopwatch,
}

impl<'s, P: Platform> PagedEngine<'s, P> {
    /// An empty page cache over `store`.
    ///
    /// # Panics
    /// If the budget holds no page, or pages and the read-around are no multiples of one another.
    #[must_use]
    pub fn new(store: &'s Store, setup: PageSetup, mut platform: P) -> Self {
        let PageSetup { budget_bytes, page_bytes, read_around_bytes, .. } = setup;
        assert!(page_bytes > 0 && page_bytes.is_multiple_of(store.read_unit_bytes()), "pages of {page_bytes} B");
        assert!(read_around_bytes >= page_bytes && read_around_bytes.is_multiple_of(page_bytes), "read-around");
        assert!(budget_bytes >= page_bytes, "{budget_bytes} B hold no page of {page_bytes} B");
        let pages = usize::try_from(store.bytes().div_ceil(page_bytes)).expect("pages fit the address space");
        platform.reserve(1);
        Self {
            pages_max: (budget_bytes / page_bytes).min(pages as u64),
            pages: 0,
            links: Links::new(pages),
            active: List::default(),
            active_pages: 0,
            inactive: List::default(),
            present: Bitset::new(pages),
            touched: Bitset::new(pages),
            unused: Bitset::new(pages),
            seen: vec![0; store.geometry().bundles() as usize],
            counters: Counters::default(),
            peak_pages: 0,
            watch: Stopwatch::start(&mut platform),
            store,
            setup,
            platform,
        }
    }

    /// Touches every page of `extent`; whether all were there.
    fn touch(&mut self, extent: Extent) -> bool {
        let first = page_number(extent.offset / self.setup.page_bytes);
        let last = page_number((extent.end() - 1) / self.setup.page_bytes);
        let mut all_present = true;
        for page in first..=last {
            if !self.present.contains(page) {
                all_present = false;
                self.fault(page);
            }
            self.touched.insert(page);
            if self.unused.contains(page) {
                self.unused.remove(page);
                self.counters.needed_bytes[Cause::Demand as usize] += self.bytes_of(page);
            }
        }
        all_present
    }

    /// Reads `page` and its missing neighbours within the read-around block, and waits.
    fn fault(&mut self, page: u32) {
        let block = page_number(self.setup.read_around_bytes / self.setup.page_bytes);
        let block_first = page / block * block;
        let pages = page_number(self.store.bytes().div_ceil(self.setup.page_bytes));
        let block_end = (block_first + block).min(pages);
        let mut first = page;
        while first > block_first && !self.present.contains(first - 1) {
            first -= 1;
        }
        let mut end = page + 1;
        while end < block_end && !self.present.contains(end) {
            end += 1;
        }
        // A cache smaller than the block keeps the faulting page at least.
        let room = page_number(self.pages_max);
        end = end.min(page + room);
        first = first.max(end.saturating_sub(room));
        let offset = u64::from(first) * self.setup.page_bytes;
        let bytes = (u64::from(end - first) * self.setup.page_bytes).min(self.store.bytes() - offset);
        let cause = Cause::Demand;
        self.counters.reads[cause as usize] += 1;
        self.counters.read_bytes[cause as usize] += bytes;
        // The page that was asked for comes in last, so that its neighbours can't push it out before it is used.
        for neighbour in (first..end).filter(|&other| other != page) {
            self.take_in(neighbour);
        }
        self.take_in(page);
        self.watch.manage(&mut self.platform);
        // A fault is not over before its pages are mapped: that is part of the wait.
        self.platform.admit(bytes);
        let ticket = self.platform.submit(&Read { extent: Extent { offset, bytes }, cause }, &[]);
        self.watch.wait(&mut self.platform, ticket);
    }

    /// Bytes of a page: the store's last one may be cut.
    fn bytes_of(&self, page: u32) -> u64 {
        let offset = u64::from(page) * self.setup.page_bytes;
        self.setup.page_bytes.min(self.store.bytes() - offset)
    }

    fn take_in(&mut self, page: u32) {
        if self.pages == self.pages_max {
            self.drop_one();
        }
        self.pages += 1;
        self.peak_pages = self.peak_pages.max(self.pages);
        self.present.insert(page);
        self.unused.insert(page);
        self.inactive.push_head(&mut self.links, page);
    }

    /// Drops one page. Ends because each round clears a touched bit or moves a page towards the drop.
    fn drop_one(&mut self) {
        loop {
            while self.active_pages * 2 > self.pages || (self.inactive.tail().is_none() && self.active_pages > 0) {
                self.give_back();
            }
            let page = self.inactive.tail().expect("a full cache has a page to drop");
            self.inactive.unlink(&mut self.links, page);
            if self.touched.contains(page) {
                self.touched.remove(page);
                self.active.push_head(&mut self.links, page);
                self.active_pages += 1;
                continue;
            }
            self.present.remove(page);
            self.pages -= 1;
            self.counters.evictions += 1;
            return;
        }
    }

    /// Moves the active list's tail to the inactive list, or, touched since, to the active head.
    fn give_back(&mut self) {
        let page = self.active.tail().expect("the active list is not empty");
        self.active.unlink(&mut self.links, page);
        if self.touched.contains(page) {
            self.touched.remove(page);
            self.active.push_head(&mut self.links, page);
            return;
        }
        self.active_pages -= 1;
        self.inactive.push_head(&mut self.links, page);
    }

    /// Touches all that the step needs, bundle by bundle.
    fn gather(&mut self, step: &Step<'_>) {
        for &bundle in step.row.active {
            let mut hit = true;
            for part in 0..self.store.parts(bundle) {
                hit &= self.touch(self.store.extent(bundle, part));
            }
            self.counters.lookups += 1;
            if hit {
                self.counters.hits += 1;
            } else {
                self.counters.misses += 1;
                self.counters.re_reads += u64::from(self.seen[bundle as usize]);
            }
            self.seen[bundle as usize] = 1;
        }
    }
}

fn page_number(page: u64) -> u32 {
    u32::try_from(page).expect("fewer than 2^32 pages")
}

impl<P: Platform> Stepper for PagedEngine<'_, P> {
    type Platform = P;

    fn warm_up(&mut self) {
        let Self { store, setup, platform, counters, watch, .. } = self;
        warm_up::read_dense(store, setup.dense_bytes, setup.read_around_bytes, 1, platform, counters, watch);
    }

    fn step(&mut self, step: &Step<'_>) {
        let touched = Touched { bundles: step.row.active, slot_of: &[] };
        match self.setup.gather {
            Gather::WholeLayer => {
                self.gather(step);
                for kernel in step.whole_layer() {
                    self.watch.run(&mut self.platform, &kernel, touched);
                }
            }
            Gather::FeedForward => {
                self.watch.run(&mut self.platform, &step.kernel(KernelKind::Dense), Touched::default());
                self.gather(step);
                self.watch.run(&mut self.platform, &step.kernel(KernelKind::FeedForward), touched);
            }
        }
    }

    fn run(&mut self, kernel: &Kernel) {
        self.watch.run(&mut self.platform, kernel, Touched::default());
    }

    fn counters(&self) -> Counters {
        self.counters
    }

    fn owners(&self) -> Owners {
        self.watch.owners
    }

    fn owned_until_ns(&self) -> u64 {
        self.watch.last_ns
    }

    fn resident_bytes(&self) -> u64 {
        self.pages * self.setup.page_bytes
    }

    fn resident_peak_bytes(&self) -> u64 {
        self.peak_pages * self.setup.page_bytes
    }

    fn platform(&self) -> &P {
        &self.platform
    }

    fn platform_mut(&mut self) -> &mut P {
        &mut self.platform
    }
}
