//! Lines of a web server's log to columns: all lines of the usual layouts in one pass.
//!
//! A line is taken only when every byte that matters stands where the layout wants it; what is found then equals what the
//! exact parser gives, and any other line is left to that. `transform/access_log/canonical.py` does the same in numpy.

mod fields;
mod marks;
mod times;

use crate::dictionary::Dictionary;
use fields::{address_of, host_of, name_end, number, request_of, word_end, Span};
use marks::{find_quotes, QUOTES_MAX};
use times::Calendar;

const LINE_BYTES_MAX: usize = 65_536;
const TIME: usize = "dd/Mon/yyyy:HH:MM:SS +hhmm".len();
const TIME_BEFORE_QUOTE: usize = TIME + "] ".len();
const BRACKET_BEFORE_QUOTE: usize = TIME_BEFORE_QUOTE + "[".len();
const HEAD_BYTES_MIN: usize = "a - ".len() + BRACKET_BEFORE_QUOTE;
const STATUS_BEHIND_QUOTE: usize = "\" ".len();
const BYTES_BEHIND_QUOTE: usize = "\" 200 ".len();
const BYTES_DIGITS_MAX: usize = 18;
const NO_BYTES: i64 = -1;
const NO_CODE: i32 = -1;
/// No field of a line ends at its first byte.
const NO_TEXT: Span = (0, 0);

/// How many columns of text there are: host asked, address, method, target, referrer, agent, forwarded.
pub const TEXTS: usize = 7;

/// What is read: line i is `raw[offsets[i]..offsets[i + 1]]`, where `present[i]` is not zero.
pub struct Input<'a> {
    pub raw: &'a [u8],
    pub offsets: &'a [i64],
    pub present: &'a [u8],
    pub seed: u64,
}

/// What was read, in arrays of Python's, each row of them one column with room for all n lines.
///
/// `longs` (2 by n): time in microseconds since 1970, bytes sent or -1. `shorts` (2 by n): offset of the clock in minutes,
/// status. `codes` (8 by n): number of the line, then the code of each text, -1 for none. `sizes` (7): how many distinct texts
/// each column has. `bounds`: for each column one more than that, where its texts begin and end, counted from the column's
/// own first byte. `content`: the texts, column by column; no longer than all lines and three bytes.
pub struct Output<'a> {
    pub longs: &'a mut [i64],
    pub shorts: &'a mut [i16],
    pub codes: &'a mut [i32],
    pub sizes: &'a mut [i64],
    pub bounds: &'a mut [i32],
    pub content: &'a mut [u8],
}

/// One canonical line; its texts are places in it, `NO_TEXT` for one that is not there.
struct Line {
    event_time_us: i64,
    utc_offset_min: i16,
    status: i16,
    bytes: i64,
    texts: [Span; TEXTS],
}

/// Read all lines; gives how many are canonical.
pub fn read(input: &Input, output: &mut Output) -> i64 {
    let lines = input.present.len();
    let mut calendar = Calendar::new();
    let mut dictionaries: [Dictionary; TEXTS] = std::array::from_fn(|_| Dictionary::new(input.seed));
    let (times, sizes) = output.longs.split_at_mut(lines);
    let (offsets, statuses) = output.shorts.split_at_mut(lines);
    let (rows, codes) = output.codes.split_at_mut(lines);
    let mut columns: Vec<&mut [i32]> = codes.chunks_mut(lines.max(1)).collect();
    let mut taken = 0;
    for (row, (bounds, &present)) in input.offsets.windows(2).zip(input.present).enumerate() {
        if present == 0 {
            continue;
        }
        let raw = &input.raw[bounds[0] as usize..bounds[1] as usize];
        let line = match read_line(raw, &mut calendar) {
            Some(line) => line,
            None => continue,
        };
        rows[taken] = row as i32;
        times[taken] = line.event_time_us;
        sizes[taken] = line.bytes;
        offsets[taken] = line.utc_offset_min;
        statuses[taken] = line.status;
        for ((&text, dictionary), codes) in line.texts.iter().zip(&mut dictionaries).zip(&mut columns) {
            codes[taken] = if text == NO_TEXT { NO_CODE } else { dictionary.code(&raw[text.0..text.1]) as i32 };
        }
        taken += 1;
    }
    lay_down(&dictionaries, output);
    taken as i64
}

/// Put the distinct texts of all columns behind one another.
fn lay_down(dictionaries: &[Dictionary; TEXTS], output: &mut Output) {
    let (mut at, mut bound) = (0, 0);
    for (dictionary, size) in dictionaries.iter().zip(output.sizes.iter_mut()) {
        *size = dictionary.len() as i64;
        let (content, offsets) = (dictionary.content(), dictionary.offsets());
        output.content[at..at + content.len()].copy_from_slice(content);
        for (place, &offset) in output.bounds[bound..bound + offsets.len()].iter_mut().zip(offsets) {
            *place = i32::try_from(offset).expect("the lines of an intake take less than 2 GiB");
        }
        at += content.len();
        bound += offsets.len();
    }
}

