//! Whether the records that a run would leave behind agree with each other: no two have a value that must be unique, and
//! nobody refers to a record that is not there.
//!
//! A target refuses what does not agree, often the whole delivery for one record. So the changes that would bring it about
//! are held here, in the preview already, and everything else goes on.

use super::change::{Change, ChangeSet, EntityChanges, Op};
use super::changes::Changes;
use super::report::EntityReport;
use super::right::{PROTECTED, Right};
use crate::documents::keys::Keys;
use crate::model::{Entity, Field, Model};
use crate::plan::Plan;
use crate::value::{EntityId, Type};
use hashbrown::{HashMap, HashSet};
use serde_json::Value as Json;

/// A change, and the present record that it is about.
pub struct Proposed<'c> {
    /// The change. There may be one for every record, so that it is worth moving about lightly.
    pub change: Box<Change<'c>>,
    /// The present record, by its place on the right side.
    pub present: Option<usize>,
}

impl<'c> Proposed<'c> {
    /// A change that makes a record.
    pub fn new(change: Change<'c>) -> Proposed<'c> {
        Proposed { change: Box::new(change), present: None }
    }

    /// A change of a present record.
    pub fn about(present: usize, change: Change<'c>) -> Proposed<'c> {
        Proposed { change: Box::new(change), present: Some(present) }
    }
}

/// One right entity, compared.
pub struct Compared<'c> {
    /// The entity.
    pub entity: EntityId,
    /// What is there.
    pub right: Right<'c>,
    /// What would change.
    pub changes: Vec<Proposed<'c>>,
    /// What became of the records.
    pub report: EntityReport,
}

impl Compared<'_> {
    /// The changes in order of their keys, with the report. See [`Changes::of`].
    pub fn into_changes(self, model: &Model, only_names: bool) -> (EntityChanges, EntityReport) {
        let entity = model.entity(self.entity);
        let mut changes = Changes::of(entity, only_names);
        self.changes.into_iter().for_each(|proposed| changes.push(&proposed.change));
        changes.sort();
        (EntityChanges { entity: entity.name.text.clone(), linked: self.report.linked, changes }, self.report)
    }

    /// Leaves out what would only be remembered: who looks remembers nothing.
    pub fn forget_links(&mut self) {
        self.changes.retain(|proposed| proposed.change.op != Op::Link);
    }

    /// Keeps only changes that a saved change set holds just so. What is only remembered does not stand there, and is kept.
    pub fn only(&mut self, saved: &ChangeSet, model: &Model) {
        let entity = &model.entity(self.entity).name.text;
        self.changes.retain(|Proposed { change, .. }| change.op == Op::Link || saved.holds(entity, change));
    }

    /// The records as they would be after the run.
    fn standing(&self) -> Vec<Standing<'_>> {
        let mut touched = vec![false; self.right.present.len()];
        self.changes.iter().filter_map(|proposed| proposed.present).for_each(|index| touched[index] = true);
        let kept = self.right.present.iter().enumerate().filter(|(index, _)| !touched[*index]);
        let kept = kept.map(|(index, present)| Standing {
            key: present.key,
            left_key: present.left_key,
            right_id: present.right_id,
            change: None,
            present: Some(index),
        });
        let changed = self.changes.iter().enumerate().filter(|(_, proposed)| proposed.change.op != Op::Remove);
        let changed = changed.map(|(index, Proposed { change, present })| Standing {
            key: &change.key,
            left_key: Some(&change.left_key),
            right_id: change.right_id.as_deref(),
            change: Some(index),
            present: *present,
        });
        kept.chain(changed).collect()
    }

    /// A value of a record as it would be; null where there is none.
    fn value(&self, standing: &Standing<'_>, field: usize, name: &str) -> Json {
        let changes = standing.change.map_or(&[][..], |change| &self.changes[change].change.fields);
        match (changes.iter().find(|change| *change.field == *name), standing.present) {
            (Some(change), _) => change.to.json(),
            (None, Some(present)) => self.right.json(present, field),
            (None, None) => Json::Null,
        }
    }

    /// True if a present record has this value already.
    fn has_already(&self, present: Option<usize>, field: usize, value: &Json) -> bool {
        present.is_some_and(|index| self.right.json(index, field) == *value)
    }

    /// Holds changes: they are not made, and the records stay as they are.
    fn hold(&mut self, mut held: Vec<(usize, String)>) -> bool {
        held.sort();
        held.dedup_by_key(|(index, _)| *index);
        for (index, why) in held.iter().rev() {
            let change = self.changes.remove(*index).change;
            self.report.hold(&change.left_key, why);
        }
        !held.is_empty()
    }
}

