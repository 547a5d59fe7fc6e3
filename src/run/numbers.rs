//! Texts by their numbers: what rows are joined, grouped and chosen by, without looking at the texts.
//!
//! Columns that are compared with one another share the numbers of their texts (see [`packed`](crate::adapter::packed)). Where two
//! texts are equal just where their numbers are, a number does for a key.

use super::alike::Way;
use super::eval::Machine;
use super::eval::block::Block;
use super::parallel::Arenas;
use super::table::{END, Rows, Slot};
use super::work::large_piece;
use crate::adapter::Cell;
use crate::adapter::packed::{self, Dictionary};
use crate::check::typed::{ExprId, Node};
use crate::plan::Column;
use crate::value::{Arena, EntityId, RecordType, Type, Value, normal};
use std::sync::Arc;

/// The number of a text that is not in the dictionary.
pub const UNKNOWN: u32 = END - 1;
/// In place of a number: the expression has to be worked out.
pub const OPEN: u32 = END - 2;

/// An expression whose texts have numbers.
pub struct Numbered<'m, 'd, 't> {
    /// The texts.
    pub dictionary: &'d Arc<Dictionary>,
    expr: ExprId,
    /// The expression that gives the record.
    of: ExprId,
    /// The table of the records.
    table: u32,
    by: By<'m, 't>,
}

