//! Writing files: what a dialect can hold is read back, what it cannot hold is refused.

use super::*;
use crate::adapter::{Arrived, Rows};
use proptest::prelude::*;

/// Rows that are lent out one by one.
pub struct Lent<'a> {
    rows: &'a [Vec<Option<String>>],
    at: usize,
}

impl<'a> Lent<'a> {
    pub fn of(rows: &'a [Vec<Option<String>>]) -> Lent<'a> {
        Lent { rows, at: 0 }
    }
}

impl Rows for Lent<'_> {
    fn next(&mut self) -> Option<&[Option<String>]> {
        self.at += 1;
        self.rows.get(self.at - 1).map(Vec::as_slice)
    }
}

pub fn rows(all: &[&[Option<&str>]]) -> Vec<Vec<Option<String>>> {
    all.iter().map(|row| row.iter().map(|cell| cell.map(str::to_string)).collect()).collect()
}

pub async fn deliver(
    setup: &Setup,
    world: &FakeWorld,
    call: CallId,
    all: &[Vec<Option<String>>],
) -> Result<Receipt, Fault> {
    let files = Files::default();
    let mut session = files.open(&*setup.dialect, world, &setup.settings).await?;
    let mut rows = Lent::of(all);
    let receipt = session.deliver("run-1", &mut [crate::adapter::Part { call, rows: &mut rows }]).await?;
    session.settle("run-1").await?;
    Ok(receipt)
}

/// The file that a dialect makes of rows of the columns a and b.
async fn written(dialect: Value, all: &[&[Option<&str>]]) -> Result<Vec<u8>, String> {
    let mut setup = Setup::csv(dialect);
    let call = setup.writes(json!({ "file": "out.csv" }), &shape(&["a", "b"]));
    let world = FakeWorld::with(&[("/p/data/other.csv", b"x")]);
    match deliver(&setup, &world, call, &rows(all)).await {
        Ok(receipt) => {
            let bytes = world.bytes("/p/data/out.csv").expect("a file");
            assert_eq!(receipt.files, [("data/out.csv".to_string(), all.len() as u64, bytes.len() as u64)]);
            assert_eq!(world.all().len(), 2, "{:?}", world.all());
            Ok(bytes)
        }
        Err(fault) => {
            assert_eq!(world.all().len(), 1, "{:?}", world.all());
            assert_eq!(fault.arrived, Arrived::No);
            Err(fault.say)
        }
    }
}

#[tokio::test]
async fn writes_what_is_needed() {
    let table: &[&[Option<&str>]] =
        &[&[Some("1,5"), None], &[Some("a\"b"), Some("+46701234567")], &[Some(""), Some("x\ny")]];
    let text = String::from_utf8(written(json!({}), table).await.expect("a file")).expect("text");
    assert_eq!(text, "a,b\n\"1,5\",\n\"a\"\"b\",+46701234567\n,\"x\ny\"\n");
    let dialect = json!({ "quote_when": "text", "line_end": "crlf", "bom": "write", "empty": "NULL", "escape": "\\" });
    let text = String::from_utf8(written(dialect, table).await.expect("a file")).expect("text");
    assert_eq!(text, "\u{feff}\"a\",\"b\"\r\n\"1,5\",\"NULL\"\r\n\"a\\\"b\",\"+46701234567\"\r\n,\"x\ny\"\r\n");
    let guard = json!({ "formulas": "guard" });
    let text = String::from_utf8(written(guard, &[&[Some("=1+1"), Some("-5")]]).await.expect("a file")).expect("text");
    assert_eq!(text, "a,b\n'=1+1,'-5\n");
}

