//! The direction table of a mapping: which field goes where, as schools know it from the help pages of their systems.
//!
//! One row for each label, in the order and with the names that the mapping's `rows:` gives, else in file order. Maps that a
//! customer switches on stand under headings of their own. For a sync, the table is that of its overlay, and says so.

mod render;
mod words;

pub use render::{csv, html, json, markdown, text};

use crate::check::TypedMapping;
use crate::check::typed::{ExprId, Node, TypedMap, TypedRule, children};
use crate::model::overlay::all_changes;
use crate::model::{Field, Map, MapChange, MapRule, Mapping, Model, Side, Sync, System};
use crate::source::Sources;
use crate::syntax::ast::{Arrow, Expr, ExprKind, OverlayChange, Prefer};
use crate::value::EntityId;
use words::Words;

/// Expressions longer than this are shown by the fields that they read, and paths by their end.
const LONGEST: usize = 22;

/// A direction table.
pub struct Directions {
    /// Its heading.
    pub title: String,
    /// What the left side is called.
    pub left: String,
    /// What the right side is called.
    pub right: String,
    /// The parts, the main ones first.
    pub sections: Vec<Section>,
    /// What the customer's overlay says of whole maps.
    pub remarks: Vec<String>,
    words: &'static Words,
}

/// A part of a direction table.
pub struct Section {
    /// Which part.
    pub kind: Kind,
    /// Its heading; a main table in the order of `rows:` has none.
    pub heading: Option<String>,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// The parts of a direction table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// What is exchanged.
    Main,
    /// What is exchanged if the customer switches it on.
    AddOn,
    /// What ties records together and is in no row of the mapping's `rows:`.
    Other,
}

/// A row: all rules of one label.
pub struct Row {
    /// The map.
    pub map: String,
    /// The label.
    pub label: String,
    /// The name that is shown.
    pub name: String,
    /// Directions in words, each once.
    pub directions: Vec<String>,
    /// What each rule reads or writes on the left.
    pub left: Vec<Cell>,
    /// What each rule reads or writes on the right.
    pub right: Vec<Cell>,
    /// Conditions and what else must be known.
    pub notes: Vec<String>,
    /// The sync whose overlay made the row what it is.
    pub overlay: Option<String>,
}

/// One side of a rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cell {
    /// As it is shown.
    pub text: String,
    /// As it is written.
    pub written: String,
    /// True if a field of it has no known public counterpart.
    pub unknown: bool,
}

/// What a table is made of.
pub struct Subject<'m> {
    /// The documents.
    pub model: &'m Model,
    /// Their texts.
    pub sources: &'m Sources,
    /// The mapping, with the overlay of the sync if there is one.
    pub mapping: &'m Mapping,
    /// The same, checked.
    pub typed: &'m TypedMapping,
    /// The sync.
    pub sync: Option<&'m Sync>,
}

/// The direction table of a mapping, or of one mapping of a sync.
pub fn directions(subject: &Subject<'_>) -> Directions {
    let mapping = subject.mapping;
    let words = words::of(mapping.language.as_deref());
    let maker =
        Maker { subject, words, left: side(subject.model, &mapping.left), right: side(subject.model, &mapping.right) };
    let title = mapping.title.clone().unwrap_or_else(|| mapping.name.text.clone());
    let title = match subject.sync {
        Some(sync) => format!("{title} ({})", sync.name.text),
        None => title,
    };
    let (sections, remarks) = (maker.sections(), maker.remarks());
    Directions { title, sections, remarks, words, left: maker.left, right: maker.right }
}

/// What the systems of a side are called.
fn side(model: &Model, sides: &[Side]) -> String {
    sides.iter().map(|side| short_title(model.system(side.system))).collect::<Vec<_>>().join(" + ")
}

/// The title of a system if it is short, the part of it that is the system's name, or else the name.
fn short_title(system: &System) -> String {
    let name = &system.name.text;
    let Some(title) = &system.title else { return name.clone() };
    let starts = title.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    match title {
        title if starts => title[..name.len()].to_string(),
        title if title.chars().count() <= 24 => title.clone(),
        _ => name.clone(),
    }
}

