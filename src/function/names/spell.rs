//! Spelling in plain letters.

use super::{Arguments, Calls, Context, Failure, Outcome, Value, Written};
use crate::function::text::kept;
use crate::value::{Arena, normal};
use bumpalo::collections::String as ArenaString;
use unicode_normalization::char::is_combining_mark;

/// How the letters with a choice are spelt, in lower case.
pub(super) struct Spelling<'s> {
    å: &'s str,
    ä: &'s str,
    ö: &'s str,
    ø: &'s str,
    ü: &'s str,
    æ: &'s str,
}

impl Default for Spelling<'_> {
    fn default() -> Self {
        Spelling { å: "a", ä: "a", ö: "o", ø: "o", ü: "u", æ: "ae" }
    }
}

/// `transliterate(text, å, ä, ö, ø, ü, æ)`
pub(super) fn transliterate<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let spelling = Spelling {
        å: choice(arguments, 1, ["a", "aa"])?,
        ä: choice(arguments, 2, ["a", "ae"])?,
        ö: choice(arguments, 3, ["o", "oe"])?,
        ø: choice(arguments, 4, ["o", "oe"])?,
        ü: choice(arguments, 5, ["u", "ue"])?,
        æ: choice(arguments, 6, ["ae", "a"])?,
    };
    Ok(Value::Text(spelt(arguments.text(0)?, &spelling, context.arena)))
}

/// One of two words; the first if none was given.
fn choice<'a>(arguments: &[Value<'a>], place: usize, words: [&'static str; 2]) -> Result<&'static str, Failure> {
    let Some(given) = arguments.optional_text(place)? else { return Ok(words[0]) };
    words
        .into_iter()
        .find(|word| *word == given)
        .ok_or_else(|| Failure(format!("is none of {}", words.join(", ")).into()))
}

/// `ad_safe(text, å, ø)`
pub(super) fn ad_safe<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let spelling = Spelling {
        å: choice(arguments, 1, ["a", "aa"])?,
        ø: choice(arguments, 2, ["o", "oe"])?,
        ..Spelling::default()
    };
    let spelt = spelt(arguments.text(0)?, &spelling, context.arena);
    let safe = kept(context, spelt, |letter| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_'));
    let safe = safe.as_text().unwrap_or_default().trim_matches('.');
    if !safe.contains("..") {
        return Ok(Value::text_or_absent(safe));
    }
    let mut single = ArenaString::with_capacity_in(safe.len(), context.arena);
    for letter in safe.chars() {
        if !(letter == '.' && single.ends_with('.')) {
            single.push(letter);
        }
    }
    Ok(Value::text_or_absent(single.into_bump_str()))
}

/// A text in ASCII; itself if it is already.
pub(super) fn spelt<'a>(text: &'a str, spelling: &Spelling<'_>, arena: &'a Arena) -> &'a str {
    if text.is_ascii() {
        return text;
    }
    let mut result = ArenaString::with_capacity_in(text.len() + 4, arena);
    // Letters in one code point each, as nearly every text has them, need no second look.
    let text = normal::nfc(text, arena);
    let mut letters = text.chars().peekable();
    let mut before_is_upper = false;
    while let Some(letter) = letters.next() {
        if letter.is_ascii() {
            result.push(letter);
        } else {
            // `ÅSA` is spelt `AASA`, `Åsa` `Aasa`: the neighbour tells; at the end of a word the one before.
            let neighbour = letters.peek().copied().filter(|next| next.is_alphabetic());
            let is_shouted = letter.is_uppercase() && neighbour.map_or(before_is_upper, char::is_uppercase);
            push_spelt(letter, is_shouted, spelling, &mut result);
        }
        before_is_upper = letter.is_uppercase();
    }
    if result.is_empty() {
        // Marks without a letter.
        result.push('_');
    }
    result.into_bump_str()
}

fn push_spelt(letter: char, is_shouted: bool, spelling: &Spelling<'_>, into: &mut ArenaString<'_>) {
    let small = match letter {
        'å' | 'Å' => spelling.å,
        'ä' | 'Ä' => spelling.ä,
        'ö' | 'Ö' => spelling.ö,
        'ø' | 'Ø' => spelling.ø,
        'ü' | 'Ü' => spelling.ü,
        'æ' | 'Æ' if spelling.æ != "ae" => spelling.æ,
        _ => {
            match any_ascii::any_ascii_char(letter) {
                "" if is_combining_mark(letter) || !letter.is_alphanumeric() => {}
                "" => into.push('_'),
                spelt if is_shouted => into.extend(spelt.chars().map(|letter| letter.to_ascii_uppercase())),
                spelt => into.push_str(spelt),
            }
            return;
        }
    };
    let is_upper = letter.is_uppercase();
    for (place, letter) in small.chars().enumerate() {
        let raised = is_upper && (place == 0 || is_shouted);
        into.push(if raised { letter.to_ascii_uppercase() } else { letter });
    }
}

/// `fold(text)`
pub(super) fn fold(calls: &mut Calls<'_, '_>) -> Result<(), Failure> {
    calls.write_texts(|text, into| {
        if text.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return Written::Is(Value::text_or_absent(text));
        }
        if text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            let start = into.len();
            into.push_str(text);
            into[start..].make_ascii_lowercase();
            return Written::Text;
        }
        for letter in text.chars() {
            match letter {
                'a'..='z' => into.push(letter),
                'A'..='Z' => into.push(letter.to_ascii_lowercase()),
                'å' | 'ä' | 'Å' | 'Ä' => into.push('a'),
                'ö' | 'Ö' => into.push('o'),
                'é' | 'É' => into.push('e'),
                'ü' | 'Ü' => into.push('u'),
                _ if letter.is_ascii() => {}
                // A few capitals have a lower case in ASCII: the Kelvin sign, the dotted I.
                _ => into.extend(letter.to_lowercase().filter(char::is_ascii_lowercase)),
            }
        }
        Written::Text
    });
    Ok(())
}
