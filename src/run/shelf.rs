//! The right side of a sync, row by row: what finds a record, and a digest of what it holds.
//!
//! Of a list that can be read again nobody needs to hold the records. A digest tells that a record is as it should be, and of those
//! that are not, and of those that nobody has asked for in the end, the rows are read once more.

use super::eval::block::{BLOCK, Block};
use super::eval::{Links, Odd};
use super::key::Hasher;
use super::pieces::hashes;
use super::right::{Memory, Reading, plain_value};
use super::stage::Setting;
use super::table::{Index, Known, Table};
use crate::adapter::{Batch, Cell, Place};
use crate::check::typed::{ExprId, Node, TypedMap};
use crate::model::Entity;
use crate::plan::{Column, Plan};
use crate::store::{Link, LinkState};
use crate::value::normal::{is_composed, normal_form};
use crate::value::{Arena, EntityId, Row, Type, Value};
use hashbrown::HashSet;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// The records of a right entity.
pub struct Shelf<'s> {
    plan: &'s Plan<'s>,
    setting: &'s Setting<'s>,
    id: EntityId,
    columns: &'s [Option<Column>],
    map: &'s TypedMap,
    /// Fields that expressions name.
    named: BTreeSet<u16>,
    /// Fields that rules write.
    compared: Vec<Compared<'s>>,
    keys: Known,
    /// True if two rows have one key.
    doubled: bool,
    /// By line of the match rules.
    lines: Vec<Line>,
    digests: Vec<u64>,
    starts: Vec<Start>,
    marks: Vec<Mark>,
    /// Keys of made records that no row has.
    others: HashSet<u128>,
    /// What the store remembers of the rows; empty without links.
    lefts: Lefts,
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
    /// It is linked.
    const LINKED: u8 = 4;
    /// What the store remembers of it asks for a second look: it was switched off, or is known by other identities.
    const ASKS: u8 = 8;

    fn has(self, bit: u8) -> bool {
        self.0 & bit != 0
    }
}

/// Left keys of rows.
#[derive(Default)]
struct Lefts {
    by_left: Index,
    texts: String,
    /// By row: start and length.
    spans: Vec<(u32, u32)>,
    /// How many links there are, also to records that are not there.
    count: u64,
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

impl<'s> Shelf<'s> {
    /// An empty shelf for the records of the map's right entity, which are read with these columns.
    pub fn of(
        plan: &'s Plan<'s>,
        setting: &'s Setting<'s>,
        map: &'s TypedMap,
        columns: &'s [Option<Column>],
    ) -> Shelf<'s> {
        let written = map.rules.iter().filter(|rule| !rule.off);
        let compared: BTreeSet<u16> = written.filter_map(|rule| Some(rule.target.as_ref()?.field)).collect();
        let compared = compared.into_iter().map(usize::from).map(|field| {
            let ty = &plan.model.entity(map.right).fields[field].ty;
            Compared { field, ty, column: columns[field].as_ref(), is_text: *ty == Type::Text }
        });
        Shelf {
            plan,
            setting,
            id: map.right,
            columns,
            map,
            named: crate::check::needs::named(setting.typed, map.right),
            compared: compared.collect(),
            keys: Known::default(),
            doubled: false,
            lines: map.matches.iter().map(|line| Line::of(plan, setting, map, line)).collect(),
            digests: Vec::new(),
            starts: Vec::new(),
            marks: Vec::new(),
            others: HashSet::new(),
            lefts: Lefts::default(),
        }
    }

