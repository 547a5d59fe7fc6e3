//! Values as text: the plain text that expressions and wires use, and the text that people read.

use super::{Arena, Duration, Type, Unit, Value, pattern};
use jiff::Timestamp;
use jiff::tz::Offset;
use std::fmt::Write;

/// The plain text of a simple value: `2026-08-01`, `true`, `12.50`, `08-01`, `30d`; a moment in UTC, `2026-08-01T09:05:00Z`.
/// None for what has no plain text: absent, bytes, lists, structures, records.
pub fn plain<'a>(value: Value<'a>, arena: &'a Arena) -> Option<&'a str> {
    match value {
        Value::Text(text) => Some(text),
        Value::Bool(true) => Some("true"),
        Value::Bool(false) => Some("false"),
        Value::Date(date) => {
            let mut buffer = [0; 10];
            Some(arena.alloc_str(pattern::write_iso_date(date, &mut buffer)))
        }
        Value::DateTime(moment) => {
            let mut text = String::with_capacity(24);
            // Writing to a string does not fail.
            let _ = write_moment(moment, &mut text);
            Some(arena.alloc_str(&text))
        }
        Value::Absent | Value::Bytes(_) | Value::List(_) | Value::Struct(_) | Value::Row(_) => None,
        _ => {
            let mut text = bumpalo::collections::String::with_capacity_in(24, arena);
            // Writing to a string does not fail.
            let _ = write_plain(value, &mut text);
            Some(text.into_bump_str())
        }
    }
}

/// Writes the plain text of a simple value; nothing for what has none.
pub fn write_plain(value: Value<'_>, into: &mut impl Write) -> std::fmt::Result {
    match value {
        Value::Bool(truth) => write!(into, "{truth}"),
        Value::Int(number) => into.write_str(write_int(number, &mut [0; 20])),
        Value::Decimal(number) => write!(into, "{number}"),
        Value::Text(text) => into.write_str(text),
        Value::Date(date) => into.write_str(pattern::write_iso_date(date, &mut [0; 10])),
        Value::DateTime(moment) => write_moment(moment, into),
        Value::Duration(Duration { amount, unit }) => write!(into, "{amount}{}", unit.letters()),
        Value::MonthDay(month, day) => write!(into, "{month:02}-{day:02}"),
        Value::Absent | Value::Bytes(_) | Value::List(_) | Value::Struct(_) | Value::Row(_) => Ok(()),
    }
}

/// Writes a whole number into a buffer.
fn write_int(number: i64, buffer: &mut [u8; 20]) -> &str {
    let (mut rest, mut place) = (number.unsigned_abs(), buffer.len());
    loop {
        place -= 1;
        buffer[place] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        place -= 1;
        buffer[place] = b'-';
    }
    std::str::from_utf8(&buffer[place..]).unwrap_or_default()
}

/// Writes a moment in UTC. Whole seconds of the years that people live in need no general formatter.
fn write_moment(moment: Timestamp, into: &mut impl Write) -> std::fmt::Result {
    let at = Offset::UTC.to_datetime(moment);
    if moment.subsec_nanosecond() != 0 || !(0..=9999).contains(&at.year()) {
        return write!(into, "{moment}");
    }
    into.write_str(pattern::write_iso_date(at.date(), &mut [0; 10]))?;
    let mut time = *b"T00:00:00Z";
    for (place, number) in [(1, at.hour()), (4, at.minute()), (7, at.second())] {
        time[place] += number as u8 / 10;
        time[place + 1] += number as u8 % 10;
    }
    into.write_str(std::str::from_utf8(&time).unwrap_or_default())
}

impl Unit {
    /// The letters of the language for it.
    pub fn letters(self) -> &'static str {
        match self {
            Unit::Days => "d",
            Unit::Weeks => "w",
            Unit::Months => "mo",
            Unit::Years => "y",
        }
    }
}

impl Duration {
    /// Reads `30d`, `2w`, `3mo`, `1y`, also with `-` in front.
    pub fn read(text: &str) -> Option<Duration> {
        let end = text.find(|letter: char| letter.is_ascii_alphabetic())?;
        let unit = match &text[end..] {
            "d" => Unit::Days,
            "w" => Unit::Weeks,
            "mo" => Unit::Months,
            "y" => Unit::Years,
            _ => return None,
        };
        Some(Duration { amount: text[..end].parse().ok()?, unit })
    }
}

