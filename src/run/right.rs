//! The right side as it is: what was read of the target, or, where it cannot be read, what was last delivered; with the
//! links of the store. And finding the right record of a left one without a link.

use super::change::{Change, Op};
use super::eval::{Links, Odd};
use super::gather::Read;
use super::key::Hasher;
use super::make::Fate;
use super::propose::{ByText, Found, links};
use super::record::{from_json, to_json};
use super::stage::{Setting, Worked};
use super::table::{Index, Table};
use crate::check::typed::ExprId;
use crate::plan::{EntityWrite, Plan};
use crate::store::{Link, LinkState, Store, StoreFault};
use crate::value::{Arena, EntityId, Row, Type, Value};
use hashbrown::HashSet;
use jiff::civil::Date;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// Why a record is left out that is about somebody who is protected now.
pub const PROTECTED: &str = "protected";

/// A right record as it is.
#[derive(Clone, Debug)]
pub struct Present {
    /// Its key as text.
    pub key: String,
    /// The id that the target gave.
    pub right_id: Option<String>,
    /// The left record that it is linked with.
    pub left_key: Option<String>,
    /// Whether it is in use, as far as we switched it off ourselves.
    pub state: LinkState,
    /// True if this sync made or adopted it.
    pub ours: bool,
    /// Its values by field.
    pub record: Map<String, Json>,
    /// Keyed hashes of other identities of the left record.
    pub identities: Vec<u64>,
    /// True if the store remembers something else than what the target holds.
    pub differs_from_memory: bool,
}

impl Present {
    /// A value; null where there is none.
    pub fn value(&self, field: &str) -> &Json {
        self.record.get(field).unwrap_or(&Json::Null)
    }

    /// True if what the store remembers must be renewed although nothing is written.
    pub fn needs_remembering(&self, identities: &[u64]) -> bool {
        self.differs_from_memory || self.identities != identities
    }

    /// The change that leaves out a record about a person who is protected now. Nothing of the record is in it.
    pub fn protected(&self, op: Op) -> Change {
        Change { record: Map::new(), identities: Vec::new(), ..self.gone(op, PROTECTED) }
    }

    /// The change that takes it out of use or away.
    pub fn gone(&self, op: Op, why: &str) -> Change {
        Change {
            op,
            left_key: self.left_key.clone().unwrap_or_default(),
            old_left_key: None,
            key: self.key.clone(),
            right_id: self.right_id.clone(),
            fields: Vec::new(),
            record: self.record.clone(),
            secrets: Map::new(),
            identities: self.identities.clone(),
            why: Some(why.to_string()),
        }
    }
}

/// What comparing the entities before has found out.
#[derive(Default)]
pub struct Earlier {
    /// Left keys that changed: of which right entity and the old one, to the new one.
    moved: BTreeMap<(EntityId, String), String>,
    /// Left keys of records that were adopted or whose left key changed: by right entity and the id that the target gave.
    ids: Back,
}

impl Earlier {
    /// Learns from the changes of an entity.
    pub fn learn<'c>(&mut self, entity: EntityId, changes: impl Iterator<Item = &'c Change>) {
        for change in changes {
            if let Some(old) = &change.old_left_key {
                self.moved.insert((entity, old.clone()), change.left_key.clone());
            }
            if let Some(id) = change.right_id.as_ref().filter(|_| !matches!(change.op, Op::Create | Op::Remove)) {
                self.ids.insert((entity, id.clone()), change.left_key.clone());
            }
        }
    }
}

/// Says in references of a remembered record how a record is known now whose left key changed.
fn follow(entity: &crate::model::Entity, earlier: &Earlier, record: &mut Map<String, Json>) {
    let moved = &earlier.moved;
    if moved.is_empty() {
        return;
    }
    for field in &entity.fields {
        let Type::Ref(to) = field.ty.element().unwrap_or(&field.ty) else { continue };
        let renew = |text: &mut Json| {
            let old = text.as_str().and_then(|text| text.strip_prefix('@')).map(str::to_string);
            if let Some(new) = old.and_then(|old| moved.get(&(*to, old))) {
                *text = Json::String(format!("@{new}"));
            }
        };
        match record.get_mut(&field.name.text) {
            Some(Json::Array(items)) => items.iter_mut().for_each(renew),
            Some(one) => renew(one),
            None => {}
        }
    }
}

