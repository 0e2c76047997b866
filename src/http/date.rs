//! Dates of HTTP (RFC 9110 section 5.6.7), read and written.
//!
//! ```text
//! HTTP-date = IMF-fixdate / obs-date
//! obs-date  = rfc850-date / asctime-date
//! ```
//!
//! All are in UTC and in the Gregorian calendar, also for years before there was one.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nom::{
    IResult, Parser,
    branch::alt,
    bytes::complete::{tag, take_while_m_n},
    combinator::{all_consuming, map, verify},
    sequence::{delimited, preceded, separated_pair, terminated},
};

/// The short names are the first three letters.
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const SECONDS_OF_DAY: i64 = 86_400;
/// The last second of the year 9999, after which four digits are too few.
const LAST: i64 = 253_402_300_799;
/// The first second of the year 0000.
const FIRST: i64 = -62_167_219_200;

/// A time as a calendar and a clock show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Shown {
    year: i64,
    /// 1 to 12.
    month: i64,
    /// 1 to 31.
    day: i64,
    /// 0 to 86400: the last is a leap second's.
    second: i64,
}

/// Reads a date in any of the three forms. `now` tells the century where a form does not: a date that would be more
/// than 50 years in the future is of the century before. A leap second is the same as the second after it.
///
/// None for what is no date: of another form, of a day that its month does not have, or of a day of the week that
/// it is not.
#[must_use]
pub fn parse(text: &[u8], now: SystemTime) -> Option<SystemTime> {
    let mut date = all_consuming(alt((imf_fixdate, |input| rfc850_date(now, input), asctime_date)));
    let (_, (day_name, shown)) = date.parse(text).ok()?;
    let day = days(shown.year, shown.month, shown.day);
    if Shown::of(day, shown.second) != shown || weekday(day) != day_name {
        return None;
    }
    Some(time(day * SECONDS_OF_DAY + shown.second))
}

/// Writes a time as IMF-fixdate, without fractions of a second. A time outside of the years 0000 to 9999 is the nearest
/// within.
#[must_use]
pub fn format(time: SystemTime) -> String {
    let seconds = seconds(time).clamp(FIRST, LAST);
    let day = seconds.div_euclid(SECONDS_OF_DAY);
    let shown = Shown::of(day, seconds.rem_euclid(SECONDS_OF_DAY));
    let mut out = String::with_capacity("Sun, 06 Nov 1994 08:49:37 GMT".len());
    out.push_str(&DAYS[weekday(day)][..3]);
    out.push_str(", ");
    push_two_digits(shown.day, &mut out);
    out.push(' ');
    out.push_str(MONTHS[shown.month as usize - 1]);
    out.push(' ');
    push_two_digits(shown.year / 100, &mut out);
    push_two_digits(shown.year % 100, &mut out);
    for (before, number) in [(' ', shown.second / 3600), (':', shown.second / 60 % 60), (':', shown.second % 60)] {
        out.push(before);
        push_two_digits(number, &mut out);
    }
    out.push_str(" GMT");
    out
}

/// A time without fractions of a second, which dates do not have: the second that it is within.
#[must_use]
pub fn whole_seconds(time: SystemTime) -> SystemTime {
    self::time(seconds(time))
}

/// Seconds since 1970, rounded down.
fn seconds(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_secs() as i64,
        Err(error) => -(error.duration().as_secs() as i64) - i64::from(error.duration().subsec_nanos() > 0),
    }
}

fn time(seconds: i64) -> SystemTime {
    let duration = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { UNIX_EPOCH - duration } else { UNIX_EPOCH + duration }
}

/// Days from 1970-01-01 to a day. One that its month does not have is one of the next month.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years that begin in March have their leap day at the end, and months of 31, 30, 31, 30, 31 days, over again.
    let year = if month < 3 { year - 1 } else { year };
    let months = (month + 9) % 12;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    365 * year + leap_days + (153 * months + 2) / 5 + day - 1 - DAYS_BEFORE_1970
}

