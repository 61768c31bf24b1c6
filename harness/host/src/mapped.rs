//! The real mmap arm: a mapped store whose faults are the system's own.
//!
//! The engine's model of a page cache says which pages come when. A fault of the model is made a real one: the pages are
//! let go of, asked for as one read-around, and touched. What the model keeps stays in the system's cache as long as the
//! system has room. A file that is cut while it is mapped kills whoever touches the lost pages (SIGBUS): before each fault and
//! each kernel the length is looked at, which leaves a gap of microseconds that no program can close.

use std::{ffi::c_void, fs::File, ptr::NonNull};

use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap, munmap};
use tightfit_engine::store::Extent;

use crate::{Fault, slots::to_usize};

/// A mapped file.
#[derive(Debug)]
pub(crate) struct Mapping {
    start: NonNull<u8>,
    bytes: usize,
    file: File,
    page_bytes: usize,
    /// Bytes of the file before the first bundle.
    before: u64,
}

#[expect(unsafe_code, reason = "maps a file")]
impl Mapping {
    pub(crate) fn new(file: File, before: u64) -> std::io::Result<Self> {
        let bytes = to_usize(file.metadata()?.len());
        // SAFETY: a new read-only mapping at an address of the system's choice.
        let start = unsafe { mmap(std::ptr::null_mut(), bytes, ProtFlags::READ, MapFlags::SHARED, &file, 0)? };
        let start = NonNull::new(start.cast::<u8>()).expect("a mapping is not at address 0");
        let mapping = Self { start, bytes, file, page_bytes: rustix::param::page_size(), before };
        // The model's read-around takes the place of the system's.
        mapping.advise(Extent { offset: 0, bytes: mapping.bytes as u64 - before }, Advice::Random)?;
        Ok(mapping)
    }

    /// Makes a fault of the model a real one.
    pub(crate) fn fault(&self, extent: Extent) -> Result<(), Fault> {
        self.assert_whole(extent)?;
        let failed = |error: std::io::Error| Fault::Read { extent, attempts: 1, problem: error.to_string() };
        self.let_go(extent).map_err(failed)?;
        let (first, bytes) = self.pages(extent);
        for page in (first..first + bytes).step_by(self.page_bytes) {
            // SAFETY: inside the mapping, whose file was whole a moment ago. Volatile, so that the page is touched.
            std::hint::black_box(unsafe { self.start.as_ptr().add(page).read_volatile() });
        }
        Ok(())
    }

    /// The pages leave our address space, then the page cache, then come back in one read.
    #[cfg(target_os = "linux")]
    fn let_go(&self, extent: Extent) -> std::io::Result<()> {
        use rustix::fs::{Advice as FileAdvice, fadvise};
        self.advise(extent, Advice::LinuxDontNeed)?;
        let (first, bytes) = self.pages(extent);
        let bytes = std::num::NonZeroU64::new(bytes as u64);
        fadvise(&self.file, first as u64, bytes, FileAdvice::DontNeed)?;
        Ok(fadvise(&self.file, first as u64, bytes, FileAdvice::WillNeed)?)
    }

    #[cfg(not(target_os = "linux"))]
    fn let_go(&self, extent: Extent) -> std::io::Result<()> {
        self.advise(extent, Advice::DontNeed)
    }

    fn advise(&self, extent: Extent, advice: Advice) -> std::io::Result<()> {
        let (first, bytes) = self.pages(extent);
        // SAFETY: whole pages of a read-only mapping of a file: whatever the advice, the next touch finds the file's bytes.
        unsafe { madvise(self.start.as_ptr().add(first).cast::<c_void>(), bytes, advice)? };
        Ok(())
    }

    /// The bytes of an extent of the store.
    pub(crate) fn bytes(&self, extent: Extent) -> &[u8] {
        let first = to_usize(self.before + extent.offset);
        assert!(first + to_usize(extent.bytes) <= self.bytes, "{extent:?} is behind the end of the file");
        // SAFETY: inside the mapping. The file is a store that was built whole and renamed; that nobody writes to it while
        // it is mapped is asked of whoever names it, as of any program that maps a file.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr().add(first), to_usize(extent.bytes)) }
    }

    /// That the file is as long as it was.
    pub(crate) fn assert_whole(&self, extent: Extent) -> Result<(), Fault> {
        let failed = |problem: String| Fault::Read { extent, attempts: 1, problem };
        let bytes = self.file.metadata().map_err(|error| failed(error.to_string()))?.len();
        if bytes < self.bytes as u64 {
            return Err(failed(format!("the mapped file was cut from {} to {bytes} B", self.bytes)));
        }
        Ok(())
    }

    /// The extent rounded out to pages: first byte within the mapping, and bytes.
    fn pages(&self, extent: Extent) -> (usize, usize) {
        let first = to_usize(self.before + extent.offset) / self.page_bytes * self.page_bytes;
        let end = to_usize(self.before + extent.end()).next_multiple_of(self.page_bytes);
        (first, end.min(self.bytes.next_multiple_of(self.page_bytes)) - first)
    }
}

#[expect(unsafe_code, reason = "gives the mapping back")]
impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, and no slice of it outlives `self`.
        let _ = unsafe { munmap(self.start.as_ptr().cast::<c_void>(), self.bytes) };
    }
}
