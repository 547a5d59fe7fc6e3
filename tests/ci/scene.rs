//! A small project in a test world: a register, a directory, a mapping between them, a case.

use jsonschema::Validator;
use koppla::finding::terminal::Style;
use koppla::shell::{Exit, Out, run_on};
use koppla::world::{TestWorld, World};
use serde_json::Value;
use std::ffi::OsString;
use std::path::Path;

/// The register.
pub const REGISTER: &str = r#"system: register
connect:
  files: { folder: input, format: { csv: { separator: ";" } } }
entities:
  pupil:
    key: number
    protected_when: marking is not absent
    read: { file: pupils.csv }
    fields:
      number:       { type: text, at: PupilNo }
      given_name:   { type: text, at: GivenName }
      family_name:  { type: text, at: FamilyName }
      class:        { type: "text?", at: Class }
      email:        { type: "email?", at: Email, class: contact }
      marking:      { type: "text?", at: Marking }
"#;

/// The directory.
pub const DIRECTORY: &str = r#"system: directory
connect:
  files: { folder: output, format: { csv: { separator: "," } } }
writes: { extent: whole }
deliver: { as: files, holds: [account], always: all }
entities:
  account:
    key: id
    write: { file: accounts.csv, remove: { by: absence } }
    fields: { id: text, name: text, group: text, mail: { type: "email?", class: contact } }
"#;

/// The mapping.
pub const MAPPING: &str = r#"mapping: register--directory
left:  register
right: directory
maps:
  pupils:
    between: pupil -> account
    where: class is not absent else skip "has no class"
    gone: remove
    fields: |
      Pupil number:  number                          -> id
      Name:          f"{given_name} {family_name}"   -> name
      Class:         class                           -> group
      E-mail:        email                           -> mail
"#;

/// The case.
pub const CASES: &str = r#"test: register--directory
as_of: 2026-09-01
cases:
  - name: only pupils with a class get an account
    given:
      pupil:
        - { number: "1", given_name: Åsa, family_name: Öberg, class: 7A }
        - { number: "2", given_name: Örjan, family_name: Ek }
    expect:
      account:
        - { id: "1", name: Åsa Öberg, group: 7A }
    skipped:
      pupils: 1
"#;

/// The sync.
pub const SYNC: &str = "sync: norrskolan\nleft:  { system: register }\nright: { system: directory }\n";

/// The documents by their paths.
pub const DOCUMENTS: [(&str, &str); 5] = [
    ("systems/register/system.yaml", REGISTER),
    ("systems/directory/system.yaml", DIRECTORY),
    ("register--directory.mapping.yaml", MAPPING),
    ("norrskolan.test.yaml", CASES),
    ("norrskolan.sync.yaml", SYNC),
];

/// What a command said, and how it ended.
#[derive(Debug)]
pub struct Said {
    /// How it ended.
    pub exit: Exit,
    /// What it printed.
    pub result: String,
    /// What it noted beside it.
    pub notes: String,
}

impl Said {
    /// Asserts how it ended.
    #[track_caller]
    pub fn ends(self, exit: Exit) -> Said {
        assert_eq!(self.exit, exit, "\n{}{}", self.result, self.notes);
        self
    }

    /// Asserts words in what it said.
    #[track_caller]
    pub fn says(self, words: &[&str]) -> Said {
        let all = format!("{}{}", self.result, self.notes);
        words.iter().for_each(|word| assert!(all.contains(word), "nobody says `{word}`:\n{all}"));
        self
    }

    /// The result as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.result).unwrap_or_else(|error| panic!("{error}:\n{}{}", self.result, self.notes))
    }
}

/// The project.
pub fn project() -> TestWorld {
    let world = TestWorld::new();
    DOCUMENTS.iter().for_each(|(path, text)| world.put(path, *text));
    world
}

/// The project with a document that is another one.
pub fn with(path: &str, text: impl Into<String>) -> TestWorld {
    let world = project();
    world.put(path, text.into());
    world
}

/// Works a command line, with `koppla` before it.
pub fn koppla(line: &str, world: &dyn World) -> Said {
    words(&line.split_whitespace().collect::<Vec<_>>(), world)
}

/// Works a command line of words.
pub fn words(words: &[&str], world: &dyn World) -> Said {
    let (mut result, mut notes) = (Vec::new(), Vec::new());
    let mut out = Out::new(&mut result, &mut notes, Style::default());
    let exit = run_on(std::iter::once("koppla").chain(words.iter().copied()).map(OsString::from), world, &mut out);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("what is said is UTF-8");
    Said { exit, result: text(result), notes: text(notes) }
}

/// The text of a file of a world.
pub fn text(world: &TestWorld, path: &str) -> String {
    String::from_utf8(world.read(Path::new(path)).expect("the file is there")).expect("a text")
}

/// A committed schema of what a command prints as JSON.
pub fn schema(name: &str) -> Validator {
    let path = format!("{}/grammar/schemas/output/{name}.json", env!("CARGO_MANIFEST_DIR"));
    validator(&std::fs::read_to_string(path).expect("the schema is committed"))
}

/// A schema of a text.
pub fn validator(text: &str) -> Validator {
    let schema: Value = serde_json::from_str(text).expect("a schema is JSON");
    jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema")
}

/// Asserts that a value has the form that a schema gives it.
#[track_caller]
pub fn fits(schema: &Validator, value: &Value) {
    let wrong: Vec<String> =
        schema.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{}\n{value:#}", wrong.join("\n"));
}
