//! One fault a file: a register of another country whose files have a fault each. The row and the field are named, whatever the
//! fault is. Types, lengths and words of the fields are taken from the published schema of the register.

use crate::{json, shared};
use koppla::finding::terminal::Style;
use koppla::shell::project::Shelf;
use koppla::shell::{Exit, Out, run_on};
use koppla::world::TestWorld;
use serde_json::Value;
use std::ffi::OsString;
use std::rc::Rc;

const FOLDER: &str = "real/rosters/nsip__nias2";

/// Each file with the row and the field of its fault, as they are told.
const FAULTS: &[(&str, u32, &str)] = &[
    ("1MaximumFTE", 2, "FTE"),
    ("1WrongChecksumPlatformId", 2, "PlatformId"),
    ("1WrongChecksumPrevPlatformId", 2, "PreviousPlatformId"),
    ("1students1YearLevelP", 2, "YearLevel"),
    ("1students2YearLevelF", 2, "YearLevel"),
    ("1studentsBirthdateYearLevel", 2, "BirthDate"),
    ("1studentsCommaAddMissingSurname", 2, "FamilyName"),
    ("1studentsExceedCharLengthsGivenName", 2, "GivenName"),
    ("1studentsExceedCharLengthsSurname", 2, "FamilyName"),
    ("1studentsFutureBirthDates", 2, "BirthDate"),
    ("1studentsInvalidAcaraId", 2, "ASLSchoolId"),
    ("1studentsInvalidCountryCodes", 2, "CountryOfBirth"),
    ("1studentsInvalidLanguageCodes", 2, "StudentLOTE"),
    ("1studentsInvalidSex", 2, "Sex"),
    ("1studentsInvalidValuesFFPOS", 2, "FFPOS"),
    ("1studentsInvalidValuesHomeSchooledStudent", 2, "HomeSchooledStudent"),
    ("1studentsInvalidValuesLBOTE", 2, "LBOTE"),
    ("1studentsInvalidValuesMainSchoolFlag", 2, "MainSchoolFlag"),
    ("1studentsInvalidValuesParent2NonSchoolEducation", 2, "Parent2NonSchoolEducation"),
    ("1studentsInvalidValuesYearLevel", 2, "YearLevel"),
    ("1studentsInvalidVisaSubClass", 2, "VisaCode"),
    ("1studentsMissingMandatoryASLSchoolID", 2, "ASLSchoolId"),
    ("1studentsMissingMandatoryDOB", 2, "BirthDate"),
    ("1studentsMissingMandatoryGivenName", 2, "GivenName"),
    ("1studentsMissingMandatoryLocalId", 2, "LocalId"),
    ("1studentsMissingMandatoryParent1LOTE", 2, "Parent1LOTE"),
    ("1studentsMissingMandatoryParent1Occupation", 2, "Parent1Occupation"),
    ("1studentsMissingMandatoryParent2LOTE", 2, "Parent2LOTE"),
    ("1studentsMissingMandatoryParent2Occupation", 2, "Parent2Occupation"),
    ("1studentsMissingMandatoryParent2SchlEduc", 2, "Parent2SchoolEducation"),
    ("1studentsMissingMandatorySex", 2, "Sex"),
    ("1studentsMissingMandatoryStudentCountryBirth", 2, "CountryOfBirth"),
    ("1studentsMissingMandatoryStudentLOTE", 2, "StudentLOTE"),
    ("1studentsMissingMandatoryTestLevel", 2, "TestLevel"),
    ("1studentsOutsideAgeRange9", 2, "BirthDate"),
    ("1studentsSuspectCharacterGivenName", 2, "GivenName"),
    ("1studentsSuspectCharacterMiddleName", 2, "MiddleName"),
    ("1studentsUngradedValuesUGJunSec", 2, "YearLevel"),
    ("1studentsUngradedValuesUGPri", 2, "YearLevel"),
    ("1studentsUngradedValuesUGSec", 2, "YearLevel"),
    ("1studentsUngradedValuesUGSnrSec", 2, "YearLevel"),
    ("1studentsYearLevelTestLevelMismatch", 2, "TestLevel"),
    ("2studentsDupGivenLastNameDOBDiffACARAId", 3, "GivenName"),
    ("2studentsDupGivenLastNameDOBSchool", 3, "LocalId"),
    ("2studentsDuplicateStudentOneSchool", 3, "LocalId"),
];

