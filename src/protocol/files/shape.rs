//! Where the slots of a record lie in JSON: a tree of names, so that one walk over the record fills all of them.

use super::keys::wrong;
use crate::finding::codes::system::BAD_WIRE_PATH;
use crate::finding::{Finding, Findings};
use crate::protocol::path::{JsonPath, Select};
use crate::protocol::{Slot, SlotKind, WireShape};
use crate::source::Span;
use crate::syntax::tree::Node;
use serde_json::Value;

/// How records become rows.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    /// Cells a row.
    pub width: usize,
    /// What is taken from the element that makes the row (the record itself, without `each`).
    pub row: Fields,
    /// The list inside the record that makes the rows, and what is taken from the record around it.
    pub each: Option<(Vec<String>, Fields)>,
    /// Slots found by JSONPath.
    pub queries: Vec<Query>,
}

/// The members of a structure that are needed.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    /// Name and what is taken there; names are distinct.
    pub members: Vec<(String, Member)>,
    /// Slots that hold the whole value (`at: "."`).
    pub whole: Vec<(usize, Kind)>,
}

/// One member of a structure.
#[derive(Clone, Debug, Default)]
pub struct Member {
    /// Slots that lie here.
    pub slots: Vec<(usize, Kind)>,
    /// What lies further in.
    pub inside: Fields,
}

/// What lies in a slot.
#[derive(Clone, Debug)]
pub enum Kind {
    /// One text, number or bool.
    Scalar,
    /// A list.
    List(Box<Kind>),
    /// A structure of so many cells.
    Struct(Fields, usize),
}

/// A slot that JSONPath finds.
#[derive(Clone, Debug)]
pub struct Query {
    /// The slot.
    pub slot: usize,
    /// The path, from the element that makes the row.
    pub path: JsonPath,
    /// The list that its first `[*]` goes through: if that is there and empty, so is what the slot holds.
    pub list: Option<JsonPath>,
    /// What lies there.
    pub kind: Kind,
}

impl Query {
    /// True if the path goes through a list that is there, so that finding nothing means an empty list.
    pub fn has_list(&self, value: &Value) -> bool {
        self.list.as_ref().is_some_and(|list| list.find(value).iter().any(|found| found.is_array()))
    }
}

/// Where the records of a file lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rows {
    /// The elements of the list under these keys (none: the file is the list).
    List(Vec<String>),
    /// The whole file is one record.
    Whole,
}

impl Shape {
    /// Compiles the paths of all slots; paths that cannot be followed become findings.
    pub fn compile(shape: &WireShape, span: Span, found: &mut Findings) -> Shape {
        let mut compiled = Shape { width: shape.slots.len(), ..Shape::default() };
        let mut outer = Fields::default();
        for (index, slot) in shape.slots.iter().enumerate() {
            let at = slot.at.as_str();
            if at.starts_with('$') || (at.contains("[*]") && !at.starts_with('^')) {
                compiled.add_query(index, slot, shape.unused.contains(&index), found);
            } else if let Some(path) = at.strip_prefix("^.") {
                if shape.each.is_none() {
                    found.add(bad(slot.span, at, "`^` is the record around a list, and nothing is read with `each`"));
                }
                add(&mut outer, index, path, slot, shape, found);
            } else {
                add(&mut compiled.row, index, at, slot, shape, found);
            }
        }
        if let Some(each) = &shape.each {
            match child_path(each.trim_end_matches("[*]")) {
                Ok(path) => compiled.each = Some((path, outer)),
                Err(why) => found.add(bad(span, each, why)),
            }
        }
        compiled
    }

    fn add_query(&mut self, index: usize, slot: &Slot, unused: bool, found: &mut Findings) {
        // `groups[*].id` is the JSONPath `$.groups[*].id`.
        let text = if slot.at.starts_with('$') { slot.at.clone() } else { format!("$.{}", slot.at) };
        match JsonPath::compile(&text) {
            Err(why) => found.add(bad(slot.span, &slot.at, why)),
            Ok(_) if unused => {}
            Ok(path) => {
                let list = text.split_once("[*]").and_then(|(list, _)| JsonPath::compile(list).ok());
                self.queries.push(Query { slot: index, path, list, kind: kind(&slot.kind, found) });
            }
        }
    }
}

