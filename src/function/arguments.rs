//! Looking at the arguments of a call.
//!
//! The checker has made sure of their types where a mapping calls; a template has no checker, so that a wrong kind of
//! value is a failure here and never a panic.

use super::Failure;
use crate::value::{Duration, Value, show};
use jiff::civil::Date;
use jiff::tz::Offset;
use rust_decimal::Decimal;

/// The arguments of a call by place. An optional one that was not given is absent.
pub(super) trait Arguments<'a> {
    /// The argument at a place; absent if there is none.
    fn at(&self, place: usize) -> Value<'a>;

    /// A text.
    fn text(&self, place: usize) -> Result<&'a str, Failure> {
        match self.at(place) {
            Value::Text(text) => Ok(text),
            _ => Err(Failure::because("needs a text")),
        }
    }

    /// A text, if given.
    fn optional_text(&self, place: usize) -> Result<Option<&'a str>, Failure> {
        match self.at(place) {
            Value::Text(text) => Ok(Some(text)),
            Value::Absent => Ok(None),
            _ => Err(Failure::because("needs a text")),
        }
    }

    /// A whole number.
    fn int(&self, place: usize) -> Result<i64, Failure> {
        self.optional_int(place)?.ok_or_else(|| Failure::because("needs a whole number"))
    }

    /// A whole number, if given.
    fn optional_int(&self, place: usize) -> Result<Option<i64>, Failure> {
        match self.at(place) {
            Value::Int(number) => Ok(Some(number)),
            Value::Absent => Ok(None),
            _ => Err(Failure::because("needs a whole number")),
        }
    }

    /// A number.
    fn number(&self, place: usize) -> Result<Decimal, Failure> {
        match self.at(place) {
            Value::Int(number) => Ok(Decimal::from(number)),
            Value::Decimal(number) => Ok(number),
            _ => Err(Failure::because("needs a number")),
        }
    }

    /// A count that is not negative: of characters, of elements.
    fn count(&self, place: usize) -> Result<usize, Failure> {
        usize::try_from(self.int(place)?).map_err(|_| Failure::because("needs a number that is not negative"))
    }

    /// A date.
    fn date(&self, place: usize) -> Result<Date, Failure> {
        self.optional_date(place)?.ok_or_else(|| Failure::because("needs a date"))
    }

    /// A date, if given; of a moment, its date in UTC.
    fn optional_date(&self, place: usize) -> Result<Option<Date>, Failure> {
        match self.at(place) {
            Value::Date(date) => Ok(Some(date)),
            Value::DateTime(moment) => Ok(Some(Offset::UTC.to_datetime(moment).date())),
            Value::Absent => Ok(None),
            _ => Err(Failure::because("needs a date")),
        }
    }

    /// A length of time, or the text of one, if given: templates have no literals for it.
    fn optional_duration(&self, place: usize) -> Result<Option<Duration>, Failure> {
        match self.at(place) {
            Value::Duration(length) => Ok(Some(length)),
            Value::Absent => Ok(None),
            Value::Text(text) => {
                Duration::read(text).map(Some).ok_or_else(|| Failure::because("needs a duration (30d, 2w, 3mo, 1y)"))
            }
            _ => Err(Failure::because("needs a duration (30d, 2w, 3mo, 1y)")),
        }
    }

    /// A day of the year, or the text of one, if given.
    fn optional_month_day(&self, place: usize) -> Result<Option<(i8, i8)>, Failure> {
        match self.at(place) {
            Value::MonthDay(month, day) => Ok(Some((month, day))),
            Value::Absent => Ok(None),
            Value::Text(text) => {
                show::read_month_day(text).map(Some).ok_or_else(|| Failure::because("needs a day of the year (08-01)"))
            }
            _ => Err(Failure::because("needs a day of the year (08-01)")),
        }
    }

    /// A list; empty if absent.
    fn list(&self, place: usize) -> Result<&'a [Value<'a>], Failure> {
        match self.at(place) {
            Value::List(items) => Ok(items),
            Value::Absent => Ok(&[]),
            _ => Err(Failure::because("needs a list")),
        }
    }
}

impl<'a> Arguments<'a> for [Value<'a>] {
    fn at(&self, place: usize) -> Value<'a> {
        match self.get(place) {
            Some(value) => *value,
            None => Value::Absent,
        }
    }
}
