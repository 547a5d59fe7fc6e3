//! Scalars of a document that hold rules, expressions and types: the one place where the model asks the parser.

use crate::finding::codes::document as codes;
use crate::finding::{Finding, Findings};
use crate::syntax::ast::{
    Alias, Between, Binding, Expr, Free, Gone, Grant, MatchLine, OverlayLine, Rule, Step, TypeExpr, Where,
};
use crate::syntax::parse::Fragment;
use crate::syntax::tree::Node;
use crate::syntax::{block, parse};
use regex_syntax::hir::{Class, Hir, HirKind};

/// The text of a scalar with its way back to the file.
fn fragment(node: &Node) -> Option<Fragment<'_>> {
    node.scalar().map(Fragment::from)
}

/// An expression.
pub fn expr(node: &Node, found: &mut Findings) -> Option<Expr> {
    Some(parse::expression(&fragment(node)?, found))
}

/// A type.
pub fn type_expr(node: &Node, found: &mut Findings) -> Option<TypeExpr> {
    Some(parse::type_expression(&fragment(node)?, found))
}

/// What lies between what.
pub fn between(node: &Node, found: &mut Findings) -> Option<Between> {
    parse::between(&fragment(node)?, found)
}

/// What becomes of a record that is gone.
pub fn gone(node: &Node, found: &mut Findings) -> Option<Gone> {
    parse::gone(&fragment(node)?, found)
}

/// A condition and what happens to records that fail it.
pub fn map_where(node: &Node, found: &mut Findings) -> Option<Where> {
    Some(parse::map_where(&fragment(node)?, found))
}

/// The rules of a `fields` block.
pub fn fields(node: &Node, found: &mut Findings) -> Vec<Rule> {
    fragment(node).map(|fragment| block::fields(&fragment, found)).unwrap_or_default()
}

/// The lines of a `match` block.
pub fn matches(node: &Node, found: &mut Findings) -> Vec<MatchLine> {
    fragment(node).map(|fragment| block::match_lines(&fragment, found)).unwrap_or_default()
}

/// The bindings of a `let` block.
pub fn lets(node: &Node, found: &mut Findings) -> Vec<Binding> {
    fragment(node).map(|fragment| block::bindings(&fragment, found)).unwrap_or_default()
}

/// The steps of a set.
pub fn steps(node: &Node, found: &mut Findings) -> Vec<Step> {
    fragment(node).map(|fragment| block::steps(&fragment, found)).unwrap_or_default()
}

/// The lines of a customer's overlay.
pub fn overlay(node: &Node, found: &mut Findings) -> Vec<OverlayLine> {
    fragment(node).map(|fragment| block::overlay(&fragment, found)).unwrap_or_default()
}

/// The lines of `allow`.
pub fn allow(node: &Node, found: &mut Findings) -> Vec<Grant> {
    fragment(node).map(|fragment| block::grants(&fragment, found)).unwrap_or_default()
}

/// The lines of `alias`.
pub fn aliases(node: &Node, found: &mut Findings) -> Vec<Alias> {
    fragment(node).map(|fragment| block::aliases(&fragment, found)).unwrap_or_default()
}

/// The lines of `free in`.
pub fn free_in(node: &Node, found: &mut Findings) -> Vec<Free> {
    fragment(node).map(|fragment| block::free_in(&fragment, found)).unwrap_or_default()
}

/// The lines of `candidates`.
pub fn candidates(node: &Node, found: &mut Findings) -> Vec<Expr> {
    fragment(node).map(|fragment| block::candidates(&fragment, found)).unwrap_or_default()
}

/// A regular expression for a whole text.
pub fn pattern(node: &Node, found: &mut Findings) -> Option<String> {
    let text = node.text()?;
    // To compile an expression costs a hundred times what it costs to read it, and few of a library's are ever used.
    if regex_syntax::parse(text).is_ok_and(|parsed| size(&parsed) < SMALL) {
        return Some(text.to_string());
    }
    match regex::Regex::new(text) {
        Ok(_) => Some(text.to_string()),
        Err(error) => {
            // The crate draws a picture over several lines; its last line says what is wrong.
            let shown = error.to_string();
            let detail = shown.lines().last().unwrap_or_default().trim_start_matches("error: ").to_string();
            found.add(Finding::new(&codes::BAD_PATTERN, node.span).word("detail", detail));
            None
        }
    }
}

/// An expression of fewer states than this is far from what is too large to be compiled.
const SMALL: usize = 100_000;

/// About how many states an expression has once it is compiled.
fn size(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(Class::Unicode(class)) => 4 * class.ranges().len(),
        HirKind::Class(Class::Bytes(class)) => class.ranges().len(),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min).max(repetition.min).max(1);
            size(&repetition.sub).saturating_mul(times as usize)
        }
        HirKind::Capture(capture) => size(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(size).fold(0, |sum, part| sum.saturating_add(part))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_to_compile_is_not_small() {
        let size = |text| size(&regex_syntax::parse(text).expect("an expression"));
        assert!(size(r"[A-ZÅÄÖ]{1,3}[0-9]{4,8}|\d{12}") < SMALL);
        for text in [r"(\w{100}){100}", r"((a{200}){200}){200}"] {
            assert!(size(text) >= SMALL && regex::Regex::new(text).is_err(), "{text}");
        }
    }
}
