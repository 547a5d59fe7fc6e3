//! Patterns of dates and times: `yyyy-MM-dd`, `dd/MM/yyyy HH:mm`.
//!
//! The letters are those that most school systems use in their manuals (Unicode TR 35, section 8): `yyyy yy MM M dd d HH H mm ss
//! SSS XXX`. `T` and `Z` may stand for themselves, other letters stand between apostrophes: `'week' ww` is not known,
//! `'den' d` is.

use super::Failure;
use jiff::civil::{Date, DateTime, Time};
use std::fmt::Write;

/// A compiled pattern.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pattern {
    source: Box<str>,
    parts: Vec<Part>,
    /// Where its numbers stand, if that is the same in every text.
    places: Option<Places>,
}

/// Where the numbers of a date and time stand in texts of one length.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Places {
    length: usize,
    year: Option<usize>,
    /// By [`Unit`].
    numbers: [Option<usize>; 5],
    literals: Vec<(usize, u8)>,
}

/// One piece of a pattern.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Part {
    /// `yyyy`
    Year,
    /// `yy`: is written, never read, since it tells no century.
    ShortYear,
    /// A number of two digits, or of one or two.
    Number { of: Unit, padded: bool },
    /// `S`, `SSS`: digits of a fraction of a second.
    Fraction(usize),
    /// `XXX`: `+02:00` or `Z`.
    Offset,
    /// `Z`: the time is UTC.
    Utc,
    /// Itself.
    Literal(char),
}

/// What a number of a pattern counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Unit {
    Month,
    Day,
    Hour,
    Minute,
    Second,
}

/// What a text said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parsed {
    /// Date and time; midnight if the pattern has no time.
    pub at: DateTime,
    /// Seconds east of UTC, if the text says.
    pub offset: Option<i32>,
}

impl Pattern {
    /// Compiles a pattern. The error says what in it is not known.
    pub fn new(source: &str) -> Result<Pattern, String> {
        let mut parts = Vec::new();
        let mut rest = source;
        while let Some(letter) = rest.chars().next() {
            let run = rest.len() - rest.trim_start_matches(letter).len();
            let (part, used) = match (letter, run / letter.len_utf8()) {
                ('y', 4) => (Part::Year, 4),
                ('y', 2) => (Part::ShortYear, 2),
                ('M', count @ 1..=2) => (Part::Number { of: Unit::Month, padded: count == 2 }, count),
                ('d', count @ 1..=2) => (Part::Number { of: Unit::Day, padded: count == 2 }, count),
                ('H', count @ 1..=2) => (Part::Number { of: Unit::Hour, padded: count == 2 }, count),
                ('m', 2) => (Part::Number { of: Unit::Minute, padded: true }, 2),
                ('s', 2) => (Part::Number { of: Unit::Second, padded: true }, 2),
                ('S', count @ 1..=9) => (Part::Fraction(count), count),
                ('X', 3) => (Part::Offset, 3),
                ('T', 1) => (Part::Literal('T'), 1),
                ('Z', 1) => (Part::Utc, 1),
                ('\'', _) => {
                    let end = rest[1..].find('\'').ok_or("an apostrophe is open")?;
                    let quoted = &rest[1..1 + end];
                    // Two apostrophes in a row write one.
                    parts.extend(if quoted.is_empty() { "'" } else { quoted }.chars().map(Part::Literal));
                    rest = &rest[end + 2..];
                    continue;
                }
                (letter, _) if letter.is_ascii_alphabetic() => {
                    return Err(format!("{} is not known in a date pattern", &rest[..run]));
                }
                (letter, _) => (Part::Literal(letter), letter.len_utf8()),
            };
            parts.push(part);
            rest = &rest[used..];
        }
        Ok(Pattern { source: source.into(), places: Places::of(&parts), parts })
    }

    /// As it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// True if it has a full year, a month and a day, so that it can read dates and not only write them.
    pub fn reads(&self) -> bool {
        let has = |wanted: Unit| self.parts.iter().any(|part| matches!(part, Part::Number { of, .. } if *of == wanted));
        self.parts.contains(&Part::Year) && has(Unit::Month) && has(Unit::Day)
    }