struct Maker<'s, 'm> {
    subject: &'s Subject<'m>,
    words: &'static Words,
    left: String,
    right: String,
}

impl Maker<'_, '_> {
    fn sections(&self) -> Vec<Section> {
        let mapping = self.subject.mapping;
        let mut main = Vec::new();
        for row in &mapping.rows {
            let map = mapping.maps.iter().find(|map| map.name.text == row.map);
            main.extend(map.and_then(|map| self.row(map, &row.label, row.shown.as_deref())));
        }
        let listed =
            |map: &Map, label: &str| mapping.rows.iter().any(|row| row.map == map.name.text && row.label == label);
        let (mut maps, mut other, mut add_ons) = (Vec::new(), Vec::new(), Vec::new());
        for map in &mapping.maps {
            let free = self.labels(map).into_iter().filter(|label| !listed(map, label));
            let rows: Vec<Row> = free.filter_map(|label| self.row(map, &label, None)).collect();
            match &map.when {
                Some(when) if !rows.is_empty() => add_ons.push(self.add_on(map, when, rows)),
                _ if mapping.rows.is_empty() => {
                    maps.push(Section { kind: Kind::Main, heading: Some(map.name.text.clone()), rows });
                }
                _ => {
                    for row in rows {
                        let into = if row.overlay.is_some() { &mut main } else { &mut other };
                        into.push(row);
                    }
                }
            }
        }
        let main = Section { kind: Kind::Main, heading: None, rows: main };
        let other = Section { kind: Kind::Other, heading: Some(self.words.other.to_string()), rows: other };
        let sections = [main].into_iter().chain(maps).chain(add_ons).chain([other]);
        sections.filter(|section| !section.rows.is_empty()).collect()
    }

    /// Conditions by which the customer narrows whole maps.
    fn remarks(&self) -> Vec<String> {
        let Some(sync) = self.subject.sync else { return Vec::new() };
        let mut remarks = Vec::new();
        for map in &self.subject.mapping.maps {
            for change in self.changes(sync, map) {
                let Some(narrowed) = &change.condition else { continue };
                let condition = self.written(&narrowed.condition);
                let (only, overlay, name) = (self.words.only_when, self.words.overlay, &sync.name.text);
                remarks.push(format!("{}: {only} {condition} ({overlay} {name})", map.name.text));
            }
        }
        remarks
    }

