//! Where bytes are read from: a file, past the page cache or through it; in tests, something that fails.

use std::{
    fs::{File, OpenOptions},
    io::{self, IoSliceMut},
    path::Path,
};

use tightfit_engine::store::Extent;

use crate::Fault;

/// Addresses, offsets and lengths of direct reads are multiples of this.
pub const DIRECT_UNIT_BYTES: usize = 4096;

/// How often a read is tried before the run is given up.
pub const ATTEMPTS: u32 = 3;

/// Something that positioned reads come from. One call is one attempt: it may fail or come short.
pub trait Storage: Send + Sync {
    /// Reads into the parts, one after the other, from byte `offset` of the file on. Returns the bytes read.
    fn read_at(&self, parts: &mut [IoSliceMut<'_>], offset: u64) -> io::Result<usize>;

    /// The file behind it, where reads may be handed to the kernel as they are.
    fn file(&self) -> Option<&File> {
        None
    }
}

/// A file whose reads bypass the page cache.
#[derive(Debug)]
pub struct Direct(File);

impl Direct {
    /// Opens `path` for direct reads, and tries one.
    pub fn open(path: &Path) -> io::Result<Self> {
        let direct = Self(open_direct(path)?);
        let probe = crate::Buffer::new(DIRECT_UNIT_BYTES)?;
        // SAFETY: the buffer is new, and nobody else knows it.
        #[expect(unsafe_code, reason = "a direct read needs an aligned buffer")]
        let unit = unsafe { probe.range_mut(0, DIRECT_UNIT_BYTES) };
        direct.read_at(&mut [IoSliceMut::new(unit)], 0)?;
        Ok(direct)
    }
}

#[cfg(target_os = "linux")]
fn open_direct(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let flags = i32::try_from(rustix::fs::OFlags::DIRECT.bits()).expect("a flag of open");
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

#[cfg(target_vendor = "apple")]
fn open_direct(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).open(path)?;
    rustix::fs::fcntl_nocache(&file, true)?;
    Ok(file)
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
fn open_direct(_path: &Path) -> io::Result<File> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "no direct reads on this system: read through the page cache"))
}

impl Storage for Direct {
    fn read_at(&self, parts: &mut [IoSliceMut<'_>], offset: u64) -> io::Result<usize> {
        Ok(rustix::io::preadv(&self.0, parts, offset)?)
    }

    fn file(&self) -> Option<&File> {
        Some(&self.0)
    }
}

/// A file that is read through the page cache.
#[derive(Debug)]
pub struct Buffered(File);

impl Buffered {
    /// Opens `path`.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(File::open(path)?))
    }
}

impl Storage for Buffered {
    fn read_at(&self, parts: &mut [IoSliceMut<'_>], offset: u64) -> io::Result<usize> {
        Ok(rustix::io::preadv(&self.0, parts, offset)?)
    }

    fn file(&self) -> Option<&File> {
        Some(&self.0)
    }
}

/// Reads `bytes` at `offset` whole, in up to [`ATTEMPTS`] attempts; `parts` makes the parts anew for each. An interrupted
/// call is none. `before` are bytes of the file that come before `extent`, which is how a fault names the place.
pub(crate) fn read_whole<'b>(
    storage: &dyn Storage,
    extent: Extent,
    before: u64,
    mut parts: impl FnMut() -> Vec<IoSliceMut<'b>>,
) -> Result<(), Fault> {
    let mut problem = String::new();
    let mut attempts = 0;
    while attempts < ATTEMPTS {
        match storage.read_at(&mut parts(), before + extent.offset) {
            Ok(bytes) if bytes as u64 == extent.bytes => return Ok(()),
            Ok(bytes) => problem = format!("only {bytes} B came, is the file cut off?"),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => problem = error.to_string(),
        }
        attempts += 1;
    }
    Err(Fault::Read { extent, attempts, problem })
}
