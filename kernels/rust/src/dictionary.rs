//! Texts to codes: equal texts get the same number, in the order in which they first come.

#![forbid(unsafe_code)]

const FREE: u32 = u32::MAX;
const SLOTS_MIN: usize = 64;
const ODD: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0xD6E8_FEB8_6659_FD93];

/// The distinct texts met so far, copied one behind the other: as Arrow lays down a column of strings.
///
/// An open table of twice as many slots as texts at least. Its hash begins with a seed that nobody outside knows, so that
/// nobody can write texts which all fall into one slot.
pub struct Dictionary {
    keys: [u64; 2],
    slots: Vec<Slot>,
    offsets: Vec<u32>,
    content: Vec<u8>,
}

/// Where a text is, all that a look-up needs beside the text itself: one line of the cache.
#[derive(Clone, Copy)]
struct Slot {
    hash: u32,
    code: u32,
    start: u32,
    end: u32,
}

const EMPTY: Slot = Slot { hash: 0, code: FREE, start: 0, end: 0 };

impl Dictionary {
    /// Begin without a text.
    pub fn new(seed: u64) -> Self {
        let keys = [folded(seed ^ ODD[0], ODD[1]), folded(seed ^ ODD[1], ODD[0])];
        Dictionary { keys, slots: vec![EMPTY; SLOTS_MIN], offsets: vec![0], content: Vec::new() }
    }

    /// Give the code of a text, a new one when it did not come before.
    #[inline]
    pub fn code(&mut self, text: &[u8]) -> u32 {
        let hash = hash(text, self.keys) as u32;
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot.code == FREE {
                return self.add(text, hash, at);
            }
            if slot.hash == hash && same(&self.content[slot.start as usize..slot.end as usize], text) {
                return slot.code;
            }
            at = (at + 1) & mask;
        }
    }

    /// Tell how many distinct texts there are.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Give the places of the texts, by their codes: text i is `content()[offsets()[i]..offsets()[i + 1]]`.
    pub fn offsets(&self) -> &[u32] {
        &self.offsets
    }

    /// Give the bytes of all distinct texts.
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    #[cold]
    #[inline(never)]
    fn add(&mut self, text: &[u8], hash: u32, at: usize) -> u32 {
        let start = self.content.len() as u32;
        let end = u32::try_from(self.content.len() + text.len()).expect("distinct texts take less than 4 GiB");
        let code = self.len() as u32;
        self.content.extend_from_slice(text);
        self.offsets.push(end);
        self.slots[at] = Slot { hash, code, start, end };
        if self.len() * 2 > self.slots.len() {
            self.grow();
        }
        code
    }

    fn grow(&mut self) {
        let size = self.slots.len() * 2;
        let mut slots = vec![EMPTY; size];
        for slot in self.slots.iter().filter(|slot| slot.code != FREE) {
            let mut at = slot.hash as usize & (size - 1);
            while slots[at].code != FREE {
                at = (at + 1) & (size - 1);
            }
            slots[at] = *slot;
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
        let known = dictionary.len();
        let code = dictionary.code(&raw[start as usize..end as usize]);
        codes[row] = code as i32;
        if code as usize == known {
            firsts[known] = row as i32;
        }
    }
    dictionary.len() as i64
}

/// Hash a text, sixteen bytes at a time: each step multiplies both halves into 128 bits and folds those together.
///
/// Both keys must be secret: who knew the first could make any step zero. The last step may look at bytes again that the
/// one before it has seen; with the length, which goes in too, texts and steps still belong together one to one.
#[inline]
fn hash(text: &[u8], keys: [u64; 2]) -> u64 {
    let length = text.len();
    let mut state = keys[1];
    let (first, second) = if length >= 16 {
        let mut pairs = text[..length - 1].chunks_exact(16);
        for pair in &mut pairs {
            state = folded(long(&pair[..8]) ^ keys[0], long(&pair[8..]) ^ state);
        }
        (long(&text[length - 16..length - 8]), long(&text[length - 8..]))
    } else if length >= 8 {
        (long(&text[..8]), long(&text[length - 8..]))
    } else if length >= 4 {
        (short(&text[..4]), short(&text[length - 4..]))
    } else if length > 0 {
        (u64::from(text[0]) << 8 | u64::from(text[length / 2]), u64::from(text[length - 1]))
    } else {
        (0, 0)
    };
    state = folded(first ^ keys[0], second ^ state);
    folded(state ^ length as u64, keys[0])
}

/// Tell whether two texts are the same, eight bytes at a time: for short texts sooner than a call would.
#[inline]
fn same(left: &[u8], right: &[u8]) -> bool {
    let length = left.len();
    if length != right.len() {
        return false;
    }
    if length < 8 {
        return left == right;
    }
    let mut words = left.chunks_exact(8).zip(right.chunks_exact(8));
    words.all(|(one, other)| long(one) == long(other)) && long(&left[length - 8..]) == long(&right[length - 8..])
}

#[inline]
fn long(bytes: &[u8]) -> u64 {
    let mut word = [0_u8; 8];
    word.copy_from_slice(bytes);
    u64::from_le_bytes(word)
}

#[inline]
fn short(bytes: &[u8]) -> u64 {
    let mut word = [0_u8; 4];
    word.copy_from_slice(bytes);
    u64::from(u32::from_le_bytes(word))
}

#[inline]
fn folded(left: u64, right: u64) -> u64 {
    let product = u128::from(left).wrapping_mul(u128::from(right));
    (product as u64) ^ ((product >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

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
            for (number, text) in raw.chunks_exact(4).enumerate() {
                assert_eq!(dictionary.code(text), number as u32, "round {}", round);
            }
        }
        assert_eq!(dictionary.content(), raw);
        assert!(dictionary.offsets().iter().enumerate().all(|(number, &offset)| offset == number as u32 * 4));
    }

    #[test]
    fn every_byte_and_the_length_count() {
        let keys = Dictionary::new(5).keys;
        let mut hashes = HashSet::new();
        let mut texts = 0;
        for length in 0..70 {
            for at in 0..length {
                let mut text = vec![b'a'; length];
                text[at] = b'b';
                hashes.insert(hash(&text, keys));
                texts += 1;
            }
            hashes.insert(hash(&vec![b'a'; length], keys));
            texts += 1;
        }
        assert_eq!(hashes.len(), texts);
    }

    #[test]
    fn same_is_equality() {
        for length in 0..40 {
            let text = vec![b'a'; length];
            assert!(same(&text, &text.clone()));
            assert!(!same(&text, &vec![b'a'; length + 1]));
            for at in 0..length {
                let mut other = text.clone();
                other[at] = b'b';
                assert!(!same(&text, &other), "{} of {}", at, length);
            }
        }
    }
}
