//! Sets in zip files, manifests, lists in columns.

use super::super::bundle;
use super::*;
use crate::protocol::{ListForm, SlotKind, Wide};
use crate::world::World;

pub(super) fn packed(files: &[(&str, &str)]) -> Vec<u8> {
    let files: Vec<(String, Vec<u8>)> =
        files.iter().map(|(name, text)| (name.to_string(), text.as_bytes().to_vec())).collect();
    bundle::pack(&files).expect("a zip file")
}

#[tokio::test]
async fn files_of_a_zip_file_are_read_in_place() {
    let mut setup = Setup::new(json!({ "folder": "data", "zip": "export-*.zip" }));
    let call = setup.reads(json!({ "file": "pupils*.csv" }), &shape(&["id"]));
    let old = packed(&[("pupils.csv", "id\n0\n")]);
    let new =
        packed(&[("export/pupils-1.csv", "id\n1\n2\n"), ("export/pupils-2.csv", "id\n3\n"), ("other.csv", "x\n")]);
    let world = FakeWorld::with(&[("/p/data/export-1.zip", &old), ("/p/data/export-2.zip", &new)]);
    world.age("/p/data/export-1.zip", 3600);
    let seen = setup.read(&world, call).await;
    assert_eq!(
        seen.rows,
        [
            "data/export-2.zip/export/pupils-1.csv:2 1",
            "data/export-2.zip/export/pupils-1.csv:3 2",
            "data/export-2.zip/export/pupils-2.csv:2 3"
        ],
        "{seen:?}"
    );
    let missing = setup.reads(json!({ "file": "pupil.csv" }), &shape(&["id"]));
    let seen = setup.read(&world, missing).await;
    assert_eq!(seen.faults, ["data/export-2.zip/pupil.csv: there is no such file in it; did you mean `pupils-1.csv`?"]);
}

#[tokio::test]
async fn zip_files_that_do_harm_are_refused() {
    let mut setup = Setup::new(json!({ "folder": "data", "zip": "x.zip" }));
    let call = setup.reads(json!({ "file": "a.csv" }), &shape(&["id"]));
    let bomb = bundle::pack(&[("a.csv".into(), vec![b'1'; 40 << 20])]).expect("a zip file");
    let outside = packed(&[("a.csv", "id\n1\n"), ("../../a.csv", "id\n2\n")]);
    let mut locked = packed(&[("a.csv", "id\n1\n")]);
    // The flags of a member: in its own head, and in the list of members.
    let listed = locked.windows(4).position(|sign| sign == b"PK\x01\x02").expect("a list of members");
    (locked[6], locked[listed + 8]) = (1, 1);
    for (bytes, why) in [
        (&bomb[..], "unpacks to more than 16 MB"),
        (&locked, "member 1 is protected by a password"),
        (b"", "the file is empty"),
        (&outside, "member 2 has a name that leads out of the folder"),
        (b"id\n1\n", "it is no zip file"),
    ] {
        let seen = setup.read(&FakeWorld::with(&[("/p/data/x.zip", bytes)]), call).await;
        assert!(seen.faults[0].contains(why), "{seen:?}");
        assert!(seen.rows.is_empty() && !seen.complete);
    }
}

