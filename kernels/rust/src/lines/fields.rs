//! What stands in the fields of a canonical line, as `exact.py` and `peers.py` have it; all bytes are ASCII here.

use std::net::{Ipv4Addr, Ipv6Addr};

/// A text of a line: `line[start..end]`.
pub type Span = (usize, usize);

const HOST_BYTES_MAX: usize = 255;
const METHOD_BYTES_MAX: usize = 32;
const PROTOCOL: usize = "HTTP/1.1".len();
/// Which bytes a host's name may have.
const NAMES: [bool; 256] = names();

/// Give where the first byte from `start` on is that is not as wanted; with no such byte, the end of the line.
#[inline]
fn run(line: &[u8], start: usize, is_wanted: impl Fn(u8) -> bool) -> usize {
    let rest = line.get(start..).unwrap_or_default();
    rest.iter().position(|&byte| !is_wanted(byte)).map_or(line.len(), |place| start + place)
}

/// Give where the first blank from `start` on is, or the end of the line.
#[inline]
pub fn word_end(line: &[u8], start: usize) -> usize {
    run(line, start, |byte| byte != b' ')
}

/// Give where the first byte from `start` on is that no name has.
#[inline]
pub fn name_end(line: &[u8], start: usize) -> usize {
    run(line, start, is_name)
}

/// Read a decimal number of 18 digits at most; none when it is anything else.
#[inline]
pub fn number(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0_i64, |value, byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit < 10).then(|| value.wrapping_mul(10).wrapping_add(i64::from(digit)))
    })
}

/// Give the place of a host name or address without brackets and port, as `peers.host` does, when the word before the blank at
/// `end` is one of them; its name ends at `name`.
#[inline]
pub fn host_of(line: &[u8], (start, end): Span, name: usize) -> Option<Span> {
    if end - start > HOST_BYTES_MAX {
        return None;
    }
    if name == end && end > start {
        return Some((start, end));
    }
    odd_host(line, (start, end), name)
}

/// Give the host when it is an IP address for certain: a name before it is then a virtual host.
pub fn address_of(line: &[u8], word: Span) -> Option<Span> {
    let (start, end) = host_of(line, word, name_end(line, word.0))?;
    let text = std::str::from_utf8(&line[start..end]).ok()?;
    (text.parse::<Ipv4Addr>().is_ok() || text.parse::<Ipv6Addr>().is_ok()).then_some((start, end))
}

/// Read the hosts that are more than a name, which ends at `name`: with a port, in brackets, or of IPv6.
fn odd_host(line: &[u8], (start, end): Span, name: usize) -> Option<Span> {
    if line[start] == b'[' {
        let inside = run(line, start + 1, |byte| is_name(byte) | (byte == b':') | (byte == b'%'));
        let port = line[inside..end].strip_prefix(b"]")?;
        return (inside - start > 2 && (port.is_empty() || is_port(port, 1))).then_some((start + 1, inside));
    }
    if name > start && is_port(&line[name..end], 0) {
        return Some((start, name));
    }
    let address = run(line, start, |byte| {
        is_digit(byte) | ((byte | 0x20).wrapping_sub(b'a') < 6) | (byte == b':') | (byte == b'.')
    });
    let zone = line[address..end].strip_prefix(b"%");
    let is_zone = |zone: &[u8]| !zone.is_empty() && zone.iter().all(|&byte| is_name(byte) & (byte != b'.'));
    (address > start && (address == end || zone.map_or(false, is_zone))).then_some((start, end))
}

/// Split `METHOD target [HTTP/x]` into method and target, as `exact.split_request` does; none for whatever else was sent.
#[inline]
pub fn request_of(line: &[u8], (start, end): Span) -> Option<(Span, Span)> {
    let method = word_end(line, start).min(end);
    let rest = (method + 1).min(end);
    let usual = end - rest > PROTOCOL && line[end - PROTOCOL - 1] == b' ' && is_protocol(&line[end - PROTOCOL..end]);
    let mut target = (rest, if usual { end - PROTOCOL - 1 } else { rest + target_of(&line[rest..end])? });
    while target.0 < target.1 && line[target.0] == b' ' {
        target.0 += 1;
    }
    while target.0 < target.1 && line[target.1 - 1] == b' ' {
        target.1 -= 1;
    }
    let letters = run(line, start, |byte| is_letter(byte) | (byte == b'_') | (byte == b'-'));
    let names = is_letter(line[start]) && letters == method && method - start <= METHOD_BYTES_MAX;
    (names && target.0 < target.1).then_some(((start, method), target))
}

/// Give how long the target is with which what stands behind the method begins: all before the protocol.
fn target_of(rest: &[u8]) -> Option<usize> {
    let protocol = rest.iter().rposition(|&byte| byte == b' ').map_or(0, |blank| blank + 1);
    if is_protocol(&rest[protocol..]) {
        return Some(protocol);
    }
    // HTTP/0.9 names no protocol; then only a target that looks like one tells it from the greetings of other protocols.
    let begins = [&b"/"[..], b"*", b"http://", b"https://"].iter().any(|start| rest.starts_with(start));
    (begins && !rest.iter().any(|&byte| byte == b' ' || byte == b'\t')).then_some(rest.len())
}

#[inline]
fn is_protocol(text: &[u8]) -> bool {
    match text.strip_prefix(b"HTTP/") {
        Some([major]) => is_digit(*major),
        Some([major, b'.', minor]) => is_digit(*major) && is_digit(*minor),
        _ => false,
    }
}

/// Tell whether this is a colon with up to five digits behind it, and so many at least.
fn is_port(text: &[u8], digits_min: usize) -> bool {
    let digits = text.strip_prefix(b":").unwrap_or(b"not a digit");
    (digits_min..=5).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
}

#[inline]
fn is_digit(byte: u8) -> bool {
    byte.wrapping_sub(b'0') < 10
}

#[inline]
fn is_letter(byte: u8) -> bool {
    (byte | 0x20).wrapping_sub(b'a') < 26
}

#[inline]
fn is_name(byte: u8) -> bool {
    NAMES[byte as usize]
}

const fn names() -> [bool; 256] {
    let mut names = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        names[byte] = (byte as u8).is_ascii_alphanumeric() || matches!(byte as u8, b'_' | b'.' | b'-');
        byte += 1;
    }
    names
}
