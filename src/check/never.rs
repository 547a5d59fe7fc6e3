//! Conditions that can never hold: two parts joined by `and` that no value fulfils at once, and a part that contradicts what
//! is known at its place, since a `where`, a `when`, an `if` or an arm of a `match` around it has asked already.
//!
//! Only what is certain is said: what is asked of one path, by equality with literals, `in` a list of them, or absence.

use super::checker::Checker;
use super::presence::Fact;
use super::scope::Scope;
use super::typed::{ExprId, Layout, Literal, Local, Node};
use crate::finding::Finding;
use crate::finding::codes::rule as code;
use crate::source::Span;
use crate::syntax::ast::BinaryOp;
use crate::value::{Type, Value, normal};

/// What is asked of a path, and holds where it is known.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The path.
    path: Fact,
    /// What of it.
    what: What,
    /// Where it is asked.
    span: Span,
}

/// What a part of a condition asks of a path.
#[derive(Clone, Debug)]
enum What {
    /// It is one of these.
    Among(Vec<Literal>),
    /// It is none of these.
    Outside(Vec<Literal>),
    /// It is there.
    There,
    /// It is absent.
    Absent,
}

impl Checker<'_> {
    /// Looks whether a condition contradicts what holds wherever it is asked.
    pub(super) fn must_agree(&mut self, known: &[Asked], condition: ExprId) {
        let pair = self.asked_if(condition).into_iter().find_map(|part| {
            let against = known.iter().find(|one| contradict(one, &part))?;
            Some((against.span, part.span))
        });
        let Some((first, second)) = pair else { return };
        let finding = Finding::new(&code::CONDITION_NEVER_HOLDS, second)
            .word("one", self.source_text(first))
            .word("other", self.source_text(second))
            .other(first, "asked here");
        self.found.add(finding);
    }

    /// What holds wherever a condition does.
    pub(super) fn asked_if(&self, condition: ExprId) -> Vec<Asked> {
        self.parts(condition).into_iter().filter_map(|part| self.asked(part)).collect()
    }

    /// What holds wherever a condition does not, or is undecided.
    pub(super) fn asked_unless(&self, condition: ExprId) -> Vec<Asked> {
        match self.nodes.node(condition) {
            Node::Or(one, other) => [self.asked_unless(*one), self.asked_unless(*other)].concat(),
            Node::Not(_) => Vec::new(),
            _ => self.asked(condition).and_then(contrary).into_iter().collect(),
        }
    }

    /// True if a condition holds wherever another one does: each of its parts is written there too, or follows from a part.
    pub(super) fn follows(&self, condition: ExprId, from: ExprId) -> bool {
        let written = |part: &ExprId| {
            let text = self.sources.slice(self.nodes.typing(*part).span);
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let (given, known) = (self.parts(from), self.asked_if(from));
        self.parts(condition).iter().all(|part| {
            let asked = || self.asked(*part).is_some_and(|asked| known.iter().any(|known| implies(known, &asked)));
            given.iter().any(|given| written(given) == written(part)) || asked()
        })
    }

    /// The parts of `a and b and c`.
    pub(super) fn parts(&self, condition: ExprId) -> Vec<ExprId> {
        match self.nodes.node(condition) {
            Node::And(one, other) => [self.parts(*one), self.parts(*other)].concat(),
            _ => vec![condition],
        }
    }

    /// What an arm of a `match` knows: the value is one of its literals, or none of those before it.
    pub(super) fn asked_of_arm(&self, on: ExprId, literals: Vec<Literal>, is_else: bool, span: Span) -> Option<Asked> {
        let what = if is_else { What::Outside(literals) } else { What::Among(literals) };
        Some(Asked { path: self.exact(on)?, what, span })
    }

    /// What a part asks, and of which path.
    fn asked(&self, part: ExprId) -> Option<Asked> {
        let span = self.nodes.typing(part).span;
        let literal = |id: ExprId| match self.nodes.node(id) {
            Node::Literal(literal @ (Literal::Text(_) | Literal::Bool(_) | Literal::Int(_))) => Some(literal.clone()),
            _ => None,
        };
        let (path, what) = match self.nodes.node(part) {
            Node::Compare { op: op @ (BinaryOp::Equal | BinaryOp::NotEqual), left, right, .. } => {
                let (path, literal) =
                    literal(*right).map(|known| (*left, known)).or(literal(*left).map(|l| (*right, l)))?;
                let what = if *op == BinaryOp::Equal { What::Among } else { What::Outside };
                (self.exact(path)?, what(vec![literal]))
            }
            Node::In { value, list, negated, .. } => {
                let Node::List(items) = self.nodes.node(*list) else { return None };
                let literals = items.iter().map(|item| literal(*item)).collect::<Option<Vec<_>>>()?;
                let what = if *negated { What::Outside } else { What::Among };
                (self.exact(*value)?, what(literals))
            }
            Node::IsAbsent { value, negated } => {
                (self.fact(*value)?, if *negated { What::There } else { What::Absent })
            }
            Node::Or(one, other) => match (self.asked(*one)?, self.asked(*other)?) {
                (Asked { path, what: What::Among(some), .. }, Asked { path: also, what: What::Among(others), .. })
                    if path == also =>
                {
                    (path, What::Among([some, others].concat()))
                }
                _ => return None,
            },
            Node::Not(inner) => {
                let inner = contrary(self.asked(*inner)?)?;
                (inner.path, inner.what)
            }
            _ => (self.exact(part)?, What::Among(vec![Literal::Bool(true)])),
        };
        Some(Asked { path, what, span })
    }

    /// A path whose values are equal only if they are written alike.
    fn exact(&self, path: ExprId) -> Option<Fact> {
        let exact = matches!(self.nodes.typing(path).ty, Type::Bool | Type::Enum(_) | Type::Int | Type::Text);
        self.fact(path).filter(|_| exact)
    }

    /// True if what is known says that a field is not this text.
    pub(super) fn is_excluded(&self, leaf: ExprId, text: &str, known: &[Asked]) -> bool {
        let path = self.exact(leaf);
        let excludes = |asked: &&Asked| match &asked.what {
            What::Among(literals) => !literals.iter().any(|one| is_text(one, text)),
            What::Outside(literals) => literals.iter().any(|one| is_text(one, text)),
            What::There => false,
            What::Absent => true,
        };
        let is_text = self.nodes.typing(leaf).ty.is_textual();
        is_text && known.iter().filter(|asked| path.as_ref() == Some(&asked.path)).any(|asked| excludes(&asked))
    }

    /// The only texts that a value can be at its place, if they are known: the words of an enum, literals, what a condition
    /// around it leaves.
    pub(super) fn only_texts(&self, value: ExprId, known: &[Asked]) -> Option<Vec<Box<str>>> {
        if let Some(literals) = super::maps::literals_of(self, value) {
            return Some(literals.into_iter().map(|(text, _)| text).collect());
        }
        let mut only = match &self.nodes.typing(value).ty {
            Type::Enum(words) => Some(words.to_vec()),
            _ => None,
        };
        let path = self.exact(value);
        for asked in known.iter().filter(|asked| path.as_ref() == Some(&asked.path)) {
            match (&asked.what, &mut only) {
                (What::Among(literals), None) => only = Some(literals.iter().filter_map(text_of).collect()),
                (What::Among(literals), Some(only)) => {
                    only.retain(|word| literals.iter().any(|one| is_text(one, word)))
                }
                (What::Outside(literals), Some(only)) => {
                    only.retain(|word| !literals.iter().any(|one| is_text(one, word)));
                }
                _ => {}
            }
        }
        only
    }
}

