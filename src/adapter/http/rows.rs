//! An answer to rows: one walk over the JSON, in which records become cells and only what the next page needs is kept beside.

use crate::adapter::files::record::Sink;
use crate::adapter::{Batch, Cells, Places};
use crate::protocol::files::shape::Shape;
use crate::protocol::path::{JsonPath, Select};
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;
use std::sync::Arc;

/// What an answer gave.
pub struct Rows {
    /// The rows.
    pub batch: Batch,
    /// How many records there were; with `each`, a record can give several rows or none.
    pub records: u64,
    /// What the paths found, in their order.
    pub found: Vec<Option<Value>>,
}

/// Why an answer is no list of records. Holds no text of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It has no body.
    Empty,
    /// It is not JSON from this line and column on.
    NotJson(usize, usize),
    /// It ends in the middle.
    Torn,
    /// There is no list where one should be; what is there instead.
    NoList(&'static str),
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::Empty => f.write_str("the answer is empty, which is not an empty list"),
            Unreadable::NotJson(line, column) => write!(f, "the answer is not JSON (line {line}, column {column})"),
            Unreadable::Torn => f.write_str("the answer ends in the middle"),
            Unreadable::NoList(what) => write!(f, "the answer has {what} where the list of records should be"),
        }
    }
}

impl From<serde_json::Error> for Unreadable {
    fn from(error: serde_json::Error) -> Unreadable {
        if error.is_eof() { Unreadable::Torn } else { Unreadable::NotJson(error.line(), error.column()) }
    }
}

/// Reads an answer.
pub fn read(
    mut body: Vec<u8>,
    select: &Select,
    shape: &Shape,
    paths: &[&JsonPath],
    from: &str,
) -> Result<Rows, Unreadable> {
    if body.starts_with(&[0xEF, 0xBB, 0xBF]) {
        body.drain(..3);
    }
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(Unreadable::Empty);
    }
    let keys: Option<Vec<Vec<String>>> = paths.iter().map(|path| path.keys()).collect();
    match (select, keys) {
        (Select::List(to_list), Some(keys)) => walk(body, to_list, shape, &keys, from),
        _ => search(body, select, shape, paths, from),
    }
}

/// Reads a list in one walk.
fn walk(
    body: Vec<u8>,
    to_list: &[String],
    shape: &Shape,
    keys: &[Vec<String>],
    from: &str,
) -> Result<Rows, Unreadable> {
    let mut reading = Reading::new(&body, shape, keys.len());
    let mut deserializer = serde_json::Deserializer::from_slice(&body);
    let paths = keys.iter().map(Vec::as_slice).enumerate().collect();
    Walk { reading: &mut reading, to_list: Some(to_list), paths }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    match reading.list {
        Seen::List => Ok(reading.rows(body, from)),
        Seen::Nothing => Err(Unreadable::NoList("nothing")),
        Seen::Other(what) => Err(Unreadable::NoList(what)),
    }
}

/// Reads what needs the whole answer at once: one record, or records that JSONPath finds.
fn search(body: Vec<u8>, select: &Select, shape: &Shape, paths: &[&JsonPath], from: &str) -> Result<Rows, Unreadable> {
    let value: Value = serde_json::from_slice(&body)?;
    let texts: Vec<String> = records(select, &value)?.into_iter().map(Value::to_string).collect();
    // The records are written again, so that cells have a text to point into.
    let text = texts.concat();
    let mut reading = Reading::new(text.as_bytes(), shape, 0);
    reading.found = paths.iter().map(|path| path.first(&value).cloned()).collect();
    let mut at = 0;
    for record in &texts {
        reading.record(&text[at..at + record.len()])?;
        at += record.len();
    }
    Ok(reading.rows(text.into_bytes(), from))
}

