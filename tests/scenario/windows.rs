//! A list that nobody needs as a whole: it is mapped while it is read, and comes out as if it had been read before.

use crate::lists::{Lists, pupil};
use crate::town::Town;
use koppla::check::Route;
use koppla::finding::Findings;
use koppla::plan::lower;
use koppla::run::window::{Driving, ROWS};
use koppla::shell::Exit;
use koppla::shell::project::Project;

const LISTS: Lists = Lists {
    column: "school:  { type: \"ref school?\" }",
    refers: false,
    condition: "p.name != \"Nemo\" else skip \"is nobody\"",
    rules: "      Others:  c.rows | count | text -> others
      School:  p.school.name         -> more
",
};

/// Pupils in two files, across the borders of the windows.
fn town(pupils: usize) -> Town {
    let town = LISTS.town(pupils);
    let mut lists = [HEAD.to_string(), HEAD.to_string()];
    for number in 0..pupils {
        // Some are there twice, the second time some windows later; one has no number.
        let key = match number {
            2_500 => String::new(),
            _ if number % 1_500 == 1_499 => (number / 4).to_string(),
            _ => number.to_string(),
        };
        let name = (number % 997 == 5).then_some("Nemo");
        lists[number * 2 / pupils].push_str(&pupil(number, &key, name, ["A1", "B2", "X9"][number % 3]));
    }
    town.world.put("input/pupils-1.csv", lists[0].as_str());
    town.world.put("input/pupils-2.csv", lists[1].as_str());
    town.world.put("input/schools.csv", "code;name\nA1;Norra\nB2;Södra\n");
    town
}

const HEAD: &str = "number;name;born;marking;school\n";

/// The records of what `map` says as JSON, as the lines that it would say as CSV.
fn lines(json: &str) -> Vec<String> {
    let all: serde_json::Value = serde_json::from_str(json).expect("JSON");
    let accounts = all["account"].as_array().expect("a list");
    let cell = |account: &serde_json::Value, name: &str| match &account[name] {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let line = |account: &serde_json::Value| {
        ["id", "name", "year", "class", "others", "more"].map(|name| cell(account, name)).join(",")
    };
    accounts.iter().map(line).collect()
}

#[test]
fn a_list_that_is_mapped_while_it_is_read_gives_what_the_whole_list_gives() {
    let pupils = 3 * ROWS + 77;
    let (whole, said) = {
        let town = town(pupils);
        let run = town.command("koppla map --project . --as-of 2026-09-01 --format json");
        town.command("koppla map --project . --as-of 2026-09-01 --format json --out whole").ends(Exit::Found);
        (lines(&run.result), town.command("koppla preview --project . --as-of 2026-09-01").notes)
    };
    for threads in [1, 2, 5] {
        let town = town(pupils);
        let run = town.command(&format!("koppla map --project . --as-of 2026-09-01 --threads {threads}"));
        let mapped: Vec<&str> = run.result.lines().collect();
        assert_eq!(mapped[..2], ["# account", "id,name,year,class,others,more"], "{}", run.notes);
        assert!(mapped[2..] == whole[..], "{threads} threads give {} records, not {}", mapped.len() - 2, whole.len());
    }
    assert!(whole.len() > pupils - 100, "{} records, {said}", whole.len());
}

#[test]
fn what_falls_in_any_window_is_told_in_the_end() {
    let run = town(3 * ROWS).command("koppla map --project . --as-of 2026-09-01 --out mapped");
    run.ends(Exit::Found).says(&[
        "account in mapped/account.csv",
        "is nobody",
        "has no name",
        "(input/pupils-1.csv:1501 after input/pupils-1.csv:376, ",
        "input/pupils-2.csv:1465 after input/pupils-1.csv:751",
        "number: the key is empty or cannot be read",
        "refers to a record that is not there",
    ]);
}

#[test]
fn an_empty_list_gives_a_header() {
    let town = town(3);
    town.world.put("input/pupils-1.csv", HEAD);
    town.world.put("input/pupils-2.csv", HEAD);
    let run = town.command("koppla map --project . --as-of 2026-09-01");
    assert_eq!(run.result, "# account\nid,name,year,class,others,more\n", "{}", run.notes);
}

#[test]
fn a_torn_list_is_not_whole() {
    let town = town(ROWS);
    town.world.put("input/pupils-2.csv", format!("{HEAD}70001;Ek;2012-03-01\n70002;Al;;;A1\n"));
    let run = town.command("koppla map --project . --as-of 2026-09-01 --out mapped");
    run.ends(Exit::Found).says(&["pupils-2.csv, line 2: 3 cells, 5 expected"]);
    let mapped = String::from_utf8(town.world.tree()["mapped/account.csv"].clone()).expect("UTF-8");
    assert!(mapped.ends_with("70002,Al,,,0,Norra\n"), "{}", &mapped[mapped.len() - 80..]);
}

/// Whether a mapping of pupils can be worked while they are read.
fn is_driven(mapping: &str) -> bool {
    let project = Project::of_texts(&LISTS.documents(mapping));
    let errors: Vec<&str> = project.findings.iter().map(|finding| finding.code.slug).collect();
    let route: &Route = project.typed.routes.first().unwrap_or_else(|| panic!("{errors:?}"));
    Driving::of(&lower(&project.model, route, &mut Findings::default())).is_some_and(|driving| !driving.joins)
}

#[test]
fn only_lists_whose_records_stand_alone_are_mapped_while_they_are_read() {
    let mapping = LISTS.mapping();
    assert!(is_driven(&mapping));
    let changed = |from: &str, to: &str| {
        assert!(mapping.contains(from), "{from}");
        mapping.replace(from, to)
    };
    // Two pupils may make one account.
    assert!(!is_driven(&changed("p.number              -> id", "p.name -> id")));
    assert!(!is_driven(&changed("p.number              -> id", "p.number | lower -> id")));
    // Which row of a pupil counts is known when all are.
    assert!(!is_driven(&changed("    optional join classes", "    one per p.number\n    optional join classes")));
    // Somebody else looks at pupils.
    let other = "    join pupil as o on o.number == p.number\n    optional join newest";
    assert!(!is_driven(&changed("    optional join newest", other)));
}
