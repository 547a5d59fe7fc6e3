//! The pure half of every protocol: the words of a descriptor, compiling its calls, showing them redacted.
//!
//! Nothing here opens anything: a [`Dialect`] is part of `check` and `plan`. The effectful half is `adapter`, which opens
//! what was compiled here. A protocol never sees a mapping; the runtime never sees a verb, a header or a separator.

pub mod path;
pub mod template;
pub mod files;
pub mod http;

use crate::finding::Findings;
use crate::source::Span;
use crate::syntax::ast::Operation;
use crate::syntax::tree::Node;
use std::any::Any;

/// A family of systems that speak alike.
pub trait Protocol: Sync {
    /// The key under `connect:` that chooses it, and every key that it understands.
    fn words(&self) -> &'static Words;

    /// Compiles a connection. Returns what it could; everything wrong becomes a finding.
    fn compile(&self, connect: &Node, scope: &ScopeNames, found: &mut Findings) -> Option<Box<dyn Dialect>>;
}

/// The words of a protocol: for findings with suggestions and for the reference page.
#[derive(Debug)]
pub struct Words {
    /// The key under `connect:`.
    pub key: &'static str,
    /// Keys of the connection: name and one line of documentation.
    pub connect: &'static [(&'static str, &'static str)],
    /// Keys of `read`.
    pub read: &'static [(&'static str, &'static str)],
    /// Keys of a write operation or step.
    pub write: &'static [(&'static str, &'static str)],
}

/// A compiled connection: owns its compiled calls, holds no secret, touches nothing.
pub trait Dialect: Send + Sync {
    /// Compiles the call under `read:` of an entity whose records have this shape.
    fn read(&mut self, call: &Node, shape: &WireShape, found: &mut Findings) -> Option<CallId>;

    /// Compiles one write operation of an entity (`create: …`), or its part in a whole delivery (`op` is `None`).
    fn write(&mut self, call: &Node, op: Option<Operation>, shape: &WireShape, found: &mut Findings) -> Option<CallId>;

    /// What the call can bear.
    fn traits(&self, call: CallId) -> CallTraits;

    /// Why the text of a slot cannot be written by a call, if it cannot: its format has no place for it. In words, without
    /// the text. For the elements of a list the text is a JSON list.
    fn unfit(&self, _call: CallId, _slot: usize, _text: &str) -> Option<String> {
        None
    }

    /// Texts of bytes from a blank to below this one surely have a place in a slot: for others, [`Dialect::unfit`] tells.
    fn sure_below(&self, _call: CallId, _slot: usize) -> u8 {
        u8::MAX
    }

    /// The call as people may see it: method and address, file and dialect; without secrets. For plan and docs.
    fn show(&self, call: CallId) -> String;

    /// For the adapter of the same protocol.
    fn as_any(&self) -> &dyn Any;
}

/// A compiled call of a [`Dialect`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct CallId(pub u32);

/// What a call can bear.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CallTraits {
    /// May be sent twice with the same effect.
    pub repeatable: bool,
    /// Most records in one call.
    pub batch: u32,
    /// True for a whole delivery: absence from it removes.
    pub whole: bool,
}

/// What templates of a descriptor may name: the settings with their types, and the words under `names:`.
#[derive(Clone, Debug, Default)]
pub struct ScopeNames {
    /// Names of settings; `true` for those of a secret type.
    pub settings: Vec<(String, bool)>,
}

/// How a record lies on the wire: the fields of the entity, in declared order.
#[derive(Clone, Debug, Default)]
pub struct WireShape {
    /// One for each field, in order; cell `n` of a row belongs to slot `n`.
    pub slots: Vec<Slot>,
    /// Words under `names:` of the entity, for templates: `entity.path`.
    pub names: Vec<(String, String)>,
    /// Path of the list inside the record that makes the rows (`each`), where rows are unnested.
    pub each: Option<String>,
    /// Where the id lies in the answer to a create, where the target gives the ids: a child path, or JSONPath.
    pub id_at: Option<String>,
    /// Slots by which protected people are known: a file without their columns is not read, since everybody in it would pass
    /// for unprotected.
    pub marks: Vec<usize>,
    /// Slots that nobody needs in this plan: known on the wire, never decoded; their cells are `Missing`.
    pub unused: Vec<usize>,
}

/// One field on the wire.
#[derive(Clone, Debug)]
pub struct Slot {
    /// The field's name on the model; in headers and findings.
    pub name: String,
    /// Where it lies: a child path (`civicNo.value`, also a column's name), `^.path` for the record outside `each`,
    /// or JSONPath that starts with `$` (read-only).
    pub at: String,
    /// Where `at` (or the field) is written.
    pub span: Span,
    /// What lies there.
    pub kind: SlotKind,
    /// True if a file without such a column is an error (the field is required and has no default).
    pub required: bool,
    /// How a list lies in a row of cells.
    pub list: ListForm,
}

/// How a list of texts lies in a row of cells (CSV, XLSX).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ListForm {
    /// It has no place there.
    #[default]
    None,
    /// In one cell, with this text between its elements.
    Joined(String),
    /// In columns of their own; the first is the slot's `at`.
    Wide(Wide),
}

impl ListForm {
    /// True if a column of this name is one of the list.
    pub fn has_column(&self, name: &str) -> bool {
        matches!(self, ListForm::Wide(wide) if wide.index(name).is_some())
    }
}

/// The columns of a list: `location_id`, `location_id_2`, `location_id_3` …
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wide {
    /// The name of the first column.
    pub first: String,
    /// What stands before the number in the names of the others.
    pub before: String,
    /// What stands after it.
    pub after: String,
    /// The number of the second column.
    pub from: u32,
    /// At least so many columns are written.
    pub min: u32,
    /// There are never more.
    pub max: u32,
}

impl Wide {
    /// The name of a column, from 0.
    pub fn name(&self, index: u32) -> String {
        match index {
            0 => self.first.clone(),
            _ => format!("{}{}{}", self.before, self.from + index - 1, self.after),
        }
    }

    /// The place of a column in the list, if it is one of it.
    pub fn index(&self, name: &str) -> Option<u32> {
        if name == self.first {
            return Some(0);
        }
        let number = name.strip_prefix(self.before.as_str())?.strip_suffix(self.after.as_str())?;
        let number: u32 = number.parse().ok()?;
        let index = number.checked_sub(self.from)? + 1;
        (index < self.max && self.name(index) == name).then_some(index)
    }
}

/// What lies in a slot.
#[derive(Clone, Debug)]
pub enum SlotKind {
    /// One text, number or bool.
    Scalar,
    /// A list of what is inside.
    List(Box<SlotKind>),
    /// A structure with slots of its own (`at` relative to it).
    Struct(Vec<Slot>),
}
