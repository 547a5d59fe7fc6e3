//! Lists: elements one by one, conditions over them, orders.

use super::{Frame, Machine, Result, operators};
use crate::check::typed::{ExprId, TypedOrder};
use crate::value::{Arena, Type, Value, normal};
use std::cmp::Ordering;

impl<'m, 't> Machine<'m, 't> {
    /// `[a, b]`, or `all_of(a, b)` which spreads lists and leaves absents out.
    pub(super) fn list<'a>(&self, items: &[ExprId], frame: &mut Frame<'a>, arena: &'a Arena, spread: bool) -> Result<'a>
    where
        't: 'a,
    {
        let mut values = bumpalo::collections::Vec::with_capacity_in(items.len(), arena);
        for &item in items {
            match self.eval(item, frame, arena)? {
                Value::Absent => {}
                Value::List(inner) if spread => values.extend(inner.iter().copied()),
                value => values.push(value),
            }
        }
        Ok(Value::List(values.into_bump_slice()))
    }

    /// The elements of a list; `None` if there is no list.
    fn elements<'a>(
        &self,
        list: ExprId,
        frame: &mut Frame<'a>,
        arena: &'a Arena,
    ) -> std::result::Result<Option<&'a [Value<'a>]>, Box<super::Stop>>
    where
        't: 'a,
    {
        Ok(match self.eval(list, frame, arena)? {
            Value::List(items) => Some(items),
            _ => None,
        })
    }

    pub(super) fn each<'a>(
        &self,
        list: ExprId,
        element: u16,
        body: ExprId,
        flatten: bool,
        frame: &mut Frame<'a>,
        arena: &'a Arena,
    ) -> Result<'a>
    where
        't: 'a,
    {
        let Some(items) = self.elements(list, frame, arena)? else { return Ok(Value::Absent) };
        let mut values = bumpalo::collections::Vec::with_capacity_in(items.len(), arena);
        for &item in items {
            frame[element as usize] = item;
            match self.eval(body, frame, arena)? {
                Value::Absent => {}
                Value::List(inner) if flatten => values.extend(inner.iter().copied()),
                value => values.push(value),
            }
        }
        Ok(Value::List(values.into_bump_slice()))
    }

    pub(super) fn filter<'a>(
        &self,
        list: ExprId,
        element: u16,
        condition: ExprId,
        frame: &mut Frame<'a>,
        arena: &'a Arena,
    ) -> Result<'a>
    where
        't: 'a,
    {
        let Some(items) = self.elements(list, frame, arena)? else { return Ok(Value::Absent) };
        let mut values = bumpalo::collections::Vec::new_in(arena);
        for &item in items {
            frame[element as usize] = item;
            if matches!(self.eval(condition, frame, arena)?, Value::Bool(true)) {
                values.push(item);
            }
        }
        Ok(Value::List(values.into_bump_slice()))
    }

    pub(super) fn quantified<'a>(
        &self,
        list: ExprId,
        element: u16,
        condition: ExprId,
        every: bool,
        frame: &mut Frame<'a>,
        arena: &'a Arena,
    ) -> Result<'a>
    where
        't: 'a,
    {
        let Some(items) = self.elements(list, frame, arena)? else { return Ok(Value::Absent) };
        for &item in items {
            frame[element as usize] = item;
            let fulfilled = matches!(self.eval(condition, frame, arena)?, Value::Bool(true));
            if fulfilled != every {
                return Ok(Value::Bool(!every));
            }
        }
        Ok(Value::Bool(every))
    }

    pub(super) fn sorted<'a>(
        &self,
        list: ExprId,
        element: u16,
        orders: &[TypedOrder],
        first: bool,
        frame: &mut Frame<'a>,
        arena: &'a Arena,
    ) -> Result<'a>
    where
        't: 'a,
    {
        let Some(items) = self.elements(list, frame, arena)? else { return Ok(Value::Absent) };
        let mut keyed: Vec<(Vec<Value<'a>>, Value<'a>)> = Vec::with_capacity(items.len());
        for &item in items {
            frame[element as usize] = item;
            keyed.push((self.order_values(orders, frame, arena)?, item));
        }
        let types: Vec<&Type> = orders.iter().map(|order| &self.typed.nodes.types[order.ty as usize]).collect();
        // The sort is stable, so equal elements keep the order of the source.
        keyed.sort_by(|(a, _), (b, _)| compare_orders(orders, &types, a, b));
        if first {
            return Ok(keyed.first().map_or(Value::Absent, |(_, item)| *item));
        }
        Ok(Value::List(arena.alloc_slice_fill_iter(keyed.into_iter().map(|(_, item)| item))))
    }

    /// The values that orders compare.
    pub fn order_values<'a>(
        &self,
        orders: &[TypedOrder],
        frame: &mut Frame<'a>,
        arena: &'a Arena,
    ) -> std::result::Result<Vec<Value<'a>>, Box<super::Stop>>
    where
        't: 'a,
    {
        if let [order] = orders
            && matches!(self.typed.nodes.types[order.ty as usize], Type::Unknown)
        {
            return Ok(vec![self.eval(order.value, frame, arena)?]);
        }
        orders.iter().map(|order| self.eval(order.value, frame, arena)).collect()
    }

    pub(super) fn capture<'a>(&self, text: ExprId, pattern: u32, frame: &mut Frame<'a>, arena: &'a Arena) -> Result<'a>
    where
        't: 'a,
    {
        let Value::Text(text) = self.eval(text, frame, arena)? else { return Ok(Value::Absent) };
        let pattern = &self.typed.nodes.patterns[pattern as usize];
        let Some(found) = pattern.captures(text) else { return Ok(Value::Absent) };
        let mut members = bumpalo::collections::Vec::new_in(arena);
        for (index, name) in pattern.capture_names().enumerate() {
            if name.is_some() {
                members.push(found.get(index).map_or(Value::Absent, |group| Value::text_or_absent(group.as_str())));
            }
        }
        Ok(Value::Struct(members.into_bump_slice()))
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
