//! All documents of a project into one model.
//!
//! The order is: read every file and declare its name; models and systems with their variants; entities, so that
//! references find each other; fields; tables; mappings; providers and syncs; tests. A name is looked up through maps that
//! are never walked, so that their order reaches no output.

use super::entity;
use super::layer;
use super::merge;
use super::provider::{self, Provider};
use super::route::Roads;
use super::shape::{Key, check_document, mend};
use super::standard;
use super::system::{self, Written};
use super::types::TypeScope;
use super::{Mapping, MappingId, Model, SystemId, cases, mapping, sync, table};
use crate::finding::codes::document as codes;
use crate::finding::suggest::nearest;
use crate::finding::{Finding, Findings};
use crate::source::{FileId, Sources};
use crate::syntax::ast::Name;
use crate::syntax::tree::{Entry, Kind, Node};
use crate::syntax::yaml;
use crate::value::EntityId;
use std::collections::HashMap;
use std::rc::Rc;

/// The kinds of documents: the first key, and the keys that such a document may have.
pub static KINDS: &[(&str, &[Key])] = &[
    ("model", system::MODEL_KEYS),
    ("system", system::SYSTEM_KEYS),
    ("mapping", mapping::KEYS),
    ("sync", sync::KEYS),
    ("provider", provider::KEYS),
    ("overlay", layer::KEYS),
    ("standard", standard::KEYS),
    ("table", table::KEYS),
    ("test", cases::KEYS),
];

/// A document: its kind, name and tree.
struct Document {
    kind: &'static str,
    name: Name,
    file: FileId,
    root: Node,
}

impl Document {
    fn is(&self, kinds: &[&str]) -> bool {
        kinds.contains(&self.kind)
    }
}

/// Reads all files into a model. `files` holds the library's first, then the project's, and the CSV files of tables.
/// Returns what it could; everything else becomes a finding.
pub fn resolve(sources: &Sources, files: &[FileId], found: &mut Findings) -> Model {
    let documents = read_all(sources, files, found);
    let mut model = Model::default();
    let systems = Systems::read(&documents, &mut model, found);
    let types = TypeScope::without_entities();
    for document in documents.iter().filter(|document| document.is(&["table"])) {
        check_document(&document.root, table::KEYS, found);
        let table = table::read(sources, &document.root, document.name.clone(), document.file, &types, found);
        model.tables.push(table);
    }
    read_mappings(&documents, &systems, &mut model, found);
    let roads = Roads::new(&model.mappings);
    read_syncs(&documents, &systems, &roads, &mut model, found);
    for document in documents.iter().filter(|document| document.is(&["test"])) {
        check_document(&document.root, cases::KEYS, found);
        let test = cases::read(&model, &roads, &document.root, document.name.clone(), document.file, found);
        model.tests.extend(test);
    }
    model
}

fn read_all(sources: &Sources, files: &[FileId], found: &mut Findings) -> Vec<Document> {
    let mut documents = Vec::with_capacity(files.len());
    let mut names: HashMap<(&'static str, String), Name> = HashMap::with_capacity(files.len());
    for &file in files.iter().filter(|&&file| !sources.file(file).path.ends_with(".csv")) {
        let Some(document) = yaml::read(sources, file, found).and_then(|root| document(root, file, found)) else {
            continue;
        };
        // A model and a system share their names; several tests may speak of one mapping.
        let space = if document.kind == "model" { "system" } else { document.kind };
        if document.kind == "test" {
            documents.push(document);
            continue;
        }
        match names.get(&(space, document.name.text.clone())) {
            // What a project calls by the name of a document of the library takes its place: the library lies under it.
            Some(first) if is_of_library(sources, first) && !is_of_library(sources, &document.name) => {
                let first = first.span;
                names.insert((space, document.name.text.clone()), document.name.clone());
                documents.retain(|known| known.name.span != first);
                documents.push(document);
            }
            Some(first) => found.add(twice(&document, first)),
            None => {
                names.insert((space, document.name.text.clone()), document.name.clone());
                hint_file_name(sources, &document, found);
                documents.push(document);
            }
        }
    }
    documents
}

/// True if a name stands in a file of the built-in library.
fn is_of_library(sources: &Sources, name: &Name) -> bool {
    sources.file(name.span.file).path.starts_with("library:")
}

/// Finds the kind of a document by its first key.
fn document(mut root: Node, file: FileId, found: &mut Findings) -> Option<Document> {
    let first = match root.entries() {
        Some([first, ..]) => first,
        Some([]) => return None,
        None => {
            found.add(
                Finding::new(&codes::WRONG_KIND, root.span)
                    .word("key", "document")
                    .word("wanted", "a map")
                    .word("kind", root.kind_word()),
            );
            return None;
        }
    };
    let known = KINDS.iter().find(|(kind, _)| *kind == first.key);
    if known.is_none() {
        found.add(unknown_document(first, &root));
    }
    // A kind that is written wrong is read as the one that was meant, and what others say of the document holds.
    let (kind, keys) = known.or_else(|| meant(first, &root))?;
    if let Kind::Map(entries) = &mut root.kind {
        entries[0].key = kind.to_string();
    }
    mend(&mut root, keys, found);
    let first = root.entries().and_then(<[Entry]>::first)?;
    let Some(name) = super::reader::name(&first.value).filter(|name| !name.text.is_empty()) else {
        // The shape says what is wrong with the name and with everything below it.
        check_document(&root, keys, found);
        return None;
    };
    Some(Document { kind, name, file, root })
}

/// The kind that stands further down although it should be the first key.
fn later(root: &Node) -> Option<&'static str> {
    KINDS.iter().map(|(kind, _)| *kind).find(|kind| root.get(kind).is_some_and(|node| node.text().is_some()))
}

