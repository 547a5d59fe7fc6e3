//! Mapping a list as it comes in.
//!
//! Most maps make each record of one record of one list, whatever else they look up beside it. Then nobody needs to hold the
//! list: a window of it is prepared, shaped, mapped and handed on before the next one is read. What the records have to do
//! with each other is their keys alone, and those are remembered.

use super::eval::{Odd, Tables};
use super::fate::Fallen;
use super::lookup::Lookup;
use super::parallel::{Arenas, Ordered, Turn};
use super::prepare::{self, Seen};
use super::route::setting;
use super::shape::Joins;
use super::stage::{self, Ground, Input, Setting, Worked, as_input, make_all, reach, shape_sets};
use super::table::Table;
use crate::adapter::Batch;
use crate::check::TypedMapping;
use crate::check::typed::{Node, TypedMap, TypedStep};
use crate::model::{Entity, Model};
use crate::plan::{Column, EntityRead, Plan, Reader};
use crate::syntax::ast::Arrow;
use crate::value::{EntityId, RecordType, SetId, Type};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// So many rows at least are worked together, if there are so many.
pub const ROWS: usize = 1024;

/// The list that drives a sync: every right record is made of one of its records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Driving {
    /// Of what it is a list.
    pub entity: EntityId,
    /// True if records of different windows may turn out to be one record, by their keys.
    pub joins: bool,
    /// By mapping of the route: the sets whose rows are made of its records, or of what the mapping before made of them.
    sets: Vec<BTreeSet<SetId>>,
}

impl Driving {
    /// The list of files that drives a sync, if it can be worked window by window: each mapping has one map, whose left is the
    /// list, or what the mapping before made of it, or a set that adds to each row of that; nothing else leads to records of the
    /// list or to what was made of them; and the keys of the right records hold the keys of the left ones, so that no two
    /// windows make the same record. The last mapping may have other keys: then [`Driving::joins`] says so.
    pub fn of(plan: &Plan<'_>) -> Option<Driving> {
        let mut driving: Option<Driving> = None;
        let mut before = None;
        for typed in &plan.route.typed {
            let [map] = typed.maps.as_slice() else { return None };
            let mut sets = BTreeSet::new();
            let entity = first_list(typed, map.left, &mut sets)?;
            let follows = before.is_none_or(|before| before == entity);
            if !follows || map.arrow != Arrow::Right || typed.scope.is_some() || !is_apart(plan, typed, entity, &sets) {
                return None;
            }
            let driving = driving.get_or_insert(Driving { entity, joins: false, sets: Vec::new() });
            if std::mem::replace(&mut driving.joins, !keeps_keys(plan.model, typed, map, entity)) {
                return None;
            }
            driving.sets.push(sets);
            before = Some(map.right);
        }
        let driving = driving?;
        let reads = plan.reads.iter().filter(|system| system.protocol == "files");
        reads.flat_map(|system| &system.entities).find(|read| read.entity == driving.entity)?;
        Some(driving)
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

/// A route whose driving list comes in window by window. Several windows may be worked at once.
pub struct Windows<'t> {
    /// Of each mapping.
    settings: Vec<Setting<'t>>,
    driving: &'t Driving,
    columns: &'t [Option<Column>],
    /// Everything but the driving list.
    tables: Tables<'t>,
    joins: Joins,
    seen: Ordered<Seen>,
    told: Ordered<Told>,
    /// What is told of everything but the driving list.
    before: Told,
}

/// What is told of windows.
#[derive(Default)]
struct Told {
    fallen: Fallen,
    odd: Odd,
    /// What fell in the mappings after the first.
    later: Vec<Fallen>,
    /// Entities whose absence means nothing, with the reason.
    incomplete: BTreeMap<EntityId, String>,
    /// Left entities that hold protected people without a key.
    nameless: BTreeSet<EntityId>,
}

impl Told {
    /// Of a window, before anything is told of it: what holds for all of them.
    fn next(&self) -> Told {
        let (incomplete, nameless) = (self.incomplete.clone(), self.nameless.clone());
        Told { incomplete, nameless, ..Told::default() }
    }