/// Files whose fault is in the shape of a row or of the header: what is said of them.
const SHAPES: &[(&str, &str)] = &[
    ("1studentsACARAIDandStateBlank", "input/students.csv, line 2: 51 cells, 50 expected"),
    ("1studentsACARAIDandStateMismatch", "input/students.csv, line 2: 51 cells, 50 expected"),
    ("1studentsAddress", "input/students.csv: unknown columns: `AddressLine1`"),
    ("1studentsExtraneousNotPermittedField", "input/students.csv: unknown columns: `Pokemon`"),
    ("1studentsState", "input/students.csv: unknown columns: `StateTerritory`"),
    ("EmptyStudentFile", "input/students.csv, line 6: 56 cells, 50 expected"),
];

/// Files without a fault: the columns that they were made for are no longer in them, their values are allowed by the schema,
/// or they hold no row.
const SOUND: &[(&str, usize)] = &[
    ("1studentsCommaAddressField", 1),
    ("1studentsExceedCharLengthsAddress", 1),
    ("1studentsExceedLengthHomeGrp", 1),
    ("3studentsUnusualLanguageCodes", 3),
    ("BlankStudentFile2", 0),
];

/// Rules that a type cannot say, as a consultant writes them.
const RULES: &str = r#"mapping: register--roll
left: register
right: roll
functions:
  passes:
    doc: A platform id ends with a letter that stands for its Luhn digit.
    takes: { id: text }
    gives: bool
    is: |
      passes_luhn(f"{keep(id, "0-9") ?? ""}{match id { like r"R$" => "0", like r"A$" => "1", like r"S$" => "2", like r"P$" => "3", like r"D$" => "4", like r"H$" => "5", like r"E$" => "6", like r"G$" => "7", like r"K$" => "8", else => "9" }}")
    examples:
      - { given: { id: R100000003S }, gives: true }
      - { given: { id: R100000080E }, gives: false }
sets:
  sound: |
    student as s
    where s.BirthDate <= as_of                                           else reject "BirthDate: lies in the future"
    where s.YearLevel != "3" or age_on(s.BirthDate, as_of) <= 8          else reject "BirthDate: too old for the year"
    where s.FTE is absent or s.FTE <= 1                                  else reject "FTE: more than the whole time"
    where s.YearLevel == s.TestLevel                                     else reject "TestLevel: is not that of the year"
    where s.PlatformId is absent or passes(s.PlatformId)                 else reject "PlatformId: has a wrong check letter"
    where s.PreviousPlatformId is absent or passes(s.PreviousPlatformId) else reject "PreviousPlatformId: has a wrong check letter"
    where s.Parent2SchoolEducation is not absent                         else reject "Parent2SchoolEducation: is missing"
    where s.Parent2Occupation is not absent                              else reject "Parent2Occupation: is missing"
    where s.Parent2LOTE is not absent                                    else reject "Parent2LOTE: is missing"
    where (all(student)[GivenName == outer.s.GivenName and FamilyName == outer.s.FamilyName and BirthDate == outer.s.BirthDate] | count) == 1   else reject "GivenName: another row has the same names and date of birth"
maps:
  pupils:
    between: sound -> pupil
    gone: remove
    fields: |
"#;

/// The columns, as the header of a file has them.
fn columns() -> Vec<String> {
    let text = std::fs::read(shared(&format!("{FOLDER}/unit_test_files/1studentsInvalidSex.csv"))).expect("a file");
    let mut reader = csv::Reader::from_reader(text.as_slice());
    reader.headers().expect("a header").iter().map(|name| name.trim_start_matches('\u{feff}').to_string()).collect()
}

/// A field of the register by its schema.
fn field(name: &str, schema: &Value) -> String {
    let required = schema["required"].as_array().expect("names").iter().any(|known| known == name);
    let property = &schema["properties"][name];
    match name {
        "BirthDate" => return format!("      {name}: {{ type: date, class: personal }}\n"),
        "FTE" => return format!("      {name}: {{ type: \"decimal?\", class: personal }}\n"),
        _ => {}
    }
    let words = property["enum"]
        .as_array()
        .map(|words| words.iter().map(|word| word.as_str().expect("a text").to_string()).collect::<Vec<_>>().join("|"));
    // What the notes beside the schema say of names, schools and years.
    let own = match name {
        "ASLSchoolId" => Some(r"\d{5}".to_string()),
        "GivenName" | "MiddleName" => Some("[A-Za-z'' .-]+".to_string()),
        "YearLevel" => Some("3|5|7|9".to_string()),
        _ => None,
    };
    let pattern = own.or(words).or(property["pattern"].as_str().map(String::from));
    let pattern = pattern.map(|pattern| format!(", pattern: '{pattern}'")).unwrap_or_default();
    let max = property["maxLength"].as_u64().map(|max| format!(", max: {max}")).unwrap_or_default();
    format!("      {name}: {{ type: \"text{}\", class: personal{max}{pattern} }}\n", if required { "" } else { "?" })
}

