//! Files: lists that are read from CSV, JSON and NDJSON, and whole sets of files that are delivered.
//!
//! This half knows the words of the descriptor and compiles them; `adapter::files` opens the files.

pub mod words;
mod keys;
pub mod csv;
pub mod line;
pub mod shape;
pub mod xml;
pub mod sheet;
pub mod fixed;
pub mod format;
pub mod manifest;
pub mod deliveries;
pub mod fit;
pub mod together;
mod show;

pub use csv::Csv;
pub use format::Format;

use super::template::{Place, Template};
use super::{CallId, CallTraits, Dialect, ListForm, Protocol, ScopeNames, SlotKind, WireShape, Words};
use crate::finding::codes::system::{COLUMN_NOT_LISTED, FILES_ARE_WHOLE, LIST_IN_CSV};
use crate::finding::{Finding, Findings, suggest::nearest};
use crate::source::Span;
use crate::syntax::ast::Operation;
use crate::syntax::tree::Node;
use deliveries::Deliveries;
use fixed::Fixed;
use format::format;
use keys::{Keys, wrong};
use manifest::Manifest;
use shape::{Rows, Shape};
use sheet::Sheet;
use std::any::Any;
use std::time::Duration;
use xml::Xml;

/// The protocol.
#[derive(Clone, Copy, Debug, Default)]
pub struct Files;

/// A compiled connection to files.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The folder.
    pub folder: Template,
    /// How files are written unless a call says otherwise.
    pub format: Format,
    /// The zip file of the folder that the files lie in.
    pub zip: Option<Template>,
    /// The file of a delivery that tells of the others, where it is written.
    pub manifest: Option<Manifest>,
    /// Several deliveries that are read as one.
    pub deliveries: Option<Deliveries>,
    /// When a set of files may be read.
    pub complete: Complete,
    /// Words of the descriptor that are understood but cannot be executed yet; opening such a connection is refused.
    pub unbuilt: Vec<String>,
    /// The calls, by number.
    pub calls: Vec<Call>,
    settings: ScopeNames,
}

/// A compiled call: one list in one or several files.
#[derive(Clone, Debug)]
pub struct Call {
    /// True for a delivery, false for reading.
    pub write: bool,
    /// The name of the file, or a pattern for reading.
    pub file: Template,
    /// Words of the entity that the name may hold: `entity.path`.
    pub names: Vec<(String, String)>,
    /// How it is written.
    pub layout: Layout,
    /// The fields.
    pub slots: Vec<Column>,
    /// Where its file is named in the descriptor.
    pub span: Span,
}

/// A field of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The field's name on the model.
    pub name: String,
    /// Where it lies: the column's name in CSV.
    pub at: String,
    /// True if a file without it is an error.
    pub required: bool,
    /// True if nobody needs it: it is known, and not decoded.
    pub unused: bool,
    /// True if protected people are known by it: a file without it is not read.
    pub marks: bool,
    /// True if the field is a list or a structure, whose text on the wire is JSON.
    pub nested: bool,
    /// How a list lies in a row of cells.
    pub list: ListForm,
}

/// How the records of a call are written.
#[derive(Clone, Debug)]
pub enum Layout {
    /// Rows of cells.
    Csv {
        /// The dialect.
        dialect: Csv,
        /// The columns of the file in order, where the call lists them.
        listed: Option<Vec<String>>,
    },
    /// One JSON document.
    Json {
        /// Where the records lie in it.
        rows: Rows,
        /// Where the fields lie in a record.
        shape: Shape,
    },
    /// One JSON document a line.
    Ndjson {
        /// Where the fields lie in a record.
        shape: Shape,
    },
    /// Elements of an XML document.
    Xml {
        /// The dialect.
        dialect: Xml,
        /// Where the fields lie in a record.
        shape: Shape,
    },
    /// Rows of a sheet.
    Xlsx {
        /// Which rows.
        sheet: Sheet,
        /// The columns of the sheet in order, where the call lists them.
        listed: Option<Vec<String>>,
    },
    /// Lines of cells with fixed widths.
    Fixed {
        /// The dialect.
        dialect: Fixed,
        /// The place of each slot.
        ranges: Vec<fixed::Range>,
    },
    /// Entries of a directory.
    Ldif {
        /// Where the fields lie in an entry.
        shape: Shape,
    },
}

/// When a set of files may be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Complete {
    /// Older files are stale.
    pub fresh: Option<Duration>,
    /// The newest and the oldest file may differ so much.
    pub spread: Option<Duration>,
    /// Files must have been unchanged for so long.
    pub still: Option<Duration>,
    /// A file that must be there.
    pub marker: Option<String>,
}

