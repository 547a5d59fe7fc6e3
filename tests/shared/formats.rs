//! Files that others wrote, in every format that is read: each has a clear outcome, rows or words that name the place, and
//! no panic; and texts that break programs go through every format and back.

use crate::{json, own, shared};
use koppla::adapter::drive::{ReadOutcome, read_all};
use koppla::adapter::files::Files;
use koppla::adapter::{Cell, Opener, Part, Rows, Settings};
use koppla::finding::Findings;
use koppla::model::resolve;
use koppla::plan::columns::columns;
use koppla::protocol::files::Files as Protocol;
use koppla::protocol::{CallId, Dialect, Protocol as _, ScopeNames};
use koppla::source::Sources;
use koppla::world::{OsWorld, TestWorld, World};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A system document with one entity, and its call.
pub fn compiled(document: &str, write: bool) -> (Box<dyn Dialect>, CallId) {
    let mut sources = Sources::default();
    let mut found = Findings::default();
    let file = sources.add("systems/sample/system.yaml", document);
    let model = resolve(&sources, &[file], &mut found);
    let system = model.systems.first().unwrap_or_else(|| panic!("no system\n{document}"));
    let (_, connect) = system.connect.as_ref().expect("a connection");
    let mut dialect = Protocol.compile(connect, &ScopeNames::default(), &mut found).expect("a dialect");
    let entity = &model.entities[0];
    let all: BTreeSet<u16> = (0..entity.fields.len() as u16).collect();
    let (shape, _) = columns(&model, entity, &all);
    let call = match (write, &entity.read, &entity.write) {
        (false, Some(read), _) => dialect.read(read, &shape, &mut found),
        (true, _, Some(write)) => dialect.write(&write.node, None, &shape, &mut found),
        _ => None,
    };
    let words: Vec<String> = found.sorted().iter().map(|finding| finding.message()).collect();
    (dialect, call.unwrap_or_else(|| panic!("{words:?}\n{document}")))
}

/// A document that reads one file with text fields at these places.
pub fn document(format: &str, file: &str, read: &str, places: &[String]) -> String {
    let fields: String = places
        .iter()
        .enumerate()
        .map(|(index, at)| format!("      f{index}: {{ type: \"text?\", at: {} }}\n", serde_json::json!(at)))
        .collect();
    format!(
        "system: sample\nconnect:\n  files: {{ folder: ., format: {format} }}\nentities:\n  row:\n    key: f0\n    read: {{ file: {}{read} }}\n    write: {{ file: {} }}\n    fields:\n{fields}",
        serde_json::json!(file),
        serde_json::json!(file),
    )
}

pub async fn read_with(dialect: &dyn Dialect, call: CallId, world: &dyn World, folder: &Path) -> ReadOutcome {
    let settings = Settings { folder: folder.to_path_buf(), as_of: "2026-09-01".into(), ..Settings::default() };
    let files = Files::default();
    let mut session = files.open(dialect, world, &settings).await.expect("a session");
    read_all(&mut *session, call, &mut |_| {}).await
}

/// Reads a file of the material.
pub async fn read(path: &Path, format: &str, select: &str, places: &[String]) -> ReadOutcome {
    let file = glob::Pattern::escape(&path.file_name().expect("a name").to_string_lossy());
    let (dialect, call) = compiled(&document(format, &file, select, places), false);
    read_with(&*dialect, call, &OsWorld, path.parent().expect("a folder")).await
}

/// Rows as texts; an empty text and nothing are the same.
pub fn texts(outcome: &ReadOutcome) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for batch in &outcome.batches {
        for row in 0..batch.len() {
            let text = |cell: &Cell| match cell {
                Cell::Text { start, len } | Cell::Number { start, len } => batch.text(*start, *len).to_string(),
                Cell::Bool(value) => value.to_string(),
                _ => String::new(),
            };
            rows.push(batch.row(row).map(|cell| text(&cell)).collect());
        }
    }
    rows
}

/// An outcome is clear if it is whole, or says where it is not.
pub fn is_clear(outcome: &ReadOutcome, path: &Path) -> Result<(), String> {
    let name = path.file_name().expect("a name").to_string_lossy().into_owned();
    let places = outcome.torn.iter().map(|torn| format!("{}: {}", torn.origin, torn.why));
    let said: Vec<String> = places.chain(outcome.faults.iter().map(|fault| fault.say.clone())).collect();
    if outcome.complete != said.is_empty() {
        return Err(format!("{name}: complete is {}, and it says {said:?}", outcome.complete));
    }
    match said.iter().find(|say| !say.contains(&name)) {
        Some(say) => Err(format!("{name} is not named: {say}")),
        None => Ok(()),
    }
}

