//! Keys: hashes that find records by key, and key texts that the store remembers.

use super::eval::Machine;
use super::table::Rows;
use crate::check::typed::KeyPart;
use crate::value::{Arena, RecordType, Row, Type, Value, normal};
use std::fmt::Write;
use xxhash_rust::xxh3::Xxh3;

/// Hashes values in their normal form, so that equal values have equal hashes.
#[derive(Default)]
pub struct Hasher(Xxh3);

impl Hasher {
    /// Adds a value of a type.
    pub fn value(&mut self, ty: &Type, value: Value<'_>, arena: &Arena) {
        match normal::normal_form(ty, value, arena) {
            Value::Text(text) => self.bytes(b't', text.as_bytes()),
            Value::Int(number) => {
                self.bytes(b'n', rust_decimal::Decimal::from(number).normalize().to_string().as_bytes())
            }
            Value::Decimal(number) => self.bytes(b'n', number.normalize().to_string().as_bytes()),
            Value::Bool(value) => self.bytes(b'b', &[u8::from(value)]),
            Value::Row(row) => {
                self.bytes(b'r', &row.table.to_le_bytes());
                self.bytes(b'r', &row.row.to_le_bytes());
            }
            Value::Absent => self.bytes(b'-', b""),
            Value::Bytes(bytes) => self.bytes(b'y', bytes),
            Value::List(items) => {
                self.bytes(b'l', &(items.len() as u32).to_le_bytes());
                let element = ty.element().unwrap_or(&Type::Unknown);
                for item in items {
                    self.value(element, *item, arena);
                }
            }
            Value::Struct(items) => {
                self.bytes(b's', &(items.len() as u32).to_le_bytes());
                for item in items {
                    self.value(&Type::Unknown, *item, arena);
                }
            }
            other => {
                let mut text = String::new();
                super::eval::push_text(&mut text, other);
                self.bytes(b'd', text.as_bytes());
            }
        }
    }

    fn bytes(&mut self, kind: u8, bytes: &[u8]) {
        self.0.update(&[kind]);
        self.0.update(&(bytes.len() as u32).to_le_bytes());
        self.0.update(bytes);
    }

    /// The hash.
    pub fn finish(&self) -> u128 {
        self.0.digest128()
    }
}

/// The hash of the key of a row; `None` if a part of it is absent or cannot be read.
pub fn hash_key(machine: &Machine<'_, '_>, row: Row, record: RecordType, arena: &Arena) -> Option<u128> {
    let mut hasher = Hasher::default();
    match record {
        RecordType::Entity(id) => {
            let entity = machine.model.entity(id);
            let mut any = false;
            for &field in &entity.key {
                let value = key_field(machine, row, id, field, arena);
                if value.is_absent() {
                    if entity.first_present {
                        continue;
                    }
                    return None;
                }
                hasher.value(&entity.fields[field].ty, value, arena);
                any = true;
                if entity.first_present {
                    break;
                }
            }
            any.then(|| hasher.finish())
        }
        RecordType::Set(set) => {
            let typed = machine.typed.sets.iter().find(|typed| typed.set == set)?;
            let table = machine.tables.table(row.table);
            for part in &typed.key {
                let (KeyPart::Slot(slot) | KeyPart::Position(slot)) = part;
                hasher.value(&Type::Unknown, table.slot(row.row, *slot), arena);
            }
            Some(hasher.finish())
        }
        RecordType::Layout(_) => None,
    }
}

/// A part of a key. A reference to nobody is known by the key that it names: such a row is still this row and no other.
fn key_field<'a>(
    machine: &Machine<'_, 'a>,
    row: Row,
    id: crate::value::EntityId,
    field: usize,
    arena: &'a Arena,
) -> Value<'a> {
    let value = machine.plain_field(row, id, field as u16, arena);
    if !value.is_absent() || !matches!(machine.model.entity(id).fields[field].ty, Type::Ref(_)) {
        return value;
    }
    machine.nobody(row, id, field as u16, arena).map_or(Value::Absent, Value::Text)
}

/// The key of a row as text: its parts joined by `|`, with `\` before a `|` or `\` of a part. `None` if a part is absent.
pub fn key_text(machine: &Machine<'_, '_>, row: Row, record: RecordType) -> Option<String> {
    let arena = Arena::new();
    let mut text = String::new();
    match record {
        RecordType::Entity(id) => {
            let entity = machine.model.entity(id);
            for (position, &field) in entity.key.iter().enumerate() {
                let value = key_field(machine, row, id, field, &arena);
                if value.is_absent() && entity.first_present {
                    continue;
                }
                if position > 0 && !text.is_empty() {
                    text.push('|');
                }
                push_part(machine, &mut text, &entity.fields[field].ty, value)?;
                if entity.first_present {
                    break;
                }
            }
        }
        RecordType::Set(set) => {
            let typed = machine.typed.sets.iter().find(|typed| typed.set == set)?;
            let table = machine.tables.table(row.table);
            for (position, part) in typed.key.iter().enumerate() {
                if position > 0 {
                    text.push('|');
                }
                let (KeyPart::Slot(slot) | KeyPart::Position(slot)) = part;
                let value = table.slot(row.row, *slot);
                // A binding of an optional join may be absent; the row is still a row.
                if !value.is_absent() {
                    push_part(machine, &mut text, &Type::Unknown, value)?;
                }
            }
        }
        RecordType::Layout(_) => return None,
    }
    (!text.is_empty()).then_some(text)
}

fn push_part(machine: &Machine<'_, '_>, text: &mut String, ty: &Type, value: Value<'_>) -> Option<()> {
    let arena = Arena::new();
    let mut part = String::new();
    match normal::normal_form(ty, value, &arena) {
        Value::Absent => return None,
        Value::Row(row) => {
            let record = record_of(machine, row);
            part = key_text(machine, row, record)?;
            let _ = write!(text, "{part}");
            return Some(());
        }
        simple => super::eval::push_text(&mut part, simple),
    }
    for character in part.chars() {
        if matches!(character, '|' | '\\') {
            text.push('\\');
        }
        text.push(character);
    }
    Some(())
}

/// What a row is a record of.
pub fn record_of(machine: &Machine<'_, '_>, row: Row) -> RecordType {
    let tables = machine.tables;
    if row.table < tables.entities {
        RecordType::Entity(crate::value::EntityId(row.table))
    } else if row.table < tables.layouts {
        RecordType::Set(crate::value::SetId(row.table - tables.entities))
    } else {
        RecordType::Layout(row.table - tables.layouts)
    }
}

/// Where a row came from: the file and line of its first record that was read.
pub fn origin(machine: &Machine<'_, '_>, row: Row) -> Option<String> {
    let table = machine.tables.table(row.table);
    match &table.rows {
        Rows::Wire { .. } => table.origin(row.row),
        Rows::Values { width, values } => {
            let row = row.row as usize * width;
            values.get(row..row + width)?.iter().find_map(|value| match value {
                Value::Row(inner) if inner.table < machine.tables.entities => origin(machine, *inner),
                _ => None,
            })
        }
    }
}
