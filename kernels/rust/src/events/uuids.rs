//! UUIDs: whether a text is one, and the hash by which an event is known.

use crate::dictionary::text_of;
use crate::hashes::sip;

const LENGTH: usize = 36;
const HYPHENS: [usize; 4] = [8, 13, 18, 23];
/// Where each byte's first digit stands; its second one is behind it.
const BYTES: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
const NO_DIGIT: u8 = 0x80;
const DIGITS: [u8; 256] = digits();

/// Tell a UUID of 36 signs.
#[inline]
pub fn is_uuid(text: &[u8]) -> bool {
    if text.len() != LENGTH || HYPHENS.iter().any(|&at| text[at] != b'-') {
        return false;
    }
    BYTES.iter().fold(0, |all, &at| all | digit(text[at]) | digit(text[at + 1])) & NO_DIGIT == 0
}

/// Hash the UUIDs `data[offsets[i]..offsets[i + 1]]` under a key of two words; -1 when one has not 36 signs.
pub fn hash(data: &[u8], offsets: &[i32], first: u64, second: u64, hashes: &mut [u64]) -> i64 {
    for (row, hash) in hashes.iter_mut().enumerate() {
        let text = text_of(data, offsets, row);
        if text.len() != LENGTH {
            return -1;
        }
        *hash = sip::hash([word(text, &BYTES[..8]), word(text, &BYTES[8..])], first, second);
    }
    hashes.len() as i64
}

/// Read eight of the bytes that a UUID stands for, the first as the lowest; what is no digit counts as zero.
#[inline]
fn word(text: &[u8], places: &[usize]) -> u64 {
    let mut bytes = [0_u8; 8];
    for (byte, &at) in bytes.iter_mut().zip(places) {
        *byte = (digit(text[at]) & 0x0F) << 4 | digit(text[at + 1]) & 0x0F;
    }
    u64::from_le_bytes(bytes)
}

#[inline]
fn digit(sign: u8) -> u8 {
    DIGITS[sign as usize]
}

const fn digits() -> [u8; 256] {
    let mut table = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        table[b"0123456789abcdef"[value] as usize] = value as u8;
        table[b"0123456789ABCDEF"[value] as usize] = value as u8;
        value += 1;
    }
    table
}
