//! Times of RFC 3339, as `times.py` reads them: with an offset, from the year 1000 to 2999, cut to the microsecond.

use crate::calendar::days_since_1970;
use crate::dictionary::text_of;

const FRACTION_MAX: usize = 12;
const MICRO_DIGITS: usize = 6;
const MICROS_A_SECOND: i64 = 1_000_000;

/// Read the times `data[offsets[i]..offsets[i + 1]]`: microseconds since 1970 in UTC, minutes east of it, and 1 where a text
/// is a time; 0 in all three where it is none. Returns how many are.
pub fn read(data: &[u8], offsets: &[i32], micros: &mut [i64], minutes: &mut [i16], good: &mut [u8]) -> i64 {
    let mut count = 0;
    for row in 0..good.len() {
        let read = time(text_of(data, offsets, row));
        good[row] = u8::from(read.is_some());
        count += i64::from(good[row]);
        (micros[row], minutes[row]) = read.unwrap_or((0, 0));
    }
    count
}

fn time(text: &[u8]) -> Option<(i64, i16)> {
    let year = number(text, 0, 4, 1000, 2999)?;
    let month = number(text, 5, 2, 1, 12)?;
    let day = number(text, 8, 2, 1, 31)?;
    let hour = number(text, 11, 2, 0, 23)?;
    let minute = number(text, 14, 2, 0, 59)?;
    let second = number(text, 17, 2, 0, 59)?;
    let is_joined = text[4] == b'-' && text[7] == b'-' && text[13] == b':' && text[16] == b':';
    if !is_joined || !matches!(text[10], b'T' | b't') {
        return None;
    }
    let (fraction, behind) = fraction(text.get(19..)?)?;
    let offset = offset(behind)?;
    let minutes = (days_since_1970(year, month, day)? * 24 + hour) * 60 + minute - offset;
    Some(((minutes * 60 + second) * MICROS_A_SECOND + fraction, offset as i16))
}

/// Read as many digits, as a number from `least` to `most`.
#[inline]
fn number(text: &[u8], at: usize, digits: usize, least: i64, most: i64) -> Option<i64> {
    let mut value = 0;
    for &sign in text.get(at..at + digits)? {
        if !sign.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i64::from(sign - b'0');
    }
    Some(value).filter(|value| (least..=most).contains(value))
}

/// Read what stands behind the point in microseconds, if there is any, and give the rest.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    if text.first() != Some(&b'.') {
        return Some((0, text));
    }
    let digits = text[1..].iter().take_while(|sign| sign.is_ascii_digit()).count();
    if digits == 0 || digits > FRACTION_MAX {
        return None;
    }
    let written = (1..=MICRO_DIGITS).map(|at| if at <= digits { i64::from(text[at] - b'0') } else { 0 });
    Some((written.fold(0, |value, digit| value * 10 + digit), &text[digits + 1..]))
}

/// Read the offset in minutes east.
fn offset(text: &[u8]) -> Option<i64> {
    if matches!(text, b"Z" | b"z") {
        return Some(0);
    }
    if text.len() != 6 || text[3] != b':' || !matches!(text[0], b'+' | b'-') {
        return None;
    }
    let minutes = number(text, 1, 2, 0, 23)? * 60 + number(text, 4, 2, 0, 59)?;
    Some(if text[0] == b'-' { -minutes } else { minutes })
}
