//! Lists: elements worked together, piece by piece, whatever row they belong to; conditions over them, orders.

use super::block::{Block, Column};
use super::unread::{Structures, Unread};
use super::{Machine, operators};
use crate::check::typed::{ExprId, Node, TypedOrder, children};
use crate::function::Look;
use crate::value::{Arena, Type, Value, normal};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Range;
use std::rc::Rc;

/// How many elements are worked together. A list may be longer: every record of an entity.
const PIECE: usize = 1024;

/// The lists that stand in some rows.
pub(super) struct Given<'r, 'a> {
    /// The rows, of which none has failed.
    pub rows: Cow<'r, [u32]>,
    /// Their lists.
    pub lists: Lists<'a>,
}

/// Lists.
pub(super) enum Lists<'a> {
    /// A value by row of the block: a list, or absent.
    Read(Column<'a>),
    /// Structures that are not read yet.
    Unread {
        /// The structures.
        structures: Rc<Structures<'a>>,
        /// Which of them are in the lists, one list after the other.
        which: Vec<u32>,
        /// For each of the rows that are given: where its list lies among these, or that it is absent.
        spans: Vec<Option<Range<usize>>>,
    },
}

impl<'a> Given<'_, 'a> {
    /// How many elements the list of a row has, by its place among the rows; `None` if it is absent.
    fn len(&self, owner: usize) -> Option<usize> {
        match &self.lists {
            Lists::Read(column) => match column[self.rows[owner] as usize] {
                Value::List(items) => Some(items.len()),
                _ => None,
            },
            Lists::Unread { spans, .. } => spans[owner].as_ref().map(Range::len),
        }
    }

    /// How many elements there are.
    fn count(&self) -> usize {
        match &self.lists {
            Lists::Read(_) => (0..self.rows.len()).filter_map(|owner| self.len(owner)).sum(),
            Lists::Unread { which, .. } => which.len(),
        }
    }

    /// The list of a row with these of its elements, in this order.
    fn some(&self, owner: usize, places: &[usize], arena: &'a Arena) -> Value<'a> {
        match &self.lists {
            Lists::Read(column) => match column[self.rows[owner] as usize] {
                Value::List(items) => Value::List(arena.alloc_slice_fill_iter(places.iter().map(|&at| items[at]))),
                _ => Value::Absent,
            },
            Lists::Unread { structures, which, spans } => spans[owner].as_ref().map_or(Value::Absent, |span| {
                let which: Vec<u32> = places.iter().map(|&at| which[span.start + at]).collect();
                structures.list(&which, arena)
            }),
        }
    }

    /// An element of the list of a row.
    fn item(&self, owner: usize, at: usize, arena: &'a Arena) -> Value<'a> {
        match &self.lists {
            Lists::Read(column) => match column[self.rows[owner] as usize] {
                Value::List(items) => items[at],
                _ => Value::Absent,
            },
            Lists::Unread { structures, which, spans } => {
                spans[owner].as_ref().map_or(Value::Absent, |span| structures.read(which[span.start + at], arena))
            }
        }
    }

    /// Puts what is seen of lists of structures from outside into the places of their rows.
    fn look(&self, look: Look, arena: &'a Arena, out: &mut [Value<'a>]) {
        let Lists::Unread { structures, which, spans } = &self.lists else { return };
        for (&row, span) in self.rows.iter().zip(spans) {
            let which = span.clone().map_or(&[][..], |span| &which[span]);
            let read = |which: Option<&u32>| which.map_or(Value::Absent, |&which| structures.read(which, arena));
            out[row as usize] = match look {
                Look::First => read(which.first()),
                Look::Last => read(which.last()),
                Look::Count => Value::Int(which.len() as i64),
                Look::IsEmpty => Value::Bool(which.is_empty()),
            };
        }
    }

    /// Nobody needs them any more.
    fn give_back(self, block: &mut Block<'a>) {
        if let Lists::Read(column) = self.lists {
            block.give_back(column);
        }
    }
}

/// Elements of some rows, with the values that were worked for them.
struct Worked<'p, 'a> {
    /// For each element: its row, by its place among the rows that are given.
    owners: &'p [usize],
    /// The elements.
    items: Items<'p, 'a>,
    /// For each expression a value for each element.
    values: &'p [Vec<Value<'a>>],
    /// For each element the failure of one of them; empty if nothing failed.
    failed: &'p mut [Option<Box<super::Stop>>],
}

