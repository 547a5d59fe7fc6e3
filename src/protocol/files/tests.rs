//! The words of files, compiled.

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
    Slot { name: at.into(), at: at.into(), span, kind: SlotKind::Scalar, required: true }
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
        (json!({ "foldr": "d" }), file.clone(), &["missing-connection-key", "unknown-connection-key"][..]),
        (csv(json!({ "seperator": ";" })), file.clone(), &["unknown-connection-key"]),
        (csv(json!({ "separator": ";;" })), file.clone(), &["wrong-connection-value"]),
        (csv(json!({ "encoding": "utf8" })), file.clone(), &["wrong-connection-value"]),
        (csv(json!({ "quote": "none", "quote_when": "always" })), file.clone(), &["dialect-contradiction"]),
        (csv(json!({ "separator": "\"" })), file.clone(), &["dialect-contradiction"]),
        (csv(json!({ "header": "none", "columns": "by-name" })), file.clone(), &["dialect-contradiction"]),
        (json!({ "folder": "d", "format": "xml" }), file.clone(), &["wrong-connection-value"]),
        (json!({ "folder": "{{ settings.password }}" }), file.clone(), &["secret-in-path"]),
        (json!({ "folder": "d", "complete": { "fresh": "soon" } }), file.clone(), &["wrong-connection-value"]),
        (ok.clone(), json!({ "fil": "f" }), &["missing-connection-key", "unknown-connection-key"]),
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
    let connect = node(&json!({ "files": { "folder": "d", "format": { "csv": { "separator": ";", "encoding": "windows-1252" } } } }));
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
    assert_eq!(
        delivery(&node(&json!({ "as": "files", "when": "always" })), &mut found),
        Some(Delivery { always: true, unbuilt: vec![] })
    );
    let zip = delivery(&node(&json!({ "as": { "zip": "x.zip" }, "refuse": ["orphan-reference"] })), &mut found);
    assert_eq!(zip.map(|delivery| delivery.unbuilt.len()), Some(2));
    assert!(found.is_empty());
}
