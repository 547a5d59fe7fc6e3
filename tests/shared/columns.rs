//! Files of systems: the columns of the descriptors are those of published samples and consumers.

use crate::openapi::yaml;
use crate::{json, own, shared, text};
use koppla::syntax::tree::Node;
use std::collections::{BTreeMap, BTreeSet};

/// The columns that a descriptor declares, by the file of the entity, in order.
fn declared(system: &str, call: &str) -> BTreeMap<String, Vec<(String, String)>> {
    let root = yaml(&own(&format!("mappings/systems/{system}/system.yaml")));
    let entities = root.get("entities").and_then(Node::entries).expect("entities");
    let file = |entity: &Node| Some(entity.get(call)?.get("file")?.text()?.to_string());
    entities.iter().filter_map(|entity| Some((file(&entity.value)?, columns(&entity.value)))).collect()
}

/// The columns of an entity: name on the wire and type as written.
fn columns(entity: &Node) -> Vec<(String, String)> {
    let fields = entity.get("fields").and_then(Node::entries).expect("fields");
    let column = |name: &str, field: &Node| {
        let ty = field.text().or_else(|| field.get("type")?.text()).expect("a type");
        (field.get("at").and_then(Node::text).unwrap_or(name).to_string(), ty.to_string())
    };
    fields.iter().map(|field| column(&field.key, &field.value)).collect()
}

fn names(columns: &[(String, String)]) -> Vec<&str> {
    columns.iter().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn school_data_sync_has_the_headers_of_the_samples() {
    let declared = declared("sds", "write");
    let mut seen = BTreeSet::new();
    for entry in std::fs::read_dir(shared("specs/sds/CSV Samples/SDS v2.1")).expect("the samples") {
        let path = entry.expect("a sample").path();
        let file = path.file_name().expect("a name").to_string_lossy().into_owned();
        // Flags of users are special data that no mapping of ours delivers.
        let Some(columns) = declared.get(&file) else {
            assert_eq!(file, "userFlags.csv", "no entity is written to it");
            continue;
        };
        let text = text(path);
        let mut sample = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let header = sample.headers().expect("a header");
        assert_eq!(names(columns), header.iter().collect::<Vec<_>>(), "{file}");
        for row in sample.into_records().map(|row| row.expect("a row")) {
            for (cell, (name, ty)) in row.iter().zip(columns) {
                assert!(cell.is_empty() || may_hold(ty, cell), "{file}, {name}: {cell:?} is not in {ty}");
            }
        }
        seen.insert(file);
    }
    assert_eq!(seen, declared.into_keys().collect(), "every file has a sample");
}

/// Whether an enumeration has a value; other types are not looked at.
fn may_hold(ty: &str, cell: &str) -> bool {
    let Some(values) = ty.trim_end_matches('?').strip_prefix("enum(") else { return true };
    values.trim_end_matches(')').split(',').any(|value| value.trim() == cell)
}

#[test]
fn skolplatsen_has_the_columns_that_a_consumer_reads() {
    let declared = declared("skolplatsen", "read");
    let published = json(shared("specs/skolplatsen/skolplatsen_csv_columns.json"));
    let published = published.as_object().expect("files");
    assert_eq!(declared.len(), published.len());
    for (name, file) in published {
        let path = format!("{{{{ settings.prefix }}}}{name}Data.csv");
        let ours: BTreeSet<_> = declared[&path].iter().map(|(name, _)| name.as_str()).collect();
        let columns = file["columns"].as_array().expect("columns");
        let theirs: BTreeSet<_> = columns.iter().map(|column| column[0].as_str().expect("a name")).collect();
        assert_eq!(ours, theirs, "{name}");
        assert!(columns.iter().rev().skip(1).all(|column| column[3] == "_x003B_"), "{name} is parted by semicolons");
    }
}

/// The header of the file that each entity of a system is written to: the listed columns, or those of its fields.
fn written(system: &str) -> BTreeMap<String, Vec<String>> {
    let root = yaml(&own(&format!("mappings/systems/{system}/system.yaml")));
    let entities = root.get("entities").and_then(Node::entries).expect("entities");
    let header = |entity: &Node| {
        let write = entity.get("write").expect("a file");
        let listed = write
            .get("columns")
            .and_then(Node::items)
            .map(|columns| columns.iter().map(|column| column.text().expect("a name").to_string()).collect());
        let fields = entity.get("fields").and_then(Node::entries).expect("fields");
        let at = |name: &str, field: &Node| {
            let first = field.get("columns").and_then(|columns| columns.get("first")).and_then(Node::text);
            field.get("at").and_then(Node::text).or(first).unwrap_or(name).to_string()
        };
        let own = || fields.iter().map(|field| at(&field.key, &field.value)).collect();
        (write.get("file").and_then(Node::text).expect("a name").to_string(), listed.unwrap_or_else(own))
    };
    entities.iter().map(|entity| header(&entity.value)).collect()
}

fn first_line(path: std::path::PathBuf) -> Vec<String> {
    let text = text(path);
    let line = text.trim_start_matches('\u{feff}').lines().next().expect("a header");
    line.split(',').map(String::from).collect()
}

#[test]
fn oneroster_has_the_headers_of_the_standard() {
    for (system, folder) in [
        ("oneroster-1-1-target", "specs/oneroster/v1p1-csv-headers"),
        ("oneroster-1-2-target", "specs/oneroster/v1p2-csv-headers"),
    ] {
        let written = written(system);
        assert!(written.len() >= 6);
        for (file, header) in written {
            assert_eq!(header, first_line(shared(folder).join(&file)), "{system}, {file}");
        }
    }
    for (system, folder) in
        [("oneroster-1-1", "specs/oneroster/v1p1-csv-headers"), ("oneroster-1-2", "specs/oneroster/v1p2-csv-headers")]
    {
        for (file, columns) in declared(system, "read") {
            let known = first_line(shared(folder).join(&file));
            for (name, _) in columns {
                assert!(known.contains(&name), "{system}, {file}: {name} is no column of the standard");
            }
        }
    }
}

#[test]
fn apple_school_manager_has_the_headers_of_the_templates() {
    for (file, header) in written("apple-school-manager") {
        let template = first_line(shared("specs/apple-school-manager").join(&file));
        // The templates show some of the numbered columns.
        let first = |name: &String| !name.ends_with("_2") && !name.ends_with("_3");
        let template: Vec<String> = template.into_iter().filter(first).collect();
        assert_eq!(header, template, "{file}");
    }
}

#[test]
fn school_data_sync_v1_has_the_columns_of_the_samples() {
    let folder = shared("specs/sds/CSV Samples/SDS Format/25 Users");
    let read = declared("sds-v1", "read").into_iter();
    let read = read.map(|(file, columns)| (file, columns.into_iter().map(|(name, _)| name).collect::<Vec<_>>()));
    for (file, columns) in read.chain(written("sds-v1-target")) {
        let sample = first_line(folder.join(&file));
        for name in columns {
            assert!(sample.contains(&name), "{file}: {name} is no column of the sample");
        }
    }
}
