//! What is fuzzed: each function takes any bytes, and panics if Koppla breaks a promise about them. The programs under
//! `fuzz_targets` give them to libFuzzer, and `tests/fuzz.rs` runs them over their corpora with the stable toolchain.

use koppla::adapter::drive::{ReadOutcome, read_all};
use koppla::adapter::files::Files;
use koppla::adapter::{Cell, Opener, Settings};
use koppla::finding::Findings;
use koppla::model::resolve;
use koppla::plan::columns::columns;
use koppla::protocol::files::Files as Protocol;
use koppla::protocol::path::JsonPath;
use koppla::protocol::{Protocol as _, ScopeNames};
use koppla::run::change::ChangeSet;
use koppla::source::{OffsetMap, Sources, Span};
use koppla::syntax::parse::{self, Fragment};
use koppla::syntax::{block, print, yaml as reader};
use koppla::world::TestWorld;
use std::collections::BTreeSet;

/// What is done with some bytes; it panics where something is wrong.
pub type Target = fn(&[u8]);

/// All of them, by the names of their corpora.
pub const TARGETS: &[(&str, Target)] = &[
    ("yaml", yaml),
    ("rules", rules),
    ("printer", printer),
    ("csv", csv),
    ("xml", xml),
    ("json", json),
    ("jsonpath", jsonpath),
    ("change_set", change_set),
];

/// A document is read to a tree or refused; every place of a finding lies in it.
pub fn yaml(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut sources = Sources::default();
    let file = sources.add("example.mapping.yaml", text);
    let mut found = Findings::default();
    reader::read(&sources, file, &mut found);
    in_place(&sources, found);
    let mut found = Findings::default();
    resolve(&sources, &[file], &mut found);
    in_place(&sources, found);
}

/// Findings underline text that is there.
fn in_place(sources: &Sources, found: Findings) {
    for finding in found.sorted() {
        let text = &sources.file(finding.span.file).text;
        let range = finding.span.range();
        assert!(text.get(range.clone()).is_some(), "{} at {range:?} of {} bytes", finding.code.slug, text.len());
        assert!(!finding.message().is_empty());
    }
}

