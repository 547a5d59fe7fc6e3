//! A file of a delivery that tells which other files are in it.

use super::keys::{Keys, wrong};
use super::{PATHS, words};
use crate::finding::Findings;
use crate::protocol::ScopeNames;
use crate::protocol::template::{Place, Template};
use crate::syntax::tree::Node;

/// A manifest; its cells are templates.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The name of its file.
    pub file: Template,
    /// Its first line.
    pub header: Vec<String>,
    /// Its other lines.
    pub rows: Vec<ManifestRow>,
}

/// A line of a manifest.
#[derive(Clone, Debug)]
pub struct ManifestRow {
    /// The file that it is about.
    pub about: Option<String>,
    /// The cells if that file is in the delivery, or if it is about none.
    pub sent: Vec<Template>,
    /// The cells if it is not; none: there is no such line.
    pub absent: Vec<Template>,
}

impl Manifest {
    /// Reads a manifest.
    pub fn compile(node: &Node, scope: &ScopeNames, found: &mut Findings) -> Option<Manifest> {
        let keys = Keys::of("manifest", node, words::MANIFEST, &[words::EVERYWHERE], found)?;
        let file = keys
            .required("file", "`file: manifest.csv`", found)
            .and_then(|node| Template::compile(node, scope, &PATHS, found));
        let header = keys.texts("header", found).unwrap_or_default();
        let rows = keys.required("rows", "`rows: [[version, \"1.0\"]]`", found)?;
        let Some(items) = rows.items() else {
            found.add(wrong(
                rows.span,
                "rows",
                rows.kind_word(),
                "a list of rows belongs here",
                "`[[version, \"1.0\"]]`",
            ));
            return None;
        };
        let rows = items.iter().filter_map(|item| row(item, scope, found)).collect();
        Some(Manifest { file: file?, header: header.into_iter().map(|(name, _)| name).collect(), rows })
    }
}

fn row(node: &Node, scope: &ScopeNames, found: &mut Findings) -> Option<ManifestRow> {
    if node.items().is_some() {
        return Some(ManifestRow { about: None, sent: cells(node, scope, found), absent: Vec::new() });
    }
    let keys = Keys::of("rows", node, words::MANIFEST_ROW, &[words::EVERYWHERE], found)?;
    let about = keys.required("file", "`file: users.csv`", found)?.text()?.to_string();
    let sent = keys.required("sent", "`sent: [file.users, bulk]`", found)?;
    let absent = keys.get("absent").map(|node| cells(node, scope, found)).unwrap_or_default();
    Some(ManifestRow { about: Some(about), sent: cells(sent, scope, found), absent })
}

fn cells(node: &Node, scope: &ScopeNames, found: &mut Findings) -> Vec<Template> {
    let place = Place { roots: &["settings", "as_of", "rows"], ..PATHS };
    node.items().unwrap_or_default().iter().filter_map(|cell| Template::compile(cell, scope, &place, found)).collect()
}
