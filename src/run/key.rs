//! Keys: hashes that find records by key, and key texts that the store remembers.

use super::eval::Machine;
use super::table::{Rows, Slot};
use crate::check::typed::KeyPart;
use crate::value::{Arena, RecordType, Row, Type, Value, normal};
use hashbrown::HashMap;
use std::hash::BuildHasherDefault;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128_with_seed};

/// Hashes values in their normal form, so that equal values have equal hashes. 128 bits: no two keys share one.
#[derive(Default)]
pub struct Hasher(u128);

impl Hasher {
    /// Adds a value of a type.
    pub fn value(&mut self, ty: &Type, value: Value<'_>, arena: &Arena) {
        // Most text is in normal form as it stands.
        if let (Type::Text | Type::Unknown, Value::Text(text)) = (ty, value)
            && normal::is_composed(text.as_bytes())
        {
            return self.bytes(b't', text.as_bytes());
        }
        match normal::normal_form(ty, value, arena) {
            Value::Text(text) => self.bytes(b't', text.as_bytes()),
            Value::Int(number) => self.bytes(b'n', &number.to_le_bytes()),
            Value::Decimal(number) => match i64::try_from(number) {
                // A whole number is the same one in both types.
                Ok(whole) if number.is_integer() => self.bytes(b'n', &whole.to_le_bytes()),
                _ => self.bytes(b'f', number.normalize().to_string().as_bytes()),
            },
            Value::Bool(value) => self.bytes(b'b', &[u8::from(value)]),
            Value::Row(row) => self.bytes(b'r', &row_hash(row).to_le_bytes()),
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
        // An odd factor loses nothing of what came before.
        const FACTOR: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013B;
        let part = xxh3_128_with_seed(bytes, kind.into());
        self.0 = self.0.wrapping_mul(FACTOR).wrapping_add(part);
    }

    /// The hash.
    pub fn finish(&self) -> u128 {
        self.0
    }
}

/// The hash under which a row stands.
pub fn row_hash(row: Row) -> u128 {
    (u128::from(row.table) << 32) | u128::from(row.row)
}

/// A map by hashes, which are spread evenly already.
pub type ByHash<V> = HashMap<u128, V, BuildHasherDefault<Spread>>;

/// Takes a hash for what it is.
#[derive(Default)]
pub struct Spread(u64);

impl std::hash::Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64(bytes);
    }
    fn write_u32(&mut self, hash: u32) {
        self.0 = u64::from(hash).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
    fn write_u128(&mut self, hash: u128) {
        // Rows of a table are numbered: their hashes differ in the low bits alone, and maps look at the high ones too.
        self.0 = (hash as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (hash >> 64) as u64;
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

/// Keys of rows as texts, which stand one behind the other. No key is an empty text, so that stands for none.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    texts: String,
    ends: Vec<usize>,
}

impl Keys {
    /// Adds the key of the next row, as somebody writes it behind the others; none where that comes to nothing.
    pub fn write(&mut self, write: impl FnOnce(&mut String) -> Option<()>) {
        let start = self.texts.len();
        if write(&mut self.texts).is_none() {
            self.texts.truncate(start);
        }
        self.ends.push(self.texts.len());
    }

    /// Adds the key of the next row.
    pub fn push(&mut self, key: Option<&str>) {
        self.write(|texts| key.map(|key| texts.push_str(key)));
    }

    /// The key of a row; none of a row that is not there.
    pub fn get(&self, row: usize) -> Option<&str> {
        let end = *self.ends.get(row)?;
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        let key = &self.texts[start..end];
        (!key.is_empty()).then_some(key)
    }

    /// The same as a text of its own.
    pub fn owned(&self, row: usize) -> Option<String> {
        self.get(row).map(String::from)
    }

    /// All of them, in order of rows.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<&str>> {
        (0..self.ends.len()).map(|row| self.get(row))
    }
}

/// The key of a row as text: its parts joined by `|`, with `\` before a `|` or `\` of a part. `None` if a part is absent.
pub fn key_text(machine: &Machine<'_, '_>, row: Row, record: RecordType) -> Option<String> {
    let mut text = String::new();
    push_key(machine, row, record, &mut text, &mut Arena::new())?;
    (!text.is_empty()).then_some(text)
}

/// Writes the key of a row behind a name and a colon.
pub fn write_named_key(
    machine: &Machine<'_, '_>,
    name: &str,
    row: Row,
    record: RecordType,
    text: &mut String,
) -> Option<()> {
    text.push_str(name);
    text.push(':');
    let start = text.len();
    push_key(machine, row, record, text, &mut Arena::new())?;
    (text.len() > start).then_some(())
}

/// Appends the key of a row; `None` if a part of it is absent.
fn push_key(
    machine: &Machine<'_, '_>,
    row: Row,
    record: RecordType,
    text: &mut String,
    arena: &mut Arena,
) -> Option<()> {
    let start = text.len();
    match record {
        RecordType::Entity(id) => {
            let entity = machine.model.entity(id);
            for (position, &field) in entity.key.iter().enumerate() {
                let ty = &entity.fields[field].ty;
                let value = normal::normal_form(ty, key_field(machine, row, id, field, arena), arena);
                if value.is_absent() && entity.first_present {
                    continue;
                }
                if position > 0 && text.len() > start {
                    text.push('|');
                }
                push_part(machine, text, value)?;
                if entity.first_present {
                    break;
                }
            }
            arena.reset();
        }
        RecordType::Set(set) => {
            let typed = machine.typed.sets.iter().find(|typed| typed.set == set)?;
            let table = machine.tables.table(row.table);
            for (position, part) in typed.key.iter().enumerate() {
                if position > 0 {
                    text.push('|');
                }
                let (KeyPart::Slot(slot) | KeyPart::Position(slot)) = part;
                match table.slot(row.row, *slot) {
                    // A binding of an optional join may be absent; the row is still a row.
                    Value::Absent => {}
                    Value::Row(inner) => {
                        let before = text.len();
                        push_key(machine, inner, record_of(machine, inner), text, arena)?;
                        (text.len() > before).then_some(())?;
                    }
                    value => push_part(machine, text, normal::normal_form(&Type::Unknown, value, arena))?,
                }
            }
        }
        RecordType::Layout(_) => return None,
    }
    Some(())
}

/// Appends a part of a key, which is in normal form.
fn push_part(machine: &Machine<'_, '_>, text: &mut String, value: Value<'_>) -> Option<()> {
    let start = text.len();
    match value {
        Value::Absent => return None,
        Value::Row(row) => {
            push_key(machine, row, record_of(machine, row), text, &mut Arena::new())?;
            return (text.len() > start).then_some(());
        }
        simple => super::eval::push_text(text, simple),
    }
    escape(text, start);
    Some(())
}

/// Puts `\` before each `|` and `\` from some place on.
pub fn escape(text: &mut String, start: usize) {
    if memchr::memchr2(b'|', b'\\', &text.as_bytes()[start..]).is_some() {
        let escaped = text[start..].replace('\\', "\\\\").replace('|', "\\|");
        text.truncate(start);
        text.push_str(&escaped);
    }
}

/// True if the key of every row of a table that takes part is known in full, as can be said without looking at the rows.
pub fn are_keyed(machine: &Machine<'_, '_>, number: u32) -> bool {
    let table = machine.tables.table(number);
    match (&table.rows, record_of(machine, Row { table: number, row: 0 })) {
        // What was read without a key was taken out before.
        (Rows::Wire { .. }, RecordType::Entity(_)) => true,
        (Rows::Slots(slots), RecordType::Set(set)) => {
            let typed = machine.typed.sets.iter().find(|typed| typed.set == set);
            typed.is_some_and(|typed| {
                typed.key.iter().all(|part| {
                    let (KeyPart::Slot(slot) | KeyPart::Position(slot)) = part;
                    match &slots[usize::from(*slot)] {
                        slot if slot.is_unset() => true,
                        Slot::Records { table, .. } => are_keyed(machine, *table),
                        Slot::Texts { .. } | Slot::Groups { .. } => true,
                        Slot::Values(_) => false,
                    }
                })
            })
        }
        _ => false,
    }
}

/// True if the key of a row is known in full.
pub fn has_key(machine: &Machine<'_, '_>, row: Row, record: RecordType, arena: &Arena) -> bool {
    let table = machine.tables.table(row.table);
    match record {
        // What was read without a key was taken out before.
        RecordType::Entity(_) if matches!(table.rows, Rows::Wire { .. }) && table.is_alive(row.row) => true,
        RecordType::Entity(id) => {
            let entity = machine.model.entity(id);
            let known = |&field: &usize| match key_field(machine, row, id, field, arena) {
                Value::Absent => false,
                Value::Row(to) => has_key(machine, to, record_of(machine, to), arena),
                _ => true,
            };
            if entity.first_present { entity.key.iter().any(known) } else { entity.key.iter().all(known) }
        }
        RecordType::Set(set) => {
            let Some(typed) = machine.typed.sets.iter().find(|typed| typed.set == set) else { return false };
            typed.key.iter().all(|part| {
                let (KeyPart::Slot(slot) | KeyPart::Position(slot)) = part;
                match table.slot(row.row, *slot) {
                    Value::Row(to) => has_key(machine, to, record_of(machine, to), arena),
                    _ => true,
                }
            })
        }
        RecordType::Layout(_) => false,
    }
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
    let width = match &table.rows {
        Rows::Wire { .. } => return table.origin(row.row),
        Rows::Made(values) => values.width(),
        Rows::Slots(slots) => slots.len(),
    };
    (0..width as u16).find_map(|slot| match table.slot(row.row, slot) {
        Value::Row(inner) if inner.table < machine.tables.entities => origin(machine, inner),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stand_one_behind_the_other() {
        let mut keys = Keys::default();
        keys.push(Some("a|b"));
        keys.push(None);
        keys.write(|text| {
            text.push_str("half");
            None
        });
        keys.write(|text| {
            text.push_str("åäö");
            Some(())
        });
        assert_eq!(keys.iter().collect::<Vec<_>>(), [Some("a|b"), None, None, Some("åäö")]);
        assert_eq!((keys.get(3), keys.get(9), keys.iter().len()), (Some("åäö"), None, 4));
        assert_eq!(keys.owned(0).as_deref(), Some("a|b"));
    }
}
