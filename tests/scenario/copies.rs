//! Fields that go to the other side as they stand: nothing is made of them, and what comes out is the same as if it were.

use crate::sweeps::{Dice, compare};
use crate::town::{Town, takes_accounts};
use koppla::run::propose::Purpose;

const FIELDS: [&str; 5] = ["id", "name", "note", "tag", "rest"];

/// A register and a directory, each with lists parted by its own sign, and rules that copy or `MAKE` the same.
fn town(sign: char, condition: &str, rule: impl Fn(&str) -> String) -> Town {
    let town = Town::empty();
    let fields = |optional: &str| {
        let field = |name: &&str| format!("{name}: {{ type: \"text{optional}\", class: public }}");
        FIELDS[1..].iter().map(field).collect::<Vec<_>>().join(", ")
    };
    let register = format!(
        "system: register
connect:
  files: {{ folder: input, format: {{ csv: {{ separator: \"{sign}\" }} }} }}
entities:
  pupil:
    key: id
    read: {{ file: pupils.csv }}
    fields: {{ id: {{ type: text, class: public }}, {} }}
",
        fields("?")
    );
    let account = format!("id: {{ type: text, class: public }}, {}", fields("?"));
    let read = "    read:  { file: accounts.csv }\n    write:";
    let rules = FIELDS.iter().map(|name| format!("      {name}:  {} -> {name}\n", rule(name))).collect::<String>();
    let mapping = format!(
        "mapping: register--directory
left:  register
right: directory
maps:
  pupils:
    between: pupil as p -> account
{condition}    gone: remove
    fields: |
{rules}"
    );
    town.world.put("systems/register/system.yaml", register);
    town.world.put("systems/directory/system.yaml", takes_accounts("directory", &account).replace("    write:", read));
    town.world.put("register--directory.mapping.yaml", mapping);
    town.world.put("school.sync.yaml", "sync: school\nleft: register\nright: directory\n");
    town
}

/// A list of rows. The one number throws their texts, the other how they are written by this program or that.
fn put(town: &Town, path: &str, sign: char, rows: impl Iterator<Item = u64>, [texts, writing]: [u64; 2]) {
    let (sign, mut writing) = (sign.to_string(), Dice(writing));
    let mut list = FIELDS.join(&sign) + "\n";
    for number in rows {
        let mut dice = Dice(texts * 1_000 + number);
        let mut cells = vec![number.to_string()];
        for _ in 1..FIELDS.len() {
            let all = ["", "ek", "Åsa \"Ek\"", "a,b", "c;d", "two\nlines", "e\u{301}", "\u{e9}", "x"];
            let text = all[dice.throw(9) as usize];
            let quoted = text.contains([',', ';', '"', '\n']) || writing.once_in(6);
            cells.push(if quoted { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_string() });
        }
        list.push_str(&(cells.join(&sign) + "\n"));
    }
    town.world.put(path, list);
}

const CONDITIONS: [&str; 3] =
    ["", "    where: p.tag is not absent else skip \"no tag\"\n", "    where: p.name != \"ek\" else reject \"ek\"\n"];

#[test]
fn what_is_copied_is_what_is_made() {
    for seed in 0..12 {
        let (sign, condition) = ([',', ';'][seed as usize % 2], CONDITIONS[seed as usize % 3]);
        let mapped = |rule: fn(&str) -> String| {
            let town = town(sign, condition, rule);
            put(&town, "input/pupils.csv", sign, 0..40, [seed, seed]);
            let run = town.command("koppla map --project . --as-of 2026-09-01 --format json");
            (run.exit, run.result)
        };
        let copied = mapped(|name| format!("p.{name}"));
        let made = mapped(|name| match name {
            "id" => "p.id".to_string(),
            name => format!("(if p.id == \"none\" then absent else p.{name})"),
        });
        assert!(copied.1.contains("a,b") && copied == made, "seed {seed}:\n{}\n{}", copied.1, made.1);
    }
}

#[test]
fn lists_that_hold_the_same_are_known_however_they_are_written() {
    for seed in 0..60 {
        let sign = [',', ';'][seed as usize % 2];
        let town = town(sign, CONDITIONS[seed as usize % 3], |name| {
            format!("p.{name}{}", if name == "rest" && seed % 4 == 0 { " | upper" } else { "" })
        });
        put(&town, "input/pupils.csv", sign, 0..30, [seed, seed]);
        // Sometimes all rows hold the same texts, sometimes none.
        let texts = if seed % 3 == 0 { seed + 100 } else { seed };
        put(&town, "output/accounts.csv", ',', (0..34).filter(|number| number % 7 != 3), [texts, seed + 1]);
        let (swept, _) = compare(&town, Purpose::Look, None, seed);
        assert!(swept, "seed {seed} was not compared while it was read");
    }
}
