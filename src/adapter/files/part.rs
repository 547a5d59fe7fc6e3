//! What one piece of a file gave.

use super::chunk::Chunk;
use crate::adapter::cells::Near;
use crate::adapter::{Cell, Cells, Places, Torn};
use crate::finding::layout::counted;

/// Rows of a piece of a file, before they become a page.
#[derive(Debug, Default)]
pub struct Part {
    /// The text, and after it the decoded texts.
    pub bytes: Vec<u8>,
    /// Cells of the rows.
    pub cells: Vec<Cell>,
    /// The same, if they were packed row by row.
    pub packed: Near,
    /// Cells inside lists and structures.
    pub inner: Vec<Cell>,
    /// Line, or number of the record, of each row.
    pub lines: Vec<u32>,
    /// Where each row stands, in bytes of the file from the start of the piece on; none where rows cannot be read again.
    pub places: Places,
    /// Rows that could not be read.
    pub torn: Vec<Torn>,
    /// How much of the text was read.
    pub consumed: usize,
    /// True if nothing of the file is left.
    pub finished: bool,
    /// The line, or number of the record, that comes next.
    pub line: u32,
}

/// So many torn rows are listed one by one.
const LISTED: usize = 100;

impl Part {
    /// Adds the rows of another part, which is the rows of another file. Their places are not kept.
    pub fn append(&mut self, mut other: Part) {
        let (texts, inner) = (self.bytes.len() as u32, self.inner.len() as u32);
        other.cells.extend(other.packed.cells());
        for cell in other.cells.iter_mut().chain(&mut other.inner) {
            match cell {
                Cell::Text { start, .. } | Cell::Number { start, .. } => *start += texts,
                Cell::List { first, .. } | Cell::Struct { first } => *first += inner,
                Cell::Missing | Cell::Null | Cell::Bool(_) | Cell::Wrong(_) => {}
            }
        }
        self.bytes.append(&mut other.bytes);
        self.cells.append(&mut other.cells);
        self.inner.append(&mut other.inner);
        self.lines.append(&mut other.lines);
    }

    /// The cells of the rows, which are so wide.
    pub fn all_cells(&mut self, width: usize) -> Cells {
        match self.packed.is_empty() {
            true => Cells::pack(&self.cells, width),
            false => Cells::Near(std::mem::take(&mut self.packed)),
        }
    }

    /// Puts decoded texts behind the text that they come from.
    pub fn with_text(mut self, chunk: Chunk) -> Part {
        let mut bytes = chunk.text;
        bytes.append(&mut self.bytes);
        Part { bytes, ..self }
    }

    /// Notes a row that could not be read. A file of another kind is torn everywhere: then the rest is counted.
    pub fn tear(&mut self, torn: Torn) {
        if self.torn.len() < LISTED {
            return self.torn.push(torn);
        }
        let before = if self.torn.len() > LISTED { self.torn.pop() } else { None };
        let rows = before.map_or(0, |rest| rest.rows) + torn.rows;
        let why = format!("{} up to here cannot be read", counted(rows, "further row"));
        self.torn.push(Torn { origin: torn.origin, why, rows });
    }
}
