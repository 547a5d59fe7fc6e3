//! Before a mapping works: which left rows are records, which are there twice, who is protected, what is in scope.

use super::eval::block::{BLOCK, Block};
use super::eval::{Links, Machine, Odd, Tables};
use super::fate::Fallen;
use super::key::{ByHash, Spread, key_text};
use super::marks::Marks;
use super::parallel::Arenas;
use super::report::Outside;
use super::stage::Setting;
use super::table::{Apart, Known, Rows, Table};
use super::work::large_piece;
use crate::adapter::Lines;
use crate::check::typed::ExprId;
use crate::model::{Entity, Field};
use crate::value::{Arena, EntityId, RecordType, Row, Type, Value};
use hashbrown::HashSet;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasherDefault;
use std::sync::Arc;

/// The rows of a list that were there before those that are looked at now, by their keys.
#[derive(Default)]
pub struct Seen {
    keys: Known,
    /// How many they are.
    rows: u32,
    /// The line of each row.
    lines: Lines,
    /// The file of each row and the delivery that it belongs to, from the first row of the file on.
    files: Vec<(u32, Arc<str>, u32)>,
}

impl Seen {
    /// Takes the rows of a table for seen. Their keys are known already.
    pub fn add(&mut self, table: &Table<'_>) {
        let Rows::Wire { batches, .. } = &table.rows else { return };
        for batch in *batches {
            if self.files.last().is_none_or(|(_, file, turn)| **file != *batch.from || *turn != batch.turn) {
                self.files.push((self.rows, batch.from.clone(), batch.turn));
            }
            self.lines.append(&batch.lines);
            self.rows += batch.len() as u32;
        }
    }

    /// The delivery that a row comes from, and where it stands, in words: file and line.
    fn place(&self, row: u32) -> (u32, Option<String>) {
        match self.files.iter().rev().find(|(first, ..)| *first <= row) {
            Some((_, file, turn)) => (*turn, Some(format!("{file}:{}", self.lines.get(row as usize)))),
            None => (0, None),
        }
    }
}

/// Rows with one key are one record: the first counts. Of rows from several deliveries that is one of the last delivery,
/// which was read first, and the others were replaced. Gives the rows whose key cannot be read.
pub fn duplicates(
    setting: &Setting<'_>,
    tables: &mut Tables<'_>,
    odd: &Odd,
    arenas: &Arenas,
    fallen: &mut Fallen,
) -> Vec<(EntityId, u32)> {
    let mut keyless = Vec::new();
    let none = Links::default();
    for id in (0..tables.entities).map(EntityId) {
        let table = tables.table(id.0);
        if table.len == 0 || !matches!(table.rows, Rows::Wire { .. }) {
            continue;
        }
        let (rows, without) = repeated(&setting.machine(tables, &none, odd), id, arenas);
        keyless.extend(without.into_iter().map(|row| (id, row)));
        // What is odd about a key was counted when it was marked.
        let quiet = Odd::default();
        let machine = setting.machine(tables, &none, &quiet);
        let hashes = hash_keys(&machine, id, &rows, arenas);
        let mut firsts = ByHash::default();
        let first_of = |(hash, &row): (&Option<u128>, &u32)| {
            let first = *firsts.entry((*hash)?).or_insert(row);
            (first != row).then_some(first)
        };
        let known = hashes.iter().zip(&rows).map(first_of).collect();
        let out = again(&machine, id, &rows, known, &Seen::default(), fallen);
        kill(tables, id, out);
    }
    keyless
}

/// The same for the rows of one list that has come piece by piece. What was seen of it before is looked at, and gets to know
/// these rows, when `seen` says so.
pub fn duplicates_of_window(
    setting: &Setting<'_>,
    tables: &mut Tables<'_>,
    odd: &Odd,
    arenas: &Arenas,
    fallen: &mut Fallen,
    id: EntityId,
    seen: impl FnOnce(&mut dyn FnMut(&mut Seen)),
) -> Vec<(EntityId, u32)> {
    let none = Links::default();
    let machine = setting.machine(tables, &none, odd);
    let rows: Vec<u32> = (0..machine.tables.table(id.0).len).collect();
    let hashes = hash_keys(&machine, id, &rows, arenas);
    let mut out = Vec::new();
    seen(&mut |seen| {
        let table = machine.tables.table(id.0);
        if seen.rows == 0 {
            seen.keys.expect(table.len as usize + ahead(table));
        }
        let known = seen.keys.add(&hashes);
        out = again(&machine, id, &rows, known, seen, fallen);
        seen.add(table);
    });
    kill(tables, id, out);
    let without = rows.into_iter().zip(hashes).filter(|(_, hash)| hash.is_none());
    without.map(|(row, _)| (id, row)).collect()
}

