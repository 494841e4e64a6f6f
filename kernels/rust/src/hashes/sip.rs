//! SipHash (J.-P. Aumasson and D. J. Bernstein, 2012), of which others here take the rounds only.

/// Hash two words by SipHash-2-4 under a key of two.
pub fn hash(words: [u64; 2], first: u64, second: u64) -> u64 {
    const HASHED_BYTES: u64 = 16;
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
    folded(state)
}

/// Mix four words.
#[inline]
pub fn round(state: &mut [u64; 4]) {
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

/// Make one word of four.
#[inline]
pub fn folded(state: [u64; 4]) -> u64 {
    state[0] ^ state[1] ^ state[2] ^ state[3]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The authors' example for sixteen bytes: those from 0 on, under the key of the bytes from 0 on.
    #[test]
    fn the_published_hash_comes_out() {
        let words = [0x0706_0504_0302_0100, 0x0F0E_0D0C_0B0A_0908];
        assert_eq!(hash(words, words[0], words[1]), 0x3F2A_CC7F_57C2_9BDB);
    }
}
