//! Variants of systems: `based_on`, `implements`, `use` and `defaults`, worked out on trees before anything is read.
//!
//! The order is `based_on` first, then `use`, then `defaults`. Maps merge by key; scalars and lists replace; a list takes
//! `{ before, after, replace }`; `requires`, `evidence` and `deviates` append; `off` removes.

use crate::finding::codes::document as codes;
use crate::finding::suggest::nearest;
use crate::finding::{Finding, Findings};
use crate::syntax::tree::{Entry, Kind, Node};

/// Keys of a system whose lists are appended to, never replaced.
const APPENDED: &[&str] = &["requires", "evidence", "deviates"];

/// A variant over what it is based on.
pub fn variant(base: &Node, own: &Node, found: &mut Findings) -> Node {
    let mut merged = merge(base, own, found);
    if let (Kind::Map(entries), Some(before), Some(after)) = (&mut merged.kind, base.entries(), own.entries()) {
        for entry in entries.iter_mut().filter(|entry| APPENDED.contains(&entry.key.as_str())) {
            let list = |entries: &[Entry]| entries.iter().find(|other| other.key == entry.key).map(|e| e.value.clone());
            if let (Some(mut first), Some(second)) = (list(before), list(after))
                && let (Kind::List(items), Some(more)) = (&mut first.kind, second.items())
            {
                items.extend_from_slice(more);
                entry.value = first;
            }
        }
    }
    merged
}

/// One tree over another.
fn merge(base: &Node, over: &Node, found: &mut Findings) -> Node {
    let kind = match (&base.kind, &over.kind) {
        (Kind::Map(before), Kind::Map(after)) => Kind::Map(merge_maps(before, after, found)),
        (Kind::List(items), Kind::Map(edits)) if is_list_edit(edits) => Kind::List(edit_list(items, edits)),
        _ => return over.clone(),
    };
    Node { kind, span: over.span }
}

fn merge_maps(before: &[Entry], after: &[Entry], found: &mut Findings) -> Vec<Entry> {
    let mut merged: Vec<Entry> = Vec::with_capacity(before.len() + after.len());
    for entry in before {
        match after.iter().find(|other| other.key == entry.key) {
            None => merged.push(entry.clone()),
            Some(over) if is_off(&over.value) => {}
            Some(over) => {
                let value = merge(&entry.value, &over.value, found);
                merged.push(Entry { key: over.key.clone(), key_span: over.key_span, value });
            }
        }
    }
    for entry in after.iter().filter(|entry| before.iter().all(|other| other.key != entry.key)) {
        if is_off(&entry.value) {
            let known = before.iter().map(|other| other.key.as_str());
            found.add(
                Finding::new(&codes::OFF_WITHOUT_BASE, entry.key_span)
                    .word("key", &entry.key)
                    .word_if("suggestion", nearest(&entry.key, known)),
            );
        } else {
            merged.push(entry.clone());
        }
    }
    merged
}

/// `off` as a bare word.
fn is_off(node: &Node) -> bool {
    node.text() == Some("off")
}

/// `{ before: […], after: […], replace: […] }`
fn is_list_edit(edits: &[Entry]) -> bool {
    !edits.is_empty() && edits.iter().all(|edit| ["before", "after", "replace"].contains(&edit.key.as_str()))
}

fn edit_list(items: &[Node], edits: &[Entry]) -> Vec<Node> {
    let part = |key: &str| {
        let edit = edits.iter().find(|edit| edit.key == key);
        edit.map(|edit| edit.value.items().map_or_else(|| vec![edit.value.clone()], <[Node]>::to_vec))
    };
    let mut edited = part("before").unwrap_or_default();
    edited.extend(part("replace").unwrap_or_else(|| items.to_vec()));
    edited.extend(part("after").unwrap_or_default());
    edited
}

/// Writes short forms out: `name: text?` becomes `name: { type: text? }` in `settings` and in the `fields` of entities.
pub fn write_out(document: &mut Node) {
    write_out_map(get_mut(document, "settings"));
    let Some(Kind::Map(entities)) = get_mut(document, "entities").map(|node| &mut node.kind) else { return };
    for entity in entities {
        write_out_map(get_mut(&mut entity.value, "fields"));
    }
}

fn write_out_map(node: Option<&mut Node>) {
    let Some(Kind::Map(entries)) = node.map(|node| &mut node.kind) else { return };
    for entry in entries.iter_mut().filter(|entry| entry.value.scalar().is_some() && !is_off(&entry.value)) {
        let value = entry.value.clone();
        let span = value.span;
        let long = Entry { key: "type".into(), key_span: entry.key_span, value };
        entry.value = Node { kind: Kind::Map(vec![long]), span };
    }
}

fn get_mut<'a>(node: &'a mut Node, key: &str) -> Option<&'a mut Node> {
    match &mut node.kind {
        Kind::Map(entries) => entries.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.value),
        _ => None,
    }
}

/// Keys of an entity that a system takes from the model that it implements.
const IMPLEMENTED: &[&str] = &["key", "also", "key_mode", "protected_when", "doc"];

/// A system over the model that it implements: entities, fields, types, classes and keys where the system does not say.
/// What the system says comes first and in its order, since that may be the order of its columns.
pub fn implementation(model: &Node, own: &Node, found: &mut Findings) -> Node {
    let mut whole = own.clone();
    let Some(theirs) = model.get("entities").and_then(Node::entries) else { return whole };
    let Kind::Map(keys) = &mut whole.kind else { return whole };
    let mine = keys.iter().find(|entry| entry.key == "entities").and_then(|entry| entry.value.entries());
    let merged = implement_entities(theirs, mine.unwrap_or_default(), found);
    match keys.iter_mut().find(|entry| entry.key == "entities") {
        Some(entry) => entry.value.kind = Kind::Map(merged),
        None => keys.push(Entry {
            key: "entities".into(),
            key_span: own.span,
            value: Node { kind: Kind::Map(merged), span: own.span },
        }),
    }
    whole
}