fn hash_keys(machine: &Machine<'_, '_>, id: EntityId, rows: &[u32], arenas: &Arenas) -> Vec<Option<u128>> {
    let hashes = machine
        .side_by_side(arenas, rows.chunks(large_piece(rows.len())), |machine, rows, _| machine.hash_keys(id, rows));
    hashes.into_iter().flatten().collect()
}

fn kill(tables: &mut Tables<'_>, id: EntityId, rows: Vec<u32>) {
    let table = tables.change(id.0);
    rows.into_iter().for_each(|row| table.kill(row));
}

/// How many rows come after those of a table, as far as one can tell.
fn ahead(table: &Table<'_>) -> usize {
    let Rows::Wire { batches, .. } = &table.rows else { return 0 };
    batches.last().map_or(0, |batch| batch.ahead as usize)
}

/// The rows whose key a row before them has, also one that was seen before: of each the number of the first one is known. Says of
/// each which one counts.
fn again(
    machine: &Machine<'_, '_>,
    id: EntityId,
    rows: &[u32],
    known: Vec<Option<u32>>,
    seen: &Seen,
    fallen: &mut Fallen,
) -> Vec<u32> {
    let (entity, table) = (machine.model.entity(id), machine.tables.table(id.0));
    let merges = machine.model.system(entity.system).reads.merges;
    let before = seen.rows;
    let mut out = Vec::new();
    for (first, &row) in known.into_iter().zip(rows) {
        let Some(first) = first else { continue };
        out.push(row);
        let (turn, origin) = match first.checked_sub(before) {
            Some(here) => (table.turn(here), table.origin(here)),
            None => seen.place(first),
        };
        if turn < table.turn(row) {
            *fallen.replaced.entry(id).or_default() += 1;
        } else if !merges {
            let first = origin.unwrap_or_default();
            fallen.stopped.push(super::fate::Stopped {
                place: entity.name.text.clone(),
                key: key_text(machine, Row { table: id.0, row }, RecordType::Entity(id)),
                why: format!("{}: the key is there twice, and the first row counts", key_names(entity)),
                origin: table.origin(row).map(|row| format!("{row} after {first}")),
                held: true,
                keyed: true,
            });
        }
    }
    out
}

/// The rows of a list whose key another row of it may have, among them all whose key another one has; and the rows without a key.
fn repeated(machine: &Machine<'_, '_>, id: EntityId, arenas: &Arenas) -> (Vec<u32>, Vec<u32>) {
    let len = machine.tables.table(id.0).len;
    let size = large_piece(len as usize);
    let pieces = (0..len).step_by(size).map(|start| start..len.min(start + size as u32)).collect::<Vec<_>>();
    let (mut marks, mut keyless) = (Vec::with_capacity(len as usize), Vec::new());
    // Most rows are the first with their mark, and no other has it.
    let (mut there, mut twice) = (Bits::of(len), Bits::of(len));
    let mut again: HashSet<u32, BuildHasherDefault<Spread>> = HashSet::default();
    let of_keys = Marks::of(machine, id);
    let work = |machine: &Machine<'_, '_>, rows, _: &Arena| of_keys.of_rows(machine, rows);
    machine.in_turn(arenas, pieces.into_iter(), work, |(more, without): (Vec<u32>, Vec<u32>)| {
        let mut without_key = without.iter().peekable();
        for (row, &mark) in (marks.len() as u32..).zip(&more) {
            if without_key.next_if(|first| **first == row).is_some() {
                continue;
            }
            if there.put(mark) {
                twice.put(mark);
                again.insert(mark);
            }
        }
        marks.extend(more);
        keyless.extend(without);
    });
    let is_again = |mark: u32| twice.has(mark) && again.contains(&mark);
    let maybe = (0..len).filter(|&row| is_again(marks[row as usize]));
    let mut without = keyless.iter().peekable();
    let maybe = maybe.filter(|row| without.next_if(|first| *first <= row).is_none_or(|first| first != row)).collect();
    (maybe, keyless)
}

