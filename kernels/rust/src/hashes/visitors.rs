//! Visitors' numbers, from the hashes of address, agent and site.

use super::sip;

/// One of the three texts that make a visitor: the code of each row, and the hash of each value as two words.
pub struct Part<'a> {
    pub codes: &'a [i32],
    pub hashes: &'a [u64],
}

impl Part<'_> {
    /// Give both words of a row's value; a row without one has the code -1, and the last hash.
    #[inline]
    fn words(&self, row: usize) -> (u64, u64) {
        let code = self.codes[row];
        let at = if code < 0 { self.hashes.len() - 2 } else { code as usize * 2 };
        (self.hashes[at], self.hashes[at + 1])
    }
}

/// Mix the words of address, agent and site into one number for each of `rows`: three rounds of SipHash over secret words.
pub fn join(address: &Part, agent: &Part, site: &Part, rows: &[i64], numbers: &mut [u64]) -> i64 {
    for &row in rows {
        let row = row as usize;
        let ((a0, a1), (g0, g1), (s0, s1)) = (address.words(row), agent.words(row), site.words(row));
        let mut state = [a0 ^ s0, a1 ^ s1, g0, g1];
        for _ in 0..3 {
            sip::round(&mut state);
        }
        numbers[row] = sip::folded(state);
    }
    rows.len() as i64
}
