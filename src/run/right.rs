//! The right side as it is: what was read of the target, or, where it cannot be read, what was last delivered; with the
//! links of the store. And finding the right record of a left one without a link.

use super::change::{Change, Op, is_hashed};
use super::eval::{Frame, Machine};
use super::gather::Read;
use super::key::{Hasher, escape};
use super::make::{Made, MadeRow};
use super::parallel::Arenas;
use super::propose::Found;
use super::record::{Record, Writer, from_json, to_json};
use super::shape::index_of;
use super::table::{Index, Slot, Table, batch_of};
use crate::adapter::{Batch, Cell, rows_of};
use crate::check::needs;
use crate::check::typed::ExprId;
use crate::model::{Access, Entity, Field};
use crate::plan::{Column, EntityWrite, Plan};
use crate::store::{Link, LinkState, Store, StoreFault};
use crate::value::normal::{is_composed, normal_form};
use crate::value::{Arena, EntityId, Row, Type, Value};
use hashbrown::{HashMap, HashSet};
use serde_json::{Map, Value as Json};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// Why a record is left out that is about somebody who is protected now.
pub const PROTECTED: &str = "protected";

/// A right record as it is. Its values are rows of the right side's table.
#[derive(Clone, Debug)]
pub struct Present<'t> {
    /// Its key as text.
    pub key: &'t str,
    /// The id that the target gave.
    pub right_id: Option<&'t str>,
    /// The left record that it is linked with.
    pub left_key: Option<&'t str>,
    /// Whether it is in use, as far as we switched it off ourselves.
    pub state: LinkState,
    /// True if this sync made or adopted it.
    pub ours: bool,
    /// What stands for values that cannot be read back, by field.
    hidden: Map<String, Json>,
    /// Keyed hashes of other identities of the left record.
    pub identities: Vec<u64>,
    /// True if the store remembers something else than what the target holds.
    pub differs_from_memory: bool,
    /// The hash of what the store remembers.
    remembered: u128,
}

impl Present<'_> {
    /// True if what the store remembers must be renewed although nothing is written.
    pub fn needs_remembering(&self, identities: &[u64]) -> bool {
        self.differs_from_memory || self.identities != identities
    }

    /// True if the store remembers just this record.
    pub fn remembers(&self, record: &Record) -> bool {
        self.remembered == xxh3_128(record.text().as_bytes())
    }
}

/// What the store remembers, and what comparing the entities before has found out.
#[derive(Default)]
pub struct Memory {
    /// The links of the entities that are still to be compared.
    links: BTreeMap<EntityId, Vec<Link>>,
    /// Left keys that changed: of which right entity and the old one, to the new one.
    moved: BTreeMap<(EntityId, String), String>,
    /// Left keys of linked records, as they are known by now: by right entity and the id that the target gave. References
    /// lead to any entity, and two entities may give the same id.
    ids: BTreeMap<(EntityId, String), String>,
}

impl Memory {
    /// What the store remembers of a target; nothing without a store.
    pub fn of(plan: &Plan<'_>, store: Option<&Store>, sync: &str) -> Result<Memory, StoreFault> {
        let mut memory = Memory::default();
        let Some(store) = store else { return Ok(memory) };
        for write in &plan.target.entities {
            let mut links = Vec::new();
            store.links(sync, &plan.model.entity(write.entity).name.text, &mut |link| {
                if let Some(id) = &link.right_id {
                    memory.ids.insert((write.entity, id.clone()), link.left_key.clone());
                }
                links.push(link);
            })?;
            memory.links.insert(write.entity, links);
        }
        Ok(memory)
    }

    /// What is remembered of some records of an entity.
    pub fn of_links(entity: EntityId, links: Vec<Link>) -> Memory {
        Memory { links: BTreeMap::from([(entity, links)]), ..Memory::default() }
    }

    /// Adds right records that nobody has linked.
    pub fn add_loose(&mut self, loose: &[(EntityId, Link)]) {
        for (entity, link) in loose {
            self.links.entry(*entity).or_default().push(link.clone());
        }
    }

