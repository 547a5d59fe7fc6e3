//! Whole deliveries and the changes after them, as one list.

use super::zips::packed;
use super::*;

const WHOLE: &str = "name,value\nversion,1.0\nfile.users,bulk\n";
const CHANGES: &str = "name,value\nversion,1.0\nfile.users,delta\n";

/// A connection whose deliveries are told by a manifest.
fn setup(names: &str) -> Setup {
    let manifest = json!({
        "file": "manifest.csv", "about": "file.*", "whole": "bulk", "changes": "delta", "nothing": "absent"
    });
    Setup::new(json!({ "folder": "data", "deliveries": { "names": names, "manifest": manifest } }))
}

async fn seen(names: &str, files: &[(&str, &str)]) -> Seen {
    let mut setup = setup(names);
    let call = setup.reads(json!({ "file": "users.csv" }), &shape(&["id", "name"]));
    let paths: Vec<String> = files.iter().map(|(path, _)| format!("/p/data/{path}")).collect();
    let files: Vec<(&str, &[u8])> =
        paths.iter().zip(files).map(|(path, (_, text))| (path.as_str(), text.as_bytes())).collect();
    setup.read(&FakeWorld::with(&files), call).await
}

/// Reads deliveries that cannot be read; gives why.
async fn refused(names: &str, files: &[(&str, &str)]) -> String {
    let seen = seen(names, files).await;
    assert!(seen.rows.is_empty() && !seen.complete, "{seen:?}");
    seen.faults.concat()
}

#[tokio::test]
async fn the_last_delivery_is_read_first_and_the_list_begins_with_the_last_whole_one() {
    let files = [
        ("d-1/manifest.csv", WHOLE),
        ("d-1/users.csv", "id,name\n9,Old\n"),
        ("d-2/manifest.csv", WHOLE),
        ("d-2/users.csv", "id,name\n1,Åsa\n2,Bo\n"),
        ("d-9/manifest.csv", CHANGES),
        ("d-9/users.csv", "id,name\n2,Bosse\n"),
        ("d-10/manifest.csv", CHANGES),
        ("d-10/users.csv", "id,name\n2,Bo Ek\n3,Cia\n"),
        ("readme.txt", "not a delivery"),
    ];
    let seen = seen("*", &files).await;
    assert!(seen.complete, "{seen:?}");
    assert_eq!(
        seen.rows,
        [
            "data/d-10/users.csv:2 2,Bo Ek",
            "data/d-10/users.csv:3 3,Cia",
            "data/d-9/users.csv:2 2,Bosse",
            "data/d-2/users.csv:2 1,Åsa",
            "data/d-2/users.csv:3 2,Bo"
        ]
    );
    let mut setup = setup("*");
    let call = setup.reads(json!({ "file": "users.csv" }), &shape(&["id", "name"]));
    let world = FakeWorld::with(&[]);
    files.iter().for_each(|(path, text)| world.put(&format!("/p/data/{path}"), text.as_bytes()));
    let turns: Vec<u32> = setup.read_pages(&world, call, PAGE).await.batches.iter().map(|batch| batch.turn).collect();
    assert_eq!(turns, [0, 1, 2]);
}

#[tokio::test]
async fn a_delivery_without_the_file_says_so_and_changes_nothing() {
    let files = [
        ("d-1/manifest.csv", WHOLE),
        ("d-1/users.csv", "id,name\n1,Åsa\n"),
        ("d-2/manifest.csv", "name,value\nfile.users,Absent\nfile.orgs,delta\n"),
    ];
    let seen = seen("d-*", &files).await;
    assert_eq!(seen.rows, ["data/d-1/users.csv:2 1,Åsa"], "{seen:?}");
    assert!(seen.complete);
}

#[tokio::test]
async fn zip_files_are_deliveries_too() {
    let mut setup = setup("*.zip");
    let call = setup.reads(json!({ "file": "users.csv" }), &shape(&["id", "name"]));
    let whole = packed(&[("manifest.csv", WHOLE), ("users.csv", "id,name\n1,Åsa\n")]);
    let changes = packed(&[("export/manifest.csv", CHANGES), ("export/users.csv", "id,name\n1,Åse\n")]);
    let world = FakeWorld::with(&[("/p/data/2026-08-01.zip", &whole), ("/p/data/2026-08-02.ZIP", &changes)]);
    assert_eq!(setup.read(&world, call).await.rows, ["data/2026-08-01.zip/users.csv:2 1,Åsa"]);
    world.put("/p/data/2026-08-02.zip", &changes);
    let rows = setup.read(&world, call).await.rows;
    assert_eq!(rows, ["data/2026-08-02.zip/export/users.csv:2 1,Åse", "data/2026-08-01.zip/users.csv:2 1,Åsa"]);
    world.put("/p/data/2026-08-03.zip", &changes[..changes.len() / 2]);
    let seen = setup.read(&world, call).await;
    assert!(seen.faults[0].starts_with("data/2026-08-03.zip: the zip file is cut off or damaged"), "{seen:?}");
}

#[tokio::test]
async fn without_names_the_folder_is_the_only_delivery() {
    let files = [("manifest.csv", WHOLE), ("users.csv", "id,name\n1,Åsa\n"), ("d-2/manifest.csv", CHANGES)];
    assert_eq!(seen("", &files).await.rows, ["data/users.csv:2 1,Åsa"]);
}

