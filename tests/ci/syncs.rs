//! Cases of whole syncs: what a run would change, given both sides and the links.

use crate::scene::{DIRECTORY, MAPPING, Said, fits, koppla, project, schema};
use koppla::shell::Exit;
use koppla::world::TestWorld;

const HEAD: &str = "test: norrskolan\nas_of: 2026-09-01\ncases:\n  - name: a night\n";

/// Three pupils on the left; on the right one as she is, one with another class, one who left, and one of somebody else.
const NIGHT: &str = r#"    given:
      pupil:
        - { number: "1", given_name: Åsa, family_name: Öberg, class: 7A }
        - { number: "2", given_name: Örjan, family_name: Ek, class: 7B }
        - { number: "3", given_name: Nour, family_name: Berg, class: 7B }
    right:
      account:
        - { id: "1", name: Åsa Öberg, group: 7A }
        - { id: "2", name: Örjan Ek, group: 7A }
        - { id: "9", name: Wim Gone, group: 7A }
        - { id: "x", name: Not ours, group: staff }
    links:
      account: { "1": "1", "2": "2", "9": "9" }
"#;

const CHANGES: &str = r#"    changes:
      account:
        create: [{ id: "3", name: Nour Berg, group: 7B }]
        update: [{ id: "2", group: 7B }]
        remove: [{ id: "9" }]
"#;

fn worked(case: &str) -> Said {
    worked_in(&project(), case)
}

fn worked_in(world: &TestWorld, case: &str) -> Said {
    world.put("night.test.yaml", format!("{HEAD}{case}"));
    koppla("test night", world)
}

#[test]
fn a_night_changes_what_it_says() {
    worked(&format!("{NIGHT}{CHANGES}")).ends(Exit::Done).says(&["night.test.yaml (norrskolan)", "1 passed, 0 failed"]);
}

#[test]
fn what_is_otherwise_is_told_change_by_change() {
    let changes = CHANGES
        .replace("group: 7B }]\n        update", "group: 8A }]\n        update")
        .replace("\"9\"", "\"1\"")
        .replace("{ id: \"2\", group: 7B }", "{ id: \"2\", name: Örjan Ek }");
    worked(&format!("{NIGHT}{changes}")).ends(Exit::Found).says(&[
        "create account 3\n            group\n              expected  8A\n              got       7B",
        "update account 2\n            name\n              expected  Örjan Ek\n              got       no change\n            group\n              expected  no change\n              got       7B",
        "remove account expected, but not made\n            id: 1",
        "remove account 9 made, but not expected",
    ]);
    let world = project();
    worked_in(&world, &format!("{NIGHT}{changes}"));
    fits(&schema("test"), &koppla("test --format json", &world).json());
}

#[test]
fn without_links_nothing_is_taken_away() {
    let night = NIGHT.split("    right:").next().expect("the left side");
    let changes =
        "    changes:\n      account:\n        create: [{ id: \"1\" }, { id: \"2\", group: 7B }, { id: \"3\" }]\n";
    worked(&format!("{night}{changes}")).ends(Exit::Done);
}

/// So many accounts whose pupils are all gone but one.
fn emptied(more: &str) -> String {
    let rows: String = (1..=12).map(|n| format!("        - {{ id: \"{n}\", name: A B, group: 7A }}\n")).collect();
    let links: Vec<String> = (1..=12).map(|n| format!("\"{n}\": \"{n}\"")).collect();
    let removed: Vec<String> = (2..=12).map(|n| format!("{{ id: \"{n}\" }}")).collect();
    format!(
        "    given: {{ pupil: [{{ number: \"1\", given_name: A, family_name: B, class: 7A }}] }}\n    right:\n      account:\n{rows}    links: {{ account: {{ {} }} }}\n    changes: {{ account: {{ remove: [{}] }} }}\n{more}",
        links.join(", "),
        removed.join(", ")
    )
}

#[test]
fn a_case_that_expects_what_a_guard_stops_must_say_so() {
    worked(&emptied(""))
        .ends(Exit::Found)
        .says(&["a guard: would stop this run: ", "a case that means that says `stopped: true`"]);
    worked(&emptied("    stopped: true\n")).ends(Exit::Done);
    worked(&format!("{NIGHT}{CHANGES}    stopped: true\n"))
        .ends(Exit::Found)
        .says(&["a guard: would not stop this run"]);
}

#[test]
fn what_the_overlay_changes_counts() {
    let world = project();
    let sync = crate::scene::SYNC.to_string();
    world.put(
        "norrskolan.sync.yaml",
        sync + "change:\n  pupils:\n    fields: |\n      Class:  \"all\" -> group  because \"agreed\"\n",
    );
    let changes = CHANGES
        .replace("7B }]\n        update", "all }]\n        update")
        .replace("[{ id: \"2\", group: 7B }]", "[{ id: \"1\", group: all }, { id: \"2\", group: all }]");
    worked_in(&world, &format!("{NIGHT}{changes}")).ends(Exit::Done);
}

#[test]
fn a_record_that_nobody_linked_is_found_by_a_match_rule() {
    let world = project();
    world.put("systems/directory/system.yaml", DIRECTORY.replace("id: text,", "id: text, number: \"text?\","));
    world.put(
        "register--directory.mapping.yaml",
        MAPPING.replace("    gone: remove\n", "    gone: remove\n    match: |\n      number == id\n"),
    );
    let night = NIGHT.replace(
        "      account: { \"1\": \"1\", \"2\": \"2\", \"9\": \"9\" }",
        "      account: { \"2\": \"2\", \"9\": \"9\" }",
    );
    worked_in(&world, &format!("{night}{CHANGES}")).ends(Exit::Done);
}

