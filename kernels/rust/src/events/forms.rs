//! Texts whose form is certain at a look, so that patterns and detectors need to judge the others only.

use crate::addresses::text::{octets, Hextets};
use crate::dictionary::text_of;
use crate::events::uuids::is_uuid;

const NAME_SIGNS: usize = 8;
const NAME_JOINTS: usize = 2;

/// Mark with 1 the texts that are surely of a form, with 0 those that must be looked at; the forms have the numbers of
/// `kernels/events.py`. Returns how many are marked, or -1 for a form that there is not.
pub fn judge(data: &[u8], offsets: &[i32], sure: &mut [u8], form: u64, length_max: usize) -> i64 {
    let is_sure: fn(&[u8]) -> bool = match form {
        0 => is_printable,
        1 => is_uuid,
        2 => is_web,
        3 => |text| octets(text).is_some() || Hextets::read(text).is_some(),
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

fn is_word(sign: u8) -> bool {
    sign.is_ascii_alphanumeric() || matches!(sign, b'-' | b'_')
}

/// A word that is too short to hold an address, a telephone number or a token: each has nine signs, or three joints.
fn is_short_name(text: &[u8]) -> bool {
    let joints = text.iter().filter(|sign| matches!(sign, b'-' | b'_')).count();
    text.len() <= NAME_SIGNS && joints <= NAME_JOINTS && all(text, is_word)
}
