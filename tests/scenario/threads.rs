//! Many records, worked by one thread or by several: what comes out is the same to the byte.

use crate::lists::{Lists, pupil};
use crate::town::Town;
use koppla::shell::Exit;

const LISTS: Lists = Lists {
    column: "friend:  { type: \"ref pupil?\" }",
    refers: true,
    condition: "",
    rules: "      Others:  c.rows.q.class | sort | join(\"+\") -> others
      Friend:  p.friend.name         -> more
",
};

/// Pupils and their classes: doubles, unreadable dates, references to nobody, people who are protected.
fn project(pupils: usize) -> Town {
    let town = LISTS.town(pupils);
    let mut list = String::from("number;name;born;marking;friend\n");
    for number in 0..pupils {
        let friend = if number % 3 == 0 { (number * 7 % (pupils + 20)).to_string() } else { String::new() };
        list.push_str(&pupil(number, &number.to_string(), None, &friend));
    }
    list.push_str("17;Ek Twice;2012-01-01;;\n");
    town.world.put("input/pupils.csv", list);
    town
}

#[test]
fn what_comes_out_does_not_depend_on_the_number_of_threads() {
    let pupils = 9_000;
    let runs: Vec<_> = [1, 2, 5]
        .map(|threads| {
            let town = project(pupils);
            let told = |command: &str| {
                let said = town.command(&format!("{command} --project . --as-of 2026-09-01 --threads {threads}"));
                (said.result, said.notes)
            };
            let mapped = told("koppla map");
            let before = told("koppla preview --format csv");
            town.run().says(&["changes written"]);
            (mapped, before, told("koppla preview"), town.output())
        })
        .into();
    let ((mapped, notes), (changes, _), ..) = &runs[0];
    assert!(mapped.lines().count() > 8_000 && changes.lines().count() > 8_000, "{notes}");
    assert!(mapped.contains("Åsa 8 Ek,2012,9A"), "{}", &mapped[..400]);
    for run in &runs[1..] {
        assert!(*run == runs[0], "another number of threads gives something else");
    }
    project(10).command("koppla map --project . --threads 0").ends(Exit::Usage);
}
