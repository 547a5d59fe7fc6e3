//! Mapping: the right records that the maps of a mapping make of left records.
//!
//! Every left record that takes part first gets a provisional right row, so that references find their way whatever the
//! order of the maps; then the rules are worked; then rows with one key become one record, and references are led to it.

use super::eval::{Frame, Linked, Links, Machine, Stop};
use super::fate::{Fallen, Reason, Who};
use super::key::{key_text, record_of};
use super::table::Apart;
use crate::check::typed::{Dropped, Literal, Node, OnNone, Place, TypedMap, TypedRule, TypedTarget};
use crate::syntax::ast::{Arrow, Operation};
use crate::value::{Arena, EntityId, RecordType, Row, Type, Value};
use std::collections::BTreeMap;

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
            Apart::Protected => Fate::Protected,
        }
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
#[derive(Debug)]
pub struct Made<'t> {
    /// The entity.
    pub entity: EntityId,
    /// Fields a record.
    pub width: usize,
    /// The records.
    pub rows: Vec<MadeRow>,
    /// Their values, `width` a record.
    pub values: Vec<Value<'t>>,
    /// The states of the values.
    pub states: Vec<State>,
    /// Their keys as text, where the mapping gives all parts.
    pub keys: Vec<Option<String>>,
    /// Names of maps from which a record that is missing here is not gone, and why.
    pub incomplete: BTreeMap<u16, String>,
    /// Why the next mapping cannot know who is gone, if keys of records are not known.
    pub keyless: Option<String>,
    /// True if one of a protected person has no key: who is missing may be this one.
    pub nameless: bool,
}

impl<'t> Made<'t> {
    fn of(entity: EntityId, width: usize) -> Made<'t> {
        Made {
            entity,
            width,
            rows: Vec::new(),
            values: Vec::new(),
            states: Vec::new(),
            keys: Vec::new(),
            incomplete: BTreeMap::new(),
            keyless: None,
            nameless: false,
        }
    }

    /// The values of a record.
    pub fn row(&self, row: usize) -> &[Value<'t>] {
        &self.values[row * self.width..(row + 1) * self.width]
    }

    /// The states of the values of a record.
    pub fn row_states(&self, row: usize) -> &[State] {
        &self.states[row * self.width..(row + 1) * self.width]
    }
}

/// Works the maps of a mapping. The result is in order of the first map of each entity.
pub fn make<'m, 't>(
    machine: &mut Machine<'m, 't>,
    links: &'m mut Links,
    arena: &'t Arena,
    fallen: &mut Fallen,
) -> Vec<Made<'t>> {
    let typed = machine.typed;
    let maps: Vec<(u16, &'t TypedMap)> = typed
        .maps
        .iter()
        .enumerate()
        .filter(|(_, map)| matches!(map.arrow, Arrow::Right | Arrow::Both) && is_on(machine, map, arena))
        .map(|(index, map)| (index as u16, map))
        .collect();
    let mut made: Vec<Made<'t>> = Vec::new();
    for (index, map) in &maps {
        let width = machine.model.entity(map.right).fields.len();
        if !made.iter().any(|known| known.entity == map.right) {
            made.push(Made::of(map.right, width));
        }
        let Some(into) = made.iter_mut().find(|known| known.entity == map.right) else { continue };
        take_part(machine, *index, map, arena, into, links, fallen);
    }
    let links: &'m Links = links;
    machine.links = links;
    for into in &mut made {
        into.values = vec![Value::Absent; into.rows.len() * into.width];
        into.states = vec![State::default(); into.rows.len() * into.width];
        let mut frame = Frame::new();
        let rules: Vec<Vec<Active<'t>>> = typed.maps.iter().map(|map| active(machine, map)).collect();
        for row in 0..into.rows.len() {
            let map = into.rows[row].map as usize;
            work(machine, &typed.maps[map], &rules[map], row, &mut frame, arena, into, fallen);
        }
    }
    super::merge::finish(machine, made, arena, fallen)
}

/// True if the option that switches a map on is true, or there is none.
fn is_on(machine: &Machine<'_, '_>, map: &TypedMap, arena: &Arena) -> bool {
    match map.when {
        _ if map.off => false,
        None => true,
        Some(when) => matches!(machine.eval(when, &mut Vec::new(), arena), Ok(Value::Bool(true))),
    }
}

/// The variables of a left record.
pub fn frame_of<'t>(machine: &Machine<'_, 't>, map: &TypedMap, left: Row) -> Frame<'t> {
    let mut frame = Frame::new();
    fill_frame(&mut frame, machine, map, left);
    frame
}

