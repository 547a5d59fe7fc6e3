//! A sync whose mapping reads two systems: each with settings of its own, and each told when it cannot be read.

use crate::town::Town;
use koppla::shell::Exit;

const DOCUMENTS: [(&str, &str); 5] = [
    (
        "systems/register/system.yaml",
        "system: register
settings: { folder: text }
connect:
  files: { folder: \"{{ settings.folder }}\", format: { csv: {} } }
entities:
  pupil:
    key: number
    read: { file: pupils.csv }
    fields: { number: text }
",
    ),
    (
        "systems/sign-ins/system.yaml",
        "system: sign-ins
settings: { folder: text }
connect:
  files: { folder: \"{{ settings.folder }}\", format: { csv: {} } }
entities:
  user:
    key: number
    read: { file: users.csv }
    fields: { number: text, login: text }
",
    ),
    (
        "systems/accounts/system.yaml",
        "system: accounts
connect:
  files: { folder: output, format: { csv: {} } }
entities:
  account:
    key: id
    write: { file: accounts.csv }
    fields: { id: text, login: text }
",
    ),
    (
        "accounts.mapping.yaml",
        "mapping: accounts
left: { register: register, signs: { system: sign-ins, use: read } }
right: accounts
sets:
  known: |
    pupil as p
    join signs.user as u on u.number == p.number   else skip \"no sign-in\"
    one per p.number
maps:
  accounts:
    between: known -> account
    gone: remove
    fields: |
      Id:    p.number -> id
      Login: u.login  -> login
",
    ),
    (
        "accounts.sync.yaml",
        "sync: accounts
left:
  - { system: register, settings: { folder: input } }
  - { system: sign-ins, settings: { folder: exports } }
right: accounts
",
    ),
];

fn project() -> Town {
    let Town { world } = Town::empty();
    for (path, text) in DOCUMENTS {
        world.put(path, text);
    }
    world.put("input/pupils.csv", "number\n1\n2\n3\n");
    world.put("exports/users.csv", "number,login\n1,asa\n2,bo\n");
    Town { world }
}

#[test]
fn each_source_is_read_with_its_own_settings() {
    let town = project();
    town.command("koppla check --project .").ends(Exit::Done);
    town.command("koppla plan --project .").ends(Exit::Done).says(&["exports/users.csv", "input/pupils.csv"]);
    town.run().ends(Exit::Done).says(&["no sign-in"]);
    assert_eq!(town.rows("accounts.csv"), ["1,asa", "2,bo"]);
    town.command("koppla privacy --project .").says(&["sign-ins"]);
}

/// Half the sources are no reason to remove anybody.
#[test]
fn a_source_that_is_missing_removes_nobody() {
    let town = project();
    town.run().ends(Exit::Done);
    let before = town.output();
    std::fs::remove_file(town.world.path("exports/users.csv")).expect("the file is there");
    town.reborn().run().ends(Exit::Found).says(&["users.csv", "nothing of it counts as gone"]);
    assert_eq!(town.output(), before);
}

/// A system that the mapping reads and the sync does not name has the defaults of its settings, or none.
#[test]
fn a_source_that_is_not_named_is_told() {
    let town = project();
    let sync = "sync: accounts\nleft: { system: register, settings: { folder: input } }\nright: accounts\n";
    town.world.put("accounts.sync.yaml", sync);
    let said = town.command("koppla check --project .").ends(Exit::Found);
    said.says(&["the setting `folder` has no value", "sign-ins"]);
    let (name, text) = DOCUMENTS[1];
    let with_default = text.replace("folder: text }", "folder: { type: text, default: exports } }");
    town.world.put(name, with_default);
    town.reborn().run().ends(Exit::Done);
    assert_eq!(town.rows("accounts.csv"), ["1,asa", "2,bo"]);
}

/// Pupils who name their mentors, and teachers; what a mentor means who is not there is `orphans`.
fn with_orphans(orphans: &str) -> Town {
    let Town { world } = Town::empty();
    let register = format!(
        "system: register
connect:
  files: {{ folder: input, format: {{ csv: {{}} }} }}
reads: {{ orphans: {orphans} }}
entities:
  teacher:
    key: id
    read: {{ file: teachers.csv }}
    fields: {{ id: text }}
  pupil:
    key: number
    read: {{ file: pupils.csv }}
    fields:
      number:  text
      mentor:  ref teacher?
      mentors: {{ type: list of ref teacher, joined_by: \" \" }}
"
    );
    let (path, accounts) = DOCUMENTS[2];
    let accounts = accounts.replace("login: text", "mentor: text?, mentors: text?");
    let mapping = "mapping: accounts
left:  register
right: accounts
maps:
  accounts:
    between: pupil -> account
    fields: |
      Id:      number                       -> id
      Mentor:  mentor.id                    -> mentor
      Mentors: mentors[true].id | join(\"+\") -> mentors
";
    world.put("systems/register/system.yaml", register);
    world.put(path, accounts);
    world.put("accounts.mapping.yaml", mapping);
    world.put("accounts.sync.yaml", "sync: accounts\nleft: register\nright: accounts\n");
    world.put("input/teachers.csv", "id\nt1\nt2\n");
    world.put("input/pupils.csv", "number,mentor,mentors\n1,t1,t1 t9 t2\n2,t9,t9\n");
    Town { world }
}

#[test]
fn a_reference_to_nobody_is_reported_or_is_none() {
    let town = with_orphans("ignore");
    town.command("koppla check --project .").ends(Exit::Done);
    town.run().ends(Exit::Done).hides(&["refers to"]);
    assert_eq!(town.rows("accounts.csv"), ["1,t1,t1+t2", "2,,"]);
    let town = with_orphans("finding");
    town.run().says(&["refers to a record that is not there"]);
}
