//! What rules look for inside texts: the fixed parts of their regular expressions, and the texts of `starts_with` and its like.
//!
//! A rule that looks for `(?i)skydd` in an address names these five letters itself. They stay, so that the rule still finds
//! them in what is invented for the address; all other letters go.

use crate::check::TypedMapping;
use crate::check::typed::{Literal, Node};
use regex::Regex;
use regex_syntax::hir::{Class, Hir, HirKind};
use std::ops::Range;

/// Functions that look for a text, their second argument, and where that must stand.
const SEEKING: &[(&str, &str, &str)] = &[("starts_with", "^", ""), ("contains", "", ""), ("ends_with", "", "$")];

/// Something that a rule looks for inside texts.
pub struct Sought {
    whole: Regex,
    /// Its fixed parts.
    parts: Vec<Regex>,
}

impl Sought {
    /// What a regular expression looks for; nothing if no part of it is fixed.
    fn of(pattern: &str) -> Option<Sought> {
        let mut parts = Vec::new();
        fixed_parts(&regex_syntax::parse(pattern).ok()?, &mut parts);
        let parts: Vec<Regex> = parts.iter().filter_map(|part| Regex::new(part).ok()).collect();
        (!parts.is_empty()).then_some(Sought { whole: Regex::new(pattern).ok()?, parts })
    }

    /// The parts of a text that are looked for.
    pub fn parts<'s>(&'s self, text: &'s str) -> impl Iterator<Item = Range<usize>> + 's {
        let found = self.whole.is_match(text);
        let parts = self.parts.iter().filter(move |_| found);
        parts.flat_map(move |part| part.find_iter(text).map(|found| found.range()))
    }
}

/// All that the rules of a mapping look for.
pub fn sought(typed: &TypedMapping) -> Vec<Sought> {
    let calls = typed.nodes.all().iter().filter_map(|node| {
        let Node::Call { function, args } = node else { return None };
        let (_, before, after) = SEEKING.iter().find(|(name, ..)| *name == function.name)?;
        let Node::Literal(Literal::Text(text)) = typed.nodes.node((*args.get(1)?)?) else { return None };
        Some(format!("{before}{}{after}", regex::escape(text)))
    });
    let patterns = typed.nodes.patterns.iter().map(|pattern| pattern.as_str().to_string());
    patterns.chain(calls).filter_map(|pattern| Sought::of(&pattern)).collect()
}

/// The parts of a regular expression that stand for one text of two letters or more, whatever its capitals.
fn fixed_parts(hir: &Hir, into: &mut Vec<String>) {
    let mut take = |run: &[Hir]| {
        let run = Hir::concat(run.to_vec());
        if run.properties().minimum_len().is_some_and(|length| length >= 2) {
            into.push(run.to_string());
        }
    };
    match hir.kind() {
        _ if is_fixed(hir) => take(std::slice::from_ref(hir)),
        HirKind::Concat(hirs) => {
            hirs.split(|hir| !is_fixed(hir)).filter(|run| !run.is_empty()).for_each(take);
            hirs.iter().filter(|hir| !is_fixed(hir)).for_each(|hir| fixed_parts(hir, into));
        }
        HirKind::Alternation(hirs) => hirs.iter().for_each(|hir| fixed_parts(hir, into)),
        HirKind::Capture(capture) => fixed_parts(&capture.sub, into),
        HirKind::Repetition(repetition) => fixed_parts(&repetition.sub, into),
        _ => {}
    }
}

fn is_fixed(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Literal(_) | HirKind::Look(_) => true,
        HirKind::Class(class) => is_one_letter(class),
        HirKind::Capture(capture) => is_fixed(&capture.sub),
        HirKind::Concat(hirs) | HirKind::Alternation(hirs) => hirs.iter().all(is_fixed),
        HirKind::Repetition(repetition) => repetition.max == Some(1) && is_fixed(&repetition.sub),
    }
}

/// True for the capital and the small form of a letter.
fn is_one_letter(class: &Class) -> bool {
    let Class::Unicode(class) = class else { return false };
    let letters = || class.ranges().iter().flat_map(|range| (range.start()..=range.end()).take(4));
    let capital = letters().find(|letter| letter.is_uppercase());
    letters().count() <= 3
        && capital
            .is_some_and(|capital| letters().any(|letter| letter.to_uppercase().eq([capital]) && letter != capital))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'t>(pattern: &str, text: &'t str) -> Vec<&'t str> {
        let sought = Sought::of(pattern);
        sought.iter().flat_map(|sought| sought.parts(text).collect::<Vec<_>>()).map(|part| &text[part]).collect()
    }

    #[test]
    fn only_what_a_pattern_spells_is_found() {
        let either = r"(?i)\bskydd|\bsekretess";
        assert_eq!(found(either, "Skyddade uppgifter, SEKRETESS"), ["Skydd", "SEKRETESS"]);
        assert_eq!(found(either, "Storgatan 4"), [""; 0]);
        assert_eq!(found("^Wo", "Wojciech Wolf"), ["Wo"]);
        assert_eq!(found(r"^[a-z]+@elev\.se$", "anna@elev.se"), ["@elev.se"]);
        for open in ["^[A-Z]+$", r"^\w+ \w+$", ".*", "[aou]", "^A", "[Aa]n?"] {
            assert!(Sought::of(open).is_none(), "{open}");
        }
    }
}
