//! A preview that is kept, looked at, and applied later.

use crate::scene::{AS_OF, BERGQVIST, SIGNE, Scene, WHOLE, counts, did};
use koppla::shell::Exit;
use serde_json::json;

#[test]
fn a_saved_preview_is_applied_once() {
    let scene = Scene::new();
    scene.koppla(&format!("preview --as-of {AS_OF} --out kept.changes")).ends(Exit::Found);
    scene.koppla("apply kept.changes").ends(Exit::Found);
    assert_eq!(scene.counts(), counts(WHOLE));
    scene.directory.forget_requests();
    let again = scene.koppla("apply kept.changes").ends(Exit::Found);
    assert!(again.result.contains("153 changes are stale"), "{}", again.said());
    assert_eq!(scene.counts(), counts(WHOLE));
    assert_eq!(scene.done().0, did([]));
}

#[test]
fn where_the_directory_has_moved_on_a_saved_change_is_refused() {
    let scene = Scene::filled();
    scene.amend("persons", BERGQVIST, |person| person["givenName"] = json!("Sofia"));
    scene.amend("persons", SIGNE, |person| person["givenName"] = json!("Signhild"));
    scene.koppla(&format!("preview --as-of {AS_OF} --out kept.changes")).ends(Exit::Found);
    let id = scene.user(SIGNE)["id"].as_str().expect("an id").to_string();
    scene.directory.edit("users", &id, "given_name", json!("Siv"));
    let applied = scene.koppla("apply kept.changes --format json").ends(Exit::Found);
    let answer = applied.json();
    assert_eq!(answer["stale"], json!([{ "entity": "user", "op": "update", "key": id }]));
    assert_eq!(scene.user(BERGQVIST)["given_name"], "Sofia");
    assert_eq!(scene.user(SIGNE)["given_name"], "Siv");
}

#[test]
fn a_saved_preview_that_was_altered_is_not_applied() {
    let scene = Scene::new();
    scene.koppla(&format!("preview --as-of {AS_OF} --out kept.changes")).ends(Exit::Found);
    let kept = scene.world.text("kept.changes").expect("a file");
    scene.world.put("kept.changes", kept.replace("Bergqvist", "Berg"));
    let applied = scene.koppla("apply kept.changes").ends(Exit::Usage);
    assert!(applied.notes.contains("altered"), "{}", applied.said());
    assert_eq!(scene.directory.writes(), 0);
}
