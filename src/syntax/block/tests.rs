//! Literal blocks, read whole.

use super::*;
use crate::source::{FileId, OffsetMap, Sources, Span};
use crate::syntax::tree::{Kind, Node};
use crate::syntax::{parse, yaml};

#[test]
fn examples() {
    let Ok(dir) = std::env::var("KOPPLA_EXAMPLES") else { return };
    let mut paths: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let mut sources = Sources::default();
        let mut found = Findings::default();
        let file = sources.add(path.file_name().unwrap().to_str().unwrap(), std::fs::read_to_string(&path).unwrap());
        let root = yaml::read(&sources, file, &mut found).unwrap();
        let mut counts = std::collections::BTreeMap::new();
        walk("", &root, &mut found, &mut counts);
        println!("{} {counts:?}", path.file_name().unwrap().to_str().unwrap());
        for finding in found.sorted() {
            println!("  {} {}: {} | {} | {:?} at {:?}", sources.position(finding.span).0, finding.code.slug, finding.message(), finding.label(), finding.help(), sources.slice(finding.span));
        }
    }
}
fn walk(parent: &str, node: &Node, found: &mut Findings, counts: &mut std::collections::BTreeMap<String, usize>) {
    match &node.kind {
        Kind::Map(entries) => for entry in entries {
            let key = entry.key.as_str();
            if let Some(scalar) = entry.value.scalar() {
                let fragment = Fragment::from(scalar);
                let n = match (parent, key) {
                    ("sets", _) => steps(&fragment, found).len(),
                    (_, "fields") => fields(&fragment, found).len(),
                    (_, "match") => match_lines(&fragment, found).len(),
                    (_, "let") => bindings(&fragment, found).len(),
                    (_, "candidates") => candidates(&fragment, found).len(),
                    (_, "free in") => free_in(&fragment, found).len(),
                    (_, "is" | "when" | "choose" | "protected_when" | "skip" | "scope") => { parse::expression(&fragment, found); 1 }
                    (_, "where") => { parse::map_where(&fragment, found); 1 }
                    (_, "between") => { assert!(parse::between(&fragment, found).is_some()); 1 }
                    (_, "gone") => { assert!(parse::gone(&fragment, found).is_some()); 1 }
                    (_, "type") | ("fields" | "options" | "settings" | "takes", _) => { parse::type_expression(&fragment, found); 1 }
                    _ => 0,
                };
                *counts.entry(if parent == "sets" { "set".into() } else { key.to_string() }).or_default() += n;
            } else { walk(key, &entry.value, found, counts); }
        },
        Kind::List(items) => for item in items { walk(parent, item, found, counts); },
        _ => {}
    }
}