/// Where the numbers of the records lie.
enum By<'m, 't> {
    /// In a column that was packed: by the number of the first row of each part.
    Column(Vec<(u32, packed::Numbered<'t>)>),
    /// In a slot of a set.
    Slot(&'m [u32]),
    /// Here, by row.
    Own(Arc<Vec<u32>>),
}

/// The numbers of the texts of a column that was not packed, as they are asked for in a dictionary.
pub type Translated = Vec<(EntityId, u16, Arc<Dictionary>, Arc<Vec<u32>>)>;

impl<'m, 't> Numbered<'m, 't, 't> {
    /// An expression that reads a packed column, or a slot that was made of one, if numbers do for its texts.
    pub fn of(machine: &Machine<'m, 't>, expr: ExprId) -> Option<Numbered<'m, 't, 't>> {
        match machine.typed.nodes.node(expr) {
            Node::Field { of, entity, field } => {
                let Rows::Wire { batches, first, columns } = &machine.tables.table(entity.0).rows else { return None };
                let batches: &'t [_] = batches;
                let column = plain(columns, *field).filter(|column| column.default.is_none())?;
                let parts = first.iter().zip(batches);
                let parts = parts.map(|(&first, batch)| Some((first, batch.cells.numbered(column.slot)?)));
                let parts: Vec<_> = parts.collect::<Option<_>>()?;
                let dictionary = parts.first()?.1.dictionary;
                let same = parts.iter().all(|(_, part)| Arc::ptr_eq(part.dictionary, dictionary));
                let by = By::Column(parts);
                let table = entity.0;
                (same && dictionary.is_exact()).then_some(Numbered { dictionary, expr, of: *of, table, by })
            }
            Node::RowSlot { of, slot } => {
                let Type::Record(RecordType::Set(set)) = machine.typed.nodes.typing(*of).ty else { return None };
                let table = machine.tables.set(set);
                let Rows::Slots(slots) = &machine.tables.table(table).rows else { return None };
                let Slot::Texts { dictionary, numbers } = slots.get(usize::from(*slot))? else { return None };
                let by = By::Slot(numbers);
                dictionary.is_exact().then_some(Numbered { dictionary, expr, of: *of, table, by })
            }
            _ => None,
        }
    }
}

impl<'m, 'd, 't: 'd> Numbered<'m, 'd, 't> {
    /// An expression that reads any column of plain texts, with the numbers that a dictionary has for them.
    pub fn within(
        machine: &Machine<'m, 't>,
        expr: ExprId,
        dictionary: &'d Arc<Dictionary>,
        known: &mut Translated,
        arenas: &'t Arenas,
    ) -> Option<Numbered<'m, 'd, 't>> {
        if let Some(numbered) = Numbered::of(machine, expr)
            && Arc::ptr_eq(numbered.dictionary, dictionary)
        {
            return Some(numbered);
        }
        let Node::Field { of, entity, field } = machine.typed.nodes.node(expr) else { return None };
        let same = |(of, column, within, _): &&(EntityId, u16, Arc<Dictionary>, Arc<Vec<u32>>)| {
            (of, column) == (entity, field) && Arc::ptr_eq(within, dictionary)
        };
        let numbers = match known.iter().find(same) {
            Some((.., numbers)) => numbers.clone(),
            None => {
                let numbers = Arc::new(translated(machine, *entity, *field, dictionary, arenas)?);
                known.push((*entity, *field, dictionary.clone(), numbers.clone()));
                numbers
            }
        };
        Some(Numbered { dictionary, expr, of: *of, table: entity.0, by: By::Own(numbers) })
    }

    #[inline]
    fn get(&self, row: u32) -> u32 {
        match &self.by {
            By::Column(parts) => {
                let part = match parts.as_slice() {
                    [(_, part)] => return part.get(row as usize).unwrap_or(OPEN),
                    parts => &parts[parts.partition_point(|(first, _)| *first <= row) - 1],
                };
                part.1.get((row - part.0) as usize).unwrap_or(OPEN)
            }
            By::Slot(numbers) => numbers[row as usize],
            By::Own(numbers) => numbers[row as usize],
        }
    }

    /// Where the records lie, seen from some variables, if that can be told without making values.
    pub fn way<'w>(&self, machine: &Machine<'w, 't>, slots: &'w [Arc<Slot<'t>>]) -> Option<Way<'w>> {
        Way::of(machine, self.of, slots).filter(|way| way.table == self.table)
    }

    /// Turns records into the numbers of their texts: [`END`] where there is none, and [`OPEN`] where it has to be worked out.
    pub fn of_records(&self, records: &mut [u32]) {
        match &self.by {
            By::Slot(numbers) => numbers_at(numbers, records),
            By::Own(numbers) => numbers_at(numbers, records),
            By::Column(_) => {
                records.iter_mut().filter(|record| **record != END).for_each(|record| *record = self.get(*record));
            }
        }
    }

    /// The numbers for some rows of a block as they are worked out, each with its row. Rows that fail are not there.
    pub fn worked<'a>(&self, machine: &Machine<'_, 't>, rows: &[u32], block: &mut Block<'a>) -> Vec<(u32, u32)>
    where
        't: 'a,
    {
        numbers_of(machine, self.expr, self.dictionary, rows, block)
    }

    /// The numbers for some rows of a block, each with its row; [`END`] where there is no text. Rows that fail are not there.
    pub fn column<'a>(&self, machine: &Machine<'_, 't>, rows: &[u32], block: &mut Block<'a>) -> Vec<(u32, u32)>
    where
        't: 'a,
    {
        let mark = block.mark();
        let records = machine.column(self.of, rows, block);
        let mut open = Vec::new();
        let number = |&row: &u32| {
            let number = match records[row as usize] {
                Value::Row(record) => self.get(record.row),
                _ => END,
            };
            if number == OPEN {
                open.push(row);
            }
            (row, number)
        };
        let mut found: Vec<(u32, u32)> = block.left(rows, mark).iter().map(number).collect();
        block.give_back(records);
        if !open.is_empty() {
            fill_in(&mut found, self.worked(machine, &open, block));
        }
        found
    }
}

/// Turns rows into the numbers that lie there.
fn numbers_at(numbers: &[u32], rows: &mut [u32]) {
    rows.iter_mut().for_each(|row| *row = numbers.get(*row as usize).copied().unwrap_or(END));
}

/// Puts numbers that were worked out into their rows, in order. Rows that stay open have failed.
pub fn fill_in(found: &mut Vec<(u32, u32)>, worked: Vec<(u32, u32)>) {
    let mut worked = worked.into_iter().peekable();
    found.retain_mut(|(row, number)| match worked.next_if(|(at, _)| at == row) {
        Some((_, worked)) => {
            *number = worked;
            true
        }
        None => *number != OPEN,
    });
}

