//! Who is protected appears nowhere; of everybody else nothing is shown that people need not see.

use crate::scene::{AS_OF, BERGQVIST, HELD, PROTECTED, SIGNE, Scene, did};
use koppla::shell::Exit;
use serde_json::json;

/// Asserts that none of these texts stands in a text.
#[track_caller]
fn without(texts: &[&str], place: &str, text: &str) {
    for planted in texts {
        assert!(!text.contains(planted), "{planted} in {place}");
    }
}

#[test]
fn protected_people_appear_nowhere() {
    let scene = Scene::new();
    for format in ["human", "json", "csv"] {
        let preview =
            scene.koppla(&format!("preview --as-of {AS_OF} --format {format} --out kept.changes")).ends(Exit::Found);
        without(&PROTECTED, format, &preview.said());
    }
    without(&PROTECTED, "the saved changes", &scene.world.text("kept.changes").expect("a file"));
    let run = scene.run();
    without(&PROTECTED, "the run", &run.said());
    assert!(run.result.contains("user: about protected people: nothing is sent"), "{}", run.result);
    without(&PROTECTED, "the second run", &scene.done().2.said());
    without(&PROTECTED, "history", &scene.koppla("history --format json").said());
    without(&PROTECTED, "the store", &scene.store());
    without(&PROTECTED, "the requests", &scene.directory.bodies().join("\n"));
    for (file, content) in scene.world.tree() {
        without(&PROTECTED, &file, &String::from_utf8_lossy(&content));
    }
}

#[test]
fn previews_and_logs_show_no_names_and_numbers() {
    let planted = ["Bergqvist", "zofia.bergqvist", "198211162386", "Noël", "201901032399", "s3cr3t", "Kalle Testsson"];
    let scene = Scene::new();
    for format in ["human", "json", "csv"] {
        let preview = scene.koppla(&format!("preview --as-of {AS_OF} --format {format}")).ends(Exit::Found);
        without(&planted, format, &preview.said());
    }
    without(&planted, "the run", &scene.run().said());
    scene.amend("persons", BERGQVIST, |person| person["familyName"] = json!("Bergqvist-Ek"));
    for format in ["human", "json", "csv"] {
        let preview = scene.koppla(&format!("preview --as-of {AS_OF} --format {format}")).ends(Exit::Found);
        without(&planted, format, &preview.said());
    }
    without(&planted, "history", &scene.koppla("history").said());
    without(&["s3cr3t"], "the store", &scene.store());
}

/// The marking of a pupil or a teacher.
fn mark(scene: &Scene, id: &str) {
    scene.amend("persons", id, |person| person["securityMarking"] = json!("Sekretessmarkering"));
}

#[test]
fn who_is_marked_later_stays_as_is_and_is_held() {
    for (id, names, more) in [
        (SIGNE, ["Signe Ó Briain", "200910052380", "signe.obriain"], 3),
        (BERGQVIST, ["198211162386", "zofia.bergqvist.82@", "\"Zofia\",\"Bergqvist\""], 1),
    ] {
        let scene = Scene::filled();
        let before = scene.content();
        mark(&scene, id);
        // What changes with the marking is not sent either.
        scene.amend("persons", id, |person| person["givenName"] = json!("Hemlig"));
        for _ in 0..2 {
            let (done, answer, ran) = scene.done();
            assert_eq!(done, did([]), "\n{}", ran.said());
            assert_eq!(
                (&answer["summary"]["held"], ran.exit),
                (&json!(HELD + 1 + more), Exit::Found),
                "\n{}",
                ran.said()
            );
            assert!(scene.content() == before, "the directory changed");
            without(&names, "the run", &ran.said());
            without(&["Hemlig"], "the run", &ran.said());
            without(&["Hemlig"], "the requests", &scene.directory.bodies().join("\n"));
            let store = scene.store();
            without(&names, "the store", &store);
            without(&["Hemlig"], "the store", &store);
        }
    }
}

#[test]
fn who_is_marked_is_held_although_nothing_current_is_left() {
    let scene = Scene::filled();
    let before = scene.content();
    mark(&scene, SIGNE);
    scene.amend("persons", SIGNE, |person| person["enrolments"][0]["endDate"] = json!("2026-08-30"));
    let (done, answer, ran) = scene.done();
    assert_eq!((done, &answer["summary"]["held"]), (did([]), &json!(HELD + 4)), "\n{}", ran.said());
    // Also when the register does not know the person any more: nobody has decided yet.
    scene.leave(SIGNE);
    let (done, answer, ran) = scene.done();
    assert_eq!((done, &answer["summary"]["held"]), (did([]), &json!(HELD + 4)), "\n{}", ran.said());
    assert!(scene.content() == before, "the directory changed");
}

#[test]
fn who_is_no_longer_marked_is_kept_in_step_again() {
    let scene = Scene::filled();
    mark(&scene, SIGNE);
    scene.run();
    scene.amend("persons", SIGNE, |person| {
        person["securityMarking"] = json!("Ingen");
        person["givenName"] = json!("Signhild");
    });
    let (done, answer, ran) = scene.done();
    assert_eq!((done, &answer["summary"]["held"]), (did([("update user", 1)]), &json!(HELD)), "\n{}", ran.said());
    assert_eq!(scene.user(SIGNE)["display_name"], "Signhild Ó Briain");
    assert_eq!(scene.done().0, did([]));
}
