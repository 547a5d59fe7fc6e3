//! Literal blocks to their lines: `fields`, `match`, `let`, sets, overlays, `allow`, `free in`, `candidates`.
//!
//! A line that cannot be parsed gives one finding, and the lines around it are parsed all the same.

mod lines;
pub mod columns;

use super::ast::{Alias, Binding, Expr, ExprKind, Free, Grant, MatchLine, Name, OverlayLine, Rule, Step, StepKind};
use super::parse::grammar::Rule as Grammar;
use super::parse::{Fragment, Piece, rules};
use crate::finding::{Finding, Findings, codes::syntax};
use lines::{Block, Row, unfolded};

/// The rules of a block with labels as they are written, whatever is wrong with them: label, and text without its margins
/// and comments.
pub fn written(fragment: &Fragment<'_>) -> Vec<(Name, String)> {
    let block = Block::new(fragment).by_label(&mut Findings::default());
    let text = |row: &Row| block.piece(row).text[row.body()].split_whitespace().collect::<Vec<_>>().join(" ");
    block.rows.iter().map(|row| (row.label.clone(), text(row))).collect()
}

/// The rules of a `fields` block.
///
/// A line with a label begins a row. A line without one that has an arrow is a further rule of the row, if the rule above
/// has its arrow already; any other continues the rule above.
pub fn fields(fragment: &Fragment<'_>, found: &mut Findings) -> Vec<Rule> {
    rows(fragment, found, |piece, row, found| rules::rule(piece, row.label, row.first, found))
}

/// The lines of a customer's overlay (`change: map: fields:`): rules that replace or add, and `off`.
pub fn overlay(fragment: &Fragment<'_>, found: &mut Findings) -> Vec<OverlayLine> {
    rows(fragment, found, |piece, row, found| {
        let (label, span) = (row.label.clone(), row.label.span.to(piece.trimmed_span()));
        OverlayLine { label, change: rules::overlay_change(piece, row.label, row.first, found), span }
    })
}

/// The lines of a `match` block: pairs that must be equal and present.
pub fn match_lines(fragment: &Fragment<'_>, found: &mut Findings) -> Vec<MatchLine> {
    expressions(fragment, found, |line, found| {
        let mut pairs = Vec::new();
        let span = line.span;
        if let Err(wrong) = match_pairs(line, &mut pairs) {
            found.add(Finding::new(&syntax::NOT_A_MATCH, wrong.span));
            let broken = Expr { kind: ExprKind::Broken, span: wrong.span };
            pairs.push((broken.clone(), broken));
        }
        MatchLine { pairs, span }
    })
}

/// Parts `a == b and c == d` into its pairs, or gives the part that is no comparison.
fn match_pairs(line: Expr, pairs: &mut Vec<(Expr, Expr)>) -> Result<(), Expr> {
    use super::ast::BinaryOp::{And, Equal};
    match line.kind {
        ExprKind::Binary(And, left, right) => {
            match_pairs(*left, pairs)?;
            match_pairs(*right, pairs)
        }
        ExprKind::Binary(Equal, left, right) => {
            pairs.push((*left, *right));
            Ok(())
        }
        ExprKind::Broken => {
            pairs.push((line.clone(), line));
            Ok(())
        }
        _ => Err(line),
    }
}

/// The spellings of an allocation, first choice first.
pub fn candidates(fragment: &Fragment<'_>, found: &mut Findings) -> Vec<Expr> {
    expressions(fragment, found, |line, _| line)
}

/// The bindings of a `let` block.
pub fn bindings(fragment: &Fragment<'_>, found: &mut Findings) -> Vec<Binding> {
    pieces(fragment, found, |piece, found| {
        piece.read(Grammar::whole_binding, found, |reader, pair| reader.binding(pair)).flatten().or_else(|| {
            // The name is known to later lines although its value is not.
            let name =
                piece.tokens.first().filter(|_| piece.tokens.get(1).is_some_and(|sign| piece.token(sign) == "="))?;
            let (text, span) = (piece.token(name).to_string(), piece.span(name.range.clone()));
            Some(Binding { name: Name { text, span }, value: broken(piece) })
        })
    })
}

/// The steps of a set.
pub fn steps(fragment: &Fragment<'_>, found: &mut Findings) -> Vec<Step> {
    let mut first = true;
    pieces(fragment, found, |piece, found| {
        let step = piece.read(Grammar::whole_step, found, |reader, pair| reader.step(pair));
        let step = step.unwrap_or(Step { kind: StepKind::Broken, span: piece.trimmed_span() });
        if let Some(finding) = misplaced(&step, piece, std::mem::take(&mut first)) {
            found.add(finding);
            return Some(Step { kind: StepKind::Broken, ..step });
        }
        Some(step)
    })
}

