//! Look-up tables of a run: columns decoded once, rows by the hash of their key.

use super::key::{ByHash, Hasher};
use crate::model::Table;
use crate::value::wire::Codec;
use crate::value::{Arena, Value};

/// A table by key.
pub struct Lookup<'t> {
    rows: ByHash<Vec<Value<'t>>>,
}

impl<'t> Lookup<'t> {
    /// Decodes a table. Its values were checked when the project was read, so what cannot be read is absent.
    pub fn of(table: &'t Table, codecs: &'t [Codec], arena: &'t Arena) -> Lookup<'t> {
        let mut rows = ByHash::with_capacity_and_hasher(table.rows.len(), Default::default());
        for texts in &table.rows {
            let values: Vec<Value<'t>> = texts
                .iter()
                .zip(codecs)
                .map(|(text, codec)| match text {
                    Some(text) => codec.decode(text, arena).map_or(Value::Absent, |decoded| decoded.value),
                    None => Value::Absent,
                })
                .collect();
            let mut hasher = Hasher::default();
            for &column in &table.key {
                hasher.value(&table.columns[column].ty, values[column], arena);
            }
            rows.entry(hasher.finish()).or_insert(values);
        }
        Lookup { rows }
    }

    /// The value in a column of the row with this key; `None` if there is no such row.
    pub fn find(&self, key: u128, column: u16) -> Option<Value<'t>> {
        self.rows.get(&key).map(|row| row[column as usize])
    }
}
