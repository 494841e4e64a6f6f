//! One JSON record: which fields it has, and where in the buffer their values stand.

use super::json::Cursor;
use super::{Input, FLAG, NUMBER, SINGLE, TEXT};

pub const FIELDS_MAX: usize = 64;
const UNDECLARED_MAX: usize = 32;

type Span = (usize, usize);

/// What one record has: of each declared field whether it is given at all, whether as more than null, and where then; and
/// the names of its other fields.
pub struct Found {
    given: u64,
    pub present: u64,
    pub spans: [Span; FIELDS_MAX],
    pub undeclared: Vec<Span>,
}

/// Reads record by record into `found`.
pub struct Reader<'a> {
    input: &'a Input<'a>,
    names: Vec<&'a [u8]>,
    quoted: Vec<Vec<u8>>,
    /// Which field came behind each field the last time, for records of one sender are alike; the last entry is the first field.
    next: [usize; FIELDS_MAX + 1],
    pub found: Found,
}

impl<'a> Reader<'a> {
    /// Begin with the fields of `input`.
    pub fn new(input: &'a Input<'a>) -> Self {
        let bounds = std::iter::once(&0).chain(input.name_ends).zip(input.name_ends);
        let names: Vec<&[u8]> = bounds.map(|(&start, &end)| &input.names[start as usize..end as usize]).collect();
        let found = Found { given: 0, present: 0, spans: [(0, 0); FIELDS_MAX], undeclared: Vec::new() };
        Reader {
            input,
            quoted: names.iter().map(|name| quoted(name)).collect(),
            names,
            next: [0; FIELDS_MAX + 1],
            found,
        }
    }

    /// Read `raw[start..end]` into `found`; `None` when it is not plain, and then `found` says nothing.
    pub fn record(&mut self, start: usize, end: usize) -> Option<()> {
        let record = &self.input.raw[start..end];
        if record.len() > self.input.bytes_max {
            return None;
        }
        (self.found.given, self.found.present) = (0, 0);
        self.found.undeclared.clear();
        let mut cursor = Cursor::new(record);
        cursor.blanks();
        cursor.sign(b'{')?;
        cursor.blanks();
        if cursor.sign(b'}').is_none() {
            let mut before = FIELDS_MAX;
            loop {
                before = self.member(record, start, &mut cursor, before)?;
                cursor.blanks();
                if cursor.sign(b',').is_none() {
                    cursor.sign(b'}')?;
                    break;
                }
                cursor.blanks();
            }
        }
        cursor.blanks();
        if cursor.at < record.len() || std::str::from_utf8(record).is_err() {
            return None;
        }
        Some(())
    }

    /// Read one name and its value; gives the field, or as before when nobody declared it.
    #[inline]
    fn member(&mut self, record: &[u8], offset: usize, cursor: &mut Cursor, before: usize) -> Option<usize> {
        let guess = self.next[before];
        let is_next =
            self.quoted.get(guess).map_or(false, |quoted| !quoted.is_empty() && cursor.word(quoted).is_some());
        let field = if is_next {
            cursor.blanks();
            guess
        } else {
            let (start, end) = cursor.name()?;
            let name = &record[start..end];
            match self.names.iter().position(|known| *known == name) {
                Some(field) => field,
                None => {
                    self.undeclared(offset + start, offset + end)?;
                    return cursor.value(1).map(|_| before);
                }
            }
        };
        self.next[before] = field;
        if self.found.given >> field & 1 == 1 {
            return None;
        }
        self.found.given |= 1 << field;
        if cursor.peek()? == b'n' {
            cursor.word(b"null")?;
            return Some(field);
        }
        let (start, end) = self.value(field, cursor)?;
        self.found.present |= 1 << field;
        self.found.spans[field] = (offset + start, offset + end);
        Some(field)
    }

    /// Note a name that nobody declared; `None` when it came before, or when there are too many.
    fn undeclared(&mut self, start: usize, end: usize) -> Option<()> {
        let (raw, names) = (self.input.raw, &mut self.found.undeclared);
        if names.len() == UNDECLARED_MAX || names.iter().any(|&(from, to)| raw[from..to] == raw[start..end]) {
            return None;
        }
        names.push((start, end));
        Some(())
    }

    /// Read the value of a declared field: text without its quotes, all else as it is written.
    #[inline]
    fn value(&mut self, field: usize, cursor: &mut Cursor) -> Option<Span> {
        let start = cursor.at;
        match self.input.forms[field] {
            TEXT | SINGLE => return cursor.string(),
            FLAG => cursor.word(b"true").or_else(|| cursor.word(b"false"))?,
            NUMBER if cursor.peek()? == b'"' => cursor.string().map(|_| ())?,
            NUMBER => cursor.number()?,
            _ => return None,
        }
        Some((start, cursor.at))
    }
}

/// Give a name as it mostly stands in a record; one that JSON might write in another way has none.
fn quoted(name: &[u8]) -> Vec<u8> {
    if !name.iter().all(|sign| sign.is_ascii_alphanumeric() || *sign == b'_') {
        return Vec::new();
    }
    [b"\"", name, b"\":"].concat()
}
