//! Where the quotes of a line stand, 64 bytes at a time.

/// How many places there is room for; no layout has as many quotes.
pub const QUOTES_MAX: usize = 12;

const BLOCK: usize = 64;
const HIGH: u64 = 0x8080_8080_8080_8080;
const LOW: u64 = 0x7F7F_7F7F_7F7F_7F7F;
const ONES: u64 = 0x0101_0101_0101_0101;
/// Brings the highest bit of each byte, moved to its lowest place, together in the highest byte.
const TOGETHER: u64 = 0x0102_0408_1020_4080;
const HIGHEST_BYTE: u64 = 0xFF00_0000_0000_0000;

/// Find the places of all quotes and give their number; none when there are too many for a layout, or when the line has a
/// backslash (an escape, perhaps of a quote) or a byte outside ASCII (perhaps no UTF-8).
#[inline]
pub fn find_quotes(line: &[u8], places: &mut [usize; QUOTES_MAX]) -> Option<usize> {
    let mut count = 0;
    let mut blocks = line.chunks_exact(BLOCK);
    let mut at = 0;
    for block in &mut blocks {
        note(quotes_of(block)?, at, places, &mut count)?;
        at += BLOCK;
    }
    let rest = blocks.remainder();
    if rest.is_empty() {
        return Some(count);
    }
    if line.len() >= BLOCK {
        // The last block looks at bytes again that the one before it has seen, and forgets what it finds there.
        let last = line.len() - BLOCK;
        note(quotes_of(&line[last..])? & (u64::MAX << (at - last)), last, places, &mut count)?;
    } else {
        let mut padded = [0; BLOCK];
        padded[..rest.len()].copy_from_slice(rest);
        note(quotes_of(&padded)?, at, places, &mut count)?;
    }
    Some(count)
}

/// Write down where in the line the quotes of one block are.
#[inline]
fn note(mut quotes: u64, at: usize, places: &mut [usize; QUOTES_MAX], count: &mut usize) -> Option<()> {
    while quotes != 0 {
        *places.get_mut(*count)? = at.wrapping_add(quotes.trailing_zeros() as usize);
        *count = count.wrapping_add(1);
        quotes &= quotes.wrapping_sub(1);
    }
    Some(())
}

/// Mark the quotes of 64 bytes, the first in the lowest bit; none when there is a backslash or a byte outside ASCII.
#[inline]
fn quotes_of(block: &[u8]) -> Option<u64> {
    let (mut quotes, mut odd) = (0, 0);
    for bytes in block.chunks_exact(8) {
        let mut word = [0; 8];
        word.copy_from_slice(bytes);
        let word = u64::from_le_bytes(word);
        let (others, plain) = ((word ^ (ONES * u64::from(b'"'))), (word ^ (ONES * u64::from(b'\\'))));
        // Below 128 a sum carries into the byte's highest bit unless the byte was zero, and never further.
        let is_quote = !(others & LOW).wrapping_add(LOW) & HIGH;
        odd |= word | !(plain & LOW).wrapping_add(LOW);
        quotes = quotes >> 8 | ((is_quote >> 7).wrapping_mul(TOGETHER) & HIGHEST_BYTE);
    }
    (odd & HIGH == 0).then_some(quotes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_found_wherever_they_are() {
        for length in 0..200 {
            for at in 0..length {
                let mut line = vec![b'#'; length];
                line[at] = b'"';
                line[length - 1] = b'"';
                let mut places = [0; QUOTES_MAX];
                let count = find_quotes(&line, &mut places);
                assert_eq!(count, Some(if at == length - 1 { 1 } else { 2 }));
                assert_eq!((places[0], places[count.unwrap() - 1]), (at, length - 1));
            }
        }
    }

    #[test]
    fn every_other_byte_is_no_quote_or_odd() {
        for byte in (0..=u8::MAX).filter(|&byte| byte != b'"') {
            for length in [1, 40, 64, 65, 130] {
                for at in 0..length {
                    let mut line = vec![b'#'; length];
                    line[at] = byte;
                    let expected = if byte == b'\\' || byte >= 128 { None } else { Some(0) };
                    assert_eq!(find_quotes(&line, &mut [0; QUOTES_MAX]), expected, "{} at {}", byte, at);
                }
            }
        }
    }

    #[test]
    fn too_many_quotes_are_none() {
        assert_eq!(find_quotes(&[b'"'; QUOTES_MAX], &mut [0; QUOTES_MAX]), Some(QUOTES_MAX));
        assert_eq!(find_quotes(&[b'"'; QUOTES_MAX + 1], &mut [0; QUOTES_MAX]), None);
    }
}
