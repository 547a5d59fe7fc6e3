//! Syntax to model: documents with every name of a system, entity, field, mapping, set and table resolved to an id.
//!
//! Expressions are still syntax here: their names depend on types and are resolved by `check`.
//! [`resolve()`] is total: it returns what it could and adds findings for the rest.

pub mod shape;
pub mod reader;
mod merge;
mod language;
pub mod literal;
mod types;
pub mod field;
pub mod entity;
pub mod system;
pub mod table;
pub mod map;
pub mod mapping;
mod schedule;
pub mod sync;
mod route;
pub mod provider;
pub mod layer;
pub mod standard;
pub mod cases;
pub mod resolve;
pub mod overlay;
#[cfg(test)]
mod tests;

use crate::source::{FileId, Span};
use crate::syntax::ast::{
    Alias, Between, Binding, Expr, Free, Gone, Grant, MatchLine, Name, OverlayLine, Path, Rule, Step, Where,
};
use crate::syntax::tree::Node;
use crate::value::{ClassSet, Classes, EntityId, SetId, Type, Value};
use jiff::tz::TimeZone;

pub use crate::syntax::ast::Operation;
pub use overlay::{said, standard_of, with_overlay};
pub use resolve::resolve;

/// A model or system, by its number in the project.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SystemId(pub u32);

/// A mapping, by its number in the project.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MappingId(pub u32);

/// A table, by its number in the project.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TableId(pub u32);

/// A sync, by its number in the project.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SyncId(pub u32);

/// All documents of a project and of the library under it.
#[derive(Debug, Default)]
pub struct Model {
    /// Models and systems.
    pub systems: Vec<System>,
    /// Entities of all systems; an [`EntityId`] is an index here.
    pub entities: Vec<Entity>,
    /// Mappings.
    pub mappings: Vec<Mapping>,
    /// Sets of all mappings; a [`SetId`] is an index here.
    pub sets: Vec<Set>,
    /// Look-up tables.
    pub tables: Vec<Table>,
    /// Syncs.
    pub syncs: Vec<Sync>,
    /// What the standard was when somebody last looked, by sync.
    pub standards: Vec<standard::Standard>,
    /// Test documents.
    pub tests: Vec<Test>,
    /// Data classes by name.
    pub classes: Classes,
}

impl Model {
    /// A system by id.
    pub fn system(&self, id: SystemId) -> &System {
        &self.systems[id.0 as usize]
    }
    /// An entity by id.
    pub fn entity(&self, id: EntityId) -> &Entity {
        &self.entities[id.0 as usize]
    }
    /// A mapping by id.
    pub fn mapping(&self, id: MappingId) -> &Mapping {
        &self.mappings[id.0 as usize]
    }
    /// A set by id.
    pub fn set(&self, id: SetId) -> &Set {
        &self.sets[id.0 as usize]
    }
    /// A table by id.
    pub fn table(&self, id: TableId) -> &Table {
        &self.tables[id.0 as usize]
    }
    /// A sync by id.
    pub fn sync(&self, id: SyncId) -> &Sync {
        &self.syncs[id.0 as usize]
    }
    /// The system of this name.
    pub fn find_system(&self, name: &str) -> Option<SystemId> {
        self.systems.iter().position(|system| system.name.text == name).map(|index| SystemId(index as u32))
    }
    /// The entity of this name in a system.
    pub fn find_entity(&self, system: SystemId, name: &str) -> Option<EntityId> {
        self.system(system).entities.iter().copied().find(|&id| self.entity(id).name.text == name)
    }
    /// The mapping of this name.
    pub fn find_mapping(&self, name: &str) -> Option<MappingId> {
        self.mappings.iter().position(|mapping| mapping.name.text == name).map(|index| MappingId(index as u32))
    }
    /// The sync of this name.
    pub fn find_sync(&self, name: &str) -> Option<SyncId> {
        self.syncs.iter().position(|sync| sync.name.text == name).map(|index| SyncId(index as u32))
    }
    /// The table of this name.
    pub fn find_table(&self, name: &str) -> Option<TableId> {
        self.tables.iter().position(|table| table.name.text == name).map(|index| TableId(index as u32))
    }
}

