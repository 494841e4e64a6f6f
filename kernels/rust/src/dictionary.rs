//! Texts to codes: equal texts get the same number, in the order in which they first come.

#![forbid(unsafe_code)]

const EMPTY: u32 = u32::MAX;
const SLOTS_MIN: usize = 64;
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

/// The distinct texts met so far, as places in one buffer.
///
/// An open table of twice as many slots as texts at least. Its hash begins with a seed that nobody outside knows, so that
/// nobody can write texts which all fall into one slot.
pub struct Dictionary {
    seed: u64,
    slots: Vec<u32>,
    texts: Vec<Text>,
}

/// One distinct text: `raw[start..end]`.
#[derive(Clone, Copy)]
pub struct Text {
    hash: u64,
    pub start: u32,
    pub end: u32,
}

impl Dictionary {
    /// Begin without a text.
    pub fn new(seed: u64) -> Self {
        Dictionary { seed, slots: vec![EMPTY; SLOTS_MIN], texts: Vec::new() }
    }

    /// Give the code of `raw[start..end]`, a new one when the text did not come before.
    #[inline]
    pub fn code(&mut self, raw: &[u8], start: usize, end: usize) -> u32 {
        let text = &raw[start..end];
        let hash = hash(text, self.seed);
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let code = self.slots[slot];
            if code == EMPTY {
                break;
            }
            let known = self.texts[code as usize];
            if known.hash == hash && raw[known.start as usize..known.end as usize] == *text {
                return code;
            }
            slot = (slot + 1) & mask;
        }
        let code = self.texts.len() as u32;
        self.slots[slot] = code;
        self.texts.push(Text { hash, start: start as u32, end: end as u32 });
        if self.texts.len() * 2 > self.slots.len() {
            self.grow();
        }
        code
    }

    /// Give the distinct texts, by their codes.
    #[allow(dead_code)]
    pub fn texts(&self) -> &[Text] {
        &self.texts
    }

    fn grow(&mut self) {
        let size = self.slots.len() * 4;
        let mut slots = vec![EMPTY; size];
        for (code, text) in self.texts.iter().enumerate() {
            let mut slot = text.hash as usize & (size - 1);
            while slots[slot] != EMPTY {
                slot = (slot + 1) & (size - 1);
            }
            slots[slot] = code as u32;
        }
        self.slots = slots;
    }
}

/// Number the texts `raw[starts[i]..ends[i]]`; where a start is negative there is none, and the code is -1.
///
/// `firsts` gets for each code the first row that has it. Returns how many distinct texts there are.
pub fn encode(raw: &[u8], starts: &[i64], ends: &[i64], codes: &mut [i32], firsts: &mut [i32], seed: u64) -> i64 {
    let mut dictionary = Dictionary::new(seed);
    for (row, (&start, &end)) in starts.iter().zip(ends).enumerate() {
        if start < 0 {
            codes[row] = -1;
            continue;
        }
        let known = dictionary.texts.len();
        let code = dictionary.code(raw, start as usize, end as usize);
        codes[row] = code as i32;
        if code as usize == known {
            firsts[known] = row as i32;
        }
    }
    dictionary.texts.len() as i64
}

/// Hash a text, eight bytes at a time: each step multiplies into 128 bits and folds both halves together.
#[inline]
pub fn hash(text: &[u8], seed: u64) -> u64 {
    let mut state = seed ^ (text.len() as u64).wrapping_mul(MULTIPLIER);
    let mut words = text.chunks_exact(8);
    for word in &mut words {
        state = folded(state ^ word_of(word), MULTIPLIER);
    }
    let rest = words.remainder();
    if !rest.is_empty() {
        let mut last = [0_u8; 8];
        last[..rest.len()].copy_from_slice(rest);
        state = folded(state ^ u64::from_le_bytes(last), MULTIPLIER);
    }
    folded(state, seed | 1)
}

#[inline]
fn word_of(bytes: &[u8]) -> u64 {
    let mut word = [0_u8; 8];
    word.copy_from_slice(bytes);
    u64::from_le_bytes(word)
}

#[inline]
fn folded(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    (product as u64) ^ ((product >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_have_one_code() {
        let raw = b"aabbaaccc";
        let (mut codes, mut firsts) = ([0; 5], [0; 5]);
        let count = encode(raw, &[0, 2, 4, -1, 6], &[2, 4, 6, 0, 9], &mut codes, &mut firsts, 7);
        assert_eq!((count, codes, &firsts[..3]), (3, [0, 1, 0, -1, 2], &[0, 1, 4][..]));
    }

    #[test]
    fn many_texts_stay_apart_while_the_table_grows() {
        let raw: Vec<u8> = (0..50_000_u32).flat_map(u32::to_le_bytes).collect();
        let mut dictionary = Dictionary::new(3);
        for round in 0..2 {
            for number in 0..50_000 {
                assert_eq!(dictionary.code(&raw, number * 4, number * 4 + 4), number as u32, "round {}", round);
            }
        }
    }
}
