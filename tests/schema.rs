//! The schemas of documents: every document of the library, of the examples and of the suite is valid, mistakes are not.

#![allow(clippy::disallowed_methods, reason = "the test reads the documents")]

use jsonschema::Validator;
use koppla::documents::schema;
use koppla::finding::Findings;
use koppla::source::Sources;
use koppla::syntax::tree::{Kind, Node, Style};
use koppla::syntax::yaml;
use serde_json::{Map, Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// A tree as an editor sees it: bare words and numbers have the types of YAML 1.2.
fn to_json(node: &Node) -> Value {
    match &node.kind {
        Kind::Missing => Value::Null,
        Kind::List(items) => items.iter().map(to_json).collect(),
        Kind::Map(entries) => {
            Value::Object(entries.iter().map(|entry| (entry.key.clone(), to_json(&entry.value))).collect::<Map<_, _>>())
        }
        Kind::Scalar(scalar) if scalar.style != Style::Plain => json!(scalar.text),
        Kind::Scalar(scalar) => match scalar.text.as_str() {
            "true" => json!(true),
            "false" => json!(false),
            "~" | "null" => Value::Null,
            text => match (text.parse::<i64>(), text.parse::<f64>()) {
                (Ok(number), _) => json!(number),
                (_, Ok(number)) if number.is_finite() => json!(number),
                _ => json!(text),
            },
        },
    }
}

fn read(text: &str) -> Value {
    let mut sources = Sources::default();
    let mut found = Findings::default();
    let (file, _) = yaml::add(&mut sources, "document.yaml".to_string(), text.as_bytes(), &mut found);
    to_json(&yaml::read(&sources, file, &mut found).expect("a document"))
}

fn documents(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        // Hidden files are settings of other programs; a project does not read them either.
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) {
            continue;
        }
        match path.is_dir() {
            true => documents(&path, into),
            false if path.extension().is_some_and(|end| end == "yaml") => into.push(path),
            false => {}
        }
    }
}

fn validator(schema: &Value) -> Validator {
    jsonschema::validator_for(schema).expect("a schema")
}

fn complaints(validator: &Validator, document: &Value) -> Vec<String> {
    validator.iter_errors(document).map(|error| format!("{} at {}", error, error.instance_path())).collect()
}

#[test]
fn every_document_is_valid() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    for folder in ["mappings", "tests/suite/clean", "tests/suite/jobs", "benches/documents"] {
        documents(&root.join(folder), &mut paths);
    }
    assert!(paths.len() > 150, "{} documents", paths.len());
    let all = validator(&schema::of_all());
    let mut wrong = Vec::new();
    for path in &paths {
        let document = read(&fs::read_to_string(path).expect("a document"));
        let kind = document.as_object().and_then(|map| map.keys().next()).expect("a first key").clone();
        // A project that `koppla new` makes has other files in YAML beside its documents.
        let Some(schema) = schema::of_kind(&kind) else {
            assert!(!koppla::shell::project::is_document(&path.to_string_lossy()), "{}", path.display());
            continue;
        };
        let one = validator(&schema);
        let found = complaints(&one, &document).into_iter().chain(complaints(&all, &document));
        wrong.extend(found.map(|complaint| format!("{}: {complaint}", path.display())));
    }
    assert!(wrong.is_empty(), "{} complaints\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
}

