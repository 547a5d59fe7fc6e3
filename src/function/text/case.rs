//! Upper and lower case.

use super::{Arguments, Context, Outcome, Value};
use crate::value::{Arena, normal};

/// `lower(text)`
pub(super) fn lower<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Text(normal::lower(arguments.text(0)?, context.arena)))
}

/// `upper(text)`
pub(super) fn upper<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let text = arguments.text(0)?;
    if text.is_ascii() {
        if !text.bytes().any(|byte| byte.is_ascii_lowercase()) {
            return Ok(Value::Text(text));
        }
        let copy = context.arena.alloc_str(text);
        copy.make_ascii_uppercase();
        return Ok(Value::Text(copy));
    }
    let mut raised = bumpalo::collections::String::with_capacity_in(text.len(), context.arena);
    raised.extend(text.chars().flat_map(char::to_uppercase));
    Ok(Value::Text(raised.into_bump_str()))
}

/// `title_case(text, small)`
pub(super) fn title_case<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let text = arguments.text(0)?;
    let small = arguments.list(1)?;
    let titled = capitals(text, context.arena);
    if small.is_empty() {
        return Ok(Value::Text(titled));
    }
    let mut result = bumpalo::collections::String::with_capacity_in(titled.len(), context.arena);
    for (index, word) in titled.split_inclusive([' ', '-']).enumerate() {
        let bare = word.trim_end_matches([' ', '-']);
        let is_small =
            index > 0 && small.iter().any(|small| small.as_text().is_some_and(|small| same_ignoring_case(small, bare)));
        if is_small {
            result.extend(bare.chars().flat_map(char::to_lowercase));
            result.push_str(&word[bare.len()..]);
        } else {
            result.push_str(word);
        }
    }
    Ok(Value::Text(result.into_bump_str()))
}

/// `sentence_case(text)`
pub(super) fn sentence_case<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let text = arguments.text(0)?;
    let mut letters = text.chars();
    let mut result = bumpalo::collections::String::with_capacity_in(text.len(), context.arena);
    if let Some(first) = letters.next() {
        result.extend(first.to_uppercase());
    }
    result.extend(letters.flat_map(char::to_lowercase));
    Ok(Value::Text(result.into_bump_str()))
}

/// The first letter and each letter after a blank or hyphen in upper case, all others in lower case.
pub(in crate::function) fn capitals<'a>(text: &'a str, arena: &'a Arena) -> &'a str {
    if text.is_ascii() {
        let starts = |place: usize| place == 0 || matches!(text.as_bytes()[place - 1], b' ' | b'-');
        let cased =
            |place: usize, byte: u8| if starts(place) { byte.to_ascii_uppercase() } else { byte.to_ascii_lowercase() };
        if text.bytes().enumerate().all(|(place, byte)| cased(place, byte) == byte) {
            return text;
        }
        let copy = arena.alloc_str(text);
        copy.make_ascii_lowercase();
        for place in (0..text.len()).filter(|place| starts(*place)) {
            copy[place..place + 1].make_ascii_uppercase();
        }
        return copy;
    }
    let mut result = bumpalo::collections::String::with_capacity_in(text.len(), arena);
    let mut start = true;
    for letter in text.chars() {
        match (start, letter.is_ascii()) {
            (true, true) => result.push(letter.to_ascii_uppercase()),
            (false, true) => result.push(letter.to_ascii_lowercase()),
            (true, false) => result.extend(letter.to_uppercase()),
            (false, false) => result.extend(letter.to_lowercase()),
        }
        start = matches!(letter, ' ' | '-');
    }
    result.into_bump_str()
}

/// True if two texts are the same but for upper and lower case.
pub(in crate::function) fn same_ignoring_case(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
        || (!(a.is_ascii() && b.is_ascii())
            && a.chars().flat_map(char::to_lowercase).eq(b.chars().flat_map(char::to_lowercase)))
}
