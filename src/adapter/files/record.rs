//! One JSON record to cells: only what slots need is looked at, and texts without escapes stay where they are.

use super::walk::{self, Walk};
use crate::adapter::{Cell, Wrong};
use crate::protocol::files::shape::{Fields, Kind, Shape};

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;

/// Where cells of records go.
#[derive(Debug, Default)]
pub struct Sink {
    /// Cells of the rows.
    pub cells: Vec<Cell>,
    /// Cells inside lists and structures.
    pub inner: Vec<Cell>,
    /// Texts that had to be decoded.
    pub tail: Vec<u8>,
    /// How many rows there are.
    pub rows: usize,
    /// Cells of lists that are being read.
    pub(super) open: Vec<Cell>,
    /// Address of the first byte of the text that cells point into.
    base: usize,
    /// Where the tail will stand behind that text.
    tail_at: usize,
}

/// The row or the structure that is being filled: its first cell.
#[derive(Clone, Copy)]
pub(super) enum Target {
    Row(usize),
    Inner(usize),
}

impl Sink {
    /// A sink for records of this text.
    pub fn new(text: &[u8]) -> Sink {
        Sink { base: text.as_ptr() as usize, tail_at: text.len(), ..Sink::default() }
    }

    /// Adds the rows of one record, which lies in the text of the sink. The error says where in it JSON ends.
    pub fn record(&mut self, shape: &Shape, record: &str) -> Result<(), serde_json::Error> {
        let Some((path, outer)) = &shape.each else {
            let row = self.add_row(shape);
            self.fill(&shape.row, record, Target::Row(row))?;
            return self.queries(shape, record, row);
        };
        let template = self.add_row(shape);
        self.fill(outer, record, Target::Row(template))?;
        let template = self.cells.split_off(template);
        self.rows -= 1;
        let elements = match walk::elements(record, path) {
            Some(elements) => elements,
            None => elements(record, path)?.into_iter().map(RawValue::get).collect(),
        };
        for element in elements {
            let row = self.cells.len();
            self.cells.extend_from_slice(&template);
            self.rows += 1;
            self.fill(&shape.row, element, Target::Row(row))?;
            self.queries(shape, element, row)?;
        }
        Ok(())
    }

    /// Forgets the rows that were added after there were so many cells and rows.
    pub fn forget(&mut self, cells: usize, rows: usize) {
        self.cells.truncate(cells);
        self.rows = rows;
    }

    pub(super) fn add_row(&mut self, shape: &Shape) -> usize {
        let row = self.cells.len();
        self.cells.resize(row + shape.width, Cell::Missing);
        self.rows += 1;
        row
    }

    #[inline(always)]
    pub(super) fn put(&mut self, target: Target, slot: usize, cell: Cell) {
        match target {
            Target::Row(first) => self.cells[first + slot] = cell,
            Target::Inner(first) => self.inner[first + slot] = cell,
        }
    }

    /// Fills the slots that lie in a value, which is all of the text.
    pub(super) fn fill(&mut self, fields: &Fields, text: &str, target: Target) -> Result<(), serde_json::Error> {
        for (slot, kind) in &fields.whole {
            let mut deserializer = serde_json::Deserializer::from_str(text.trim_start());
            let cell = At { sink: self, kind }.deserialize(&mut deserializer)?;
            self.put(target, *slot, cell);
        }
        let before = (self.inner.len(), self.tail.len());
        if Walk::new(self, text).fill(fields, target).is_some() {
            return Ok(());
        }
        self.open.clear();
        self.inner.truncate(before.0);
        self.tail.truncate(before.1);
        self.fill_by_serde(fields, text, target)
    }

