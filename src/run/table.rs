//! Tables of a run: records as they were read (undecoded cells) or as a map made them (values), and indexes over them.

use super::columns::Columns;
use super::eval::Machine;
use crate::adapter::packed::Dictionary;
use crate::adapter::{Batch, Cell};
use crate::function::Failure;
use crate::plan::Column;
use crate::value::{Arena, Row, Value};
use hashbrown::HashTable;
use hashbrown::hash_table;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// Why a row leaves nowhere although it is there: it is not gone, and nothing of it is sent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Apart {
    /// It leaves.
    #[default]
    No,
    /// It is outside the scope of the sync.
    Outside,
    /// It is about a protected person.
    Protected,
    /// It is about a protected person and outside the scope.
    ProtectedOutside,
}

impl Apart {
    fn of(outside: bool, protected: bool) -> Apart {
        match (protected, outside) {
            (false, false) => Apart::No,
            (false, true) => Apart::Outside,
            (true, false) => Apart::Protected,
            (true, true) => Apart::ProtectedOutside,
        }
    }

    /// True if it is about a protected person.
    pub fn is_protected(self) -> bool {
        matches!(self, Apart::Protected | Apart::ProtectedOutside)
    }

    /// True if it is outside the scope.
    pub fn is_outside(self) -> bool {
        matches!(self, Apart::Outside | Apart::ProtectedOutside)
    }

    /// Both marks.
    #[must_use]
    pub fn and(self, other: Apart) -> Apart {
        Apart::of(self.is_outside() || other.is_outside(), self.is_protected() || other.is_protected())
    }

    /// True if the other mark adds nothing to this one.
    pub fn has(self, other: Apart) -> bool {
        self.and(other) == self
    }
}

/// Why what a value leads to leaves nowhere, if it leads to a record that does not.
pub fn apart_of(machine: &Machine<'_, '_>, value: Value<'_>) -> Apart {
    match value {
        Value::Row(row) => machine.tables.table(row.table).apart(row.row),
        _ => Apart::No,
    }
}

/// The rows of a block in at most two groups: those that go on, and those that leave nowhere (`true`).
pub fn by_inside(rows: usize, apart: impl Fn(usize) -> Apart) -> impl Iterator<Item = (bool, Vec<u32>)> {
    // Mostly all of them go on.
    let (inside, others): (Vec<u32>, Vec<u32>) = match (0..rows).all(|row| apart(row) == Apart::No) {
        true => (Vec::new(), (0..rows as u32).collect()),
        false => (0..rows as u32).partition(|&row| apart(row as usize) != Apart::No),
    };
    [(false, others), (true, inside)].into_iter().filter(|(_, rows)| !rows.is_empty())
}

/// The rows of a table.
pub enum Rows<'t> {
    /// As read: batches, and the number of the first row of each.
    Wire {
        /// The batches.
        batches: &'t [Batch],
        /// Number of the first row of each batch.
        first: Vec<u32>,
        /// By field of the entity; `None` for fields that the plan does not need.
        columns: &'t [Option<Column>],
    },
    /// As made, or as given.
    Made(Columns<'t>),
    /// Rows of a set: its slots one by one.
    Slots(Vec<Slot<'t>>),
}

/// The values of one slot of all rows. Most slots hold records of one table, for which a number says enough.
#[derive(Clone)]
pub enum Slot<'t> {
    /// Records of one table by their rows; [`END`] for absent.
    Records {
        /// The table; [`END`] as long as all are absent.
        table: u32,
        /// The rows.
        rows: Vec<u32>,
    },
    /// Texts by their numbers; [`END`] for absent.
    Texts {
        /// The texts.
        dictionary: &'t Arc<Dictionary>,
        /// Their numbers.
        numbers: Vec<u32>,
    },
    /// Lists of the rows of a table, which stand one after the other.
    Groups {
        /// The table.
        table: u32,
        /// The row behind the last one of each list.
        ends: Vec<u32>,
    },
    /// Values of any kind.
    Values(Vec<Value<'t>>),
}

impl Default for Slot<'_> {
    fn default() -> Self {
        Slot::Records { table: END, rows: Vec::new() }
    }
}

