//! Mappings: sides, options, functions of the project, sets, the order of rows.

use super::language;
use super::literal;
use super::map;
use super::reader::{self, entries, items, key_name, string};
use super::shape::{Key, Shape, key, required};
use super::types::TypeScope;
use super::{Choice, FunctionExample, Map, Mapping, MappingId, ProjectFunction, RowName, Set, SetId, Side, SystemId};
use crate::finding::codes::document as codes;
use crate::finding::suggest::nearest;
use crate::finding::{Finding, Findings};
use crate::source::{FileId, Span};
use crate::syntax::ast::Name;
use crate::syntax::tree::{Entry, Kind, Node};
use crate::value::Type;

const SIDE: Shape = Shape::Either(&[Shape::Text, Shape::Keys(SIDE_KEYS)]);
const SIDES: Shape = Shape::Either(&[Shape::Text, Shape::List(&SIDE), Shape::Entries(&SIDE)]);
const OPTIONS: Shape = Shape::Named(&Shape::Either(&[Shape::Type, Shape::Keys(OPTION_KEYS)]));

/// Keys of a `mapping:` document.
pub static KEYS: &[Key] = &[
    required("mapping", Shape::Text, "the name of the mapping"),
    key("title", Shape::Text, "its heading"),
    key("doc", Shape::Text, "what it is"),
    key(
        "language",
        Shape::Word(&["en", "nl", "sv"]),
        "the language of the words in its direction table; English if it is not given",
    ),
    required("left", SIDES, "the system or systems on the left"),
    required("right", SIDES, "the system or systems on the right"),
    key("options", OPTIONS, "what a sync may choose; rules read them as `$name`"),
    key("types", Shape::Named(&Shape::Type), "names for types of its options and functions"),
    key("functions", Shape::Named(&Shape::Keys(FUNCTION_KEYS)), "its own functions"),
    key("sets", Shape::Named(&Shape::Rule), "named lists of steps that shape records"),
    key("maps", Shape::Named(&Shape::Keys(map::KEYS)), "what becomes of which records"),
    key(
        "rows",
        Shape::List(&Shape::Either(&[Shape::Text, Shape::Entries(&Shape::Text)])),
        "order and display names of the direction table: `map.label`",
    ),
    key("evidence", Shape::Tree, "what it was verified against"),
    key("unsure", Shape::OneOrMore(&Shape::Text), "what is unsure about it"),
];

static SIDE_KEYS: &[Key] = &[
    required("system", Shape::Text, "the system"),
    key("as", Shape::Text, "the name that it goes by in the mapping"),
    key("use", Shape::Word(&["read", "read-write"]), "read: it is only looked into"),
];

static OPTION_KEYS: &[Key] = &[
    required("type", Shape::Type, "its type; `T?` need not be given"),
    key("default", Shape::Tree, "its value if the sync gives none"),
    key("doc", Shape::Text, "what it does"),
    key("example", Shape::Text, "an example"),
    key("pattern", Shape::Text, "a regular expression for the whole text"),
];

static FUNCTION_KEYS: &[Key] = &[
    key("doc", Shape::Text, "what it is"),
    key("takes", Shape::Named(&Shape::Type), "its parameters with their types"),
    key("gives", Shape::Type, "the type of its result"),
    required("is", Shape::Rule, "the expression that it stands for"),
    key("examples", Shape::List(&Shape::Keys(EXAMPLE_KEYS)), "given values and what they give; run by the tests"),
];

static EXAMPLE_KEYS: &[Key] = &[
    key("given", Shape::Entries(&Shape::Tree), "values by parameter; what is left out is absent"),
    key("gives", Shape::Tree, "the expected value; nothing: absent"),
];

/// What a mapping is read with.
pub struct Surroundings<'a> {
    /// The systems by name, for the sides.
    pub system: &'a dyn Fn(&str) -> Option<SystemId>,
    /// All names of systems, for suggestions.
    pub systems: &'a [String],
    /// The number of the first of its sets.
    pub first_set: u32,
}

/// Reads a mapping and its sets. All its blocks are read, so that all their findings come at once; but if a side is
/// unknown it has neither maps nor sets, since every finding of the checker would follow from that.
pub fn read(
    id: MappingId,
    name: Name,
    file: FileId,
    root: &Node,
    around: &Surroundings<'_>,
    found: &mut Findings,
) -> (Mapping, Vec<Set>) {
    let sets: Vec<Set> = entries(root, "sets").iter().map(|entry| set(id, entry, found)).collect();
    let maps: Vec<Map> = entries(root, "maps").iter().filter_map(|entry| map::read(entry, found)).collect();
    let rows = rows(root, &maps, found);
    let types = TypeScope::of_own(root, found);
    let left = sides(root.get("left"), around, found);
    let right = sides(root.get("right"), around, found);
    let known = left.len() == written_sides(root, "left") && right.len() == written_sides(root, "right");
    let incomplete = !known || maps.len() < entries(root, "maps").len();
    let (maps, sets) = if known { (maps, sets) } else { (Vec::new(), Vec::new()) };
    let mapping = Mapping {
        name,
        title: string(root, "title"),
        language: string(root, "language"),
        file,
        left,
        right,
        incomplete,
        options: entries(root, "options").iter().map(|entry| option(entry, &types, found)).collect(),
        functions: entries(root, "functions").iter().filter_map(|entry| function(entry, &types, found)).collect(),
        sets: (0..sets.len() as u32).map(|index| SetId(around.first_set + index)).collect(),
        rows,
        maps,
    };
    (mapping, sets)
}

