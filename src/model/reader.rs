//! Small questions to nodes whose kinds were checked before: a wrong kind is passed over without a word.

use crate::syntax::ast::Name;
use crate::syntax::tree::{Entry, Kind, Node, Style};

/// A name with its place, from a scalar.
pub fn name(node: &Node) -> Option<Name> {
    node.text().map(|text| Name { text: text.to_string(), span: node.span })
}

/// The key of an entry as a name.
pub fn key_name(entry: &Entry) -> Name {
    Name { text: entry.key.clone(), span: entry.key_span }
}

/// The text under a key.
pub fn text<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    node.get(key)?.text()
}

/// The text under a key, owned.
pub fn string(node: &Node, key: &str) -> Option<String> {
    text(node, key).map(String::from)
}

/// The name under a key.
pub fn name_at(node: &Node, key: &str) -> Option<Name> {
    name(node.get(key)?)
}

/// True, false, or neither said.
pub fn flag(node: &Node, key: &str) -> Option<bool> {
    bool_word(text(node, key)?)
}

/// What a word for yes or no means.
pub fn bool_word(word: &str) -> Option<bool> {
    match word {
        "true" | "yes" => Some(true),
        "false" | "no" => Some(false),
        _ => None,
    }
}

/// The whole number under a key.
pub fn count(node: &Node, key: &str) -> Option<u32> {
    text(node, key)?.parse().ok()
}

/// The entries of the map under a key.
pub fn entries<'a>(node: &'a Node, key: &str) -> &'a [Entry] {
    node.get(key).and_then(Node::entries).unwrap_or_default()
}

/// The items of the list under a key.
pub fn items<'a>(node: &'a Node, key: &str) -> &'a [Node] {
    node.get(key).and_then(Node::items).unwrap_or_default()
}

/// The value under a key as a list: a value alone is a list of one.
pub fn one_or_more<'a>(node: &'a Node, key: &str) -> &'a [Node] {
    node.get(key).map(many).unwrap_or_default()
}

/// A value as a list: a value alone is a list of one.
pub fn many(node: &Node) -> &[Node] {
    match node.items() {
        Some(items) => items,
        None if node.is_missing() => &[],
        None => std::slice::from_ref(node),
    }
}

/// The texts under a key: one or a list.
pub fn texts(node: &Node, key: &str) -> Vec<String> {
    one_or_more(node, key).iter().filter_map(|item| item.text().map(String::from)).collect()
}

/// Pairs of texts of the map under a key.
pub fn pairs(node: &Node, key: &str) -> Vec<(String, String)> {
    entries(node, key).iter().filter_map(|entry| Some((entry.key.clone(), entry.value.text()?.to_string()))).collect()
}

/// The entries under a key as names and values.
pub fn named_nodes(node: &Node, key: &str) -> Vec<(Name, Node)> {
    entries(node, key).iter().map(|entry| (key_name(entry), with_absent(&entry.value))).collect()
}

/// A value in which a bare `~`, the YAML word for nothing, is a missing one.
pub fn with_absent(node: &Node) -> Node {
    let kind = match &node.kind {
        Kind::Scalar(scalar) if scalar.style == Style::Plain && scalar.text == "~" => Kind::Missing,
        Kind::List(items) => Kind::List(items.iter().map(with_absent).collect()),
        Kind::Map(entries) => {
            Kind::Map(entries.iter().map(|entry| Entry { value: with_absent(&entry.value), ..entry.clone() }).collect())
        }
        other => other.clone(),
    };
    Node { kind, span: node.span }
}
