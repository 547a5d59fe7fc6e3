//! Working the rules of maps: block by block, on all processors.

use super::columns::{Columns, Places};
use super::eval::block::{BLOCK, Block};
use super::eval::{Machine, Stop, Tables};
use super::fate::{Fallen, Reason, Who};
use super::make::{Fate, Made, MadeRow, State, begin};
use super::parallel::Arenas;
use super::table::{Apart, apart_of, by_inside};
use crate::check::typed::{ExprId, Literal, Node, OnNone, Place, TypedMap, TypedRule, TypedTarget};
use crate::model::Field;
use crate::syntax::ast::{Arrow, Operation};
use crate::value::{Arena, EntityId, RecordType, Row, Type, Value};
use std::collections::{BTreeMap, BTreeSet};

/// How many rows a thread takes at once.
pub const PIECE: usize = 4 * BLOCK;

/// The same for work that is done quickly, such as looking at one column: who takes little at once waits more than it works.
pub fn large_piece(rows: usize) -> usize {
    (rows / 64).clamp(PIECE, 16 * PIECE).next_multiple_of(BLOCK)
}

/// A rule that is worked when records are created or updated.
struct Active<'t> {
    rule: &'t TypedRule,
    target: &'t TypedTarget,
    field: &'t Field,
    mode: State,
}

/// The rules of all maps.
pub struct Work<'w, 't> {
    machine: &'w Machine<'w, 't>,
    /// By map.
    rules: Vec<Vec<Active<'t>>>,
    /// The same for records of which less is sent.
    reduced: Vec<Vec<Active<'t>>>,
}

/// Rows of one map that are worked together, and the number of the first among those whose places are known together.
struct Piece<'p> {
    map: u16,
    rows: &'p mut [MadeRow],
    first: usize,
}

impl<'w, 't> Work<'w, 't> {
    /// The rules that exist when records are created or updated and that go to the right.
    pub fn of(machine: &'w Machine<'w, 't>) -> Work<'w, 't> {
        let active = |map: &'t TypedMap, rules: &'t [TypedRule]| {
            let fields = &machine.model.entity(map.right).fields;
            let rules = rules.iter().filter(|rule| exists(rule) && !goes_left(machine, &rule.arrow));
            let rules = rules.filter_map(|rule| {
                let target = rule.target.as_ref()?;
                Some(Active { rule, target, field: &fields[target.field as usize], mode: mode(rule) })
            });
            rules.collect()
        };
        let maps = || machine.typed.maps.iter();
        Work {
            machine,
            rules: maps().map(|map| active(map, &map.rules)).collect(),
            reduced: maps().map(|map| active(map, map.protected.as_deref().unwrap_or_default())).collect(),
        }
    }

    /// Works the rules for all records of an entity.
    pub fn all(&self, into: &mut Made<'t>, arenas: &'t Arenas, fallen: &mut Fallen) {
        into.values = Columns::new(into.rows.len(), into.values.width());
        let lent = self.lend(into);
        let mut maps: Vec<u16> = into.rows.iter().map(|row| row.map).collect();
        maps.dedup();
        let mut idle = true;
        for map in maps.into_iter().map(usize::from) {
            let rules = self.rules[map].iter().chain(&self.reduced[map]).map(|active| active.target.field);
            idle &= self.machine.typed.maps[map].lets.is_empty();
            for field in rules.filter(|field| !lent.contains(field)) {
                into.values.expect(usize::from(field));
                idle = false;
            }
        }
        if idle {
            return;
        }
        let rows = into.rows.chunks_mut(PIECE).zip(into.values.pieces(PIECE)).collect::<Vec<_>>().into_iter();
        let results = self.machine.side_by_side(arenas, rows, |machine, (rows, mut places), arena| {
            let (mut fallen, mut block) = (Fallen::default(), Block::new(0, 0, arena));
            for piece in of_one_map(rows) {
                self.piece(machine, piece, &mut places, &lent, &mut block, &mut fallen);
            }
            fallen
        });
        results.into_iter().for_each(|others| fallen.add(others));
    }

