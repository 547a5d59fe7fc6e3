//! Pairs of the grammar to expressions.

use super::Piece;
use super::grammar::Rule as Grammar;
use crate::finding::{Finding, Findings, codes::syntax};
use crate::source::Span;
use crate::syntax::ast::{
    Arg, Arm, Expr, ExprKind, Literal, Name, Order, OrderWords, Pattern, PatternKind, Piece as Part,
};
use crate::value::{Duration, Unit};
use pest::iterators::Pair;
use unicode_normalization::UnicodeNormalization;

/// Builds the tree of one piece.
pub struct Reader<'p, 'f> {
    pub piece: &'p Piece<'p>,
    pub found: &'f mut Findings,
}

impl Reader<'_, '_> {
    /// The file's span of a pair. Pairs run on over the blanks behind them; spans do not.
    pub fn span(&self, pair: &Pair<'_, Grammar>) -> Span {
        let start = self.piece.range.start + pair.as_span().start();
        self.piece.span(start..start + pair.as_str().trim_end().len())
    }

    /// A name. Names are compared in NFC, so that an å is one however an editor wrote it.
    pub fn name(&self, pair: &Pair<'_, Grammar>) -> Name {
        let text = pair.as_str().trim_end();
        Name { text: if text.is_ascii() { text.to_string() } else { text.nfc().collect() }, span: self.span(pair) }
    }

    /// The text of a pair that is a text in quotes.
    pub fn text(&self, pair: &Pair<'_, Grammar>) -> Name {
        Name { text: unquoted(pair.as_str()), span: self.span(pair) }
    }

    /// The first expression among the inner pairs of an entry rule.
    pub fn first_expression(&mut self, pair: Pair<'_, Grammar>) -> Expr {
        let span = self.span(&pair);
        match pair.into_inner().find(|inner| inner.as_rule() == Grammar::expression) {
            Some(inner) => self.expression(inner),
            None => Expr { kind: ExprKind::Broken, span },
        }
    }

    /// An expression of any kind.
    pub fn expression(&mut self, pair: Pair<'_, Grammar>) -> Expr {
        let span = self.span(&pair);
        let broken = Expr { kind: ExprKind::Broken, span };
        let Some(inner) = pair.into_inner().next() else { return broken };
        let kind = match inner.as_rule() {
            Grammar::operation => return self.operation(inner),
            Grammar::conditional => {
                let [condition, then, otherwise] = self.expressions(inner);
                ExprKind::If(Box::new(condition), Box::new(then), Box::new(otherwise))
            }
            _ => {
                let [value, otherwise] = self.expressions(inner);
                ExprKind::Try(Box::new(value), Box::new(otherwise))
            }
        };
        Expr { kind, span }
    }

    /// The expressions among the inner pairs; the grammar says that there are `N`.
    fn expressions<const N: usize>(&mut self, pair: Pair<'_, Grammar>) -> [Expr; N] {
        let span = self.span(&pair);
        let mut all = pair.into_inner().filter(|inner| inner.as_rule() == Grammar::expression);
        std::array::from_fn(|_| match all.next() {
            Some(inner) => self.expression(inner),
            None => Expr { kind: ExprKind::Broken, span },
        })
    }

    /// An atom with what is written on to it.
    pub fn value(&mut self, pair: Pair<'_, Grammar>) -> Expr {
        let span = self.span(&pair);
        let mut inner = pair.into_inner();
        let Some(first) = inner.next() else { return Expr { kind: ExprKind::Broken, span } };
        let atom = self.atom(first);
        inner.fold(atom, |base, post| self.post(base, post))
    }

    /// `.name` or `[condition]` after a value.
    pub fn post(&mut self, base: Expr, pair: Pair<'_, Grammar>) -> Expr {
        let span = base.span.to(self.span(&pair));
        let is_field = pair.as_rule() == Grammar::field;
        let kind = match pair.into_inner().next() {
            Some(inner) if is_field => ExprKind::Field(Box::new(base), self.name(&inner)),
            Some(inner) => ExprKind::Filter(Box::new(base), Box::new(self.expression(inner))),
            None => ExprKind::Broken,
        };
        Expr { kind, span }
    }

    fn atom(&mut self, pair: Pair<'_, Grammar>) -> Expr {
        let span = self.span(&pair);
        let text = pair.as_str();
        let kind = match pair.as_rule() {
            Grammar::text | Grammar::regex => ExprKind::Text(unquoted(text)),
            Grammar::interpolated => ExprKind::Interpolated(self.pieces(pair)),
            Grammar::number => ExprKind::Number(text.to_string()),
            Grammar::duration => self.duration(&pair).map_or(ExprKind::Broken, ExprKind::Duration),
            Grammar::truth => ExprKind::Bool(text == "true"),
            Grammar::absent => ExprKind::Absent,
            Grammar::option => ExprKind::Option(self.name(&pair).text.trim_start_matches('$').to_string()),
            Grammar::call => self.call(pair),
            Grammar::group_expression => {
                let [inner] = self.expressions(pair);
                return Expr { span, ..inner };
            }
            Grammar::list => ExprKind::List(pair.into_inner().map(|inner| self.expression(inner)).collect()),
            Grammar::structure => ExprKind::Struct(self.members(pair)),
            Grammar::match_expression => self.match_expression(pair),
            _ => ExprKind::Broken,
        };
        Expr { kind, span }
    }

