//! Conditions on options that a sync has chosen: what they switch off neither reads, nor sends, nor needs consent.

use super::checker::Checker;
use super::typed::{ExprId, Literal, Node};
use crate::model::reader::bool_word;
use crate::syntax::ast::{BinaryOp, Name};
use crate::syntax::tree::Node as Tree;
use crate::value::Type;

/// The value of an option in a sync.
enum Chosen<'n> {
    Absent,
    Given(&'n Tree),
}

impl Checker<'_> {
    /// Whether a condition is true, where the options that the sync has chosen decide it.
    pub(super) fn decided(&self, condition: ExprId) -> Option<bool> {
        match self.nodes.node(condition) {
            Node::Literal(Literal::Bool(truth)) => Some(*truth),
            Node::Option(index) => match self.chosen(*index)? {
                Chosen::Given(node) => bool_word(node.text()?),
                Chosen::Absent => None,
            },
            Node::Not(inner) => self.decided(*inner).map(|truth| !truth),
            Node::And(one, other) => match (self.decided(*one), self.decided(*other)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Node::Or(one, other) => match (self.decided(*one), self.decided(*other)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            Node::Compare { op: BinaryOp::Equal, left, right, .. } => self.equal(*left, *right),
            Node::Compare { op: BinaryOp::NotEqual, left, right, .. } => self.equal(*left, *right).map(|same| !same),
            Node::In { value, list, negated, .. } => self.within(*value, *list).map(|within| within != *negated),
            Node::IsAbsent { value, negated } => match self.nodes.node(*value) {
                Node::Option(index) => Some(matches!(self.chosen(*index)?, Chosen::Absent) != *negated),
                _ => None,
            },
            _ => None,
        }
    }

    /// The value of an option in the sync; nothing where a mapping is checked by itself.
    fn chosen(&self, index: u16) -> Option<Chosen<'_>> {
        let given: &[(Name, Tree)] = self.options?;
        let option = &self.mapping.options[usize::from(index)];
        let own = given.iter().find(|(name, _)| name.text == option.name.text).map(|(_, node)| node);
        let node = own.or(option.default.as_ref()).filter(|node| !node.is_missing());
        Some(node.map_or(Chosen::Absent, Chosen::Given))
    }

    /// The text of an option of a type whose texts are equal only if they are the same.
    fn chosen_text(&self, expr: ExprId) -> Option<&str> {
        let plain = matches!(self.nodes.typing(expr).ty, Type::Enum(_) | Type::Int | Type::Bool | Type::Text);
        match self.nodes.node(expr) {
            Node::Option(index) if plain => match self.chosen(*index)? {
                Chosen::Given(node) => node.text(),
                Chosen::Absent => None,
            },
            _ => None,
        }
    }

    fn equal(&self, one: ExprId, other: ExprId) -> Option<bool> {
        let (option, literal) = match self.nodes.node(one) {
            Node::Literal(_) => (other, one),
            _ => (one, other),
        };
        same(self.chosen_text(option)?, self.literal_of(literal)?)
    }

    fn literal_of(&self, expr: ExprId) -> Option<&Literal> {
        match self.nodes.node(expr) {
            Node::Literal(literal) => Some(literal),
            _ => None,
        }
    }

    /// `$option in ["a", "b"]`, `"a" in $options`
    fn within(&self, value: ExprId, list: ExprId) -> Option<bool> {
        let any = |all: Vec<Option<bool>>| {
            if all.contains(&Some(true)) {
                return Some(true);
            }
            all.into_iter().collect::<Option<Vec<bool>>>().map(|_| false)
        };
        match (self.nodes.node(value), self.nodes.node(list)) {
            (Node::Option(_), Node::List(items)) => {
                let text = self.chosen_text(value)?;
                any(items.iter().map(|item| same(text, self.literal_of(*item)?)).collect())
            }
            (Node::Literal(literal), Node::Option(index)) => match self.chosen(*index)? {
                Chosen::Given(node) => any(node.items()?.iter().map(|item| same(item.text()?, literal)).collect()),
                Chosen::Absent => None,
            },
            _ => None,
        }
    }
}

/// Whether the text of an option is a literal; nothing where their spellings could still mean the same.
fn same(text: &str, literal: &Literal) -> Option<bool> {
    match literal {
        Literal::Text(known) if **known == *text => Some(true),
        Literal::Text(known) => (known.is_ascii() && text.is_ascii()).then_some(false),
        Literal::Int(number) => Some(text.parse::<i64>().ok()? == *number),
        Literal::Bool(truth) => Some(bool_word(text)? == *truth),
        _ => None,
    }
}
