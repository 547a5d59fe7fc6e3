//! What the checker gives: expressions as flat nodes with resolved names, each with its type beside it.
//!
//! A node refers to others by [`ExprId`], which is always smaller than its own, and to variables by their number in the
//! frame of the row that is being worked on. Types, absence, failure and data classes lie in a side table, so that the
//! nodes alone are what a run walks over.

use super::never::Asked;
use crate::function::Function;
use crate::model::{MappingId, TableId};
use crate::source::Span;
use crate::syntax::ast::{Arrow, BinaryOp, Gone, Operation, Prefer};
use crate::value::{ClassSet, Duration, EntityId, RecordType, SetId, Type};
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, HashMap};

/// A node of an expression.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ExprId(pub u32);

/// Number of a variable in the frame.
pub type Local = u16;

/// A literal.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `absent`
    Absent,
    /// A bool.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A decimal number.
    Decimal(Decimal),
    /// A text.
    Text(Box<str>),
    /// A duration.
    Duration(Duration),
    /// A date.
    Date(Date),
    /// A month and day.
    MonthDay(i8, i8),
}

/// What a node does.
#[derive(Clone, Debug)]
pub enum Node {
    /// A literal.
    Literal(Literal),
    /// The value of an option (by its index in the mapping).
    Option(u16),
    /// The run's date.
    AsOf,
    /// A variable of the frame: a binding, a `let`, an element, a parameter.
    Local(Local),
    /// A field of a record of an entity. A `ref` field gives the referenced record.
    Field {
        /// The record.
        of: ExprId,
        /// Its entity.
        entity: EntityId,
        /// The field.
        field: u16,
    },
    /// A binding of a row of a set, of a group or of a layout.
    RowSlot {
        /// The row.
        of: ExprId,
        /// The binding.
        slot: u16,
    },
    /// A field that all entities of a union have: by the entity that the record is of.
    UnionField {
        /// The record.
        of: ExprId,
        /// For each entity its field.
        fields: Box<[(EntityId, u16)]>,
    },
    /// The name of the entity that a record of a union is of.
    UnionKind {
        /// The record.
        of: ExprId,
        /// Entities with their names.
        names: Box<[(RecordType, Box<str>)]>,
    },
    /// The records of an entity whose `ref` field leads to this record.
    Referrers {
        /// The record.
        of: ExprId,
        /// The entity that refers.
        entity: EntityId,
        /// Its `ref` field.
        field: u16,
    },
    /// A member of a structure.
    Member {
        /// The structure.
        of: ExprId,
        /// The member.
        index: u16,
    },
    /// A list of the body's values for each element, absents left out.
    Each {
        /// The list.
        list: ExprId,
        /// The element's variable.
        element: Local,
        /// The value.
        body: ExprId,
        /// True if a body that is a list is spread (`rows.g.emails`).
        flatten: bool,
    },
    /// The elements that fulfil a condition.
    Filter {
        /// The list.
        list: ExprId,
        /// The element's variable.
        element: Local,
        /// The condition.
        condition: ExprId,
    },
    /// True if any element (or `every`) fulfils the condition.
    Quantified {
        /// The list.
        list: ExprId,
        /// The element's variable.
        element: Local,
        /// The condition.
        condition: ExprId,
        /// True for `every`.
        every: bool,
    },
    /// The elements in order; with `first`, the first of them.
    Sorted {
        /// The list.
        list: ExprId,
        /// The element's variable.
        element: Local,
        /// By what.
        orders: Box<[TypedOrder]>,
        /// True for `best`.
        first: bool,
    },
    /// Every record of an entity or set.
    All(RecordType),
    /// The row of a set, or the record of an entity, with these key values.
    ByKey {
        /// Of what.
        record: RecordType,
        /// The key values.
        key: Box<[ExprId]>,
    },
    /// The value in a column of a table.
    Lookup {
        /// The table.
        table: TableId,
        /// The column.
        column: u16,
        /// The key values, in the order of the table's key.
        key: Box<[ExprId]>,
    },
    /// A function of the library.
    Call {
        /// The function.
        function: &'static Function,
        /// One for each parameter; `None` where an optional one is left out. A rest parameter is a `List` node.
        args: Box<[Option<ExprId>]>,
    },
    /// `text | capture(r"…")`: a structure of the groups.
    Capture {
        /// The text.
        text: ExprId,
        /// Index in [`Nodes::patterns`].
        pattern: u32,
    },
    /// One list of values and lists, absents left out.
    AllOf(Box<[ExprId]>),
    /// A function of the project: arguments into a new frame, then the body.
    ProjectCall {
        /// Index in [`TypedMapping::functions`].
        function: u16,
        /// One for each parameter.
        args: Box<[Option<ExprId>]>,
    },
    /// A list.
    List(Box<[ExprId]>),
    /// A structure, in the order of its type.
    Struct(Box<[ExprId]>),
    /// Texts and values one after the other; absent if one is.
    Interpolate(Box<[TypedPiece]>),
    /// `if c then a else b`
    If(ExprId, ExprId, ExprId),
    /// `try a else b`
    Try(ExprId, ExprId),
    /// `match`
    Match {
        /// What is matched.
        on: ExprId,
        /// The arms in order.
        arms: Box<[TypedArm]>,
    },
    /// `not x`
    Not(ExprId),
    /// `-x`
    Negate(ExprId),
    /// `a and b`
    And(ExprId, ExprId),
    /// `a or b`
    Or(ExprId, ExprId),
    /// `==`, `!=`, `<`, `<=`, `>`, `>=`, by the equality of a type
    Compare {
        /// Which.
        op: BinaryOp,
        /// Whose equality and order (index in [`Nodes::types`]).
        ty: u32,
        /// The left operand.
        left: ExprId,
        /// The right operand.
        right: ExprId,
    },
    /// `x in list`
    In {
        /// The value.
        value: ExprId,
        /// The list.
        list: ExprId,
        /// Whose equality.
        ty: u32,
        /// True for `not in`.
        negated: bool,
    },
    /// `+`, `-`, `*`, `/`
    Arithmetic(BinaryOp, ExprId, ExprId),
    /// `a ?? b`
    Coalesce(ExprId, ExprId),
    /// `x is absent`
    IsAbsent {
        /// What is asked about.
        value: ExprId,
        /// True for `is not absent`.
        negated: bool,
    },
    /// A left record as the right record that a map made of it; a list of them as a list.
    Linked {
        /// The left record or list of records.
        of: ExprId,
        /// The right entity.
        entity: EntityId,
    },
    /// The present value of a right field (`right.x`).
    Right(u16),
    /// The result of an allocation: never computed in this version.
    Allocated(u16),
    /// An error was found here.
    Broken,
}

