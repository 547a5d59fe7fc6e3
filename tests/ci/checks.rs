//! `koppla check` for the tools around.

use crate::scene::{MAPPING, REGISTER, fits, koppla, project, schema, validator, with};
use koppla::shell::Exit;
use koppla::world::TestWorld;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

const FILE: &str = "register--directory.mapping.yaml";

/// The small schema of our own, of the part of SARIF that we write.
const SARIF: &str = include_str!("sarif.json");

/// A mapping with a mistake, and a label with everything that needs care in a report.
fn hard() -> String {
    MAPPING.replace("Class:         class ", "\"E-post: \\\"ny\\\" 😀, 100 %\": klass ")
}

/// Every suite of mistakes that the project has.
fn mistakes() -> TestWorld {
    let world = TestWorld::new();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/mistakes");
    for entry in std::fs::read_dir(folder).expect("the suite").filter_map(Result::ok) {
        let name = entry.file_name().into_string().expect("a name");
        world.put(&name, std::fs::read(entry.path()).expect("a document"));
    }
    world
}

#[test]
fn json_has_the_form_of_its_schema() {
    let schema = schema("check");
    for world in [project(), mistakes(), with(FILE, hard())] {
        let said = koppla("check --format json", &world);
        fits(&schema, &said.json());
    }
    assert!(!schema.is_valid(&json!({ "findings": [{}], "counts": {} })), "the schema refuses nothing");
}

#[test]
fn sarif_has_the_form_of_the_standard() {
    let schema = validator(SARIF);
    for world in [project(), mistakes(), with(FILE, hard())] {
        let log = koppla("check --format sarif", &world).json();
        fits(&schema, &log);
        let run = &log["runs"][0];
        for result in run["results"].as_array().expect("results") {
            let rule = &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().expect("an index") as usize];
            assert_eq!(rule["id"], result["ruleId"]);
        }
    }
}

/// The official schema, sarif-schema-2.1.0.json, as the crate `serde-sarif` has it.
fn official() -> String {
    // Packages of other machines than this one are nowhere here.
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", "host-tuple"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("what cargo knows of the packages");
    let packages = metadata["packages"].as_array().expect("packages");
    let package = packages.iter().find(|package| package["name"] == "serde-sarif").expect("a dependency of the tests");
    let manifest = Path::new(package["manifest_path"].as_str().expect("a path"));
    std::fs::read_to_string(manifest.with_file_name("src").join("schema.json")).expect("the schema")
}

#[test]
fn sarif_has_the_form_of_the_official_schema() {
    let text = official();
    assert!(text.contains("Static Analysis Results Format (SARIF) Version 2.1.0"));
    // One expression of the schema, about a property that we do not write, is none by the rules of JSON Schema.
    let schema = validator(&text.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$"));
    for world in [project(), mistakes(), with(FILE, hard()), many(1_500, 4)] {
        fits(&schema, &koppla("check --format sarif", &world).json());
    }
    fits(&schema, &koppla("test --format sarif", &project()).json());
}

#[test]
fn github_shows_a_finding_at_its_line_seen_from_the_root_of_the_repository() {
    let world = with(&format!("kunder/norr/{FILE}"), hard());
    for (path, text) in crate::scene::DOCUMENTS.iter().filter(|(path, _)| *path != FILE) {
        world.put(format!("kunder/norr/{path}"), *text);
    }
    let said = koppla("check --project kunder/norr --format github", &world).ends(Exit::Found);
    let line = said.result.lines().next().expect("an annotation");
    assert!(line.starts_with(&format!("::error file=kunder/norr/{FILE},line=12,col=")), "{line}");
    let log = koppla("check --project ./kunder/norr --format sarif", &world).json();
    let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(*place, format!("kunder/norr/{FILE}"));
}

#[test]
fn junit_counts_errors_as_failures_and_files_without_findings_as_passed() {
    let said = koppla("check --format junit", &with(FILE, hard())).ends(Exit::Found);
    said.says(&[
        "<testsuites name=\"koppla check\" tests=\"5\" failures=\"1\" errors=\"0\">",
        &format!("<testsuite name=\"{FILE}\" tests=\"1\" failures=\"1\""),
        "<testcase name=\"no findings\" classname=\"koppla check\" file=\"norrskolan.sync.yaml\" line=\"1\"/>",
    ]);
}

#[test]
fn a_code_weighs_what_the_project_wants() {
    let world = with(FILE, MAPPING.replace("class  ", "klass  "));
    koppla("check --warn unknown-name", &world).ends(Exit::Done).says(&["warning[unknown-name]", "1 warning"]);
    let world = with("norrskolan.test.yaml", "no: 1\ntest: register--directory\ncases: []\n");
    let warns = koppla("check --format json", &world);
    let code = warns.json()["findings"].as_array().expect("findings").iter().map(code).collect::<Vec<_>>();
    assert!(code.contains(&"key-misread-elsewhere".to_string()), "{code:?}");
    koppla("check --warn unknown-key --warn unknown-document", &world).ends(Exit::Done);
    koppla("check --warn unknown-key --warn unknown-document --deny key-misread-elsewhere", &world).ends(Exit::Found);
    koppla("check --warn unknown-key --warn unknown-document --deny warnings", &world).ends(Exit::Found);
    koppla("check --deny unknown-nam", &world).ends(Exit::Usage).says(&["did you mean `unknown-name`?"]);
}

fn code(finding: &Value) -> String {
    finding["code"].as_str().unwrap_or_default().to_string()
}

/// So many mappings between the same systems, with so many mistakes in each.
fn many(files: usize, mistakes: usize) -> TestWorld {
    let world = TestWorld::new();
    world.put("systems/register/system.yaml", REGISTER);
    world.put("systems/directory/system.yaml", crate::scene::DIRECTORY);
    let extra: String =
        (0..mistakes).map(|index| format!("      Extra {index}: famly_name -> name when no_{index}\n")).collect();
    for index in 0..files {
        let text = MAPPING.replace("mapping: register--directory", &format!("mapping: m{index:04}"));
        world.put(format!("m{index:04}.mapping.yaml"), text + &extra);
    }
    world
}

/// The limit of three seconds is for the released program; without optimisation the same work takes many times as long.
#[test]
fn thousands_of_findings_are_grouped_and_told_in_time() {
    let world = many(2_000, 1);
    let began = Instant::now();
    let said = koppla("check", &world).ends(Exit::Found);
    let took = began.elapsed().as_secs_f64();
    assert!(said.result.lines().count() < 500, "{} lines", said.result.lines().count());
    let said = said.says(&["unknown-name: ", " findings (", "and 1992 more files"]);
    assert!(said.result.contains("in 2000 of 2002 files"), "{}", said.result);
    assert!(took < 60.0, "{took} s");
    let log = koppla("check --format sarif", &many(400, 15)).json();
    fits(&validator(SARIF), &log);
}