/// Leave out one line feed, one carriage return, or both.
fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Read a canonical line.
#[inline]
fn read_line(line: &[u8], calendar: &mut Calendar) -> Option<Line> {
    if line.len() < HEAD_BYTES_MIN || line.len() > LINE_BYTES_MAX {
        return None;
    }
    let mut places = [0; QUOTES_MAX];
    let count = find_quotes(line, &mut places)?;
    // Not before: what is read in order comes sooner from memory.
    let line = without_line_end(line);
    let (opening, closing) = (places[0], places[1]);
    // Where the bytes sent end: before the blank before the referrer, or with the line.
    let bytes_end = match count {
        2 => line.len(),
        6 | 8 => places[2] - 1,
        _ => return None,
    };
    if !well_spaced(line, &places[..count], bytes_end) {
        return None;
    }
    let (event_time_us, utc_offset_min) = calendar.read(&line[opening - TIME_BEFORE_QUOTE..opening - "] ".len()])?;
    let status = number(&line[closing + STATUS_BEHIND_QUOTE..closing + BYTES_BEHIND_QUOTE - 1])?;
    if !(100..600).contains(&status) {
        return None;
    }
    let sent = &line[closing + BYTES_BEHIND_QUOTE..bytes_end];
    let bytes = if sent == b"-" { NO_BYTES } else { number(sent)? };
    let head = Head::read(line, opening - BRACKET_BEFORE_QUOTE)?;
    let quoted = |first: usize| if first < count { (places[first] + 1, places[first + 1]) } else { NO_TEXT };
    let is_nothing = |text: Span| text.0 == text.1 || line[text.0..text.1] == *b"-";
    let given = |text: Span| if is_nothing(text) { NO_TEXT } else { text };
    // Where the exact parser writes a dash for what was not sent, the one of the head is as good.
    let (method, target) = request_of(line, (opening + 1, closing)).unwrap_or((head.dash, head.dash));
    let agent = quoted(4);
    let agent = if agent.0 == agent.1 && agent != NO_TEXT { head.dash } else { agent };
    Some(Line {
        event_time_us,
        utc_offset_min,
        status: status as i16,
        bytes,
        texts: [head.vhost, head.address, method, target, given(quoted(2)), agent, given(quoted(6))],
    })
}

/// Tell whether the quotes have the blanks, and the room for numbers, of their layout; then all that is read lies in the line.
#[inline]
fn well_spaced(line: &[u8], quotes: &[usize], bytes_end: usize) -> bool {
    let is = |place: usize, mark: u8| line.get(place) == Some(&mark);
    let (opening, closing, last) = (quotes[0], quotes[1], quotes[quotes.len() - 1]);
    if opening < HEAD_BYTES_MIN || bytes_end <= closing + BYTES_BEHIND_QUOTE {
        return false;
    }
    let number_fits = bytes_end - closing - BYTES_BEHIND_QUOTE <= BYTES_DIGITS_MAX;
    let usual = number_fits
        && is(opening - BRACKET_BEFORE_QUOTE, b'[')
        && is(opening - 2, b']')
        && is(opening - 1, b' ')
        && is(closing + 1, b' ')
        && is(closing + BYTES_BEHIND_QUOTE - 1, b' ');
    // Fields without quotes may follow the last quote: the exact parser does not read them either.
    let behind = quotes.len() == 2 || (is(bytes_end, b' ') && (last + 1 == line.len() || is(last + 1, b' ')));
    let apart = |one: usize| quotes.get(one + 1).map_or(true, |&next| next - quotes[one] == 2 && is(next - 1, b' '));
    usual && behind && apart(3) && apart(5)
}

/// Who asked, and whom.
struct Head {
    vhost: Span,
    address: Span,
    dash: Span,
}

impl Head {
    /// Find the peer in `peer - user ` and `vhost peer - user `; the user may be anything, and is not looked at.
    #[inline]
    fn read(line: &[u8], head_end: usize) -> Option<Self> {
        let is_peer = |end: usize| end + 3 <= head_end && line[end..end + 3] == *b" - ";
        // A name ends at the blank as a rule.
        let name = name_end(line, 0);
        let first = word_end(line, name);
        if is_peer(first) {
            return Some(Head {
                vhost: NO_TEXT,
                address: host_of(line, (0, first), name)?,
                dash: (first + 1, first + 2),
            });
        }
        let second = word_end(line, first + 1);
        // The exact parser wants a user there, or the name before the peer might be the peer's.
        if !is_peer(second) || second + 3 >= head_end || line[second + 3] <= b' ' {
            return None;
        }
        let vhost = host_of(line, (0, first), name)?;
        let address = address_of(line, (first + 1, second))?;
        Some(Head { vhost, address, dash: (second + 1, second + 2) })
    }
}