/// From 0000-03-01.
const DAYS_BEFORE_1970: i64 = 719_468;
const DAYS_OF_400_YEARS: i64 = 146_097;

impl Shown {
    /// The day so many days after 1970-01-01, at a second of it.
    fn of(day: i64, second: i64) -> Self {
        let since = day + DAYS_BEFORE_1970;
        let (cycles, day) = (since.div_euclid(DAYS_OF_400_YEARS), since.rem_euclid(DAYS_OF_400_YEARS));
        // Without the leap days before it, each year has 365 days. As in `days`, it begins in March.
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let months = (5 * day + 2) / 153;
        let month = if months < 10 { months + 3 } else { months - 9 };
        let year = 400 * cycles + year + i64::from(month < 3);
        Shown { year, month, day: day - (153 * months + 2) / 5 + 1, second }
    }
}

/// The place in [`DAYS`] of the day so many days after 1970-01-01.
fn weekday(day: i64) -> usize {
    (day + 4).rem_euclid(7) as usize
}

fn push_two_digits(number: i64, out: &mut String) {
    out.push(char::from(b'0' + (number / 10) as u8));
    out.push(char::from(b'0' + (number % 10) as u8));
}

type Parsed<'a, T> = IResult<&'a [u8], T, ()>;
/// A day of the week, as its place in [`DAYS`], and what else a date says.
type Written = (usize, Shown);

/// ```text
/// IMF-fixdate = day-name "," SP date1 SP time-of-day SP GMT
/// date1       = day SP month SP year                  ; 02 Jun 1982
/// ```
fn imf_fixdate(input: &[u8]) -> Parsed<'_, Written> {
    let date1 = (number(2), delimited(tag(" "), month, tag(" ")), number(4));
    map(
        (terminated(day_name, tag(", ")), date1, delimited(tag(" "), time_of_day, tag(" GMT"))),
        |(day_name, (day, month, year), second)| (day_name, Shown { year, month, day, second }),
    )
    .parse(input)
}

/// ```text
/// rfc850-date = day-name-l "," SP date2 SP time-of-day SP GMT
/// date2       = day "-" month "-" 2DIGIT              ; 02-Jun-82
/// ```
fn rfc850_date(now: SystemTime, input: &[u8]) -> Parsed<'_, Written> {
    let date2 = (number(2), delimited(tag("-"), month, tag("-")), number(2));
    map(
        (terminated(day_name_l, tag(", ")), date2, delimited(tag(" "), time_of_day, tag(" GMT"))),
        |(day_name, (day, month, year), second)| (day_name, with_century(Shown { year, month, day, second }, now)),
    )
    .parse(input)
}

/// ```text
/// asctime-date = day-name SP date3 SP time-of-day SP year
/// date3        = month SP ( 2DIGIT / ( SP 1DIGIT ))   ; Jun  2
/// ```
fn asctime_date(input: &[u8]) -> Parsed<'_, Written> {
    let date3 = separated_pair(month, tag(" "), alt((number(2), preceded(tag(" "), number(1)))));
    map(
        (terminated(day_name, tag(" ")), date3, delimited(tag(" "), time_of_day, tag(" ")), number(4)),
        |(day_name, (month, day), second, year)| (day_name, Shown { year, month, day, second }),
    )
    .parse(input)
}

/// The date with a year of two digits that is meant, in the rule's words: one "that appears to be more than 50 years
/// in the future" is "the most recent year in the past that had the same last two digits".
fn with_century(written: Shown, now: SystemTime) -> Shown {
    let now = seconds(now);
    let now = Shown::of(now.div_euclid(SECONDS_OF_DAY), now.rem_euclid(SECONDS_OF_DAY));
    let in_50_years = Shown { year: now.year + 50, ..now };
    let year = in_50_years.year - in_50_years.year.rem_euclid(100) + written.year;
    let date = Shown { year, ..written };
    if date > in_50_years { Shown { year: year - 100, ..date } } else { date }
}

