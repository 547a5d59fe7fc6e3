//! The dialect of a sheet of an XLSX file.

use super::csv::{Columns, Csv, Header};
use super::keys::{Keys, wrong};
use super::words;
use crate::finding::Findings;
use crate::source::Span;
use crate::syntax::tree::Node;

/// The name of a sheet has no more characters (UTF-16 units); the programs that open workbooks refuse longer ones.
const LONGEST_NAME: usize = 31;

/// Which cells of an XLSX file are the rows, and what they mean.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// The name of the sheet; `None` is the first one.
    pub name: Option<String>,
    /// The row of the header (or the first row, without a header), from 1.
    pub first_row: Option<u32>,
    /// What it shares with CSV: header, columns, blanks, words for nothing.
    pub table: Csv,
}

impl Sheet {
    /// Reads a dialect; what it does not say is as in this one.
    pub fn with(mut self, node: &Node, found: &mut Findings) -> Sheet {
        let Some(keys) = Keys::of("xlsx", node, words::XLSX, &[words::EVERYWHERE], found) else { return self };
        if let Some(name) = keys.text("sheet", found) {
            self.name = Some(name.to_string());
        }
        if let Some(node) = keys.get("header_row") {
            match node.text().and_then(|text| text.parse::<u32>().ok()).filter(|row| *row > 0) {
                Some(row) => self.first_row = Some(row),
                None => found.add(wrong(node.span, "header_row", node.kind_word(), "the number of a row", "`1`")),
            }
        }
        self.table.take_table(&keys, found);
        self
    }

    /// The name of the sheet in a file that is written.
    pub fn written_name(&self) -> &str {
        self.name.as_deref().unwrap_or("Sheet1")
    }

    /// Adds a finding if no workbook can have a sheet of this name.
    pub fn check_name(&self, span: Span, found: &mut Findings) {
        let name = self.written_name();
        let why = if name.encode_utf16().count() > LONGEST_NAME {
            "the name of a sheet has at most 31 characters"
        } else if name.contains(['[', ']', ':', '*', '?', '/', '\\']) {
            "the name of a sheet holds none of [ ] : * ? / \\"
        } else if name.is_empty() || name.starts_with('\'') || name.ends_with('\'') {
            "the name of a sheet is not empty, and no ' stands around it"
        } else {
            return;
        };
        found.add(wrong(span, "sheet", &format!("`{name}`"), why, "another name"));
    }

    /// The row that the table starts with, from 0.
    pub fn start(&self) -> u32 {
        self.first_row.unwrap_or(1).saturating_sub(1)
    }

    /// True if the first row names the columns.
    pub fn has_header(&self) -> bool {
        self.table.header != Header::None
    }

    /// True if columns have names.
    pub fn by_name(&self) -> bool {
        self.has_header() && self.table.columns != Columns::ByPosition
    }
}
