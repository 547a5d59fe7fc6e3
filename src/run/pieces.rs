//! Rows of a set on their way from step to step, and pieces of them that a step works side by side.

use super::alike::{Alike, Way};
use super::eval::block::{Block, Column};
use super::eval::{Frame, Machine};
use super::fate::{Fallen, Reason, Who};
use super::key::{Hasher, key_text};
use super::numbers::{ByNumber, Numbered, OPEN, fill_in, numbers_of};
use super::table::{Apart, Index, Slot, apart_of};
use crate::check::typed::{Dropped, ExprId, KeyPart};
use crate::value::{Arena, Row, Value};
use std::sync::Arc;

/// The rows of a set on their way: a column for each variable.
pub struct Rows<'t> {
    /// Steps that change nothing about a variable hand its column on.
    pub(super) slots: Vec<Arc<Slot<'t>>>,
    pub(super) apart: Vec<Apart>,
}

impl<'t> Rows<'t> {
    pub(super) fn len(&self) -> usize {
        self.apart.len()
    }

    /// The variables of a row.
    fn frame(&self, row: usize) -> Frame<'t> {
        self.slots.iter().map(|slot| slot.get(row)).collect()
    }

    /// The variables of the rows that leave, one row after the other.
    pub fn frames(&self) -> impl Iterator<Item = Frame<'t>> + '_ {
        (0..self.len()).filter(|&row| self.apart[row] == Apart::No).map(|row| self.frame(row))
    }

    /// Some of the rows, in this order.
    pub(super) fn of(&self, chosen: &[u32], apart: Vec<Apart>) -> Rows<'t> {
        let all = chosen.len() == self.len() && chosen.iter().enumerate().all(|(at, &row)| at == row as usize);
        let some = |slot: &Arc<Slot<'t>>| if all { slot.clone() } else { Arc::new(slot.of(chosen)) };
        Rows { slots: self.slots.iter().map(some).collect(), apart }
    }
}

/// The rows of a table by what they are joined on.
#[derive(Clone)]
pub enum Joined {
    /// By hashes.
    Hashed(Arc<Index>),
    /// By the numbers of texts.
    Numbered(Arc<ByNumber>),
}

/// What a step makes of some rows.
#[derive(Default)]
pub(super) struct Grown<'t> {
    /// The row that each new one comes from.
    pub(super) from: Vec<u32>,
    pub(super) apart: Vec<Apart>,
    /// The values of the variables that the step sets.
    pub(super) set: [Slot<'t>; 2],
    /// Where keys are worked out: their hashes, or the numbers of their texts.
    pub(super) keys: Vec<u128>,
    /// Values that go with the keys, so many a row.
    pub(super) values: Vec<Value<'t>>,
    pub(super) fallen: Fallen,
}

impl<'t> Grown<'t> {
    /// For so many rows.
    pub(super) fn of(rows: usize) -> Grown<'t> {
        Grown { from: Vec::with_capacity(rows), apart: Vec::with_capacity(rows), ..Grown::default() }
    }

    pub(super) fn push(&mut self, from: u32, apart: Apart) {
        self.from.push(from);
        self.apart.push(apart);
    }

    pub(super) fn push_with(&mut self, from: u32, apart: Apart, value: Value<'t>) {
        self.push(from, apart);
        self.set[0].push(value);
    }

    /// The same in the order of the rows that it comes from: rows of a block that leave nowhere are worked after the others.
    pub(super) fn in_order(self) -> Grown<'t> {
        if self.from.is_sorted() {
            return self;
        }
        let mut order: Vec<u32> = (0..self.from.len() as u32).collect();
        order.sort_by_key(|&at| self.from[at as usize]);
        let width = self.values.len() / self.from.len();
        let values = |&at: &u32| &self.values[at as usize * width..(at as usize + 1) * width];
        Grown {
            from: order.iter().map(|&at| self.from[at as usize]).collect(),
            apart: order.iter().filter_map(|&at| self.apart.get(at as usize).copied()).collect(),
            set: [self.set[0].of(&order), self.set[1].of(&order)],
            keys: order.iter().filter_map(|&at| self.keys.get(at as usize).copied()).collect(),
            values: order.iter().flat_map(values).copied().collect(),
            fallen: self.fallen,
        }
    }
}

