//! All policies by name: a closed enum of what a strategy may ask for.
//!
//! A new policy is its file, a variant with its name and its building here, and a line in [`Policy`].

use alloc::{sync::Arc, vec, vec::Vec};

use crate::{
    evict::{
        Policy, Sizes,
        arc::Arc as AdaptiveReplacement,
        belady::Belady,
        clock::Clock,
        cost_aware::CostAware,
        fifo::Fifo,
        least_stale::LeastStale,
        lfu::Lfu,
        lfu_aged::LfuAged,
        lhd::Lhd,
        lru::Lru,
        partitioned::{Partition, Partitioned},
        retain_none::RetainNone,
        s3_fifo::S3Fifo,
        sieve::Sieve,
        two_q::TwoQ,
        w_tinylfu::WTinyLfu,
        window::Window,
    },
    geometry::BundleId,
    oracle::Oracle,
};

/// Which policy, with its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing stays.
    RetainNone,
    /// First in, first out.
    Fifo,
    /// Least recently used.
    Lru,
    /// First in, first out, with a second chance for what was used.
    Clock,
    /// Least frequently used.
    Lfu,
    /// Least frequently used, counted for ever.
    LfuPerfect,
    /// Least frequently used, with dynamic ageing.
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
    /// What the last passes used.
    Window {
        /// Number of passes.
        tokens: u32,
    },
    /// What its layer did without for the most turns goes first.
    LeastStale,
    /// What saves the least reload time per byte goes first.
    CostAware,
    /// What is used again last goes first: knows the future.
    Belady,
}

/// What a policy may need to know of the place that it is for.
#[derive(Clone, Debug)]
pub struct Room {
    /// Number of bundles.
    pub bundles: u32,
    /// Their bytes.
    pub sizes: Sizes,
    /// Bytes that may be held.
    pub capacity_bytes: u64,
    /// First bundle of each layer, ascending from 0: as many as a pass has steps.
    pub layer_firsts: Vec<BundleId>,
    /// Most bundles that one step needs.
    pub row_bundles_max: usize,
    /// By bundle, how long it takes to read it again: for [`Kind::CostAware`].
    pub reload_ns: Option<Vec<u32>>,
    /// The future: for [`Kind::Belady`].
    pub oracle: Option<Arc<Oracle>>,
}

impl Kind {
    /// Every policy; a window of five tokens, as in *LLM in a flash*.
    pub const ALL: [Self; 17] = [
        Self::RetainNone,
        Self::Fifo,
        Self::Lru,
        Self::Clock,
        Self::Lfu,
        Self::LfuPerfect,
        Self::LfuAged,
        Self::Sieve,
        Self::S3Fifo,
        Self::Arc,
        Self::TwoQ,
        Self::WTinyLfu,
        Self::Lhd,
        Self::Window { tokens: 5 },
        Self::LeastStale,
        Self::CostAware,
        Self::Belady,
    ];

