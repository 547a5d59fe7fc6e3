//! A block: some rows that are worked together, with a column of values for each variable.
//!
//! An expression is worked for all rows of a block before the next one is, so what a node costs besides its work is paid
//! once for hundreds of rows. A row in which something fails is left out of what comes after, and keeps its failure.

use super::Stop;
use super::unread::Unread;
use crate::value::{Arena, Value};
use std::borrow::Cow;

/// The values of a variable or an expression, one for each row of a block. Those of rows that were not asked for mean nothing.
pub type Column<'a> = Vec<Value<'a>>;

/// How many rows are worked together: a handful of columns stays in the nearest cache of the processor.
pub const BLOCK: usize = 256;

/// Rows that are worked together.
pub struct Block<'a> {
    /// Where values that are worked out live.
    arena: &'a Arena,
    rows: usize,
    /// By number; empty for one that has no value yet.
    variables: Vec<Column<'a>>,
    /// The variable whose values are read when somebody asks for them.
    unread: Option<Unread<'a>>,
    /// The rows that have failed, and why.
    stops: Vec<(u32, Box<Stop>)>,
    failed: Vec<bool>,
    /// Columns that nobody uses any more.
    spare: Vec<Column<'a>>,
    /// What was read already, by the first node that reads it.
    read: Vec<Read<'a>>,
}

/// Values that were read for some rows of a block.
struct Read<'a> {
    node: u32,
    column: Column<'a>,
    known: Vec<bool>,
}

impl<'a> Block<'a> {
    /// A block of so many rows and variables, whose values live in an arena.
    pub fn new(rows: usize, variables: usize, arena: &'a Arena) -> Block<'a> {
        Block {
            arena,
            rows,
            variables: (0..variables).map(|_| Vec::new()).collect(),
            unread: None,
            stops: Vec::new(),
            failed: vec![false; rows],
            spare: Vec::new(),
            read: Vec::new(),
        }
    }

    /// Forgets everything, for other rows.
    pub fn begin(&mut self, rows: usize, variables: usize) {
        self.rows = rows;
        self.unread = None;
        self.stops.clear();
        self.failed.clear();
        self.failed.resize(rows, false);
        self.spare.extend(self.variables.drain(..).filter(|column| column.capacity() > 0));
        self.variables.resize_with(variables, Vec::new);
        self.spare.extend(self.read.drain(..).map(|read| read.column));
    }

    /// Where values that are worked out live.
    pub fn arena(&self) -> &'a Arena {
        self.arena
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many variables there are.
    pub fn variables(&self) -> usize {
        self.variables.len()
    }

    /// The values of a variable; empty if it has none yet.
    pub fn variable(&self, number: u16) -> &[Value<'a>] {
        &self.variables[number as usize]
    }

    /// Sets a variable.
    pub fn set(&mut self, number: u16, column: Column<'a>) {
        let before = std::mem::replace(&mut self.variables[number as usize], column);
        self.give_back(before);
    }

    /// Sets a variable whose values are read when somebody asks for them.
    pub fn set_unread(&mut self, unread: Unread<'a>) {
        self.unread = Some(unread);
    }

    /// The variable, if it is one whose values were not read.
    pub fn unread(&self, number: u16) -> Option<&Unread<'a>> {
        self.unread.as_ref().filter(|unread| unread.variable == number)
    }

    /// The values of a variable, read if they are not; none if it has no values yet.
    pub fn values(&self, number: u16) -> Cow<'_, [Value<'a>]> {
        match self.unread(number) {
            Some(unread) => Cow::Owned(unread.column(self.arena)),
            None => Cow::Borrowed(self.variable(number)),
        }
    }

    /// A column to write into.
    pub fn column(&mut self) -> Column<'a> {
        let mut column = self.spare.pop().unwrap_or_default();
        column.resize(self.rows, Value::Absent);
        column
    }

    /// Takes back a column that nobody needs any more.
    pub fn give_back(&mut self, column: Column<'a>) {
        if column.capacity() > 0 {
            self.spare.push(column);
        }
    }

    /// Copies what was read already for some rows to its places, and gives the rows for which it was not.
    pub fn recall(&self, node: u32, rows: &[u32], out: &mut [Value<'a>]) -> Option<Vec<u32>> {
        let read = self.read.iter().find(|read| read.node == node)?;
        let mut unknown = Vec::new();
        if rows.len() == self.rows && !read.known.contains(&false) {
            out.copy_from_slice(&read.column);
            return Some(unknown);
        }
        for &row in rows {
            if read.known[row as usize] {
                out[row as usize] = read.column[row as usize];
            } else {
                unknown.push(row);
            }
        }
        Some(unknown)
    }

    /// Remembers what was read for some rows.
    pub fn remember(&mut self, node: u32, rows: &[u32], values: &[Value<'a>]) {
        let at = self.read.iter().position(|read| read.node == node).unwrap_or_else(|| {
            let column = self.column();
            self.read.push(Read { node, column, known: vec![false; self.rows] });
            self.read.len() - 1
        });
        let Read { column, known, .. } = &mut self.read[at];
        if rows.len() == self.rows && self.stops.is_empty() {
            column.copy_from_slice(values);
            known.fill(true);
            return;
        }
        for &row in rows.iter().filter(|row| !self.failed[**row as usize]) {
            column[row as usize] = values[row as usize];
            known[row as usize] = true;
        }
    }

    /// A row has failed. Of several failures the first counts.
    pub fn fail(&mut self, row: u32, stop: Box<Stop>) {
        if !std::mem::replace(&mut self.failed[row as usize], true) {
            self.stops.push((row, stop));
        }
    }

    /// True if a row has failed.
    pub fn has_failed(&self, row: u32) -> bool {
        self.failed[row as usize]
    }

    /// A place in time, for [`Block::left`] and [`Block::recover`].
    pub fn mark(&self) -> usize {
        self.stops.len()
    }

    /// The rows without those that have failed since a mark.
    pub fn left<'r>(&self, rows: impl Into<Cow<'r, [u32]>>, mark: usize) -> Cow<'r, [u32]> {
        let rows = rows.into();
        if self.stops.len() == mark {
            return rows;
        }
        Cow::Owned(rows.iter().copied().filter(|&row| !self.failed[row as usize]).collect())
    }

    /// Takes back the failures since a mark, in order of rows: these rows go on.
    pub fn recover(&mut self, mark: usize) -> Vec<(u32, Box<Stop>)> {
        let mut stops = self.stops.split_off(mark);
        stops.iter().for_each(|(row, _)| self.failed[*row as usize] = false);
        stops.sort_by_key(|(row, _)| *row);
        stops
    }
}
