//! Operators: logic with undecided conditions, comparison, arithmetic, texts of values.

use super::Machine;
use super::block::Block;
use crate::check::typed::{ExprId, Literal};
use crate::syntax::ast::BinaryOp;
use crate::value::{Duration, Type, Value, normal, show};
use rust_decimal::Decimal;
use std::cmp::Ordering;
use std::fmt::Write;

impl<'m, 't> Machine<'m, 't> {
    /// `a and b`: false if one is false; undecided if one is undecided.
    pub(super) fn both<'a>(
        &self,
        left: ExprId,
        right: ExprId,
        rows: &[u32],
        block: &mut Block<'a>,
        out: &mut [Value<'a>],
    ) where
        't: 'a,
    {
        self.connected(left, right, false, rows, block, out);
    }

    /// `a or b`: true if one is true; undecided if one is undecided.
    pub(super) fn either<'a>(
        &self,
        left: ExprId,
        right: ExprId,
        rows: &[u32],
        block: &mut Block<'a>,
        out: &mut [Value<'a>],
    ) where
        't: 'a,
    {
        self.connected(left, right, true, rows, block, out);
    }

    /// Connects two conditions, where one of them alone can decide: `decides`.
    fn connected<'a>(
        &self,
        left: ExprId,
        right: ExprId,
        decides: bool,
        rows: &[u32],
        block: &mut Block<'a>,
        out: &mut [Value<'a>],
    ) where
        't: 'a,
    {
        let is = |value: Value<'a>, wanted: bool| matches!(value, Value::Bool(value) if value == wanted);
        let mark = block.mark();
        self.fill(left, rows, block, out);
        let open = block.left(rows, mark);
        let open: Vec<u32> = open.iter().copied().filter(|&row| !is(out[row as usize], decides)).collect();
        let seconds = self.column(right, &open, block);
        for &row in block.left(&open, mark).iter() {
            out[row as usize] = match (out[row as usize], seconds[row as usize]) {
                (_, second) if is(second, decides) => second,
                (first, second) if is(first, !decides) && is(second, !decides) => first,
                _ => Value::Absent,
            };
        }
        block.give_back(seconds);
    }
}

/// `==` and `!=` are total; the orders are undecided if an operand is absent.
pub fn compare<'a>(op: BinaryOp, ty: &Type, left: Value<'_>, right: Value<'_>) -> Value<'a> {
    match op {
        BinaryOp::Equal => return Value::Bool(equal(ty, left, right)),
        BinaryOp::NotEqual => return Value::Bool(!equal(ty, left, right)),
        _ => {}
    }
    if left.is_absent() || right.is_absent() {
        return Value::Absent;
    }
    match (op, normal::compare(ty, left, right)) {
        (_, None) => Value::Absent,
        (BinaryOp::Less, Some(order)) => Value::Bool(order == Ordering::Less),
        (BinaryOp::LessOrEqual, Some(order)) => Value::Bool(order != Ordering::Greater),
        (BinaryOp::Greater, Some(order)) => Value::Bool(order == Ordering::Greater),
        (_, Some(order)) => Value::Bool(order != Ordering::Less),
    }
}

/// Equality of a type; absent equals absent alone, a record equals itself alone.
pub fn equal(ty: &Type, left: Value<'_>, right: Value<'_>) -> bool {
    match (left, right) {
        (Value::Absent, Value::Absent) => true,
        (Value::Absent, _) | (_, Value::Absent) => false,
        (Value::Row(a), Value::Row(b)) => a == b,
        _ => normal::equal(ty, left, right),
    }
}

/// `x in list`; undecided if one is absent.
pub fn contained<'a>(ty: &Type, value: Value<'_>, list: Value<'_>, negated: bool) -> Value<'a> {
    match (value, list) {
        (Value::Absent, _) | (_, Value::Absent) => Value::Absent,
        (value, Value::List(items)) => Value::Bool(items.iter().any(|item| equal(ty, value, *item)) != negated),
        _ => Value::Absent,
    }
}

/// True if a value is this literal.
pub fn same_literal(literal: &Literal, value: Value<'_>) -> bool {
    match (literal, value) {
        (Literal::Text(a), Value::Text(b)) => **a == *b || equal(&Type::Text, Value::Text(a), value),
        (Literal::Int(a), Value::Int(b)) => *a == b,
        (Literal::Int(a), Value::Decimal(b)) => Decimal::from(*a) == b,
        (Literal::Decimal(a), Value::Decimal(b)) => *a == b,
        (Literal::Decimal(a), Value::Int(b)) => *a == Decimal::from(b),
        (Literal::Bool(a), Value::Bool(b)) => *a == b,
        (Literal::Duration(a), Value::Duration(b)) => *a == b,
        _ => false,
    }
}

/// `+ - * /` on numbers, and durations on dates.
pub fn arithmetic<'a>(op: BinaryOp, left: Value<'_>, right: Value<'_>) -> Result<Value<'a>, &'static str> {
    const LARGE: &str = "the number is too large";
    Ok(match (left, right) {
        (Value::Absent, _) | (_, Value::Absent) => Value::Absent,
        (Value::Int(a), Value::Int(b)) if op != BinaryOp::Divide => {
            let result = match op {
                BinaryOp::Add => a.checked_add(b),
                BinaryOp::Subtract => a.checked_sub(b),
                _ => a.checked_mul(b),
            };
            Value::Int(result.ok_or(LARGE)?)
        }
        (Value::Date(date), Value::Duration(duration)) => Value::Date(directed(duration, op).after(date)),
        (Value::DateTime(moment), Value::Duration(duration)) => {
            Value::DateTime(directed(duration, op).after_moment(moment))
        }
        (a, b) => {
            let (Some(a), Some(b)) = (decimal(a), decimal(b)) else { return Err("cannot calculate with this") };
            let result = match op {
                BinaryOp::Add => a.checked_add(b),
                BinaryOp::Subtract => a.checked_sub(b),
                BinaryOp::Multiply => a.checked_mul(b),
                _ if b.is_zero() => return Err("a division by zero"),
                _ => a.checked_div(b),
            };
            Value::Decimal(result.ok_or(LARGE)?)
        }
    })
}

/// `-x`
pub fn negate(value: Value<'_>) -> Result<Value<'_>, &'static str> {
    Ok(match value {
        Value::Int(value) => Value::Int(value.checked_neg().ok_or("the number is too large")?),
        Value::Decimal(value) => Value::Decimal(-value),
        other => other,
    })
}

fn decimal(value: Value<'_>) -> Option<Decimal> {
    match value {
        Value::Int(value) => Some(Decimal::from(value)),
        Value::Decimal(value) => Some(value),
        _ => None,
    }
}

/// A length of time, backwards if it is taken away.
fn directed(duration: Duration, op: BinaryOp) -> Duration {
    if op == BinaryOp::Subtract { duration.negated() } else { duration }
}

/// Appends a simple value as text: texts as they are, numbers and dates in their plain form.
pub fn push_text(text: &mut impl Write, value: Value<'_>) {
    // Writing into memory cannot fail.
    let _ = show::write_plain(value, text);
}
