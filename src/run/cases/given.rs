//! The given records of a case as left tables.

use super::Difference;
use crate::model::cases::entity;
use crate::model::{Case, Model, Side};
use crate::run::eval::push_text;
use crate::run::table::Table;
use crate::run::written;
use crate::syntax::tree::{Kind, Node};
use crate::value::{Arena, EntityId, Failure, Row, Type, Value, normal};
use std::collections::{BTreeMap, HashMap};

/// Left tables by entity. What makes no sense is said in `wrong`; a text that its type cannot read stands in the table as
/// what it is, as it would in a run.
pub fn tables<'t>(
    model: &Model,
    left: &[Side],
    case: &Case,
    arena: &'t Arena,
    wrong: &mut Vec<Difference>,
) -> BTreeMap<EntityId, Table<'t>> {
    let mut records: BTreeMap<EntityId, Vec<&Node>> = BTreeMap::new();
    for (name, nodes) in &case.given {
        if let Some(entity) = entity(model, left, &name.text) {
            records.entry(entity).or_default().extend(nodes);
        }
    }
    let places = places(model, &records, wrong);
    let lead = |entity: EntityId, node: &Node| {
        let row = *places.get(&(entity, reference_key(model, entity, node)?))?;
        Some(Row { table: entity.0, row })
    };
    let mut tables = BTreeMap::new();
    for (entity, nodes) in records {
        let mut reading = Reading { values: Vec::new(), broken: Vec::new(), wrong };
        for (row, node) in nodes.into_iter().enumerate() {
            record(model, entity, row as u32, node, &lead, arena, &mut reading);
        }
        let Reading { values, broken, .. } = reading;
        let table = Table::values(model.entity(entity).fields.len(), &values);
        tables.insert(entity, Table { broken, ..table });
    }
    tables
}

/// Where each record stands, by its key. Two records with one key would be one record, so a case that has them is wrong.
fn places(
    model: &Model,
    records: &BTreeMap<EntityId, Vec<&Node>>,
    wrong: &mut Vec<Difference>,
) -> HashMap<(EntityId, String), u32> {
    let mut places = HashMap::new();
    for (&entity, nodes) in records {
        for (row, node) in nodes.iter().enumerate() {
            let Some(key) = record_key(model, entity, node) else { continue };
            if places.insert((entity, key.clone()), row as u32).is_some() {
                let what = format!("given {}", model.entity(entity).name.text);
                wrong.push(Difference::Unreadable { what, why: format!("two records have the key {key}") });
            }
        }
    }
    places
}

/// A table while its records are read.
struct Reading<'r, 't> {
    values: Vec<Value<'t>>,
    broken: Vec<(u32, u16, Failure)>,
    wrong: &'r mut Vec<Difference>,
}

fn record<'t>(
    model: &Model,
    entity: EntityId,
    row: u32,
    node: &Node,
    lead: &written::Lead<'_>,
    arena: &'t Arena,
    reading: &mut Reading<'_, 't>,
) {
    let definition = model.entity(entity);
    for (index, field) in definition.fields.iter().enumerate() {
        let value = match (node.get(&field.name.text), &field.default) {
            (Some(written), _) => written::value(written, &field.ty, lead, arena),
            (None, Some(default)) => written::text(default, &field.ty, arena),
            (None, None) => Ok(Value::Absent),
        };
        let is_text = node.get(&field.name.text).is_some_and(|written| written.text().is_some());
        let refers = matches!(field.ty.element().unwrap_or(&field.ty), Type::Ref(_));
        reading.values.push(value.unwrap_or_else(|why| {
            if is_text && !refers {
                reading.broken.push((row, index as u16, why));
            } else {
                let what = format!("given {}.{}", definition.name.text, field.name.text);
                reading.wrong.push(Difference::Unreadable { what, why: why.to_string() });
            }
            Value::Absent
        }));
    }
}

/// The key of a written record, as the store would write it; `None` if a part is missing or cannot be read.
pub fn record_key(model: &Model, entity: EntityId, node: &Node) -> Option<String> {
    let definition = model.entity(entity);
    let part = |&field: &usize| node.get(&definition.fields[field].name.text).filter(|node| !node.is_missing());
    if definition.first_present {
        let field = definition.key.iter().find(|field| part(field).is_some())?;
        return part_key(model, &definition.fields[*field].ty, part(field)?);
    }
    let parts: Option<Vec<String>> =
        definition.key.iter().map(|field| part_key(model, &definition.fields[*field].ty, part(field)?)).collect();
    parts.map(|parts| parts.join("|"))
}

/// The key that a written reference names: a text, or for a key of several parts a list of them.
pub fn reference_key(model: &Model, entity: EntityId, node: &Node) -> Option<String> {
    let definition = model.entity(entity);
    let parts: &[Node] = match &node.kind {
        Kind::List(items) => items,
        _ => std::slice::from_ref(node),
    };
    if parts.len() != definition.key.len() && !(definition.first_present && parts.len() == 1) {
        return None;
    }
    let parts: Option<Vec<String>> = parts
        .iter()
        .zip(&definition.key)
        .map(|(part, &field)| part_key(model, &definition.fields[field].ty, part))
        .collect();
    parts.map(|parts| parts.join("|"))
}

fn part_key(model: &Model, ty: &Type, node: &Node) -> Option<String> {
    if let Type::Ref(to) = ty {
        return reference_key(model, *to, node);
    }
    let arena = Arena::new();
    let value = written::value(node, ty, &|_, _| None, &arena).ok()?;
    simple_key(ty, value)
}

/// A simple value as a part of a key.
pub fn simple_key(ty: &Type, value: Value<'_>) -> Option<String> {
    let arena = Arena::new();
    let mut text = String::new();
    match normal::normal_form(ty, value, &arena) {
        Value::Absent => return None,
        simple => push_text(&mut text, simple),
    }
    Some(text.replace('\\', "\\\\").replace('|', "\\|"))
}