    /// Lends what rules do nothing to: texts of the left records that go to the right as they stand, whatever else is in the
    /// record. Gives the fields that are lent.
    fn lend(&self, into: &mut Made<'t>) -> BTreeSet<u16> {
        let (Some(first), Some(last)) = (into.rows.first(), into.rows.last()) else { return BTreeSet::new() };
        let map = &self.machine.typed.maps[usize::from(first.map)];
        let RecordType::Entity(left) = map.left else { return BTreeSet::new() };
        // Of protected people other rules say what is sent.
        if first.map != last.map || into.rows.iter().any(|row| row.fate == Fate::Reduced) {
            return BTreeSet::new();
        }
        let table = &self.machine.tables.tables[Tables::entity(left) as usize];
        let rules = &self.rules[usize::from(first.map)];
        into.values.borrow_from(table.clone(), into.rows.iter().map(|row| row.left.row));
        let mut lent = BTreeSet::new();
        for Active { rule, target, mode, .. } in rules {
            let none = match rule.absent {
                OnNone::Keep => State::default(),
                OnNone::Clear => mode.and(State::CLEAR),
                OnNone::Skip(_) | OnNone::Reject(_) | OnNone::Value(_) => continue,
            };
            let Some(from) = rule.value.and_then(|value| self.own_field(map, left, value)) else { continue };
            let alone = rules.iter().filter(|other| other.target.field == target.field).count() == 1;
            if alone && rule.when.is_none() && target.steps.is_empty() && table.has_texts_alone(from) {
                into.values.lend(usize::from(target.field), from, mode.and(State::SET), none);
                lent.insert(target.field);
            }
        }
        lent
    }

    /// The field of the left record that an expression names.
    fn own_field(&self, map: &TypedMap, left: EntityId, value: ExprId) -> Option<u16> {
        let nodes = &self.machine.typed.nodes;
        let Node::Field { of, entity, field } = nodes.node(value) else { return None };
        let own = *entity == left && matches!(nodes.node(*of), Node::Local(local) if *local == map.record);
        own.then_some(*field)
    }

    /// Works the rules of a map for the rows of a block.
    fn piece(
        &self,
        machine: &Machine<'_, 't>,
        piece: Piece<'_>,
        places: &mut [Places<'_, 't>],
        lent: &BTreeSet<u16>,
        block: &mut Block<'t>,
        fallen: &mut Fallen,
    ) {
        let at = piece.map as usize;
        let map = &machine.typed.maps[at];
        let lefts: Vec<Row> = piece.rows.iter().map(|row| row.left).collect();
        begin(block, machine, map, &lefts);
        let mut troubles = Troubles::default();
        let mut into = Into { places, first: piece.first, arena: block.arena() };
        for (inside, rows) in by_inside(lefts.len(), |row| apart_of(machine, Value::Row(lefts[row]))) {
            let machine = machine.inside(inside);
            for (local, value) in &map.lets {
                let mut column = machine.column(*value, &rows, block);
                for (row, stop) in block.recover(0) {
                    column[row as usize] = Value::Absent;
                    troubles.stop(row, stop);
                }
                set_some(block, *local, column, &rows);
            }
            let (reduced, rows): (Vec<u32>, Vec<u32>) =
                rows.into_iter().partition(|&row| piece.rows[row as usize].fate == Fate::Reduced);
            for (rules, rows) in [(&self.rules[at], rows), (&self.reduced[at], reduced)] {
                let worked = |active: &&Active<'_>| !rows.is_empty() && !lent.contains(&active.target.field);
                for active in rules.iter().filter(worked) {
                    let outcome =
                        Outcome { machine: &machine, map, active, into: &mut into, troubles: &mut troubles, fallen };
                    outcome.work(&rows, block);
                }
            }
        }
        for (row, trouble) in troubles.0 {
            judge(machine, map, &mut piece.rows[row as usize], trouble, fallen);
        }
    }
}

