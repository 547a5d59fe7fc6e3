//! Cutting, padding and searching.

use super::case::same_ignoring_case;
use super::{Arguments, Calls, Context, Failure, Outcome, Value};
use crate::function::regexes;
use crate::value::normal;
use bumpalo::collections::String as ArenaString;

/// `trim(text)`
pub(super) fn trim(calls: &mut Calls<'_, '_>) -> Result<(), Failure> {
    calls.texts(|text| Value::text_or_absent(normal::trimmed(text)));
    Ok(())
}

/// `collapse_spaces(text)`
pub(super) fn collapse_spaces<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let text = arguments.text(0)?.trim();
    let is_plain = |letter: char| !letter.is_whitespace() || letter == ' ';
    if text.chars().all(is_plain) && !text.contains("  ") {
        return Ok(Value::text_or_absent(text));
    }
    let mut result = ArenaString::with_capacity_in(text.len(), context.arena);
    for word in text.split_whitespace() {
        if !result.is_empty() {
            result.push(' ');
        }
        result.push_str(word);
    }
    Ok(Value::text_or_absent(result.into_bump_str()))
}

/// The byte place behind the first `count` characters.
fn end_of(text: &str, count: usize) -> usize {
    match text.as_bytes().get(..count) {
        None => text.len(),
        Some(first) if first.is_ascii() => count,
        Some(_) => text.char_indices().nth(count).map_or(text.len(), |(place, _)| place),
    }
}

/// The byte place before the last `count` characters.
fn start_of(text: &str, count: usize) -> usize {
    match text.len().checked_sub(count) {
        None => 0,
        Some(start) if text.as_bytes()[start..].is_ascii() => start,
        Some(_) => text.char_indices().rev().nth(count - 1).map_or(0, |(place, _)| place),
    }
}

/// `first_chars(text, count)`
pub(super) fn first_chars(calls: &mut Calls<'_, '_>) -> Result<(), Failure> {
    let count = positive(calls.arguments)?;
    calls.texts(|text| Value::Text(&text[..end_of(text, count)]));
    Ok(())
}

/// `last_chars(text, count)`
pub(super) fn last_chars(calls: &mut Calls<'_, '_>) -> Result<(), Failure> {
    let count = positive(calls.arguments)?;
    calls.texts(|text| Value::Text(&text[start_of(text, count)..]));
    Ok(())
}

/// The second argument, at least 1.
fn positive(arguments: &[Value<'_>]) -> Result<usize, Failure> {
    arguments
        .count(1)
        .ok()
        .filter(|count| *count > 0)
        .ok_or_else(|| Failure::because("needs a number of characters, at least 1"))
}

/// `before(text, separator)`
pub(super) fn before(calls: &mut Calls<'_, '_>) -> Result<(), Failure> {
    cut(calls, |text, separator| Some(&text[..separator.first(text)?]))
}

/// `after(text, separator)`
pub(super) fn after(calls: &mut Calls<'_, '_>) -> Result<(), Failure> {
    cut(calls, |text, separator| Some(&text[separator.first(text)? + separator.text.len()..]))
}

/// `before_last(text, separator)`
pub(super) fn before_last(calls: &mut Calls<'_, '_>) -> Result<(), Failure> {
    cut(calls, |text, separator| Some(&text[..separator.last(text)?]))
}

/// `after_last(text, separator)`
pub(super) fn after_last(calls: &mut Calls<'_, '_>) -> Result<(), Failure> {
    cut(calls, |text, separator| Some(&text[separator.last(text)? + separator.text.len()..]))
}

fn cut<'a>(
    calls: &mut Calls<'_, 'a>,
    piece: impl for<'p> Fn(&'p str, &Separator<'_>) -> Option<&'p str>,
) -> Result<(), Failure> {
    let separator = Separator::of(calls.arguments.text(1)?);
    calls.texts(|text| piece(text, &separator).map_or(Value::Absent, Value::text_or_absent));
    Ok(())
}

