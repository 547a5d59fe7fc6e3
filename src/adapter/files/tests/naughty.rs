//! Texts that break programs go through every format and back. What a format has no place for is known before anything is
//! written: the engine rejects such a record.

use super::*;

/// What people, registers and those who want to break in have put into fields for names.
const NAUGHTY: &[&str] = &[
    "undefined",
    "null",
    "NULL",
    "nil",
    "true",
    "False",
    "NaN",
    "-Infinity",
    "1E+02",
    "0x1F",
    "007",
    "1.10",
    "1,5",
    "-0",
    "2026-02-30",
    "1/2/2026",
    "=1+1",
    "=cmd|' /C calc'!A0",
    "+46701740605",
    "-1",
    "@SUM(A1)",
    "'quoted",
    "\"",
    "\"\"",
    "\"a\"b\"",
    "a;b",
    "a,b",
    "a\tb",
    "a|b",
    "a\\b",
    "\\",
    "\\n",
    "\\\"",
    "a\nb",
    "a\rb",
    "a\r\nb",
    "\n",
    " ",
    "  a  ",
    "\u{a0}a\u{a0}",
    "#no comment",
    "# 1",
    "<b>&amp;</b>",
    "]]>",
    "<!--",
    "&#0;",
    "&lt;",
    "<?xml",
    "%s%n",
    "${HOME}",
    "{{ settings.key }}",
    "{%  %}",
    "$(id)",
    "`id`",
    "../../etc/passwd",
    "C:\\con\\aux",
    "'; DROP TABLE pupils;--",
    "*)(uid=*))(|(uid=*",
    "Robert\u{200b}",
    "\u{feff}Åsa",
    "\u{202e}abc",
    "e\u{301}",
    "é",
    "ﬀ",
    "ẞ",
    "İ",
    "Łukasz",
    "Żółć",
    "Þórður",
    "ÅÄÖ",
    "名前",
    "اسم",
    "שם",
    "👩‍👧‍👦",
    "🏳️‍🌈",
    "𝒜𝓈𝒶",
    "\u{1d}",
    "\u{7f}",
    "a\u{0}b",
    "\u{fffd}",
    "\u{fffe}",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "--",
    "-",
    ".",
    "..",
    "~",
    "[]",
    "{}",
    "[\"a\"]",
    "{\"a\":1}",
    "yes",
    "no",
    "on",
    "~null",
    "!!str",
    "&anchor",
    "*alias",
    "|",
    ">",
    "%TAG",
    "@",
    "`",
];

/// Two columns of a format, to be written and read.
fn two_columns(format: &Value) -> (Setup, CallId, CallId) {
    let mut setup = Setup::new(json!({ "folder": "data", "format": format }));
    let fixed = format.get("fixed").is_some();
    let shape = if fixed { shape(&["1-8", "9-120"]) } else { shape(&["id", "name"]) };
    let select = if format.get("xml").is_some() { "rows.row[*]" } else { "$[*]" };
    let mut call = json!({ "file": "f" });
    if format.get("xml").is_some() || format.get("json").is_some() {
        call["select"] = json!(select);
    }
    let (write, read) = (setup.writes(call.clone(), &shape), setup.reads(call, &shape));
    (setup, write, read)
}

async fn through(format: Value, keep: impl Fn(&str) -> String) {
    let (setup, write, read) = two_columns(&format);
    let fits = |text: &&&str| setup.dialect.unfit(write, 1, text).is_none();
    let kept: Vec<&str> = NAUGHTY.iter().filter(fits).copied().collect();
    assert!(kept.len() * 2 > NAUGHTY.len(), "{format}: {} of {}", kept.len(), NAUGHTY.len());
    let ids: Vec<String> = (0..kept.len()).map(|number| format!("n{number}")).collect();
    let rows: Vec<[&str; 2]> = ids.iter().zip(&kept).map(|(id, text)| [id.as_str(), *text]).collect();
    let rows: Vec<&[&str]> = rows.iter().map(<[&str; 2]>::as_slice).collect();
    let world = FakeWorld::with(&[]);
    deliver_texts(&setup, &world, write, &rows).await.unwrap_or_else(|fault| panic!("{format}: {}", fault.say));
    for page in [PAGE, 97] {
        let outcome = setup.read_pages(&world, read, page).await;
        assert!(outcome.complete, "{format}: {:?} {:?}", outcome.torn, outcome.faults);
        let mut back = Vec::new();
        for batch in &outcome.batches {
            for row in 0..batch.len() {
                back.push(match batch.cell(row, 1) {
                    Cell::Text { start, len } => batch.text(start, len).to_string(),
                    other => shown(batch, other, &batch.inner),
                });
            }
        }
        let expected: Vec<String> = kept.iter().map(|text| keep(text)).collect();
        assert_eq!(back, expected, "{format}");
    }
}

fn same(text: &str) -> String {
    text.to_string()
}

#[tokio::test]
async fn tables_keep_them() {
    for csv in [
        json!({}),
        json!({ "separator": ";", "quote_when": "always", "escape": "\\", "line_end": "crlf", "bom": "write" }),
        json!({ "separator": "tab", "quote_when": "text" }),
        json!({ "encoding": "utf-16", "bom": "write" }),
        json!({ "comment": "#" }),
        json!({ "quote": "none", "separator": "tab", "encoding": "windows-1252" }),
    ] {
        through(json!({ "csv": csv }), same).await;
    }
    through(json!({ "xlsx": {} }), same).await;
    through(json!({ "fixed": { "trim": "none" } }), |text| format!("{text:<112}")).await;
}

#[tokio::test]
async fn documents_keep_them() {
    through(json!({ "json": {} }), same).await;
    through(json!("ndjson"), same).await;
    // Blanks around an element's own text mean nothing.
    for xml in [json!({}), json!({ "encoding": "utf-16" }), json!({ "encoding": "iso-8859-1" })] {
        through(json!({ "xml": xml }), |text| text.trim_matches([' ', '\t', '\r', '\n']).to_string()).await;
    }
}

/// A text that is said to have a place surely has one.
#[test]
fn what_is_sure_fits() {
    let formats = [
        (json!({ "csv": {} }), 0xFF),
        (json!({ "csv": { "encoding": "utf-16", "trim": "both" } }), 0xFF),
        (json!({ "csv": { "encoding": "iso-8859-1" } }), 0xC4),
        (json!({ "csv": { "encoding": "windows-1252" } }), 0x80),
        (json!({ "csv": { "quote": "none", "separator": "tab" } }), 0),
        (json!({ "csv": { "absent_when": ["-"] } }), 0),
        (json!({ "xml": {} }), 0xEF),
        (json!({ "xml": { "encoding": "iso-8859-1" } }), 0xC4),
        (json!({ "json": {} }), 0xFF),
        (json!({ "fixed": {} }), 0),
        (json!({ "xlsx": {} }), 0),
    ];
    for (format, below) in formats {
        let (setup, call, _) = two_columns(&format);
        assert_eq!(setup.dialect.sure_below(call, 0), below, "{format}");
        assert_eq!(setup.dialect.sure_below(call, 9), 0, "{format}");
        let sure = |text: &String| text.bytes().all(|byte| (b' '..below).contains(&byte));
        for text in (' '..=char::MAX).map(String::from).filter(sure) {
            assert_eq!(setup.dialect.unfit(call, 0, &text), None, "{format}: {text:?}");
        }
    }
}