/// Reads `08-01`, also `--08-01` as XML has it. 29 February is a day of the year.
pub fn read_month_day(text: &str) -> Option<(i8, i8)> {
    let (month, day) = text.strip_prefix("--").unwrap_or(text).split_once('-')?;
    let two = |digits: &str| {
        (digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok()).flatten()
    };
    let (month, day) = (two(month)?, two(day)?);
    jiff::civil::Date::new(2000, month, day).ok().map(|_| (month, day))
}

/// A value as people read it in previews and findings: `–` for absent, lists with commas, structures with their names.
///
/// This is the value in clear: whoever prints it looks at the data class first.
pub fn display(ty: &Type, value: Value<'_>) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write_display(ty, value, &mut text);
    text
}

fn write_display(ty: &Type, value: Value<'_>, into: &mut String) -> std::fmt::Result {
    match value {
        Value::Absent => into.write_char('–'),
        Value::Bytes(bytes) => write!(into, "{} bytes", bytes.len()),
        Value::Row(_) => into.write_str("record"),
        Value::List(items) => {
            into.write_char('[')?;
            for (index, item) in items.iter().enumerate() {
                into.write_str(if index == 0 { "" } else { ", " })?;
                write_display(ty.element().unwrap_or(&Type::Unknown), *item, into)?;
            }
            into.write_char(']')
        }
        Value::Struct(values) => {
            let names = if let Type::Struct(members) = ty { &members[..] } else { &[] };
            into.write_char('{')?;
            for (index, value) in values.iter().enumerate() {
                into.write_str(if index == 0 { " " } else { ", " })?;
                match names.get(index) {
                    Some(member) => {
                        write!(into, "{} = ", member.name)?;
                        write_display(&member.ty, *value, into)?;
                    }
                    None => write_display(&Type::Unknown, *value, into)?,
                }
            }
            into.write_str(" }")
        }
        simple => write_plain(simple, into),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Member;
    use jiff::civil::date;

    #[test]
    fn moments_are_written_as_the_library_writes_them() {
        let arena = Arena::new();
        for text in [
            "2026-08-01T09:05:07Z",
            "0001-01-01T00:00:00Z",
            "9999-12-30T22:00:00Z",
            "2026-08-01T09:05:07.12Z",
            "-000001-05-01T00:00:00Z",
        ] {
            let moment: Timestamp = text.parse().unwrap();
            assert_eq!(plain(Value::DateTime(moment), &arena), Some(moment.to_string().as_str()));
        }
    }

    #[test]
    fn plain_texts() {
        let arena = Arena::new();
        let text = |value| plain(value, &arena);
        assert_eq!(text(Value::Date(date(2026, 8, 1))), Some("2026-08-01"));
        assert_eq!(text(Value::Decimal("12.50".parse().unwrap())), Some("12.50"));
        assert_eq!(text(Value::MonthDay(8, 1)), Some("08-01"));
        assert_eq!(text(Value::Duration(Duration { amount: -1, unit: Unit::Months })), Some("-1mo"));
        assert_eq!(text(Value::DateTime("2026-08-01T11:05:00+02:00".parse().unwrap())), Some("2026-08-01T09:05:00Z"));
        assert_eq!(text(Value::Absent), None);
        for number in [0, 7, -7, 10, 1999, i64::MAX, i64::MIN] {
            assert_eq!(text(Value::Int(number)), Some(number.to_string().as_str()));
        }
    }

    #[test]
    fn lengths_and_days_of_the_year() {
        assert_eq!(Duration::read("-1d"), Some(Duration { amount: -1, unit: Unit::Days }));
        assert_eq!(Duration::read("3mo"), Some(Duration { amount: 3, unit: Unit::Months }));
        assert_eq!(Duration::read("3m"), None);
        assert_eq!(Duration::read("d"), None);
        assert_eq!(read_month_day("--02-29"), Some((2, 29)));
        assert_eq!(read_month_day("02-30"), None);
        assert_eq!(read_month_day("2-3"), None);
    }

    #[test]
    fn what_people_read() {
        let member = |name: &str, ty| Member { name: name.into(), ty, optional: true };
        let ty = Type::List(Type::Struct([member("value", Type::Email), member("type", Type::Text)].into()).into());
        let item = [Value::Text("a@skola.example"), Value::Absent];
        assert_eq!(display(&ty, Value::List(&[Value::Struct(&item)])), "[{ value = a@skola.example, type = – }]");
        assert_eq!(display(&Type::Int, Value::Int(7)), "7");
    }
}
