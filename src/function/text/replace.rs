//! Replacing, removing and keeping characters.

use super::{Arguments, Calls, Context, Failure, Outcome, Value, Written};
use crate::function::regexes;
use bumpalo::collections::String as ArenaString;

/// `replace(text, pattern, with)`
pub(super) fn replace<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let with = arguments.text(2)?;
    if with.is_empty() {
        return Err(NOTHING_NEW);
    }
    match replaced(context, arguments.text(0)?, arguments.text(1)?, with)? {
        // Only groups that took no part can leave nothing.
        "" => Err(NOTHING_NEW),
        text => Ok(Value::Text(text)),
    }
}

const NOTHING_NEW: Failure =
    Failure(std::borrow::Cow::Borrowed("needs a text to put in its place; remove(…) takes out"));

/// `remove(text, pattern)`
pub(super) fn remove<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::text_or_absent(replaced(context, arguments.text(0)?, arguments.text(1)?, "")?))
}

fn replaced<'a>(context: &Context<'a>, text: &'a str, pattern: &str, with: &str) -> Result<&'a str, Failure> {
    let regex = regexes::compiled(pattern)?;
    let mut found = regex.find_iter(text).peekable();
    if found.peek().is_none() {
        return Ok(text);
    }
    if with.contains('$') {
        return Ok(context.arena.alloc_str(&regex.replace_all(text, with)));
    }
    let mut result = ArenaString::with_capacity_in(text.len() + with.len(), context.arena);
    let mut done = 0;
    for part in found {
        result.push_str(&text[done..part.start()]);
        result.push_str(with);
        done = part.end();
    }
    result.push_str(&text[done..]);
    Ok(result.into_bump_str())
}

/// `replace_text(text, old, new)`
pub(super) fn replace_text<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let (text, old, new) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    if old.is_empty() {
        return Err(Failure::because("needs a text to look for that is not empty"));
    }
    if new.is_empty() {
        return Err(NOTHING_NEW);
    }
    if !text.contains(old) {
        return Ok(Value::Text(text));
    }
    let mut result = ArenaString::with_capacity_in(text.len() + new.len(), context.arena);
    for (index, part) in text.split(old).enumerate() {
        result.push_str(if index == 0 { "" } else { new });
        result.push_str(part);
    }
    Ok(Value::Text(result.into_bump_str()))
}

/// `digits(text)`
pub(super) fn digits(calls: &mut Calls<'_, '_>) -> Result<(), Failure> {
    let mut ascii = [false; 256];
    ascii[usize::from(b'0')..=usize::from(b'9')].fill(true);
    keep_letters(calls, &ascii, |_| false);
    Ok(())
}

/// `keep(text, characters)`
pub(super) fn keep(calls: &mut Calls<'_, '_>) -> Result<(), Failure> {
    let characters = calls.arguments.text(1)?;
    let in_ranges = |letter| ranges(characters).any(|(first, last)| (first..=last).contains(&letter));
    let mut ascii = [false; 256];
    (0..=0x7f).for_each(|byte| ascii[usize::from(byte)] = in_ranges(char::from(byte)));
    keep_letters(calls, &ascii, in_ranges);
    Ok(())
}

/// Keeps the characters that are wanted: those of ASCII, and others.
fn keep_letters(calls: &mut Calls<'_, '_>, ascii: &[bool; 256], other: impl Fn(char) -> bool) {
    let wanted = |byte: u8| ascii[usize::from(byte)];
    calls.write_texts(|text, into| {
        let start = text.bytes().position(|byte| !wanted(byte));
        let Some(start) = start else { return Written::Is(Value::text_or_absent(text)) };
        // Up to there all bytes are letters of ASCII.
        into.push_str(&text[..start]);
        for letter in text[start..].chars() {
            if if letter.is_ascii() { wanted(letter as u8) } else { other(letter) } {
                into.push(letter);
            }
        }
        Written::Text
    });
}

/// The ranges of a list of characters: `0-9+` is `0` to `9` and `+`. A hyphen at either end stands for itself.
fn ranges(characters: &str) -> impl Iterator<Item = (char, char)> {
    let mut rest = characters.chars();
    std::iter::from_fn(move || {
        let first = rest.next()?;
        let mut ahead = rest.clone();
        match (ahead.next(), ahead.next()) {
            (Some('-'), Some(last)) => {
                rest = ahead;
                Some((first, last))
            }
            _ => Some((first, first)),
        }
    })
}

/// The characters of a text that are wanted; the text itself if all are, absent if none is.
pub(in crate::function) fn kept<'a>(context: &Context<'a>, text: &'a str, wanted: impl Fn(char) -> bool) -> Value<'a> {
    let Some(first) = text.find(|letter| !wanted(letter)) else { return Value::text_or_absent(text) };
    let mut result = ArenaString::with_capacity_in(text.len(), context.arena);
    result.push_str(&text[..first]);
    result.extend(text[first..].chars().filter(|letter| wanted(*letter)));
    Value::text_or_absent(result.into_bump_str())
}
