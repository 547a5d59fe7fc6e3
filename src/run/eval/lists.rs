//! Lists: elements worked together, piece by piece, whatever row they belong to; conditions over them, orders.

use super::block::Block;
use super::{Machine, operators};
use crate::check::typed::{ExprId, Node, TypedOrder, children};
use crate::value::{Type, Value, normal};
use std::cmp::Ordering;

/// How many elements are worked together. A list may be longer: every record of an entity.
const PIECE: usize = 1024;

/// Elements of some rows, with the values that were worked for them.
struct Worked<'p, 'a> {
    /// For each element: its row, by its place among the rows that were asked for.
    owners: &'p [usize],
    /// The elements.
    items: &'p [Value<'a>],
    /// For each expression a value for each element.
    values: &'p [Vec<Value<'a>>],
    /// For each element the failure of one of them; empty if nothing failed.
    failed: &'p mut [Option<Box<super::Stop>>],
}

impl Worked<'_, '_> {
    /// The failure of an element, if it has failed.
    fn failure(&mut self, at: usize) -> Option<Box<super::Stop>> {
        self.failed.get_mut(at)?.take()
    }
}

impl<'m, 't> Machine<'m, 't> {
    /// `[a, b]`, or `all_of(a, b)` which spreads lists and leaves absents out.
    pub(super) fn list<'a>(
        &self,
        items: &[ExprId],
        rows: &[u32],
        block: &mut Block<'a>,
        out: &mut [Value<'a>],
        spread: bool,
    ) where
        't: 'a,
    {
        let mark = block.mark();
        let columns: Vec<_> = items.iter().map(|&item| self.left_column(item, rows, mark, block)).collect();
        let mut values = Vec::with_capacity(items.len());
        for &row in block.left(rows, mark).iter() {
            values.clear();
            for column in &columns {
                match column[row as usize] {
                    Value::Absent => {}
                    Value::List(inner) if spread => values.extend_from_slice(inner),
                    value => values.push(value),
                }
            }
            out[row as usize] = Value::List(block.arena().alloc_slice_copy(&values));
        }
        columns.into_iter().for_each(|column| block.give_back(column));
    }

    /// `{ a: x, b: y }`
    pub(super) fn structure<'a>(&self, items: &[ExprId], rows: &[u32], block: &mut Block<'a>, out: &mut [Value<'a>])
    where
        't: 'a,
    {
        let mark = block.mark();
        let columns: Vec<_> = items.iter().map(|&item| self.left_column(item, rows, mark, block)).collect();
        for &row in block.left(rows, mark).iter() {
            let members = columns.iter().map(|column| column[row as usize]);
            out[row as usize] = Value::Struct(block.arena().alloc_slice_fill_iter(members));
        }
        columns.into_iter().for_each(|column| block.give_back(column));
    }

    /// The values of an expression for the rows that are left since a mark.
    fn left_column<'a>(&self, id: ExprId, rows: &[u32], mark: usize, block: &mut Block<'a>) -> Vec<Value<'a>>
    where
        't: 'a,
    {
        let left = block.left(rows, mark);
        self.column(id, &left, block)
    }