fn set(mapping: MappingId, entry: &Entry, found: &mut Findings) -> Set {
    Set { name: key_name(entry), mapping, steps: language::steps(&entry.value, found) }
}

/// `left: name`, `left: { alias: name, alias: { system, use } }`, `left: { system, as, use }`, or a list of these.
fn sides(node: Option<&Node>, around: &Surroundings<'_>, found: &mut Findings) -> Vec<Side> {
    let Some(node) = node else { return Vec::new() };
    let sides: Vec<Side> = match &node.kind {
        Kind::Scalar(_) => side(node, None, around, found).into_iter().collect(),
        Kind::List(items) => items.iter().filter_map(|item| side(item, None, around, found)).collect(),
        Kind::Map(_) if node.get("system").is_some() => side(node, None, around, found).into_iter().collect(),
        Kind::Map(entries) => entries.iter().filter_map(|e| side(&e.value, Some(key_name(e)), around, found)).collect(),
        Kind::Missing => Vec::new(),
    };
    for (index, side) in sides.iter().enumerate() {
        if let Some(first) = sides[..index].iter().find(|first| first.alias.text == side.alias.text) {
            let finding =
                Finding::new(&codes::NAME_TWICE, side.alias.span).word("kind", "side").word("name", &side.alias.text);
            found.add(finding.other(first.alias.span, "the first one"));
        } else if let Some(first) = sides[..index].iter().find(|first| first.system == side.system) {
            let finding = Finding::new(&codes::SYSTEM_TWICE, side.alias.span).word("name", &first.alias.text);
            found.add(finding.other(first.alias.span, "the same records"));
        }
    }
    sides
}

/// How many systems a side names; at least one.
fn written_sides(root: &Node, key: &str) -> usize {
    match root.get(key).map(|node| (node, &node.kind)) {
        Some((_, Kind::List(items))) => items.len().max(1),
        Some((node, Kind::Map(entries))) if node.get("system").is_none() => entries.len().max(1),
        _ => 1,
    }
}

fn side(node: &Node, key: Option<Name>, around: &Surroundings<'_>, found: &mut Findings) -> Option<Side> {
    let written = reader::name(node).or_else(|| reader::name_at(node, "system"))?;
    let Some(system) = (around.system)(&written.text) else {
        found.add(unknown_system(&written, around.systems));
        return None;
    };
    let alias = reader::name_at(node, "as").or(key).unwrap_or(written);
    Some(Side { alias, system, read_only: reader::text(node, "use") == Some("read") })
}

/// The finding for a system that nobody describes.
pub fn unknown_system(written: &Name, known: &[String]) -> Finding {
    Finding::new(&codes::UNKNOWN_SYSTEM, written.span)
        .word("name", &written.text)
        .word_if("suggestion", nearest(&written.text, known.iter().map(String::as_str)))
}

fn option(entry: &Entry, types: &TypeScope<'_>, found: &mut Findings) -> Choice {
    let node = &entry.value;
    let written = node.get("type").or(node.scalar().map(|_| node));
    let (ty, optional) = written.map_or((Type::Unknown, false), |written| types.read(written, found));
    let default = node.get("default").cloned();
    if let Some(default) = &default {
        literal::check(default, &ty, &entry.key, found);
    }
    let pattern = node.get("pattern").and_then(|pattern| language::pattern(pattern, found));
    Choice { name: key_name(entry), ty, optional, default, pattern, doc: string(node, "doc") }
}

fn function(entry: &Entry, types: &TypeScope<'_>, found: &mut Findings) -> Option<ProjectFunction> {
    let node = &entry.value;
    let takes = entries(node, "takes").iter().map(|entry| {
        let (ty, optional) = types.read(&entry.value, found);
        (key_name(entry), ty, optional)
    });
    let takes: Vec<_> = takes.collect();
    let gives = node.get("gives").map(|written| types.read(written, found));
    let body = language::expr(node.get("is")?, found)?;
    let examples = items(node, "examples").iter().map(|example| self::example(example, &takes, found)).collect();
    Some(ProjectFunction { name: key_name(entry), takes, gives, body, examples })
}

