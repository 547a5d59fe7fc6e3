//! Models and systems.

use super::entity;
use super::language;
use super::literal;
use super::reader::{entries, items, key_name, name_at, string, text};
use super::shape::{Key, Shape, key, required};
use super::types::TypeScope;
use super::{Evidence, Reads, Setting, System, Writes};
use crate::finding::codes::document as codes;
use crate::finding::suggest::nearest;
use crate::finding::{Finding, Findings};
use crate::source::FileId;
use crate::syntax::ast::Name;
use crate::syntax::tree::{Entry, Node};
use crate::value::Type;

const ENTITIES: Shape = Shape::Named(&Shape::Keys(entity::KEYS));
const EVIDENCE: Shape = Shape::List(&Shape::Keys(EVIDENCE_KEYS));
const CLASSES: Shape = Shape::List(&Shape::Text);
const GRADES: &[&str] = &["A", "B", "C", "D", "tried", "inferred", "assumed", "unknown"];

/// Keys of a `model:` document.
pub static MODEL_KEYS: &[Key] = &[
    required("model", Shape::Text, "the name of the model"),
    key("title", Shape::Text, "its heading"),
    key("doc", Shape::Text, "what it is"),
    key("country", Shape::Text, "where it is used: two letters"),
    key("based_on", Shape::Text, "the model that this one varies"),
    key("classes", CLASSES, "data classes beside the six of the language"),
    required("entities", ENTITIES, "its entities"),
    key("evidence", EVIDENCE, "what it was verified against"),
];

/// Keys of a `system:` document.
pub static SYSTEM_KEYS: &[Key] = &[
    required("system", Shape::Text, "the name of the system"),
    key("title", Shape::Text, "its heading"),
    key("doc", Shape::Text, "what it is"),
    key("country", Shape::Text, "where it is used: two letters"),
    key("roles", Shape::List(&Shape::Word(&["source", "target"])), "what it can be in a sync"),
    key("implements", Shape::Text, "the model whose entities and fields it has"),
    key("based_on", Shape::Text, "the system that this one varies"),
    key("template", Shape::Bool, "not usable until it is copied"),
    key("classes", CLASSES, "data classes beside the six of the language"),
    key(
        "settings",
        Shape::Named(&Shape::Either(&[Shape::Type, Shape::Keys(SETTING_KEYS)])),
        "what the customer fills in",
    ),
    key("connect", Shape::Entries(&Shape::Tree), "how it is reached: one of files, http"),
    key("reads", Shape::Keys(READS_KEYS), "what an answer means"),
    key("writes", Shape::Keys(WRITES_KEYS), "what a delivery means"),
    key("deliver", Shape::Tree, "the whole delivery, where a target takes files"),
    key("shared", Shape::Entries(&Shape::Tree), "named pieces that `use` puts in"),
    key("defaults", Shape::Tree, "attributes for every entity"),
    required("entities", ENTITIES, "its entities"),
    key("requires", Shape::List(&Shape::Keys(REQUIRES_KEYS)), "what must be arranged first, and by whom"),
    key("evidence", EVIDENCE, "what it was verified against"),
    key("deviates", Shape::List(&Shape::Keys(DEVIATES_KEYS)), "why a variant differs"),
    key("unsure", Shape::OneOrMore(&Shape::Text), "what is unsure about it"),
    key("connections", Shape::NotBuilt, "several connections by name"),
    key("facts", Shape::NotBuilt, "what the system itself is asked, once a run"),
    key("documents", Shape::NotBuilt, "one answer that several entities select from"),
    key("order", Shape::NotBuilt, "the order of writes beyond references"),
    key("settles", Shape::NotBuilt, "for how long reads after our own writes may be stale"),
];

/// Keys of a setting.
pub static SETTING_KEYS: &[Key] = &[
    required("type", Shape::Type, "its type; `T?` need not be given; a secret takes references only"),
    key("default", Shape::Tree, "its value if the sync gives none"),
    key("doc", Shape::Text, "what to fill in"),
    key("example", Shape::Text, "an example"),
    key("pattern", Shape::Text, "a regular expression for the whole text"),
    key("begins_with", Shape::Text, "another setting: this one begins with its value"),
    key(
        "missing",
        Shape::Word(&["stops", "pauses"]),
        "pauses: a sync rests while it has no value, and goes on when it has one",
    ),
];