    /// What the overlay of a sync says of a map.
    fn changes<'c>(&'c self, sync: &'c Sync, map: &'c Map) -> impl Iterator<Item = &'c MapChange> {
        let mapping = &self.subject.mapping.name.text;
        let all = all_changes(sync).map(|(_, change)| change);
        all.filter(move |change| match change.map.names.as_slice() {
            [name] => name.text == map.name.text,
            [of, name] => of.text == *mapping && name.text == map.name.text,
            _ => false,
        })
    }

    fn add_on(&self, map: &Map, when: &Expr, rows: Vec<Row>) -> Section {
        let condition = self.written(when);
        let doc = match &when.kind {
            ExprKind::Option(name) => {
                let option = self.subject.mapping.options.iter().find(|option| option.name.text == *name);
                option.and_then(|option| option.doc.clone())
            }
            _ => None,
        };
        let doc = doc.map(|doc| format!(": {doc}")).unwrap_or_default();
        let heading = format!("{} ({} {condition}){doc}", map.name.text, self.words.only_when);
        Section { kind: Kind::AddOn, heading: Some(heading), rows }
    }

    /// The labels of a map in order; those of the standard that the overlay switched off come last.
    fn labels(&self, map: &Map) -> Vec<String> {
        let standard = self.standard(map);
        let all = map.rules.iter().chain(standard.iter().flat_map(|map| &map.rules));
        let mut labels: Vec<String> = Vec::new();
        for rule in all {
            if !labels.contains(&rule.rule.label.text) {
                labels.push(rule.rule.label.text.clone());
            }
        }
        labels
    }

    /// The map without the customer's overlay.
    fn standard(&self, map: &Map) -> Option<&Map> {
        let mapping = self.subject.model.mapping(self.subject.typed.mapping);
        mapping.maps.iter().find(|known| known.name.text == map.name.text)
    }

    fn row(&self, map: &Map, label: &str, shown: Option<&str>) -> Option<Row> {
        let of_label = |rules: &'_ &MapRule| rules.rule.label.text == label;
        let mut rules: Vec<&MapRule> = map.rules.iter().filter(of_label).collect();
        let off = rules.is_empty();
        if off {
            rules = self.standard(map)?.rules.iter().filter(of_label).collect();
        }
        let first = rules.first()?;
        let typed = self.subject.typed.maps.iter().find(|typed| *typed.name == *map.name.text);
        let mut row = Row {
            map: map.name.text.clone(),
            label: label.to_string(),
            name: shown.unwrap_or(label).to_string(),
            directions: Vec::new(),
            left: Vec::new(),
            right: Vec::new(),
            notes: Vec::new(),
            overlay: self.subject.sync.filter(|_| off || first.overlay.is_some()).map(|sync| sync.name.text.clone()),
        };
        for rule in rules {
            let checked = typed.and_then(|map| map.rules.iter().find(|typed| typed.span == rule.rule.span));
            row.left.push(self.cell(&rule.rule.left, self.unknown_on_left(typed, checked, rule)));
            row.right.push(self.cell(&rule.rule.right, self.unknown_on_right(typed, rule)));
            let direction = if off { self.words.off.to_string() } else { self.direction(rule) };
            add(&mut row.directions, direction);
            self.notes(rule, &mut row.notes);
        }
        row.notes.extend(self.why(map, label, off));
        Some(row)
    }

    /// The direction of a rule in words.
    fn direction(&self, rule: &MapRule) -> String {
        let (arrow, chosen) = match &rule.rule.arrow {
            Arrow::Option(name) => (self.chosen(name), true),
            arrow => (arrow.clone(), false),
        };
        let mut text = match arrow {
            Arrow::Right => format!("{} --> {}", self.left, self.right),
            Arrow::Left => format!("{} --> {}", self.right, self.left),
            Arrow::Both | Arrow::Option(_) => self.words.both.to_string(),
        };
        if rule.rule.clauses.once.is_some() {
            text = format!("{} {text}", self.words.once);
        }
        if chosen { format!("{text}, {}", self.words.adjustable) } else { text }
    }

    /// The arrow that an option stands for: by the sync, else by default.
    fn chosen(&self, name: &str) -> Arrow {
        let given = self.subject.sync.and_then(|sync| sync.options.iter().find(|(option, _)| option.text == name));
        let declared = self.subject.mapping.options.iter().find(|option| option.name.text == name);
        let value = given.map(|(_, node)| node).or_else(|| declared.and_then(|option| option.default.as_ref()));
        match value.and_then(|node| node.text()) {
            Some("right") => Arrow::Right,
            Some("left") => Arrow::Left,
            _ => Arrow::Both,
        }
    }

    fn notes(&self, rule: &MapRule, notes: &mut Vec<String>) {
        let clauses = &rule.rule.clauses;
        if let Some(when) = &clauses.when {
            add(notes, format!("{} {}", self.words.only_when, self.written(when)));
        }
        if let Some((on, _)) = &clauses.on {
            let on: Vec<&str> = on.iter().map(|operation| operation.word()).collect();
            add(notes, format!("{} {}", self.words.only_on, on.join(", ")));
        }
        if let Some(because) = clauses.because.as_ref().filter(|_| rule.overlay.is_none()) {
            add(notes, because.text.clone());
        }
        if let Some((prefer, _)) = clauses.prefer {
            add(
                notes,
                match prefer {
                    Prefer::Left => format!("{} {}", self.words.prefers, self.left),
                    Prefer::Right => format!("{} {}", self.words.prefers, self.right),
                    Prefer::Newest => self.words.newest.to_string(),
                    Prefer::Review => self.words.review.to_string(),
                },
            );
        }
    }

    /// What the customer's overlay says about a row.
    fn why(&self, map: &Map, label: &str, off: bool) -> Option<String> {
        let sync = self.subject.sync?;
        let line = self.changes(sync, map).flat_map(|change| &change.lines).find(|line| line.label.text == label)?;
        let because = match &line.change {
            OverlayChange::Off(because) => because.as_ref().filter(|_| off),
            OverlayChange::Rule(rule) => rule.clauses.because.as_ref(),
        };
        let because = because.map(|because| format!(": {}", because.text)).unwrap_or_default();
        Some(format!("{} {}{because}", self.words.overlay, sync.name.text))
    }

    fn cell(&self, expr: &Expr, unknown: bool) -> Cell {
        let written = self.written(expr);
        let mut paths = Vec::new();
        collect_paths(expr, &mut paths);
        let long = written.chars().count() > LONGEST && !paths.is_empty();
        let text =
            if long { paths.iter().map(|path| end_of(path)).collect::<Vec<_>>().join(", ") } else { written.clone() };
        Cell { text, written, unknown }
    }

    /// An expression as it is written, on one line.
    fn written(&self, expr: &Expr) -> String {
        self.subject.sources.slice(expr.span).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn unknown_on_left(&self, map: Option<&TypedMap>, rule: Option<&TypedRule>, from: &MapRule) -> bool {
        let model = self.subject.model;
        match (rule.and_then(|rule| rule.value), map.map(|map| map.left)) {
            (Some(value), _) => self.reads_unknown(value),
            (None, Some(crate::value::RecordType::Entity(entity))) => {
                first_field(&from.rule.left).is_some_and(|name| is_unknown(model, entity, name))
            }
            _ => false,
        }
    }

    fn unknown_on_right(&self, map: Option<&TypedMap>, from: &MapRule) -> bool {
        let entity = map.map(|map| map.right);
        let name = first_field(&from.rule.right);
        entity.zip(name).is_some_and(|(entity, name)| is_unknown(self.subject.model, entity, name))
    }

    /// True if an expression reads a field without a known public counterpart.
    fn reads_unknown(&self, expr: ExprId) -> bool {
        let model = self.subject.model;
        let node = self.subject.typed.nodes.node(expr);
        let own = match node {
            Node::Field { entity, field, .. } => {
                let definition = model.entity(*entity);
                says_unknown(model.system(definition.system), &definition.fields[*field as usize])
            }
            _ => false,
        };
        own || children(node).into_iter().any(|child| self.reads_unknown(child))
    }
}

