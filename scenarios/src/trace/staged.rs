//! A file that appears whole or not at all: written under a temporary name in the same folder, renamed when complete.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// An output file under its temporary name; dropped before [`Staged::publish`], it is removed.
#[derive(Debug)]
pub struct Staged {
    file: File,
    temporary: PathBuf,
    target: PathBuf,
    published: bool,
}

impl Staged {
    /// Opens a temporary file beside `target`, which itself stays untouched until [`Staged::publish`].
    pub fn create(target: &Path) -> io::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let base =
            target.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"))?;
        let mut name = OsString::from(".");
        name.push(base);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        name.push(format!(".{}.{number}.partial", std::process::id()));
        let temporary = target.with_file_name(name);
        let file = OpenOptions::new().write(true).create_new(true).open(&temporary)?;
        Ok(Self { file, temporary, target: target.to_owned(), published: false })
    }

    /// Flushes to the disk and takes the final name, replacing what was there.
    pub fn publish(mut self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.temporary, &self.target)?;
        self.published = true;
        Ok(())
    }
}

impl Write for Staged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for Staged {
    fn seek(&mut self, place: SeekFrom) -> io::Result<u64> {
        self.file.seek(place)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.published {
            // Nothing better can be done with a failure here: the partial file then stays behind under its odd name.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}
