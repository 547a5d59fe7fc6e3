//! Records of people who became protected wait until somebody decides.

use crate::scene::{HELD, Ran, SIGNE, Scene, did};
use koppla::shell::Exit;
use serde_json::{Value, json};

fn mark(scene: &Scene, marking: &str) {
    scene.amend("persons", SIGNE, |person| person["securityMarking"] = json!(marking));
}

/// The directory is filled, and a pupil with three memberships is protected since.
fn marked() -> Scene {
    let scene = Scene::filled();
    mark(&scene, "Sekretessmarkering");
    scene.run().ends(Exit::Found);
    scene
}

/// The records that wait for a decision, as `koppla held --format json` shows them.
fn waiting(scene: &Scene) -> Vec<Value> {
    let list = scene.koppla("held --format json").ends(Exit::Done).json();
    let held = list["held"].as_array().expect("a list").iter();
    held.filter(|held| held["waits_for_decision"] == true).cloned().collect()
}

/// Runs `koppla decide`; the reason is one word, since the line is split at blanks.
fn decide(scene: &Scene, what: &str) -> Ran {
    scene.koppla(&format!("decide exempelkommunen-directory {what} --because agreed"))
}

#[track_caller]
fn names_nobody(ran: &Ran) {
    for word in ["Signe", "Briain", "200910052380", "signe.obriain"] {
        assert!(!ran.said().contains(word), "{word} is said:\n{}", ran.said());
    }
}

#[test]
fn what_waits_is_listed_without_names() {
    let scene = marked();
    let held = waiting(&scene);
    let count = |of: &str| held.iter().filter(|held| held["of"] == of).count();
    assert_eq!((held.len(), count("user"), count("membership")), (4, 1, 3));
    let said = scene.koppla("held").ends(Exit::Done);
    assert!(said.result.starts_with("4 records wait for a decision"), "{}", said.result);
    assert!(said.result.contains(held[0]["number"].as_str().expect("a number")), "{}", said.result);
    assert!(said.result.contains(&format!("{} more records are held or rejected", HELD + 1)), "{}", said.result);
    assert!(said.result.lines().all(|line| line.chars().count() <= 100), "{}", said.result);
    names_nobody(&said);
    let all = scene.koppla("held --all").ends(Exit::Done);
    assert!(all.result.contains("login must be unique"), "{}", all.result);
    names_nobody(&all);
    names_nobody(&scene.koppla("held --format json"));
}

#[test]
fn a_wrong_decision_is_refused() {
    let scene = marked();
    for (what, why) in [
        ("--all", "--keep"),
        ("--keep", "NUMBER"),
        ("--all --keep --remove", "cannot be used with"),
        ("12345678 --keep", "12345678 is not the number of a record that waits"),
    ] {
        let said = decide(&scene, what).ends(Exit::Usage);
        assert!(said.notes.contains(why), "{what}: {}", said.notes);
    }
    assert_eq!(waiting(&scene).len(), 4);
    let fresh = Scene::new();
    assert!(decide(&fresh, "--all --keep").ends(Exit::Usage).notes.contains("nothing waits for a decision"));
    assert!(fresh.koppla("held").ends(Exit::Done).result.contains("nothing waits for a decision"));
}

#[test]
fn who_is_decided_to_stay_stays_and_waits_no_more() {
    let scene = marked();
    let before = scene.content();
    let said = decide(&scene, "--all --keep").ends(Exit::Done);
    assert!(said.result.contains("4 records decided: they stay"), "{}", said.result);
    assert!(scene.koppla("held").result.contains("keep"), "the list says what is decided");
    for _ in 0..2 {
        let (done, answer, ran) = scene.done();
        assert_eq!((done, &answer["summary"]["held"]), (did([]), &json!(HELD)), "\n{}", ran.said());
        assert!(waiting(&scene).is_empty());
    }
    // The register does not know the person any more; what was decided holds all the same.
    scene.leave(SIGNE);
    let (done, answer, ran) = scene.done();
    assert_eq!((done, &answer["summary"]["held"]), (did([]), &json!(HELD)), "\n{}", ran.said());
    assert!(scene.content() == before, "the directory changed");
    let history = scene.koppla("history").ends(Exit::Done);
    assert!(history.result.contains("decided to keep 4 records: agreed"), "{}", history.result);
    names_nobody(&history);
}

#[test]
fn who_is_decided_to_go_goes_with_the_next_run() {
    let scene = marked();
    let before = scene.content().len();
    let numbers: Vec<String> =
        waiting(&scene).iter().map(|held| held["number"].as_str().expect("a number").to_string()).collect();
    decide(&scene, &format!("{} --remove", numbers.join(" "))).ends(Exit::Done);
    let preview = scene.koppla("preview --as-of 2026-09-01").ends(Exit::Found);
    names_nobody(&preview);
    let (done, answer, ran) = scene.done();
    assert_eq!(done, did([("remove user", 1), ("remove membership", 3)]), "\n{}", ran.said());
    assert_eq!(answer["summary"]["held"], json!(HELD));
    assert_eq!(scene.content().len(), before - 4);
    names_nobody(&ran);
    assert_eq!(scene.done().0, did([]));
    assert!(!scene.store().contains("decided:"), "a decision that was carried out is forgotten");
    let history = scene.koppla("history --format json").json();
    let decided = history["runs"].as_array().expect("runs").iter().find(|run| run["command"] == "decide");
    assert_eq!(decided.expect("the decision")["summary"]["because"], "agreed");
}

#[test]
fn a_decision_ends_with_the_marking() {
    let scene = marked();
    decide(&scene, "--all --remove").ends(Exit::Done);
    mark(&scene, "Ingen");
    let (done, _, ran) = scene.done();
    assert!(!done.keys().any(|done| done.starts_with("remove")), "\n{}", ran.said());
    // Marked anew, the record waits anew.
    mark(&scene, "Sekretessmarkering");
    assert_eq!(scene.done().0, did([]));
    assert_eq!(waiting(&scene).len(), 4);
}