/// What is said of a file.
fn said(world: &TestWorld, file: &str) -> String {
    let bytes = std::fs::read(shared(&format!("{FOLDER}/unit_test_files/{file}.csv"))).expect("a file");
    world.put("input/students.csv", bytes);
    // The documents of all files are the same; they are checked once.
    thread_local!(static SHELF: Rc<Shelf> = Rc::default());
    let shelf = SHELF.with(Rc::clone);
    let (mut result, mut notes) = (Vec::new(), Vec::new());
    let mut out = Out::new(&mut result, &mut notes, Style::default()).with_shelf(&shelf);
    let line = "koppla preview --project . --as-of 2017-03-01";
    let exit = run_on(line.split_whitespace().map(OsString::from), world, &mut out);
    let said = String::from_utf8_lossy(&[result, notes].concat()).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(matches!(exit, Exit::Done | Exit::Found), "{file}: {exit:?} {said}");
    said
}

fn world() -> TestWorld {
    let world = TestWorld::new();
    let schema = json(shared(&format!("{FOLDER}/app/napval/schemas/core.json")));
    let columns = columns();
    let left: String = columns.iter().map(|name| field(name, &schema)).collect();
    let right: String = columns
        .iter()
        .map(|name| {
            format!("      {name}: {{ type: \"text{}\", class: personal }}\n", if name == "LocalId" { "" } else { "?" })
        })
        .collect();
    let rules: String = columns
        .iter()
        .map(|name| match name.as_str() {
            "BirthDate" | "FTE" => format!("      {name}: text(s.{name}) -> {name}\n"),
            _ => format!("      {name}: s.{name} -> {name}\n"),
        })
        .collect();
    world.put(
        "systems/register/system.yaml",
        format!("system: register\nconnect:\n  files: {{ folder: input }}\nentities:\n  student:\n    key: [LocalId, ASLSchoolId]\n    read: {{ file: students.csv }}\n    fields:\n{left}"),
    );
    world.put(
        "systems/roll/system.yaml",
        format!("system: roll\nconnect:\n  files: {{ folder: output }}\ndeliver: {{ as: files }}\nentities:\n  pupil:\n    key: [LocalId, ASLSchoolId]\n    write: {{ file: roll.csv }}\n    fields:\n{right}"),
    );
    world.put("register--roll.mapping.yaml", format!("{RULES}{rules}"));
    world.put("x.sync.yaml", "sync: x\nleft: { system: register }\nright: { system: roll }\n");
    world
}

#[test]
fn every_fault_is_told_with_its_row_and_its_field() {
    let world = world();
    let mut wrong = Vec::new();
    for (file, row, field) in FAULTS {
        let said = said(&world, file);
        let place = format!("input/students.csv:{row}");
        // The lines that tell of rows: `rejected 1 student Sex: … (input/students.csv:2)`.
        let told = [" rejected ", " held ", " odd "].iter().flat_map(|kind| said.split(kind).skip(1));
        let named = |text: &str| {
            text.contains(&place) && (text.contains(&format!(" {field}: ")) || text.contains(&format!(": {field},")))
        };
        if !told.into_iter().any(named) {
            wrong.push(format!("{file}: {said}"));
        }
    }
    for (file, words) in SHAPES {
        let said = said(&world, file);
        if !said.contains(words) {
            wrong.push(format!("{file}: {said}"));
        }
    }
    for (file, rows) in SOUND {
        let said = said(&world, file);
        if said.contains("not written, and why") || !said.contains(&format!(" {rows} change")) {
            wrong.push(format!("{file}: {said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_with_a_fault_is_looked_at() {
    let listed = FAULTS.iter().map(|(file, ..)| *file).chain(SHAPES.iter().map(|(file, _)| *file));
    let mut listed: Vec<&str> = listed.chain(SOUND.iter().map(|(file, _)| *file)).collect();
    listed.sort_unstable();
    let entries = std::fs::read_dir(shared(&format!("{FOLDER}/unit_test_files"))).expect("the folder");
    let mut there: Vec<String> = entries
        .filter_map(|entry| {
            let name = entry.expect("a file").file_name().into_string().expect("a name");
            name.strip_suffix(".csv").map(String::from)
        })
        .collect();
    there.sort_unstable();
    assert_eq!(listed, there);
    assert!(there.len() > 50);
}
