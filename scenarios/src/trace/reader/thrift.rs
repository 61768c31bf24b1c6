//! Just enough of Thrift's compact protocol to walk a page header before the Parquet crate believes it.
//!
//! The crate allocates what a header claims; walking it first, over a bounded slice, bounds that.

/// Deepest nesting that a page header has reason to have, with room to spare.
const DEPTH: u8 = 8;

/// A cursor over a slice; every step answers `None` when the bytes end or make no sense.
pub(super) struct Compact<'a> {
    bytes: &'a [u8],
    position: usize,
}

/// Field types of the compact protocol.
mod kind {
    pub(super) const TRUE: u8 = 1;
    pub(super) const FALSE: u8 = 2;
    pub(super) const BYTE: u8 = 3;
    pub(super) const I16: u8 = 4;
    pub(super) const I32: u8 = 5;
    pub(super) const I64: u8 = 6;
    pub(super) const DOUBLE: u8 = 7;
    pub(super) const BINARY: u8 = 8;
    pub(super) const LIST: u8 = 9;
    pub(super) const SET: u8 = 10;
    pub(super) const STRUCT: u8 = 12;
}

impl<'a> Compact<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// Bytes walked so far.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// Walks a struct. `visit` is shown each 32-bit integer of it and of the structs within, with the path of field
    /// numbers that leads there (outer, inner; inner is 0 at the top level).
    pub(super) fn structure(&mut self, visit: &mut impl FnMut((i16, i16), i32)) -> Option<()> {
        self.fields(0, DEPTH, visit)
    }

    fn fields(&mut self, outer: i16, depth: u8, visit: &mut impl FnMut((i16, i16), i32)) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        let mut field = 0i16;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Some(());
            }
            field = match head >> 4 {
                0 => i16::try_from(self.zigzag()?).ok()?,
                delta => field.checked_add(i16::from(delta))?,
            };
            let path = if outer == 0 { (field, 0) } else { (outer, field) };
            match head & 15 {
                kind::I32 => visit(path, i32::try_from(self.zigzag()?).ok()?),
                kind::STRUCT => self.fields(path.0, depth, visit)?,
                other => self.skip(other, depth)?,
            }
        }
    }

    fn skip(&mut self, kind: u8, depth: u8) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        match kind {
            kind::TRUE | kind::FALSE => {}
            kind::BYTE => self.advance(1)?,
            kind::I16 | kind::I32 | kind::I64 => {
                self.varint()?;
            }
            kind::DOUBLE => self.advance(8)?,
            kind::BINARY => {
                let length = usize::try_from(self.varint()?).ok()?;
                self.advance(length)?;
            }
            kind::LIST | kind::SET => self.list(depth)?,
            kind::STRUCT => self.fields(i16::MAX, depth, &mut |_, _| {})?,
            // Page headers hold no maps.
            _ => return None,
        }
        Some(())
    }

    fn list(&mut self, depth: u8) -> Option<()> {
        let head = self.byte()?;
        let length = match head >> 4 {
            15 => self.varint()?,
            length => u64::from(length),
        };
        for _ in 0..length {
            match head & 15 {
                // In a list a boolean takes a byte.
                kind::TRUE | kind::FALSE => self.advance(1)?,
                other => self.skip(other, depth)?,
            }
        }
        Some(())
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.position)?;
        self.position += 1;
        Some(byte)
    }

    fn advance(&mut self, count: usize) -> Option<()> {
        let position = self.position.checked_add(count)?;
        self.position = (position <= self.bytes.len()).then_some(position)?;
        Some(())
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 127) << shift;
            if byte < 128 {
                return Some(value);
            }
        }
        None
    }

    fn zigzag(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }
}

#[cfg(test)]
mod tests {
    use super::Compact;

    #[test]
    fn nested_integers_are_visited_with_their_path() {
        // {1: i32 = 0, 2: i32 = -3, 5: {1: i32 = 300, 4: binary "ab"}}
        let bytes = [0x15, 0, 0x15, 5, 0x3c, 0x15, 0xd8, 0x04, 0x38, 2, b'a', b'b', 0, 0];
        let mut seen = Vec::new();
        let mut compact = Compact::new(&bytes);
        assert_eq!(compact.structure(&mut |path, value| seen.push((path, value))), Some(()));
        assert_eq!(seen, [((1, 0), 0), ((2, 0), -3), ((5, 1), 300)]);
        assert_eq!(compact.position(), bytes.len());
    }

    #[test]
    fn claims_beyond_the_bytes_end_the_walk() {
        let huge_binary = [0x18, 0xff, 0xff, 0xff, 0xff, 0x7f, 0];
        assert_eq!(Compact::new(&huge_binary).structure(&mut |_, _| {}), None);
        let endless_nesting = [0x1c; 64];
        assert_eq!(Compact::new(&endless_nesting).structure(&mut |_, _| {}), None);
        let huge_list = [0x19, 0xf8, 0xff, 0xff, 0xff, 0xff, 0x7f, 0];
        assert_eq!(Compact::new(&huge_list).structure(&mut |_, _| {}), None);
    }
}
