//! Test documents: given records, expected records.

use super::literal;
use super::mapping::check_options;
use super::reader::{self, entries, key_name, named_nodes, text};
use super::route::{self, Roads};
use super::shape::{Key, Shape, key, required};
use super::{Case, Dropped, ExpectedChanges, Mapping, Model, Side, SyncId, Test};
use crate::finding::codes::document as codes;
use crate::finding::suggest::nearest;
use crate::finding::{Finding, Findings};
use crate::source::FileId;
use crate::syntax::ast::Name;
use crate::syntax::tree::{Kind, Node};
use crate::value::EntityId;

const CASE: Shape = Shape::Keys(CASE_KEYS);
const RECORDS: Shape = Shape::Entries(&Shape::List(&Shape::Entries(&Shape::Tree)));
/// Changes that a case of a sync expects: records with the fields that are written, or keys.
static OPERATIONS: &[Key] = &[
    key("create", CHANGED, "records that are made; only the fields that are named are compared"),
    key("update", CHANGED, "records that change: their key, and every field that changes"),
    key("reactivate", CHANGED, "records that are taken into use again"),
    key("deactivate", CHANGED, "records that are switched off: their key"),
    key("remove", CHANGED, "records that are taken away: their key"),
];
const CHANGED: Shape = Shape::List(&Shape::Entries(&Shape::Tree));
const DROPPED: Shape = Shape::Either(&[Shape::Entries(&Shape::Count), Shape::List(&Shape::Keys(DROPPED_KEYS))]);

/// Keys of a `test:` document.
pub static KEYS: &[Key] = &[
    required(
        "test",
        Shape::Text,
        "the mapping or the sync that is tested; if both have the name, the sync where a case has `changes`",
    ),
    key("title", Shape::Text, "its heading"),
    key("doc", Shape::Text, "what it is"),
    key("as_of", Shape::Text, "the date of the run: 2026-09-01"),
    key("options", Shape::Entries(&Shape::Tree), "what the mapping lets a customer choose"),
    required("cases", Shape::List(&CASE), "the cases"),
];

static CASE_KEYS: &[Key] = &[
    required("name", Shape::Text, "what the case shows"),
    key("doc", Shape::Text, "more about it"),
    key("as_of", Shape::Text, "the date of the run of this case"),
    key("options", Shape::Entries(&Shape::Tree), "what differs from the options of the document"),
    key("given", RECORDS, "left records by entity; fields by name, values as on the model"),
    key("expect", RECORDS, "right records by entity; only the fields that are named are compared"),
    key("skipped", DROPPED, "how often a map or set skips"),
    key("rejected", DROPPED, "how often a map rejects"),
    key("held", DROPPED, "how often the engine cannot decide about a record of a map; of a sync also by right entity"),
    key("protected", Shape::Count, "how many left records are set aside because a person is protected"),
    key("right", RECORDS, "of a sync: what the target holds, by entity"),
    key(
        "links",
        Shape::Entries(&Shape::Entries(&Shape::Text)),
        "of a sync: by entity, left keys and the right keys that they belong to",
    ),
    key(
        "before",
        Shape::Entries(&Shape::Count),
        "of a sync: how many records the source held at its last run, by entity",
    ),
    key("changes", Shape::Entries(&Shape::Keys(OPERATIONS)), "of a sync: all changes that a run makes, by entity"),
    key("stopped", Shape::Bool, "of a sync: whether a guard stops the run"),
];

/// What only a case of a sync has. It tells which is tested where a mapping and a sync have the same name.
const OF_SYNC: &[&str] = &["right", "links", "before", "changes", "stopped"];

static DROPPED_KEYS: &[Key] = &[
    required("map", Shape::Text, "the map or set"),
    key("count", Shape::Count, "how often; once if it is not given"),
    key("reason", Shape::Text, "only those with this reason"),
];

/// What is tested: the sides that given and expected records are of, and what options are checked against.
struct Tested<'m> {
    mapping: &'m Mapping,
    /// All mappings whose maps and sets a case may name.
    all: Vec<&'m Mapping>,
    left: &'m [Side],
    right: &'m [Side],
    sync: Option<SyncId>,
}