/// What holds where something does not.
fn contrary(asked: Asked) -> Option<Asked> {
    let what = match asked.what {
        What::There => What::Absent,
        What::Absent => What::There,
        What::Among(values) => What::Outside(values),
        // What is not outside may be absent too.
        What::Outside(_) => return None,
    };
    Some(Asked { what, ..asked })
}

fn contradict(one: &Asked, other: &Asked) -> bool {
    let below = |path: &Fact, of: &Fact| path.strip_prefix(&**of).is_some_and(|rest| rest.starts_with('.'));
    let there = |what: &What| matches!(what, What::Among(_) | What::There);
    let (path, with) = (&one.path, &other.path);
    match (&one.what, &other.what) {
        (What::Absent, also) if there(also) => path == with || below(with, path),
        (what, What::Absent) if there(what) => path == with || below(path, with),
        (What::Among(some), What::Among(others)) => {
            path == with && !some.iter().any(|one| others.iter().any(|other| same(one, other)))
        }
        (What::Among(some), What::Outside(not)) | (What::Outside(not), What::Among(some)) => {
            path == with && some.iter().all(|one| not.contains(one))
        }
        _ => false,
    }
}

/// True if the second holds wherever the first does.
fn implies(one: &Asked, other: &Asked) -> bool {
    let within = |some: &[Literal], all: &[Literal]| some.iter().all(|one| all.iter().any(|other| same(one, other)));
    one.path == other.path
        && match (&one.what, &other.what) {
            (What::Among(_) | What::There, What::There) | (What::Absent, What::Absent) => true,
            (What::Among(some), What::Among(all)) => within(some, all),
            (What::Among(some), What::Outside(not)) => !some.iter().any(|one| not.iter().any(|other| same(one, other))),
            (What::Outside(all), What::Outside(some)) => within(some, all),
            _ => false,
        }
}

/// Whether two literals are one value: texts also where they are made of other characters that look the same.
fn same(one: &Literal, other: &Literal) -> bool {
    match (one, other) {
        (Literal::Text(one), Literal::Text(other)) => normal::equal(&Type::Text, Value::Text(one), Value::Text(other)),
        _ => one == other,
    }
}

fn text_of(literal: &Literal) -> Option<Box<str>> {
    match literal {
        Literal::Text(text) => Some(text.clone()),
        _ => None,
    }
}

fn is_text(literal: &Literal, text: &str) -> bool {
    matches!(literal, Literal::Text(known) if normal::equal(&Type::Text, Value::Text(known), Value::Text(text)))
}

impl Scope {
    /// Takes over what is asked of the rows of a set: of its slots as they are, where they are variables of this place too,
    /// and of a row of it that lies in a variable.
    pub(super) fn know_row(&mut self, layout: &Layout, row: Local) {
        self.asked.extend(layout.asked.iter().map(|asked| {
            let path = Layout::of_row(&asked.path, row);
            Asked { path, ..asked.clone() }
        }));
    }
}
