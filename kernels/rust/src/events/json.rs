//! JSON as RFC 8259 writes it, read byte by byte; what needs patience is not read at all.

/// So deep may arrays and objects stand in one another; `exact.py` has the same number.
const DEPTH_MAX: usize = 32;
const EACH: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// A place in one record. Each function gives `None` where the record is not what it asks for, or has an escape.
pub struct Cursor<'a> {
    record: &'a [u8],
    pub at: usize,
}

impl<'a> Cursor<'a> {
    /// Begin in front of the record.
    pub fn new(record: &'a [u8]) -> Self {
        Cursor { record, at: 0 }
    }

    /// Look at the next byte.
    #[inline]
    pub fn peek(&self) -> Option<u8> {
        self.record.get(self.at).copied()
    }

    /// Pass over one byte if it is `sign`.
    #[inline]
    pub fn sign(&mut self, sign: u8) -> Option<()> {
        if self.peek()? == sign {
            self.at += 1;
            return Some(());
        }
        None
    }

    /// Pass over what may stand between any two signs.
    #[inline]
    pub fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Pass over one word.
    pub fn word(&mut self, word: &[u8]) -> Option<()> {
        let rest = self.record.get(self.at..)?;
        if rest.starts_with(word) {
            self.at += word.len();
            return Some(());
        }
        None
    }

    /// Read a string without escapes: where it begins and ends between its quotes.
    #[inline]
    pub fn string(&mut self) -> Option<(usize, usize)> {
        self.sign(b'"')?;
        let start = self.at;
        loop {
            while let Some(word) = self.record.get(self.at..self.at + 8) {
                let special = special(word);
                if special != 0 {
                    self.at += special.trailing_zeros() as usize / 8;
                    break;
                }
                self.at += 8;
            }
            match self.peek()? {
                b'"' => break,
                b'\\' | 0..=0x1F => return None,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Some((start, self.at - 1))
    }

    /// Read a name and the colon behind it.
    #[inline]
    pub fn name(&mut self) -> Option<(usize, usize)> {
        let name = self.string()?;
        self.blanks();
        self.sign(b':')?;
        self.blanks();
        Some(name)
    }

    /// Pass over a number, whatever its size.
    pub fn number(&mut self) -> Option<()> {
        let _ = self.sign(b'-');
        if self.sign(b'0').is_none() {
            self.digits()?;
        }
        if self.sign(b'.').is_some() {
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(())
    }

    /// Pass over any value that stands so deep in others.
    pub fn value(&mut self, depth: usize) -> Option<()> {
        match self.peek()? {
            b'"' => self.string().map(|_| ()),
            b'{' => self.inner(depth + 1, b'}'),
            b'[' => self.inner(depth + 1, b']'),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            _ => self.number(),
        }
    }

    /// Pass over all that stands in one object or array, and the sign that closes it.
    fn inner(&mut self, depth: usize, closing: u8) -> Option<()> {
        if depth > DEPTH_MAX {
            return None;
        }
        self.at += 1;
        self.blanks();
        if self.sign(closing).is_some() {
            return Some(());
        }
        loop {
            if closing == b'}' {
                self.name()?;
            }
            self.value(depth)?;
            self.blanks();
            if self.sign(b',').is_none() {
                return self.sign(closing);
            }
            self.blanks();
        }
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at > start {
            return Some(());
        }
        None
    }
}

/// Mark the first of eight bytes that is a quote, a backslash or a control character; bytes behind it may be marked too.
#[inline]
fn special(bytes: &[u8]) -> u64 {
    let mut word = [0_u8; 8];
    word.copy_from_slice(bytes);
    let word = u64::from_le_bytes(word);
    let (quote, backslash) = (word ^ (EACH * u64::from(b'"')), word ^ (EACH * u64::from(b'\\')));
    let control = word.wrapping_sub(EACH * 0x20) & !word;
    (quote.wrapping_sub(EACH) & !quote | backslash.wrapping_sub(EACH) & !backslash | control) & HIGH
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(text: &str) -> bool {
        let mut cursor = Cursor::new(text.as_bytes());
        cursor.value(1).is_some() && cursor.at == text.len()
    }

    #[test]
    fn values_are_those_of_the_grammar() {
        let good = ["0", "-0", "10.25e-7", "1E5", "{}", "[ ]", "[1 , {\"a\" : [null]}]", "\"\u{7f}\u{e9}\"", "true"];
        let bad = [
            "", "00", "01", "+1", "1.", ".5", "1e", "-", "[1,]", "{,}", "{\"a\"}", "{1:2}", "nul", "NaN", "\"\t\"",
            "\"a",
        ];
        assert_eq!(good.map(passes), [true; 9]);
        assert_eq!(bad.map(passes), [false; 16]);
    }

    #[test]
    fn a_string_ends_at_its_quote_wherever_that_stands() {
        for length in 0..40 {
            for (sign, is_good) in [(b'"', true), (b'\\', false), (0x1F, false), (0, false)] {
                let mut text = vec![b'a'; length + 12];
                text[0] = b'"';
                text[length + 1] = sign;
                assert_eq!(Cursor::new(&text).string(), Some((1, length + 1)).filter(|_| is_good));
            }
        }
    }

    #[test]
    fn depth_has_an_end() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(passes(&nested(DEPTH_MAX - 1)));
        assert!(!passes(&nested(DEPTH_MAX)));
        assert!(!passes(&nested(100_000)));
    }
}
