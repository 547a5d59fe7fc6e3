//! Protected people of whom something is sent all the same, to a directory that is written record by record.

use crate::scene::{PROTECTED, Ran, SIGNE, Scene, did};
use koppla::shell::Exit;
use serde_json::{Value, json};

/// What the sync says about them.
const ALIAS: &str = "protected: alias
allow_protected: |
  personal -> user.external_id because \"a random id, known to nobody else\"
  public   -> user.kind        because \"rights in the directory hang on it\"
alias: |
  f\"protected.{p.id}\" -> user.login
  \"Protected\"         -> user.given_name
  \"Identity\"          -> user.family_name
";

/// Words that lead to the pupil who is marked; others share the given or the family name.
const PLANTED: [&str; 3] = ["Signe Ó Briain", "200910052380", "signe.obriain"];

/// The directory is filled under `exclude`; then the sync says otherwise, and a pupil is marked.
fn marked() -> Scene {
    let scene = Scene::filled();
    let path = "exempelkommunen-directory.sync.yaml";
    let sync = scene.world.text(path).expect("the sync").replace("protected: exclude\n", ALIAS);
    scene.world.put(path, sync);
    scene.amend("persons", SIGNE, |person| person["securityMarking"] = json!("Sekretessmarkering"));
    scene
}

/// Asserts that none of the words is said, or remembered.
#[track_caller]
fn names_nobody(scene: &Scene, said: &[Ran]) {
    let store = scene.store();
    for word in PLANTED.iter().chain(PROTECTED.iter().filter(|word| !word.contains('-'))) {
        for said in said {
            assert!(!said.said().contains(word), "{word} is said:\n{}", said.said());
        }
        assert!(!store.contains(word), "{word} is remembered");
    }
}

#[test]
fn what_was_sent_is_replaced_and_the_rest_is_emptied() {
    let scene = marked();
    let preview = ["", " --format json", " --format csv"]
        .map(|more| scene.koppla(&format!("preview --as-of 2026-09-01{more}")).ends(Exit::Found));
    let (done, _, run) = scene.done();
    // Two pupils and a member of staff who were always protected are made, under their aliases; the third pupil is changed.
    // That a duty may be without a person takes nothing from the one who holds it.
    assert_eq!(done, did([("create user", 3), ("update user", 1)]), "\n{}", run.said());
    let user = scene.user(SIGNE);
    let login = format!("protected.{SIGNE}");
    for (field, value) in [("login", login.as_str()), ("given_name", "Protected"), ("family_name", "Identity")] {
        assert_eq!(user[field], value);
    }
    assert_eq!(user["kind"], "student");
    let aliased = scene.directory.records("users").into_iter().filter(|user| user["given_name"] == "Protected");
    let kinds: Vec<Value> = aliased.map(|user| user["kind"].clone()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "staff").count(), 1, "{kinds:?}");
    for field in ["display_name", "email", "mobile", "school", "year", "civic_no"] {
        assert_eq!(user.get(field).unwrap_or(&Value::Null), &Value::Null, "{field}");
    }
    let held = scene.koppla("held");
    assert!(held.result.starts_with("3 records wait for a decision"), "memberships are not allowed: {}", held.result);
    let again = scene.done();
    assert_eq!(again.0, did([]), "\n{}", again.2.said());
    let all: Vec<Ran> =
        preview.into_iter().chain([run, held, again.2, scene.koppla("history --format json")]).collect();
    names_nobody(&scene, &all);
}

#[test]
fn the_end_of_the_marking_sends_everything_again() {
    let scene = marked();
    let before = scene.user(SIGNE);
    scene.run();
    scene.amend("persons", SIGNE, |person| person["securityMarking"] = json!("Ingen"));
    assert_eq!(scene.done().0, did([("update user", 1)]));
    let after = scene.user(SIGNE);
    for field in ["given_name", "family_name", "email", "civic_no", "school"] {
        assert_eq!(after[field], before[field], "{field}");
    }
}

/// What is written when a record is made alone cannot be taken back: the rest is, and the record waits.
#[test]
fn what_cannot_be_taken_back_waits_for_a_decision() {
    let scene = marked();
    let documents = koppla::shell::library::documents().into_iter();
    let mut systems = documents.filter(|(path, _)| path.ends_with("systems/school-directory/system.yaml"));
    let (_, system) = systems.next().expect("the system");
    let system =
        system.replace("class: contact }\n      given_name:", "class: contact, access: create }\n      given_name:");
    scene.world.put("systems/school-directory/system.yaml", system);
    let (done, _, run) = scene.done();
    assert_eq!(done.get("update user"), Some(&1), "\n{}", run.said());
    assert_eq!(scene.user(SIGNE)["given_name"], "Protected");
    assert_eq!(scene.user(SIGNE)["login"], "signe.obriain.09@example.se");
    let held = scene.koppla("held").ends(Exit::Done);
    assert!(held.result.starts_with("4 records wait for a decision"), "{}", held.result);
    names_nobody(&scene, &[run, held]);
    scene.koppla("decide exempelkommunen-directory --all --remove --because agreed").ends(Exit::Done);
    let (done, _, run) = scene.done();
    assert_eq!(done, did([("remove membership", 3), ("remove user", 1)]), "\n{}", run.said());
    names_nobody(&scene, &[run]);
}