    /// Adds what is told of the window that comes next.
    fn add(&mut self, next: Told) {
        self.fallen.add(next.fallen);
        self.odd.take(next.odd);
        self.later.resize_with(next.later.len(), Fallen::default);
        self.later.iter_mut().zip(next.later).for_each(|(later, next)| later.add(next));
        for (entity, why) in next.incomplete {
            self.incomplete.entry(entity).or_insert(why);
        }
        self.nameless.extend(next.nameless);
    }
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
        let stages = 0..plan.route.typed.len();
        let settings: Vec<_> = stages.map(|index| setting(plan, index, as_of, arenas, lookups)).collect();
        let sets = driving.sets.first()?;
        let Ground { tables, incomplete, nameless, fallen, odd, .. } =
            Ground::of(settings.first()?, input, |set| !sets.contains(&set), arenas);
        let columns = &read_of(plan, driving.entity)?.columns;
        let told = Told { fallen, odd, later: Vec::new(), incomplete, nameless };
        let (before, told) = (told.next(), Ordered::new(told));
        let (joins, seen) = (Joins::new(), Ordered::new(Seen::default()));
        let mut windows = Windows { settings, driving, columns, tables, joins, seen, told, before };
        // What the sets are joined with is put in order once, with a window without rows.
        drop(windows.none(None, arenas));
        Some(windows)
    }

    /// Works a window, in its turn.
    pub fn work<'w>(&self, batches: &'w [Batch], turn: &Turn<'_>, arenas: &'w Arenas) -> Worked<'w>
    where
        't: 'w,
    {
        let (mut told, mut joins) = (self.before.next(), self.joins.clone());
        let seen = |look: &mut dyn FnMut(&mut Seen)| turn.take(&self.seen, look);
        let worked = self.stages(batches, seen, &mut joins, &mut told, arenas);
        turn.take(&self.told, |all| all.add(told));
        worked
    }

    /// Works a window without rows, for what is known of all of them: why the driving list does not hold all records, if so.
    pub fn none<'w>(&mut self, incomplete: Option<String>, arenas: &'w Arenas) -> Worked<'w>
    where
        't: 'w,
    {
        let (mut told, mut joins) = (std::mem::take(self.told.get_mut()), std::mem::take(&mut self.joins));
        if let Some(why) = incomplete {
            // It comes before what is wrong with single rows.
            told.incomplete.insert(self.driving.entity, why);
        }
        let worked = self.stages(&[], |look| look(&mut Seen::default()), &mut joins, &mut told, arenas);
        (*self.told.get_mut(), self.joins) = (told, joins);
        worked
    }

    /// What the mappings make of a window, one after the other.
    fn stages<'w>(
        &self,
        batches: &'w [Batch],
        seen: impl FnOnce(&mut dyn FnMut(&mut Seen)),
        joins: &mut Joins,
        told: &mut Told,
        arenas: &'w Arenas,
    ) -> Worked<'w>
    where
        't: 'w,
    {
        let (entity, setting) = (self.driving.entity, Setting::<'w>::clone(&self.settings[0]));
        let Told { fallen, odd, later, incomplete, nameless } = told;
        let tables: &Tables<'w> = &self.tables;
        let mut tables = tables.with(entity.0, Arc::new(Table::wire(batches, self.columns)));
        let keyless = prepare::duplicates_of_window(&setting, &mut tables, odd, arenas, fallen, entity, seen);
        prepare::skip_rows(&setting, &mut tables, odd, Some(entity));
        prepare::protect(&setting, &mut tables, odd, Some(entity));
        nameless.extend(prepare::keyless(&setting, &mut tables, keyless, fallen, incomplete));
        let sets = |set| self.driving.sets[0].contains(&set);
        shape_sets(&setting, &mut tables, odd, sets, Some(joins), arenas, fallen);
        let made = make_all(&setting, &tables, odd, (incomplete, nameless), arenas, fallen);
        let mut worked = Worked::window(made, tables, setting);
        later.resize_with(self.settings.len() - 1, Fallen::default);
        for (setting, fallen) in self.settings[1..].iter().zip(later) {
            worked = stage::work(&Setting::<'w>::clone(setting), as_input(worked.made), arenas);
            fallen.add(std::mem::take(&mut worked.fallen));
        }
        worked
    }

    /// Left entities that hold protected people without a key, so far.
    pub fn nameless(&mut self) -> &BTreeSet<EntityId> {
        &self.told.get_mut().nameless
    }

    /// What fell in all windows, mapping by mapping.
    pub fn fallen(self) -> Vec<Fallen> {
        let Told { mut fallen, odd, later, .. } = self.told.into_inner();
        fallen.oddities.extend(Odd::all(&odd));
        std::iter::once(fallen).chain(later).collect()
    }
}

/// How an entity is read.
pub fn read_of<'p>(plan: &'p Plan<'_>, entity: EntityId) -> Option<&'p EntityRead> {
    plan.reads.iter().flat_map(|system| &system.entities).find(|read| read.entity == entity)
}
