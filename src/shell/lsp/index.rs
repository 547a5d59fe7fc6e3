//! What stands where in all documents: definitions and uses of fields, labels, functions, options, systems.
//!
//! Rules are known from what the checker made of them, the YAML around them from its trees. What is not indexed can be
//! neither found nor renamed; a renaming is checked before it is offered, so that nothing is left behind in silence.

use crate::check::typed::{ExprId, Node as Typed};
use crate::check::{TypedMapping, fields_named};
use crate::finding::Findings;
use crate::model::cases::entity;
use crate::model::{Mapping, MappingId, Model, Side, SystemId, TableId};
use crate::shell::project::Project;
use crate::source::{FileId, Span};
use crate::syntax::ast::{Expr, ExprKind, Path, Source, StepKind};
use crate::syntax::tree::{Entry, Node};
use crate::syntax::yaml;
use crate::value::{EntityId, RecordType, SetId};
use std::collections::BTreeMap;

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Symbol {
    /// A field of an entity.
    Field(EntityId, u16),
    /// An entity.
    Entity(EntityId),
    /// A set of a mapping.
    Set(SetId),
    /// A function of a mapping.
    Function(MappingId, u16),
    /// A function of the library.
    Library(&'static str),
    /// An option of a mapping.
    Option(MappingId, u16),
    /// The row of a map with this label: mapping, map, label.
    Label(MappingId, String, String),
    /// A model or system.
    System(SystemId),
    /// A mapping.
    Mapping(MappingId),
    /// A table.
    Table(TableId),
}

/// A place where a name stands.
#[derive(Clone, Debug)]
pub struct Mark {
    /// Where.
    pub span: Span,
    /// What it stands for.
    pub symbol: Symbol,
}

/// All places of a project and of the library under it.
pub struct Index {
    /// Every place, in no order.
    pub marks: Vec<Mark>,
    /// Fields of systems that lie on the wire under their own names, since they say no `at`.
    unplaced: Vec<Unplaced>,
    bases: BTreeMap<u32, SystemId>,
}

/// A field that lies on the wire under its own name.
struct Unplaced {
    symbol: Symbol,
    /// Where what is said of it begins, or all of that if it is its type alone.
    place: Span,
    /// What says where it lies, with `NAME` for the name.
    text: String,
}

impl Index {
    /// Indexes a project.
    pub fn of(project: &Project) -> Index {
        let trees = trees(project);
        let bases = bases(&project.model, &trees);
        let mut writer = Writer { project, model: &project.model, marks: Vec::new(), unplaced: Vec::new() };
        writer.all(&trees);
        Index { marks: writer.marks, unplaced: writer.unplaced, bases }
    }

    /// What stands at a byte of a file: of several, the shortest.
    pub fn at(&self, file: FileId, offset: usize) -> Option<&Mark> {
        let here = |mark: &&Mark| {
            mark.span.file == file && mark.span.range().start <= offset && offset <= mark.span.range().end
        };
        self.marks.iter().filter(here).min_by_key(|mark| mark.span.end - mark.span.start)
    }

    /// Every place of what a symbol stands for, each once, in order.
    pub fn places(&self, model: &Model, symbol: &Symbol) -> Vec<Span> {
        let wanted = self.first(model, symbol);
        let same = |mark: &&Mark| mark.symbol == *symbol || self.first(model, &mark.symbol) == wanted;
        let mut all: Vec<Span> = self.marks.iter().filter(same).map(|mark| mark.span).collect();
        all.sort();
        all.dedup();
        all
    }

    /// What must be written so that a field stays where it lies on the wire when it gets another name.
    pub fn kept_in_place(&self, model: &Model, symbol: &Symbol, name: &str) -> Vec<(Span, String)> {
        let wanted = self.first(model, symbol);
        let here = self.unplaced.iter().filter(|field| self.first(model, &field.symbol) == wanted);
        here.map(|field| (field.place, field.text.replace("NAME", name))).collect()
    }

    /// A field that a system has of a model, or of the system that it varies, is the field of that one.
    pub fn first(&self, model: &Model, symbol: &Symbol) -> Symbol {
        let Symbol::Field(entity, field) = *symbol else { return symbol.clone() };
        let (of, name) = (model.entity(entity), &model.entity(entity).fields[field as usize].name.text);
        let base = self.bases.get(&of.system.0).and_then(|&base| model.find_entity(base, &of.name.text));
        match base.and_then(|base| Some((base, model.entity(base).field(name)?))) {
            Some((base, index)) => self.first(model, &Symbol::Field(base, index as u16)),
            None => symbol.clone(),
        }
    }

    /// Where a symbol is defined.
    pub fn definition(&self, model: &Model, symbol: &Symbol) -> Option<Span> {
        Some(match self.first(model, symbol) {
            Symbol::Field(entity, field) => model.entity(entity).fields[field as usize].name.span,
            Symbol::Entity(entity) => model.entity(entity).name.span,
            Symbol::Set(set) => model.set(set).name.span,
            Symbol::Function(mapping, index) => model.mapping(mapping).functions[index as usize].name.span,
            Symbol::Library(_) => return None,
            Symbol::Option(mapping, index) => model.mapping(mapping).options[index as usize].name.span,
            Symbol::Label(mapping, map, label) => label_span(model.mapping(mapping), &map, &label)?,
            Symbol::System(system) => model.system(system).name.span,
            Symbol::Mapping(mapping) => model.mapping(mapping).name.span,
            Symbol::Table(table) => model.table(table).name.span,
        })
    }
}

fn label_span(mapping: &Mapping, map: &str, label: &str) -> Option<Span> {
    let map = mapping.maps.iter().find(|known| known.name.text == map)?;
    Some(map.rules.iter().find(|rule| rule.rule.label.text == label)?.rule.label.span)
}

/// The trees of all documents.
fn trees(project: &Project) -> Vec<(FileId, Node)> {
    let read = |file| Some((file, yaml::read(&project.sources, file, &mut Findings::default())?));
    let yaml = |file: &FileId| project.sources.file(*file).path.ends_with(".yaml");
    project.sources.ids().filter(yaml).filter_map(read).collect()
}

/// What each system implements or varies.
fn bases(model: &Model, trees: &[(FileId, Node)]) -> BTreeMap<u32, SystemId> {
    let mut all = BTreeMap::new();
    for (index, system) in model.systems.iter().enumerate() {
        let tree = trees.iter().find(|(file, _)| *file == system.file).map(|(_, tree)| tree);
        let named = |key: &str| tree?.get(key)?.text().and_then(|name| model.find_system(name));
        if let Some(base) = named("based_on").or(system.implements) {
            all.insert(index as u32, base);
        }
    }
    all
}

struct Writer<'p> {
    project: &'p Project,
    model: &'p Model,
    marks: Vec<Mark>,
    unplaced: Vec<Unplaced>,
}

