//! Somebody changes, leaves, comes back, gets another id.

use crate::scene::{AS_OF, BERGQVIST, SIGNE, SOREN, Scene, did};
use koppla::shell::{Exit, library};
use serde_json::{Value, json};

#[test]
fn one_person_changes_and_one_update_is_sent() {
    let scene = Scene::filled();
    scene.amend("persons", BERGQVIST, |person| person["givenName"] = json!("Sofia"));
    let (done, _, ran) = scene.done();
    assert_eq!(done, did([("update user", 1)]), "\n{}", ran.said());
    let patches: Vec<_> = scene.directory.seen().into_iter().filter(|seen| seen.method == "PATCH").collect();
    assert_eq!(patches.len(), 1);
    let id = scene.user(BERGQVIST)["id"].as_str().expect("an id").to_string();
    assert_eq!(patches[0].path, format!("/users/{id}"));
    let sent: Value = serde_json::from_str(scene.directory.bodies().last().expect("a body")).expect("JSON");
    let sent =
        if sent["login"].is_null() { sent } else { serde_json::from_str(&scene.directory.bodies()[0]).expect("JSON") };
    assert_eq!(sent, json!({ "given_name": "Sofia", "display_name": "Sofia Bergqvist" }));
    assert_eq!(scene.user(BERGQVIST)["login"], "zofia.bergqvist.82@example.se", "a login is given once");
    assert_eq!(scene.done().0, did([]));
}

#[test]
fn a_value_that_somebody_changed_in_the_directory_is_put_right() {
    let scene = Scene::filled();
    let id = scene.user(BERGQVIST)["id"].as_str().expect("an id").to_string();
    scene.directory.edit("users", &id, "family_name", json!("Berg"));
    // Not ours: the mapping writes `active` when it makes a record, and never again.
    scene.directory.edit("users", &id, "active", json!(false));
    assert_eq!(scene.done().0, did([("update user", 1)]));
    assert_eq!(scene.user(BERGQVIST)["family_name"], "Bergqvist");
    assert_eq!(scene.user(BERGQVIST)["active"], false);
    // And a record that somebody removed there is made again, with its memberships.
    scene.directory.take_out("users", &id);
    let desks: Vec<Value> =
        scene.directory.records("memberships").into_iter().filter(|one| one["user_id"] == id).collect();
    desks.iter().for_each(|desk| scene.directory.take_out("memberships", desk["id"].as_str().expect("an id")));
    assert_eq!(scene.done().0, did([("create user", 1), ("create membership", desks.len() as u64)]));
    assert_eq!(scene.done().0, did([]));
}

#[test]
fn who_leaves_is_switched_off_and_who_comes_back_is_switched_on() {
    let scene = Scene::filled();
    let (persons, groups) = (scene.list("persons"), scene.list("groups"));
    let id = scene.user(SIGNE)["id"].clone();
    scene.leave(SIGNE);
    let (done, _, ran) = scene.done();
    assert_eq!(done, did([("deactivate user", 1), ("remove membership", 3)]), "\n{}", ran.said());
    assert_eq!(scene.user(SIGNE)["active"], false);
    assert_eq!(scene.seats(SIGNE), 0);
    assert_eq!(scene.done().0, did([]), "who is switched off stays so");

    scene.register.set("persons", persons);
    scene.register.set("groups", groups);
    scene.amend("persons", SIGNE, |person| person["familyName"] = json!("Briain"));
    let (done, _, ran) = scene.done();
    assert_eq!(done, did([("reactivate user", 1), ("create membership", 3)]), "\n{}", ran.said());
    let user = scene.user(SIGNE);
    assert_eq!((&user["id"], &user["active"], &user["family_name"]), (&id, &json!(true), &json!("Briain")));
    assert_eq!(scene.done().0, did([]), "names were sent with the switching on");
}

/// The scene where a system says that its lists do not hold everything.
fn with_parts_of(system: &str) -> Scene {
    let scene = Scene::filled();
    let path = format!("systems/{system}/system.yaml");
    let (_, own) = library::documents().into_iter().find(|(known, _)| *known == path).expect("a system");
    let own = own.replace("absence: gone-when-whole", "absence: nothing");
    assert!(own.contains("absence: nothing"));
    scene.world.put(path, own);
    scene
}

#[test]
fn who_is_not_in_a_list_that_holds_a_part_is_not_gone() {
    let scene = with_parts_of("ss12000");
    scene.leave(SIGNE);
    let (done, _, ran) = scene.done();
    assert_eq!(done, did([]), "\n{}", ran.said());
    assert_eq!((&scene.user(SIGNE)["active"], scene.seats(SIGNE)), (&json!(true), 3));
    let said = scene.run().said().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("the lists of this system do not hold all records"), "{said}");
}

#[test]
fn who_is_not_in_a_part_of_the_directory_is_not_made_again() {
    let scene = with_parts_of("school-directory");
    let id = scene.user(SIGNE)["id"].as_str().expect("an id").to_string();
    scene.directory.take_out("users", &id);
    assert_eq!(scene.done().0, did([]));
    scene.amend("persons", BERGQVIST, |person| person["givenName"] = json!("Sofia"));
    assert_eq!(scene.done().0, did([("update user", 1)]));
}

#[test]
fn an_enrolment_that_ends_counts_as_gone_too() {
    let scene = Scene::filled();
    scene.amend("persons", SIGNE, |person| person["enrolments"][0]["endDate"] = json!("2026-08-31"));
    assert_eq!(scene.done().0, did([("deactivate user", 1), ("remove membership", 3)]));
}

