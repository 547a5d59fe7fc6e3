//! What goes wrong on the way: at the register, at the directory, between them.

use crate::scene::{BERGQVIST, SAGA, SIGNE, Scene, WHOLE, counts, did};
use crate::servers::Trouble;
use koppla::shell::Exit;
use serde_json::json;
use std::collections::BTreeSet;

#[test]
fn a_busy_register_is_asked_again() {
    let scene = Scene::new();
    scene.register.trouble("/persons", 2, 2, Trouble::TooMany(Some("7".to_string())));
    scene.register.trouble("/groups", 1, 1, Trouble::Status(500));
    scene.register.trouble("/duties", 3, 1, Trouble::Status(503));
    scene.register.trouble("/organisations", 2, 1, Trouble::Cut);
    let run = scene.run().ends(Exit::Found);
    assert!(!run.result.contains("INCOMPLETE"), "{}", run.said());
    assert_eq!(scene.counts(), counts(WHOLE));
}

/// What makes the list of persons break off after its first pages: creates and updates go on, nobody is gone.
fn breaks_off(page: usize, trouble: Trouble, words: &str) {
    let scene = Scene::filled();
    scene.register.trouble("/persons", page, usize::MAX, trouble);
    // Signe is on the first page, Saga on the second; the others of the later pages are missing.
    scene.amend("persons", SIGNE, |person| person["givenName"] = json!("Signhild"));
    scene.leave(SAGA);
    let (done, answer, ran) = scene.done();
    assert_eq!(done, did([("update user", 1)]), "\n{}", ran.said());
    assert_eq!((&answer["summary"]["complete"], ran.exit), (&json!(false), Exit::Found));
    assert!(answer.to_string().contains(words), "{answer:#}");
    assert!(scene.directory.seen().iter().all(|seen| seen.method != "DELETE"));
    assert!(scene.directory.records("users").iter().all(|user| user["active"] == true));
    assert_eq!(scene.counts(), counts(WHOLE));
}

#[test]
fn a_connection_that_is_cut_makes_nobody_gone() {
    breaks_off(3, Trouble::Cut, "page 3 of /persons");
}

#[test]
fn pages_in_a_circle_make_nobody_gone() {
    breaks_off(2, Trouble::Loop, "circle");
}

#[test]
fn a_login_page_makes_nobody_gone() {
    breaks_off(3, Trouble::LoginPage, "web page");
}

#[test]
fn an_answer_without_a_list_makes_nobody_gone() {
    breaks_off(3, Trouble::NoList, "/persons");
}

#[test]
fn a_register_that_refuses_is_no_empty_one() {
    let scene = Scene::filled();
    let before = scene.content();
    scene.register.trouble("/oauth/token", 1, usize::MAX, Trouble::Status(403));
    let (done, answer, ran) = scene.done();
    assert_eq!((done, &answer["summary"]["complete"]), (did([]), &json!(false)), "\n{}", ran.said());
    assert_eq!(ran.exit, Exit::Found);
    assert!(scene.content() == before, "the directory changed");
}

#[test]
fn a_directory_that_cannot_be_read_is_left_alone() {
    let scene = Scene::filled();
    let before = scene.content();
    scene.directory.trouble_on_page("/users", 2, usize::MAX, Trouble::Status(500));
    scene.amend("persons", BERGQVIST, |person| person["givenName"] = json!("Sofia"));
    let (done, answer, ran) = scene.done();
    assert_eq!(done, did([]), "\n{}", ran.said());
    assert_eq!((answer["report"]["blocked"][0]["entity"].as_str(), ran.exit), (Some("user"), Exit::Found));
    assert!(scene.content() == before, "the directory changed");
}

/// Runs against a directory in trouble, then against a sound one: everything is there once.
fn heals(scene: Scene) {
    let run = scene.run().ends(Exit::Found);
    let second = scene.run();
    assert_eq!(scene.counts(), counts(WHOLE), "\n{}\n{}", run.said(), second.said());
    let users = scene.directory.records("users");
    let ids: BTreeSet<String> = users.iter().map(|user| user["external_id"].to_string()).collect();
    assert_eq!(ids.len(), users.len(), "nobody twice");
    assert_eq!(scene.done().0, did([]));
}

