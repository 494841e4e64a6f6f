//! Addresses as text: which place each has, and which are not written in the usual way.
//!
//! Only the plain forms are read here. What might be an address in another form (in brackets, with a zone, with an IPv4
//! address at its end) is left to the caller.

pub mod text;

use text::{octets, Hextets};

const LENGTH_MAX: usize = 80;
const NO_PLACE: i16 = -1;
/// So many keys are looked for at once: while one waits for the memory, the others go on, and registers compare several.
const LANES: usize = 64;

/// Runs of addresses that share a place: a run begins at its start, and the first at zero.
pub struct Intervals<'a, T> {
    pub starts: &'a [T],
    pub places: &'a [i16],
}

/// Give the place number of each text `raw[bounds[i]..bounds[i + 1]]`, -1 for what is no address.
///
/// `left` gets the rows that the caller has to read; returns how many those are.
pub fn locate(
    raw: &[u8],
    bounds: &[i32],
    v4: &Intervals<u32>,
    v6: &Intervals<u64>,
    found: &mut [i16],
    left: &mut [i64],
) -> i64 {
    let (mut short, mut long) = (Keys::new(v4), Keys::new(v6));
    let mut count = 0;
    for (row, pair) in bounds.windows(2).enumerate() {
        let text = &raw[pair[0] as usize..pair[1] as usize];
        if let Some(key) = octets(text) {
            short.add(row, key, found);
            continue;
        }
        found[row] = NO_PLACE;
        if text.len() > LENGTH_MAX || text.iter().filter(|&&byte| byte == b':').count() < 2 {
            continue;
        }
        match Hextets::read(text) {
            Some(address) => match address.carried() {
                Some(key) => short.add(row, key, found),
                None => long.add(row, address.high(), found),
            },
            None => {
                left[count] = row as i64;
                count += 1;
            }
        }
    }
    short.find(found);
    long.find(found);
    count as i64
}

/// Mark the texts that could be an address in an unusual form; returns how many those are.
///
/// Not marked is what has no colon, and what is an IPv6 address as RFC 5952 writes it that carries no IPv4 address.
pub fn unusual(raw: &[u8], bounds: &[i32], marks: &mut [u8]) -> i64 {
    let mut count = 0;
    for (pair, mark) in bounds.windows(2).zip(marks) {
        let text = &raw[pair[0] as usize..pair[1] as usize];
        let is_usual = text.iter().all(|&byte| byte != b':')
            || Hextets::read(text).map_or(false, |address| address.is_usual && !address.is_mapped());
        *mark = u8::from(!is_usual);
        count += i64::from(!is_usual);
    }
    count
}

/// Keys on their way to their places, some at a time.
struct Keys<'a, T> {
    intervals: &'a Intervals<'a, T>,
    count: usize,
    rows: [usize; LANES],
    keys: [T; LANES],
}

impl<'a, T: Copy + Default + PartialOrd> Keys<'a, T> {
    fn new(intervals: &'a Intervals<'a, T>) -> Self {
        Keys { intervals, count: 0, rows: [0; LANES], keys: [T::default(); LANES] }
    }

    #[inline]
    fn add(&mut self, row: usize, key: T, found: &mut [i16]) {
        self.rows[self.count] = row;
        self.keys[self.count] = key;
        self.count += 1;
        if self.count == LANES {
            self.find(found);
        }
    }

    /// Find for each key the last run that starts at it or before it, by halves, all keys in step.
    fn find(&mut self, found: &mut [i16]) {
        let Intervals { starts, places } = self.intervals;
        let (mut begins, mut middles, mut size) = ([0_u32; LANES], [T::default(); LANES], starts.len() as u32);
        while size > 1 {
            let half = size / 2;
            for (middle, &begin) in middles.iter_mut().zip(&begins) {
                *middle = starts[(begin + half) as usize];
            }
            // A loop of its own, which compares without branches: which half it is nobody can foretell.
            for (begin, (middle, key)) in begins.iter_mut().zip(middles.iter().zip(&self.keys)) {
                *begin = begin.wrapping_add(if middle <= key { half } else { 0 });
            }
            size -= half;
        }
        for (&row, &begin) in self.rows.iter().zip(&begins).take(self.count) {
            found[row] = places[begin as usize];
        }
        self.count = 0;
    }
}
