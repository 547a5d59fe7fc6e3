//! Small changes to a mapping, one by one: whoever has written cases for it would want each of them to be noticed.
//!
//! Changes are made to the text, so each is a document that somebody could have written. Those that do not check are none.

use crate::model::{Entity, MapRule, Mapping, Model};
use crate::source::{Sources, Span};
use crate::syntax::ast::{Expr, ExprKind};
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

/// All changes to a mapping as it is written: those of its rules, conditions and tables.
pub fn of(model: &Model, sources: &Sources, mapping: &Mapping) -> Vec<Mutant> {
    let mut maker = Maker { model, sources, of: String::new(), fields: Vec::new(), made: Vec::new() };
    for map in &mapping.maps {
        maker.fields = fields(model, mapping, &map.between.left.path.text());
        maker.of.clone_from(&map.name.text);
        for condition in map.conditions.iter().filter(|condition| condition.condition.span.file == mapping.file) {
            maker.negated(&condition.condition);
            maker.replaced(condition.condition.span, "true", "`where` dropped");
            maker.inside(&condition.condition);
        }
        for rule in map.rules.iter().filter(|rule| rule.overlay.is_none()) {
            maker.rule(&map.name.text, rule);
        }
    }
    maker.tables(mapping);
    maker.made.sort_by_key(|mutant| (mutant.span, mutant.what.clone()));
    maker.made
}

/// The fields of what a map is made of, if that is an entity.
fn fields<'m>(model: &'m Model, mapping: &Mapping, source: &str) -> Vec<&'m Entity> {
    let name = source.rsplit('.').next().unwrap_or(source);
    mapping.left.iter().filter_map(|side| model.find_entity(side.system, name)).map(|id| model.entity(id)).collect()
}

struct Maker<'m> {
    model: &'m Model,
    sources: &'m Sources,
    of: String,
    fields: Vec<&'m Entity>,
    made: Vec<Mutant>,
}

impl Maker<'_> {
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
            ExprKind::Name(name) => self.other_field(name, expr.span),
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
    fn other_field(&mut self, name: &str, span: Span) {
        let other = self.fields.iter().find_map(|entity| {
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