fn example(node: &Node, takes: &[(Name, Type, bool)], found: &mut Findings) -> FunctionExample {
    let given = reader::named_nodes(node, "given");
    for (name, value) in &given {
        match takes.iter().find(|(known, ..)| known.text == name.text) {
            Some((_, ty, _)) => literal::check(value, ty, &name.text, found),
            None => found.add(
                Finding::new(&codes::UNKNOWN_PARAMETER, name.span)
                    .word("name", &name.text)
                    .word_if("suggestion", nearest(&name.text, takes.iter().map(|(known, ..)| known.text.as_str()))),
            ),
        }
    }
    let gives = node.get("gives").map(reader::with_absent).unwrap_or(Node { kind: Kind::Missing, span: node.span });
    FunctionExample { given, gives, span: node.span }
}

fn rows(root: &Node, maps: &[Map], found: &mut Findings) -> Vec<RowName> {
    // A map that could not be read has its finding already.
    let read = |entry: &&Entry| maps.iter().any(|map| map.name.text == entry.key);
    let broken: Vec<&str> = entries(root, "maps").iter().filter(|e| !read(e)).map(|e| e.key.as_str()).collect();
    let mut rows = Vec::new();
    for item in items(root, "rows") {
        match &item.kind {
            Kind::Scalar(scalar) => rows.extend(row(&scalar.text, None, item.span, maps, &broken, found)),
            Kind::Map(entries) => {
                for entry in entries {
                    let shown = entry.value.text().map(String::from);
                    rows.extend(row(&entry.key, shown, entry.key_span, maps, &broken, found));
                }
            }
            _ => {}
        }
    }
    rows
}

fn row(
    text: &str,
    shown: Option<String>,
    span: Span,
    maps: &[Map],
    broken: &[&str],
    found: &mut Findings,
) -> Option<RowName> {
    let unknown = |suggestion: Option<String>| {
        Finding::new(&codes::ROWS_UNKNOWN, span).word("row", text).word_if("suggestion", suggestion)
    };
    let (map, label) = text.split_once('.').unwrap_or((text, ""));
    if broken.contains(&map) {
        return None;
    }
    let Some(known) = maps.iter().find(|known| known.name.text == map) else {
        let suggestion = nearest(map, maps.iter().map(|known| known.name.text.as_str()));
        found.add(unknown(suggestion.map(|map| format!("{map}.{label}"))));
        return None;
    };
    let labels = || known.rules.iter().map(|rule| rule.rule.label.text.as_str());
    if !labels().any(|known| known == label) {
        found.add(unknown(nearest(label, labels()).map(|label| format!("{map}.{label}"))));
        return None;
    }
    Some(RowName { map: map.to_string(), label: label.to_string(), shown, span })
}

/// What a sync or test gives for the options of mappings: unknown names, and values that do not fit their types.
pub fn check_options(given: &[(Name, Node)], mappings: &[&Mapping], found: &mut Findings) {
    for (name, value) in given {
        let mut choices = mappings
            .iter()
            .flat_map(|mapping| &mapping.options)
            .filter(|choice| choice.name.text == name.text)
            .peekable();
        if choices.peek().is_none() {
            let known = mappings.iter().flat_map(|mapping| &mapping.options).map(|choice| choice.name.text.as_str());
            let finding = Finding::new(&codes::OPTION_NOT_DECLARED, name.span).word("name", &name.text);
            found.add(finding.word_if("suggestion", nearest(&name.text, known)));
        }
        for choice in choices {
            check_option(choice, value, found);
        }
    }
}

fn check_option(choice: &Choice, value: &Node, found: &mut Findings) {
    let mut wrong = Findings::default();
    literal::check(value, &choice.ty, &choice.name.text, &mut wrong);
    literal::check_pattern(value, choice.pattern.as_deref(), &choice.name.text, &mut wrong);
    for finding in wrong.sorted() {
        let value = finding.words.iter().find(|(word, _)| *word == "value").map_or("", |(_, text)| text.as_str());
        found.add(
            Finding::new(&codes::BAD_OPTION_VALUE, finding.span)
                .word("name", &choice.name.text)
                .word("value", value)
                .word("type", literal::describe(&choice.ty)),
        );
    }
}

/// Options that must be given and are not.
pub fn missing_options<'a>(given: &[(Name, Node)], mappings: &[&'a Mapping]) -> Vec<(&'a Mapping, &'a Choice)> {
    // An option whose type could not be read has its finding already.
    let needed = |choice: &&Choice| !choice.optional && choice.default.is_none() && choice.ty != Type::Unknown;
    let all =
        mappings.iter().flat_map(|&mapping| mapping.options.iter().filter(needed).map(move |choice| (mapping, choice)));
    all.filter(|(_, choice)| given.iter().all(|(name, _)| name.text != choice.name.text)).collect()
}

/// True if the side may be written: it is not only looked into.
pub fn is_partner(side: &&Side) -> bool {
    !side.read_only
}
