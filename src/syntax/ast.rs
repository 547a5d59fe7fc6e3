//! The syntax tree of the rule language. Every node carries its span in the file.

use crate::source::Span;
use crate::value::Duration;

/// A name as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    /// The text.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands, outer parentheses included.
    pub span: Span,
}

/// The kinds of expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `"text"`, `r"regex"`
    Text(String),
    /// `f"text {expr}"`
    Interpolated(Vec<Piece>),
    /// `12`, `1.50`: as written
    Number(String),
    /// `30d`
    Duration(Duration),
    /// `true`, `false`
    Bool(bool),
    /// `absent`
    Absent,
    /// `$option`
    Option(String),
    /// `name`
    Name(String),
    /// `name(args)`; the piped value of `x | name(args)` is the first argument and `piped` is true
    Call {
        /// The function, set, entity or table.
        name: Name,
        /// The arguments in order.
        args: Vec<Arg>,
        /// True for `x | f(a)`.
        piped: bool,
    },
    /// `value.name`
    Field(Box<Expr>, Name),
    /// `list[condition]`
    Filter(Box<Expr>, Box<Expr>),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `{ a = x, b = y }`
    Struct(Vec<(Name, Expr)>),
    /// `match x { pattern => value, else => value }`
    Match {
        /// What is matched.
        on: Box<Expr>,
        /// The arms in order.
        arms: Vec<Arm>,
    },
    /// `if c then a else b`
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `try a else b`
    Try(Box<Expr>, Box<Expr>),
    /// `not x`
    Not(Box<Expr>),
    /// `-x`
    Negate(Box<Expr>),
    /// `a op b`
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `x is absent`, `x is not absent` (`negated`)
    IsAbsent {
        /// What is asked about.
        value: Box<Expr>,
        /// True for `is not absent`.
        negated: bool,
    },
    /// Could not be parsed; a finding says why. Goes with everything.
    Broken,
}

/// A piece of an f-text.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Text as it is.
    Text(String),
    /// `{expr}`
    Value(Expr),
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Arg {
    /// `name = …`
    pub name: Option<Name>,
    /// The value.
    pub value: Expr,
    /// `asc`, `desc`, `absent first`, `absent last`, where the function takes an order.
    pub order: Option<OrderWords>,
}

/// Words after an expression that orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderWords {
    /// True for `desc`.
    pub descending: bool,
    /// `Some(true)` for `absent first`.
    pub absent_first: Option<bool>,
    /// Where the words stand.
    pub span: Span,
}

/// An expression that orders.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// What is ordered by.
    pub value: Expr,
    /// `asc` or `desc`, `absent first` or `absent last`.
    pub words: Option<OrderWords>,
}

/// An arm of a `match`.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// The patterns; empty for `else`.
    pub patterns: Vec<Pattern>,
    /// The value.
    pub value: Expr,
    /// The whole arm.
    pub span: Span,
}

/// A pattern of a `match`.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// What it is.
    pub kind: PatternKind,
    /// Where.
    pub span: Span,
}

/// Kinds of patterns.
#[derive(Clone, Debug, PartialEq)]
pub enum PatternKind {
    /// A literal: text, number, duration, bool.
    Literal(Literal),
    /// `absent`
    Absent,
    /// `like r"…"`: the regular expression finds something
    Like(String),
}

/// A literal.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `"text"`
    Text(String),
    /// `-12`, `1.5`: as written, sign included
    Number(String),
    /// `30d`
    Duration(Duration),
    /// `true`, `false`
    Bool(bool),
}

/// Operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `or`
    Or,
    /// `and`
    And,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `in`
    In,
    /// `not in`
    NotIn,
    /// `??`
    Else,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