/// A bit for each of many marks, which several of them share.
struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// For the marks of so many rows.
    fn of(rows: u32) -> Bits {
        Bits { words: vec![0; (rows as usize / 4).next_power_of_two()] }
    }

    /// Sets the bit of a mark, and says whether it was set.
    fn put(&mut self, mark: u32) -> bool {
        let was = self.has(mark);
        let (word, bit) = self.place(mark);
        self.words[word] |= bit;
        was
    }

    fn has(&self, mark: u32) -> bool {
        let (word, bit) = self.place(mark);
        self.words[word] & bit != 0
    }

    fn place(&self, mark: u32) -> (usize, u64) {
        let place = mark as usize & (self.words.len() * 64 - 1);
        (place / 64, 1 << (place % 64))
    }
}

/// All entities, or one alone.
fn chosen(tables: &Tables<'_>, only: Option<EntityId>) -> impl Iterator<Item = EntityId> + use<> {
    let all = if only.is_some() { 0..0 } else { 0..tables.entities };
    only.into_iter().chain(all.map(EntityId))
}

/// A row whose key cannot be read is nobody; as long as there is one, nobody else may count as gone. One that is about a
/// protected person is not reported, and puts those alone in doubt who may be this person: gives the entities of such rows.
pub fn keyless(
    setting: &Setting<'_>,
    tables: &mut Tables<'_>,
    rows: Vec<(EntityId, u32)>,
    fallen: &mut Fallen,
    incomplete: &mut BTreeMap<EntityId, String>,
) -> BTreeSet<EntityId> {
    let mut nameless = BTreeSet::new();
    for (id, row) in rows {
        let table = tables.change(id.0);
        if !table.is_alive(row) {
            continue;
        }
        let place = setting.model.entity(id).name.text.clone();
        if table.apart(row).is_protected() {
            *fallen.protected.entry(place).or_default() += 1;
            nameless.insert(id);
        } else {
            let why = format!("{}: the key is empty or cannot be read", key_names(setting.model.entity(id)));
            incomplete.entry(id).or_insert_with(|| why.clone());
            let (key, origin) = (None, table.origin(row));
            fallen.stopped.push(super::fate::Stopped { place, key, why, origin, held: false, keyed: false });
        }
        table.kill(row);
    }
    nameless
}

/// The fields of a key, for messages.
fn key_names(entity: &Entity) -> String {
    let names: Vec<&str> = entity.key.iter().map(|&field| entity.fields[field].name.text.as_str()).collect();
    names.join(", ")
}

/// Rows that a descriptor says are no records, of all entities or of one.
pub fn skip_rows(setting: &Setting<'_>, tables: &mut Tables<'_>, odd: &Odd, only: Option<EntityId>) {
    for (entity, condition) in
        setting.typed.skipped.iter().filter(|(entity, _)| only.is_none_or(|only| only == *entity))
    {
        let rows = fulfilled(setting, tables, odd, *entity, *condition, false);
        let table = tables.change(entity.0);
        rows.into_iter().for_each(|row| table.kill(row));
    }
}