pub fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|known| known == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

pub fn strings(places: &[&str]) -> Vec<String> {
    places.iter().map(|place| place.to_string()).collect()
}

#[tokio::test]
async fn csv_spectrum_is_read_as_its_authors_say() {
    let folder = shared("real/conformance/max-mapper__csv-spectrum");
    let cases = files(&folder.join("csvs"), "csv");
    assert_eq!(cases.len(), 12);
    for path in cases {
        let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let expected = json(folder.join(format!("json/{stem}.json")));
        // A file that is one record is written without a list.
        let expected = expected.as_array().cloned().unwrap_or_else(|| vec![expected.clone()]);
        let mut names: Vec<String> = expected[0].as_object().expect("a record").keys().cloned().collect();
        // The number in this record is not the one of the file.
        names.retain(|name| stem != "location_coordinates" || name != "Contact Phone Number");
        let outcome = read(&path, "csv", "", &names).await;
        assert!(outcome.complete, "{stem}: {:?} {:?}", outcome.torn, outcome.faults);
        let cell = |record: &serde_json::Value, name: &String| record[name].as_str().expect("a text").to_string();
        let rows: Vec<Vec<String>> =
            expected.iter().map(|record| names.iter().map(|name| cell(record, name)).collect()).collect();
        // The expected records of line breaks are written with LF; a file with CR LF keeps what it holds.
        let got: Vec<Vec<String>> =
            texts(&outcome).iter().map(|row| row.iter().map(|cell| cell.replace("\r\n", "\n")).collect()).collect();
        let rows: Vec<Vec<String>> =
            rows.iter().map(|row| row.iter().map(|cell| cell.replace("\r\n", "\n")).collect()).collect();
        assert_eq!(got, rows, "{stem}");
    }
}

