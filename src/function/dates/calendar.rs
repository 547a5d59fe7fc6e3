//! Reading, writing and reckoning with dates.

use super::{Arguments, Context, Failure, Outcome, Value};
use crate::value::pattern::{Parsed, Pattern, read_iso_date};
use crate::value::{Duration, Unit, show, wire};
use hashbrown::HashMap;
use jiff::civil::{Date, Time};
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use jiff::{Span, Timestamp};
use std::cell::RefCell;
use std::rc::Rc;

/// `date(value, format, zone)`
pub(super) fn date<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments.at(0) {
        Value::Date(date) => Ok(Value::Date(date)),
        Value::DateTime(moment) => {
            Ok(Value::Date(offset_at(moment, zone(arguments)?.as_ref()).to_datetime(moment).date()))
        }
        _ => {
            let text = arguments.text(0)?.trim();
            match arguments.optional_text(1)? {
                Some(format) => pattern(format)?.read(text).map(|parsed| Value::Date(parsed.at.date())),
                None => read_iso_date(text).map(Value::Date),
            }
        }
    }
}

/// `datetime(value, format, zone)`
pub(super) fn datetime<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let zone = zone(arguments)?;
    let parsed = match arguments.at(0) {
        Value::DateTime(moment) => return Ok(Value::DateTime(moment)),
        Value::Date(date) => {
            let offset = if zone.is_none() { Some(0) } else { None };
            Parsed { at: date.to_datetime(Time::midnight()), offset }
        }
        _ => match (arguments.text(0)?.trim(), arguments.optional_text(1)?) {
            (text, None) => return wire::read_iso_moment(text, zone.as_ref()).map(Value::DateTime),
            (text, Some(format)) => pattern(format)?.read(text)?,
        },
    };
    wire::moment(parsed.at, parsed.offset, zone.as_ref()).map(Value::DateTime)
}

/// `format_date(value, format, zone)`
pub(super) fn format_date<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let (at, offset) = match arguments.at(0) {
        Value::Date(date) => (date.to_datetime(Time::midnight()), Offset::UTC),
        Value::DateTime(moment) => {
            let offset = offset_at(moment, zone(arguments)?.as_ref());
            (offset.to_datetime(moment), offset)
        }
        _ => return Err(Failure::because("needs a date or a time")),
    };
    let Some(format) = arguments.optional_text(1)? else {
        return Ok(show::plain(arguments.at(0), context.arena).map_or(Value::Absent, Value::Text));
    };
    let pattern = pattern(format)?;
    let mut text = bumpalo::collections::String::with_capacity_in(24, context.arena);
    // Writing to a string does not fail.
    let _ = pattern.write(at, offset.seconds(), &mut text);
    Ok(Value::text_or_absent(text.into_bump_str()))
}

/// How far a zone is from UTC at a moment; no zone is UTC.
fn offset_at(moment: Timestamp, zone: Option<&TimeZone>) -> Offset {
    zone.map_or(Offset::UTC, |zone| zone.to_offset(moment))
}

thread_local! {
    // Patterns and zones are literals of rules: each is compiled once a thread.
    static PATTERNS: RefCell<HashMap<Box<str>, Rc<Pattern>>> = RefCell::default();
    static ZONES: RefCell<HashMap<Box<str>, TimeZone>> = RefCell::default();
}

/// More patterns and zones than any project names; templates could make new ones, and the memory then starts anew.
const MOST: usize = 1024;

fn pattern(source: &str) -> Result<Rc<Pattern>, Failure> {
    PATTERNS.with_borrow_mut(|known| {
        if let Some(pattern) = known.get(source) {
            return Ok(pattern.clone());
        }
        let pattern = Rc::new(Pattern::new(source).map_err(|why| Failure(why.into()))?);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(source.into(), pattern.clone());
        Ok(pattern)
    })
}

/// The zone in the third argument, if given: from the tables that are compiled in, so that every machine gives the same answer.
fn zone(arguments: &[Value<'_>]) -> Result<Option<TimeZone>, Failure> {
    let Some(name) = arguments.optional_text(2)? else { return Ok(None) };
    ZONES.with_borrow_mut(|known| {
        if let Some(zone) = known.get(name) {
            return Ok(Some(zone.clone()));
        }
        let zone = TimeZoneDatabase::bundled()
            .get(name)
            .map_err(|_| Failure::because("needs a time zone (Europe/Stockholm)"))?;
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(name.into(), zone.clone());
        Ok(Some(zone))
    })
}

/// `year(date)`
pub(super) fn year<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Int(arguments.date(0)?.year().into()))
}

