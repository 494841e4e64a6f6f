//! Texts to codes: equal texts get the same number, in the order in which they first come.

const FREE: u32 = 0;
const SLOTS_MIN: usize = 64;
const ODD: Keys = [0x9E37_79B9_7F4A_7C15, 0xD6E8_FEB8_6659_FD93, 0xA076_1D64_78BD_642F, 0xE703_7ED1_A0B4_28DB];

type Keys = [u64; 4];

/// Give one text of a column of strings as Arrow lays it down: `data[offsets[row]..offsets[row + 1]]`.
#[inline]
pub fn text_of<'a>(data: &'a [u8], offsets: &[i32], row: usize) -> &'a [u8] {
    &data[offsets[row] as usize..offsets[row + 1] as usize]
}

/// The distinct texts met so far, copied one behind the other: as Arrow lays down a column of strings.
///
/// An open table of twice as many slots as texts at least. Its hash begins with a seed that nobody outside knows, so that
/// nobody can write texts which all fall into one slot. All is kept small, for the caches that are near are: a slot is one
/// number, zero when it is free, else the code and one in its lower bits and as much of the hash as there is room for above.
pub struct Dictionary {
    keys: Keys,
    slots: Vec<u32>,
    hashes: Vec<u32>,
    offsets: Vec<u32>,
    content: Vec<u8>,
}

impl Dictionary {
    /// Begin without a text.
    pub fn new(seed: u64) -> Self {
        let keys = ODD.map(|odd| folded(seed ^ odd, odd));
        Dictionary { keys, slots: vec![FREE; SLOTS_MIN], hashes: Vec::new(), offsets: vec![0], content: Vec::new() }
    }

    /// Give the code of a text, a new one when it did not come before.
    #[inline]
    pub fn code(&mut self, text: &[u8]) -> u32 {
        self.find(text, hash(text, self.keys) as u32)
    }

    /// Tell how many distinct texts there are.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Give the places of the texts, by their codes: text i is `content()[offsets()[i]..offsets()[i + 1]]`.
    pub fn offsets(&self) -> &[u32] {
        &self.offsets
    }

    /// Give the bytes of all distinct texts.
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    #[inline]
    fn place(&self, code: u32) -> (usize, usize) {
        let code = code as usize;
        (self.offsets[code] as usize, self.offsets[code + 1] as usize)
    }

    /// Give the code that a slot holds, when what it has of the hash is right.
    #[inline]
    fn code_in(&self, slot: u32, hash: u32) -> Option<u32> {
        let lower = self.slots.len() as u32 / 2 - 1;
        ((slot ^ hash) & !lower == 0 && slot & lower != 0).then(|| (slot & lower) - 1)
    }

    fn find(&mut self, text: &[u8], hash: u32) -> u32 {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot == FREE {
                return self.add(text, hash, at);
            }
            if let Some(code) = self.code_in(slot, hash) {
                let (start, end) = self.place(code);
                if same(&self.content[start..end], text) {
                    return code;
                }
            }
            at = (at + 1) & mask;
        }
    }

    #[cold]
    #[inline(never)]
    fn add(&mut self, text: &[u8], hash: u32, at: usize) -> u32 {
        let end = u32::try_from(self.content.len() + text.len()).expect("distinct texts take less than 4 GiB");
        let code = self.len() as u32;
        self.content.extend_from_slice(text);
        self.offsets.push(end);
        self.hashes.push(hash);
        self.fill(at, code);
        if self.len() * 2 >= self.slots.len() {
            self.grow();
        }
        code
    }

    #[inline]
    fn fill(&mut self, at: usize, code: u32) {
        let lower = self.slots.len() as u32 / 2 - 1;
        self.slots[at] = (self.hashes[code as usize] & !lower) | (code + 1);
    }

    fn grow(&mut self) {
        let size = self.slots.len() * 2;
        self.slots = vec![FREE; size];
        for code in 0..self.hashes.len() {
            let mut at = self.hashes[code] as usize & (size - 1);
            while self.slots[at] != FREE {
                at = (at + 1) & (size - 1);
            }
            self.fill(at, code as u32);
        }
    }
}