/// The `deliver:` of a system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// True if a set is delivered in every run, also if nothing in it has changed.
    pub always: bool,
    /// The entities that make up the set, with their places; empty for all that are written.
    pub holds: Vec<(String, Span)>,
    /// True if files without rows are part of the set.
    pub empty_files: bool,
    /// What in the data stops the delivery.
    pub refuse: Vec<Trouble>,
    /// Words that are understood but cannot be executed yet.
    pub unbuilt: Vec<String>,
}

/// What in the data can stop a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// A reference to a record that is not in the set.
    OrphanReference,
    /// Two records with one key.
    DuplicateKey,
    /// A required field without a value.
    MissingRequired,
}

const TROUBLES: &[(&str, Trouble)] = &[
    ("orphan-reference", Trouble::OrphanReference),
    ("duplicate-key", Trouble::DuplicateKey),
    ("missing-required", Trouble::MissingRequired),
];

/// Compiles the `deliver:` of a system.
pub fn delivery(node: &Node, found: &mut Findings) -> Option<Delivery> {
    let keys = Keys::of("deliver", node, words::DELIVER, &[words::EVERYWHERE], found)?;
    let mut delivery = Delivery {
        always: keys.one_of("when", &[("changed", false), ("always", true)], found).unwrap_or(false),
        holds: keys.texts("holds", found).unwrap_or_default(),
        empty_files: keys.one_of("always", &[("filled", false), ("all", true)], found).unwrap_or(false),
        ..Delivery::default()
    };
    for (word, span) in keys.texts("refuse", found).unwrap_or_default() {
        match TROUBLES.iter().find(|(known, _)| *known == word) {
            Some((_, trouble)) => delivery.refuse.push(*trouble),
            None => found.add(
                wrong(span, "refuse", &format!("`{word}`"), "no trouble that is known", "one of the troubles it knows")
                    .word_if("suggestion", nearest(&word, TROUBLES.iter().map(|(word, _)| *word))),
            ),
        }
    }
    if keys.get("as").is_some_and(|node| node.entries().is_some()) {
        delivery.unbuilt.push("`deliver: as` with anything but `files` (a zip file is `zip:` under `files:`)".into());
    } else {
        keys.one_of("as", &[("files", ())], found);
    }
    if let Some(Some(word)) =
        keys.one_of("receipt", &[("none", None), ("file", Some("file")), ("call", Some("call"))], found)
    {
        delivery.unbuilt.push(format!("`receipt: {word}`"));
    }
    if keys.get("put").is_some_and(|put| put.get("marker").is_some()) {
        delivery.unbuilt.push("`put: marker`".into());
    }
    Some(delivery)
}

impl Protocol for Files {
    fn words(&self) -> &'static Words {
        &words::WORDS
    }

    /// Compiles the map under `files:` (or the map that holds it).
    fn compile(&self, connect: &Node, scope: &ScopeNames, found: &mut Findings) -> Option<Box<dyn Dialect>> {
        let node = connect.get("files").unwrap_or(connect);
        let keys = Keys::of("files", node, words::WORDS.connect, &[words::EVERYWHERE], found)?;
        let mut unbuilt = Vec::new();
        if let Some(Some(word)) = keys.one_of("at", TRANSPORTS, found) {
            unbuilt.push(format!("`at: {word}`"));
        }
        for key in ["host", "port", "login", "host_key", "key"] {
            if let Some(node) = keys.get(key) {
                let place = Place { roots: &["settings"], secrets: true, entity: &[] };
                super::template::Tree::compile(node, scope, &place, found);
            }
        }
        let folder = keys
            .required("folder", "`folder: data`", found)
            .and_then(|node| Template::compile(node, scope, &PATHS, found))
            .unwrap_or_else(|| Template::fixed(""));
        let format = match keys.get("format") {
            Some(node) => format(node, None, scope, &mut unbuilt, found)?,
            None => Format::Csv(Csv::default()),
        };
        let zip = keys.get("zip").and_then(|node| Template::compile(node, scope, &PATHS, found));
        let manifest = keys.get("manifest").and_then(|node| Manifest::compile(node, scope, found));
        let deliveries = keys.get("deliveries").and_then(|node| Deliveries::compile(node, scope, found));
        if let Some(names) = keys.get("deliveries").and_then(|node| node.get("names"))
            && zip.is_some()
        {
            let why = "`zip` says already where the files lie";
            found.add(wrong(
                names.span,
                "names",
                "a pattern",
                why,
                "either `zip`, or `names`, which finds zip files too",
            ));
        }
        let complete = keys.get("complete").map(|node| complete(node, &mut unbuilt, found)).unwrap_or_default();
        let calls = Vec::new();
        let settings = scope.clone();
        Some(Box::new(Connection { folder, format, zip, manifest, deliveries, complete, unbuilt, calls, settings }))
    }
}