impl BinaryOp {
    /// As it is written.
    pub fn text(self) -> &'static str {
        match self {
            BinaryOp::Or => "or",
            BinaryOp::And => "and",
            BinaryOp::Equal => "==",
            BinaryOp::NotEqual => "!=",
            BinaryOp::Less => "<",
            BinaryOp::LessOrEqual => "<=",
            BinaryOp::Greater => ">",
            BinaryOp::GreaterOrEqual => ">=",
            BinaryOp::In => "in",
            BinaryOp::NotIn => "not in",
            BinaryOp::Else => "??",
            BinaryOp::Add => "+",
            BinaryOp::Subtract => "-",
            BinaryOp::Multiply => "*",
            BinaryOp::Divide => "/",
        }
    }
}

/// A rule of a `fields` block.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The label that names the row; further rules of a row repeat it.
    pub label: Name,
    /// True for the rule on the label's own line, false for a further rule of the row.
    pub first_of_row: bool,
    /// The expression on the left of the arrow (for `<-`: the target on the left).
    pub left: Expr,
    /// The arrow.
    pub arrow: Arrow,
    /// Where the arrow stands.
    pub arrow_span: Span,
    /// The expression or target on the right of the arrow.
    pub right: Expr,
    /// The clauses.
    pub clauses: Clauses,
    /// The whole rule, without its label.
    pub span: Span,
}

/// The arrow of a rule. With `->` the right side is a target, with `<-` the left side is; with the others both are lenses.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrow {
    /// `->`
    Right,
    /// `<-`
    Left,
    /// `<->`
    Both,
    /// `$option`, of type direction
    Option(String),
}

impl Arrow {
    /// As it is written.
    pub fn text(&self) -> String {
        match self {
            Arrow::Right => "->".into(),
            Arrow::Left => "<-".into(),
            Arrow::Both => "<->".into(),
            Arrow::Option(name) => format!("${name}"),
        }
    }
}

/// A target: the field that a rule writes.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The field of the entity.
    pub field: Name,
    /// What follows it.
    pub steps: Vec<TargetStep>,
    /// The whole target.
    pub span: Span,
}

/// A step of a target after its field.
#[derive(Clone, Debug, PartialEq)]
pub enum TargetStep {
    /// `.name`
    Member(Name),
    /// `[name == literal and …]`: the element of a list that has these values
    Focus(Vec<(Name, Literal)>),
}

/// The clauses after a rule; each at most once.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Clauses {
    /// `once`
    pub once: Option<Span>,
    /// `fill`
    pub fill: Option<Span>,
    /// `clear`
    pub clear: Option<Span>,
    /// `keep`
    pub keep: Option<Span>,
    /// `add`
    pub add: Option<Span>,
    /// `on create, update`
    pub on: Option<(Vec<Operation>, Span)>,
    /// `when condition`
    pub when: Option<Expr>,
    /// `back expr`
    pub back: Option<Expr>,
    /// `because "text"`
    pub because: Option<Name>,
    /// `prefer left`
    pub prefer: Option<(Prefer, Span)>,
    /// `else …`
    pub otherwise: Option<(Otherwise, Span)>,
}

/// Operations that `on` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    /// `create`
    Create,
    /// `update`
    Update,
    /// `deactivate`
    Deactivate,
    /// `reactivate`
    Reactivate,
    /// `remove`
    Remove,
}

impl Operation {
    /// All, in the order of the grammar.
    pub const ALL: [Operation; 5] =
        [Operation::Create, Operation::Update, Operation::Deactivate, Operation::Reactivate, Operation::Remove];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Operation::Create => "create",
            Operation::Update => "update",
            Operation::Deactivate => "deactivate",
            Operation::Reactivate => "reactivate",
            Operation::Remove => "remove",
        }
    }
}

/// Who wins a conflict of a two-way rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefer {
    /// `left`
    Left,
    /// `right`
    Right,
    /// `newest`
    Newest,
    /// `review`
    Review,
}

/// What an `else` of a rule does on absence or failure.
#[derive(Clone, Debug, PartialEq)]
pub enum Otherwise {
    /// `else skip "reason"`
    Skip(String),
    /// `else reject "reason"`
    Reject(String),
    /// `else clear`
    Clear,
    /// `else keep`
    Keep,
    /// `else expr`
    Value(Expr),
}

