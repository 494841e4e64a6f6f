//! Addresses in their plain forms, read byte by byte.

const GROUPS: usize = 8;
const GROUP_DIGITS_MAX: usize = 4;
const OCTET_DIGITS_MAX: usize = 3;

/// Read four numbers up to 255 between dots, without leading zeros, and nothing else.
pub fn octets(text: &[u8]) -> Option<u32> {
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
pub struct Hextets {
    groups: [u16; GROUPS],
    pub is_usual: bool,
}

impl Hextets {
    /// Read eight hexadecimal groups between colons, or fewer with one `::`, and nothing else.
    pub fn read(text: &[u8]) -> Option<Self> {
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

    pub fn high(&self) -> u64 {
        self.groups[..4].iter().fold(0, |word, &group| word << 16 | u64::from(group))
    }

    fn low(&self) -> u64 {
        self.groups[4..].iter().fold(0, |word, &group| word << 16 | u64::from(group))
    }

    /// Tell whether it is an IPv4 address in the form of an IPv6 one, `::ffff:0:0/96`.
    pub fn is_mapped(&self) -> bool {
        self.high() == 0 && self.low() >> 32 == 0xFFFF
    }

    /// Give the IPv4 address that it carries: mapped, NAT64, 6to4, or Teredo, where it stands inverted at the end.
    pub fn carried(&self) -> Option<u32> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv6Addr;

    #[test]
    fn an_address_of_groups_is_one_for_the_standard_library_too() {
        let pieces = ["::", ":", "1", "ffff", "0", ":2", "3:", "4:5:6", "12345", "::7", "g", ""];
        for number in 0..pieces.len().pow(4) {
            let text: String = (0..4).map(|place| pieces[number / pieces.len().pow(place) % pieces.len()]).collect();
            let found = Hextets::read(text.as_bytes()).map(|address| address.groups);
            assert_eq!(found, text.parse::<Ipv6Addr>().ok().map(|address| address.segments()), "{}", text);
        }
    }

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
