//! `koppla diff`: what a change of rules does, and to whom.

use crate::repository::{PUPILS, commit, committed, git};
use crate::scene::{DIRECTORY, MAPPING, REGISTER, Said, fits, koppla, schema};
use koppla::shell::Exit;
use koppla::world::TestWorld;
use serde_json::{Value, json};

const FILE: &str = "register--directory.mapping.yaml";

/// What the present mapping changes against `main`.
fn told(world: &TestWorld, mapping: &str) -> Said {
    world.put(FILE, mapping);
    koppla("diff main --as-of 2026-09-01", world)
}

fn review(world: &TestWorld) -> Value {
    let said = koppla("diff main --as-of 2026-09-01 --format json", world);
    let review = said.json();
    fits(&schema("diff"), &review);
    review
}

/// Entity, turn and count.
fn records(review: &Value) -> Vec<(String, u64)> {
    let all = review["syncs"][0]["records"].as_array().expect("records");
    all.iter()
        .map(|one| (one["turn"].as_str().expect("a turn").to_string(), one["count"].as_u64().expect("a count")))
        .collect()
}

#[test]
fn nothing_changes_where_nothing_was_written_otherwise() {
    let world = committed();
    let said = told(&world, &MAPPING.replace("->  ", "->").replace("maps:", "# a comment\nmaps:"));
    said.ends(Exit::Done)
        .says(&["the documents here against main: nothing changes", "worked over 5 rows of register.pupil"]);
    koppla("diff main --exit-code", &world).ends(Exit::Done);
    assert_eq!(review(&world)["changes"], false);
}

#[test]
fn a_rule_says_for_how_many_records_it_gives_another_value() {
    let world = committed();
    let mapping = MAPPING.replace("f\"{given_name} {family_name}\"", "f\"{family_name}, {given_name}\"");
    told(&world, &mapping).ends(Exit::Done).says(&[
        "account: 3 would be changed: 1001, 1002, 1003",
        "Name (pupils) writes other values into account.name for 3 of 3 records",
        "1001: Å… → Ö…",
        "register--directory.mapping.yaml:11  maps.pupils: Name",
        "- f\"{given_name} {family_name}\" -> name",
        "+ f\"{family_name}, {given_name}\" -> name",
    ]);
    koppla("diff main --exit-code", &world).ends(Exit::Found);
    let review = review(&world);
    assert_eq!(review["syncs"][0]["rules"][0]["label"], "Name");
    assert_eq!(records(&review), [("update".to_string(), 3)]);
}

#[test]
fn who_goes_goes_as_the_map_says_and_who_comes_is_created() {
    let world = committed();
    let narrow = MAPPING.replace("class is not absent", "class == \"7A\"");
    told(&world, &narrow).says(&["account: 1 would be removed: 1003"]);
    told(&world, &narrow.replace("    gone: remove\n", ""))
        .says(&["account: 1 would be left as they are, and no longer kept in step: 1003"]);
    let wide = MAPPING
        .replace("    where: class is not absent else skip \"has no class\"\n", "")
        .replace("class                 ", "class ?? \"none\"     ");
    told(&world, &wide).says(&["account: 1 would be created: 1004"]);
    let strict = MAPPING.replace("-> mail", "-> mail  else reject \"has no e-mail address\"");
    told(&world, &strict).says(&["account: 1 would be rejected: 1002"]);
}

#[test]
fn a_rule_that_is_gone_is_named() {
    let world = committed();
    let mapping = MAPPING.replace("      E-mail:        email                           -> mail\n", "");
    told(&world, &mapping).says(&["E-mail (gone) (pupils) writes other values into account.mail for 2 of 3 records"]);
}

#[test]
fn who_is_protected_is_counted_and_never_shown() {
    let world = committed();
    world.put("systems/register/system.yaml", REGISTER.replace("marking is not absent", "marking == \"secret\""));
    let said = koppla("diff main", &world);
    assert!(!said.result.contains("1005") && !said.result.contains("Ture"), "{}", said.result);
    said.says(&["account: 1 would be sent in full, although the person is protected until now"]);
    world.put("systems/register/system.yaml", REGISTER.replace("marking is not absent", "marking == \"protected\""));
    world.put(
        "input/pupils.csv",
        PUPILS.replace("wojciech.lukasik@elev.example;", "wojciech.lukasik@elev.example;watched"),
    );
    commit(&world, "Only some are protected");
    world.put("systems/register/system.yaml", REGISTER);
    let said = koppla("diff main", &world);
    assert!(!said.result.contains("1003"), "{}", said.result);
    said.says(&[
        "account: 1 would be held for a decision, as the person is protected now",
        "protected people, register pupil: was marking == \"protected\", is marking is not absent",
    ]);
}

#[test]
fn what_the_privacy_proof_gains_and_loses_is_told() {
    let world = committed();
    let mapping = MAPPING.replace("{given_name} {family_name}\"", "{given_name} {family_name} {email ?? \"\"}\"");
    told(&world, &mapping).says(&["personal data: contact reaches account.name now"]);
    world.put(
        "systems/register/system.yaml",
        REGISTER.replace("{ type: text, at: PupilNo }", "{ type: text, at: PupilNo, class: national_id }"),
    );
    let review = review(&world);
    assert_eq!(review["syncs"][0]["state"], "unknown");
    let gained = review["syncs"][0]["privacy"]["gained"].to_string();
    assert!(gained.contains("national_id") && gained.contains("MISSING"), "{review:#}");
}

