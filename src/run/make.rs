//! Mapping: the right records that the maps of a mapping make of left records.
//!
//! Every left record that takes part first gets a provisional right row, so that references find their way whatever the
//! order of the maps; then the rules are worked; then rows with one key become one record, and references are led to it.

use super::columns::Columns;
use super::eval::block::{BLOCK, Block};
use super::eval::{Frame, Linked, Links, Machine, Stop};
use super::fate::{Fallen, Reason, Who};
use super::key::{Keys, record_of};
use super::parallel::Arenas;
use super::table::{Apart, apart_of, by_inside};
use super::work::{self, Work};
use crate::check::typed::{Dropped, Node, TypedMap};
use crate::syntax::ast::Arrow;
use crate::value::{Arena, EntityId, RecordType, Row, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of a field of a made record, beside its value.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct State(u8);

impl State {
    /// A rule gave a value.
    pub const SET: State = State(1);
    /// A rule empties the field.
    pub const CLEAR: State = State(2);
    /// Written at create only, never compared.
    pub const ONCE: State = State(4);
    /// Written only where the target has no value.
    pub const FILL: State = State(8);
    /// A set that only gains elements.
    pub const ADD: State = State(16);
    /// Written at update only.
    pub const UPDATE: State = State(32);
    /// Only a place in the field is written, the rest of it stays.
    pub const PART: State = State(64);

    /// True if all bits of `other` are here.
    pub fn has(self, other: State) -> bool {
        self.0 & other.0 == other.0
    }
    /// True if no rule said anything.
    pub fn is_empty(self) -> bool {
        self.0 & (State::SET.0 | State::CLEAR.0) == 0
    }
    /// Both.
    #[must_use]
    #[inline]
    pub fn and(self, other: State) -> State {
        State(self.0 | other.0)
    }
}

/// Why a made record is not written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is written.
    Whole,
    /// It is outside the scope of the sync.
    Outside,
    /// It is about a protected person.
    Protected,
    /// It is about a protected person and written, with what the sync sends of them.
    Reduced,
    /// A rule rejected it, or its data could not be read.
    Rejected(String),
    /// The engine cannot decide about it.
    Held(String),
}

impl Fate {
    /// The fate of a row that may leave nowhere; else the given one.
    fn of(apart: Apart, otherwise: Fate) -> Fate {
        match apart {
            Apart::No => otherwise,
            Apart::Outside => Fate::Outside,
            Apart::Protected | Apart::ProtectedOutside => Fate::Protected,
        }
    }

    /// The fate of a row that takes part in a map.
    fn taking_part(apart: Apart, map: &TypedMap) -> Fate {
        if apart == Apart::Protected && map.protected.is_some() { Fate::Reduced } else { Fate::of(apart, Fate::Whole) }
    }

    /// True if the record is written.
    pub fn is_written(&self) -> bool {
        matches!(self, Fate::Whole | Fate::Reduced)
    }

    /// True if a record of this fate may refer to one of the other: one that says nothing of protected people, to none that
    /// does.
    pub fn may_refer_to(&self, other: &Fate) -> bool {
        *other == Fate::Whole || *self == Fate::Reduced && *other == Fate::Reduced
    }

    /// What becomes of a written record that turns out not to be one: nothing is said of protected people.
    pub fn fallen(&self, otherwise: Fate) -> Fate {
        if *self == Fate::Reduced { Fate::Protected } else { otherwise }
    }
}

/// A record that a map made.
#[derive(Clone, Debug)]
pub struct MadeRow {
    /// The map, by its index among the checked maps.
    pub map: u16,
    /// The left record.
    pub left: Row,
    /// Whether it is written.
    pub fate: Fate,
    /// The entity in which a reference of it leads to nobody. If its key is not known for that, it is nobody's key: all
    /// records that are made or linked refer to somebody.
    pub nobody: Option<EntityId>,
}

/// The records of one right entity.
pub struct Made<'t> {
    /// The entity.
    pub entity: EntityId,
    /// The records.
    pub rows: Vec<MadeRow>,
    /// Their values, and what is known of them.
    pub values: Columns<'t>,
    /// Their keys as text, where the mapping gives all parts.
    pub keys: Keys,
    /// Names of maps from which a record that is missing here is not gone, and why.
    pub incomplete: BTreeMap<u16, String>,
    /// Why the next mapping cannot know who is gone, if keys of records are not known.
    pub keyless: Option<String>,
    /// True if one of a protected person has no key: who is missing may be this one.
    pub nameless: bool,
}

impl<'t> Made<'t> {
    /// None so far, with so many fields.
    pub fn of(entity: EntityId, width: usize) -> Made<'t> {
        Made {
            entity,
            rows: Vec::new(),
            values: Columns::new(0, width),
            keys: Keys::default(),
            incomplete: BTreeMap::new(),
            keyless: None,
            nameless: false,
        }
    }

    /// The values of a record, and what is known of each.
    pub fn row(&self, row: usize) -> impl Iterator<Item = (Value<'t>, State)> {
        self.values.record(row)
    }

    /// A value of a record.
    #[inline]
    pub fn value(&self, row: usize, field: usize) -> Value<'t> {
        self.values.value(row, field)
    }
}