/// A piece of an interpolated text.
#[derive(Clone, Debug)]
pub enum TypedPiece {
    /// Text as it is.
    Text(Box<str>),
    /// A value, as text.
    Value(ExprId),
}

/// An arm of a `match`.
#[derive(Clone, Debug)]
pub struct TypedArm {
    /// The patterns; empty for `else`.
    pub patterns: Box<[TypedPattern]>,
    /// The value.
    pub value: ExprId,
}

/// A pattern.
#[derive(Clone, Debug)]
pub enum TypedPattern {
    /// Equal to this.
    Literal(Literal),
    /// Absent.
    Absent,
    /// The regular expression (index in [`Nodes::patterns`]) finds something.
    Like(u32),
}

/// An order.
#[derive(Clone, Copy, Debug)]
pub struct TypedOrder {
    /// By what.
    pub value: ExprId,
    /// Whose order.
    pub ty: u32,
    /// True for `desc`.
    pub descending: bool,
    /// True if absents come first; they come last unless told otherwise.
    pub absent_first: bool,
}

/// What is known of a node.
#[derive(Clone, Debug)]
pub struct Typing {
    /// Its type.
    pub ty: Type,
    /// True if it may be absent.
    pub optional: bool,
    /// Why it may fail, if it may.
    pub fails: Option<&'static str>,
    /// The data classes that flow into it, conditions included.
    pub classes: ClassSet,
    /// Where it stands.
    pub span: Span,
}

