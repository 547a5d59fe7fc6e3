//! Reading JSON and NDJSON.

use super::*;
use crate::protocol::SlotKind;

async fn read_shape(format: Value, call: Value, shape: &WireShape, text: &str) -> Seen {
    let mut setup = Setup::new(json!({ "folder": "data", "format": format }));
    let call = setup.reads(call, shape);
    setup.read(&FakeWorld::with(&[("/p/data/f.json", text.as_bytes())]), call).await
}

async fn read(format: Value, columns: &[&str], text: &str) -> Seen {
    read_shape(format, json!({ "file": "f.json" }), &shape(columns), text).await
}

const PEOPLE: &str = r#"[
  {"id": 1, "name": {"first": "Åsa", "last": "L\u00f6v"}, "junk": [{"a": "]"}], "ok": true, "score": 1.50},
  {"ok": null, "id": "2", "name": null},
  {"id": {"x": 1}, "name": "Bo"},
  {}
]"#;

#[tokio::test]
async fn reads_the_slots_of_a_list() {
    let seen = read(json!("json"), &["id", "name.last", "ok", "score"], PEOPLE).await;
    assert_eq!(
        seen.rows,
        [
            "data/f.json:1 #1,Löv,#true,#1.50",
            "data/f.json:2 2,-,~,-",
            "data/f.json:3 !Structure,!Text,-,-",
            "data/f.json:4 -,-,-,-",
        ]
    );
    assert!(seen.complete);
}

