//! Picking: a smallest set of the records of a source that touches all that the whole source touches.

use super::Step;
use crate::adapter::Cell;
use crate::check::typed::ExprId;
use crate::model::Model;
use crate::plan::{Plan, Reader};
use crate::run::cases::coverage::{Coverage, Site};
use crate::run::eval::{Links, Machine, Odd};
use crate::run::fate::Stopped;
use crate::run::lookup::Lookup;
use crate::run::make::Fate;
use crate::run::parallel::Arenas;
use crate::run::route::work_each;
use crate::run::stage::{Input, Setting, Worked};
use crate::run::table::{Rows, Table};
use crate::value::{Arena, EntityId, Failure, Row, Value, show};
use jiff::civil::Date;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Something that became of a record, or that it touched on the way.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Seen {
    /// Something that can be touched.
    Site(Site),
    /// It was rejected or held: where, and why.
    Stopped(String, String),
    /// It is about somebody who is protected.
    Protected(EntityId),
}

/// What records touch: the number of the mapping on the route, and what it is there.
pub type Touched = BTreeSet<(usize, Seen)>;

/// What a mapping of the route shows of the records that it worked.
pub fn seen_in(stage: usize, worked: &Worked<'_>, coverage: &Coverage) -> Touched {
    let sites = coverage.touched().map(Seen::Site);
    let stopped = worked.fallen.stopped.iter().map(|one| Seen::Stopped(one.place.clone(), one.why.clone()));
    let protected = aside(worked).map(|row| Seen::Protected(EntityId(row.table)));
    sites.chain(stopped).chain(protected).map(|seen| (stage, seen)).collect()
}

/// The left records about people who are protected.
fn aside<'w>(worked: &'w Worked<'_>) -> impl Iterator<Item = Row> + 'w {
    let tables = (0..).zip(&worked.tables.tables[..worked.tables.entities as usize]);
    tables.flat_map(|(number, table)| {
        let marked = table.living().filter(move |&row| table.apart(row).is_protected());
        marked.map(move |row| Row { table: number, row })
    })
}

/// Some records of a source. Those that they refer to are among them.
pub type Chosen = BTreeSet<Row>;

/// A small set of records, and what it was chosen for.
pub struct Picked {
    /// The records.
    pub chosen: Chosen,
    /// What all records of the source touch.
    pub touched: Touched,
    /// False if there may be a smaller set that touches it.
    pub smallest: bool,
}

/// With how many records it is tried to touch what no single one touches.
const MANY: usize = 4_000;

/// For how many records the search for a smaller set may work: a number and no time, so that every search ends at the same.
const WORK: usize = 150_000;

/// What an attempt costs beside its records, in records.
const EACH: usize = 100;

/// The records of a source as values.
pub struct Pool<'t> {
    records: BTreeMap<EntityId, Records<'t>>,
    /// The records that refer to a record.
    referrers: BTreeMap<Row, Vec<Row>>,
}

/// The records of an entity.
#[derive(Default)]
struct Records<'t> {
    width: usize,
    values: Vec<Value<'t>>,
    /// Record and field of texts that cannot be read: why, and the text.
    broken: BTreeMap<(u32, u16), (Failure, &'t str)>,
}

impl<'t> Records<'t> {
    fn of(&self, row: u32) -> &[Value<'t>] {
        &self.values[row as usize * self.width..][..self.width]
    }

    fn len(&self) -> u32 {
        self.values.len().checked_div(self.width).unwrap_or(0) as u32
    }
}