/// Elements.
enum Items<'p, 'a> {
    Read(&'p [Value<'a>]),
    /// Which of the structures they are.
    Unread(&'p [u32]),
}

impl<'a> Worked<'_, 'a> {
    /// Takes the value of an element, if it has one: a list as a whole or, `flatten`, what is in it.
    fn value(&self, at: usize, flatten: bool, into: &mut Vec<Value<'a>>) {
        match self.values[0][at] {
            Value::Absent => {}
            Value::List(inner) if flatten => into.extend_from_slice(inner),
            value => into.push(value),
        }
    }

    /// Takes an element that fulfils the condition that was worked.
    fn item(&self, at: usize, into: &mut Vec<Value<'a>>) {
        if let (Value::Bool(true), Items::Read(items)) = (self.values[0][at], &self.items) {
            into.push(items[at]);
        }
    }

    /// The failure of an element, if it has failed.
    fn failure(&mut self, at: usize) -> Option<Box<super::Stop>> {
        self.failed.get_mut(at)?.take()
    }
}

/// Elements that are to be worked together.
#[derive(Default)]
struct Piece<'a> {
    owners: Vec<usize>,
    items: Vec<Value<'a>>,
    which: Vec<u32>,
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

    /// The lists of some rows.
    fn given<'r, 'a>(&self, list: ExprId, rows: &'r [u32], block: &mut Block<'a>) -> Given<'r, 'a>
    where
        't: 'a,
    {
        match self.given_unread(list, rows, block) {
            Some(given) => given,
            None => {
                let mark = block.mark();
                let column = self.column(list, rows, block);
                Given { rows: block.left(rows, mark), lists: Lists::Read(column) }
            }
        }
    }

    /// The lists of some rows, if their elements are structures that can be left where they were read, and those of them that
    /// fulfil a condition.
    fn given_unread<'r, 'a>(&self, list: ExprId, rows: &'r [u32], block: &mut Block<'a>) -> Option<Given<'r, 'a>>
    where
        't: 'a,
    {
        match self.typed.nodes.node(list) {
            Node::Field { of, entity, field } => self.unread_lists(list, *of, *entity, *field, rows, block),
            Node::Filter { list, element, condition } => {
                let given = self.given_unread(*list, rows, block)?;
                Some(self.fulfilling(given, *element, *condition, block))
            }
            _ => None,
        }
    }

    /// The elements of lists that fulfil a condition.
    fn fulfilling<'r, 'a>(
        &self,
        given: Given<'r, 'a>,
        element: u16,
        condition: ExprId,
        block: &mut Block<'a>,
    ) -> Given<'r, 'a>
    where
        't: 'a,
    {
        let mark = block.mark();
        let (kept, ends) = self.taken(&given, element, condition, block, |piece, at, into: &mut Vec<u32>| {
            if let (Value::Bool(true), Items::Unread(which)) = (piece.values[0][at], &piece.items) {
                into.push(which[at]);
            }
        });
        let Lists::Unread { structures, spans, .. } = given.lists else { return given };
        let mut spans: Vec<_> = spans.into_iter().zip(ends).map(|(span, end)| span.map(|_| end)).collect();
        if block.mark() > mark {
            let mut rows = given.rows.iter();
            spans.retain(|_| rows.next().is_some_and(|&row| !block.has_failed(row)));
        }
        Given { rows: block.left(given.rows, mark), lists: Lists::Unread { structures, which: kept, spans } }
    }

    /// Works expressions over the elements of the lists that stand in the rows. The lists of all rows are worked as one, in
    /// pieces; `each` gets every piece, in order.
    fn over<'a>(
        &self,
        given: &Given<'_, 'a>,
        element: u16,
        exprs: &[ExprId],
        block: &Block<'a>,
        each: &mut dyn FnMut(Worked<'_, 'a>),
    ) where
        't: 'a,
    {
        let needed = self.needed(exprs, element, block);
        let needed: Vec<_> = needed.into_iter().map(|local| (local, block.values(local))).collect();
        let mut inner = Block::new(0, 0, block.arena());
        let mut flush = |piece: &mut Piece<'a>| {
            let count = piece.owners.len();
            inner.begin(count, block.variables());
            for (local, values) in &needed {
                let column = piece.owners.iter().map(|&owner| values[given.rows[owner] as usize]);
                inner.set(*local, column.collect());
            }
            match &given.lists {
                Lists::Read(_) => inner.set(element, std::mem::take(&mut piece.items)),
                Lists::Unread { structures, .. } => inner.set_unread(Unread {
                    variable: element,
                    structures: Rc::clone(structures),
                    which: std::mem::take(&mut piece.which),
                }),
            }
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
            let items = match inner.unread(element) {
                Some(unread) => Items::Unread(&unread.which),
                None => Items::Read(inner.variable(element)),
            };
            each(Worked { owners: &piece.owners, items, values: &values, failed: &mut failed });
            values.into_iter().for_each(|column| inner.give_back(column));
            piece.owners.clear();
        };
        let room = given.count().min(PIECE);
        let mut piece = Piece { owners: Vec::with_capacity(room), ..Piece::default() };
        match &given.lists {
            Lists::Read(_) => piece.items.reserve_exact(room),
            Lists::Unread { .. } => piece.which.reserve_exact(room),
        }
        match &given.lists {
            Lists::Read(column) => {
                for (owner, &row) in given.rows.iter().enumerate() {
                    let Value::List(list) = column[row as usize] else { continue };
                    for item in list {
                        piece.owners.push(owner);
                        piece.items.push(*item);
                        if piece.owners.len() == PIECE {
                            flush(&mut piece);
                        }
                    }
                }
            }
            Lists::Unread { which, spans, .. } => {
                for (owner, span) in spans.iter().enumerate() {
                    for &structure in span.clone().map_or(&[][..], |span| &which[span]) {
                        piece.owners.push(owner);
                        piece.which.push(structure);
                        if piece.owners.len() == PIECE {
                            flush(&mut piece);
                        }
                    }
                }
            }
        }
        if !piece.owners.is_empty() {
            flush(&mut piece);
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
                && !(block.variable(*local).is_empty() && block.unread(*local).is_none())
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
        let given = self.given(list, rows, block);
        let (taken, spans) = self.taken(&given, element, body, block, |piece, at, into| piece.value(at, flatten, into));
        put_lists(&given, &taken, spans, block.arena(), out);
        given.give_back(block);
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
        let arena = block.arena();
        let given = self.given(list, rows, block);
        if let Lists::Unread { .. } = given.lists {
            let given = self.fulfilling(given, element, condition, block);
            let Lists::Unread { structures, which, spans } = given.lists else { return };
            for (&row, span) in given.rows.iter().zip(spans) {
                out[row as usize] = span.map_or(Value::Absent, |span| structures.list(&which[span], arena));
            }
            return;
        }
        let (taken, spans) = self.taken(&given, element, condition, block, |piece, at, into| piece.item(at, into));
        put_lists(&given, &taken, spans, arena, out);
        given.give_back(block);
    }

    /// What is seen of a list from outside. A list that is worked out for that is not put together.
    pub(super) fn look<'a>(
        &self,
        id: ExprId,
        look: Look,
        args: &[Option<ExprId>],
        rows: &[u32],
        block: &mut Block<'a>,
        out: &mut [Value<'a>],
    ) where
        't: 'a,
    {
        let [Some(list)] = *args else { return };
        let arena = block.arena();
        let (given, (taken, spans)) = match *self.typed.nodes.node(list) {
            Node::Each { list, element, body, flatten } => {
                let given = self.given(list, rows, block);
                let taken = self.taken(&given, element, body, block, |piece, at, into| piece.value(at, flatten, into));
                (given, taken)
            }
            Node::Filter { list, element, condition } => {
                let given = self.given(list, rows, block);
                if let Lists::Unread { .. } = given.lists {
                    let given = self.fulfilling(given, element, condition, block);
                    return given.look(look, block.arena(), out);
                }
                let taken = self.taken(&given, element, condition, block, |piece, at, into| piece.item(at, into));
                (given, taken)
            }
            // The rows of a group need not be put together to be counted.
            Node::RowSlot { of, slot } if look == Look::Count => {
                return self.each_try(id, of, rows, block, out, |group| {
                    let Value::Row(row) = group else { return Ok(Value::Int(0)) };
                    let table = self.tables.table(row.table);
                    match table.group_len(row.row, slot) {
                        Some(count) => Ok(Value::Int(count as i64)),
                        None => look.at(table.slot_value(row.row, slot, arena)).map_err(|why| self.stop(id, why.0)),
                    }
                });
            }
            _ => {
                return self.each_try(id, list, rows, block, out, |list| {
                    look.at(list).map_err(|failure| self.stop(id, failure.0))
                });
            }
        };
        for (&row, span) in given.rows.iter().zip(spans) {
            out[row as usize] = look.of(&taken[span]);
        }
        given.give_back(block);
    }

    /// What `take` takes of each element and the value that was worked for it, and where that of each row lies. Rows fail in
    /// which an element fails.
    fn taken<'a, T>(
        &self,
        given: &Given<'_, 'a>,
        element: u16,
        expr: ExprId,
        block: &mut Block<'a>,
        take: impl Fn(&Worked<'_, 'a>, usize, &mut Vec<T>),
    ) -> (Vec<T>, Vec<Range<usize>>)
    where
        't: 'a,
    {
        let (mut taken, mut ends) = (Vec::new(), vec![0; given.rows.len()]);
        let mut stops = Vec::new();
        self.over(given, element, &[expr], block, &mut |mut piece| {
            for (at, &owner) in piece.owners.iter().enumerate() {
                match piece.failure(at) {
                    Some(stop) => stops.push((given.rows[owner], stop)),
                    None => take(&piece, at, &mut taken),
                }
                ends[owner] = taken.len();
            }
        });
        stops.into_iter().for_each(|(row, stop)| block.fail(row, stop));
        let mut start = 0;
        let spans = ends.into_iter().map(|end| {
            // A row without elements was not met.
            let span = start..end.max(start);
            start = span.end;
            span
        });
        (taken, spans.collect())
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
        let given = self.given(list, rows, block);
        // The first element that decides or fails counts: what comes after it is as if it were not there.
        let mut decided: Vec<Option<super::Result<'a>>> = vec![None; given.rows.len()];
        self.over(&given, element, &[condition], block, &mut |mut piece| {
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
        for (owner, decided) in decided.into_iter().enumerate() {
            let row = given.rows[owner];
            match (decided, given.len(owner)) {
                (Some(Ok(value)), _) => out[row as usize] = value,
                (Some(Err(stop)), _) => block.fail(row, stop),
                (None, Some(_)) => out[row as usize] = Value::Bool(every),
                (None, None) => out[row as usize] = Value::Absent,
            }
        }
        given.give_back(block);
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
        let arena = block.arena();
        let given = self.given(list, rows, block);
        let exprs: Vec<ExprId> = orders.iter().map(|order| order.value).collect();
        let types: Vec<&Type> = orders.iter().map(|order| &self.typed.nodes.types[order.ty as usize]).collect();
        // What each element is ordered by: so many values an element.
        let mut by: Vec<Value<'a>> = Vec::new();
        let mut stops = Vec::new();
        self.over(&given, element, &exprs, block, &mut |mut piece| {
            for (at, &owner) in piece.owners.iter().enumerate() {
                by.extend(piece.values.iter().map(|column| column[at]));
                stops.extend(piece.failure(at).map(|stop| (given.rows[owner], stop)));
            }
        });
        let mut start = 0;
        for (owner, &row) in given.rows.iter().enumerate() {
            let Some(len) = given.len(owner) else {
                out[row as usize] = Value::Absent;
                continue;
            };
            let of = |at: &usize| &by[(start + at) * orders.len()..(start + at + 1) * orders.len()];
            let compare = |a: &usize, b: &usize| compare_orders(orders, &types, of(a), of(b));
            out[row as usize] = if first {
                // Of equal elements the first one counts, as it would if all were sorted.
                (0..len)
                    .reduce(|best, at| if compare(&at, &best).is_lt() { at } else { best })
                    .map_or(Value::Absent, |best| given.item(owner, best, arena))
            } else {
                let mut order: Vec<usize> = (0..len).collect();
                // The sort is stable, so equal elements keep the order of the source.
                order.sort_by(compare);
                given.some(owner, &order, arena)
            };
            start += len;
        }
        stops.into_iter().for_each(|(row, stop)| block.fail(row, stop));
        given.give_back(block);
    }
}

/// Puts a list of its part of some values into the place of each row that had a list.
fn put_lists<'a>(
    given: &Given<'_, 'a>,
    values: &[Value<'a>],
    spans: Vec<Range<usize>>,
    arena: &'a Arena,
    out: &mut [Value<'a>],
) {
    for (owner, (&row, span)) in given.rows.iter().zip(spans).enumerate() {
        out[row as usize] = match given.len(owner) {
            Some(_) => Value::List(arena.alloc_slice_copy(&values[span])),
            None => Value::Absent,
        };
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
