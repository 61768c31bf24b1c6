//! A policy behind a pointer: one that is not among [`super::Kind`]'s, written in another crate.

use alloc::boxed::Box;

use crate::{
    bitset::Bitset,
    evict::{At, Evict, Moment, Slots},
    geometry::BundleId,
};

impl<E: Evict + ?Sized> Evict for Box<E> {
    fn hold(&mut self, bundle: BundleId) {
        (**self).hold(bundle);
    }

    fn touch(&mut self, bundle: BundleId, at: At) {
        (**self).touch(bundle, at);
    }

    fn release(&mut self, bundle: BundleId) {
        (**self).release(bundle);
    }

    fn reuse(&mut self, bundle: BundleId, at: At) {
        (**self).reuse(bundle, at);
    }

    fn fetch(&self, bundles: &[BundleId]) {
        (**self).fetch(bundles);
    }

    fn judge(&mut self, bundles: &[BundleId], number: usize, slots: &mut Slots<'_>) -> Option<usize> {
        (**self).judge(bundles, number, slots)
    }

    fn settle(&mut self, resident: &mut Bitset) {
        (**self).settle(resident);
    }

    fn lack(&mut self, bundle: BundleId) {
        (**self).lack(bundle);
    }

    fn admit(&mut self, bundle: BundleId, at: At) {
        (**self).admit(bundle, at);
    }

    fn victim(&mut self) -> Option<BundleId> {
        (**self).victim()
    }

    fn expire(&mut self, moment: Moment, step: u64) -> Option<BundleId> {
        (**self).expire(moment, step)
    }
}