impl<'t> Slot<'t> {
    /// How many rows there are. A slot that has no value in any row may say that there are none.
    pub fn len(&self) -> usize {
        match self {
            Slot::Records { rows, .. } => rows.len(),
            Slot::Texts { numbers, .. } => numbers.len(),
            Slot::Groups { ends, .. } => ends.len(),
            Slot::Values(values) => values.len(),
        }
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// True if it has no value in any row.
    pub fn is_unset(&self) -> bool {
        matches!(self, Slot::Records { table: END, .. })
    }

    /// The value in a row; absent in one that has none.
    #[inline]
    pub fn value<'a>(&self, row: usize, arena: &'a Arena) -> Value<'a>
    where
        't: 'a,
    {
        match self.group(row) {
            Some((table, rows)) => {
                let rows = rows.map(|row| Value::Row(Row { table, row }));
                Value::List(arena.alloc_slice_fill_iter(rows))
            }
            None => self.get(row),
        }
    }

    /// The rows of a group and their table, if that is what stands in a row.
    #[inline]
    fn group(&self, row: usize) -> Option<(u32, Range<u32>)> {
        let Slot::Groups { table, ends } = self else { return None };
        let start = row.checked_sub(1).map_or(0, |before| ends[before]);
        Some((*table, start..ends[row]))
    }

    /// The value in a row, if it is no list of the rows of a group, which [`Slot::value`] makes.
    #[inline]
    pub fn get(&self, row: usize) -> Value<'t> {
        match self {
            Slot::Records { table, rows } => match rows.get(row) {
                None | Some(&END) => Value::Absent,
                Some(&row) => Value::Row(Row { table: *table, row }),
            },
            Slot::Texts { dictionary, numbers } => match numbers[row] {
                END => Value::Absent,
                number => Value::Text(dictionary.text(number)),
            },
            Slot::Groups { .. } => Value::Absent,
            Slot::Values(values) => values[row],
        }
    }

    /// The same with its lists of the rows of a group made.
    #[must_use]
    pub fn with_lists(self, arena: &'t Arena) -> Slot<'t> {
        match self {
            Slot::Groups { .. } => Slot::Values((0..self.len()).map(|row| self.value(row, arena)).collect()),
            slot => slot,
        }
    }

    /// Adds the value of the next row.
    pub fn push(&mut self, value: Value<'t>) {
        match (&mut *self, value) {
            (Slot::Records { rows, .. }, Value::Absent) => rows.push(END),
            (Slot::Records { table, rows }, Value::Row(row)) if *table == row.table || *table == END => {
                *table = row.table;
                rows.push(row.row);
            }
            (Slot::Values(values), value) => values.push(value),
            (_, value) => {
                let mut values: Vec<Value<'t>> = (0..self.len()).map(|row| self.get(row)).collect();
                values.push(value);
                *self = Slot::Values(values);
            }
        }
    }

    /// Adds the text of the next row by its number.
    pub fn push_text(&mut self, dictionary: &'t Arc<Dictionary>, number: u32) {
        match self {
            Slot::Texts { dictionary: known, numbers } if Arc::ptr_eq(known, dictionary) => numbers.push(number),
            empty if empty.is_empty() => *empty = Slot::Texts { dictionary, numbers: vec![number] },
            slot if number == END => slot.push(Value::Absent),
            slot => slot.push(Value::Text(dictionary.text(number))),
        }
    }

    /// Adds the values of the rows that come next.
    pub fn append(&mut self, more: Slot<'t>) {
        match (&mut *self, more) {
            (empty, more) if empty.is_empty() => *empty = more,
            (Slot::Values(values), Slot::Values(more)) => values.extend(more),
            (Slot::Records { table, rows }, Slot::Records { table: other, rows: more })
                if *table == other || *table == END || other == END =>
            {
                *table = if *table == END { other } else { *table };
                rows.extend(more);
            }
            (Slot::Texts { dictionary, numbers }, Slot::Texts { dictionary: other, numbers: more })
                if Arc::ptr_eq(dictionary, other) =>
            {
                numbers.extend(more);
            }
            (slot, more) => (0..more.len()).for_each(|row| slot.push(more.get(row))),
        }
    }

    /// The values of some rows.
    #[must_use]
    pub fn of(&self, chosen: &[u32]) -> Slot<'t> {
        let some = |of: &[u32]| chosen.iter().map(|&row| of[row as usize]).collect();
        match self {
            Slot::Records { rows, .. } if rows.is_empty() => Slot::default(),
            Slot::Records { table, rows } => Slot::Records { table: *table, rows: some(rows) },
            Slot::Texts { dictionary, numbers } => Slot::Texts { dictionary, numbers: some(numbers) },
            Slot::Groups { .. } => unreachable!("a set has lists of the rows of a group when it is done"),
            Slot::Values(values) => Slot::Values(chosen.iter().map(|&row| values[row as usize]).collect()),
        }
    }
}