/// What rows are joined with.
pub(super) struct On<'e, 't> {
    pub(super) number: u32,
    pub(super) slot: u16,
    pub(super) equal: &'e [(ExprId, ExprId, u32)],
    pub(super) rest: Option<ExprId>,
    pub(super) index: &'e Joined,
    /// The left side, where it has numbers.
    pub(super) left: Option<Numbered<'e, 'e, 't>>,
    /// Where its records lie.
    pub(super) way: Option<Way<'e>>,
}

/// Some rows while a step works on them.
pub(super) struct Piece<'p, 't> {
    pub(super) machine: Machine<'p, 't>,
    pub(super) name: &'p str,
    pub(super) key: &'p [KeyPart],
    pub(super) rows: &'p Rows<'t>,
    /// The number of the first row of the block.
    pub(super) start: usize,
    pub(super) block: Block<'t>,
    /// True if the variables of the block have their values. Mostly nobody asks for them.
    filled: bool,
    pub(super) out: Grown<'t>,
    /// Rows that fell without being reported one by one: those about which it was decided, and the others.
    pub(super) fell: [u64; 2],
}

impl<'p, 't> Piece<'p, 't> {
    /// Some rows on whom nobody has worked yet.
    pub(super) fn of(
        machine: Machine<'p, 't>,
        (name, key): (&'p str, &'p [KeyPart]),
        rows: &'p Rows<'t>,
        count: usize,
        arena: &'t Arena,
    ) -> Piece<'p, 't> {
        let block = Block::new(0, 0, arena);
        Piece { machine, name, key, rows, start: 0, block, filled: false, out: Grown::of(count), fell: [0; 2] }
    }

    /// Turns to the rows of a block.
    pub(super) fn begin(&mut self, start: usize, end: usize) {
        self.start = start;
        self.block.begin(end - start, self.rows.slots.len());
        self.filled = false;
    }

    /// Gives the variables of the block their values.
    fn fill(&mut self) {
        if std::mem::replace(&mut self.filled, true) {
            return;
        }
        for (number, slot) in self.rows.slots.iter().enumerate().filter(|(_, slot)| !slot.is_unset()) {
            let mut column = self.block.column();
            for (at, value) in column.iter_mut().enumerate() {
                *value = slot.get(self.start + at);
            }
            self.block.set(number as u16, column);
        }
    }