/// A text that is looked for in others.
struct Separator<'s> {
    text: &'s str,
    /// The one letter that it is, if it is one: no preparations are needed to look for that.
    letter: Option<char>,
}

impl<'s> Separator<'s> {
    fn of(text: &'s str) -> Separator<'s> {
        let mut letters = text.chars();
        Separator { text, letter: letters.next().filter(|_| letters.next().is_none()) }
    }

    fn first(&self, text: &str) -> Option<usize> {
        self.letter.map_or_else(|| text.find(self.text), |letter| text.find(letter))
    }

    fn last(&self, text: &str) -> Option<usize> {
        self.letter.map_or_else(|| text.rfind(self.text), |letter| text.rfind(letter))
    }
}

/// `split(text, separator)`
pub(super) fn split<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let (text, separator) = (arguments.text(0)?, arguments.text(1)?);
    if separator.is_empty() {
        return Err(Failure::because("needs a separator that is not empty"));
    }
    let parts = text.split(separator).map(str::trim).filter(|part| !part.is_empty()).map(Value::Text);
    Ok(Value::List(bumpalo::collections::Vec::from_iter_in(parts, context.arena).into_bump_slice()))
}

/// `drop_prefix(text, prefix)`
pub(super) fn drop_prefix(calls: &mut Calls<'_, '_>) -> Result<(), Failure> {
    let prefix = calls.arguments.text(1)?;
    calls.texts(|text| Value::text_or_absent(text.strip_prefix(prefix).unwrap_or(text)));
    Ok(())
}

/// `drop_suffix(text, suffix)`
pub(super) fn drop_suffix(calls: &mut Calls<'_, '_>) -> Result<(), Failure> {
    let suffix = calls.arguments.text(1)?;
    calls.texts(|text| Value::text_or_absent(text.strip_suffix(suffix).unwrap_or(text)));
    Ok(())
}

/// `ensure_prefix(text, prefix)`
pub(super) fn ensure_prefix<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let (text, prefix) = (arguments.text(0)?, arguments.text(1)?);
    Ok(if text.starts_with(prefix) { Value::Text(text) } else { both(context, prefix, text) })
}

/// `ensure_suffix(text, suffix)`
pub(super) fn ensure_suffix<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let (text, suffix) = (arguments.text(0)?, arguments.text(1)?);
    Ok(if text.ends_with(suffix) { Value::Text(text) } else { both(context, text, suffix) })
}

/// `prefixed(text, prefix)`
pub(super) fn prefixed<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let text = arguments.optional_text(0)?.unwrap_or_default();
    Ok(if text.is_empty() { Value::Text("") } else { both(context, arguments.text(1)?, text) })
}

/// `suffixed(text, suffix)`
pub(super) fn suffixed<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let text = arguments.optional_text(0)?.unwrap_or_default();
    Ok(if text.is_empty() { Value::Text("") } else { both(context, text, arguments.text(1)?) })
}

fn both<'a>(context: &Context<'a>, first: &str, second: &str) -> Value<'a> {
    let mut text = ArenaString::with_capacity_in(first.len() + second.len(), context.arena);
    text.push_str(first);
    text.push_str(second);
    Value::Text(text.into_bump_str())
}

/// `pad_left(text, length, with)`
pub(super) fn pad_left<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let (text, length, with) = (arguments.text(0)?, arguments.count(1)?, arguments.optional_text(2)?.unwrap_or("0"));
    let mut letters = with.chars();
    let (Some(letter), None) = (letters.next(), letters.next()) else {
        return Err(Failure::because("needs one character to pad with"));
    };
    let missing = length.saturating_sub(text.chars().count());
    if missing == 0 {
        return Ok(Value::Text(text));
    }
    if missing > 1000 {
        return Err(Failure::because("needs a length of at most 1000"));
    }
    let mut padded = ArenaString::with_capacity_in(length * letter.len_utf8(), context.arena);
    padded.extend(std::iter::repeat_n(letter, missing));
    padded.push_str(text);
    Ok(Value::Text(padded.into_bump_str()))
}