/// Works the maps of a mapping. The result is in order of the first map of each entity.
pub fn make<'t>(
    machine: &Machine<'_, 't>,
    links: &mut Links,
    arenas: &'t Arenas,
    fallen: &mut Fallen,
) -> Vec<Made<'t>> {
    let typed = machine.typed;
    let maps: Vec<(u16, &'t TypedMap)> = typed
        .maps
        .iter()
        .enumerate()
        .filter(|(_, map)| matches!(map.arrow, Arrow::Right | Arrow::Both) && is_on(machine, map, arenas.own()))
        .map(|(index, map)| (index as u16, map))
        .collect();
    let mut made: Vec<Made<'t>> = Vec::new();
    for (index, map) in &maps {
        let width = machine.model.entity(map.right).fields.len();
        if !made.iter().any(|known| known.entity == map.right) {
            made.push(Made::of(map.right, width));
        }
        let Some(into) = made.iter_mut().find(|known| known.entity == map.right) else { continue };
        take_part(machine, *index, map, arenas, into, links, fallen);
    }
    let machine = Machine { links, ..*machine };
    let work = Work::of(&machine);
    for into in &mut made {
        work.all(into, arenas, fallen);
    }
    super::merge::finish(&machine, made, arenas.own(), fallen)
}

/// True if the option that switches a map on is true, or there is none.
fn is_on(machine: &Machine<'_, '_>, map: &TypedMap, arena: &Arena) -> bool {
    match map.when {
        _ if map.off => false,
        None => true,
        Some(when) => matches!(machine.eval(when, &Vec::new(), arena), Ok(Value::Bool(true))),
    }
}

/// The variables of a left record.
pub fn frame_of<'a, 't: 'a>(machine: &Machine<'_, 't>, map: &TypedMap, left: Row, arena: &'a Arena) -> Frame<'a> {
    let mut frame = vec![Value::Absent; map.frame as usize + 1];
    if matches!(map.left, RecordType::Set(_)) {
        let table = machine.tables.table(left.table);
        for slot in 0..map.record {
            frame[slot as usize] = table.slot_value(left.row, slot, arena);
        }
    }
    frame[map.record as usize] = Value::Row(left);
    frame
}

/// Sets the variables of a block to those of left records.
pub(super) fn begin<'a, 't: 'a>(block: &mut Block<'a>, machine: &Machine<'_, 't>, map: &TypedMap, lefts: &[Row]) {
    block.begin(lefts.len(), map.frame as usize + 1);
    let arena = block.arena();
    if let (RecordType::Set(_), Some(first)) = (map.left, lefts.first()) {
        let table = machine.tables.table(first.table);
        for slot in 0..map.record {
            let mut column = block.column();
            table.fill_slot(slot, lefts, &mut column, arena);
            block.set(slot, column);
        }
    }
    let mut column = block.column();
    column.iter_mut().zip(lefts).for_each(|(value, left)| *value = Value::Row(*left));
    block.set(map.record, column);
}

/// What the conditions of a map say about a left record.
enum Part<'t> {
    /// It takes part.
    Takes,
    /// It does not; what its first unfulfilled condition says, and whether that was undecided.
    Falls(Option<&'t Dropped>, bool),
    /// Its data could not be read.
    Fails(Box<Stop>),
}

/// Gives a provisional row to every left record that fulfils the conditions of a map.
fn take_part<'t>(
    machine: &Machine<'_, 't>,
    index: u16,
    map: &'t TypedMap,
    arenas: &'t Arenas,
    into: &mut Made<'t>,
    links: &mut Links,
    fallen: &mut Fallen,
) {
    let number = machine.number(map.left);
    let table = machine.tables.table(number);
    let lefts: Vec<Row> = table.living().map(|row| Row { table: number, row }).collect();
    let wanted = wanted_links(machine, map.right);
    let made_elsewhere = own_tables(machine, map.right);
    let chunks = lefts.chunks(work::PIECE);
    let pieces = machine.side_by_side(arenas, chunks, |machine, lefts, _| parts(machine, map, lefts));
    let mut lefts = lefts.into_iter();
    for parts in pieces {
        for (part, left) in parts.into_iter().zip(&mut lefts) {
            let apart = table.apart(left.row);
            let mut keep = |fate| into.rows.push(MadeRow { map: index, left, fate, nobody: None });
            match part {
                Part::Takes => {
                    keep(Fate::taking_part(apart, map));
                    if wanted {
                        link(machine, map, left, into.rows.len() as u32 - 1, &made_elsewhere, links);
                    }
                }
                // A rejected record keeps a row, for its key: whoever was rejected is not gone.
                Part::Falls(Some(drop), _) if drop.reject => {
                    fallen.rejected(&map.name, Who::row(machine, left, map.left), &drop.reason, apart);
                    keep(Fate::of(apart, Fate::Rejected(drop.reason.to_string())));
                }
                Part::Fails(stop) => {
                    fallen.failed(&map.name, Who::row(machine, left, map.left), &stop, apart);
                    keep(Fate::of(apart, Fate::Rejected(stop.why.to_string())));
                }
                Part::Falls(Some(drop), _) => fallen.count(&map.name, Reason::Skipped(drop.reason.to_string()), 1),
                Part::Falls(None, true) => fallen.count(&map.name, Reason::Undecided, 1),
                Part::Falls(None, false) => fallen.count(&map.name, Reason::Condition, 1),
            }
        }
    }
}