/// The living rows of an entity that fulfil a condition about the record; `in_doubt` says what counts for rows about which
/// it cannot be decided because their data is broken.
fn fulfilled(
    setting: &Setting<'_>,
    tables: &Tables<'_>,
    odd: &Odd,
    entity: EntityId,
    condition: ExprId,
    in_doubt: bool,
) -> Vec<u32> {
    let none = Links::default();
    let machine = setting.machine(tables, &none, odd).inside(true);
    let living: Vec<u32> = tables.table(entity.0).living().collect();
    let variables = usize::from(setting.typed.nodes.locals_under(condition));
    let mut fulfilled = Vec::new();
    for rows in living.chunks(BLOCK) {
        let arena = Arena::new();
        let mut block = Block::new(rows.len(), variables.max(1), &arena);
        block.set(0, rows.iter().map(|&row| Value::Row(Row { table: entity.0, row })).collect());
        let all: Vec<u32> = (0..rows.len() as u32).collect();
        let column = machine.column(condition, &all, &mut block);
        let mut failed = block.recover(0).into_iter().peekable();
        for (at, &row) in rows.iter().enumerate() {
            let counts = match failed.next_if(|(failed, _)| *failed as usize == at) {
                Some(_) => in_doubt,
                None => matches!(column[at], Value::Bool(true)),
            };
            if counts {
                fulfilled.push(row);
            }
        }
    }
    fulfilled
}

/// Marks protected people, and every record that cannot be without one (an enrolment, a membership), of all entities or of one.
pub fn protect(setting: &Setting<'_>, tables: &mut Tables<'_>, odd: &Odd, only: Option<EntityId>) {
    let conditions = setting.typed.protected.iter();
    for (entity, condition) in conditions.filter(|(entity, _)| only.is_none_or(|only| only == *entity)) {
        // In doubt a person is protected.
        let rows = fulfilled(setting, tables, odd, *entity, *condition, true);
        let table = tables.change(entity.0);
        rows.into_iter().for_each(|row| table.set_apart(row, Apart::Protected));
    }
    spread(setting, tables, odd, |_, of| of.is_protected(), Apart::Protected, only);
}

/// Marks records that cannot be without a marked one: a required reference, or one that is part of the key, leads there.
fn spread(
    setting: &Setting<'_>,
    tables: &mut Tables<'_>,
    odd: &Odd,
    wanted: impl Fn(EntityId, Apart) -> bool,
    mark: Apart,
    only: Option<EntityId>,
) {
    let none = Links::default();
    loop {
        let mut marks: Vec<(EntityId, u32)> = Vec::new();
        {
            let machine = setting.machine(tables, &none, odd).inside(true);
            for id in chosen(tables, only) {
                let index = id.0;
                let table = tables.table(index);
                let fields = needed_references(setting, id);
                let leads = fields.iter().any(|(_, to)| tables.table(to.0).apart.is_some());
                if table.len == 0 || !leads {
                    continue;
                }
                let mut arena = Arena::new();
                for row in table.living() {
                    if !table.apart(row).has(mark) {
                        let about = fields.iter().any(|(field, to)| {
                            match machine.plain_field(Row { table: index, row }, id, *field, &arena) {
                                Value::Row(at) => wanted(*to, tables.table(at.table).apart(at.row)),
                                _ => false,
                            }
                        });
                        if about {
                            marks.push((id, row));
                        }
                    }
                    arena.reset();
                }
            }
        }
        if marks.is_empty() {
            return;
        }
        for (entity, row) in marks {
            tables.change(entity.0).set_apart(row, mark);
        }
    }
}

/// References that a record cannot be without.
fn needed_references(setting: &Setting<'_>, id: EntityId) -> Vec<(u16, EntityId)> {
    let entity = setting.model.entity(id);
    let fields = entity.fields.iter().enumerate();
    fields
        .filter_map(|(index, field)| match field.ty {
            Type::Ref(to) if !field.optional || entity.key.contains(&index) => Some((index as u16, to)),
            _ => None,
        })
        .collect()
}

/// Marks what is outside the scope. A record that needs a record outside is outside; one that is only referred to stays if
/// a record inside refers to it. Gives what is outside of the entity of the scope.
pub fn scope(setting: &Setting<'_>, tables: &mut Tables<'_>, odd: &Odd) -> Option<Outside> {
    let (entity, condition) = setting.typed.scope?;
    let inside: BTreeSet<u32> = fulfilled(setting, tables, odd, entity, condition, false).into_iter().collect();
    let kept = with_referred(setting, tables, odd, entity, inside);
    let outside: Vec<u32> = tables.table(entity.0).living().filter(|row| !kept.contains(row)).collect();
    for &row in &outside {
        tables.change(entity.0).set_apart(row, Apart::Outside);
    }
    spread(setting, tables, odd, |_, of| of.is_outside(), Apart::Outside, None);
    only_referred(setting, tables, odd, entity);
    let names = public_names(setting, tables, odd, entity, &outside);
    let entity = setting.model.entity(entity).name.text.clone();
    Some(Outside { entity, count: outside.len() as u64, names })
}