/// Sets a frame to the variables of a left record.
fn fill_frame<'t>(frame: &mut Frame<'t>, machine: &Machine<'_, 't>, map: &TypedMap, left: Row) {
    frame.clear();
    frame.resize(map.frame as usize + 1, Value::Absent);
    if matches!(map.left, RecordType::Set(_)) {
        let table = machine.tables.table(left.table);
        for slot in 0..map.record {
            frame[slot as usize] = table.slot(left.row, slot);
        }
    }
    frame[map.record as usize] = Value::Row(left);
}

/// Gives a provisional row to every left record that fulfils the conditions of a map.
fn take_part<'t>(
    machine: &Machine<'_, 't>,
    index: u16,
    map: &'t TypedMap,
    arena: &'t Arena,
    into: &mut Made<'t>,
    links: &mut Links,
    fallen: &mut Fallen,
) {
    let number = machine.number(map.left);
    let table = machine.tables.table(number);
    let wanted = wanted_links(machine, map.right);
    let mut frame = Frame::new();
    for row in table.living() {
        let left = Row { table: number, row };
        let apart = table.apart(row);
        machine.inside.set(apart != Apart::No);
        fill_frame(&mut frame, machine, map, left);
        match takes_part(machine, map, &mut frame, arena) {
            Ok(None) => {
                let made = into.rows.len() as u32;
                let fate = Fate::of(apart, Fate::Whole);
                into.rows.push(MadeRow { map: index, left, fate, nobody: None });
                if wanted {
                    link(map, &frame, left, made, links);
                }
            }
            Ok(Some((drop, undecided))) => match drop {
                Some(drop) if drop.reject => {
                    fallen.rejected(&map.name, Who::row(machine, left, map.left), &drop.reason, apart);
                    keep_key(into, index, left, Fate::of(apart, Fate::Rejected(drop.reason.to_string())));
                }
                Some(drop) => fallen.count(&map.name, Reason::Skipped(drop.reason.to_string()), 1),
                None if undecided => fallen.count(&map.name, Reason::Undecided, 1),
                None => fallen.count(&map.name, Reason::Condition, 1),
            },
            Err(stop) => {
                fallen.failed(&map.name, Who::row(machine, left, map.left), &stop, apart);
                keep_key(into, index, left, Fate::of(apart, Fate::Rejected(stop.why.to_string())));
            }
        }
    }
    machine.inside.set(false);
}

/// A rejected record keeps a row, for its key: whoever was rejected is not gone.
fn keep_key(into: &mut Made<'_>, map: u16, left: Row, fate: Fate) {
    into.rows.push(MadeRow { map, left, fate, nobody: None });
}

type Fallout<'t> = Option<(Option<&'t Dropped>, bool)>;

/// `None` if the record takes part; else what its first unfulfilled condition says, and whether it was undecided.
fn takes_part<'t>(
    machine: &Machine<'_, 't>,
    map: &'t TypedMap,
    frame: &mut Frame<'t>,
    arena: &'t Arena,
) -> Result<Fallout<'t>, Box<Stop>> {
    for (condition, drop, _) in &map.conditions {
        match machine.eval(*condition, frame, arena)? {
            Value::Bool(true) => {}
            value => return Ok(Some((drop.as_ref(), value.is_absent()))),
        }
    }
    Ok(None)
}

/// True if a rule of the mapping leads to records of this entity.
fn wanted_links(machine: &Machine<'_, '_>, right: EntityId) -> bool {
    machine.typed.nodes.all().iter().any(|node| matches!(node, Node::Linked { entity, .. } if *entity == right))
}

/// Remembers what was made of a left record, and of the records that its row brings together.
fn link(map: &TypedMap, frame: &Frame<'_>, left: Row, made: u32, links: &mut Links) {
    let mut remember = |row: Row, own: bool| {
        let key = (row.table, row.row, map.right.0);
        match links.get(&key) {
            None => {
                links.insert(key, Linked::One(made));
            }
            // Two maps may feed one record from the same left record: the first made it.
            Some(Linked::One(_)) if own => {}
            Some(_) => {
                links.insert(key, Linked::Several);
            }
        }
    };
    remember(left, true);
    if matches!(map.left, RecordType::Set(_)) {
        for value in &frame[..map.record as usize] {
            if let Value::Row(row) = value
                && *row != left
            {
                remember(*row, false);
            }
        }
    }
}

/// A rule that is worked when records are created or updated.
struct Active<'t> {
    rule: &'t TypedRule,
    target: &'t TypedTarget,
    mode: State,
}

