//! One record: its length, then attributes, the distances of its time and its offset from its batch's first, key, value, headers.
//!
//! Numbers have seven bits a byte, lowest first, and the high bit says that more follows; most of them are zig-zag.

/// What is wrong with the bytes, as a negative number; `records.py` has the words for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Count = -1,
    Length = -2,
    Fill = -3,
    Attributes = -4,
    Number = -5,
    Field = -6,
    Headers = -7,
    NoName = -8,
    Name = -9,
    LeftOver = -10,
    Offset = -11,
    Descends = -12,
    Cut = -13,
    Room = -14,
}

/// A length has at most six bytes, though five would do; any other number has ten.
const LENGTH_SHIFT_MAX: u32 = 35;
const NUMBER_SHIFT_MAX: u32 = 63;
const MORE: u8 = 128;
pub const BACKFILL: &[u8] = b"footfall-backfill";

/// One record as it lies in its batch.
pub struct Record<'a> {
    pub time_delta: i64,
    pub offset_delta: i64,
    pub key: Option<&'a [u8]>,
    pub value: Option<&'a [u8]>,
    pub is_backfill: bool,
}

/// Reads numbers and fields, one after the other.
pub struct Reader<'a> {
    pub bytes: &'a [u8],
    pub at: usize,
}

impl<'a> Reader<'a> {
    /// Read the next record.
    #[inline]
    pub fn record(&mut self) -> Result<Record<'a>, Fault> {
        let size =
            self.number(LENGTH_SHIFT_MAX).map_err(|fault| if fault == Fault::Cut { fault } else { Fault::Length })?;
        if size & 1 == 1 {
            return Err(Fault::Length);
        }
        let mut fields = Reader { bytes: self.take(size >> 1).ok_or(Fault::Fill)?, at: 0 };
        if fields.byte()? >= MORE {
            return Err(Fault::Attributes); // unused bits: others would not read on
        }
        let time_delta = signed(fields.number(NUMBER_SHIFT_MAX)?);
        let offset_delta = signed(fields.number(NUMBER_SHIFT_MAX)?);
        let key = fields.field()?;
        let value = fields.field()?;
        let headers = fields.number(NUMBER_SHIFT_MAX)?;
        let is_backfill = headers != 0 && fields.headers(headers)?;
        if fields.at != fields.bytes.len() {
            return Err(Fault::LeftOver);
        }
        Ok(Record { time_delta, offset_delta, key, value, is_backfill })
    }

    /// Read so many headers (zig-zag) and tell whether one of them marks a record as historic.
    fn headers(&mut self, count: i64) -> Result<bool, Fault> {
        if count < 0 || count & 1 == 1 {
            return Err(Fault::Headers);
        }
        let mut is_backfill = false;
        for _ in 0..count >> 1 {
            let name = self.field()?.ok_or(Fault::NoName)?;
            std::str::from_utf8(name).map_err(|_| Fault::Name)?;
            is_backfill |= name == BACKFILL;
            self.field()?;
        }
        Ok(is_backfill)
    }

    /// Read a field that begins with its length; a negative one means that there is none.
    #[inline]
    fn field(&mut self) -> Result<Option<&'a [u8]>, Fault> {
        let size = self.number(NUMBER_SHIFT_MAX)?;
        if size & 1 == 1 {
            return Ok(None);
        }
        self.take(size >> 1).map(Some).ok_or(Fault::Field)
    }

    #[inline]
    fn take(&mut self, size: i64) -> Option<&'a [u8]> {
        let end = self.at.checked_add(usize::try_from(size).ok()?)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    #[inline]
    fn byte(&mut self) -> Result<u8, Fault> {
        let byte = *self.bytes.get(self.at).ok_or(Fault::Cut)?;
        self.at += 1;
        Ok(byte)
    }

    #[inline]
    fn number(&mut self, shift_max: u32) -> Result<i64, Fault> {
        let first = self.byte()?;
        if first < MORE {
            return Ok(i64::from(first));
        }
        self.long_number(first, shift_max)
    }

    #[inline]
    fn long_number(&mut self, first: u8, shift_max: u32) -> Result<i64, Fault> {
        let mut value = u64::from(first & 127);
        let mut shift = 7;
        while shift <= shift_max {
            let part = self.byte()?;
            value |= u64::from(part & 127) << shift;
            if part < MORE {
                return Ok(value as i64);
            }
            shift += 7;
        }
        Err(Fault::Number)
    }
}

/// Undo the zig-zag: 0, 1, 2, 3 … mean 0, -1, 1, -2 ….
#[inline]
fn signed(value: i64) -> i64 {
    ((value as u64 >> 1) as i64) ^ -(value & 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_end() {
        let ten = [vec![0x80; 9], vec![1]].concat();
        let mut reader = Reader { bytes: &ten, at: 0 };
        assert_eq!(reader.number(NUMBER_SHIFT_MAX), Ok(i64::MIN));
        let mut reader = Reader { bytes: &ten, at: 0 };
        assert_eq!(reader.number(LENGTH_SHIFT_MAX), Err(Fault::Number));
        let mut reader = Reader { bytes: &[0x80; 11], at: 0 };
        assert_eq!(reader.number(NUMBER_SHIFT_MAX), Err(Fault::Number));
        assert_eq!([0, 1, 2, 3, -1].map(signed), [0, -1, 1, -2, i64::MIN]);
    }
}