/// A record as it would be after the run.
#[derive(Clone, Copy)]
struct Standing<'c> {
    key: &'c str,
    left_key: Option<&'c str>,
    right_id: Option<&'c str>,
    /// The change that makes it so; `None` if nothing about it changes.
    change: Option<usize>,
    present: Option<usize>,
}

impl Standing<'_> {
    /// The record for people: its key on the left as far as it may be seen; no name.
    fn shown(&self, entity: &str, keys: &Keys<'_>) -> String {
        self.left_key.map_or_else(|| keys.right(entity, self.key), |key| keys.left(key))
    }
}

/// Holds changes until all that is left agrees. What is held may be what others lean on, so this goes on until nothing is
/// held any more.
pub fn settle(plan: &Plan<'_>, compared: &mut [Compared<'_>]) {
    let keys = Keys::of(plan.model, plan.route);
    loop {
        let mut held = false;
        for one in compared.iter_mut() {
            held |= hold_doubles(plan.model.entity(one.entity), one, &keys);
        }
        for index in 0..compared.len() {
            held |= settle_references(plan, compared, index);
        }
        if !held {
            return;
        }
    }
}

/// Holds changes that would give a record a value which must be unique and which another one has. Of several that want
/// it, only one that has it already may keep it; if none has, nobody gets it: whom it belongs to is not for us to guess.
fn hold_doubles(entity: &Entity, one: &mut Compared<'_>, keys: &Keys<'_>) -> bool {
    let shown = |record: &Standing<'_>| record.shown(&entity.name.text, keys);
    let ids_are_ours = entity.write.as_ref().is_some_and(|write| !write.id_theirs);
    let mut held = Vec::new();
    let standing = one.standing();
    for (field, definition) in entity.fields.iter().enumerate().filter(|(_, field)| field.unique) {
        let name = &definition.name.text;
        let value = |record: &Standing<'_>| {
            let value = one.value(record, field, name);
            (!value.is_null()).then(|| value.to_string())
        };
        let has = |record: &Standing<'_>| {
            let value = one.value(record, field, name);
            !value.is_null() && one.has_already(record.present, field, &value)
        };
        hold_group(&standing, value, has, name, &shown, &mut held);
    }
    if ids_are_ours {
        let value = |record: &Standing<'_>| (!record.key.is_empty()).then(|| record.key.to_string());
        let has =
            |record: &Standing<'_>| record.present.is_some_and(|index| one.right.present[index].key == record.key);
        hold_group(&standing, value, has, "the key", &shown, &mut held);
    }
    one.hold(held)
}

