//! Mapping a list as it comes in.
//!
//! Most maps make each record of one record of one list, whatever else they look up beside it. Then nobody needs to hold the
//! list: a window of it is prepared, shaped, mapped and handed on before the next one is read. What the records have to do
//! with each other is their keys alone, and those are remembered.

use super::eval::{Links, Odd};
use super::fate::Fallen;
use super::lookup::Lookup;
use super::make::make;
use super::parallel::Arenas;
use super::prepare::{self, Seen};
use super::route::setting;
use super::shape::Joins;
use super::stage::{Ground, Input, Setting, Worked, reach, shape_sets};
use super::table::Table;
use crate::adapter::Batch;
use crate::check::TypedMapping;
use crate::check::typed::{Node, TypedMap, TypedStep};
use crate::model::{Entity, Model};
use crate::plan::{Column, EntityRead, Plan, Reader};
use crate::syntax::ast::Arrow;
use crate::value::{EntityId, RecordType, SetId, Type};
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::sync::Arc;

/// So many rows at least are worked together, if there are so many.
pub const ROWS: usize = 1024;

/// The list that drives a sync: every right record is made of one of its records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Driving {
    /// Of what it is a list.
    pub entity: EntityId,
    /// The sets whose rows are made of its records.
    sets: BTreeSet<SetId>,
}

impl Driving {
    /// The list of files that drives a sync, if it can be worked window by window: one mapping with one map, whose left is the
    /// list, or a set that adds to each row of it; nothing else leads to records of the list or to what was made of them; and
    /// the keys of the right records hold the keys of the left ones, so that no two windows make the same record.
    pub fn of(plan: &Plan<'_>) -> Option<Driving> {
        let [typed] = plan.route.typed.as_slice() else { return None };
        let [map] = typed.maps.as_slice() else { return None };
        if map.arrow != Arrow::Right || typed.scope.is_some() {
            return None;
        }
        let mut sets = BTreeSet::new();
        let entity = first_list(typed, map.left, &mut sets)?;
        let reads = plan.reads.iter().filter(|system| system.protocol == "files");
        reads.flat_map(|system| &system.entities).find(|read| read.entity == entity)?;
        let apart = is_apart(plan, typed, entity, &sets);
        (apart && keeps_keys(plan.model, typed, map, entity)).then_some(Driving { entity, sets })
    }
}

/// The entity whose records come first in the rows of a record type, and the sets on the way there. None if a row is made of
/// several of its records.
fn first_list(typed: &TypedMapping, record: RecordType, sets: &mut BTreeSet<SetId>) -> Option<EntityId> {
    let set = match record {
        RecordType::Entity(entity) => return Some(entity),
        RecordType::Set(set) => typed.sets.iter().find(|typed| typed.set == set)?,
        RecordType::Layout(_) => return None,
    };
    let (TypedStep::From(first), rest) = set.steps.split_first()? else { return None };
    let alone = |step: &TypedStep| {
        matches!(
            step,
            TypedStep::Let { .. }
                | TypedStep::Where { .. }
                | TypedStep::Each { .. }
                | TypedStep::Join { .. }
                | TypedStep::With { .. }
        )
    };
    sets.insert(set.set);
    if rest.iter().all(alone) { first_list(typed, *first, sets) } else { None }
}

/// True if records of an entity are reached through the first step of some sets alone, and never through what was made of them.
fn is_apart(plan: &Plan<'_>, typed: &TypedMapping, entity: EntityId, sets: &BTreeSet<SetId>) -> bool {
    let leads = |record: RecordType| {
        let (mut passed, mut entities) = (BTreeSet::new(), BTreeSet::new());
        reach(typed, record, &mut passed, &mut entities);
        entities.contains(&entity)
    };
    let expressions = typed.nodes.all().iter().all(|node| match node {
        Node::Linked { .. } => false,
        Node::Referrers { entity: other, .. } => *other != entity,
        Node::All(record) | Node::ByKey { record, .. } => !leads(*record),
        _ => true,
    });
    let steps = typed.sets.iter().flat_map(|set| set.steps.iter().map(|step| (set.set, step)));
    let others =
        steps.filter(|(set, step)| !(sets.contains(set) && matches!(step, TypedStep::From(_)))).all(|(_, step)| {
            match step {
                TypedStep::From(record) | TypedStep::Join { record, .. } | TypedStep::With { record, .. } => {
                    !leads(*record)
                }
                TypedStep::Union(records) => !records.iter().any(|record| leads(*record)),
                _ => true,
            }
        });
    let refers = |column: &Column| refers_to(&column.reader, entity);
    let reads = plan.reads.iter().flat_map(|system| &system.entities);
    expressions && others && !reads.flat_map(|read| read.columns.iter().flatten()).any(refers)
}