const TRANSPORTS: &[(&str, Option<&str>)] = &[
    ("local", None),
    ("sftp", Some("sftp")),
    ("ftps", Some("ftps")),
    ("ftps-implicit", Some("ftps-implicit")),
    ("http", Some("http")),
];

/// What the names of files and folders may hold.
const PATHS: Place<'static> = Place { roots: &["settings", "as_of"], secrets: false, entity: &[] };

fn complete(node: &Node, unbuilt: &mut Vec<String>, found: &mut Findings) -> Complete {
    let Some(keys) = Keys::of("complete", node, words::COMPLETE, &[words::EVERYWHERE], found) else {
        return Complete::default();
    };
    if let Some(Some(word)) =
        keys.one_of("done", &[("leave", None), ("move", Some("move")), ("rename", Some("rename"))], found)
    {
        unbuilt.push(format!("`done: {word}`"));
    }
    Complete {
        fresh: keys.time("fresh", found),
        spread: keys.time("spread", found),
        still: keys.time("still", found),
        marker: keys.text("marker", found).map(str::to_string),
    }
}

impl Connection {
    /// The call of this number.
    pub fn call(&self, id: CallId) -> Option<&Call> {
        self.calls.get(id.0 as usize)
    }

    fn add(&mut self, node: &Node, write: bool, shape: &WireShape, found: &mut Findings) -> Option<CallId> {
        let (place, words) = if write { ("write", words::WORDS.write) } else { ("read", words::WORDS.read) };
        let before = found.len();
        let keys = Keys::of(place, node, words, &[words::EVERYWHERE, words::ENGINE], found)?;
        if let Some(remove) = keys.get("remove").filter(|_| write) {
            let remove = Keys::of("remove", remove, words::REMOVE, &[words::EVERYWHERE], found)?;
            remove.one_of("by", &[("absence", ())], found);
        }
        let names = Place { roots: &["settings", "as_of", "entity"], entity: &shape.names, ..PATHS };
        let file = keys
            .required("file", "`file: pupils.csv`", found)
            .and_then(|node| Template::compile(node, &self.settings, &names, found));
        let format = match keys.get("format") {
            Some(node) => format(node, Some(&self.format), &self.settings, &mut self.unbuilt, found),
            None => Some(self.format.clone()),
        };
        let layout = format.map(|format| self.layout(format, &keys, write, shape, found));
        if found.len() > before {
            return None;
        }
        let slots = shape.slots.iter().enumerate().map(|(index, slot)| Column {
            name: slot.name.clone(),
            at: slot.at.clone(),
            required: slot.required,
            unused: shape.unused.contains(&index),
            marks: shape.marks.contains(&index),
            nested: !matches!(slot.kind, SlotKind::Scalar),
            list: slot.list.clone(),
        });
        let call = Call {
            write,
            file: file?,
            names: shape.names.clone(),
            layout: layout?,
            slots: slots.collect(),
            span: keys.get("file").map_or(node.span, |file| file.span),
        };
        if write {
            together::check(&self.calls, &call, found);
        }
        self.calls.push(call);
        Some(CallId(self.calls.len() as u32 - 1))
    }

    fn layout(&self, format: Format, keys: &Keys<'_>, write: bool, shape: &WireShape, found: &mut Findings) -> Layout {
        match format {
            Format::Csv(dialect) => {
                let listed = keys.texts("columns", found);
                check_csv(keys, shape, listed.as_deref(), found);
                Layout::Csv { dialect, listed: listed.map(|all| all.into_iter().map(|(name, _)| name).collect()) }
            }
            Format::Json(rows) => {
                let rows = keys.get("select").and_then(|node| shape::rows(node, found)).unwrap_or(rows);
                Layout::Json { rows, shape: json_shape(keys, write, shape, found) }
            }
            Format::Ndjson => Layout::Ndjson { shape: json_shape(keys, write, shape, found) },
            Format::Xml(mut dialect) => {
                if let Some(node) = keys.get("select") {
                    dialect.select(node, found);
                }
                if let Some(optional) = keys.one_of("optional", &[("no", false), ("yes", true)], found) {
                    dialect.optional = optional;
                }
                dialect.check(keys.node.span, found);
                check_written(write, shape, found);
                let shape = dialect.shape(shape, keys.node.span, found);
                Layout::Xml { dialect, shape }
            }
            Format::Xlsx(mut sheet) => {
                if let Some(name) = keys.text("sheet", found) {
                    sheet.name = Some(name.to_string());
                }
                if write {
                    sheet.check_name(keys.get("sheet").unwrap_or(keys.node).span, found);
                }
                let listed = keys.texts("columns", found);
                check_csv(keys, shape, listed.as_deref(), found);
                Layout::Xlsx { sheet, listed: listed.map(|all| all.into_iter().map(|(name, _)| name).collect()) }
            }
            Format::Fixed(dialect) => Layout::Fixed { dialect, ranges: fixed::ranges(shape, write, found) },
            Format::Ldif => {
                if write {
                    let why = "LDIF is read, not written";
                    found.add(wrong(keys.node.span, "format", "`ldif`", why, "another format"));
                }
                Layout::Ldif { shape: Shape::compile(&xml::lower(shape), keys.node.span, found) }
            }
        }
    }
}

