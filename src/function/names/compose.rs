//! Case, initials and the order of the parts of a name.

use super::{Arguments, Context, Failure, Outcome, Value};
use crate::function::text::{capitals, same_ignoring_case, together};
use crate::value::show;
use bumpalo::collections::String as ArenaString;

/// Words that belong to a surname and are written small: Dutch, German, Romance, Nordic.
const PARTICLES: &[&str] = &[
    "van", "de", "der", "den", "het", "'t", "'s", "ter", "ten", "te", "op", "in", "von", "zu", "zum", "zur", "vom",
    "af", "av", "du", "des", "la", "le", "les", "da", "das", "do", "dos", "di", "della", "del", "bin", "ibn",
];

/// `name_case(text, particles)`
pub(super) fn name_case<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let text = arguments.text(0)?;
    let own = match arguments.at(1) {
        Value::Absent => None,
        _ => Some(arguments.list(1)?),
    };
    let is_particle = |word: &str| match own {
        None => PARTICLES.iter().any(|particle| same_ignoring_case(particle, word)),
        Some(own) => {
            own.iter().any(|particle| particle.as_text().is_some_and(|particle| same_ignoring_case(particle, word)))
        }
    };
    let last = text.trim_end().rfind(' ').map_or(0, |blank| blank + 1);
    let mut result = ArenaString::with_capacity_in(text.len(), context.arena);
    let mut place = 0;
    for word in text.split_inclusive(' ') {
        let bare = word.trim_end_matches(' ');
        if !is_in_one_case(bare) {
            result.push_str(word);
        } else {
            if place < last && is_particle(bare) {
                result.extend(bare.chars().flat_map(char::to_lowercase));
            } else {
                push_cased(context, bare, &mut result);
            }
            result.push_str(&word[bare.len()..]);
        }
        place += word.len();
    }
    Ok(Value::Text(result.into_bump_str()))
}

/// True for words in capitals and words in lower case; one capital alone, as in `J.`, is neither right nor wrong.
fn is_in_one_case(word: &str) -> bool {
    let (upper, lower) = (word.chars().any(char::is_uppercase), word.chars().any(char::is_lowercase));
    upper != lower
}

/// A word of a name: parts at hyphens, points and apostrophes begin in upper case, `Mc` is followed by upper case, the
/// Dutch `IJ` is one letter.
fn push_cased(context: &Context<'_>, word: &str, into: &mut ArenaString<'_>) {
    let word = context.arena.alloc_str(word);
    for part in capitals(word, context.arena).split_inclusive(['-', '.', '\'', '’']) {
        let mut letters = part.chars();
        if let Some(rest) = part.strip_prefix("Mc").filter(|rest| rest.chars().count() > 1) {
            into.push_str("Mc");
            letters = rest.chars();
        } else if let Some(rest) = part.strip_prefix("Ij") {
            into.push_str("IJ");
            into.push_str(rest);
            continue;
        } else if matches!(part, "t" | "s") && into.ends_with(['\'', '’']) {
            into.push_str(part);
            continue;
        }
        if let Some(first) = letters.next() {
            into.extend(first.to_uppercase());
        }
        into.push_str(letters.as_str());
    }
}

/// `initials(text, after)`
pub(super) fn initials<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let (text, after) = (arguments.text(0)?, arguments.optional_text(1)?.unwrap_or_default());
    let mut result = ArenaString::new_in(context.arena);
    for part in text.split(|letter: char| letter.is_whitespace() || matches!(letter, '-' | '.')) {
        if let Some(first) = part.chars().find(|letter| letter.is_alphabetic()) {
            result.extend(first.to_uppercase());
            result.push_str(after);
        }
    }
    Ok(Value::text_or_absent(result.into_bump_str()))
}

/// `surname_by_convention(convention, own, own_prefix, partner, partner_prefix, separator)`
pub(super) fn surname_by_convention<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let own = with_prefix(context, arguments, 1, 2)?;
    let partner = with_prefix(context, arguments, 3, 4)?;
    let separator = arguments.optional_text(5)?.unwrap_or("-");
    let convention = arguments.optional_text(0)?.unwrap_or("B");
    let parts = match convention.trim() {
        "B" => [own, Value::Absent],
        "P" if partner.is_absent() => [own, Value::Absent],
        "P" => [partner, Value::Absent],
        "BP" => [own, partner],
        "PB" => [partner, own],
        _ => return Err(Failure::because("has a convention that is none of B, P, BP, PB")),
    };
    together(context, separator, &parts)
}

/// A name with its prefix; absent if the name is.
fn with_prefix<'a>(context: &Context<'a>, arguments: &[Value<'a>], name: usize, prefix: usize) -> Outcome<'a> {
    match arguments.optional_text(name)? {
        None | Some("") => Ok(Value::Absent),
        Some(_) => together(context, " ", &[arguments.at(prefix), arguments.at(name)]),
    }
}

/// `called_name(names, marking)`
pub(super) fn called_name<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let names = arguments.text(0)?.trim();
    let marking = show::plain(arguments.at(1), context.arena).unwrap_or_default().trim();
    if marking.is_empty() {
        return Ok(names.split_whitespace().next().map_or(Value::Absent, Value::Text));
    }
    let failure = Failure::because("has a marking that names no given name");
    let [first @ b'1'..=b'9', second @ b'0'..=b'9'] = *marking.as_bytes() else { return Err(failure) };
    let bare = |part: &'a str| part.trim_end_matches([' ', '-']);
    let parts = || names.split_inclusive([' ', '-']).filter(|part| !bare(part).is_empty());
    let part = |digit: u8| parts().nth(usize::from(digit - b'1'));
    let Some(one) = part(first) else { return Err(failure) };
    if second == b'0' {
        return Ok(Value::Text(bare(one)));
    }
    let Some(other) = part(second) else { return Err(failure) };
    // Neighbours keep what joins them, blank or hyphen.
    let joint = if second == first + 1 && one.ends_with('-') { "-" } else { " " };
    together(context, joint, &[Value::Text(bare(one)), Value::Text(bare(other))])
}

/// `sort_name(family_name, given_name, prefix)`
pub(super) fn sort_name<'a>(context: &Context<'a>, arguments: &[Value<'a>]) -> Outcome<'a> {
    let behind = together(context, " ", &[arguments.at(1), arguments.at(2)])?;
    together(context, ", ", &[arguments.at(0), behind])
}