    /// The values of an expression for some rows of the block. What is the same for all rows with one text is known already.
    pub(super) fn column(&mut self, expr: ExprId, alike: Option<&Alike<'_, 't>>, chosen: &[u32]) -> Column<'t> {
        let Some(alike) = alike else {
            self.fill();
            return self.machine.column(expr, chosen, &mut self.block);
        };
        let mut column = self.block.column();
        let (mut open, start) = (Vec::new(), self.start as u32);
        for &row in chosen {
            match alike.get(start + row) {
                Some(value) => column[row as usize] = value,
                None => open.push(row),
            }
        }
        if !open.is_empty() {
            self.fill();
            let worked = self.machine.column(expr, &open, &mut self.block);
            open.iter().for_each(|&row| column[row as usize] = worked[row as usize]);
            self.block.give_back(worked);
        }
        column
    }

    /// The numbers of texts for some rows of the block, each with its row. Rows that fail are not there.
    pub(super) fn numbers(
        &mut self,
        numbered: &Numbered<'_, '_, 't>,
        way: Option<&Way<'_>>,
        chosen: &[u32],
    ) -> Vec<(u32, u32)> {
        let Some(way) = way else {
            self.fill();
            return numbered.column(&self.machine, chosen, &mut self.block);
        };
        let mut numbers = way.records(chosen.iter().map(|&row| self.number(row)));
        numbered.of_records(&mut numbers);
        let mut found: Vec<(u32, u32)> = chosen.iter().copied().zip(numbers).collect();
        let open: Vec<u32> = found.iter().filter(|(_, number)| *number == OPEN).map(|(row, _)| *row).collect();
        if !open.is_empty() {
            self.fill();
            fill_in(&mut found, numbered.worked(&self.machine, &open, &mut self.block));
        }
        found
    }

    /// The number of a row of the block among all rows.
    pub(super) fn number(&self, row: u32) -> u32 {
        self.start as u32 + row
    }

    /// Tells of the rows of the block that have failed.
    pub(super) fn failures(&mut self) {
        for (row, stop) in self.block.recover(0) {
            let from = self.number(row);
            let who = self.who(from);
            self.out.fallen.failed(self.name, who, &stop, self.rows.apart[from as usize]);
        }
    }

    /// Finds the rows that are joined to rows of the block: pairs in order of these.
    pub(super) fn candidates(&mut self, on: &On<'_, 't>, chosen: &[u32]) -> Vec<(u32, u32)> {
        let machine = self.machine;
        let pairs: Vec<(u32, u32)> = match on.index {
            Joined::Hashed(index) => {
                self.fill();
                let sides = on.equal.iter().map(|(left, _, ty)| (*left, *ty));
                let hashes = hashes(&machine, sides, chosen, &mut self.block);
                hashes.into_iter().flat_map(|(row, hash)| index.rows(hash).map(move |found| (row, found))).collect()
            }
            Joined::Numbered(index) => {
                let numbers = match &on.left {
                    Some(left) => self.numbers(left, on.way.as_ref(), chosen),
                    None => {
                        self.fill();
                        numbers_of(&machine, on.equal[0].0, &index.dictionary, chosen, &mut self.block)
                    }
                };
                numbers
                    .into_iter()
                    .flat_map(|(row, number)| index.rows(number).map(move |found| (row, found)))
                    .collect()
            }
        };
        let Some(rest) = on.rest else { return pairs };
        self.fill();
        let (mut fitting, mut open) = (Vec::new(), Vec::new());
        for pair in pairs {
            open.push(pair);
            if open.len() == PAIRS {
                self.fitting(on, rest, &mut open, &mut fitting);
            }
        }
        self.fitting(on, rest, &mut open, &mut fitting);
        fitting
    }

    /// Joins a row of the block with those that were found for it.
    pub(super) fn join(
        &mut self,
        on: &On<'_, 't>,
        (optional, drop): (bool, Option<&Dropped>),
        row: u32,
        found: impl Iterator<Item = u32>,
    ) {
        let from = self.number(row);
        let apart = self.rows.apart[from as usize];
        let mut any = false;
        for candidate in found {
            let candidate = Value::Row(Row { table: on.number, row: candidate });
            let about = apart_of(&self.machine, candidate);
            // What is looked up besides is left out if it leaves nowhere; what the row is about marks the row.
            if about != Apart::No && optional && apart == Apart::No {
                continue;
            }
            any = true;
            self.out.push_with(from, apart.and(about), candidate);
        }
        match (any, optional) {
            (true, _) => {}
            (false, true) => self.out.push_with(from, apart, Value::Absent),
            (false, false) => self.fall(drop, false, from, apart),
        }
    }

    /// Keeps the pairs for which what else is asked of them holds.
    fn fitting(&mut self, on: &On<'_, 't>, rest: ExprId, open: &mut Vec<(u32, u32)>, fitting: &mut Vec<(u32, u32)>) {
        let width = self.block.variables().max(usize::from(on.slot) + 1);
        let mut inner = Block::new(open.len(), width, self.block.arena());
        for local in 0..self.block.variables() as u16 {
            let values = self.block.variable(local);
            if !values.is_empty() {
                let column = open.iter().map(|(row, _)| values[*row as usize]).collect();
                inner.set(local, column);
            }
        }
        let candidates = open.iter().map(|&(_, row)| Value::Row(Row { table: on.number, row }));
        inner.set(on.slot, candidates.collect());
        let all: Vec<u32> = (0..open.len() as u32).collect();
        let column = self.machine.column(rest, &all, &mut inner);
        for &at in inner.left(&all, 0).iter() {
            if matches!(column[at as usize], Value::Bool(true)) {
                fitting.push(open[at as usize]);
            }
        }
        inner.recover(0).into_iter().for_each(|(at, stop)| self.block.fail(open[at as usize].0, stop));
        open.clear();
    }

    pub(super) fn fall(&mut self, drop: Option<&Dropped>, undecided: bool, from: u32, apart: Apart) {
        match drop {
            Some(drop) if drop.reject => {
                let key = self.who(from);
                self.out.fallen.rejected(self.name, key, &drop.reason, apart);
            }
            _ => self.fell[usize::from(undecided)] += 1,
        }
    }

    /// Counts the rows of the block that fell without being reported.
    pub(super) fn count(&mut self, drop: Option<&Dropped>) {
        let [decided, undecided] = std::mem::take(&mut self.fell);
        let fallen = &mut self.out.fallen;
        match drop {
            Some(drop) => fallen.count(self.name, Reason::Skipped(drop.reason.to_string()), decided + undecided),
            None => {
                fallen.count(self.name, Reason::Condition, decided);
                fallen.count(self.name, Reason::Undecided, undecided);
            }
        }
    }

    /// A row that falls, as far as it is known.
    pub(super) fn who(&self, from: u32) -> Who {
        let frame = self.rows.frame(from as usize);
        let rows = frame.iter().filter_map(|value| match value {
            Value::Row(row) => Some(*row),
            _ => None,
        });
        let origin = rows.into_iter().find_map(|row| super::key::origin(&self.machine, row));
        Who { key: self.key_so_far(&frame), origin }
    }

    /// The key of a row that falls, as far as it is known.
    fn key_so_far(&self, frame: &Frame<'t>) -> Option<String> {
        let mut parts = Vec::new();
        for part in self.key {
            let (KeyPart::Slot(slot) | KeyPart::Position(slot)) = part;
            match frame[*slot as usize] {
                Value::Row(row) => {
                    parts.push(key_text(&self.machine, row, super::key::record_of(&self.machine, row))?);
                }
                Value::Absent => parts.push(String::new()),
                value => {
                    let mut text = String::new();
                    super::eval::push_text(&mut text, value);
                    parts.push(text);
                }
            }
        }
        (!parts.is_empty()).then(|| parts.join("|"))
    }
}

/// How many pairs of rows are looked at together.
const PAIRS: usize = 1024;

/// The hashes of what is joined on, for the rows in which no part of it is absent.
pub(super) fn hashes<'a, 't: 'a>(
    machine: &Machine<'_, 't>,
    sides: impl Iterator<Item = (ExprId, u32)>,
    rows: &[u32],
    block: &mut Block<'a>,
) -> Vec<(u32, u128)> {
    let scratch = Arena::new();
    let mut hashers: Vec<Hasher> = Vec::new();
    hashers.resize_with(block.rows(), Hasher::default);
    let mut rows = std::borrow::Cow::Borrowed(rows);
    for (expr, ty) in sides {
        let ty = &machine.typed.nodes.types[ty as usize];
        let column = machine.column(expr, &rows, block);
        rows = block.left(rows, 0);
        if rows.iter().any(|&row| column[row as usize].is_absent()) {
            rows = rows.iter().copied().filter(|&row| !column[row as usize].is_absent()).collect();
        }
        for &row in rows.iter() {
            hashers[row as usize].value(ty, column[row as usize], &scratch);
        }
        block.give_back(column);
    }
    rows.iter().map(|&row| (row, hashers[row as usize].finish())).collect()
}