/// A model (no connection) or a system.
#[derive(Debug)]
pub struct System {
    /// Its name.
    pub name: Name,
    /// Its heading.
    pub title: Option<String>,
    /// Two letters.
    pub country: Option<String>,
    /// True for `system:`, false for `model:`.
    pub is_system: bool,
    /// The file that it stands in.
    pub file: FileId,
    /// The model whose entities and fields it has.
    pub implements: Option<SystemId>,
    /// What the customer fills in.
    pub settings: Vec<Setting>,
    /// How it is reached: the key under `connect:` (`files`, `http`) and what stands under it.
    pub connect: Option<(Name, Node)>,
    /// Its entities.
    pub entities: Vec<EntityId>,
    /// What an answer means.
    pub reads: Reads,
    /// What a delivery means.
    pub writes: Writes,
    /// The whole delivery, if it has one.
    pub deliver: Option<Node>,
    /// What it was verified against.
    pub evidence: Vec<Evidence>,
}

/// Something that the customer fills in.
#[derive(Debug)]
pub struct Setting {
    /// Its name.
    pub name: Name,
    /// Its type; a secret accepts references only.
    pub ty: Type,
    /// True for `T?`.
    pub optional: bool,
    /// Its value if the sync gives none.
    pub default: Option<Node>,
    /// A regular expression for the whole text.
    pub pattern: Option<String>,
    /// The setting with whose value it begins.
    pub begins_with: Option<Name>,
    /// True if a sync rests while it has no value.
    pub pauses: bool,
    /// What to fill in.
    pub doc: Option<String>,
}

/// What an answer means.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reads {
    /// True if a list may leave out records that are there: of those that are not in it nobody knows anything.
    pub part: bool,
    /// True if two records with one key are one; else the first counts, and the others are reported and held.
    pub merges: bool,
    /// True if a reference that leads to nobody is none at all; else it is reported.
    pub orphans_ignored: bool,
}

/// What a delivery means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Writes {
    /// True if absence from a delivery removes (`extent: whole`).
    pub whole: bool,
    /// True if a held record is left out of a whole delivery; false: it is sent as last delivered.
    pub held_left_out: bool,
}

/// What a descriptor was verified against.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// Its id.
    pub id: String,
    /// `A`, `B`, `C`, `D`, `tried`, `inferred`, `assumed`, `unknown`.
    pub grade: String,
    /// What it says.
    pub says: String,
    /// Where it comes from.
    pub source: String,
}

/// An entity.
#[derive(Debug)]
pub struct Entity {
    /// Its name.
    pub name: Name,
    /// The system that it belongs to.
    pub system: SystemId,
    /// Indices of the key fields.
    pub key: Vec<usize>,
    /// Indices of other identities: a record whose key changed is followed through them.
    pub also: Vec<usize>,
    /// True for `key_mode: first-present`: the first key field that has a value is the key.
    pub first_present: bool,
    /// When a record is protected.
    pub protected_when: Option<Expr>,
    /// Its fields.
    pub fields: Vec<Field>,
    /// How it is read.
    pub read: Option<Node>,
    /// How it is written.
    pub write: Option<EntityWrite>,
    /// Words for templates.
    pub names: Vec<(String, String)>,
    /// Rows that are no records.
    pub skip: Option<Expr>,
}

impl Entity {
    /// The index of the field of this name.
    pub fn field(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name.text == name)
    }

    /// True if a field of it has a data class.
    pub fn is_about_people(&self) -> bool {
        self.fields.iter().any(|field| !field.classes.is_empty())
    }
}

/// How an entity is written.
#[derive(Debug)]
pub struct EntityWrite {
    /// What stands under `write:`, whole.
    pub node: Node,
    /// The operations that it has, each with its call.
    pub operations: Vec<(Operation, Node)>,
    /// True if the target gives the ids (`id: { owner: theirs }`).
    pub id_theirs: bool,
    /// The wire path of the target's id on a record that is read, where it gives ids.
    pub id_at: Option<String>,
}

/// A field.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// True for `T?`.
    pub optional: bool,
    /// Its data classes; unclassified fields of people count as `personal`.
    pub classes: ClassSet,
    /// Where it lies on the wire; the name itself if it does not say.
    pub at: String,
    /// Where `at`, or else the name, is written.
    pub at_span: Span,
    /// How a list lies in a row of cells.
    pub list: crate::protocol::ListForm,
    /// Where its members lie inside the record: `(member, path)`.
    pub parts: Vec<(String, String)>,
    /// Formats of dates, first one written.
    pub formats: Vec<String>,
    /// Wire text to model text.
    pub read_values: Vec<(String, String)>,
    /// Model text to wire text.
    pub write_values: Vec<(String, String)>,
    /// Wire texts that mean absent.
    pub absent_when: Vec<String>,
    /// True if the empty text is a value.
    pub empty_is_value: bool,
    /// The value of an absent field.
    pub default: Option<String>,
    /// Longest text, in characters.
    pub max: Option<u32>,
    /// A regular expression for the whole text.
    pub pattern: Option<String>,
    /// The time zone of moments that are written without one.
    pub zone: Option<TimeZone>,
    /// Who may write it when.
    pub access: Access,
    /// True if a wrong check digit rejects the record; false: it is a warning.
    pub checksum_rejects: bool,
    /// No two records may have the same value.
    pub unique: bool,
    /// Its lowest evidence, as written: an id or a grade.
    pub evidence: Option<String>,
    /// What is unsure about it.
    pub unsure: Vec<String>,
    /// What it is.
    pub doc: Option<String>,
}