fn add(into: &mut Vec<String>, text: String) {
    if !into.contains(&text) {
        into.push(text);
    }
}

fn is_unknown(model: &Model, entity: EntityId, field: &str) -> bool {
    let definition = model.entity(entity);
    let field = definition.field(field).map(|index| &definition.fields[index]);
    field.is_some_and(|field| says_unknown(model.system(definition.system), field))
}

/// True if nothing public says where a field lies.
fn says_unknown(system: &System, field: &Field) -> bool {
    let Some(evidence) = &field.evidence else { return false };
    let entry = system.evidence.iter().find(|entry| entry.id == *evidence);
    entry.map_or(evidence == "unknown", |entry| entry.grade == "unknown")
}

/// The field that a target or lens begins with.
fn first_field(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name),
        ExprKind::Field(of, _) | ExprKind::Filter(of, _) => first_field(of),
        _ => None,
    }
}

/// A path, or as much of its end as is not too long: `…begindatum`.
fn end_of(path: &str) -> String {
    let mut end = path;
    while end.chars().count() >= LONGEST
        && let Some((_, rest)) = end.split_once('.')
    {
        end = rest;
    }
    if end.len() < path.len() { format!("…{end}") } else { path.to_string() }
}

/// The paths that an expression reads, each once, in order.
fn collect_paths(expr: &Expr, into: &mut Vec<String>) {
    if let Some(path) = path(expr) {
        return add(into, path);
    }
    if let ExprKind::Call { args, .. } = &expr.kind {
        // `in = table.column` names no field.
        let values = args.iter().filter(|arg| arg.name.as_ref().is_none_or(|name| name.text != "in"));
        return values.for_each(|arg| collect_paths(&arg.value, into));
    }
    expr.children().into_iter().for_each(|child| collect_paths(child, into));
}

fn path(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name.clone()),
        ExprKind::Field(of, name) => Some(format!("{}.{}", path(of)?, name.text)),
        ExprKind::Filter(of, _) => path(of),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