/// The right side of one entity.
pub struct Right<'t> {
    /// Its records.
    pub present: Vec<Present>,
    /// Why nothing can be compared, if so.
    pub unreadable: Option<String>,
    by_left: ByText,
    by_key: ByText,
    by_identity: BTreeMap<u64, Vec<usize>>,
    linked: usize,
    /// The records as a table, for match rules; row `n` is record `n`.
    table: std::cell::RefCell<Option<Table<'t>>>,
}

impl<'t> Right<'t> {
    /// Brings together what was read and what is remembered.
    pub fn of(
        plan: &Plan<'_>,
        write: &EntityWrite,
        read: &Read,
        store: Option<&Store>,
        sync: &str,
        earlier: &Earlier,
        arena: &'t Arena,
    ) -> Result<Right<'t>, StoreFault> {
        let entity = plan.model.entity(write.entity);
        let links = links(store, sync, &entity.name.text)?;
        let linked = links.len();
        let mut unreadable = None;
        let mut present: Vec<Present> = match (&write.read, read.right.get(&write.entity)) {
            (Some(_), Some(gathered)) => {
                if !gathered.outcome.complete {
                    let say = gathered.outcome.faults.first().map(|fault| fault.say.clone());
                    let torn = gathered.outcome.torn.first().map(|torn| format!("{}: {}", torn.origin, torn.why));
                    unreadable = Some(say.or(torn).unwrap_or_else(|| "the target was not read in full".into()));
                }
                let mut back = back_references(&every_link(plan, store, sync)?);
                back.extend(earlier.ids.clone());
                let rows = read_records(plan, write, read, &back);
                joined(rows, links, entity)
            }
            _ => links.into_iter().map(remembered).collect(),
        };
        present.iter_mut().for_each(|present| follow(entity, earlier, &mut present.record));
        let mut right = Right {
            by_left: ByText::new(),
            by_key: ByText::new(),
            by_identity: BTreeMap::new(),
            linked,
            unreadable,
            table: Default::default(),
            present,
        };
        for (index, present) in right.present.iter().enumerate() {
            if let Some(left) = &present.left_key {
                right.by_left.insert(left.clone(), index);
            }
            right.by_key.entry(present.key.clone()).or_insert(index);
            for &identity in &present.identities {
                right.by_identity.entry(identity).or_default().push(index);
            }
        }
        let width = entity.fields.len();
        let mut values = Vec::with_capacity(right.present.len() * width);
        for present in &right.present {
            values
                .extend(entity.fields.iter().map(|field| from_json(&field.ty, present.value(&field.name.text), arena)));
        }
        right.table = std::cell::RefCell::new(Some(Table::values(width, values)));
        Ok(right)
    }

    /// How many links there are.
    pub fn links(&self) -> usize {
        self.linked
    }

    /// The record linked with a left record.
    pub fn by_left(&self, left: &str) -> Option<usize> {
        self.by_left.get(left).copied()
    }

    /// What finds right records without a link.
    pub fn finder(&self, plan: &Plan<'_>, worked: &Worked<'t>, made: usize, as_of: Date, arena: &'t Arena) -> Finder {
        Finder::of(self, plan, worked, made, as_of, arena)
    }
}

