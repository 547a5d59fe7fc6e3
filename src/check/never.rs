//! Conditions that can never hold: two parts joined by `and` that no value fulfils at once.
//!
//! Only what is certain is said: what is asked of one path, by equality with literals, `in` a list of them, or absence.

use super::checker::Checker;
use super::presence::Fact;
use super::typed::{ExprId, Literal, Node};
use crate::finding::Finding;
use crate::finding::codes::rule as code;
use crate::syntax::ast::BinaryOp;
use crate::value::{Type, Value, normal};

/// What a part of a condition asks of a path.
enum Asked<'c> {
    /// It is one of these.
    Among(Vec<&'c Literal>),
    /// It is none of these.
    Outside(Vec<&'c Literal>),
    /// It is there.
    There,
    /// It is absent.
    Absent,
}

impl Checker<'_> {
    /// Looks whether a condition contradicts one that holds wherever it is asked.
    pub(super) fn must_agree(&mut self, before: &[ExprId], condition: ExprId) {
        let before: Vec<ExprId> = before.iter().flat_map(|&part| self.parts(part)).collect();
        let pair = self.parts(condition).into_iter().find_map(|part| {
            let against = before.iter().find(|&&one| self.contradict(one, part))?;
            Some((*against, part))
        });
        let Some((one, other)) = pair else { return };
        let (first, second) = (self.nodes.typing(one).span, self.nodes.typing(other).span);
        let finding = Finding::new(&code::CONDITION_NEVER_HOLDS, second)
            .word("one", self.source_text(first))
            .word("other", self.source_text(second))
            .other(first, "asked here");
        self.found.add(finding);
    }

    /// The parts of `a and b and c`.
    fn parts(&self, condition: ExprId) -> Vec<ExprId> {
        match self.nodes.node(condition) {
            Node::And(one, other) => [self.parts(*one), self.parts(*other)].concat(),
            _ => vec![condition],
        }
    }

    fn contradict(&self, one: ExprId, other: ExprId) -> bool {
        let (Some((path, asked)), Some((with, also))) = (self.asked(one), self.asked(other)) else { return false };
        let below = |path: &Fact, of: &Fact| path.strip_prefix(&**of).is_some_and(|rest| rest.starts_with('.'));
        let there = |asked: &Asked| matches!(asked, Asked::Among(_) | Asked::There);
        match (&asked, &also) {
            (Asked::Absent, also) if there(also) => path == with || below(&with, &path),
            (asked, Asked::Absent) if there(asked) => path == with || below(&path, &with),
            (Asked::Among(some), Asked::Among(others)) => {
                path == with && !some.iter().any(|one| others.iter().any(|other| same(one, other)))
            }
            (Asked::Among(some), Asked::Outside(not)) | (Asked::Outside(not), Asked::Among(some)) => {
                path == with && some.iter().all(|one| not.contains(one))
            }
            _ => false,
        }
    }

    /// What a part asks, and of which path.
    fn asked(&self, part: ExprId) -> Option<(Fact, Asked<'_>)> {
        let literal = |id: ExprId| match self.nodes.node(id) {
            Node::Literal(literal @ (Literal::Text(_) | Literal::Bool(_) | Literal::Int(_))) => Some(literal),
            _ => None,
        };
        match self.nodes.node(part) {
            Node::Compare { op: op @ (BinaryOp::Equal | BinaryOp::NotEqual), left, right, .. } => {
                let (path, literal) =
                    literal(*right).map(|known| (*left, known)).or(literal(*left).map(|l| (*right, l)))?;
                let asked = if *op == BinaryOp::Equal { Asked::Among } else { Asked::Outside };
                Some((self.exact(path)?, asked(vec![literal])))
            }
            Node::In { value, list, negated, .. } => {
                let Node::List(items) = self.nodes.node(*list) else { return None };
                let literals = items.iter().map(|item| literal(*item)).collect::<Option<Vec<_>>>()?;
                let asked = if *negated { Asked::Outside } else { Asked::Among };
                Some((self.exact(*value)?, asked(literals)))
            }
            Node::IsAbsent { value, negated } => {
                Some((self.fact(*value)?, if *negated { Asked::There } else { Asked::Absent }))
            }
            Node::Not(inner) => match (self.asked(*inner)?, self.nodes.node(*inner)) {
                ((path, Asked::There), Node::IsAbsent { .. }) => Some((path, Asked::Absent)),
                ((path, Asked::Absent), Node::IsAbsent { .. }) => Some((path, Asked::There)),
                ((path, Asked::Among(values)), _) => Some((path, Asked::Outside(values))),
                _ => None,
            },
            _ => Some((self.exact(part)?, Asked::Among(vec![&Literal::Bool(true)]))),
        }
    }

    /// A path whose values are equal only if they are written alike.
    fn exact(&self, path: ExprId) -> Option<Fact> {
        let exact = matches!(self.nodes.typing(path).ty, Type::Bool | Type::Enum(_) | Type::Int | Type::Text);
        self.fact(path).filter(|_| exact)
    }
}

/// Whether two literals are one value: texts also where they are made of other characters that look the same.
fn same(one: &Literal, other: &Literal) -> bool {
    match (one, other) {
        (Literal::Text(one), Literal::Text(other)) => normal::equal(&Type::Text, Value::Text(one), Value::Text(other)),
        _ => one == other,
    }
}