/// Records of an entity, rows of a set, or rows inside groups.
pub struct Table<'t> {
    /// The rows.
    pub rows: Rows<'t>,
    /// How many.
    pub len: u32,
    /// False for rows that do not take part: duplicates, protected, out of scope.
    pub alive: Option<Vec<bool>>,
    /// Rows that go through everything, marked, and leave nowhere.
    pub apart: Option<Vec<Apart>>,
    /// Rows by the hash of their key.
    pub by_key: OnceLock<Index>,
    /// Rows by the record that a `ref` field leads to.
    pub referrers: Vec<(u16, OnceLock<Index>)>,
    /// Of given values (test cases): row and field of those that cannot be read, and why.
    pub broken: Vec<(u32, u16, Failure)>,
}

/// Rows by a hash, in order of rows.
///
/// An entry holds 64 bits of the hash beside its row, and the shelf that it stands on is chosen by more of them, which tells the
/// keys of any register apart; where rows share a hash, the entry names the last of them, which leads to the first, and
/// each to the next. Shelves grow one by one, so that growing never needs room for everything twice.
#[derive(Default, Debug)]
pub struct Index {
    shelves: Vec<HashTable<Entry>>,
    /// The row after each with the same hash; empty as long as all hashes differ.
    next: Vec<u32>,
    rows: u32,
}

/// A part of a hash and the last row that has it.
type Entry = ([u32; 2], u32);

/// No row.
pub const END: u32 = u32::MAX;

impl Index {
    /// Shelves of an index with many rows, or with nobody knows how many.
    const SHELVES: usize = 64;
    /// So many rows stand on one shelf.
    const FEW: u32 = 4096;

    /// An empty index of a table with this many rows.
    pub fn of(rows: u32) -> Index {
        let count = if rows > Index::FEW { Index::SHELVES } else { 1 };
        let shelf = || HashTable::with_capacity(rows as usize / count);
        Index { shelves: (0..count).map(|_| shelf()).collect(), next: Vec::new(), rows }
    }

    /// Adds a row; rows must come in order. Gives the first row with this hash, if there is one.
    pub fn add(&mut self, hash: u128, row: u32) -> Option<u32> {
        if self.shelves.is_empty() {
            self.shelves.resize_with(Index::SHELVES, HashTable::new);
        }
        let (part, shelf) = (part(hash), shelf(hash, self.shelves.len()));
        let entry = self.shelves[shelf].entry(place(part), |entry| entry.0 == part, |entry| place(entry.0));
        match entry {
            hash_table::Entry::Vacant(entry) => {
                entry.insert((part, row));
                None
            }
            hash_table::Entry::Occupied(mut entry) => {
                self.next.extend(self.next.len() as u32..self.rows.max(row + 1));
                let last = std::mem::replace(&mut entry.get_mut().1, row);
                let first = std::mem::replace(&mut self.next[last as usize], row);
                self.next[row as usize] = first;
                Some(first)
            }
        }
    }

    /// The rows with this hash.
    pub fn rows(&self, hash: u128) -> impl Iterator<Item = u32> + '_ {
        let last = self.last(hash);
        let mut row = last.map_or(END, |last| self.after(last));
        std::iter::from_fn(move || {
            (row != END).then(|| {
                let this = row;
                row = if Some(this) == last { END } else { self.after(this) };
                this
            })
        })
    }

    /// The first row with this hash.
    pub fn first(&self, hash: u128) -> Option<u32> {
        self.last(hash).map(|last| self.after(last))
    }

    fn last(&self, hash: u128) -> Option<u32> {
        let part = part(hash);
        let shelf = self.shelves.get(shelf(hash, self.shelves.len()))?;
        shelf.find(place(part), |entry| entry.0 == part).map(|entry| entry.1)
    }

    fn after(&self, row: u32) -> u32 {
        self.next.get(row as usize).copied().unwrap_or(row)
    }
}

