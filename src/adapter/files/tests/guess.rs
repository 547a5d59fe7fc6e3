//! Files whose first line is not the header that was declared: what they seem to be is told, and nobody's data.

use super::*;

async fn told(dialect: Value, bytes: &[u8]) -> String {
    let mut setup = Setup::csv(dialect);
    let call = setup.reads(json!({ "file": "f.csv" }), &shape(&["PupilNo", "Name"]));
    let seen = setup.read(&FakeWorld::with(&[("/p/data/f.csv", bytes)]), call).await;
    assert!(!seen.complete && seen.rows.is_empty(), "{seen:?}");
    seen.faults.join("; ")
}

#[tokio::test]
async fn the_likely_reason_is_named() {
    let semicolon = || json!({ "separator": ";" });
    for (dialect, bytes, expected) in [
        (semicolon(), "PupilNo,Name\n1,Åsa\n", "the columns are parted by `,`, and `separator` says `;`"),
        (json!({}), "\"PupilNo\"\t\"Name\"\n", "the columns are parted by tab, and `separator` says `,`"),
        (semicolon(), "pupilno; NAME\n1;a\n", "the header has `PupilNo` in other letters or with blanks"),
        (semicolon(), "sep=;\nPupilNo;Name\n", "the header stands in line 2, so `skip_lines: 1` belongs to this file"),
        (semicolon(), "Elever;\n;\nPupilNo;Name\n", "the header stands in line 3, so `skip_lines: 2`"),
        (semicolon(), "PK\u{3}\u{4}\u{14}", "this is a zip file or a workbook, not CSV"),
        (semicolon(), "<!doctype html>", "this is HTML or XML (a page that asks to sign in?), not CSV"),
        (semicolon(), "[{\"PupilNo\":1}]", "this is JSON, not CSV"),
        (semicolon(), "1;Åsa Öberg\n2;Bo\n", "no declared column (`PupilNo`, …) is in the first line"),
    ] {
        let said = told(dialect, bytes.as_bytes()).await;
        assert!(said.contains(expected), "{bytes:?}: {said}");
        assert!(!said.contains("Öberg"), "{said}");
    }
}

#[tokio::test]
async fn lines_before_the_header_are_skipped() {
    for (dialect, text) in [
        (json!({ "separator": ";", "skip_lines": 1 }), "sep=;\r\nPupilNo;Name\r\n1;a\r\n"),
        (json!({ "separator": ";", "skip_lines": 2 }), "Elever \"2026\n\nPupilNo;Name\n1;a\n"),
        (json!({ "separator": ";", "skip_lines": 2, "header": "none" }), "x\ny\n1;a\n"),
    ] {
        let mut setup = Setup::csv(dialect);
        let call = setup.reads(json!({ "file": "f.csv" }), &shape(&["PupilNo", "Name"]));
        let seen = setup.read(&FakeWorld::with(&[("/p/data/f.csv", text.as_bytes())]), call).await;
        let line = if text.starts_with("sep") || text.starts_with('x') { 3 } else { 4 };
        assert_eq!(seen.rows, [format!("data/f.csv:{line} 1,a")], "{seen:?}");
        assert!(seen.complete);
    }
    let said = told(json!({ "skip_lines": 3 }), b"a\nb\n").await;
    assert_eq!(said, "data/f.csv: the file ends in the 3 lines before its header");
}

#[tokio::test]
async fn two_byte_order_marks_are_read_and_noted() {
    let mut setup = Setup::csv(json!({}));
    let call = setup.reads(json!({ "file": "f.csv" }), &shape(&["a"]));
    let seen = setup.read(&FakeWorld::with(&[("/p/data/f.csv", "\u{feff}\u{feff}a\n1\n".as_bytes())]), call).await;
    assert_eq!(seen.rows, ["data/f.csv:2 1"]);
    assert!(seen.notes[0].contains("two byte order marks; `bom: double`"), "{seen:?}");
}