/// Hash a text, 32 bytes at a time: each step multiplies two words into 128 bits and folds those together.
///
/// The keys must be secret: who knew them could make any step zero. The last steps may look at bytes again that others have
/// seen; with the length, which goes in too, texts and steps still belong together one to one.
#[inline]
fn hash(text: &[u8], keys: Keys) -> u64 {
    let length = text.len();
    let (mut one, mut two) = (keys[2], keys[3]);
    if length <= 16 {
        let (first, second) = words(text);
        one = folded(first ^ keys[0], second ^ one);
    } else {
        let mut blocks = text[..length - 1].chunks_exact(32);
        for block in &mut blocks {
            one = folded(long(&block[..8]) ^ keys[0], long(&block[8..16]) ^ one);
            two = folded(long(&block[16..24]) ^ keys[1], long(&block[24..]) ^ two);
        }
        let rest = length - 1 - blocks.remainder().len();
        let middle = rest.min(length - 16);
        let (last, middle) = (&text[length - 16..], &text[middle..middle + 16]);
        one = folded(long(&middle[..8]) ^ keys[0], long(&middle[8..]) ^ one);
        two = folded(long(&last[..8]) ^ keys[1], long(&last[8..]) ^ two);
    }
    folded(one ^ two ^ length as u64, keys[0])
}

/// Tell whether two texts are the same, without a call: for short texts that is sooner.
#[inline]
fn same(left: &[u8], right: &[u8]) -> bool {
    let length = left.len();
    if length != right.len() {
        return false;
    }
    if length <= 16 {
        return words(left) == words(right);
    }
    let mut blocks = left.chunks_exact(16).zip(right.chunks_exact(16));
    blocks.all(|(one, other)| two_words(one) == two_words(other))
        && two_words(&left[length - 16..]) == two_words(&right[length - 16..])
}

/// Give a text of 16 bytes at most as two words; texts of one length have the same only when they are the same.
#[inline]
fn words(text: &[u8]) -> (u64, u64) {
    let length = text.len();
    if length >= 4 {
        // From both ends on, to the middle and perhaps beyond it.
        let (end, middle) = (length - 4, (length >> 3) << 2);
        let two = |one: usize, other: usize| short(&text[one..one + 4]) << 32 | short(&text[other..other + 4]);
        (two(0, middle), two(end, end - middle))
    } else if length > 0 {
        (u64::from(text[0]) << 8 | u64::from(text[length / 2]), u64::from(text[length - 1]))
    } else {
        (0, 0)
    }
}

#[inline]
fn two_words(bytes: &[u8]) -> u128 {
    let mut words = [0_u8; 16];
    words.copy_from_slice(bytes);
    u128::from_le_bytes(words)
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

    #[test]
    fn equal_texts_have_one_code() {
        let mut dictionary = Dictionary::new(7);
        let texts = [&b"aa"[..], b"bb", b"aa", b"", b"ccc", b""];
        assert_eq!(texts.map(|text| dictionary.code(text)), [0, 1, 0, 2, 3, 2]);
        assert_eq!((dictionary.content(), dictionary.offsets()), (&b"aabbccc"[..], &[0, 2, 4, 4, 7][..]));
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
        let mut texts = Vec::new();
        for length in 0..200 {
            texts.push(vec![b'a'; length]);
            texts.push(vec![0; length]);
            for at in 0..length {
                texts.push(vec![b'a'; length]);
                texts.last_mut().unwrap()[at] = b'b';
            }
        }
        texts.remove(0);
        let mut dictionary = Dictionary::new(5);
        for _ in 0..2 {
            for (number, text) in texts.iter().enumerate() {
                assert_eq!(dictionary.code(text), number as u32);
            }
        }
        // Of so many hashes of 32 bits hardly two are the same, unless some byte does not count.
        dictionary.hashes.sort_unstable();
        dictionary.hashes.dedup();
        assert!(dictionary.hashes.len() + 5 > texts.len());
    }
}
