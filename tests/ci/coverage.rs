//! `koppla test --coverage` and `--mutate`: what the cases touch, and what they would notice.

use crate::scene::{CASES, MAPPING, fits, koppla, schema, text, with};
use koppla::shell::Exit;
use koppla::world::TestWorld;
use serde_json::Value;

const FILE: &str = "register--directory.mapping.yaml";
const TESTS: &str = "norrskolan.test.yaml";

/// A mapping with branches and a table, and a case that touches a part of it.
fn branching() -> TestWorld {
    let mapping = MAPPING.replace(
        "      Class:         class                           -> group\n",
        r#"      Class:         match class { "7A" => "Seven", "7B" => lookup(class, in = groups.title), else => class }  -> group  when given_name != "Nobody"
"#,
    );
    let mapping =
        mapping.replace("email                           -> mail", "email ?? \"none@example.org\"         -> mail");
    let world = with(FILE, mapping);
    world.put("groups.table.yaml", "table: groups\ncolumns: { code: text, title: text }\nkey: code\nrows:\n  - { code: 7B, title: Seven B }\n  - { code: 7C, title: Seven C }\n");
    world.put(TESTS, CASES.replace("group: 7A", "group: Seven"));
    world
}

fn items(world: &TestWorld) -> Vec<(String, String, String, u64)> {
    let said = koppla("test --coverage --format json", world).ends(Exit::Done).json();
    fits(&schema("test"), &said);
    let items = said["coverage"]["mappings"][0]["items"].as_array().expect("items").clone();
    let text = |item: &Value, key: &str| item[key].as_str().expect("a text").to_string();
    items
        .iter()
        .map(|item| {
            (text(item, "kind"), text(item, "of"), text(item, "what"), item["count"].as_u64().expect("a count"))
        })
        .collect()
}

#[test]
fn rules_outcomes_branches_and_rows_are_counted() {
    let items = items(&branching());
    let count = |of: &str, what: &str| {
        let found: Vec<u64> =
            items.iter().filter(|(_, o, w, _)| o == of && w == what).map(|(.., count)| *count).collect();
        assert_eq!(found.len(), 1, "{of}: {what} in {items:#?}");
        found[0]
    };
    assert_eq!(count("pupils: Name", "a value"), 1);
    assert_eq!(count("pupils", "the record takes part"), 1);
    assert_eq!(count("pupils", "the record is skipped \"has no class\""), 1);
    assert_eq!(count("pupils: Class", "arm 1 of match"), 1);
    assert_eq!(count("pupils: Class", "arm 2 of match"), 0);
    assert_eq!(count("pupils: Class", "arm 3 of match"), 0);
    assert_eq!(count("pupils: Class", "the condition does not hold"), 0);
    assert_eq!(count("pupils: E-mail", "a value before ??"), 0);
    assert_eq!(count("pupils: E-mail", "the value behind ??"), 1);
    assert_eq!(count("table groups", "the row 7B"), 0);
    let world = branching();
    let more = "  - name: others\n    given:\n      pupil:\n        - { number: \"3\", given_name: A, family_name: B, class: 7B, email: a@example.org }\n        - { number: \"4\", given_name: Nobody, family_name: B, class: 8 }\n        - { number: \"5\", given_name: A, family_name: B, class: 9 }\n";
    world.put(TESTS, text(&world, TESTS) + more);
    let all = koppla("test --coverage", &world).ends(Exit::Done);
    all.says(&["register--directory  4 of 4", "touched by no case", "groups.table.yaml:6:5  table groups: the row 7C"]);
}

#[test]
fn lcov_counts_the_lines_of_the_documents() {
    let world = branching();
    let said = koppla("test --coverage=lcov", &world).ends(Exit::Done);
    for line in [
        "SF:register--directory.mapping.yaml",
        "FN:11,pupils: Name (11)",
        "FNDA:1,pupils: Name (11)",
        "DA:12,1",
        "SF:groups.table.yaml",
        "DA:6,0",
        "end_of_record",
    ] {
        assert!(said.result.lines().any(|known| known == line), "{line} is not in\n{}", said.result);
    }
    koppla("test --coverage=lcov --coverage-out koppla.info", &world)
        .ends(Exit::Done)
        .says(&["1 passed", "written to koppla.info"]);
    assert_eq!(text(&world, "koppla.info"), said.result);
    koppla("test --coverage=json --coverage-out c.json", &world).ends(Exit::Done);
    let json: Value = serde_json::from_str(&text(&world, "c.json")).expect("JSON");
    assert_eq!(json["mappings"][0]["mapping"], "register--directory");
}