/// All nodes of a mapping.
#[derive(Debug, Default)]
pub struct Nodes {
    nodes: Vec<Node>,
    typings: Vec<Typing>,
    /// For each node the first one that reads the same: `p.name` twice in a mapping is one field of one record.
    firsts: Vec<ExprId>,
    /// True for nodes that are the first of several.
    shared: Vec<bool>,
    reads: HashMap<(u8, u32, u32, u32), ExprId>,
    /// Types that comparisons refer to.
    pub types: Vec<Type>,
    /// Compiled regular expressions.
    pub patterns: Vec<regex::Regex>,
    /// Of `if` and `match` that a chosen option decides: the branch that is taken.
    pub taken: BTreeMap<ExprId, ExprId>,
    /// Values that `declassify` says to be public.
    pub declassified: Vec<ExprId>,
}

impl Nodes {
    /// Adds a node.
    pub fn add(&mut self, node: Node, typing: Typing) -> ExprId {
        let id = ExprId(self.nodes.len() as u32);
        let first = match self.read_of(&node) {
            Some(read) => *self.reads.entry(read).or_insert(id),
            None => id,
        };
        self.firsts.push(first);
        self.shared.push(false);
        self.shared[first.0 as usize] |= first != id;
        self.nodes.push(node);
        self.typings.push(typing);
        id
    }
    /// What a node reads that does nothing but read.
    fn read_of(&self, node: &Node) -> Option<(u8, u32, u32, u32)> {
        match node {
            Node::Local(local) => Some((0, u32::from(*local), 0, 0)),
            Node::RowSlot { of, slot } => Some((1, self.first(*of).0, u32::from(*slot), 0)),
            Node::Field { of, entity, field } => Some((2, self.first(*of).0, entity.0, u32::from(*field))),
            _ => None,
        }
    }
    /// The first node that reads the same as this one; itself if it does something else.
    pub fn first(&self, id: ExprId) -> ExprId {
        self.firsts[id.0 as usize]
    }
    /// The first of several nodes that read the same as this one, if there are several.
    pub fn shared(&self, id: ExprId) -> Option<ExprId> {
        let first = self.first(id);
        self.shared[first.0 as usize].then_some(first)
    }
    /// The node.
    pub fn node(&self, id: ExprId) -> &Node {
        &self.nodes[id.0 as usize]
    }
    /// What is known of it.
    pub fn typing(&self, id: ExprId) -> &Typing {
        &self.typings[id.0 as usize]
    }
    /// Says anew whether a node may be absent.
    pub fn set_optional(&mut self, id: ExprId, optional: bool) {
        self.typings[id.0 as usize].optional = optional;
    }
    /// All nodes in order.
    pub fn all(&self) -> &[Node] {
        &self.nodes
    }
    /// True if an error was found in an expression.
    pub fn is_broken(&self, id: ExprId) -> bool {
        let node = self.node(id);
        matches!(node, Node::Broken) || children(node).into_iter().any(|child| self.is_broken(child))
    }
    /// How many variables an expression needs at most.
    pub fn locals_under(&self, id: ExprId) -> Local {
        let mut most = 0;
        let mut waiting = vec![id];
        while let Some(id) = waiting.pop() {
            let node = self.node(id);
            most = most.max(match node {
                Node::Local(local) => local + 1,
                Node::Each { element, .. }
                | Node::Filter { element, .. }
                | Node::Quantified { element, .. }
                | Node::Sorted { element, .. } => element + 1,
                _ => 0,
            });
            waiting.extend(children(node));
        }
        most
    }
    /// The number of a type, for comparisons.
    pub fn type_number(&mut self, ty: Type) -> u32 {
        let known = self.types.iter().position(|known| *known == ty);
        known.unwrap_or_else(|| {
            self.types.push(ty);
            self.types.len() - 1
        }) as u32
    }
}

/// A checked mapping.
#[derive(Debug)]
pub struct TypedMapping {
    /// Which.
    pub mapping: MappingId,
    /// All expressions.
    pub nodes: Nodes,
    /// Layouts of groups and unions; [`RecordType::Layout`] is an index here.
    pub layouts: Vec<Layout>,
    /// Sets in an order in which each needs only those before it.
    pub sets: Vec<TypedSet>,
    /// Maps in file order.
    pub maps: Vec<TypedMap>,
    /// Functions of the project.
    pub functions: Vec<TypedFunction>,
    /// Allocations by name, where a rule reads one.
    pub allocations: Vec<(Box<str>, Span)>,
    /// When a record of an entity on the left is protected (variable 0 is the record).
    pub protected: Vec<(EntityId, ExprId)>,
    /// Which rows of an entity on the left are no records (variable 0 is the row).
    pub skipped: Vec<(EntityId, ExprId)>,
    /// The condition of the sync's `scope`, if it is about an entity on the left of this mapping.
    pub scope: Option<(EntityId, ExprId)>,
    /// Its look-ups in tables.
    pub looked: Vec<Looked>,
}