#[test]
fn a_membership_of_somebody_whom_the_register_does_not_know_is_rejected_and_not_gone() {
    let scene = Scene::filled();
    let persons = scene.list("persons").into_iter().filter(|person| person["id"] != SIGNE).collect();
    scene.register.set("persons", persons);
    let (done, answer, ran) = scene.done();
    assert_eq!(done, did([("deactivate user", 1)]), "\n{}", ran.said());
    assert_eq!(answer["summary"]["rejected"], 4, "three of hers, and the one of nobody");
    assert_eq!(scene.seats(SIGNE), 3);
    // Another one leaves in good order at the same time: one bad row keeps nobody else.
    scene.leave(SOREN);
    assert_eq!(scene.done().0, did([("deactivate user", 1), ("remove membership", 3)]));
}

#[test]
fn a_changed_key_is_followed() {
    const NEW: &str = "aaaaaaaa-1111-5222-8333-bbbbbbbbbbbb";
    let scene = Scene::filled();
    let id = scene.user(SIGNE)["id"].clone();
    scene.amend("persons", SIGNE, |person| person["id"] = json!(NEW));
    scene.each_membership(|memberships| {
        for one in memberships.iter_mut().filter(|one| one["person"]["id"] == SIGNE) {
            one["person"]["id"] = json!(NEW);
        }
    });
    let preview = scene.koppla(&format!("preview --as-of {AS_OF}")).ends(Exit::Found);
    assert!(preview.result.contains("the left record's key changed"), "{}", preview.result);
    let (done, _, ran) = scene.done();
    assert_eq!(done, did([("update user", 1), ("update membership", 3)]), "\n{}", ran.said());
    let counts = scene.directory.counts();
    assert_eq!((counts.get("PATCH"), counts.get("DELETE")), (Some(&4), None));
    assert_eq!(scene.user(NEW)["id"], id, "the same record of the directory");
    assert_eq!(scene.seats(NEW), 3);
    let sent = scene.directory.bodies();
    assert!(!sent.iter().any(|body| body.contains("user_id") && !body.contains("role")), "who it is did not change");
    assert_eq!(scene.done().0, did([]));
}

#[test]
fn a_temporary_number_becomes_a_personal_one() {
    let scene = Scene::filled();
    scene.amend("persons", SOREN, |person| person["civicNo"]["value"] = json!("201101272399"));
    assert_eq!(scene.done().0, did([("update user", 1)]));
    assert_eq!(scene.user(SOREN)["civic_no"], "201101272399");
    assert_eq!(scene.done().0, did([]));
}

#[test]
fn without_its_store_a_run_adopts_and_doubles_nothing() {
    let scene = Scene::filled();
    let before = scene.content();
    for file in scene.world.tree().keys().filter(|file| file.starts_with(".koppla")) {
        std::fs::remove_file(scene.world.path(file)).expect("a file of the store");
    }
    // Somebody left meanwhile: nobody can know whose that record was, and a first run takes nothing away.
    scene.leave(SIGNE);
    let (done, _, ran) = scene.done();
    assert_eq!(done, did([]), "\n{}", ran.said());
    assert!(scene.content() == before, "the directory changed");
    assert_eq!(scene.done().0, did([]));
}

#[test]
fn a_fifth_of_the_pupils_gone_stops_the_run() {
    let scene = Scene::filled();
    let before = scene.content();
    for person in scene.list("persons").iter().filter(|person| person.get("enrolments").is_some()).step_by(5) {
        scene.leave(person["id"].as_str().expect("an id"));
    }
    let preview = scene.koppla(&format!("preview --as-of {AS_OF}")).ends(Exit::Found);
    assert!(preview.result.contains("guard would stop this run"), "{}", preview.result);
    let run = scene.run().ends(Exit::Stopped);
    assert!(run.notes.contains("the guard allows"), "{}", run.said());
    assert_eq!(scene.directory.writes(), 0);
    assert!(scene.content() == before, "the directory changed");
}

/// A sync that owns all of the directory meets somebody there whom the register does not know. A first run takes nobody away:
/// the address of the register may be wrong. The preview shows it all the same.
#[test]
fn a_first_run_takes_nobody_away_even_where_it_owns_all() {
    let scene = Scene::new();
    let text = scene.world.text("exempelkommunen-directory.sync.yaml").expect("the sync");
    scene.world.put("exempelkommunen-directory.sync.yaml", text.replace("owns: linked", "owns: all"));
    let old =
        json!({"login": "old.account", "given_name": "Old", "family_name": "Account", "kind": "staff", "active": true});
    let id = scene.directory.put("users", old.clone());
    let stranger = || scene.directory.records("users").into_iter().find(|user| user["id"] == id.as_str());
    let before = stranger();
    let preview = scene.koppla(&format!("preview --as-of {AS_OF} --out kept.changes")).ends(Exit::Found);
    assert!(preview.result.contains("A guard would stop this run"), "{}", preview.said());
    assert!(preview.result.contains("deactivate user (1)"), "{}", preview.said());
    for line in [format!("run --as-of {AS_OF}"), "apply kept.changes".to_string()] {
        let said = scene.koppla(&line).ends(Exit::Stopped);
        assert!(said.notes.contains("first run"), "{}", said.said());
        assert_eq!((scene.directory.writes(), stranger()), (0, before.clone()), "{line}");
    }
    // With what is linked alone, the first run makes everybody and leaves the stranger; the next one may take over.
    scene.world.put("exempelkommunen-directory.sync.yaml", text.as_str());
    scene.run().ends(Exit::Found);
    assert_eq!(stranger(), before);
    scene.world.put("exempelkommunen-directory.sync.yaml", text.replace("owns: linked", "owns: all"));
    assert_eq!(scene.done().0, did([("deactivate user", 1)]));
    assert_eq!(stranger().expect("switched off, not removed")["active"], false);
    assert_eq!(scene.done().0, did([]));
}
