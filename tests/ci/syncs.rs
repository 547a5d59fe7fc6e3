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