/// The part of a hash that an entry holds.
fn part(hash: u128) -> [u32; 2] {
    [hash as u32, (hash >> 32) as u32]
}

/// Where an entry stands on its shelf. Rows of a table are numbered, so their hashes differ in the low bits alone; a shelf looks at
/// the high ones too.
fn place(part: [u32; 2]) -> u64 {
    (u64::from(part[0]) | u64::from(part[1]) << 32).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// The shelf of a hash: by bits of it that its entry does not hold, and by bits of its place that the shelf looks at least.
fn shelf(hash: u128, count: usize) -> usize {
    ((place(part(hash)) >> 40) as usize ^ (hash >> 64) as usize) & count.saturating_sub(1)
}

/// Which keys were there, by their hashes, and the row that each was first in. An entry is the row alone; its part of the hash stands
/// in the order of rows.
#[derive(Default)]
pub struct Known {
    shelves: Vec<HashTable<u32>>,
    parts: Vec<[u32; 2]>,
}

impl Known {
    /// Makes room for about so many rows. That is a guess, so it is not for more than some millions, and only if there is any.
    pub fn expect(&mut self, rows: usize) {
        let rows = rows.min(1 << 22);
        self.shelves.resize_with(Index::SHELVES, HashTable::new);
        let parts = &self.parts;
        let each = rows / Index::SHELVES + rows / Index::SHELVES / 32;
        let room = |shelf: &mut HashTable<u32>| shelf.try_reserve(each, |row| place(parts[*row as usize])).is_ok();
        let _ = self.shelves.iter_mut().all(room) && self.parts.try_reserve_exact(rows).is_ok();
    }

    /// Adds rows behind all others; a row may have no key. Gives of each the first row with its key, if there is one before it. Keys
    /// lie all over the memory: first all of them are looked for, so that they are waited for together.
    pub fn add(&mut self, hashes: &[Option<u128>]) -> Vec<Option<u32>> {
        if self.shelves.is_empty() {
            self.shelves.resize_with(Index::SHELVES, HashTable::new);
        }
        let mut known: Vec<_> = hashes.iter().map(|hash| self.first((*hash)?)).collect();
        let first = self.parts.len() as u32;
        self.parts.extend(hashes.iter().map(|hash| hash.map_or([0; 2], part)));
        for ((known, hash), row) in known.iter_mut().zip(hashes).zip(first..) {
            if let (None, Some(hash)) = (&known, *hash) {
                *known = self.put(hash, row);
            }
        }
        known
    }

    /// Puts a row on its shelf, if no row before it has its key; else gives that.
    fn put(&mut self, hash: u128, row: u32) -> Option<u32> {
        let (part, shelf, parts) = (part(hash), shelf(hash, self.shelves.len()), &self.parts);
        let place_of = |row: &u32| place(parts[*row as usize]);
        match self.shelves[shelf].entry(place(part), |row| parts[*row as usize] == part, place_of) {
            hash_table::Entry::Vacant(entry) => {
                entry.insert(row);
                None
            }
            hash_table::Entry::Occupied(entry) => Some(*entry.get()),
        }
    }

    /// The first row with a key.
    pub fn first(&self, hash: u128) -> Option<u32> {
        let part = part(hash);
        let shelf = self.shelves.get(shelf(hash, self.shelves.len()))?;
        shelf.find(place(part), |row| self.parts[*row as usize] == part).copied()
    }
}

impl<'t> Table<'t> {
    /// A table of rows as they were read.
    pub fn wire(batches: &'t [Batch], columns: &'t [Option<Column>]) -> Table<'t> {
        let mut first = Vec::with_capacity(batches.len());
        let mut len = 0;
        for batch in batches {
            first.push(len);
            len += batch.len() as u32;
        }
        Table::of(Rows::Wire { batches, first, columns }, len)
    }

    /// A table of values, row by row, so many each.
    pub fn values(width: usize, values: &[Value<'t>]) -> Table<'t> {
        Table::made(Columns::of_records(width, values))
    }

    /// A table of made records.
    pub fn made(values: Columns<'t>) -> Table<'t> {
        let len = values.len() as u32;
        Table::of(Rows::Made(values), len)
    }

    /// The rows of a set, by its slots.
    pub fn slots(slots: Vec<Slot<'t>>, rows: usize) -> Table<'t> {
        Table::of(Rows::Slots(slots), rows as u32)
    }

    fn of(rows: Rows<'t>, len: u32) -> Table<'t> {
        Table {
            rows,
            len,
            alive: None,
            apart: None,
            by_key: OnceLock::new(),
            referrers: Vec::new(),
            broken: Vec::new(),
        }
    }

    /// True if a row takes part.
    pub fn is_alive(&self, row: u32) -> bool {
        self.alive.as_ref().is_none_or(|alive| alive[row as usize])
    }

    /// Why a row leaves nowhere, if it does not.
    pub fn apart(&self, row: u32) -> Apart {
        self.apart.as_ref().map_or(Apart::No, |apart| apart[row as usize])
    }

    /// Marks a row; a mark that it has stays.
    pub fn set_apart(&mut self, row: u32, why: Apart) {
        let len = self.len as usize;
        let mark = &mut self.apart.get_or_insert_with(|| vec![Apart::No; len])[row as usize];
        *mark = mark.and(why);
    }

    /// Takes a row out.
    pub fn kill(&mut self, row: u32) {
        let len = self.len as usize;
        self.alive.get_or_insert_with(|| vec![true; len])[row as usize] = false;
    }

    /// The numbers of the rows that take part.
    pub fn living(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.len).filter(|&row| self.is_alive(row))
    }

    /// The same as a list.
    pub fn all_living(&self) -> Vec<u32> {
        if self.alive.is_none() { (0..self.len).collect() } else { self.living().collect() }
    }

    /// Where a row came from, in words: file and line.
    pub fn origin(&self, row: u32) -> Option<String> {
        let Rows::Wire { batches, first, .. } = &self.rows else { return None };
        let index = batch_of(first, row);
        let batch = &batches[index];
        Some(format!("{}:{}", batch.from, batch.lines.get((row - first[index]) as usize)))
    }

    /// The delivery that a row comes from, counted from the last.
    pub fn turn(&self, row: u32) -> u32 {
        match &self.rows {
            Rows::Wire { batches, first, .. } => batches[batch_of(first, row)].turn,
            Rows::Made(_) | Rows::Slots(_) => 0,
        }
    }

    /// The value in a slot of a row of values. The arena is for lists of the rows of a group.
    pub fn slot_value<'a>(&self, row: u32, slot: u16, arena: &'a Arena) -> Value<'a>
    where
        't: 'a,
    {
        match &self.rows {
            Rows::Slots(slots) => slots[slot as usize].value(row as usize, arena),
            _ => self.slot(row, slot),
        }
    }

    /// The value in a slot of a row of values, if it is no list of the rows of a group, which [`Table::slot_value`] makes.
    pub fn slot(&self, row: u32, slot: u16) -> Value<'t> {
        match &self.rows {
            Rows::Made(values) => values.value(row as usize, usize::from(slot)),
            Rows::Slots(slots) => slots[slot as usize].get(row as usize),
            Rows::Wire { .. } => Value::Absent,
        }
    }

    /// How many rows there are in a group, if that is what stands in a slot of a row of values.
    pub fn group_len(&self, row: u32, slot: u16) -> Option<usize> {
        let Rows::Slots(slots) = &self.rows else { return None };
        slots[slot as usize].group(row as usize).map(|(_, rows)| rows.len())
    }

    /// The values in a slot of some of its rows. The arena is for lists of the rows of groups.
    pub fn fill_slot<'a>(&self, slot: u16, of: &[Row], into: &mut [Value<'a>], arena: &'a Arena)
    where
        't: 'a,
    {
        match &self.rows {
            Rows::Slots(slots) => {
                let slot = &slots[slot as usize];
                into.iter_mut().zip(of).for_each(|(value, row)| *value = slot.value(row.row as usize, arena));
            }
            _ => into.iter_mut().zip(of).for_each(|(value, row)| *value = self.slot(row.row, slot)),
        }
    }

    /// The cell of a column and the batch that it borrows from. `near` is the batch of the row before: rows that are asked for
    /// one after the other mostly lie in one.
    #[inline]
    pub fn cell(&self, row: u32, slot: usize, near: &mut usize) -> (&'t Batch, Cell) {
        let (batch, row) = self.place(row, near);
        (batch, batch.cell(row, slot))
    }

    /// The batch that a row lies in, and its number there.
    #[inline]
    pub fn place(&self, row: u32, near: &mut usize) -> (&'t Batch, usize) {
        let Rows::Wire { batches, first, .. } = &self.rows else {
            unreachable!("only tables that were read have cells")
        };
        if row < first[*near] || first.get(*near + 1).is_some_and(|&next| row >= next) {
            *near = batch_of(first, row);
        }
        (&batches[*near], (row - first[*near]) as usize)
    }
}

/// The batch that a row lies in, by the number of the first row of each. Batches are of nearly the same size, so the first
/// guess is mostly right.
pub fn batch_of(first: &[u32], row: u32) -> usize {
    let size = first.get(1).copied().unwrap_or(u32::MAX).max(1);
    let mut index = ((row / size) as usize).min(first.len() - 1);
    while first[index] > row {
        index -= 1;
    }
    while first.get(index + 1).is_some_and(|&start| start <= row) {
        index += 1;
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(table: u32, row: u32) -> Value<'static> {
        Value::Row(Row { table, row })
    }

    fn shown(slot: &Slot<'_>, arena: &Arena) -> Vec<String> {
        let value = |row| match slot.value(row, arena) {
            Value::Absent => "-".to_string(),
            Value::Row(row) => format!("{}.{}", row.table, row.row),
            Value::List(items) => items.len().to_string(),
            Value::Int(number) => number.to_string(),
            _ => "?".to_string(),
        };
        (0..slot.len()).map(value).collect()
    }

    #[test]
    fn rows_without_a_value_are_rows() {
        let arena = Arena::new();
        let mut slot = Slot::default();
        (0..3).for_each(|_| slot.push(Value::Absent));
        let mut some = slot.of(&[2, 0]);
        assert_eq!(shown(&some, &arena), ["-", "-"]);
        let mut more = Slot::default();
        more.push(record(7, 4));
        some.append(more);
        some.append(slot);
        assert_eq!(shown(&some, &arena), ["-", "-", "7.4", "-", "-", "-"]);
        let mut others = Slot::default();
        others.push(record(8, 1));
        others.push(Value::Int(5));
        some.append(others);
        assert_eq!(shown(&some.of(&[6, 2, 7]), &arena), ["8.1", "7.4", "5"]);
    }

    #[test]
    fn groups_are_lists_of_rows_that_follow_one_another() {
        let arena = Arena::new();
        let groups: Slot<'_> = Slot::Groups { table: 3, ends: vec![2, 2, 5] };
        assert_eq!(shown(&groups, &arena), ["2", "0", "3"]);
        assert!(
            matches!(groups.value(2, &arena), Value::List([first, ..]) if matches!(first, Value::Row(Row { table: 3, row: 2 })))
        );
        let table = Table::slots(vec![groups.clone(), Slot::default()], 3);
        assert_eq!([0, 1, 2].map(|row| table.group_len(row, 0)), [Some(2), Some(0), Some(3)]);
        assert_eq!(table.group_len(0, 1), None);
        let lists = groups.with_lists(&arena);
        assert_eq!(shown(&lists.of(&[2, 0]), &arena), ["3", "2"]);
    }

    #[test]
    fn the_first_row_with_a_key_is_known() {
        let mut known = Known::default();
        let hash = |key: u128| Some(key << 64 | key);
        assert_eq!(known.add(&[hash(5), None]), [None, None]);
        assert_eq!(known.add(&[hash(6), hash(5), hash(5), hash(6), hash(0)]), [None, Some(0), Some(0), Some(2), None]);
        let all = [hash(9), None, hash(6), hash(9), hash(8), None];
        assert_eq!(known.add(&all), [None, None, Some(2), Some(7), None, None]);
        assert_eq!(known.add(&[hash(8)]), [Some(11)]);
        assert_eq!(known.first(hash(0).unwrap_or_default()), Some(6));
    }

    #[test]
    fn keys_for_which_there_is_room_are_known() {
        for rows in [0, 1, 5_000] {
            let mut known = Known::default();
            known.expect(rows);
            let hashes: Vec<_> = (0..2_000u128).map(|key| Some((key % 1_500) << 64 | (key % 1_500) << 3)).collect();
            let firsts = known.add(&hashes);
            assert!(
                firsts.iter().enumerate().all(|(row, first)| *first == row.checked_sub(1_500).map(|row| row as u32))
            );
        }
    }
}
