//! BLAKE2b (RFC 7693) of many texts under one key: the key's block is compressed once, for all of them.

pub mod sip;
pub mod visitors;

const BLOCK: usize = 128;
const WORDS: usize = 16;
/// How many texts are hashed beside each other: so many that a compiler makes loops over registers of all of them.
const LANES: usize = 32;
const DIGEST_MAX: usize = 64;
const KEY_MAX: usize = 64;
const PERSON_MAX: usize = 16;
const BEGIN: [u64; 8] = [
    0x6a09_e667_f3bc_c908,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1,
    0x9b05_688c_2b3e_6c1f,
    0x1f83_d9ab_fb41_bd6b,
    0x5be0_cd19_137e_2179,
];
/// Which words of the block each round mixes in; the last two of the twelve rounds begin again.
const ORDER: [[usize; WORDS]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
    [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
    [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
    [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
    [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
    [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
    [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
    [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
    [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];
/// A key or a purpose is longer than the algorithm takes, or the digests have another size than their room.
pub const UNFIT: i64 = -1;

/// Hash the texts `raw[starts[i]..ends[i]]`; `digests` gets one digest after the other, each of `size` bytes.
///
/// `person` says what the hashes are for, so that equal texts of two purposes have unequal hashes. Returns how many digests
/// there are, or `UNFIT`. It is inlined, so that whoever calls it may compile it for a processor with wider registers.
#[inline(always)]
pub fn digest(
    raw: &[u8],
    starts: &[i32],
    ends: &[i32],
    key: &[u8],
    person: &[u8],
    digests: &mut [u8],
    size: usize,
) -> i64 {
    let sizes_fit = (1..=DIGEST_MAX).contains(&size) && key.len() <= KEY_MAX && person.len() <= PERSON_MAX;
    if !sizes_fit || starts.len() != ends.len() || digests.len() != size * starts.len() {
        return UNFIT;
    }
    let keyed = Keyed::new(key, person, size);
    let text = |at: usize| &raw[starts[at] as usize..ends[at] as usize];
    let mut beside = Beside::new(&keyed);
    for at in 0..starts.len() {
        let text = text(at);
        if (1..=BLOCK).contains(&text.len()) {
            beside.add(at, text);
            if beside.count == LANES {
                beside.finish(digests, size);
            }
        } else {
            write(&mut digests[at * size..(at + 1) * size], keyed.hash(text).iter().copied());
        }
    }
    beside.finish(digests, size);
    starts.len() as i64
}

#[inline(always)]
fn write(into: &mut [u8], words: impl Iterator<Item = u64>) {
    for (bytes, word) in into.chunks_mut(8).zip(words) {
        bytes.copy_from_slice(&word.to_le_bytes()[..bytes.len()]);
    }
}

/// The state after the key's block, and the one for a text of no bytes, whose last block is the key's.
struct Keyed {
    state: [u64; 8],
    empty: [u64; 8],
    taken: u64,
}

impl Keyed {
    fn new(key: &[u8], person: &[u8], size: usize) -> Self {
        let mut state = BEGIN;
        state[0] ^= size as u64 | (key.len() as u64) << 8 | 1 << 16 | 1 << 24;
        let mut padded = [0; PERSON_MAX];
        padded[..person.len()].copy_from_slice(person);
        state[6] ^= word_of(&padded[..8]);
        state[7] ^= word_of(&padded[8..]);
        let (block, taken) = (block_of(key), if key.is_empty() { 0 } else { BLOCK as u64 });
        let empty = compressed_one(&state, &block, taken, true);
        if taken > 0 {
            state = compressed_one(&state, &block, taken, false);
        }
        Keyed { state, empty, taken }
    }

    fn hash(&self, text: &[u8]) -> [u64; 8] {
        if text.is_empty() {
            return self.empty;
        }
        let (mut state, mut taken, mut rest) = (self.state, self.taken, text);
        while rest.len() > BLOCK {
            let (first, others) = rest.split_at(BLOCK);
            taken += BLOCK as u64;
            state = compressed_one(&state, &block_of(first), taken, false);
            rest = others;
        }
        compressed_one(&state, &block_of(rest), taken + rest.len() as u64, true)
    }
}

/// Texts of one block each that are hashed together, word for word beside each other.
struct Beside<'a> {
    keyed: &'a Keyed,
    count: usize,
    rows: [usize; LANES],
    taken: [u64; LANES],
    block: Block<LANES>,
}

/// Sixteen words of each text, laid so that no register of them lies across two lines of the cache.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Block<const N: usize>([[u64; N]; WORDS]);

impl<'a> Beside<'a> {
    fn new(keyed: &'a Keyed) -> Self {
        Beside { keyed, count: 0, rows: [0; LANES], taken: [0; LANES], block: Block([[0; LANES]; WORDS]) }
    }

    #[inline(always)]
    fn add(&mut self, row: usize, text: &[u8]) {
        let lane = self.count;
        self.rows[lane] = row;
        self.taken[lane] = self.keyed.taken + text.len() as u64;
        for (words, word) in self.block.0.iter_mut().zip(block_of(text)) {
            words[lane] = word;
        }
        self.count += 1;
    }

    #[inline(always)]
    fn finish(&mut self, digests: &mut [u8], size: usize) {
        let states = compressed(&self.keyed.state.map(|word| [word; LANES]), &self.block, &self.taken, true);
        for (lane, &row) in self.rows[..self.count].iter().enumerate() {
            write(&mut digests[row * size..(row + 1) * size], states.iter().map(|words| words[lane]));
        }
        self.count = 0;
    }
}

/// Give 128 bytes at most as words, with zeros behind.
#[inline]
fn block_of(bytes: &[u8]) -> [u64; WORDS] {
    let mut block = [0; WORDS];
    let whole = bytes.chunks_exact(8);
    let rest = whole.remainder();
    let mut count = 0;
    for (word, bytes) in block.iter_mut().zip(whole) {
        *word = word_of(bytes);
        count += 1;
    }
    if !rest.is_empty() {
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        block[count] = word_of(&last);
    }
    block
}

#[inline]
fn word_of(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(bytes);
    u64::from_le_bytes(word)
}

/// Compress one block of one text into its state.
fn compressed_one(state: &[u64; 8], block: &[u64; WORDS], taken: u64, is_last: bool) -> [u64; 8] {
    compressed(&state.map(|word| [word]), &Block(block.map(|word| [word])), &[taken], is_last).map(|words| words[0])
}

/// Compress one block of each text into its state; `taken` counts the bytes up to its end (a text has fewer than 2^64).
#[inline(always)]
fn compressed<const N: usize>(
    state: &[[u64; N]; 8],
    block: &Block<N>,
    taken: &[u64; N],
    is_last: bool,
) -> [[u64; N]; 8] {
    let (mut mixed, block) = (Block([[0; N]; WORDS]), &block.0);
    let v = &mut mixed.0;
    for at in 0..8 {
        v[at] = state[at];
        v[at + 8] = [BEGIN[at]; N];
    }
    for lane in 0..N {
        v[12][lane] ^= taken[lane];
        v[14][lane] ^= if is_last { u64::MAX } else { 0 };
    }
    round(v, block, &ORDER[0]);
    round(v, block, &ORDER[1]);
    round(v, block, &ORDER[2]);
    round(v, block, &ORDER[3]);
    round(v, block, &ORDER[4]);
    round(v, block, &ORDER[5]);
    round(v, block, &ORDER[6]);
    round(v, block, &ORDER[7]);
    round(v, block, &ORDER[8]);
    round(v, block, &ORDER[9]);
    round(v, block, &ORDER[0]);
    round(v, block, &ORDER[1]);
    let mut after = *state;
    for at in 0..8 {
        for lane in 0..N {
            after[at][lane] ^= v[at][lane] ^ v[at + 8][lane];
        }
    }
    after
}

#[inline(always)]
fn round<const N: usize>(v: &mut [[u64; N]; WORDS], block: &[[u64; N]; WORDS], order: &[usize; WORDS]) {
    let [a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2, d3] = v;
    mix(a0, b0, c0, d0, &block[order[0]], &block[order[1]]);
    mix(a1, b1, c1, d1, &block[order[2]], &block[order[3]]);
    mix(a2, b2, c2, d2, &block[order[4]], &block[order[5]]);
    mix(a3, b3, c3, d3, &block[order[6]], &block[order[7]]);
    mix(a0, b1, c2, d3, &block[order[8]], &block[order[9]]);
    mix(a1, b2, c3, d0, &block[order[10]], &block[order[11]]);
    mix(a2, b3, c0, d1, &block[order[12]], &block[order[13]]);
    mix(a3, b0, c1, d2, &block[order[14]], &block[order[15]]);
}

#[inline(always)]
fn mix<const N: usize>(
    a: &mut [u64; N],
    b: &mut [u64; N],
    c: &mut [u64; N],
    d: &mut [u64; N],
    x: &[u64; N],
    y: &[u64; N],
) {
    for lane in 0..N {
        let (mut p, mut q, mut r, mut s) = (a[lane], b[lane], c[lane], d[lane]);
        p = p.wrapping_add(q).wrapping_add(x[lane]);
        s = (s ^ p).rotate_right(32);
        r = r.wrapping_add(s);
        q = (q ^ r).rotate_right(24);
        p = p.wrapping_add(q).wrapping_add(y[lane]);
        s = (s ^ p).rotate_right(16);
        r = r.wrapping_add(s);
        q = (q ^ r).rotate_right(63);
        a[lane] = p;
        b[lane] = q;
        c[lane] = r;
        d[lane] = s;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The digests of "abc" and of no bytes, without a key (RFC 7693, appendix A, and the authors' list).
    #[test]
    fn the_published_digests_come_out() {
        let mut digests = [0; 128];
        assert_eq!(digest(b"abc", &[0, 0], &[3, 0], b"", b"", &mut digests, 64), 2);
        assert_eq!(digests[..8], [0xba, 0x80, 0xa5, 0x3f, 0x98, 0x1c, 0x4d, 0x0d]);
        assert_eq!(digests[56..64], [0xb9, 0x23, 0x86, 0xed, 0xd4, 0x00, 0x99, 0x23]);
        assert_eq!(digests[64..72], [0x78, 0x6a, 0x02, 0xf7, 0x42, 0x01, 0x59, 0x03]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut digests = [0; 16];
        for (key, person, size) in [(65, 0, 16), (16, 17, 16), (16, 0, 0), (16, 0, 8), (16, 0, 65)] {
            assert_eq!(digest(b"a", &[0], &[1], &vec![1; key], &vec![1; person], &mut digests, size), UNFIT);
        }
    }
}