/// Reads a test document. Without a known mapping or sync there is none.
pub fn read(model: &Model, roads: &Roads, root: &Node, name: Name, file: FileId, found: &mut Findings) -> Option<Test> {
    let of_sync = || reader::items(root, "cases").iter().any(|case| OF_SYNC.iter().any(|key| case.get(key).is_some()));
    let sync = model.find_sync(&name.text);
    let (id, first, sync) = match (roads.mapping(&name.text), sync) {
        (Some(id), sync) if sync.is_none() || !of_sync() => (id, id, None),
        // A sync without a route has its finding.
        (_, Some(sync)) => {
            let route = &model.sync(sync).route;
            (*route.last()?, *route.first()?, Some(sync))
        }
        (_, None) => {
            found.add(route::unknown_mapping(model, &name));
            return None;
        }
    };
    let mapping = model.mapping(id);
    let all = sync.map_or(vec![mapping], |sync| model.sync(sync).route.iter().map(|&id| model.mapping(id)).collect());
    let tested = Tested { mapping, all, left: &model.mapping(first).left, right: &mapping.right, sync };
    let options = named_nodes(root, "options");
    check_options(&options, &[mapping], found);
    let cases = reader::items(root, "cases").iter().filter_map(|node| case(model, &tested, node, found)).collect();
    Some(Test { mapping: id, sync, file, as_of: as_of(root, found), options, cases })
}

fn as_of(node: &Node, found: &mut Findings) -> Option<String> {
    let written = node.get("as_of")?;
    let text = written.text()?;
    if literal::date(text).is_none() {
        let finding = Finding::new(&codes::BAD_DATE, written.span).word("text", text).word("key", "as_of");
        found.add(finding.word("form", "2026-09-01"));
        return None;
    }
    Some(text.to_string())
}

fn case(model: &Model, tested: &Tested<'_>, node: &Node, found: &mut Findings) -> Option<Case> {
    let mapping = tested.mapping;
    let options = named_nodes(node, "options");
    check_options(&options, &[mapping], found);
    Some(Case {
        name: reader::name_at(node, "name")?,
        given: records(model, tested.left, node, "given", found),
        expect: records(model, tested.right, node, "expect", found),
        as_of: as_of(node, found),
        skipped: dropped(tested, model, node, "skipped", found),
        rejected: dropped(tested, model, node, "rejected", found),
        held: dropped(tested, model, node, "held", found),
        protected: reader::count(node, "protected"),
        right: records(model, tested.right, node, "right", found),
        links: links(node),
        before: before(model, tested, node, found),
        changes: changes(model, tested, node, found),
        stopped: text(node, "stopped").is_some_and(|text| matches!(text, "true" | "yes")),
        options,
    })
}

fn links(node: &Node) -> Vec<(Name, Vec<(Name, String)>)> {
    let pair = |entry: &crate::syntax::tree::Entry| Some((key_name(entry), entry.value.text()?.to_string()));
    let pairs = |entry: &crate::syntax::tree::Entry| {
        entry.value.entries().unwrap_or_default().iter().filter_map(pair).collect()
    };
    entries(node, "links").iter().map(|entry| (key_name(entry), pairs(entry))).collect()
}

/// How many records of left entities there were before.
fn before(model: &Model, tested: &Tested<'_>, node: &Node, found: &mut Findings) -> Vec<(Name, u64)> {
    let mut all = Vec::new();
    for entry in entries(node, "before") {
        match entity(model, tested.left, &entry.key) {
            // What is no count has its finding.
            Some(_) => all.extend(entry.value.text().and_then(|text| Some((key_name(entry), text.parse().ok()?)))),
            None if tested.left.is_empty() => {}
            None => found.add(unknown_entity(model, tested.left, &key_name(entry), "before")),
        }
    }
    all
}

/// Expected changes by entity and operation; `None` if the case has none.
fn changes(model: &Model, tested: &Tested<'_>, node: &Node, found: &mut Findings) -> Option<Vec<ExpectedChanges>> {
    node.get("changes")?;
    let mut all = Vec::new();
    for entry in entries(node, "changes") {
        let Some(entity) = entity(model, tested.right, &entry.key) else {
            if !tested.right.is_empty() {
                found.add(unknown_entity(model, tested.right, &key_name(entry), "changes"));
            }
            continue;
        };
        let mut operations = Vec::new();
        for operation in entry.value.entries().unwrap_or_default() {
            let records: Vec<Node> =
                operation.value.items().unwrap_or_default().iter().map(reader::with_absent).collect();
            records.iter().for_each(|record| check_record(model, entity, record, found));
            operations.push((key_name(operation), records));
        }
        all.push(ExpectedChanges { entity: key_name(entry), operations });
    }
    Some(all)
}

fn records(model: &Model, sides: &[Side], node: &Node, key: &str, found: &mut Findings) -> Vec<(Name, Vec<Node>)> {
    let mut all = Vec::new();
    for entry in entries(node, key) {
        let Some(entity) = entity(model, sides, &entry.key) else {
            // A side that could not be resolved has its finding already.
            if !sides.is_empty() {
                found.add(unknown_entity(model, sides, &key_name(entry), key));
            }
            continue;
        };
        let records: Vec<Node> = entry.value.items().unwrap_or_default().iter().map(reader::with_absent).collect();
        for record in &records {
            check_record(model, entity, record, found);
        }
        all.push((key_name(entry), records));
    }
    all
}

