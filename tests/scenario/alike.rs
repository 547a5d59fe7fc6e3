//! What is the same for all rows with one text is worked once for it: a condition, a value or an order that asks for one column
//! gives what it gives where it asks for another one besides, row by row.

use crate::town::{Town, takes_accounts};

const REGISTER: &str = "system: register
connect:
  files: { folder: input, format: { csv: { separator: \";\" } } }
entities:
  pupil:
    key: number
    read: { file: pupils.csv }
    fields:
      number:  { type: text, class: personal }
      name:    { type: text, class: personal }
  place:
    key: [number, class, since]
    protected_when: marking is not absent
    read: { file: \"places*.csv\" }
    fields:
      number:  { type: text, class: personal }
      class:   { type: text, class: public }
      since:   { type: text, class: public }
      room:    { type: text, class: public }
      kind:    { type: text, default: plain, class: public }
      marking: { type: \"text?\", class: personal }
";

const ACCOUNT: &str = "\
    id: { type: text, class: personal }, \
    name: { type: text, class: personal }, \
    class: { type: \"text?\", class: public }, \
    room: { type: \"text?\", class: public }, \
    others: { type: \"text?\", class: public }";

const MAPPING: &str = "mapping: register--directory
left:  register
right: directory
sets:
  chosen: |
    place as q
    where WHEN ELSE
    let floor = FLOOR
    one per q.number best ORDER, q.since desc
  named: |
    chosen as c
    where NAMED
  others: |
    place as q
    where OTHER
    group by q.number as pupil
  everybody: |
    pupil as p
    optional join named as n on n.c.q.number == p.number
    optional join others as o on o.pupil == p.number
maps:
  pupils:
    between: everybody -> account
    gone: remove
    fields: |
      Number:  p.number                           -> id
      Name:    p.name                             -> name
      Class:   n.c.q.class                        -> class
      Room:    n.c.floor                          -> room
      Others:  o.rows.q.kind | sort | join(\"+\") -> others
";

/// A folder in which each expression about places asks for one column, or with `besides` for another one too.
fn town(besides: bool, otherwise: &str, files: u32) -> Town {
    let also = |text: &str, place: &str| match besides {
        true => format!("{text} and {place}.number == {place}.number"),
        false => text.to_string(),
    };
    let mapping = MAPPING
        .replace("WHEN", &also("(q.class != \"3B\" and q.class != \"7å\")", "q"))
        .replace("ELSE", otherwise)
        .replace("FLOOR", if besides { "if q.number == q.number then q.room else q.kind" } else { "q.room" })
        .replace("ORDER", if besides { "(if q.number == q.number then q.class else q.kind)" } else { "q.class" })
        .replace("NAMED", &also("(upper(c.q.kind) in [\"PLAIN\", \"SPÉCIAL\"])", "c.q"))
        .replace("OTHER", &also("(q.kind == \"plain\" or length(q.room) > 2)", "q"));
    let read = "    read:  { file: accounts.csv }\n    write:";
    let town = Town::empty();
    town.world.put("systems/register/system.yaml", REGISTER);
    town.world.put("systems/directory/system.yaml", takes_accounts("directory", ACCOUNT).replace("    write:", read));
    town.world.put("register--directory.mapping.yaml", mapping);
    town.world.put("school.sync.yaml", "sync: school\nleft: register\nright: directory\n");
    let mut pupils = String::from("number;name\n");
    (0..3_000).for_each(|number| pupils.push_str(&format!("{number};Ek {number}\n")));
    town.world.put("input/pupils.csv", pupils);
    for file in 0..files {
        let mut places = String::from("number;class;since;room;kind;marking\n");
        for number in (0..6_000u32).map(|number| (number * 7 + file) % 3_000) {
            let dice = number.wrapping_mul(2_654_435_761).rotate_left(number % 13 + file) % 1_000;
            // Some rows lack what they must have, and some are about somebody who is protected.
            let class =
                if dice == 5 { String::new() } else { format!("{}{}", dice % 9, ["A", "B", "å"][dice as usize % 3]) };
            let room = if dice == 9 { String::new() } else { format!("{}", dice % 120) };
            let kind = ["", "plain", "Spécial", "spécial", "x"][dice as usize % 5];
            let marking = if dice % 200 == 11 { "protected" } else { "" };
            places.push_str(&format!("{number};{class};{file}-{dice};{room};{kind};{marking}\n"));
        }
        town.world.put(format!("input/places{file}.csv"), places);
    }
    town
}

#[test]
fn an_expression_that_asks_for_one_column_gives_what_it_gives_row_by_row() {
    for (otherwise, files) in [("", 1), ("else skip \"another class\"", 2), ("else reject \"another class\"", 1)] {
        let told = |besides: bool, threads: u32| {
            let said = town(besides, otherwise, files)
                .command(&format!("koppla map --project . --as-of 2026-09-01 --threads {threads}"));
            (said.result, said.notes)
        };
        let (result, notes) = told(true, 1);
        assert!(result.lines().count() > 2_500, "{notes}");
        assert!(notes.contains("class") && notes.contains("room"), "{notes}");
        for threads in [1, 3] {
            assert!(told(false, threads) == (result.clone(), notes.clone()), "{otherwise}, {threads} threads");
        }
    }
}