/// A document, and the same with one wrong stroke.
const MISTAKES: &[(&str, &str)] = &[
    ("mapping: m\nleft: a\nright: b\n", "mapping: m\nleft: a\nrigth: b\n"),
    (
        "mapping: m\nleft: a\nright: b\nmaps: { p: { between: a -> b, gone: keep } }\n",
        "mapping: m\nleft: a\nright: b\nmaps: { p: { between: a -> b, gon: keep } }\n",
    ),
    ("mapping: m\nleft: a\nright: b\n", "mapping: m\nleft: a\n"),
    ("mapping: m\nleft: a\nright: b\nsets: { p: a }\n", "mapping: m\nleft: a\nright: b\nsets: { 1p: a }\n"),
    ("sync: s\nleft: a\nright: b\nstatus: paused\n", "sync: s\nleft: a\nright: b\nstatus: stopped\n"),
    ("sync: s\nleft: a\nright: b\nguard: { floor: 5 }\n", "sync: s\nleft: a\nright: b\nguard: { floor: five }\n"),
    (
        "system: s\nconnect: { files: { folder: x } }\nentities: {}\n",
        "system: s\nconnect: { fles: { folder: x } }\nentities: {}\n",
    ),
    (
        "system: s\nconnect: { http: { base: x } }\nentities: {}\n",
        "system: s\nconnect: { http: { bsae: x } }\nentities: {}\n",
    ),
    (
        "model: m\nentities: { p: { key: a, fields: { a: text } } }\n",
        "model: m\nentities: { p: { key: a, feilds: { a: text } } }\n",
    ),
    ("table: t\ncolumns: { a: text }\nkey: a\nrows: []\n", "table: t\ncolumns: { a: text }\nkey: a\nrow: []\n"),
    ("test: t\ncases: [ { name: x, protected: 1 } ]\n", "test: t\ncases: [ { name: x, protectd: 1 } ]\n"),
    ("provider: p\n", "provider: p\nlangauge: nl\n"),
];

#[test]
fn a_wrong_stroke_is_not_valid() {
    let all = validator(&schema::of_all());
    for (right, wrong) in MISTAKES {
        let (right, wrong) = (read(right), read(wrong));
        let kind = right.as_object().and_then(|map| map.keys().next()).expect("a first key").clone();
        let one = validator(&schema::of_kind(&kind).expect("a kind"));
        assert_eq!(complaints(&one, &right), Vec::<String>::new(), "{right}");
        assert_eq!(complaints(&all, &right), Vec::<String>::new(), "{right}");
        assert!(!one.is_valid(&wrong) && !all.is_valid(&wrong), "{wrong}");
    }
    assert!(!all.is_valid(&json!({ "mapings": "m" })));
}

/// Editors show what a key means.
#[test]
fn every_key_says_what_it_means() {
    fn walk(schema: &Value, path: &str, silent: &mut Vec<String>) {
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            for (name, property) in properties {
                // The words of edits of lists and of calls have descriptions too.
                if property["description"].as_str().is_none_or(str::is_empty) && !path.ends_with("connect") {
                    silent.push(format!("{path}.{name}"));
                }
                walk(property, &format!("{path}.{name}"), silent);
            }
        }
        for inner in ["items", "additionalProperties"].into_iter().filter_map(|inner| schema.get(inner)) {
            walk(inner, path, silent);
        }
        for one in schema.get("anyOf").and_then(Value::as_array).into_iter().flatten() {
            walk(one, path, silent);
        }
    }
    let mut silent = Vec::new();
    for kind in schema::kinds() {
        walk(&schema::of_kind(kind).expect("a kind"), kind, &mut silent);
    }
    assert_eq!(silent, Vec::<String>::new());
}

fn program(arguments: &[&str]) -> Vec<u8> {
    let ended = std::process::Command::new(env!("CARGO_BIN_EXE_koppla")).args(arguments).output().expect("the program");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    ended.stdout
}

/// The setting that the README shows names the file that its command writes.
#[test]
fn the_setting_of_the_readme_finds_the_schema() {
    let readme = include_str!("../README.md");
    let written =
        readme.split("`koppla schema > ").nth(1).and_then(|rest| rest.split_once('`')).expect("the command").0;
    let blocks = readme.split("```json\n").skip(1).filter_map(|rest| rest.split_once("\n```")).map(|(block, _)| block);
    let settings: Vec<Value> = blocks.map(|block| serde_json::from_str(block).expect("a setting in JSON")).collect();
    let schemas = settings.iter().find_map(|setting| setting["yaml.schemas"].as_object()).expect("the setting");
    assert_eq!(schemas.keys().collect::<Vec<_>>(), [written]);
    let schema: Value = serde_json::from_slice(&program(&["schema"])).expect("JSON");
    assert_eq!(schema, schema::of_all());
    let patterns = schemas[written].as_array().map(Vec::len);
    assert_eq!(patterns, Some(schema::kinds().count()), "a pattern for each kind of document");
}

#[test]
fn a_folder_of_schemas_has_one_for_each_kind_and_one_for_all() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let out = folder.path().join("schemas");
    program(&["schema", "--out", out.to_str().expect("a path")]);
    assert_eq!(fs::read_dir(&out).expect("the folder").count(), schema::kinds().count() + 1);
}