    fn entity(&self) -> &'s Entity {
        self.plan.model.entity(self.id)
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.digests.len()
    }

    /// Adds rows. Gives false if one of them cannot be read again.
    pub fn add(&mut self, batches: &[Batch]) -> bool {
        batches.iter().all(|batch| {
            let arena = Arena::new();
            self.find_by(batch, &arena);
            let mut digest = Digest::default();
            for row in 0..batch.len() {
                self.digests.push(digest.of_row(&self.compared, batch, row, &arena));
                self.marks.push(Mark::default());
                match batch.place(row).and_then(Start::of) {
                    Some(start) => self.starts.push(start),
                    None => return false,
                }
            }
            true
        })
    }

    /// Adds what finds the rows of a batch.
    fn find_by(&mut self, batch: &Batch, arena: &Arena) {
        let first = self.digests.len() as u32;
        let memory = Memory::default();
        let reading = Reading { plan: self.plan, memory: &memory, named: &self.named, all: false };
        let (keys, slots) = reading.kept(self.entity(), self.columns, batch, arena);
        for (row, key) in (first..).zip(&keys) {
            self.doubled |= self.keys.add(Some(key_hash(key)), row).is_some();
        }
        if self.lines.iter().all(|line| matches!(line, Line::Key)) {
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
            for (line, found) in self.map.matches.iter().zip(&mut self.lines) {
                let Line::Rows(index) = found else { continue };
                block.begin(rows.len(), usize::from(self.map.frame) + 1);
                block.set(0, rows.iter().map(|&row| Value::Row(Row { table: self.id.0, row })).collect());
                let sides = line.iter().map(|(_, side, ty)| (*side, *ty));
                for (at, hash) in hashes(&machine, sides, &all, &mut block) {
                    index.add(hash, first + rows[at as usize]);
                }
                // What cannot be worked out finds nobody.
                block.recover(0);
            }
        }
    }

    /// Joins what the store remembers of a left record with its row.
    pub fn remember(&mut self, link: &Link) {
        let theirs = self.entity().write.as_ref().is_some_and(|write| write.id_theirs);
        let lefts = &mut self.lefts;
        lefts.count += u64::from(!link.left_key.is_empty());
        let key = if theirs { link.right_id.as_deref().unwrap_or(&link.right_key) } else { &link.right_key };
        let Some(row) = self.keys.first(key_hash(key)) else { return };
        lefts.spans.resize(self.digests.len(), (0, 0));
        lefts.spans[row as usize] = (lefts.texts.len() as u32, link.left_key.len() as u32);
        lefts.texts.push_str(&link.left_key);
        let asks = link.state == LinkState::Deactivated || !link.identities.is_empty();
        let mark = &mut self.marks[row as usize];
        mark.0 = mark.0 & !Mark::ASKS | Mark::LINKED | if asks { Mark::ASKS } else { 0 };
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
        let linked = self.marks[row as usize].has(Mark::LINKED);
        let (start, len) = *self.lefts.spans.get(row as usize).filter(|_| linked)?;
        self.lefts.texts.get(start as usize..(start + len) as usize)
    }

    /// The row linked with a left record.
    pub fn linked(&self, left_key: &str) -> Option<u32> {
        self.lefts.by_left.first(key_hash(left_key))
    }

    /// The rows with the keys of made records, each with its digest.
    pub fn with_keys(&self, keys: &[Option<String>]) -> Vec<Option<(u32, u64)>> {
        // Step by step for all: looking for one does not wait for the one before.
        let hashes: Vec<_> = keys.iter().map(|key| key.as_deref().map(key_hash)).collect();
        let rows: Vec<_> = hashes.into_iter().map(|hash| self.keys.first(hash?)).collect();
        rows.into_iter().map(|row| row.map(|row| (row, self.digests[row as usize]))).collect()
    }

    /// Notes that a made record has a key, which is that of this row if of any. False if another made record has the same key.
    pub fn name(&mut self, key: &str, row: Option<u32>) -> bool {
        let Some(row) = row else { return self.others.insert(key_hash(key)) };
        let mark = &mut self.marks[row as usize];
        let first = !mark.has(Mark::NAMED);
        mark.0 |= Mark::NAMED;
        first
    }

    /// The right record of a made one without a link, by the row that has its key and by what the lines of the match rules ask
    /// for: the hash of it, or for a line that asks for the key, that of the key.
    pub fn candidate(&self, by_key: Option<u32>, asked: impl Fn(usize, &Line) -> Option<u128>) -> Candidate {
        if self.digests.is_empty() {
            return Candidate::Nobody;
        }
        if let Some(row) = by_key {
            let mark = self.marks[row as usize];
            return if mark.has(Mark::TAKEN | Mark::LINKED) { Candidate::Unclear } else { Candidate::Matched(row) };
        }
        for (number, line) in self.lines.iter().enumerate() {
            let Some(hash) = asked(number, line) else { continue };
            let index = match line {
                Line::Rows(index) => index,
                Line::Key if self.keys.first(hash).is_none() => continue,
                Line::Key => return Candidate::Unclear,
            };
            let mut free = index.rows(hash).filter(|&row| !self.marks[row as usize].has(Mark::TAKEN));
            match (free.next(), free.next()) {
                (None, _) => {}
                (Some(row), None) if !self.marks[row as usize].has(Mark::LINKED) => return Candidate::Matched(row),
                _ => return Candidate::Unclear,
            }
        }
        Candidate::Nobody
    }

    /// A made record is this one. False if another one is.
    pub fn take(&mut self, row: u32) -> bool {
        let mark = &mut self.marks[row as usize];
        let free = !mark.has(Mark::TAKEN);
        mark.0 |= Mark::TAKEN;
        free
    }

    /// The rows that no made record is.
    pub fn left_over(&self) -> Vec<u32> {
        (0..self.len() as u32).filter(|&row| !self.marks[row as usize].has(Mark::TAKEN)).collect()
    }

    /// The digest of a row.
    pub fn digest_of(&self, row: u32) -> u64 {
        self.digests[row as usize]
    }

    /// True if the store has something to add to a row.
    pub fn asks(&self, row: u32) -> bool {
        self.marks[row as usize].has(Mark::ASKS)
    }

    /// The digest of the values of a made record.
    pub fn digest(&self, values: &[Value<'_>], digest: &mut Digest, arena: &Arena) -> u64 {
        digest.of_values(&self.compared, values, arena)
    }

    /// Where rows stand.
    pub fn places(&self, rows: &[u32]) -> Vec<Place> {
        rows.iter().map(|&row| self.starts[row as usize].place()).collect()
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

impl Line {
    fn of(plan: &Plan<'_>, setting: &Setting<'_>, map: &TypedMap, line: &[(ExprId, ExprId, u32)]) -> Line {
        let entity = plan.model.entity(map.right);
        let asked = match line {
            [(_, right, _)] => setting.typed.nodes.node(*right),
            _ => return Line::Rows(Index::default()),
        };
        match (asked, entity.key.as_slice()) {
            (Node::Field { entity: of, field, .. }, [first, others @ ..])
                if *of == map.right
                    && usize::from(*field) == *first
                    && entity.fields[*first].ty == Type::Text
                    && (others.is_empty() || entity.first_present) =>
            {
                Line::Key
            }
            _ => Line::Rows(Index::default()),
        }
    }
}

/// The hash of a key text.
pub fn key_hash(key: &str) -> u128 {
    xxh3_128(key.as_bytes())
}

/// A digest of values in normal form: equal values have equal digests.
#[derive(Default)]
pub struct Digest(Vec<u8>);

/// A value as far as it is seen at a glance.
enum Glance<'a> {
    Absent,
    /// A text that stands for itself, but for its normal form.
    Text(&'a [u8]),
    /// It has to be made.
    Other,
}

impl Digest {
    /// What stands before a value is two times seven bits: the length of a text, or one of these.
    const ABSENT: u16 = 0x3FFF;
    const LONG: u16 = 0x3FFE;
    const OTHER: u16 = 0x3FFD;

    fn of_row(&mut self, compared: &[Compared<'_>], batch: &Batch, row: usize, arena: &Arena) -> u64 {
        let glance = |field: &Compared<'_>| {
            let Some(column) = field.column else { return Glance::Absent };
            match batch.cell(row, column.slot) {
                Cell::Text { start, len } if column.plain && len > 0 => Glance::Text(batch.bytes(start, len)),
                Cell::Missing | Cell::Null => Glance::Absent,
                Cell::Text { len: 0, .. } if column.plain => Glance::Absent,
                _ => Glance::Other,
            }
        };
        self.of(compared, glance, |field| match field.column {
            Some(column) => plain_value(field.ty, column, batch, batch.cell(row, column.slot), arena),
            None => Value::Absent,
        })
    }

    fn of_values(&mut self, compared: &[Compared<'_>], values: &[Value<'_>], arena: &Arena) -> u64 {
        let glance = |field: &Compared<'_>| match values[field.field] {
            Value::Absent => Glance::Absent,
            Value::Text(text) if field.is_text => Glance::Text(text.as_bytes()),
            _ => Glance::Other,
        };
        self.of(compared, glance, |field| normal_form(field.ty, values[field.field], arena))
    }

    /// Texts that are in normal form as their bytes tell, which most are, are taken as they stand; else every value is made.
    fn of<'a, 'v, 's>(
        &mut self,
        compared: &'a [Compared<'s>],
        glance: impl Fn(&'a Compared<'s>) -> Glance<'v>,
        normal: impl Fn(&'a Compared<'s>) -> Value<'v>,
    ) -> u64 {
        self.0.clear();
        let seen = compared.iter().all(|field| match glance(field) {
            Glance::Absent => {
                self.head(Digest::ABSENT);
                true
            }
            Glance::Text(text) if text.len() < usize::from(Digest::OTHER) => {
                self.head(text.len() as u16);
                self.0.extend_from_slice(text);
                true
            }
            Glance::Text(_) | Glance::Other => false,
        });
        if !seen || !is_composed(&self.0) {
            self.0.clear();
            compared.iter().for_each(|field| self.normal(normal(field)));
        }
        xxh3_64(&self.0)
    }

    /// Adds a value in normal form.
    fn normal(&mut self, value: Value<'_>) {
        match value {
            Value::Absent => self.head(Digest::ABSENT),
            Value::Text(text) => {
                match u16::try_from(text.len()).ok().filter(|len| *len < Digest::OTHER) {
                    Some(len) => self.head(len),
                    None => {
                        self.head(Digest::LONG);
                        self.0.extend((text.len() as u64).to_le_bytes());
                    }
                }
                self.0.extend_from_slice(text.as_bytes());
            }
            value => {
                let mut hasher = Hasher::default();
                hasher.value(&Type::Unknown, value, &Arena::new());
                self.head(Digest::OTHER);
                self.0.extend(hasher.finish().to_le_bytes());
            }
        }
    }

    #[inline]
    fn head(&mut self, head: u16) {
        self.0.extend_from_slice(&[(head & 0x7F) as u8, (head >> 7) as u8]);
    }
}