fn implement_entities(theirs: &[Entry], mine: &[Entry], found: &mut Findings) -> Vec<Entry> {
    let mut merged = Vec::with_capacity(theirs.len());
    for entry in mine.iter().filter(|entry| !is_off(&entry.value)) {
        match theirs.iter().find(|other| other.key == entry.key) {
            None => merged.push(entry.clone()),
            Some(model) => {
                let value = implement_entity(&model.value, &entry.value, found);
                merged.push(Entry { value, ..entry.clone() });
            }
        }
    }
    merged.extend(theirs.iter().filter(|model| mine.iter().all(|entry| entry.key != model.key)).cloned());
    merged
}

fn implement_entity(model: &Node, own: &Node, found: &mut Findings) -> Node {
    let (Some(theirs), Some(mine)) = (model.entries(), own.entries()) else { return own.clone() };
    let mut merged = mine.to_vec();
    let takes =
        |entry: &&Entry| IMPLEMENTED.contains(&entry.key.as_str()) && mine.iter().all(|other| other.key != entry.key);
    merged.extend(theirs.iter().filter(takes).cloned());
    if let Some(fields) = theirs.iter().find(|entry| entry.key == "fields") {
        match merged.iter_mut().find(|entry| entry.key == "fields") {
            Some(own) => own.value = implement_fields(&fields.value, &own.value, found),
            None => merged.push(fields.clone()),
        }
    }
    Node { kind: Kind::Map(merged), span: own.span }
}

fn implement_fields(model: &Node, own: &Node, found: &mut Findings) -> Node {
    let (Some(theirs), Some(mine)) = (model.entries(), own.entries()) else { return own.clone() };
    let both = merge_maps(theirs, mine, found);
    let is_mine = |entry: &Entry| mine.iter().any(|other| other.key == entry.key);
    let said = mine.iter().filter_map(|entry| both.iter().find(|other| other.key == entry.key));
    let rest = both.iter().filter(|entry| !is_mine(entry));
    Node { kind: Kind::Map(said.chain(rest).cloned().collect()), span: own.span }
}

/// Puts the pieces under `shared:` where `use:` names them; keys beside `use` win.
pub fn splice(document: &Node, found: &mut Findings) -> Node {
    let shared = document.get("shared").and_then(Node::entries).unwrap_or_default();
    let Some(entries) = document.entries() else { return document.clone() };
    let spliced = entries.iter().map(|entry| {
        let value = match entry.key.as_str() {
            "shared" => entry.value.clone(),
            _ => Splice { shared, inside: Vec::new() }.node(&entry.value, found),
        };
        Entry { value, ..entry.clone() }
    });
    Node { kind: Kind::Map(spliced.collect()), span: document.span }
}

/// One walk through a document; `inside` are the pieces that are being put in, to find circles.
struct Splice<'a> {
    shared: &'a [Entry],
    inside: Vec<&'a str>,
}

impl<'a> Splice<'a> {
    fn node(&mut self, node: &Node, found: &mut Findings) -> Node {
        let kind = match &node.kind {
            Kind::List(items) => Kind::List(items.iter().map(|item| self.node(item, found)).collect()),
            Kind::Map(entries) => Kind::Map(self.map(entries, found)),
            _ => return node.clone(),
        };
        Node { kind, span: node.span }
    }

    fn map(&mut self, entries: &[Entry], found: &mut Findings) -> Vec<Entry> {
        let used = |entry: &&Entry| entry.key == "use" && !entry.value.is_missing();
        let own = entries.iter().filter(|entry| !used(entry));
        let own: Vec<Entry> =
            own.map(|entry| Entry { value: self.node(&entry.value, found), ..entry.clone() }).collect();
        let Some(names) = entries.iter().find(used) else { return own };
        let mut merged: Vec<Entry> = Vec::new();
        for name in super::reader::many(&names.value) {
            let piece = self.piece(name, found);
            merged = if merged.is_empty() { piece } else { merge_maps(&merged, &piece, found) };
        }
        merge_maps(&merged, &own, found)
    }

    fn piece(&mut self, name: &Node, found: &mut Findings) -> Vec<Entry> {
        let shared = self.shared;
        let Some(text) = name.text() else { return Vec::new() };
        let Some(entry) = shared.iter().find(|entry| entry.key == text) else {
            let known = shared.iter().map(|entry| entry.key.as_str());
            found.add(
                Finding::new(&codes::UNKNOWN_SHARED, name.span)
                    .word("name", text)
                    .word_if("suggestion", nearest(text, known)),
            );
            return Vec::new();
        };
        if self.inside.contains(&entry.key.as_str()) {
            found.add(Finding::new(&codes::CYCLE, name.span).word("key", "use").word("name", text));
            return Vec::new();
        }
        self.inside.push(&entry.key);
        let piece = self.node(&entry.value, found);
        self.inside.pop();
        piece.entries().unwrap_or_default().to_vec()
    }
}

/// Puts the attributes under `defaults:` into every entity that does not say otherwise.
pub fn with_defaults(document: &Node, found: &mut Findings) -> Node {
    let mut whole = document.clone();
    let Some(defaults) = document.get("defaults").filter(|node| node.entries().is_some()) else { return whole };
    if let Some(Kind::Map(entities)) = get_mut(&mut whole, "entities").map(|node| &mut node.kind) {
        for entity in entities.iter_mut().filter(|entity| entity.value.entries().is_some()) {
            entity.value = merge(defaults, &entity.value, found);
        }
    }
    whole
}
