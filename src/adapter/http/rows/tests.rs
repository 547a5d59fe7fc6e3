//! Answers, and what is read out of them.

use super::*;
use crate::adapter::Cell;
use crate::finding::Findings;
use crate::protocol::{Slot, SlotKind, WireShape};
use crate::source::{FileId, Span};

fn shape(each: Option<&str>, paths: &[&str]) -> Shape {
    let span = Span::start_of(FileId(0));
    let slot = |at: &&str| {
        let kind = if at.contains("[*]") { SlotKind::List(Box::new(SlotKind::Scalar)) } else { SlotKind::Scalar };
        Slot { name: at.to_string(), at: at.to_string(), span, kind, required: false, list: Default::default() }
    };
    let wire =
        WireShape { slots: paths.iter().map(slot).collect(), each: each.map(str::to_string), ..WireShape::default() };
    let mut found = Findings::default();
    let shape = Shape::compile(&wire, span, &mut found);
    assert!(found.is_empty(), "{found:?}");
    shape
}

fn select(path: &str) -> Select {
    JsonPath::compile(path).expect("a path").select()
}

/// The texts of the rows, cell by cell.
fn texts(rows: &Rows) -> Vec<Vec<String>> {
    let batch = &rows.batch;
    let cell = |cell: &Cell| match *cell {
        Cell::Text { start, len } | Cell::Number { start, len } => batch.text(start, len).to_string(),
        other => format!("{other:?}"),
    };
    (0..batch.len()).map(|row| batch.row(row).map(|one| cell(&one)).collect()).collect()
}

#[test]
fn reads_records_and_the_token_of_the_next_page_in_one_walk() {
    let body = r#"{"meta": {"data": []}, "data": [{"id": "1", "civicNo": {"value": "å\"1"}}, {"id": 2, "x": [1]}], "pageToken": "n/+="}"#;
    let path = JsonPath::compile("$.pageToken").expect("a path");
    let rows =
        read(body.into(), &select("$.data[*]"), &shape(None, &["id", "civicNo.value"]), &[&path], "p").expect("rows");
    assert_eq!(texts(&rows), [["1", "å\"1"], ["2", "Missing"]]);
    assert_eq!(rows.found, [Some(Value::from("n/+="))]);
    assert_eq!((rows.records, rows.batch.lines), (2, vec![1, 2].into()));
}

#[test]
fn reads_what_lies_elsewhere() {
    let shape = shape(None, &["id"]);
    let ids = |select_: &str, body: &str| {
        read(body.into(), &select(select_), &shape, &[], "p").map(|rows| texts(&rows).concat())
    };
    assert_eq!(ids("$[*]", r#" [{"id": "a"}, {"id": "b"}] "#), Ok(vec!["a".into(), "b".into()]));
    assert_eq!(ids("$", r#"{"id": "a"}"#), Ok(vec!["a".into()]));
    assert_eq!(ids("$.a.b[*]", r#"{"a": {"b": [{"id": "x"}]}}"#), Ok(vec!["x".into()]));
    assert_eq!(ids("$.a[?@.ok == true]", r#"{"a": [{"id": "x", "ok": true}, {"id": "y"}]}"#), Ok(vec!["x".into()]));
    assert_eq!(ids("$.a[?@.ok == true]", r#"{"a": []}"#), Ok(vec![]));
    assert_eq!(ids("$.data[*]", "\u{feff}{\"data\": []}"), Ok(vec![]));
}

#[test]
fn a_list_that_is_missing_is_no_empty_list() {
    let shape = shape(None, &["id"]);
    let why = |select_: &str, body: &str| read(body.into(), &select(select_), &shape, &[], "p").err();
    assert_eq!(why("$.data[*]", r#"{"error": "x"}"#), Some(Unreadable::NoList("nothing")));
    assert_eq!(why("$.data[*]", r#"{"data": null}"#), Some(Unreadable::NoList("null")));
    assert_eq!(why("$.data[*]", r#"{"data": {"id": 1}}"#), Some(Unreadable::NoList("a structure")));
    assert_eq!(why("$.data[*]", r#"[]"#), Some(Unreadable::NoList("nothing")));
    assert_eq!(why("$[*]", r#"{}"#), Some(Unreadable::NoList("a structure")));
    assert_eq!(why("$.a[?@.x]", r#"{"b": []}"#), Some(Unreadable::NoList("nothing")));
    assert!(matches!(why("$", "[]"), Some(Unreadable::NoList(_))));
}

#[test]
fn says_where_json_ends() {
    let shape = shape(None, &["id"]);
    let why = |body: &str| read(body.into(), &select("$.data[*]"), &shape, &[], "p").err();
    assert_eq!(why(""), Some(Unreadable::Empty));
    assert_eq!(why(" \n"), Some(Unreadable::Empty));
    assert_eq!(why("{\"data\": [ oops"), Some(Unreadable::NotJson(1, 12)));
    assert_eq!(why("{\"data\": [{\"id\": 1}"), Some(Unreadable::Torn));
    assert_eq!(why("{\"data\": []} x"), Some(Unreadable::NotJson(1, 14)));
}

#[test]
fn rows_inside_records_keep_the_number_of_their_record() {
    let shape = shape(Some("enrolments[*]"), &["^.id", "school"]);
    let body = r#"{"data": [{"id": "p", "enrolments": [{"school": "a"}, {"school": "b"}]}, {"id": "q"}, {"id": "r", "enrolments": [{"school": "c"}]}]}"#;
    let rows = read(body.into(), &select("$.data[*]"), &shape, &[], "p").expect("rows");
    assert_eq!(texts(&rows), [["p", "a"], ["p", "b"], ["r", "c"]]);
    assert_eq!((rows.records, rows.batch.lines), (3, vec![1, 1, 3].into()));
}

#[test]
fn a_field_may_lie_in_every_element_of_a_list() {
    let shape = shape(None, &["groups[*].group.id"]);
    let body = r#"[{"groups": [{"group": {"id": "a"}}, {"group": {"id": "b"}}]}, {"groups": []}, {}]"#;
    let rows = read(body.into(), &select("$[*]"), &shape, &[], "p").expect("rows");
    let lists: Vec<Cell> = (0..3).map(|row| rows.batch.cell(row, 0)).collect();
    assert!(matches!(lists[0], Cell::List { len: 2, .. }));
    // An empty list is there; a missing one is not.
    assert!(matches!(lists[1], Cell::List { len: 0, .. }));
    assert_eq!(lists[2], Cell::Missing);
}