/// What was read of the target, as records.
fn read_records(plan: &Plan<'_>, write: &EntityWrite, read: &Read, back: &Back) -> Vec<Present> {
    let (Some(spec), Some(gathered)) = (&write.read, read.right.get(&write.entity)) else { return Vec::new() };
    let entity = plan.model.entity(write.entity);
    let arena = Arena::new();
    let mut records = Vec::new();
    for batch in &gathered.outcome.batches {
        for row in 0..batch.len() {
            let mut record = Map::new();
            for (field, column) in entity.fields.iter().zip(&spec.columns) {
                let Some(column) = column else { continue };
                let cell = batch.row(row)[column.slot];
                let json = read_value(plan, &field.ty, &column.reader, batch, cell, back, &arena);
                if !json.is_null() {
                    record.insert(field.name.text.clone(), json);
                }
            }
            let mut key_parts = Vec::new();
            for &key in &entity.key {
                match record.get(&entity.fields[key].name.text) {
                    Some(Json::String(text)) => key_parts.push(text.replace('\\', "\\\\").replace('|', "\\|")),
                    Some(Json::Null) | None => {
                        if !entity.first_present {
                            key_parts.push(String::new());
                        }
                    }
                    Some(other) => key_parts.push(other.to_string()),
                }
                if entity.first_present && !key_parts.is_empty() {
                    break;
                }
            }
            let key = key_parts.join("|");
            let theirs = entity.write.as_ref().is_some_and(|write| write.id_theirs);
            records.push(Present {
                right_id: theirs.then(|| key.clone()),
                key,
                left_key: None,
                state: LinkState::Active,
                ours: false,
                record,
                identities: Vec::new(),
                differs_from_memory: true,
            });
        }
    }
    records
}

/// One value of the target. References stand as the left keys of the records behind them, where these are linked.
fn read_value(
    plan: &Plan<'_>,
    ty: &Type,
    reader: &crate::plan::Reader,
    batch: &crate::adapter::Batch,
    cell: crate::adapter::Cell,
    back: &Back,
    arena: &Arena,
) -> Json {
    let known = |to: EntityId, cell| raw_text(batch, cell).map(|id| Json::String(known_as(plan, to, back, id)));
    match (ty, ty.element(), cell) {
        (Type::Ref(to), ..) => known(*to, cell).unwrap_or(Json::Null),
        (_, Some(Type::Ref(to)), crate::adapter::Cell::List { first, len }) => {
            let cells = &batch.inner[first as usize..(first + len) as usize];
            let mut items: Vec<Json> = cells.iter().filter_map(|&cell| known(*to, cell)).collect();
            if matches!(ty, Type::Set(_)) {
                items.sort_by_cached_key(Json::to_string);
            }
            Json::Array(items)
        }
        // What cannot be read there is taken for absent: it will be written over, or left alone.
        _ => match super::table::read_cell(reader, batch, cell, &KeysAsText, arena, &mut |_| {}) {
            Ok(value) => to_json(ty, value, &|_| None),
            Err(_) => Json::Null,
        },
    }
}

/// The links of all entities of the target: references lead to any of them.
fn every_link(plan: &Plan<'_>, store: Option<&Store>, sync: &str) -> Result<Vec<(EntityId, Link)>, StoreFault> {
    let mut all = Vec::new();
    for write in &plan.target.entities {
        let of_entity = links(store, sync, &plan.model.entity(write.entity).name.text)?;
        all.extend(of_entity.into_iter().map(|link| (write.entity, link)));
    }
    Ok(all)
}

/// Ids that the target gave, to the left keys of the records behind them. Two entities may give the same id.
type Back = BTreeMap<(EntityId, String), String>;

fn back_references(links: &[(EntityId, Link)]) -> Back {
    links.iter().filter_map(|(entity, link)| Some(((*entity, link.right_id.clone()?), link.left_key.clone()))).collect()
}

/// What a reference of the target is remembered as: the left key of the record behind an id that the target gave.
fn known_as(plan: &Plan<'_>, to: EntityId, back: &Back, id: String) -> String {
    let theirs = plan.model.entity(to).write.as_ref().is_some_and(|write| write.id_theirs);
    match back.get(&(to, id.clone())) {
        Some(left) if theirs => format!("@{left}"),
        _ => id,
    }
}

