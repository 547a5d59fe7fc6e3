//! What is written otherwise in one state of the documents than in another: rule by rule, key by key.
//!
//! A document is known by its kind and name, not by its file, so one that moved has not changed. Blanks and comments do not
//! count. Test documents are left out: what they say is told by running them.

use crate::finding::Findings;
use crate::finding::layout::counted;
use crate::source::{FileId, Sources, Span};
use crate::syntax::block;
use crate::syntax::parse::Fragment;
use crate::syntax::tree::{Kind, Node};
use crate::syntax::yaml;
use std::collections::{BTreeMap, BTreeSet};

/// A place that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Kind and name of the document: `mapping register--directory`.
    pub document: String,
    /// The file, as it is called now; where the document is gone, as it was called.
    pub file: String,
    /// The line, from 1; of what is gone, in the old file.
    pub line: usize,
    /// The keys that lead to it; a rule is named by its label: `maps`, `pupils`, `fields`, `Name`.
    pub place: Vec<String>,
    /// What stood there.
    pub old: Option<String>,
    /// What stands there.
    pub new: Option<String>,
}

impl Edit {
    /// The keys that lead to it, for people: `maps.pupils: Name`.
    pub fn shown(&self) -> String {
        match self.place.as_slice() {
            [] => self.document.clone(),
            [before @ .., fields, label] if fields == "fields" => format!("{}: {label}", before.join(".")),
            place => place.join("."),
        }
    }
}

/// The documents of one state.
#[derive(Clone, Copy)]
pub struct State<'s> {
    /// The texts.
    pub sources: &'s Sources,
    /// Those that are compared.
    pub files: &'s [FileId],
}

/// A value, where it stands, and as it is written.
type Leaf = (Span, String);

/// Leaves by document and place.
type Leaves = BTreeMap<(String, Vec<String>), Leaf>;

/// All that differs, in order of documents and places.
pub fn edits(old: State<'_>, new: State<'_>) -> Vec<Edit> {
    let (mut before, mut after) = (leaves(old), leaves(new));
    let mut edits = Vec::new();
    // A document that came or went is one change, not as many as it has lines.
    for (document, (span, place)) in alone(&mut after, &before) {
        edits.push(edit(new.sources, &document, &[], span, None, Some(place)));
    }
    for (document, (span, place)) in alone(&mut before, &after) {
        edits.push(edit(old.sources, &document, &[], span, Some(place), None));
    }
    for ((document, place), (span, text)) in &after {
        let known = before.get(&(document.clone(), place.clone())).map(|(_, text)| text.clone());
        if known.as_ref() != Some(text) {
            edits.push(edit(new.sources, document, place, *span, known, Some(text.clone())));
        }
    }
    for ((document, place), (span, text)) in &before {
        if !after.contains_key(&(document.clone(), place.clone())) {
            edits.push(edit(old.sources, document, place, *span, Some(text.clone()), None));
        }
    }
    edits.sort_by(|a, b| (&a.document, &a.file, a.line, &a.place).cmp(&(&b.document, &b.file, b.line, &b.place)));
    edits
}

/// Takes out the documents that the other state does not have: for each where it begins, and how much there is in it.
fn alone(of: &mut Leaves, other: &Leaves) -> BTreeMap<String, Leaf> {
    let known: BTreeSet<&String> = other.keys().map(|(document, _)| document).collect();
    let mut alone: BTreeMap<String, (Span, usize)> = BTreeMap::new();
    for ((document, _), (span, _)) in of.iter().filter(|((document, _), _)| !known.contains(document)) {
        let (first, count) = alone.entry(document.clone()).or_insert((*span, 0));
        *first = (*first).min(*span);
        *count += 1;
    }
    of.retain(|(document, _), _| !alone.contains_key(document));
    let told = |(document, (span, count)): (String, (Span, usize))| {
        let text = format!("a document with {}", counted(count as u64, "entry").replace("entrys", "entries"));
        (document, (span, text))
    };
    alone.into_iter().map(told).collect()
}

fn edit(
    sources: &Sources,
    document: &str,
    place: &[String],
    span: Span,
    old: Option<String>,
    new: Option<String>,
) -> Edit {
    let file = sources.file(span.file).path.clone();
    Edit { document: document.to_string(), file, line: sources.position(span).0, place: place.to_vec(), old, new }
}

fn leaves(state: State<'_>) -> Leaves {
    let mut leaves = Leaves::new();
    for &file in state.files {
        if state.sources.file(file).path.ends_with(".csv") {
            lines(state.sources, file, &mut leaves);
            continue;
        }
        let Some(root) = yaml::read(state.sources, file, &mut Findings::default()) else { continue };
        let Some(document) = title(&root).filter(|title| !title.starts_with("test ")) else { continue };
        walk(&document, &root, &mut Vec::new(), &mut leaves);
    }
    leaves
}

/// Kind and name: the first key and its value.
fn title(root: &Node) -> Option<String> {
    let first = root.entries()?.first()?;
    Some(format!("{} {}", first.key, first.value.text().unwrap_or_default()))
}