/// `shape(text, form)`
pub(super) fn shape<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let (text, form) = (arguments.text(0)?, arguments.text(1)?);
    let failure = || Failure(format!("has not as many characters as {form} has places").into());
    let mut letters = text.chars();
    let mut shaped = ArenaString::with_capacity_in(form.len() + text.len(), context.arena);
    for place in form.chars() {
        shaped.push(if place == '#' { letters.next().ok_or_else(failure)? } else { place });
    }
    if letters.next().is_some() { Err(failure()) } else { Ok(Value::Text(shaped.into_bump_str())) }
}

/// `starts_with(text, part)`
pub(super) fn starts_with(calls: &mut Calls<'_, '_>) -> Result<(), Failure> {
    let part = calls.arguments.text(1)?;
    calls.texts(|text| Value::Bool(text.starts_with(part)));
    Ok(())
}

/// `ends_with(text, part)`
pub(super) fn ends_with(calls: &mut Calls<'_, '_>) -> Result<(), Failure> {
    let part = calls.arguments.text(1)?;
    calls.texts(|text| Value::Bool(text.ends_with(part)));
    Ok(())
}

/// `contains(text, part)`
pub(super) fn contains(calls: &mut Calls<'_, '_>) -> Result<(), Failure> {
    let part = Separator::of(calls.arguments.text(1)?);
    calls.texts(|text| Value::Bool(part.first(text).is_some()));
    Ok(())
}

/// `same_letters(text, other)`
pub(super) fn same_letters<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(same_ignoring_case(arguments.text(0)?.trim(), arguments.text(1)?.trim())))
}

/// `matches(text, pattern)`
pub(super) fn matches<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(regexes::compiled(arguments.text(1)?)?.is_match(arguments.text(0)?)))
}

/// `matches_any(text, patterns)`
pub(super) fn matches_any<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let (text, patterns) = (arguments.text(0)?, arguments.list(1)?);
    let fits = |pattern: &Value<'_>| pattern.as_text().is_some_and(|pattern| matches_wildcards(pattern.trim(), text));
    Ok(Value::Bool(patterns.iter().any(fits)))
}

/// True if a text matches a pattern with `*` (any characters) and `?` (one character) as a whole, whatever the case.
fn matches_wildcards(pattern: &str, text: &str) -> bool {
    if !pattern.contains(['*', '?']) {
        return same_ignoring_case(pattern, text);
    }
    let folded = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<Vec<char>>();
    let (pattern, text) = (folded(pattern), folded(text));
    let (mut at, mut place, mut star) = (0, 0, None);
    // On a mismatch the last `*` takes one character more: linear for one star, never exponential.
    while place < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, place));
                at += 1;
            }
            Some(letter) if *letter == '?' || *letter == text[place] => {
                at += 1;
                place += 1;
            }
            _ => match &mut star {
                Some((star_at, taken)) => {
                    *taken += 1;
                    (at, place) = (*star_at + 1, *taken);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|letter| *letter == '*')
}

#[cfg(test)]
mod tests {
    use super::matches_wildcards;

    #[test]
    fn wildcards() {
        for (pattern, text, expected) in [
            ("*test*", "En Testgrupp", true),
            ("7?", "7A", true),
            ("7?", "7", false),
            ("a*b*c", "aXXbYYbZc", true),
            ("a*b*c", "aXXbYYbZ", false),
            ("*", "", true),
            ("", "", true),
            ("", "x", false),
            ("ÅK 7*", "åk 7 b", true),
            ("a.c", "abc", false),
        ] {
            assert_eq!(matches_wildcards(pattern, text), expected, "{pattern} {text}");
        }
    }
}
