//! Cells of fixed width, and LDIF.

use super::*;
use crate::protocol::SlotKind;
use crate::world::World;

#[tokio::test]
async fn cells_lie_at_their_characters() {
    let mut setup = Setup::new(json!({
        "folder": "data",
        "format": { "fixed": { "skip_lines": 1, "comment": "*", "absent_when": ["00000000"], "ragged": "pad" } }
    }));
    let call = setup.reads(json!({ "file": "f.dat" }), &shape(&["1-4", "5-12", "13-14", "17"]));
    let text = "HEAD 2026\r\n4711Åsa Öb  9A  x\r\n* 2 pupils\r\n\r\n4712Bo      9\r\n471300000000\r\n";
    let seen = setup.read(&FakeWorld::with(&[("/p/data/f.dat", text.as_bytes())]), call).await;
    assert_eq!(
        seen.rows,
        ["data/f.dat:2 4711,Åsa Öb,9A,x", "data/f.dat:5 4712,Bo,9,-", "data/f.dat:6 4713,~,-,-"],
        "{seen:?}"
    );
    assert!(seen.complete);
}

#[tokio::test]
async fn a_line_that_is_too_short_is_told() {
    let mut setup = Setup::new(json!({ "folder": "data", "format": { "fixed": { "encoding": "windows-1252" } } }));
    let call = setup.reads(json!({ "file": "f.dat" }), &shape(&["1-2", "3-5"]));
    let seen = setup.read(&FakeWorld::with(&[("/p/data/f.dat", b"01\xc5sa\n02\n")]), call).await;
    assert_eq!(seen.rows, ["data/f.dat:1 01,Åsa"]);
    assert_eq!(seen.torn, ["data/f.dat, line 2: the line has 2 characters, and `3-5` starts with character 3"]);
}

#[tokio::test]
async fn what_is_written_in_fixed_width_is_read_again() {
    let mut setup = Setup::new(json!({ "folder": "data", "format": "fixed" }));
    let slots = shape(&["5-9", "1-3"]);
    let (write, read) =
        (setup.writes(json!({ "file": "f.dat" }), &slots), setup.reads(json!({ "file": "f.dat" }), &slots));
    let world = FakeWorld::with(&[]);
    deliver_texts(&setup, &world, write, &[&["Åsa", "1"], &["", "2"]]).await.expect("a delivery");
    let bytes = world.read(std::path::Path::new("/p/data/f.dat")).expect("a file");
    assert_eq!(String::from_utf8(bytes).expect("UTF-8"), "1   Åsa  \n2        \n");
    assert_eq!(setup.read(&world, read).await.rows, ["data/f.dat:1 Åsa,1", "data/f.dat:2 ,2"]);
    assert!(deliver_texts(&setup, &world, write, &[&["Åsa-Li", "1"]]).await.is_err());
}

const DIRECTORY: &str = "version: 1\n\n# people\ndn: uid=asa,ou=People\nobjectClass: person\nobjectClass: top\nUID: asa\ncn:: w4VzYSBMw7Z2\ndescription: a long\n  text\n\n\ndn: uid=bo,ou=People\nuid: bo\nmail:\n";

#[tokio::test]
async fn reads_entries_of_a_directory() {
    let mut setup = Setup::new(json!({ "folder": "data", "format": "ldif" }));
    let mut shape = shape(&["dn", "uid", "CN", "description", "mail"]);
    shape.slots.push(Slot { kind: SlotKind::List(Box::new(SlotKind::Scalar)), ..slot("objectclass") });
    let call = setup.reads(json!({ "file": "f.ldif" }), &shape);
    let seen = setup.read(&FakeWorld::with(&[("/p/data/f.ldif", DIRECTORY.as_bytes())]), call).await;
    assert_eq!(
        seen.rows,
        [
            "data/f.ldif:4 uid=asa,ou=People,asa,Åsa Löv,a long text,-,[person top]",
            "data/f.ldif:13 uid=bo,ou=People,bo,-,-,,[]"
        ],
        "{seen:?}"
    );
    assert!(seen.complete);
}

#[tokio::test]
async fn entries_that_are_no_records_are_told_with_their_line() {
    let mut setup = Setup::new(json!({ "folder": "data", "format": "ldif" }));
    let call = setup.reads(json!({ "file": "f.ldif" }), &shape(&["uid"]));
    let text = "dn: a\nuid: a\n\ndn: b\nchangetype: delete\n\ndn: c\nphoto:< file:///etc/passwd\n\nuid: d\n\ndn: e\nodd line\n\ndn: f\nuid:: %%\n\ndn: g\nuid: g\n";
    let seen = setup.read(&FakeWorld::with(&[("/p/data/f.ldif", text.as_bytes())]), call).await;
    assert_eq!(seen.rows, ["data/f.ldif:1 a", "data/f.ldif:18 g"]);
    let places: Vec<&str> = seen.torn.iter().map(|torn| &torn[..torn.find(':').unwrap_or(0)]).collect();
    assert_eq!(
        places,
        [
            "data/f.ldif, line 5",
            "data/f.ldif, line 8",
            "data/f.ldif, line 10",
            "data/f.ldif, line 13",
            "data/f.ldif, line 16"
        ],
        "{seen:?}"
    );
}
