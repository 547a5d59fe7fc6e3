//! `koppla test` for the tools around.

use crate::scene::{CASES, MAPPING, fits, koppla, project, schema, validator, with};
use koppla::shell::Exit;

const FILE: &str = "norrskolan.test.yaml";

/// Cases of every kind of difference, one of them with a name that needs care.
fn failing() -> String {
    CASES
        .replace("only pupils with a class get an account", "\"Åsa: \\\"7A\\\" 😀, 100 % — ä\"")
        .replace("name: Åsa Öberg,", "name: Asa Oberg,")
        .replace("pupils: 1", "pupils: 2")
        + r#"  - name: another one comes
    given: { pupil: [{ number: "3", given_name: Nour, family_name: Berg, class: 8B }] }
    expect: { account: [{ id: "4", name: Wim, group: 1A }, { id: "5", group: 1A }] }
  - name: what cannot be read
    given: { pupil: [{ number: "3", given_name: Nour, family_name: Berg, class: 8B, marking: x }] }
    expect: { account: [{ mail: none }] }
    protected: 0
"#
}

#[test]
fn json_has_the_form_of_its_schema() {
    let schema = schema("test");
    for world in [project(), with(FILE, failing())] {
        fits(&schema, &koppla("test --format json", &world).json());
    }
    let said = koppla("test --format json", &with(FILE, failing())).ends(Exit::Found).json();
    let kinds: Vec<&str> = said["cases"]
        .as_array()
        .expect("cases")
        .iter()
        .flat_map(|case| case["differences"].as_array().expect("differences"))
        .filter_map(|difference| difference["kind"].as_str())
        .collect();
    for kind in ["differs", "skipped", "missing", "unreadable", "protected"] {
        assert!(kinds.contains(&kind), "{kind} is not among {kinds:?}");
    }
}

#[test]
fn github_shows_a_failed_case_at_its_name() {
    let said = koppla("test --format github", &with(FILE, failing())).ends(Exit::Found);
    let lines: Vec<&str> = said.result.lines().collect();
    assert_eq!(lines.len(), 3, "{}", said.result);
    assert!(lines[0].starts_with(&format!("::error file={FILE},line=4,col=")), "{}", lines[0]);
    assert!(
        lines[0].contains("title=case-failed::the case does not come out: Åsa: \"7A\" 😀, 100 %25 — ä%0Aaccount 1%0A")
    );
    assert!(lines[0].contains("name%0A    expected  Asa Oberg%0A    got       Åsa Öberg"), "{}", lines[0]);
    assert_eq!(koppla("test --format github", &project()).ends(Exit::Done).result, "");
}

#[test]
fn sarif_has_a_result_for_each_failed_case() {
    let schema = validator(include_str!("sarif.json"));
    for (world, results) in [(project(), 0), (with(FILE, failing()), 3)] {
        let log = koppla("test --format sarif", &world).json();
        fits(&schema, &log);
        assert_eq!(log["runs"][0]["results"].as_array().map(Vec::len), Some(results));
    }
}

#[test]
fn junit_has_every_case() {
    let said = koppla("test --format junit", &with(FILE, failing())).ends(Exit::Found);
    said.says(&[
        "<testsuites name=\"koppla test\" tests=\"3\" failures=\"3\" errors=\"0\">",
        "<testcase name=\"Åsa: &quot;7A&quot; 😀, 100 % — ä\" classname=\"register--directory\" file=\"norrskolan.test.yaml\" line=\"4\">",
        "<failure message=\"account 1\">account 1\n  name\n    expected  Asa Oberg\n    got       Åsa Öberg",
        "fell: pupils skipped 1: has no class",
    ]);
    koppla("test --format junit", &project()).ends(Exit::Done).says(&["tests=\"1\" failures=\"0\""]);
}

#[test]
fn what_keeps_cases_from_being_worked_comes_in_the_same_format() {
    let world = with("register--directory.mapping.yaml", MAPPING.replace("class  ", "klass  "));
    koppla("test --format github", &world)
        .ends(Exit::Found)
        .says(&["::error file=register--directory.mapping.yaml,line=12"]);
    koppla("test --format junit", &world).ends(Exit::Found).says(&["failures=\"1\"", "unknown-name"]);
    let log = koppla("test --format sarif", &world).ends(Exit::Found).json();
    assert_eq!(log["runs"][0]["results"][0]["ruleId"], "unknown-name");
}

#[test]
fn line_ends_of_windows_change_nothing() {
    let world = with(FILE, CASES.replace('\n', "\r\n"));
    world.put("register--directory.mapping.yaml", MAPPING.replace('\n', "\r\n"));
    koppla("test", &world).ends(Exit::Done).says(&["1 passed, 0 failed"]);
    let world = with(FILE, failing().replace('\n', "\r\n"));
    let unix = koppla("test --format github", &with(FILE, failing()));
    assert_eq!(koppla("test --format github", &world).result, unix.result);
}