    /// True if it says an hour.
    pub fn has_time(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Number { of: Unit::Hour, .. }))
    }

    /// Reads a text of exactly this form. Fails without naming the text.
    pub fn read(&self, text: &str) -> Result<Parsed, Failure> {
        self.try_read(text).ok_or_else(|| self.failure(text))
    }

    /// Why a text cannot be read by this pattern.
    fn failure(&self, text: &str) -> Failure {
        if !self.reads() {
            return Failure(format!("cannot be read by {}: a full year, month and day are needed", self.source).into());
        }
        if is_zero_date(text) {
            return Failure::because("0000-00-00 is no date");
        }
        Failure(format!("is no {} ({})", if self.has_time() { "time" } else { "date" }, self.source).into())
    }

    fn try_read(&self, text: &str) -> Option<Parsed> {
        if let Some(at) = self.places.as_ref().and_then(|places| places.read(text.as_bytes())) {
            return Some(Parsed { at, offset: None });
        }
        let mut rest = text.as_bytes();
        let (mut year, mut month, mut day) = (None, None, None);
        let (mut hour, mut minute, mut second, mut nanosecond, mut offset) = (0, 0, 0, 0, None);
        for part in &self.parts {
            match part {
                Part::Year => year = Some(digits(&mut rest, 4, 4)? as i16),
                Part::ShortYear => return None,
                Part::Number { of, padded } => {
                    let number = digits(&mut rest, if *padded { 2 } else { 1 }, 2)? as i8;
                    match of {
                        Unit::Month => month = Some(number),
                        Unit::Day => day = Some(number),
                        Unit::Hour => hour = number,
                        Unit::Minute => minute = number,
                        Unit::Second => second = number,
                    }
                }
                Part::Fraction(count) => {
                    nanosecond = digits(&mut rest, *count, *count)? * 10i32.pow(9 - *count as u32);
                }
                Part::Offset => offset = Some(read_offset(&mut rest)?),
                Part::Utc => {
                    rest = rest.strip_prefix(b"Z")?;
                    offset = Some(0);
                }
                Part::Literal(literal) if literal.is_ascii() => {
                    let (first, left) = rest.split_first()?;
                    rest = Some(left).filter(|_| char::from(*first) == *literal)?;
                }
                Part::Literal(literal) => {
                    let mut buffer = [0; 4];
                    rest = rest.strip_prefix(literal.encode_utf8(&mut buffer).as_bytes())?;
                }
            }
        }
        let date = Date::new(year?, month?, day?).ok().filter(|date| date.year() > 0)?;
        let time = Time::new(hour, minute, second, nanosecond).ok()?;
        rest.is_empty().then_some(Parsed { at: date.to_datetime(time), offset })
    }

    /// Writes a date and time, `offset` seconds east of UTC.
    pub fn write(&self, at: DateTime, offset: i32, into: &mut impl Write) -> std::fmt::Result {
        for part in &self.parts {
            match part {
                Part::Year => write!(into, "{:04}", at.year())?,
                Part::ShortYear => write!(into, "{:02}", at.year().rem_euclid(100))?,
                Part::Number { of, padded } => {
                    let number = match of {
                        Unit::Month => at.month(),
                        Unit::Day => at.day(),
                        Unit::Hour => at.hour(),
                        Unit::Minute => at.minute(),
                        Unit::Second => at.second(),
                    };
                    if *padded { write!(into, "{number:02}")? } else { write!(into, "{number}")? }
                }
                Part::Fraction(count) => {
                    write!(into, "{:0count$}", at.subsec_nanosecond() / 10i32.pow(9 - *count as u32))?;
                }
                Part::Offset if offset == 0 => into.write_char('Z')?,
                Part::Offset => {
                    let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.abs() / 60);
                    write!(into, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)?;
                }
                Part::Utc => into.write_char('Z')?,
                Part::Literal(literal) => into.write_char(*literal)?,
            }
        }
        Ok(())
    }
}

impl Places {
    /// The places of a pattern of padded numbers, each there once, and letters of ASCII.
    fn of(parts: &[Part]) -> Option<Places> {
        let mut places = Places::default();
        for part in parts {
            let width = match part {
                Part::Year if places.year.is_none() => {
                    places.year = Some(places.length);
                    4
                }
                Part::Number { of, padded: true } if places.numbers[*of as usize].is_none() => {
                    places.numbers[*of as usize] = Some(places.length);
                    2
                }
                Part::Literal(literal) if literal.is_ascii() => {
                    places.literals.push((places.length, *literal as u8));
                    1
                }
                _ => return None,
            };
            places.length += width;
        }
        Some(places)
    }

