//! Text to numbers and truth, and back.

use super::{Arguments, Calls, Context, Failure, Outcome, Value, Written};
use crate::value::{Type, normal, pattern, show, wire};
use rust_decimal::{Decimal, RoundingStrategy};

/// `text(value)`
pub(super) fn text(calls: &mut Calls<'_, '_>) -> Result<(), Failure> {
    calls.write(|value, into| match value {
        Value::Text(text) => Ok(Written::Is(Value::Text(text))),
        Value::Bool(truth) => Ok(Written::Is(Value::Text(if truth { "true" } else { "false" }))),
        Value::Bytes(_) | Value::List(_) | Value::Struct(_) | Value::Row(_) => Err(NO_TEXT),
        Value::Date(date) => {
            into.push_str(pattern::write_iso_date(date, &mut [0; 10]));
            Ok(Written::Text)
        }
        simple => {
            // Writing to a string does not fail.
            let _ = show::write_plain(simple, into);
            Ok(Written::Text)
        }
    });
    Ok(())
}

const NO_TEXT: Failure =
    Failure(std::borrow::Cow::Borrowed("has no text: it is a list, a structure, a record or bytes"));

/// `int(value)`
pub(super) fn int<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments.at(0) {
        Value::Int(number) => Ok(Value::Int(number)),
        Value::Text(text) => wire::whole_number(text.trim()).map(Value::Int),
        Value::Decimal(number) if number.is_integer() => {
            number.try_into().map(Value::Int).map_err(|_| Failure::because("is no whole number"))
        }
        _ => Err(Failure::because("is no whole number")),
    }
}

/// `decimal(value, separator)`
pub(super) fn decimal<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let comma = arguments.optional_text(1)? == Some(",");
    match arguments.at(0) {
        Value::Int(number) => Ok(Value::Decimal(Decimal::from(number))),
        Value::Decimal(number) => Ok(Value::Decimal(number)),
        Value::Text(text) => {
            let point = if comma { b',' } else { b'.' };
            let text = text.trim();
            let shaped = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-' || byte == point);
            let number = shaped.then(|| text.replacen(',', ".", 1).parse::<Decimal>().ok()).flatten();
            number.map(Value::Decimal).ok_or_else(|| Failure::because("is no number"))
        }
        _ => Err(Failure::because("is no number")),
    }
}

/// `bool(text, true_when, false_when)`
pub(super) fn truth<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let (true_when, false_when) = (arguments.list(1)?, arguments.list(2)?);
    let text = match arguments.at(0) {
        Value::Bool(truth) => return Ok(Value::Bool(truth)),
        _ => arguments.text(0)?.trim(),
    };
    let is_one_of = |words: &[Value<'_>]| words.iter().any(|word| word.as_text() == Some(text));
    match text {
        "true" if true_when.is_empty() => Ok(Value::Bool(true)),
        "false" if true_when.is_empty() => Ok(Value::Bool(false)),
        _ if is_one_of(true_when) => Ok(Value::Bool(true)),
        _ if is_one_of(false_when) || (!true_when.is_empty() && false_when.is_empty()) => Ok(Value::Bool(false)),
        _ => Err(Failure::because("is neither true nor false")),
    }
}

/// `length(text)`
pub(super) fn length(calls: &mut Calls<'_, '_>) -> Result<(), Failure> {
    let length = |text: &str| if text.is_ascii() { text.len() } else { text.chars().count() };
    calls.texts(|text| Value::Int(length(text) as i64));
    Ok(())
}

/// `round(number, decimals)`
pub(super) fn round<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Decimal(rounded(arguments.number(0)?, decimals(arguments)?.unwrap_or(0))))
}

/// `format_number(number, decimals, separator)`
pub(super) fn format_number<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let number = arguments.number(0)?;
    let mut text = match decimals(arguments)? {
        Some(decimals) => with_decimals(rounded(number, decimals), decimals as usize),
        None => number.normalize().to_string(),
    };
    if arguments.optional_text(2)? == Some(",") {
        text = text.replace('.', ",");
    }
    Ok(context.text(&text))
}

/// A rounded number with exactly this many decimals. Written by hand, since the formatting of the crate panics on the
/// largest numbers.
fn with_decimals(number: Decimal, decimals: usize) -> String {
    let mut text = number.normalize().to_string();
    let written = text.find('.').map_or(0, |point| text.len() - point - 1);
    if written == 0 && decimals > 0 {
        text.push('.');
    }
    text.extend(std::iter::repeat_n('0', decimals.saturating_sub(written)));
    text
}

/// The number of decimals, 0 to 20.
fn decimals(arguments: &[Value<'_>]) -> Result<Option<u32>, Failure> {
    match arguments.optional_int(1)? {
        None => Ok(None),
        Some(count @ 0..=20) => Ok(Some(count as u32)),
        Some(_) => Err(Failure::because("needs 0 to 20 decimals")),
    }
}

/// Half is rounded away from zero, as on paper.
fn rounded(number: Decimal, decimals: u32) -> Decimal {
    number.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero)
}

/// `plus(number, more)`
pub(super) fn plus<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let Value::Int(number) = int(context, arguments)? else { return Err(Failure::because("is no whole number")) };
    number.checked_add(arguments.int(1)?).map(Value::Int).ok_or_else(|| Failure::because("is too large a number"))
}

/// `or_empty(value)`
pub(super) fn or_empty<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments.at(0) {
        Value::Absent => Ok(Value::Text("")),
        value => show::plain(value, context.arena).map(Value::Text).ok_or(NO_TEXT),
    }
}

/// `default(value, other)`
pub(super) fn default<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(if arguments.at(0).is_absent() { arguments.at(1) } else { arguments.at(0) })
}

/// `absent_if(value, values…)`
pub(super) fn absent_if<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let value = arguments.at(0);
    let is_one = arguments.list(1)?.iter().any(|other| normal::equal(&Type::Unknown, value, *other));
    Ok(if is_one { Value::Absent } else { value })
}
