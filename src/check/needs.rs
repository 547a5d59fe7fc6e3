//! What a mapping needs: entities, and fields of them. Everything else is neither read nor stored. What a mapping makes that
//! the next one on the way does not need is not made.

use super::typed::{ExprId, Node, OnNone, TypedMap, TypedMapping, TypedSet, TypedStep, children};
use crate::model::{Field, Model};
use crate::value::{EntityId, RecordType, SetId, Type};
use std::collections::{BTreeMap, BTreeSet};

/// Needed fields by entity, keys included.
pub type Needs = BTreeMap<EntityId, BTreeSet<u16>>;

/// The entities that a checked mapping reads, with the fields that it needs.
pub fn of_mapping(model: &Model, typed: &TypedMapping) -> Needs {
    let mut found = Found::default();
    found.exprs.extend(typed.functions.iter().map(|function| function.body));
    typed.maps.iter().filter(|map| !map.off).for_each(|map| found.map(map));
    let mut needs = Needs::new();
    let mut asked = BTreeSet::new();
    loop {
        found.follow(typed, &mut needs);
        // Right sides are no part of what a mapping reads, though match rules name their fields.
        for map in typed.maps.iter().filter(|map| !is_left(typed, map.right, model)) {
            needs.remove(&map.right);
        }
        with_keys(model, &mut needs);
        // Who is protected, which rows are records and what is in scope is asked of each entity that is read.
        let conditions = typed.protected.iter().chain(&typed.skipped).chain(&typed.scope);
        let more = conditions.filter(|(entity, _)| needs.contains_key(entity)).map(|(_, condition)| *condition);
        let more: Vec<ExprId> = more.filter(|condition| asked.insert(*condition)).collect();
        if more.is_empty() {
            return needs;
        }
        found.exprs.extend(more);
    }
}

/// The fields of an entity that some expression of a mapping names.
pub fn named(typed: &TypedMapping, entity: EntityId) -> BTreeSet<u16> {
    let mut needs = Needs::new();
    let mut found = Found::default();
    typed.nodes.all().iter().for_each(|node| found.node(node, &mut needs));
    needs.remove(&entity).unwrap_or_default()
}

/// The expressions that a run may come to: all but those of maps, rules and branches that are switched off.
pub fn live(typed: &TypedMapping) -> BTreeSet<ExprId> {
    let mut found = Found::default();
    typed.maps.iter().filter(|map| !map.off).for_each(|map| found.map(map));
    found.follow(typed, &mut Needs::new());
    found.been
}

/// Switches off what nothing behind it needs: rules of a mapping whose fields the next one does not read, and maps whose
/// records it does not read. Required fields are made all the same, since a record without them is none.
pub(super) fn prune(model: &Model, typed: &mut [TypedMapping]) {
    for stage in (1..typed.len()).rev() {
        let needs = of_mapping(model, &typed[stage]);
        for map in &mut typed[stage - 1].maps {
            let Some(fields) = needs.get(&map.right) else {
                map.off = true;
                continue;
            };
            let entity = model.entity(map.right);
            for rule in &mut map.rules {
                let required = |field: &Field| !field.optional && !matches!(field.ty, Type::List(_) | Type::Set(_));
                let needed = |field: u16| fields.contains(&field) || required(&entity.fields[usize::from(field)]);
                rule.off |= rule.target.as_ref().is_some_and(|target| !needed(target.field));
            }
        }
    }
}

/// What is to be followed, and where the walk has been.
#[derive(Default)]
struct Found {
    exprs: Vec<ExprId>,
    been: BTreeSet<ExprId>,
    sets: BTreeSet<SetId>,
    records: Vec<RecordType>,
}

impl Found {
    /// The expressions of a map that a run may come to, and its records.
    fn map(&mut self, map: &TypedMap) {
        self.records.push(map.left);
        self.exprs.extend(map.when);
        self.exprs.extend(map.conditions.iter().map(|(condition, ..)| *condition));
        self.exprs.extend(map.matches.iter().flatten().flat_map(|(left, right, _)| [*left, *right]));
        self.exprs.extend(map.lets.iter().map(|(_, value)| *value));
        self.exprs.extend(map.allocated.iter().flat_map(|(.., candidates)| candidates));
        let of_protected = map.protected.iter().flatten();
        for rule in map.rules.iter().filter(|rule| !rule.off).chain(of_protected) {
            self.exprs.extend(rule.when.into_iter().chain(rule.value));
            for none in [Some(&rule.absent), rule.fails.as_ref()].into_iter().flatten() {
                if let OnNone::Value(value) = none {
                    self.exprs.push(*value);
                }
            }
        }
    }

    /// Follows everything to the fields that it reads.
    fn follow(&mut self, typed: &TypedMapping, needs: &mut Needs) {
        loop {
            while let Some(record) = self.records.pop() {
                self.record(typed, record, needs);
            }
            let Some(expr) = self.exprs.pop() else { return };
            if !self.been.insert(expr) {
                continue;
            }
            self.node(typed.nodes.node(expr), needs);
            match (typed.nodes.node(expr), typed.nodes.taken.get(&expr)) {
                (Node::If(condition, ..), Some(taken)) => self.exprs.extend([*condition, *taken]),
                (node, _) => self.exprs.extend(children(node)),
            }
        }
    }

    fn record(&mut self, typed: &TypedMapping, record: RecordType, needs: &mut Needs) {
        match record {
            RecordType::Entity(entity) => {
                needs.entry(entity).or_default();
            }
            RecordType::Set(set) => {
                if let Some(set) = typed.sets.iter().find(|known| known.set == set)
                    && self.sets.insert(set.set)
                {
                    self.set(set);
                }
            }
            RecordType::Layout(number) => self.records.extend(&typed.layouts[number as usize].union),
        }
    }

    fn set(&mut self, set: &TypedSet) {
        for step in &set.steps {
            self.exprs.extend(step.exprs());
            match step {
                TypedStep::From(record) | TypedStep::Join { record, .. } | TypedStep::With { record, .. } => {
                    self.records.push(*record);
                }
                TypedStep::Union(records) => self.records.extend(records),
                _ => {}
            }
        }
    }

    fn node(&mut self, node: &Node, needs: &mut Needs) {
        match node {
            Node::Field { entity, field, .. } | Node::Referrers { entity, field, .. } => {
                needs.entry(*entity).or_default().insert(*field);
            }
            Node::UnionField { fields, .. } => {
                for (entity, field) in fields {
                    needs.entry(*entity).or_default().insert(*field);
                }
            }
            Node::All(record) | Node::ByKey { record, .. } => self.records.push(*record),
            _ => {}
        }
    }
}

fn is_left(typed: &TypedMapping, entity: EntityId, model: &Model) -> bool {
    typed.maps.iter().any(|map| match map.left {
        RecordType::Entity(left) => model.entity(left).system == model.entity(entity).system,
        _ => false,
    })
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
pub fn referenced(ty: &Type) -> Vec<EntityId> {
    match ty {
        Type::Ref(to) => vec![*to],
        Type::List(element) | Type::Set(element) => referenced(element),
        Type::Struct(members) => members.iter().flat_map(|member| referenced(&member.ty)).collect(),
        _ => Vec::new(),
    }
}