#[tokio::test]
async fn reads_a_list_that_lies_deeper() {
    let text = format!(r#"{{"meta": {{"n": 4}}, "data": {{"rows": {PEOPLE}}}, "tail": 1}}"#);
    for select in ["$.data.rows[*]", "data.rows"] {
        let call = json!({ "file": "f.json", "select": select });
        let seen = read_shape(json!("json"), call, &shape(&["id"]), &text).await;
        assert_eq!((seen.rows.len(), seen.complete), (4, true), "{seen:?}");
    }
    let whole = read(json!({ "json": { "select": "$" } }), &["meta.n"], &text).await;
    assert_eq!(whole.rows, ["data/f.json:1 #4"]);
}

#[tokio::test]
async fn nested_lists_and_structures_become_cells() {
    let pair = SlotKind::Struct(vec![slot("type"), slot("value.text")]);
    let slots = vec![
        Slot { kind: SlotKind::List(Box::new(pair)), ..slot("emails") },
        Slot { kind: SlotKind::List(Box::new(SlotKind::Scalar)), ..slot("tags") },
        Slot { kind: SlotKind::List(Box::new(SlotKind::Scalar)), ..slot("$.emails[?@.type == 'x'].value.text") },
        slot("$.emails[0].type"),
    ];
    let shape = WireShape { slots, ..WireShape::default() };
    let text = r#"[{"emails": [{"type": "x", "value": {"text": "a\n"}}, {"value": null, "type": "y"}], "tags": ["p", 2, null]}, {"tags": []}]"#;
    let seen = read_shape(json!("json"), json!({ "file": "f.json" }), &shape, text).await;
    assert_eq!(seen.rows, ["data/f.json:1 [(x a\n) (y -)],[p #2 ~],[a\n],x", "data/f.json:2 -,[],-,-"]);
}

#[tokio::test]
async fn each_makes_rows_of_a_list_inside_the_record() {
    let shape = WireShape {
        slots: vec![slot("^.id"), slot("value"), slot("^.late.x")],
        each: Some("a.list".into()),
        ..WireShape::default()
    };
    let text = r#"[{"id": 1, "a": {"list": [{"value": "x"}, {"value": "y"}]}, "late": {"x": true}}, {"id": 2}, {"id": 3, "a": {"list": []}}]"#;
    let seen = read_shape(json!("json"), json!({ "file": "f.json" }), &shape, text).await;
    assert_eq!(seen.rows, ["data/f.json:1 #1,x,#true", "data/f.json:1 #1,y,#true"]);
    let scalars = WireShape { slots: vec![slot("."), slot("^.id")], each: Some("tags".into()), ..WireShape::default() };
    let text = "{\"id\":1,\"tags\":[\"a\",\"b\"]}\n";
    let seen = read_shape(json!("ndjson"), json!({ "file": "f.json" }), &scalars, text).await;
    assert_eq!(seen.rows, ["data/f.json:1 a,#1", "data/f.json:1 b,#1"]);
}

#[tokio::test]
async fn ndjson_is_one_record_a_line() {
    let seen = read(json!("ndjson"), &["id"], "{\"id\":1}\r\n\n{\"id\":\"\\u00e5\"}\n{\"id\":3}").await;
    assert_eq!(seen.rows, ["data/f.json:1 #1", "data/f.json:3 å", "data/f.json:4 #3"]);
    assert!(seen.complete);
    let seen = read(json!("ndjson"), &["id"], "{\"id\":1}\n{\"id\":}\n{\"id\":3}\n{\"id\":").await;
    assert_eq!(seen.rows, ["data/f.json:1 #1", "data/f.json:3 #3"]);
    assert_eq!(
        seen.torn,
        [
            "data/f.json, line 2: not JSON at column 7 of the record",
            "data/f.json, line 4: the file ends in the middle of a record",
        ]
    );
}

#[tokio::test]
async fn files_that_are_cut_are_torn() {
    let whole = r#"[{"id":1},{"id":2}]"#;
    for stop in 1..whole.len() {
        let seen = read(json!("json"), &["id"], &whole[..stop]).await;
        assert!(!seen.complete && !seen.torn.is_empty(), "{stop} {seen:?}");
        assert!(seen.rows.iter().zip(["data/f.json:1 #1", "data/f.json:2 #2"]).all(|(row, expected)| row == expected));
    }
    assert!(read(json!("json"), &["id"], whole).await.complete);
}

#[tokio::test]
async fn what_is_no_list_is_a_fault() {
    let fault = async |text: &str| {
        let seen =
            read_shape(json!("json"), json!({ "file": "f.json", "select": "$.data[*]" }), &shape(&["id"]), text).await;
        assert!(!seen.complete);
        seen.faults.into_iter().next().expect("a fault")
    };
    assert_eq!(fault("").await, "data/f.json: the file is empty; an empty list is written `[]`");
    assert_eq!(fault("<html>").await, "data/f.json: this is HTML or XML (a page that asks to sign in?), not JSON");
    assert_eq!(fault("{\"error\": 1}").await, "data/f.json: the file has no `data` in it");
    assert_eq!(fault("{\"data\": null}").await, "data/f.json: the file has no list under `data`");
    assert_eq!(fault("{\"da").await, "data/f.json: the file ends before its list of records");
    assert_eq!(fault("{data: []}").await, "data/f.json: byte 2 is not JSON");
}

#[tokio::test]
async fn broken_lists_are_never_complete() {
    for text in
        ["[{} {}]", "[{},]", "[{},,{}]", "[{}]]", "[{}] [{}]", "[,{}]", "[{\"id\": 01}]", "[{\"id\": \"a\nb\"}]"]
    {
        let seen = read(json!("json"), &["id"], text).await;
        assert!(!seen.complete, "{text} {seen:?}");
    }
    let mut setup = Setup::new(json!({ "folder": "data", "format": "json" }));
    let call = setup.reads(json!({ "file": "f.json" }), &shape(&["id"]));
    let world = FakeWorld::with(&[("/p/data/f.json", b"[{\"id\":\"\xE5\"},{\"id\":\"b\"}]")]);
    let seen = setup.read(&world, call).await;
    assert_eq!(seen.rows, ["data/f.json:2 b"]);
    assert_eq!(seen.torn, ["data/f.json, record 1: byte 8 of the record is no UTF-8; is the file windows-1252?"]);
}

#[tokio::test]
async fn escapes_that_mean_nothing_tear_the_record_without_showing_it() {
    let seen = read(json!("json"), &["id"], r#"[{"id": "secret \ud800"}, {"id": "b"}]"#).await;
    assert_eq!(seen.rows, ["data/f.json:2 b"]);
    assert!(seen.torn[0].starts_with("data/f.json, record 1: not JSON"), "{seen:?}");
    assert!(!seen.torn[0].contains("secret"));
}
