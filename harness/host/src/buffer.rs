//! Memory for direct reads: one anonymous mapping that several threads fill and one reads.
//!
//! A buffer hands out plain slices, and says at each door what the caller must keep: nobody else may use those bytes
//! meanwhile. Who does is the platform's bookkeeping ([`crate::HostPlatform`]) and the lanes' queue.

use std::{ffi::c_void, ptr::NonNull};

use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous, munmap};

/// A huge page: what a large buffer is aligned to, so that the system can use such pages for it.
const HUGE_PAGE_BYTES: usize = 2 << 20;

/// What any buffer is aligned to.
const PAGE_BYTES: usize = 4 << 10;

/// Zeroed memory of a fixed size.
#[derive(Debug)]
pub struct Buffer {
    mapping: NonNull<u8>,
    mapped_bytes: usize,
    start: NonNull<u8>,
    bytes: usize,
}

// SAFETY: the mapping belongs to the buffer alone, lives as long as it, and is reached only through the `unsafe` doors
// below, whose callers answer for there being one writer or only readers at a time.
#[expect(unsafe_code, reason = "memory that threads share by the platform's bookkeeping")]
unsafe impl Send for Buffer {}
// SAFETY: as above.
#[expect(unsafe_code, reason = "memory that threads share by the platform's bookkeeping")]
unsafe impl Sync for Buffer {}

#[expect(unsafe_code, reason = "maps memory and hands out parts of it")]
impl Buffer {
    /// A buffer of `bytes`, of huge pages where the system has them; pages come when they are first touched.
    pub fn new(bytes: usize) -> std::io::Result<Self> {
        Self::aligned(bytes, HUGE_PAGE_BYTES)
    }

    /// The same of the smallest pages: a small buffer then takes no more memory than it says.
    pub fn small(bytes: usize) -> std::io::Result<Self> {
        Self::aligned(bytes, PAGE_BYTES)
    }

    fn aligned(bytes: usize, alignment: usize) -> std::io::Result<Self> {
        let mapped_bytes = bytes.max(1).next_multiple_of(alignment) + alignment;
        // SAFETY: a new anonymous mapping at an address of the system's choice touches nobody's memory.
        let mapping = unsafe {
            let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
            mmap_anonymous(std::ptr::null_mut(), mapped_bytes, ProtFlags::READ | ProtFlags::WRITE, flags)?
        };
        let mapping = NonNull::new(mapping.cast::<u8>()).expect("a mapping is not at address 0");
        let skip = mapping.as_ptr().align_offset(alignment);
        // SAFETY: `skip` is below the alignment, by which the mapping is longer than the buffer.
        let start = unsafe { mapping.add(skip) };
        #[cfg(target_os = "linux")]
        {
            let advice = if alignment == HUGE_PAGE_BYTES { Advice::LinuxHugepage } else { Advice::LinuxNoHugepage };
            // SAFETY: the range lies inside the mapping, and the advice changes no byte of it. That the system declines huge
            // pages is no error.
            let _ = unsafe { madvise(start.as_ptr().cast::<c_void>(), mapped_bytes - alignment, advice) };
        }
        Ok(Self { mapping, mapped_bytes, start, bytes })
    }

    /// Size.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Has the system give a range the smallest pages, as far as it does not share any with what lies outside: memory of which
    /// nobody knows yet how much is used takes no more than that.
    pub fn fine(&mut self, offset: usize, bytes: usize) {
        let (first, end) = (offset.next_multiple_of(PAGE_BYTES), (offset + bytes) / PAGE_BYTES * PAGE_BYTES);
        if first >= end {
            return;
        }
        #[cfg(target_os = "linux")]
        {
            let address = self.address(first, end - first);
            // SAFETY: the range lies inside the mapping, and the advice changes no byte of it.
            let _ = unsafe { madvise(address.cast::<c_void>(), end - first, Advice::LinuxNoHugepage) };
        }
    }

    /// Has the system give pages to the first `bytes` from `offset` on now, not at the first use. Nobody may use the buffer yet:
    /// `&mut`.
    pub fn touch(&mut self, offset: usize, bytes: usize) {
        // SAFETY: `&mut self`: nobody else reads or writes.
        let range = unsafe { self.range_mut(offset, bytes) };
        range.fill(0);
    }

    /// The bytes of a range.
    ///
    /// # Safety
    /// Nobody may write to the range while the slice lives.
    ///
    /// # Panics
    /// If the range is not within the buffer.
    #[must_use]
    pub unsafe fn range(&self, offset: usize, bytes: usize) -> &[u8] {
        self.assert_holds(offset, bytes);
        // SAFETY: inside the mapping, which is initialised (zeroes) and lives as long as `self`; no writer, says the caller.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr().add(offset), bytes) }
    }

    /// The bytes of a range, to be written.
    ///
    /// # Safety
    /// Nobody else may read or write the range while the slice lives.
    ///
    /// # Panics
    /// If the range is not within the buffer.
    #[expect(clippy::mut_from_ref, reason = "the caller answers for being alone in the range")]
    #[must_use]
    pub unsafe fn range_mut(&self, offset: usize, bytes: usize) -> &mut [u8] {
        self.assert_holds(offset, bytes);
        // SAFETY: inside the mapping; alone in the range, says the caller.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr().add(offset), bytes) }
    }

    /// The address of a range, for the kernel to write to.
    ///
    /// # Panics
    /// If the range is not within the buffer.
    #[must_use]
    pub fn address(&self, offset: usize, bytes: usize) -> *mut u8 {
        self.assert_holds(offset, bytes);
        // SAFETY: inside the mapping.
        unsafe { self.start.as_ptr().add(offset) }
    }

    /// Copies `bytes` from one range to another that does not overlap it.
    ///
    /// # Safety
    /// Nobody may write to the first range or use the second meanwhile.
    ///
    /// # Panics
    /// If the ranges overlap or are not within the buffer.
    pub unsafe fn copy(&self, from: usize, to: usize, bytes: usize) {
        assert!(from.abs_diff(to) >= bytes, "{bytes} B from {from} to {to} overlap");
        // SAFETY: the ranges are disjoint, and nobody else uses them, says the caller.
        let (source, target) = unsafe { (self.range(from, bytes), self.range_mut(to, bytes)) };
        target.copy_from_slice(source);
    }

    fn assert_holds(&self, offset: usize, bytes: usize) {
        let whole = self.bytes;
        let fits = offset.checked_add(bytes).is_some_and(|end| end <= whole);
        assert!(fits, "{bytes} B at {offset} of a buffer of {whole} B");
    }
}

#[expect(unsafe_code, reason = "gives the mapping back")]
impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: the mapping is this buffer's, and no slice of it outlives `self`. That it can't be unmapped would only
        // leak it.
        let _ = unsafe { munmap(self.mapping.as_ptr().cast::<c_void>(), self.mapped_bytes) };
    }
}
