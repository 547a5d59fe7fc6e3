//! Lines of cells with fixed widths.

use super::chunk::{self, Chunk};
use super::part::{Bytes, Part};
use crate::adapter::{Cell, Torn};
use crate::protocol::files::Column;
use crate::protocol::files::fixed::{Fixed, Range};
use memchr::memchr;

/// A file with cells of fixed width, by its description.
#[derive(Clone, Copy)]
pub struct Lines<'a> {
    /// The file as people know it.
    pub name: &'a str,
    /// How it is written.
    pub dialect: &'a Fixed,
    /// The place of each slot.
    pub ranges: &'a [Range],
    /// The fields.
    pub slots: &'a [Column],
}

impl Lines<'_> {
    /// The rows of a piece; its first line has this number.
    pub fn rows(&self, chunk: Chunk, line: u32) -> Part {
        let Chunk { text, last, broken } = chunk;
        let mut part = Part { line, ..Part::default() };
        let mut raw = 0;
        loop {
            let start = part.consumed;
            let (stop, next) = match memchr(b'\n', &text[start..]) {
                Some(found) => (start + found, start + found + 1),
                None if last && start < text.len() => (text.len(), text.len()),
                None => break,
            };
            let raw_next = raw + chunk::raw_len(&text[start..next], self.dialect.table.encoding) as u32;
            let stop = if stop > start && text[stop - 1] == b'\r' { stop - 1 } else { stop };
            if part.line > self.dialect.skip_lines && !self.is_skipped(&text[start..stop]) {
                let odd = broken.iter().any(|place| (start..=stop).contains(place));
                match self.row(&text, start, stop, odd, &mut part) {
                    Ok(()) => part.places.push(raw, raw_next),
                    Err(why) => {
                        let origin = format!("{}, line {}", self.name, part.line);
                        part.tear(Torn::row(origin, why));
                    }
                }
            }
            raw = raw_next;
            part.consumed = next;
            part.line += 1;
        }
        part.finished = last && part.consumed == text.len();
        part.bytes = Bytes::Raw(text);
        part
    }

    fn is_skipped(&self, line: &[u8]) -> bool {
        line.iter().all(|byte| matches!(byte, b' ' | b'\t' | 0x1A))
            || self.dialect.table.comment.is_some_and(|sign| line.first() == Some(&sign))
    }

    fn row(&self, text: &[u8], start: usize, stop: usize, odd: bool, part: &mut Part) -> Result<(), String> {
        let line = std::str::from_utf8(&text[start..stop]).ok().filter(|_| !odd);
        let encoding = self.dialect.table.encoding.word();
        let line = line.ok_or_else(|| format!("the line holds bytes that are no {encoding}"))?;
        if line.contains('\0') {
            return Err("a NUL byte stands in the line; a text never holds one".into());
        }
        let length = line.chars().count();
        let needed = |slot: &(usize, &Column)| !slot.1.unused && self.ranges[slot.0].start >= length;
        if !self.dialect.table.pad
            && let Some((index, slot)) = self.slots.iter().enumerate().find(needed)
        {
            let first = self.ranges[index].start + 1;
            return Err(format!("the line has {length} characters, and `{}` starts with character {first}", slot.name));
        }
        for (slot, range) in self.slots.iter().zip(self.ranges) {
            part.cells.push(if slot.unused { Cell::Missing } else { self.cell(line, start, *range) });
        }
        part.lines.push(part.line);
        Ok(())
    }

    fn cell(&self, line: &str, base: usize, range: Range) -> Cell {
        let place = |characters: usize| match line.is_ascii() {
            true => characters.min(line.len()),
            false => line.char_indices().nth(characters).map_or(line.len(), |(at, _)| at),
        };
        let (first, last) = (place(range.start), place(range.end));
        let table = &self.dialect.table;
        let blank = [' ', '\t'];
        let cell = &line[first..last];
        let text = if table.trim_left { cell.trim_start_matches(blank) } else { cell };
        let first = first + cell.len() - text.len();
        let text = if table.trim_right { text.trim_end_matches(blank) } else { text };
        if first == line.len() && range.start >= line.len() {
            return Cell::Missing;
        }
        if table.absent_when.iter().any(|word| word == text) || !table.empty.is_empty() && table.empty == text {
            return Cell::Null;
        }
        Cell::Text { start: (base + first) as u32, len: text.len() as u32 }
    }
}