#[test]
fn a_version_that_does_not_parse_shows_its_findings_and_then_the_rest() {
    let world = committed();
    world.put("other.sync.yaml", "sync: other\nleft:  { system: register }\nright: { system: second }\n");
    world.put("systems/second/system.yaml", DIRECTORY.replace("system: directory", "system: second"));
    let other = MAPPING
        .replace("mapping: register--directory", "mapping: register--second")
        .replace("right: directory", "right: second");
    world.put("other.mapping.yaml", other);
    commit(&world, "A second sync");
    world.put(FILE, MAPPING.replace("family_name", "famly_name"));
    world.put(
        "other.mapping.yaml",
        text_of(&world, "other.mapping.yaml").replace("class is not absent", "class == \"7A\""),
    );
    let said = koppla("diff main", &world).ends(Exit::Found);
    said.says(&[
        "error[unknown-name]: `famly_name` is not known here",
        "records cannot be compared: the documents here: its documents have 1 error",
        "account: 1 would be removed: 1003",
    ]);
    git(&world, &["add", "--all"]);
    git(&world, &["commit", "--quiet", "-m", "broken"]);
    world.put(FILE, MAPPING);
    let said = koppla("diff HEAD", &world).ends(Exit::Done);
    said.says(&["HEAD:", "unknown-name", "records cannot be compared: HEAD: its documents have 1 error"]);
}

#[test]
fn a_sync_whose_document_is_broken_is_neither_new_nor_gone() {
    let world = committed();
    for broken in ["sync: norrskolan\nleft: [\n", "- no sync\n"] {
        world.put("norrskolan.sync.yaml", broken);
        commit(&world, "A slip in the sync");
        world.put("norrskolan.sync.yaml", crate::scene::SYNC);
        for versions in ["HEAD", "main~1 HEAD"] {
            let said = koppla(&format!("diff {versions} --as-of 2026-09-01 --format markdown"), &world);
            let said = said.says(&["#### norrskolan", "Records cannot be compared: ", "its document has 1 error"]);
            for word in ["A new sync", "created", "removed", "Personal data", "personal data"] {
                assert!(!said.result.contains(word), "{versions}: {word}\n{}", said.result);
            }
        }
        commit(&world, "Mended");
    }
}

fn text_of(world: &TestWorld, path: &str) -> String {
    crate::scene::text(world, path)
}

#[test]
fn in_a_revision_before_the_project_there_is_none() {
    let world = TestWorld::new();
    world.put("README", "something else");
    git(&world, &["init", "--quiet", "--initial-branch=main"]);
    commit(&world, "Before");
    for (path, text) in crate::scene::DOCUMENTS {
        world.put(format!("kunder/norr/{path}"), text);
    }
    world.put("kunder/norr/input/pupils.csv", PUPILS);
    let said = koppla("diff main --project kunder/norr", &world).ends(Exit::Done);
    said.says(&[
        "there was no project, so everything is new",
        "a new sync",
        "account: 3 would be created: 1001, 1002, 1003",
    ]);
    commit(&world, "The project, inside");
    koppla("diff HEAD --project kunder/norr", &world).ends(Exit::Done).says(&["nothing changes"]);
    koppla("diff HEAD~1 HEAD --project kunder/norr", &world).ends(Exit::Done).says(&["a new sync"]);
    koppla("diff HEAD HEAD~1 --project kunder/norr", &world)
        .ends(Exit::Done)
        .says(&["the sync is gone", "account: 3 would be left as they are"]);
}

#[test]
fn a_folder_is_compared_as_a_revision_is() {
    let world = committed();
    for (path, text) in crate::scene::DOCUMENTS {
        world.put(format!(".old/{path}"), text.replace("family_name}\"", "family_name}!\""));
    }
    koppla("diff .old", &world).ends(Exit::Done).says(&["1001: Å… → Å… (another)", "3 of 3 records"]);
}

#[test]
fn what_is_no_version_is_a_wrong_argument() {
    let world = committed();
    koppla("diff nowhere", &world).ends(Exit::Usage).says(&["there is no folder and no git revision nowhere"]);
    koppla("diff main --sync norskolan", &world).ends(Exit::Usage).says(&["did you mean norrskolan?"]);
    let options = koppla("diff -- --output=x", &world).ends(Exit::Usage);
    options.says(&["no git revision --output=x"]);
    let alone = crate::scene::project();
    koppla("diff main", &alone).ends(Exit::Usage).says(&["the project lies in no git repository"]);
}

#[test]
fn labels_with_signs_of_markdown_stay_labels() {
    let world = committed();
    let mapping = MAPPING.replace(
        "Name:          f\"{given_name} {family_name}\"",
        "\"N: \\\"a\\\" | `b` 😀 @all <b>\": f\"{family_name} {given_name}\"",
    );
    world.put(FILE, mapping);
    let said = koppla("diff main --format markdown", &world).ends(Exit::Done);
    said.says(&["| N: \"a\" \\| \\`b\\` 😀 @\u{200b}all &lt;b> (pupils) | account.name | 3 of 3 | `1001: Å… → Ö…`"]);
    let found = review(&world)["documents"]
        .as_array()
        .expect("documents")
        .iter()
        .filter(|edit| edit["new"] != json!(null))
        .count();
    assert_eq!(found, 1);
}

/// A pipeline often has no data of people; then it must not say that nobody is concerned.
#[test]
fn without_records_nobody_says_that_none_changes() {
    let world = committed();
    git(&world, &["rm", "--quiet", "input/pupils.csv"]);
    let mapping = MAPPING.replace("f\"{given_name} {family_name}\"", "f\"{family_name} {given_name}\"");
    told(&world, &mapping)
        .ends(Exit::Done)
        .says(&["0 rows of register.pupil (not read in full): more may change than is said here"]);
    let said = koppla("diff main --format markdown", &world);
    said.says(&[
        "**not all records could be read**, so nobody knows who changes",
        "+ f\"{family_name} {given_name}\" -> name",
    ]);
}