/// The numbers that a dictionary has for what any expression gives for some rows of a block, each with its row; [`END`] where that is
/// absent. Rows that fail are not there.
pub fn numbers_of<'a, 't: 'a>(
    machine: &Machine<'_, 't>,
    expr: ExprId,
    dictionary: &Dictionary,
    rows: &[u32],
    block: &mut Block<'a>,
) -> Vec<(u32, u32)> {
    let mark = block.mark();
    let values = machine.column(expr, rows, block);
    let scratch = Arena::new();
    let number = |&row: &u32| {
        let number = match normal::normal_form(&Type::Text, values[row as usize], &scratch) {
            Value::Absent => END,
            Value::Text(text) => dictionary.find(text).unwrap_or(UNKNOWN),
            _ => UNKNOWN,
        };
        (row, number)
    };
    let numbers = block.left(rows, mark).iter().map(number).collect();
    block.give_back(values);
    numbers
}

/// The column of a field, if the texts of its cells are its values.
fn plain(columns: &[Option<Column>], field: u16) -> Option<&Column> {
    columns[usize::from(field)].as_ref().filter(|column| column.plain)
}

/// The numbers of all texts of a column.
fn translated<'t>(
    machine: &Machine<'_, 't>,
    entity: EntityId,
    field: u16,
    dictionary: &Dictionary,
    arenas: &'t Arenas,
) -> Option<Vec<u32>> {
    let table = machine.tables.table(entity.0);
    let Rows::Wire { columns, .. } = &table.rows else { return None };
    let column = plain(columns, field)?;
    let size = large_piece(table.len as usize);
    let starts = (0..table.len).step_by(size).collect::<Vec<_>>();
    let pieces = arenas.each(starts.into_iter(), |start, _| {
        let mut near = 0;
        let text = |row| match table.cell(row, column.slot, &mut near) {
            (batch, Cell::Text { start, len }) if len > 0 => batch.text(start, len),
            _ => "",
        };
        let texts: Vec<&str> = (start..table.len.min(start + size as u32)).map(text).collect();
        let numbers = dictionary.find_all(&texts).into_iter().zip(&texts);
        let number = |(number, text): (Option<u32>, &&str)| match number {
            _ if text.is_empty() || !text.is_ascii() => OPEN,
            number => number.unwrap_or(UNKNOWN),
        };
        numbers.map(number).collect::<Vec<u32>>()
    });
    Some(pieces.concat())
}

/// The rows of a table by the numbers of texts.
pub struct ByNumber {
    /// The texts.
    pub dictionary: Arc<Dictionary>,
    /// The first row with each number.
    first: Vec<u32>,
    /// The row after each with the same number; empty as long as all numbers differ.
    next: Vec<u32>,
}

impl ByNumber {
    /// For rows in order, each with its number.
    pub fn of(dictionary: &Arc<Dictionary>, mut rows: Vec<(u32, u32)>) -> ByNumber {
        let mut index =
            ByNumber { dictionary: dictionary.clone(), first: vec![END; dictionary.len()], next: Vec::new() };
        let count = rows.last().map_or(0, |(row, _)| row + 1);
        // The last comes first, so that each leads to the one after it.
        while let Some((row, number)) = rows.pop() {
            let Some(first) = index.first.get_mut(number as usize) else { continue };
            let after = std::mem::replace(first, row);
            if after != END {
                if index.next.is_empty() {
                    index.next = vec![END; count as usize];
                }
                index.next[row as usize] = after;
            }
        }
        index
    }

    /// The rows with a number, in order.
    #[inline]
    pub fn rows(&self, number: u32) -> impl Iterator<Item = u32> + '_ {
        self.rows_from(self.first(number))
    }

    /// The first row with a number; [`END`] if there is none.
    #[inline]
    pub fn first(&self, number: u32) -> u32 {
        self.first.get(number as usize).copied().unwrap_or(END)
    }

    /// The first of the rows with some number, and those after it.
    #[inline]
    pub fn rows_from(&self, first: u32) -> impl Iterator<Item = u32> + '_ {
        let mut row = first;
        std::iter::from_fn(move || {
            let this = row;
            row = self.next.get(row as usize).copied().unwrap_or(END);
            (this != END).then_some(this)
        })
    }
}
