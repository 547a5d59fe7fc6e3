//! The order in which entities are written.

use crate::check::needs::referenced;
use crate::model::Model;
use crate::value::EntityId;
use std::collections::BTreeSet;

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
