//! Rows of a CSV file: cells of the slots, and what is wrong with rows that cannot be used.

use super::chunk::{self, Chunk};
use super::header::{Head, Table};
use super::part::{Bytes, Part};
use super::split::{Piece, Row, Splitter, Step};
use crate::adapter::cells::Near;
use crate::adapter::{Cell, Csv, Torn};
use crate::finding::layout::counted;
use crate::protocol::files::Column;
use crate::protocol::files::csv::Encoding;

impl Table<'_> {
    /// Reads the rows of a chunk; the first one stands at its start, on this line.
    pub fn rows(&self, head: &Head, mut chunk: Chunk, line: u32) -> Part {
        let splitter = Splitter::new(self.csv, head.end);
        let (last, broken) = (chunk.last, std::mem::take(&mut chunk.broken));
        let bytes = Bytes::of(chunk);
        // Most files are text from the first byte to the last.
        let suspect = !broken.is_empty() || self.csv.encoding == Encoding::Utf8 && matches!(bytes, Bytes::Raw(_));
        let mut reading = Reading {
            table: self,
            head,
            row: Row::default(),
            part: Part { line, bytes, ..Part::default() },
            raw: 0,
            wanted: self.wanted(head),
            plain: self.csv.absent_when.is_empty() && self.csv.empty.is_empty(),
            trims: self.csv.trim_left || self.csv.trim_right,
            decoded: 0,
            broken,
            suspect,
        };
        // Most cells are short.
        let rows = reading.part.bytes.len() / (8 * head.cells.max(1));
        reading.part.lines.reserve(rows);
        reading.part.packed = Near::of(self.slots.len(), rows);
        while let Some(step) = reading.step(&splitter, last) {
            reading.take(step);
        }
        reading.done(last)
    }

    /// The column of each slot; none where a slot has none or is not used.
    fn wanted(&self, head: &Head) -> Vec<Option<u32>> {
        let column = |(slot, column): (&Column, &Option<usize>)| column.filter(|_| !slot.unused).map(|at| at as u32);
        self.slots.iter().zip(&head.columns).map(column).collect()
    }
}

/// A page while it is read.
struct Reading<'a> {
    table: &'a Table<'a>,
    head: &'a Head,
    row: Row,
    part: Part,
    /// How many bytes of the file were read so far.
    raw: u32,
    /// The column of each slot.
    wanted: Vec<Option<u32>>,
    /// True if no text means that there is no value.
    plain: bool,
    /// True if blanks around a cell mean nothing.
    trims: bool,
    /// How many bytes of decoded cells there were before this row.
    decoded: usize,
    broken: Vec<usize>,
    /// True if every row is looked at, since one of them may hold what no row may hold.
    suspect: bool,
}

