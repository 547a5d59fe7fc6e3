//! The dialect of an XML file.

use super::csv::Encoding;
use super::keys::{Keys, wrong};
use super::shape::{self, Rows, Shape};
use super::{PATHS, words};
use crate::finding::codes::system::MISSING_CONNECTION_KEY;
use crate::finding::{Finding, Findings};
use crate::protocol::template::Tree;
use crate::protocol::{ScopeNames, SlotKind, WireShape};
use crate::source::Span;
use crate::syntax::tree::Node;

/// How an XML file is read and written.
#[derive(Clone, Debug, Default)]
pub struct Xml {
    /// Names of the elements that lead to a record, the root first, the record itself last.
    pub path: Vec<String>,
    /// The encoding; `None` is the one that the file itself declares (UTF-8 when it is written).
    pub encoding: Option<Encoding>,
    /// Names of namespaces in paths, with their addresses. Empty: namespaces mean nothing, names are local names.
    pub namespaces: Vec<(String, String)>,
    /// True if upper and lower case of names mean nothing.
    pub any_case: bool,
    /// The namespace of the root in a file that is written.
    pub root_namespace: Option<String>,
    /// Elements that stand before all records in the root of a file that is written.
    pub head: Option<Tree>,
    /// True if the element around the records may be missing: then there are none.
    pub optional: bool,
}

impl Xml {
    /// Reads a dialect; what it does not say is as in this one.
    pub fn with(mut self, node: &Node, scope: &ScopeNames, found: &mut Findings) -> Xml {
        let Some(keys) = Keys::of("xml", node, words::XML, &[words::EVERYWHERE], found) else { return self };
        if let Some(select) = keys.get("select") {
            self.select(select, found);
        }
        if let Some(encoding) = keys.one_of("encoding", ENCODINGS, found) {
            self.encoding = encoding;
        }
        if let Some(any_case) = keys.one_of("any_case", &[("no", false), ("yes", true)], found) {
            self.any_case = any_case;
        }
        if let Some(node) = keys.get("namespaces") {
            self.take_namespaces(node, found);
        }
        if let Some(address) = keys.text("root_namespace", found) {
            self.root_namespace = Some(address.to_string());
        }
        if let Some(node) = keys.get("head") {
            self.take_head(node, scope, found);
        }
        self
    }

    fn take_head(&mut self, node: &Node, scope: &ScopeNames, found: &mut Findings) {
        if node.entries().is_none() {
            let allowed = "names of elements with their texts: `{ properties: { datasource: register } }`";
            found.add(wrong(node.span, "head", node.kind_word(), "a map of elements belongs here", allowed));
            return;
        }
        self.head = Tree::compile(node, scope, &PATHS, found);
    }

    fn take_namespaces(&mut self, node: &Node, found: &mut Findings) {
        if node.text() == Some("ignore") {
            return self.namespaces.clear();
        }
        let named = node.entries().and_then(|entries| {
            entries.iter().map(|entry| Some((entry.key.clone(), entry.value.text()?.to_string()))).collect()
        });
        match named {
            Some(named) => self.namespaces = named,
            None => found.add(wrong(
                node.span,
                "namespaces",
                node.kind_word(),
                "names with addresses belong here",
                "`ignore`, or a map of names and addresses",
            )),
        }
    }

    /// Where the records lie: `enterprise.person[*]`.
    pub fn select(&mut self, node: &Node, found: &mut Findings) {
        match shape::rows(node, found) {
            Some(Rows::List(path)) if !path.is_empty() => self.path = path,
            Some(_) => found.add(shape::bad(
                node.span,
                node.text().unwrap_or_default(),
                "the path to a record starts with the root element: `enterprise.person[*]`",
            )),
            None => {}
        }
    }

    /// Adds a finding if nobody says where the records lie.
    pub fn check(&self, span: Span, found: &mut Findings) {
        if self.path.is_empty() {
            found.add(
                Finding::new(&MISSING_CONNECTION_KEY, span)
                    .word("place", "xml")
                    .word("key", "select")
                    .word("example", "`select: enterprise.person[*]`"),
            );
        }
    }

    /// The path to a record as it is compared with names that were read.
    pub fn names(&self) -> Vec<String> {
        self.path.iter().map(|name| self.name(name)).collect()
    }

    fn name(&self, name: &str) -> String {
        if self.any_case { name.to_ascii_lowercase() } else { name.to_string() }
    }

    /// Where the fields lie in a record.
    pub fn shape(&self, shape: &WireShape, span: Span, found: &mut Findings) -> Shape {
        simple_queries(shape, found);
        if self.any_case { Shape::compile(&lower(shape), span, found) } else { Shape::compile(shape, span, found) }
    }
}

/// Words of `encoding` of an XML file.
const ENCODINGS: &[(&str, Option<Encoding>)] = &[
    ("declared", None),
    ("utf-8", Some(Encoding::Utf8)),
    ("windows-1252", Some(Encoding::Windows1252)),
    ("iso-8859-1", Some(Encoding::Latin1)),
    ("utf-16", Some(Encoding::Utf16)),
];

/// JSONPath finds texts in such files, not structures.
fn simple_queries(shape: &WireShape, found: &mut Findings) {
    let simple = |kind: &SlotKind| match kind {
        SlotKind::Scalar => true,
        SlotKind::List(element) => matches!(**element, SlotKind::Scalar),
        SlotKind::Struct(_) => false,
    };
    for slot in shape.slots.iter().filter(|slot| slot.at.starts_with('$') && !simple(&slot.kind)) {
        found.add(shape::bad(slot.span, &slot.at, "in XML and LDIF JSONPath finds texts and lists of texts alone"));
    }
}

/// The same shape with names in lower case.
pub fn lower(shape: &WireShape) -> WireShape {
    let mut lowered = shape.clone();
    lowered.each = shape.each.as_deref().map(str::to_ascii_lowercase);
    lowered.slots.iter_mut().for_each(lower_slot);
    lowered
}

fn lower_slot(slot: &mut crate::protocol::Slot) {
    // JSONPath compares texts too: those keep their case.
    if !slot.at.starts_with('$') {
        slot.at.make_ascii_lowercase();
    }
    lower_kind(&mut slot.kind);
}

fn lower_kind(kind: &mut SlotKind) {
    match kind {
        SlotKind::Scalar => {}
        SlotKind::List(element) => lower_kind(element),
        SlotKind::Struct(slots) => slots.iter_mut().for_each(lower_slot),
    }
}