/// A text as a fragment of a file of its own.
fn fragment<T>(text: &str, work: impl FnOnce(&Fragment<'_>, &mut Findings) -> T) -> (T, Findings, Sources) {
    let mut sources = Sources::default();
    let file = sources.add("example.mapping.yaml", text);
    let map = OffsetMap::identity(Span::new(file, 0..text.len()));
    let mut found = Findings::default();
    let made = work(&Fragment { text, map: &map }, &mut found);
    (made, found, sources)
}

/// Every kind of block takes any text, and tells what is wrong at its place.
pub fn rules(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let kinds: [fn(&Fragment<'_>, &mut Findings); 9] = [
        |fragment, found| drop(block::fields(fragment, found)),
        |fragment, found| drop(block::overlay(fragment, found)),
        |fragment, found| drop(block::steps(fragment, found)),
        |fragment, found| drop(block::match_lines(fragment, found)),
        |fragment, found| drop(block::bindings(fragment, found)),
        |fragment, found| drop(block::grants(fragment, found)),
        |fragment, found| drop(parse::map_where(fragment, found)),
        |fragment, found| drop(parse::between(fragment, found)),
        |fragment, found| drop(parse::type_expression(fragment, found)),
    ];
    for kind in kinds {
        let ((), found, sources) = fragment(text, kind);
        in_place(&sources, found);
    }
}

/// What was parsed without a finding is printed, parsed again without one, and printed as the same.
pub fn printer(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (expression, found, _) = fragment(text, parse::expression);
    if found.is_empty() {
        let printed = print::expression(&expression);
        let (again, found, _) = fragment(&printed, parse::expression);
        assert!(found.is_empty(), "{text:?} is printed as {printed:?}, which cannot be parsed");
        assert_eq!(print::expression(&again), printed, "{text:?}");
    }
    let (rules, found, _) = fragment(text, block::fields);
    if found.is_empty() {
        let printed = |rules: &[koppla::syntax::ast::Rule]| rules.iter().map(print::rule).collect::<Vec<_>>();
        let before = printed(&rules);
        let (again, found, _) = fragment(&before.join("\n"), block::fields);
        // A row of several rules is printed with its label on each: that may be a label twice, and nothing else.
        if found.is_empty() {
            assert_eq!(printed(&again), before, "{text:?}");
        }
    }
}

/// A read of a file that holds these bytes.
fn file(bytes: &[u8], format: &str, read: &str, places: &[&str]) {
    thread_local!(static WORLD: TestWorld = TestWorld::new());
    let fields: String = places
        .iter()
        .enumerate()
        .map(|(index, at)| format!("      f{index}: {{ type: \"text?\", at: {} }}\n", serde_json::json!(at)))
        .collect();
    let document = format!(
        "system: sample\nconnect:\n  files: {{ folder: ., format: {format} }}\nentities:\n  row:\n    key: f0\n    read: {{ file: f{read} }}\n    fields:\n{fields}"
    );
    let mut sources = Sources::default();
    let mut found = Findings::default();
    let id = sources.add("systems/sample/system.yaml", document.as_str());
    let model = resolve(&sources, &[id], &mut found);
    let (_, connect) = model.systems[0].connect.as_ref().expect("a connection");
    let mut dialect = Protocol.compile(connect, &ScopeNames::default(), &mut found).expect("a dialect");
    let entity = &model.entities[0];
    let all: BTreeSet<u16> = (0..entity.fields.len() as u16).collect();
    let (shape, _) = columns(&model, entity, &all);
    let call = dialect.read(entity.read.as_ref().expect("a call"), &shape, &mut found).expect("a call that is sound");
    WORLD.with(|world| {
        world.put("f", bytes);
        let settings = Settings { folder: world.path(""), as_of: "2026-09-01".into(), ..Settings::default() };
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let outcome = |page: usize| {
            let files = Files { page };
            runtime.block_on(async {
                let mut session = files.open(&*dialect, world, &settings).await.expect("a session");
                read_all(&mut *session, call, &mut |_| {}).await
            })
        };
        let whole = seen(&outcome(4 << 20));
        for page in [3, 64] {
            assert_eq!(seen(&outcome(page)), whole, "in pages of {page} bytes, {format}");
        }
    });
}

/// Rows, and what is told of the others. A file that is not read whole says where.
fn seen(outcome: &ReadOutcome) -> (Vec<String>, Vec<String>, bool) {
    let mut rows = Vec::new();
    for batch in &outcome.batches {
        for row in 0..batch.len() {
            let cells = batch.row(row).map(|cell| match &cell {
                Cell::Text { start, len } => format!("{:?}", batch.text(*start, *len)),
                Cell::Number { start, len } => batch.text(*start, *len).to_string(),
                Cell::List { len, .. } => format!("{len} elements"),
                other => format!("{other:?}"),
            });
            rows.push(format!("{}: {}", batch.lines.get(row), cells.collect::<Vec<_>>().join(", ")));
        }
    }
    let mut told: Vec<String> = outcome.torn.iter().map(|torn| format!("{}: {}", torn.origin, torn.why)).collect();
    told.extend(outcome.faults.iter().map(|fault| fault.say.clone()));
    assert_eq!(outcome.complete, told.is_empty(), "{told:?}");
    // The words for the end of a file may depend on where a piece ends; the rows and the places may not.
    let places = outcome.torn.iter().map(|torn| torn.origin.clone()).collect();
    (rows, places, outcome.complete)
}

/// The bytes without the first one, which chooses among some dialects.
fn chosen<'b, T: Copy>(bytes: &'b [u8], among: &[T]) -> (T, &'b [u8]) {
    let (first, rest) = bytes.split_first().unwrap_or((&0, &[]));
    (among[usize::from(*first) % among.len()], rest)
}

/// A table is the same rows in pieces of every size.
pub fn csv(bytes: &[u8]) {
    let (dialect, bytes) = chosen(
        bytes,
        &[
            "csv",
            "{ csv: { separator: \";\", quote: none, encoding: windows-1252, ragged: pad } }",
            "{ csv: { separator: tab, escape: \"\\\\\", comment: \"#\", trim: both } }",
            "{ csv: { encoding: utf-16, header: none } }",
            "{ csv: { columns: by-position, absent_when: [NULL], line_end: crlf } }",
        ],
    );
    file(bytes, dialect, if dialect.contains("none }") { ", columns: [a, b]" } else { "" }, &["a", "b"]);
}

/// A document is the same records in pieces of every size; nothing that it declares is expanded.
pub fn xml(bytes: &[u8]) {
    let (dialect, bytes) = chosen(
        bytes,
        &[
            "select: \"r.p[*]\"",
            "select: \"r.l.p[*]\", any_case: yes",
            "select: \"n:r.n:p[*]\", namespaces: { n: urn:n }",
        ],
    );
    file(bytes, &format!("{{ xml: {{ {dialect} }} }}"), "", &["@id", "n", "n.m", "#"]);
}

/// Records of JSON are the same in pieces of every size.
pub fn json(bytes: &[u8]) {
    let (dialect, bytes) = chosen(
        bytes,
        &[
            "{ json: { select: \"$[*]\" } }",
            "{ json: { select: \"$.data[*]\" } }",
            "ndjson",
            "{ json: { select: \"$\" } }",
        ],
    );
    file(bytes, dialect, "", &["id", "n.m", "$.l[?@.x > 1].y"]);
}

/// A path is refused or followed: the first line is the path, the rest the document.
pub fn jsonpath(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (path, document) = text.split_once('\n').unwrap_or((text, "[{\"a\":[1,{\"b\":null}]}]"));
    let Ok(path) = JsonPath::compile(path) else { return };
    let Ok(document) = serde_json::from_str(document) else { return };
    let found = path.find(&document).len();
    if let Some(keys) = path.keys() {
        assert!(found <= 1);
        let again = JsonPath::of_keys(&keys).expect("keys are a path");
        assert_eq!(again.find(&document).len(), found);
    }
    if let Some(holder) = path.holder() {
        holder.find(&document);
    }
    path.select().text();
}

/// A file of changes is refused with a reason, or is what it says.
pub fn change_set(bytes: &[u8]) {
    match ChangeSet::from_file(bytes) {
        Err(why) => assert!(!why.is_empty()),
        Ok(set) => {
            let again = ChangeSet::from_file(&set.to_file()).expect("a file of ours");
            assert_eq!(again.digest, set.digest);
        }
    }
}
