//! What the walk reads, it reads as serde does.

use super::super::record;
use super::*;
use crate::protocol::files::shape::{Member, Shape};
use proptest::prelude::*;
use serde_json::Value;

fn member(slots: Vec<(usize, Kind)>, members: Vec<(&str, Member)>) -> Member {
    Member { slots, inside: fields(members) }
}

fn fields(members: Vec<(&str, Member)>) -> Fields {
    Fields {
        members: members.into_iter().map(|(name, member)| (name.to_string(), member)).collect(),
        whole: Vec::new(),
    }
}

/// A shape with scalars, lists, structures, deeper slots, and two fields of one value.
fn shape() -> Shape {
    let one = |slot| member(vec![(slot, Kind::Scalar)], Vec::new());
    let pair = || Kind::Struct(fields(vec![("a", one(0)), ("bb", one(1))]), 2);
    let row = fields(vec![
        ("a", one(0)),
        ("bb", member(vec![(1, Kind::List(Box::new(pair())))], Vec::new())),
        ("åc", member(vec![(2, pair())], Vec::new())),
        ("d", member(Vec::new(), vec![("a", one(3)), ("d", member(Vec::new(), vec![("e", one(4))]))])),
        ("e", member(vec![(5, Kind::Scalar), (6, Kind::List(Box::new(Kind::Scalar)))], vec![("a", one(7))])),
    ]);
    Shape { width: 8, row, ..Shape::default() }
}

/// Cells of records, cells inside them, and the texts that had to be decoded.
type Cells = (Vec<Cell>, Vec<Cell>, Vec<u8>);

/// The result of reading a record, with the walk or with serde alone.
fn read(text: &str, by_serde: bool) -> Result<Cells, (usize, usize)> {
    let (shape, mut sink) = (shape(), Sink::new(text.as_bytes()));
    let row = Target::Row(sink.add_row(&shape));
    let done = match by_serde {
        true => sink.fill_by_serde(&shape.row, text, row),
        false => sink.fill(&shape.row, text, row),
    };
    done.map(|()| (sink.cells, sink.inner, sink.tail)).map_err(|error| (error.line(), error.column()))
}

fn walked(text: &str) -> bool {
    let (shape, mut sink) = (shape(), Sink::new(text.as_bytes()));
    let row = Target::Row(sink.add_row(&shape));
    Walk::new(&mut sink, text).fill(&shape.row, row).is_some()
}

/// Values with the keys of the shape and others.
fn value() -> impl Strategy<Value = String> {
    let number = prop::sample::select(vec![
        "0",
        "-0",
        "12",
        "-1.50",
        "1e5",
        "1E+999",
        "01",
        "1.",
        "-",
        ".5",
        "1e",
        "18446744073709551616",
        "9e-7",
    ]);
    let text = prop::sample::select(vec![
        r#""""#,
        r#""x""#,
        r#""a longer text of more than sixteen bytes""#,
        r#""Åsa \"Öb\"""#,
        r#""\u00e5\n""#,
        r#""\ud800""#,
        r#""\ud83d\ude00""#,
        r#""\x""#,
        "\"a\u{1}\"",
        "\"\u{7f}\"",
        r#""\u12""#,
        r#""0123456789abcde\\""#,
    ]);
    let word = prop::sample::select(vec!["true", "false", "null", "nul", "True"]);
    let blank = prop::sample::select(vec!["", "", " ", "\n", "\t\r\n "]);
    let key = prop::sample::select(vec!["a", "bb", "åc", "d", "e", "f", "ff", r"\u0061", r"\ud800", ""]);
    let leaf = prop_oneof![4 => text, 2 => number, 2 => word].prop_map(String::from);
    leaf.prop_recursive(5, 40, 6, move |inner| {
        let entry = (key.clone(), blank.clone(), inner.clone(), blank.clone())
            .prop_map(|(key, before, value, after)| format!("\"{key}\"{before}:{before}{value}{after}"));
        prop_oneof![
            3 => prop::collection::vec(entry, 0..7).prop_map(|entries| format!("{{{}}}", entries.join(","))),
            1 => (prop::collection::vec(inner, 0..4), blank.clone()).prop_map(|(all, blank)| format!("[{blank}{}]", all.join(",")))
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn the_walk_reads_as_serde_does(text in value(), before in "[ \n]{0,2}", after in "[ \r]{0,2}") {
        let text = format!("{before}{text}{after}");
        prop_assert_eq!(read(&text, false), read(&text, true));
        if walked(&text) {
            prop_assert!(serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok(), "{:?}", text);
        }
    }

    #[test]
    fn what_is_damaged_is_read_as_serde_does(
        text in value(), place: prop::sample::Index, other in prop::sample::select(vec!["", "\"", ",", ":", "{", "}", "[", "]", "\\", "1", " "])
    ) {
        let places: Vec<(usize, char)> = text.char_indices().collect();
        let (at, letter) = places[place.index(places.len())];
        let replaced = format!("{}{other}{}", &text[..at], &text[at + letter.len_utf8()..]);
        let added = format!("{}{other}{}", &text[..at], &text[at..]);
        for text in [&replaced, &added, &text[..at]] {
            prop_assert_eq!(read(text, false), read(text, true), "{:?}", text);
        }
    }

    #[test]
    fn elements_are_found_as_serde_finds_them(text in value(), path in prop::sample::select(vec![vec![], vec!["a"], vec!["bb", "a"], vec!["d"]])) {
        let path: Vec<String> = path.into_iter().map(String::from).collect();
        if let Some(found) = elements(&text, &path) {
            let expected = record::elements(&text, &path).expect("a list");
            let expected: Vec<&str> = expected.iter().map(|raw| raw.get()).collect();
            prop_assert_eq!(found, expected, "{:?}", text);
        }
    }
}

#[test]
fn records_are_walked_to_their_end() {
    for text in [
        r#"{"id": {"of": [1, 2.5e3, {}]}, "a": "x", "bb": [{"a": null, "bb": "\n"}, {}], "åc": {"bb": 1}, "d": {"d": {"e": true}}, "e": "y"}"#,
        r#" {} "#,
        r#"{"bb": null, "åc": [], "d": "x", "e": [1, 2]}"#,
        "null",
    ] {
        assert!(walked(text), "{text}");
        assert!(serde_json::from_str::<Value>(text).is_ok());
    }
    let deep = format!("{{\"x\": {}1{}}}", "[".repeat(200), "]".repeat(200));
    assert!(!walked(&deep));
    assert_eq!(read(&deep, false), read(&deep, true));
}
