//! Reading, writing and reckoning with dates.

use super::{Arguments, Calls, Context, Failure, Outcome, Value};
use crate::value::pattern::{Parsed, Pattern, read_iso_date};
use crate::value::{show, wire};
use hashbrown::HashMap;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
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
pub(super) fn year(calls: &mut Calls<'_, '_>) -> Result<(), Failure> {
    counted(calls, |date| date.year().into())
}

/// `month(date)`
pub(super) fn month(calls: &mut Calls<'_, '_>) -> Result<(), Failure> {
    counted(calls, |date| date.month().into())
}

/// `day(date)`
pub(super) fn day(calls: &mut Calls<'_, '_>) -> Result<(), Failure> {
    counted(calls, |date| date.day().into())
}

/// `weekday(date)`
pub(super) fn weekday(calls: &mut Calls<'_, '_>) -> Result<(), Failure> {
    counted(calls, |date| date.weekday().to_monday_one_offset().into())
}

/// A number that a date has.
fn counted(calls: &mut Calls<'_, '_>, number: impl Fn(Date) -> i64) -> Result<(), Failure> {
    calls.present(|value| Ok(Value::Int(number([value].date(0)?))));
    Ok(())
}

/// `add(date, duration)`
pub(super) fn add<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    shifted(arguments, false)
}

/// `subtract(date, duration)`
pub(super) fn subtract<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    shifted(arguments, true)
}

/// A date or, in templates, a moment, moved by the second argument.
fn shifted<'a>(arguments: &[Value<'a>], backwards: bool) -> Outcome<'a> {
    let length =
        arguments.optional_duration(1)?.ok_or_else(|| Failure::because("needs a duration (30d, 2w, 3mo, 1y)"))?;
    let length = if backwards { length.negated() } else { length };
    Ok(match arguments.at(0) {
        Value::DateTime(moment) => Value::DateTime(length.after_moment(moment)),
        _ => Value::Date(length.after(arguments.date(0)?)),
    })
}

/// `days_between(from, to)`
pub(super) fn days_between<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let days = (arguments.date(1)? - arguments.date(0)?).get_days();
    Ok(Value::Int(days.into()))
}

/// `age_on(born, on)`
pub(super) fn age_on(calls: &mut Calls<'_, '_>) -> Result<(), Failure> {
    let on = calls.arguments.optional_date(1)?.unwrap_or(calls.context.as_of);
    calls.present(|born| Ok(age([born].date(0)?, on).map_or(Value::Absent, Value::Int)));
    Ok(())
}

/// Whole years from a birth to a day; none before the birth.
pub(in crate::function) fn age(born: Date, on: Date) -> Option<i64> {
    let had_no_birthday = (on.month(), on.day()) < (born.month(), born.day());
    let years = i64::from(on.year()) - i64::from(born.year()) - i64::from(had_no_birthday);
    (born <= on).then_some(years)
}

/// `active(start, end, before, after, on)`
pub(super) fn active<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let on = arguments.optional_date(4)?.unwrap_or(context.as_of);
    let begun = arguments.optional_date(0)?.is_none_or(|start| start <= on);
    let early = match (arguments.optional_date(0)?, arguments.optional_duration(2)?) {
        (Some(start), Some(before)) => before.negated().after(start) <= on,
        _ => false,
    };
    let going_on = arguments.optional_date(1)?.is_none_or(|end| on <= end);
    let late = match (arguments.optional_date(1)?, arguments.optional_duration(3)?) {
        (Some(end), Some(after)) => on <= after.after(end),
        _ => false,
    };
    Ok(Value::Bool((begun || early) && (going_on || late)))
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
