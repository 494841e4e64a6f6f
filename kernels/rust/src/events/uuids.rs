//! UUIDs: whether a text is one, and the hash by which an event is known.

#![forbid(unsafe_code)]

use crate::events::forms::text_of;

const LENGTH: usize = 36;
const HYPHENS: [usize; 4] = [8, 13, 18, 23];
/// Where each byte's first digit stands; its second one is behind it.
const BYTES: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
const NO_DIGIT: u8 = 0x80;
const DIGITS: [u8; 256] = digits();
const HASHED_BYTES: u64 = 16;

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
        *hash = siphash([word(text, &BYTES[..8]), word(text, &BYTES[8..])], first, second);
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

/// SipHash-2-4 of two words (J.-P. Aumasson and D. J. Bernstein, 2012).
fn siphash(words: [u64; 2], first: u64, second: u64) -> u64 {
    let mut state = [
        0x736F_6D65_7073_6575 ^ first,
        0x646F_7261_6E64_6F6D ^ second,
        0x6C79_6765_6E65_7261 ^ first,
        0x7465_6462_7974_6573 ^ second,
    ];
    for word in [words[0], words[1], HASHED_BYTES << 56] {
        state[3] ^= word;
        round(&mut state);
        round(&mut state);
        state[0] ^= word;
    }
    state[2] ^= 0xFF;
    for _ in 0..4 {
        round(&mut state);
    }
    state[0] ^ state[1] ^ state[2] ^ state[3]
}

#[inline]
fn round(state: &mut [u64; 4]) {
    let [mut v0, mut v1, mut v2, mut v3] = *state;
    v0 = v0.wrapping_add(v1);
    v1 = v1.rotate_left(13) ^ v0;
    v0 = v0.rotate_left(32);
    v2 = v2.wrapping_add(v3);
    v3 = v3.rotate_left(16) ^ v2;
    v0 = v0.wrapping_add(v3);
    v3 = v3.rotate_left(21) ^ v0;
    v2 = v2.wrapping_add(v1);
    v1 = v1.rotate_left(17) ^ v2;
    v2 = v2.rotate_left(32);
    *state = [v0, v1, v2, v3];
}
