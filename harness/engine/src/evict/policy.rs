//! One type for all policies, so that what is generic over them is compiled once.

use crate::{
    bitset::Bitset,
    evict::{
        At, Evict, Moment, Slots, arc::Arc as AdaptiveReplacement, belady::Belady, clock::Clock, cost_aware::CostAware,
        fifo::Fifo, least_stale::LeastStale, lfu::Lfu, lfu_aged::LfuAged, lhd::Lhd, lru::Lru, partitioned::Partitioned,
        retain_none::RetainNone, s3_fifo::S3Fifo, sieve::Sieve, two_q::TwoQ, w_tinylfu::WTinyLfu, window::Window,
    },
    geometry::BundleId,
};

/// Something to be done with a policy whose type matters: a replay, where the choice at each call would cost as much as
/// the call.
pub trait Visit {
    /// What comes of it.
    type Output;

    /// Does it.
    fn visit<E: Evict>(self, policy: E) -> Self::Output;
}

/// The enum of all policies, each call handed on to the one that it is.
macro_rules! policies {
    ($($policy:ident: $doc:literal,)*) => {
        /// Any of the policies, so that what is generic over them is compiled once.
        #[derive(Clone, Debug)]
        #[expect(clippy::large_enum_variant, reason = "there is one policy a run, or one a layer")]
        pub enum Policy {
            $(#[doc = $doc] $policy($policy),)*
        }

        impl Policy {
            /// Hands the policy to `visit` as what it is: what comes of that is compiled for each policy, and knows it in
            /// its innermost loop.
            pub fn hand_to<V: Visit>(self, visit: V) -> V::Output {
                match self { $(Self::$policy(policy) => visit.visit(policy),)* }
            }
        }

        impl Evict for Policy {
            fn hold(&mut self, bundle: BundleId) {
                match self { $(Self::$policy(policy) => policy.hold(bundle),)* }
            }

            fn touch(&mut self, bundle: BundleId, at: At) {
                match self { $(Self::$policy(policy) => policy.touch(bundle, at),)* }
            }

            fn release(&mut self, bundle: BundleId) {
                match self { $(Self::$policy(policy) => policy.release(bundle),)* }
            }

            #[inline]
            fn reuse(&mut self, bundle: BundleId, at: At) {
                match self { $(Self::$policy(policy) => policy.reuse(bundle, at),)* }
            }

            #[inline]
            fn fetch(&self, bundles: &[BundleId]) {
                match self { $(Self::$policy(policy) => policy.fetch(bundles),)* }
            }

            #[inline]
            fn judge(&mut self, bundles: &[BundleId], number: usize, slots: &mut Slots<'_>) -> Option<usize> {
                match self { $(Self::$policy(policy) => policy.judge(bundles, number, slots),)* }
            }

            #[inline]
            fn settle(&mut self, resident: &mut Bitset) {
                match self { $(Self::$policy(policy) => policy.settle(resident),)* }
            }

            #[inline]
            fn lack(&mut self, bundle: BundleId) {
                match self { $(Self::$policy(policy) => policy.lack(bundle),)* }
            }

            #[inline]
            fn admit(&mut self, bundle: BundleId, at: At) {
                match self { $(Self::$policy(policy) => policy.admit(bundle, at),)* }
            }

            #[inline]
            fn victim(&mut self) -> Option<BundleId> {
                match self { $(Self::$policy(policy) => policy.victim(),)* }
            }

            #[inline]
            fn expire(&mut self, moment: Moment, step: u64) -> Option<BundleId> {
                match self { $(Self::$policy(policy) => policy.expire(moment, step),)* }
            }
        }
    };
}

policies! {
    RetainNone: "Nothing stays.",
    Fifo: "First in, first out.",
    Lru: "Least recently used.",
    Clock: "First in, first out, with a second chance.",
    Lfu: "Least frequently used, counted in care or for ever.",
    LfuAged: "Least frequently used, with dynamic ageing.",
    Sieve: "A hand that spares once what was used.",
    S3Fifo: "A small queue on trial, a main one, and ghosts.",
    AdaptiveReplacement: "Recency and frequency, balanced by ghosts.",
    TwoQ: "A queue on trial, and recency for what came back.",
    WTinyLfu: "A sketch of frequency guards the main part.",
    Lhd: "Least hit density.",
    Window: "What the last passes used.",
    LeastStale: "Least stale.",
    CostAware: "Reload time per byte.",
    Belady: "Furthest next use.",
    Partitioned: "A policy for each layer.",
}