    /// Learns from the changes of an entity.
    pub fn learn<'c>(&mut self, entity: EntityId, changes: impl Iterator<Item = &'c Change<'c>>) {
        for change in changes {
            if let Some(old) = &change.old_left_key {
                self.moved.insert((entity, old.to_string()), change.left_key.to_string());
            }
            if let Some(id) = change.right_id.as_ref().filter(|_| !matches!(change.op, Op::Create | Op::Remove)) {
                self.ids.insert((entity, id.to_string()), change.left_key.to_string());
            }
        }
    }
}

/// The right side of one entity.
pub struct Right<'t> {
    /// Its records.
    pub present: Vec<Present<'t>>,
    /// Why nothing can be compared, if so.
    pub unreadable: Option<String>,
    entity: &'t Entity,
    by_left: ByText<'t>,
    by_key: ByText<'t>,
    by_identity: BTreeMap<u64, Vec<usize>>,
    linked: usize,
    /// The records in normal form; row `n` is record `n`. References are texts. Of records that were read it holds what
    /// finding them may ask for, over and over; the rest stands in `unmade`.
    table: Arc<Table<'t>>,
    unmade: Option<Unmade<'t>>,
}

/// Values that are made of their cells whenever somebody asks: each mostly once, to be compared.
struct Unmade<'t> {
    batches: &'t [Batch],
    /// Number of the first row of each batch.
    first: Vec<u32>,
    columns: &'t [Option<Column>],
    /// By field: true for those that stand in the table instead.
    kept: Vec<bool>,
}

impl<'t> Unmade<'t> {
    /// The batch that a record lies in, and its row there.
    fn row(&self, row: u32) -> (&'t Batch, usize) {
        let number = batch_of(&self.first, row);
        (&self.batches[number], (row - self.first[number]) as usize)
    }
}

/// One record of the right side.
pub struct Held<'r, 't> {
    right: &'r Right<'t>,
    index: usize,
    place: Option<(&'t Batch, usize)>,
}

impl<'r, 't> Held<'r, 't> {
    /// The cell of a field whose value is not kept, with its column and batch.
    #[inline]
    fn cell(&self, field: usize) -> Option<(&'t Column, &'t Batch, Cell)> {
        let (unmade, (batch, row)) = (self.right.unmade.as_ref()?, self.place?);
        let column = unmade.columns[field].as_ref().filter(|_| !unmade.kept[field])?;
        Some((column, batch, batch.cell(row, column.slot)))
    }

    /// True if a field holds just this text, seen without making its value. False may be wrong.
    #[inline]
    pub fn is_text(&self, field: usize, text: &str) -> bool {
        match self.cell(field) {
            Some((column, batch, Cell::Text { start, len })) => {
                column.plain && len > 0 && batch.bytes(start, len) == text.as_bytes()
            }
            _ => false,
        }
    }

    /// A value in normal form; absent also where it cannot be read back.
    pub fn value<'a>(&self, field: usize, arena: &'a Arena) -> Value<'a>
    where
        'r: 'a,
    {
        match self.cell(field) {
            Some((column, batch, cell)) => plain_value(&self.right.entity.fields[field].ty, column, batch, cell, arena),
            None => self.right.table.slot(self.index as u32, field as u16),
        }
    }

    /// A value as JSON; null where there is none.
    pub fn json(&self, field: usize, arena: &Arena) -> Json {
        let definition = &self.right.entity.fields[field];
        match self.right.present[self.index].hidden.get(&definition.name.text) {
            Some(hash) => hash.clone(),
            None => to_json(&definition.ty, self.value(field, arena), &|_| None),
        }
    }
}

/// Places by text.
type ByText<'t> = HashMap<&'t str, usize>;