/// A look-up, and what can be asked for.
#[derive(Clone, Debug)]
pub struct Looked {
    /// The table.
    pub table: TableId,
    /// For each column of its key the only texts that can be asked for; `None` if it may be any.
    pub keys: Vec<Option<Vec<Box<str>>>>,
}

/// The bindings of a row.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// In order; a row has one value for each.
    pub slots: Vec<Binding>,
    /// For a union: the entities or sets that its records are of.
    pub union: Vec<RecordType>,
    /// For a union: the words that `row.kind` has for these, in the same order: what stands behind `as`, else the name.
    pub kinds: Vec<Box<str>>,
    /// Paths from its slots that are known to be there.
    pub present: Vec<Box<str>>,
    /// What its conditions have asked of its slots.
    pub(super) asked: Vec<Asked>,
    /// The classes that need consent and that decide which rows there are: a condition, a join tells about who is seen.
    pub seen: ClassSet,
    /// The classes that the key of a row carries.
    pub in_key: ClassSet,
}

/// A named value of a row.
#[derive(Clone, Debug)]
pub struct Binding {
    /// Its name.
    pub name: Box<str>,
    /// Its type.
    pub ty: Type,
    /// True if it may be absent.
    pub optional: bool,
    /// The classes that flow into it.
    pub classes: ClassSet,
}

/// A checked set.
#[derive(Debug)]
pub struct TypedSet {
    /// Which.
    pub set: SetId,
    /// Its steps.
    pub steps: Vec<TypedStep>,
    /// What a row of it holds.
    pub layout: Layout,
    /// The bindings (slots) that make the key of a row.
    pub key: Vec<KeyPart>,
    /// Variables that a frame needs at most.
    pub frame: Local,
}

/// A part of the key of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyPart {
    /// The key of the record in this slot, or the value if it is none.
    Slot(u16),
    /// The value of a slot that no row shows: the number of an element.
    Position(u16),
}

/// A checked step. Variables `0..` of the frame are the slots of the row.
#[derive(Debug)]
pub enum TypedStep {
    /// Rows of an entity or set into slot 0.
    From(RecordType),
    /// Rows of several into slot 0.
    Union(Vec<RecordType>),
    /// Elements of a list into a slot.
    Each {
        /// The list.
        list: ExprId,
        /// The slot.
        slot: Local,
        /// The slot of the element's number, which is part of the key.
        position: Local,
        /// True for `optional each`.
        optional: bool,
    },
    /// Matching rows of another into a slot.
    Join {
        /// Of what.
        record: RecordType,
        /// The slot.
        slot: Local,
        /// Equal pairs (rows so far, joined record), for an index.
        equal: Vec<(ExprId, ExprId, u32)>,
        /// What else must hold.
        rest: Option<ExprId>,
        /// True for `optional join`.
        optional: bool,
        /// What happens to the unmatched.
        drop: Option<Dropped>,
        /// Where.
        span: Span,
    },
    /// Rows that have, or have not, a match.
    With {
        /// Of what.
        record: RecordType,
        /// The variable of the candidate.
        slot: Local,
        /// Equal pairs, for an index.
        equal: Vec<(ExprId, ExprId, u32)>,
        /// What else must hold.
        rest: Option<ExprId>,
        /// True for `without`.
        without: bool,
        /// What happens to those that fall.
        drop: Option<Dropped>,
        /// Where.
        span: Span,
    },
    /// Rows that fulfil a condition.
    Where {
        /// The condition.
        condition: ExprId,
        /// What happens to those that fall.
        drop: Option<Dropped>,
        /// Where.
        span: Span,
    },
    /// A value into a slot.
    Let {
        /// The value.
        value: ExprId,
        /// The slot.
        slot: Local,
    },
    /// One row for each distinct key.
    GroupBy {
        /// The keys, into slots `0..`.
        keys: Vec<ExprId>,
        /// The layout of the rows inside, into the slot after the keys.
        layout: u32,
    },
    /// The first row for each distinct key.
    OnePer {
        /// The keys.
        keys: Vec<ExprId>,
        /// In which order.
        orders: Vec<TypedOrder>,
    },
}

