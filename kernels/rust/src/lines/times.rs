//! The time of a canonical line, `dd/Mon/yyyy:HH:MM:SS +hhmm`.

use crate::calendar::days_since_1970;

const MONTHS: [&[u8; 3]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
const DATE: usize = "dd/Mon/yyyy".len();
/// The years outside are for the exact parser, and for another step to refuse.
const YEARS: std::ops::Range<i64> = 1900..2200;
const DAY_S: i64 = 86_400;

/// Reads times; it knows the day of the line before, for a log has few.
pub struct Calendar {
    date: [u8; DATE],
    days: i64,
}

impl Calendar {
    /// Begin without a day.
    pub fn new() -> Self {
        Calendar { date: [0; DATE], days: 0 }
    }

    /// Read a time: microseconds since 1970 (UTC), and minutes east of UTC; none when it is another form, or no time at all.
    #[inline]
    pub fn read(&mut self, text: &[u8]) -> Option<(i64, i16)> {
        if text.len() != DATE + ":HH:MM:SS +hhmm".len() {
            return None;
        }
        let (date, clock) = text.split_at(DATE);
        if date != self.date {
            self.days = days_of(date)?;
            self.date.copy_from_slice(date);
        }
        let marks = [clock[0], clock[3], clock[6], clock[9]] == *b"::: ";
        let (hour, minute, second) = (pair(clock, 1)?, pair(clock, 4)?, pair(clock, 7)?);
        let (offset_h, offset_minute) = (pair(clock, 11)?, pair(clock, 13)?);
        let east = match clock[10] {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        if !marks || hour > 23 || minute > 59 || second > 59 || offset_h > 23 || offset_minute > 59 {
            return None;
        }
        let offset = east * (offset_h * 60 + offset_minute);
        let seconds = self.days * DAY_S + hour * 3600 + (minute - offset) * 60 + second;
        Some((seconds * 1_000_000, offset as i16))
    }
}

/// Give the days since 1970 of `dd/Mon/yyyy`.
fn days_of(date: &[u8]) -> Option<i64> {
    let month = MONTHS.iter().position(|name| date[3..6] == name[..])?;
    let (day, year) = (pair(date, 0)?, pair(date, 7)? * 100 + pair(date, 9)?);
    if date[2] != b'/' || date[6] != b'/' || !YEARS.contains(&year) {
        return None;
    }
    days_since_1970(year, month as i64 + 1, day)
}

/// Read two digits.
#[inline]
fn pair(text: &[u8], at: usize) -> Option<i64> {
    let (tens, ones) = (text[at].wrapping_sub(b'0'), text[at + 1].wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| i64::from(tens * 10 + ones))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_follows_the_one_before() {
        let mut days = days_of(b"01/Jan/1900").unwrap();
        assert_eq!(days, -25_567);
        let mut count = 0;
        for year in YEARS {
            for month in MONTHS {
                for day in 1..=31 {
                    let date = format!("{:02}/{}/{}", day, std::str::from_utf8(month).unwrap(), year);
                    if let Some(found) = days_of(date.as_bytes()) {
                        assert_eq!(found, days, "{}", date);
                        days += 1;
                        count += 1;
                    }
                }
            }
        }
        assert_eq!(count, 109_573);
    }

    #[test]
    fn a_day_that_is_none_is_not_remembered() {
        let mut calendar = Calendar::new();
        assert_eq!(calendar.read(b"30/Feb/2020:00:00:00 +0000"), None);
        assert_eq!(calendar.read(b"30/Feb/2020:00:00:00 +0000"), None);
        assert_eq!(calendar.read(b"01/Jan/1970:00:00:01 -0001"), Some((61_000_000, -1)));
        assert_eq!(calendar.read(b"01/Jan/1970:00:00:01 -0001"), Some((61_000_000, -1)));
    }
}
