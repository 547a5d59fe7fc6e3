//! What is the same for all rows with one text.
//!
//! In most columns of a list a text stands again and again. A condition that asks for nothing but such a column is worked once for
//! each of its texts, and so is what rows are ordered by. Where a row leads to is followed by numbers, without making values of them.

use super::eval::block::{BLOCK, Block};
use super::eval::{Machine, Odd};
use super::parallel::Arenas;
use super::table::{END, Rows, Slot};
use crate::adapter::packed::Few;
use crate::check::typed::{ExprId, Node, Nodes, children};
use crate::value::{EntityId, Value};
use std::sync::Arc;

/// Where the records lie that an expression leads to: in a variable, or in a slot of the rows of a set that lie there.
pub struct Way<'w> {
    /// The rows of each table on the way, by the rows of the one before.
    steps: Vec<&'w [u32]>,
    /// The table in which it ends.
    pub table: u32,
}

impl<'w> Way<'w> {
    /// The way of an expression from some variables on, if all of it is held as numbers of rows.
    pub fn of<'t: 'w>(machine: &Machine<'w, 't>, expr: ExprId, slots: &'w [Arc<Slot<'t>>]) -> Option<Way<'w>> {
        let (before, slot) = match machine.typed.nodes.node(expr) {
            Node::Local(local) => (None, &**slots.get(usize::from(*local))?),
            Node::RowSlot { of, slot } => {
                let way = Way::of(machine, *of, slots)?;
                let Rows::Slots(slots) = &machine.tables.table(way.table).rows else { return None };
                (Some(way), slots.get(usize::from(*slot))?)
            }
            _ => return None,
        };
        let Slot::Records { table, rows } = slot else { return None };
        let mut steps = before.map_or_else(Vec::new, |way| way.steps);
        steps.push(rows);
        (*table != END).then_some(Way { steps, table: *table })
    }

    /// The records that rows lead to. They lie all over the memory: each step is gone for all of them before the next, so that they
    /// are waited for together.
    pub fn records(&self, rows: impl Iterator<Item = u32>) -> Vec<u32> {
        let mut records: Vec<u32> = rows.collect();
        for step in &self.steps {
            records.iter_mut().for_each(|at| *at = step.get(*at as usize).copied().unwrap_or(END));
        }
        records
    }

    /// The record that a row leads to; [`END`] if there is none.
    #[inline]
    pub fn record(&self, row: u32) -> u32 {
        self.steps.iter().fold(row, |at, rows| rows.get(at as usize).copied().unwrap_or(END))
    }
}

