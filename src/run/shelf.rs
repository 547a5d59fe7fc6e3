//! The right side of a sync, row by row: what finds a record, and a digest of what it holds.
//!
//! Of a list that can be read again nobody needs to hold the records. A digest tells that a record is as it should be, and of those
//! that are not, and of those that nobody has asked for in the end, the rows are read once more.

use super::eval::block::{BLOCK, Block};
use super::eval::{Links, Odd};
use super::key::{Hasher, Keys};
use super::make::Made;
use super::pieces::hashes;
use super::right::{Memory, Reading, plain_value};
use super::stage::Setting;
use super::table::{Index, Known, Table};
use crate::adapter::{Batch, Cell, Place};
use crate::check::typed::{ExprId, Node, TypedMap};
use crate::model::Entity;
use crate::plan::{Column, Plan};
use crate::protocol::files::line::push_cell;
use crate::store::{Link, LinkState};
use crate::value::normal::{is_composed, normal_form};
use crate::value::{Arena, EntityId, Row, Type, Value};
use hashbrown::HashSet;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed, xxh3_128};

/// How the records of a right entity are looked at.
pub struct Looking<'s> {
    plan: &'s Plan<'s>,
    setting: &'s Setting<'s>,
    id: EntityId,
    columns: &'s [Option<Column>],
    map: &'s TypedMap,
    /// Fields that expressions name.
    named: BTreeSet<u16>,
    /// Fields that rules write.
    compared: Vec<Compared<'s>>,
    /// By line of the match rules: true if it asks for the key.
    by_key: Vec<bool>,
    /// The slots of the compared fields, if all of them are plain texts.
    slots: Option<Vec<usize>>,
    /// What stands between two texts of which a digest is taken: what does in the rows that were looked at first.
    separator: OnceLock<u8>,
}

/// The records of a right entity.
pub struct Shelf {
    theirs: bool,
    keys: Known,
    /// True if two rows have one key.
    doubled: bool,
    /// By line of the match rules.
    lines: Vec<Line>,
    digests: Vec<u64>,
    starts: Vec<Start>,
    /// What the store remembers of the rows; empty without links.
    lefts: Lefts,
}

/// What was seen of the rows of a lot, in their order.
#[derive(Default)]
pub struct Looked {
    keys: Vec<Option<u128>>,
    /// By line of the match rules: rows, and what they are found by.
    lines: Vec<Vec<(u32, u128)>>,
    digests: Vec<u64>,
    /// None if one of them cannot be read again.
    starts: Option<Vec<Start>>,
    /// About how many rows come after these.
    ahead: usize,
}

/// What made records have said of the rows.
pub struct Marks {
    rows: Vec<Mark>,
    /// Keys of made records that no row has.
    others: HashSet<u128>,
}

/// A field whose values are compared.
struct Compared<'s> {
    field: usize,
    ty: &'s Type,
    column: Option<&'s Column>,
    /// True if a text stands for itself, but for its normal form.
    is_text: bool,
}

/// Where a row stands, in one number: the byte that it starts with, how many bytes it takes, and its file.
#[derive(Clone, Copy)]
struct Start(u64);

impl Start {
    /// Bits of the byte that a row starts with, and of how many it takes; the others are the number of the file.
    const BITS: [u32; 2] = [40, 16];

    /// None of a row that does not fit: of a terabyte, or longer than any record of a school.
    fn of(place: Place) -> Option<Start> {
        let [start, len] = Start::BITS;
        let fits = place.start >> start == 0 && place.len >> len == 0 && place.file >> (64 - start - len) == 0;
        fits.then_some(Start(place.start | u64::from(place.len) << start | u64::from(place.file) << (start + len)))
    }

    fn place(self) -> Place {
        let [start, len] = Start::BITS;
        Place {
            file: (self.0 >> (start + len)) as u32,
            len: (self.0 >> start) as u32 & ((1 << len) - 1),
            start: self.0 & ((1 << start) - 1),
        }
    }
}

/// What is known of a row.
#[derive(Clone, Copy, Default)]
struct Mark(u8);

impl Mark {
    /// Some made record has its key.
    const NAMED: u8 = 1;
    /// Some made record is this one.
    const TAKEN: u8 = 2;

    fn has(self, bit: u8) -> bool {
        self.0 & bit != 0
    }
}

/// Left keys of rows.
#[derive(Default)]
struct Lefts {
    by_left: Index,
    texts: String,
    /// By row: start and length; of one that is not linked, [`Lefts::NONE`] and nothing.
    spans: Vec<(u32, u32)>,
    /// Rows of which the store remembers what asks for a second look: they were switched off, or are known by other identities.
    asking: HashSet<u32>,
    /// How many links there are, also to records that are not there.
    count: u64,
}