#[tokio::test]
async fn what_a_dialect_cannot_hold_is_refused_by_row_and_column() {
    let bare = json!({ "separator": ";", "quote": "none", "absent_when": ["NULL"], "comment": "#" });
    for (text, why) in [
        ("x;y", "the separator stands in it, and nothing is quoted in this dialect"),
        ("x\ny", "a line end stands in it, and nothing is quoted in this dialect"),
        ("#x", "it starts like a comment, and nothing is quoted in this dialect"),
        ("NULL", "the text `NULL` means that there is no value in this dialect"),
        ("x\0", "a NUL byte stands in it"),
    ] {
        let said = written(bare.clone(), &[&[Some("1"), None], &[Some(text), None]]).await.expect_err("a refusal");
        assert_eq!(said, format!("data/out.csv: row 2: column `a`: {why}; nothing was delivered"));
    }
    let said =
        written(json!({ "encoding": "iso-8859-1" }), &[&[Some("1"), Some("Łódź")]]).await.expect_err("a refusal");
    assert_eq!(said, "data/out.csv: row 1: column `b`: iso-8859-1 has no character U+0141 (Ł); nothing was delivered");
    let said =
        written(json!({ "encoding": "windows-1252" }), &[&[Some("1"), Some("ÅŁ")]]).await.expect_err("a refusal");
    assert_eq!(
        said,
        "data/out.csv: row 1: column `b`: windows-1252 has no character U+0141 (Ł); nothing was delivered"
    );
}

#[tokio::test]
async fn columns_follow_the_list_and_unknown_ones_stay_empty() {
    let mut setup = Setup::csv(json!({}));
    let call = setup.writes(json!({ "file": "out.csv", "columns": ["b", "extra", "a"] }), &shape(&["a", "b"]));
    let world = FakeWorld::with(&[]);
    deliver(&setup, &world, call, &rows(&[&[Some("1"), Some("2")]])).await.expect("a receipt");
    assert_eq!(world.bytes("/p/data/out.csv").as_deref(), Some(&b"b,extra,a\n2,,1\n"[..]));
}

#[tokio::test]
async fn json_and_ndjson_are_written() {
    let table = rows(&[&[Some("1"), Some("\"x\"")], &[Some("å"), None]]);
    let slots = vec![slot("id"), slot("name.first")];
    let shape = WireShape { slots, ..WireShape::default() };
    let mut setup = Setup::new(json!({ "folder": "data", "format": { "json": { "select": "$.data[*]" } } }));
    let call = setup.writes(json!({ "file": "out.json" }), &shape);
    let world = FakeWorld::with(&[]);
    deliver(&setup, &world, call, &table).await.expect("a receipt");
    let text = world.all().remove("/p/data/out.json").expect("a file");
    let value: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(value, json!({ "data": [{ "id": "1", "name": { "first": "\"x\"" } }, { "id": "å" }] }));
    let lines = setup.writes(json!({ "file": "out.ndjson", "format": "ndjson" }), &shape);
    deliver(&setup, &world, lines, &table).await.expect("a receipt");
    let text = world.all().remove("/p/data/out.ndjson").expect("a file");
    assert_eq!(text, "{\"id\":\"1\",\"name\":{\"first\":\"\\\"x\\\"\"}}\n{\"id\":\"å\"}\n");
}

#[tokio::test]
async fn a_full_disk_and_a_read_only_folder_change_nothing() {
    let mut setup = Setup::csv(json!({}));
    let call = setup.writes(json!({ "file": "out.csv" }), &shape(&["a"]));
    let table = rows(&[&[Some("1")]]);
    let world = FakeWorld::with(&[("/p/data/out.csv", b"old")]);
    world.space(Some(5));
    let fault = deliver(&setup, &world, call, &table).await.expect_err("a full disk");
    assert_eq!(fault.say, "data/out.csv could not be written: the disk is full; nothing was delivered");
    assert_eq!(world.all().into_iter().collect::<Vec<_>>(), [("/p/data/out.csv".to_string(), "old".to_string())]);
    world.space(None);
    world.read_only(true);
    let fault = deliver(&setup, &world, call, &table).await.expect_err("a read-only folder");
    assert_eq!(fault.say, "data could not be written to: the permission is missing");
    assert_eq!(world.all().len(), 1);
}

