//! Operators on single values: comparison, membership, arithmetic, literals. A run works rows with them, and a check the values
//! that it tries.

use super::typed::{Literal, Nodes, TypedPattern};
use crate::syntax::ast::BinaryOp;
use crate::value::{Arena, Duration, Type, Value, normal};
use rust_decimal::Decimal;
use std::cmp::Ordering;

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
        (Literal::Text(a), Value::Text(b)) => normal::are_same_texts(a, b),
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

/// A literal as a value.
pub fn literal_value(literal: &Literal) -> Value<'_> {
    match literal {
        Literal::Absent => Value::Absent,
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Int(value) => Value::Int(*value),
        Literal::Decimal(value) => Value::Decimal(*value),
        Literal::Text(text) => Value::Text(text),
        Literal::Duration(value) => Value::Duration(*value),
        Literal::Date(value) => Value::Date(*value),
        Literal::MonthDay(month, day) => Value::MonthDay(*month, *day),
    }
}

/// The named groups of a pattern in a text; absent if it is not found.
pub fn capture<'a>(pattern: &regex::Regex, text: Value<'a>, arena: &'a Arena) -> Value<'a> {
    let Value::Text(text) = text else { return Value::Absent };
    let Some(found) = pattern.captures(text) else { return Value::Absent };
    let mut members = bumpalo::collections::Vec::new_in(arena);
    for (index, name) in pattern.capture_names().enumerate() {
        if name.is_some() {
            members.push(found.get(index).map_or(Value::Absent, |group| Value::text_or_absent(group.as_str())));
        }
    }
    Value::Struct(members.into_bump_slice())
}

impl Nodes {
    /// True if a value fits a pattern of a `match`.
    pub fn fits(&self, pattern: &TypedPattern, value: Value<'_>) -> bool {
        match pattern {
            TypedPattern::Absent => value.is_absent(),
            TypedPattern::Like(number) => {
                value.as_text().is_some_and(|text| self.patterns[*number as usize].is_match(text))
            }
            TypedPattern::Literal(literal) => same_literal(literal, value),
        }
    }
}
