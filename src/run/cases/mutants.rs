//! Small changes to a mapping, one by one: whoever has written cases for it would want each of them to be noticed.
//!
//! Changes are made to the text, so each is a document that somebody could have written. Those that do not check are none.

use crate::check::TypedMapping;
use crate::check::typed::{ExprId, Node};
use crate::model::overlay::all_changes;
use crate::model::{Entity, Field, Map, MapRule, Mapping, Model, Sync};
use crate::source::{Sources, Span};
use crate::syntax::ast::{
    Expr, ExprKind, Literal, Order, Otherwise, OverlayChange, PatternKind, Source, Step, StepKind,
};
use crate::value::{EntityId, Type};
use std::collections::{BTreeMap, BTreeSet};

/// A change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutant {
    /// What of the text is replaced.
    pub span: Span,
    /// By what.
    pub text: String,
    /// What the change is, for people.
    pub what: String,
    /// What it belongs to: `pupils: Name`.
    pub of: String,
}

/// All changes to a mapping as it is written: those of its functions, sets, conditions, rules and tables. `typed` is what the
/// checker made of it.
pub fn of(model: &Model, sources: &Sources, mapping: &Mapping, typed: &TypedMapping) -> Vec<Mutant> {
    let mut maker = Maker::of(model, sources, typed);
    for function in &mapping.functions {
        maker.of = format!("function {}", function.name.text);
        maker.inside(&function.body);
    }
    for set in mapping.sets.iter().map(|&id| model.set(id)) {
        maker.set(&set.name.text, &set.steps);
    }
    for map in &mapping.maps {
        maker.lets(map);
        maker.map(map, &|span| span.file == mapping.file, &|rule| rule.overlay.is_none());
    }
    maker.tables(mapping);
    maker.sorted()
}

/// All changes to what the overlays of a sync have otherwise in one of its mappings, which comes with them.
pub fn of_overlays(
    model: &Model,
    sources: &Sources,
    sync: &Sync,
    mapping: &Mapping,
    typed: &TypedMapping,
) -> Vec<Mutant> {
    let mut maker = Maker::of(model, sources, typed);
    for (_, change) in all_changes(sync) {
        let map = change.map.names.last().map_or("", |name| &name.text);
        if mapping.maps.iter().any(|known| known.name.text == map) {
            for line in change.lines.iter().filter(|line| matches!(line.change, OverlayChange::Off(_))) {
                maker.of = format!("{map}: {}", line.label.text);
                maker.replaced(line.span, "", "`off` dropped");
            }
        }
    }
    for map in &mapping.maps {
        maker.map(map, &|span| span.file != mapping.file, &|rule| rule.overlay.is_some());
    }
    maker.sorted()
}

struct Maker<'m> {
    model: &'m Model,
    sources: &'m Sources,
    /// The fields that stand at places of the text: of which entity, and which; of several for a record of a union.
    fields: BTreeMap<Span, BTreeSet<(EntityId, u16)>>,
    of: String,
    made: Vec<Mutant>,
}

