//! Addresses of calls: what stands in them is written into logs of every machine on the way, where nobody can take it back.

use super::consent::needs_consent;
use crate::finding::codes::privacy;
use crate::finding::{Finding, Findings};
use crate::model::{Entity, Field, Model, Sync};
use crate::protocol::template::inserts;
use crate::source::Span;
use crate::syntax::ast::Grant;
use crate::syntax::tree::{Entry, Kind, Node};
use crate::value::Class;

/// Keys of a call whose texts are part of the address.
const PARTS: &[&str] = &["get", "post", "put", "patch", "delete", "query"];
/// Names of templates under which the values of a record stand.
const RECORDS: &[&str] = &["record", "wire", "changed", "sent"];

/// With what the field of a grant begins that is about addresses: `address.account.civic_no`.
const GRANTED: &str = "address.";

/// Finds values that need consent in the addresses of all calls, unless every sync that makes the call has agreed.
pub(super) fn addresses(model: &Model, found: &mut Findings) {
    for entity in &model.entities {
        for (field, class, span) in in_addresses(entity) {
            if !is_granted(model, entity, field, class) {
                found.add(refusal(model, entity, field, class, span));
            }
        }
    }
}

/// True if a grant lets a class into an address of a system that the sync reads or writes.
pub(super) fn grants(model: &Model, sync: &Sync, grant: &Grant) -> bool {
    let text = grant.field.text();
    let Some(name) = text.strip_prefix(GRANTED) else { return false };
    let systems = || sync.sources().chain([&sync.right]).map(|side| side.system);
    let entities = model.entities.iter().filter(|entity| systems().any(|system| system == entity.system));
    entities.filter(|entity| name.starts_with(&entity.name.text)).any(|entity| {
        in_addresses(entity).iter().any(|(field, class, _)| {
            name == format!("{}.{}", entity.name.text, field.name.text)
                && *class == Class::NATIONAL_ID
                && model.classes.name(*class) == grant.class.text
        })
    })
}

/// True if a system is used, and every sync that uses it has agreed to a class in its addresses. That can be national ids
/// alone: registers that know their people by nothing else are many.
fn is_granted(model: &Model, entity: &Entity, field: &Field, class: Class) -> bool {
    let name = format!("{GRANTED}{}.{}", entity.name.text, field.name.text);
    let uses = |sync: &&Sync| sync.sources().chain([&sync.right]).any(|side| side.system == entity.system);
    let mut users = model.syncs.iter().filter(uses).peekable();
    let agrees = |grant: &Grant| grant.field.text() == name && model.classes.name(class) == grant.class.text;
    class == Class::NATIONAL_ID && users.peek().is_some() && users.all(|sync| sync.allow.iter().any(agrees))
}

/// The fields whose values stand in addresses of the calls of an entity, with the first class that needs consent.
fn in_addresses(entity: &Entity) -> Vec<(&Field, Class, Span)> {
    let mut all = Vec::new();
    let written = entity.write.as_ref().map(|write| &write.node);
    written.into_iter().chain(&entity.read).for_each(|call| below(entity, call, &mut all));
    all
}

/// The calls below a node.
fn below<'m>(entity: &'m Entity, node: &Node, all: &mut Vec<(&'m Field, Class, Span)>) {
    match &node.kind {
        Kind::Map(entries) => entries.iter().for_each(|entry| within(entity, entry, all)),
        Kind::List(items) => items.iter().for_each(|item| below(entity, item, all)),
        Kind::Scalar(_) | Kind::Missing => {}
    }
}

fn within<'m>(entity: &'m Entity, entry: &Entry, all: &mut Vec<(&'m Field, Class, Span)>) {
    if PARTS.contains(&entry.key.as_str()) {
        leaves(&entry.value).into_iter().for_each(|leaf| address(entity, leaf, all));
    } else {
        below(entity, &entry.value, all);
    }
}

/// The texts in a node.
pub(super) fn leaves(node: &Node) -> Vec<&Node> {
    match &node.kind {
        Kind::Scalar(_) => vec![node],
        Kind::Map(entries) => entries.iter().flat_map(|entry| leaves(&entry.value)).collect(),
        Kind::List(items) => items.iter().flat_map(leaves).collect(),
        Kind::Missing => Vec::new(),
    }
}

fn address<'m>(entity: &'m Entity, leaf: &Node, all: &mut Vec<(&'m Field, Class, Span)>) {
    let Some(scalar) = leaf.scalar() else { return };
    for (range, path) in inserts(&scalar.text) {
        for field in named(entity, &path) {
            let Some(class) = field.classes.iter().find(|class| needs_consent(*class)) else { continue };
            all.push((field, class, scalar.map.span(range.clone())));
        }
    }
}

fn refusal(model: &Model, entity: &Entity, field: &Field, class: Class, at: Span) -> Finding {
    let national = class == Class::NATIONAL_ID;
    let class = model.classes.name(class);
    let system = &model.system(entity.system).name.text;
    let says = format!("1. {system} {}.{} is {class}", entity.name.text, field.name.text);
    Finding::new(&privacy::CLASS_IN_ADDRESS, at)
        .word("class", class)
        .word("field", &field.name.text)
        .word_if("grant", national.then(|| format!("{class} -> {GRANTED}{}.{}", entity.name.text, field.name.text)))
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