/// Says what becomes of a record some of whose rules gave no value.
fn judge(machine: &Machine<'_, '_>, map: &TypedMap, row: &mut MadeRow, trouble: Trouble, fallen: &mut Fallen) {
    let apart = match row.fate {
        Fate::Protected | Fate::Reduced => Apart::Protected,
        Fate::Outside => Apart::Outside,
        _ => Apart::No,
    };
    let who = || Who::row(machine, row.left, map.left);
    row.nobody = trouble.stop.as_ref().and_then(|stop| Some(stop.nobody.as_ref()?.0));
    let why = match (trouble.rejected, trouble.stop) {
        (Some(why), _) => {
            fallen.rejected(&map.name, who(), &why, apart);
            why
        }
        (None, Some(stop)) => {
            if row.fate == Fate::Whole {
                if stop.why.ends_with("was made of this record") {
                    fallen.held(&map.name, who(), stop.why.to_string());
                    row.fate = Fate::Held(stop.why.to_string());
                    return;
                }
                fallen.failed(&map.name, who(), &stop, apart);
            }
            stop.why.to_string()
        }
        (None, None) => return,
    };
    if row.fate.is_written() {
        row.fate = row.fate.fallen(Fate::Rejected(why));
    }
}

/// Sets a variable in some rows of a block; in the others it stays.
fn set_some<'a>(block: &mut Block<'a>, local: u16, mut column: Vec<Value<'a>>, rows: &[u32]) {
    let before = block.variable(local);
    if rows.len() < column.len() && !before.is_empty() {
        let mut whole = before.to_vec();
        rows.iter().for_each(|&row| whole[row as usize] = column[row as usize]);
        column = whole;
    }
    block.set(local, column);
}

/// Cuts rows into blocks, each of rows of one map.
fn of_one_map(mut rows: &mut [MadeRow]) -> Vec<Piece<'_>> {
    let (mut pieces, mut first) = (Vec::with_capacity(rows.len() / BLOCK + 1), 0);
    while let Some(map) = rows.first().map(|row| row.map) {
        let count = rows.iter().take(BLOCK).take_while(|row| row.map == map).count();
        let (these, others) = rows.split_at_mut(count);
        pieces.push(Piece { map, rows: these, first });
        (rows, first) = (others, first + count);
    }
    pieces
}

/// Why rules gave no value, by row: the first failure, and the first rejection.
#[derive(Default)]
struct Troubles(BTreeMap<u32, Trouble>);

#[derive(Default)]
struct Trouble {
    stop: Option<Box<Stop>>,
    rejected: Option<String>,
}

impl Troubles {
    fn stop(&mut self, row: u32, stop: Box<Stop>) {
        self.0.entry(row).or_default().stop.get_or_insert(stop);
    }
}

/// Where the values of the rows of a block go.
struct Into<'o, 'p, 't> {
    /// By field.
    places: &'o mut [Places<'p, 't>],
    /// The place of the first row of the block.
    first: usize,
    arena: &'t Arena,
}

impl<'t> Into<'_, '_, 't> {
    /// The places of a field from the first row of the block on.
    fn places(&mut self, active: &Active<'t>) -> (&mut [Value<'t>], &mut [State]) {
        let Places { values, states } = &mut self.places[usize::from(active.target.field)];
        (&mut values[self.first..], &mut states[self.first..])
    }

    fn clear(&mut self, row: u32, active: &Active<'t>) {
        self.places(active).1[row as usize] = active.mode.and(State::CLEAR);
    }

    /// The values of some rows, and which of these have none: a rule that gives the empty text gives nothing.
    fn values(&mut self, rows: &[u32], active: &Active<'t>, column: &[Value<'t>], absent: &mut Vec<u32>) {
        let set = active.mode.and(State::SET);
        if !active.target.steps.is_empty() {
            for &row in rows {
                match column[row as usize] {
                    value if active.field.is_nothing(value) => absent.push(row),
                    value => self.value(row, active, value),
                }
            }
            return;
        }
        let (values, states) = self.places(active);
        for &row in rows {
            let (value, at) = (&column[row as usize], row as usize);
            if active.field.is_nothing(*value) {
                absent.push(row);
            } else {
                values[at] = *value;
                states[at] = states[at].and(set);
            }
        }
    }

    #[inline]
    fn value(&mut self, row: u32, active: &Active<'t>, value: Value<'t>) {
        let (arena, at) = (self.arena, row as usize);
        let (values, states) = self.places(active);
        let mut state = states[at].and(active.mode).and(State::SET);
        if active.target.steps.is_empty() {
            values[at] = value;
        } else {
            values[at] = put(values[at], &active.target.steps, &active.field.ty, value, arena);
            state = state.and(State::PART);
        }
        states[at] = state;
    }
}