impl Field {
    /// True if a value is none for this field: it is absent, or it is the empty text and the field does not take that for a value.
    pub fn is_nothing(&self, value: Value<'_>) -> bool {
        match value {
            Value::Absent => true,
            Value::Text(text) => text.is_empty() && !self.empty_is_value,
            _ => false,
        }
    }
}

/// Who may write a field when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read and written.
    ReadWrite,
    /// Never written.
    Read,
    /// Cannot be read back: never compared, sent when the source changed.
    Write,
    /// Written at create only.
    Create,
    /// Written at create only and cannot be read back: passwords. Sent once, never stored.
    Initial,
}

/// A mapping.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// Its name.
    pub name: Name,
    /// Its heading.
    pub title: Option<String>,
    /// The language of the words in its direction table: `en`, `nl`, `sv`; English if it is not given.
    pub language: Option<String>,
    /// The file that it stands in.
    pub file: FileId,
    /// The systems on the left.
    pub left: Vec<Side>,
    /// The systems on the right.
    pub right: Vec<Side>,
    /// True if a side or a map could not be read, and a finding says so: what else is missing follows from that.
    pub incomplete: bool,
    /// What a sync may choose.
    pub options: Vec<Choice>,
    /// Its own functions.
    pub functions: Vec<ProjectFunction>,
    /// Its sets, in file order.
    pub sets: Vec<SetId>,
    /// Its maps, in file order.
    pub maps: Vec<Map>,
    /// Order and display names of the direction table: `map.label`, and a display name where it differs.
    pub rows: Vec<RowName>,
}

/// A row of the direction table.
#[derive(Clone, Debug)]
pub struct RowName {
    /// The map.
    pub map: String,
    /// The label.
    pub label: String,
    /// The name shown; the label if it is not given.
    pub shown: Option<String>,
    /// Where it is written.
    pub span: Span,
}

/// A system on one side of a mapping.
#[derive(Clone, Debug)]
pub struct Side {
    /// The name that it goes by in the mapping.
    pub alias: Name,
    /// The system.
    pub system: SystemId,
    /// True for `use: read`.
    pub read_only: bool,
}

/// An option of a mapping.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Its name, without `$`.
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// True for `T?`.
    pub optional: bool,
    /// Its value if the sync gives none.
    pub default: Option<Node>,
    /// A regular expression for the whole text.
    pub pattern: Option<String>,
    /// What it does.
    pub doc: Option<String>,
}

/// A function that a project defines.
#[derive(Clone, Debug)]
pub struct ProjectFunction {
    /// Its name.
    pub name: Name,
    /// What it takes: name, type, whether it may be absent.
    pub takes: Vec<(Name, Type, bool)>,
    /// What it gives, if it says so.
    pub gives: Option<(Type, bool)>,
    /// What it is.
    pub body: Expr,
    /// Examples: given values by parameter, and the expected value (`Missing` node: absent).
    pub examples: Vec<FunctionExample>,
}

/// An example of a project function.
#[derive(Clone, Debug)]
pub struct FunctionExample {
    /// Values by parameter.
    pub given: Vec<(Name, Node)>,
    /// The expected value.
    pub gives: Node,
    /// Where it stands.
    pub span: Span,
}

/// A set: a named list of steps.
#[derive(Clone, Debug)]
pub struct Set {
    /// Its name.
    pub name: Name,
    /// The mapping that it stands in.
    pub mapping: MappingId,
    /// Its steps.
    pub steps: Vec<Step>,
}

/// A map: how records of one entity or set become records of another.
#[derive(Clone, Debug)]
pub struct Map {
    /// Its name.
    pub name: Name,
    /// The option that switches it on.
    pub when: Option<Expr>,
    /// What lies between what.
    pub between: Between,
    /// Which records take part; those of the customer's overlays are and-ed.
    pub conditions: Vec<Where>,
    /// How records find each other without a link.
    pub matches: Vec<MatchLine>,
    /// What becomes of the right record when the left one is gone.
    pub gone: Option<Gone>,
    /// Names for values.
    pub lets: Vec<Binding>,
    /// Values that are state: accounts, first passwords.
    pub allocations: Vec<Allocation>,
    /// The rules in file order.
    pub rules: Vec<MapRule>,
    /// `absent: clear`
    pub absent_clears: bool,
    /// `create: never`
    pub only_supplements: bool,
}