    /// Reads a text of this length; `None` if it is of another form, or says no date and time.
    fn read(&self, text: &[u8]) -> Option<DateTime> {
        if text.len() != self.length || !self.literals.iter().all(|&(place, byte)| text[place] == byte) {
            return None;
        }
        let two = |place: usize| match text[place..place + 2] {
            [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => Some(((tens - b'0') * 10 + (ones - b'0')) as i8),
            _ => None,
        };
        let number = |unit: Unit| self.numbers[unit as usize].map_or(Some(0), two);
        let year = i16::from(two(self.year?)?) * 100 + i16::from(two(self.year? + 2)?);
        let date = Date::new(year, number(Unit::Month)?, number(Unit::Day)?).ok().filter(|date| date.year() > 0)?;
        let time = Time::new(number(Unit::Hour)?, number(Unit::Minute)?, number(Unit::Second)?, 0).ok()?;
        Some(date.to_datetime(time))
    }
}

/// Takes between `least` and `most` ASCII digits.
fn digits(rest: &mut &[u8], least: usize, most: usize) -> Option<i32> {
    let (mut number, mut count) = (0, 0);
    while count < most
        && let Some((digit @ b'0'..=b'9', left)) = rest.split_first()
    {
        number = number * 10 + i32::from(digit - b'0');
        count += 1;
        *rest = left;
    }
    (count >= least).then_some(number)
}

/// Takes `Z`, `+02:00` or `+0200`.
fn read_offset(rest: &mut &[u8]) -> Option<i32> {
    if let Some(left) = rest.strip_prefix(b"Z") {
        *rest = left;
        return Some(0);
    }
    let sign = match rest.first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    *rest = &rest[1..];
    let hours = digits(rest, 2, 2)?;
    *rest = rest.strip_prefix(b":").unwrap_or(rest);
    let minutes = digits(rest, 2, 2)?;
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// Reads `yyyy-MM-dd`, the default form of a date. The year 0000 is refused.
pub fn read_iso_date(text: &str) -> Result<Date, Failure> {
    let bytes = text.as_bytes();
    let date = match bytes {
        [a, b, c, d, b'-', e, f, b'-', g, h] if [a, b, c, d, e, f, g, h].iter().all(|byte| byte.is_ascii_digit()) => {
            let two = |a: &u8, b: &u8| ((a - b'0') * 10 + (b - b'0')) as i8;
            Date::new(i16::from(two(a, b)) * 100 + i16::from(two(c, d)), two(e, f), two(g, h)).ok()
        }
        _ => None,
    };
    date.filter(|date| date.year() > 0).ok_or_else(|| {
        Failure::because(if is_zero_date(text) { "0000-00-00 is no date" } else { "is no date (yyyy-MM-dd)" })
    })
}

/// Writes `yyyy-MM-dd` into a buffer.
pub fn write_iso_date(date: Date, buffer: &mut [u8; 10]) -> &str {
    let year = date.year().unsigned_abs();
    *buffer = *b"0000-00-00";
    for (place, digit) in [(0, year / 1000), (1, year / 100 % 10), (2, year / 10 % 10), (3, year % 10)] {
        buffer[place] += digit as u8;
    }
    for (place, number) in [(5, date.month()), (8, date.day())] {
        buffer[place] += number as u8 / 10;
        buffer[place + 1] += number as u8 % 10;
    }
    std::str::from_utf8(buffer).unwrap_or_default()
}

/// True for `0000-00-00`, `00000000`, `00/00/0000 00:00:00`: databases write it for no date. It is named in failures since it is nobody's.
fn is_zero_date(text: &str) -> bool {
    text.bytes().filter(|byte| *byte == b'0').count() >= 8
        && !text.bytes().any(|byte| (b'1'..=b'9').contains(&byte) || byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn read(pattern: &str, text: &str) -> Result<Parsed, Failure> {
        Pattern::new(pattern).unwrap().read(text)
    }

    fn written(pattern: &str, at: DateTime) -> String {
        let mut text = String::new();
        Pattern::new(pattern).unwrap().write(at, 7200, &mut text).unwrap();
        text
    }

    #[test]
    fn usual_patterns() {
        let day = date(2009, 8, 26).at(0, 0, 0, 0);
        for (pattern, text) in [
            ("yyyy-MM-dd", "2009-08-26"),
            ("dd/MM/yyyy", "26/08/2009"),
            ("d.M.yyyy", "26.8.2009"),
            ("yyyyMMdd", "20090826"),
            ("'den' d/M yyyy", "den 26/8 2009"),
        ] {
            assert_eq!(read(pattern, text), Ok(Parsed { at: day, offset: None }), "{pattern}");
            assert_eq!(written(pattern, day), text);
        }
        assert_eq!(written("yy-M", day), "09-8");
    }

    #[test]
    fn times_and_offsets() {
        let at = date(2026, 8, 1).at(9, 5, 7, 120_000_000);
        assert_eq!(
            read("yyyy-MM-ddTHH:mm:ss.SSSXXX", "2026-08-01T09:05:07.120+02:00"),
            Ok(Parsed { at, offset: Some(7200) })
        );
        assert_eq!(written("yyyy-MM-ddTHH:mm:ss.SSSXXX", at), "2026-08-01T09:05:07.120+02:00");
        assert_eq!(read("yyyyMMddHHmmss.SZ", "20260801090507.1Z").map(|parsed| parsed.offset), Ok(Some(0)));
    }

    #[test]
    fn failures_name_the_form_and_never_the_text() {
        let message = |pattern, text| read(pattern, text).unwrap_err().0.into_owned();
        assert_eq!(message("dd/MM/yyyy", "31/02/2009"), "is no date (dd/MM/yyyy)");
        assert_eq!(message("dd/MM/yyyy", "1/2/2009"), "is no date (dd/MM/yyyy)");
        assert_eq!(message("yyyy-MM-dd", "2009-08-26x"), "is no date (yyyy-MM-dd)");
        assert_eq!(message("dd-MM-yyyy", "00-00-0000"), "0000-00-00 is no date");
        assert_eq!(
            message("dd/MM/yy", "26/08/09"),
            "cannot be read by dd/MM/yy: a full year, month and day are needed"
        );
        assert_eq!(read_iso_date("0000-00-00"), Err(Failure::because("0000-00-00 is no date")));
        assert_eq!(read_iso_date("9999-12-31"), Ok(date(9999, 12, 31)));
        assert_eq!(read_iso_date("2009-8-26"), Err(Failure::because("is no date (yyyy-MM-dd)")));
    }

    #[test]
    fn unknown_letters_are_refused() {
        assert_eq!(Pattern::new("YYYY-MM-DD"), Err("YYYY is not known in a date pattern".into()));
        assert_eq!(Pattern::new("dd MMM yyyy"), Err("MMM is not known in a date pattern".into()));
        assert_eq!(Pattern::new("dd 'of"), Err("an apostrophe is open".into()));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(days in 1i32..700_000, seconds in 0i32..86_400) {
            let day = date(1, 1, 1) + jiff::Span::new().days(days);
            let at = day.at(0, 0, 0, 0) + jiff::Span::new().seconds(seconds);
            let pattern = Pattern::new("H:mm:ss d/M/yyyy").unwrap();
            let mut text = String::new();
            pattern.write(at, 0, &mut text).unwrap();
            prop_assert_eq!(pattern.read(&text).map(|parsed| parsed.at), Ok(at));
            let mut buffer = [0; 10];
            prop_assert_eq!(read_iso_date(write_iso_date(day, &mut buffer)), Ok(day));
        }

        #[test]
        fn a_pattern_reads_the_same_with_places_and_without(
            form in "(yyyy|MM|dd|HH|mm|ss|[-/ 'T']){3,9}|yyyy-MM-dd HH:mm:ss|yyyyMMdd",
            text in "[0-9]{4}[- /]?[01][0-9][-/]?[0-3][0-9]([ T][0-2][0-9]:?[0-5][0-9]:?[0-6][0-9])?|[0-9 T/:-]{4,19}",
        ) {
            if let Ok(pattern) = Pattern::new(&form) {
                let slow = Pattern { places: None, ..pattern.clone() };
                prop_assert_eq!(pattern.read(&text), slow.read(&text));
            }
        }

        #[test]
        fn reading_never_panics(pattern in "[yMdHmsSXTZ' /åé-]{0,12}", text in "\\PC{0,16}") {
            if let Ok(pattern) = Pattern::new(&pattern) {
                let _ = pattern.read(&text);
            }
            let _ = read_iso_date(&text);
        }
    }
}