/// `name = expr` of a `let` block.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// The name.
    pub name: Name,
    /// The value.
    pub value: Expr,
}

/// A line of a `match` block: `left == right and left == right`.
#[derive(Clone, Debug, PartialEq)]
pub struct MatchLine {
    /// The pairs, all of which must be equal and present.
    pub pairs: Vec<(Expr, Expr)>,
    /// The line.
    pub span: Span,
}

/// A path of names: `student`, `ad.user`.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// The names.
    pub names: Vec<Name>,
    /// The whole path.
    pub span: Span,
}

impl Path {
    /// As it is written.
    pub fn text(&self) -> String {
        self.names.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(".")
    }
}

/// `student as s`
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// The entity or set.
    pub path: Path,
    /// Its name in this place.
    pub alias: Option<Name>,
}

impl Source {
    /// The name that it goes by: the alias, else the last part of the path.
    pub fn name(&self) -> &Name {
        self.alias.as_ref().unwrap_or_else(|| self.path.names.last().expect("a path has a name"))
    }
}

/// `between: source arrow source`
#[derive(Clone, Debug, PartialEq)]
pub struct Between {
    /// The left source.
    pub left: Source,
    /// The arrow: `->`, `<-` or `<->`.
    pub arrow: Arrow,
    /// The right source.
    pub right: Source,
    /// The whole.
    pub span: Span,
}

/// What becomes of a right record whose left record is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone {
    /// What is done.
    pub action: GoneAction,
    /// After how long.
    pub after: Option<Duration>,
    /// Where it is written.
    pub span: Span,
}

/// The actions of `gone`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoneAction {
    /// Leave it.
    Keep,
    /// Switch it off.
    Deactivate,
    /// Remove it.
    Remove,
}

/// `else skip "why"` or `else reject "why"` after a `where` or join.
#[derive(Clone, Debug, PartialEq)]
pub struct Drop {
    /// True for `reject`.
    pub reject: bool,
    /// The reason.
    pub reason: String,
    /// Where.
    pub span: Span,
}

/// A condition with what happens to those that fail it.
#[derive(Clone, Debug, PartialEq)]
pub struct Where {
    /// The condition.
    pub condition: Expr,
    /// `else …`
    pub drop: Option<Drop>,
}

/// A key of `group by` or `one per`: `expr as name`.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The value.
    pub value: Expr,
    /// Its name.
    pub alias: Option<Name>,
}

/// A step of a set.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What it does.
    pub kind: StepKind,
    /// Where.
    pub span: Span,
}

/// The kinds of steps.
#[derive(Clone, Debug, PartialEq)]
pub enum StepKind {
    /// `student as s`: the first step
    From(Source),
    /// `union a, b`: the first step
    Union(Vec<Source>),
    /// `each LIST as x`, `optional each …`
    Each {
        /// The list.
        list: Expr,
        /// The name of an element.
        alias: Name,
        /// True for `optional each`.
        optional: bool,
    },
    /// `join S as x on C`, `optional join …`
    Join {
        /// What is joined.
        source: Source,
        /// On what.
        on: Expr,
        /// True for `optional join`.
        optional: bool,
        /// What happens to unmatched rows.
        drop: Option<Drop>,
    },
    /// `with S on C`, `without S on C`
    With {
        /// What must, or must not, exist.
        source: Source,
        /// On what.
        on: Expr,
        /// True for `without`.
        without: bool,
        /// What happens to rows that fall.
        drop: Option<Drop>,
    },
    /// `where C else skip "why"`
    Where(Where),
    /// `let n = e`
    Let(Binding),
    /// `group by k as n`
    GroupBy(Vec<Key>),
    /// `one per k best ORDER`
    OnePer(Vec<Key>, Vec<Order>),
    /// Could not be parsed; a finding says why.
    Broken,
}

