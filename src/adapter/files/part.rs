//! What one piece of a file gave.

use super::chunk::Chunk;
use crate::adapter::cells::Near;
use crate::adapter::{Batch, Cell, Cells, Csv, Places, Torn};
use crate::finding::layout::counted;
use std::ops::Deref;
use std::sync::Arc;

/// Bytes of a piece of a file.
#[derive(Debug)]
pub enum Bytes {
    /// They are known to be text.
    Text(String),
    /// Nobody has looked.
    Raw(Vec<u8>),
}

impl Bytes {
    /// Looks whether the bytes are text, but for a character at their end that goes on behind them.
    pub fn of(chunk: Chunk) -> Bytes {
        let sound = chunk.sound();
        if !chunk.is_whole(sound) {
            return Bytes::Raw(chunk.text);
        }
        // The texts that will have to be decoded come to stand behind.
        let mut text = String::with_capacity(chunk.text.len() + chunk.text.len() / 16);
        text.push_str(sound);
        Bytes::Text(text)
    }

    /// Puts others behind them.
    pub fn append(&mut self, more: &[u8]) {
        match self {
            Bytes::Raw(bytes) => bytes.extend_from_slice(more),
            Bytes::Text(text) => match std::str::from_utf8(more) {
                Ok(more) => text.push_str(more),
                Err(_) => *self = Bytes::Raw([text.as_bytes(), more].concat()),
            },
        }
    }

    /// Puts a text behind them.
    pub fn push_str(&mut self, more: &str) {
        match self {
            Bytes::Raw(bytes) => bytes.extend_from_slice(more.as_bytes()),
            Bytes::Text(text) => text.push_str(more),
        }
    }

    /// The bytes as texts, each at its place; see [`Batch::texts_of`].
    pub fn into_texts(self) -> Arc<String> {
        match self {
            Bytes::Text(text) => Arc::new(text),
            Bytes::Raw(bytes) => Batch::texts_of(&bytes),
        }
    }
}

impl Default for Bytes {
    fn default() -> Bytes {
        Bytes::Text(String::new())
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Bytes::Text(text) => text.as_bytes(),
            Bytes::Raw(bytes) => bytes,
        }
    }
}

/// Rows of a piece of a file, before they become a page.
#[derive(Debug, Default)]
pub struct Part {
    /// The text, and after it the decoded texts.
    pub bytes: Bytes,
    /// Cells of the rows.
    pub cells: Vec<Cell>,
    /// The same, if they were packed row by row.
    pub packed: Near,
    /// If the rows are lines of CSV.
    pub csv: Option<Csv>,
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
        if self.lines.is_empty() {
            *self = Part { places: Places::default(), ..other };
            return;
        }
        // What was packed is packed no more.
        let mut own: Vec<Cell> = self.packed.cells().collect();
        (self.packed, self.csv) = (Near::default(), None);
        self.cells.append(&mut own);
        let (texts, inner) = (self.bytes.len() as u32, self.inner.len() as u32);
        other.cells.extend(other.packed.cells());
        for cell in other.cells.iter_mut().chain(&mut other.inner) {
            match cell {
                Cell::Text { start, .. } | Cell::Number { start, .. } => *start += texts,
                Cell::List { first, .. } | Cell::Struct { first } => *first += inner,
                Cell::Missing | Cell::Null | Cell::Bool(_) | Cell::Wrong(_) => {}
            }
        }
        match &other.bytes {
            Bytes::Raw(more) => self.bytes.append(more),
            Bytes::Text(more) => self.bytes.push_str(more),
        }
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
    pub fn with_text(self, chunk: Chunk) -> Part {
        let mut bytes = Bytes::Raw(chunk.text);
        bytes.append(&self.bytes);
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
