//! What one piece of a file gave.

use crate::adapter::{Cell, Torn};

/// Rows of a piece of a file, before they become a page.
#[derive(Debug, Default)]
pub struct Part {
    /// The text, and after it the decoded texts.
    pub bytes: Vec<u8>,
    /// Cells of the rows.
    pub cells: Vec<Cell>,
    /// Cells inside lists and structures.
    pub inner: Vec<Cell>,
    /// Line, or number of the record, of each row.
    pub lines: Vec<u32>,
    /// Rows that could not be read.
    pub torn: Vec<Torn>,
    /// How much of the text was read.
    pub consumed: usize,
    /// True if nothing of the file is left.
    pub finished: bool,
    /// The line, or number of the record, that comes next.
    pub line: u32,
    /// Torn rows that are counted in the last entry of `torn`.
    pub unlisted: usize,
}

/// So many torn rows are listed one by one.
const LISTED: usize = 100;

impl Part {
    /// Notes a row that could not be read. A file of another kind is torn everywhere: then the rest is counted.
    pub fn tear(&mut self, torn: Torn) {
        if self.torn.len() < LISTED {
            return self.torn.push(torn);
        }
        self.unlisted += 1;
        let rest =
            Torn { origin: torn.origin, why: format!("{} further rows up to here cannot be read", self.unlisted) };
        if self.unlisted == 1 {
            self.torn.push(rest);
        } else if let Some(last) = self.torn.last_mut() {
            *last = rest;
        }
    }
}