/// The kind that a first key was meant to be.
fn meant(first: &Entry, root: &Node) -> Option<&'static (&'static str, &'static [Key])> {
    let near = nearest(&first.key, KINDS.iter().map(|(kind, _)| *kind)).filter(|_| later(root).is_none())?;
    KINDS.iter().find(|(kind, _)| *kind == near)
}

fn unknown_document(first: &Entry, root: &Node) -> Finding {
    let kinds = || KINDS.iter().map(|(kind, _)| *kind);
    let later = later(root);
    Finding::new(&codes::UNKNOWN_DOCUMENT, first.key_span)
        .word("key", &first.key)
        .word_if("suggestion", nearest(&first.key, kinds()))
        .word_if("later", later)
        .word("known", kinds().collect::<Vec<_>>().join(", "))
}

fn twice(document: &Document, first: &Name) -> Finding {
    Finding::new(&codes::NAME_TWICE, document.name.span)
        .word("kind", document.kind)
        .word("name", &document.name.text)
        .other(first.span, "the first one")
}

/// A file that is named for another kind is found by nobody who looks for it; it is read all the same.
fn hint_file_name(sources: &Sources, document: &Document, found: &mut Findings) {
    let path = &sources.file(document.file).path;
    let file = path.rsplit(['/', ':']).next().unwrap_or(path);
    let Some((_, named)) = file.strip_suffix(".yaml").and_then(|stem| stem.rsplit_once('.')) else { return };
    if named != document.kind && KINDS.iter().any(|(kind, _)| *kind == named) {
        found.add(
            Finding::new(&codes::FILE_NAME_OF_OTHER_KIND, document.name.span)
                .word("file", file)
                .word("named", named)
                .word("kind", document.kind),
        );
    }
}

/// Models and systems by name, for look-up only.
struct Systems {
    by_name: HashMap<String, SystemId>,
    names: Vec<String>,
}

impl Systems {
    fn find(&self, name: &str) -> Option<SystemId> {
        self.by_name.get(name).copied()
    }

    /// Reads models and systems with their entities and fields into the model.
    fn read(documents: &[Document], model: &mut Model, found: &mut Findings) -> Systems {
        let written: Vec<&Document> = documents.iter().filter(|document| document.is(&["model", "system"])).collect();
        let names: Vec<String> = written.iter().map(|document| document.name.text.clone()).collect();
        let by_name = names.iter().enumerate().map(|(index, name)| (name.clone(), SystemId(index as u32))).collect();
        let systems = Systems { by_name, names };
        let mut variants = Variants { systems: &systems, documents: &written, trees: vec![State::New; written.len()] };
        let trees: Vec<Node> = (0..written.len()).map(|index| variants.whole(index, found)).collect();
        for tree in &trees {
            system::add_classes(tree, &mut model.classes);
        }
        let mut first = 0;
        for (index, (document, tree)) in written.iter().zip(&trees).enumerate() {
            check_document(tree, keys_of(document), found);
            let id = SystemId(index as u32);
            first = systems.read_one(id, document, tree, first, model, found);
        }
        systems
    }

    /// Reads one system; its entities have the numbers from `first` on. Returns the first number after them.
    fn read_one(
        &self,
        id: SystemId,
        document: &Document,
        root: &Node,
        first: u32,
        model: &mut Model,
        found: &mut Findings,
    ) -> u32 {
        let entries = super::reader::entries(root, "entities");
        let scope = TypeScope::of(entries.iter().map(|entry| entry.key.as_str()), first);
        let is_system = document.kind == "system";
        let written = Written { name: document.name.clone(), is_system, file: document.file, root };
        let mut system = system::read(&written, &scope, found);
        system.implements = super::reader::text(root, "implements").and_then(|name| self.find(name));
        system.entities = (first..first + entries.len() as u32).map(EntityId).collect();
        model.systems.push(system);
        let classes = model.classes.clone();
        model.entities.extend(entries.iter().map(|entry| entity::read(entry, id, &scope, &classes, found)));
        system::check_evidence(&document.root, root, found);
        first + entries.len() as u32
    }
}

fn keys_of(document: &Document) -> &'static [Key] {
    KINDS.iter().find(|(kind, _)| *kind == document.kind).map_or(&[], |(_, keys)| keys)
}

