//! What can stand at a place: fields, names, functions, options, labels, keys of documents and their words.

use super::Here;
use crate::check::TypedMapping;
use crate::check::names::type_name;
use crate::check::typed::{Layout, TypedMap};
use crate::documents::functions;
use crate::finding::Findings;
use crate::function;
use crate::model::resolve::KINDS;
use crate::model::shape::{BOOLS, Key, Shape};
use crate::model::{Mapping, Model};
use crate::syntax::tree::{Entry, Node};
use crate::syntax::yaml;
use crate::value::{EntityId, RecordType, Type};
use lsp_types::{CompletionItem, CompletionItemKind, Documentation};

/// What can stand here.
pub fn items(here: &Here<'_>) -> Vec<CompletionItem> {
    let Some(place) = Place::of(here) else { return first_keys() };
    let mut all = match place.shape {
        Shape::Rule => rule(here, &place),
        Shape::Word(words) => words.iter().map(|word| named(word, CompletionItemKind::ENUM_MEMBER, None)).collect(),
        Shape::Bool => BOOLS.iter().map(|word| named(word, CompletionItemKind::ENUM_MEMBER, None)).collect(),
        Shape::Text | Shape::Either(_) if place.in_value => names_of_documents(here, &place),
        shape => keys_of(shape, &place),
    };
    all.sort_by(|a, b| (&a.sort_text, &a.label).cmp(&(&b.sort_text, &b.label)));
    all.dedup_by(|a, b| a.label == b.label);
    all
}

