//! Small changes to a mapping, one by one: whoever has written cases for it would want each of them to be noticed.
//!
//! Changes are made to the text, so each is a document that somebody could have written. Those that do not check are none.

use crate::model::overlay::all_changes;
use crate::model::{Entity, Map, MapRule, Mapping, Model, Sync};
use crate::source::{Sources, Span};
use crate::syntax::ast::{Expr, ExprKind, Order, OverlayChange, Step, StepKind};
use crate::value::Type;

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

/// All changes to a mapping as it is written: those of its rules, conditions, sets and tables.
pub fn of(model: &Model, sources: &Sources, mapping: &Mapping) -> Vec<Mutant> {
    let mut maker = Maker::of(model, sources, mapping);
    for set in mapping.sets.iter().map(|&id| model.set(id)) {
        maker.set(&set.name.text, &set.steps);
    }
    for map in &mapping.maps {
        maker.map(map, &|span| span.file == mapping.file, &|rule| rule.overlay.is_none());
    }
    maker.tables(mapping);
    maker.sorted()
}

/// All changes to what the overlays of a sync have otherwise in one of its mappings, which comes with them.
pub fn of_overlays(model: &Model, sources: &Sources, sync: &Sync, mapping: &Mapping) -> Vec<Mutant> {
    let mut maker = Maker::of(model, sources, mapping);
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
    mapping: &'m Mapping,
    of: String,
    /// What names stand for: entities whose fields may be named without more.
    fields: Vec<&'m Entity>,
    /// Names of records of entities.
    records: Vec<(String, &'m Entity)>,
    made: Vec<Mutant>,
}

impl<'m> Maker<'m> {
    fn of(model: &'m Model, sources: &'m Sources, mapping: &'m Mapping) -> Maker<'m> {
        let (fields, records, made) = (Vec::new(), Vec::new(), Vec::new());
        Maker { model, sources, mapping, of: String::new(), fields, records, made }
    }

    fn sorted(mut self) -> Vec<Mutant> {
        self.made.sort_by_key(|mutant| (mutant.span, mutant.what.clone()));
        self.made.dedup();
        self.made
    }

    /// The entity that a path leads to, if it leads to one.
    fn entity(&self, path: &str) -> Option<&'m Entity> {
        let name = path.rsplit('.').next().unwrap_or(path);
        let sides = self.mapping.left.iter();
        sides.filter_map(|side| self.model.find_entity(side.system, name)).map(|id| self.model.entity(id)).next()
    }

    /// The names of records in the rows of a set.
    fn names_of(&self, steps: &[Step]) -> Vec<(String, &'m Entity)> {
        let sources = steps.iter().filter_map(|step| match &step.kind {
            StepKind::From(source) | StepKind::Join { source, .. } | StepKind::With { source, .. } => Some(source),
            _ => None,
        });
        sources.filter_map(|source| Some((source.name().text.clone(), self.entity(&source.path.text())?))).collect()
    }

    fn map(&mut self, map: &Map, here: &dyn Fn(Span) -> bool, chosen: &dyn Fn(&MapRule) -> bool) {
        let source = map.between.left.path.text();
        self.fields = self.entity(&source).into_iter().collect();
        let set = self.mapping.sets.iter().map(|&id| self.model.set(id)).find(|set| set.name.text == source);
        self.records = set.map(|set| self.names_of(&set.steps)).unwrap_or_default();
        self.records.extend(self.entity(&source).map(|entity| (map.between.left.name().text.clone(), entity)));
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
        self.fields.clear();
        self.records = self.names_of(steps);
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
                StepKind::From(_) | StepKind::Union(_) | StepKind::Broken => {}
            }
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
        if let Some((_, span)) = &clauses.otherwise {
            self.clause("else", *span);
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
            ExprKind::Name(name) => self.other_field(&self.fields.clone(), name, expr.span),
            ExprKind::Field(of, field) => {
                if let ExprKind::Name(record) = &of.kind
                    && let Some((_, entity)) = self.records.iter().find(|(known, _)| known == record)
                {
                    self.other_field(&[entity], &field.text, field.span);
                }
                // The name before the dot is no field.
                return if let ExprKind::Name(_) = of.kind {
                } else {
                    self.inside(of)
                };
            }
            ExprKind::Text(_) if self.sources.slice(expr.span).starts_with('"') => {
                let text = self.sources.slice(expr.span);
                let changed = format!("{}~\"", &text[..text.len() - 1]);
                self.replaced(expr.span, &changed, "literal changed");
            }
            ExprKind::Number(number) => {
                let changed = number.parse::<i64>().map_or(format!("{number}1"), |number| (number + 1).to_string());
                self.replaced(expr.span, &changed, "literal changed");
            }
            ExprKind::Bool(value) => {
                let changed = if *value { "false" } else { "true" };
                self.replaced(expr.span, changed, "literal changed");
            }
            ExprKind::If(condition, ..) => self.negated(condition),
            _ => {}
        }
        expr.children().into_iter().for_each(|child| self.inside(child));
    }

    /// A field in the place of another one of the same type that may be absent as this one may.
    fn other_field(&mut self, entities: &[&Entity], name: &str, span: Span) {
        let other = entities.iter().find_map(|entity| {
            let index = entity.field(name)?;
            let field = &entity.fields[index];
            let same = |&(other, known): &(usize, &crate::model::Field)| {
                other != index && known.ty == field.ty && known.optional == field.optional && known.ty != Type::Unknown
            };
            entity.fields.iter().enumerate().cycle().skip(index + 1).take(entity.fields.len()).find(same)
        });
        if let Some((_, other)) = other {
            let text = other.name.text.clone();
            self.replaced(span, &text, format!("`{name}` replaced by `{text}`"));
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