impl<'m> Maker<'m> {
    fn of(model: &'m Model, sources: &'m Sources, typed: &TypedMapping) -> Maker<'m> {
        let mut fields: BTreeMap<Span, BTreeSet<(EntityId, u16)>> = BTreeMap::new();
        for (index, node) in typed.nodes.all().iter().enumerate() {
            let here = fields.entry(typed.nodes.typing(ExprId(index as u32)).span).or_default();
            match node {
                Node::Field { entity, field, .. } => here.extend([(*entity, *field)]),
                Node::UnionField { fields, .. } => here.extend(fields),
                _ => {}
            }
        }
        Maker { model, sources, fields, of: String::new(), made: Vec::new() }
    }

    fn sorted(mut self) -> Vec<Mutant> {
        self.made.sort_by_key(|mutant| (mutant.span, mutant.what.clone()));
        self.made.dedup();
        self.made
    }

    fn lets(&mut self, map: &Map) {
        for binding in &map.lets {
            self.of = format!("{}: let {}", map.name.text, binding.name.text);
            self.inside(&binding.value);
        }
    }

    fn map(&mut self, map: &Map, here: &dyn Fn(Span) -> bool, chosen: &dyn Fn(&MapRule) -> bool) {
        self.of.clone_from(&map.name.text);
        for condition in map.conditions.iter().filter(|condition| here(condition.condition.span)) {
            self.condition(&condition.condition, "`where` dropped");
        }
        for rule in map.rules.iter().filter(|rule| chosen(rule)) {
            self.rule(&map.name.text, rule);
        }
    }

    /// A condition negated, dropped, and changed inside.
    fn condition(&mut self, condition: &Expr, dropped: &str) {
        self.negated(condition);
        self.replaced(condition.span, "true", dropped);
        self.inside(condition);
    }

    fn set(&mut self, name: &str, steps: &[Step]) {
        self.of = format!("set {name}");
        for step in steps {
            match &step.kind {
                StepKind::Where(condition) => self.condition(&condition.condition, "`where` dropped"),
                StepKind::Join { on, optional, .. } => {
                    self.inside(on);
                    if *optional {
                        self.word(step.span, "optional ", "", "`optional` dropped");
                    } else {
                        self.word(step.span, "join", "optional join", "`join` made optional");
                    }
                }
                StepKind::With { on, without, .. } => {
                    self.inside(on);
                    match without {
                        true => self.word(step.span, "without", "with", "`without` turned into `with`"),
                        false => self.word(step.span, "with", "without", "`with` turned into `without`"),
                    }
                }
                StepKind::Each { list, optional, .. } => {
                    self.inside(list);
                    if *optional {
                        self.word(step.span, "optional ", "", "`optional` dropped");
                    }
                }
                StepKind::Let(binding) => self.inside(&binding.value),
                StepKind::GroupBy(keys) => keys.iter().for_each(|key| self.inside(&key.value)),
                StepKind::OnePer(keys, orders) => {
                    keys.iter().for_each(|key| self.inside(&key.value));
                    for order in orders {
                        self.inside(&order.value);
                        self.turned(order);
                    }
                }
                StepKind::Union(sources) => self.union(sources),
                StepKind::From(_) | StepKind::Broken => {}
            }
        }
    }

    /// Each of the sources left out, with the comma beside it.
    fn union(&mut self, sources: &[Source]) {
        let span = |source: &Source| source.path.span.to(source.name().span);
        for (index, source) in sources.iter().enumerate() {
            let (start, end) = match (index.checked_sub(1), sources.get(1)) {
                (Some(before), _) => (span(&sources[before]).end, span(source).end),
                (None, Some(next)) => (span(source).start, span(next).start),
                (None, None) => return,
            };
            let place = Span { start, end, ..span(source) };
            self.replaced(place, "", format!("`{}` left out of the union", source.name().text));
        }
    }

    /// Another word at the beginning of a step.
    fn word(&mut self, step: Span, word: &str, other: &str, what: &str) {
        let text = self.sources.slice(step);
        if let Some(at) = text.find(word).filter(|at| text[..*at].trim().is_empty()) {
            let start = step.start as usize + at;
            self.replaced(Span::new(step.file, start..start + word.len()), other, what);
        }
    }

    /// The last first, and the first last.
    fn turned(&mut self, order: &Order) {
        let words = order.words.map(|words| (words.span, words.descending));
        match words {
            Some((span, true)) => {
                let text = self.sources.slice(span).replace("desc", "asc");
                self.replaced(span, &text, "order turned");
            }
            Some((span, false)) => {
                let text = self.sources.slice(span).replace("asc", "");
                self.replaced(span, &format!("desc {}", text.trim()), "order turned");
            }
            None => {
                let end = order.value.span.end as usize;
                self.replaced(Span::new(order.value.span.file, end..end), " desc", "order turned");
            }
        }
    }

    fn replaced(&mut self, span: Span, text: &str, what: impl Into<String>) {
        if self.sources.slice(span) != text {
            self.made.push(Mutant { span, text: text.to_string(), what: what.into(), of: self.of.clone() });
        }
    }

    fn negated(&mut self, condition: &Expr) {
        let text = self.sources.slice(condition.span);
        // A comment would swallow what stands behind it.
        if !text.contains('\n') {
            self.replaced(condition.span, &format!("not ({text})"), "condition negated");
        }
    }

    fn rule(&mut self, map: &str, rule: &MapRule) {
        let rule = &rule.rule;
        self.of = format!("{map}: {}", rule.label.text);
        let clauses = &rule.clauses;
        if let Some(when) = &clauses.when {
            self.negated(when);
            self.clause("when", when.span);
            self.inside(when);
        }
        if let Some((otherwise, span)) = &clauses.otherwise {
            self.clause("else", *span);
            if let Otherwise::Value(value) = otherwise {
                self.inside(value);
            }
        }
        for (word, span) in [
            ("once", clauses.once),
            ("fill", clauses.fill),
            ("clear", clauses.clear),
            ("keep", clauses.keep),
            ("add", clauses.add),
        ] {
            if let Some(span) = span {
                self.replaced(span, "", format!("clause `{word}` dropped"));
            }
        }
        self.inside(&rule.left);
    }

    /// Drops a clause, whether or not its span holds the word that begins it.
    fn clause(&mut self, word: &str, span: Span) {
        let text = &self.sources.file(span.file).text;
        let before = text[..span.start as usize].trim_end();
        let start = match before.strip_suffix(word) {
            Some(before) if !self.sources.slice(span).starts_with(word) => before.len(),
            _ => span.start as usize,
        };
        let whole = Span::new(span.file, start..span.end as usize);
        self.replaced(whole, "", format!("clause `{word}` dropped"));
    }

    /// Changes inside an expression: other fields, other literals, negated conditions of `if`.
    fn inside(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Name(_) => self.other_field(expr.span),
            ExprKind::Field(of, _) => {
                self.other_field(expr.span);
                // The name before the dot is that of a record.
                return if let ExprKind::Name(_) = of.kind {
                } else {
                    self.inside(of)
                };
            }
            ExprKind::Text(_) | ExprKind::Number(_) | ExprKind::Bool(_) => self.literal(expr.span),
            ExprKind::Match { arms, .. } => {
                for pattern in arms.iter().flat_map(|arm| &arm.patterns) {
                    if let PatternKind::Literal(Literal::Text(_) | Literal::Number(_) | Literal::Bool(_)) = pattern.kind
                    {
                        self.literal(pattern.span);
                    }
                }
            }
            ExprKind::If(condition, ..) => self.negated(condition),
            _ => {}
        }
        expr.children().into_iter().for_each(|child| self.inside(child));
    }

    /// Another text, number, yes or no.
    fn literal(&mut self, span: Span) {
        let text = self.sources.slice(span);
        let changed = match text {
            "true" => "false".to_string(),
            "false" => "true".to_string(),
            _ if text.starts_with('"') => format!("{}~\"", &text[..text.len() - 1]),
            // A regular expression, or a text in a key of YAML.
            _ if !text.starts_with(|c: char| c.is_ascii_digit() || c == '-') => return,
            _ => text.parse::<i64>().map_or(format!("{text}1"), |number| (number + 1).to_string()),
        };
        self.replaced(span, &changed, "literal changed");
    }

    /// A field in the place of another one of the same type that may be absent as this one may: for a record of a union one
    /// that all have.
    fn other_field(&mut self, span: Span) {
        let here = self.fields.get(&span).into_iter().flatten();
        let here: Vec<(&'m Entity, usize)> =
            here.map(|&(entity, field)| (self.model.entity(entity), usize::from(field))).collect();
        let Some(&(first, field)) = here.first() else { return };
        let name = &first.fields[field].name.text;
        let same = |known: &Field, field: &Field| {
            known.ty == field.ty && known.optional == field.optional && known.ty != Type::Unknown
        };
        let fits = |other: &&Field| {
            other.name.text != *name
                && here.iter().all(|(entity, field)| {
                    let there = entity.field(&other.name.text).map(|index| &entity.fields[index]);
                    there.is_some_and(|there| same(there, &entity.fields[*field]))
                })
        };
        let other = first.fields.iter().cycle().skip(field + 1).take(first.fields.len()).find(fits);
        if let Some(other) = other.filter(|_| self.sources.slice(span).ends_with(name.as_str())) {
            let place = Span { start: span.end - name.len() as u32, ..span };
            self.replaced(place, &other.name.text, format!("`{name}` replaced by `{}`", other.name.text));
        }
    }

    /// Rows of the tables that stand in the project, each taken out.
    fn tables(&mut self, mapping: &Mapping) {
        let library = self.sources.file(mapping.file).path.starts_with("library:");
        for table in &self.model.tables {
            let path = &self.sources.file(table.name.span.file).path;
            if library != path.starts_with("library:") {
                continue;
            }
            self.of = format!("table {}", table.name.text);
            for (row, place) in table.rows.iter().zip(&table.places).filter(|_| table.rows.len() > 1) {
                let key: Vec<&str> =
                    table.key.iter().map(|&column| row[column].as_deref().unwrap_or("nothing")).collect();
                let span = self.line(*place);
                self.replaced(span, "", format!("row {} removed", key.join(", ")));
            }
        }
    }

    /// The whole lines of a place.
    fn line(&self, place: Span) -> Span {
        let text = &self.sources.file(place.file).text;
        let start = text[..place.start as usize].rfind('\n').map_or(0, |at| at + 1);
        let end = text[place.end as usize..].find('\n').map_or(text.len(), |at| place.end as usize + at + 1);
        Span::new(place.file, start..end)
    }
}
