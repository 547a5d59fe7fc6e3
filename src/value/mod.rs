//! Values, types, normal forms, equality, data classes.
//!
//! A [`Value`] is small and `Copy`: texts and lists borrow from the batch that was read, or from the [`Arena`] of the
//! chunk that is being worked on. What a text means (an e-mail address, a phone number) is known by its static
//! [`Type`], which owns normal form and equality.

pub mod class;
pub mod types;
pub mod calendar;
pub mod pattern;
pub mod ids;
pub mod phone;
pub mod country;
pub mod normal;
pub mod show;
pub mod wire;

pub use class::{Class, ClassSet, Classes};
pub use types::{EntityId, Member, RecordType, SetId, Type};

use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;

/// Where computed texts and lists of one chunk of records live.
pub type Arena = bumpalo::Bump;

/// A value of the language. Texts of every textual type (e-mail, phone, national id, uuid, enum) are `Text`.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// No value: null, a missing key, and (unless a field says otherwise) the empty text.
    Absent,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A decimal number.
    Decimal(Decimal),
    /// Text, and every textual type.
    Text(&'a str),
    /// Raw bytes, such as a photo.
    Bytes(&'a [u8]),
    /// A calendar date.
    Date(Date),
    /// A moment, UTC.
    DateTime(Timestamp),
    /// `30d`, `2w`, `3mo`, `1y`.
    Duration(Duration),
    /// Month and day without a year: `08-01`.
    MonthDay(i8, i8),
    /// A list or a set, in order.
    List(&'a [Value<'a>]),
    /// A structure; members in the order of its type.
    Struct(&'a [Value<'a>]),
    /// A record of an entity, or a row of a set.
    Row(Row),
}

/// A record of an entity or a row of a set: the number of its table in the run, and of the row in it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Row {
    /// Number of the table.
    pub table: u32,
    /// Number of the row in the table.
    pub row: u32,
}

/// A length of time on the calendar.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Duration {
    /// How many.
    pub amount: i32,
    /// Of what.
    pub unit: Unit,
}

/// Units of a [`Duration`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Unit {
    /// `d`
    Days,
    /// `w`
    Weeks,
    /// `mo`
    Months,
    /// `y`
    Years,
}

/// A `Debug` of a value prints its type alone: personal data leaves only through renderers that redact.
impl std::fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Value::Absent => "absent",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Decimal(_) => "decimal",
            Value::Text(_) => "text",
            Value::Bytes(_) => "bytes",
            Value::Date(_) => "date",
            Value::DateTime(_) => "datetime",
            Value::Duration(_) => "duration",
            Value::MonthDay(..) => "month_day",
            Value::List(_) => "list",
            Value::Struct(_) => "struct",
            Value::Row(_) => "record",
        })
    }
}

impl<'a> Value<'a> {
    /// True for [`Value::Absent`].
    #[inline]
    pub fn is_absent(self) -> bool {
        matches!(self, Value::Absent)
    }

    /// The text, of a textual value.
    pub fn as_text(self) -> Option<&'a str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A text, absent if empty.
    #[inline]
    pub fn text_or_absent(text: &'a str) -> Value<'a> {
        if text.is_empty() { Value::Absent } else { Value::Text(text) }
    }
}

/// Why there is no value: a function could not give one, or a text on the wire is not of its field's type.
///
/// Holds no personal data: it says what is wrong and which shape was expected, never what stood there. Who reports it
/// adds the text itself, if the data class allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(pub std::borrow::Cow<'static, str>);

impl Failure {
    /// A failure with a fixed text.
    pub fn because(text: &'static str) -> Failure {
        Failure(text.into())
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
