//! The shapes of documents: every key is declared once, with its documentation, and checked here.
//!
//! [`check`] reports everything that is wrong with keys and kinds. The rooms that read a document afterwards take what has
//! the right kind and pass over the rest without a word: one cause, one finding.

use crate::finding::codes::{document as codes, yaml as yaml_codes};
use crate::finding::suggest::nearest;
use crate::finding::{Finding, Findings};
use crate::source::Span;
use crate::syntax::tree::{Entry, Kind, Node};

/// A key of a map in a document.
#[derive(Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What stands under it.
    pub shape: Shape,
    /// What it means: one line for the reference and for editors.
    pub doc: &'static str,
    /// True if the map must have it.
    pub required: bool,
}

/// A key that may be left out.
pub const fn key(name: &'static str, shape: Shape, doc: &'static str) -> Key {
    Key { name, shape, doc, required: false }
}

/// A key that must be there.
pub const fn required(name: &'static str, shape: Shape, doc: &'static str) -> Key {
    Key { name, shape, doc, required: true }
}

/// What stands under a key.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A text, as it is written.
    Text,
    /// A type of the language.
    Type,
    /// An expression or a block of the language.
    Rule,
    /// `true`, `false`, `yes`, `no`.
    Bool,
    /// A whole number from 0.
    Count,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A list.
    List(&'static Shape),
    /// One, or a list of them.
    OneOrMore(&'static Shape),
    /// A map with these keys.
    Keys(&'static [Key]),
    /// A map from names that rules may use: letters, digits and `_`.
    Named(&'static Shape),
    /// A map from any texts.
    Entries(&'static Shape),
    /// One of several, told apart by being a text, a list or a map.
    Either(&'static [Shape]),
    /// Whatever its owner, mostly a protocol, understands.
    Tree,
    /// Understood, but without effect in this version.
    NotBuilt,
}

/// Words for yes and no.
pub const BOOLS: &[&str] = &["true", "false", "yes", "no"];

impl Shape {
    /// What it takes, in words: "a text", "a list".
    fn wanted(self) -> &'static str {
        match self {
            Shape::Text | Shape::Bool | Shape::Count | Shape::Word(_) => "a text",
            Shape::Type => "a type",
            Shape::Rule => "a rule",
            Shape::List(_) => "a list",
            Shape::OneOrMore(_) => "a text or a list",
            Shape::Keys(_) | Shape::Named(_) | Shape::Entries(_) => "a map",
            Shape::Either(shapes) => match shapes {
                [Shape::List(_), ..] => "a list or a map",
                _ => "a text or a map",
            },
            Shape::Tree | Shape::NotBuilt => "anything",
        }
    }

    /// True if a node of this kind can be of this shape.
    fn takes(self, kind: &Kind) -> bool {
        match self {
            Shape::Text | Shape::Type | Shape::Rule | Shape::Bool | Shape::Count | Shape::Word(_) => {
                matches!(kind, Kind::Scalar(_))
            }
            Shape::List(_) => matches!(kind, Kind::List(_)),
            Shape::OneOrMore(one) => matches!(kind, Kind::List(_)) || one.takes(kind),
            Shape::Keys(_) | Shape::Named(_) | Shape::Entries(_) => matches!(kind, Kind::Map(_)),
            Shape::Either(shapes) => shapes.iter().any(|shape| shape.takes(kind)),
            Shape::Tree | Shape::NotBuilt => true,
        }
    }
}

/// Where a value belongs: the key that it stands under, for findings.
#[derive(Clone, Copy)]
struct Under<'a> {
    key: &'a str,
    span: Span,
}

/// Checks a document against the keys of its kind. `name` is the key that the document starts with.
pub fn check_document(root: &Node, keys: &'static [Key], found: &mut Findings) {
    let Some(first) = root.entries().and_then(<[Entry]>::first) else { return };
    check_keys(root, keys, Under { key: &first.key, span: first.key_span }, found);
}

/// Reads keys that are written wrong as those that were meant, so that one slip is one finding.
pub fn mend(root: &mut Node, keys: &'static [Key], found: &mut Findings) {
    let Some(first) = root.entries().and_then(<[Entry]>::first) else { return };
    let name = first.key.clone();
    mend_below(root, Shape::Keys(keys), &name, found);
}

fn mend_below(node: &mut Node, shape: Shape, under: &str, found: &mut Findings) {
    match (shape, &mut node.kind) {
        (Shape::Keys(keys), Kind::Map(entries)) => mend_keys(entries, keys, under, found),
        (Shape::Named(one) | Shape::Entries(one), Kind::Map(entries)) => {
            entries.iter_mut().for_each(|entry| mend_below(&mut entry.value, *one, &entry.key, found));
        }
        (Shape::List(one) | Shape::OneOrMore(one), Kind::List(items)) => {
            items.iter_mut().for_each(|item| mend_below(item, *one, under, found));
        }
        (Shape::OneOrMore(one), _) => mend_below(node, *one, under, found),
        (Shape::Either(shapes), kind) => {
            if let Some(shape) = shapes.iter().find(|shape| shape.takes(kind)) {
                mend_below(node, *shape, under, found);
            }
        }
        _ => {}
    }
}

fn mend_keys(entries: &mut [Entry], keys: &'static [Key], under: &str, found: &mut Findings) {
    for at in 0..entries.len() {
        let entry = &entries[at];
        let known = keys.iter().find(|key| key.name == entry.key);
        let near = || nearest(&entry.key, keys.iter().map(|key| key.name));
        let meant = match known {
            Some(key) => Some(key.name),
            None => near().filter(|near| entries.iter().all(|other| other.key != *near)),
        };
        let Some(key) = meant.and_then(|name| keys.iter().find(|key| key.name == name)) else { continue };
        if known.is_none() {
            unknown_key(entry, keys, under, found);
            entries[at].key = key.name.to_string();
        }
        mend_below(&mut entries[at].value, key.shape, key.name, found);
    }
}

/// Checks a value that stands under `key`.
pub fn check_value(key: &str, key_span: Span, value: &Node, shape: Shape, found: &mut Findings) {
    check(value, shape, Under { key, span: key_span }, found);
}

fn check(node: &Node, shape: Shape, under: Under<'_>, found: &mut Findings) {
    if node.is_missing() && !matches!(shape, Shape::Tree) {
        found.add(Finding::new(&yaml_codes::KEY_WITHOUT_VALUE, under.span).word("key", under.key));
        return;
    }
    if !shape.takes(&node.kind) {
        found.add(
            Finding::new(&codes::WRONG_KIND, node.span)
                .word("key", under.key)
                .word("wanted", shape.wanted())
                .word("kind", node.kind_word())
                .word_if("block", matches!(shape, Shape::Rule).then_some(under.key)),
        );
        return;
    }
    match shape {
        Shape::Bool => check_word(node, BOOLS, under, found),
        Shape::Word(words) => check_word(node, words, under, found),
        Shape::Count => check_count(node, under, found),
        Shape::List(one) => check_items(node, *one, under, found),
        Shape::OneOrMore(one) if one.takes(&node.kind) => check(node, *one, under, found),
        Shape::OneOrMore(one) => check_items(node, *one, under, found),
        Shape::Keys(keys) => check_keys(node, keys, under, found),
        Shape::Named(one) => check_entries(node, *one, true, found),
        Shape::Entries(one) => check_entries(node, *one, false, found),
        Shape::Either(shapes) => {
            if let Some(shape) = shapes.iter().find(|shape| shape.takes(&node.kind)) {
                check(node, *shape, under, found);
            }
        }
        Shape::NotBuilt => found.add(Finding::new(&codes::KEY_WITHOUT_EFFECT, under.span).word("key", under.key)),
        Shape::Text | Shape::Type | Shape::Rule | Shape::Tree => {}
    }
}

fn check_items(node: &Node, one: Shape, under: Under<'_>, found: &mut Findings) {
    for item in node.items().unwrap_or_default() {
        check(item, one, Under { key: under.key, span: item.span }, found);
    }
}

fn check_entries(node: &Node, one: Shape, named: bool, found: &mut Findings) {
    for entry in node.entries().unwrap_or_default() {
        if named && !is_name(&entry.key) {
            found.add(Finding::new(&codes::BAD_NAME, entry.key_span).word("name", &entry.key));
        }
        check(&entry.value, one, Under { key: &entry.key, span: entry.key_span }, found);
    }
}

fn check_keys(node: &Node, keys: &'static [Key], under: Under<'_>, found: &mut Findings) {
    for entry in node.entries().unwrap_or_default() {
        match keys.iter().find(|key| key.name == entry.key) {
            Some(key) => check(&entry.value, key.shape, Under { key: key.name, span: entry.key_span }, found),
            None => unknown_key(entry, keys, under.key, found),
        }
    }
    for key in keys.iter().filter(|key| key.required && node.get(key.name).is_none()) {
        found.add(Finding::new(&codes::MISSING_KEY, under.span).word("key", key.name).word("in", under.key));
    }
}

fn unknown_key(entry: &Entry, keys: &'static [Key], under: &str, found: &mut Findings) {
    let names = || keys.iter().map(|key| key.name);
    found.add(
        Finding::new(&codes::UNKNOWN_KEY, entry.key_span)
            .word("key", &entry.key)
            .word("in", under)
            .word_if("suggestion", nearest(&entry.key, names()))
            .word("known", names().collect::<Vec<_>>().join(", ")),
    );
}

fn check_word(node: &Node, words: &'static [&'static str], under: Under<'_>, found: &mut Findings) {
    let Some(text) = node.text().filter(|text| !words.contains(text)) else { return };
    found.add(
        Finding::new(&codes::NOT_ONE_OF, node.span)
            .word("word", text)
            .word("key", under.key)
            .word_if("suggestion", nearest(text, words.iter().copied()))
            .word("known", words.join(", ")),
    );
}

fn check_count(node: &Node, under: Under<'_>, found: &mut Findings) {
    if let Some(text) = node.text().filter(|text| text.parse::<u32>().is_err()) {
        found.add(Finding::new(&codes::BAD_COUNT, node.span).word("text", text).word("key", under.key));
    }
}

/// True if rules can name it: a letter, then letters, digits and `_`.
pub fn is_name(text: &str) -> bool {
    text.starts_with(char::is_alphabetic) && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}