/// The key whose name stands here.
pub fn key_at(here: &Here<'_>) -> Option<&'static Key> {
    let tree = tree(here)?;
    let (path, on_key) = around(&tree, here)?;
    let (last, before) = path.split_last().filter(|_| on_key)?;
    match shape_of(&tree, before)? {
        Shape::Keys(keys) => keys.iter().find(|key| key.name == last),
        _ => None,
    }
}

/// Where the cursor stands in a document.
struct Place {
    /// The keys that lead here.
    path: Vec<String>,
    /// What stands here.
    shape: Shape,
    /// True behind a key, false where a key is written.
    in_value: bool,
    /// Keys that the map has already.
    taken: Vec<String>,
}

impl Place {
    fn of(here: &Here<'_>) -> Option<Place> {
        let tree = tree(here)?;
        let (mut path, on_key) = around(&tree, here)?;
        if on_key {
            path.pop();
        }
        let mut shape = shape_of(&tree, &path)?;
        let at = path.iter().try_fold(&tree, |node, key| node.get(key));
        let taken = at.and_then(Node::entries).unwrap_or_default().iter().map(|entry| entry.key.clone()).collect();
        if let (Shape::Either(shapes), true) = (shape, at.is_some_and(|at| at.entries().is_some())) {
            shape = *shapes.iter().find(|shape| matches!(shape, Shape::Keys(_))).unwrap_or(&shape);
        }
        Some(Place { path, shape, in_value: !on_key, taken })
    }

    fn starts(&self, words: &[&str]) -> bool {
        words.iter().zip(&self.path).all(|(word, key)| word == key) && self.path.len() >= words.len()
    }

    fn key(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }
}

fn tree(here: &Here<'_>) -> Option<Node> {
    yaml::read(&here.project.sources, here.file, &mut Findings::default())
}

/// The keys that lead to the place, and whether it is on the last of them. What is indented less than a key is not in it.
fn around(tree: &Node, here: &Here<'_>) -> Option<(Vec<String>, bool)> {
    let text = here.text();
    let line = text[..here.offset].rfind('\n').map_or(0, |at| at + 1);
    // On a line with a word its own indentation counts, on an empty one the cursor's.
    let blanks = text[line..].len() - text[line..].trim_start_matches([' ', '-']).len();
    let indent = blanks.min(here.offset - line);
    let mut path = Vec::new();
    let mut node = tree;
    loop {
        let items = node.items().unwrap_or_default();
        if let Some(item) = items.iter().rev().find(|item| item.span.range().start <= here.offset) {
            node = item;
            continue;
        }
        let Some(entries) = node.entries() else { return Some((path, false)) };
        let before = |entry: &&Entry| entry.key_span.range().start <= here.offset;
        let Some(entry) = entries.iter().rev().find(before) else { return Some((path, false)) };
        let key = entry.key_span.range();
        let column = key.start - text[..key.start].rfind('\n').map_or(0, |at| at + 1);
        let on_line = key.start >= line;
        if !on_line && indent <= column {
            return Some((path, false));
        }
        path.push(entry.key.clone());
        if here.offset <= key.end {
            return Some((path, true));
        }
        node = &entry.value;
    }
}

/// The shape of what stands under these keys.
fn shape_of(tree: &Node, path: &[String]) -> Option<Shape> {
    let kind = &tree.entries()?.first()?.key;
    let keys = KINDS.iter().find(|(known, _)| known == kind)?.1;
    path.iter().try_fold(Shape::Keys(keys), |shape, key| inside(shape, key))
}

fn inside(shape: Shape, key: &str) -> Option<Shape> {
    match shape {
        Shape::Keys(keys) => keys.iter().find(|known| known.name == key).map(|known| known.shape),
        Shape::Named(one) | Shape::Entries(one) => Some(*one),
        Shape::List(one) | Shape::OneOrMore(one) => inside(*one, key),
        Shape::Either(shapes) => shapes.iter().find_map(|shape| inside(*shape, key)),
        _ => None,
    }
}

fn named(name: &str, kind: CompletionItemKind, detail: Option<String>) -> CompletionItem {
    CompletionItem { label: name.to_string(), kind: Some(kind), detail, ..CompletionItem::default() }
}

/// The keys that begin a document.
fn first_keys() -> Vec<CompletionItem> {
    KINDS.iter().map(|(kind, _)| named(kind, CompletionItemKind::KEYWORD, Some(format!("a {kind} document")))).collect()
}

fn keys_of(shape: Shape, place: &Place) -> Vec<CompletionItem> {
    let keys = match shape {
        Shape::Keys(keys) => keys,
        Shape::List(Shape::Keys(keys)) | Shape::OneOrMore(Shape::Keys(keys)) => keys,
        _ => return Vec::new(),
    };
    let free = keys.iter().filter(|key| !place.taken.iter().any(|taken| taken == key.name));
    free.map(|key| CompletionItem {
        insert_text: Some(format!("{}: ", key.name)),
        ..named(key.name, CompletionItemKind::PROPERTY, Some(key.doc.to_string()))
    })
    .collect()
}

/// Names of systems and mappings where a document names one.
fn names_of_documents(here: &Here<'_>, place: &Place) -> Vec<CompletionItem> {
    let model = &here.project.model;
    let systems = || {
        let detail = |system: &crate::model::System| system.title.clone();
        model
            .systems
            .iter()
            .map(move |system| named(&system.name.text, CompletionItemKind::MODULE, detail(system)))
            .collect()
    };
    match place.key() {
        "left" | "right" | "system" | "based_on" => systems(),
        "implements" => systems(),
        "test" | "mappings" => model
            .mappings
            .iter()
            .map(|mapping| named(&mapping.name.text, CompletionItemKind::MODULE, mapping.title.clone()))
            .collect(),
        _ => Vec::new(),
    }
}

/// What can stand in a rule.
fn rule(here: &Here<'_>, place: &Place) -> Vec<CompletionItem> {
    let line_start = here.text()[..here.offset].rfind('\n').map_or(0, |at| at + 1);
    let line = &here.text()[line_start..here.offset];
    let word = line.chars().rev().take_while(|c| c.is_alphanumeric() || *c == '_').map(char::len_utf8).sum::<usize>();
    let before = &line[..line.len() - word];
    let project = here.project;
    if place.starts(&["change"]) && place.key() == "fields" && !line.contains(':') {
        return labels(here, place);
    }
    let Some((mapping, typed)) = mapping_of(here) else { return Vec::new() };
    let model = &project.model;
    if before.ends_with('$') {
        return options(model, mapping);
    }
    let map = typed
        .maps
        .iter()
        .find(|map| place.starts(&["maps"]) && place.path.get(1).is_some_and(|name| *name == *map.name));
    if let Some(chain) = before.strip_suffix('.') {
        return members(model, typed, scope(model, typed, map, place), chain);
    }
    if let Some(map) = map
        && place.key() == "fields"
        && is_target(before)
    {
        return fields(model, map.right);
    }
    let mut all = scope(model, typed, map, place)
        .into_iter()
        .map(|(name, ty)| named(&name, CompletionItemKind::VARIABLE, Some(type_name(model, &ty))))
        .collect::<Vec<_>>();
    if place.starts(&["sets"]) || place.key() == "between" {
        all.extend(sources(model, mapping, place.key() == "between"));
    }
    all.extend(functions_of(mapping));
    all
}

/// True behind an arrow whose target is not finished.
fn is_target(before: &str) -> bool {
    let arrow = ["->", "<->"].iter().filter_map(|arrow| before.rfind(arrow).map(|at| at + arrow.len())).max();
    arrow.is_some_and(|at| before[at..].trim().is_empty())
}

fn mapping_of<'h>(here: &'h Here<'_>) -> Option<(&'h Mapping, &'h TypedMapping)> {
    let model = &here.project.model;
    let index = model.mappings.iter().position(|mapping| mapping.file == here.file)?;
    let typed = &here.project.typed.mappings[index];
    Some((&model.mappings[index], typed))
}