impl<'t> Right<'t> {
    /// Brings together what was read and what is remembered.
    pub fn of(
        plan: &'t Plan<'_>,
        write: &'t EntityWrite,
        read: &'t Read,
        memory: &mut Memory,
        arenas: &'t Arenas,
    ) -> Right<'t> {
        let arena = arenas.own();
        let entity = plan.model.entity(write.entity);
        let links = memory.links.remove(&write.entity).unwrap_or_default();
        let mut right = Right {
            present: Vec::new(),
            unreadable: None,
            entity,
            by_left: ByText::new(),
            by_key: ByText::new(),
            by_identity: BTreeMap::new(),
            linked: links.iter().filter(|link| !link.left_key.is_empty()).count(),
            table: Arc::new(Table::values(entity.fields.len(), &[])),
            unmade: None,
        };
        match (&write.read, read.right.get(&write.entity)) {
            (Some(spec), Some(gathered)) => {
                // A delivery that was never made cannot be read back.
                let unmade = plan.target.whole && right.linked == 0 && gathered.outcome.is_nothing();
                if !gathered.outcome.complete && !unmade {
                    let say = gathered.outcome.faults.first().map(|fault| fault.say.clone());
                    let torn = gathered.outcome.torn.first().map(|torn| format!("{}: {}", torn.origin, torn.why));
                    right.unreadable = Some(say.or(torn).unwrap_or_else(|| "the target was not read in full".into()));
                }
                let typed = plan.route.typed.last();
                let named = typed.map(|typed| needs::named(typed, write.entity)).unwrap_or_default();
                let part = plan.model.system(entity.system).reads.part;
                let reading = Reading { plan, memory, named: &named, all: part };
                let mut slots = right.read(&reading, &gathered.outcome.batches, &spec.columns, arenas);
                for link in right.join(links, arena).into_iter().filter(|_| part) {
                    let values = right.remember(link, memory, arena);
                    slots.iter_mut().zip(values).for_each(|(slot, value)| slot.push(value));
                }
                right.table = Arc::new(Table::slots(slots, right.present.len()));
            }
            _ => {
                let values = links.into_iter().flat_map(|link| right.remember(link, memory, arena)).collect::<Vec<_>>();
                right.table = Arc::new(Table::values(entity.fields.len(), &values));
            }
        }
        for (index, present) in right.present.iter().enumerate() {
            if let Some(left) = present.left_key {
                right.by_left.insert(left, index);
            }
            for &identity in &present.identities {
                right.by_identity.entry(identity).or_default().push(index);
            }
        }
        right
    }

    /// How many links there are.
    pub fn links(&self) -> usize {
        self.linked
    }

    /// The record linked with a left record.
    pub fn by_left(&self, left: &str) -> Option<usize> {
        self.by_left.get(left).copied()
    }

    /// True if some record is known by other identities.
    pub fn has_identities(&self) -> bool {
        !self.by_identity.is_empty()
    }

    /// The records as a table.
    pub fn table(&self) -> Arc<Table<'t>> {
        self.table.clone()
    }

    /// A record.
    pub fn held(&self, index: usize) -> Held<'_, 't> {
        Held { right: self, index, place: self.unmade.as_ref().map(|unmade| unmade.row(index as u32)) }
    }

    /// A value of a record as JSON; null where there is none.
    pub fn json(&self, index: usize, field: usize) -> Json {
        self.held(index).json(field, &Arena::new())
    }

    /// True if a record hides a value that cannot be read back.
    pub fn hides(&self, index: usize) -> bool {
        !self.present[index].hidden.is_empty()
    }

    /// A whole record as JSON, without what is absent.
    pub fn record(&self, index: usize) -> Record<'static> {
        let mut record = Writer::default();
        let (held, arena) = (self.held(index), Arena::new());
        for (field, definition) in self.entity.fields.iter().enumerate() {
            let name = &definition.name.text;
            match self.present[index].hidden.get(name) {
                Some(hash) => record.json(name, hash),
                None => record.value(name, &definition.ty, held.value(field, &arena)),
            }
        }
        record.done()
    }

    /// The change that leaves out a record about a person who is protected now. Nothing of the record is in it.
    pub fn protected(&self, index: usize, op: Op) -> Change<'t> {
        Change { identities: Vec::new(), ..self.gone(index, op, PROTECTED) }
    }

    /// The change that takes a record out of use or away. What is remembered of the record is not in it.
    pub fn gone(&self, index: usize, op: Op, why: &'static str) -> Change<'t> {
        let present = &self.present[index];
        Change {
            op,
            left_key: present.left_key.unwrap_or_default().into(),
            old_left_key: None,
            key: present.key.into(),
            right_id: present.right_id.map(Cow::from),
            fields: Vec::new(),
            record: Record::default(),
            secrets: Map::new(),
            identities: present.identities.clone(),
            why: Some(why.into()),
        }
    }

    /// What was read of the target, as records; gives the values that are kept, field by field.
    fn read(
        &mut self,
        reading: &Reading<'_>,
        batches: &'t [Batch],
        columns: &'t [Option<Column>],
        arenas: &'t Arenas,
    ) -> Vec<Slot<'t>> {
        let entity = self.entity;
        let theirs = entity.write.as_ref().is_some_and(|write| write.id_theirs);
        let kept: Vec<bool> = (0..entity.fields.len()).map(|field| reading.keeps(entity, field)).collect();
        let pieces = arenas.each(batches.iter(), |batch, arena| reading.kept(entity, columns, batch, arena));
        let rows = rows_of(batches);
        self.present.reserve(rows);
        self.by_key.reserve(rows);
        let (mut first, mut slots) = (Vec::with_capacity(batches.len()), vec![Slot::default(); kept.len()]);
        for (keys, more) in pieces {
            first.push(self.present.len() as u32);
            slots.iter_mut().zip(more).for_each(|(slot, more)| slot.append(more));
            for key in keys {
                self.add(Present {
                    right_id: theirs.then_some(key),
                    key,
                    left_key: None,
                    state: LinkState::Active,
                    ours: false,
                    hidden: Map::new(),
                    identities: Vec::new(),
                    differs_from_memory: true,
                    remembered: 0,
                });
            }
        }
        self.unmade = (!reading.all).then_some(Unmade { batches, first, columns, kept });
        slots
    }

    /// Adds a record. Of several with one key the first is found by it.
    fn add(&mut self, present: Present<'t>) {
        self.by_key.entry(present.key).or_insert(self.present.len());
        self.present.push(present);
    }

    /// Brings links to the records that were read, and gives those whose record is not there. Where everything was read
    /// somebody has removed it, and it is made again.
    fn join(&mut self, links: Vec<Link>, arena: &'t Arena) -> Vec<Link> {
        let theirs = self.entity.write.as_ref().is_some_and(|write| write.id_theirs);
        let mut missing = Vec::new();
        for link in links {
            let key = if theirs { link.right_id.as_deref().unwrap_or(&link.right_key) } else { &link.right_key };
            let Some(&index) = self.by_key.get(key) else {
                missing.push(link);
                continue;
            };
            let present = &mut self.present[index];
            present.hidden = hidden(self.entity, &link);
            present.left_key = Some(arena.alloc_str(&link.left_key));
            present.state = link.state;
            present.ours = link.ours;
            present.identities = link.identities;
            present.differs_from_memory = false;
            present.remembered = link.hash;
        }
        missing
    }

    /// A record as the store remembers it; gives its values.
    fn remember(&mut self, link: Link, memory: &Memory, arena: &'t Arena) -> Vec<Value<'t>> {
        let record = serde_json::from_slice::<Map<String, Json>>(&link.values).unwrap_or_default();
        let value = |field: &'t Field| {
            let json = record.get(&field.name.text).filter(|value| !is_hashed(value)).unwrap_or(&Json::Null);
            followed(&field.ty, from_json(&field.ty, json, arena), memory, arena)
        };
        let values = self.entity.fields.iter().map(value).collect();
        self.add(Present {
            key: arena.alloc_str(&link.right_key),
            right_id: link.right_id.as_deref().map(|id| &*arena.alloc_str(id)),
            left_key: (!link.left_key.is_empty()).then(|| &*arena.alloc_str(&link.left_key)),
            state: link.state,
            ours: link.ours,
            hidden: record.into_iter().filter(|(_, value)| is_hashed(value)).collect(),
            identities: link.identities,
            differs_from_memory: false,
            remembered: link.hash,
        });
        values
    }
}