impl Lefts {
    const NONE: u32 = u32::MAX;

    fn of(&self, row: u32) -> Option<(u32, u32)> {
        self.spans.get(row as usize).copied().filter(|(start, _)| *start != Lefts::NONE)
    }
}

/// A right record that a made one may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Candidate {
    /// This row, which it is linked with.
    Linked(u32),
    /// This row, by its key or a match rule.
    Matched(u32),
    /// None.
    Nobody,
    /// Only all records together tell.
    Unclear,
}

impl<'s> Looking<'s> {
    /// At the records of the map's right entity, which are read with these columns.
    pub fn of(
        plan: &'s Plan<'s>,
        setting: &'s Setting<'s>,
        map: &'s TypedMap,
        columns: &'s [Option<Column>],
    ) -> Looking<'s> {
        let written = map.rules.iter().filter(|rule| !rule.off);
        let compared: BTreeSet<u16> = written.filter_map(|rule| Some(rule.target.as_ref()?.field)).collect();
        let compare = |field: usize| {
            let ty = &plan.model.entity(map.right).fields[field].ty;
            Compared { field, ty, column: columns[field].as_ref(), is_text: *ty == Type::Text }
        };
        let compared: Vec<_> = compared.into_iter().map(usize::from).map(compare).collect();
        let plain = |field: &Compared<'_>| field.column.filter(|column| column.plain).map(|column| column.slot);
        let slots = compared.iter().map(plain).collect();
        let named = crate::check::needs::named(setting.typed, map.right);
        let by_key = map.matches.iter().map(|line| is_by_key(plan, setting, map, line)).collect();
        let separator = OnceLock::new();
        Looking { plan, setting, id: map.right, columns, map, named, compared, by_key, slots, separator }
    }

    fn entity(&self) -> &'s Entity {
        self.plan.model.entity(self.id)
    }

    /// A shelf without records.
    pub fn shelf(&self) -> Shelf {
        let line = |&by_key: &bool| if by_key { Line::Key } else { Line::Rows(Index::default()) };
        Shelf {
            theirs: self.entity().write.as_ref().is_some_and(|write| write.id_theirs),
            keys: Known::default(),
            doubled: false,
            lines: self.by_key.iter().map(line).collect(),
            digests: Vec::new(),
            starts: Vec::new(),
            lefts: Lefts::default(),
        }
    }

    /// Looks at rows.
    pub fn look(&self, batches: &[Batch]) -> Looked {
        let mut looked = Looked { lines: vec![Vec::new(); self.by_key.len()], ..Looked::default() };
        let mut arena = Arena::new();
        for batch in batches {
            self.find_by(batch, &arena, &mut looked);
            let wire = Wire { batch, slots: self.slots.as_deref(), arena: &arena };
            looked.digests.extend(self.digests_of(batch.len(), &wire));
            arena.reset();
        }
        let rows = batches.iter().flat_map(|batch| (0..batch.len()).map(move |row| (batch, row)));
        looked.ahead = batches.last().map_or(0, |batch| batch.ahead as usize);
        looked.starts = rows.map(|(batch, row)| batch.place(row).and_then(Start::of)).collect();
        looked
    }

    /// Adds what finds the rows of a batch.
    fn find_by(&self, batch: &Batch, arena: &Arena, looked: &mut Looked) {
        let first = looked.digests.len() as u32;
        let memory = Memory::default();
        let reading = Reading { plan: self.plan, memory: &memory, named: &self.named, all: false };
        let (keys, slots) = reading.kept(self.entity(), self.columns, batch, arena);
        looked.keys.extend(keys.iter().map(|key| Some(key_hash(key))));
        if !self.by_key.contains(&false) {
            return;
        }
        let setting = Setting::clone(self.setting);
        let tables = setting.tables(BTreeMap::new()).with(self.id.0, Arc::new(Table::slots(slots, batch.len())));
        let (none, odd) = (Links::default(), Odd::default());
        let machine = setting.machine(&tables, &none, &odd).inside(true);
        let mut block = Block::new(0, 0, arena);
        let rows: Vec<u32> = (0..batch.len() as u32).collect();
        for rows in rows.chunks(BLOCK) {
            let all: Vec<u32> = (0..rows.len() as u32).collect();
            let lines = self.map.matches.iter().zip(&self.by_key).zip(&mut looked.lines);
            for ((line, _), found) in lines.filter(|((_, by_key), _)| !**by_key) {
                block.begin(rows.len(), usize::from(self.map.frame) + 1);
                block.set(0, rows.iter().map(|&row| Value::Row(Row { table: self.id.0, row })).collect());
                let sides = line.iter().map(|(_, side, ty)| (*side, *ty));
                let hashes = hashes(&machine, sides, &all, &mut block);
                found.extend(hashes.into_iter().map(|(at, hash)| (first + rows[at as usize], hash)));
                // What cannot be worked out finds nobody.
                block.recover(0);
            }
        }
    }

    /// The digests of the values of made records.
    pub fn digests(&self, made: &Made<'_>, arena: &Arena) -> Vec<u64> {
        let fields = || self.compared.iter().map(|compared| compared.field);
        let given = fields().map(|field| made.values.given(field)).collect();
        // Of other texts the normal form counts.
        let as_they_stand = self.compared.iter().all(|compared| compared.is_text);
        let slots = if as_they_stand { made.values.slots(fields()) } else { None };
        self.digests_of(made.rows.len(), &Worked { made, slots, given, arena })
    }

    fn digests_of(&self, rows: usize, from: &impl Glances) -> Vec<u64> {
        let separator = *self.separator.get_or_init(|| from.separator().unwrap_or(b','));
        let mut digests = Digests { compared: &self.compared, separator, line: String::new() };
        (0..rows).map(|row| digests.of(row, from)).collect()
    }
}