fn refers_to(reader: &Reader, entity: EntityId) -> bool {
    match reader {
        Reader::Scalar(_) => false,
        Reader::Reference { to, .. } => *to == entity,
        Reader::List(inner) => refers_to(inner, entity),
        Reader::Struct(members) => members.iter().any(|member| refers_to(member, entity)),
    }
}

/// True if every part of the key of an entity stands as it is in the key of the right records.
fn keeps_keys(model: &Model, typed: &TypedMapping, map: &TypedMap, entity: EntityId) -> bool {
    let (left, right) = (model.entity(entity), model.entity(map.right));
    if left.first_present || right.first_present || right.write.as_ref().is_some_and(|write| write.id_theirs) {
        return false;
    }
    let kept = |part: &usize| {
        map.rules.iter().any(|rule| {
            let plain = rule.when.is_none() && !rule.off && rule.on.is_empty() && rule.arrow == Arrow::Right;
            let target = rule.target.as_ref().map(|target| (usize::from(target.field), target.steps.is_empty()));
            let text = |entity: &Entity, field: usize| entity.fields[field].ty == Type::Text;
            let same = matches!(rule.value.map(|value| typed.nodes.node(value)),
                Some(Node::Field { entity: of, field, .. }) if *of == entity && usize::from(*field) == *part);
            matches!(target, Some((field, true)) if right.key.contains(&field) && text(right, field))
                && plain
                && same
                && text(left, *part)
        })
    };
    !left.key.is_empty() && left.key.iter().all(kept)
}

/// A mapping whose driving list comes in window by window.
pub struct Windows<'t> {
    setting: Setting<'t>,
    driving: &'t Driving,
    columns: &'t [Option<Column>],
    ground: Ground<'t>,
    seen: Seen,
    joins: Joins,
}

impl<'t> Windows<'t> {
    /// Prepares everything but the driving list.
    pub fn of(
        plan: &'t Plan<'t>,
        driving: &'t Driving,
        input: Input<'t>,
        as_of: Date,
        arenas: &'t Arenas,
        lookups: &'t [Lookup<'t>],
    ) -> Option<Windows<'t>> {
        let setting = setting(plan, 0, as_of, arenas, lookups);
        let ground = Ground::of(&setting, input, |set| !driving.sets.contains(&set), arenas);
        let columns = &read_of(plan, driving.entity)?.columns;
        Some(Windows { setting, driving, columns, ground, seen: Seen::default(), joins: Joins::new() })
    }

    /// Works a window. What fell in it is told in the end.
    pub fn work<'w>(&mut self, batches: &'w [Batch], arenas: &'w Arenas) -> Worked<'w>
    where
        't: 'w,
    {
        let (only, setting) = (Some(self.driving.entity), Setting::<'w>::clone(&self.setting));
        let Ground { tables, incomplete, nameless, fallen, odd, .. } = &mut self.ground;
        let table = Table::wire(batches, self.columns);
        let tables: &super::eval::Tables<'w> = tables;
        let mut tables = tables.with(self.driving.entity.0, Arc::new(table));
        let seen = Some((self.driving.entity, &mut self.seen));
        let keyless = prepare::duplicates(&setting, &mut tables, odd, arenas, fallen, seen);
        prepare::skip_rows(&setting, &mut tables, odd, only);
        prepare::protect(&setting, &mut tables, odd, only);
        nameless.extend(prepare::keyless(&setting, &mut tables, keyless, fallen, incomplete));
        self.seen.add(tables.table(self.driving.entity.0));
        let sets = |set| self.driving.sets.contains(&set);
        shape_sets(&setting, &mut tables, odd, sets, Some(&mut self.joins), arenas, fallen);
        let none = Links::default();
        let made = make(&setting.machine(&tables, &none, odd), &mut Links::default(), arenas, fallen);
        Worked::window(made, tables, setting)
    }

    /// What fell in all windows.
    pub fn fallen(self) -> Fallen {
        let Ground { mut fallen, odd, .. } = self.ground;
        fallen.oddities.extend(Odd::all(&odd));
        fallen
    }
}

/// How an entity is read.
pub fn read_of<'p>(plan: &'p Plan<'_>, entity: EntityId) -> Option<&'p EntityRead> {
    plan.reads.iter().flat_map(|system| &system.entities).find(|read| read.entity == entity)
}
