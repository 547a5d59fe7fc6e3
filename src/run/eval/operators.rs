//! Operators: logic with undecided conditions, comparison, arithmetic, texts of values.

use super::{Frame, Machine, Result};
use crate::check::typed::{ExprId, Literal};
use crate::syntax::ast::BinaryOp;
use crate::value::{Arena, Duration, Type, Unit, Value, normal};
use jiff::civil::Date;
use jiff::{Span, Timestamp, tz::TimeZone};
use rust_decimal::Decimal;
use std::cmp::Ordering;
use std::fmt::Write;

impl<'m, 't> Machine<'m, 't> {
    /// `a and b`: false if one is false; undecided if one is undecided.
    pub(super) fn both<'a>(&self, left: ExprId, right: ExprId, frame: &mut Frame<'a>, arena: &'a Arena) -> Result<'a>
    where
        't: 'a,
    {
        let left = self.eval(left, frame, arena)?;
        if matches!(left, Value::Bool(false)) {
            return Ok(left);
        }
        Ok(match (left, self.eval(right, frame, arena)?) {
            (_, Value::Bool(false)) => Value::Bool(false),
            (Value::Bool(true), Value::Bool(true)) => Value::Bool(true),
            _ => Value::Absent,
        })
    }

    /// `a or b`: true if one is true; undecided if one is undecided.
    pub(super) fn either<'a>(&self, left: ExprId, right: ExprId, frame: &mut Frame<'a>, arena: &'a Arena) -> Result<'a>
    where
        't: 'a,
    {
        let left = self.eval(left, frame, arena)?;
        if matches!(left, Value::Bool(true)) {
            return Ok(left);
        }
        Ok(match (left, self.eval(right, frame, arena)?) {
            (_, Value::Bool(true)) => Value::Bool(true),
            (Value::Bool(false), Value::Bool(false)) => Value::Bool(false),
            _ => Value::Absent,
        })
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
pub fn arithmetic<'a>(op: BinaryOp, left: Value<'_>, right: Value<'_>) -> std::result::Result<Value<'a>, &'static str> {
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
        (Value::Date(date), Value::Duration(duration)) => {
            Value::Date(shift(date, duration, op == BinaryOp::Subtract).ok_or("the date is out of range")?)
        }
        (Value::DateTime(moment), Value::Duration(duration)) => {
            Value::DateTime(shift_moment(moment, duration, op == BinaryOp::Subtract).ok_or("the date is out of range")?)
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
pub fn negate(value: Value<'_>) -> std::result::Result<Value<'_>, &'static str> {
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

fn calendar(duration: Duration) -> Option<Span> {
    let amount = i64::from(duration.amount);
    match duration.unit {
        Unit::Days => Span::new().try_days(amount).ok(),
        Unit::Weeks => Span::new().try_weeks(amount).ok(),
        Unit::Months => Span::new().try_months(amount).ok(),
        Unit::Years => Span::new().try_years(amount).ok(),
    }
}

fn shift(date: Date, duration: Duration, back: bool) -> Option<Date> {
    let span = calendar(duration)?;
    if back { date.checked_sub(span).ok() } else { date.checked_add(span).ok() }
}

fn shift_moment(moment: Timestamp, duration: Duration, back: bool) -> Option<Timestamp> {
    let span = calendar(duration)?;
    let zoned = moment.to_zoned(TimeZone::UTC);
    let moved = if back { zoned.checked_sub(span) } else { zoned.checked_add(span) };
    moved.ok().map(|zoned| zoned.timestamp())
}

/// Appends a simple value as text: texts as they are, numbers and dates in their plain form.
pub fn push_text(text: &mut impl Write, value: Value<'_>) {
    // Writing into memory cannot fail.
    let _ = match value {
        Value::Text(value) => text.write_str(value),
        Value::Int(value) => write!(text, "{value}"),
        Value::Decimal(value) => write!(text, "{value}"),
        Value::Bool(value) => write!(text, "{value}"),
        Value::Date(value) => write!(text, "{value}"),
        Value::DateTime(value) => write!(text, "{value}"),
        Value::MonthDay(month, day) => write!(text, "{month:02}-{day:02}"),
        Value::Duration(Duration { amount, unit }) => {
            let unit = match unit {
                Unit::Days => "d",
                Unit::Weeks => "w",
                Unit::Months => "mo",
                Unit::Years => "y",
            };
            write!(text, "{amount}{unit}")
        }
        Value::Absent | Value::Bytes(_) | Value::List(_) | Value::Struct(_) | Value::Row(_) => Ok(()),
    };
}
