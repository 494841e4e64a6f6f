//! JSON events to columns: records that are plain, of fields whose names are known.
//!
//! Plain is a record that is an object of RFC 8259 in UTF-8, without an escape, without a name that comes twice, and with the
//! declared fields' values in their forms. Every other record is left to whoever reads with patience.

pub mod forms;
mod json;
mod record;
pub mod times;
pub mod uuids;

use crate::dictionary::Dictionary;
use record::Reader;

/// How a declared field stands in JSON; `kernels/events.py` has the same numbers. Of arrays only null is taken.
const TEXT: u8 = 0;
const SINGLE: u8 = 1;
const FLAG: u8 = 2;
const NUMBER: u8 = 3;

const NONE: i32 = -1;
const NEVER: i64 = -1;

/// What is read, as Python gives it: n records `raw[starts[i]..ends[i]]` and f fields, whose names stand behind one another.
pub struct Input<'a> {
    pub raw: &'a [u8],
    pub starts: &'a [i64],
    pub ends: &'a [i64],
    pub names: &'a [u8],
    pub name_ends: &'a [i64],
    pub forms: &'a [u8],
    pub bytes_max: usize,
    pub seed: u64,
}

/// What was read, in arrays of Python's, of the f fields and one more for the names that nobody declared.
///
/// `rows` (n): which records are plain. `codes` ((f + 1) by n): for each field and plain record a text's code, a flag as 0
/// or 1, or 0 for what is there; -1 for what is not; for the names how often each came. `texts` (as many bytes as the records
/// have, for each field of `SINGLE` and `NUMBER` and once more): in these fields' own parts one text a record, in the last
/// part the distinct texts of each other field and the names. `bounds` ((f + 1) by (n + 1)): where they begin and end in their
/// part. `sizes` (f + 1): how many there are, or -1 for a field that no record has, whose codes and bounds say nothing.
pub struct Output<'a> {
    pub rows: &'a mut [i32],
    pub codes: &'a mut [i32],
    pub texts: &'a mut [u8],
    pub bounds: &'a mut [i32],
    pub sizes: &'a mut [i64],
}

/// Read all records; gives how many are plain, or -1 where there are too many fields.
pub fn read(input: &Input, output: Output) -> i64 {
    let (count, fields) = (input.starts.len(), input.forms.len());
    if fields > record::FIELDS_MAX {
        return -1;
    }
    let bytes = output.texts.len() / (1 + input.forms.iter().filter(|form| is_single(**form)).count());
    let (mut codes, mut texts, mut bounds) = (output.codes, output.texts, output.bounds);
    let mut columns: Vec<Column> = Vec::new();
    for &form in input.forms {
        let texts = cut(&mut texts, if is_single(form) { bytes } else { 0 });
        let (codes, bounds) = (cut(&mut codes, count), cut(&mut bounds, count + 1));
        columns.push(Column { form, rows: 0, at: 0, distinct: Dictionary::new(input.seed), codes, texts, bounds });
    }
    let mut names = Dictionary::new(input.seed);
    let mut reader = Reader::new(input);
    let mut taken = 0;
    for (row, (&start, &end)) in input.starts.iter().zip(input.ends).enumerate() {
        // Names that nobody declared have room for as many different ones as there are records.
        let is_plain = reader.record(start as usize, end as usize).is_some();
        let found = &reader.found;
        if !is_plain || names.len() + found.undeclared.len() > count {
            continue;
        }
        output.rows[taken] = row as i32;
        let mut rest = found.present;
        while rest != 0 {
            let field = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            columns[field].put(taken, &input.raw[found.spans[field].0..found.spans[field].1]);
        }
        for &(start, end) in &found.undeclared {
            let known = names.len();
            let name = names.code(&input.raw[start..end]) as usize;
            codes[name] = if name < known { codes[name] + 1 } else { 1 };
        }
        taken += 1;
    }
    let mut at = 0;
    for (column, size) in columns.iter_mut().zip(&mut *output.sizes) {
        *size = column.finish(taken);
        if column.form == TEXT && *size != NEVER {
            at = write(&column.distinct, at, texts, column.bounds);
            *size = column.distinct.len() as i64;
        }
    }
    write(&names, at, texts, bounds);
    output.sizes[fields] = names.len() as i64;
    taken as i64
}

fn is_single(form: u8) -> bool {
    matches!(form, SINGLE | NUMBER)
}

/// Cut a piece from the beginning.
fn cut<'a, T>(rest: &mut &'a mut [T], size: usize) -> &'a mut [T] {
    let (piece, others) = std::mem::take(rest).split_at_mut(size);
    *rest = others;
    piece
}

/// Put the texts of a dictionary behind those of the one before it, and give where they end.
fn write(dictionary: &Dictionary, at: usize, texts: &mut [u8], bounds: &mut [i32]) -> usize {
    let content = dictionary.content();
    texts[at..at + content.len()].copy_from_slice(content);
    for (bound, &offset) in bounds.iter_mut().zip(dictionary.offsets()) {
        *bound = (at + offset as usize) as i32;
    }
    at + content.len()
}

/// What the records have in one field, in its parts of the arrays.
struct Column<'a> {
    form: u8,
    rows: usize,
    at: usize,
    distinct: Dictionary,
    codes: &'a mut [i32],
    texts: &'a mut [u8],
    bounds: &'a mut [i32],
}

impl Column<'_> {
    /// Add the value of a record; those before it of which nobody has told have none.
    #[inline]
    fn put(&mut self, row: usize, text: &[u8]) {
        if self.rows < row {
            self.skip(row);
        }
        self.rows = row + 1;
        self.codes[row] = match self.form {
            TEXT => self.distinct.code(text) as i32,
            FLAG => i32::from(text[0] == b't'),
            _ => {
                let start = self.at;
                self.at += text.len();
                self.texts[start..self.at].copy_from_slice(text);
                self.bounds[row] = start as i32;
                0
            }
        };
    }

    fn skip(&mut self, row: usize) {
        self.codes[self.rows..row].fill(NONE);
        if is_single(self.form) {
            self.bounds[self.rows..row].fill(self.at as i32);
        }
        self.rows = row;
    }

    /// Give how many records there are, or -1 when none of them has this field.
    fn finish(&mut self, rows: usize) -> i64 {
        if self.rows == 0 {
            return NEVER;
        }
        self.skip(rows);
        self.bounds[rows] = self.at as i32;
        rows as i64
    }
}