/// What the records of an entity outside the scope are called, the first few of them: a school that was not ordered. Only by
/// a field that says nothing about a person.
fn public_names(setting: &Setting<'_>, tables: &Tables<'_>, odd: &Odd, id: EntityId, rows: &[u32]) -> Vec<String> {
    let entity = setting.model.entity(id);
    let names = |(index, field): &(usize, &Field)| {
        field.ty == Type::Text && !field.optional && field.classes.is_empty() && !entity.key.contains(index)
    };
    let Some((field, _)) = entity.fields.iter().enumerate().find(names) else { return Vec::new() };
    let none = Links::default();
    let machine = setting.machine(tables, &none, odd).inside(true);
    let arena = Arena::new();
    let name = |row: &u32| match machine.plain_field(Row { table: id.0, row: *row }, id, field as u16, &arena) {
        Value::Text(text) => Some(text.to_string()),
        _ => None,
    };
    rows.iter().filter_map(name).take(NAMED).collect()
}

/// So many records outside the scope are called by their names.
const NAMED: usize = 20;

/// The rows, and those of the same entity that they refer to: the school above a school unit.
fn with_referred(
    setting: &Setting<'_>,
    tables: &Tables<'_>,
    odd: &Odd,
    id: EntityId,
    mut rows: BTreeSet<u32>,
) -> BTreeSet<u32> {
    let none = Links::default();
    let machine = setting.machine(tables, &none, odd).inside(true);
    let fields = setting.model.entity(id).fields.iter().enumerate();
    let own: Vec<u16> = fields.filter(|(_, field)| field.ty == Type::Ref(id)).map(|(index, _)| index as u16).collect();
    let mut waiting: Vec<u32> = rows.iter().copied().collect();
    let mut arena = Arena::new();
    while let Some(row) = waiting.pop() {
        for &field in &own {
            if let Value::Row(to) = machine.plain_field(Row { table: id.0, row }, id, field, &arena)
                && rows.insert(to.row)
            {
                waiting.push(to.row);
            }
        }
        arena.reset();
    }
    rows
}

/// People and what hangs on them: entities that need no record of the scope themselves.
///
/// A person to whom a record inside refers (an enrolment at a school of the scope) is inside; one to whom only records
/// outside refer is outside. One to whom neither refers (a guardian) is inside if a record that is kept refers to them: a
/// record is kept if nobody whom it needs is outside and somebody is inside.
fn only_referred(setting: &Setting<'_>, tables: &mut Tables<'_>, odd: &Odd, scoped: EntityId) {
    let bound = bound_to(setting, tables, scoped);
    let (inside, anybody) = referred_by(setting, tables, odd, &bound);
    let mut standing: BTreeMap<EntityId, BTreeMap<u32, bool>> = BTreeMap::new();
    for (entity, rows) in anybody {
        let kept = inside.get(&entity);
        let known = rows.into_iter().map(|row| (row, kept.is_some_and(|kept| kept.contains(&row)))).collect();
        standing.insert(entity, known);
    }
    let hangers: Vec<EntityId> = (0..tables.entities)
        .map(EntityId)
        .filter(|id| !bound.contains(id) && !standing.contains_key(id))
        .filter(|&id| needed_references(setting, id).iter().any(|(_, to)| standing.contains_key(to)))
        .collect();
    let outside = settle_hangers(setting, tables, odd, &hangers, &mut standing);
    for (entity, rows) in outside {
        let table = tables.change(entity.0);
        rows.into_iter().for_each(|row| table.set_apart(row, Apart::Outside));
    }
    for (entity, known) in standing {
        let table = tables.change(entity.0);
        for row in 0..table.len {
            if table.is_alive(row) && !known.get(&row).copied().unwrap_or(false) {
                table.set_apart(row, Apart::Outside);
            }
        }
    }
}

