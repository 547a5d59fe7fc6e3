//! The process dies at any point; the next run ends where it would have ended.

use crate::scene::{BERGQVIST, SIGNE, SOREN, Scene, did};
use serde_json::json;

#[test]
fn a_first_run_that_is_killed_is_finished_by_the_next() {
    let whole = Scene::new();
    whole.run();
    let (content, effects) = (whole.content(), whole.world.effects());
    for tenth in (1..10).step_by(2) {
        let scene = Scene::new();
        scene.world.kill_at(effects * tenth / 10);
        scene.run();
        assert!(scene.world.killed());
        let scene = scene.reborn();
        let run = scene.run();
        assert!(scene.content() == content, "killed at {} of {effects}\n{}", effects * tenth / 10, run.said());
        assert_eq!(scene.done().0, did([]));
    }
}

/// Somebody changes, somebody leaves, somebody gets another id.
fn change(scene: &Scene) {
    const NEW: &str = "aaaaaaaa-1111-5222-8333-bbbbbbbbbbbb";
    scene.amend("persons", BERGQVIST, |person| person["givenName"] = json!("Sofia"));
    scene.leave(SIGNE);
    scene.amend("persons", SOREN, |person| person["id"] = json!(NEW));
    scene.each_membership(|memberships| {
        for one in memberships.iter_mut().filter(|one| one["person"]["id"] == SOREN) {
            one["person"]["id"] = json!(NEW);
        }
    });
}

#[test]
fn a_later_run_that_is_killed_is_finished_by_the_next() {
    let whole = Scene::filled();
    change(&whole);
    let whole = whole.reborn();
    whole.run();
    let (content, effects) = (whole.content(), whole.world.effects());
    // Reads come first: what is left to be killed lies in the last third.
    for nth in (effects * 2 / 3..=effects).step_by(4) {
        let scene = Scene::filled();
        change(&scene);
        let scene = scene.reborn();
        scene.world.kill_at(nth);
        scene.run();
        let scene = scene.reborn();
        let run = scene.run();
        assert!(scene.content() == content, "killed at {nth} of {effects}\n{}", run.said());
        assert_eq!(scene.done().0, did([]));
    }
}
