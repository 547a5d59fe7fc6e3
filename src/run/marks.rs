//! Marks of the keys of a list: equal keys have equal marks, and different keys mostly have different ones.

use super::eval::{Machine, Tables};
use super::table::{Rows, Table};
use crate::adapter::packed::{Few, Numbered};
use crate::adapter::{Batch, Cell};
use crate::value::{Arena, EntityId, Row, Type, Value, normal};
use std::ops::Range;
use xxhash_rust::xxh3::xxh3_64;

/// What makes the marks of the keys of an entity.
pub struct Marks<'t> {
    entity: EntityId,
    /// The parts of the key, if all of them are plain texts, which most are.
    parts: Option<Vec<Part<'t>>>,
}

/// A part of a key.
struct Part<'t> {
    field: u16,
    slot: usize,
    /// By batch of the list.
    by: Vec<By<'t>>,
}

/// Where the marks of a part of a key come from.
enum By<'t> {
    /// Numbers do for the texts.
    Numbers(Numbered<'t>),
    /// The marks of the texts, by their numbers; none where the text has to be looked at.
    Few(Few<'t>, Vec<Option<u64>>),
    /// The texts.
    Texts,
}

impl<'t> Marks<'t> {
    /// For the keys of an entity whose list is there as a whole.
    pub fn of(machine: &Machine<'_, 't>, entity: EntityId) -> Marks<'t> {
        let table = machine.tables.table(Tables::entity(entity));
        let slots = machine.plain_key(entity);
        let parts = slots.zip(batches(table)).map(|(slots, batches)| {
            let fields = machine.model.entity(entity).key.iter().zip(slots);
            fields.map(|(&field, slot)| Part { field: field as u16, slot, by: by(batches, slot) }).collect()
        });
        Marks { entity, parts }
    }

    /// The marks of some records that follow one another, and the rows among them in whose key a part is absent or cannot be read.
    pub fn of_rows(&self, machine: &Machine<'_, 't>, rows: Range<u32>) -> (Vec<u32>, Vec<u32>) {
        let mut marks = vec![Some(0); rows.len()];
        match &self.parts {
            Some(parts) => parts.iter().for_each(|part| self.add(machine, part, rows.clone(), &mut marks)),
            None => {
                let rows: Vec<u32> = rows.clone().collect();
                let hashes = machine.hash_keys(self.entity, &rows);
                marks = hashes.into_iter().map(|hash| hash.map(|hash| hash as u64)).collect();
            }
        }
        let keyless = rows.zip(&marks).filter_map(|(row, mark)| mark.is_none().then_some(row)).collect();
        (marks.into_iter().map(|mark| mark.unwrap_or_default() as u32).collect(), keyless)
    }

    /// Adds a part of the keys to the marks of some records.
    fn add(&self, machine: &Machine<'_, 't>, part: &Part<'t>, rows: Range<u32>, marks: &mut [Option<u64>]) {
        let number = Tables::entity(self.entity);
        let table = machine.tables.table(number);
        let Rows::Wire { batches, first, .. } = &table.rows else { return };
        let arena = Arena::new();
        let worked = |row: u32| match machine.plain_field(Row { table: number, row }, self.entity, part.field, &arena) {
            Value::Text(text) => match normal::normal_form(&Type::Text, Value::Text(text), &arena) {
                Value::Text(text) => Some(xxh3_64(text.as_bytes())),
                _ => None,
            },
            _ => None,
        };
        for ((batch, by), &first) in batches.iter().zip(&part.by).zip(first) {
            let end = first + batch.len() as u32;
            let (start, end) = (rows.start.max(first), rows.end.min(end));
            for row in start..end {
                let at = (row - first) as usize;
                let Some(mark) = &mut marks[(row - rows.start) as usize] else { continue };
                let this = match by {
                    By::Numbers(numbers) => numbers.get(at).map(u64::from),
                    By::Few(few, known) => known[few.get(at) as usize].or_else(|| worked(row)),
                    By::Texts => mark_of(batch, batch.cell(at, part.slot)).or_else(|| worked(row)),
                };
                match this {
                    Some(this) => *mark = mixed(*mark, this),
                    None => marks[(row - rows.start) as usize] = None,
                }
            }
        }
    }
}

fn batches<'t>(table: &Table<'t>) -> Option<&'t [Batch]> {
    match &table.rows {
        Rows::Wire { batches, .. } => Some(batches),
        _ => None,
    }
}

/// Where the marks of a column come from, by batch.
fn by(batches: &[Batch], slot: usize) -> Vec<By<'_>> {
    let exact = |batch: &Batch| batch.cells.numbered(slot).is_some_and(|part| part.dictionary.is_exact());
    let all_exact = batches.iter().all(exact);
    let mut by = Vec::new();
    for batch in batches {
        by.push(match (batch.cells.numbered(slot), batch.cells.few(slot)) {
            (Some(numbers), _) if all_exact => By::Numbers(numbers),
            (_, Some(few)) => {
                let marks = (0..few.count as u32).map(|code| mark_of(batch, few.cell(code, &batch.texts)));
                By::Few(few, marks.collect())
            }
            _ => By::Texts,
        });
    }
    by
}

/// The mark of a cell whose text is its own normal form, as can be seen at once.
fn mark_of(batch: &Batch, cell: Cell) -> Option<u64> {
    match cell {
        Cell::Text { start, len: len @ 1.. } if batch.bytes(start, len).is_ascii() => {
            Some(xxh3_64(batch.bytes(start, len)))
        }
        _ => None,
    }
}

/// A mark of two things in this order.
fn mixed(first: u64, second: u64) -> u64 {
    let mark = (first.rotate_left(29) ^ second).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mark ^ (mark >> 32)
}
