//! Rule texts to the syntax tree: expressions, steps, rules, types.
//!
//! A text is scanned ([`scan`]), its limits are checked ([`limits`]), the grammar of `grammar/koppla.pest` takes it
//! apart, [`climb`] and its neighbours build the tree, and [`diagnose`] says what is wrong where the grammar could not
//! go on. One text gives one finding at most from the first three, so that one cause is one finding.

pub(super) mod scan;
mod limits;
pub(super) mod grammar;
mod diagnose;
mod convert;
mod climb;
pub(super) mod rules;
pub(super) mod steps;
mod types;
mod target;

pub(super) use diagnose::not_a_step;
pub use target::target;

use super::ast::{Between, Expr, ExprKind, Gone, Order, TypeExpr, TypeKind, Where};
use super::tree::Scalar;
use crate::finding::{Finding, Findings, codes::syntax};
use crate::source::{OffsetMap, Span};
use convert::Reader;
use grammar::Rule as Grammar;
use pest::iterators::Pair;
use scan::{Scan, Token};
use std::ops::Range;

/// A text in the Koppla language, and where its bytes stand in the file.
#[derive(Clone, Copy, Debug)]
pub struct Fragment<'a> {
    /// The text.
    pub text: &'a str,
    /// Leads its bytes to the file.
    pub map: &'a OffsetMap,
}

impl<'a> From<&'a Scalar> for Fragment<'a> {
    fn from(scalar: &'a Scalar) -> Fragment<'a> {
        Fragment { text: &scalar.text, map: &scalar.map }
    }
}

/// Parses an expression. What cannot be parsed becomes [`ExprKind::Broken`] and a finding.
pub fn expression(fragment: &Fragment<'_>, found: &mut Findings) -> Expr {
    let broken = Expr { kind: ExprKind::Broken, span: whole(fragment) };
    read(fragment, Grammar::whole_expression, found, |reader, pair| reader.first_expression(pair)).unwrap_or(broken)
}

/// Parses the `where` of a map: a condition, and what happens to records that fail it.
pub fn map_where(fragment: &Fragment<'_>, found: &mut Findings) -> Where {
    let condition = Expr { kind: ExprKind::Broken, span: whole(fragment) };
    read(fragment, Grammar::whole_where, found, |reader, pair| reader.condition(pair))
        .unwrap_or(Where { condition, drop: None })
}

/// Parses an expression that orders: `fte desc absent last`.
pub fn order(fragment: &Fragment<'_>, found: &mut Findings) -> Option<Order> {
    read(fragment, Grammar::whole_order, found, |reader, pair| pair.into_inner().next().map(|pair| reader.order(pair)))?
}

/// Parses the `between` of a map: `student as s <-> account`.
pub fn between(fragment: &Fragment<'_>, found: &mut Findings) -> Option<Between> {
    read(fragment, Grammar::whole_between, found, |reader, pair| reader.between(pair))?
}

/// Parses the `gone` of a map: `deactivate after 30d`.
pub fn gone(fragment: &Fragment<'_>, found: &mut Findings) -> Option<Gone> {
    read(fragment, Grammar::whole_gone, found, |reader, pair| reader.gone(pair))?
}

/// Parses a type: `list of { value: email, kind: text? }`. What cannot be parsed becomes [`TypeKind::Broken`].
pub fn type_expression(fragment: &Fragment<'_>, found: &mut Findings) -> TypeExpr {
    let broken = TypeExpr { kind: TypeKind::Broken, optional: false, span: whole(fragment) };
    read(fragment, Grammar::whole_type, found, |reader, pair| pair.into_inner().next().map(|pair| reader.type_of(pair)))
        .flatten()
        .unwrap_or(broken)
}