/// The rules of a map that are worked: those that exist then and go to the right.
fn active<'t>(machine: &Machine<'_, 't>, map: &'t TypedMap) -> Vec<Active<'t>> {
    let rules = map.rules.iter().filter(|rule| exists(rule) && !goes_left(machine, &rule.arrow));
    rules.filter_map(|rule| Some(Active { rule, target: rule.target.as_ref()?, mode: mode(rule) })).collect()
}

/// Works the rules of a map for one record.
#[allow(clippy::too_many_arguments)]
fn work<'t>(
    machine: &Machine<'_, 't>,
    map: &'t TypedMap,
    rules: &[Active<'t>],
    row: usize,
    frame: &mut Frame<'t>,
    arena: &'t Arena,
    into: &mut Made<'t>,
    fallen: &mut Fallen,
) {
    let left = into.rows[row].left;
    let apart = match into.rows[row].fate {
        Fate::Protected => Apart::Protected,
        Fate::Outside => Apart::Outside,
        _ => Apart::No,
    };
    machine.inside.set(apart != Apart::No);
    fill_frame(frame, machine, map, left);
    let mut first: Option<Box<Stop>> = None;
    let mut rejected: Option<String> = None;
    for (local, value) in &map.lets {
        match machine.eval(*value, frame, arena) {
            Ok(value) => frame[*local as usize] = value,
            Err(stop) => first = first.or(Some(stop)),
        }
    }
    for Active { rule, target, mode } in rules {
        let at = row * into.width + target.field as usize;
        match outcome(machine, rule, frame, arena, fallen, &map.name) {
            Ok(Given::Nothing) => {}
            Ok(Given::Clear) => into.states[at] = mode.and(State::CLEAR),
            Ok(Given::Reject(why)) => rejected = rejected.or(Some(why)),
            Ok(Given::Value(value)) => {
                let entity = machine.model.entity(map.right);
                let field = &entity.fields[target.field as usize];
                into.values[at] = if target.steps.is_empty() {
                    value
                } else {
                    put(into.values[at], &target.steps, &field.ty, value, arena)
                };
                let part = if target.steps.is_empty() { State::default() } else { State::PART };
                into.states[at] = into.states[at].and(*mode).and(State::SET).and(part);
            }
            Err(stop) => first = first.or(Some(stop)),
        }
    }
    machine.inside.set(false);
    into.rows[row].nobody = first.as_ref().and_then(|stop| Some(stop.nobody.as_ref()?.0));
    let reject = match (rejected, first) {
        (Some(why), _) => {
            fallen.rejected(&map.name, Who::row(machine, left, map.left), &why, apart);
            why
        }
        (None, Some(stop)) => {
            if into.rows[row].fate == Fate::Whole {
                let held = stop.why.ends_with("was made of this record");
                let who = Who::row(machine, left, map.left);
                if held {
                    fallen.held(&map.name, who, stop.why.to_string())
                } else {
                    fallen.failed(&map.name, who, &stop, apart)
                }
                if held {
                    into.rows[row].fate = Fate::Held(stop.why.to_string());
                    return;
                }
            }
            stop.why.to_string()
        }
        (None, None) => return,
    };
    if into.rows[row].fate == Fate::Whole {
        into.rows[row].fate = Fate::Rejected(reject);
    }
}

/// True if a rule exists when records are created or updated.
fn exists(rule: &TypedRule) -> bool {
    let made = rule.on.is_empty() || rule.on.iter().any(|op| matches!(op, Operation::Create | Operation::Update));
    made && !rule.off
}

/// True if the customer chose the other direction for a rule.
fn goes_left(machine: &Machine<'_, '_>, arrow: &Arrow) -> bool {
    let Arrow::Option(name) = arrow else { return false };
    let options = &machine.model.mapping(machine.typed.mapping).options;
    let chosen = options.iter().position(|option| option.name.text == *name).map(|index| machine.options[index]);
    chosen.and_then(Value::as_text) == Some("left")
}

fn mode(rule: &TypedRule) -> State {
    let mut state = State::default();
    let create_only = !rule.on.is_empty() && !rule.on.contains(&Operation::Update);
    let update_only = !rule.on.is_empty() && !rule.on.contains(&Operation::Create);
    for (on, bit) in [
        (rule.mode.once || create_only, State::ONCE),
        (rule.mode.fill, State::FILL),
        (rule.mode.add, State::ADD),
        (update_only, State::UPDATE),
    ] {
        if on {
            state = state.and(bit);
        }
    }
    state
}

/// What a rule gives.
enum Given<'t> {
    /// Leave the other side alone.
    Nothing,
    /// Empty it.
    Clear,
    /// The record is not written at all.
    Reject(String),
    /// A value.
    Value(Value<'t>),
}

