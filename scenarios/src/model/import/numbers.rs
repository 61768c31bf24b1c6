//! Reading a header that may claim anything: nothing is kept that the rest of the file could not hold.

use std::io::{self, Read};

use super::Problem;

/// A file's bytes, and how many are left.
pub(super) struct Source<'a> {
    file: io::BufReader<&'a mut dyn Read>,
    left: u64,
}

impl<'a> Source<'a> {
    /// A file of so many bytes.
    pub(super) fn new(file: &'a mut dyn Read, bytes: u64) -> Self {
        Self { file: io::BufReader::new(file), left: bytes }
    }

    fn take(&mut self, bytes: u64) -> Result<(), Problem> {
        self.left = self.left.checked_sub(bytes).ok_or_else(|| {
            format!("the header asks for {bytes} bytes more and the file has {}: it is damaged or cut short", self.left)
        })?;
        Ok(())
    }

    /// The next bytes; the caller has bounded how many.
    pub(super) fn bytes(&mut self, count: u64) -> Result<Vec<u8>, Problem> {
        self.take(count)?;
        let mut bytes = Vec::new();
        (&mut self.file).take(count).read_to_end(&mut bytes).map_err(|problem| problem.to_string())?;
        if (bytes.len() as u64) < count {
            return Err("the file ends within its header: it is cut short".to_owned());
        }
        Ok(bytes)
    }

    /// The next bytes of a number.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Problem> {
        self.take(N as u64)?;
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes).map_err(|_| "the file ends within its header: it is cut short".to_owned())?;
        Ok(bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Problem> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, Problem> {
        self.array().map(u64::from_le_bytes)
    }

    /// Passes bytes by.
    pub(super) fn skip(&mut self, count: u64) -> Result<(), Problem> {
        self.take(count)?;
        let passed =
            io::copy(&mut (&mut self.file).take(count), &mut io::sink()).map_err(|problem| problem.to_string())?;
        if passed < count {
            return Err("the file ends within its header: it is cut short".to_owned());
        }
        Ok(())
    }
}