#[tokio::test]
async fn a_set_is_delivered_in_one_zip_file_with_its_manifest() {
    let mut setup = Setup::new(json!({
        "folder": "data", "zip": "roster.zip",
        "manifest": { "file": "manifest.csv", "header": ["propertyName", "value"], "rows": [
            ["oneroster.version", "1.1"],
            { "file": "users.csv", "sent": ["file.users", "bulk"], "absent": ["file.users", "absent"] },
            { "file": "orgs.csv", "sent": ["file.orgs", "{{ rows }}"], "absent": ["file.orgs", "absent"] },
            { "file": "courses.csv", "sent": ["file.courses", "bulk"] }
        ] }
    }));
    let write = setup.writes(json!({ "file": "users.csv" }), &shape(&["id", "name"]));
    let read = setup.reads(json!({ "file": "users.csv" }), &shape(&["id", "name"]));
    let world = FakeWorld::with(&[]);
    deliver_texts(&setup, &world, write, &[&["1", "Åsa"], &["2", "Bo, \"x\""]]).await.expect("a delivery");
    assert_eq!(
        setup.read(&world, read).await.rows,
        ["data/roster.zip/users.csv:2 1,Åsa", "data/roster.zip/users.csv:3 2,Bo, \"x\""]
    );
    let bytes = world.read(std::path::Path::new("/p/data/roster.zip")).expect("a file");
    let members = bundle::unpack(&bytes, &|_| true).expect("members");
    let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
    assert_eq!(names, ["manifest.csv", "users.csv"]);
    assert_eq!(
        String::from_utf8(members[0].content.to_vec()).expect("UTF-8"),
        "propertyName,value\noneroster.version,1.1\nfile.users,bulk\nfile.orgs,absent\n"
    );
}

fn with_lists() -> WireShape {
    let kind = || SlotKind::List(Box::new(SlotKind::Scalar));
    let wide = Wide {
        first: "location_id".into(),
        before: "location_id_".into(),
        after: String::new(),
        from: 2,
        min: 1,
        max: 4,
    };
    let mut shape = shape(&["id"]);
    shape.slots.push(Slot { kind: kind(), list: ListForm::Wide(wide), ..slot("location_id") });
    shape.slots.push(Slot { kind: kind(), list: ListForm::Joined(",".into()), ..slot("orgs") });
    shape
}

#[tokio::test]
async fn lists_lie_in_several_columns_or_in_one() {
    let mut setup = Setup::csv(json!({ "absent_when": ["NULL"] }));
    let call = setup.reads(json!({ "file": "f.csv" }), &with_lists());
    let text = "location_id_2,id,location_id,orgs,location_id_3\nB,1,A,\"x, y\",\n,2,,,C\nNULL,3,A,\"a\"\"b,c\",\n";
    let seen = setup.read(&FakeWorld::with(&[("/p/data/f.csv", text.as_bytes())]), call).await;
    assert_eq!(
        seen.rows,
        ["data/f.csv:2 1,[A B],[x y]", "data/f.csv:3 2,[C],[]", "data/f.csv:4 3,[A],[a\"b c]"],
        "{seen:?}"
    );
    assert!(seen.notes.is_empty() && seen.complete, "{seen:?}");
}

#[tokio::test]
async fn as_many_columns_are_written_as_the_longest_list_needs() {
    let mut setup = Setup::csv(json!({}));
    let write = setup.writes(json!({ "file": "f.csv" }), &with_lists());
    let world = FakeWorld::with(&[]);
    let rows = [&["1", "[\"A\"]", "[\"x\",\"y\"]"][..], &["2", "[\"A\",\"B\",\"C\"]", "[]"]];
    deliver_texts(&setup, &world, write, &rows).await.expect("a delivery");
    let bytes = world.read(std::path::Path::new("/p/data/f.csv")).expect("a file");
    assert_eq!(
        String::from_utf8(bytes).expect("UTF-8"),
        "id,location_id,location_id_2,location_id_3,orgs\n1,A,,,\"x,y\"\n2,A,B,C,\n"
    );
    assert_eq!(
        setup.dialect.unfit(write, 1, "[\"A\",\"B\",\"C\",\"D\",\"E\"]").as_deref(),
        Some("it has 5 elements, and the file has columns for 4")
    );
    let joined = setup.dialect.unfit(write, 2, "[\"a,b\"]");
    assert_eq!(joined.as_deref(), Some("`,` stands in an element, and that parts the elements in this file"));
    assert_eq!(setup.dialect.unfit(write, 0, "a,\"b"), None);
}
