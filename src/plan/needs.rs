//! What a mapping needs: entities, and fields of them. Everything else is neither read nor stored.

use crate::check::TypedMapping;
use crate::check::typed::{Node, TypedStep};
use crate::model::Model;
use crate::value::{EntityId, RecordType, Type};
use std::collections::{BTreeMap, BTreeSet};

/// Needed fields by entity, keys included.
type Needs = BTreeMap<EntityId, BTreeSet<u16>>;

/// The entities that a checked mapping reads, with the fields that it needs.
pub fn of_mapping(model: &Model, typed: &TypedMapping) -> Needs {
    let mut needs = Needs::new();
    for set in &typed.sets {
        for step in &set.steps {
            match step {
                TypedStep::From(record) | TypedStep::Join { record, .. } | TypedStep::With { record, .. } => {
                    whole_record(*record, &mut needs);
                }
                TypedStep::Union(records) => records.iter().for_each(|record| whole_record(*record, &mut needs)),
                _ => {}
            }
        }
    }
    for map in &typed.maps {
        whole_record(map.left, &mut needs);
    }
    for node in typed.nodes.all() {
        of_node(node, &mut needs);
    }
    // Right sides are no part of what a mapping reads, though match rules name their fields.
    for map in &typed.maps {
        if !model.system(model.entity(map.right).system).entities.is_empty() && !is_left(typed, map.right, model) {
            needs.remove(&map.right);
        }
    }
    with_keys(model, &mut needs);
    needs
}

fn is_left(typed: &TypedMapping, entity: EntityId, model: &Model) -> bool {
    typed.maps.iter().any(|map| match map.left {
        RecordType::Entity(left) => model.entity(left).system == model.entity(entity).system,
        _ => false,
    })
}

fn whole_record(record: RecordType, needs: &mut Needs) {
    if let RecordType::Entity(entity) = record {
        needs.entry(entity).or_default();
    }
}

fn of_node(node: &Node, needs: &mut Needs) {
    match node {
        Node::Field { entity, field, .. } | Node::Referrers { entity, field, .. } => {
            needs.entry(*entity).or_default().insert(*field);
        }
        Node::UnionField { fields, .. } => {
            for (entity, field) in fields {
                needs.entry(*entity).or_default().insert(*field);
            }
        }
        Node::All(record) | Node::ByKey { record, .. } => whole_record(*record, needs),
        _ => {}
    }
}

/// Keys, and required references (they say who is protected and what is in scope), with the entities that they lead to.
fn with_keys(model: &Model, needs: &mut Needs) {
    let mut waiting: Vec<EntityId> = needs.keys().copied().collect();
    while let Some(id) = waiting.pop() {
        let entity = model.entity(id);
        let mut fields = needs.get(&id).cloned().unwrap_or_default();
        fields.extend(entity.key.iter().map(|&key| key as u16));
        fields.extend(entity.also.iter().map(|&also| also as u16));
        for (index, field) in entity.fields.iter().enumerate() {
            if matches!(field.ty, Type::Ref(_)) && !field.optional {
                fields.insert(index as u16);
            }
        }
        for &index in &fields {
            for to in referenced(&entity.fields[index as usize].ty) {
                needs.entry(to).or_insert_with(|| {
                    waiting.push(to);
                    BTreeSet::new()
                });
            }
        }
        needs.insert(id, fields);
    }
}

/// The entities that values of a type refer to.
fn referenced(ty: &Type) -> Vec<EntityId> {
    match ty {
        Type::Ref(to) => vec![*to],
        Type::List(element) | Type::Set(element) => referenced(element),
        Type::Struct(members) => members.iter().flat_map(|member| referenced(&member.ty)).collect(),
        _ => Vec::new(),
    }
}

/// Entities in an order in which each stands behind those that it refers to; circles are cut where they are optional.
pub fn write_order(model: &Model, written: &BTreeSet<EntityId>) -> Vec<EntityId> {
    let mut order: Vec<EntityId> = Vec::new();
    let mut waiting: Vec<EntityId> = written.iter().copied().collect();
    while !waiting.is_empty() {
        let free = |id: &EntityId, optional_too: bool| {
            model.entity(*id).fields.iter().all(|field| {
                (field.optional && !optional_too)
                    || referenced(&field.ty).iter().all(|to| to == id || !waiting.contains(to))
            })
        };
        let next =
            waiting.iter().position(|id| free(id, true)).or_else(|| waiting.iter().position(|id| free(id, false)));
        order.push(waiting.remove(next.unwrap_or(0)));
    }
    order
}