fn options(model: &Model, mapping: &Mapping) -> Vec<CompletionItem> {
    let one = |option: &crate::model::Choice| {
        let doc = option.doc.as_ref().map(|doc| format!(": {doc}")).unwrap_or_default();
        let detail = format!("{}{doc}", type_name(model, &option.ty));
        named(&option.name.text, CompletionItemKind::CONSTANT, Some(detail))
    };
    mapping.options.iter().map(one).collect()
}

/// Labels of the map that an overlay changes.
fn labels(here: &Here<'_>, place: &Place) -> Vec<CompletionItem> {
    let model = &here.project.model;
    let Some(sync) = model.syncs.iter().find(|sync| sync.file == here.file) else { return Vec::new() };
    let map = place.path.get(1).map_or("", |path| path.rsplit('.').next().unwrap_or_default());
    let maps = sync.route.iter().flat_map(|&id| &model.mapping(id).maps).filter(|known| known.name.text == map);
    let rules = maps.flat_map(|map| map.rules.iter().filter(|rule| rule.rule.first_of_row));
    rules
        .map(|rule| {
            let label = &rule.rule.label.text;
            let shown = here.project.sources.slice(rule.rule.span).trim().to_string();
            CompletionItem {
                insert_text: Some(format!("{label}: ")),
                ..named(label, CompletionItemKind::PROPERTY, Some(shown))
            }
        })
        .collect()
}

fn fields(model: &Model, entity: EntityId) -> Vec<CompletionItem> {
    let entity = model.entity(entity);
    let one = |field: &crate::model::Field| {
        let mark = if field.optional { "?" } else { "" };
        CompletionItem {
            documentation: field.doc.clone().map(Documentation::String),
            ..named(&field.name.text, CompletionItemKind::FIELD, Some(format!("{}{mark}", type_name(model, &field.ty))))
        }
    };
    entity.fields.iter().map(one).collect()
}

fn functions_of(mapping: &Mapping) -> Vec<CompletionItem> {
    let own = mapping
        .functions
        .iter()
        .map(|own| named(&own.name.text, CompletionItemKind::FUNCTION, Some("of this mapping".into())));
    let library =
        function::families().into_iter().flat_map(|(_, functions)| functions).map(|function| CompletionItem {
            documentation: Some(Documentation::String(function.doc.to_string())),
            // Names of the records go before some hundred functions.
            sort_text: Some(format!("~{}", function.name)),
            ..named(function.name, CompletionItemKind::FUNCTION, Some(functions::signature(function)))
        });
    own.chain(library).collect()
}

