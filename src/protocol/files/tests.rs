//! Descriptors of connections to files: what compiles, and what is found wrong with the rest.

use super::*;
use crate::protocol::Slot;
use crate::source::{FileId, OffsetMap, Span};
use crate::syntax::tree::{Entry, Kind, Scalar, Style};
use serde_json::{Value, json};

/// A tree as the YAML reader would give it, with one span for all.
pub fn node(value: &Value) -> Node {
    let span = Span { file: FileId(0), start: 0, end: 0 };
    let kind = match value {
        Value::Null => Kind::Missing,
        Value::Array(items) => Kind::List(items.iter().map(node).collect()),
        Value::Object(map) => Kind::Map(
            map.iter().map(|(key, value)| Entry { key: key.clone(), key_span: span, value: node(value) }).collect(),
        ),
        Value::String(text) => scalar(text, span),
        other => scalar(&other.to_string(), span),
    };
    Node { kind, span }
}

fn scalar(text: &str, span: Span) -> Kind {
    let span = Span { end: text.len() as u32, ..span };
    Kind::Scalar(Scalar { text: text.to_string(), style: Style::Plain, map: OffsetMap::identity(span) })
}

pub fn slot(at: &str) -> Slot {
    let span = Span { file: FileId(0), start: 0, end: 0 };
    Slot { name: at.into(), at: at.into(), span, kind: SlotKind::Scalar, required: true, list: Default::default() }
}

fn findings(connect: Value, read: Value, slots: Vec<Slot>) -> Vec<String> {
    let scope = ScopeNames { settings: vec![("prefix".into(), false), ("password".into(), true)] };
    let mut found = Findings::default();
    if let Some(mut dialect) = Files.compile(&node(&connect), &scope, &mut found) {
        dialect.read(&node(&read), &WireShape { slots, ..WireShape::default() }, &mut found);
    }
    let text = |finding: &Finding| {
        let help = finding.help().unwrap_or_default();
        format!("{}: {} ({}) {help}", finding.code.slug, finding.message(), finding.label())
    };
    found.sorted().iter().map(text).collect()
}

#[test]
fn a_whole_descriptor_has_no_findings() {
    let connect = json!({
        "at": "sftp", "host": "h", "port": 22, "login": { "user": "u", "password": "{{ settings.password }}" },
        "host_key": "k", "folder": "/data",
        "format": { "csv": {
            "separator": ";", "quote": "none", "header": "required", "columns": "by-name", "encoding": "utf-8",
            "bom": "tolerate", "line_end": "any", "trim": "both", "absent_when": ["", "NULL"]
        } },
        "complete": { "fresh": "26h", "spread": "3h", "still": "60s" }
    });
    let read = json!({ "file": "{{ settings.prefix }}Elev*.csv", "evidence": "assumed" });
    assert_eq!(findings(connect, read, vec![slot("elevid"), slot("förnamn")]), Vec::<String>::new());
}

#[test]
fn says_what_is_wrong_with_a_descriptor() {
    let ok = json!({ "folder": "d" });
    let file = json!({ "file": "f" });
    let csv = |dialect: Value| json!({ "folder": "d", "format": { "csv": dialect } });
    let cases = [
        (json!({ "foldr": "d" }), file.clone(), &["unknown-connection-key"][..]),
        (csv(json!({ "seperator": ";" })), file.clone(), &["unknown-connection-key"]),
        (csv(json!({ "separator": ";;" })), file.clone(), &["wrong-connection-value"]),
        (csv(json!({ "encoding": "utf8" })), file.clone(), &["wrong-connection-value"]),
        (csv(json!({ "quote": "none", "quote_when": "always" })), file.clone(), &["dialect-contradiction"]),
        (csv(json!({ "separator": "\"" })), file.clone(), &["dialect-contradiction"]),
        (csv(json!({ "header": "none", "columns": "by-name" })), file.clone(), &["dialect-contradiction"]),
        (json!({ "folder": "d", "format": "xls" }), file.clone(), &["wrong-connection-value"]),
        (json!({ "folder": "d", "format": "xml" }), file.clone(), &["missing-connection-key"]),
        (
            json!({ "folder": "d", "format": { "xml": { "select": "$" } } }),
            file.clone(),
            &["bad-wire-path", "missing-connection-key"],
        ),
        (
            json!({ "folder": "d", "format": { "xml": { "select": "a.b", "encoding": "latin" } } }),
            file.clone(),
            &["wrong-connection-value"],
        ),
        (
            json!({ "folder": "d", "format": { "xml": { "select": "a.b", "namespaces": "all" } } }),
            file.clone(),
            &["wrong-connection-value"],
        ),
        (
            json!({ "folder": "d", "format": { "xlsx": { "header_row": "0" } } }),
            file.clone(),
            &["wrong-connection-value"],
        ),
        (json!({ "folder": "d", "format": "fixed" }), file.clone(), &["bad-wire-path"]),
        (
            json!({ "folder": "d", "manifest": { "rows": "x" } }),
            file.clone(),
            &["missing-connection-key", "wrong-connection-value"],
        ),
        (json!({ "folder": "{{ settings.password }}" }), file.clone(), &["secret-in-path"]),
        (json!({ "folder": "d", "complete": { "fresh": "soon" } }), file.clone(), &["wrong-connection-value"]),
        (ok.clone(), json!({ "fil": "f" }), &["unknown-connection-key"]),
        (ok.clone(), json!({ "file": "{{ settings.prefx }}" }), &["undeclared-setting"]),
        (ok.clone(), json!("f.csv"), &["wrong-connection-value"]),
        (ok.clone(), json!({ "file": "f", "columns": ["b"] }), &["column-not-listed"]),
        (ok.clone(), json!({ "file": "f", "columns": ["a", "a"] }), &["wrong-connection-value"]),
        (ok, json!({ "file": "f", "format": "json", "select": "$..x[*]" }), &["bad-wire-path"]),
    ];
    for (connect, read, codes) in cases {
        let found = findings(connect.clone(), read.clone(), vec![slot("a")]);
        let slugs: Vec<&str> = found.iter().map(|text| text.split(':').next().unwrap_or("")).collect();
        assert_eq!(slugs, codes, "{connect} {read} {found:?}");
        assert!(found.iter().all(|text| !text.contains('{')), "{found:?}");
    }
}