#[test]
fn a_busy_directory_that_then_fails_gets_everything_once() {
    let scene = Scene::new();
    scene.directory.trouble("POST", "/users", 1, Trouble::TooMany(Some("3".to_string())));
    scene.directory.trouble("POST", "/users", 1, Trouble::Status(500));
    heals(scene);
}

#[test]
fn what_was_written_without_an_answer_is_found_again() {
    let scene = Scene::new();
    scene.directory.trouble("POST", "/users", 2, Trouble::Drop);
    scene.directory.trouble("POST", "/groups", 1, Trouble::Cut);
    scene.directory.trouble("POST", "/memberships", 1, Trouble::Drop);
    heals(scene);
}

#[test]
fn one_refused_record_stops_no_other() {
    let scene = Scene::new();
    scene.directory.refuse("login", json!("zofia.bergqvist.82@example.se"));
    let run = scene.run().ends(Exit::Found);
    assert_eq!(scene.counts(), counts([("users", 45), ("groups", 46), ("memberships", 60)]), "\n{}", run.said());
    assert!(run.result.contains("2 failed"), "{}", run.said());
    // What was refused is said with what it was, what the server said, and where in the documents it comes from.
    let said = run.result.split_whitespace().collect::<Vec<_>>().join(" ");
    let refused = "failed 1 create user: 400 on POST /users: refused (09f066de-9244-5597-8556-6820d5c6bf17)";
    for words in [refused, "sent by the call at library:systems/school-directory/system.yaml:", "made by the map `"] {
        assert!(said.contains(words), "{words}: {}", run.said());
    }
    let (_, answer, _) = scene.done();
    let failed = &answer["failed"][0];
    assert_eq!((failed["op"].as_str(), failed["entity"].as_str()), (Some("create"), Some("user")), "{answer:#}");
    scene.directory.refuse_nothing();
    assert_eq!(scene.done().0, did([("create user", 1), ("create membership", 1)]));
    assert_eq!(scene.counts(), counts(WHOLE));
}

#[test]
fn what_a_directory_turned_away_is_made_when_it_lets_us() {
    let scene = Scene::new();
    scene.directory.trouble("POST", "/groups", 46, Trouble::Status(403));
    let run = scene.run().ends(Exit::Found);
    assert_eq!(scene.counts(), counts([("users", 46), ("groups", 0), ("memberships", 0)]), "\n{}", run.said());
    let (done, _, second) = scene.done();
    assert_eq!(done, did([("create group", 46), ("create membership", 61)]), "\n{}", second.said());
    assert_eq!(scene.counts(), counts(WHOLE));
}

/// What a guard let pass once and the directory only did not take is not stopped as something new.
#[test]
fn many_records_that_a_directory_turned_away_are_made_when_it_lets_us() {
    let scene = Scene::new();
    scene.directory.trouble("POST", "/users", 20, Trouble::Status(403));
    let run = scene.run().ends(Exit::Found);
    assert_eq!(scene.counts()["users"], 26, "\n{}", run.said());
    let run = scene.run().ends(Exit::Found);
    assert_eq!(scene.counts(), counts(WHOLE), "\n{}", run.said());
}

/// The descriptor allows four calls at one time.
#[test]
fn records_are_written_several_at_one_time_and_no_more_than_allowed() {
    let scene = Scene::new();
    scene.directory.trouble("POST", "/groups", 12, Trouble::Hang(40));
    scene.run().ends(Exit::Found);
    assert_eq!(scene.directory.busiest(), 4);
    assert_eq!(scene.counts(), counts(WHOLE));
}

#[test]
fn a_directory_that_breaks_down_is_left_alone_and_filled_later() {
    let scene = Scene::new();
    // Four calls at one time, each tried six times.
    scene.directory.trouble("POST", "/groups", 24, Trouble::Status(503));
    let run = scene.run().ends(Exit::Usage);
    assert!(run.result.contains("46  user"), "what was written before is counted: {}", run.said());
    assert_eq!(scene.counts()["memberships"], 0);
    scene.run().ends(Exit::Found);
    assert_eq!(scene.counts(), counts(WHOLE));
    assert_eq!(scene.done().0, did([]));
}
