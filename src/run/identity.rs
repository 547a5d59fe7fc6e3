//! What a left record is known by beside its key: so that a changed key is followed, and nobody who is protected or out of
//! scope counts as gone.
//!
//! A key is made of keys: a user is a person, a seat is a group and a person. Where a person has another identity (a civic
//! number), so has every key that the person is a part of: the key with that part exchanged.

use super::eval::{Links, Machine, Odd};
use super::key::key_text;
use super::record::to_json;
use super::stage::{Setting, Worked};
use super::table::Apart;
use crate::check::typed::{ExprId, KeyPart, Node, TypedStep};
use crate::value::{Arena, EntityId, RecordType, Row, SetId, Type};
use hashbrown::{HashMap, HashSet};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Identities of the left records of a mapping.
#[derive(Clone, Default)]
pub struct Identities {
    /// Other identities, by the record's own key.
    others: HashMap<EntityId, Arc<HashMap<String, Vec<String>>>>,
    /// Records that leave nowhere, by their key.
    apart: HashMap<EntityId, Arc<HashMap<String, Apart>>>,
    /// Of what the keys of records and rows are made.
    layouts: HashMap<RecordType, Vec<Part>>,
    /// Where protected people have no key: the keys of everybody else.
    nameless: HashMap<EntityId, Arc<HashSet<String>>>,
    /// What rows of maps are made of that hold protected people without a key.
    unclear: HashSet<RecordType>,
}

/// Neighbouring parts of a key that are the key of a record; or a part that is none.
#[derive(Clone, Debug, PartialEq)]
struct Part {
    entity: Option<EntityId>,
    width: usize,
}

impl Identities {
    /// Of everything that maps of the last mapping start from.
    pub fn of(worked: &Worked<'_>) -> Identities {
        let setting = &worked.setting;
        let mut identities = Identities::default();
        for map in &setting.typed.maps {
            if !worked.nameless.is_empty() && setting.reaches(map.left, &worked.nameless) {
                identities.unclear.insert(map.left);
            }
            if let Some(layout) = layout(setting, map.left) {
                identities.layouts.insert(map.left, layout);
            }
        }
        let (links, odd) = (Links::default(), Odd::default());
        let machine = setting.machine(&worked.tables, &links, &odd).inside(true);
        for &id in &worked.nameless {
            let rows = machine.tables.table(id.0).living();
            let keys = rows.filter_map(|row| key_text(&machine, Row { table: id.0, row }, RecordType::Entity(id)));
            identities.nameless.insert(id, Arc::new(keys.collect()));
        }
        for index in 0..worked.tables.entities {
            identities.gather(&machine, EntityId(index));
        }
        identities
    }

    /// The same with the records of an entity, of which more have come.
    #[must_use]
    pub fn with(&self, worked: &Worked<'_>, entity: EntityId) -> Identities {
        let mut identities = self.clone();
        let (links, odd) = (Links::default(), Odd::default());
        identities.gather(&worked.setting.machine(&worked.tables, &links, &odd).inside(true), entity);
        identities
    }

    /// Adds what others know of the records of an entity.
    pub fn add(&mut self, others: &Identities, entity: EntityId) {
        if let Some(more) = others.others.get(&entity) {
            let known = Arc::make_mut(self.others.entry(entity).or_default());
            known.extend(more.iter().map(|(key, others)| (key.clone(), others.clone())));
        }
        if let Some(more) = others.apart.get(&entity) {
            let known = Arc::make_mut(self.apart.entry(entity).or_default());
            known.extend(more.iter().map(|(key, apart)| (key.clone(), *apart)));
        }
    }

    fn gather(&mut self, machine: &Machine<'_, '_>, id: EntityId) {
        let table = machine.tables.table(id.0);
        let has_others = !machine.model.entity(id).also.is_empty();
        if !has_others && table.apart.is_none() {
            return;
        }
        let mut arena = Arena::new();
        for row in table.living() {
            let at = Row { table: id.0, row };
            let Some(key) = key_text(machine, at, RecordType::Entity(id)) else { continue };
            if table.apart(row) != Apart::No {
                Arc::make_mut(self.apart.entry(id).or_default()).insert(key.clone(), table.apart(row));
            }
            let others = other_identities(machine, at, id, &arena);
            if !others.is_empty() {
                Arc::make_mut(self.others.entry(id).or_default()).insert(key, others);
            }
            arena.reset();
        }
    }

