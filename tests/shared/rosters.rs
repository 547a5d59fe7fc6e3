//! Whole files of others, beside the formats: what cannot be used in them is told with its line, and archives, lists of JSON
//! and tables with tabulators have a clear outcome too.

use crate::formats::{compiled, document, files, is_clear, read, read_with, strings, texts};
use crate::shared;
use koppla::finding::terminal::Style;
use koppla::shell::{Exit, Out, run_on};
use koppla::world::{OsWorld, TestWorld};
use std::ffi::OsString;
use std::path::Path;

/// What a run says of an EDEXML file.
fn edexml(file: &str) -> String {
    let world = TestWorld::new();
    world.put("input/edex.xml", std::fs::read(shared(&format!("specs/edexml/2.1/{file}"))).expect("a file"));
    world.put(
        "x.sync.yaml",
        "sync: x\nleft: { system: edexml }\nright: { system: sds }\noptions: { owner: \"9999\" }\n",
    );
    let (mut result, mut notes) = (Vec::new(), Vec::new());
    let mut out = Out::new(&mut result, &mut notes, Style::default());
    let line = "koppla preview --project . --as-of 2014-12-01";
    let exit = run_on(line.split_whitespace().map(OsString::from), &world, &mut out);
    let said = String::from_utf8_lossy(&[result, notes].concat()).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(matches!(exit, Exit::Done | Exit::Found), "{said}");
    said
}

/// The first sample lacks its school, the second the names of a pupil and of a teacher; the valid one lacks neither.
#[test]
fn invalid_edexml_is_told_apart_from_valid() {
    let valid = edexml("EDEXML.Voorbeeld.2.1.xml");
    assert!(!valid.contains("Achternaam") && !valid.contains("the file has no school"), "{valid}");
    let first = edexml("EDEXML.invalid_1.xml");
    for words in [
        "edex.xml: there is no element `EDEX.school`: the list is empty",
        "basic_groups: School: the file has no school (input/edex.xml:23,",
    ] {
        assert!(first.contains(words), "{first}");
    }
    let second = edexml("EDEXML.invalid_toevoegingen.xml");
    for words in [
        "rejected 1 pupils: Achternaam: no family name (input/edex.xml:54)",
        "rejected 1 teachers: Achternaam: no family name (input/edex.xml:149)",
    ] {
        assert!(second.contains(words), "{second}");
    }
    assert!(!second.contains("the file has no school"), "{second}");
}

const FRICTIONLESS: &str = "real/conformance/frictionlessdata__frictionless-py/data";

#[tokio::test]
async fn every_other_file_of_tables_has_a_clear_outcome() {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for (ending, format) in [
        ("json", "{ json: { select: \"$[*]\" } }"),
        ("json", "{ json: { select: \"$\" } }"),
        ("json", "{ json: { select: \"$.resources[*]\" } }"),
        ("ndjson", "ndjson"),
        ("jsonl", "ndjson"),
        ("tsv", "{ csv: { separator: tab } }"),
        ("txt", "csv"),
        ("gz", "csv"),
        ("zip", "csv"),
    ] {
        for path in files(&shared(FRICTIONLESS), ending) {
            let outcome = read(&path, format, "", &strings(&["id", "name"])).await;
            seen += 1;
            wrong.extend(is_clear(&outcome, &path).err());
            let rows = match path.file_name().expect("a name").to_string_lossy().as_ref() {
                "table.tsv" => Some(3),
                "table.ndjson" | "table.jsonl" => Some(2),
                _ => None,
            };
            if rows.is_some_and(|rows| outcome.rows() != rows || !outcome.complete) {
                wrong.push(format!("{}: {} rows", path.display(), outcome.rows()));
            }
            // A packed file that is not said to be one is never taken for a table.
            if matches!(ending, "gz" | "zip") && outcome.complete {
                wrong.push(format!("{}: {:?} is taken for a table", path.display(), texts(&outcome)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 190, "{seen}");
}

/// Tables in zip files, by a pattern of their names.
#[tokio::test]
async fn every_archive_has_a_clear_outcome() {
    let mut wrong = Vec::new();
    let archives = files(&shared(FRICTIONLESS), "zip");
    assert_eq!(archives.len(), 7);
    for path in archives {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let text = document("csv", "*.csv", "", &strings(&["id", "name"]));
        let text = text.replace("folder: .,", &format!("folder: ., zip: {name},"));
        let (dialect, call) = compiled(&text, false);
        let outcome = read_with(&*dialect, call, &OsWorld, path.parent().unwrap_or(Path::new("."))).await;
        wrong.extend(is_clear(&outcome, &path).err());
        let rows = match name.as_str() {
            "table.csv.zip" | "resource.zip" => Some(2),
            "table-multiple-files.zip" => Some(4),
            _ => None,
        };
        if rows.is_some_and(|rows| outcome.rows() != rows) {
            wrong.push(format!("{name}: {} rows, {:?} {:?}", outcome.rows(), outcome.torn, outcome.faults));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
