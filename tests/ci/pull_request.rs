//! A pull request on an example project, in a scratch repository: the comment, the annotations, the exit codes.

use crate::repository::{commit, committed, git};
use crate::scene::{CASES, MAPPING, koppla};
use koppla::shell::Exit;
use koppla::world::TestWorld;

const FILE: &str = "register--directory.mapping.yaml";

/// The branch of somebody who wants the family name first, and classes 7A only.
fn branch() -> TestWorld {
    let world = committed();
    git(&world, &["switch", "--quiet", "--create", "family-name-first"]);
    let mapping = MAPPING.replace("f\"{given_name} {family_name}\"", "f\"{family_name}, {given_name}\"");
    world.put(
        FILE,
        mapping.replace("class is not absent else skip \"has no class\"", "class == \"7A\" else skip \"not in 7A\""),
    );
    commit(&world, "Family name first, and only 7A");
    world
}

/// The comment of the README, as it stands there.
fn shown() -> String {
    let readme = include_str!("../../README.md").replace("\r\n", "\n");
    let (_, after) = readme.split_once("````markdown comment\n").expect("README.md shows the comment");
    after.split_once("````\n").expect("the block has an end").0.to_string()
}

#[test]
fn the_comment_is_the_one_in_the_readme() {
    let said = koppla("diff main HEAD --as-of 2026-09-01 --format markdown", &branch()).ends(Exit::Done);
    assert_eq!(said.result, shown(), "README.md shows another comment");
}

#[test]
fn a_case_that_no_longer_comes_out_is_annotated_and_fails() {
    let world = branch();
    koppla("check --format github", &world).ends(Exit::Done);
    let said = koppla("test --format github", &world).ends(Exit::Found);
    assert!(
        said.result
            .starts_with("::error file=norrskolan.test.yaml,line=4,col=11,endLine=4,endColumn=50,title=case-failed::"),
        "{}",
        said.result
    );
    koppla("diff main HEAD --exit-code", &world).ends(Exit::Found);
    world.put("norrskolan.test.yaml", CASES.replace("name: Åsa Öberg, group", "name: \"Öberg, Åsa\", group"));
    assert_eq!(koppla("test --format github", &world).ends(Exit::Done).result, "");
}

#[test]
fn a_slip_is_annotated_and_the_rest_is_still_compared() {
    let world = branch();
    world.put(FILE, crate::scene::text(&world, FILE).replace("{family_name}", "{famly_name}"));
    commit(&world, "A slip");
    let said = koppla("check --format github", &world).ends(Exit::Found);
    assert!(said.result.starts_with("::error file=register--directory.mapping.yaml,line=11,col="), "{}", said.result);
    let said = koppla("diff main HEAD --format markdown", &world).ends(Exit::Found);
    said.says(&[
        "**HEAD** has 1 error:",
        "`famly_name` is not known here",
        "+ f\"{famly_name}, {given_name}\" -> name",
    ]);
}
