//! A first run, a second one, and what changes when somebody in the register does.

use crate::scene::{AS_OF, PROTECTED, Scene, WHOLE, counts, did};
use koppla::shell::Exit;
use serde_json::{Value, json};

#[test]
fn the_example_is_checked_previewed_run_and_run_again() {
    let scene = Scene::new();
    scene.koppla("check").ends(Exit::Done);
    let preview = scene.koppla(&format!("preview --as-of {AS_OF}")).ends(Exit::Done);
    println!("{}", preview.said());
    assert_eq!(scene.directory.writes(), 0, "a preview writes nothing");
    let first = scene.run();
    println!("{}", first.said());
    println!("{:#}", scene.directory.dump()["users"][0]);
    assert_eq!(scene.counts(), counts(WHOLE));
    scene.directory.forget_requests();
    let (done, answer, second) = scene.done();
    println!("{answer:#}");
    assert_eq!(done, did([]), "\n{}", second.said());
    assert_eq!(scene.directory.writes(), 0, "the second run writes nothing");
}
