//! A first run, and a second one that has nothing to do.

use crate::scene::{ANN_SOFIE, AS_OF, BERGQVIST, HELD, NOEL, SAGA, SIXTEN, SOREN, Scene, WHOLE, counts, did};
use koppla::shell::Exit;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn the_example_is_checked_previewed_run_and_run_again() {
    let scene = Scene::new();
    scene.koppla("check").ends(Exit::Done);

    let before = scene.world.tree();
    let preview = scene.koppla(&format!("preview --as-of {AS_OF}")).ends(Exit::Found);
    assert!(preview.result.contains("153 changes; nothing was written"), "{}", preview.result);
    assert_eq!(scene.directory.writes(), 0);
    assert_eq!(scene.world.tree(), before, "a preview leaves nothing behind");

    // Two people with one address are held with their seats. That, and a membership of nobody in the register, is why the run
    // exits 1.
    let first = scene.run().ends(Exit::Found);
    assert!(first.result.contains("153 changes written, 0 failed, 1 record rejected, 8 held"), "{}", first.said());
    assert_eq!(scene.counts(), counts(WHOLE));
    for list in ["/organisations", "/persons", "/groups", "/duties"] {
        let pages = scene.register.seen().into_iter().filter(|seen| seen.path == list).map(|seen| seen.page).max();
        assert!(pages >= Some(3), "{list}: {pages:?}");
    }
    assert!(scene.register.token_requests() > 4, "tokens expired on the way");
    assert_eq!(read_twice(&scene), Vec::<String>::new());

    scene.directory.forget_requests();
    let (done, answer, second) = scene.done();
    assert_eq!(done, did([]), "\n{}", second.said());
    assert_eq!(answer["summary"]["held"], HELD);
    assert_eq!(scene.directory.writes(), 0);
    assert_eq!(second.exit, Exit::Found);
    assert_eq!(scene.counts(), counts(WHOLE));
}

/// The pages that were read more than once since the preview: enrolments lie in the records of persons, and members in those
/// of groups, yet each list is read once.
fn read_twice(scene: &Scene) -> Vec<String> {
    let mut pages: BTreeMap<String, usize> = BTreeMap::new();
    for seen in scene.register.seen().iter().filter(|seen| seen.method == "GET" && seen.status == 200) {
        *pages.entry(format!("{} page {}", seen.path, seen.page)).or_default() += 1;
    }
    // The preview read them once, and so did the run.
    pages.into_iter().filter(|(_, times)| *times > 2).map(|(page, _)| page).collect()
}

#[test]
fn nothing_is_to_be_told_when_all_is_well() {
    let scene = Scene::new();
    scene.amend("persons", ANN_SOFIE, |person| person["emails"][0]["value"] = json!("annsofie.ohara.12@example.se"));
    scene.each_membership(|memberships| {
        memberships.retain(|membership| membership["person"]["id"] != "ffffffff-ffff-5fff-bfff-ffffffffffff");
    });
    let persons: BTreeSet<String> = scene.list("persons").iter().map(|person| person["id"].to_string()).collect();
    scene.each_membership(|memberships| memberships.retain(|one| persons.contains(&one["person"]["id"].to_string())));
    scene.run().ends(Exit::Done);
    assert_eq!(scene.counts(), counts([("users", 48), ("groups", 46), ("memberships", 67)]));
    scene.directory.forget_requests();
    let second = scene.run().ends(Exit::Done);
    assert!(second.result.contains("0 changes written, 0 failed, 0 records rejected, 0 held"), "{}", second.said());
    assert_eq!(scene.directory.writes(), 0);
    let again = scene.koppla(&format!("run --as-of {AS_OF} --exit-code"));
    assert_eq!(again.exit, Exit::Done);
}

#[test]
fn the_directory_holds_what_the_mapping_says() {
    let scene = Scene::filled();
    let user = |id: &str| {
        let mut user = scene.user(id);
        user.as_object_mut().expect("a record").remove("id");
        user
    };
    assert_eq!(
        user(BERGQVIST),
        json!({
            "external_id": BERGQVIST, "login": "zofia.bergqvist.82@example.se", "given_name": "Zofia",
            "family_name": "Bergqvist", "display_name": "Zofia Bergqvist", "email": "zofia.bergqvist.82@example.se",
            "kind": "staff", "school": "Ekskolan 7-9", "civic_no": "198211162386", "active": true,
        })
    );
    assert_eq!(
        user(NOEL),
        json!({
            "external_id": NOEL, "login": "noel.celik.19@example.se", "given_name": "Noël", "family_name": "Çelik",
            "display_name": "Noël Çelik", "email": "noel.celik.19@example.se", "kind": "student",
            "school": "Cederskolan F-6", "year": 1, "civic_no": "201901032399", "active": true,
        })
    );
    assert_eq!(user(SAGA)["login"], "saga.lindo.c2ad");
    assert_eq!(user(SAGA)["email"], Value::Null);
    assert_eq!(user(SOREN)["civic_no"], "20110127TF01");
    assert_eq!(user(SIXTEN)["civic_no"], Value::Null);
    let group = scene.one("groups", "name", "Ekskolan 7-9 MA 8A");
    assert_eq!((&group["kind"], &group["school"]), (&json!("teaching"), &json!("Ekskolan 7-9")));
    assert_eq!(who_sits_where(&scene), should_sit_where(&scene));
}

/// Group and user, by the ids of the register, and the role: as the directory has it, by its own ids.
fn who_sits_where(scene: &Scene) -> BTreeSet<(String, String, String)> {
    let text = |value: &Value| value.as_str().expect("a text").to_string();
    let known = |list: &str| -> BTreeMap<String, String> {
        let records = scene.directory.records(list);
        records.iter().map(|record| (text(&record["id"]), text(&record["external_id"]))).collect()
    };
    let (users, groups) = (known("users"), known("groups"));
    let place = |one: &Value| {
        (groups[&text(&one["group_id"])].clone(), users[&text(&one["user_id"])].clone(), text(&one["role"]))
    };
    scene.directory.records("memberships").iter().map(place).collect()
}

/// The same as the lists of the register have it.
fn should_sit_where(scene: &Scene) -> BTreeSet<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    let current = |one: &Value| one["endDate"].is_null() || text(&one["endDate"]).as_str() >= AS_OF;
    let users: BTreeSet<String> =
        scene.directory.records("users").iter().map(|user| text(&user["external_id"])).collect();
    let mut places = BTreeSet::new();
    let sent = |group: &Value| ["Klass", "Undervisning", "Mentor"].contains(&text(&group["groupType"]).as_str());
    for group in scene.list("groups").iter().filter(|group| sent(group)) {
        for member in group["groupMemberships"].as_array().into_iter().flatten().filter(|one| current(one)) {
            places.insert((text(&group["id"]), text(&member["person"]["id"]), "member".to_string()));
        }
    }
    for duty in scene.list("duties").iter().filter(|duty| current(duty)) {
        for role in duty["assignmentRole"].as_array().into_iter().flatten() {
            places.insert((text(&role["group"]["id"]), text(&duty["person"]["id"]), "staff".to_string()));
        }
    }
    places.retain(|(_, user, _)| users.contains(user));
    places
}