/// The entity of the scope, and those whose records cannot be without one of its records.
fn bound_to(setting: &Setting<'_>, tables: &Tables<'_>, scoped: EntityId) -> BTreeSet<EntityId> {
    let mut bound: BTreeSet<EntityId> = BTreeSet::from([scoped]);
    loop {
        let more: Vec<EntityId> = (0..tables.entities)
            .map(EntityId)
            .filter(|id| !bound.contains(id))
            .filter(|&id| needed_references(setting, id).iter().any(|(_, to)| bound.contains(to)))
            .collect();
        if more.is_empty() {
            return bound;
        }
        bound.extend(more);
    }
}

/// Rows by entity.
type RowsOf = BTreeMap<EntityId, BTreeSet<u32>>;

/// The rows of other entities to which bound records inside refer, and those to which any bound record refers.
fn referred_by(setting: &Setting<'_>, tables: &Tables<'_>, odd: &Odd, bound: &BTreeSet<EntityId>) -> (RowsOf, RowsOf) {
    let (mut inside, mut anybody) = (RowsOf::new(), RowsOf::new());
    let none = Links::default();
    let machine = setting.machine(tables, &none, odd).inside(true);
    for &id in bound {
        let table = tables.table(id.0);
        for (field, to) in references(setting.model.entity(id)).filter(|(_, to)| !bound.contains(to)) {
            let (kept, all) = (inside.entry(to).or_default(), anybody.entry(to).or_default());
            let mut arena = Arena::new();
            for row in table.living() {
                let value = machine.plain_field(Row { table: id.0, row }, id, field, &arena);
                if !table.apart(row).is_outside() {
                    collect_rows(value, kept);
                }
                collect_rows(value, all);
                arena.reset();
            }
        }
    }
    (inside, anybody)
}

/// Decides about records that hang on people (who is whose guardian) until nothing changes; gives those that are outside.
/// People whom a kept record needs, and about whom nothing was known, are inside from then on.
fn settle_hangers(
    setting: &Setting<'_>,
    tables: &Tables<'_>,
    odd: &Odd,
    hangers: &[EntityId],
    standing: &mut BTreeMap<EntityId, BTreeMap<u32, bool>>,
) -> RowsOf {
    let none = Links::default();
    let machine = setting.machine(tables, &none, odd).inside(true);
    loop {
        let mut outside = RowsOf::new();
        let mut found: Vec<(EntityId, u32)> = Vec::new();
        for &id in hangers {
            let fields = needed_references(setting, id);
            let mut arena = Arena::new();
            for row in tables.table(id.0).living() {
                let needs: Vec<(EntityId, u32, Option<bool>)> = fields
                    .iter()
                    .filter_map(|(field, to)| {
                        let known = standing.get(to)?;
                        match machine.plain_field(Row { table: id.0, row }, id, *field, &arena) {
                            Value::Row(at) => Some((*to, at.row, known.get(&at.row).copied())),
                            _ => None,
                        }
                    })
                    .collect();
                let kept = needs.iter().any(|(.., known)| *known == Some(true))
                    && needs.iter().all(|(.., known)| *known != Some(false));
                if kept {
                    found.extend(needs.iter().filter(|(.., known)| known.is_none()).map(|(to, row, _)| (*to, *row)));
                } else {
                    outside.entry(id).or_default().insert(row);
                }
                arena.reset();
            }
        }
        if found.is_empty() {
            return outside;
        }
        for (entity, row) in found {
            standing.entry(entity).or_default().insert(row, true);
        }
    }
}

fn references(entity: &Entity) -> impl Iterator<Item = (u16, EntityId)> + '_ {
    entity.fields.iter().enumerate().filter_map(|(index, field)| match &field.ty {
        Type::Ref(to) => Some((index as u16, *to)),
        Type::List(element) | Type::Set(element) => match **element {
            Type::Ref(to) => Some((index as u16, to)),
            _ => None,
        },
        _ => None,
    })
}

fn collect_rows(value: Value<'_>, rows: &mut BTreeSet<u32>) {
    match value {
        Value::Row(row) => {
            rows.insert(row.row);
        }
        Value::List(items) => items.iter().for_each(|item| collect_rows(*item, rows)),
        _ => {}
    }
}