/// What happens to rows that fall.
#[derive(Clone, Debug, PartialEq)]
pub struct Dropped {
    /// True for `reject`: reported; false: skipped and counted.
    pub reject: bool,
    /// The reason.
    pub reason: Box<str>,
}

/// A checked map.
#[derive(Debug)]
pub struct TypedMap {
    /// Its index in the mapping.
    pub index: usize,
    /// Its name.
    pub name: Box<str>,
    /// The option that switches it on.
    pub when: Option<ExprId>,
    /// True if the options that the sync has chosen switch it off, or nothing on the way needs what it makes.
    pub off: bool,
    /// Its arrow.
    pub arrow: Arrow,
    /// What its left records are.
    pub left: RecordType,
    /// What its right records are.
    pub right: EntityId,
    /// Variables of the frame: the slots of the set (if the left is one), the left record, then `let`s.
    pub layout: Layout,
    /// The variable of the left record; before it lie the slots of the set.
    pub record: Local,
    /// Which records take part.
    pub conditions: Vec<(ExprId, Option<Dropped>, Span)>,
    /// Values of the `let`s: slot and value.
    pub lets: Vec<(Local, ExprId)>,
    /// Match rules: pairs of a left value, a right value (variable 0 is the right record) and the type whose equality counts.
    pub matches: Vec<Vec<(ExprId, ExprId, u32)>>,
    /// What becomes of the right record when the left one is gone.
    pub gone: Option<Gone>,
    /// The rules in order.
    pub rules: Vec<TypedRule>,
    /// What stands for values of protected people, as rules. Which of them count is for [`TypedMap::protected`] to say.
    pub aliases: Vec<TypedRule>,
    /// The rules for records about protected people, where the sync sends something of them.
    pub protected: Option<Vec<TypedRule>>,
    /// True if the map has allocations.
    pub allocates: Option<Span>,
    /// What is allocated: the variable, where its name stands, its spellings (none for a password).
    pub allocated: Vec<(Local, Span, Vec<ExprId>)>,
    /// The classes that need consent and that who takes part tells: conditions, what finds a record, the rows themselves.
    pub seen: ClassSet,
    /// The classes that the key of the left record carries.
    pub in_key: ClassSet,
    /// `create: never`
    pub only_supplements: bool,
    /// Variables that a frame needs at most.
    pub frame: Local,
    /// Where its name stands.
    pub span: Span,
}

/// A checked rule.
#[derive(Clone, Debug)]
pub struct TypedRule {
    /// Its label.
    pub label: Box<str>,
    /// Its arrow.
    pub arrow: Arrow,
    /// The value that goes right (for `<-`: none).
    pub value: Option<ExprId>,
    /// The field that is written on the right.
    pub target: Option<TypedTarget>,
    /// What `back` makes of the right record, of a two-way rule that says so itself.
    pub back: Option<ExprId>,
    /// The condition.
    pub when: Option<ExprId>,
    /// True if the options that the sync has chosen switch it off, or nothing on the way needs what it makes.
    pub off: bool,
    /// In which operations the rule exists; all if empty.
    pub on: Vec<Operation>,
    /// How the field is written.
    pub mode: Mode,
    /// What absence does.
    pub absent: OnNone,
    /// What failure does; `None`: the record is rejected.
    pub fails: Option<OnNone>,
    /// Who wins a conflict.
    pub prefer: Option<Prefer>,
    /// The classes that flow into the field, conditions included.
    pub classes: ClassSet,
    /// The whole rule.
    pub span: Span,
    /// The source expression.
    pub left_span: Span,
    /// True if an overlay put it there.
    pub overlay: bool,
    /// The layer that put it there, for people; empty for the standard.
    pub layer: Box<str>,
}

/// How a field is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Mode {
    /// `once`: at create only, never compared.
    pub once: bool,
    /// `fill`: only where the target has no value.
    pub fill: bool,
    /// `add`: a set only gains elements.
    pub add: bool,
}

