//! A platform that really holds bytes: flash with every weight in it, slots of DRAM, reads that land when they land.
//!
//! Before each feed-forward kernel it compares the slot of every active bundle, byte for byte, with what that bundle
//! is made of. A row is poisoned from the moment that a read into it is submitted until that read lands, and when it has
//! been moved away: right bytes are there by right doing only.

use std::collections::BTreeMap;

use tightfit_engine::{
    geometry::{BundleId, Geometry, NONE},
    platform::{Cause, Kernel, KernelKind, Piece, Platform, Read, Surcharge, Ticket, Touched},
    store::{Extent, Layout},
};

const POISON: u8 = 0xEE;

/// The byte of a bundle's part, as if the model had been trained to it.
fn weight(bundle: BundleId, part: u32, at: u64) -> u8 {
    let mixed = u64::from(bundle).wrapping_mul(0x9E37_79B9) ^ u64::from(part) << 40 ^ at.wrapping_mul(0x0100_0193);
    // Never the poison.
    u8::try_from(mixed.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 56).expect("eight bits") % POISON
}

fn part(geometry: &Geometry, bundle: BundleId, part: u32) -> Vec<u8> {
    let region = geometry.regions().iter().find(|region| region.bundles().contains(&bundle)).expect("a known bundle");
    (0..region.bundle_bytes / u64::from(region.parts)).map(|at| weight(bundle, part, at)).collect()
}

/// The store's bytes, laid out from the words of the layouts: matrix after matrix, or bundle after bundle, in either
/// by rank.
pub(crate) fn flash(geometry: &Geometry, layout: Layout, ranks: &[u32], unit_bytes: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for region in geometry.regions() {
        let mut order: Vec<BundleId> = region.bundles().collect();
        order.sort_by_key(|&bundle| ranks[bundle as usize]);
        match layout {
            Layout::Separate => {
                for number in 0..region.parts {
                    for &bundle in &order {
                        bytes.extend(part(geometry, bundle, number));
                    }
                }
            }
            Layout::Bundled => {
                for &bundle in &order {
                    for number in 0..region.parts {
                        bytes.extend(part(geometry, bundle, number));
                    }
                }
            }
        }
        bytes.resize(bytes.len().next_multiple_of(unit_bytes), POISON);
    }
    bytes
}

/// A read on its way.
struct Flight {
    finish_ns: u64,
    extent: Extent,
    pieces: Vec<Piece>,
}

/// Flash, DRAM and a clock.
pub(crate) struct BytesWorld {
    flash: Vec<u8>,
    /// What each bundle is made of.
    truth: Vec<Vec<u8>>,
    slots: Vec<Vec<u8>>,
    /// The bundle that was last read or moved into a slot.
    occupant: Vec<BundleId>,
    flights: BTreeMap<Ticket, Flight>,
    next_ticket: Ticket,
    now_ns: u64,
    read_ns: u64,
    active: Vec<BundleId>,
    rows_run: usize,
    /// Whether rows that are in DRAM and not needed may be computed, too.
    pub(crate) all_may_run: bool,
    /// Those that were.
    pub(crate) rows_more: u64,
    /// Rows compared so far.
    pub(crate) rows_checked: u64,
    /// Rows moved so far.
    pub(crate) rows_moved: u64,
    /// Reads taken back.
    pub(crate) cancelled: u64,
    /// Bytes of gaps and padding that came with reads.
    pub(crate) unclaimed_bytes: u64,
}

impl BytesWorld {
    /// A world whose reads take up to `read_ns`, four times as long ahead of need, each its own time, so that they land
    /// in any order.
    pub(crate) fn new(geometry: &Geometry, layout: Layout, ranks: &[u32], unit_bytes: u64, read_ns: u64) -> Self {
        let unit_bytes = usize::try_from(unit_bytes).expect("a small read unit");
        let whole = |region: &tightfit_engine::geometry::Region, bundle| -> Vec<u8> {
            (0..region.parts).flat_map(|number| part(geometry, bundle, number)).collect()
        };
        let truth: Vec<Vec<u8>> = geometry
            .regions()
            .iter()
            .flat_map(|region| region.bundles().map(move |bundle| whole(region, bundle)))
            .collect();
        let row_bytes = truth.iter().map(Vec::len).max().unwrap_or(0);
        Self {
            flash: flash(geometry, layout, ranks, unit_bytes),
            slots: vec![vec![POISON; row_bytes]; truth.len()],
            occupant: vec![NONE; truth.len()],
            truth,
            flights: BTreeMap::new(),
            next_ticket: 0,
            now_ns: 0,
            read_ns,
            active: Vec::new(),
            rows_run: 0,
            all_may_run: false,
            rows_more: 0,
            rows_checked: 0,
            rows_moved: 0,
            cancelled: 0,
            unclaimed_bytes: 0,
        }
    }

    /// Size of the store.
    pub(crate) fn flash_bytes(&self) -> u64 {
        self.flash.len() as u64
    }

    /// Says what the next step needs.
    pub(crate) fn expect(&mut self, active: &[BundleId]) {
        self.active = active.to_vec();
        self.rows_run = 0;
    }

    /// Whether `slot` holds exactly the bytes of `bundle`.
    pub(crate) fn holds(&self, slot: u32, bundle: BundleId) -> bool {
        let truth = &self.truth[bundle as usize];
        self.occupant[slot as usize] == bundle && self.slots[slot as usize][..truth.len()] == truth[..]
    }