#[test]
fn changes_that_no_case_notices_are_listed() {
    let world = branching();
    let said = koppla("test --mutate --format json", &world).ends(Exit::Done).json();
    fits(&schema("test"), &said);
    let survivors = said["mutants"]["survivors"].as_array().expect("survivors");
    let survives = |of: &str, what: &str| survivors.iter().any(|one| one["of"] == of && one["what"] == what);
    assert!(survives("table groups", "row 7C removed"), "{survivors:#?}");
    assert!(survives("pupils: Class", "clause `when` dropped"), "{survivors:#?}");
    assert!(!survives("pupils", "`where` dropped"), "{survivors:#?}");
    assert!(!survives("pupils: Name", "`given_name` replaced by `family_name`"), "{survivors:#?}");
    assert!(said["mutants"]["noticed"].as_u64().is_some_and(|noticed| noticed >= 4), "{said:#}");
    koppla("test --mutate --exit-code", &world)
        .ends(Exit::Found)
        .says(&["changes that no case notices", "row 7C removed\n    - - { code: 7C, title: Seven C }"]);
}

#[test]
fn failed_cases_come_before_changes() {
    let world = with(TESTS, CASES.replace("Åsa Öberg, group", "Asa, group"));
    let said = koppla("test --mutate", &world).ends(Exit::Found);
    assert!(!said.result.contains("no case notices"), "{}", said.result);
}

/// A mapping over a set that joins, groups, leaves out and chooses.
fn shaped() -> TestWorld {
    let world = with(
        "systems/register/system.yaml",
        crate::scene::REGISTER.to_string()
            + "  mark:\n    key: [pupil, subject]\n    read: { file: marks.csv }\n    fields: { pupil: text, subject: text, value: int }\n",
    );
    let sets = r#"sets:
  marked: |
    pupil as p
    join mark as m on m.pupil == p.number else skip "no mark"
    where m.value > 1 else skip "too low"
    let best = if m.value == 5 then "top" else "good"
    one per p.number best m.value desc
maps:
"#;
    let mapping = MAPPING.replace("maps:\n", sets).replace("between: pupil -> account", "between: marked -> account");
    let mapping = mapping
        .replace("where: class", "where: p.class")
        .replace("class                           -> group", "best                            -> group");
    world.put(FILE, mapping);
    world
}

#[test]
fn steps_of_sets_are_counted_and_changed() {
    let world = shaped();
    let case = r#"test: register--directory
cases:
  - name: the best mark
    given:
      pupil: [{ number: "1", given_name: Åsa, family_name: Öberg, class: 7A }]
      mark: [{ pupil: "1", subject: a, value: 5 }, { pupil: "1", subject: b, value: 3 }]
    expect: { account: [{ id: "1", group: top }] }
"#;
    world.put(TESTS, case);
    let items = items(&world);
    let count = |what: &str| {
        let found: Vec<u64> =
            items.iter().filter(|(_, of, w, _)| of == "set marked" && w == what).map(|(.., count)| *count).collect();
        assert_eq!(found.len(), 1, "{what} in {items:#?}");
        found[0]
    };
    assert_eq!(count("one is found"), 2);
    assert_eq!(count("rows fall: \"no mark\""), 0);
    assert_eq!(count("rows stay"), 2);
    assert_eq!(count("rows fall: \"too low\""), 0);
    assert_eq!((count("then"), count("else")), (1, 1));
    assert_eq!(count("one of several rows of a key stays"), 1);
    let said = koppla("test --mutate --format json", &world).ends(Exit::Done).json();
    let survivors = said["mutants"]["survivors"].as_array().expect("survivors").clone();
    let survives = |what: &str| survivors.iter().any(|one| one["of"] == "set marked" && one["what"] == what);
    assert!(survives("`where` dropped") && !survives("condition negated"), "{survivors:#?}");
    assert!(survives("`join` made optional") && !survives("order turned"), "{survivors:#?}");
    assert!(!survives("`pupil` replaced by `subject`"), "{survivors:#?}");
}

