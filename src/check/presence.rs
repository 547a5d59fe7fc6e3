//! What is known to be present: after `where p.class is not absent`, `p.class` has a value.
//!
//! A fact is the path of a node, written over variables of the frame: `0.f3` is field 3 of the record in variable 0. It says
//! that the path adds no absence of its own; whether what it starts from is there is a fact of its own.

use super::checker::Checker;
use super::scope::Scope;
use super::typed::{ExprId, Layout, Local, Node};
use crate::syntax::ast::BinaryOp;

/// A path that has a value.
pub type Fact = Box<str>;

impl Checker<'_> {
    /// What is present wherever a condition is true.
    pub(super) fn facts_if(&self, condition: ExprId) -> Vec<Fact> {
        match self.nodes.node(condition) {
            Node::And(one, other) => [self.facts_if(*one), self.facts_if(*other)].concat(),
            Node::IsAbsent { value, negated: true } => self.presence_of(*value),
            Node::Compare { op, left, right, .. } => self.facts_if_compared(*op, *left, *right),
            Node::In { value, .. } => self.presence_of(*value),
            Node::Not(inner) => self.facts_unless(*inner),
            _ => self.presence_of(condition),
        }
    }

    /// `absent == absent` is true and so is `absent != "a"`; every other comparison with an absent value is not.
    fn facts_if_compared(&self, op: BinaryOp, left: ExprId, right: ExprId) -> Vec<Fact> {
        let there = |id: ExprId| !self.nodes.typing(id).optional;
        let (of_left, of_right) = match op {
            BinaryOp::NotEqual => (false, false),
            BinaryOp::Equal => (there(right), there(left)),
            _ => (true, true),
        };
        let mut facts = if of_left { self.presence_of(left) } else { Vec::new() };
        facts.extend(if of_right { self.presence_of(right) } else { Vec::new() });
        facts
    }

    /// What is present wherever a condition is false. That it is undecided must be excluded.
    pub(super) fn facts_unless(&self, condition: ExprId) -> Vec<Fact> {
        match self.nodes.node(condition) {
            Node::IsAbsent { value, negated: false } => self.presence_of(*value),
            _ => Vec::new(),
        }
    }

    /// The facts that a value is there: its path, and all that the path goes through.
    pub(super) fn presence_of(&self, value: ExprId) -> Vec<Fact> {
        let mut facts = Vec::new();
        let mut next = Some(value);
        while let Some(id) = next {
            facts.extend(self.fact(id));
            next = base(self.nodes.node(id));
        }
        facts
    }

    /// The path of a node; `None` if it is none.
    pub(super) fn fact(&self, id: ExprId) -> Option<Fact> {
        let node = self.nodes.node(id);
        let of = || base(node).and_then(|of| self.fact(of));
        Some(match node {
            Node::Local(local) => local.to_string().into(),
            Node::Field { field, .. } => format!("{}.f{field}", of()?).into(),
            Node::RowSlot { slot, .. } => format!("{}.s{slot}", of()?).into(),
            Node::Member { index, .. } => format!("{}.m{index}", of()?).into(),
            _ => return None,
        })
    }

    /// Takes the absence of its own from a path that is known to be there.
    pub(super) fn settle(&mut self, id: ExprId, scope: &Scope) -> ExprId {
        if self.nodes.typing(id).optional && self.fact(id).is_some_and(|fact| scope.present.contains(&fact)) {
            let of = base(self.nodes.node(id)).is_some_and(|of| self.nodes.typing(of).optional);
            self.nodes.set_optional(id, of);
        }
        id
    }

    /// Facts that hold for both sides of `==` in a join, whose pairs were split off their condition.
    pub(super) fn facts_of_pairs(&self, pairs: &[(ExprId, ExprId, u32)], rest: Option<ExprId>) -> Vec<Fact> {
        let sides = pairs.iter().flat_map(|(one, other, _)| [self.presence_of(*one), self.presence_of(*other)]);
        sides.flatten().chain(rest.map(|rest| self.facts_if(rest)).unwrap_or_default()).collect()
    }
}

/// What a path goes on from.
fn base(node: &Node) -> Option<ExprId> {
    match node {
        Node::Field { of, .. } | Node::RowSlot { of, .. } | Node::Member { of, .. } => Some(*of),
        _ => None,
    }
}

impl Scope {
    /// Takes facts as given; gives those that are new, for [`Scope::forget`].
    pub fn assume(&mut self, facts: Vec<Fact>) -> Vec<Fact> {
        facts.into_iter().filter(|fact| self.present.insert(fact.clone())).collect()
    }

    /// Forgets facts.
    pub fn forget(&mut self, facts: &[Fact]) {
        for fact in facts {
            self.present.remove(fact);
        }
    }

    /// Takes over what is known of the rows of a set whose row lies in a variable.
    pub fn assume_row(&mut self, layout: &Layout, row: Local) {
        self.assume(layout.facts_of(row));
        self.know_row(layout, row);
    }
}

impl Layout {
    /// What is known of its rows, of the row that lies in a variable.
    pub fn facts_of(&self, row: Local) -> Vec<Fact> {
        self.present.iter().map(|fact| Layout::of_row(fact, row)).collect()
    }

    /// A path from a slot as a path from the row that lies in a variable.
    pub(super) fn of_row(path: &Fact, row: Local) -> Fact {
        match path.split_once('.') {
            Some((slot, rest)) => format!("{row}.s{slot}.{rest}").into(),
            None => format!("{row}.s{path}").into(),
        }
    }
}
