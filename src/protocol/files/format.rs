//! The format of a file: CSV, JSON, NDJSON, XML, XLSX, fixed width or LDIF, each with the words of its dialect.

use super::csv::{Columns, Csv};
use super::fixed::{self, Fixed};
use super::keys::{Keys, wrong};
use super::shape::{self, Rows};
use super::sheet::Sheet;
use super::words;
use super::xml::Xml;
use crate::finding::{Findings, suggest::nearest};
use crate::protocol::ScopeNames;
use crate::syntax::tree::Node;

/// A file format of a connection.
#[derive(Clone, Debug)]
pub enum Format {
    /// CSV in this dialect.
    Csv(Csv),
    /// JSON with the records here.
    Json(Rows),
    /// NDJSON
    Ndjson,
    /// XML with the records here.
    Xml(Xml),
    /// A sheet of an XLSX file.
    Xlsx(Sheet),
    /// Lines of cells with fixed widths.
    Fixed(Fixed),
    /// LDIF: entries of a directory.
    Ldif,
}

/// The words for formats.
const WORDS: [&str; 7] = ["csv", "json", "ndjson", "xml", "xlsx", "fixed", "ldif"];

/// A format: `csv`, or `csv: {…}`. What it does not say is as in `base`, if that is of the same kind.
pub fn format(
    node: &Node,
    base: Option<&Format>,
    scope: &ScopeNames,
    unbuilt: &mut Vec<String>,
    found: &mut Findings,
) -> Option<Format> {
    let (word, inner) = match (node.text(), node.entries()) {
        (Some(word), _) => (word, None),
        (None, Some([only])) => (only.key.as_str(), Some(&only.value).filter(|value| !value.is_missing())),
        _ => ("", None),
    };
    match word {
        "csv" => {
            let dialect = match base {
                Some(Format::Csv(dialect)) => dialect.clone(),
                _ => Csv::default(),
            };
            Some(Format::Csv(inner.map_or(dialect.clone(), |inner| dialect.with(inner, unbuilt, found))))
        }
        "json" => Some(Format::Json(json(inner, base, found))),
        "ndjson" => Some(Format::Ndjson),
        "ldif" => Some(Format::Ldif),
        "xml" => {
            let dialect = match base {
                Some(Format::Xml(dialect)) => dialect.clone(),
                _ => Xml::default(),
            };
            Some(Format::Xml(inner.map_or(dialect.clone(), |inner| dialect.with(inner, scope, found))))
        }
        "xlsx" => {
            let sheet = match base {
                Some(Format::Xlsx(sheet)) => sheet.clone(),
                _ => Sheet::default(),
            };
            Some(Format::Xlsx(inner.map_or(sheet.clone(), |inner| sheet.with(inner, found))))
        }
        "fixed" => {
            let dialect = match base {
                Some(Format::Fixed(dialect)) => dialect.clone(),
                _ => Fixed::default(),
            };
            Some(Format::Fixed(inner.map_or(dialect.clone(), |inner| dialect.with(inner, found))))
        }
        _ => {
            let value = if word.is_empty() { node.kind_word().to_string() } else { format!("`{word}`") };
            let allowed = WORDS.map(|word| format!("`{word}`")).join(", ");
            let finding = wrong(node.span, "format", &value, "no format that is known", &allowed);
            found.add(finding.word_if("suggestion", nearest(word, WORDS)));
            None
        }
    }
}

fn json(inner: Option<&Node>, base: Option<&Format>, found: &mut Findings) -> Rows {
    let keys = inner.and_then(|inner| Keys::of("json", inner, words::JSON, &[words::EVERYWHERE], found));
    let select = keys.and_then(|keys| keys.get("select")).and_then(|node| shape::rows(node, found));
    let rows = match base {
        Some(Format::Json(rows)) => rows.clone(),
        _ => Rows::List(Vec::new()),
    };
    select.unwrap_or(rows)
}

/// A dialect of tables without a header: columns are found by their place.
pub(super) fn without_header() -> Csv {
    Csv { columns: Columns::ByPosition, header: super::csv::Header::None, ..Csv::default() }
}

pub use fixed::Range;