    fn call(&mut self, pair: Pair<'_, Grammar>) -> ExprKind {
        let mut inner = pair.into_inner();
        let Some(name) = inner.next().map(|name| self.name(&name)) else { return ExprKind::Broken };
        match inner.next() {
            Some(arguments) => ExprKind::Call { name, args: self.arguments(arguments), piped: false },
            None => ExprKind::Name(name.text),
        }
    }

    /// The arguments in parentheses.
    pub fn arguments(&mut self, pair: Pair<'_, Grammar>) -> Vec<Arg> {
        pair.into_inner().filter_map(|argument| self.argument(argument)).collect()
    }

    fn argument(&mut self, pair: Pair<'_, Grammar>) -> Option<Arg> {
        let mut inner = pair.into_inner().filter(|inner| inner.as_rule() != Grammar::assign).peekable();
        let name = inner.next_if(|inner| inner.as_rule() == Grammar::member).map(|name| self.name(&name));
        let order = self.order(inner.next()?);
        Some(Arg { name, value: order.value, order: order.words })
    }

    /// An expression with the words that order.
    pub fn order(&mut self, pair: Pair<'_, Grammar>) -> Order {
        let span = self.span(&pair);
        let mut order = Order { value: Expr { kind: ExprKind::Broken, span }, words: None };
        for inner in pair.into_inner() {
            let span = self.span(&inner);
            let words = OrderWords { descending: false, absent_first: None, span };
            match inner.as_rule() {
                Grammar::expression => order.value = self.expression(inner),
                Grammar::direction => order.words = Some(OrderWords { descending: inner.as_str() == "desc", ..words }),
                _ => {
                    let first = inner.into_inner().any(|word| word.as_str() == "first");
                    let before = order.words.unwrap_or(words);
                    order.words = Some(OrderWords { absent_first: Some(first), span: before.span.to(span), ..before });
                }
            }
        }
        order
    }

    fn members(&mut self, pair: Pair<'_, Grammar>) -> Vec<(Name, Expr)> {
        let mut members = Vec::new();
        let mut name = None;
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Grammar::member => name = Some(self.name(&inner)),
                Grammar::expression => members.extend(name.take().map(|name| (name, self.expression(inner)))),
                _ => {}
            }
        }
        members
    }

    fn pieces(&mut self, pair: Pair<'_, Grammar>) -> Vec<Part> {
        pair.into_inner()
            .map(|inner| match inner.as_rule() {
                Grammar::plain_piece => Part::Text(unescaped(&inner.as_str().replace("{{", "{").replace("}}", "}"))),
                _ => Part::Value(self.first_expression(inner)),
            })
            .collect()
    }

    fn match_expression(&mut self, pair: Pair<'_, Grammar>) -> ExprKind {
        let (mut on, mut arms) = (None, Vec::new());
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Grammar::expression => on = Some(Box::new(self.expression(inner))),
                Grammar::arm => arms.push(self.arm(inner)),
                _ => {}
            }
        }
        on.map_or(ExprKind::Broken, |on| ExprKind::Match { on, arms })
    }

    fn arm(&mut self, pair: Pair<'_, Grammar>) -> Arm {
        let span = self.span(&pair);
        let mut arm = Arm { patterns: Vec::new(), value: Expr { kind: ExprKind::Broken, span }, span };
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Grammar::pattern => arm.patterns.extend(self.pattern(inner)),
                Grammar::expression => arm.value = self.expression(inner),
                _ => {}
            }
        }
        arm
    }

    fn pattern(&mut self, pair: Pair<'_, Grammar>) -> Option<Pattern> {
        let span = self.span(&pair);
        let inner = pair.into_inner().next()?;
        let text = inner.as_str();
        let kind = match inner.as_rule() {
            Grammar::absent => PatternKind::Absent,
            Grammar::like => PatternKind::Like(unquoted(inner.into_inner().last()?.as_str())),
            Grammar::text => PatternKind::Literal(Literal::Text(unquoted(text))),
            Grammar::truth => PatternKind::Literal(Literal::Bool(text == "true")),
            Grammar::duration => PatternKind::Literal(Literal::Duration(self.duration(&inner)?)),
            _ => PatternKind::Literal(Literal::Number(text.split_whitespace().collect())),
        };
        Some(Pattern { kind, span })
    }

    /// `30d`, `2w`, `3mo`, `1y`
    pub fn duration(&mut self, pair: &Pair<'_, Grammar>) -> Option<Duration> {
        let text = pair.as_str().trim_end();
        let (digits, unit) = text.split_at(text.find(|character: char| !character.is_ascii_digit())?);
        let unit = match unit {
            "d" => Unit::Days,
            "w" => Unit::Weeks,
            "mo" => Unit::Months,
            _ => Unit::Years,
        };
        let amount = digits.parse().ok();
        if amount.is_none() {
            self.found.add(Finding::new(&syntax::BAD_NUMBER, self.span(pair)).word("found", text));
        }
        Some(Duration { amount: amount?, unit })
    }
}

/// The text in quotes, decoded. A regular expression (`r"…"`, `r#"…"#`) stands as it is.
fn unquoted(text: &str) -> String {
    if let Some(regex) = text.strip_prefix("r#\"") {
        return regex.strip_suffix("\"#").unwrap_or(regex).to_string();
    }
    if let Some(regex) = text.strip_prefix("r\"") {
        return regex.strip_suffix('"').unwrap_or(regex).to_string();
    }
    unescaped(text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text))
}

/// Decodes `\"`, `\\`, `\n`, `\t`; the scan has refused all others.
fn unescaped(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_string();
    }
    let mut decoded = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        decoded.push(match character {
            '\\' => match characters.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some(other) => other,
                None => '\\',
            },
            other => other,
        });
    }
    decoded
}
