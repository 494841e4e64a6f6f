//! Days of the calendar that everybody uses, also before it was.

const MONTH_DAYS: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// Count the days since 1970, before it below zero; none for a day that is not in the calendar.
///
/// A year begins in March here, so that the day of leap years is its last.
pub fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let month_days = MONTH_DAYS.get(usize::try_from(month - 1).ok()?)? + i64::from(is_leap && month == 2);
    if day < 1 || day > month_days {
        return None;
    }
    let year = year - i64::from(month <= 2);
    let days_before_month = (153 * ((month + 9) % 12) + 2) / 5;
    Some(year * 365 + year / 4 - year / 100 + year / 400 + days_before_month + day - 1 - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_follows_the_one_before() {
        let mut before = days_since_1970(999, 12, 31).unwrap();
        let mut count = 0;
        for year in 1000..3000 {
            for month in 0..=13 {
                for now in (0..=32).filter_map(|day| days_since_1970(year, month, day)) {
                    assert_eq!(now, before + 1, "{}-{}", year, month);
                    before = now;
                    count += 1;
                }
            }
        }
        assert_eq!(count, 2000 * 365 + 485);
        assert_eq!(days_since_1970(1970, 1, 1), Some(0));
        assert_eq!(days_since_1970(2000, 2, 29), Some(11_016));
    }
}
