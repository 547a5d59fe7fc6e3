//! Sources whose files are broken on the second night: nobody is gone because of that, and the place is named.

use crate::{command, sources, sync};
use koppla::shell::Exit;
use koppla::world::TestWorld;

/// Two nights; on the second, a file is another one.
fn second_night(source: &str, file: &str, change: impl FnOnce(&[u8]) -> Vec<u8>) -> (Exit, String, TestWorld) {
    let world = TestWorld::new();
    world.set_now("2026-09-01T18:30:00Z".parse().expect("a moment"));
    let source = sources::SOURCES.iter().find(|known| known.name == source).expect("a source");
    source.put(&world);
    world.put("pair.sync.yaml", sync("pair", source, "sds"));
    let line = "koppla run --project . --as-of 2026-09-01";
    let (_, said) = command(line, &world);
    assert!(said.contains(" changes written, 0 failed"), "{said}");
    let bytes = std::fs::read(world.path(file)).expect("a file");
    let before = delivered(&world);
    world.put(file, change(&bytes));
    let (exit, said) = command(line, &world);
    assert!(!said.contains("panicked"), "{said}");
    assert!(delivered(&world) == before, "{said}");
    (exit, said, world)
}

fn delivered(world: &TestWorld) -> Vec<(String, Vec<u8>)> {
    let files = world.tree().into_iter();
    files.filter(|(path, _)| path.starts_with("output/") && !path.ends_with(".lock")).collect()
}

fn half(bytes: &[u8]) -> Vec<u8> {
    bytes[..bytes.len() / 2].to_vec()
}

#[test]
fn an_xml_file_that_is_cut_off() {
    for (source, file) in [("edexml-nl", "input/edex.xml"), ("ims-ist", "input/enterprise.xml")] {
        let (exit, said, _) = second_night(source, file, half);
        assert_eq!(exit, Exit::Found, "{said}");
        assert!(said.contains(&format!("{file}, line ")), "{said}");
        assert!(said.contains("the file ends") || said.contains("the file is no XML from here on"), "{said}");
    }
}

#[test]
fn an_xml_file_with_entities() {
    let (exit, said, _) = second_night("edexml-nl", "input/edex.xml", |bytes| {
        let text = String::from_utf8_lossy(bytes);
        text.replacen("<EDEX", "<!DOCTYPE EDEX [<!ENTITY a \"b\">]>\n<EDEX", 1).into_bytes()
    });
    assert_eq!(exit, Exit::Found, "{said}");
    assert!(said.contains("the document type declares entities"), "{said}");
}

#[test]
fn a_workbook_that_is_cut_off() {
    let (exit, said, _) = second_night("school-list-xlsx", "input/school.xlsx", half);
    assert_eq!(exit, Exit::Found, "{said}");
    assert!(said.contains("input/school.xlsx: this is no XLSX file that can be read"), "{said}");
}

#[test]
fn a_text_file_without_its_header() {
    let (exit, said, _) = second_night("schoolsoft", "input/students.txt", |bytes| {
        let text = String::from_utf8_lossy(bytes);
        text.split_once('\n').expect("a header").1.as_bytes().to_vec()
    });
    assert_eq!(exit, Exit::Found, "{said}");
    assert!(said.contains("input/students.txt: no declared column"), "{said}");
}

/// The file is well-formed, and the list of pupils is not in it.
#[test]
fn an_xml_file_without_its_list() {
    let (exit, said, _) = second_night("edexml-nl", "input/edex.xml", |bytes| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let (before, rest) = text.split_once("<leerlingen>").expect("pupils");
        let (_, after) = rest.split_once("</leerlingen>").expect("the end of pupils");
        format!("{before}{after}").into_bytes()
    });
    assert_eq!(exit, Exit::Found, "{said}");
    assert!(said.contains("there is no element `EDEX.leerlingen`"), "{said}");
}