impl<'t> Pool<'t> {
    /// The records of tables that were read: only fields that are needed, and of records with one key the first.
    pub fn of(setting: &Setting<'t>, tables: BTreeMap<EntityId, Table<'t>>, arenas: &'t Arenas) -> Pool<'t> {
        let entities: Vec<EntityId> = tables.keys().copied().collect();
        let tables = setting.tables(tables);
        let (links, odd) = (Links::default(), Odd::default());
        let machine = setting.machine(&tables, &links, &odd).inside(true);
        let mut pool = Pool { records: BTreeMap::new(), referrers: BTreeMap::new() };
        let mut numbers: BTreeMap<Row, u32> = BTreeMap::new();
        let mut kept: Vec<(EntityId, Vec<u32>)> = Vec::new();
        for entity in entities {
            let rows: Vec<u32> = tables.table(entity.0).living().collect();
            let mut known = BTreeSet::new();
            let hashes = machine.hash_keys(entity, &rows);
            let rows = rows.into_iter().zip(hashes).filter(|(_, hash)| hash.is_none_or(|hash| known.insert(hash)));
            let rows: Vec<u32> = rows.map(|(row, _)| row).collect();
            let placed = rows.iter().zip(0..);
            numbers.extend(placed.map(|(&row, number)| (Row { table: entity.0, row }, number)));
            kept.push((entity, rows));
        }
        for (entity, rows) in kept {
            let records = read(&machine, entity, &rows, &numbers, arenas);
            pool.records.insert(entity, records);
        }
        pool.refer();
        pool
    }

    /// A number that follows from all values, and that nobody can guess who does not know them all.
    pub fn seed(&self) -> u64 {
        let mut digest = Sha256::new();
        let arena = Arena::new();
        for records in self.records.values() {
            let mut open: Vec<Value<'_>> = records.values.clone();
            while let Some(value) = open.pop() {
                match value {
                    Value::List(values) | Value::Struct(values) => open.extend(values),
                    value => digest.update(show::plain(value, &arena).unwrap_or_default()),
                }
                digest.update([0]);
            }
            records.broken.values().for_each(|(_, text)| digest.update(text));
        }
        digest.finalize().iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte))
    }

    fn refer(&mut self) {
        let mut referrers: BTreeMap<Row, Vec<Row>> = BTreeMap::new();
        for row in self.all() {
            for to in self.refers(row) {
                referrers.entry(to).or_default().push(row);
            }
        }
        self.referrers = referrers;
    }

    /// All records.
    pub fn all(&self) -> Chosen {
        let rows = |(entity, records): (&EntityId, &Records<'_>)| {
            let table = entity.0;
            (0..records.len()).map(move |row| Row { table, row })
        };
        self.records.iter().flat_map(rows).collect()
    }

    /// The values of a record.
    pub fn values(&self, row: Row) -> &[Value<'t>] {
        self.records.get(&EntityId(row.table)).map_or(&[], |records| records.of(row.row))
    }

    /// The text of a field of a record, if it cannot be read.
    pub fn broken(&self, row: Row, field: u16) -> Option<&'t str> {
        self.records.get(&EntityId(row.table))?.broken.get(&(row.row, field)).map(|(_, text)| *text)
    }

    /// The records that a record refers to.
    fn refers(&self, row: Row) -> Vec<Row> {
        let mut found = Vec::new();
        self.values(row).iter().for_each(|value| rows_in(*value, &mut found));
        found
    }

    /// Records with all that they refer to.
    fn closed(&self, rows: impl IntoIterator<Item = Row>) -> Chosen {
        let mut open: Vec<Row> = rows.into_iter().collect();
        let mut chosen = Chosen::new();
        while let Some(row) = open.pop() {
            if chosen.insert(row) {
                open.extend(self.refers(row));
            }
        }
        chosen
    }

    /// Records without some of them, and without those that refer to these.
    fn without(&self, chosen: &Chosen, rows: &[Row]) -> Chosen {
        let (mut rest, mut open) = (chosen.clone(), rows.to_vec());
        while let Some(row) = open.pop() {
            if rest.remove(&row) {
                open.extend(self.referrers.get(&row).into_iter().flatten());
            }
        }
        rest
    }

    /// Tables of some records.
    fn tables<'s>(&self, chosen: &Chosen, arenas: &'s Arenas) -> BTreeMap<EntityId, Table<'s>>
    where
        't: 's,
    {
        let mut numbers: BTreeMap<Row, u32> = BTreeMap::new();
        let mut counts: BTreeMap<u32, u32> = BTreeMap::new();
        for row in chosen {
            let count = counts.entry(row.table).or_default();
            numbers.insert(*row, *count);
            *count += 1;
        }
        let mut tables = BTreeMap::new();
        for (&entity, records) in &self.records {
            let here: Vec<Row> = chosen.iter().copied().filter(|row| row.table == entity.0).collect();
            let values = here.iter().flat_map(|row| records.of(row.row)).map(|value| led(*value, &numbers, arenas));
            let mut table = Table::values(records.width, &values.collect::<Vec<_>>());
            for ((row, field), (why, _)) in &records.broken {
                if let Some(number) = numbers.get(&Row { table: entity.0, row: *row }) {
                    table.broken.push((*number, *field, why.clone()));
                }
            }
            tables.insert(entity, table);
        }
        tables
    }
}

/// The values of some records.
fn read<'t>(
    machine: &Machine<'_, 't>,
    entity: EntityId,
    rows: &[u32],
    numbers: &BTreeMap<Row, u32>,
    arenas: &'t Arenas,
) -> Records<'t> {
    let definition = machine.model.entity(entity);
    let width = definition.fields.len();
    let mut records = Records { width, ..Records::default() };
    for (number, &row) in (0..).zip(rows) {
        let row = Row { table: entity.0, row };
        for field in 0..width as u16 {
            let value = machine.field(ExprId(0), Value::Row(row), entity, field, arenas.own());
            let value = value.unwrap_or_else(|stop| {
                if let Some(text) = cell_text(machine, row, field) {
                    // Whoever reads the field of the pool says its name again.
                    let name =
                        format!("{} {}: ", definition.name.text, definition.fields[usize::from(field)].name.text);
                    let why = stop.why.strip_prefix(&name).unwrap_or(&stop.why).to_string();
                    records.broken.insert((number, field), (Failure(why.into()), text));
                }
                Value::Absent
            });
            records.values.push(led(value, numbers, arenas));
        }
    }
    records
}