#[test]
fn what_rows_are_joined_on_is_looked_into() {
    let world = shaped();
    let join = "join mark as m on m.pupil == (if p.class is absent then \"-\" else p.number) and (if p.class == \"9\" then m.value == 5 else m.value > 2)";
    let mapping = text(&world, FILE);
    let changed = mapping.replace("join mark as m on m.pupil == p.number", join);
    assert_ne!(mapping, changed);
    world.put(FILE, changed);
    let case = r#"test: register--directory
cases:
  - name: the best mark
    given:
      pupil: [{ number: "1", given_name: Åsa, family_name: Öberg, class: 7A }]
      mark: [{ pupil: "1", subject: a, value: 5 }, { pupil: "1", subject: b, value: 2 }, { pupil: "2", subject: b, value: 2 }]
    expect: { account: [{ id: "1", group: top }] }
"#;
    world.put(TESTS, case);
    let counts: Vec<(String, u64)> = items(&world)
        .into_iter()
        .filter(|(kind, of, ..)| of == "set marked" && kind == "branch")
        .map(|(.., what, count)| (what, count))
        .collect();
    // The first for the row, the second for both marks of the pupil, not for that of another; the third is the `let`.
    let expected = [("then", 0), ("else", 1), ("then", 0), ("else", 2), ("then", 1), ("else", 0)];
    assert_eq!(counts, expected.map(|(what, count)| (what.to_string(), count)));
}

#[test]
fn records_of_a_union_have_other_fields_and_other_sources() {
    let world = with(
        "systems/register/system.yaml",
        crate::scene::REGISTER.to_string()
            + "  teacher:\n    key: number\n    read: { file: teachers.csv }\n    fields: { family_name: text, given_name: text, number: text, class: \"text?\", email: \"email?\" }\n",
    );
    let mapping = MAPPING
        .replace("maps:\n", "sets:\n  people: |\n    union pupil, teacher\n    one per row.number\nmaps:\n")
        .replace("between: pupil", "between: people")
        .replace("where: class", "where: row.class")
        .replace("{given_name} {family_name}", "{row.given_name} {row.family_name}");
    let mapping = ["number  ", "email   "]
        .iter()
        .fold(mapping, |mapping, name| mapping.replace(&format!("  {name}"), &format!("  row.{name}")));
    let mapping = mapping.replace("  class   ", "  row.class ?? \"none\"   ");
    world.put(FILE, mapping);
    let said = koppla("test --mutate --format json", &world).ends(Exit::Done).json();
    let survivors = said["mutants"]["survivors"].as_array().expect("survivors").clone();
    let survives = |of: &str, what: &str| survivors.iter().any(|one| one["of"] == of && one["what"] == what);
    assert!(survives("set people", "`teacher` left out of the union"), "{survivors:#?}");
    assert!(!survives("set people", "`pupil` left out of the union"), "{survivors:#?}");
    assert!(survives("set people", "`number` replaced by `given_name`"), "{survivors:#?}");
    assert!(!survives("pupils: Name", "`given_name` replaced by `family_name`"), "{survivors:#?}");
}

#[test]
fn functions_are_counted_and_changed_with_their_examples() {
    let functions = r#"functions:
  short:
    takes: { name: text }
    is: 'if name == "Åsa" then "A" else if name == "Bo" then "B" else name'
    examples:
      - { given: { name: Bo }, gives: B }
maps:
"#;
    let mapping = MAPPING.replace("maps:\n", functions).replace("{given_name} ", "{short(given_name)} ");
    let world = with(FILE, mapping);
    world.put(TESTS, CASES.replace("name: Åsa Öberg", "name: A Öberg"));
    let count =
        |at: usize| items(&world).iter().filter(|(_, of, ..)| of == "function short").nth(at).map(|item| item.3);
    // `then` of the pupil, `else` and its `then` of the example, the last one of nobody.
    assert_eq!([count(0), count(1), count(2), count(3)], [Some(1), Some(1), Some(1), Some(0)]);
    let said = koppla("test --mutate --format json", &world).ends(Exit::Done).json();
    let survivors = said["mutants"]["survivors"].as_array().expect("survivors").clone();
    let of: Vec<&Value> = survivors.iter().filter(|one| one["of"] == "function short").collect();
    assert!(of.is_empty(), "the case and the example notice each change: {of:#?}");
}
