//! Addresses of calls: what stands in them is written into logs of every machine on the way, where nobody can take it back.

use super::consent::needs_consent;
use crate::finding::codes::privacy;
use crate::finding::{Finding, Findings};
use crate::model::{Entity, Field, Model};
use crate::protocol::template::inserts;
use crate::syntax::tree::{Entry, Kind, Node};
use crate::value::Class;

/// Keys of a call whose texts are part of the address.
const PARTS: &[&str] = &["get", "post", "put", "patch", "delete", "query"];
/// Names of templates under which the values of a record stand.
const RECORDS: &[&str] = &["record", "wire", "changed", "sent"];

/// Finds values that need consent in the addresses of all calls.
pub(super) fn addresses(model: &Model, found: &mut Findings) {
    for entity in &model.entities {
        let written = entity.write.as_ref().map(|write| &write.node);
        for call in written.into_iter().chain(&entity.read) {
            below(model, entity, call, found);
        }
    }
}

/// The calls below a node.
fn below(model: &Model, entity: &Entity, node: &Node, found: &mut Findings) {
    match &node.kind {
        Kind::Map(entries) => entries.iter().for_each(|entry| within(model, entity, entry, found)),
        Kind::List(items) => items.iter().for_each(|item| below(model, entity, item, found)),
        Kind::Scalar(_) | Kind::Missing => {}
    }
}

fn within(model: &Model, entity: &Entity, entry: &Entry, found: &mut Findings) {
    if PARTS.contains(&entry.key.as_str()) {
        leaves(&entry.value).into_iter().for_each(|leaf| address(model, entity, leaf, found));
    } else {
        below(model, entity, &entry.value, found);
    }
}

/// The texts in a node.
fn leaves(node: &Node) -> Vec<&Node> {
    match &node.kind {
        Kind::Scalar(_) => vec![node],
        Kind::Map(entries) => entries.iter().flat_map(|entry| leaves(&entry.value)).collect(),
        Kind::List(items) => items.iter().flat_map(leaves).collect(),
        Kind::Missing => Vec::new(),
    }
}

fn address(model: &Model, entity: &Entity, leaf: &Node, found: &mut Findings) {
    let Some(scalar) = leaf.scalar() else { return };
    for (range, path) in inserts(&scalar.text) {
        for field in named(entity, &path) {
            let Some(class) = field.classes.iter().find(|class| needs_consent(*class)) else { continue };
            found.add(refusal(model, entity, field, class, scalar.map.span(range.clone())));
        }
    }
}

fn refusal(model: &Model, entity: &Entity, field: &Field, class: Class, at: crate::source::Span) -> Finding {
    let class = model.classes.name(class);
    let system = &model.system(entity.system).name.text;
    let says = format!("1. {system} {}.{} is {class}", entity.name.text, field.name.text);
    Finding::new(&privacy::CLASS_IN_ADDRESS, at)
        .word("class", class)
        .word("field", &field.name.text)
        .other(field.name.span, says)
}

/// The fields whose values a path of a template names.
fn named<'m>(entity: &'m Entity, path: &[String]) -> Vec<&'m Field> {
    let fields = &entity.fields;
    match path {
        [root] if root == "key" => entity.key.iter().map(|&index| &fields[index]).collect(),
        [root, name, ..] if RECORDS.contains(&root.as_str()) => {
            fields.iter().filter(|field| field.name.text == *name || field.at == *name).collect()
        }
        [root, name, ..] if root == "key" => fields.iter().filter(|field| field.name.text == *name).collect(),
        _ => Vec::new(),
    }
}