static READS_KEYS: &[Key] = &[
    key("extent", Shape::Word(&["whole", "by-filter", "part"]), "what one read covers"),
    key(
        "absence",
        Shape::Word(&["gone", "gone-when-whole", "nothing"]),
        "what a record that is not in it means: it is gone, if everything could be read; or nothing",
    ),
    key("duplicates", Shape::Word(&["finding", "same-key-merges"]), "what two records with one key mean"),
    key("orphans", Shape::Word(&["finding", "ignore"]), "what a reference to nobody means"),
];

static WRITES_KEYS: &[Key] = &[
    key("extent", Shape::Word(&["whole", "records"]), "whole: what is not delivered is removed"),
    key("held", Shape::Word(&["last-sent", "left-out"]), "what is sent of a held record in a whole delivery"),
];

static EVIDENCE_KEYS: &[Key] = &[
    required("id", Shape::Text, "its id"),
    required("grade", Shape::Word(GRADES), "how strong it is"),
    key("says", Shape::Text, "what it says"),
    key("source", Shape::Text, "where it comes from"),
    key("saved", Shape::Text, "where a copy is kept"),
];

static REQUIRES_KEYS: &[Key] = &[
    required("id", Shape::Text, "its id"),
    required("who", Shape::Word(&["customer", "vendor", "owner"]), "who must arrange it"),
    required("what", Shape::Text, "what must be arranged"),
    key("gives", Shape::List(&Shape::Text), "the settings that come of it"),
    key("lead_time", Shape::Text, "how long it takes"),
    key("route", Shape::Text, "where it is asked for"),
    key("check", Shape::Tree, "a call that shows that it is arranged"),
    key("makes_required", Shape::OneOrMore(&Shape::Text), "the settings that it makes required"),
];

static DEVIATES_KEYS: &[Key] = &[
    required("at", Shape::Text, "the place that differs"),
    required("because", Shape::Text, "why"),
    key("evidence", Shape::Text, "what is known of it"),
    key("breaks", Shape::List(&Shape::Text), "what does not work here"),
];

/// Types of settings that have a word of their own in descriptors and are kept as this type.
pub const SETTING_TYPES: &[(&str, Type)] =
    &[("certificate", Type::Secret), ("host", Type::Text), ("dn", Type::Text), ("name", Type::Text)];

/// A document of a model or system whose variants are worked out.
pub struct Written<'a> {
    /// Its name.
    pub name: Name,
    /// True for `system:`.
    pub is_system: bool,
    /// The file.
    pub file: FileId,
    /// The whole tree.
    pub root: &'a Node,
}

/// Reads all of a system but its entities.
pub fn read(written: &Written<'_>, scope: &TypeScope<'_>, found: &mut Findings) -> System {
    let root = written.root;
    System {
        name: written.name.clone(),
        title: string(root, "title"),
        country: string(root, "country"),
        is_system: written.is_system,
        file: written.file,
        implements: None,
        settings: settings(root, scope, found),
        connect: connect(root, found),
        entities: Vec::new(),
        reads: reads(root),
        writes: writes(root),
        deliver: root.get("deliver").filter(|node| node.text() != Some("off")).cloned(),
        evidence: items(root, "evidence").iter().map(evidence).collect(),
    }
}

fn settings(root: &Node, scope: &TypeScope<'_>, found: &mut Findings) -> Vec<Setting> {
    let settings: Vec<Setting> = entries(root, "settings").iter().map(|entry| setting(entry, scope, found)).collect();
    for start in settings.iter().filter_map(|setting| setting.begins_with.as_ref()) {
        let known = settings.iter().map(|known| known.name.text.as_str());
        if !known.clone().any(|known| known == start.text) {
            let finding = Finding::new(&codes::BEGINS_WITH_NOTHING, start.span).word("name", &start.text);
            found.add(finding.word_if("suggestion", nearest(&start.text, known)));
        }
    }
    settings
}

