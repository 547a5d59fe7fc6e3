//! Several lists in one file: elements of one XML document, sheets of one workbook; and lists inside records.

use super::write::{Lent, rows};
use super::*;
use crate::adapter::Part;
use crate::world::World;
use std::path::Path;

/// Delivers lists of texts as one set.
async fn deliver(setup: &Setup, world: &FakeWorld, lists: &[(CallId, &[&[Option<&str>]])]) -> Result<Receipt, Fault> {
    let lists: Vec<_> = lists.iter().map(|(call, all)| (*call, rows(all))).collect();
    let mut lent: Vec<Lent<'_>> = lists.iter().map(|(_, rows)| Lent::of(rows)).collect();
    let mut parts: Vec<Part<'_>> =
        lists.iter().zip(&mut lent).map(|((call, _), rows)| Part { call: *call, rows }).collect();
    let files = Files::default();
    let mut session = files.open(&*setup.dialect, world, &setup.settings).await?;
    let receipt = session.deliver("run-1", &mut parts).await?;
    session.settle("run-1").await?;
    Ok(receipt)
}

fn text(world: &FakeWorld, path: &str) -> String {
    String::from_utf8(world.read(Path::new(path)).expect("a file")).expect("UTF-8")
}

#[tokio::test]
async fn elements_of_several_kinds_lie_in_one_document() {
    let head =
        json!({ "properties": { "@lang": "sv", "datasource": "{{ settings.prefix }}", "datetime": "{{ as_of }}" } });
    let format = json!({ "xml": { "root_namespace": "http://example.org/s", "head": head } });
    let mut setup = Setup::new(json!({ "folder": "data", "format": format }));
    let call = |select: &str| json!({ "file": "f.xml", "select": select });
    let pupils = setup.writes(call("school.people.pupil[*]"), &shape(&["@id", "name"]));
    let staff = setup.writes(call("school.people.staff[*]"), &shape(&["@id"]));
    let groups = setup.writes(call("school.group[*]"), &shape(&["id"]));
    let world = FakeWorld::with(&[]);
    let all: &[(CallId, &[&[Option<&str>]])] =
        &[(pupils, &[&[Some("1"), Some("Åsa & Bo")]]), (staff, &[]), (groups, &[&[Some("7A")], &[Some("7\rB")]])];
    let receipt = deliver(&setup, &world, all).await.expect("a delivery");
    assert_eq!(receipt.files[0].1, 3);
    let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<school xmlns="http://example.org/s">
  <properties lang="sv">
    <datasource>Kba_</datasource>
    <datetime>2026-08-01</datetime>
  </properties>
  <people>
    <pupil id="1">
      <name>Åsa &amp; Bo</name>
    </pupil>
  </people>
  <group>
    <id>7A</id>
  </group>
  <group>
    <id>7&#13;B</id>
  </group>
</school>
"#;
    assert_eq!(text(&world, "/p/data/f.xml"), expected);
    let read = setup.reads(call("school.group[*]"), &shape(&["id"]));
    assert_eq!(setup.read(&world, read).await.rows, ["data/f.xml:12 7A", "data/f.xml:15 7\rB"]);
}

/// Rows that agree about the record around a list make one record; the list stands where its first field is declared.
#[tokio::test]
async fn lists_inside_records_are_written_as_they_are_read() {
    let mut shape = shape(&["^.id", "^.name", "member.id", "member.role", "^.note"]);
    shape.each = Some("list.entry".into());
    let all: &[&[Option<&str>]] = &[
        &[Some("7A"), Some("a"), Some("1"), Some("x"), None],
        &[Some("7B"), None, Some("1"), None, None],
        &[Some("7A"), Some("a"), Some("2"), Some("y"), None],
    ];
    let expected_rows = [
        ["7A,a,1,x,-", "7A,a,2,y,-", "7B,-,1,-,-"],
        // JSON has no place for what is absent either.
        ["7A,a,1,x,-", "7A,a,2,y,-", "7B,-,1,-,-"],
    ];
    for (format, rows) in
        [json!({ "xml": { "select": "root.group[*]" } }), json!({ "json": {} })].iter().zip(expected_rows)
    {
        let mut setup = Setup::new(json!({ "folder": "data", "format": format }));
        let call = json!({ "file": "f", "each": "list.entry[*]" });
        let (write, read) = (setup.writes(call.clone(), &shape), setup.reads(call, &shape));
        let world = FakeWorld::with(&[]);
        let receipt = deliver(&setup, &world, &[(write, all)]).await.expect("a delivery");
        assert_eq!(receipt.files[0].1, 3);
        let seen = setup.read(&world, read).await;
        let cells: Vec<&str> = seen.rows.iter().filter_map(|row| Some(row.split_once(' ')?.1)).collect();
        assert_eq!(cells, rows, "{}", text(&world, "/p/data/f"));
    }
}

