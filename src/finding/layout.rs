//! Text on a terminal: how wide it is, where it wraps, what must not reach it.
//!
//! Width is counted in columns (`é` takes one, `漢` two). Everything that comes from a document or from data passes
//! [`harmless`] before it is shown, so that no file can move the cursor, hide a line or turn its reading direction.

use std::borrow::Cow;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns that a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Columns that a character takes; none for combining marks.
pub fn char_width(character: char) -> usize {
    character.width().unwrap_or(0)
}

/// True for characters that steer a terminal instead of showing something: control characters, and the marks that turn
/// the reading direction, with which a text can be made to look like another.
pub fn steers(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text with every character that [`steers`] replaced by `�`; line ends and tabs included.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if text.chars().any(steers) {
        Cow::Owned(text.chars().map(|c| if steers(c) { char::REPLACEMENT_CHARACTER } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// Breaks a paragraph into lines of at most `room` columns, at blanks; a word that is longer stands on a line of its own.
///
/// A piece between backticks is one word: a name or a command is not torn apart unless it alone is wider than a line.
pub fn wrap(paragraph: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in words(paragraph, room) {
        if !line.is_empty() && width(&line) + 1 + width(word) > room {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// The words of a paragraph; backticks that fit on a line hold their words together.
fn words(paragraph: &str, room: usize) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = paragraph.trim();
    while !rest.is_empty() {
        let end = word_end(rest, room);
        found.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    found
}

/// Where the first word of a text ends.
fn word_end(text: &str, room: usize) -> usize {
    let mut inside = false;
    let mut first_blank = None;
    for (at, character) in text.char_indices() {
        match character {
            '`' => inside = !inside,
            _ if character.is_whitespace() && !inside => {
                let fits = width(&text[..at]) <= room;
                return if fits { at } else { first_blank.unwrap_or(at) };
            }
            _ if character.is_whitespace() => first_blank = first_blank.or(Some(at)),
            _ => {}
        }
    }
    // An odd backtick, or a quoted piece wider than a line: blanks part words again.
    if inside || width(text) > room { first_blank.unwrap_or(text.len()) } else { text.len() }
}

/// A number of things: `1 record`, `2 records`.
pub fn counted(count: impl Into<u64>, thing: &str) -> String {
    let count = count.into();
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

/// The text cut to at most `room` columns; an ellipsis says that something is missing.
pub fn cut(text: &str, room: usize) -> Cow<'_, str> {
    if width(text) <= room {
        return Cow::Borrowed(text);
    }
    let mut kept = String::new();
    let mut used = 0;
    for character in text.chars() {
        if used + char_width(character) + 1 > room {
            break;
        }
        used += char_width(character);
        kept.push(character);
    }
    kept.push('…');
    Cow::Owned(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wraps_at_blanks_and_keeps_names_together() {
        assert_eq!(wrap("Åsa och Örjan går hem", 10), ["Åsa och", "Örjan går", "hem"]);
        assert_eq!(wrap("see `koppla explain x` now", 20), ["see", "`koppla explain x`", "now"]);
        assert_eq!(wrap("a `quoted piece far too long` b", 12), ["a `quoted", "piece far", "too long` b"]);
        assert_eq!(wrap("", 10), [""]);
    }

    #[test]
    fn counts_columns_not_characters() {
        assert_eq!(width("漢字"), 4);
        assert_eq!(cut("漢字漢字", 5), "漢字…");
        assert_eq!(cut("Åsa", 3), "Åsa");
    }

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(harmless("a\u{1b}[2Jb\u{202e}c"), "a\u{fffd}[2Jb\u{fffd}c");
        assert!(matches!(harmless("åäö – 漢"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn wrapping_loses_no_word(text in "[a-zåäö` ]{0,80}", room in 1usize..40) {
            let before: Vec<&str> = text.split_whitespace().collect();
            let wrapped = wrap(&text, room).join(" ");
            let after: Vec<&str> = wrapped.split_whitespace().collect();
            prop_assert_eq!(before, after);
        }

        #[test]
        fn a_cut_text_fits(text in "\\PC{0,40}", room in 1usize..20) {
            prop_assert!(width(&cut(&text, room)) <= room);
        }
    }
}