/// ```text
/// time-of-day = hour ":" minute ":" second            ; 00:00:00 - 23:59:60 (leap second)
/// ```
fn time_of_day(input: &[u8]) -> Parsed<'_, i64> {
    let clock = (number(2), preceded(tag(":"), number(2)), preceded(tag(":"), number(2)));
    let exists = |&(hour, minute, second): &(i64, i64, i64)| {
        (hour < 24 && minute < 60 && second < 60) || (hour, minute, second) == (23, 59, 60)
    };
    map(verify(clock, exists), |(hour, minute, second)| 3600 * hour + 60 * minute + second).parse(input)
}

/// `day-name = "Mon" / "Tue" / …`, in this case only.
fn day_name(input: &[u8]) -> Parsed<'_, usize> {
    one_of(DAYS.iter().map(|name| &name[..3]), input)
}

/// `day-name-l = "Monday" / "Tuesday" / …`
fn day_name_l(input: &[u8]) -> Parsed<'_, usize> {
    one_of(DAYS.iter().copied(), input)
}

/// `month = "Jan" / "Feb" / …`
fn month(input: &[u8]) -> Parsed<'_, i64> {
    map(|input| one_of(MONTHS.iter().copied(), input), |at| at as i64 + 1).parse(input)
}

/// The place of the name with which the input begins.
fn one_of<'a>(names: impl Iterator<Item = &'static str>, input: &'a [u8]) -> Parsed<'a, usize> {
    let mut found = names.enumerate().filter_map(|(at, name)| Some((input.strip_prefix(name.as_bytes())?, at)));
    found.next().ok_or(nom::Err::Error(()))
}