    /// Fills the slots that lie in a value in which something is odd, or says where it is no JSON.
    pub(super) fn fill_by_serde(
        &mut self,
        fields: &Fields,
        text: &str,
        target: Target,
    ) -> Result<(), serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        Inside { sink: self, fields, target }.deserialize(&mut deserializer)?;
        deserializer.end()
    }

    /// Room for a structure inside a row: its first cell.
    pub(super) fn add_inner(&mut self, width: usize) -> usize {
        let first = self.inner.len();
        self.inner.extend(std::iter::repeat_n(Cell::Missing, width));
        first
    }

    /// The list of the open cells from this one on.
    pub(super) fn close(&mut self, first: usize) -> Cell {
        let list = Cell::List { first: self.inner.len() as u32, len: (self.open.len() - first) as u32 };
        self.inner.extend_from_slice(&self.open[first..]);
        self.open.truncate(first);
        list
    }

    /// Says of all slots further in that something else lies where their structure should be.
    pub(super) fn wrong(&mut self, fields: &Fields, target: Target, what: Wrong) {
        for (_, member) in &fields.members {
            for (slot, _) in &member.slots {
                self.put(target, *slot, Cell::Wrong(what));
            }
            self.wrong(&member.inside, target, what);
        }
    }

    /// The cell of a text, number, bool or null.
    fn scalar(&mut self, text: &str) -> Result<Cell, serde_json::Error> {
        let first = text.as_bytes()[0];
        Ok(match first {
            b'n' => Cell::Null,
            b'"' => return self.text(text),
            b't' | b'f' => Cell::Bool(first == b't'),
            b'-' | b'0'..=b'9' => Cell::Number { start: self.place(text) as u32, len: text.len() as u32 },
            b'{' => Cell::Wrong(Wrong::Structure),
            _ => Cell::Wrong(Wrong::List),
        })
    }

    /// The cell of a text in quotes.
    fn text(&mut self, quoted: &str) -> Result<Cell, serde_json::Error> {
        if memchr::memchr(b'\\', quoted.as_bytes()).is_none() {
            return Ok(Cell::Text { start: self.place(quoted) as u32 + 1, len: quoted.len() as u32 - 2 });
        }
        let decoded: String = serde_json::from_str(quoted)?;
        Ok(self.decoded(&decoded))
    }

    pub(super) fn decoded(&mut self, text: &str) -> Cell {
        let start = (self.tail_at + self.tail.len()) as u32;
        self.tail.extend_from_slice(text.as_bytes());
        Cell::Text { start, len: text.len() as u32 }
    }

    /// Where a part of the text lies in it.
    pub(super) fn place(&self, part: &str) -> usize {
        part.as_ptr() as usize - self.base
    }

    /// Fills the slots that JSONPath finds.
    fn queries(&mut self, shape: &Shape, text: &str, row: usize) -> Result<(), serde_json::Error> {
        if shape.queries.is_empty() {
            return Ok(());
        }
        let value: Value = serde_json::from_str(text)?;
        for query in &shape.queries {
            let found = query.path.find(&value);
            let cell = match (&query.kind, found.as_slice()) {
                (Kind::List(_), []) if query.has_list(&value) => self.list(Vec::new()),
                (_, []) => Cell::Missing,
                (kind @ Kind::List(_), [only]) if only.is_array() => self.value(only, kind),
                (Kind::List(element), all) => {
                    let cells: Vec<Cell> = all.iter().map(|value| self.value(value, element)).collect();
                    self.list(cells)
                }
                (kind, [only]) => self.value(only, kind),
                _ => Cell::Wrong(Wrong::Several),
            };
            self.put(Target::Row(row), query.slot, cell);
        }
        Ok(())
    }

    pub(super) fn list(&mut self, mut cells: Vec<Cell>) -> Cell {
        let first = self.inner.len() as u32;
        let len = cells.len() as u32;
        self.inner.append(&mut cells);
        Cell::List { first, len }
    }

    /// The cell of a value that JSONPath found.
    fn value(&mut self, value: &Value, kind: &Kind) -> Cell {
        match (kind, value) {
            (_, Value::Null) => Cell::Null,
            (Kind::Scalar, Value::String(text)) => self.decoded(text),
            (Kind::Scalar, Value::Bool(value)) => Cell::Bool(*value),
            (Kind::Scalar, Value::Number(number)) => match self.decoded(&number.to_string()) {
                Cell::Text { start, len } => Cell::Number { start, len },
                other => other,
            },
            (Kind::List(element), Value::Array(items)) => {
                let cells: Vec<Cell> = items.iter().map(|item| self.value(item, element)).collect();
                self.list(cells)
            }
            (Kind::Struct(fields, width), Value::Object(_)) => {
                let first = self.inner.len();
                self.inner.resize(first + width, Cell::Missing);
                self.fill_value(fields, value, first);
                Cell::Struct { first: first as u32 }
            }
            (_, Value::String(_)) => Cell::Wrong(Wrong::Text),
            (_, Value::Array(_)) => Cell::Wrong(Wrong::List),
            (_, Value::Object(_)) => Cell::Wrong(Wrong::Structure),
            _ => Cell::Wrong(Wrong::Other),
        }
    }

    fn fill_value(&mut self, fields: &Fields, value: &Value, first: usize) {
        for (slot, kind) in &fields.whole {
            self.inner[first + slot] = self.value(value, kind);
        }
        for (name, member) in &fields.members {
            let Some(value) = value.get(name) else { continue };
            for (slot, kind) in &member.slots {
                self.inner[first + slot] = self.value(value, kind);
            }
            self.fill_value(&member.inside, value, first);
        }
    }
}

/// The elements of the list under a path; none if there is no list.
pub(super) fn elements<'a>(record: &'a str, path: &[String]) -> Result<Vec<&'a RawValue>, serde_json::Error> {
    let mut here = record.trim_start();
    for name in path {
        if !here.starts_with('{') {
            return Ok(Vec::new());
        }
        let mut deserializer = serde_json::Deserializer::from_str(here);
        match deserializer.deserialize_map(One(name))? {
            Some(inner) => here = inner.get(),
            None => return Ok(Vec::new()),
        }
    }
    if !here.starts_with('[') {
        return Ok(Vec::new());
    }
    serde_json::Deserializer::from_str(here).deserialize_seq(Elements)
}