    /// The name that files and tables use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RetainNone => "retain-none",
            Self::Fifo => "fifo",
            Self::Lru => "lru",
            Self::Clock => "clock",
            Self::Lfu => "lfu",
            Self::LfuPerfect => "lfu-perfect",
            Self::LfuAged => "lfu-aged",
            Self::Sieve => "sieve",
            Self::S3Fifo => "s3-fifo",
            Self::Arc => "arc",
            Self::TwoQ => "two-q",
            Self::WTinyLfu => "w-tinylfu",
            Self::Lhd => "lhd",
            Self::Window { .. } => "window",
            Self::LeastStale => "least-stale",
            Self::CostAware => "cost-aware",
            Self::Belady => "belady",
        }
    }

    /// The policy of that name, with the parameters that it has in [`Kind::ALL`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// An empty policy for `room`.
    ///
    /// # Panics
    /// If the room lacks what the policy has to know: the future, or reload times.
    #[must_use]
    pub fn build(self, room: &Room) -> Policy {
        self.build_from(room, 0, room.layer_firsts.len())
    }

    /// A policy for each layer, with its bytes of `quota_bytes`.
    ///
    /// # Panics
    /// If there is not a quota for each layer, or as [`Kind::build`].
    #[must_use]
    pub fn build_partitioned(self, room: &Room, quota_bytes: &[u64]) -> Policy {
        assert_eq!(quota_bytes.len(), room.layer_firsts.len(), "a quota for each layer");
        let ends = room.layer_firsts.iter().skip(1).chain([&room.bundles]);
        let layers = room.layer_firsts.iter().zip(ends).zip(quota_bytes);
        let partitions = layers.map(|((&first, &end), &quota_bytes)| {
            let policy = self.build_from(&room.layer(first, end, quota_bytes), first, room.layer_firsts.len());
            Partition { policy, first, quota_bytes }
        });
        Policy::Partitioned(Partitioned::new(partitions.collect(), room.sizes.clone()))
    }

    /// A policy for bundles known elsewhere as `first` and those after it, in a model of so many steps a pass.
    fn build_from(self, room: &Room, first: BundleId, layers: usize) -> Policy {
        let (bundles, capacity_bytes) = (room.bundles, room.capacity_bytes);
        let layers = u32::try_from(layers).expect("layers are u32");
        match self {
            Self::RetainNone => Policy::RetainNone(RetainNone::new(room.row_bundles_max)),
            Self::Fifo => Policy::Fifo(Fifo::new(bundles)),
            Self::Lru => Policy::Lru(Lru::new(bundles)),
            Self::Clock => Policy::Clock(Clock::new(bundles)),
            Self::Lfu => Policy::Lfu(Lfu::new(bundles)),
            Self::LfuPerfect => Policy::Lfu(Lfu::perfect(bundles)),
            Self::LfuAged => Policy::LfuAged(LfuAged::new(bundles)),
            Self::Sieve => Policy::Sieve(Sieve::new(bundles)),
            Self::S3Fifo => Policy::S3Fifo(S3Fifo::new(bundles, capacity_bytes, &room.sizes)),
            Self::Arc => Policy::AdaptiveReplacement(AdaptiveReplacement::new(bundles, capacity_bytes, &room.sizes)),
            Self::TwoQ => Policy::TwoQ(TwoQ::new(bundles, capacity_bytes, &room.sizes)),
            Self::WTinyLfu => Policy::WTinyLfu(WTinyLfu::new(bundles, capacity_bytes, &room.sizes)),
            Self::Lhd => Policy::Lhd(Lhd::new(bundles, capacity_bytes, &room.sizes)),
            Self::Window { tokens } => Policy::Window(Window::new(bundles, tokens, layers)),
            Self::LeastStale => Policy::LeastStale(LeastStale::new(bundles, &room.layer_firsts, layers)),
            Self::CostAware => {
                let reload_ns = room.reload_ns.as_ref().expect("cost-aware eviction is told the reload times");
                Policy::CostAware(CostAware::new(reload_ns, &room.sizes))
            }
            Self::Belady => {
                let oracle = room.oracle.clone().expect("Belady is handed the future");
                Policy::Belady(Belady::new(bundles, first, oracle))
            }
        }
    }
}

impl Room {
    /// The room of one layer's bundles, counted from its first.
    fn layer(&self, first: BundleId, end: BundleId, quota_bytes: u64) -> Self {
        let range = first as usize..end as usize;
        Self {
            bundles: end - first,
            sizes: match &self.sizes {
                Sizes::Equal(bytes) => Sizes::Equal(*bytes),
                Sizes::Each(bytes) => Sizes::Each(bytes[range.clone()].to_vec()),
            },
            capacity_bytes: quota_bytes.min(self.capacity_bytes),
            layer_firsts: vec![0],
            row_bundles_max: self.row_bundles_max,
            reload_ns: self.reload_ns.as_ref().map(|reload_ns| reload_ns[range].to_vec()),
            oracle: self.oracle.clone(),
        }
    }
}
