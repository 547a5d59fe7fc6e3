//! A list that nobody needs as a whole: it is mapped while it is read, and comes out as if it had been read before.

use crate::town::Town;
use koppla::check::Route;
use koppla::finding::Findings;
use koppla::plan::lower;
use koppla::run::window::{Driving, ROWS};
use koppla::shell::Exit;
use koppla::shell::project::Project;
use koppla::world::TestWorld;

const REGISTER: &str = "system: register
connect:
  files: { folder: input, format: { csv: { separator: \";\" } } }
entities:
  pupil:
    key: number
    protected_when: marking is not absent
    read: { file: \"pupils-*.csv\" }
    fields:
      number:  { type: text, class: personal }
      name:    { type: text, class: personal }
      born:    { type: \"date?\", class: personal }
      marking: { type: \"text?\", class: personal }
      school:  { type: \"ref school?\" }
  school:
    key: code
    read: { file: schools.csv }
    fields:
      code: { type: text, class: public }
      name: { type: text, class: public }
  place:
    key: [number, class]
    read: { file: places.csv }
    fields:
      number: { type: text, class: personal }
      class:  { type: text, class: public }
      since:  { type: \"date?\", class: personal }
";

const DIRECTORY: &str = "system: directory
connect:
  files: { folder: output, format: { csv: { separator: \",\" } } }
writes: { extent: whole }
deliver: { as: files, holds: [account], always: all }
entities:
  account:
    key: id
    write: { file: accounts.csv, remove: { by: absence } }
    fields:
      id:     { type: text, class: personal }
      name:   { type: text, class: personal }
      year:   { type: \"text?\", class: personal }
      class:  { type: \"text?\", class: public }
      others: { type: \"int?\", class: public }
      school: { type: \"text?\", class: public }
";

const MAPPING: &str = "mapping: register--directory
left:  register
right: directory
sets:
  newest: |
    place as q
    where q.since is not absent else skip \"not begun\"
    one per q.number best q.since desc, q.class
  classes: |
    place as q
    group by q.number as pupil
  everybody: |
    pupil as p
    where p.name != \"Nobody\" else reject \"has no name\"
    optional join newest as n on n.q.number == p.number
    optional join classes as c on c.pupil == p.number
maps:
  pupils:
    between: everybody -> account
    where: p.name != \"Nemo\" else skip \"is nobody\"
    gone: remove
    fields: |
      Number:  p.number              -> id
      Name:    p.name | title_case   -> name
      Year:    p.born | year | text  -> year
      Class:   n.q.class             -> class
      Others:  c.rows | count        -> others
      School:  p.school.name         -> school
";

const SYNC: &str = "sync: school\nleft: register\nright: directory\n";

fn documents(mapping: &str) -> Vec<(String, String)> {
    let documents = [
        ("systems/register/system.yaml", REGISTER),
        ("systems/directory/system.yaml", DIRECTORY),
        ("register--directory.mapping.yaml", mapping),
        ("school.sync.yaml", SYNC),
    ];
    documents.into_iter().map(|(path, text)| (path.to_string(), text.to_string())).collect()
}

/// Pupils in two files, with everything that real lists have, across the borders of the windows.
fn town(pupils: usize) -> Town {
    let world = TestWorld::new();
    world.set_now("2026-09-01T18:30:00Z".parse().expect("a moment"));
    for (path, text) in documents(MAPPING) {
        world.put(path, text);
    }
    let head = "number;name;born;marking;school\n";
    let (mut lists, mut places) = ([String::from(head), String::from(head)], String::from("number;class;since\n"));
    for number in 0..pupils {
        let name = match number % 997 {
            3 => "Nobody".into(),
            5 => "Nemo".into(),
            _ => format!("åsa {number} ek"),
        };
        let born = if number % 1_009 == 7 { "soon".into() } else { format!("2012-03-{:02}", number % 28 + 1) };
        let marking = if number % 500 == 11 { "protected" } else { "" };
        // Some are there twice, the second time some windows later; one has no number.
        let key = match number {
            2_500 => String::new(),
            _ if number % 1_500 == 1_499 => (number / 4).to_string(),
            _ => number.to_string(),
        };
        let list = &mut lists[number * 2 / pupils];
        list.push_str(&format!("{key};{name};{born};{marking};{}\n", ["A1", "B2", "X9"][number % 3]));
        for class in 0..number % 3 {
            let since = if number % 5 == 0 { "" } else { "2026-08-17" };
            places.push_str(&format!("{number};{}{};{since}\n", number % 9 + 1, ["B", "A"][class]));
        }
    }
    world.put("input/pupils-1.csv", lists[0].as_str());
    world.put("input/pupils-2.csv", lists[1].as_str());
    world.put("input/schools.csv", "code;name\nA1;Norra\nB2;Södra\n");
    world.put("input/places.csv", places);
    Town { world }
}

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
        ["id", "name", "year", "class", "others", "school"].map(|name| cell(account, name)).join(",")
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
        assert_eq!(mapped[..2], ["# account", "id,name,year,class,others,school"], "{}", run.notes);
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
        "(input/pupils-1.csv:376) (input/pupils-1.csv:1501)",
        "(input/pupils-1.csv:751) (input/pupils-2.csv:1465)",
        "number: the key is empty or cannot be read",
        "refers to a record that is not there",
    ]);
}

#[test]
fn an_empty_list_gives_a_header() {
    let town = town(3);
    town.world.put("input/pupils-1.csv", "number;name;born;marking;school\n");
    town.world.put("input/pupils-2.csv", "number;name;born;marking;school\n");
    let run = town.command("koppla map --project . --as-of 2026-09-01");
    assert_eq!(run.result, "# account\nid,name,year,class,others,school\n", "{}", run.notes);
}

#[test]
fn a_torn_list_is_not_whole() {
    let town = town(ROWS);
    town.world.put("input/pupils-2.csv", "number;name;born;marking;school\n70001;Ek;2012-03-01\n70002;Al;;;A1\n");
    let run = town.command("koppla map --project . --as-of 2026-09-01 --out mapped");
    run.ends(Exit::Found).says(&["pupils-2.csv, line 2: 3 cells, 5 expected"]);
    let mapped = String::from_utf8(town.world.tree()["mapped/account.csv"].clone()).expect("UTF-8");
    assert!(mapped.ends_with("70002,Al,,,0,Norra\n"), "{}", &mapped[mapped.len() - 80..]);
}

/// Whether a mapping of pupils can be worked while they are read.
fn is_driven(mapping: &str) -> bool {
    let project = Project::of_texts(&documents(mapping));
    let errors: Vec<&str> = project.findings.iter().map(|finding| finding.code.slug).collect();
    let route: &Route = project.typed.routes.first().unwrap_or_else(|| panic!("{errors:?}"));
    Driving::of(&lower(&project.model, route, &mut Findings::default())).is_some()
}

#[test]
fn only_lists_whose_records_stand_alone_are_mapped_while_they_are_read() {
    assert!(is_driven(MAPPING));
    let changed = |from: &str, to: &str| {
        assert!(MAPPING.contains(from), "{from}");
        MAPPING.replace(from, to)
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
