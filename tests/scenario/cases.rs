//! Cases of test documents: what a case can give, and what it can expect.

use crate::town::{Said, said};
use koppla::shell::Exit;
use koppla::world::TestWorld;

const MODELS: &str = r#"
model: register
entities:
  pupil:
    key: number
    fields:
      number: text
      name:   text
      born:   date?
      email:  email?
      class:  ref class?
  class:
    key: code
    fields:
      code:  text
      title: text?
"#;

const TARGET: &str = r#"
model: directory
entities:
  account:
    key: login
    fields:
      login: text
      birth: date?
      group: ref group
  group:
    key: code
    fields:
      code:  text
      title: text
"#;

const MAPPING: &str = r#"
mapping: register--directory
left:  register
right: directory
maps:
  pupils:
    between: pupil -> account
    where: class is not absent else skip "has no class"
    fields: |
      Login:  number  -> login
      Birth:  born    -> birth
      Group:  class   -> group  else reject "has no class"
  classes:
    between: class -> group
    fields: |
      Code:   code    -> code
      Title:  title   -> title  else reject "has no title"
"#;

/// Works one case: what stands under its name.
fn case(given_and_expected: &str) -> Said {
    let world = TestWorld::new();
    world.put("register.model.yaml", MODELS);
    world.put("directory.model.yaml", TARGET);
    world.put("register--directory.mapping.yaml", MAPPING);
    let head = "test: register--directory\nas_of: 2026-09-01\ncases:\n  - name: the case\n";
    world.put("one.test.yaml", format!("{head}{given_and_expected}"));
    said("koppla test --project .", &world)
}

const GIVEN: &str = r#"
    given:
      class:
        - { code: 7A, title: Seven }
        - { code: 7B }
      pupil:
        - { number: "1", name: Åsa, class: 7A, born: 2014-05-01 }
        - { number: "2", name: Örjan, class: 7B }
        - { number: "3", name: Nour, class: 7A, born: 2014-02-30 }
    expect:
      account:
        - { login: "1", group: 7A }
"#;

#[test]
fn a_case_says_who_is_held_and_what_cannot_be_read() {
    let expected = r#"
    rejected:
      - { map: pupils, count: 1, reason: "pupil born: is no date (yyyy-MM-dd)" }
      - { map: classes, reason: "has no title" }
    held:
      pupils: 1
"#;
    case(&format!("{GIVEN}{expected}")).ends(Exit::Done).says(&["1 passed, 0 failed"]);
}

#[test]
fn a_case_that_expects_others_fails_and_says_why() {
    let expected = "\n    held:\n      - { map: pupils, count: 2 }\n    rejected: { pupils: 0 }\n";
    case(&format!("{GIVEN}{expected}")).ends(Exit::Found).says(&[
        "pupils held expected 2 got 1",
        "pupils rejected expected 0 got 1",
        "pupils rejected 3: pupil born: is no date",
        "pupils held",
    ]);
}

/// Nobody reads the field, so nobody would notice the slip.
#[test]
fn a_value_that_no_rule_reads_must_be_right() {
    let given = GIVEN.replace("born: 2014-02-30", "email: none");
    case(&given).ends(Exit::Found).says(&["given pupil.email: is no e-mail address"]);
}

#[test]
fn a_map_that_is_none_is_a_finding() {
    case(&format!("{GIVEN}    held: {{ pupil: 1 }}\n")).ends(Exit::Found).says(&["did you mean `pupils`?"]);
}