/// A number of so many digits.
fn number<'a>(digits: usize) -> impl Parser<&'a [u8], Output = i64, Error = ()> {
    let digits = take_while_m_n(digits, digits, |byte: u8| byte.is_ascii_digit());
    map(digits, |digits: &[u8]| digits.iter().fold(0, |number, digit| 10 * number + i64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sat, 28 Nov 2026 12:00:00 GMT
    const NOW: i64 = 1_795_867_200;

    fn parsed(text: &str) -> Option<i64> {
        parse(text.as_bytes(), time(NOW)).map(seconds)
    }

    /// The date that `text` means, as it is written.
    fn meant(text: &str) -> Option<String> {
        parse(text.as_bytes(), time(NOW)).map(format)
    }

    #[test]
    fn the_three_forms_mean_the_same() {
        for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(parsed(text), Some(784_111_777), "{text}");
        }
    }

    #[test]
    fn the_first_and_the_last_days_of_everything() {
        for (text, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Wed, 31 Dec 1969 23:59:59 GMT", -1),
            ("Sat, 01 Jan 0000 00:00:00 GMT", FIRST),
            ("Fri, 31 Dec 9999 23:59:59 GMT", LAST),
            ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600),
            ("Wed, 28 Feb 1900 00:00:00 GMT", -2_203_977_600),
            ("Thu, 01 Mar 1900 00:00:00 GMT", -2_203_891_200),
            ("Sat, 28 Nov 2026 12:00:00 GMT", NOW),
        ] {
            assert_eq!(parsed(text), Some(seconds), "{text}");
            assert_eq!(format(time(seconds)), text);
        }
    }

    #[test]
    fn two_digits_of_a_year_are_at_most_50_years_in_the_future() {
        for (text, date) in [
            ("Wednesday, 15-Jun-72 12:30:45 GMT", "Wed, 15 Jun 2072 12:30:45 GMT"),
            ("Saturday, 28-Nov-76 12:00:00 GMT", "Sat, 28 Nov 2076 12:00:00 GMT"),
            ("Sunday, 28-Nov-76 12:00:01 GMT", "Sun, 28 Nov 1976 12:00:01 GMT"),
            ("Friday, 31-Dec-99 00:00:00 GMT", "Fri, 31 Dec 1999 00:00:00 GMT"),
            ("Saturday, 01-Jan-00 00:00:00 GMT", "Sat, 01 Jan 2000 00:00:00 GMT"),
            ("Tuesday, 29-Feb-00 00:00:00 GMT", "Tue, 29 Feb 2000 00:00:00 GMT"),
        ] {
            assert_eq!(meant(text).as_deref(), Some(date), "{text}");
        }
        // In another time the same digits mean another year.
        let in_1990 = time(631_152_000);
        for (text, date) in [
            ("Wednesday, 15-Jun-39 12:30:45 GMT", "Wed, 15 Jun 2039 12:30:45 GMT"),
            ("Saturday, 15-Jun-40 12:30:45 GMT", "Sat, 15 Jun 1940 12:30:45 GMT"),
        ] {
            assert_eq!(parse(text.as_bytes(), in_1990).map(format).as_deref(), Some(date), "{text}");
        }
    }

    #[test]
    fn a_leap_second_is_the_first_of_the_next_day() {
        assert_eq!(meant("Sat, 31 Dec 2016 23:59:60 GMT").as_deref(), Some("Sun, 01 Jan 2017 00:00:00 GMT"));
        assert_eq!(meant("Saturday, 31-Dec-16 23:59:60 GMT").as_deref(), Some("Sun, 01 Jan 2017 00:00:00 GMT"));
        assert_eq!(meant("Sat Dec 31 23:59:60 2016").as_deref(), Some("Sun, 01 Jan 2017 00:00:00 GMT"));
        assert_eq!(parsed("Sat, 31 Dec 2016 23:59:61 GMT"), None);
        assert_eq!(parsed("Sat, 31 Dec 2016 23:58:60 GMT"), None);
        assert_eq!(parsed("Sat, 31 Dec 2016 22:59:60 GMT"), None);
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "yesterday",
            "784111777",
            "1994-11-06T08:49:37Z",
            // The day of the week is another.
            "Mon, 06 Nov 1994 08:49:37 GMT",
            "Monday, 06-Nov-94 08:49:37 GMT",
            "Mon Nov  6 08:49:37 1994",
            // There is no such day, or no such time.
            "Wed, 00 Mar 2010 08:49:37 GMT",
            "Wed, 31 Feb 2010 08:49:37 GMT",
            "Mon, 29 Feb 2010 08:49:37 GMT",
            "Thu, 29 Feb 1900 08:49:37 GMT",
            "Thu, 01 Mar 2010 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06 Nov 1994 08:60:00 GMT",
            "Sun, 06 Foo 1994 08:49:37 GMT",
            // HTTP-date is case sensitive.
            "sun, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 NOV 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 gmt",
            // Another form.
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1994 08:49:37 +0000",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 94 08:49:37 GMT",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 8:49:37 GMT",
            "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06 Nov 1994 08:49:37 GMT ",
            " Sun, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 GMT\0",
            "Sun, 06  Nov 1994 08:49:37 GMT",
            "Sun, 06-Nov-1994 08:49:37 GMT",
            "Sun, 06-Nov-94 08:49:37 GMT",
            "Sunday, 06-Nov-1994 08:49:37 GMT",
            "Sunday, 6-Nov-94 08:49:37 GMT",
            "Sunday, 06 Nov 94 08:49:37 GMT",
            "Sun Nov 6 08:49:37 1994",
            "Sun Nov  6 08:49:37 94",
            "Sun Nov  6 08:49:37 1994 GMT",
        ] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_written_is_as_near_as_can_be() {
        assert_eq!(format(time(LAST + 1)), "Fri, 31 Dec 9999 23:59:59 GMT");
        assert_eq!(format(time(i64::MAX / 2)), "Fri, 31 Dec 9999 23:59:59 GMT");
        assert_eq!(format(time(FIRST - 1)), "Sat, 01 Jan 0000 00:00:00 GMT");
    }

    #[test]
    fn fractions_of_a_second_are_cut_off() {
        let half = Duration::from_millis(500);
        assert_eq!(whole_seconds(UNIX_EPOCH + half), UNIX_EPOCH);
        assert_eq!(whole_seconds(UNIX_EPOCH - half), time(-1));
        assert_eq!(whole_seconds(time(-1)), time(-1));
        assert_eq!(format(UNIX_EPOCH - half), "Wed, 31 Dec 1969 23:59:59 GMT");
    }
}
