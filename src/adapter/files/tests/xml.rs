//! Reading and writing XML.

use super::*;
use crate::protocol::SlotKind;
use crate::world::World;

async fn read_shape(dialect: Value, shape: &WireShape, bytes: &[u8]) -> Seen {
    let mut setup = Setup::new(json!({ "folder": "data", "format": { "xml": dialect } }));
    let call = setup.reads(json!({ "file": "f.xml" }), shape);
    setup.read(&FakeWorld::with(&[("/p/data/f.xml", bytes)]), call).await
}

async fn read(columns: &[&str], text: &str) -> Seen {
    read_shape(json!({ "select": "school.pupils.pupil[*]" }), &shape(columns), text.as_bytes()).await
}

const SCHOOL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE school SYSTEM "http://example.org/school.dtd">
<!-- pupils -->
<school xmlns="http://example.org/s" xmlns:x="http://example.org/x">
  <name>Björkskolan</name>
  <pupils>
    <pupil id="1">
      <name><given> Åsa </given><family>L&#246;v &amp; Ek</family></name>
      <tel kind="home">08-1</tel><tel kind="work">08-2</tel>
      <note><![CDATA[a < b]]></note>
    </pupil>
    <x:pupil x:id="2"><name><given>Bo</given></name><note/></x:pupil>
    <!-- gone: <pupil id="9"/> -->
  </pupils>
  <pupils><pupil id="3"/></pupils>
  <pupil id="8"/>
</school>
"#;

#[tokio::test]
async fn reads_elements_attributes_and_nested_names() {
    let seen = read(&["@id", "name.given", "name.family", "note"], SCHOOL).await;
    assert_eq!(
        seen.rows,
        ["data/f.xml:7 1,Åsa,Löv & Ek,a < b", "data/f.xml:12 2,Bo,-,", "data/f.xml:15 3,-,-,-"],
        "{seen:?}"
    );
    assert!(seen.complete);
}

#[tokio::test]
async fn repeated_elements_are_lists() {
    let pair = SlotKind::Struct(vec![slot("@kind"), slot("#")]);
    let slots = vec![
        Slot { kind: SlotKind::List(Box::new(pair)), ..slot("tel") },
        Slot { kind: SlotKind::List(Box::new(SlotKind::Scalar)), ..slot("tel") },
        slot("tel"),
        slot("$.tel[?@['@kind'] == 'work']"),
        slot("name"),
    ];
    let shape = WireShape { slots, ..WireShape::default() };
    let seen = read_shape(json!({ "select": "school.pupils.pupil" }), &shape, SCHOOL.as_bytes()).await;
    assert_eq!(
        seen.rows,
        [
            "data/f.xml:7 [(home 08-1) (work 08-2)],[08-1 08-2],!Several,08-2,!Structure",
            "data/f.xml:12 [],[],-,-,!Structure",
            "data/f.xml:15 [],[],-,-,-"
        ]
    );
}

#[tokio::test]
async fn each_makes_rows_of_elements_inside_the_record() {
    let text = "<e>\n<m><id>g</id>\n<member><id>a</id></member><member><id>b</id></member></m>\n<m><id>h</id></m></e>";
    let shape =
        WireShape { slots: vec![slot("^.id"), slot("id")], each: Some("member[*]".into()), ..WireShape::default() };
    let seen = read_shape(json!({ "select": "e.m" }), &shape, text.as_bytes()).await;
    assert_eq!(seen.rows, ["data/f.xml:2 g,a", "data/f.xml:2 g,b"]);
}

#[tokio::test]
async fn namespaces_have_names_where_they_are_declared() {
    let dialect = json!({
        "select": "s:school.s:pupils.x:pupil[*]",
        "namespaces": { "s": "http://example.org/s", "x": "http://example.org/x" }
    });
    let seen = read_shape(dialect, &shape(&["@x:id", "s:name.s:given"]), SCHOOL.as_bytes()).await;
    assert_eq!(seen.rows, ["data/f.xml:12 2,Bo"], "{seen:?}");
}

#[tokio::test]
async fn names_in_any_case() {
    let dialect = json!({ "select": "Enterprise.Person", "any_case": "yes" });
    let text = "<ENTERPRISE><person RecStatus='1'><Name>Åsa</Name></person></ENTERPRISE>";
    let seen = read_shape(dialect, &shape(&["@recstatus", "name"]), text.as_bytes()).await;
    assert_eq!(seen.rows, ["data/f.xml:1 1,Åsa"]);
}

#[tokio::test]
async fn encodings_are_those_that_the_file_declares() {
    let text = "<a><b>Åsa €</b>\n<b>Ö</b></a>";
    let rows = ["data/f.xml:1 Åsa €", "data/f.xml:2 Ö"];
    let utf16: Vec<u8> = std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    let declared = format!("<?xml version='1.0' encoding='windows-1252'?>{text}");
    let (ansi, _, _) = encoding_rs::WINDOWS_1252.encode(&declared);
    let (once, twice) = (format!("\u{FEFF}{text}"), format!("\u{FEFF}\u{FEFF}{text}"));
    for bytes in [&utf16[..], &ansi, once.as_bytes(), twice.as_bytes()] {
        let seen = read_shape(json!({ "select": "a.b" }), &shape(&["."]), bytes).await;
        assert_eq!(seen.rows, rows, "{seen:?}");
    }
    let seen =
        read_shape(json!({ "select": "a.b" }), &shape(&["."]), b"<?xml version='1.0' encoding='EBCDIC'?><a/>").await;
    assert!(seen.faults[0].contains("its encoding is EBCDIC"), "{seen:?}");
}