    /// Works expressions over the elements of the lists that stand in the rows. The lists of all rows are worked as one, in
    /// pieces; `each` gets every piece, in order.
    fn over<'a>(
        &self,
        lists: &[Value<'a>],
        rows: &[u32],
        element: u16,
        exprs: &[ExprId],
        block: &Block<'a>,
        each: &mut dyn FnMut(Worked<'_, 'a>),
    ) where
        't: 'a,
    {
        let needed = self.needed(exprs, element, block);
        let mut inner = Block::new(0, 0, block.arena());
        let length = |&row: &u32| if let Value::List(list) = lists[row as usize] { list.len() } else { 0 };
        let room = rows.iter().map(length).sum::<usize>().min(PIECE);
        let (mut owners, mut items) = (Vec::with_capacity(room), Vec::with_capacity(room));
        let mut flush = |owners: &mut Vec<usize>, items: &mut Vec<Value<'a>>| {
            inner.begin(items.len(), block.variables());
            for &local in &needed {
                let column = owners.iter().map(|&owner| block.variable(local)[rows[owner] as usize]);
                inner.set(local, column.collect());
            }
            let count = items.len();
            inner.set(element, std::mem::take(items));
            let mut left: Vec<u32> = (0..count as u32).collect();
            let mut failed: Vec<Option<Box<super::Stop>>> = Vec::new();
            let values: Vec<_> = exprs
                .iter()
                .map(|&expr| {
                    let column = self.column(expr, &left, &mut inner);
                    let stops = inner.recover(0);
                    if !stops.is_empty() {
                        failed.resize(count, None);
                        stops.into_iter().for_each(|(at, stop)| failed[at as usize] = Some(stop));
                        left.retain(|&at| failed[at as usize].is_none());
                    }
                    column
                })
                .collect();
            each(Worked { owners, items: inner.variable(element), values: &values, failed: &mut failed });
            values.into_iter().for_each(|column| inner.give_back(column));
            owners.clear();
        };
        for (owner, &row) in rows.iter().enumerate() {
            let Value::List(list) = lists[row as usize] else { continue };
            for item in list {
                owners.push(owner);
                items.push(*item);
                if items.len() == PIECE {
                    flush(&mut owners, &mut items);
                }
            }
        }
        if !items.is_empty() {
            flush(&mut owners, &mut items);
        }
    }

    /// The variables with values that some expressions use, beside the element.
    fn needed(&self, exprs: &[ExprId], element: u16, block: &Block<'_>) -> Vec<u16> {
        let mut needed = Vec::new();
        let mut waiting = exprs.to_vec();
        while let Some(id) = waiting.pop() {
            let node = self.typed.nodes.node(id);
            if let Node::Local(local) = node
                && *local != element
                && !needed.contains(local)
                && !block.variable(*local).is_empty()
            {
                needed.push(*local);
            }
            waiting.extend(children(node));
        }
        needed
    }

    #[allow(clippy::too_many_arguments)]
    pub(super) fn each<'a>(
        &self,
        list: ExprId,
        element: u16,
        body: ExprId,
        flatten: bool,
        rows: &[u32],
        block: &mut Block<'a>,
        out: &mut [Value<'a>],
    ) where
        't: 'a,
    {
        self.gathered(list, element, body, rows, block, out, |_, value, into| match value {
            Value::Absent => {}
            Value::List(inner) if flatten => into.extend_from_slice(inner),
            value => into.push(value),
        });
    }

    pub(super) fn filter<'a>(
        &self,
        list: ExprId,
        element: u16,
        condition: ExprId,
        rows: &[u32],
        block: &mut Block<'a>,
        out: &mut [Value<'a>],
    ) where
        't: 'a,
    {
        self.gathered(list, element, condition, rows, block, out, |item, fulfilled, into| {
            if matches!(fulfilled, Value::Bool(true)) {
                into.push(item);
            }
        });
    }

    /// A list of what `take` takes of each element and the value that was worked for it.
    #[allow(clippy::too_many_arguments)]
    fn gathered<'a>(
        &self,
        list: ExprId,
        element: u16,
        expr: ExprId,
        rows: &[u32],
        block: &mut Block<'a>,
        out: &mut [Value<'a>],
        take: impl Fn(Value<'a>, Value<'a>, &mut Vec<Value<'a>>),
    ) where
        't: 'a,
    {
        let mark = block.mark();
        let lists = self.column(list, rows, block);
        let rows = block.left(rows, mark);
        let (mut taken, mut ends) = (Vec::new(), vec![0; rows.len()]);
        let mut stops = Vec::new();
        self.over(&lists, &rows, element, &[expr], block, &mut |mut piece| {
            for (at, &owner) in piece.owners.iter().enumerate() {
                match piece.failure(at) {
                    Some(stop) => stops.push((rows[owner], stop)),
                    None => take(piece.items[at], piece.values[0][at], &mut taken),
                }
                ends[owner] = taken.len();
            }
        });
        let mut start = 0;
        for (owner, &row) in rows.iter().enumerate() {
            let end = ends[owner].max(start);
            out[row as usize] = match lists[row as usize] {
                Value::List(_) => Value::List(block.arena().alloc_slice_copy(&taken[start..end])),
                _ => Value::Absent,
            };
            start = end;
        }
        stops.into_iter().for_each(|(row, stop)| block.fail(row, stop));
        block.give_back(lists);
    }

    #[allow(clippy::too_many_arguments)]
    pub(super) fn quantified<'a>(
        &self,
        list: ExprId,
        element: u16,
        condition: ExprId,
        every: bool,
        rows: &[u32],
        block: &mut Block<'a>,
        out: &mut [Value<'a>],
    ) where
        't: 'a,
    {
        let mark = block.mark();
        let lists = self.column(list, rows, block);
        let rows = block.left(rows, mark);
        // The first element that decides or fails counts: what comes after it is as if it were not there.
        let mut decided: Vec<Option<super::Result<'a>>> = vec![None; rows.len()];
        self.over(&lists, &rows, element, &[condition], block, &mut |mut piece| {
            for (at, &owner) in piece.owners.iter().enumerate() {
                let fulfilled = matches!(piece.values[0][at], Value::Bool(true));
                match piece.failure(at) {
                    _ if decided[owner].is_some() => {}
                    Some(stop) => decided[owner] = Some(Err(stop)),
                    None if fulfilled != every => decided[owner] = Some(Ok(Value::Bool(!every))),
                    None => {}
                }
            }
        });
        for (&row, decided) in rows.iter().zip(decided) {
            match (decided, lists[row as usize]) {
                (Some(Ok(value)), _) => out[row as usize] = value,
                (Some(Err(stop)), _) => block.fail(row, stop),
                (None, Value::List(_)) => out[row as usize] = Value::Bool(every),
                (None, _) => out[row as usize] = Value::Absent,
            }
        }
        block.give_back(lists);
    }

    #[allow(clippy::too_many_arguments)]
    pub(super) fn sorted<'a>(
        &self,
        list: ExprId,
        element: u16,
        orders: &[TypedOrder],
        first: bool,
        rows: &[u32],
        block: &mut Block<'a>,
        out: &mut [Value<'a>],
    ) where
        't: 'a,
    {
        let mark = block.mark();
        let lists = self.column(list, rows, block);
        let rows = block.left(rows, mark);
        let exprs: Vec<ExprId> = orders.iter().map(|order| order.value).collect();
        let types: Vec<&Type> = orders.iter().map(|order| &self.typed.nodes.types[order.ty as usize]).collect();
        // What each element is ordered by: so many values an element.
        let mut by: Vec<Value<'a>> = Vec::new();
        let mut stops = Vec::new();
        self.over(&lists, &rows, element, &exprs, block, &mut |mut piece| {
            for (at, &owner) in piece.owners.iter().enumerate() {
                by.extend(piece.values.iter().map(|column| column[at]));
                stops.extend(piece.failure(at).map(|stop| (rows[owner], stop)));
            }
        });
        let mut start = 0;
        for &row in rows.iter() {
            let Value::List(items) = lists[row as usize] else {
                out[row as usize] = Value::Absent;
                continue;
            };
            let of = |at: &usize| &by[(start + at) * orders.len()..(start + at + 1) * orders.len()];
            let compare = |a: &usize, b: &usize| compare_orders(orders, &types, of(a), of(b));
            out[row as usize] = if first {
                // Of equal elements the first one counts, as it would if all were sorted.
                (0..items.len())
                    .reduce(|best, at| if compare(&at, &best).is_lt() { at } else { best })
                    .map_or(Value::Absent, |best| items[best])
            } else {
                let mut order: Vec<usize> = (0..items.len()).collect();
                // The sort is stable, so equal elements keep the order of the source.
                order.sort_by(compare);
                Value::List(block.arena().alloc_slice_fill_iter(order.into_iter().map(|at| items[at])))
            };
            start += items.len();
        }
        stops.into_iter().for_each(|(row, stop)| block.fail(row, stop));
        block.give_back(lists);
    }
}

/// Compares two rows of order values.
pub fn compare_orders(orders: &[TypedOrder], types: &[&Type], a: &[Value<'_>], b: &[Value<'_>]) -> Ordering {
    for (index, order) in orders.iter().enumerate() {
        let ordering = match (a[index].is_absent(), b[index].is_absent()) {
            (true, true) => Ordering::Equal,
            (true, false) => return if order.absent_first { Ordering::Less } else { Ordering::Greater },
            (false, true) => return if order.absent_first { Ordering::Greater } else { Ordering::Less },
            (false, false) => order_of(types[index], a[index], b[index]),
        };
        let ordering = if order.descending { ordering.reverse() } else { ordering };
        if ordering != Ordering::Equal {
            return ordering;
        }
    }
    Ordering::Equal
}

fn order_of(ty: &Type, a: Value<'_>, b: Value<'_>) -> Ordering {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(&b),
        _ => normal::compare(ty, a, b).unwrap_or(Ordering::Equal),
    }
}

/// True if a value is a list that holds something equal.
pub fn holds(ty: &Type, list: Value<'_>, value: Value<'_>) -> bool {
    matches!(list, Value::List(items) if items.iter().any(|item| operators::equal(ty, *item, value)))
}
