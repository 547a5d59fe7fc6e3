//! What other rules would make of the same records: two states of a route are worked over what was read, and what they made
//! is compared, record by record and field by field.
//!
//! The target is taken to hold what the old rules make, so neither the target nor the store is asked. Records belong together
//! by their left keys; those whose left key changed, by their right keys.

use super::gather::Read;
use super::make::{Fate, Made, State};
use super::parallel::Arenas;
use super::record::to_json;
use super::report::{ReadReport, Report};
use super::route::{first_input, work_each};
use super::stage::{Worked, lookup_codecs, lookups};
use crate::model::Model;
use crate::plan::Plan;
use crate::syntax::ast::{Gone, GoneAction};
use crate::value::{EntityId, Row};
use jiff::civil::Date;
use serde_json::Value as Json;
use std::collections::HashMap;

/// What a route made of what was read.
pub struct Shot {
    /// What was read.
    pub reads: Vec<ReadReport>,
    /// What each mapping made, in order.
    pub stages: Vec<Stage>,
}

/// What a mapping made.
pub struct Stage {
    /// The mapping.
    pub mapping: String,
    /// Entities on its right.
    pub entities: Vec<Entity>,
}

/// The records of an entity.
pub struct Entity {
    /// The entity.
    pub id: EntityId,
    /// Its name.
    pub name: String,
    /// Its fields.
    pub fields: Vec<String>,
    /// The maps of its mapping.
    pub maps: Vec<MapShot>,
    /// The records.
    pub records: Vec<Record>,
}

/// A map.
pub struct MapShot {
    /// Its name.
    pub name: String,
    /// What becomes of a record whose left one is gone.
    gone: Option<Gone>,
    /// True if it makes this entity.
    makes: bool,
}

/// A record.
pub struct Record {
    /// The key of what it was made of.
    pub left_key: Option<String>,
    /// Its key, where the mapping gives it.
    pub key: Option<String>,
    /// Which of the entity's maps made it.
    pub map: usize,
    /// Whether it is written.
    pub fate: Fate,
    /// Its values by field, null where there is none, and what is known of them.
    values: Vec<(Json, State)>,
}

impl Record {
    /// The value of a field; null where there is none.
    pub fn value(&self, field: usize) -> &Json {
        self.values.get(field).map_or(&Json::Null, |(value, _)| value)
    }
}

/// Works a route over what was read.
pub fn shoot(plan: &Plan<'_>, read: &Read, as_of: Date) -> Shot {
    let arenas = Arenas::of_machine();
    let codecs = lookup_codecs(plan.model);
    let lookups = lookups(plan.model, &codecs, arenas.own());
    let mut report = Report::default();
    let input = first_input(plan, read, &mut report);
    let mut stages = Vec::new();
    work_each(plan, input, as_of, &arenas, &lookups, |stage, worked| {
        let mapping = &plan.route.mappings[stage];
        let entities = (0..worked.made.len()).map(|made| entity(worked, made)).collect();
        stages.push(Stage { mapping: mapping.name.text.clone(), entities });
    });
    Shot { reads: report.reads, stages }
}

fn entity(worked: &Worked<'_>, index: usize) -> Entity {
    let (model, made) = (worked.setting.model, &worked.made[index]);
    let definition = model.entity(made.entity);
    let maps = worked.setting.typed.maps.iter();
    let maps = maps.map(|map| MapShot { name: map.name.to_string(), gone: map.gone, makes: map.right == made.entity });
    let keys = &worked.left_keys()[index];
    let record = |row: usize| Record {
        left_key: keys.owned(row),
        key: made.keys.owned(row),
        map: usize::from(made.rows[row].map),
        fate: made.rows[row].fate.clone(),
        values: values(worked, model, made, row),
    };
    Entity {
        id: made.entity,
        name: definition.name.text.clone(),
        fields: definition.fields.iter().map(|field| field.name.text.clone()).collect(),
        maps: maps.collect(),
        records: (0..made.rows.len()).map(record).collect(),
    }
}