/// What cannot be read back is known from memory alone.
fn hidden(entity: &Entity, link: &Link) -> Map<String, Json> {
    if !entity.fields.iter().any(|field| matches!(field.access, Access::Write | Access::Initial)) {
        return Map::new();
    }
    let record = serde_json::from_slice::<Map<String, Json>>(&link.values).unwrap_or_default();
    record.into_iter().filter(|(_, value)| is_hashed(value)).collect()
}

/// The key of a record as text, by its values.
fn key_of<'t>(entity: &Entity, values: &[Value<'t>], arena: &'t Arena) -> &'t str {
    let plain = |text: &str| !text.contains(['|', '\\']);
    let mut text = String::new();
    for (position, &field) in entity.key.iter().enumerate() {
        let value = values[field];
        match value {
            Value::Absent if entity.first_present => continue,
            // Most keys are one text, which needs no copy.
            Value::Text(only) if plain(only) && (entity.key.len() == 1 || entity.first_present) => return only,
            _ => {}
        }
        if position > 0 && !entity.first_present {
            text.push('|');
        }
        match to_json(&entity.fields[field].ty, value, &|_| None) {
            Json::Null => {}
            Json::String(part) => {
                let start = text.len();
                text.push_str(&part);
                escape(&mut text, start);
            }
            other => text.push_str(&other.to_string()),
        }
        if entity.first_present {
            break;
        }
    }
    arena.alloc_str(&text)
}