/// What absence or failure of a rule's value does.
#[derive(Clone, Debug, PartialEq)]
pub enum OnNone {
    /// Leave the other side alone.
    Keep,
    /// Empty it.
    Clear,
    /// Leave it alone, and count the reason.
    Skip(Box<str>),
    /// The record is not written at all, and reported.
    Reject(Box<str>),
    /// Another value.
    Value(ExprId),
}

/// A field that is written, and the place in it.
#[derive(Clone, Debug, PartialEq)]
pub struct TypedTarget {
    /// The field.
    pub field: u16,
    /// The place in it.
    pub steps: Vec<Place>,
    /// The type at the place.
    pub ty: Type,
    /// True if the place may be left absent.
    pub optional: bool,
    /// Where it is written.
    pub span: Span,
}

/// A step to a place inside a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// A member of a structure.
    Member(u16),
    /// The element of a list that has these values: members and texts.
    Element(Vec<(u16, Literal)>),
}

/// A checked function of the project.
#[derive(Debug)]
pub struct TypedFunction {
    /// Its name.
    pub name: Box<str>,
    /// Its body; parameters are variables `0..`.
    pub body: ExprId,
    /// Parameters: name, type, whether it may be absent.
    pub params: Vec<Binding>,
    /// Variables that a frame needs at most.
    pub frame: Local,
}

/// The nodes directly inside a node.
pub fn children(node: &Node) -> Vec<ExprId> {
    let given = |args: &[Option<ExprId>]| args.iter().flatten().copied().collect::<Vec<_>>();
    match node {
        Node::Literal(_) | Node::Option(_) | Node::AsOf | Node::Local(_) | Node::All(_) => Vec::new(),
        Node::Right(_) | Node::Allocated(_) | Node::Broken => Vec::new(),
        Node::Field { of, .. }
        | Node::RowSlot { of, .. }
        | Node::UnionField { of, .. }
        | Node::UnionKind { of, .. }
        | Node::Referrers { of, .. }
        | Node::Member { of, .. }
        | Node::Linked { of, .. } => vec![*of],
        Node::Each { list, body, .. } => vec![*list, *body],
        Node::Filter { list, condition, .. } | Node::Quantified { list, condition, .. } => vec![*list, *condition],
        Node::Sorted { list, orders, .. } => {
            std::iter::once(*list).chain(orders.iter().map(|order| order.value)).collect()
        }
        Node::ByKey { key, .. } | Node::Lookup { key, .. } => key.to_vec(),
        Node::Call { args, .. } | Node::ProjectCall { args, .. } => given(args),
        Node::Capture { text, .. } => vec![*text],
        Node::AllOf(items) | Node::List(items) | Node::Struct(items) => items.to_vec(),
        Node::Interpolate(pieces) => pieces
            .iter()
            .filter_map(|piece| match piece {
                TypedPiece::Value(value) => Some(*value),
                TypedPiece::Text(_) => None,
            })
            .collect(),
        Node::If(a, b, c) => vec![*a, *b, *c],
        Node::Try(a, b) | Node::And(a, b) | Node::Or(a, b) | Node::Coalesce(a, b) | Node::Arithmetic(_, a, b) => {
            vec![*a, *b]
        }
        Node::Match { on, arms } => std::iter::once(*on).chain(arms.iter().map(|arm| arm.value)).collect(),
        Node::Not(value) | Node::Negate(value) | Node::IsAbsent { value, .. } => vec![*value],
        Node::Compare { left, right, .. } => vec![*left, *right],
        Node::In { value, list, .. } => vec![*value, *list],
    }
}

impl TypedStep {
    /// The expressions of the step.
    pub fn exprs(&self) -> Vec<ExprId> {
        match self {
            TypedStep::From(_) | TypedStep::Union(_) => Vec::new(),
            TypedStep::Each { list, .. } => vec![*list],
            TypedStep::Join { equal, rest, .. } | TypedStep::With { equal, rest, .. } => {
                equal.iter().flat_map(|(left, right, _)| [*left, *right]).chain(*rest).collect()
            }
            TypedStep::Where { condition, .. } => vec![*condition],
            TypedStep::Let { value, .. } => vec![*value],
            TypedStep::GroupBy { keys, .. } => keys.clone(),
            TypedStep::OnePer { keys, orders } => {
                keys.iter().copied().chain(orders.iter().map(|order| order.value)).collect()
            }
        }
    }
}
