//! Entities of models and systems.

use super::field;
use super::language;
use super::reader::{self, one_or_more, pairs, text};
use super::shape::{Key, Shape, key, required};
use super::types::TypeScope;
use super::{Entity, EntityWrite, Field, Operation, SystemId};
use crate::finding::codes::document as codes;
use crate::finding::suggest::nearest;
use crate::finding::{Finding, Findings};
use crate::syntax::tree::{Entry, Kind, Node};
use crate::value::Classes;

/// Keys of an entity.
pub static KEYS: &[Key] = &[
    key("doc", Shape::Text, "what it is"),
    required("key", Shape::OneOrMore(&Shape::Text), "the field or fields that identify a record"),
    key(
        "also",
        Shape::OneOrMore(&Shape::Text),
        "other identities: a record whose key changed is followed through them",
    ),
    key("key_mode", Shape::Word(&["all", "first-present"]), "all key fields together, or the first that has a value"),
    key("protected_when", Shape::Rule, "when a record is about a protected person"),
    required(
        "fields",
        Shape::Named(&Shape::Either(&[Shape::Type, Shape::Keys(field::KEYS)])),
        "its fields: a type, or a map of attributes",
    ),
    key("read", Shape::Tree, "the call that reads its records"),
    key("write", Shape::Tree, "the calls that create, update, deactivate, reactivate and remove a record"),
    key("find", Shape::Tree, "the call that reads some records by key; without it all are read"),
    key("names", Shape::Entries(&Shape::Text), "words for templates: `entity.path`"),
    key("skip", Shape::Rule, "rows that are no records"),
    key("evidence", Shape::Text, "what is known of it: the id of an evidence entry, or a grade"),
    key("unsure", Shape::OneOrMore(&Shape::Text), "what is unsure about it"),
    key("label", Shape::Text, "its name for people"),
    key("detail", Shape::NotBuilt, "a call for each record"),
    key("temporary", Shape::NotBuilt, "keys that are never stored"),
    key("unique_with", Shape::NotBuilt, "one name space over several entities"),
    key("locked", Shape::NotBuilt, "records whose fields somebody else owns"),
    key("per", Shape::NotBuilt, "how many records a reference may have"),
    key("omission", Shape::NotBuilt, "what a left-out field means"),
    key("ident", Shape::NotBuilt, "how calls address the record"),
    key("address", Shape::NotBuilt, "where the record lies in a directory"),
    key("controls", Shape::NotBuilt, "extensions of a directory's protocol"),
];

/// Keys of `read` that the protocol never sees.
const READ_NOTES: &[&str] = &["skip", "evidence", "unsure", "doc"];

/// The words for operations under `write:`, and what they are. `restore` and `upsert` are the descriptors' own words.
const OPERATIONS: &[(&str, &[Operation])] = &[
    ("create", &[Operation::Create]),
    ("update", &[Operation::Update]),
    ("upsert", &[Operation::Create, Operation::Update]),
    ("deactivate", &[Operation::Deactivate]),
    ("reactivate", &[Operation::Reactivate]),
    ("restore", &[Operation::Reactivate]),
    ("remove", &[Operation::Remove]),
];

/// Reads an entity of a system.
pub fn read(entry: &Entry, system: SystemId, scope: &TypeScope<'_>, classes: &Classes, found: &mut Findings) -> Entity {
    let node = &entry.value;
    let mut fields = field::read_all(node, scope, classes, found);
    let protected_when = node.get("protected_when").and_then(|rule| language::expr(rule, found));
    field::classify(&mut fields, node, node.get("protected_when").is_some());
    if let Some(condition) = &protected_when {
        field::mark_protected(&mut fields, node, condition);
    }
    let call = node.get("read");
    let skip = node.get("skip").or_else(|| call?.get("skip"));
    Entity {
        name: reader::key_name(entry),
        system,
        key: identities(node, "key", &fields, found),
        also: identities(node, "also", &fields, found),
        first_present: text(node, "key_mode") == Some("first-present"),
        protected_when,
        read: call.map(|call| without(call, READ_NOTES)),
        write: node.get("write").map(write),
        names: pairs(node, "names"),
        skip: skip.and_then(|rule| language::expr(rule, found)),
        fields,
    }
}

/// The fields that `key` or `also` names.
fn identities(node: &Node, key: &str, fields: &[Field], found: &mut Findings) -> Vec<usize> {
    let mut indices = Vec::new();
    for item in one_or_more(node, key) {
        let Some(word) = item.text() else { continue };
        match fields.iter().position(|field| field.name.text == word) {
            Some(index) => indices.push(index),
            None if node.get("fields").and_then(Node::entries).is_none() => {}
            None => found.add(
                Finding::new(&codes::KEY_IS_NO_FIELD, item.span)
                    .word("name", word)
                    .word("key", key)
                    .word_if("suggestion", nearest(word, fields.iter().map(|field| field.name.text.as_str()))),
            ),
        }
    }
    indices
}

fn write(node: &Node) -> EntityWrite {
    let operations = OPERATIONS.iter().flat_map(|(word, operations)| {
        node.get(word).into_iter().flat_map(|call| operations.iter().map(|&operation| (operation, call.clone())))
    });
    let id = node.get("id");
    EntityWrite {
        operations: operations.collect(),
        id_theirs: id.and_then(|id| text(id, "owner")) == Some("theirs"),
        id_at: id.and_then(|id| reader::string(id, "at")),
        node: node.clone(),
    }
}

/// A map without some of its keys.
fn without(node: &Node, keys: &[&str]) -> Node {
    match &node.kind {
        Kind::Map(entries) => {
            let kept = entries.iter().filter(|entry| !keys.contains(&entry.key.as_str())).cloned();
            Node { kind: Kind::Map(kept.collect()), span: node.span }
        }
        _ => node.clone(),
    }
}