/// Says in references of a remembered record how a record is known now whose left key changed.
fn followed<'t>(ty: &Type, value: Value<'t>, memory: &Memory, arena: &'t Arena) -> Value<'t> {
    let Type::Ref(to) = ty.element().unwrap_or(ty) else { return value };
    if memory.moved.is_empty() {
        return value;
    }
    match value {
        Value::Text(text) => {
            let old = text.strip_prefix('@').map(str::to_string);
            let new = old.and_then(|old| memory.moved.get(&(*to, old)));
            new.map_or(value, |new| Value::Text(arena.alloc_str(&format!("@{new}"))))
        }
        Value::List(items) => {
            let all = items.iter().map(|item| followed(&Type::Ref(*to), *item, memory, arena));
            Value::List(arena.alloc_slice_fill_iter(all.collect::<Vec<_>>()))
        }
        value => value,
    }
}

/// One value of the target in normal form that leads to no other record.
pub(super) fn plain_value<'a>(
    ty: &'a Type,
    column: &'a Column,
    batch: &'a Batch,
    cell: Cell,
    arena: &'a Arena,
) -> Value<'a> {
    // Most values are plain texts in normal form, which need no second look.
    if let Cell::Text { start, len } = cell
        && column.plain
        && len > 0
        && let text = batch.text(start, len)
        && is_composed(text.as_bytes())
    {
        return Value::Text(text);
    }
    // What cannot be read there is taken for absent: it will be written over, or left alone.
    let value = super::cell::read_cell(&column.reader, batch, cell, &KeysAsText, arena, &mut |_| {});
    normal_form(ty, value.unwrap_or(Value::Absent), arena)
}

/// What reading the records of a target needs.
pub(super) struct Reading<'r> {
    /// The compiled sync.
    pub plan: &'r Plan<'r>,
    /// What is known of the records that references lead to.
    pub memory: &'r Memory,
    /// Fields that expressions name, match rules among them.
    pub named: &'r BTreeSet<u16>,
    /// True if the values of all fields are kept: other records are to stand beside those that were read.
    pub all: bool,
}