/// Rows of which digests are taken.
trait Glances {
    /// What stands between cells of these rows as they were read.
    fn separator(&self) -> Option<u8>;

    /// The compared fields of a row as a line of CSV, if they stand somewhere like this.
    fn line(&self, row: usize, separator: u8) -> Option<&[u8]>;

    /// What is seen of a field of a row, which is the compared one with this number.
    fn glance<'a>(&'a self, number: usize, field: &Compared<'_>, row: usize) -> Glance<'a>;

    /// The value in a row, in normal form.
    fn normal<'a>(&'a self, field: &'a Compared<'_>, row: usize) -> Value<'a>;
}

/// Rows as they were read.
struct Wire<'b> {
    batch: &'b Batch,
    /// Where the values of the compared fields stand, if all of them are plain texts.
    slots: Option<&'b [usize]>,
    arena: &'b Arena,
}

impl Glances for Wire<'_> {
    fn separator(&self) -> Option<u8> {
        self.batch.csv.map(|csv| csv.separator)
    }

    fn line(&self, row: usize, separator: u8) -> Option<&[u8]> {
        self.batch.line(row, self.slots?, separator)
    }

    fn glance<'a>(&'a self, _: usize, field: &Compared<'_>, row: usize) -> Glance<'a> {
        let Some(column) = field.column else { return Glance::Absent };
        match self.batch.cell(row, column.slot) {
            Cell::Missing | Cell::Null => Glance::Absent,
            Cell::Text { len: 0, .. } if column.plain => Glance::Absent,
            Cell::Text { start, len } if column.plain => Glance::Text(self.batch.text(start, len)),
            _ => Glance::Other,
        }
    }

    fn normal<'a>(&'a self, field: &'a Compared<'_>, row: usize) -> Value<'a> {
        match field.column {
            Some(column) => plain_value(field.ty, column, self.batch, self.batch.cell(row, column.slot), self.arena),
            None => Value::Absent,
        }
    }
}

/// Made records.
struct Worked<'w, 't> {
    made: &'w Made<'t>,
    /// Where the values of the compared fields stand, if all of them are lent by rows as they were read.
    slots: Option<Vec<usize>>,
    /// The values of each compared field, if they stand one behind the other.
    given: Vec<Option<&'w [Value<'t>]>>,
    arena: &'w Arena,
}

impl Glances for Worked<'_, '_> {
    fn separator(&self) -> Option<u8> {
        None
    }

    fn line(&self, row: usize, separator: u8) -> Option<&[u8]> {
        self.made.values.line(row, self.slots.as_ref()?, separator)
    }

    fn glance<'a>(&'a self, number: usize, field: &Compared<'_>, row: usize) -> Glance<'a> {
        match self.given[number].map_or_else(|| self.made.value(row, field.field), |values| values[row]) {
            Value::Absent => Glance::Absent,
            Value::Text(text) if field.is_text && !text.is_empty() => Glance::Text(text),
            _ => Glance::Other,
        }
    }

    fn normal<'a>(&'a self, field: &'a Compared<'_>, row: usize) -> Value<'a> {
        normal_form(field.ty, self.made.value(row, field.field), self.arena)
    }
}