#[test]
fn what_cannot_be_meant_is_said() {
    worked(&format!("{NIGHT}    expect: {{ account: [{{ id: \"1\" }}] }}\n"))
        .ends(Exit::Found)
        .says(&["expect: belongs to a case of a mapping"]);
    worked(&NIGHT.replace("\"9\": \"9\"", "\"9\": \"8\""))
        .ends(Exit::Found)
        .says(&["links account: there is no record 8 under `right`"]);
    worked(&format!("{NIGHT}{}", CHANGES.replace("account:", "acount:")))
        .ends(Exit::Found)
        .says(&["did you mean `account`?"]);
    let world = project();
    world.put("other.test.yaml", "test: norskolan\ncases: []\n");
    koppla("check", &world).ends(Exit::Found);
}

#[test]
fn a_sync_may_have_the_name_of_a_mapping() {
    let world = project();
    world.put("norrskolan.sync.yaml", crate::scene::SYNC.replace("norrskolan", "register--directory"));
    world.put("night.test.yaml", format!("{}{NIGHT}{CHANGES}", HEAD.replace("norrskolan", "register--directory")));
    koppla("test", &world).ends(Exit::Done).says(&["2 passed"]);
    world.put("input/pupils.csv", "PupilNo;GivenName;FamilyName;Class;Email;Marking\n1;Åsa;Öberg;7A;;\n");
    koppla("test --record --as-of 2026-09-01", &world).ends(Exit::Done).says(&["1 of 1 records picked"]);
}

#[test]
fn what_falls_is_held_or_set_aside_can_be_expected() {
    let more = r#"        - { number: "4", given_name: Ann, family_name: Ro }
        - { number: "5", given_name: Ture, family_name: Testsson, class: 7B, marking: protected }
"#;
    let night = NIGHT.replace("    right:\n", &format!("{more}    right:\n"));
    let expected = "    skipped:\n      - { map: pupils, reason: has no class }\n    protected: 1\n";
    worked(&format!("{night}{CHANGES}{expected}")).ends(Exit::Done);
    worked(&format!("{night}{CHANGES}    skipped: {{ pupils: 2 }}\n    rejected: {{ pupils: 1 }}\n    protected: 0\n"))
        .ends(Exit::Found)
        .says(&["pupils skipped", "pupils rejected", "protected\n            expected  0"]);
    worked(&format!("{night}{CHANGES}    held: {{ acount: 1 }}\n"))
        .ends(Exit::Found)
        .says(&["did you mean `account`?"]);
    let world = project();
    let mapping = MAPPING
        .replace("class is not absent else skip", "class is not absent else reject")
        .replace("    gone: remove\n", "    gone: remove\n    match: |\n      given_name == name\n");
    world.put("register--directory.mapping.yaml", mapping);
    let two = r#"    given: { pupil: [{ number: "1", given_name: Åsa, family_name: Ek, class: 7A }, { number: "2", given_name: Bo, family_name: Ek }] }
    right: { account: [{ id: "8", name: Åsa }, { id: "9", name: Åsa }] }
    changes: {}
    rejected: { pupils: 1 }
    held: { account: 1 }
"#;
    worked_in(&world, two).ends(Exit::Done);
}

#[test]
fn overlays_and_sets_are_counted_and_changed() {
    let world = project();
    let sync = crate::scene::SYNC.to_string();
    let change = "change:\n  pupils:\n    where: family_name != \"Ek\" else skip \"not now\"\n    fields: |\n      Class:  if class == \"7A\" then \"A\" else \"B\" -> group  because \"agreed\"\n      E-mail:  off  because \"own addresses\"\n";
    world.put("norrskolan.sync.yaml", sync + change);
    let night = "    given: { pupil: [{ number: \"1\", given_name: Åsa, family_name: Öberg, class: 7A, email: a@example.org }] }\n    changes: { account: { create: [{ id: \"1\", name: Åsa Öberg, group: A }] } }\n";
    world.put("norrskolan.test.yaml", format!("{HEAD}{night}"));
    let said = koppla("test --coverage --format json", &world).ends(Exit::Done).json();
    fits(&schema("test"), &said);
    let mappings = said["coverage"]["mappings"].as_array().expect("mappings").clone();
    let items = |name: &str| mappings.iter().find(|one| one["mapping"] == name).expect("a name")["items"].clone();
    let count = |name: &str, of: &str, what: &str| {
        let items = items(name);
        let found = items.as_array().expect("items").iter().find(|one| one["of"] == of && one["what"] == what);
        found.unwrap_or_else(|| panic!("{of}: {what} in {items:#}"))["count"].as_u64()
    };
    assert_eq!(count("register--directory", "pupils: Name", "a value"), Some(1), "a rule of the mapping");
    assert_eq!(count("norrskolan", "pupils: Class", "then"), Some(1), "a rule of the overlay");
    assert_eq!(count("norrskolan", "pupils: Class", "else"), Some(0));
    let said = koppla("test --mutate --format json", &world).ends(Exit::Done).json();
    let survivors = said["mutants"]["survivors"].as_array().expect("survivors").clone();
    let survives = |of: &str, what: &str| survivors.iter().any(|one| one["of"] == of && one["what"] == what);
    assert!(survives("pupils", "`where` dropped"), "the condition of the overlay: {survivors:#?}");
    assert!(!survives("pupils: Class", "condition negated"), "{survivors:#?}");
    assert!(!survives("pupils: Name", "`given_name` replaced by `family_name`"), "{survivors:#?}");
    assert!(survives("pupils: E-mail", "`off` dropped"), "nothing expects that there is no address: {survivors:#?}");
}