#[tokio::test]
async fn entities_of_a_document_type_are_never_expanded() {
    let bomb = "<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY x 'ha'><!ENTITY y '&x;&x;&x;'>]>\n<a><b>&y;</b></a>";
    let seen = read_shape(json!({ "select": "a.b" }), &shape(&["."]), bomb.as_bytes()).await;
    assert_eq!(seen.rows, Vec::<String>::new());
    assert!(seen.torn[0].starts_with("data/f.xml, line 2: the document type declares entities"), "{seen:?}");
    let outside = "<!DOCTYPE a SYSTEM 'file:///etc/passwd'>\n<a><b>&x;</b>\n<b>Bo</b></a>";
    let seen = read_shape(json!({ "select": "a.b" }), &shape(&["."]), outside.as_bytes()).await;
    assert_eq!(seen.rows, ["data/f.xml:3 Bo"]);
    assert!(seen.torn[0].starts_with("data/f.xml, line 2: `&x;` is no entity of XML itself"), "{seen:?}");
    assert!(!seen.complete);
}

#[tokio::test]
async fn what_is_no_xml_is_told_with_its_line() {
    let cases = [
        ("<a>\n<b>1</b>\n<b>2", "line 3: the file ends in the middle of a record"),
        ("<a>\n<b>1</b>\n", "line 3: the file ends before `a` is closed"),
        ("<a>\n<b>1</b>\n</c>", "line 3: `c` is closed where `a` is open"),
        ("<a>\n<b>1</b>\n<b><i>2</b></a>", "line 3: `b` is closed where `i` is open"),
        ("<a>\n<b>1</b>\n<b x=1 x=2>2</b></a>", "line 3: an attribute cannot be read"),
        ("", "line 1: the file holds no element"),
        ("id;name\n1;Bo\n", "line 3: the file holds no element"),
        ("<html>\n</html>", "line 1: the root element is `html`, and `select` begins with `a`"),
    ];
    for (text, why) in cases {
        let seen = read_shape(json!({ "select": "a.b" }), &shape(&["."]), text.as_bytes()).await;
        assert!(seen.torn.iter().any(|torn| torn.starts_with(&format!("data/f.xml, {why}"))), "{text:?} {seen:?}");
        assert!(!seen.complete);
    }
    let latin = b"<a>\n<b>\xc5sa</b></a>";
    let seen = read_shape(json!({ "select": "a.b" }), &shape(&["."]), latin).await;
    assert!(seen.torn[0].contains("line 2: the file is no utf-8 from here on"), "{seen:?}");
    let deep = format!("<a><b>{}{}</b></a>", "<i>".repeat(300), "</i>".repeat(300));
    let seen = read_shape(json!({ "select": "a.b" }), &shape(&["."]), deep.as_bytes()).await;
    assert!(seen.torn[0].contains("elements are nested deeper than 256"), "{seen:?}");
}

#[tokio::test]
async fn a_file_without_the_element_around_its_records_is_half_a_file() {
    let seen = read(&["@id"], "<school><name>X</name></school>").await;
    assert_eq!((seen.rows.len(), seen.complete), (0, false));
    let why = "there is no element `school.pupils`; where it may be missing, `read` says `optional: yes`";
    assert_eq!(seen.torn, [format!("data/f.xml: {why}")]);
    let mut setup = Setup::new(json!({ "folder": "data", "format": { "xml": { "select": "school.pupils.pupil" } } }));
    let call = setup.reads(json!({ "file": "f.xml", "optional": "yes" }), &shape(&["@id"]));
    let seen = setup.read(&FakeWorld::with(&[("/p/data/f.xml", b"<school/>")]), call).await;
    assert_eq!((seen.rows.len(), seen.complete), (0, true));
    assert_eq!(seen.notes, ["data/f.xml: there is no element `school.pupils.pupil`: the list is empty"]);
    let seen = read(&["@id"], "<school><pupils></pupils></school>").await;
    assert_eq!((seen.notes.len(), seen.complete), (1, true));
}

#[tokio::test]
async fn what_is_written_is_read_again() {
    let dialect = json!({ "xml": { "select": "school.pupils.pupil[*]" } });
    let mut setup = Setup::new(json!({ "folder": "data", "format": dialect }));
    let mut shape = shape(&["@id", "name.given", "name.family"]);
    shape.slots.push(Slot { kind: SlotKind::List(Box::new(SlotKind::Scalar)), ..slot("tel") });
    let (write, read) =
        (setup.writes(json!({ "file": "f.xml" }), &shape), setup.reads(json!({ "file": "f.xml" }), &shape));
    let world = FakeWorld::with(&[]);
    let rows = [&["1\n\"2\"", "Åsa & <Bo>", "", "[\"1\",\"2\"]"][..], &["2", " x ", "]]>", "[]"]];
    deliver_texts(&setup, &world, write, &rows).await.expect("a delivery");
    let seen = setup.read(&world, read).await;
    assert_eq!(
        seen.rows,
        ["data/f.xml:4 1\n\"2\",Åsa & <Bo>,,[1 2]", "data/f.xml:12 2,x,]]>,[]"],
        "{}",
        String::from_utf8_lossy(&world.read(std::path::Path::new("/p/data/f.xml")).expect("a file"))
    );
}