fn outcome<'t>(
    machine: &Machine<'_, 't>,
    rule: &'t TypedRule,
    frame: &mut Frame<'t>,
    arena: &'t Arena,
    fallen: &mut Fallen,
    place: &str,
) -> Result<Given<'t>, Box<Stop>> {
    if let Some(when) = rule.when {
        match machine.eval(when, frame, arena)? {
            Value::Bool(true) => {}
            value => {
                if value.is_absent() {
                    fallen.count(place, Reason::Skipped(format!("{}: condition undecided", rule.label)), 1);
                }
                return Ok(Given::Nothing);
            }
        }
    }
    let Some(value) = rule.value else { return Ok(Given::Nothing) };
    match machine.eval(value, frame, arena) {
        Ok(Value::Absent) => none(machine, rule, &rule.absent, frame, arena, fallen, place),
        Ok(value) => Ok(Given::Value(value)),
        Err(stop) => match &rule.fails {
            Some(fails) => none(machine, rule, fails, frame, arena, fallen, place),
            None => Err(stop),
        },
    }
}

fn none<'t>(
    machine: &Machine<'_, 't>,
    rule: &'t TypedRule,
    action: &'t OnNone,
    frame: &mut Frame<'t>,
    arena: &'t Arena,
    fallen: &mut Fallen,
    place: &str,
) -> Result<Given<'t>, Box<Stop>> {
    Ok(match action {
        OnNone::Keep => Given::Nothing,
        OnNone::Clear => Given::Clear,
        OnNone::Reject(why) => Given::Reject(format!("{}: {why}", rule.label)),
        OnNone::Skip(why) => {
            fallen.count(place, Reason::Skipped(format!("{}: {why}", rule.label)), 1);
            Given::Nothing
        }
        OnNone::Value(other) => match machine.eval(*other, frame, arena)? {
            Value::Absent => Given::Nothing,
            value => Given::Value(value),
        },
    })
}

/// A value with another put into a place of it; structures and elements on the way are made if they are not there.
pub fn put<'t>(whole: Value<'t>, steps: &[Place], ty: &Type, value: Value<'t>, arena: &'t Arena) -> Value<'t> {
    let Some((step, rest)) = steps.split_first() else { return value };
    match (step, ty) {
        (Place::Member(index), Type::Struct(members)) => {
            let mut parts = match whole {
                Value::Struct(parts) => parts.to_vec(),
                _ => vec![Value::Absent; members.len()],
            };
            let index = *index as usize;
            parts[index] = put(parts[index], rest, &members[index].ty, value, arena);
            Value::Struct(arena.alloc_slice_copy(&parts))
        }
        (Place::Element(known), Type::List(element) | Type::Set(element)) => {
            let mut items = match whole {
                Value::List(items) => items.to_vec(),
                _ => Vec::new(),
            };
            match items.iter().position(|item| is_element(*item, known)) {
                Some(index) => items[index] = put(items[index], rest, element, value, arena),
                None => {
                    let mut fresh = Value::Absent;
                    for (member, literal) in known {
                        fresh = put(fresh, &[Place::Member(*member)], element, owned(literal, arena), arena);
                    }
                    items.push(put(fresh, rest, element, value, arena));
                }
            }
            Value::List(arena.alloc_slice_copy(&items))
        }
        _ => whole,
    }
}

/// True if an element has the values that a place asks for.
pub fn is_element(item: Value<'_>, known: &[(u16, Literal)]) -> bool {
    let Value::Struct(members) = item else { return false };
    known.iter().all(|(index, literal)| super::eval::operators::same_literal(literal, members[*index as usize]))
}

fn owned<'t>(literal: &Literal, arena: &'t Arena) -> Value<'t> {
    match literal {
        Literal::Text(text) => Value::Text(arena.alloc_str(text)),
        Literal::Int(value) => Value::Int(*value),
        Literal::Decimal(value) => Value::Decimal(*value),
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Duration(value) => Value::Duration(*value),
        Literal::Date(value) => Value::Date(*value),
        Literal::MonthDay(month, day) => Value::MonthDay(*month, *day),
        Literal::Absent => Value::Absent,
    }
}

/// The left key under which the store remembers a record: the entity or set, and the key of the row.
pub fn left_key(machine: &Machine<'_, '_>, left: Row) -> Option<String> {
    let record = record_of(machine, left);
    let name = match record {
        RecordType::Entity(entity) => &machine.model.entity(entity).name.text,
        RecordType::Set(set) => &machine.model.set(set).name.text,
        RecordType::Layout(_) => return None,
    };
    key_text(machine, left, record).map(|key| format!("{name}:{key}"))
}