fn setting(entry: &Entry, scope: &TypeScope<'_>, found: &mut Findings) -> Setting {
    let node = &entry.value;
    let (ty, optional) = node.get("type").map_or((Type::Unknown, false), |written| scope.read(written, found));
    let default = node.get("default").cloned();
    match (&default, &ty) {
        (Some(default), Type::Secret) => {
            found.add(Finding::new(&codes::SECRET_WITH_DEFAULT, default.span).word("name", &entry.key))
        }
        (Some(default), _) => literal::check(default, &ty, &entry.key, found),
        (None, _) => {}
    }
    let pattern = node.get("pattern").and_then(|pattern| language::pattern(pattern, found));
    Setting {
        name: key_name(entry),
        ty,
        optional,
        default,
        pattern,
        begins_with: name_at(node, "begins_with"),
        pauses: text(node, "missing") == Some("pauses"),
        doc: string(node, "doc"),
    }
}

fn connect(root: &Node, found: &mut Findings) -> Option<(Name, Node)> {
    let [entry, others @ ..] = entries(root, "connect") else { return None };
    for other in others {
        let finding = Finding::new(&codes::SEVERAL_PROTOCOLS, other.key_span).word("name", &other.key);
        found.add(finding.word("first", &entry.key).other(entry.key_span, "the first one"));
    }
    Some((key_name(entry), entry.value.clone()))
}

/// What an answer means.
fn reads(root: &Node) -> Reads {
    let said = root.get("reads");
    let word = |key: &str| text(said?, key);
    Reads {
        part: word("extent") == Some("part") || word("absence") == Some("nothing"),
        merges: word("duplicates") == Some("same-key-merges"),
        orphans_ignored: word("orphans") == Some("ignore"),
    }
}

/// What a delivery means. A file that is written holds all there is, unless the document says otherwise; a service takes
/// record after record.
fn writes(root: &Node) -> Writes {
    let said = root.get("writes");
    let word = |key: &str| text(said?, key);
    let of_files = || {
        let written = || entries(root, "entities").iter().any(|entry| entry.value.get("write").is_some());
        entries(root, "connect").first().is_some_and(|entry| entry.key == "files") && written()
    };
    Writes {
        whole: word("extent").map_or_else(of_files, |extent| extent == "whole"),
        held_left_out: word("held") == Some("left-out"),
    }
}

fn evidence(node: &Node) -> Evidence {
    let word = |key: &str| string(node, key).unwrap_or_default();
    Evidence { id: word("id"), grade: word("grade"), says: word("says"), source: word("source") }
}

/// Reports every `evidence:` of an entity or field of a document that names neither an entry nor a grade. `whole` is the
/// document with what it is based on, whose entries count too.
pub fn check_evidence(root: &Node, whole: &Node, found: &mut Findings) {
    let mut known: Vec<&str> = items(whole, "evidence").iter().filter_map(|node| text(node, "id")).collect();
    known.extend(GRADES);
    for entity in entries(root, "entities") {
        let at_entity = [Some(&entity.value), entity.value.get("read"), entity.value.get("write")];
        let at_fields = entries(&entity.value, "fields").iter().map(|entry| Some(&entry.value));
        for node in at_entity.into_iter().chain(at_fields).flatten() {
            let Some(evidence) = node.get("evidence") else { continue };
            let Some(word) = evidence.text().filter(|word| !known.contains(word)) else { continue };
            let suggestion = nearest(word, known.iter().copied());
            found.add(
                Finding::new(&codes::UNKNOWN_EVIDENCE, evidence.span)
                    .word("name", word)
                    .word_if("suggestion", suggestion),
            );
        }
    }
}

/// Adds the data classes of a document.
pub fn add_classes(root: &Node, classes: &mut crate::value::Classes) {
    for name in items(root, "classes").iter().filter_map(Node::text) {
        classes.add(name);
    }
}
