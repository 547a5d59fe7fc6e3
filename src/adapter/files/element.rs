//! Elements of XML and entries of LDIF: a tree of names and texts, and the cells of the slots that lie in it.

use super::record::{Sink, Target};
use crate::adapter::{Cell, Wrong};
use crate::protocol::files::shape::{Fields, Kind, Shape};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// The name of an element's own text in paths.
const OWN_TEXT: &str = "#";

/// An element. Its texts lie in the text that it was read from, unless they had to be decoded.
#[derive(Debug, Default)]
pub struct Element<'t> {
    /// Its name.
    pub name: Cow<'t, str>,
    /// Its attributes; in paths their names start with `@`.
    pub attributes: Vec<(Cow<'t, str>, Cow<'t, str>)>,
    /// The elements in it.
    pub children: Vec<Element<'t>>,
    /// Its own text, without blanks around it.
    pub text: Cow<'t, str>,
    /// True if it says that it has no value (`xsi:nil`).
    pub nil: bool,
}

/// Something that a path leads to.
#[derive(Clone, Copy)]
enum Item<'e, 't> {
    Element(&'e Element<'t>),
    Text(&'e Cow<'t, str>),
}

impl<'t> Element<'t> {
    /// An element without attributes and elements in it.
    pub fn leaf(name: impl Into<Cow<'t, str>>, text: Cow<'t, str>) -> Element<'t> {
        Element { name: name.into(), text, ..Element::default() }
    }

    fn find<'e>(&'e self, name: &str, found: &mut Vec<Item<'e, 't>>) {
        if name == OWN_TEXT {
            found.push(Item::Text(&self.text));
        } else if let Some(name) = name.strip_prefix('@') {
            found.extend(self.attributes.iter().filter(|(known, _)| known == name).map(|(_, text)| Item::Text(text)));
        } else {
            found.extend(self.children.iter().filter(|child| child.name == name).map(Item::Element));
        }
    }

    /// The element as JSONPath sees it: attributes are texts under `@name`, its own text lies under `#`, elements in it
    /// are always lists. One without attributes and elements is its text.
    fn value(&self) -> Value {
        if self.attributes.is_empty() && self.children.is_empty() {
            return Value::String(self.text.to_string());
        }
        let mut members = Map::new();
        for (name, text) in &self.attributes {
            members.insert(format!("@{name}"), Value::String(text.to_string()));
        }
        if !self.text.is_empty() {
            members.insert(OWN_TEXT.to_string(), Value::String(self.text.to_string()));
        }
        for child in &self.children {
            let list = members.entry(child.name.to_string()).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(items) = list {
                items.push(child.value());
            }
        }
        Value::Object(members)
    }
}

impl Sink {
    /// Adds the rows of one element.
    pub fn element(&mut self, shape: &Shape, element: &Element<'_>) {
        let Some((path, outer)) = &shape.each else {
            let row = self.add_row(shape);
            self.fill_items(&shape.row, &[Item::Element(element)], Target::Row(row));
            return self.element_queries(shape, element, row);
        };
        let template = self.add_row(shape);
        self.fill_items(outer, &[Item::Element(element)], Target::Row(template));
        let template = self.cells.split_off(template);
        self.rows -= 1;
        let mut items = vec![Item::Element(element)];
        for name in path {
            items = follow(&items, name);
        }
        for item in items {
            let Item::Element(inner) = item else { continue };
            let row = self.cells.len();
            self.cells.extend_from_slice(&template);
            self.rows += 1;
            self.fill_items(&shape.row, &[item], Target::Row(row));
            self.element_queries(shape, inner, row);
        }
    }

    fn fill_items(&mut self, fields: &Fields, items: &[Item<'_, '_>], target: Target) {
        for (slot, kind) in &fields.whole {
            let cell = self.item_cell(items, kind);
            self.put(target, *slot, cell);
        }
        for (name, member) in &fields.members {
            let found = follow(items, name);
            for (slot, kind) in &member.slots {
                let cell = self.item_cell(&found, kind);
                self.put(target, *slot, cell);
            }
            if !found.is_empty() {
                self.fill_items(&member.inside, &found, target);
            } else {
                self.fill_items_absent(&member.inside, target);
            }
        }
    }

    /// Lists that lie where nothing is are empty.
    fn fill_items_absent(&mut self, fields: &Fields, target: Target) {
        for (_, member) in &fields.members {
            for (slot, kind) in &member.slots {
                let cell = self.item_cell(&[], kind);
                self.put(target, *slot, cell);
            }
            self.fill_items_absent(&member.inside, target);
        }
    }

    fn item_cell(&mut self, items: &[Item<'_, '_>], kind: &Kind) -> Cell {
        match (kind, items) {
            (Kind::List(element), all) => {
                let cells = all.iter().map(|item| self.item_cell(&[*item], element)).collect();
                self.list(cells)
            }
            (_, []) => Cell::Missing,
            (_, [Item::Element(element)]) if element.nil => Cell::Null,
            (Kind::Scalar, [Item::Text(text)]) => self.borrowed(text),
            (Kind::Scalar, [Item::Element(element)]) if element.children.is_empty() => self.borrowed(&element.text),
            (Kind::Scalar, [_]) => Cell::Wrong(Wrong::Structure),
            (Kind::Struct(fields, width), [item @ Item::Element(_)]) => {
                let first = self.inner.len();
                self.inner.resize(first + width, Cell::Missing);
                self.fill_items(fields, &[*item], Target::Inner(first));
                Cell::Struct { first: first as u32 }
            }
            (Kind::Struct(..), [Item::Text(_)]) => Cell::Wrong(Wrong::Text),
            _ => Cell::Wrong(Wrong::Several),
        }
    }

    /// The cell of a text that may lie in the input.
    #[expect(clippy::ptr_arg, reason = "whether it lies in the input is what is asked")]
    fn borrowed(&mut self, text: &Cow<'_, str>) -> Cell {
        match text {
            Cow::Borrowed("") => Cell::Text { start: 0, len: 0 },
            Cow::Borrowed(text) => Cell::Text { start: self.place(text) as u32, len: text.len() as u32 },
            Cow::Owned(text) => self.decoded(text),
        }
    }

    fn element_queries(&mut self, shape: &Shape, element: &Element<'_>, row: usize) {
        if shape.queries.is_empty() {
            return;
        }
        let value = element.value();
        for query in &shape.queries {
            let texts: Vec<Cell> = query.path.find(&value).into_iter().map(|found| self.found(found)).collect();
            let cell = match (&query.kind, texts.as_slice()) {
                (Kind::List(_), _) => self.list(texts),
                (_, []) => Cell::Missing,
                (_, [only]) => *only,
                _ => Cell::Wrong(Wrong::Several),
            };
            self.put(Target::Row(row), query.slot, cell);
        }
    }

    /// The cell of what JSONPath found: a text, or the own text of an element with attributes.
    fn found(&mut self, value: &Value) -> Cell {
        match value {
            Value::String(text) => self.decoded(text),
            Value::Object(members) => match members.get(OWN_TEXT) {
                Some(Value::String(text)) => self.decoded(text),
                _ => Cell::Wrong(Wrong::Structure),
            },
            _ => Cell::Wrong(Wrong::List),
        }
    }
}

fn follow<'e, 't>(items: &[Item<'e, 't>], name: &str) -> Vec<Item<'e, 't>> {
    let mut found = Vec::new();
    for item in items {
        match item {
            Item::Element(element) => element.find(name, &mut found),
            // The text of an attribute is its own text.
            Item::Text(_) if name == OWN_TEXT => found.push(*item),
            Item::Text(_) => {}
        }
    }
    found
}