/// The first step says what the set is made from. A later one that is a mere word seems to, but is a step misspelt; a later
/// `union`, or a source with a name of its own, is meant as one, which the checker answers, unless its word is near to a step.
fn misplaced(step: &Step, piece: &Piece<'_>, first: bool) -> Option<Finding> {
    match &step.kind {
        StepKind::Broken => None,
        StepKind::From(source) if !first => super::parse::not_a_step(piece, source.alias.is_some()),
        StepKind::From(_) | StepKind::Union(_) => None,
        _ if first => {
            let word = piece.tokens.first().map_or(step.span, |word| piece.span(word.range.clone()));
            Some(Finding::new(&syntax::SET_WITHOUT_SOURCE, word))
        }
        _ => None,
    }
}

/// The lines of an `allow` block: which class may reach which field, and why.
pub fn grants(fragment: &Fragment<'_>, found: &mut Findings) -> Vec<Grant> {
    pieces(fragment, found, |piece, found| {
        piece.read(Grammar::whole_grant, found, |reader, pair| reader.grant(pair)).flatten()
    })
}

/// The lines of an `alias` block: which value stands for a protected person's own in which field.
pub fn aliases(fragment: &Fragment<'_>, found: &mut Findings) -> Vec<Alias> {
    pieces(fragment, found, |piece, found| {
        piece.read(Grammar::whole_alias, found, |reader, pair| reader.alias(pair)).flatten()
    })
}

/// The lines of a `free in` block: where a spelling must be free, and in which form.
pub fn free_in(fragment: &Fragment<'_>, found: &mut Findings) -> Vec<Free> {
    pieces(fragment, found, |piece, found| {
        piece.read(Grammar::whole_free, found, |reader, pair| reader.free(pair)).flatten()
    })
}

fn broken(piece: &Piece<'_>) -> Expr {
    Expr { kind: ExprKind::Broken, span: piece.trimmed_span() }
}

/// Every line of a block as an expression, and what becomes of it.
fn expressions<T>(
    fragment: &Fragment<'_>,
    found: &mut Findings,
    mut build: impl FnMut(Expr, &mut Findings) -> T,
) -> Vec<T> {
    pieces(fragment, found, |piece, found| {
        let line = piece.read(Grammar::whole_expression, found, |reader, pair| reader.first_expression(pair));
        Some(build(line.unwrap_or_else(|| broken(piece)), found))
    })
}

/// Builds something of every line of a block where deeper lines continue.
fn pieces<T>(
    fragment: &Fragment<'_>,
    found: &mut Findings,
    mut build: impl FnMut(&Piece<'_>, &mut Findings) -> Option<T>,
) -> Vec<T> {
    let mut unheard = Findings::default();
    let unfolded = unfolded(fragment, found);
    let (text, found) = heard(fragment, &unfolded, found, &mut unheard);
    let block = Block::new(&text).by_indentation();
    block.rows.iter().filter_map(|row| build(&block.piece(row), found)).collect()
}

/// The text to read, and who hears of what is wrong in it: nobody, if its lines had to be guessed.
fn heard<'a>(
    fragment: &Fragment<'a>,
    unfolded: &'a Option<String>,
    found: &'a mut Findings,
    unheard: &'a mut Findings,
) -> (Fragment<'a>, &'a mut Findings) {
    match unfolded {
        Some(text) => (Fragment { text, map: fragment.map }, unheard),
        None => (*fragment, found),
    }
}

/// Builds something of every rule of a block with labels.
fn rows<T>(
    fragment: &Fragment<'_>,
    found: &mut Findings,
    mut build: impl FnMut(&Piece<'_>, Row, &mut Findings) -> T,
) -> Vec<T> {
    let mut unheard = Findings::default();
    let unfolded = unfolded(fragment, found);
    let (text, found) = heard(fragment, &unfolded, found, &mut unheard);
    let block = Block::new(&text).by_label(found);
    let mut built = Vec::with_capacity(block.rows.len());
    for row in &block.rows {
        if row.tokens.is_empty() {
            found.add(Finding::new(&syntax::EMPTY_RULE, row.label.span));
        } else {
            // Of a rule whose label is missing that is the one cause: the rest may be no more than what follows from it.
            let mut unheard = Findings::default();
            let found = if row.unlabelled { &mut unheard } else { &mut *found };
            built.push(build(&block.piece(row), row.clone(), found));
        }
    }
    built
}

#[cfg(test)]
mod tests;