/// The text of a cell, unless it is that of a reference.
fn cell_text<'t>(machine: &Machine<'_, 't>, row: Row, field: u16) -> Option<&'t str> {
    let table = machine.tables.table(row.table);
    let Rows::Wire { columns, .. } = &table.rows else { return None };
    let columns: &'t [_] = columns;
    let column = columns[usize::from(field)].as_ref()?;
    let (batch, cell) = table.cell(row.row, column.slot, &mut 0);
    match (&column.reader, cell) {
        (Reader::Scalar(_), Cell::Text { start, len } | Cell::Number { start, len }) => Some(batch.text(start, len)),
        _ => None,
    }
}

fn rows_in(value: Value<'_>, into: &mut Vec<Row>) {
    match value {
        Value::Row(row) => into.push(row),
        Value::List(values) | Value::Struct(values) => values.iter().for_each(|value| rows_in(*value, into)),
        _ => {}
    }
}

/// A value whose references lead to the new numbers of records; to nothing where a record has none.
fn led<'t>(value: Value<'t>, numbers: &BTreeMap<Row, u32>, arenas: &'t Arenas) -> Value<'t> {
    match value {
        Value::Row(row) => numbers.get(&row).map_or(Value::Absent, |&number| Value::Row(Row { row: number, ..row })),
        Value::List(values) => {
            let led = values.iter().map(|value| led(*value, numbers, arenas)).filter(|value| !value.is_absent());
            Value::List(arenas.own().alloc_slice_copy(&led.collect::<Vec<_>>()))
        }
        Value::Struct(values) => {
            let led = values.iter().map(|value| led(*value, numbers, arenas));
            Value::Struct(arenas.own().alloc_slice_copy(&led.collect::<Vec<_>>()))
        }
        value => value,
    }
}

/// What records are worked with.
pub struct Look<'t> {
    /// The compiled sync.
    pub plan: &'t Plan<'t>,
    /// Look-up tables.
    pub lookups: &'t [Lookup<'t>],
    /// The date of the run.
    pub as_of: Date,
    /// For each mapping of the route all that can be touched.
    pub all: Vec<Coverage>,
}

impl<'t> Look<'t> {
    /// What some records touch.
    fn touched(&self, pool: &Pool<'_>, chosen: &Chosen) -> Touched {
        let mut touched = Touched::new();
        self.each(pool, chosen, |stage, worked, coverage| {
            touched.extend(seen_in(stage, worked, coverage));
        });
        touched
    }