/// A rule of a map and the layer that it came from.
#[derive(Clone, Debug)]
pub struct MapRule {
    /// The rule.
    pub rule: Rule,
    /// The sync whose overlay put it there; `None` for the standard.
    pub overlay: Option<SyncId>,
    /// The layer that put it there, for people: `overlay of this sync`, `overlay kommunen`, `provider north`.
    pub layer: String,
}

/// An allocation.
#[derive(Clone, Debug)]
pub struct Allocation {
    /// The name that later rules read.
    pub name: Name,
    /// Spellings in order of preference.
    pub candidates: Vec<Expr>,
    /// `then: count from 2`: where the counter starts.
    pub count_from: Option<u32>,
    /// Longest spelling.
    pub max: Option<u32>,
    /// Where a spelling must be free.
    pub free_in: Vec<Free>,
    /// A spelling once used is never given to another.
    pub never_again: bool,
    /// `secret: "14 characters, …"`: a generated password.
    pub secret: Option<Name>,
}

/// A look-up table.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: Name,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Indices of the key columns.
    pub key: Vec<usize>,
    /// Its rows: one text for each column, `None` where absent.
    pub rows: Vec<Vec<Option<String>>>,
    /// Where each row is written.
    pub places: Vec<Span>,
    /// What a key that is not in it gives.
    pub unmapped: Unmapped,
}

/// A column of a table.
#[derive(Debug)]
pub struct Column {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// True for `T?`.
    pub optional: bool,
}

/// What a key that is not in a table gives.
#[derive(Clone, Debug, PartialEq)]
pub enum Unmapped {
    /// A failure.
    Fails,
    /// Absent.
    Absent,
    /// The key itself.
    Keeps,
    /// A fixed value.
    Gives(String),
}

/// A sync: one customer's deployment.
#[derive(Debug)]
pub struct Sync {
    /// Its name.
    pub name: Name,
    /// The file that it stands in.
    pub file: FileId,
    /// `planned`, `active`, `paused`, `ended`.
    pub status: Status,
    /// The source.
    pub left: SyncSide,
    /// Further systems that its mappings read.
    pub beside: Vec<SyncSide>,
    /// The target.
    pub right: SyncSide,
    /// The mappings from left to right, in order.
    pub route: Vec<MappingId>,
    /// Values of options.
    pub options: Vec<(Name, Node)>,
    /// Which records are meant: over entities of the left system or of a model on the way.
    pub scope: Option<Expr>,
    /// Whose records the sync may change.
    pub owns_all: bool,
    /// What happens to protected people.
    pub protection: Protection,
    /// Which classes may reach which fields.
    pub allow: Vec<Grant>,
    /// Layers under its own changes, the lowest first.
    pub layers: Vec<layer::Layer>,
    /// The customer's overlay.
    pub change: Vec<MapChange>,
    /// How much may change in one run.
    pub guard: Guard,
    /// When nothing is taken away.
    pub freeze: Vec<Freeze>,
    /// When it runs, as written.
    pub schedule: Option<String>,
    /// The day from which it runs.
    pub starts: Option<jiff::civil::Date>,
    /// The support package that the customer has.
    pub support: Option<provider::Package>,
}

/// Whether a sync runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Not yet.
    Planned,
    /// Yes.
    Active,
    /// Not now.
    Paused,
    /// No more.
    Ended,
}

impl Sync {
    /// The systems that records come from: the one on the left, and those that its mappings read beside it.
    pub fn sources(&self) -> impl Iterator<Item = &SyncSide> {
        std::iter::once(&self.left).chain(&self.beside)
    }

    /// The source that is this system.
    pub fn source(&self, system: SystemId) -> Option<&SyncSide> {
        self.sources().find(|side| side.system == system)
    }
}

/// One side of a sync.
#[derive(Debug)]
pub struct SyncSide {
    /// The system.
    pub system: SystemId,
    /// Values of its settings.
    pub settings: Vec<(Name, Node)>,
    /// Where the side is written.
    pub span: Span,
}

/// What happens to protected people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protected {
    /// Nothing about them is sent.
    Exclude,
    /// Only what says nothing about them is sent, and what the sync allows by name.
    Reduce,
    /// The same, and other values stand in the place of what is left out.
    Alias,
}

