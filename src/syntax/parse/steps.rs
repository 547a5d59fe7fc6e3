//! Steps of sets, sources, and the texts of a map that are neither rule nor expression.

use super::convert::Reader;
use super::grammar::Rule as Grammar;
use crate::finding::{Finding, codes::syntax};
use crate::syntax::ast::{
    Arrow, Between, Binding, Drop, Expr, ExprKind, Gone, GoneAction, Key, Name, Path, Source, Step, StepKind, Where,
};
use pest::iterators::Pair;

/// The words that begin steps.
pub const STEP_WORDS: [&str; 10] =
    ["union", "each", "optional", "join", "with", "without", "where", "let", "group", "one"];

/// The inner pairs of a step, sorted by what they are.
#[derive(Default)]
struct Parts {
    sources: Vec<Source>,
    value: Option<Expr>,
    name: Option<Name>,
    keys: Vec<Key>,
    orders: Vec<crate::syntax::ast::Order>,
    drop: Option<Drop>,
    optional: bool,
    without: bool,
}

impl Reader<'_, '_> {
    /// A step of a set, from its entry rule.
    pub fn step(&mut self, pair: Pair<'_, Grammar>) -> Step {
        let span = self.span(&pair);
        let kind = pair.into_inner().next().and_then(|inner| match inner.as_rule() {
            Grammar::source => self.source(inner).map(StepKind::From),
            _ => inner.into_inner().next().and_then(|inner| self.step_kind(inner)),
        });
        Step { kind: kind.unwrap_or(StepKind::Broken), span }
    }

    fn step_kind(&mut self, pair: Pair<'_, Grammar>) -> Option<StepKind> {
        let rule = pair.as_rule();
        let mut parts = self.parts(pair);
        let source = parts.sources.pop();
        Some(match rule {
            Grammar::join => {
                StepKind::Join { source: source?, on: parts.value?, optional: parts.optional, drop: parts.drop }
            }
            Grammar::with => {
                StepKind::With { source: source?, on: parts.value?, without: parts.without, drop: parts.drop }
            }
            Grammar::each => StepKind::Each { list: parts.value?, alias: parts.name?, optional: parts.optional },
            Grammar::where_step => StepKind::Where(Where { condition: parts.value?, drop: parts.drop }),
            Grammar::let_step => StepKind::Let(Binding { name: parts.name?, value: parts.value? }),
            Grammar::union => {
                parts.sources.extend(source);
                StepKind::Union(parts.sources)
            }
            Grammar::group_by => StepKind::GroupBy(parts.keys),
            _ => StepKind::OnePer(parts.keys, parts.orders),
        })
    }

    fn parts(&mut self, pair: Pair<'_, Grammar>) -> Parts {
        let mut parts = Parts::default();
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Grammar::source => parts.sources.extend(self.source(inner)),
                Grammar::expression => parts.value = Some(self.expression(inner)),
                Grammar::name => parts.name = Some(self.name(&inner)),
                Grammar::key => parts.keys.extend(self.key(inner)),
                Grammar::order => parts.orders.push(self.order(inner)),
                Grammar::drop => parts.drop = Some(self.dropped(inner)),
                Grammar::optional => parts.optional = true,
                Grammar::with_word => parts.without = inner.as_str() == "without",
                _ => {}
            }
        }
        parts
    }

    fn key(&mut self, pair: Pair<'_, Grammar>) -> Option<Key> {
        let mut parts = self.parts(pair);
        Some(Key { value: parts.value.take()?, alias: parts.name })
    }

    /// `else skip "why"`, `else reject "why"`, with or without the `else`.
    pub fn dropped(&mut self, pair: Pair<'_, Grammar>) -> Drop {
        let mut drop = Drop { reject: false, reason: String::new(), span: self.span(&pair) };
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Grammar::skip_word => drop.reject = inner.as_str() == "reject",
                Grammar::text => drop.reason = self.text(&inner).text,
                _ => {}
            }
        }
        drop
    }

    /// `path as name`
    pub fn source(&mut self, pair: Pair<'_, Grammar>) -> Option<Source> {
        let (mut path, mut alias) = (None, None);
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Grammar::path => path = Some(self.path(inner)),
                Grammar::name => alias = Some(self.name(&inner)),
                _ => {}
            }
        }
        Some(Source { path: path?, alias })
    }

    /// `name.name`
    pub fn path(&mut self, pair: Pair<'_, Grammar>) -> Path {
        let span = self.span(&pair);
        Path { names: pair.into_inner().map(|name| self.name(&name)).collect(), span }
    }

    /// The condition of a map, with its `else`.
    pub fn condition(&mut self, pair: Pair<'_, Grammar>) -> Where {
        let span = self.span(&pair);
        let parts = self.parts(pair);
        Where { condition: parts.value.unwrap_or(Expr { kind: ExprKind::Broken, span }), drop: parts.drop }
    }

    /// `source arrow source`; an option cannot be the arrow of a whole map.
    pub fn between(&mut self, pair: Pair<'_, Grammar>) -> Option<Between> {
        let span = self.span(&pair);
        let mut arrow = None;
        let mut sources = Vec::with_capacity(2);
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Grammar::source => sources.extend(self.source(inner)),
                Grammar::arrow => arrow = Some((super::rules::arrow(inner.as_str()), self.span(&inner))),
                _ => {}
            }
        }
        let (arrow, arrow_span) = arrow?;
        if matches!(arrow, Arrow::Option(_)) {
            let finding = Finding::new(&syntax::UNEXPECTED_TEXT, arrow_span).word("found", arrow.text());
            self.found.add(finding.word("expected", "an arrow (`->`, `<-`, `<->`)"));
            return None;
        }
        let right = sources.pop()?;
        Some(Between { left: sources.pop()?, arrow, right, span })
    }

    /// `keep`, `deactivate after 30d`, `remove`
    pub fn gone(&mut self, pair: Pair<'_, Grammar>) -> Option<Gone> {
        let span = self.span(&pair);
        let known =
            [("keep", GoneAction::Keep), ("deactivate", GoneAction::Deactivate), ("remove", GoneAction::Remove)];
        let (mut action, mut after) = (None, None);
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Grammar::word => action = self.known_word(&inner, &known),
                Grammar::after if action == Some(GoneAction::Keep) => {
                    let finding = Finding::new(&syntax::UNEXPECTED_TEXT, self.span(&inner)).word("found", "after");
                    self.found.add(finding.word("expected", "nothing more"));
                    return None;
                }
                Grammar::duration => after = Some(self.duration(&inner)?),
                _ => {}
            }
        }
        Some(Gone { action: action?, after, span })
    }
}
