//! Maps: between, conditions, match, fields, allocations.

use super::language;
use super::reader::{self, count, entries, flag, key_name, text};
use super::shape::{Key, Shape, key, required};
use super::{Allocation, Map, MapRule};
use crate::finding::codes::document as codes;
use crate::finding::{Finding, Findings};
use crate::syntax::ast::Rule;
use crate::syntax::tree::{Entry, Node};

/// Keys of a map.
pub static KEYS: &[Key] = &[
    key("doc", Shape::Text, "what it is"),
    key("title", Shape::Text, "its heading"),
    required("between", Shape::Rule, "what lies between what: `pupil -> account`"),
    key("when", Shape::Rule, "the option that switches it on"),
    key("where", Shape::Rule, "which records take part"),
    key("match", Shape::Rule, "how records find each other without a link"),
    key(
        "gone",
        Shape::Rule,
        "what becomes of the right record when the left one is gone: keep, deactivate, remove; with a grace",
    ),
    key("let", Shape::Rule, "names for values"),
    key("allocate", Shape::Named(&Shape::Keys(ALLOCATION_KEYS)), "values that are state: accounts, first passwords"),
    key("fields", Shape::Rule, "the rules: `Label: left arrow right`"),
    key("absent", Shape::Word(&["clear", "keep"]), "what an absent value does to the other side; keep is the default"),
    key("create", Shape::Word(&["never", "always"]), "never: the map only supplements records of another"),
    key("evidence", Shape::Tree, "what it was verified against"),
    key("unsure", Shape::OneOrMore(&Shape::Text), "what is unsure about it"),
];

static ALLOCATION_KEYS: &[Key] = &[
    key("candidates", Shape::Rule, "spellings in order of preference, one a line"),
    key("then", Shape::Rule, "what follows when all are taken: `count from 2`"),
    key("max", Shape::Count, "longest spelling, in characters"),
    key("free in", Shape::Rule, "where a spelling must be free: a field and the spelling in it, one a line"),
    key("never again", Shape::Bool, "a spelling once used is never given to another"),
    key("secret", Shape::Text, "a generated password: `14 characters, upper lower digit`"),
];

/// Reads a map. All its blocks are read, so that all their findings come at once; but without a `between` that can be
/// read, or with `fields` that are no block of rules, there is no map, since every finding of the checker would follow from that.
pub fn read(entry: &Entry, found: &mut Findings) -> Option<Map> {
    let node = &entry.value;
    let rule = |key: &str| node.get(key);
    let rules = rule("fields").map(|block| language::fields(block, found)).unwrap_or_default();
    check_labels(&rules, found);
    let between = rule("between").and_then(|node| language::between(node, found));
    if rule("fields").is_some_and(|block| block.text().is_none()) {
        return None;
    }
    Some(Map {
        name: key_name(entry),
        when: rule("when").and_then(|node| language::expr(node, found)),
        conditions: rule("where").and_then(|node| language::map_where(node, found)).into_iter().collect(),
        matches: rule("match").map(|block| language::matches(block, found)).unwrap_or_default(),
        gone: rule("gone").and_then(|node| language::gone(node, found)),
        lets: rule("let").map(|block| language::lets(block, found)).unwrap_or_default(),
        allocations: entries(node, "allocate").iter().map(|entry| allocation(entry, found)).collect(),
        rules: rules.into_iter().map(|rule| MapRule { rule, overlay: None, layer: String::new() }).collect(),
        absent_clears: text(node, "absent") == Some("clear"),
        only_supplements: text(node, "create") == Some("never"),
        between: between?,
    })
}

/// A label names one row: overlays and the direction table speak of it.
pub fn check_labels(rules: &[Rule], found: &mut Findings) {
    let mut first: std::collections::HashMap<&str, crate::source::Span> = std::collections::HashMap::new();
    for rule in rules.iter().filter(|rule| rule.first_of_row) {
        match first.get(rule.label.text.as_str()) {
            Some(&earlier) => found.add(
                Finding::new(&codes::LABEL_TWICE, rule.label.span)
                    .word("label", &rule.label.text)
                    .other(earlier, "the first row with it"),
            ),
            None => {
                first.insert(&rule.label.text, rule.label.span);
            }
        }
    }
}

fn allocation(entry: &Entry, found: &mut Findings) -> Allocation {
    let node = &entry.value;
    if node.get("candidates").is_none() && node.get("secret").is_none() && node.entries().is_some() {
        found.add(Finding::new(&codes::MISSING_KEY, entry.key_span).word("key", "candidates").word("in", &entry.key));
    }
    Allocation {
        name: key_name(entry),
        candidates: node.get("candidates").map(|block| language::candidates(block, found)).unwrap_or_default(),
        count_from: node.get("then").and_then(|then| count_from(then, found)),
        max: count(node, "max"),
        free_in: node.get("free in").map(|block| language::free_in(block, found)).unwrap_or_default(),
        never_again: flag(node, "never again").unwrap_or(false),
        secret: reader::name_at(node, "secret"),
    }
}

/// `count from 2`
fn count_from(node: &Node, found: &mut Findings) -> Option<u32> {
    let text = node.text()?;
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        ["count", "from", number] if number.parse::<u32>().is_ok() => number.parse().ok(),
        _ => {
            let finding = Finding::new(&codes::NOT_ONE_OF, node.span).word("word", text).word("key", "then");
            found.add(finding.word("known", "count from 2"));
            None
        }
    }
}
