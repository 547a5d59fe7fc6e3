//! Proofs over much, and over long ways: large tables, routes of many mappings.

use crate::town::{Said, Town};
use koppla::shell::Exit;
use koppla::world::TestWorld;
use std::fmt::Write;

fn check(world: TestWorld) -> Said {
    Town { world }.command("koppla check --project .")
}

/// One double among 200,000 rows is found, with both its lines.
#[test]
fn a_double_in_a_large_table_is_found_with_both_lines() {
    let world = TestWorld::new();
    let mut rows = String::from("code,name\n");
    for number in 0..200_000 {
        let code = if number == 149_999 { 17 } else { number };
        let _ = writeln!(rows, "C{code:06},Name {number}");
    }
    world.put("codes.table.csv", rows);
    world.put(
        "codes.table.yaml",
        "table: codes\nkey: code\ncolumns: { code: text, name: text }\nfile: codes.table.csv\n",
    );
    let said = check(world).ends(Exit::Found);
    said.says(&[
        "error[table-duplicate-key]: the key `C000017` stands in two rows",
        "codes.table.csv:19:1",
        "codes.table.csv:150001:1",
        "1 error in",
    ]);
}

/// Five mappings in a row, from a register over four models to a list; `more` is added to the sync.
fn five(more: &str) -> TestWorld {
    let world = TestWorld::new();
    let side = |name: &str, folder: &str, how: &str| {
        format!(
            "system: {name}
connect:
  files: {{ folder: {folder}, format: {{ csv: {{ separator: \";\" }} }} }}
{how}    fields:
      number: {{ type: text, class: personal }}
      name:   {{ type: text, class: personal }}
      note:   {{ type: \"text?\", class: special }}
"
        )
    };
    let pupil = "entities:\n  pupil:\n    key: number\n";
    let reads = format!("{pupil}    read: {{ file: pupils.csv }}\n");
    let writes = format!(
        "writes: {{ extent: whole }}\ndeliver: {{ as: files, holds: [pupil], always: all }}\n{pupil}    write: {{ file: list.csv, remove: {{ by: absence }} }}\n"
    );
    world.put("systems/a/system.yaml", side("a", "input", &reads));
    world.put("systems/z/system.yaml", side("z", "output", &writes));
    for name in ["b", "c", "d", "e"] {
        let model = format!(
            "model: {name}\n{pupil}    fields:\n      number: {{ type: text, class: personal }}\n      name: {{ type: text, class: personal }}\n      note: {{ type: \"text?\", class: special }}\n"
        );
        world.put(format!("{name}.model.yaml"), model);
    }
    for (left, right) in [("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("e", "z")] {
        mapping(&world, &format!("{left}--{right}"), left, right);
    }
    world.put("long.sync.yaml", format!("sync: long\nleft: a\nright: z\n{more}"));
    world
}

fn mapping(world: &TestWorld, name: &str, left: &str, right: &str) {
    world.put(
        format!("{name}.mapping.yaml"),
        format!(
            "mapping: {name}
left:  {left}
right: {right}
maps:
  pupils:
    between: {left}.pupil -> {right}.pupil
    fields: |
      Number: number -> number
      Name:   name   -> name
      Note:   note   -> note
"
        ),
    );
}

/// The classes are followed over the whole way, and each step of it is shown.
#[test]
fn a_route_of_five_mappings_is_proved_as_a_whole() {
    check(five("")).ends(Exit::Found).says(&[
        "error[class-reaches-target]: special reaches pupil.note without consent",
        "1. a pupil.note is special",
        "2. a--b writes it into pupil.note",
        "3. b--c writes it into pupil.note",
        "4. c--d writes it into pupil.note",
        "5. d--e writes it into pupil.note",
        "1 error in",
    ]);
    let world = five("allow: |\n  special -> pupil.note because \"agreed\"\n");
    world.set_now("2026-09-01T18:30:00Z".parse().expect("a moment"));
    world.put("input/pupils.csv", "number;name;note\n1;Anna;hello\n");
    let town = Town { world };
    town.command("koppla check --project .").ends(Exit::Done).says(&["no findings"]);
    town.run().ends(Exit::Done);
    assert_eq!(town.rows("list.csv"), ["1;Anna;hello"]);
}

/// A second way from one model to the next: which one is meant is for a person to say.
#[test]
fn two_ways_of_five_mappings_are_a_finding() {
    let world = five("allow: |\n  special -> pupil.note because \"agreed\"\n");
    mapping(&world, "b--c-again", "b", "c");
    check(world).ends(Exit::Found).says(&["error[ambiguous-route]", "b--c-again", "say which: `mappings: ["]);
}
