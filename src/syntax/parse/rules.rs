//! Rules and their clauses, lines of overlays, grants.

use super::Piece;
use super::convert::Reader;
use super::grammar::Rule as Grammar;
use super::scan::TokenKind;
use crate::finding::{Finding, Findings, codes::syntax, suggest};
use crate::source::Span;
use crate::syntax::ast::{
    Alias, Arrow, Binding, Clauses, Expr, ExprKind, Free, Grant, Name, Operation, Otherwise, OverlayChange, Prefer,
    Rule,
};
use pest::iterators::Pair;

/// The words that begin clauses.
pub const CLAUSE_WORDS: [&str; 11] =
    ["once", "fill", "clear", "keep", "add", "on", "when", "back", "because", "prefer", "else"];

/// The rule of a piece, under its label. After a finding, the rule is as far as it could be made out: a rule with broken
/// parts still says which label it has and, if that can be seen, which field it writes.
pub fn rule(piece: &Piece<'_>, label: Name, first_of_row: bool, found: &mut Findings) -> Rule {
    let read = piece.read(Grammar::whole_rule, found, |reader, pair| reader.rule(pair));
    Rule { label, first_of_row, span: piece.trimmed_span(), ..read.unwrap_or_else(|| salvage(piece)) }
}

/// What stands after the label in an overlay: `off`, or a rule. A rule may read a field called `off`: it has an arrow, or an option
/// in its place.
pub fn overlay_change(piece: &Piece<'_>, label: Name, first_of_row: bool, found: &mut Findings) -> OverlayChange {
    let is_off = piece.tokens.first().is_some_and(|token| piece.token(token) == "off")
        && piece.tokens.get(1).is_none_or(|token| token.kind == TokenKind::Word)
        && super::scan::first_arrow(piece.text, piece.tokens).is_none()
        && !piece.tokens.iter().any(|token| token.kind == TokenKind::Option);
    if is_off {
        let because = piece.read(Grammar::whole_off, found, |reader, pair| {
            pair.into_inner().find(|inner| inner.as_rule() == Grammar::because).and_then(|inner| reader.reason(inner))
        });
        return OverlayChange::Off(because.flatten());
    }
    if let [only] = piece.tokens
        && let Some(off) = suggest::nearest(piece.token(only), ["off"])
    {
        found.add(Finding::new(&syntax::MISSING_ARROW, piece.trimmed_span()).word("suggestion", off));
        return OverlayChange::Off(None);
    }
    OverlayChange::Rule(Box::new(rule(piece, label, first_of_row, found)))
}

/// What can be seen of a rule that cannot be parsed: its arrow, and the plain field path beside it.
fn salvage(piece: &Piece<'_>) -> Rule {
    let span = piece.trimmed_span();
    let broken = Expr { kind: ExprKind::Broken, span };
    let arrow_at = super::scan::first_arrow(piece.text, piece.tokens);
    let (arrow, arrow_span) = match arrow_at.map(|index| &piece.tokens[index]) {
        Some(token) => (arrow(piece.token(token)), piece.span(token.range.clone())),
        None => (Arrow::Right, span),
    };
    let right = arrow_at.and_then(|index| super::scan::path_after(piece.text, &piece.tokens[index + 1..]));
    let right = right.map(|range| Piece { range, ..piece.clone() }).and_then(|path| {
        let mut unheard = Findings::default();
        path.read(Grammar::whole_expression, &mut unheard, |reader, pair| reader.first_expression(pair))
    });
    Rule {
        label: Name { text: String::new(), span },
        first_of_row: true,
        left: broken.clone(),
        arrow,
        arrow_span,
        right: right.unwrap_or(broken),
        clauses: Clauses::default(),
        span,
    }
}

/// The arrow of this text.
pub fn arrow(text: &str) -> Arrow {
    match text.trim_end() {
        "->" => Arrow::Right,
        "<-" => Arrow::Left,
        "<->" => Arrow::Both,
        option => Arrow::Option(option.trim_start_matches('$').to_string()),
    }
}

