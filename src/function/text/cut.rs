//! Cutting, padding and searching.

use super::case::same_ignoring_case;
use super::{Arguments, Context, Failure, Outcome, Value};
use crate::function::regexes;
use bumpalo::collections::String as ArenaString;

/// `trim(text)`
pub(super) fn trim<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::text_or_absent(arguments.text(0)?.trim()))
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
    if text.is_ascii() {
        return count.min(text.len());
    }
    text.char_indices().nth(count).map_or(text.len(), |(place, _)| place)
}

/// `first_chars(text, count)`
pub(super) fn first_chars<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let (text, count) = (arguments.text(0)?, positive(arguments)?);
    Ok(Value::Text(&text[..end_of(text, count)]))
}

/// `last_chars(text, count)`
pub(super) fn last_chars<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let (text, count) = (arguments.text(0)?, positive(arguments)?);
    let start = text.char_indices().rev().nth(count - 1).map_or(0, |(place, _)| place);
    Ok(Value::Text(&text[start..]))
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
pub(super) fn before<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    cut(arguments, |text, separator| text.split_once(separator).map(|(before, _)| before))
}

/// `after(text, separator)`
pub(super) fn after<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    cut(arguments, |text, separator| text.split_once(separator).map(|(_, after)| after))
}

/// `before_last(text, separator)`
pub(super) fn before_last<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    cut(arguments, |text, separator| text.rsplit_once(separator).map(|(before, _)| before))
}

/// `after_last(text, separator)`
pub(super) fn after_last<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    cut(arguments, |text, separator| text.rsplit_once(separator).map(|(_, after)| after))
}

fn cut<'a>(arguments: &[Value<'a>], piece: impl Fn(&'a str, &'a str) -> Option<&'a str>) -> Outcome<'a> {
    Ok(piece(arguments.text(0)?, arguments.text(1)?).map_or(Value::Absent, Value::text_or_absent))
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
pub(super) fn drop_prefix<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let text = arguments.text(0)?;
    Ok(Value::text_or_absent(text.strip_prefix(arguments.text(1)?).unwrap_or(text)))
}

/// `drop_suffix(text, suffix)`
pub(super) fn drop_suffix<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let text = arguments.text(0)?;
    Ok(Value::text_or_absent(text.strip_suffix(arguments.text(1)?).unwrap_or(text)))
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
pub(super) fn starts_with<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(arguments.text(0)?.starts_with(arguments.text(1)?)))
}

/// `ends_with(text, part)`
pub(super) fn ends_with<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(arguments.text(0)?.ends_with(arguments.text(1)?)))
}

/// `contains(text, part)`
pub(super) fn contains<'a>(_: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(arguments.text(0)?.contains(arguments.text(1)?)))
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