impl Reading<'_> {
    /// The next step; `None` at the end of what can be read.
    fn step(&mut self, splitter: &Splitter, last: bool) -> Option<Step> {
        let step = splitter.step(&self.part.bytes, self.part.consumed, last, &mut self.row);
        (!matches!(step, Step::More | Step::End)).then_some(step)
    }

    fn take(&mut self, step: Step) {
        let start = self.part.consumed;
        let (next, lines) = match step {
            Step::Row { next, lines, ended } => {
                let raw = self.raw + self.raw_len(start, next);
                match self.trouble(start, next, ended) {
                    Some(why) => self.torn(why),
                    None => self.cells(raw),
                }
                (self.raw, self.part.consumed) = (raw, next);
                self.part.line += lines;
                return;
            }
            Step::Skip { next } => (next, 1),
            Step::Torn { next, lines, why } => {
                self.torn(why.into());
                (next, lines)
            }
            Step::Unclosed | Step::More | Step::End => {
                self.torn("a quote is opened and never closed: the file ends in the middle of a record".into());
                (self.part.bytes.len(), 1)
            }
        };
        self.raw += self.raw_len(start, next);
        self.part.consumed = next;
        self.part.line += lines;
    }

    /// Bytes of the file that a stretch of the text takes.
    fn raw_len(&self, start: usize, next: usize) -> u32 {
        chunk::raw_len(&self.part.bytes[start..next], self.table.csv.encoding) as u32
    }

    fn torn(&mut self, why: String) {
        let origin = format!("{}, line {}", self.table.name, self.part.line);
        self.part.tear(Torn::row(origin, why));
    }

    /// What is wrong with a row, if something is.
    fn trouble(&self, start: usize, next: usize, ended: bool) -> Option<String> {
        if (self.suspect || self.row.odd)
            && let Some(why) = self.unreadable(start, next)
        {
            return Some(why);
        }
        let (found, expected) = (self.row.cells.len(), self.head.cells);
        if found == expected || found < expected && self.table.csv.pad && ended {
            return None;
        }
        let found = counted(found as u64, "cell");
        if !ended && self.row.cells.len() < expected {
            return Some(format!("the file ends in the middle of a record: {found}, {expected} expected"));
        }
        Some(format!("{found}, {expected} expected"))
    }

    /// Bytes that no row may hold.
    fn unreadable(&self, start: usize, next: usize) -> Option<String> {
        let bytes = &self.part.bytes[start..next];
        if let Err(error) = std::str::from_utf8(bytes) {
            let at = error.valid_up_to();
            // What is no UTF-8 was mostly written by a program that knows one byte a letter.
            return Some(format!(
                "byte {} of the row is no UTF-8 (0x{:02X}); is the file windows-1252?",
                at + 1,
                bytes[at]
            ));
        }
        let end = self.part.bytes.len();
        if self.broken.iter().any(|place| (start..next).contains(place) || *place == end && next == end) {
            return Some("the row holds bytes that are no UTF-16".into());
        }
        if let Some(at) = memchr::memchr(0, bytes) {
            return Some(format!("byte {} of the row is NUL; a text never holds one", at + 1));
        }
        let lone = |piece: &&Piece| {
            let quoted = piece.decoded
                || self
                    .table
                    .csv
                    .quote
                    .is_some_and(|quote| piece.start > 0 && self.part.bytes[piece.start as usize - 1] == quote);
            !quoted && memchr::memchr(b'\r', self.row.bytes(&self.part.bytes, **piece)).is_some()
        };
        let lone = self.head.end == b'\n' && self.row.cells.iter().any(|piece| lone(&piece));
        lone.then(|| "a carriage return stands inside the row, without a line feed".into())
    }

    /// The cells of a row, one for each slot; it ends at this byte of the file.
    fn cells(&mut self, raw: u32) {
        if !self.plain_cells() {
            self.other_cells();
        }
        self.part.lines.push(self.part.line);
        self.part.places.push(self.raw, raw);
    }

    /// The same of a row whose cells are texts as they stand, as nearly all are; else nothing is done.
    fn plain_cells(&mut self) -> bool {
        let decoded = std::mem::replace(&mut self.decoded, self.row.tail.len()) < self.row.tail.len();
        let plain = self.plain && !self.trims && self.head.lists.is_empty();
        let cells = &self.row.cells;
        let text = |column: &Option<u32>| {
            let piece = cells.get((*column)? as usize)?;
            Some((piece.start, piece.len))
        };
        plain && !decoded && self.part.packed.add_texts(self.part.consumed as u32, self.wanted.iter().map(text))
    }

    /// The same of any row.
    fn other_cells(&mut self) {
        let base = self.part.bytes.len() as u32;
        let start = self.part.consumed as u32;
        let mut packed = std::mem::take(&mut self.part.packed);
        let row = &self.row;
        let cell = |column: &Option<u32>| {
            let Some(piece) = column.and_then(|column| row.cells.get(column as usize)) else { return Cell::Missing };
            let piece = if self.trims { self.trim(*piece) } else { *piece };
            if !self.plain && self.absent(piece) {
                return Cell::Null;
            }
            Cell::Text { start: if piece.decoded { base + piece.start } else { piece.start }, len: piece.len }
        };
        let cells = self.wanted.iter().map(cell);
        if self.head.lists.is_empty() {
            packed.add(start, cells);
        } else {
            let mut cells: Vec<Cell> = cells.collect();
            self.lists(&mut cells);
            packed.add(start, cells.into_iter());
        }
        self.part.packed = packed;
    }

    /// Puts the lists of a row into their cells. Their texts stay where they are.
    fn lists(&mut self, cells: &mut [Cell]) {
        let base = self.part.bytes.len();
        for list in &self.head.lists {
            let first = self.part.inner.len() as u32;
            for piece in list.columns.iter().filter_map(|column| self.row.cells.get(*column)) {
                let piece = self.trim(*piece);
                let bytes = self.row.bytes(&self.part.bytes, piece);
                // Rows that are no UTF-8 were torn before.
                let Ok(text) = std::str::from_utf8(bytes) else { continue };
                if self.absent(piece) {
                    continue;
                }
                let start = piece.start as usize + if piece.decoded { base } else { 0 };
                for item in list.split(text) {
                    let at = item.as_ptr() as usize - text.as_ptr() as usize;
                    self.part.inner.push(Cell::Text { start: (start + at) as u32, len: item.len() as u32 });
                }
            }
            let len = self.part.inner.len() as u32 - first;
            cells[list.slot] = Cell::List { first, len };
        }
    }

    fn trim(&self, mut piece: Piece) -> Piece {
        let csv = self.table.csv;
        if csv.trim_left || csv.trim_right {
            let bytes = self.row.bytes(&self.part.bytes, piece);
            let blank = |byte: &&u8| matches!(**byte, b' ' | b'\t');
            let left = if csv.trim_left { bytes.iter().take_while(blank).count() } else { 0 };
            let right = if csv.trim_right { bytes[left..].iter().rev().take_while(blank).count() } else { 0 };
            piece.start += left as u32;
            piece.len -= (left + right) as u32;
        }
        piece
    }

    /// True if the text of a cell means that there is no value.
    fn absent(&self, piece: Piece) -> bool {
        let text = self.row.bytes(&self.part.bytes, piece);
        let csv = self.table.csv;
        csv.absent_when.iter().any(|word| word.as_bytes() == text)
            || !csv.empty.is_empty() && csv.empty.as_bytes() == text
    }

    /// Puts decoded cells behind the input.
    fn done(mut self, last: bool) -> Part {
        self.part.finished = last && self.part.consumed == self.part.bytes.len();
        let csv = self.table.csv;
        let plain = csv.quote == Some(b'"') && csv.escape.is_none_or(|sign| sign == b'"') && !self.trims;
        let input = self.part.bytes.len() as u32;
        self.part.csv = plain.then_some(Csv { separator: csv.separator, input });
        self.part.bytes.append(&self.row.tail);
        self.part
    }
}