#[tokio::test]
async fn sheets_of_several_names_lie_in_one_workbook() {
    let mut setup = Setup::new(json!({ "folder": "data", "format": { "xlsx": {} } }));
    let call = |sheet: &str| json!({ "file": "f.xlsx", "sheet": sheet });
    let calls = ["Klasser", "Ämnen & mer", "Tomt"].map(|sheet| setup.writes(call(sheet), &shape(&["id"])));
    let world = FakeWorld::with(&[]);
    let all: &[(CallId, &[&[Option<&str>]])] =
        &[(calls[2], &[]), (calls[0], &[&[Some("7A")]]), (calls[1], &[&[Some("007")]])];
    let receipt = deliver(&setup, &world, all).await.expect("a delivery");
    assert_eq!(receipt.files.len(), 1);
    for (sheet, expected) in
        [("Klasser", vec!["data/f.xlsx:2 7A"]), ("Ämnen & mer", vec!["data/f.xlsx:2 007"]), ("Tomt", vec![])]
    {
        let read = setup.reads(call(sheet), &shape(&["id"]));
        assert_eq!(setup.read(&world, read).await.rows, expected);
    }
    // Without a name the first sheet is read: that of the list that came first.
    let first = setup.reads(json!({ "file": "f.xlsx" }), &shape(&["id"]));
    assert!(setup.read(&world, first).await.rows.is_empty());
}

/// Names that only a run knows may turn out to be one.
#[tokio::test]
async fn two_lists_that_cannot_lie_together_are_refused() {
    let mut setup = Setup::csv(json!({}));
    let one = setup.writes(json!({ "file": "Kba_a.csv" }), &shape(&["id"]));
    let other = setup.writes(json!({ "file": "{{ settings.prefix }}a.csv" }), &shape(&["id"]));
    let world = FakeWorld::with(&[]);
    let fault = deliver(&setup, &world, &[(one, &[]), (other, &[])]).await.expect_err("a fault");
    assert_eq!(
        fault.say,
        "data/Kba_a.csv: two entities are written into this file: only XML documents and workbooks hold several lists; nothing was delivered"
    );
    assert!(world.all().is_empty());
}

#[test]
fn what_cannot_lie_together_is_a_finding() {
    let found = |format: Value, one: Value, other: Value| {
        let mut found = Findings::default();
        let connect = node(&json!({ "folder": "data", "format": format }));
        let mut dialect = protocol().compile(&connect, &ScopeNames::default(), &mut found).expect("a connection");
        for call in [one, other] {
            dialect.write(&node(&call), None, &shape(&["id"]), &mut found);
        }
        found.sorted().iter().map(|finding| format!("{}: {}", finding.code.slug, finding.label())).collect::<Vec<_>>()
    };
    let xml = |select: &str| json!({ "file": "f", "select": select });
    let sheet = |sheet: &str| json!({ "file": "f", "sheet": sheet });
    assert_eq!(found(json!({ "xml": {} }), xml("a.b[*]"), xml("a.c[*]")), [""; 0]);
    assert_eq!(found(json!({ "xml": {} }), xml("a.b[*]"), xml("a.b[*]")), [""; 0]);
    for (format, one, other, expected) in [
        (
            json!("csv"),
            json!({ "file": "f" }),
            json!({ "file": "f" }),
            "only XML documents and workbooks hold several lists",
        ),
        (json!({ "xml": {} }), xml("a.b"), xml("c.b"), "`a.b` and `c.b` do not have one root"),
        (
            json!({ "xml": {} }),
            xml("a.b"),
            xml("a.b.c"),
            "a record of `a.b` would lie inside one of `a.b.c`, or around it",
        ),
        (json!({ "xml": {} }), xml("a"), xml("a"), "a record of `a` would lie inside one of `a`, or around it"),
        (json!({ "xlsx": {} }), sheet("Elev"), sheet("ELEV"), "both into its sheet `Elev`"),
    ] {
        assert_eq!(found(format, one, other), [format!("one-file-for-two: {expected}")]);
    }
    assert_eq!(
        found(json!({ "xlsx": {} }), sheet("a/b"), json!({ "file": "g" })),
        ["wrong-connection-value: the name of a sheet holds none of [ ] : * ? / \\"]
    );
    assert_eq!(
        found(json!({ "xml": { "head": "x" } }), xml("a.b"), xml("a.c")),
        ["wrong-connection-value: a map of elements belongs here"]
    );
}