fn values(worked: &Worked<'_>, model: &Model, made: &Made<'_>, row: usize) -> Vec<(Json, State)> {
    let reference = |row: Row| {
        let index = worked.made.iter().position(|made| made.entity.0 == row.table)?;
        let key = worked.made[index].keys.owned(row.row as usize);
        key.or_else(|| worked.left_keys()[index].get(row.row as usize).map(|key| format!("@{key}")))
    };
    let fields = model.entity(made.entity).fields.iter();
    fields.zip(made.row(row)).map(|(field, (value, state))| (to_json(&field.ty, value, &reference), state)).collect()
}

/// What becomes of a record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Turn {
    /// It is made.
    Create,
    /// It is sent in full, and is about a person whom the old rules protect.
    Unprotect,
    /// Fields of it change.
    Update,
    /// It is switched off.
    Deactivate,
    /// It is taken away.
    Remove,
    /// Nothing is sent about it any more; it stays as it is.
    Leave,
    /// It waits for a decision, as it is about a person who is protected now.
    Protect,
    /// Less of it is sent, as it is about a person who is protected now.
    Reduce,
    /// It is rejected by a rule now.
    Reject,
    /// The engine cannot decide about it any more.
    Hold,
    /// It is outside the scope now.
    Outside,
}

impl Turn {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Turn::Create => "create",
            Turn::Unprotect => "unprotect",
            Turn::Update => "update",
            Turn::Deactivate => "deactivate",
            Turn::Remove => "remove",
            Turn::Leave => "leave",
            Turn::Protect => "protect",
            Turn::Reduce => "reduce",
            Turn::Reject => "reject",
            Turn::Hold => "hold",
            Turn::Outside => "outside",
        }
    }

    /// What would be done to the records, for people.
    pub fn words(self) -> &'static str {
        match self {
            Turn::Create => "created",
            Turn::Unprotect => "sent in full, although the person is protected until now",
            Turn::Update => "changed",
            Turn::Deactivate => "deactivated",
            Turn::Remove => "removed",
            Turn::Leave => "left as they are, and no longer kept in step",
            Turn::Protect => "held for a decision, as the person is protected now",
            Turn::Reduce => "sent in part, as the person is protected",
            Turn::Reject => "rejected",
            Turn::Hold => "held",
            Turn::Outside => "left out, as outside the scope",
        }
    }
}

/// A pair of records, by their numbers; what one side does not have is `None`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pair {
    /// Before.
    pub old: Option<usize>,
    /// After.
    pub new: Option<usize>,
}

/// What becomes of the records of an entity.
#[derive(Default)]
pub struct Impact {
    /// The records by what becomes of them; those of which nothing changes are left out.
    pub turns: Vec<(Turn, Pair)>,
    /// Fields that change, in the order of the new entity, then those that it has no more: name, and the pairs.
    pub fields: Vec<(String, Vec<Pair>)>,
    /// Records that both rules write.
    pub both: usize,
}

/// Compares what old and new rules made of an entity.
pub fn compare(old: Option<&Entity>, new: Option<&Entity>) -> Impact {
    let none: &[Record] = &[];
    let (before, after) =
        (old.map_or(none, |entity| entity.records.as_slice()), new.map_or(none, |entity| entity.records.as_slice()));
    let mut impact = Impact::default();
    let mut taken = vec![false; before.len()];
    let partners = partners(before, after);
    for (index, record) in after.iter().enumerate() {
        let partner = partners[index];
        partner.into_iter().for_each(|partner| taken[partner] = true);
        let pair = Pair { old: partner, new: Some(index) };
        let was = partner.map(|partner| &before[partner].fate);
        let turn = match (was, &record.fate) {
            (Some(Fate::Whole), Fate::Whole) => {
                impact.both += 1;
                let (Some(old), Some(new), Some(partner)) = (old, new, partner) else { continue };
                let changed = changed(old, new, partner, index);
                if changed.is_empty() {
                    continue;
                }
                changed.into_iter().for_each(|field| impact.note(field, pair));
                Turn::Update
            }
            (Some(Fate::Protected | Fate::Reduced), Fate::Whole) => Turn::Unprotect,
            (Some(Fate::Reduced), Fate::Reduced) => continue,
            (_, Fate::Reduced) => Turn::Reduce,
            (_, Fate::Whole) => Turn::Create,
            (Some(Fate::Whole | Fate::Reduced), Fate::Protected) => Turn::Protect,
            (Some(Fate::Whole), Fate::Rejected(_)) => Turn::Reject,
            (Some(Fate::Whole), Fate::Held(_)) => Turn::Hold,
            (Some(Fate::Whole), Fate::Outside) => Turn::Outside,
            _ => continue,
        };
        impact.turns.push((turn, pair));
    }
    for (index, record) in before.iter().enumerate() {
        if !taken[index] && record.fate.is_written() {
            impact.turns.push((gone(old, new, record), Pair { old: Some(index), new: None }));
        }
    }
    impact
}