fn add(fields: &mut Fields, index: usize, path: &str, slot: &Slot, shape: &WireShape, found: &mut Findings) {
    match child_path(path) {
        Err(why) => found.add(bad(slot.span, &slot.at, why)),
        Ok(_) if shape.unused.contains(&index) => {}
        Ok(path) => {
            let kind = kind(&slot.kind, found);
            fields.add(&path, index, kind);
        }
    }
}

impl Fields {
    fn add(&mut self, path: &[String], slot: usize, kind: Kind) {
        let Some((name, rest)) = path.split_first() else { return self.whole.push((slot, kind)) };
        let index = self.members.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
            self.members.push((name.clone(), Member::default()));
            self.members.len() - 1
        });
        let member = &mut self.members[index].1;
        if rest.is_empty() { member.slots.push((slot, kind)) } else { member.inside.add(rest, slot, kind) }
    }
}

fn kind(slot: &SlotKind, found: &mut Findings) -> Kind {
    match slot {
        SlotKind::Scalar => Kind::Scalar,
        SlotKind::List(element) => Kind::List(Box::new(kind(element, found))),
        SlotKind::Struct(slots) => {
            let mut fields = Fields::default();
            for (index, slot) in slots.iter().enumerate() {
                match child_path(&slot.at) {
                    Err(why) => found.add(bad(slot.span, &slot.at, why)),
                    Ok(path) => {
                        let kind = kind(&slot.kind, found);
                        fields.add(&path, index, kind);
                    }
                }
            }
            Kind::Struct(fields, slots.len())
        }
    }
}

/// The names of a child path: `civicNo.value`, `['odd.name'].x`; `.` is the value itself.
pub fn child_path(text: &str) -> Result<Vec<String>, &'static str> {
    if text == "." {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    let mut rest = text;
    loop {
        if let Some(inner) = rest.strip_prefix("['") {
            let (name, after) = inner.split_once("']").ok_or("this bracket is never closed")?;
            names.push(name.to_string());
            rest = after;
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            if end == 0 {
                return Err("a name is missing between the dots");
            }
            names.push(rest[..end].to_string());
            rest = &rest[end..];
        }
        match rest.chars().next() {
            None => return Ok(names),
            Some('.') => rest = &rest[1..],
            Some('[') if rest.starts_with("['") => {}
            Some(_) => return Err("names are parted by dots; JSONPath starts with `$`"),
        }
    }
}

/// Where the records of a file lie: `select`, from the call or the format.
pub fn rows(node: &Node, found: &mut Findings) -> Option<Rows> {
    let Some(text) = node.text() else {
        found.add(wrong(node.span, "select", node.kind_word(), "a path belongs here", "`$.data[*]`"));
        return None;
    };
    if !text.starts_with('$') {
        return match child_path(text.trim_end_matches("[*]")) {
            Ok(path) => Some(Rows::List(path)),
            Err(why) => {
                found.add(bad(node.span, text, why));
                None
            }
        };
    }
    let why = match JsonPath::compile(text).map(JsonPath::select) {
        Ok(Select::List(path)) => return Some(Rows::List(path)),
        Ok(Select::Whole) => return Some(Rows::Whole),
        Ok(Select::Query(_)) => "a file is read in one stream: names, and one `[*]` at the end",
        Err(why) => why,
    };
    found.add(bad(node.span, text, why));
    None
}

/// A path that cannot be followed.
pub fn bad(span: Span, path: &str, why: &str) -> Finding {
    Finding::new(&BAD_WIRE_PATH, span)
        .word("path", path)
        .word("why", why)
        .word("example", "names with dots between them (`civicNo.value`), or JSONPath (`$.names[0]`)")
}
