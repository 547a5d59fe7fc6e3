//! Upper and lower case.

use super::{Arguments, Calls, Context, Failure, Outcome, Value, Written};
use crate::value::{Arena, normal};

/// `lower(text)`
pub(super) fn lower(calls: &mut Calls<'_, '_>) -> Result<(), Failure> {
    let arena = calls.context.arena;
    calls.texts(|text| Value::Text(normal::lower(text, arena)));
    Ok(())
}

/// `upper(text)`
pub(super) fn upper(calls: &mut Calls<'_, '_>) -> Result<(), Failure> {
    calls.write_texts(|text, into| {
        if text.is_ascii() && !text.bytes().any(|byte| byte.is_ascii_lowercase()) {
            return Written::Is(Value::Text(text));
        }
        text.chars().for_each(|letter| push_upper(letter, into));
        Written::Text
    });
    Ok(())
}

/// `title_case(text, small)`
pub(super) fn title_case(calls: &mut Calls<'_, '_>) -> Result<(), Failure> {
    let small = calls.arguments.list(1)?;
    if small.is_empty() {
        calls.write_texts(|text, into| match push_capitals(text, into) {
            true => Written::Text,
            false => Written::Is(Value::Text(text)),
        });
        return Ok(());
    }
    let arena = calls.context.arena;
    calls.write_texts(|text, into| {
        for (index, word) in capitals(text, arena).split_inclusive([' ', '-']).enumerate() {
            let bare = word.trim_end_matches([' ', '-']);
            let is = |small: &Value<'_>| small.as_text().is_some_and(|small| same_ignoring_case(small, bare));
            if index > 0 && small.iter().any(is) {
                into.extend(bare.chars().flat_map(char::to_lowercase));
                into.push_str(&word[bare.len()..]);
            } else {
                into.push_str(word);
            }
        }
        if text.is_empty() { Written::Is(Value::Text(text)) } else { Written::Text }
    });
    Ok(())
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
    let mut titled = String::new();
    if push_capitals(text, &mut titled) { arena.alloc_str(&titled) } else { text }
}

/// Appends a text so; `false` if it is so already, and nothing was appended.
fn push_capitals(text: &str, into: &mut String) -> bool {
    if text.is_ascii() {
        if is_capital(text.as_bytes()) {
            return false;
        }
        let begin = into.len();
        into.push_str(text);
        let titled = &mut into[begin..];
        titled.make_ascii_lowercase();
        let mut start = true;
        for (at, byte) in text.bytes().enumerate() {
            if start {
                titled[at..=at].make_ascii_uppercase();
            }
            start = matches!(byte, b' ' | b'-');
        }
        return true;
    }
    let mut start = true;
    for letter in text.chars() {
        if start {
            push_upper(letter, into)
        } else {
            push_lower(letter, into)
        }
        start = matches!(letter, ' ' | '-');
    }
    true
}

/// True if the letters of ASCII are in the case in which [`push_capitals`] writes them.
fn is_capital(text: &[u8]) -> bool {
    let mut start = true;
    for byte in text {
        let wrong = if start { b'a'..=b'z' } else { b'A'..=b'Z' };
        if wrong.contains(byte) {
            return false;
        }
        start = matches!(byte, b' ' | b'-');
    }
    true
}

/// How far a letter of Latin-1 is from the same one in the other case.
const CASES: u8 = b'a' - b'A';

/// Appends a letter in upper case.
fn push_upper(letter: char, into: &mut String) {
    match letter {
        '\0'..='\x7f' => into.push(letter.to_ascii_uppercase()),
        'à'..='ö' | 'ø'..='þ' => into.push(char::from(letter as u8 - CASES)),
        'À'..='Þ' => into.push(letter),
        _ => into.extend(letter.to_uppercase()),
    }
}

/// Appends a letter in lower case.
fn push_lower(letter: char, into: &mut String) {
    match letter {
        '\0'..='\x7f' => into.push(letter.to_ascii_lowercase()),
        'À'..='Ö' | 'Ø'..='Þ' => into.push(char::from(letter as u8 + CASES)),
        'ß'..='ÿ' => into.push(letter),
        _ => into.extend(letter.to_lowercase()),
    }
}

/// True if two texts are the same but for upper and lower case.
pub(in crate::function) fn same_ignoring_case(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
        || (!(a.is_ascii() && b.is_ascii())
            && a.chars().flat_map(char::to_lowercase).eq(b.chars().flat_map(char::to_lowercase)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_cased_as_the_standard_library_does() {
        for letter in '\0'..='\u{24f}' {
            let (mut upper, mut lower) = (String::new(), String::new());
            push_upper(letter, &mut upper);
            push_lower(letter, &mut lower);
            assert_eq!(upper, letter.to_uppercase().to_string(), "{letter:?}");
            assert_eq!(lower, letter.to_lowercase().to_string(), "{letter:?}");
        }
    }
}