impl Shelf {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.digests.len()
    }

    /// Adds rows. Gives false if one of them cannot be read again.
    pub fn add(&mut self, looked: Looked) -> bool {
        let Looked { keys, lines, mut digests, starts: Some(mut starts), ahead } = looked else { return false };
        let first = self.digests.len() as u32;
        if first == 0 {
            self.keys.expect(keys.len() + ahead);
        }
        self.doubled |= self.keys.add(&keys).iter().any(Option::is_some);
        for (line, found) in self.lines.iter_mut().zip(lines) {
            if let Line::Rows(index) = line {
                for (row, hash) in found {
                    index.add(hash, first + row);
                }
            }
        }
        self.digests.append(&mut digests);
        self.starts.append(&mut starts);
        true
    }

    /// What made records say of the rows: nothing yet.
    pub fn marks(&self) -> Marks {
        Marks { rows: vec![Mark::default(); self.len()], others: HashSet::new() }
    }

    /// Joins what the store remembers of a left record with its row.
    pub fn remember(&mut self, link: &Link) {
        let lefts = &mut self.lefts;
        lefts.count += u64::from(!link.left_key.is_empty());
        let key = if self.theirs { link.right_id.as_deref().unwrap_or(&link.right_key) } else { &link.right_key };
        let Some(row) = self.keys.first(key_hash(key)) else { return };
        lefts.spans.resize(self.digests.len(), (Lefts::NONE, 0));
        lefts.spans[row as usize] = (lefts.texts.len() as u32, link.left_key.len() as u32);
        lefts.texts.push_str(&link.left_key);
        match link.state == LinkState::Deactivated || !link.identities.is_empty() {
            true => lefts.asking.insert(row),
            false => lefts.asking.remove(&row),
        };
    }

    /// Finds rows by what they are linked with from now on: everything that is remembered was told.
    pub fn remembered(&mut self) {
        for row in 0..self.lefts.spans.len() as u32 {
            if let Some(hash) = self.left_key(row).map(key_hash) {
                self.lefts.by_left.add(hash, row);
            }
        }
    }

    /// False if only the rows together tell which one a link means, since two have one key.
    pub fn is_clear(&self) -> bool {
        self.lefts.count == 0 || !self.doubled
    }

    /// How many links there are.
    pub fn links(&self) -> u64 {
        self.lefts.count
    }

    /// The key of the left record that a row is linked with.
    pub fn left_key(&self, row: u32) -> Option<&str> {
        let (start, len) = self.lefts.of(row)?;
        self.lefts.texts.get(start as usize..(start + len) as usize)
    }

    /// The row linked with a left record.
    pub fn linked(&self, left_key: &str) -> Option<u32> {
        self.lefts.by_left.first(key_hash(left_key))
    }

    /// The rows with the keys of made records, each with its digest.
    pub fn with_keys(&self, keys: &Keys) -> Vec<Option<(u32, u64)>> {
        // Step by step for all: looking for one does not wait for the one before.
        let hashes: Vec<_> = keys.iter().map(|key| key.map(key_hash)).collect();
        let rows: Vec<_> = hashes.into_iter().map(|hash| self.keys.first(hash?)).collect();
        rows.into_iter().map(|row| row.map(|row| (row, self.digests[row as usize]))).collect()
    }

    /// The right record of a made one without a link, by the row that has its key and by what the lines of the match rules ask
    /// for: the hash of it, or for a line that asks for the key, that of the key.
    pub fn candidate(
        &self,
        marks: &Marks,
        by_key: Option<u32>,
        asked: impl Fn(usize, &Line) -> Option<u128>,
    ) -> Candidate {
        if self.digests.is_empty() {
            return Candidate::Nobody;
        }
        if let Some(row) = by_key {
            let taken = marks.is_taken(row) || self.lefts.of(row).is_some();
            return if taken { Candidate::Unclear } else { Candidate::Matched(row) };
        }
        for (number, line) in self.lines.iter().enumerate() {
            let Some(hash) = asked(number, line) else { continue };
            let index = match line {
                Line::Rows(index) => index,
                Line::Key if self.keys.first(hash).is_none() => continue,
                Line::Key => return Candidate::Unclear,
            };
            let mut free = index.rows(hash).filter(|&row| !marks.is_taken(row));
            match (free.next(), free.next()) {
                (None, _) => {}
                (Some(row), None) if self.lefts.of(row).is_none() => return Candidate::Matched(row),
                _ => return Candidate::Unclear,
            }
        }
        Candidate::Nobody
    }

    /// The digest of a row.
    pub fn digest_of(&self, row: u32) -> u64 {
        self.digests[row as usize]
    }

    /// True if the store has something to add to a row.
    pub fn asks(&self, row: u32) -> bool {
        self.lefts.asking.contains(&row)
    }

    /// Where rows stand.
    pub fn places(&self, rows: &[u32]) -> Vec<Place> {
        rows.iter().map(|&row| self.starts[row as usize].place()).collect()
    }
}

