//! Rows as records of JSON and XML: texts where the slots lie. With `each`, rows that agree about what lies around the list
//! make one record, and its list holds what is their own.

use super::writer::Refusal;
use crate::adapter::Rows as RowSource;
use crate::protocol::files::Column;
use crate::protocol::files::shape::child_path;
use hashbrown::HashMap;
use serde_json::{Map, Value};

/// A row as it is given.
type Row = Vec<Option<String>>;

/// Records, one after the other.
pub struct Records<'r> {
    slots: &'r [Column],
    /// Where each slot lies: true for those around the list, and the names that lead to it.
    paths: Vec<(bool, Vec<String>)>,
    /// The names that lead to the list.
    each: Option<&'r [String]>,
    source: Source<'r>,
    rows: u64,
}

enum Source<'r> {
    /// Every row is a record.
    Streamed(&'r mut dyn RowSource),
    /// The rows of every record, with their numbers.
    Gathered(std::vec::IntoIter<Vec<(u64, Row)>>),
}

impl<'r> Records<'r> {
    /// The records of these rows.
    pub fn of(
        slots: &'r [Column],
        each: Option<&'r [String]>,
        rows: &'r mut dyn RowSource,
    ) -> Result<Records<'r>, Refusal> {
        let path = |slot: &Column| {
            let inner = slot.at.strip_prefix("^.").filter(|_| each.is_some());
            let path = child_path(inner.unwrap_or(&slot.at));
            path.map(|path| (inner.is_some(), path)).map_err(|why| Refusal::Row(format!("`{}`: {why}", slot.at)))
        };
        let paths: Vec<(bool, Vec<String>)> = slots.iter().map(path).collect::<Result<_, _>>()?;
        let source = match each {
            None => Source::Streamed(rows),
            Some(_) => Source::Gathered(gather(&paths, rows).into_iter()),
        };
        Ok(Records { slots, paths, each, source, rows: 0 })
    }

    /// The next record.
    pub fn next(&mut self) -> Result<Option<Map<String, Value>>, Refusal> {
        let mut record = Map::new();
        match &mut self.source {
            Source::Streamed(rows) => {
                let Some(row) = rows.next() else { return Ok(None) };
                self.rows += 1;
                fill(&mut record, self.slots, &self.paths, row, self.rows, &|_| true)?;
            }
            Source::Gathered(records) => {
                let Some(rows) = records.next() else { return Ok(None) };
                self.rows += rows.len() as u64;
                self.nested(&mut record, &rows)?;
            }
        }
        Ok(Some(record))
    }

    /// How many rows lie in the records so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// A record with its list, which lies where the first of its fields is declared.
    fn nested(&self, record: &mut Map<String, Value>, rows: &[(u64, Row)]) -> Result<(), Refusal> {
        let Some((number, first)) = rows.first() else { return Ok(()) };
        let inner = self.paths.iter().position(|(outer, _)| !outer).unwrap_or(self.paths.len());
        fill(record, self.slots, &self.paths, first, *number, &|slot| self.paths[slot].0 && slot < inner)?;
        let mut items = Vec::with_capacity(rows.len());
        for (number, row) in rows {
            let mut item = Map::new();
            fill(&mut item, self.slots, &self.paths, row, *number, &|slot| !self.paths[slot].0)?;
            items.push(Value::Object(item));
        }
        let list = place(record, self.each.unwrap_or_default(), Value::Array(items));
        list.ok_or_else(|| Refusal::Row(format!("row {number}: a field lies where the list should be")))?;
        fill(record, self.slots, &self.paths, first, *number, &|slot| self.paths[slot].0 && slot > inner)
    }
}

/// Rows by what lies around the list, in the order of their first rows.
fn gather(paths: &[(bool, Vec<String>)], rows: &mut dyn RowSource) -> Vec<Vec<(u64, Row)>> {
    let mut records: Vec<Vec<(u64, Row)>> = Vec::new();
    let mut known: HashMap<Row, usize> = HashMap::new();
    let mut number = 0;
    while let Some(row) = rows.next() {
        number += 1;
        let outer = row.iter().zip(paths).filter(|(_, (outer, _))| *outer).map(|(cell, _)| cell.clone()).collect();
        let record = *known.entry(outer).or_insert_with(|| {
            records.push(Vec::new());
            records.len() - 1
        });
        records[record].push((number, row.to_vec()));
    }
    records
}

/// Puts the texts of some slots where they lie; absent ones are left out. A list or structure is given as JSON and stays it.
fn fill(
    record: &mut Map<String, Value>,
    slots: &[Column],
    paths: &[(bool, Vec<String>)],
    row: &[Option<String>],
    number: u64,
    wanted: &dyn Fn(usize) -> bool,
) -> Result<(), Refusal> {
    for (index, ((slot, (_, path)), text)) in slots.iter().zip(paths).zip(row).enumerate() {
        let Some(text) = text.as_ref().filter(|_| wanted(index)) else { continue };
        let refuse = |why: &str| Refusal::Row(format!("row {number}: field `{}`: {why}", slot.name));
        let value = match slot.nested {
            true => serde_json::from_str(text).map_err(|_| refuse("its text is not JSON"))?,
            false => Value::String(text.clone()),
        };
        place(record, path, value).ok_or_else(|| refuse("another field lies where its structure should be"))?;
    }
    Ok(())
}

fn place(record: &mut Map<String, Value>, path: &[String], value: Value) -> Option<()> {
    match path {
        [] => None,
        [name] => {
            record.insert(name.clone(), value);
            Some(())
        }
        [name, rest @ ..] => {
            let inner = record.entry(name.clone()).or_insert_with(|| Value::Object(Map::new()));
            place(inner.as_object_mut()?, rest, value)
        }
    }
}