    /// True if some record has other identities.
    pub fn has_others(&self) -> bool {
        !self.others.is_empty()
    }

    /// The other identities of a left record: its key with a part exchanged.
    pub fn texts(&self, left: RecordType, left_key: &str) -> Vec<String> {
        if !self.has_others() {
            return Vec::new();
        }
        let mut texts = Vec::new();
        self.each_part(left, left_key, |name, parts, at, entity| {
            let known = self.others.get(&entity).and_then(|others| others.get(&parts[at.clone()].join("|")));
            for other in known.into_iter().flatten() {
                let (before, after) = (parts[..at.start].join("|"), parts[at.end..].join("|"));
                texts.push(format!("{name}:{before}\n{other}\n{after}"));
            }
        });
        texts
    }

    /// Why a left record leaves nowhere, if a record that is a part of its key does not: also where its row itself has
    /// fallen, such as that of a protected pupil whose enrolment has ended.
    pub fn apart(&self, left: RecordType, left_key: &str) -> Apart {
        let mut why = Apart::No;
        self.each_part(left, left_key, |_, parts, at, entity| {
            let mark = self.apart.get(&entity).and_then(|apart| apart.get(&parts[at].join("|")));
            why = why.and(mark.copied().unwrap_or(Apart::No));
        });
        why
    }

    /// True if a left record that is missing may be that of a protected person who has no key tonight: whom its key names is
    /// not among those who have one.
    pub fn may_be_nameless(&self, left: RecordType, left_key: &str) -> bool {
        if !self.unclear.contains(&left) {
            return false;
        }
        let (mut named, mut known) = (false, true);
        self.each_part(left, left_key, |_, parts, at, entity| {
            if let Some(keys) = self.nameless.get(&entity) {
                named = true;
                known &= keys.contains(&parts[at].join("|"));
            }
        });
        !named || !known
    }

    /// Calls with each part of a left key that is the key of a record: name before the colon, all parts, which, of what.
    fn each_part(
        &self,
        left: RecordType,
        left_key: &str,
        mut each: impl FnMut(&str, &[&str], std::ops::Range<usize>, EntityId),
    ) {
        let (Some(layout), Some((name, key))) = (self.layouts.get(&left), left_key.split_once(':')) else { return };
        let parts = parts(key);
        if layout.iter().map(|part| part.width).sum::<usize>() != parts.len() {
            return;
        }
        let mut from = 0;
        for part in layout {
            if let Some(entity) = part.entity {
                each(name, &parts, from..from + part.width, entity);
            }
            from += part.width;
        }
    }
}

/// The fields under `also` that have a value; each element of a list is an identity of its own.
fn other_identities(machine: &Machine<'_, '_>, row: Row, id: EntityId, arena: &Arena) -> Vec<String> {
    let entity = machine.model.entity(id);
    let mut others = Vec::new();
    for &field in &entity.also {
        let value = machine.plain_field(row, id, field as u16, arena);
        let name = &entity.fields[field].name.text;
        match to_json(&entity.fields[field].ty, value, &|_| None) {
            Json::Null => {}
            Json::Array(items) => others.extend(items.iter().map(|item| format!("{name}={item}"))),
            value => others.push(format!("{name}={value}")),
        }
    }
    others
}

/// The parts of a key text: they are parted by `|` without a `\` before it.
fn parts(key: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut from, mut escaped) = (0, false);
    for (at, character) in key.char_indices() {
        if character == '|' && !escaped {
            parts.push(&key[from..at]);
            from = at + 1;
        }
        escaped = character == '\\' && !escaped;
    }
    parts.push(&key[from..]);
    parts
}

/// Of what the key of a record is made; `None` if that depends on the record.
fn layout(setting: &Setting<'_>, record: RecordType) -> Option<Vec<Part>> {
    match record {
        RecordType::Entity(id) => Some(layout_of_entity(setting, id)),
        RecordType::Set(set) => layout_of_set(setting, set),
        RecordType::Layout(_) => None,
    }
}

