//! Zstandard frames, one after another, unpacked while they are read: libCacheSim's traces are published so.

use std::io::{self, BufRead, Read};

use ruzstd::decoding::StreamingDecoder;

/// How every frame begins.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Widest window that a frame may ask for, which is memory: what `zstd --ultra --long` takes.
const WINDOW_BYTES_MAX: u64 = 128 << 20;

/// Bytes of a file, or those that were packed into it.
pub(super) enum Unpacked<R: BufRead> {
    Plain(R),
    Packed(Box<StreamingDecoder<R, ruzstd::decoding::FrameDecoder>>),
    /// Between two frames, or behind the last.
    Between(R),
    /// Nothing more can be read.
    Ended,
}

impl<R: BufRead> Unpacked<R> {
    /// Looks at the first bytes: a file that does not begin as a frame is read as it is.
    pub(super) fn new(mut source: R) -> io::Result<Self> {
        let is_packed = source.fill_buf()?.starts_with(&MAGIC);
        Ok(if is_packed { Self::Between(source) } else { Self::Plain(source) })
    }

    /// Whether the file's length is that of what it holds.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self, Self::Plain(_))
    }

    fn next_frame(&mut self, mut source: R) -> io::Result<bool> {
        if source.fill_buf()?.is_empty() {
            return Ok(false);
        }
        let frame = StreamingDecoder::new_with_max_window_size(source, WINDOW_BYTES_MAX).map_err(io::Error::other)?;
        *self = Self::Packed(Box::new(frame));
        Ok(true)
    }
}

impl<R: BufRead> Read for Unpacked<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        loop {
            match self {
                Self::Plain(source) => return source.read(into),
                Self::Packed(frame) => {
                    let read = frame.read(into)?;
                    if read > 0 {
                        return Ok(read);
                    }
                }
                Self::Between(_) | Self::Ended => {}
            }
            let source = match std::mem::replace(self, Self::Ended) {
                Self::Packed(frame) => frame.into_inner(),
                Self::Between(source) => source,
                Self::Plain(_) | Self::Ended => return Ok(0),
            };
            if !self.next_frame(source)? {
                return Ok(0);
            }
        }
    }
}