/// `month(date)`
pub(super) fn month<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Int(arguments.date(0)?.month().into()))
}

/// `day(date)`
pub(super) fn day<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Int(arguments.date(0)?.day().into()))
}

/// `weekday(date)`
pub(super) fn weekday<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Int(arguments.date(0)?.weekday().to_monday_one_offset().into()))
}

/// `add(date, duration)`
pub(super) fn add<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    shifted(arguments, 1)
}

/// `subtract(date, duration)`
pub(super) fn subtract<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    shifted(arguments, -1)
}

/// A date or, in templates, a moment, moved by the second argument.
fn shifted<'a>(arguments: &[Value<'a>], sign: i32) -> Outcome<'a> {
    let length = arguments.optional_duration(1)?.ok_or(Failure::because("needs a duration (30d, 2w, 3mo, 1y)"))?;
    let amount = length.amount.checked_mul(sign).ok_or(OUTSIDE)?;
    let length = Duration { amount, ..length };
    match arguments.at(0) {
        Value::DateTime(moment) => {
            let moved = Offset::UTC.to_datetime(moment).checked_add(span(length)?).map_err(|_| OUTSIDE)?;
            wire::moment(moved, Some(0), None).map(Value::DateTime)
        }
        _ => later(arguments.date(0)?, length).map(Value::Date),
    }
}

const OUTSIDE: Failure = Failure(std::borrow::Cow::Borrowed("lies outside the years 1 to 9999"));

/// A date moved by a length of time. A month later than the 31st is the last of a shorter month.
pub fn later(date: Date, length: Duration) -> Result<Date, Failure> {
    date.checked_add(span(length)?).ok().filter(|date| date.year() > 0).ok_or(OUTSIDE)
}

fn span(length: Duration) -> Result<Span, Failure> {
    let span = Span::new();
    let span = match length.unit {
        Unit::Days => span.try_days(length.amount),
        Unit::Weeks => span.try_weeks(length.amount),
        Unit::Months => span.try_months(length.amount),
        Unit::Years => span.try_years(length.amount),
    };
    span.map_err(|_| OUTSIDE)
}

/// `days_between(from, to)`
pub(super) fn days_between<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let days = (arguments.date(1)? - arguments.date(0)?).get_days();
    Ok(Value::Int(days.into()))
}

/// `age_on(born, on)`
pub(super) fn age_on<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let (born, on) = (arguments.date(0)?, arguments.optional_date(1)?.unwrap_or(context.as_of));
    age(born, on).map(Value::Int)
}

/// Whole years from a birth to a day.
pub(in crate::function) fn age(born: Date, on: Date) -> Result<i64, Failure> {
    if on < born {
        return Err(Failure::because("lies before the birth"));
    }
    let had_no_birthday = (on.month(), on.day()) < (born.month(), born.day());
    Ok(i64::from(on.year()) - i64::from(born.year()) - i64::from(had_no_birthday))
}

/// `active(start, end, before, after, on)`
pub(super) fn active<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let on = arguments.optional_date(4)?.unwrap_or(context.as_of);
    // The day is moved instead of the ends, so that open ends (9999-12-31) stay what they are.
    let begun = match (arguments.optional_date(0)?, arguments.optional_duration(2)?) {
        (None, _) => true,
        (Some(start), None) => start <= on,
        (Some(start), Some(before)) => start <= on || is_within(on, start, before)?,
    };
    let going_on = match (arguments.optional_date(1)?, arguments.optional_duration(3)?) {
        (None, _) => true,
        (Some(end), None) => on <= end,
        (Some(end), Some(after)) => on <= end || on <= later(end, after)?,
    };
    Ok(Value::Bool(begun && going_on))
}

/// True if a day lies at most this long before another.
fn is_within(on: Date, start: Date, before: Duration) -> Result<bool, Failure> {
    let amount = before.amount.checked_neg().ok_or(OUTSIDE)?;
    Ok(later(start, Duration { amount, ..before })? <= on)
}

/// `earliest(dates…)`
pub(super) fn earliest<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(dates(arguments)?.into_iter().min().map_or(Value::Absent, Value::Date))
}

/// `latest(dates…)`
pub(super) fn latest<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(dates(arguments)?.into_iter().max().map_or(Value::Absent, Value::Date))
}

fn dates(arguments: &[Value<'_>]) -> Result<Vec<Date>, Failure> {
    let items = arguments.list(0)?;
    (0..items.len()).filter_map(|place| items.optional_date(place).transpose()).collect()
}
