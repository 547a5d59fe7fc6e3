//! Which keys of records people may see.
//!
//! A key names a record in previews, reports and logs. One that is made of a personnummer, an e-mail address or worse says
//! who it is about, so it is shown by the rule of [`redact`]; others (`5001`, a uuid) are shown as they are, although they
//! are about somebody: without them nobody could find the record that a report speaks of.

use super::redact;
use crate::check::Route;
use crate::check::typed::{KeyPart, TypedMapping, TypedSet, TypedStep};
use crate::model::Model;
use crate::value::{Class, ClassSet, EntityId, RecordType, Type};
use serde_json::{Map, Value as Json};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Columns of a key at most.
const LIMIT: usize = 100;

/// The rule for keys in one sync.
pub struct Keys<'m> {
    model: &'m Model,
    route: &'m Route,
    /// What flows into the fields of the entities that a mapping makes.
    flows: BTreeMap<(EntityId, u16), ClassSet>,
}

impl<'m> Keys<'m> {
    /// The rule for a route.
    pub fn of(model: &'m Model, route: &'m Route) -> Keys<'m> {
        let mut flows: BTreeMap<(EntityId, u16), ClassSet> = BTreeMap::new();
        for map in route.typed.iter().flat_map(|typed| &typed.maps) {
            for rule in &map.rules {
                if let Some(target) = &rule.target {
                    let flow = flows.entry((map.right, target.field)).or_default();
                    *flow = flow.and(rule.classes);
                }
            }
        }
        Keys { model, route, flows }
    }

    /// The classes of a field: its own, and those that rules let flow into it.
    pub fn field(&self, entity: EntityId, field: usize) -> ClassSet {
        let flow = self.flows.get(&(entity, field as u16)).copied().unwrap_or_default();
        self.model.entity(entity).fields[field].classes.and(flow)
    }

    /// The entity of this name on the right of the sync.
    pub fn right_entity(&self, name: &str) -> Option<EntityId> {
        self.model.find_entity(self.model.sync(self.route.sync).right.system, name)
    }

    /// The documents.
    pub fn model(&self) -> &'m Model {
        self.model
    }

    /// The key of a right record where programs work with keys: hidden only if it is a national id or worse.
    pub fn for_programs<'k>(&self, entity: &str, key: &'k str) -> Cow<'k, str> {
        let classes = self.right_entity(entity).map_or(UNKNOWN, |entity| self.of_entity(entity));
        let sensitive = hiding(classes).without(Class::CONTACT);
        if sensitive.is_empty() { key.into() } else { redact::shown(key, sensitive, LIMIT).into() }
    }

    /// The key of a right record.
    pub fn right(&self, entity: &str, key: &str) -> String {
        let classes = self.right_entity(entity).map_or(UNKNOWN, |entity| self.of_entity(entity));
        shown(key, classes)
    }

    /// A left key as the store knows it, `source:key`, without the word before it.
    pub fn left(&self, left_key: &str) -> String {
        let key = left_key.split_once(':').map_or(left_key, |(_, key)| key);
        shown(key, self.of_left(left_key))
    }

    fn of_left(&self, left_key: &str) -> ClassSet {
        let Some((source, _)) = left_key.split_once(':') else { return UNKNOWN };
        let last = self.route.typed.last();
        let record = last.and_then(|typed| {
            typed
                .maps
                .iter()
                .map(|map| map.left)
                .find(|&left| self.name(left) == Some(source))
                .map(|left| (typed, left))
        });
        record.map_or(UNKNOWN, |(typed, left)| self.of_record(typed, left))
    }

    /// The classes for which a value of a right field is redacted. A part of the key is shown as the key is, and a reference
    /// not better than the key that it holds.
    pub fn of_value(&self, entity: EntityId, index: usize, value: &Json) -> ClassSet {
        let definition = self.model.entity(entity);
        let own = self.field(entity, index);
        let own = if definition.key.contains(&index) { hiding(own) } else { own };
        let ty = &definition.fields[index].ty;
        let Type::Ref(to) = ty.element().unwrap_or(ty) else { return own };
        let texts = match value {
            Json::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        let lefts = texts.iter().filter_map(|text| text.as_str()?.strip_prefix('@'));
        let lefts = lefts.map(|left| hiding(self.of_left(left))).fold(ClassSet::NONE, ClassSet::and);
        own.and(hiding(self.of_entity(*to))).and(lefts)
    }

    /// The key of a record that was stopped in a mapping: `place` is an entity, a set, a map or a right entity.
    pub fn stopped(&self, mapping: &str, place: &str, key: &str) -> String {
        let (classes, bare) = self.stopped_classes(mapping, place, key).unwrap_or((UNKNOWN, key));
        shown(bare, classes)
    }

    /// The classes of such a key, and the key without the name before it; `None` if the mapping has no such place.
    fn stopped_classes<'k>(&self, mapping: &str, place: &str, key: &'k str) -> Option<(ClassSet, &'k str)> {
        let index = self.route.mappings.iter().position(|known| known.name.text == mapping)?;
        let typed = self.route.typed.get(index)?;
        // Some keys begin with the name of what they are a key of.
        let named = key.split_once(':').and_then(|(source, bare)| Some((self.source(typed, source)?, bare)));
        if let Some((record, bare)) = named {
            return Some((self.of_record(typed, record), bare));
        }
        let map = typed.maps.iter().find(|map| &*map.name == place).map(|map| self.of_record(typed, map.left));
        let set = typed.sets.iter().find(|set| self.model.set(set.set).name.text == place);
        let classes = map.or_else(|| set.map(|set| self.of_steps(typed, set))).or_else(|| {
            let entities = (0..self.model.entities.len() as u32).map(EntityId);
            let mut named = entities.filter(|&id| self.model.entity(id).name.text == place).peekable();
            named.peek()?;
            Some(named.map(|id| self.of_entity(id)).fold(ClassSet::NONE, ClassSet::and))
        });
        Some((classes?, key))
    }

    /// The key of a record that was held or rejected in any mapping of the route, or in the comparison.
    pub fn anywhere(&self, place: &str, key: &str) -> String {
        if self.right_entity(place).is_some() && self.of_left(key) != UNKNOWN {
            return self.left(key);
        }
        let known = |mapping: &&crate::model::Mapping| self.stopped_classes(&mapping.name.text, place, key).is_some();
        match self.route.mappings.iter().find(known) {
            Some(mapping) => self.stopped(&mapping.name.text, place, key),
            None => shown(key, UNKNOWN),
        }
    }

    /// A text of somebody else (the answer of a target) without the values of a record that people may not see.
    pub fn scrub(&self, entity: EntityId, record: &Map<String, Json>, text: &str) -> String {
        let mut text = text.to_string();
        for (index, field) in self.model.entity(entity).fields.iter().enumerate() {
            let classes = self.field(entity, index);
            let Some(value) = record.get(&field.name.text).and_then(|value| value.as_str()) else { continue };
            if !classes.is_empty() && value.chars().count() >= 3 {
                text = text.replace(value, &redact::shown(value, classes, LIMIT));
            }
        }
        text
    }

    fn name(&self, record: RecordType) -> Option<&'m str> {
        match record {
            RecordType::Entity(id) => Some(&self.model.entity(id).name.text),
            RecordType::Set(id) => Some(&self.model.set(id).name.text),
            RecordType::Layout(_) => None,
        }
    }

    /// What a map or set of a mapping has on its left under this name.
    fn source(&self, typed: &TypedMapping, name: &str) -> Option<RecordType> {
        let maps = typed.maps.iter().map(|map| map.left);
        let sets = typed.sets.iter().map(|set| RecordType::Set(set.set));
        maps.chain(sets).find(|&record| self.name(record) == Some(name))
    }

    fn of_record(&self, typed: &TypedMapping, record: RecordType) -> ClassSet {
        match record {
            RecordType::Entity(id) => self.of_entity(id),
            RecordType::Set(id) => match typed.sets.iter().find(|set| set.set == id) {
                Some(set) => self.of_parts(typed, set),
                None => UNKNOWN,
            },
            RecordType::Layout(_) => UNKNOWN,
        }
    }

    /// The classes of an entity's key; where it refers to others, those of their keys.
    fn of_entity(&self, id: EntityId) -> ClassSet {
        let mut classes = ClassSet::NONE;
        let (mut due, mut seen) = (vec![id], Vec::new());
        while let Some(id) = due.pop() {
            if seen.contains(&id) {
                continue;
            }
            seen.push(id);
            let entity = self.model.entity(id);
            for &index in &entity.key {
                classes = classes.and(self.field(id, index));
                if let Type::Ref(to) = entity.fields[index].ty.element().unwrap_or(&entity.fields[index].ty) {
                    due.push(*to);
                }
            }
        }
        classes
    }

    /// The classes of the key of a finished row of a set.
    fn of_parts(&self, typed: &TypedMapping, set: &TypedSet) -> ClassSet {
        set.key.iter().fold(ClassSet::NONE, |classes, part| match part {
            KeyPart::Slot(slot) => classes.and(self.of_slot(typed, set, *slot)),
            KeyPart::Position(_) => classes,
        })
    }

    fn of_slot(&self, typed: &TypedMapping, set: &TypedSet, slot: u16) -> ClassSet {
        let Some(binding) = set.layout.slots.get(slot as usize) else {
            // A key that no row shows: the value of a `one per`.
            return self.of_hidden(typed, set);
        };
        match &binding.ty {
            Type::Ref(to) => self.of_entity(*to),
            Type::Record(RecordType::Layout(layout)) => {
                let union = typed.layouts.get(*layout as usize).map(|layout| layout.union.as_slice());
                let union = union.unwrap_or_default().iter().map(|&record| self.of_record(typed, record));
                union.fold(binding.classes, ClassSet::and)
            }
            Type::Record(record) => self.of_record(typed, *record),
            _ => binding.classes,
        }
    }

    /// The classes of all values that a step of a set makes keys of.
    fn of_hidden(&self, typed: &TypedMapping, set: &TypedSet) -> ClassSet {
        let mut classes = ClassSet::NONE;
        for step in &set.steps {
            if let TypedStep::GroupBy { keys, .. } | TypedStep::OnePer { keys, .. } = step {
                for &key in keys {
                    classes = classes.and(typed.nodes.typing(key).classes);
                }
            }
        }
        classes
    }

    /// The classes of the keys that a row of a set has on its way: rows that fall early have another key than those that stay.
    fn of_steps(&self, typed: &TypedMapping, set: &TypedSet) -> ClassSet {
        let mut classes = self.of_parts(typed, set).and(self.of_hidden(typed, set));
        for step in &set.steps {
            classes = classes.and(match step {
                TypedStep::From(record) | TypedStep::Join { record, .. } => self.of_record(typed, *record),
                TypedStep::Union(records) => {
                    records.iter().map(|&record| self.of_record(typed, record)).fold(ClassSet::NONE, ClassSet::and)
                }
                TypedStep::Each { list, .. } => typed.nodes.typing(*list).classes,
                _ => ClassSet::NONE,
            });
        }
        classes
    }
}

/// What a key counts as of which nothing is known.
const UNKNOWN: ClassSet = ClassSet::of(Class::SECRET);

/// The classes for which a key is not shown as it is.
pub fn hiding(classes: ClassSet) -> ClassSet {
    classes.without(Class::PERSONAL)
}

/// A key by the classes that flow into it.
pub fn shown(key: &str, classes: ClassSet) -> String {
    redact::shown(key, hiding(classes), LIMIT)
}