/// What the conditions of a map say about some left records.
fn parts<'t>(machine: &Machine<'_, 't>, map: &'t TypedMap, lefts: &[Row]) -> Vec<Part<'t>> {
    let mut parts: Vec<Part<'t>> = lefts.iter().map(|_| Part::Takes).collect();
    if map.conditions.is_empty() {
        return parts;
    }
    let arena = Arena::new();
    let mut block = Block::new(0, 0, &arena);
    let chunks = lefts.chunks(BLOCK).zip(parts.chunks_mut(BLOCK));
    for (lefts, parts) in chunks {
        begin(&mut block, machine, map, lefts);
        for (inside, rows) in by_inside(lefts.len(), |row| apart_of(machine, Value::Row(lefts[row]))) {
            let machine = machine.inside(inside);
            let mut open = rows;
            for (condition, drop, _) in &map.conditions {
                let column = machine.column(*condition, &open, &mut block);
                for (row, stop) in block.recover(0) {
                    parts[row as usize] = Part::Fails(stop);
                }
                open.retain(|&row| {
                    let part = &mut parts[row as usize];
                    if matches!(part, Part::Takes) && !matches!(column[row as usize], Value::Bool(true)) {
                        *part = Part::Falls(drop.as_ref(), column[row as usize].is_absent());
                    }
                    matches!(part, Part::Takes)
                });
                block.give_back(column);
            }
        }
    }
    parts
}

/// True if a rule of the mapping leads to records of this entity.
fn wanted_links(machine: &Machine<'_, '_>, right: EntityId) -> bool {
    machine.typed.nodes.all().iter().any(|node| matches!(node, Node::Linked { entity, .. } if *entity == right))
}

/// The tables of left records that maps make records of this entity of.
fn own_tables(machine: &Machine<'_, '_>, right: EntityId) -> BTreeSet<u32> {
    machine.typed.maps.iter().filter(|map| map.right == right).map(|map| machine.number(map.left)).collect()
}

/// Remembers what was made of a left record, and of the records that its row brings together: a membership stands for the
/// group and the person in it. Not so where a map makes records of the same entity of these very records: then the child
/// in a guardian's row is its own record, or none if it was rejected, and never the guardian's.
fn link(machine: &Machine<'_, '_>, map: &TypedMap, left: Row, made: u32, own: &BTreeSet<u32>, links: &mut Links) {
    let mut remember = |row: Row, own: bool| {
        let key = (row.table, row.row, map.right.0);
        match (links.get(&key), own) {
            // Two maps may feed one record from the same left record: the first made it.
            (Some(Linked::Own(_)), _) => {}
            // What was made of the record itself is meant, not what was made of rows that bring it in: a school is its own
            // group, although every class of it is one too.
            (_, true) => {
                links.insert(key, Linked::Own(made));
            }
            (None, false) => {
                links.insert(key, Linked::Brought(made));
            }
            (Some(_), false) => {
                links.insert(key, Linked::Several);
            }
        }
    };
    remember(left, true);
    if matches!(map.left, RecordType::Set(_)) {
        let table = machine.tables.table(left.table);
        for slot in 0..map.record {
            if let Value::Row(row) = table.slot(left.row, slot)
                && row != left
                && !own.contains(&row.table)
            {
                remember(row, false);
            }
        }
    }
}

/// The left key under which the store remembers a record: the entity or set, and the key of the row.
pub fn left_key(machine: &Machine<'_, '_>, left: Row) -> Option<String> {
    let mut text = String::new();
    write_left_key(machine, left, &mut text).map(|()| text)
}

/// Writes it behind a text.
pub fn write_left_key(machine: &Machine<'_, '_>, left: Row, text: &mut String) -> Option<()> {
    let record = record_of(machine, left);
    let name = match record {
        RecordType::Entity(entity) => &machine.model.entity(entity).name.text,
        RecordType::Set(set) => &machine.model.set(set).name.text,
        RecordType::Layout(_) => return None,
    };
    super::key::write_named_key(machine, name, left, record, text)
}
