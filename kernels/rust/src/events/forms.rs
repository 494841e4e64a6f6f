//! Texts whose form is certain at a look, so that patterns and detectors need to judge the others only.

#![forbid(unsafe_code)]

use crate::events::uuids::is_uuid;

const OCTETS: usize = 4;
const GROUPS: usize = 8;
const GROUP_DIGITS: usize = 4;
const NAME_SIGNS: usize = 8;
const NAME_JOINTS: usize = 2;

/// Give the text `data[offsets[row]..offsets[row + 1]]`.
#[inline]
pub fn text_of<'a>(data: &'a [u8], offsets: &[i32], row: usize) -> &'a [u8] {
    &data[offsets[row] as usize..offsets[row + 1] as usize]
}

/// Mark with 1 the texts that are surely of a form, with 0 those that must be looked at; the forms have the numbers of
/// `kernels/events.py`. Returns how many are marked, or -1 for a form that there is not.
pub fn judge(data: &[u8], offsets: &[i32], sure: &mut [u8], form: u64, length_max: usize) -> i64 {
    let is_sure: fn(&[u8]) -> bool = match form {
        0 => is_printable,
        1 => is_uuid,
        2 => is_web,
        3 => |text| is_v4(text) || is_v6(text),
        4 => |text| all(text, is_word),
        5 => is_short_name,
        _ => return -1,
    };
    let mut count = 0;
    for (row, mark) in sure.iter_mut().enumerate() {
        let text = text_of(data, offsets, row);
        *mark = u8::from(text.len() <= length_max && is_sure(text));
        count += i64::from(*mark);
    }
    count
}

/// ASCII without a control character, and not blank.
fn is_printable(text: &[u8]) -> bool {
    all(text, |sign| matches!(sign, b' '..=b'~')) && text.iter().any(|sign| *sign != b' ')
}

/// An address of the web with a plain host, or a path of the site.
fn is_web(text: &[u8]) -> bool {
    if let Some(path) = text.strip_prefix(b"/") {
        return !matches!(path.first(), Some(b'/' | b'\\')) && is_path(path);
    }
    let rest = text.strip_prefix(b"https://").or_else(|| text.strip_prefix(b"http://")).unwrap_or(b"");
    let host = rest.iter().take_while(|sign| sign.is_ascii_alphanumeric() || matches!(sign, b'.' | b'-')).count();
    host > 0 && matches!(rest.get(host), None | Some(b'/' | b'?' | b'#')) && is_path(&rest[host..])
}

fn is_path(text: &[u8]) -> bool {
    all(text, |sign| matches!(sign, b'!'..=b'~'))
}

/// Look at all signs, many at once, for mostly all of them fit.
#[inline]
fn all(text: &[u8], fits: impl Fn(u8) -> bool) -> bool {
    text.iter().fold(true, |good, &sign| good & fits(sign))
}

/// Four numbers up to 255 without leading zeros.
fn is_v4(text: &[u8]) -> bool {
    let mut octets = 0;
    let fits = text.split(|sign| *sign == b'.').all(|octet| {
        octets += 1;
        let is_number = (1..=3).contains(&octet.len()) && octet.iter().all(u8::is_ascii_digit);
        let value = octet.iter().take(3).fold(0_u32, |value, sign| value * 10 + u32::from(sign.wrapping_sub(b'0')));
        is_number && value <= 255 && (octet.len() == 1 || octet[0] != b'0')
    });
    fits && octets == OCTETS
}

/// Eight groups of hexadecimal digits, or fewer around one gap.
fn is_v6(text: &[u8]) -> bool {
    let (mut groups, mut gaps, mut at) = (0, 0, 0);
    if text.starts_with(b"::") {
        (gaps, at) = (1, 2);
    }
    while at < text.len() {
        let digits = text[at..].iter().take_while(|sign| sign.is_ascii_hexdigit()).count();
        if !(1..=GROUP_DIGITS).contains(&digits) {
            return false;
        }
        groups += 1;
        at += digits;
        match text.get(at..) {
            None | Some([]) => break,
            Some([b':', b':', ..]) => (gaps, at) = (gaps + 1, at + 2),
            Some([b':', _, ..]) => at += 1,
            Some(_) => return false,
        }
    }
    (gaps == 0 && groups == GROUPS) || (gaps == 1 && groups < GROUPS)
}

fn is_word(sign: u8) -> bool {
    sign.is_ascii_alphanumeric() || matches!(sign, b'-' | b'_')
}

/// A word that is too short to hold an address, a telephone number or a token: each has nine signs, or three joints.
fn is_short_name(text: &[u8]) -> bool {
    let joints = text.iter().filter(|sign| matches!(sign, b'-' | b'_')).count();
    text.len() <= NAME_SIGNS && joints <= NAME_JOINTS && all(text, is_word)
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
            assert_eq!(is_v6(text.as_bytes()), text.parse::<Ipv6Addr>().is_ok(), "{}", text);
        }
    }
}