/// One rule in one block.
struct Outcome<'o, 'i, 'p, 't> {
    machine: &'o Machine<'o, 't>,
    map: &'t TypedMap,
    active: &'o Active<'t>,
    into: &'o mut Into<'i, 'p, 't>,
    troubles: &'o mut Troubles,
    fallen: &'o mut Fallen,
}

impl<'t> Outcome<'_, '_, '_, 't> {
    fn work(mut self, rows: &[u32], block: &mut Block<'t>) {
        let rule = self.active.rule;
        let Some(value) = rule.value else { return };
        let chosen;
        let rows = match rule.when {
            None => rows,
            Some(when) => {
                chosen = self.chosen(when, rows, block);
                &chosen
            }
        };
        let mut absent = Vec::new();
        let column = match self.machine.typed.nodes.node(value) {
            // What a variable holds is not copied.
            Node::Local(local) if !block.variable(*local).is_empty() => {
                self.into.values(rows, self.active, block.variable(*local), &mut absent);
                Vec::new()
            }
            _ => {
                let column = self.machine.column(value, rows, block);
                self.into.values(&block.left(rows, 0), self.active, &column, &mut absent);
                column
            }
        };
        let failed = block.recover(0);
        block.give_back(column);
        self.none(&rule.absent, &absent, block);
        match &rule.fails {
            Some(fails) => {
                let failed: Vec<u32> = failed.iter().map(|(row, _)| *row).collect();
                self.none(fails, &failed, block);
            }
            None => failed.into_iter().for_each(|(row, stop)| self.troubles.stop(row, stop)),
        }
    }

    /// The rows that fulfil the condition of the rule.
    fn chosen(&mut self, when: ExprId, rows: &[u32], block: &mut Block<'t>) -> Vec<u32> {
        let column = self.machine.column(when, rows, block);
        let left = block.left(rows, 0).into_owned();
        block.recover(0).into_iter().for_each(|(row, stop)| self.troubles.stop(row, stop));
        let undecided = left.iter().filter(|&&row| column[row as usize].is_absent()).count();
        if undecided > 0 {
            let why = Reason::Skipped(format!("{}: condition undecided", self.active.rule.label));
            self.fallen.count(&self.map.name, why, undecided as u64);
        }
        let chosen = left.into_iter().filter(|&row| matches!(column[row as usize], Value::Bool(true))).collect();
        block.give_back(column);
        chosen
    }

    /// What the rule does where it has no value.
    fn none(&mut self, action: &'t OnNone, rows: &[u32], block: &mut Block<'t>) {
        if rows.is_empty() {
            return;
        }
        let label = &self.active.rule.label;
        match action {
            OnNone::Keep => {}
            OnNone::Clear => rows.iter().for_each(|&row| self.into.clear(row, self.active)),
            OnNone::Reject(why) => rows.iter().for_each(|&row| {
                let trouble = self.troubles.0.entry(row).or_default();
                trouble.rejected.get_or_insert_with(|| format!("{label}: {why}"));
            }),
            OnNone::Skip(why) => {
                let why = Reason::Skipped(format!("{label}: {why}"));
                self.fallen.count(&self.map.name, why, rows.len() as u64);
            }
            OnNone::Value(other) => {
                let column = self.machine.column(*other, rows, block);
                for &row in block.left(rows, 0).iter() {
                    if !self.active.field.is_nothing(column[row as usize]) {
                        self.into.value(row, self.active, column[row as usize]);
                    }
                }
                block.recover(0).into_iter().for_each(|(row, stop)| self.troubles.stop(row, stop));
                block.give_back(column);
            }
        }
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