/// A line of a customer's overlay (`change: map: fields:`).
#[derive(Clone, Debug, PartialEq)]
pub struct OverlayLine {
    /// The label.
    pub label: Name,
    /// What is put in its place.
    pub change: OverlayChange,
    /// The whole line.
    pub span: Span,
}

/// What a line of an overlay does.
#[derive(Clone, Debug, PartialEq)]
pub enum OverlayChange {
    /// A rule that replaces or adds.
    Rule(Box<Rule>),
    /// `off because "text"`
    Off(Option<Name>),
}

/// A line of `allow`: `class -> entity.field because "text"`.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    /// The class.
    pub class: Name,
    /// Entity and field.
    pub field: Path,
    /// Why.
    pub because: Name,
    /// The whole line.
    pub span: Span,
}

/// A line of `alias`: `expr -> entity.field`.
#[derive(Clone, Debug, PartialEq)]
pub struct Alias {
    /// What is sent about a protected person.
    pub value: Expr,
    /// Entity and field.
    pub field: Path,
    /// The whole line.
    pub span: Span,
}

/// A line of `free in`: where a spelling must be free.
#[derive(Clone, Debug, PartialEq)]
pub struct Free {
    /// The field of a system.
    pub field: Path,
    /// The spelling.
    pub value: Expr,
}

impl Expr {
    /// The expressions directly inside this one.
    pub fn children(&self) -> Vec<&Expr> {
        match &self.kind {
            ExprKind::Interpolated(pieces) => pieces
                .iter()
                .filter_map(|piece| match piece {
                    Piece::Value(value) => Some(value),
                    Piece::Text(_) => None,
                })
                .collect(),
            ExprKind::Call { args, .. } => args.iter().map(|arg| &arg.value).collect(),
            ExprKind::Field(of, _) | ExprKind::Not(of) | ExprKind::Negate(of) => vec![of],
            ExprKind::IsAbsent { value, .. } => vec![value],
            ExprKind::Filter(a, b) | ExprKind::Try(a, b) | ExprKind::Binary(_, a, b) => vec![a, b],
            ExprKind::If(a, b, c) => vec![a, b, c],
            ExprKind::List(items) => items.iter().collect(),
            ExprKind::Struct(members) => members.iter().map(|(_, value)| value).collect(),
            ExprKind::Match { on, arms } => std::iter::once(&**on).chain(arms.iter().map(|arm| &arm.value)).collect(),
            ExprKind::Text(_)
            | ExprKind::Number(_)
            | ExprKind::Duration(_)
            | ExprKind::Bool(_)
            | ExprKind::Absent
            | ExprKind::Option(_)
            | ExprKind::Name(_)
            | ExprKind::Broken => Vec::new(),
        }
    }

    /// The names that its paths start with, in order.
    pub fn names(&self) -> Vec<&str> {
        match &self.kind {
            ExprKind::Name(name) => vec![name],
            _ => self.children().into_iter().flat_map(Expr::names).collect(),
        }
    }
}

/// A type as it is written in a model, an option or a function: `list of { value: email, kind: text }?`
#[derive(Clone, Debug, PartialEq)]
pub struct TypeExpr {
    /// What it is.
    pub kind: TypeKind,
    /// True if it ends in `?`: the value may be absent. `list of text?` is a list that may be absent.
    pub optional: bool,
    /// Where, with the `?`.
    pub span: Span,
}

/// The kinds of types.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeKind {
    /// `text`, `personnummer`: a simple type by its word, which may hold hyphens
    Simple(Name),
    /// `enum(a, b, "c d")`: the values in order
    Enum(Vec<Name>),
    /// `list of T`
    List(Box<TypeExpr>),
    /// `set of T`
    Set(Box<TypeExpr>),
    /// `map of T`: values by names that are not known beforehand
    Map(Box<TypeExpr>),
    /// `{ value: email, kind: text? }`
    Struct(Vec<(Name, TypeExpr)>),
    /// `ref entity`
    Ref(Path),
    /// Could not be parsed; a finding says why.
    Broken,
}