impl Reading<'_> {
    /// True for a field whose values are made once and kept: parts of keys, references, and what match rules ask for.
    fn keeps(&self, entity: &Entity, field: usize) -> bool {
        let ty = &entity.fields[field].ty;
        self.all
            || entity.key.contains(&field)
            || entity.also.contains(&field)
            || matches!(ty.element().unwrap_or(ty), Type::Ref(_))
            || self.named.contains(&(field as u16))
    }

    /// The keys of the records of a batch, and the values of theirs that are kept, field by field.
    pub fn kept<'t>(
        &self,
        entity: &'t Entity,
        columns: &'t [Option<Column>],
        batch: &'t Batch,
        arena: &'t Arena,
    ) -> (Vec<&'t str>, Vec<Slot<'t>>) {
        let made: Vec<_> = columns.iter().enumerate().filter(|(field, _)| self.keeps(entity, *field)).collect();
        let mut slots = vec![Slot::default(); entity.fields.len()];
        let mut keys = Vec::with_capacity(batch.len());
        let mut values = vec![Value::Absent; entity.fields.len()];
        for row in 0..batch.len() {
            for &(field, column) in &made {
                let ty = &entity.fields[field].ty;
                values[field] = column
                    .as_ref()
                    .map_or(Value::Absent, |column| self.value(ty, column, batch, batch.cell(row, column.slot), arena));
                slots[field].push(values[field]);
            }
            keys.push(key_of(entity, &values, arena));
        }
        (keys, slots)
    }

    /// One value of the target in normal form. References stand as the left keys of the records behind them, where these
    /// are linked.
    fn value<'t>(&self, ty: &'t Type, column: &'t Column, batch: &'t Batch, cell: Cell, arena: &'t Arena) -> Value<'t> {
        let value = match (ty, ty.element(), cell) {
            (Type::Ref(to), ..) => self.reference(*to, batch, cell, arena),
            (_, Some(Type::Ref(to)), Cell::List { first, len }) => {
                let cells = &batch.inner[first as usize..(first + len) as usize];
                let items = cells.iter().map(|&cell| self.reference(*to, batch, cell, arena));
                let items: Vec<Value<'t>> = items.filter(|item| !item.is_absent()).collect();
                Value::List(arena.alloc_slice_copy(&items))
            }
            _ => return plain_value(ty, column, batch, cell, arena),
        };
        normal_form(ty, followed(ty, value, self.memory, arena), arena)
    }

    /// What a reference of the target is remembered as: the left key of the record behind an id that the target gave.
    fn reference<'t>(&self, to: EntityId, batch: &'t Batch, cell: Cell, arena: &'t Arena) -> Value<'t> {
        let (Cell::Text { start, len } | Cell::Number { start, len }) = cell else { return Value::Absent };
        let text = batch.text(start, len);
        let theirs = self.plan.model.entity(to).write.as_ref().is_some_and(|write| write.id_theirs);
        match self.memory.ids.get(&(to, text.to_string())) {
            _ if text.is_empty() => Value::Absent,
            Some(left) if theirs => Value::Text(arena.alloc_str(&format!("@{left}"))),
            _ => Value::Text(text),
        }
    }
}

/// References of the right side stay texts.
struct KeysAsText;

impl super::cell::References for KeysAsText {
    fn find(&self, _: EntityId, _: Value<'_>) -> Option<Row> {
        None
    }
}

/// Finds right records by key, other fields, identities and match rules, in this order.
pub struct Finder<'f, 't> {
    right: &'f Right<'t>,
    made: &'f Made<'t>,
    /// Sees the right records where it looks for records of their entity.
    machine: &'f Machine<'f, 't>,
    /// Right records by the values of fields that find as well as the key does.
    also: Vec<(usize, HashMap<String, Vec<usize>>)>,
    /// Right records by the lines of match rules: map, line.
    rules: HashMap<(u16, usize), Index>,
    arenas: &'t Arenas,
}

impl<'f, 't> Finder<'f, 't> {
    /// A finder for made records; the machine has the table of the right records in the place of their entity.
    pub fn of(
        right: &'f Right<'t>,
        made: &'f Made<'t>,
        machine: &'f Machine<'f, 't>,
        arenas: &'t Arenas,
    ) -> Finder<'f, 't> {
        let also = right.entity.also.iter().map(|&field| {
            let mut by_value: HashMap<String, Vec<usize>> = HashMap::new();
            for index in 0..right.present.len() {
                let value = right.json(index, field);
                if !value.is_null() && !value.as_array().is_some_and(Vec::is_empty) {
                    by_value.entry(value.to_string()).or_default().push(index);
                }
            }
            (field, by_value)
        });
        Finder { right, made, machine, also: also.collect(), rules: HashMap::new(), arenas }
    }