/// The records of an answer. That a path finds none is an empty list only where the list itself is there.
fn records<'v>(select: &Select, value: &'v Value) -> Result<Vec<&'v Value>, Unreadable> {
    match select {
        Select::Whole => match value {
            Value::Object(_) => Ok(vec![value]),
            Value::Array(_) => Err(Unreadable::NoList(
                "a list, which `select: $[*]` reads; without it, one record stands here, and not",
            )),
            _ => Err(Unreadable::NoList("one value")),
        },
        Select::List(keys) => {
            let list = keys.iter().try_fold(value, |value, key| value.get(key));
            match list {
                Some(Value::Array(items)) => Ok(items.iter().collect()),
                Some(other) => Err(Unreadable::NoList(word(other))),
                None => Err(Unreadable::NoList("nothing")),
            }
        }
        Select::Query(path) => {
            let found = path.find(value);
            let list_is_there =
                || path.holder().is_some_and(|holder| holder.find(value).iter().any(|value| value.is_array()));
            if found.is_empty() && !list_is_there() { Err(Unreadable::NoList("nothing")) } else { Ok(found) }
        }
    }
}

fn word(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) | Value::Number(_) => "a number or bool",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a structure",
    }
}

/// What was seen where the list should be.
enum Seen {
    Nothing,
    List,
    Other(&'static str),
}

/// An answer while it is read.
struct Reading<'a> {
    shape: &'a Shape,
    sink: Sink,
    lines: Vec<u32>,
    records: u32,
    found: Vec<Option<Value>>,
    list: Seen,
}

impl<'a> Reading<'a> {
    fn new(text: &[u8], shape: &'a Shape, paths: usize) -> Reading<'a> {
        Reading {
            shape,
            sink: Sink::new(text),
            lines: Vec::new(),
            records: 0,
            found: vec![None; paths],
            list: Seen::Nothing,
        }
    }

    /// Reads a record, which lies in the text.
    fn record(&mut self, record: &str) -> Result<(), serde_json::Error> {
        self.records += 1;
        self.sink.record(self.shape, record)?;
        self.lines.resize(self.sink.rows, self.records);
        Ok(())
    }

    fn rows(self, mut body: Vec<u8>, from: &str) -> Rows {
        body.extend_from_slice(&self.sink.tail);
        let batch = Batch {
            csv: None,
            texts: Batch::texts_of(&body),
            cells: Cells::pack(&self.sink.cells, self.shape.width),
            inner: self.sink.inner,
            from: Arc::from(from),
            lines: self.lines.into(),
            places: Places::default(),
            turn: 0,
            ahead: 0,
        };
        Rows { batch, records: u64::from(self.records), found: self.found }
    }
}

/// Walks down to the list and to what the paths name; everything beside those ways is skipped.
struct Walk<'w, 'a> {
    reading: &'w mut Reading<'a>,
    /// The keys that still lead to the list; `None` beside the way.
    to_list: Option<&'w [String]>,
    /// Each path that leads this way, by number, with the keys that are left.
    paths: Vec<(usize, &'w [String])>,
}

impl<'de> DeserializeSeed<'de> for Walk<'_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.to_list.is_none()
            && let Some((index, [])) = self.paths.first()
        {
            self.reading.found[*index] = Some(serde::Deserialize::deserialize(deserializer)?);
            return Ok(());
        }
        deserializer.deserialize_any(self)
    }
}

impl Walk<'_, '_> {
    /// What stands here is no list, though one should be.
    fn other(self, what: &'static str) {
        if self.to_list.is_some_and(<[String]>::is_empty) {
            self.reading.list = Seen::Other(what);
        }
    }
}

impl<'de> Visitor<'de> for Walk<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            let rest = |keys: &[String]| keys.first().is_some_and(|first| *first == *key);
            let to_list = self.to_list.filter(|keys| rest(keys)).map(|keys| &keys[1..]);
            let paths: Vec<_> =
                self.paths.iter().filter(|(_, keys)| rest(keys)).map(|(index, keys)| (*index, &keys[1..])).collect();
            if to_list.is_none() && paths.is_empty() {
                map.next_value::<IgnoredAny>()?;
            } else {
                map.next_value_seed(Walk { reading: &mut *self.reading, to_list, paths })?;
            }
        }
        self.other("a structure");
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        if !self.to_list.is_some_and(<[String]>::is_empty) {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        self.reading.list = Seen::List;
        while let Some(record) = seq.next_element::<&'de RawValue>()? {
            self.reading.record(record.get()).map_err(serde::de::Error::custom)?;
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        self.other("a number or bool");
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        self.other("a number or bool");
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        self.other("a number or bool");
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        self.other("a number or bool");
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        self.other("a text");
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.other("null");
        Ok(())
    }
}

#[cfg(test)]
mod tests;