/// Paths that can be followed but not made.
fn check_written(write: bool, shape: &WireShape, found: &mut Findings) {
    for slot in shape.slots.iter().filter(|slot| write && (slot.at.starts_with('$') || slot.at.contains("[*]"))) {
        found.add(shape::bad(slot.span, &slot.at, "this path can be read, not written"));
    }
}

fn json_shape(keys: &Keys<'_>, write: bool, shape: &WireShape, found: &mut Findings) -> Shape {
    check_written(write, shape, found);
    Shape::compile(shape, keys.node.span, found)
}

/// What a row of CSV cannot hold.
fn check_csv(keys: &Keys<'_>, shape: &WireShape, listed: Option<&[(String, Span)]>, found: &mut Findings) {
    for slot in &shape.slots {
        let kind = match &slot.kind {
            SlotKind::Scalar => None,
            // A list of texts that says which columns it takes has its place.
            SlotKind::List(element) if slot.list != ListForm::None && matches!(**element, SlotKind::Scalar) => None,
            SlotKind::List(_) => Some("list"),
            SlotKind::Struct(_) => Some("structure"),
        };
        if let Some(kind) = kind {
            found.add(Finding::new(&LIST_IN_CSV, slot.span).word("field", slot.name.clone()).word("kind", kind));
        } else if slot.at.starts_with('$') || slot.at.starts_with("^.") {
            found.add(shape::bad(slot.span, &slot.at, "in CSV a field lies in a column"));
        } else if let Some(listed) = listed
            && !listed.iter().any(|(name, _)| *name == slot.at)
        {
            let names = || listed.iter().map(|(name, _)| name.as_str());
            found.add(
                Finding::new(&COLUMN_NOT_LISTED, slot.span)
                    .word("column", slot.at.clone())
                    .word_if("suggestion", nearest(&slot.at, names())),
            );
        }
    }
    for (index, (name, span)) in listed.unwrap_or_default().iter().enumerate() {
        if listed.unwrap_or_default()[..index].iter().any(|(other, _)| other == name) {
            found.add(wrong(
                *span,
                "columns",
                &format!("`{name}` twice"),
                "this column stands there already",
                "each column once",
            ));
        }
    }
    if let Some(each) = &shape.each {
        found.add(shape::bad(keys.node.span, each, "a row of CSV holds no list that could be read with `each`"));
    }
}

impl Dialect for Connection {
    fn read(&mut self, call: &Node, shape: &WireShape, found: &mut Findings) -> Option<CallId> {
        self.add(call, false, shape, found)
    }

    fn write(&mut self, call: &Node, op: Option<Operation>, shape: &WireShape, found: &mut Findings) -> Option<CallId> {
        if let Some(op) = op {
            found.add(Finding::new(&FILES_ARE_WHOLE, call.span).word("operation", op.word()));
            return None;
        }
        self.add(call, true, shape, found)
    }

    fn traits(&self, _: CallId) -> CallTraits {
        CallTraits { repeatable: true, batch: u32::MAX, whole: true }
    }

    fn unfit(&self, call: CallId, slot: usize, text: &str) -> Option<String> {
        self.call(call).and_then(|call| fit::unfit(call, slot, text))
    }

    fn sure_below(&self, call: CallId, slot: usize) -> u8 {
        self.call(call).map_or(0, |call| fit::sure_below(call, slot))
    }

    fn show(&self, call: CallId) -> String {
        self.call(call).map(|call| show::call(self, call)).unwrap_or_default()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[cfg(test)]
pub(crate) mod tests;
