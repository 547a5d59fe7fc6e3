//! What the standard was when somebody last looked at a sync's changes of it: a document that `koppla overlay --note` writes.

use super::reader::{entries, many};
use super::shape::{Key, Shape, key, required};
use crate::syntax::ast::Name;
use crate::syntax::tree::Node;

/// Keys of a `standard:` document.
pub static KEYS: &[Key] = &[
    required("standard", Shape::Text, "the sync; `koppla overlay --note` writes the document"),
    key("maps", Shape::Entries(&Shape::Entries(&Shape::OneOrMore(&Shape::Text))), "rules by map and row, as they were"),
];

/// What the standard was.
#[derive(Debug)]
pub struct Standard {
    /// The sync.
    pub sync: Name,
    /// Its maps, `mapping.map`.
    pub maps: Vec<NotedMap>,
}

/// A map as it was.
#[derive(Debug)]
pub struct NotedMap {
    /// `mapping.map`
    pub name: String,
    /// Its rows: label, and the rules as they were printed.
    pub rows: Vec<(String, Vec<String>)>,
}

/// Reads what was noted.
pub fn read(root: &Node, sync: Name) -> Standard {
    let maps = entries(root, "maps").iter().map(|map| {
        let rows = map.value.entries().unwrap_or_default().iter().map(|row| {
            let rules = many(&row.value).iter().filter_map(|rule| rule.text().map(String::from));
            (row.key.clone(), rules.collect())
        });
        NotedMap { name: map.key.clone(), rows: rows.collect() }
    });
    Standard { sync, maps: maps.collect() }
}

impl Standard {
    /// The rules of a row as they were: empty if there was no such row, nothing if the map was not there.
    pub fn row(&self, map: &str, label: &str) -> Option<&[String]> {
        let map = self.maps.iter().find(|known| known.name == map)?;
        Some(map.rows.iter().find(|(known, _)| known == label).map_or(&[][..], |(_, rules)| rules))
    }
}
