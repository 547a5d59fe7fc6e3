//! Records as JSON: what the store remembers, what change sets hold, what goes out on the wire.
//!
//! Values are in their normal form, so equal values have equal JSON. A reference is the text that [`Reference`] gives for it.

use super::change::Content;
use crate::plan::Reader;
use crate::value::{Arena, Row, Type, Value, normal};
use serde::de::{MapAccess, Visitor};
use serde::ser::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};
use std::borrow::Cow;

/// A record as the compact text of a JSON object. There may be one for each person of a municipality, so it is one text and
/// no tree.
#[derive(Clone, PartialEq, Debug)]
pub struct Record<'r>(Cow<'r, str>);

impl<'r> Record<'r> {
    /// The record of some values by field; null stands for absent, and is left out.
    pub fn of<'f>(values: impl IntoIterator<Item = (&'f str, Json)>) -> Record<'r> {
        let mut record = Writer::default();
        values.into_iter().for_each(|(field, value)| record.json(field, &value));
        record.done()
    }

    /// The record that a text is; it is that of a record.
    pub fn from_text(text: &'r str) -> Record<'r> {
        Record(text.into())
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Tells each field with its value, in their order. An error if the text is no record.
    pub fn each<'s>(&'s self, told: impl FnMut(&str, Content<'s>)) -> Result<(), serde_json::Error> {
        let mut reader = serde_json::Deserializer::from_str(&self.0);
        reader.deserialize_map(Fields(told))?;
        reader.end()
    }

    /// The record, with a text of its own.
    pub fn into_owned(self) -> Record<'static> {
        Record::from(self.0.into_owned())
    }

    /// The values by field.
    pub fn values(&self) -> Map<String, Json> {
        serde_json::from_str(self.text()).unwrap_or_default()
    }
}

/// Reads the fields of a record one by one.
struct Fields<F>(F);

impl<'de, F: FnMut(&str, Content<'de>)> Visitor<'de> for Fields<F> {
    type Value = ();

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> Result<(), A::Error> {
        while let Some((name, value)) = fields.next_entry::<Name<'de>, Content<'de>>()? {
            (self.0)(&name.0, value);
        }
        Ok(())
    }
}

/// The name of a field.
#[derive(Deserialize)]
struct Name<'n>(#[serde(borrow)] Cow<'n, str>);

impl Default for Record<'_> {
    fn default() -> Self {
        Record::from_text("{}")
    }
}

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::from_str::<&RawValue>(&self.0).map_err(S::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Record<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text: Box<str> = Box::<RawValue>::deserialize(deserializer)?.into();
        Ok(Record::from(String::from(text)))
    }
}

impl From<String> for Record<'static> {
    fn from(text: String) -> Self {
        Record(text.into())
    }
}

/// Writes a [`Record`] field by field.
pub struct Writer(Vec<u8>);

impl Default for Writer {
    fn default() -> Writer {
        Writer(vec![b'{'])
    }
}

impl Writer {
    /// Adds a value; null is left out.
    pub fn json(&mut self, field: &str, value: &Json) {
        if !value.is_null() {
            self.entry(field, value);
        }
    }

    /// Adds a value in normal form; references in it are texts. Absent is left out.
    pub fn value(&mut self, field: &str, ty: &Type, value: Value<'_>) {
        match value {
            Value::Text(text) => self.entry(field, text),
            value => self.json(field, &to_json(ty, value, &|_| None)),
        }
    }

    fn entry(&mut self, field: &str, value: &(impl Serialize + ?Sized)) {
        if self.0.len() > 1 {
            self.0.push(b',');
        }
        // Writing texts and trees into memory does not fail.
        let _ = serde_json::to_writer(&mut self.0, field);
        self.0.push(b':');
        let _ = serde_json::to_writer(&mut self.0, value);
    }

    /// The record.
    pub fn done(mut self) -> Record<'static> {
        self.0.push(b'}');
        Record::from(String::from_utf8(self.0).unwrap_or_default())
    }
}

/// How a reference to a record is written down.
pub type Reference<'r> = dyn Fn(Row) -> Option<String> + 'r;

/// A value as JSON; null for absent. Sets are sorted.
pub fn to_json(ty: &Type, value: Value<'_>, reference: &Reference<'_>) -> Json {
    let arena = Arena::new();
    json(ty, normal::normal_form(ty, value, &arena), reference)
}

fn json(ty: &Type, value: Value<'_>, reference: &Reference<'_>) -> Json {
    match value {
        Value::Absent => Json::Null,
        Value::Bool(value) => Json::Bool(value),
        Value::Int(value) => Json::from(value),
        Value::Text(text) => Json::from(text),
        Value::Row(row) => reference(row).map_or(Json::Null, Json::String),
        Value::List(items) => {
            let element = ty.element().unwrap_or(&Type::Unknown);
            let mut items: Vec<Json> = items.iter().map(|item| to_json(element, *item, reference)).collect();
            if matches!(ty, Type::Set(_)) {
                items.sort_by_cached_key(Json::to_string);
                items.dedup();
            }
            Json::Array(items)
        }
        Value::Struct(values) => {
            let Type::Struct(members) = ty else { return Json::Null };
            let parts = members.iter().zip(values).filter(|(_, value)| !value.is_absent());
            Json::Object(
                parts
                    .map(|(member, value)| (member.name.to_string(), to_json(&member.ty, *value, reference)))
                    .collect(),
            )
        }
        Value::Bytes(bytes) => {
            use base64::Engine;
            Json::String(base64::engine::general_purpose::STANDARD.encode(bytes))
        }
        simple => {
            let mut text = String::new();
            super::eval::push_text(&mut text, simple);
            Json::String(text)
        }
    }
}

