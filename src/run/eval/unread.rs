//! Structures in lists, which are not read before somebody asks for one of their members.
//!
//! Most rules look at one or two members of an element (`emails[type == "Skola"].value`), and what a condition drops nobody
//! looks at again. So the members stay in their cells. What may be wrong in them is looked for in every element all the same:
//! a defect in the data is told whether or not a rule asks for it.

use crate::adapter::{Batch, Cell};
use crate::plan::Reader;
use crate::run::cell::{BadCell, References, read_cell};
use crate::value::{Arena, Value};
use std::ops::Range;
use std::rc::Rc;

/// The structures of many lists.
pub struct Structures<'a> {
    /// How their members are read.
    readers: &'a [Reader],
    /// Where each lies: in which batch, and its first cell there.
    places: Vec<(&'a Batch, u32)>,
    /// By member: its value in each structure. None for plain texts, which are taken from their cells.
    decoded: Vec<Option<Vec<Value<'a>>>>,
}

impl<'a> Structures<'a> {
    /// None yet, of members that are read so.
    pub fn of(readers: &'a [Reader]) -> Structures<'a> {
        let is_plain = |reader: &Reader| matches!(reader, Reader::Scalar(codec) if codec.is_plain());
        let decoded = readers.iter().map(|reader| (!is_plain(reader)).then(Vec::new)).collect();
        Structures { readers, places: Vec::new(), decoded }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Adds those of a list, in its cells. If something is wrong in it, none of them.
    pub fn add(
        &mut self,
        element: &'a Reader,
        batch: &'a Batch,
        cells: &'a [Cell],
        references: &dyn References,
        arena: &'a Arena,
        warn: &mut dyn FnMut(&'static str),
    ) -> Result<Range<usize>, BadCell<'a>> {
        let start = self.len();
        for &cell in cells {
            let added = match cell {
                Cell::Struct { first } => self.add_one(batch, first, references, arena, warn),
                // Null is no element, and nothing else is one.
                _ => read_cell(element, batch, cell, references, arena, warn).map(drop),
            };
            if let Err(bad) = added {
                self.places.truncate(start);
                self.decoded.iter_mut().flatten().for_each(|column| column.truncate(start));
                return Err(bad);
            }
        }
        Ok(start..self.len())
    }

    fn add_one(
        &mut self,
        batch: &'a Batch,
        first: u32,
        references: &dyn References,
        arena: &'a Arena,
        warn: &mut dyn FnMut(&'static str),
    ) -> Result<(), BadCell<'a>> {
        let readers = self.readers;
        let cells = &batch.inner[first as usize..first as usize + readers.len()];
        for (member, &cell) in cells.iter().enumerate() {
            let decoded = &mut self.decoded[member];
            if decoded.is_none() && is_simple(cell) {
                continue;
            }
            let value = read_cell(&readers[member], batch, cell, references, arena, warn)?;
            if let Some(column) = decoded {
                column.push(value);
            }
        }
        self.places.push((batch, first));
        Ok(())
    }

    /// A plain member of a structure.
    #[inline]
    fn plain(&self, structure: u32, member: usize) -> Value<'a> {
        let (batch, first) = self.places[structure as usize];
        match batch.inner[first as usize + member] {
            Cell::Text { start, len } | Cell::Number { start, len } => Value::text_or_absent(batch.text(start, len)),
            Cell::Bool(truth) => Value::Text(if truth { "true" } else { "false" }),
            _ => Value::Absent,
        }
    }

    /// Puts the members of a structure into their places.
    fn put(&self, structure: u32, members: &mut [Value<'a>]) {
        for (member, into) in members.iter_mut().enumerate() {
            *into = match &self.decoded[member] {
                Some(column) => column[structure as usize],
                None => self.plain(structure, member),
            };
        }
    }

    /// A structure, read.
    pub fn read(&self, structure: u32, arena: &'a Arena) -> Value<'a> {
        let members = arena.alloc_slice_fill_copy(self.readers.len(), Value::Absent);
        self.put(structure, members);
        Value::Struct(members)
    }

    /// A list of some of them, read.
    pub fn list(&self, structures: &[u32], arena: &'a Arena) -> Value<'a> {
        let width = self.readers.len();
        // The members of all structures of a list lie in one place.
        let members = arena.alloc_slice_fill_copy(structures.len() * width, Value::Absent);
        for (at, &structure) in structures.iter().enumerate() {
            self.put(structure, &mut members[at * width..(at + 1) * width]);
        }
        Value::List(arena.alloc_slice_fill_iter(members.chunks_exact(width).map(Value::Struct)))
    }
}

/// True of the cells that a plain text may be read from: reading them cannot fail.
#[inline]
fn is_simple(cell: Cell) -> bool {
    matches!(cell, Cell::Text { .. } | Cell::Number { .. } | Cell::Bool(_) | Cell::Missing | Cell::Null)
}

/// A variable that stands for a structure in each row of a block.
pub struct Unread<'a> {
    /// The variable.
    pub variable: u16,
    /// Many structures.
    pub structures: Rc<Structures<'a>>,
    /// Which of them it is, by row.
    pub which: Vec<u32>,
}

impl<'a> Unread<'a> {
    /// Puts a member of the structures of some rows into their places.
    pub fn member(&self, member: u16, rows: &[u32], out: &mut [Value<'a>]) {
        let (structures, member) = (&*self.structures, member as usize);
        match structures.decoded.get(member) {
            None => rows.iter().for_each(|&row| out[row as usize] = Value::Absent),
            Some(Some(column)) => {
                rows.iter().for_each(|&row| out[row as usize] = column[self.which[row as usize] as usize]);
            }
            Some(None) => {
                rows.iter().for_each(|&row| out[row as usize] = structures.plain(self.which[row as usize], member));
            }
        }
    }

    /// Puts the structures of some rows into their places.
    pub fn read(&self, rows: &[u32], out: &mut [Value<'a>], arena: &'a Arena) {
        rows.iter().for_each(|&row| out[row as usize] = self.structures.read(self.which[row as usize], arena));
    }

    /// The structures of all rows.
    pub fn column(&self, arena: &'a Arena) -> Vec<Value<'a>> {
        self.which.iter().map(|&which| self.structures.read(which, arena)).collect()
    }
}

#[cfg(test)]
mod tests;