/// Reads one value as the cell of a slot.
struct At<'a> {
    sink: &'a mut Sink,
    kind: &'a Kind,
}

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = Cell;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cell, D::Error> {
        match self.kind {
            // The raw text keeps a number as it is written.
            Kind::Scalar => {
                let raw = <&RawValue>::deserialize(deserializer)?;
                self.sink.scalar(raw.get()).map_err(D::Error::custom)
            }
            Kind::List(_) | Kind::Struct(..) => deserializer.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = Cell;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list or structure")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Cell, A::Error> {
        let Kind::List(element) = self.kind else {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(Cell::Wrong(Wrong::List));
        };
        let mut cells = Vec::new();
        while let Some(cell) = seq.next_element_seed(At { sink: self.sink, kind: element })? {
            cells.push(cell);
        }
        Ok(self.sink.list(cells))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cell, A::Error> {
        let Kind::Struct(fields, width) = self.kind else {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(Cell::Wrong(Wrong::Structure));
        };
        let first = self.sink.inner.len();
        self.sink.inner.resize(first + width, Cell::Missing);
        Inside { sink: self.sink, fields, target: Target::Inner(first) }.visit_map(map)?;
        Ok(Cell::Struct { first: first as u32 })
    }

    fn visit_unit<E>(self) -> Result<Cell, E> {
        Ok(Cell::Null)
    }

    fn visit_str<E>(self, _: &str) -> Result<Cell, E> {
        Ok(Cell::Wrong(Wrong::Text))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Cell, E> {
        Ok(Cell::Wrong(Wrong::Other))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Cell, E> {
        Ok(Cell::Wrong(Wrong::Other))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Cell, E> {
        Ok(Cell::Wrong(Wrong::Other))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Cell, E> {
        Ok(Cell::Wrong(Wrong::Other))
    }
}

/// Reads a structure and fills the slots that lie in it.
struct Inside<'a> {
    sink: &'a mut Sink,
    fields: &'a Fields,
    target: Target,
}

impl Inside<'_> {
    fn wrong<E>(self, what: Wrong) -> Result<(), E> {
        self.sink.wrong(self.fields, self.target, what);
        Ok(())
    }

    /// The value of one member that is needed.
    fn member<'de, A: MapAccess<'de>>(&mut self, map: &mut A, index: usize) -> Result<(), A::Error> {
        let member = &self.fields.members[index].1;
        match (member.slots.as_slice(), member.inside.members.is_empty()) {
            ([(slot, kind)], true) => {
                let cell = map.next_value_seed(At { sink: self.sink, kind })?;
                self.sink.put(self.target, *slot, cell);
            }
            ([], _) => map.next_value_seed(Inside { sink: self.sink, fields: &member.inside, target: self.target })?,
            // Several fields want the same value, so it is read once for each of them.
            (slots, _) => {
                let raw: &RawValue = map.next_value()?;
                for (slot, kind) in slots {
                    let mut deserializer = serde_json::Deserializer::from_str(raw.get());
                    let cell = At { sink: self.sink, kind }.deserialize(&mut deserializer).map_err(A::Error::custom)?;
                    self.sink.put(self.target, *slot, cell);
                }
                self.sink.fill(&member.inside, raw.get(), self.target).map_err(A::Error::custom)?;
            }
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Inside<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Inside<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a structure")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut hint = 0;
        while let Some(found) = map.next_key_seed(Name { fields: self.fields, hint })? {
            match found {
                None => drop(map.next_value::<IgnoredAny>()?),
                Some(index) => {
                    // Records of a list mostly have their members in one order.
                    hint = index + 1;
                    self.member(&mut map, index)?;
                }
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        self.wrong(Wrong::List)
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        self.wrong(Wrong::Text)
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        self.wrong(Wrong::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        self.wrong(Wrong::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        self.wrong(Wrong::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        self.wrong(Wrong::Other)
    }
}

/// Finds a key among the members that are needed.
struct Name<'a> {
    fields: &'a Fields,
    hint: usize,
}

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Option<usize>, E> {
        let members = &self.fields.members;
        let from = self.hint.min(members.len());
        let position = |all: &[(String, _)]| all.iter().position(|(name, _)| name == key);
        Ok(position(&members[from..]).map(|index| index + from).or_else(|| position(&members[..from])))
    }
}

/// The value of one key.
struct One<'a>(&'a str);

impl<'de> Visitor<'de> for One<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a structure")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<std::borrow::Cow<'_, str>>()? {
            let raw: &RawValue = map.next_value()?;
            if key == self.0 {
                found = Some(raw);
            }
        }
        Ok(found)
    }
}

/// The elements of a list.
struct Elements;

impl<'de> Visitor<'de> for Elements {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(items)
    }
}
