//! Addresses as text: which place each has, and which are not written in the usual way.
//!
//! Only the plain forms are read here. What might be an address in another form (in brackets, with a zone, with an IPv4
//! address at its end) is left to the caller.

#![forbid(unsafe_code)]

const GROUPS: usize = 8;
const GROUP_DIGITS_MAX: usize = 4;
const OCTET_DIGITS_MAX: usize = 3;
const LENGTH_MAX: usize = 80;
const NO_PLACE: i16 = -1;
/// So many keys are looked for at once: while one waits for the memory, the others go on, and registers compare several.
const LANES: usize = 64;

/// Runs of addresses that share a place: a run begins at its start, and the first at zero.
pub struct Intervals<'a, T> {
    pub starts: &'a [T],
    pub places: &'a [i16],
}

/// Give the place number of each text `raw[bounds[i]..bounds[i + 1]]`, -1 for what is no address.
///
/// `left` gets the rows that the caller has to read; returns how many those are.
pub fn locate(
    raw: &[u8],
    bounds: &[i32],
    v4: &Intervals<u32>,
    v6: &Intervals<u64>,
    found: &mut [i16],
    left: &mut [i64],
) -> i64 {
    let (mut short, mut long) = (Keys::new(v4), Keys::new(v6));
    let mut count = 0;
    for (row, pair) in bounds.windows(2).enumerate() {
        let text = &raw[pair[0] as usize..pair[1] as usize];
        if let Some(key) = octets(text) {
            short.add(row, key, found);
            continue;
        }
        found[row] = NO_PLACE;
        if text.len() > LENGTH_MAX || text.iter().filter(|&&byte| byte == b':').count() < 2 {
            continue;
        }
        match Hextets::read(text) {
            Some(address) => match address.carried() {
                Some(key) => short.add(row, key, found),
                None => long.add(row, address.high(), found),
            },
            None => {
                left[count] = row as i64;
                count += 1;
            }
        }
    }
    short.find(found);
    long.find(found);
    count as i64
}

/// Mark the texts that could be an address in an unusual form; returns how many those are.
///
/// Not marked is what has no colon, and what is an IPv6 address as RFC 5952 writes it that carries no IPv4 address.
pub fn unusual(raw: &[u8], bounds: &[i32], marks: &mut [u8]) -> i64 {
    let mut count = 0;
    for (pair, mark) in bounds.windows(2).zip(marks) {
        let text = &raw[pair[0] as usize..pair[1] as usize];
        let is_usual = text.iter().all(|&byte| byte != b':')
            || Hextets::read(text).map_or(false, |address| address.is_usual && !address.is_mapped());
        *mark = u8::from(!is_usual);
        count += i64::from(!is_usual);
    }
    count
}

/// Read four numbers up to 255 between dots, without leading zeros, and nothing else.
fn octets(text: &[u8]) -> Option<u32> {
    let (mut key, mut value, mut digits, mut dots) = (0_u32, 0_u32, 0, 0);
    for &byte in text {
        if byte == b'.' {
            if digits == 0 || dots == 3 {
                return None;
            }
            key = key << 8 | value;
            (value, digits, dots) = (0, 0, dots + 1);
            continue;
        }
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 || digits == OCTET_DIGITS_MAX || (digits > 0 && value == 0) {
            return None;
        }
        value = value * 10 + u32::from(digit);
        digits += 1;
        if value > 255 {
            return None;
        }
    }
    (dots == 3 && digits > 0).then_some(key << 8 | value)
}

/// An IPv6 address by its eight groups, and whether it is written as RFC 5952 says.
struct Hextets {
    groups: [u16; GROUPS],
    is_usual: bool,
}

impl Hextets {
    /// Read eight hexadecimal groups between colons, or fewer with one `::`, and nothing else.
    fn read(text: &[u8]) -> Option<Self> {
        let (mut groups, mut count, mut gap, mut is_usual) = ([0; GROUPS], 0, None, true);
        let mut rest = text;
        if let Some(after) = rest.strip_prefix(b"::") {
            (gap, rest) = (Some(0), after);
        } else if rest.is_empty() {
            return None;
        }
        while !rest.is_empty() {
            let (value, digits, is_short) = group(rest)?;
            *groups.get_mut(count)? = value;
            count += 1;
            is_usual &= is_short;
            rest = &rest[digits..];
            if rest.is_empty() {
                break;
            }
            rest = rest.strip_prefix(b":")?;
            if let Some(after) = rest.strip_prefix(b":") {
                if gap.is_some() {
                    return None;
                }
                (gap, rest) = (Some(count), after);
            } else if rest.is_empty() {
                return None;
            }
        }
        match gap {
            Some(at) if count < GROUPS => {
                groups.copy_within(at..count, GROUPS - (count - at));
                groups[at..GROUPS - (count - at)].fill(0);
                is_usual &= longest_zeros(&groups) == Some((at, GROUPS - count));
            }
            None if count == GROUPS => is_usual &= longest_zeros(&groups).is_none(),
            _ => return None,
        }
        Some(Hextets { groups, is_usual })
    }

    fn high(&self) -> u64 {
        self.groups[..4].iter().fold(0, |word, &group| word << 16 | u64::from(group))
    }

