//! People who are protected and of whom something is sent all the same: in part, or under an alias. Nothing else of them
//! reaches a byte that is written.

use crate::town::{Said, Town};
use koppla::shell::Exit;

/// What must not be found anywhere: names, a number, an address, of somebody whose words nobody else has.
const PLANTED: [&str; 6] = ["Quirinia", "Sävtjärnsson", "quirinia.s", "201101092395", "2011-01-09", "Fjällripestigen"];

const REGISTER: &str = "system: register
connect:
  files: { folder: input, format: { csv: { separator: \";\", encoding: utf-8 } } }
entities:
  pupil:
    key: number
    also: [civic_no]
    protected_when: marking is not absent
    read: { file: pupils.csv }
    fields:
      number:   { type: text, class: personal }
      civic_no: { type: \"personnummer?\", class: national_id }
      given:    { type: text, class: personal }
      family:   { type: text, class: personal }
      mail:     { type: \"email?\", class: contact }
      street:   { type: \"text?\", class: contact }
      group:    { type: \"text?\", class: personal }
      year:     { type: \"text?\", class: public }
      marking:  \"text?\"
";

const DIRECTORY: &str = "system: directory
connect:
  files: { folder: output, format: { csv: { separator: \",\", encoding: utf-8 } } }
writes: { extent: whole }
deliver: { as: files, holds: [account, seat], always: all }
entities:
  account:
    key: id
    write: { file: accounts.csv, remove: { by: absence } }
    fields:
      id:     { type: text, class: personal }
      name:   { type: text, class: personal }
      mail:   { type: \"email?\", class: contact, unique: true }
      street: { type: \"text?\", class: contact }
      born:   { type: \"date?\", class: personal }
      year:   { type: \"text?\", class: public }
  seat:
    key: [account, group]
    write: { file: seats.csv, remove: { by: absence } }
    fields:
      account: { type: ref account, class: personal }
      group:   { type: text, class: personal }
";

const MAPPING: &str = "mapping: register--directory
left:  register
right: directory
sets:
  seated: |
    pupil as p
    where p.group is not absent
maps:
  pupils:
    between: pupil -> account
    gone: remove
    fields: |
      Number: number                          -> id
      Name:   f\"{given} {family}\"             -> name
      Mail:   mail                            -> mail
      Street: street                          -> street      once
      Born:   civic_no | birth_date_of        -> born        else keep
      Year:   year                            -> year
  seats:
    between: seated -> seat
    gone: remove
    fields: |
      Account: p       -> account
      Group:   p.group -> group
";

const SYNC: &str = "sync: school
left:  { system: register }
right: { system: directory }
guard: { remove: off, update: off }
";

/// Sent in part.
const REDUCE: &str = "protected: reduce
allow_protected: |
  personal -> account.id   because \"a number that no list has\"
  public   -> account.year because \"classes are formed by it\"
";

/// Sent under an alias.
const ALIAS: &str = "protected: alias
allow_protected: |
  personal -> account.id   because \"a number that no list has\"
  public   -> account.year because \"classes are formed by it\"
alias: |
  f\"Pupil {number}\"               -> account.name
  f\"p{number}@school.example\"     -> account.mail
";

const PEOPLE: &str = "number;civic_no;given;family;mail;street;group;year;marking
1;201001022392;Åke;Öman;ake@school.example;Gatan 1;7A;7;
2;201101092395;Quirinia;Sävtjärnsson;quirinia.s@school.example;Fjällripestigen 3;7A;7;MARK
3;201003042397;Bo;Ek;;Gatan 3;;7;
";

/// The project with a way of treating protected people; the pupil with the planted words is marked or not.
fn project(protection: &str, marked: bool) -> Town {
    let Town { world } = Town::empty();
    let town = Town { world };
    for (path, text) in [
        ("systems/register/system.yaml", REGISTER),
        ("systems/directory/system.yaml", DIRECTORY),
        ("register--directory.mapping.yaml", MAPPING),
    ] {
        town.world.put(path, text);
    }
    town.world.put("school.sync.yaml", format!("{SYNC}{protection}"));
    mark(&town, marked);
    town
}

fn mark(town: &Town, marked: bool) {
    town.world.put("input/pupils.csv", PEOPLE.replace("MARK", if marked { "protected" } else { "" }));
}

/// Everything that can be asked of a project and that is no write.
fn asked(town: &Town) -> Vec<Said> {
    let mut said = Vec::new();
    for line in ["check", "plan", "privacy", "held", "held --all", "history", "history --format json"] {
        said.push(town.command(&format!("koppla {line} --project .")));
    }
    for line in [
        "preview",
        "preview --format json",
        "preview --format csv",
        "preview --out tonight.changes",
        "map",
        "map --format json",
        "map --out mapped",
    ] {
        said.push(town.command(&format!("koppla {line} --project . --as-of 2026-09-01")));
    }
    said
}

/// Asserts that none of the planted words is in any byte that was written: files, store, change sets, what was said.
#[track_caller]
fn nowhere(town: &Town, said: &[Said]) {
    for (path, bytes) in town.world.tree().into_iter().filter(|(path, _)| !path.starts_with("input/")) {
        for word in PLANTED {
            let found = bytes.windows(word.len()).any(|window| window == word.as_bytes());
            assert!(!found, "`{word}` is in {path}");
        }
    }
    for said in said {
        for word in PLANTED {
            assert!(!said.all().contains(word), "`{word}` is said:\n{}", said.all());
        }
    }
}

/// What is left out cannot be left out where the target requires it: the sync is refused, and says why.
#[test]
fn a_required_field_that_may_not_be_sent_refuses_the_sync() {
    let town = project(REDUCE, true);
    let said = town.command("koppla check --project .").ends(Exit::Found);
    said.says(&["protected-lacks-field", "account.name is required, and personal is not allowed there"]);
    town.run().ends(Exit::Found).says(&["protected-lacks-field"]);
    assert!(town.output().is_empty());
}

fn optional(town: &Town) {
    town.world
        .put("systems/directory/system.yaml", DIRECTORY.replace("name:   { type: text,", "name:   { type: \"text?\","));
}

#[test]
fn a_protected_person_is_sent_in_part() {
    let town = project(REDUCE, true);
    optional(&town);
    town.command("koppla check --project .").ends(Exit::Done);
    let mut said = asked(&town);
    said.push(town.run().ends(Exit::Done).says(&["about protected people: only what may be sent of them"]));
    assert_eq!(
        town.rows("accounts.csv"),
        ["1,Åke Öman,ake@school.example,Gatan 1,2010-01-02,7", "2,,,,,7", "3,Bo Ek,,Gatan 3,2010-03-04,7"]
    );
    // Nothing of seats is allowed, so they are left out as under `exclude`.
    assert_eq!(town.rows("seats.csv"), ["1,7A"]);
    said.extend(asked(&town));
    said.push(town.reborn().run().ends(Exit::Done).says(&["0 changes written"]));
    nowhere(&town, &said);
}

#[test]
fn a_protected_person_is_sent_under_an_alias() {
    let town = project(ALIAS, true);
    let mut said = asked(&town);
    said.push(town.run().ends(Exit::Done));
    assert_eq!(town.rows("accounts.csv")[1], "2,Pupil 2,p2@school.example,,,7");
    said.extend(asked(&town));
    nowhere(&town, &said);
    town.reborn().run().ends(Exit::Done).says(&["0 changes written"]);
}

/// Sent in full before: the next run takes away or replaces what was sent, and shows nothing of it.
#[test]
fn a_marking_that_arrives_later_takes_back_what_was_sent() {
    for (protection, row) in [(REDUCE, "2,,,,,7"), (ALIAS, "2,Pupil 2,p2@school.example,,,7")] {
        let town = project(protection, false);
        optional(&town);
        town.run().ends(Exit::Done);
        assert_eq!(town.rows("accounts.csv")[1].split(',').nth(1), Some("Quirinia Sävtjärnsson"));
        assert_eq!(town.rows("seats.csv").len(), 2);
        mark(&town, true);
        let said = asked(&town);
        let run = town.run().ends(Exit::Done).says(&["update          1  account", "remove          1  seat"]);
        assert_eq!(town.rows("accounts.csv")[1], row);
        assert_eq!(town.rows("seats.csv"), ["1,7A"]);
        nowhere(&town, &[run]);
        nowhere(&town, &said);
        nowhere(&town, &asked(&town));
        town.run().ends(Exit::Done).says(&["0 changes written"]);
        // The marking is taken back: everything is sent again.
        mark(&town, false);
        town.run().ends(Exit::Done).says(&["update          1  account", "create          1  seat"]);
        assert!(town.output()["accounts.csv"].contains("Quirinia"));
    }
}

/// A saved change set of the night before the marking holds nothing that is still so.
#[test]
fn a_change_set_of_before_the_marking_is_stale() {
    let town = project(ALIAS, false);
    town.command("koppla preview --project . --as-of 2026-09-01 --out kept.changes").ends(Exit::Done);
    mark(&town, true);
    town.command("koppla apply kept.changes --project .").ends(Exit::Found);
    assert!(!town.output()["accounts.csv"].contains("Quirinia"));
}

/// In doubt the person is not sent at all: broken data, a value that does not fit, a key that is empty.
#[test]
fn in_doubt_nothing_is_sent() {
    let town = project(ALIAS, true);
    town.world.put("input/pupils.csv", PEOPLE.replace("MARK", "protected").replace(";7;protected", ";7;protected;x"));
    let broken = "civic_no | birth_date_of        -> born        else keep";
    town.world.put("register--directory.mapping.yaml", MAPPING.replace(broken, "civic_no | birth_date_of -> born"));
    town.run();
    let rows = town.output().get("accounts.csv").cloned().unwrap_or_default();
    assert!(!rows.contains("Quirinia"));
    for (what, with) in [
        ("f\"p{number}@school.example\" ", "f\"p {number} school.example\" "),
        ("f\"Pupil {number}\" ", "replace(f\"Pupil {number}\", \"Pupil 2\", \"\") "),
    ] {
        let town = project(&ALIAS.replace(what, with), true);
        town.command("koppla check --project .").ends(Exit::Done);
        let run = town.run();
        nowhere(&town, &[run]);
    }
}

/// What is outside the scope is outside, protected or not.
#[test]
fn nobody_outside_the_scope_is_sent() {
    let town = project(&format!("{ALIAS}scope: pupil.year == \"8\"\n"), true);
    town.run().ends(Exit::Done);
    assert!(town.output().is_empty(), "nobody is in scope, so nothing is delivered");
    let town = project(&format!("{ALIAS}scope: pupil.year == \"7\"\n"), true);
    town.run().ends(Exit::Done);
    assert_eq!(town.rows("accounts.csv").len(), 3);
}

/// The proof says field by field what is sent of protected people, and why.
#[test]
fn the_proof_says_what_is_sent_of_protected_people() {
    let town = project(ALIAS, true);
    for line in ["privacy", "privacy --format markdown", "plan"] {
        town.command(&format!("koppla {line} --project .")).ends(Exit::Done).says(&[
            "account.id",
            "a number that no list has",
            "alias: f\"Pupil {number}\"",
            "left out (contact)",
        ]);
    }
}