/// The text of a cell.
fn raw_text(batch: &crate::adapter::Batch, cell: crate::adapter::Cell) -> Option<String> {
    match cell {
        crate::adapter::Cell::Text { start, len } | crate::adapter::Cell::Number { start, len } => {
            let text = batch.text(start, len);
            (!text.is_empty()).then(|| text.to_string())
        }
        _ => None,
    }
}

/// References of the right side stay texts.
struct KeysAsText;

impl super::table::References for KeysAsText {
    fn find(&self, _: EntityId, _: Value<'_>) -> Option<Row> {
        None
    }
}

/// Records that were read, with their links. A link whose record is not there (somebody removed it) is dropped: the record
/// is made again.
fn joined(mut records: Vec<Present>, links: Vec<Link>, entity: &crate::model::Entity) -> Vec<Present> {
    let theirs = entity.write.as_ref().is_some_and(|write| write.id_theirs);
    let mut by_key: ByText = ByText::with_capacity(records.len());
    for (index, record) in records.iter().enumerate() {
        by_key.entry(record.key.clone()).or_insert(index);
    }
    for link in links {
        let key = if theirs { link.right_id.as_deref().unwrap_or(&link.right_key) } else { &link.right_key };
        let Some(&index) = by_key.get(key) else { continue };
        let record = &mut records[index];
        let memory = remembered(link);
        // What cannot be read back is known from memory alone.
        for field in &entity.fields {
            let hidden = matches!(field.access, crate::model::Access::Write | crate::model::Access::Initial);
            if hidden && let Some(value) = memory.record.get(&field.name.text) {
                record.record.insert(field.name.text.clone(), value.clone());
            }
        }
        record.left_key = memory.left_key;
        record.state = memory.state;
        record.ours = memory.ours;
        record.identities = memory.identities;
        record.differs_from_memory = false;
    }
    records
}

fn remembered(link: Link) -> Present {
    let record = serde_json::from_slice::<Map<String, Json>>(&link.values).unwrap_or_default();
    Present {
        key: link.right_key,
        right_id: link.right_id,
        left_key: Some(link.left_key),
        state: link.state,
        ours: link.ours,
        record,
        identities: link.identities,
        differs_from_memory: false,
    }
}

/// Finds right records by key, identities and match rules.
pub struct Finder {
    /// By made row: candidates of each rule, in order of rules.
    candidates: Vec<Vec<Vec<usize>>>,
    identities: Vec<Vec<u64>>,
    keys: Vec<Option<String>>,
    also: Vec<Vec<usize>>,
}

