//! School years.

use super::{Arguments, Context, Failure, Outcome, Value};
use jiff::civil::Date;
use std::fmt::Write;

/// `school_year(date, style, starts)`
pub(super) fn school_year<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let style = arguments.optional_text(1)?.unwrap_or("yyyy-yyyy");
    let first = first_year(arguments.date(0)?, starts(arguments, 2)?);
    let mut text = bumpalo::collections::String::with_capacity_in(style.len(), context.arena);
    let mut rest = style;
    // The first run of `y` is the first year, every later one the second.
    let mut year = first;
    while let Some(letter) = rest.chars().next() {
        let run = rest.len() - rest.trim_start_matches('y').len();
        match run {
            0 => text.push(letter),
            // Writing to a string does not fail.
            2 => write!(text, "{:02}", year.rem_euclid(100)).unwrap_or_default(),
            4 => write!(text, "{year:04}").unwrap_or_default(),
            _ => return Err(STYLE),
        }
        if run > 0 {
            year = first + 1;
        }
        rest = &rest[run.max(letter.len_utf8())..];
    }
    if year == first { Err(STYLE) } else { Ok(Value::Text(text.into_bump_str())) }
}

const STYLE: Failure = Failure(std::borrow::Cow::Borrowed("needs a style such as yyyy-yyyy, yyyy/yy or yyyy"));

/// `school_year_start(value, starts)`
pub(super) fn school_year_start<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let starts = starts(arguments, 1)?;
    Ok(Value::Date(first_day(year_of(arguments, starts)?, starts)?))
}

/// `school_year_end(value, starts)`
pub(super) fn school_year_end<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let starts = starts(arguments, 1)?;
    let next = first_day(year_of(arguments, starts)? + 1, starts)?;
    next.yesterday().map(Value::Date).map_err(|_| Failure::because("lies outside the years 1 to 9999"))
}

/// The day of the year on which school years begin: 1 August if none is given.
fn starts(arguments: &[Value<'_>], place: usize) -> Result<(i8, i8), Failure> {
    Ok(arguments.optional_month_day(place)?.unwrap_or((8, 1)))
}

/// The first calendar year of the school year that a date lies in.
fn first_year(date: Date, starts: (i8, i8)) -> i16 {
    if (date.month(), date.day()) >= starts { date.year() } else { date.year() - 1 }
}

/// The first day of the school year that begins in this year; 29 February is 28 February in other years.
fn first_day(year: i16, (month, day): (i8, i8)) -> Result<Date, Failure> {
    let date = Date::new(year, month, day).or_else(|_| Date::new(year, month, day - 1));
    date.map_err(|_| Failure::because("lies outside the years 1 to 9999"))
}

/// The first calendar year of a school year that is a date or a text.
fn year_of(arguments: &[Value<'_>], starts: (i8, i8)) -> Result<i16, Failure> {
    match arguments.at(0) {
        Value::Date(date) => Ok(first_year(date, starts)),
        Value::Int(year @ 1..=9998) => Ok(year as i16),
        Value::Text(text) => {
            written(text).ok_or_else(|| Failure::because("is no school year (2025-2026, 2025/26, 2025)"))
        }
        _ => Err(Failure::because("needs a date or a school year")),
    }
}

/// The first year of `2025-2026`, `2025/26`, `25/26`, `2025`. The second must follow the first.
fn written(text: &str) -> Option<i16> {
    let mut parts = text.split(['-', '/', '–']).map(str::trim);
    let (first, second) = (parts.next()?, parts.next());
    let year = match (first.len(), digits(first)?) {
        (4, year) => year,
        // Two digits are of this century: no register writes school years of the last one so.
        (2, year) if second.is_some() => 2000 + year,
        _ => return None,
    };
    let follows = match second {
        None => true,
        Some(second) if second.len() == 4 => digits(second)? == year + 1,
        Some(second) if second.len() == 2 => digits(second)? == (year + 1) % 100,
        Some(_) => false,
    };
    (follows && parts.next().is_none() && year > 0).then_some(year)
}

fn digits(text: &str) -> Option<i16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}
