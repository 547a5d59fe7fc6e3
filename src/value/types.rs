//! Types of fields and expressions.

use std::sync::Arc;

/// An entity of a model or system, by its number in the project.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EntityId(pub u32);

/// A set of a mapping, by its number in the project.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SetId(pub u32);

/// What a record value is a record of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RecordType {
    /// A record of an entity.
    Entity(EntityId),
    /// A row of a set.
    Set(SetId),
    /// A row inside a `group by`, or a record of a `union`: a layout of the mapping.
    Layout(u32),
}

/// A type. Whether a value may be absent is kept beside it, never in it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Type {
    /// `text`
    Text,
    /// `int`
    Int,
    /// `decimal`
    Decimal,
    /// `bool`
    Bool,
    /// `date`
    Date,
    /// `datetime`
    DateTime,
    /// `duration`
    Duration,
    /// `month_day`
    MonthDay,
    /// `bytes`
    Bytes,
    /// `uuid`
    Uuid,
    /// `url`
    Url,
    /// `email`
    Email,
    /// `phone`
    Phone,
    /// `personnummer`, with samordnings-, interim and TF numbers
    Personnummer,
    /// `bsn`
    Bsn,
    /// `rijksregisternummer`, with BIS numbers
    Rijksregisternummer,
    /// `brin`
    Brin,
    /// `country`: ISO 3166 alpha-2
    Country,
    /// `secret`: a password or key; a reference in settings, write-only in fields
    Secret,
    /// `direction`: an option that chooses an arrow
    Direction,
    /// `enum(a, b)`
    Enum(Arc<[Box<str>]>),
    /// `list of T`
    List(Arc<Type>),
    /// `set of T`: order and repetition mean nothing
    Set(Arc<Type>),
    /// `{ a: T, b: T? }`
    Struct(Arc<[Member]>),
    /// `ref entity`, as a value: the referenced record
    Ref(EntityId),
    /// A record of an entity or a row of a set
    Record(RecordType),
    /// The type of `absent`
    Nothing,
    /// Unknown because of an error that was reported already: goes with everything, so that one cause gives one finding
    Unknown,
}

/// A member of a structure.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Member {
    /// Its name.
    pub name: Box<str>,
    /// Its type.
    pub ty: Type,
    /// True for `T?`.
    pub optional: bool,
}

impl Type {
    /// True for `text` and every type whose values are texts.
    pub fn is_textual(&self) -> bool {
        matches!(
            self,
            Type::Text
                | Type::Uuid
                | Type::Url
                | Type::Email
                | Type::Phone
                | Type::Personnummer
                | Type::Bsn
                | Type::Rijksregisternummer
                | Type::Brin
                | Type::Country
                | Type::Secret
                | Type::Direction
                | Type::Enum(_)
        )
    }

    /// True for `int` and `decimal`.
    pub fn is_number(&self) -> bool {
        matches!(self, Type::Int | Type::Decimal)
    }

    /// The element type of a list or set.
    pub fn element(&self) -> Option<&Type> {
        match self {
            Type::List(element) | Type::Set(element) => Some(element),
            _ => None,
        }
    }

    /// The word of the language for a simple type: `text`, `personnummer`; for others the word of the constructor.
    pub fn word(&self) -> &'static str {
        match self {
            Type::Text => "text",
            Type::Int => "int",
            Type::Decimal => "decimal",
            Type::Bool => "bool",
            Type::Date => "date",
            Type::DateTime => "datetime",
            Type::Duration => "duration",
            Type::MonthDay => "month_day",
            Type::Bytes => "bytes",
            Type::Uuid => "uuid",
            Type::Url => "url",
            Type::Email => "email",
            Type::Phone => "phone",
            Type::Personnummer => "personnummer",
            Type::Bsn => "bsn",
            Type::Rijksregisternummer => "rijksregisternummer",
            Type::Brin => "brin",
            Type::Country => "country",
            Type::Secret => "secret",
            Type::Direction => "direction",
            Type::Enum(_) => "enum",
            Type::List(_) => "list",
            Type::Set(_) => "set",
            Type::Struct(_) => "structure",
            Type::Ref(_) => "ref",
            Type::Record(_) => "record",
            Type::Nothing => "absent",
            Type::Unknown => "unknown",
        }
    }

    /// The simple type of this word.
    pub fn simple(word: &str) -> Option<Type> {
        Some(match word {
            "text" => Type::Text,
            "int" => Type::Int,
            "decimal" => Type::Decimal,
            "bool" => Type::Bool,
            "date" => Type::Date,
            "datetime" => Type::DateTime,
            "duration" => Type::Duration,
            "month_day" => Type::MonthDay,
            "bytes" => Type::Bytes,
            "uuid" => Type::Uuid,
            "url" => Type::Url,
            "email" => Type::Email,
            "phone" => Type::Phone,
            "personnummer" => Type::Personnummer,
            "bsn" => Type::Bsn,
            "rijksregisternummer" => Type::Rijksregisternummer,
            "brin" => Type::Brin,
            "country" => Type::Country,
            "secret" => Type::Secret,
            "direction" => Type::Direction,
            _ => return None,
        })
    }
}
