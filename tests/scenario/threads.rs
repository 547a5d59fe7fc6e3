//! Many records, worked by one thread or by several: what comes out is the same to the byte.

use crate::town::Town;
use koppla::shell::Exit;
use koppla::world::TestWorld;

const DOCUMENTS: [(&str, &str); 4] = [
    (
        "systems/register/system.yaml",
        "system: register
connect:
  files: { folder: input, format: { csv: { separator: \";\" } } }
entities:
  pupil:
    key: number
    protected_when: marking is not absent
    read: { file: pupils.csv }
    fields:
      number:  { type: text, class: personal }
      name:    { type: text, class: personal }
      born:    { type: \"date?\", class: personal }
      marking: { type: \"text?\", class: personal }
      friend:  { type: \"ref pupil?\" }
  place:
    key: [number, class]
    read: { file: places.csv }
    fields:
      number: { type: ref pupil }
      class:  { type: text, class: public }
      since:  { type: \"date?\", class: personal }
",
    ),
    (
        "systems/directory/system.yaml",
        "system: directory
connect:
  files: { folder: output, format: { csv: { separator: \",\" } } }
writes: { extent: whole }
deliver: { as: files, holds: [account], always: all }
entities:
  account:
    key: id
    read:  { file: accounts.csv }
    write: { file: accounts.csv, remove: { by: absence } }
    fields:
      id:     { type: text, class: personal }
      name:   { type: text, class: personal }
      year:   { type: \"text?\", class: personal }
      class:  { type: \"text?\", class: public }
      others: { type: \"text?\", class: public }
      friend: { type: \"text?\", class: personal }
",
    ),
    (
        "register--directory.mapping.yaml",
        "mapping: register--directory
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
    optional join newest as n on n.q.number == p
    optional join classes as c on c.pupil == p
maps:
  pupils:
    between: everybody -> account
    gone: remove
    fields: |
      Number:  p.number                                    -> id
      Name:    p.name | title_case                         -> name
      Year:    p.born | year | text                        -> year
      Class:   n.q.class                                   -> class
      Others:  c.rows.q.class | sort | join(\"+\")          -> others
      Friend:  p.friend.name                               -> friend
",
    ),
    ("school.sync.yaml", "sync: school\nleft: register\nright: directory\n"),
];

/// Pupils and their classes, with everything that real lists have: doubles, unreadable dates, references to nobody, people
/// who are protected.
fn project(pupils: usize) -> Town {
    let world = TestWorld::new();
    world.set_now("2026-09-01T18:30:00Z".parse().expect("a moment"));
    for (path, text) in DOCUMENTS {
        world.put(path, text);
    }
    let (mut list, mut places) =
        (String::from("number;name;born;marking;friend\n"), String::from("number;class;since\n"));
    for number in 0..pupils {
        let name = if number % 997 == 3 { "Nobody".into() } else { format!("åsa {number} ek") };
        let born = if number % 1_009 == 7 { "soon".into() } else { format!("2012-03-{:02}", number % 28 + 1) };
        let marking = if number % 500 == 11 { "protected" } else { "" };
        let friend = if number % 3 == 0 { (number * 7 % (pupils + 20)).to_string() } else { String::new() };
        list.push_str(&format!("{number};{name};{born};{marking};{friend}\n"));
        for class in 0..number % 3 {
            let since = if number % 5 == 0 { "" } else { "2026-08-17" };
            places.push_str(&format!("{number};{}{};{since}\n", number % 9 + 1, ["B", "A"][class]));
        }
    }
    list.push_str("17;Ek Twice;2012-01-01;;\n");
    world.put("input/pupils.csv", list);
    world.put("input/places.csv", places);
    Town { world }
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
