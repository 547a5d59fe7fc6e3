//! Precedence: a flat row of values and operators to a tree.
//!
//! From loose to tight: `or`, `and`, `not`, comparisons (which cannot be chained), `|` and `??` from left to right,
//! sums, products, `-`.

use super::convert::Reader;
use super::grammar::Rule as Grammar;
use crate::finding::{Code, Finding, codes::syntax};
use crate::source::Span;
use crate::syntax::ast::{Arg, BinaryOp, Expr, ExprKind};
use pest::iterators::Pair;
use std::iter::Peekable;
use std::vec::IntoIter;

/// A part of the row.
enum Item<'i> {
    Not(Span),
    Minus(Span),
    Value(Expr),
    Operator(BinaryOp, Span),
    IsAbsent { negated: bool, span: Span },
    Pipe(Pair<'i, Grammar>),
}

/// A finding has been added: the row means nothing.
struct Refused;

type Climbed = Result<Expr, Refused>;

impl Reader<'_, '_> {
    /// A row of operators and values.
    pub fn operation(&mut self, pair: Pair<'_, Grammar>) -> Expr {
        let span = self.span(&pair);
        let items: Vec<Item<'_>> = pair.into_inner().filter_map(|inner| self.item(inner)).collect();
        let mut row = Row { reader: self, items: items.into_iter().peekable(), span };
        row.either().unwrap_or(Expr { kind: ExprKind::Broken, span })
    }

    fn item<'i>(&mut self, pair: Pair<'i, Grammar>) -> Option<Item<'i>> {
        let span = self.span(&pair);
        Some(match pair.as_rule() {
            Grammar::value => Item::Value(self.value(pair)),
            Grammar::pipe => Item::Pipe(pair),
            Grammar::is_absent => {
                let negated = pair.into_inner().any(|inner| inner.as_rule() == Grammar::not_word);
                Item::IsAbsent { negated, span }
            }
            Grammar::prefix if pair.as_str().starts_with('-') => Item::Minus(span),
            Grammar::prefix => Item::Not(span),
            _ => Item::Operator(operator(pair.as_str())?, span),
        })
    }

    /// `x | f(a).b`: a call with `x` as its first argument.
    fn piped(&mut self, value: Expr, pipe: Pair<'_, Grammar>) -> Expr {
        let mut span = value.span;
        let (mut name, mut posts) = (None, Vec::new());
        let mut args = vec![Arg { name: None, value, order: None }];
        for inner in pipe.into_inner() {
            let end = self.span(&inner);
            match inner.as_rule() {
                Grammar::name => name = Some(self.name(&inner)),
                Grammar::arguments => args.extend(self.arguments(inner)),
                Grammar::bar => continue,
                _ => {
                    posts.push(inner);
                    continue;
                }
            }
            span = span.to(end);
        }
        let kind = name.map_or(ExprKind::Broken, |name| ExprKind::Call { name, args, piped: true });
        posts.into_iter().fold(Expr { kind, span }, |base, post| self.post(base, post))
    }
}

fn operator(text: &str) -> Option<BinaryOp> {
    Some(match text.trim_end() {
        "or" => BinaryOp::Or,
        "and" => BinaryOp::And,
        "==" => BinaryOp::Equal,
        "!=" => BinaryOp::NotEqual,
        "<" => BinaryOp::Less,
        "<=" => BinaryOp::LessOrEqual,
        ">" => BinaryOp::Greater,
        ">=" => BinaryOp::GreaterOrEqual,
        "in" => BinaryOp::In,
        "??" => BinaryOp::Else,
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Subtract,
        "*" => BinaryOp::Multiply,
        "/" => BinaryOp::Divide,
        // The only operator of two words.
        words if words.starts_with("not") => BinaryOp::NotIn,
        _ => return None,
    })
}

struct Row<'r, 'p, 'f, 'i> {
    reader: &'r mut Reader<'p, 'f>,
    items: Peekable<IntoIter<Item<'i>>>,
    span: Span,
}

impl Row<'_, '_, '_, '_> {
    fn either(&mut self) -> Climbed {
        let mut left = self.both()?;
        while self.take(|op| op == BinaryOp::Or).is_some() {
            left = binary(BinaryOp::Or, left, self.both()?);
        }
        Ok(left)
    }