/// How far the variants of a system are worked out.
#[derive(Clone)]
enum State {
    /// Not begun.
    New,
    /// Being worked out: whoever asks now goes in a circle.
    Begun,
    /// Merged over what it is based on and what it implements.
    Done(Rc<Node>),
}

/// Works out `based_on` and `implements`, each system once.
struct Variants<'a> {
    systems: &'a Systems,
    documents: &'a [&'a Document],
    trees: Vec<State>,
}

impl Variants<'_> {
    /// The tree of a system with everything in it.
    fn whole(&mut self, index: usize, found: &mut Findings) -> Node {
        let merged = self.merged(index, found);
        let spliced = merge::splice(&merged, found);
        merge::with_defaults(&spliced, found)
    }

    fn merged(&mut self, index: usize, found: &mut Findings) -> Rc<Node> {
        if let State::Done(tree) = &self.trees[index] {
            return tree.clone();
        }
        self.trees[index] = State::Begun;
        let document = self.documents[index];
        let mut tree = document.root.clone();
        merge::write_out(&mut tree);
        let based_on = self.base(document, "based_on", &codes::UNKNOWN_SYSTEM, found);
        if let Some(base) = based_on {
            tree = merge::variant(&base, &tree, found);
        }
        if let Some(model) = self.base(document, "implements", &codes::UNKNOWN_MODEL, found) {
            tree = merge::implementation(&model, &tree, found);
        }
        let tree = Rc::new(tree);
        self.trees[index] = State::Done(tree.clone());
        tree
    }

    /// The merged tree of the system that a key names.
    fn base(
        &mut self,
        document: &Document,
        key: &'static str,
        unknown: &'static crate::finding::Code,
        found: &mut Findings,
    ) -> Option<Rc<Node>> {
        let name = super::reader::name_at(&document.root, key)?;
        let wanted = if key == "implements" { "model" } else { document.kind };
        let same = |other: &&Document| other.kind == wanted;
        let index = self.systems.find(&name.text).map(|id| id.0 as usize).filter(|&index| same(&self.documents[index]));
        let Some(index) = index else {
            let known = self.documents.iter().copied().filter(same).map(|other| other.name.text.as_str());
            let finding = Finding::new(unknown, name.span).word("name", &name.text);
            found.add(finding.word_if("suggestion", nearest(&name.text, known)));
            return None;
        };
        if matches!(self.trees[index], State::Begun) {
            found.add(Finding::new(&codes::CYCLE, name.span).word("key", key).word("name", &name.text));
            return None;
        }
        Some(self.merged(index, found))
    }
}

fn read_mappings(documents: &[Document], systems: &Systems, model: &mut Model, found: &mut Findings) {
    let system = |name: &str| systems.find(name);
    for document in documents.iter().filter(|document| document.is(&["mapping"])) {
        check_document(&document.root, mapping::KEYS, found);
        let first_set = model.sets.len() as u32;
        let around = mapping::Surroundings { system: &system, systems: &systems.names, first_set };
        let id = MappingId(model.mappings.len() as u32);
        let (mapping, sets): (Mapping, _) =
            mapping::read(id, document.name.clone(), document.file, &document.root, &around, found);
        model.mappings.push(mapping);
        model.sets.extend(sets);
    }
}

fn read_syncs(documents: &[Document], systems: &Systems, roads: &Roads, model: &mut Model, found: &mut Findings) {
    let mut providers: Vec<Provider> = Vec::new();
    for document in documents.iter().filter(|document| document.is(&["provider"])) {
        check_document(&document.root, provider::KEYS, found);
        providers.push(provider::read(&document.root, document.name.clone(), found));
    }
    let overlays = read_overlays(documents, &providers, model, found);
    let system = |name: &str| systems.find(name);
    let mut syncs = Vec::new();
    for document in documents.iter().filter(|document| document.is(&["sync"])) {
        check_document(&document.root, sync::KEYS, found);
        let around = sync::Surroundings {
            model,
            system: &system,
            systems: &systems.names,
            roads,
            providers: &providers,
            overlays: &overlays,
        };
        syncs.extend(sync::read(&document.root, document.name.clone(), document.file, &around, found));
    }
    model.syncs = syncs;
    for document in documents.iter().filter(|document| document.is(&["standard"])) {
        check_document(&document.root, standard::KEYS, found);
        model.standards.push(standard::read(&document.root, document.name.clone()));
    }
}

/// Overlays that several syncs may share; what they and the providers change must be there.
fn read_overlays(
    documents: &[Document],
    providers: &[Provider],
    model: &Model,
    found: &mut Findings,
) -> Vec<layer::Overlay> {
    let mut overlays = Vec::new();
    for document in documents.iter().filter(|document| document.is(&["overlay"])) {
        check_document(&document.root, layer::KEYS, found);
        overlays.push(layer::read(&document.root, document.name.clone(), found));
    }
    layer::check_circles(&overlays, found);
    let changes = providers.iter().map(|provider| &provider.change).chain(overlays.iter().map(|over| &over.change));
    changes.for_each(|changes| layer::check_maps(changes, &model.mappings, found));
    overlays
}