fn hold_group(
    standing: &[Standing<'_>],
    value: impl Fn(&Standing<'_>) -> Option<String>,
    has: impl Fn(&Standing<'_>) -> bool,
    name: &str,
    shown: &impl Fn(&Standing<'_>) -> String,
    held: &mut Vec<(usize, String)>,
) {
    let mut groups: HashMap<String, Vec<&Standing<'_>>> = HashMap::with_capacity(standing.len());
    for record in standing {
        if let Some(value) = value(record) {
            groups.entry(value).or_default().push(record);
        }
    }
    // The order of groups reaches nobody: what is held is sorted.
    for group in groups.values().filter(|group| group.len() > 1) {
        for record in group.iter().filter(|record| !has(record)) {
            let Some(change) = record.change else { continue };
            let others = group.iter().filter(|other| other.change != record.change || other.present != record.present);
            let others: Vec<String> = others.take(3).map(|other| shown(other)).collect();
            held.push((change, format!("{name} must be unique, and is also that of {}", others.join(", "))));
        }
    }
}

/// A reference that leads to a record which would not be there.
struct Loose {
    standing: (Option<usize>, Option<usize>),
    field: usize,
    to: EntityId,
    id: String,
}

/// Settles references of one entity that lead nowhere. True if something was held or taken away.
fn settle_references(plan: &Plan<'_>, compared: &mut [Compared<'_>], index: usize) -> bool {
    let entity = plan.model.entity(compared[index].entity);
    let mut held = Vec::new();
    let mut settled = false;
    for loose in loose_references(plan.model, compared, index) {
        let field = &entity.fields[loose.field];
        let (change, present) = loose.standing;
        let is_new = change.is_some_and(|change| {
            let changes = &compared[index].changes[change].change.fields;
            changes.iter().any(|change| *change.field == *field.name.text) || present.is_none()
        });
        match (change, present) {
            (Some(change), _) if is_new => {
                let why = format!("{} leads to a record that is not written", field.name.text);
                held.push((change, why));
            }
            (_, Some(present)) if plan.target.whole => {
                settled |= keep_or_leave_out(compared, index, present, &loose);
            }
            // Where records are sent one by one, the target itself decides about what is left behind.
            _ => {}
        }
    }
    compared[index].hold(held) || settled
}

/// A record that stays refers to one that would be left out of a whole delivery. That one stays too, for as long as it is
/// referred to; unless it is about somebody who is protected now: then nothing that refers to it is sent either.
fn keep_or_leave_out(compared: &mut [Compared<'_>], index: usize, present: usize, loose: &Loose) -> bool {
    let Some(target) = compared.iter_mut().find(|one| one.entity == loose.to) else { return false };
    let Some(removal) =
        target.changes.iter().position(|proposed| proposed.change.op == Op::Remove && proposed.change.key == loose.id)
    else {
        return false;
    };
    if target.changes[removal].change.why.as_deref() != Some(PROTECTED) {
        target.changes.remove(removal);
        target.report.spared += 1;
        target.report.spared_why.get_or_insert_with(|| "records that stay refer to them".into());
        return true;
    }
    let one = &mut compared[index];
    one.changes.retain(|proposed| proposed.present != Some(present));
    one.changes.push(Proposed::about(present, one.right.protected(present, Op::Remove)));
    one.report.protected += 1;
    true
}

fn loose_references(model: &Model, compared: &[Compared<'_>], index: usize) -> Vec<Loose> {
    let entity = model.entity(compared[index].entity);
    let standing = compared[index].standing();
    let mut loose = Vec::new();
    for (position, field) in entity.fields.iter().enumerate() {
        let Some(to) = referred(field) else { continue };
        let Some(target) = compared.iter().find(|one| one.entity == to) else { continue };
        let known = known_ids(model.entity(to), target);
        for record in &standing {
            let value = compared[index].value(record, position, &field.name.text);
            for id in texts(&value).filter(|id| !known.contains(*id)) {
                let standing = (record.change, record.present);
                loose.push(Loose { standing, field: position, to, id: id.to_string() });
            }
        }
    }
    loose
}

fn referred(field: &Field) -> Option<EntityId> {
    match field.ty.element().unwrap_or(&field.ty) {
        Type::Ref(to) => Some(*to),
        _ => None,
    }
}

fn texts(value: &Json) -> impl Iterator<Item = &str> {
    let items = match value {
        Json::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    items.iter().filter_map(Json::as_str)
}

/// How references name the records that would be there: by key, or, where the target gives ids, by left key or id.
fn known_ids(entity: &Entity, target: &Compared<'_>) -> HashSet<String> {
    let theirs = entity.write.as_ref().is_some_and(|write| write.id_theirs);
    let mut known = HashSet::new();
    for record in target.standing() {
        known.insert(record.key.to_string());
        if theirs {
            known.extend(record.left_key.map(|key| format!("@{key}")));
            known.extend(record.right_id.map(String::from));
        }
    }
    known
}
