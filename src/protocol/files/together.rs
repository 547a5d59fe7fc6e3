//! Entities that are written into one file: elements of one XML document, or sheets of one workbook.

use super::xml::Xml;
use super::{Call, Layout};
use crate::finding::codes::system::ONE_FILE_FOR_TWO;
use crate::finding::{Finding, Findings};

/// Adds a finding if a call writes into the file of an earlier one, and the two cannot lie there together. Files whose
/// names are only known in a run are compared when they are written.
pub fn check(calls: &[Call], call: &Call, found: &mut Findings) {
    let same = |other: &&Call| {
        let own = call.file.paths().any(|path| path.first().is_some_and(|root| root == "entity"));
        other.write && other.file.source() == call.file.source() && (!own || other.names == call.names)
    };
    for other in calls.iter().filter(same) {
        if let Some(why) = clash(&other.layout, &call.layout) {
            found.add(
                Finding::new(&ONE_FILE_FOR_TWO, call.span)
                    .word("file", call.file.source())
                    .word("why", why)
                    .other(other.span, "the first one"),
            );
            return;
        }
    }
}

/// Why two lists cannot lie in one file, if they cannot.
pub fn clash(one: &Layout, other: &Layout) -> Option<String> {
    match (one, other) {
        (Layout::Xml { dialect: one, .. }, Layout::Xml { dialect: other, .. }) => xml(one, other),
        (Layout::Xlsx { sheet: one, .. }, Layout::Xlsx { sheet: other, .. }) => {
            let name = one.written_name();
            // Workbooks take names that differ in upper and lower case alone for one.
            let same = name.to_lowercase() == other.written_name().to_lowercase();
            same.then(|| format!("both into its sheet `{name}`"))
        }
        _ => Some("only XML documents and workbooks hold several lists".into()),
    }
}

fn xml(one: &Xml, other: &Xml) -> Option<String> {
    let (first, second) = (one.path.join("."), other.path.join("."));
    if one.path.first() != other.path.first() {
        return Some(format!("`{first}` and `{second}` do not have one root"));
    }
    let shorter = one.path.len().min(other.path.len());
    if one.path[..shorter] == other.path[..shorter] && (one.path.len() != other.path.len() || shorter == 1) {
        return Some(format!("a record of `{first}` would lie inside one of `{second}`, or around it"));
    }
    let said = |dialect: &Xml| (dialect.encoding, dialect.namespaces.clone(), dialect.root_namespace.clone());
    (said(one) != said(other)).then(|| "they disagree about its encoding or its namespaces".into())
}