    /// Shows what each mapping gives, and what was touched in it.
    fn each(&self, pool: &Pool<'_>, chosen: &Chosen, mut each: impl FnMut(usize, &Worked<'_>, &Coverage)) {
        let arenas = Arenas::new(1);
        let input = Input { tables: pool.tables(chosen, &arenas), ..Input::default() };
        work_each(self.plan, input, self.as_of, &arenas, self.lookups, |stage, worked| {
            let mut coverage = self.all[stage].clone();
            coverage.watch(worked);
            each(stage, worked, &coverage);
        });
    }

    /// What all records touch, and for each of that the records that touch it first.
    fn firsts(&self, pool: &Pool<'_>) -> BTreeMap<(usize, Seen), Vec<Row>> {
        let mut firsts = BTreeMap::new();
        let mut before: Option<BTreeMap<Row, Vec<Row>>> = None;
        self.each(pool, &pool.all(), |stage, worked, coverage| {
            let source = |row: Row| -> Vec<Row> {
                let mut rows = Vec::new();
                entity_rows(worked, row, 4, &mut rows);
                match &before {
                    None => rows,
                    Some(before) => rows.iter().filter_map(|row| before.get(row)).flatten().copied().collect(),
                }
            };
            let mut first = |seen: Seen, rows: &[Row]| {
                let known: &mut Vec<Row> = firsts.entry((stage, seen)).or_default();
                known.extend(rows.iter().flat_map(|row| source(*row)));
            };
            seen_in(stage, worked, coverage).into_iter().for_each(|(_, seen)| first(seen, &[]));
            let items = coverage.touched().filter_map(|site| Some((site, coverage.item(site)?)));
            items.for_each(|(site, item)| first(Seen::Site(site), &item.first));
            let rows = worked.made.iter().flat_map(|made| &made.rows);
            let mut whys = BTreeSet::new();
            for row in rows.filter(|row| stopped(&row.fate).is_some_and(|why| whys.insert(why))) {
                let name = |one: &&Stopped| Some(&*one.why) == stopped(&row.fate);
                let one = worked.fallen.stopped.iter().find(name);
                one.into_iter().for_each(|one| first(Seen::Stopped(one.place.clone(), one.why.clone()), &[row.left]));
            }
            aside(worked).take(1).for_each(|row| first(Seen::Protected(EntityId(row.table)), &[row]));
            let made =
                worked.made.iter().flat_map(|made| (0..).zip(&made.rows).map(|(row, of)| (made.entity, row, of)));
            before = Some(made.map(|(entity, row, of)| (Row { table: entity.0, row }, source(of.left))).collect());
        });
        firsts
    }

    /// A small set of records that touches all that all of them touch, as far as [`MANY`] records can, and what all touch.
    /// None of them can be left out, unless work for [`WORK`] records did not suffice to find that out.
    pub fn pick(&self, pool: &Pool<'_>, told: &mut dyn FnMut(Step)) -> Picked {
        let firsts = self.firsts(pool);
        let wanted: Touched = firsts.keys().cloned().collect();
        let mut chosen = pool.closed(firsts.values().flat_map(|rows| rows.iter().take(2)).copied());
        let all = pool.all();
        for step in [None, Some(256), Some(64), Some(16), Some(4), Some(1)] {
            let missing: Vec<_> = wanted.difference(&self.touched(pool, &chosen)).cloned().collect();
            if missing.is_empty() {
                break;
            }
            let more: Vec<Row> = match step {
                None => {
                    // Those that touch it first, and some that refer to records that are there.
                    let first = missing.iter().filter_map(|seen| firsts.get(seen)).flatten();
                    let referring = first.clone().chain(&chosen).filter_map(|row| pool.referrers.get(row));
                    first.clone().chain(referring.flat_map(|rows| rows.iter().take(3))).copied().collect()
                }
                Some(step) => all.iter().copied().step_by(step).collect(),
            };
            let wider: Chosen = chosen.union(&pool.closed(more)).copied().collect();
            // What only very many records touch together, such as two of one key far apart, is told and not recorded.
            if step.is_some() && wider.len() > MANY {
                break;
            }
            chosen = wider;
        }
        let reached = self.touched(pool, &chosen);
        let reached: Touched = wanted.intersection(&reached).cloned().collect();
        told(Step::Left(chosen.len()));
        let mut worked = 0;
        let mut size = chosen.len().div_ceil(if chosen.len() > 500 { 2 } else { 16 });
        while size > 0 && worked < WORK {
            let mut at = 0;
            let mut order: Vec<Row> = chosen.iter().copied().collect();
            while at < order.len() && worked < WORK {
                let fewer = pool.without(&chosen, &order[at..order.len().min(at + size)]);
                worked += fewer.len() + EACH;
                if reached.is_subset(&self.touched(pool, &fewer)) {
                    chosen = fewer;
                    order.retain(|row| chosen.contains(row));
                    told(Step::Left(chosen.len()));
                } else {
                    at += size;
                }
            }
            size = if size == 1 { 0 } else { size.div_ceil(3) };
        }
        Picked { chosen, touched: wanted, smallest: worked < WORK }
    }
}

/// Why a made record is not written, if that is for what it holds.
fn stopped(fate: &Fate) -> Option<&str> {
    match fate {
        Fate::Rejected(why) | Fate::Held(why) => Some(why),
        Fate::Whole | Fate::Outside | Fate::Protected | Fate::Reduced => None,
    }
}

/// The records of entities that a row of a set, or of a group, is made of.
fn entity_rows(worked: &Worked<'_>, row: Row, depth: u8, into: &mut Vec<Row>) {
    if row.table < worked.tables.entities {
        return into.push(row);
    }
    let table = worked.tables.table(row.table);
    let Rows::Slots(slots) = &table.rows else { return };
    let mut rows = Vec::new();
    for slot in slots {
        match slot.get(row.row as usize) {
            Value::List(values) => values.iter().take(2).for_each(|value| rows_in(*value, &mut rows)),
            value => rows_in(value, &mut rows),
        }
    }
    if depth > 0 {
        rows.into_iter().for_each(|row| entity_rows(worked, row, depth - 1, into));
    }
}

/// What can be touched in each mapping of a compiled sync, in whatever file it stands.
pub fn all(model: &Model, plan: &Plan<'_>) -> Vec<Coverage> {
    plan.route.typed.iter().map(|typed| Coverage::of(model, typed, &|_| true)).collect()
}
