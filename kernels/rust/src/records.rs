//! Kafka's records of message format 2: the bytes of batches to columns, in one pass.

mod record;

use record::{Fault, Reader};

/// How many numbers tell of a piece: see `Piece::of`.
const PIECE_ITEMS: usize = 8;
const RECORD_BYTES_MIN: i64 = 7;
const KEY_BYTES: usize = 16;

/// The records of one batch: `data[start..end]`, and what the head of the batch says of them.
struct Piece {
    start: usize,
    end: usize,
    count: i64,
    base_offset: i64,
    last_delta: i64,
    first_ms: i64,
    /// The time of all records, where the broker set it.
    appended_ms: Option<i64>,
}

impl Piece {
    fn of(items: &[i64]) -> Result<Self, Fault> {
        let edge = |item: i64| usize::try_from(item).map_err(|_| Fault::Count);
        Ok(Piece {
            start: edge(items[0])?,
            end: edge(items[1])?,
            count: items[2],
            base_offset: items[3],
            last_delta: items[4],
            first_ms: items[5],
            appended_ms: if items[7] == 0 { None } else { Some(items[6]) },
        })
    }

    fn bytes<'a>(&self, data: &'a [u8]) -> Result<&'a [u8], Fault> {
        let bytes = data.get(self.start..self.end).ok_or(Fault::Count)?;
        let most = bytes.len() as i64 / RECORD_BYTES_MIN;
        if self.count < 0 || self.count > most || (self.count == 0 && !bytes.is_empty()) {
            return Err(Fault::Count);
        }
        Ok(bytes)
    }
}

/// Texts of rows as Arrow lays them down: all bytes together, one edge more than rows, and a bit for each row that has one.
pub struct Texts<'a> {
    pub bytes: &'a mut [u8],
    pub edges: &'a mut [i32],
    pub bits: &'a mut [u8],
    /// How many rows have none.
    pub nulls: i64,
}

impl Texts<'_> {
    #[inline]
    fn put(&mut self, row: usize, text: Option<&[u8]>) -> Result<(), Fault> {
        let bit = 1_u8 << (row % 8);
        let byte = &mut self.bits[row / 8];
        *byte &= bit - 1; // whatever lies behind is not written yet
        let start = self.edges[row] as usize;
        let end = match text {
            Some(text) => {
                *byte |= bit;
                let end = start + text.len();
                let target = self.bytes.get_mut(start..end).ok_or(Fault::Room)?;
                if text.len() == KEY_BYTES {
                    target[..KEY_BYTES].copy_from_slice(&text[..KEY_BYTES]); // of a known size: two instructions
                } else {
                    target.copy_from_slice(text);
                }
                end
            }
            None => {
                self.nulls += 1;
                start
            }
        };
        self.edges[row + 1] = i32::try_from(end).map_err(|_| Fault::Room)?;
        Ok(())
    }
}

/// Where rows are written to.
pub struct Columns<'a> {
    pub offsets: &'a mut [i64],
    pub sent_ms: &'a mut [i64],
    pub backfill: &'a mut [u8],
    pub keys: Texts<'a>,
    pub values: Texts<'a>,
}

/// Read the records of `pieces` (eight numbers each) at or above `offset_from` to rows from `row` on.
///
/// Returns how many rows there are, or a fault; then nothing counts that was written.
pub fn read(data: &[u8], pieces: &[i64], offset_from: i64, row: usize, columns: &mut Columns) -> Result<usize, Fault> {
    let mut next = row;
    let mut previous = None;
    for items in pieces.chunks_exact(PIECE_ITEMS) {
        let piece = Piece::of(items)?;
        let bytes = piece.bytes(data)?;
        let mut batch = Reader { bytes, at: 0 };
        for _ in 0..piece.count {
            let record = batch.record()?;
            if record.offset_delta < 0 || record.offset_delta > piece.last_delta {
                return Err(Fault::Offset);
            }
            // No checksum covers the first offset of a batch, so it may be anything.
            let offset = piece.base_offset.wrapping_add(record.offset_delta);
            if previous.map_or(false, |before| offset <= before) {
                return Err(Fault::Descends);
            }
            previous = Some(offset);
            if offset < offset_from {
                continue;
            }
            columns.offsets[next] = offset;
            columns.sent_ms[next] = piece.appended_ms.unwrap_or_else(|| piece.first_ms.wrapping_add(record.time_delta));
            columns.backfill[next] = u8::from(record.is_backfill);
            columns.keys.put(next, record.key)?;
            columns.values.put(next, record.value)?;
            next += 1;
        }
        if batch.at != bytes.len() {
            return Err(Fault::Fill);
        }
    }
    Ok(next - row)
}

