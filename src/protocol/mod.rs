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
