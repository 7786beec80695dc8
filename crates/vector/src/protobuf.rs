//! Protocol buffers, as far as vector tiles need them.

use crate::error::TileError;

/// Bytes that are read from front to back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

/// What stands in a field.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Field<'a> {
    Varint(u64),
    Fixed64([u8; 8]),
    Bytes(&'a [u8]),
    Fixed32([u8; 4]),
}

impl<'a> Reader<'a> {
    pub(crate) fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    pub(crate) fn len(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    #[inline]
    pub(crate) fn varint(&mut self) -> Result<u64, TileError> {
        let (mut value, mut shift) = (0_u64, 0_u32);
        loop {
            let (&byte, rest) = self.rest.split_first().ok_or(TileError::Malformed)?;
            self.rest = rest;
            // The tenth byte has room for one bit.
            if shift == 63 && byte > 1 {
                return Err(TileError::Malformed);
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
            shift += 7;
        }
    }

    /// A number that has to have 32 bits.
    #[inline]
    pub(crate) fn small(&mut self) -> Result<u32, TileError> {
        u32::try_from(self.varint()?).map_err(|_| TileError::Malformed)
    }

    fn array<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH], TileError> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(TileError::Malformed)?;
        self.rest = rest;
        Ok(*bytes)
    }

    /// The next field and its number; `None` at the end.
    pub(crate) fn field(&mut self) -> Result<Option<(u32, Field<'a>)>, TileError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let key = self.small()?;
        let field = match key & 7 {
            0 => Field::Varint(self.varint()?),
            1 => Field::Fixed64(self.array()?),
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| TileError::Malformed)?;
                let (bytes, rest) = self.rest.split_at_checked(length).ok_or(TileError::Malformed)?;
                self.rest = rest;
                Field::Bytes(bytes)
            }
            5 => Field::Fixed32(self.array()?),
            _ => return Err(TileError::Malformed),
        };
        match key >> 3 {
            0 => Err(TileError::Malformed),
            number => Ok(Some((number, field))),
        }
    }
}

/// A number with its sign in the lowest bit, as it was before.
#[inline]
pub(crate) fn signed(value: u32) -> i32 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

/// As [`signed`], of 64 bits.
pub(crate) fn signed_long(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}