/// The entity of `entity` or `alias.entity`.
/// The entity that a case means: `pupil`, or with the alias of its side `north.pupil`.
pub fn entity(model: &Model, sides: &[Side], text: &str) -> Option<EntityId> {
    match text.split_once('.') {
        Some((alias, name)) => {
            let side = sides.iter().find(|side| side.alias.text == alias)?;
            model.find_entity(side.system, name)
        }
        None => sides.iter().find_map(|side| model.find_entity(side.system, text)),
    }
}

fn unknown_entity(model: &Model, sides: &[Side], name: &Name, key: &str) -> Finding {
    let entities = sides.iter().flat_map(|side| &model.system(side.system).entities);
    let known: Vec<&str> = entities.map(|&id| model.entity(id).name.text.as_str()).collect();
    Finding::new(&codes::TEST_UNKNOWN_ENTITY, name.span)
        .word("name", &name.text)
        .word("side", if matches!(key, "given" | "before") { "left" } else { "right" })
        .word_if("suggestion", nearest(&name.text, known))
}

fn check_record(model: &Model, entity: EntityId, record: &Node, found: &mut Findings) {
    let entity = model.entity(entity);
    for entry in record.entries().unwrap_or_default() {
        let Some(index) = entity.field(&entry.key) else {
            let known = entity.fields.iter().map(|field| field.name.text.as_str());
            found.add(
                Finding::new(&codes::TEST_UNKNOWN_FIELD, entry.key_span)
                    .word("name", &entry.key)
                    .word("entity", &entity.name.text)
                    .word_if("suggestion", nearest(&entry.key, known)),
            );
            continue;
        };
        check_kind(&entity.fields[index].ty, entry, found);
    }
}

/// Lists stand for lists and maps for structures; texts are left to whoever runs the case, since a case may give a
/// register's wrong values on purpose.
fn check_kind(ty: &crate::value::Type, entry: &crate::syntax::tree::Entry, found: &mut Findings) {
    use crate::value::Type;
    let wanted = match (ty, &entry.value.kind) {
        (_, Kind::Missing) | (Type::Unknown | Type::Ref(_), _) => return,
        (Type::List(_) | Type::Set(_), Kind::List(_)) | (Type::Struct(_), Kind::Map(_)) => return,
        (Type::List(_) | Type::Set(_), _) => "a list",
        (Type::Struct(_), _) => "a map",
        (_, Kind::Scalar(_)) => return,
        _ => "a text",
    };
    let finding = Finding::new(&codes::WRONG_KIND, entry.value.span).word("key", &entry.key);
    found.add(finding.word("wanted", wanted).word("kind", entry.value.kind_word()));
}

fn dropped(tested: &Tested, model: &Model, node: &Node, key: &str, found: &mut Findings) -> Vec<Dropped> {
    let Some(written) = node.get(key) else { return Vec::new() };
    let all: Vec<Dropped> = match &written.kind {
        Kind::Map(entries) => entries
            .iter()
            .filter_map(|entry| {
                Some(Dropped { of: key_name(entry), count: entry.value.text()?.parse().ok()?, reason: None })
            })
            .collect(),
        Kind::List(items) => items
            .iter()
            .filter_map(|item| {
                let count = reader::count(item, "count").unwrap_or(1);
                Some(Dropped {
                    of: reader::name_at(item, "map")?,
                    count,
                    reason: text(item, "reason").map(String::from),
                })
            })
            .collect(),
        _ => Vec::new(),
    };
    // The comparison with the right side holds records of its entities.
    let compared = tested.right.iter().filter(|_| tested.sync.is_some() && key == "held");
    let compared =
        compared.flat_map(|side| &model.system(side.system).entities).map(|&id| &*model.entity(id).name.text);
    let compared: Vec<&str> = compared.collect();
    let names = || {
        let sets = tested.all.iter().flat_map(|mapping| &mapping.sets).map(|&id| &*model.set(id).name.text);
        let maps = tested.all.iter().flat_map(|mapping| &mapping.maps).map(|map| &*map.name.text);
        maps.chain(sets).chain(compared.iter().copied())
    };
    // A mapping whose sides are unknown has no maps; its finding is enough.
    let known = tested.all.iter().all(|mapping| !mapping.maps.is_empty());
    for dropped in all.iter().filter(|dropped| known && !names().any(|name| name == dropped.of.text)) {
        let finding = Finding::new(&codes::TEST_UNKNOWN_MAP, dropped.of.span).word("name", &dropped.of.text);
        found.add(finding.word_if("suggestion", nearest(&dropped.of.text, names())));
    }
    all
}