/// A remembered value again; references stay texts. What no longer fits its type is absent.
pub fn from_json<'t>(ty: &Type, json: &Json, arena: &'t Arena) -> Value<'t> {
    match (ty, json) {
        (_, Json::Null) => Value::Absent,
        (Type::List(element) | Type::Set(element), Json::Array(items)) => {
            let items: Vec<Value<'t>> = items.iter().map(|item| from_json(element, item, arena)).collect();
            Value::List(arena.alloc_slice_copy(&items))
        }
        (Type::Struct(members), Json::Object(object)) => {
            let parts: Vec<Value<'t>> = members
                .iter()
                .map(|member| {
                    object.get(&*member.name).map_or(Value::Absent, |part| from_json(&member.ty, part, arena))
                })
                .collect();
            Value::Struct(arena.alloc_slice_copy(&parts))
        }
        (Type::Bool, Json::Bool(value)) => Value::Bool(*value),
        (Type::Int, Json::Number(number)) => number.as_i64().map_or(Value::Absent, Value::Int),
        (Type::Ref(_), Json::String(text)) => Value::Text(arena.alloc_str(text)),
        // Nothing is remembered as no text at all.
        (ty, Json::String(text)) if text.is_empty() && ty.is_textual() => Value::Text(""),
        (ty, Json::String(text)) => {
            let codec = crate::value::wire::Codec::new(ty);
            let text: &'t str = arena.alloc_str(text);
            // The codec borrows for as long as the value lives; a normal form needs nothing of the codec itself.
            match codec.decode(text, &Arena::new()) {
                Ok(decoded) => match decoded.value {
                    Value::Text(_) => Value::Text(text),
                    Value::Date(value) => Value::Date(value),
                    Value::DateTime(value) => Value::DateTime(value),
                    Value::Decimal(value) => Value::Decimal(value),
                    Value::Int(value) => Value::Int(value),
                    Value::Bool(value) => Value::Bool(value),
                    Value::Duration(value) => Value::Duration(value),
                    Value::MonthDay(month, day) => Value::MonthDay(month, day),
                    _ => Value::Absent,
                },
                Err(_) => Value::Absent,
            }
        }
        _ => Value::Absent,
    }
}

/// A remembered value in the spelling of the wire: texts by the field's codec, numbers and bools as themselves unless the
/// codec spells them otherwise. `reference` turns a remembered reference into what the target knows.
pub fn to_wire(
    ty: &Type,
    reader: &Reader,
    json: &Json,
    reference: &dyn Fn(&str) -> Option<String>,
    paths: &dyn Fn(&str) -> String,
) -> Result<Json, String> {
    match (reader, json) {
        (_, Json::Null) => Ok(Json::Null),
        (Reader::Reference { .. }, Json::String(text)) => match reference(text) {
            Some(id) => Ok(Json::String(id)),
            None => Err("refers to a record that the target does not have yet".into()),
        },
        (Reader::List(inner), Json::Array(items)) => {
            let element = ty.element().unwrap_or(&Type::Unknown);
            let items: Result<Vec<Json>, String> =
                items.iter().map(|item| to_wire(element, inner, item, reference, paths)).collect();
            items.map(Json::Array)
        }
        (Reader::Struct(readers), Json::Object(object)) => {
            let Type::Struct(members) = ty else { return Ok(json.clone()) };
            let mut out = Json::Object(Map::new());
            for (member, reader) in members.iter().zip(readers) {
                if let Some(part) = object.get(&*member.name) {
                    let part = to_wire(&member.ty, reader, part, reference, paths)?;
                    place(&mut out, &paths(&member.name), part);
                }
            }
            Ok(out)
        }
        (Reader::Scalar(codec), simple) => {
            let arena = Arena::new();
            let value = from_json(ty, simple, &arena);
            let plain = codec.write_values.is_empty();
            match (simple, plain) {
                (Json::Bool(_) | Json::Number(_), true) => Ok(simple.clone()),
                _ => codec
                    .encode(value, &arena)
                    .map(|text| Json::String(text.to_string()))
                    .map_err(|why| why.0.to_string()),
            }
        }
        _ => Err("does not have the shape of its field".into()),
    }
}

/// Puts a value at a child path (`civicNo.value`) of a JSON object.
pub fn place(whole: &mut Json, path: &str, value: Json) {
    let mut at = whole;
    let mut parts = path.split('.').peekable();
    while let Some(part) = parts.next() {
        if !at.is_object() {
            *at = Json::Object(Map::new());
        }
        let Json::Object(object) = at else { return };
        if parts.peek().is_none() {
            object.insert(part.to_string(), value);
            return;
        }
        at = object.entry(part.to_string()).or_insert_with(|| Json::Object(Map::new()));
    }
}
