//! `koppla check --baseline`: old findings are not told, new ones are, settled ones go.

use crate::scene::{MAPPING, fits, koppla, schema, text, with};
use koppla::shell::Exit;
use koppla::world::{Effect, TestWorld};
use std::io::ErrorKind;

const FILE: &str = "register--directory.mapping.yaml";

/// A project with two mistakes, both of which are in its baseline.
fn forgiven() -> TestWorld {
    let world = with(FILE, MAPPING.replace("{family_name}", "{famly_name}").replace("number   ", "numbr    "));
    koppla("check", &world).ends(Exit::Found);
    let said = koppla("check --baseline old.json --write-baseline", &world);
    said.ends(Exit::Done).says(&["2 findings kept in old.json"]);
    world
}

#[test]
fn what_is_in_the_baseline_is_not_told_again() {
    let world = forgiven();
    let before = text(&world, "old.json");
    let said = koppla("check --baseline old.json --format json", &world).ends(Exit::Done).json();
    fits(&schema("check"), &said);
    assert_eq!((&said["findings"], &said["baseline"]["known"]), (&serde_json::json!([]), &2.into()));
    koppla("check --baseline old.json", &world).ends(Exit::Done).says(&["no findings", "2 findings in the baseline"]);
    assert_eq!(text(&world, "old.json"), before);
}

#[test]
fn lines_that_move_and_blanks_make_no_finding_new() {
    let world = forgiven();
    let moved = text(&world, FILE).replace("maps:", "# moved\n\nmaps:").replace('\n', "\r\n");
    world.put(FILE, moved);
    koppla("check --baseline old.json", &world).ends(Exit::Done);
}

#[test]
fn what_is_new_is_told_alone_and_keeps_the_baseline_as_it_is() {
    let world = forgiven();
    let before = text(&world, "old.json");
    world.put(FILE, text(&world, FILE).replace("numbr ", "number").replace("email   ", "e_mail  "));
    let said = koppla("check --baseline old.json", &world).ends(Exit::Found).says(&["`e_mail` is not known here"]);
    assert!(!said.result.contains("famly_name"), "{}", said.result);
    assert_eq!(text(&world, "old.json"), before, "an error may hide what else is there");
}

#[test]
fn what_is_settled_goes_out_of_the_baseline_by_itself() {
    let world = forgiven();
    let broken = text(&world, FILE);
    world.put(FILE, broken.replace("famly_name", "family_name"));
    koppla("check register--directory --baseline old.json", &world).ends(Exit::Done);
    assert!(text(&world, "old.json").contains("famly_name"), "with names, not all is looked at");
    let said = koppla("check --baseline old.json", &world).ends(Exit::Done);
    said.says(&["1 finding of old.json settled and taken out of it: commit the file"]);
    assert!(!text(&world, "old.json").contains("famly_name"));
    world.put(FILE, broken);
    koppla("check --baseline old.json", &world).ends(Exit::Found).says(&["famly_name"]);
}

#[test]
fn a_folder_that_cannot_be_written_to_does_not_fail_the_check() {
    let world = forgiven();
    world.put(FILE, text(&world, FILE).replace("famly_name", "family_name"));
    let world = world.reborn();
    world.fail(Effect::Create, 1, ErrorKind::PermissionDenied);
    koppla("check --baseline old.json", &world).ends(Exit::Done).says(&["settled, but the file cannot be written"]);
}

#[test]
fn a_baseline_that_is_none_is_a_wrong_argument() {
    let world = forgiven();
    koppla("check --baseline none.json", &world).ends(Exit::Usage).says(&["--write-baseline makes it"]);
    world.put("old.json", "{");
    koppla("check --baseline old.json", &world).ends(Exit::Usage).says(&["old.json is no baseline of findings"]);
    koppla("check --write-baseline", &world).ends(Exit::Usage).says(&["--baseline"]);
}