/// The lines of a table in CSV are its rows.
fn lines(sources: &Sources, file: FileId, leaves: &mut Leaves) {
    let path = &sources.file(file).path;
    let mut at = 0;
    for line in sources.file(file).text.split_inclusive('\n') {
        let text = line.trim_end().to_string();
        let span = Span::new(file, at..at + line.trim_end().len());
        leaves.insert((format!("table {path}"), vec![text.clone()]), (span, text));
        at += line.len();
    }
}

fn walk(document: &str, node: &Node, place: &mut Vec<String>, leaves: &mut Leaves) {
    match &node.kind {
        Kind::Map(entries) => {
            for entry in entries {
                place.push(entry.key.clone());
                match entry.value.scalar().filter(|_| entry.key == "fields") {
                    Some(scalar) => rules(document, &Fragment::from(scalar), place, leaves),
                    None => walk(document, &entry.value, place, leaves),
                }
                place.pop();
            }
        }
        Kind::List(items) => {
            for item in items {
                let text = written(item);
                place.push(text.clone());
                leaves.insert((document.to_string(), place.clone()), (item.span, text));
                place.pop();
            }
        }
        Kind::Scalar(_) | Kind::Missing => {
            leaves.insert((document.to_string(), place.clone()), (node.span, written(node)));
        }
    }
}

/// The rules of a block: by label, the further ones of a row by their number.
fn rules(document: &str, fragment: &Fragment<'_>, place: &mut Vec<String>, leaves: &mut Leaves) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (label, text) in block::written(fragment) {
        let count = counts.entry(label.text.clone()).or_default();
        *count += 1;
        place.push(if *count == 1 { label.text } else { format!("{} ({count})", label.text) });
        leaves.insert((document.to_string(), place.clone()), (label.span, text));
        place.pop();
    }
}

/// A value as it is written: without blanks that only part lines, and without comments.
fn written(node: &Node) -> String {
    match &node.kind {
        Kind::Scalar(scalar) => scalar.text.split_whitespace().collect::<Vec<_>>().join(" "),
        Kind::Missing => String::new(),
        Kind::List(items) => {
            let items: Vec<String> = items.iter().map(written).collect();
            format!("[{}]", items.join(", "))
        }
        Kind::Map(entries) => {
            let entry = |key: &str, value| format!("{key}: {}", written(value));
            let entries: Vec<String> = entries.iter().map(|known| entry(&known.key, &known.value)).collect();
            format!("{{ {} }}", entries.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{State, edits};
    use crate::source::Sources;

    const OLD: &str = "mapping: m\nmaps:\n  pupils:\n    where: a\n    fields: |\n      \"E-post: ny 😀\": email -> mail\n                       email -> other\n      Name:  x -> name   # said\n";

    fn of(texts: &[(&str, &str)]) -> Sources {
        let mut sources = Sources::default();
        texts.iter().for_each(|(path, text)| {
            sources.add(*path, *text);
        });
        sources
    }

    fn told(old: &[(&str, &str)], new: &[(&str, &str)]) -> Vec<String> {
        let (old, new) = (of(old), of(new));
        let (before, after): (Vec<_>, Vec<_>) = (old.ids().collect(), new.ids().collect());
        let edits = edits(State { sources: &old, files: &before }, State { sources: &new, files: &after });
        let side = |text: &Option<String>| text.clone().unwrap_or("-".into());
        edits
            .iter()
            .map(|edit| {
                format!("{}:{} {} | {} | {}", edit.file, edit.line, edit.shown(), side(&edit.old), side(&edit.new))
            })
            .collect()
    }

    #[test]
    fn a_file_that_moved_blanks_and_comments_are_no_change() {
        let new = OLD.replace("x -> name   # said", "x    ->   name").replace('\n', "\r\n");
        assert_eq!(told(&[("a.mapping.yaml", OLD)], &[("maps/b.mapping.yaml", &new)]), Vec::<String>::new());
    }

    #[test]
    fn rules_are_told_by_their_labels() {
        let new = OLD.replace("email -> other", "phone -> other").replace("Name:  x -> name", "Namn: x -> name");
        assert_eq!(
            told(&[("a.mapping.yaml", OLD)], &[("a.mapping.yaml", &new)]),
            [
                "a.mapping.yaml:6 maps.pupils: E-post: ny 😀 (2) | email -> other | phone -> other",
                "a.mapping.yaml:8 maps.pupils: Name | x -> name | -",
                "a.mapping.yaml:8 maps.pupils: Namn | - | x -> name",
            ]
        );
    }

    #[test]
    fn keys_lists_and_whole_documents_are_told_and_tests_are_not() {
        let old = [("s.sync.yaml", "sync: s\nscope: a\nallow: [x, y]\n"), ("t.test.yaml", "test: m\n")];
        let new = [("s.sync.yaml", "sync: s\nscope: b\nallow: [y, z]\n"), ("n.sync.yaml", "sync: n\n")];
        assert_eq!(
            told(&old, &new),
            [
                "n.sync.yaml:1 sync n | - | a document with 1 entry",
                "s.sync.yaml:2 scope | a | b",
                "s.sync.yaml:3 allow.x | x | -",
                "s.sync.yaml:3 allow.z | - | z",
            ]
        );
    }
}