impl Finder {
    fn of<'t>(
        right: &Right<'t>,
        plan: &Plan<'_>,
        worked: &Worked<'t>,
        made: usize,
        _: Date,
        arena: &'t Arena,
    ) -> Finder {
        let made = &worked.made[made];
        let rows = made.rows.len();
        let mut finder = Finder {
            candidates: vec![Vec::new(); rows],
            identities: vec![Vec::new(); rows],
            keys: made.keys.clone(),
            also: vec![Vec::new(); rows],
        };
        if right.present.is_empty() {
            return finder;
        }
        let entity = plan.model.entity(made.entity);
        // A field under `also:` of the target (our id in a field of theirs) finds as well as the key does.
        for &field in &entity.also {
            let name = &entity.fields[field].name.text;
            let mut by_value: BTreeMap<String, Vec<usize>> = BTreeMap::new();
            for (index, present) in right.present.iter().enumerate() {
                let value = present.value(name);
                if !value.is_null() && !value.as_array().is_some_and(Vec::is_empty) {
                    by_value.entry(value.to_string()).or_default().push(index);
                }
            }
            for row in 0..rows {
                let value = to_json(&entity.fields[field].ty, made.row(row)[field], &|_| None);
                if let Some(found) = by_value.get(&value.to_string()) {
                    finder.also[row].extend(found);
                }
            }
        }
        finder.by_rules(right, worked, made, arena);
        finder
    }

    fn by_rules<'t>(&mut self, right: &Right<'t>, worked: &Worked<'t>, made: &super::make::Made<'t>, arena: &'t Arena) {
        let setting: &Setting<'t> = &worked.setting;
        let links = Links::default();
        let odd = Odd::default();
        let Some(right_table) = right.table.borrow_mut().take() else { return };
        let mut indexes: BTreeMap<(u16, usize), Index> = BTreeMap::new();
        let number = made.entity.0;
        // The right records stand where the machine looks for records of their entity.
        let tables = worked.tables.with(number, right_table);
        let machine = setting.machine(&tables, &links, &odd);
        machine.inside.set(true);
        for row in 0..made.rows.len() {
            if made.rows[row].fate != Fate::Whole {
                continue;
            }
            let map_index = made.rows[row].map;
            let map = &setting.typed.maps[map_index as usize];
            let mut frame = super::make::frame_of(&machine, map, made.rows[row].left);
            for (line, pairs) in map.matches.iter().enumerate() {
                let index = indexes.entry((map_index, line)).or_insert_with(|| {
                    let mut index = Index::of(right.present.len() as u32);
                    let mut right_frame = vec![Value::Absent; map.frame as usize + 1];
                    for at in 0..right.present.len() as u32 {
                        right_frame[0] = Value::Row(Row { table: number, row: at });
                        let sides = pairs.iter().map(|(_, side, ty)| (*side, *ty));
                        if let Some(hash) = hash(&machine, sides, &mut right_frame, arena) {
                            index.add(hash, at);
                        }
                    }
                    index
                });
                let sides = pairs.iter().map(|(side, _, ty)| (*side, *ty));
                let found = match hash(&machine, sides, &mut frame, arena) {
                    Some(hash) => index.rows(hash).map(|row| row as usize).collect(),
                    None => Vec::new(),
                };
                self.candidates[row].push(found);
            }
        }
    }

    /// Finds the right record of a made row. A record that is linked with a left record which is still there is nobody else's.
    pub fn find(&self, row: usize, seen: &HashSet<&str>, taken: &HashSet<usize>, right: &Right<'_>) -> Found {
        let free = |index: &usize| {
            let linked = right.present[*index].left_key.as_deref();
            !taken.contains(index) && linked.is_none_or(|left| !seen.contains(left))
        };
        let found = |index: usize| match right.present[index].left_key {
            Some(_) => Found::Moved(index),
            None => Found::Matched(index),
        };
        let by_identity: Vec<usize> = self.identities[row]
            .iter()
            .filter_map(|identity| right.by_identity.get(identity))
            .flatten()
            .copied()
            .collect();
        let by_key: Vec<usize> =
            self.keys[row].as_ref().and_then(|key| right.by_key.get(key)).copied().into_iter().collect();
        let rules = self.candidates[row].iter();
        for candidates in [&by_key, &self.also[row], &by_identity].into_iter().chain(rules) {
            let mut free: Vec<usize> = candidates.iter().filter(|index| free(index)).copied().collect();
            free.sort_unstable();
            free.dedup();
            match free.as_slice() {
                [] => {}
                [one] => return found(*one),
                _ => return Found::Several(free),
            }
        }
        Found::Nobody
    }

    /// Says which other identities a made row has.
    pub fn identify(&mut self, row: usize, identities: Vec<u64>) {
        self.identities[row] = identities;
    }
}

fn hash<'t>(
    machine: &super::eval::Machine<'_, 't>,
    sides: impl Iterator<Item = (ExprId, u32)>,
    frame: &mut super::eval::Frame<'t>,
    arena: &'t Arena,
) -> Option<u128> {
    let mut hasher = Hasher::default();
    let scratch = Arena::new();
    for (side, ty) in sides {
        let value = machine.eval(side, frame, arena).ok()?;
        if value.is_absent() {
            return None;
        }
        hasher.value(&machine.typed.nodes.types[ty as usize], value, &scratch);
    }
    Some(hasher.finish())
}