#[test]
fn suggests_what_was_meant() {
    let connect = json!({ "folder": "d", "format": { "csv": { "encoding": "utf8" } } });
    let found = findings(connect, json!({ "file": "f" }), vec![]);
    assert_eq!(
        found,
        ["wrong-connection-value: `encoding` cannot be `utf8` (no word that is known here) did you mean `utf-8`?"]
    );
}

#[test]
fn lists_and_json_paths_have_no_place_in_csv() {
    let list = Slot { kind: SlotKind::List(Box::new(SlotKind::Scalar)), ..slot("phones") };
    let found = findings(json!({ "folder": "d" }), json!({ "file": "f" }), vec![list, slot("$.a"), slot("^.b")]);
    assert_eq!(found.len(), 3);
    assert!(found.iter().any(|text| text.starts_with("list-in-csv: `phones` is a list, and a CSV cell is one text")));
}

#[test]
fn a_call_overrides_the_format_key_by_key() {
    let mut found = Findings::default();
    let connect = node(
        &json!({ "files": { "folder": "d", "format": { "csv": { "separator": ";", "encoding": "windows-1252" } } } }),
    );
    let mut dialect = Files.compile(&connect, &ScopeNames::default(), &mut found).expect("a connection");
    let read = node(&json!({ "file": "f.csv", "format": { "csv": { "separator": "tab" } } }));
    let id = dialect.read(&read, &WireShape { slots: vec![slot("a")], ..WireShape::default() }, &mut found);
    assert!(found.is_empty());
    let shown = dialect.show(id.expect("a call"));
    assert_eq!(shown, "read d/f.csv: CSV, separator tab, quote \"\\\"\", windows-1252");
}

#[test]
fn files_take_no_single_records() {
    let mut found = Findings::default();
    let connect = node(&json!({ "folder": "d" }));
    let mut dialect = Files.compile(&connect, &ScopeNames::default(), &mut found).expect("a connection");
    let write = node(&json!({ "file": "f.csv" }));
    assert!(dialect.write(&write, Some(Operation::Create), &WireShape::default(), &mut found).is_none());
    assert_eq!(found.sorted()[0].code.slug, "files-are-whole");
}

#[test]
fn a_delivery_is_compiled() {
    let mut found = Findings::default();
    let whole = json!({
        "as": "files", "when": "always", "holds": ["user", "class"], "always": "all", "refuse": ["duplicate-key"],
        "put": { "temp": "x.part", "rename": "yes" }, "receipt": "none"
    });
    let delivery_of = |value: Value, found: &mut Findings| delivery(&node(&value), found).expect("a delivery");
    let compiled = delivery_of(whole, &mut found);
    assert!(compiled.always && compiled.empty_files && compiled.unbuilt.is_empty());
    assert_eq!((compiled.holds.len(), compiled.refuse), (2, vec![Trouble::DuplicateKey]));
    let zip = delivery_of(json!({ "as": { "zip": "x.zip" }, "receipt": "file" }), &mut found);
    assert_eq!(zip.unbuilt.len(), 2);
    assert!(found.is_empty());
    delivery_of(json!({ "when": "daily", "refuse": ["duplicate-keys"] }), &mut found);
    assert_eq!(found.len(), 2);
}

/// The descriptors of the library that speak this protocol.
#[test]
fn the_library_compiles() {
    for text in [
        include_str!("../../../mappings/systems/skolplatsen/system.yaml"),
        include_str!("../../../mappings/systems/sds/system.yaml"),
    ] {
        let mut sources = crate::source::Sources::default();
        let file = sources.add("system.yaml", text);
        let mut found = Findings::default();
        let root = crate::syntax::yaml::read(&sources, file, &mut found).expect("a document");
        let names = |key: &str| -> Vec<String> {
            root.get(key).and_then(Node::entries).unwrap_or_default().iter().map(|entry| entry.key.clone()).collect()
        };
        let scope = ScopeNames { settings: names("settings").into_iter().map(|name| (name, false)).collect() };
        let connect = root.get("connect").expect("a connection");
        let mut dialect = Files.compile(connect, &scope, &mut found).expect("a dialect");
        let mut calls = 0;
        for entity in root.get("entities").and_then(Node::entries).unwrap_or_default() {
            let field = |entry: &Entry| slot(entry.value.get("at").and_then(Node::text).unwrap_or(&entry.key));
            let fields = entity.value.get("fields").and_then(Node::entries).unwrap_or_default();
            let shape = WireShape { slots: fields.iter().map(field).collect(), ..WireShape::default() };
            if let Some(read) = entity.value.get("read") {
                calls += usize::from(dialect.read(read, &shape, &mut found).is_some());
            }
            if let Some(write) = entity.value.get("write") {
                calls += usize::from(dialect.write(write, None, &shape, &mut found).is_some());
            }
        }
        if let Some(node) = root.get("deliver") {
            assert!(delivery(node, &mut found).expect("a delivery").unbuilt.is_empty());
        }
        let found: Vec<String> =
            found.sorted().iter().map(|finding| format!("{} {:?}", finding.message(), finding.words)).collect();
        assert_eq!(found, Vec::<String>::new());
        assert!(calls >= 9, "{calls}");
    }
}