    fn low(&self) -> u64 {
        self.groups[4..].iter().fold(0, |word, &group| word << 16 | u64::from(group))
    }

    /// Tell whether it is an IPv4 address in the form of an IPv6 one, `::ffff:0:0/96`.
    fn is_mapped(&self) -> bool {
        self.high() == 0 && self.low() >> 32 == 0xFFFF
    }

    /// Give the IPv4 address that it carries: mapped, NAT64, 6to4, or Teredo, where it stands inverted at the end.
    fn carried(&self) -> Option<u32> {
        let (high, low) = (self.high(), self.low());
        let is_nat64 = high == 0x0064_FF9B << 32 && low >> 32 == 0;
        if self.is_mapped() || is_nat64 {
            Some(low as u32)
        } else if high >> 48 == 0x2002 {
            Some((high >> 16) as u32)
        } else if high >> 32 == 0x2001_0000 {
            Some(!low as u32)
        } else {
            None
        }
    }
}

/// Read the hexadecimal digits that a text begins with: value, number of digits, and whether they are the usual ones.
fn group(text: &[u8]) -> Option<(u16, usize, bool)> {
    let (mut value, mut digits, mut seen) = (0_u16, 0, 0);
    for &byte in text {
        let digit = DIGITS[byte as usize];
        if digit & (BETWEEN | FOREIGN) != 0 {
            if digit == FOREIGN {
                return None;
            }
            break;
        }
        if digits == GROUP_DIGITS_MAX {
            return None;
        }
        seen |= digit;
        value = value << 4 | u16::from(digit & 0xF);
        digits += 1;
    }
    let has_zero_before = digits > 1 && text[0] == b'0';
    (digits > 0).then_some((value, digits, seen & CAPITAL == 0 && !has_zero_before))
}

/// What each byte is in a group: a digit by its value, with a mark when it is a capital letter; or none.
const DIGITS: [u8; 256] = digits();
const CAPITAL: u8 = 0x10;
const BETWEEN: u8 = 0x20;
const FOREIGN: u8 = 0x40;

const fn digits() -> [u8; 256] {
    let mut digits = [FOREIGN; 256];
    let mut value = 0;
    while value < 16 {
        if value < 10 {
            digits[b'0' as usize + value] = value as u8;
        } else {
            digits[b'a' as usize + value - 10] = value as u8;
            digits[b'A' as usize + value - 10] = value as u8 | CAPITAL;
        }
        value += 1;
    }
    digits[b':' as usize] = BETWEEN;
    digits
}

/// Find the first of the longest runs of zeros, where it begins and how many there are; one alone is no run.
fn longest_zeros(groups: &[u16; GROUPS]) -> Option<(usize, usize)> {
    let (mut best, mut begin) = (None, 0);
    let mut most = 1;
    for (at, &group) in groups.iter().enumerate() {
        if group != 0 {
            begin = at + 1;
        } else if at + 1 - begin > most {
            most = at + 1 - begin;
            best = Some((begin, most));
        }
    }
    best
}

/// Keys on their way to their places, some at a time.
struct Keys<'a, T> {
    intervals: &'a Intervals<'a, T>,
    count: usize,
    rows: [usize; LANES],
    keys: [T; LANES],
}

impl<'a, T: Copy + Default + PartialOrd> Keys<'a, T> {
    fn new(intervals: &'a Intervals<'a, T>) -> Self {
        Keys { intervals, count: 0, rows: [0; LANES], keys: [T::default(); LANES] }
    }

    #[inline]
    fn add(&mut self, row: usize, key: T, found: &mut [i16]) {
        self.rows[self.count] = row;
        self.keys[self.count] = key;
        self.count += 1;
        if self.count == LANES {
            self.find(found);
        }
    }

    /// Find for each key the last run that starts at it or before it, by halves, all keys in step.
    fn find(&mut self, found: &mut [i16]) {
        let Intervals { starts, places } = self.intervals;
        let (mut begins, mut middles, mut size) = ([0_u32; LANES], [T::default(); LANES], starts.len() as u32);
        while size > 1 {
            let half = size / 2;
            for (middle, &begin) in middles.iter_mut().zip(&begins) {
                *middle = starts[(begin + half) as usize];
            }
            // A loop of its own, which compares without branches: which half it is nobody can foretell.
            for (begin, (middle, key)) in begins.iter_mut().zip(middles.iter().zip(&self.keys)) {
                *begin = begin.wrapping_add(if middle <= key { half } else { 0 });
            }
            size -= half;
        }
        for (&row, &begin) in self.rows.iter().zip(&begins).take(self.count) {
            found[row] = places[begin as usize];
        }
        self.count = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_the_longest_runs_of_zeros_is_left_out() {
        for (text, is_usual) in [
            ("::", true),
            ("::1", true),
            ("1:0:0:2::3", true),
            ("1::2:0:0:3:4", true),
            ("1:0:0:2::3:4", false),
            ("1:0:2:3:4:5:6:7", true),
            ("2001:db8::A", false),
        ] {
            assert_eq!(Hextets::read(text.as_bytes()).map(|address| address.is_usual), Some(is_usual), "{}", text);
        }
    }
}