impl Writer<'_> {
    fn mark(&mut self, span: Span, symbol: Symbol) {
        self.marks.push(Mark { span, symbol });
    }

    fn slice(&self, span: Span) -> &str {
        self.project.sources.slice(span)
    }

    fn all(&mut self, trees: &[(FileId, Node)]) {
        for (id, mapping) in self.model.mappings.iter().enumerate() {
            self.mapping(MappingId(id as u32), mapping);
        }
        let routes = self.project.typed.routes.iter().flat_map(|route| &route.typed);
        for typed in self.project.typed.mappings.iter().chain(routes) {
            self.nodes(typed);
            self.targets(typed);
        }
        for (file, tree) in trees {
            self.tree(*file, tree);
        }
        self.syncs();
    }

    /// Names that expressions read.
    fn nodes(&mut self, typed: &TypedMapping) {
        for (index, node) in typed.nodes.all().iter().enumerate() {
            let span = typed.nodes.typing(ExprId(index as u32)).span;
            match node {
                Typed::Field { entity, field, .. } => self.field_at_end(span, *entity, *field),
                Typed::UnionField { fields, .. } => {
                    fields.iter().for_each(|(entity, field)| self.field_at_end(span, *entity, *field));
                }
                Typed::Option(index) if self.slice(span).starts_with('$') => {
                    let span = Span { start: span.start + 1, ..span };
                    self.mark(span, Symbol::Option(typed.mapping, *index));
                }
                Typed::ProjectCall { function, .. } => {
                    let name = &self.model.mapping(typed.mapping).functions[*function as usize].name.text;
                    self.word_in(span, name, Symbol::Function(typed.mapping, *function));
                }
                Typed::Call { function, .. } => self.word_in(span, function.name, Symbol::Library(function.name)),
                Typed::Lookup { table, .. } => {
                    let name = &self.model.table(*table).name.text;
                    self.word_in(span, name, Symbol::Table(*table));
                }
                Typed::All(record) | Typed::ByKey { record, .. } => self.record_in(span, *record),
                _ => {}
            }
        }
    }

    fn record_in(&mut self, span: Span, record: RecordType) {
        match record {
            RecordType::Entity(entity) => {
                self.word_in(span, &self.model.entity(entity).name.text, Symbol::Entity(entity));
            }
            RecordType::Set(set) => self.word_in(span, &self.model.set(set).name.text, Symbol::Set(set)),
            RecordType::Layout(_) => {}
        }
    }

    /// A path ends with the field.
    fn field_at_end(&mut self, span: Span, entity: EntityId, field: u16) {
        let name = &self.model.entity(entity).fields[field as usize].name.text;
        if self.slice(span).ends_with(name.as_str()) {
            let span = Span { start: span.end - name.len() as u32, ..span };
            self.mark(span, Symbol::Field(entity, field));
        }
    }

    /// The first place inside a span where a whole word stands.
    fn word_in(&mut self, span: Span, word: &str, symbol: Symbol) {
        let slice = self.slice(span);
        let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let whole =
            |at: &usize| !part(slice[..*at].chars().next_back()) && !part(slice[at + word.len()..].chars().next());
        if let Some(at) = slice.match_indices(word).map(|(at, _)| at).find(whole) {
            let start = span.start + at as u32;
            self.mark(Span { start, end: start + word.len() as u32, ..span }, symbol);
        }
    }

    /// Fields that rules write, and right fields that they read.
    fn targets(&mut self, typed: &TypedMapping) {
        let right: Vec<(Span, u16)> = (0..typed.nodes.all().len())
            .map(|index| ExprId(index as u32))
            .filter_map(|id| match typed.nodes.node(id) {
                Typed::Right(field) => Some((typed.nodes.typing(id).span, *field)),
                _ => None,
            })
            .collect();
        for map in &typed.maps {
            for rule in &map.rules {
                if let Some(target) = &rule.target {
                    let name = &self.model.entity(map.right).fields[target.field as usize].name.text;
                    if self.slice(target.span).starts_with(name.as_str()) {
                        let span = Span { end: target.span.start + name.len() as u32, ..target.span };
                        self.mark(span, Symbol::Field(map.right, target.field));
                    }
                }
                let inside = |span: &Span| {
                    span.file == rule.span.file && rule.span.start <= span.start && span.end <= rule.span.end
                };
                for (span, field) in right.iter().filter(|(span, _)| inside(span)) {
                    self.field_at_end(*span, map.right, *field);
                }
            }
        }
    }

    /// What a mapping defines, and the sources that it names.
    fn mapping(&mut self, id: MappingId, mapping: &Mapping) {
        self.mark(mapping.name.span, Symbol::Mapping(id));
        for (index, function) in mapping.functions.iter().enumerate() {
            self.mark(function.name.span, Symbol::Function(id, index as u16));
        }
        for (index, option) in mapping.options.iter().enumerate() {
            self.mark(option.name.span, Symbol::Option(id, index as u16));
        }
        for &set in &mapping.sets {
            self.mark(self.model.set(set).name.span, Symbol::Set(set));
            for step in &self.model.set(set).steps {
                match &step.kind {
                    StepKind::From(source) | StepKind::Join { source, .. } | StepKind::With { source, .. } => {
                        self.source(mapping, &mapping.left, source);
                    }
                    StepKind::Union(sources) => {
                        sources.iter().for_each(|source| self.source(mapping, &mapping.left, source));
                    }
                    _ => {}
                }
            }
        }
        for map in &mapping.maps {
            self.source(mapping, &mapping.left, &map.between.left);
            self.source(mapping, &mapping.right, &map.between.right);
            for rule in map.rules.iter().filter(|rule| rule.rule.first_of_row) {
                let label = &rule.rule.label;
                self.mark(label.span, Symbol::Label(id, map.name.text.clone(), label.text.clone()));
            }
            for free in map.allocations.iter().flat_map(|allocation| &allocation.free_in) {
                self.path(&[mapping.right.as_slice(), &mapping.left].concat(), &free.field);
            }
        }
        for row in &mapping.rows {
            let label = Symbol::Label(id, row.map.clone(), row.label.clone());
            let start = row.span.end.saturating_sub(row.label.len() as u32);
            let span = Span { start, ..row.span };
            if self.slice(span) == row.label {
                self.mark(span, label);
            }
        }
    }

    fn source(&mut self, mapping: &Mapping, sides: &[Side], source: &Source) {
        let Some(last) = source.path.names.last() else { return };
        let set = mapping
            .sets
            .iter()
            .find(|&&set| source.path.names.len() == 1 && self.model.set(set).name.text == last.text);
        match set {
            Some(&set) => self.mark(last.span, Symbol::Set(set)),
            None => {
                if let Some(entity) = entity(self.model, sides, &source.path.text()) {
                    self.mark(last.span, Symbol::Entity(entity));
                }
            }
        }
    }

    /// `system.entity.field`, or without the system.
    fn path(&mut self, sides: &[Side], path: &Path) {
        let [before @ .., last] = path.names.as_slice() else { return };
        let text = before.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(".");
        let Some(entity) = entity(self.model, sides, &text) else { return };
        if let Some(field) = self.model.entity(entity).field(&last.text) {
            self.mark(last.span, Symbol::Field(entity, field as u16));
        }
    }

    /// Names in the YAML around the rules.
    fn tree(&mut self, file: FileId, tree: &Node) {
        let Some(first) = tree.entries().and_then(|entries| entries.first()) else { return };
        match first.key.as_str() {
            "model" | "system" => self.system(file, tree),
            "test" => self.test(file, tree),
            _ => {}
        }
        self.systems_named(tree);
    }

    fn system(&mut self, file: FileId, tree: &Node) {
        let Some(id) = self.model.systems.iter().position(|system| system.file == file) else { return };
        let id = SystemId(id as u32);
        self.mark(self.model.system(id).name.span, Symbol::System(id));
        for entry in tree.get("entities").and_then(Node::entries).unwrap_or_default() {
            let Some(entity) = self.model.find_entity(id, &entry.key) else { continue };
            self.mark(entry.key_span, Symbol::Entity(entity));
            for field in entry.value.get("fields").and_then(Node::entries).unwrap_or_default() {
                self.field_named(field.key_span, entity, &field.key);
                if tree.get("system").is_some() && field.value.get("at").is_none() {
                    self.unplaced(entity, field);
                }
            }
            for (span, name) in fields_named(self.model.entity(entity)) {
                self.field_named(span, entity, &name);
            }
            for key in ["key", "also"] {
                let node = entry.value.get(key);
                let all = node.and_then(Node::items).or(node.map(std::slice::from_ref)).unwrap_or_default();
                for item in all {
                    self.field_named(item.span, entity, item.text().unwrap_or_default());
                }
            }
            let entity_of = self.model.entity(entity);
            for expr in [&entity_of.protected_when, &entity_of.skip].into_iter().flatten() {
                self.names_of(expr, entity);
            }
        }
    }

    fn unplaced(&mut self, entity: EntityId, field: &Entry) {
        let Some(index) = self.model.entity(entity).field(&field.key) else { return };
        let symbol = Symbol::Field(entity, index as u16);
        let (place, text) = match field.value.entries() {
            Some([first, ..]) => {
                let place = Span { end: first.key_span.start, ..first.key_span };
                let text = &self.project.sources.file(place.file).text[..place.start as usize];
                let line = text.rfind('\n').map_or(text, |at| &text[at + 1..]);
                // In a block the next key begins a line of its own.
                let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
                let between = if line.trim().is_empty() { format!("{end}{line}") } else { ", ".to_string() };
                (place, format!("at: NAME{between}"))
            }
            _ => {
                let ty = self.slice(field.value.span);
                // Between braces a comma would end a type that stands without quotes.
                let bare = ty.contains([',', '{', '[']) && !ty.starts_with(['"', '\'']);
                let ty = if bare { format!("\"{ty}\"") } else { ty.to_string() };
                (field.value.span, format!("{{ type: {ty}, at: NAME }}"))
            }
        };
        self.unplaced.push(Unplaced { symbol, place, text });
    }

    fn names_of(&mut self, expr: &Expr, entity: EntityId) {
        if let ExprKind::Name(name) = &expr.kind {
            self.field_named(expr.span, entity, name);
        }
        expr.children().into_iter().for_each(|inner| self.names_of(inner, entity));
    }

    fn field_named(&mut self, span: Span, entity: EntityId, name: &str) {
        let Some(field) = self.model.entity(entity).field(name) else { return };
        let slice = self.slice(span);
        // A key or value in quotes: the name is what stands between them.
        let quote = u32::from(slice.starts_with(['"', '\'']));
        let span = Span { start: span.start + quote, end: span.end - quote, ..span };
        if self.slice(span) == name {
            self.mark(span, Symbol::Field(entity, field as u16));
        }
    }

    fn test(&mut self, file: FileId, tree: &Node) {
        let Some(test) = self.model.tests.iter().find(|test| test.file == file) else { return };
        let mapping = self.model.mapping(test.mapping);
        if let Some(name) = tree.get("test").filter(|_| test.sync.is_none()) {
            self.mark(name.span, Symbol::Mapping(test.mapping));
        }
        let first = test.sync.and_then(|sync| self.model.sync(sync).route.first());
        let left = first.map_or(&mapping.left, |&first| &self.model.mapping(first).left);
        for case in tree.get("cases").and_then(Node::items).unwrap_or_default() {
            let sides = [
                ("given", left),
                ("before", left),
                ("expect", &mapping.right),
                ("right", &mapping.right),
                ("links", &mapping.right),
                ("changes", &mapping.right),
            ];
            for (key, sides) in sides {
                for entry in case.get(key).and_then(Node::entries).unwrap_or_default() {
                    let Some(entity) = entity(self.model, sides, &entry.key) else { continue };
                    self.mark(entry.key_span, Symbol::Entity(entity));
                    let operations = entry.value.entries().filter(|_| key == "changes").unwrap_or_default();
                    let lists =
                        std::iter::once(&entry.value).chain(operations.iter().map(|operation| &operation.value));
                    let records = lists.flat_map(|list| list.items().unwrap_or_default());
                    for field in records.flat_map(|record| record.entries().unwrap_or_default()) {
                        self.field_named(field.key_span, entity, &field.key);
                    }
                }
            }
        }
    }

    /// The systems under `left`, `right`, `based_on` and `implements`.
    fn systems_named(&mut self, tree: &Node) {
        for key in ["left", "right", "based_on", "implements"] {
            let Some(node) = tree.get(key) else { continue };
            let inner =
                node.entries().unwrap_or_default().iter().filter(|entry| entry.key != "as" && entry.key != "use");
            let under = inner.flat_map(|entry| std::iter::once(&entry.value).chain(entry.value.get("system")));
            let items = node.items().unwrap_or_default().iter();
            let listed = items.flat_map(|item| std::iter::once(item).chain(item.get("system")));
            for node in std::iter::once(node).chain(under).chain(listed) {
                if let Some(system) = node.text().and_then(|name| self.model.find_system(name)) {
                    self.mark(node.span, Symbol::System(system));
                }
            }
        }
    }

    /// Labels and fields that syncs name.
    fn syncs(&mut self) {
        for sync in &self.model.syncs {
            for change in &sync.change {
                let Some(map) = change.map.names.last() else { continue };
                let mapping = sync
                    .route
                    .iter()
                    .find(|&&id| self.model.mapping(id).maps.iter().any(|known| known.name.text == map.text));
                let Some(&id) = mapping else { continue };
                for line in &change.lines {
                    if label_span(self.model.mapping(id), &map.text, &line.label.text).is_some() {
                        self.mark(line.label.span, Symbol::Label(id, map.text.clone(), line.label.text.clone()));
                    }
                }
            }
            let side = |system| [Side { alias: sync.name.clone(), system, read_only: false }];
            let granted = sync.allow.iter().chain(&sync.protection.allow).map(|grant| &grant.field);
            for field in granted.chain(sync.protection.aliases.iter().map(|alias| &alias.field)) {
                self.path(&side(sync.right.system), field);
            }
        }
    }
}