    /// Whether a read into `slot` is on its way.
    pub(crate) fn in_flight(&self, slot: u32) -> bool {
        self.flights.values().any(|flight| flight.pieces.iter().any(|piece| piece.slot == slot))
    }

    /// Rows of the step whose kernels ran.
    pub(crate) fn rows_run(&self) -> usize {
        self.rows_run
    }

    fn row(&mut self, piece: &Piece) -> &mut [u8] {
        let first = usize::try_from(piece.slot_offset).expect("a small row");
        let bytes = usize::try_from(piece.bytes).expect("a small piece");
        assert!(
            first + bytes <= self.truth[piece.bundle as usize].len(),
            "a piece of {bytes} B at {first} of bundle {} reaches past its row",
            piece.bundle
        );
        &mut self.slots[piece.slot as usize][first..first + bytes]
    }

    /// Writes what has landed by now into its slots.
    fn land(&mut self) {
        let now_ns = self.now_ns;
        let landed: Vec<Ticket> =
            self.flights.iter().filter(|(_, flight)| flight.finish_ns <= now_ns).map(|(&ticket, _)| ticket).collect();
        for ticket in landed {
            let flight = self.flights.remove(&ticket).expect("it was just there");
            for piece in &flight.pieces {
                let at = usize::try_from(flight.extent.offset + piece.read_offset).expect("a small store");
                let bytes = usize::try_from(piece.bytes).expect("a small piece");
                let read = self.flash[at..at + bytes].to_vec();
                self.row(piece).copy_from_slice(&read);
            }
        }
    }
}

impl Platform for BytesWorld {
    fn reserve(&mut self, _reads_outstanding_max: usize) {}

    fn now_ns(&mut self) -> u64 {
        self.now_ns
    }

    fn submit(&mut self, read: &Read, pieces: &[Piece]) -> Ticket {
        let mut claimed_until = 0;
        for piece in pieces {
            assert!(piece.read_offset >= claimed_until, "pieces {pieces:?} overlap");
            claimed_until = piece.read_offset + piece.bytes;
            assert!(claimed_until <= read.extent.bytes, "piece {piece:?} reaches past {:?}", read.extent);
            let elsewhere = self.flights.values().flat_map(|flight| &flight.pieces);
            assert!(
                elsewhere.clone().all(|other| other.slot != piece.slot || other.bundle == piece.bundle),
                "slot {} is given to bundle {} while a read into it is in flight",
                piece.slot,
                piece.bundle
            );
            self.row(piece).fill(POISON);
            if let Some(stale) = self.occupant.iter_mut().find(|occupant| **occupant == piece.bundle) {
                *stale = NONE;
            }
            self.occupant[piece.slot as usize] = piece.bundle;
        }
        self.unclaimed_bytes += read.extent.bytes - pieces.iter().map(|piece| piece.bytes).sum::<u64>();
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        let own_ns = ticket.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        let turns = if read.cause == Cause::Prefetch { 4 } else { 1 };
        let finish_ns = self.now_ns + 1 + turns * (own_ns % (self.read_ns + 1));
        self.flights.insert(ticket, Flight { finish_ns, extent: read.extent, pieces: pieces.to_vec() });
        ticket
    }

    fn landed(&mut self, ticket: Ticket) -> bool {
        self.land();
        !self.flights.contains_key(&ticket)
    }

    fn wait(&mut self, ticket: Ticket) {
        if let Some(flight) = self.flights.get(&ticket) {
            self.now_ns = self.now_ns.max(flight.finish_ns);
        }
        self.land();
    }

    fn cancel(&mut self, ticket: Ticket) -> bool {
        self.land();
        // Every third read has begun.
        if ticket.is_multiple_of(3) {
            return false;
        }
        let Some(flight) = self.flights.remove(&ticket) else { return false };
        for piece in &flight.pieces {
            self.occupant[piece.slot as usize] = NONE;
        }
        self.cancelled += 1;
        true
    }

    fn admit(&mut self, _bytes: u64) {}

    fn move_row(&mut self, from: u32, to: u32, bytes: u64) {
        assert!(!self.in_flight(from) && !self.in_flight(to), "a row in flight is moved from {from} to {to}");
        let moved = self.occupant[from as usize];
        assert_eq!(bytes, self.truth[moved as usize].len() as u64, "a move copies the whole row");
        self.slots[to as usize] = std::mem::take(&mut self.slots[from as usize]);
        self.slots[from as usize] = vec![POISON; self.slots[to as usize].len()];
        self.occupant[to as usize] = moved;
        self.occupant[from as usize] = NONE;
        self.rows_moved += 1;
        self.now_ns += 2;
    }

    fn run(&mut self, kernel: &Kernel, touched: Touched<'_>) -> Surcharge {
        self.land();
        if kernel.kind == KernelKind::FeedForward {
            for &bundle in touched.bundles {
                let needed = self.active.contains(&bundle);
                assert!(needed || self.all_may_run, "{bundle} is computed and not one of {:?}", self.active);
                let slot = touched.slot_of[bundle as usize];
                assert!(self.holds(slot, bundle), "bundle {bundle} is computed and slot {slot} holds other bytes");
            }
            let needed = touched.bundles.iter().filter(|bundle| self.active.contains(bundle)).count();
            self.rows_run += needed;
            self.rows_checked += needed as u64;
            self.rows_more += (touched.bundles.len() - needed) as u64;
        }
        self.now_ns += 40;
        Surcharge::default()
    }
}
