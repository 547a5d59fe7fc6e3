//! One JSON record to cells: only what slots need is looked at, and texts without escapes stay where they are.

use crate::adapter::Cell;
use crate::protocol::files::shape::{Fields, Kind, Shape};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

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
    /// Address of the first byte of the text that cells point into.
    base: usize,
    /// Where the tail will stand behind that text.
    tail_at: usize,
}

/// The row or the structure that is being filled: its first cell.
#[derive(Clone, Copy)]
enum Target {
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
        let raw: &RawValue = serde_json::from_str(record)?;
        let Some((path, outer)) = &shape.each else {
            let row = self.add_row(shape);
            self.fill(&shape.row, raw, Target::Row(row))?;
            return self.queries(shape, raw, row);
        };
        let template = self.add_row(shape);
        self.fill(outer, raw, Target::Row(template))?;
        let template = self.cells.split_off(template);
        self.rows -= 1;
        for element in elements(raw, path)? {
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

    fn add_row(&mut self, shape: &Shape) -> usize {
        let row = self.cells.len();
        self.cells.resize(row + shape.width, Cell::Missing);
        self.rows += 1;
        row
    }

    fn put(&mut self, target: Target, slot: usize, cell: Cell) {
        match target {
            Target::Row(first) => self.cells[first + slot] = cell,
            Target::Inner(first) => self.inner[first + slot] = cell,
        }
    }

    /// Fills the slots that lie in a value.
    fn fill(&mut self, fields: &Fields, raw: &RawValue, target: Target) -> Result<(), serde_json::Error> {
        for (slot, kind) in &fields.whole {
            let cell = self.cell(raw, kind)?;
            self.put(target, *slot, cell);
        }
        if fields.members.is_empty() {
            return Ok(());
        }
        match raw.get().as_bytes()[0] {
            b'{' => {
                let mut deserializer = serde_json::Deserializer::from_str(raw.get());
                deserializer.deserialize_map(Members { sink: self, fields, target })
            }
            b'n' => Ok(()),
            first => {
                self.wrong(fields, target, word(first));
                Ok(())
            }
        }
    }

    /// Says of all slots further in that something else lies where their structure should be.
    fn wrong(&mut self, fields: &Fields, target: Target, what: &'static str) {
        for (_, member) in &fields.members {
            for (slot, _) in &member.slots {
                self.put(target, *slot, Cell::Wrong(what));
            }
            self.wrong(&member.inside, target, what);
        }
    }

    /// The cell of a value.
    fn cell(&mut self, raw: &RawValue, kind: &Kind) -> Result<Cell, serde_json::Error> {
        let text = raw.get();
        let first = text.as_bytes()[0];
        Ok(match (kind, first) {
            (_, b'n') => Cell::Null,
            (Kind::Scalar, b'"') => return self.text(text),
            (Kind::Scalar, b't' | b'f') => Cell::Bool(first == b't'),
            (Kind::Scalar, b'-' | b'0'..=b'9') => {
                Cell::Number { start: self.place(text) as u32, len: text.len() as u32 }
            }
            (Kind::List(element), b'[') => {
                let mut cells = Vec::new();
                for item in list(raw)? {
                    cells.push(self.cell(item, element)?);
                }
                let first = self.inner.len() as u32;
                let len = cells.len() as u32;
                self.inner.append(&mut cells);
                Cell::List { first, len }
            }
            (Kind::Struct(fields, width), b'{') => {
                let first = self.inner.len();
                self.inner.resize(first + width, Cell::Missing);
                self.fill(fields, raw, Target::Inner(first))?;
                Cell::Struct { first: first as u32 }
            }
            _ => Cell::Wrong(word(first)),
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

    fn decoded(&mut self, text: &str) -> Cell {
        let start = (self.tail_at + self.tail.len()) as u32;
        self.tail.extend_from_slice(text.as_bytes());
        Cell::Text { start, len: text.len() as u32 }
    }

    /// Where a part of the text lies in it.
    fn place(&self, part: &str) -> usize {
        part.as_ptr() as usize - self.base
    }

    /// Fills the slots that JSONPath finds.
    fn queries(&mut self, shape: &Shape, raw: &RawValue, row: usize) -> Result<(), serde_json::Error> {
        if shape.queries.is_empty() {
            return Ok(());
        }
        let value: Value = serde_json::from_str(raw.get())?;
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
                _ => Cell::Wrong("several values"),
            };
            self.put(Target::Row(row), query.slot, cell);
        }
        Ok(())
    }

    fn list(&mut self, mut cells: Vec<Cell>) -> Cell {
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
            (_, Value::String(_)) => Cell::Wrong("a text"),
            (_, Value::Array(_)) => Cell::Wrong("a list"),
            (_, Value::Object(_)) => Cell::Wrong("a structure"),
            _ => Cell::Wrong("a number or bool"),
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

/// What starts with a byte, in words.
fn word(first: u8) -> &'static str {
    match first {
        b'{' => "a structure",
        b'[' => "a list",
        b'"' => "a text",
        _ => "a number or bool",
    }
}

/// The elements of the list under a path; none if there is no list.
fn elements<'a>(raw: &'a RawValue, path: &[String]) -> Result<Vec<&'a RawValue>, serde_json::Error> {
    let mut here = raw;
    for name in path {
        if !here.get().starts_with('{') {
            return Ok(Vec::new());
        }
        let mut deserializer = serde_json::Deserializer::from_str(here.get());
        match deserializer.deserialize_map(One(name))? {
            Some(inner) => here = inner,
            None => return Ok(Vec::new()),
        }
    }
    if here.get().starts_with('[') { list(here) } else { Ok(Vec::new()) }
}

fn list(raw: &RawValue) -> Result<Vec<&RawValue>, serde_json::Error> {
    serde_json::Deserializer::from_str(raw.get()).deserialize_seq(Elements)
}

/// Visits the members of a structure and fills the slots that lie in them.
struct Members<'a> {
    sink: &'a mut Sink,
    fields: &'a Fields,
    target: Target,
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a structure")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut hint = 0;
        while let Some(found) = map.next_key_seed(Name { fields: self.fields, hint })? {
            let Some(index) = found else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            // Records of a list mostly have their members in one order.
            hint = index + 1;
            let raw: &RawValue = map.next_value()?;
            let member = &self.fields.members[index].1;
            for (slot, kind) in &member.slots {
                let cell = self.sink.cell(raw, kind).map_err(serde::de::Error::custom)?;
                self.sink.put(self.target, *slot, cell);
            }
            if !member.inside.members.is_empty() {
                self.sink.fill(&member.inside, raw, self.target).map_err(serde::de::Error::custom)?;
            }
        }
        Ok(())
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

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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