fn layout_of_entity(setting: &Setting<'_>, id: EntityId) -> Vec<Part> {
    let entity = setting.model.entity(id);
    let refers = |&&field: &&usize| matches!(entity.fields[field].ty, Type::Ref(_));
    if entity.first_present || !entity.key.iter().any(|field| refers(&field)) {
        let width = if entity.first_present { 1 } else { entity.key.len() };
        return vec![Part { entity: Some(id), width }];
    }
    let part = |&field: &usize| match entity.fields[field].ty {
        Type::Ref(to) if to != id => layout_of_entity(setting, to),
        _ => vec![Part { entity: None, width: 1 }],
    };
    entity.key.iter().flat_map(part).collect()
}

fn layout_of_set(setting: &Setting<'_>, set: SetId) -> Option<Vec<Part>> {
    let typed = setting.typed.sets.iter().find(|typed| typed.set == set)?;
    let mut slots: BTreeMap<u16, Vec<Part>> = BTreeMap::new();
    for step in &typed.steps {
        match step {
            TypedStep::From(record) => drop(slots.insert(0, layout(setting, *record)?)),
            TypedStep::Join { record, slot, .. } => drop(slots.insert(*slot, layout(setting, *record)?)),
            TypedStep::Let { value, slot } => drop(slots.insert(*slot, layout_of_value(setting, *value)?)),
            TypedStep::GroupBy { keys, .. } => {
                let values: Option<Vec<_>> = keys.iter().map(|key| layout_of_value(setting, *key)).collect();
                slots = (0..).zip(values?).collect();
            }
            _ => {}
        }
    }
    let part = |part: &KeyPart| {
        let (KeyPart::Slot(slot) | KeyPart::Position(slot)) = part;
        slots.get(slot).cloned().unwrap_or_else(|| vec![Part { entity: None, width: 1 }])
    };
    Some(typed.key.iter().flat_map(part).collect())
}

/// A value in a key: a record, the key of a record, or something else.
fn layout_of_value(setting: &Setting<'_>, value: ExprId) -> Option<Vec<Part>> {
    match &setting.typed.nodes.typing(value).ty {
        Type::Ref(to) => return Some(layout_of_entity(setting, *to)),
        Type::Record(record) => return layout(setting, *record),
        _ => {}
    }
    let entity = match setting.typed.nodes.node(value) {
        Node::Field { entity, field, .. } if setting.model.entity(*entity).key == [usize::from(*field)] => {
            Some(*entity)
        }
        _ => None,
    };
    Some(vec![Part { entity, width: 1 }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_parted_where_no_backslash_stands() {
        assert_eq!(parts("a|b"), ["a", "b"]);
        assert_eq!(parts(r"a\|b|c\\|d"), [r"a\|b", r"c\\", "d"]);
        assert_eq!(parts("|"), ["", ""]);
    }

    #[test]
    fn a_part_is_exchanged_for_each_other_identity() {
        let (person, group) = (EntityId(1), EntityId(2));
        let left = RecordType::Set(SetId(0));
        let layout = vec![Part { entity: Some(group), width: 1 }, Part { entity: Some(person), width: 1 }];
        let known = |key: &str, value: &str| HashMap::from([(key.to_string(), vec![value.to_string()])]);
        let identities = Identities {
            others: HashMap::from([(person, Arc::new(known("p1", "number=\"7\"")))]),
            apart: HashMap::from([(person, Arc::new(HashMap::from([("p2".to_string(), Apart::Protected)])))]),
            layouts: HashMap::from([(left, layout)]),
            nameless: HashMap::from([(person, Arc::new(HashSet::from(["p1".to_string()])))]),
            unclear: HashSet::from([left]),
        };
        assert_eq!(identities.texts(left, "seat:g1|p1"), ["seat:g1\nnumber=\"7\"\n"]);
        assert!(identities.texts(left, "seat:p1|g1").is_empty(), "a group's key is no person's");
        assert_eq!(identities.apart(left, "seat:g1|p2"), Apart::Protected);
        assert_eq!(identities.apart(left, "seat:p2|g1"), Apart::No);
        assert_eq!(identities.apart(left, "seat:p2"), Apart::No);
        assert!(!identities.may_be_nameless(left, "seat:g1|p1"), "the person is there, so the seat is gone");
        assert!(identities.may_be_nameless(left, "seat:g1|p3"), "the person may be the one without a key");
        assert!(identities.may_be_nameless(left, "seat:p3"), "a key that says nothing about the person");
    }
}