impl Impact {
    fn note(&mut self, field: &str, pair: Pair) {
        match self.fields.iter_mut().find(|(known, _)| known == field) {
            Some((_, pairs)) => pairs.push(pair),
            None => self.fields.push((field.to_string(), vec![pair])),
        }
    }
}

/// For each new record, the old one that it is.
fn partners(before: &[Record], after: &[Record]) -> Vec<Option<usize>> {
    let by = |of: fn(&Record) -> Option<&String>| -> HashMap<&str, usize> {
        before.iter().enumerate().filter_map(|(index, record)| Some((of(record)?.as_str(), index))).collect()
    };
    let (left, right) = (by(|record| record.left_key.as_ref()), by(|record| record.key.as_ref()));
    let mut taken = vec![false; before.len()];
    let mut partners: Vec<Option<usize>> = after
        .iter()
        .map(|record| {
            left.get(record.left_key.as_deref()?).copied().filter(|&old| !std::mem::replace(&mut taken[old], true))
        })
        .collect();
    for (partner, record) in partners.iter_mut().zip(after).filter(|(partner, _)| partner.is_none()) {
        let found = record.key.as_deref().and_then(|key| right.get(key).copied());
        *partner = found.filter(|&old| !std::mem::replace(&mut taken[old], true));
    }
    partners
}

/// The fields in which two records differ. What is written at create only changes nothing of a record that is there.
fn changed<'e>(old: &'e Entity, new: &'e Entity, before: usize, after: usize) -> Vec<&'e str> {
    let (before, after) = (&old.records[before], &new.records[after]);
    let known = new.fields.iter().enumerate().filter(|(index, name)| {
        let (value, state) = &after.values[*index];
        let was = old.fields.iter().position(|known| known == *name).map(|index| &before.values[index]);
        let (was, was_state) = was.map_or((&Json::Null, State::default()), |(value, state)| (value, *state));
        let empties = |state: State| state.has(State::CLEAR);
        !state.has(State::ONCE) && (value != was || (value.is_null() && empties(*state) != empties(was_state)))
    });
    let lost = old
        .fields
        .iter()
        .enumerate()
        .filter(|(index, name)| !new.fields.contains(name) && !before.values[*index].0.is_null());
    known.chain(lost).map(|(_, name)| name.as_str()).collect()
}

/// What becomes of a record that the new rules do not make: as the map that made it says now.
fn gone(old: Option<&Entity>, new: Option<&Entity>, record: &Record) -> Turn {
    let Some(new) = new else { return Turn::Leave };
    let name = old.and_then(|old| old.maps.get(record.map)).map(|map| &map.name);
    let maps = || new.maps.iter().filter(|map| map.makes);
    let map = maps().find(|map| Some(&map.name) == name).or(maps().next());
    match map.and_then(|map| map.gone).map(|gone| gone.action) {
        Some(GoneAction::Deactivate) => Turn::Deactivate,
        Some(GoneAction::Remove) => Turn::Remove,
        _ => Turn::Leave,
    }
}