impl Marks {
    /// Notes that a made record has a key, which is that of this row if of any. False if another made record has the same key.
    pub fn name(&mut self, key: &str, row: Option<u32>) -> bool {
        let Some(row) = row else { return self.others.insert(key_hash(key)) };
        let mark = &mut self.rows[row as usize];
        let first = !mark.has(Mark::NAMED);
        mark.0 |= Mark::NAMED;
        first
    }

    /// A made record is this one. False if another one is.
    pub fn take(&mut self, row: u32) -> bool {
        let mark = &mut self.rows[row as usize];
        let free = !mark.has(Mark::TAKEN);
        mark.0 |= Mark::TAKEN;
        free
    }

    /// The rows that no made record is.
    pub fn left_over(&self) -> Vec<u32> {
        (0..self.rows.len() as u32).filter(|&row| !self.is_taken(row)).collect()
    }

    fn is_taken(&self, row: u32) -> bool {
        self.rows[row as usize].has(Mark::TAKEN)
    }
}

/// What finds the rows that a line of the match rules asks for.
pub enum Line {
    /// The rows by the hash of what the line looks at.
    Rows(Index),
    /// The line asks for the key as it stands, so that a made record with another key finds nobody by it. Should it find somebody
    /// all the same, only all records together tell whether these are the same.
    Key,
}

/// True if a line of the match rules asks for the key as it stands.
fn is_by_key(plan: &Plan<'_>, setting: &Setting<'_>, map: &TypedMap, line: &[(ExprId, ExprId, u32)]) -> bool {
    let entity = plan.model.entity(map.right);
    let [(_, right, _)] = line else { return false };
    matches!((setting.typed.nodes.node(*right), entity.key.as_slice()),
        (Node::Field { entity: of, field, .. }, [first, others @ ..])
            if *of == map.right
                && usize::from(*field) == *first
                && entity.fields[*first].ty == Type::Text
                && (others.is_empty() || entity.first_present))
}

/// The hash of a key text.
pub fn key_hash(key: &str) -> u128 {
    xxh3_128(key.as_bytes())
}

/// Digests of the values of rows in normal form: equal values have equal digests.
///
/// The digest of texts is that of the line of CSV that they make, so that most rows of a file need not be taken apart. Two rows
/// that make one line hold the same texts.
struct Digests<'s> {
    compared: &'s [Compared<'s>],
    separator: u8,
    line: String,
}

/// A value as far as it is seen at a glance.
enum Glance<'a> {
    Absent,
    /// A text, which may not be in normal form, and is not empty.
    Text(&'a str),
    /// It has to be made.
    Other,
}

impl Digests<'_> {
    /// What the digest of a row with other values than texts begins with.
    const OTHER: u64 = 0xC2B2_AE3D_27D4_EB4F;

    /// Of a row.
    fn of(&mut self, row: usize, from: &impl Glances) -> u64 {
        if let Some(line) = from.line(row, self.separator).filter(|line| is_composed(line)) {
            return xxh3_64(line);
        }
        let compared = self.compared;
        let seen = |(number, field)| match from.glance(number, field, row) {
            Glance::Absent => Some(""),
            Glance::Text(text) => Some(text),
            Glance::Other => None,
        };
        if self.join(compared.iter().enumerate().map(seen)) && is_composed(self.line.as_bytes()) {
            return xxh3_64(self.line.as_bytes());
        }
        let values: Vec<Value<'_>> = compared.iter().map(|field| from.normal(field, row)).collect();
        let text = |value| match value {
            Value::Absent => Some(""),
            Value::Text(text) => Some(text).filter(|text| !text.is_empty()),
            _ => None,
        };
        if self.join(values.iter().copied().map(text)) {
            return xxh3_64(self.line.as_bytes());
        }
        let mut hasher = Hasher::default();
        values.into_iter().for_each(|value| hasher.value(&Type::Unknown, value, &Arena::new()));
        xxh3_64_with_seed(&hasher.finish().to_le_bytes(), Digests::OTHER)
    }

    /// Makes the line of some texts: false if one of them is none.
    fn join<'a>(&mut self, texts: impl Iterator<Item = Option<&'a str>>) -> bool {
        self.line.clear();
        for (number, text) in texts.enumerate() {
            let Some(text) = text else { return false };
            if number > 0 {
                self.line.push(char::from(self.separator));
            }
            push_cell(&mut self.line, self.separator, text);
        }
        true
    }
}