    fn both(&mut self) -> Climbed {
        let mut left = self.negation()?;
        while self.take(|op| op == BinaryOp::And).is_some() {
            left = binary(BinaryOp::And, left, self.negation()?);
        }
        Ok(left)
    }

    fn negation(&mut self) -> Climbed {
        match self.items.next_if(|item| matches!(item, Item::Not(_))) {
            Some(Item::Not(span)) => {
                let value = self.negation()?;
                Ok(Expr { span: span.to(value.span), kind: ExprKind::Not(Box::new(value)) })
            }
            _ => self.comparison(),
        }
    }

    fn comparison(&mut self) -> Climbed {
        let left = self.flow()?;
        let compared = match self.items.next_if(is_comparison) {
            Some(Item::Operator(op, _)) => binary(op, left, self.flow()?),
            Some(Item::IsAbsent { negated, span }) => {
                Expr { span: left.span.to(span), kind: ExprKind::IsAbsent { value: Box::new(left), negated } }
            }
            _ => return Ok(left),
        };
        match self.items.next_if(is_comparison) {
            Some(Item::Operator(_, span) | Item::IsAbsent { span, .. }) => {
                self.refuse(&syntax::CHAINED_COMPARISON, span, "")
            }
            _ => Ok(compared),
        }
    }

    fn flow(&mut self) -> Climbed {
        let mut left = self.sum()?;
        loop {
            if let Some(Item::Pipe(pipe)) = self.items.next_if(|item| matches!(item, Item::Pipe(..))) {
                left = self.reader.piped(left, pipe);
                if let Some((op, span)) = self.take(|op| is_sum(op) || is_product(op)) {
                    return self.refuse(&syntax::PIPE_NEEDS_PARENTHESES, span, op.text());
                }
            } else if self.take(|op| op == BinaryOp::Else).is_some() {
                left = binary(BinaryOp::Else, left, self.sum()?);
            } else {
                return Ok(left);
            }
        }
    }

    fn sum(&mut self) -> Climbed {
        let mut left = self.product()?;
        while let Some((op, _)) = self.take(is_sum) {
            left = binary(op, left, self.product()?);
        }
        Ok(left)
    }

    fn product(&mut self) -> Climbed {
        let mut left = self.operand()?;
        while let Some((op, _)) = self.take(is_product) {
            left = binary(op, left, self.operand()?);
        }
        Ok(left)
    }

    fn operand(&mut self) -> Climbed {
        match self.items.next() {
            Some(Item::Value(value)) => Ok(value),
            Some(Item::Minus(span)) => {
                let value = self.operand()?;
                Ok(Expr { span: span.to(value.span), kind: ExprKind::Negate(Box::new(value)) })
            }
            Some(Item::Not(span)) => self.refuse(&syntax::NEEDS_PARENTHESES, span, "not"),
            _ => Ok(Expr { kind: ExprKind::Broken, span: self.span }),
        }
    }

    fn take(&mut self, wanted: impl Fn(BinaryOp) -> bool) -> Option<(BinaryOp, Span)> {
        match self.items.next_if(|item| matches!(item, Item::Operator(op, _) if wanted(*op)))? {
            Item::Operator(op, span) => Some((op, span)),
            _ => None,
        }
    }

    fn refuse(&mut self, code: &'static Code, span: Span, word: &str) -> Climbed {
        self.reader.found.add(Finding::new(code, span).word("found", word));
        Err(Refused)
    }
}

fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    let span = left.span.to(right.span);
    Expr { kind: ExprKind::Binary(op, Box::new(left), Box::new(right)), span }
}

fn is_comparison(item: &Item<'_>) -> bool {
    use BinaryOp::*;
    match item {
        Item::Operator(op, _) => {
            matches!(op, Equal | NotEqual | Less | LessOrEqual | Greater | GreaterOrEqual | In | NotIn)
        }
        Item::IsAbsent { .. } => true,
        _ => false,
    }
}

fn is_sum(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Add | BinaryOp::Subtract)
}

fn is_product(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Multiply | BinaryOp::Divide)
}