#[tokio::test]
async fn every_dirty_csv_has_a_clear_outcome() {
    let mut wrong = Vec::new();
    let (mut whole, mut told) = (0, 0);
    let folders = ["real/conformance/frictionlessdata__frictionless-py/data", "real/rosters", "specs"];
    for path in folders.iter().flat_map(|folder| files(&shared(folder), "csv")) {
        let bytes = std::fs::read(&path).expect("a file");
        let first =
            String::from_utf8_lossy(&bytes).trim_start_matches('\u{FEFF}').lines().next().unwrap_or("").to_string();
        let mut header = csv::ReaderBuilder::new().has_headers(false).from_reader(first.as_bytes());
        let mut names: Vec<String> = header
            .records()
            .next()
            .and_then(Result::ok)
            .map(|row| row.iter().map(String::from).collect())
            .unwrap_or_default();
        names.retain(|name| !name.trim().is_empty() && !name.contains('\u{FFFD}'));
        let distinct: BTreeSet<&String> = names.iter().collect();
        if distinct.len() != names.len() || names.is_empty() {
            names = strings(&["id"]);
        }
        let outcome = read(&path, "csv", "", &names).await;
        *(if outcome.complete { &mut whole } else { &mut told }) += 1;
        wrong.extend(is_clear(&outcome, &path).err());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(whole > 150 && told > 5, "{whole} whole, {told} told");
}

#[tokio::test]
async fn every_workbook_has_a_clear_outcome() {
    let mut wrong = Vec::new();
    let (mut whole, mut told) = (0, 0);
    let places: Vec<String> = (0..6).map(|place| format!("c{place}")).collect();
    for folder in ["real/conformance/tafia__calamine/tests", "real/conformance/frictionlessdata__frictionless-py/data"]
    {
        for path in ["xlsx", "xls", "ods", "xlsb"].iter().flat_map(|ending| files(&shared(folder), ending)) {
            let outcome = read(&path, "{ xlsx: { header: none } }", "", &places).await;
            *(if outcome.complete { &mut whole } else { &mut told }) += 1;
            wrong.extend(is_clear(&outcome, &path).err());
            if path.extension().is_some_and(|ending| ending == "xls") && outcome.complete {
                wrong.push(format!("{} is an old file, and is read", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(whole > 45 && told > 30, "{whole} whole, {told} told");
}

#[tokio::test]
async fn days_of_workbooks_are_the_same_from_1900_and_from_1904() {
    let folder = shared("real/conformance/tafia__calamine/tests");
    let places = strings(&["day", "what"]);
    let plain = texts(&read(&folder.join("date.xlsx"), "{ xlsx: { header: none } }", "", &places).await);
    let from_1904 = texts(&read(&folder.join("date_1904.xlsx"), "{ xlsx: { header: none } }", "", &places).await);
    assert_eq!(plain[0][0], "2021-01-01", "{plain:?}");
    assert_eq!(plain[0], from_1904[0]);
}

/// The descriptor of the library, over a file of the material.
async fn edexml(path: &Path, entity: &str) -> ReadOutcome {
    let text = std::fs::read_to_string(own("mappings/systems/edexml/system.yaml")).expect("the descriptor");
    let file = path.file_name().expect("a name").to_string_lossy().into_owned();
    let text = text.replace("\"{{ settings.file }}\"", &format!("{file:?}")).replace("\"{{ settings.folder }}\"", ".");
    let mut sources = Sources::default();
    let mut found = Findings::default();
    let id = sources.add("systems/edexml/system.yaml", text.as_str());
    let model = resolve(&sources, &[id], &mut found);
    let (_, connect) = model.systems[0].connect.as_ref().expect("a connection");
    let mut dialect = Protocol.compile(connect, &ScopeNames::default(), &mut found).expect("a dialect");
    let entity = model.entities.iter().find(|known| known.name.text == entity).expect("an entity");
    let all: BTreeSet<u16> = (0..entity.fields.len() as u16).collect();
    let (shape, _) = columns(&model, entity, &all);
    let call = dialect.read(entity.read.as_ref().expect("a call"), &shape, &mut found).expect("a call");
    read_with(&*dialect, call, &OsWorld, path.parent().expect("a folder")).await
}

#[tokio::test]
async fn edexml_samples_are_read_and_the_invalid_one_is_told() {
    for (file, locations) in [
        ("2.0/EDEXML.Voorbeeld.2.0.xml", 2),
        ("2.0/EDEXML.Voorbeeld.2.0-Vla.xml", 0),
        ("2.1/EDEXML.Voorbeeld.2.1.xml", 2),
    ] {
        let path = shared(&format!("specs/edexml/{file}"));
        for (entity, rows) in
            [("school", 1), ("location", locations), ("group", 5), ("combined_group", 3), ("pupil", 3), ("teacher", 3)]
        {
            let outcome = edexml(&path, entity).await;
            assert!(outcome.complete, "{file} {entity}: {:?} {:?}", outcome.torn, outcome.faults);
            let expected = if entity == "combined_group" && file.contains("Vla") { 2 } else { rows };
            assert_eq!(outcome.rows(), expected, "{file} {entity}");
        }
    }
    let outcome = edexml(&shared("specs/edexml/2.1/EDEXML.invalid_1.xml"), "school").await;
    assert_eq!(outcome.rows(), 0);
    assert_eq!(outcome.notes[0].what, "there is no element `EDEX.school`: the list is empty");
}

#[tokio::test]
async fn xml_of_other_standards_is_read_generically() {
    let ed_fi = shared("real/rosters/Ed-Fi-Alliance-OSS__Ed-Fi-Data-Standard/Samples/Sample XML");
    let sif = shared("real/rosters/nsip__nias2/unit_test_files");
    for (path, select, place) in [
        (ed_fi.join("Student.xml"), "InterchangeStudent.Student", "StudentUniqueId"),
        (ed_fi.join("EducationOrganization.xml"), "InterchangeEducationOrganization.School", "NameOfInstitution"),
        (ed_fi.join("StudentProgram.xml"), "InterchangeStudentProgram.StudentProgramAssociation", "BeginDate"),
        (sif.join("1students.xml"), "StudentPersonals.StudentPersonal", "@RefId"),
        (sif.join("StudentPersonal.xml"), "StudentPersonals.StudentPersonal", "@RefId"),
        (sif.join("1TeachingGroup.xml"), "TeachingGroups.TeachingGroup", "ShortName"),
    ] {
        let outcome = read(&path, &format!("{{ xml: {{ select: {select} }} }}"), "", &strings(&[place])).await;
        assert!(outcome.complete, "{}: {:?} {:?}", path.display(), outcome.torn, outcome.faults);
        let rows = texts(&outcome);
        assert!(!rows.is_empty() && rows.iter().all(|row| !row[0].is_empty()), "{}", path.display());
    }
    // The same, where the namespace has a name.
    let format =
        "{ xml: { select: \"e:InterchangeStudent.e:Student\", namespaces: { e: \"http://ed-fi.org/5.2.0\" } } }";
    let outcome = read(&ed_fi.join("Student.xml"), format, "", &strings(&["e:StudentUniqueId"])).await;
    assert!(outcome.complete && outcome.rows() > 0);
}

#[tokio::test]
async fn every_directory_is_read_or_told() {
    let mut wrong = Vec::new();
    let (mut whole, mut told, mut entries) = (0, 0, 0);
    for path in files(&shared("real"), "ldif") {
        let outcome = read(&path, "ldif", "", &strings(&["dn", "cn"])).await;
        *(if outcome.complete { &mut whole } else { &mut told }) += 1;
        entries += outcome.rows();
        wrong.extend(is_clear(&outcome, &path).err());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(whole > 30 && told > 3 && entries > 50, "{whole} whole, {told} told, {entries} entries");
}

/// Rows of one text each.
struct Lent(Vec<Vec<Option<String>>>, usize);

impl Rows for Lent {
    fn next(&mut self) -> Option<&[Option<String>]> {
        self.1 += 1;
        self.0.get(self.1 - 1).map(Vec::as_slice)
    }
}

#[tokio::test]
async fn naughty_strings_go_through_every_format_and_back() {
    let naughty = json(shared("real/conformance/minimaxir__big-list-of-naughty-strings/blns.json"));
    let naughty: Vec<String> =
        naughty.as_array().expect("strings").iter().map(|text| text.as_str().expect("a text").to_string()).collect();
    assert!(naughty.len() > 400);
    for format in [
        "csv",
        "{ csv: { separator: \";\", quote_when: always, escape: \"\\\\\", line_end: crlf } }",
        "{ csv: { encoding: utf-16 } }",
        "{ csv: { encoding: windows-1252, quote: none } }",
        "{ xml: { select: \"list.row[*]\" } }",
        "{ xlsx: {} }",
        "{ fixed: { trim: none } }",
        "json",
        "ndjson",
    ] {
        let fixed = format.contains("fixed");
        let places = if fixed { strings(&["1-9", "10-700"]) } else { strings(&["number", "text"]) };
        let text = document(format, "out.dat", "", &places);
        let world = TestWorld::new();
        let (dialect, call) = compiled(&text, true);
        let fits = |text: &&String| dialect.unfit(call, 1, text).is_none();
        let kept: Vec<&String> = naughty.iter().filter(fits).collect();
        assert!(kept.len() * 2 > naughty.len(), "{format}: {}", kept.len());
        let rows =
            kept.iter().enumerate().map(|(n, text)| vec![Some(format!("n{n}")), Some(text.to_string())]).collect();
        let settings = Settings { folder: PathBuf::from("."), as_of: "2026-09-01".into(), ..Settings::default() };
        let files = Files::default();
        let mut session = files.open(&*dialect, &world, &settings).await.expect("a session");
        let mut rows = Lent(rows, 0);
        session
            .deliver("s", &mut [Part { call, rows: &mut rows }])
            .await
            .unwrap_or_else(|fault| panic!("{format}: {}", fault.say));
        session.settle("s").await.expect("settled");
        let (dialect, call) = compiled(&text, false);
        let outcome = read_with(&*dialect, call, &world, Path::new(".")).await;
        assert!(outcome.complete, "{format}: {:?} {:?}", outcome.torn, outcome.faults);
        let back = texts(&outcome);
        assert_eq!(back.len(), kept.len(), "{format}");
        for (text, row) in kept.iter().zip(&back) {
            // Blanks around a text mean nothing in XML; lines of fixed width are filled up with blanks.
            let same = match format {
                _ if format.contains("xml") => {
                    let blank = [' ', '\t', '\r', '\n'];
                    row[1] == text.trim_matches(blank)
                }
                _ if fixed => row[1].trim_end() == text.trim_end(),
                _ => row[1] == **text,
            };
            assert!(same, "{format}: {text:?} became {:?}", row[1]);
        }
    }
}