/// Scans a fragment as one piece and parses it by an entry rule of the grammar.
fn read<T>(
    fragment: &Fragment<'_>,
    rule: Grammar,
    found: &mut Findings,
    build: impl FnOnce(&mut Reader<'_, '_>, Pair<'_, Grammar>) -> T,
) -> Option<T> {
    let mut scan = Scan::default();
    for line in lines(fragment.text) {
        scan.line(fragment.text, line, fragment.map);
    }
    let text = scan.without_comments(fragment.text);
    let piece = Piece { text: &text, range: 0..text.len(), scan: &scan, tokens: &scan.tokens, map: fragment.map };
    piece.read(rule, found, build)
}

/// The physical lines of a text, without their ends.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    text.split('\n').map(move |line| {
        let range = at..at + line.len();
        at = range.end + 1;
        range
    })
}

/// The span of a fragment's text, without the blanks around it.
pub(super) fn whole(fragment: &Fragment<'_>) -> Span {
    let start = fragment.text.len() - fragment.text.trim_start().len();
    fragment.map.span(start.min(fragment.text.trim_end().len())..fragment.text.trim_end().len())
}

/// A part of a scanned text that is one rule, step or expression.
#[derive(Clone)]
pub(super) struct Piece<'a> {
    /// The whole text, comments blanked out.
    pub text: &'a str,
    /// The bytes of it that are meant.
    pub range: Range<usize>,
    /// What the scan found in the whole text.
    pub scan: &'a Scan,
    /// The tokens of this piece.
    pub tokens: &'a [Token],
    /// Leads the bytes of the whole text to the file.
    pub map: &'a OffsetMap,
}

impl<'a> Piece<'a> {
    /// The text of the piece.
    pub fn as_str(&self) -> &'a str {
        &self.text[self.range.clone()]
    }

    /// The text of a token.
    pub fn token(&self, token: &Token) -> &'a str {
        &self.text[token.range.clone()]
    }

    /// The file's span of bytes of the whole text.
    pub fn span(&self, range: Range<usize>) -> Span {
        self.map.span(range)
    }

    /// The file's span of the piece without the blanks around it.
    pub fn trimmed_span(&self) -> Span {
        match (self.tokens.first(), self.tokens.last()) {
            (Some(first), Some(last)) => self.span(first.range.start..last.range.end),
            _ => self.span(self.range.start..self.range.start),
        }
    }

    /// Parses the piece by an entry rule and builds a tree of it; `None` after a finding.
    pub fn read<T>(
        &self,
        rule: Grammar,
        found: &mut Findings,
        build: impl FnOnce(&mut Reader<'_, '_>, Pair<'_, Grammar>) -> T,
    ) -> Option<T> {
        if let Some(finding) = self.trouble() {
            found.add(finding);
            return None;
        }
        match grammar::parse(rule, self.as_str()) {
            Ok(pair) => Some(build(&mut Reader { piece: self, found }, pair)),
            Err(error) => {
                found.add(diagnose::finding(rule, &error, self));
                None
            }
        }
    }

    /// What the scan and the limits have against the piece, before the grammar sees it.
    fn trouble(&self) -> Option<Finding> {
        let too_big = |range: Range<usize>, what: String| {
            Finding::new(&syntax::EXPRESSION_TOO_BIG, self.span(range)).word("what", what)
        };
        if self.range.len() > limits::MAX_BYTES {
            let start = self.tokens.first().map_or(self.range.start..self.range.start, |token| token.range.clone());
            return Some(too_big(start, format!("is longer than {} kB", limits::MAX_BYTES >> 10)));
        }
        if let Some(trouble) = self.scan.trouble_in(&self.range) {
            let finding = Finding::new(trouble.code, self.span(trouble.range.clone()));
            return Some(trouble.words.iter().fold(finding, |finding, (name, text)| finding.word(name, text.as_str())));
        }
        if let Some((range, partner)) = limits::unbalanced(self.tokens) {
            let found = &self.text[range.clone()];
            let finding = Finding::new(&syntax::UNBALANCED_BRACKET, self.span(range)).word("found", found);
            return Some(finding.word("meant", partner));
        }
        limits::too_deep(self.text, self.tokens).map(|(range, what)| too_big(range, what))
    }
}

#[cfg(test)]
mod tests;