/// What a sync does about protected people.
#[derive(Debug)]
pub struct Protection {
    /// What happens to them.
    pub how: Protected,
    /// Where the sync says so; its name where it says nothing.
    pub span: Span,
    /// Which classes of their values may reach which fields all the same.
    pub allow: Vec<Grant>,
    /// What is sent in the place of their values.
    pub aliases: Vec<Alias>,
}

/// A customer's changes to one map.
#[derive(Clone, Debug)]
pub struct MapChange {
    /// `map` or `mapping.map`.
    pub map: Path,
    /// Changed, added and removed rules.
    pub lines: Vec<OverlayLine>,
    /// A condition that is and-ed.
    pub condition: Option<Where>,
}

/// How much may change in one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Guard {
    /// Limit of removes.
    pub remove: Limit,
    /// Limit of deactivates.
    pub deactivate: Limit,
    /// Limit of updates.
    pub update: Limit,
    /// Limit of creates.
    pub create: Limit,
    /// By how much a source may shrink.
    pub shrinks: Limit,
    /// A limit in per cent is never below this many records.
    pub floor: u32,
}

impl Default for Guard {
    fn default() -> Guard {
        Guard {
            remove: Limit::PerCent(5.0),
            deactivate: Limit::PerCent(5.0),
            update: Limit::PerCent(40.0),
            create: Limit::PerCent(20.0),
            shrinks: Limit::PerCent(10.0),
            floor: 5,
        }
    }
}

/// A limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// Per cent of the linked records, rounded up.
    PerCent(f64),
    /// This many.
    Count(u32),
    /// `off`: no limit.
    None,
}

/// A time of the year in which actions do not happen.
#[derive(Clone, Debug, PartialEq)]
pub struct Freeze {
    /// First day: month, day.
    pub from: (i8, i8),
    /// Last day: month, day.
    pub to: (i8, i8),
    /// Which actions.
    pub actions: Vec<Operation>,
}

/// A test document.
#[derive(Debug)]
pub struct Test {
    /// The mapping that it tests; of a sync, the last one of its route.
    pub mapping: MappingId,
    /// The sync that it tests, if it tests a whole sync.
    pub sync: Option<SyncId>,
    /// The file.
    pub file: FileId,
    /// The run's date of its cases.
    pub as_of: Option<String>,
    /// Values of options.
    pub options: Vec<(Name, Node)>,
    /// The cases.
    pub cases: Vec<Case>,
}

/// One case of a test document. Records are maps of fields by name, values as on the model.
#[derive(Debug)]
pub struct Case {
    /// Its name.
    pub name: Name,
    /// Left records by entity (`entity` or `alias.entity`).
    pub given: Vec<(Name, Vec<Node>)>,
    /// Expected right records by entity; only the fields that are named are compared.
    pub expect: Vec<(Name, Vec<Node>)>,
    /// The run's date of this case, if it differs from the document's.
    pub as_of: Option<String>,
    /// Expected skips.
    pub skipped: Vec<Dropped>,
    /// Expected rejections.
    pub rejected: Vec<Dropped>,
    /// Expected records that the engine cannot decide about.
    pub held: Vec<Dropped>,
    /// How many left records were set aside because a person is protected, if the case says so.
    pub protected: Option<u32>,
    /// Of a sync: what the target holds, by entity.
    pub right: Vec<(Name, Vec<Node>)>,
    /// Of a sync: which left record belongs to which right one, by entity.
    pub links: Vec<(Name, Vec<(Name, String)>)>,
    /// Of a sync: how many records left entities held at the last run.
    pub before: Vec<(Name, u64)>,
    /// Of a sync: the changes that are expected, by entity and operation.
    pub changes: Option<Vec<ExpectedChanges>>,
    /// Of a sync: true if a guard is expected to stop the run.
    pub stopped: bool,
    /// Values of options that differ from the document's.
    pub options: Vec<(Name, Node)>,
}

/// The changes that a case expects of an entity: by operation, records with their keys and fields.
#[derive(Clone, Debug)]
pub struct ExpectedChanges {
    /// The entity.
    pub entity: Name,
    /// Operations, each with its records.
    pub operations: Vec<(Name, Vec<Node>)>,
}

/// Expected skips, rejections or held records of a case.
#[derive(Clone, Debug)]
pub struct Dropped {
    /// The map or set.
    pub of: Name,
    /// How many.
    pub count: u32,
    /// Only those with this reason; all if it is not given.
    pub reason: Option<String>,
}