/// Texts that are hard on a dialect.
fn hard_text() -> impl Strategy<Value = String> {
    let sign = prop_oneof![
        4 => "[a-zåö0-9]",
        6 => prop::sample::select(vec![
            "\"", "'", ";", ",", "\t", "|", "\n", "\r", "\r\n", " ", "\\", "#", "=", "-", "NULL", "\u{feff}", "Ł", "𝕏", "€", "\0",
        ]).prop_map(String::from),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(sign, 0..6).prop_map(|parts| parts.concat())
}

fn dialects() -> impl Strategy<Value = Value> {
    let pick = |all: &[&'static str]| prop::sample::select(all.to_vec());
    let signs =
        (pick(&[",", ";", "tab", "|", " "]), pick(&["\"", "'", "none"]), pick(&["double", "\\"]), pick(&["none", "#"]));
    let layout = (
        pick(&["required", "none", "optional"]),
        pick(&["lf", "crlf", "any"]),
        pick(&["none", "both", "left", "right"]),
    );
    let texts = (
        pick(&["utf-8", "windows-1252", "iso-8859-1", "utf-16"]),
        pick(&["none", "write", "tolerate", "double"]),
        pick(&["", "NULL", "-"]),
        pick(&["needed", "always", "text"]),
        pick(&["", "NULL"]),
    );
    (signs, layout, texts).prop_map(|((separator, quote, escape, comment), (header, line_end, trim), texts)| {
        let (encoding, bom, empty, quote_when, absent) = texts;
        let mut dialect = json!({
            "separator": separator, "quote": quote, "escape": escape, "comment": comment, "header": header,
            "line_end": line_end, "trim": trim, "encoding": encoding, "bom": bom, "empty": empty, "absent_when": [absent],
        });
        if quote != "none" {
            dialect["quote_when"] = json!(quote_when);
        }
        dialect
    })
}

/// What a cell means: nothing, or its text, without the blanks that mean nothing.
fn meaning(cell: &Option<String>, trim: &str) -> Option<String> {
    let blank = [' ', '\t'];
    let text = cell.as_deref()?;
    let text = if matches!(trim, "both" | "left") { text.trim_start_matches(blank) } else { text };
    let text = if matches!(trim, "both" | "right") { text.trim_end_matches(blank) } else { text };
    (!text.is_empty()).then(|| text.to_string())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    /// Whatever is written is read back as it was; what cannot be is refused by row.
    #[test]
    fn what_is_written_is_read_back(
        dialect in dialects(),
        width in 1_usize..4,
        table in prop::collection::vec(prop::collection::vec(prop::option::weighted(0.85, hard_text()), 4), 0..5),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let columns = &["a", "b", "c"][..width];
        let table: Vec<Vec<Option<String>>> = table.iter().map(|row| row[..width].to_vec()).collect();
        let mut setup = Setup::csv(dialect.clone());
        let write = setup.writes(json!({ "file": "f.csv" }), &shape(columns));
        let read = setup.reads(json!({ "file": "f.csv" }), &shape(columns));
        let world = FakeWorld::with(&[]);
        match runtime.block_on(deliver(&setup, &world, write, &table)) {
            Err(fault) => {
                prop_assert!(fault.say.contains(": row "), "{}", fault.say);
                let plain = dialect["quote"] != "none" && matches!(dialect["encoding"].as_str(), Some("utf-8" | "utf-16"));
                let texts = table.iter().flatten().flatten();
                let reserved = texts.into_iter().any(|text| text.contains('\0') || text.contains("NULL") || text.contains('-'));
                prop_assert!(!plain || reserved, "refused without need: {}", fault.say);
            }
            Ok(_) => {
                let outcome = runtime.block_on(setup.read_pages(&world, read, 16));
                let file = world.all();
                prop_assert!(outcome.complete, "{:?} {file:?}", Seen::of(&outcome));
                let cell = |batch: &Batch, cell: &Cell| match cell {
                    Cell::Text { start, len } if *len > 0 => Some(batch.text(*start, *len).to_string()),
                    _ => None,
                };
                let found: Vec<Vec<Option<String>>> = outcome.batches.iter().flat_map(|batch| {
                    (0..batch.len()).map(move |row| batch.row(row).map(|one| cell(batch, &one)).collect::<Vec<_>>())
                }).collect();
                let trim = dialect["trim"].as_str().unwrap_or("none");
                let expected: Vec<Vec<Option<String>>> =
                    table.iter().map(|row| row.iter().map(|cell| meaning(cell, trim)).collect()).collect();
                prop_assert_eq!(found, expected, "{:?}", file);
            }
        }
    }
}