#[tokio::test]
async fn changes_alone_are_no_list() {
    let say = "data/users.csv holds only what has changed, and no delivery before it holds all records (`bulk`): put the last one that does beside it";
    assert_eq!(refused("", &[("manifest.csv", CHANGES), ("users.csv", "id,name\n1,Åsa\n")]).await, say);
    let two = [
        ("d-1/manifest.csv", CHANGES),
        ("d-1/users.csv", "id,name\n1,Åsa\n"),
        ("d-2/manifest.csv", CHANGES),
        ("d-2/users.csv", "id,name\n1,Åse\n"),
    ];
    assert_eq!(refused("d-*", &two).await, say.replace("data/", "data/d-1/"));
    let absent = [("manifest.csv", "file.users,absent\n")];
    assert_eq!(refused("", &absent).await, "data/users.csv: no delivery holds it; its manifest says `absent`");
}

#[tokio::test]
async fn a_manifest_that_cannot_be_right_is_refused() {
    let rows = ("users.csv", "id,name\n1,Åsa\n");
    for (files, say) in [
        (
            &[("manifest.csv", CHANGES)][..],
            "data/users.csv: there is no such file, although data/manifest.csv says `delta`",
        ),
        (
            &[("manifest.csv", "file.users,absent\n"), rows],
            "data/users.csv is there, although data/manifest.csv says `absent`",
        ),
        (
            &[("manifest.csv", "name,value\nfile.users,dleta\n"), rows],
            "data/manifest.csv, line 2: the word for `file.users` is none of `bulk`, `delta`, `absent`; did you mean `delta`?",
        ),
        (
            &[("manifest.csv", "name,value\nfile.orgs,bulk\n"), rows],
            "data/manifest.csv does not say what users.csv holds: it has no line for `file.users`, such as `file.users` with `bulk`",
        ),
        (
            &[("manifest.csv", "file.users,bulk\nfile.orgs,bulk\nfile.users,delta\n"), rows],
            "data/manifest.csv, line 3: `file.users` stands in line 1 already, with another word",
        ),
        (&[("manifest.csv", "file.users,bulk,x\n"), rows], "data/manifest.csv, line 1: 3 cells, 2 expected"),
        (
            &[rows],
            "data/manifest.csv: there is no such file; it tells whether a file holds all records or what has changed",
        ),
    ] {
        assert_eq!(refused("", files).await, say);
    }
    assert_eq!(refused("d-*", &[rows]).await, "data/d-*: there is no such folder or zip file");
}

#[tokio::test]
async fn deliveries_follow_one_another_by_age_where_they_say_so() {
    let manifest = json!({ "file": "manifest.csv", "about": "file.*", "whole": "bulk", "changes": "delta" });
    let mut by_time = Setup::new(
        json!({ "folder": "data", "deliveries": { "names": "*", "order": "time", "manifest": manifest.clone() } }),
    );
    let mut by_name = setup("*");
    let world = FakeWorld::with(&[]);
    for (path, text, age) in [
        ("x/manifest.csv", WHOLE, 500),
        ("x/users.csv", "id,name\n1,Åsa\n", 500),
        ("a/manifest.csv", CHANGES, 100),
        ("a/users.csv", "id,name\n1,Åse\n", 100),
        ("y/manifest.csv", CHANGES, 900),
        ("y/users.csv", "id,name\n1,Asa\n", 900),
    ] {
        let path = format!("/p/data/{path}");
        world.put(&path, text.as_bytes());
        world.age(&path, age);
    }
    let read = |setup: &mut Setup| setup.reads(json!({ "file": "users.csv" }), &shape(&["id", "name"]));
    let call = read(&mut by_time);
    let seen = by_time.read(&world, call).await;
    assert_eq!(seen.rows, ["data/a/users.csv:2 1,Åse", "data/x/users.csv:2 1,Åsa"], "{seen:?}");
    assert_eq!(seen.notes, [""; 0]);
    let call = read(&mut by_name);
    let seen = by_name.read(&world, call).await;
    assert_eq!(seen.rows, ["data/y/users.csv:2 1,Asa", "data/x/users.csv:2 1,Åsa"]);
    let note = "data/y/users.csv: was written before data/x/users.csv, and is read after it because of its name (`order: time` goes by age)";
    assert_eq!(seen.notes, [note]);
}

/// Only the last delivery must be fresh: the whole one may be of the start of the term.
#[tokio::test]
async fn the_last_delivery_must_be_fresh() {
    let manifest = json!({ "file": "manifest.csv", "about": "file.*", "whole": "bulk", "changes": "delta" });
    let mut setup = Setup::new(json!({
        "folder": "data", "complete": { "fresh": "26h" }, "deliveries": { "names": "d-*", "manifest": manifest }
    }));
    let call = setup.reads(json!({ "file": "users.csv" }), &shape(&["id", "name"]));
    let world = FakeWorld::with(&[
        ("/p/data/d-1/manifest.csv", WHOLE.as_bytes()),
        ("/p/data/d-1/users.csv", b"id,name\n1,x\n"),
        ("/p/data/d-2/manifest.csv", CHANGES.as_bytes()),
        ("/p/data/d-2/users.csv", b"id,name\n"),
    ]);
    for name in ["manifest", "users"] {
        world.age(&format!("/p/data/d-1/{name}.csv"), 900_000);
    }
    assert!(setup.read(&world, call).await.complete);
    for name in ["manifest", "users"] {
        world.age(&format!("/p/data/d-2/{name}.csv"), 200_000);
    }
    let seen = setup.read(&world, call).await;
    assert_eq!(seen.faults, ["data/d-2/users.csv is 55 h old, and at most 26 h is allowed (`fresh`)"]);
}