/// Entities and sets that a step or a map can start from.
fn sources(model: &Model, mapping: &Mapping, right_too: bool) -> Vec<CompletionItem> {
    let sides = mapping.left.iter().chain(mapping.right.iter().filter(|_| right_too));
    let entities = sides.flat_map(|side| &model.system(side.system).entities).map(|&entity| {
        let entity = model.entity(entity);
        let system = &model.system(entity.system).name.text;
        named(&entity.name.text, CompletionItemKind::STRUCT, Some(format!("entity of {system}")))
    });
    let sets = mapping
        .sets
        .iter()
        .map(|&set| named(&model.set(set).name.text, CompletionItemKind::STRUCT, Some("set".into())));
    entities.chain(sets).collect()
}

/// Names that can be seen here, with their types.
fn scope(model: &Model, typed: &TypedMapping, map: Option<&TypedMap>, place: &Place) -> Vec<(String, Type)> {
    let mut all = Vec::new();
    if let Some(map) = map {
        record_names(model, typed, map.left, &mut all);
        let lets = map.layout.slots.iter().map(|slot| (slot.name.to_string(), slot.ty.clone()));
        all.extend(lets);
    }
    if let Some(name) = place.path.get(1).filter(|_| place.starts(&["sets"])) {
        let set = typed.sets.iter().find(|set| model.set(set.set).name.text == *name);
        all.extend(set.into_iter().flat_map(|set| slots(&set.layout)));
    }
    if let Some(name) = place.path.get(1).filter(|_| place.starts(&["functions"])) {
        let function = typed.functions.iter().find(|function| *function.name == **name);
        all.extend(function.into_iter().flat_map(|f| f.params.iter().map(|p| (p.name.to_string(), p.ty.clone()))));
    }
    all
}

fn slots(layout: &Layout) -> impl Iterator<Item = (String, Type)> + '_ {
    layout.slots.iter().map(|slot| (slot.name.to_string(), slot.ty.clone()))
}

/// Names of a record: its fields, or the bindings of its row.
fn record_names(model: &Model, typed: &TypedMapping, record: RecordType, into: &mut Vec<(String, Type)>) {
    match record {
        RecordType::Entity(entity) => {
            into.extend(model.entity(entity).fields.iter().map(|field| (field.name.text.clone(), field.ty.clone())));
        }
        RecordType::Set(set) => {
            let set = typed.sets.iter().find(|known| known.set == set);
            into.extend(set.into_iter().flat_map(|set| slots(&set.layout)));
        }
        RecordType::Layout(number) => {
            let layout = &typed.layouts[number as usize];
            into.extend(slots(layout));
            if let [RecordType::Entity(first), ..] = layout.union.as_slice() {
                into.extend(
                    model.entity(*first).fields.iter().map(|field| (field.name.text.clone(), field.ty.clone())),
                );
                into.push(("kind".into(), Type::Text));
            }
        }
    }
}

/// What can follow a dot: the path before it is followed through the types.
fn members(model: &Model, typed: &TypedMapping, scope: Vec<(String, Type)>, chain: &str) -> Vec<CompletionItem> {
    let start = chain
        .rfind(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
        .map_or(0, |at| at + chain[at..].chars().next().map_or(1, char::len_utf8));
    let mut names = scope;
    for part in chain[start..].split('.') {
        let Some((_, ty)) = names.into_iter().find(|(name, _)| name == part) else { return Vec::new() };
        names = inner(model, typed, &ty);
    }
    names.into_iter().map(|(name, ty)| named(&name, CompletionItemKind::FIELD, Some(type_name(model, &ty)))).collect()
}

/// The names inside a value of a type; of a list, those of its elements.
fn inner(model: &Model, typed: &TypedMapping, ty: &Type) -> Vec<(String, Type)> {
    let mut names = Vec::new();
    match ty {
        Type::Ref(entity) => record_names(model, typed, RecordType::Entity(*entity), &mut names),
        Type::Record(record) => record_names(model, typed, *record, &mut names),
        Type::Struct(members) => names.extend(members.iter().map(|m| (m.name.to_string(), m.ty.clone()))),
        Type::List(one) | Type::Set(one) => names = inner(model, typed, one),
        _ => {}
    }
    names
}