    /// Finds the right record of a made row. A record that is linked with a left record which is still there is nobody else's.
    pub fn find(&mut self, row: usize, identities: &[u64], seen: &HashSet<&str>, taken: &[bool]) -> Found {
        let right = self.right;
        if right.present.is_empty() {
            return Found::Nobody;
        }
        let one_of = |mut candidates: Vec<usize>| {
            candidates.retain(|&index| {
                let linked = right.present[index].left_key;
                !taken[index] && linked.is_none_or(|left| !seen.contains(left))
            });
            candidates.sort_unstable();
            candidates.dedup();
            match candidates.as_slice() {
                [] => None,
                [one] if right.present[*one].left_key.is_some() => Some(Found::Moved(*one)),
                [one] => Some(Found::Matched(*one)),
                _ => Some(Found::Several(candidates)),
            }
        };
        let key = self.made.keys.get(row);
        let by_key = key.and_then(|key| right.by_key.get(key)).copied();
        // Most records are found so.
        if let Some(index) = by_key
            && !taken[index]
            && right.present[index].left_key.is_none()
        {
            return Found::Matched(index);
        }
        if let Some(found) = one_of(by_key.into_iter().collect()).or_else(|| one_of(self.by_other_fields(row))) {
            return found;
        }
        let by_identity = identities.iter().filter_map(|identity| right.by_identity.get(identity)).flatten();
        if let Some(found) = one_of(by_identity.copied().collect()) {
            return found;
        }
        let map = &self.machine.typed.maps[self.made.rows[row].map as usize];
        (0..map.matches.len()).find_map(|line| one_of(self.by_rule(row, line))).unwrap_or(Found::Nobody)
    }

    fn by_other_fields(&self, row: usize) -> Vec<usize> {
        let found = self.also.iter().filter_map(|(field, by_value)| {
            let value = to_json(&self.right.entity.fields[*field].ty, self.made.value(row, *field), &|_| None);
            by_value.get(&value.to_string())
        });
        found.flatten().copied().collect()
    }

    /// The right records that a line of a match rule finds.
    fn by_rule(&mut self, row: usize, line: usize) -> Vec<usize> {
        let MadeRow { map: number, left, .. } = self.made.rows[row];
        let (machine, right) = (self.machine, self.right);
        let map = &machine.typed.maps[number as usize];
        let pairs = &map.matches[line];
        let (entity, arenas) = (self.made.entity.0, self.arenas);
        let index = self.rules.entry((number, line)).or_insert_with(|| {
            let sides: Vec<_> = pairs.iter().map(|(_, side, ty)| (*side, *ty)).collect();
            let count = right.present.len() as u32;
            let rows: Vec<Row> = (0..count).map(|row| Row { table: entity, row }).collect();
            // What cannot be worked out finds nobody.
            index_of(machine, &rows, 0, usize::from(map.frame) + 1, &sides, count, arenas).0
        });
        let arena = Arena::new();
        let frame = super::make::frame_of(machine, map, left, &arena);
        let sides = pairs.iter().map(|(side, _, ty)| (*side, *ty));
        match hash(machine, sides, &frame, &arena) {
            Some(hash) => index.rows(hash).map(|row| row as usize).collect(),
            None => Vec::new(),
        }
    }
}

/// The hash of one side of a match rule's line; `None` if a part of it is absent or cannot be worked out.
pub(super) fn hash<'a, 't: 'a>(
    machine: &Machine<'_, 't>,
    sides: impl Iterator<Item = (ExprId, u32)>,
    frame: &Frame<'a>,
    arena: &'a Arena,
) -> Option<u128> {
    let mut hasher = Hasher::default();
    for (side, ty) in sides {
        let value = machine.eval(side, frame, arena).ok()?;
        if value.is_absent() {
            return None;
        }
        hasher.value(&machine.typed.nodes.types[ty as usize], value, arena);
    }
    Some(hasher.finish())
}