/// The values of an expression that asks for nothing but one column.
pub struct Alike<'w, 't> {
    way: Way<'w>,
    /// The parts of the column: the number of its first row, and where the values of its texts begin.
    parts: Vec<(u32, u32, Few<'t>)>,
    /// The value for no record, and for each text that stands in some row; nothing where it cannot be told.
    values: Vec<Option<Value<'t>>>,
}

/// In so many parts the first row with each text is looked for.
const PARTS: usize = 4;

impl<'w, 't: 'w> Alike<'w, 't> {
    /// Works the expression once for each text, for so many rows with these variables, if there are many more rows than texts.
    pub fn of(
        machine: &Machine<'w, 't>,
        expr: ExprId,
        slots: &'w [Arc<Slot<'t>>],
        rows: usize,
        arenas: &'t Arenas,
    ) -> Option<Alike<'w, 't>> {
        let (of, entity, field) = only_field(&machine.typed.nodes, expr)?;
        let way = Way::of(machine, of, slots).filter(|way| way.table == entity.0)?;
        let Rows::Wire { batches, first, columns } = &machine.tables.table(way.table).rows else { return None };
        let column = columns[usize::from(field)].as_ref().filter(|column| column.plain)?;
        let mut known = 1;
        let part = |(batch, first): (&'t crate::adapter::Batch, &u32)| {
            let few = batch.cells.few(column.slot)?;
            let from = known;
            known += few.count as u32;
            Some((*first, from, few))
        };
        let batches: &'t [_] = batches;
        let parts = batches.iter().zip(first).map(part).collect::<Option<Vec<_>>>()?;
        if rows < 8 * (known as usize + 64) {
            return None;
        }
        let mut alike = Alike { way, parts, values: vec![None; known as usize] };
        // The first row with each text stands for all others.
        let size = rows.div_ceil(PARTS);
        let firsts = arenas.each((0..rows).step_by(size), |start, _| {
            let mut firsts = vec![END; known as usize];
            for row in start as u32..rows.min(start + size) as u32 {
                let first = &mut firsts[alike.place(row)];
                *first = (*first).min(row);
            }
            firsts
        });
        let first = |text: usize| firsts.iter().map(|firsts| firsts[text]).min().filter(|&row| row != END);
        let mut chosen: Vec<u32> = (0..known as usize).filter_map(first).collect();
        chosen.sort_unstable();
        let quiet = Odd::default();
        let machine = Machine { odd: &quiet, ..*machine };
        for chosen in chosen.chunks(BLOCK) {
            let mut block = Block::new(chosen.len(), slots.len(), arenas.own());
            for (number, slot) in slots.iter().enumerate().filter(|(_, slot)| !slot.is_unset()) {
                block.set(number as u16, chosen.iter().map(|&row| slot.get(row as usize)).collect());
            }
            let all: Vec<u32> = (0..chosen.len() as u32).collect();
            let column = machine.column(expr, &all, &mut block);
            for &at in block.left(&all, 0).iter() {
                let place = alike.place(chosen[at as usize]);
                alike.values[place] = Some(column[at as usize]);
            }
        }
        // What is odd is told of each row.
        quiet.all().is_empty().then_some(alike)
    }

    /// The value in a row; nothing if it has to be worked out for the row itself.
    #[inline]
    pub fn get(&self, row: u32) -> Option<Value<'t>> {
        self.values[self.place(row)]
    }

    /// Where the value of a row stands.
    #[inline]
    fn place(&self, row: u32) -> usize {
        let record = self.way.record(row);
        let (first, from, few) = match self.parts.as_slice() {
            _ if record == END => return 0,
            [part] => part,
            parts => &parts[parts.partition_point(|(first, ..)| *first <= record) - 1],
        };
        (from + few.get((record - first) as usize)) as usize
    }
}

/// The field that an expression asks for (of what, and which), if it asks for nothing else that is not the same everywhere.
fn only_field(nodes: &Nodes, expr: ExprId) -> Option<(ExprId, EntityId, u16)> {
    let mut found: Option<(ExprId, EntityId, u16)> = None;
    let mut waiting = vec![expr];
    while let Some(expr) = waiting.pop() {
        let node = nodes.node(expr);
        match node {
            Node::Literal(_) | Node::Option(_) | Node::AsOf => {}
            Node::Field { of, entity, field } => match found {
                Some((known, ..)) if !leads_alike(nodes, known, *of) => return None,
                Some((_, of, known)) if (of, known) != (*entity, *field) => return None,
                _ => found = Some((*of, *entity, *field)),
            },
            Node::Compare { .. }
            | Node::In { .. }
            | Node::And(..)
            | Node::Or(..)
            | Node::Not(_)
            | Node::IsAbsent { .. }
            | Node::Coalesce(..)
            | Node::If(..)
            | Node::Match { .. }
            | Node::Interpolate(_)
            | Node::List(_)
            | Node::Call { .. } => waiting.extend(children(node)),
            _ => return None,
        }
    }
    found
}

/// True if two expressions lead from a row to one record.
fn leads_alike(nodes: &Nodes, one: ExprId, other: ExprId) -> bool {
    match (nodes.node(one), nodes.node(other)) {
        (Node::Local(one), Node::Local(other)) => one == other,
        (Node::RowSlot { of: one, slot }, Node::RowSlot { of: other, slot: same }) => {
            slot == same && leads_alike(nodes, *one, *other)
        }
        _ => false,
    }
}