#[cfg(test)]
mod tests {
    use super::record::BACKFILL;
    use super::*;

    type Row = (i64, i64, bool, Option<Vec<u8>>, Option<Vec<u8>>);

    const EMPTY: [u8; 7] = [12, 0, 0, 0, 1, 1, 0];

    /// Read one piece of `count` records; give keys, values and what else there is of each row.
    fn rows(data: &[u8], count: i64, from: i64) -> Result<Vec<Row>, Fault> {
        let piece = [0, data.len() as i64, count, 100, 9, 1000, 0, 0];
        let (mut offsets, mut sent_ms, mut backfill) = ([0; 9], [0; 9], [0; 9]);
        let (mut keys, mut key_edges, mut key_bits) = ([0; 99], [0; 10], [255; 2]);
        let (mut values, mut value_edges, mut value_bits) = ([0; 99], [0; 10], [255; 2]);
        let mut columns = Columns {
            offsets: &mut offsets,
            sent_ms: &mut sent_ms,
            backfill: &mut backfill,
            keys: Texts { bytes: &mut keys, edges: &mut key_edges, bits: &mut key_bits, nulls: 0 },
            values: Texts { bytes: &mut values, edges: &mut value_edges, bits: &mut value_bits, nulls: 0 },
        };
        let found = read(data, &piece, from, 0, &mut columns)?;
        let text = |texts: &Texts, row: usize| {
            let span = texts.edges[row] as usize..texts.edges[row + 1] as usize;
            (texts.bits[row / 8] >> (row % 8) & 1 == 1).then(|| texts.bytes[span].to_vec())
        };
        Ok((0..found)
            .map(|row| {
                let (key, value) = (text(&columns.keys, row), text(&columns.values, row));
                (columns.offsets[row], columns.sent_ms[row], columns.backfill[row] == 1, key, value)
            })
            .collect())
    }

    #[test]
    fn fields_come_out_as_they_went_in() {
        let mut data = vec![2 * (8 + 3), 0, 3, 4, 4, b'k', b'y', 6, b'v', b'a', b'l', 0];
        assert_eq!(rows(&data, 1, 0), Ok(vec![(102, 998, false, Some(b"ky".to_vec()), Some(b"val".to_vec()))]));
        data.extend([12, 0, 0, 6, 0, 1, 0]);
        assert_eq!(rows(&data, 2, 103), Ok(vec![(103, 1000, false, Some(vec![]), None)]));
    }

    #[test]
    fn the_header_is_found_among_others() {
        let mut data = vec![2 * 28, 0, 0, 0, 1, 1, 4, 0, 1, 34];
        data.extend(BACKFILL);
        data.extend([2, b'1']);
        assert_eq!(rows(&data, 1, 0).map(|found| found[0].2), Ok(true));
        data[10] = 0xFF;
        assert_eq!(rows(&data, 1, 0), Err(Fault::Name));
        data[7] = 1;
        assert_eq!(rows(&data, 1, 0), Err(Fault::NoName));
    }

    #[test]
    fn what_is_no_record_has_its_fault() {
        assert_eq!(rows(&EMPTY, 1, 0).map(|found| found.len()), Ok(1));
        for (place, byte, fault) in [
            (0, 13, Fault::Length),
            (0, 10, Fault::Cut),
            (0, 14, Fault::Fill),
            (1, 128, Fault::Attributes),
            (3, 1, Fault::Offset),
            (3, 20, Fault::Offset),
            (4, 2, Fault::Cut),
            (4, 6, Fault::Field),
            (6, 1, Fault::Headers),
            (6, 2, Fault::Cut),
            (6, 128, Fault::Cut),
        ] {
            let mut data = EMPTY;
            data[place] = byte;
            assert_eq!(rows(&data, 1, 0), Err(fault), "byte {} at {}", byte, place);
        }
        assert_eq!(rows(&EMPTY, 0, 0), Err(Fault::Count));
        assert_eq!(rows(&EMPTY, 2, 0), Err(Fault::Count));
        assert_eq!(rows(&EMPTY.repeat(2), 2, 0), Err(Fault::Descends));
        assert_eq!(rows(&EMPTY.repeat(2), 1, 0), Err(Fault::Fill));
    }
}