impl Reader<'_, '_> {
    fn rule(&mut self, pair: Pair<'_, Grammar>) -> Rule {
        let span = self.span(&pair);
        let broken = Expr { kind: ExprKind::Broken, span };
        let mut sides = Vec::with_capacity(2);
        let (mut direction, mut arrow_span, mut clauses) = (Arrow::Right, span, Clauses::default());
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Grammar::expression => sides.push(self.expression(inner)),
                Grammar::arrow => (direction, arrow_span) = (arrow(inner.as_str()), self.span(&inner)),
                Grammar::clause => self.clause(inner, &mut clauses),
                _ => {}
            }
        }
        let mut sides = sides.into_iter();
        Rule {
            label: Name { text: String::new(), span },
            first_of_row: true,
            left: sides.next().unwrap_or_else(|| broken.clone()),
            arrow: direction,
            arrow_span,
            right: sides.next().unwrap_or(broken),
            clauses,
            span,
        }
    }

    fn clause(&mut self, pair: Pair<'_, Grammar>, clauses: &mut Clauses) {
        let Some(inner) = pair.into_inner().next() else { return };
        let span = self.span(&inner);
        let word = inner.as_str().split(|character: char| !character.is_alphabetic()).next().unwrap_or_default();
        let word = Name { text: word.to_string(), span: Span { end: span.start + word.len() as u32, ..span } };
        let before = match word.text.as_str() {
            "once" => clauses.once.replace(span),
            "fill" => clauses.fill.replace(span),
            "clear" => clauses.clear.replace(span),
            "keep" => clauses.keep.replace(span),
            "add" => clauses.add.replace(span),
            "on" => self.operations(inner).and_then(|all| clauses.on.replace((all, span)).map(|before| before.1)),
            "when" => clauses.when.replace(self.first_expression(inner)).map(|before| before.span),
            "back" => clauses.back.replace(self.first_expression(inner)).map(|before| before.span),
            "because" => {
                self.reason(inner).and_then(|reason| clauses.because.replace(reason)).map(|before| before.span)
            }
            "prefer" => {
                self.preference(inner).and_then(|side| clauses.prefer.replace((side, span))).map(|before| before.1)
            }
            _ => clauses.otherwise.replace((self.otherwise(inner), span)).map(|before| before.1),
        };
        if let Some(before) = before {
            let finding = Finding::new(&syntax::CLAUSE_TWICE, word.span).word("found", word.text);
            self.found.add(finding.other(before, "first given here"));
        }
    }

    fn operations(&mut self, pair: Pair<'_, Grammar>) -> Option<Vec<Operation>> {
        let words: Vec<_> = pair.into_inner().filter(|inner| inner.as_rule() == Grammar::word).collect();
        let known = Operation::ALL.map(|operation| (operation.word(), operation));
        let all: Vec<Operation> = words.iter().filter_map(|word| self.known_word(word, &known)).collect();
        (!all.is_empty()).then_some(all)
    }

    fn preference(&mut self, pair: Pair<'_, Grammar>) -> Option<Prefer> {
        let known =
            [("left", Prefer::Left), ("right", Prefer::Right), ("newest", Prefer::Newest), ("review", Prefer::Review)];
        let word = pair.into_inner().find(|inner| inner.as_rule() == Grammar::word)?;
        self.known_word(&word, &known)
    }

    /// What a word stands for, or a finding that lists the words that are known.
    pub fn known_word<T: Copy>(&mut self, word: &Pair<'_, Grammar>, known: &[(&str, T)]) -> Option<T> {
        let text = word.as_str().trim_end();
        let meaning = known.iter().find(|(name, _)| *name == text).map(|(_, meaning)| *meaning);
        if meaning.is_none() {
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            let finding = Finding::new(&syntax::UNKNOWN_WORD, self.span(word)).word("found", text);
            let finding = finding.word_if("suggestion", suggest::nearest(text, names.iter().copied()));
            self.found.add(finding.word("known", names.join(", ")));
        }
        meaning
    }

    /// The text of `because "…"`.
    fn reason(&mut self, pair: Pair<'_, Grammar>) -> Option<Name> {
        pair.into_inner().find(|inner| inner.as_rule() == Grammar::text).map(|inner| self.text(&inner))
    }

    fn otherwise(&mut self, pair: Pair<'_, Grammar>) -> Otherwise {
        let span = self.span(&pair);
        let value = pair.into_inner().find(|inner| inner.as_rule() != Grammar::else_word);
        match value {
            Some(inner) if inner.as_rule() == Grammar::drop_reason => {
                let drop = self.dropped(inner);
                if drop.reject { Otherwise::Reject(drop.reason) } else { Otherwise::Skip(drop.reason) }
            }
            Some(inner) if inner.as_rule() == Grammar::flag_value => match inner.as_str().trim_end() {
                "clear" => Otherwise::Clear,
                _ => Otherwise::Keep,
            },
            Some(inner) => Otherwise::Value(self.expression(inner)),
            None => Otherwise::Value(Expr { kind: ExprKind::Broken, span }),
        }
    }

    /// `name = expr`
    pub fn binding(&mut self, pair: Pair<'_, Grammar>) -> Option<Binding> {
        let mut inner = pair.into_inner();
        let name = inner.find(|inner| inner.as_rule() == Grammar::name).map(|inner| self.name(&inner))?;
        let value = inner.find(|inner| inner.as_rule() == Grammar::expression).map(|inner| self.expression(inner))?;
        Some(Binding { name, value })
    }

    /// `path expr`
    pub fn free(&mut self, pair: Pair<'_, Grammar>) -> Option<Free> {
        let mut inner = pair.into_inner();
        let field = inner.find(|inner| inner.as_rule() == Grammar::path).map(|inner| self.path(inner))?;
        let value = inner.find(|inner| inner.as_rule() == Grammar::expression).map(|inner| self.expression(inner))?;
        Some(Free { field, value })
    }

    /// `expr -> path`
    pub fn alias(&mut self, pair: Pair<'_, Grammar>) -> Option<Alias> {
        let span = self.span(&pair);
        let (mut value, mut field) = (None, None);
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Grammar::expression => value = Some(self.expression(inner)),
                Grammar::path => field = Some(self.path(inner)),
                _ => {}
            }
        }
        Some(Alias { value: value?, field: field?, span })
    }

    /// `class -> path because "why"`
    pub fn grant(&mut self, pair: Pair<'_, Grammar>) -> Option<Grant> {
        let span = self.span(&pair);
        let (mut class, mut field, mut because) = (None, None, None);
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Grammar::name => class = Some(self.name(&inner)),
                Grammar::path => field = Some(self.path(inner)),
                Grammar::because => because = self.reason(inner),
                _ => {}
            }
        }
        Some(Grant { class: class?, field: field?, because: because?, span })
    }
}
